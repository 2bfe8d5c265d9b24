/*===- RMSNorm.h - Compile and run norms from C -------------------*- C -*-===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* The norm of docs/Semantics.md on memory that the caller owns, at two       *|
|* levels:                                                                    *|
|*                                                                            *|
|*   rmsnormRun           one call: brings the problem into a normal form,    *|
|*                        finds the kernel in the context's cache or compiles *|
|*                        it, checks the operands, runs it;                   *|
|*   rmsnormKernelCreate  a kernel for operands of given types, extents and   *|
|*                        strides, any of which may be left open;             *|
|*   rmsnormKernelRun     checks operands against it and runs it;             *|
|*   rmsnormKernelGetFunction  its bare function, for callers that have       *|
|*                        checked the operands themselves.                    *|
|*                                                                            *|
|* C11. Every function may be called from any thread, and several threads may *|
|* use one context or kernel at the same time. Nothing is written before all  *|
|* operands were found right.                                                 *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef RMSNORM_C_RMSNORM_H
#define RMSNORM_C_RMSNORM_H

#include "rmsnorm-c/Runtime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*===----------------------------------------------------------------------===*\
|* Status                                                                     *|
\*===----------------------------------------------------------------------===*/

/** The outcome of a call: NULL where it succeeded, else an error that the
 * caller gives back with rmsnormStatusDestroy. */
typedef struct RMSNormStatusImpl *RMSNormStatus;

/** What kind of error it is. The values stay as they are. */
typedef enum RMSNormCode {
  RMSNORM_OK = 0,
  /** A value that no call takes: null, a wrong shape, stride, axis, number. */
  RMSNORM_INVALID_ARGUMENT = 1,
  /** An element type that cannot stand where it does. */
  RMSNORM_INVALID_TYPE = 2,
  /** A size that 64 bits or the address space cannot hold. */
  RMSNORM_OVERFLOW = 3,
  /** Something that this build or this machine cannot do. */
  RMSNORM_UNSUPPORTED = 4,
  /** An error of this library: please report it. */
  RMSNORM_INTERNAL = 5
} RMSNormCode;

/** RMSNORM_OK for NULL. */
RMSNORM_EXPORT RMSNormCode rmsnormStatusGetCode(RMSNormStatus status);

/** One line, lower case, without a full stop; it names the operand, what was
 * expected and what was found. Belongs to `status`; "" for NULL. */
RMSNORM_EXPORT const char *rmsnormStatusGetMessage(RMSNormStatus status);

/** NULL is fine. */
RMSNORM_EXPORT void rmsnormStatusDestroy(RMSNormStatus status);

/*===----------------------------------------------------------------------===*\
|* Tensors                                                                    *|
\*===----------------------------------------------------------------------===*/

/** Element types. The values stay as they are. */
typedef enum RMSNormType {
  RMSNORM_TYPE_NONE = 0,
  RMSNORM_TYPE_F16 = 1,
  RMSNORM_TYPE_BF16 = 2,
  RMSNORM_TYPE_F32 = 3,
  RMSNORM_TYPE_F64 = 4,
  RMSNORM_TYPE_F8E4M3FN = 5,
  RMSNORM_TYPE_F8E5M2 = 6,
  /** Pairs of a real and an imaginary part. */
  RMSNORM_TYPE_COMPLEX_F32 = 7,
  RMSNORM_TYPE_COMPLEX_F64 = 8,
  RMSNORM_TYPE_I8 = 9,
  RMSNORM_TYPE_I16 = 10,
  RMSNORM_TYPE_I32 = 11,
  RMSNORM_TYPE_I64 = 12,
  RMSNORM_TYPE_U8 = 13,
  RMSNORM_TYPE_U16 = 14,
  RMSNORM_TYPE_U32 = 15,
  RMSNORM_TYPE_U64 = 16,
  /** One byte, 0 or 1: the type of a mask. */
  RMSNORM_TYPE_BOOL = 17
} RMSNormType;

/** Bytes of an element; 0 for a value that is no type. */
RMSNORM_EXPORT size_t rmsnormTypeGetSize(RMSNormType type);

/** "f32", "bf16", "complex<f32>", ...; "" for a value that is no type. */
RMSNORM_EXPORT const char *rmsnormTypeGetName(RMSNormType type);

/** The most dimensions that a tensor may have. */
#define RMSNORM_MAX_RANK 32

/** An extent or a stride that rmsnormKernelCreate leaves open. */
#define RMSNORM_DYNAMIC INT64_MIN

