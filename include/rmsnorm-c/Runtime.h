//===-- rmsnorm-c/Runtime.h - What compiled kernels call ----------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The runtime of compiled kernels; it needs neither LLVM nor MLIR. A kernel
// calls rmsnorm_parallel_for and compiles no threading model in: the ranges run
// on OpenMP, or on the pool that the calling thread has set.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_C_RUNTIME_H
#define RMSNORM_C_RUNTIME_H

#include <stdint.h>

#ifndef RMSNORM_EXPORT
#if defined(_WIN32)
#define RMSNORM_EXPORT
#else
#define RMSNORM_EXPORT __attribute__((visibility("default")))
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Does the work items [begin, end). Ranges may run at the same time, on any
/// thread.
typedef void (*rmsnorm_task)(void *context, int64_t begin, int64_t end);

/// Who runs the ranges of the kernels that a thread calls.
typedef struct rmsnorm_executor {
  /// Runs `task` on disjoint ranges that cover [0, count) and returns when all
  /// of them are done. A range of fewer than `grain` items is not worth a
  /// thread. Null: OpenMP.
  void (*parallel_for)(void *pool, rmsnorm_task task, void *context,
                       int64_t count, int64_t grain);
  /// Passed to `parallel_for`.
  void *pool;
  /// The most threads to use. 1: the calling thread alone, whatever
  /// `parallel_for` is. 0: as many as OpenMP, or the pool, has.
  int32_t num_threads;
} rmsnorm_executor;

/// Sets who runs the kernels that the calling thread calls from now on, and
/// returns who did before. At first it is OpenMP with all its threads.
RMSNORM_EXPORT rmsnorm_executor rmsnorm_set_executor(rmsnorm_executor executor);

/// Who runs the kernels that the calling thread calls.
RMSNORM_EXPORT rmsnorm_executor rmsnorm_get_executor(void);

/// Runs `task` on ranges that cover [0, count), on the executor of the calling
/// thread. Fewer than two times `grain` items run right here. Does nothing
/// where `count` is 0.
RMSNORM_EXPORT void rmsnorm_parallel_for(rmsnorm_task task, void *context,
                                         int64_t count, int64_t grain);

/// Told when a check of a compiled function fails; should not return. The text
/// is a diagnostic, `file:line:column: error: ...`.
typedef void (*rmsnorm_check_handler)(const char *message);

/// Sets the handler of all threads and returns the one before. At first, and
/// for null, the message is printed on stderr.
RMSNORM_EXPORT rmsnorm_check_handler
rmsnorm_set_check_handler(rmsnorm_check_handler handler);

/// Calls the handler with `message` and, should it return, aborts.
RMSNORM_EXPORT void rmsnorm_check_failed(const char *message);

#ifdef __cplusplus
}
#endif

#endif // RMSNORM_C_RUNTIME_H