/** Memory of the caller. */
typedef struct RMSNormTensor {
  /** Address of the element at index 0 on every axis, aligned to its type (a
   * complex one to its parts). May be NULL only where there are no elements,
   * and is not looked at by rmsnormKernelCreate. */
  void *data;
  RMSNormType type;
  /** 0 to RMSNORM_MAX_RANK. */
  int32_t rank;
  /** `rank` extents, in elements; may be NULL for rank 0. */
  const int64_t *shape;
  /** `rank` strides, in elements (not bytes), negative and zero ones included;
   * NULL: the tensor is contiguous, last axis fastest. The stride of an axis
   * with at most one element means nothing. */
  const int64_t *strides;
} RMSNormTensor;

/** The operands of a norm. All but `x` and `y` may be NULL and are left out of
 * the formula then. */
typedef struct RMSNormOperands {
  /** Rank 1 or more; any type but BOOL. */
  const RMSNormTensor *x;
  /** x's shape on the feature axes; floating, integer, or complex with x. */
  const RMSNormTensor *scale;
  /** As scale. */
  const RMSNormTensor *bias;
  /** x's shape; floating, integer, or complex with x. */
  const RMSNormTensor *residual;
  /** BOOL, of a shape that broadcasts to x's (from the last axis on). */
  const RMSNormTensor *mask;

  /** Written. x's shape, floating (complex exactly if x is). May be the memory
   * of x or of residual if it has the same strides and element size; no other
   * operands may overlap with what is written. */
  const RMSNormTensor *y;
  /** Written: x + residual, only with residual. As y. */
  const RMSNormTensor *residualOut;
  /** Written: 1 / sqrt(mean square + epsilon), in the statistics type, of x's
   * shape with the reduced axes as 1. */
  const RMSNormTensor *rstd;
} RMSNormOperands;

/*===----------------------------------------------------------------------===*\
|* Options                                                                    *|
\*===----------------------------------------------------------------------===*/

typedef enum RMSNormCastOrder {
  /** The result alone is rounded. */
  RMSNORM_SCALE_THEN_CAST = 0,
  /** The normalised value is rounded to x's type before the scale. */
  RMSNORM_CAST_THEN_SCALE = 1
} RMSNormCastOrder;

/** Which norm it is. Start from rmsnormOptionsDefault(). */
typedef struct RMSNormOptions {
  /** Finite, not negative; 1e-6. */
  double epsilon;
  /** Finite; added to scale, only with scale; 0. */
  double scaleOffset;
  RMSNormCastOrder castOrder;
  /** F32, F64, or NONE: f64 where x is f64 or made of it, else f32. */
  RMSNormType statsType;
  /** A mean of squares that neither overflows nor underflows; false. */
  bool stable;
  /** Distinct axes of x, in any order; negative ones count from the end. NULL:
   * the last axis (the count is not looked at then). A count of 0 with a
   * pointer that is not NULL: no axes. */
  const int64_t *reductionAxes;
  int32_t numReductionAxes;
  /** The axes along which scale and bias vary; as above. scale and bias have
   * their dimensions in the order of x's axes, whatever the order here. */
  const int64_t *featureAxes;
  int32_t numFeatureAxes;
} RMSNormOptions;

RMSNORM_EXPORT RMSNormOptions rmsnormOptionsDefault(void);

/*===----------------------------------------------------------------------===*\
|* Contexts                                                                   *|
\*===----------------------------------------------------------------------===*/

/** A compiler for one target and the kernels that it has made. */
typedef struct RMSNormContextImpl *RMSNormContext;

typedef struct RMSNormContextOptions {
  /** LLVM's name of the processor to compile for; NULL: this machine's, or,
   * where features are NULL too, what RMSNORM_TARGET of the environment names:
   * "haswell", "host,-avx512f". */
  const char *cpu;
  /** LLVM's feature string, such as "+avx2,+fma", added to those of `cpu`;
   * NULL: this machine's where cpu is NULL, else none. */
  const char *features;
  /** Who runs the parts of norms in calls that bring no executor. All zero:
   * the runtime's own threads, see Runtime.h. Results do not depend on it. */
  rmsnorm_executor executor;
  /** Where compiled kernels are kept for other processes; made if need be. "":
   * nowhere. NULL: as the environment says, which is nowhere with
   * RMSNORM_CACHE=0, else in RMSNORM_CACHE_DIR, XDG_CACHE_HOME/rmsnorm or
   * HOME/.cache/rmsnorm, the first of them that is set. */
  const char *cacheDirectory;
  /** The most bytes to keep there, about; what was not used for longest goes.
   * 0: RMSNORM_CACHE_SIZE, which is in megabytes, or 256 MB. */
  int64_t cacheSize;
  /** How norms map to the processor: the parameters of #rmsnorm.cpu_schedule,
   * such as "vector = [64, 8, 1], normalize_vector = [32, 8, 1]", see
   * docs/Dialect.md. Sums have the order that it says, so results may differ in
   * bits from those of another. NULL: chosen for each norm by its types and
   * lengths. */
  const char *schedule;
} RMSNormContextOptions;

/** Makes a context in *context. `options` may be NULL: this machine and
 * the runtime's own threads. */
RMSNORM_EXPORT RMSNormStatus rmsnormContextCreate(
    const RMSNormContextOptions *options, RMSNormContext *context);

/** Kernels made from it stay valid. NULL is fine. */
RMSNORM_EXPORT void rmsnormContextDestroy(RMSNormContext context);

/** How many kernels the context has compiled so far, rather than found in
 * memory or on disk. */
RMSNORM_EXPORT int64_t rmsnormContextGetNumCompiled(RMSNormContext context);

/** What the cache of a context has done so far. The texts are valid as long as
 * the context. */
typedef struct RMSNormCacheInfo {
  /** Of the cache on disk; "": there is none. */
  const char *directory;
  /** The first thing that went wrong with it, in one line, such as a file that
   * was damaged or could not be written; "": nothing. No call fails for it:
   * kernels are compiled instead. */
  const char *problem;
  /** Kernels compiled, and kernels that were on disk. */
  int64_t numCompiled, numLoaded;
  /** Files on disk that could not be used, and files that could not be
   * written. */
  int64_t numRejected, numNotStored;
  /** Nanoseconds that all compilations took: until there was a module, which
   * makes MLIR's context the first time; from it to LLVM IR; from that to
   * object code. And from object code to a function, of kernels from disk as
   * well. */
  int64_t startTime, lowerTime, generateTime, linkTime;
} RMSNormCacheInfo;

/** All zero and "" for NULL. */
RMSNORM_EXPORT RMSNormCacheInfo
rmsnormContextGetCacheInfo(RMSNormContext context);

/*===----------------------------------------------------------------------===*\
|* One call                                                                   *|
\*===----------------------------------------------------------------------===*/

/** Computes the norm. `options` may be NULL (the defaults), and so may
 * `executor` (the context's).
 *
 * The first call of a kind compiles a kernel, which takes tens of milliseconds;
 * calls that differ only in extents that are not reduced, or in strides of
 * the outer axes, share one. */
RMSNORM_EXPORT RMSNormStatus rmsnormRun(RMSNormContext context,
                                       const RMSNormOptions *options,
                                       const RMSNormOperands *operands,
                                       const rmsnorm_executor *executor);

/*===----------------------------------------------------------------------===*\
|* Kernels                                                                    *|
\*===----------------------------------------------------------------------===*/

/** A compiled norm. */
typedef struct RMSNormKernelImpl *RMSNormKernel;

/** Makes, in *kernel, a kernel for operands like these. Extents and strides
 * that are RMSNORM_DYNAMIC are left open until the kernel runs; strides of NULL
 * ask for contiguous operands, whatever their extents. Takes from the context's
 * cache what is there. */
RMSNORM_EXPORT RMSNormStatus rmsnormKernelCreate(RMSNormContext context,
                                                const RMSNormOptions *options,
                                                const RMSNormOperands *operands,
                                                RMSNormKernel *kernel);

/** NULL is fine. */
RMSNORM_EXPORT void rmsnormKernelDestroy(RMSNormKernel kernel);

/** Checks `operands` against what the kernel was made for, and runs it.
 * `executor` may be NULL: that of the kernel's context. */
RMSNORM_EXPORT RMSNormStatus rmsnormKernelRun(RMSNormKernel kernel,
                                             const RMSNormOperands *operands,
                                             const rmsnorm_executor *executor);

/** Takes the address of a descriptor for each operand that the kernel was made
 * with, in the order of RMSNormOperands. */
typedef void (*RMSNormFunction)(void **descriptors);

/** The kernel's function, valid as long as the kernel. A descriptor is
 *
 *     struct {
 *       void *allocated;        // not looked at
 *       void *data;             // as in RMSNormTensor
 *       int64_t offset;         // 0
 *       int64_t shape[rank];
 *       int64_t strides[rank];  // in elements
 *     };
 *
 * The function checks nothing, and runs on the executor of the calling thread,
 * see rmsnorm_set_executor. */
RMSNORM_EXPORT RMSNormFunction rmsnormKernelGetFunction(RMSNormKernel kernel);

#ifdef __cplusplus
}
#endif

#endif /* RMSNORM_C_RMSNORM_H */
