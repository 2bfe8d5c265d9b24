/*===- capi-errors.c - Bad input to the C API -----------------------------===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "check.h"

#include <math.h>

/* A norm of 4 x 8 with every operand, in which a test makes one thing wrong. */
typedef struct Case {
  float x[32], scale[8], bias[8], residual[32], y[32], residualOut[32], rstd[4];
  unsigned char mask[8];
  int64_t shape[2], features[1], rstdShape[2], axes[2];
  RMSNormTensor tx, tscale, tbias, tresidual, tmask, ty, tresidualOut, trstd;
  RMSNormOperands operands;
  RMSNormOptions options;
} Case;

static Case c;

static void reset(void) {
  memset(&c, 0, sizeof(c));
  for (int i = 0; i < 32; ++i)
    c.x[i] = 1.f, c.y[i] = c.residualOut[i] = -7.f;
  for (int i = 0; i < 4; ++i)
    c.rstd[i] = -7.f;
  c.shape[0] = 4, c.shape[1] = c.features[0] = 8;
  c.rstdShape[0] = 4, c.rstdShape[1] = 1;
  c.tx = (RMSNormTensor){c.x, RMSNORM_TYPE_F32, 2, c.shape, NULL};
  c.tscale = (RMSNormTensor){c.scale, RMSNORM_TYPE_F32, 1, c.features, NULL};
  c.tbias = (RMSNormTensor){c.bias, RMSNORM_TYPE_F32, 1, c.features, NULL};
  c.tresidual = (RMSNormTensor){c.residual, RMSNORM_TYPE_F32, 2, c.shape, NULL};
  c.tmask = (RMSNormTensor){c.mask, RMSNORM_TYPE_BOOL, 1, c.features, NULL};
  c.ty = (RMSNormTensor){c.y, RMSNORM_TYPE_F32, 2, c.shape, NULL};
  c.tresidualOut =
      (RMSNormTensor){c.residualOut, RMSNORM_TYPE_F32, 2, c.shape, NULL};
  c.trstd = (RMSNormTensor){c.rstd, RMSNORM_TYPE_F32, 2, c.rstdShape, NULL};
  c.operands =
      (RMSNormOperands){&c.tx,    &c.tscale, &c.tbias,        &c.tresidual,
                        &c.tmask, &c.ty,     &c.tresidualOut, &c.trstd};
  c.options = rmsnormOptionsDefault();
}

static RMSNormContext context;

/* The call fails, and has written nothing. */
#define REFUSED(code, text)                                                    \
  do {                                                                         \
    CHECK_ERROR(rmsnormRun(context, &c.options, &c.operands, NULL), code,      \
                text);                                                         \
    CHECK(c.y[0] == -7.f && c.residualOut[0] == -7.f && c.rstd[0] == -7.f);    \
    reset();                                                                   \
  } while (0)
#define INVALID(text) REFUSED(RMSNORM_INVALID_ARGUMENT, text)

static void testNull(void) {
  CHECK_ERROR(rmsnormRun(NULL, NULL, &c.operands, NULL),
              RMSNORM_INVALID_ARGUMENT,
              "expected a context, but got a null pointer");
  CHECK_ERROR(rmsnormRun(context, NULL, NULL, NULL), RMSNORM_INVALID_ARGUMENT,
              "expected operands, but got a null pointer");
  c.operands.x = NULL;
  INVALID("expected x, but got a null pointer");
  c.operands.y = NULL;
  INVALID("expected y, but got a null pointer");
  c.tx.data = NULL;
  INVALID("expected data of x, but got a null pointer");
  c.trstd.data = NULL;
  INVALID("expected data of rstd, but got a null pointer");
  c.tscale.shape = NULL;
  INVALID("expected the shape of scale, but got a null pointer");
  CHECK_ERROR(rmsnormContextCreate(NULL, NULL), RMSNORM_INVALID_ARGUMENT,
              "expected a place for the context, but got a null pointer");
  CHECK_ERROR(rmsnormKernelCreate(context, NULL, &c.operands, NULL),
              RMSNORM_INVALID_ARGUMENT,
              "expected a place for the kernel, but got a null pointer");
  CHECK_ERROR(rmsnormKernelRun(NULL, &c.operands, NULL),
              RMSNORM_INVALID_ARGUMENT,
              "expected a kernel, but got a null pointer");
  CHECK(rmsnormKernelGetFunction(NULL) == NULL);
}

static void testShapes(void) {
  int64_t wrong[] = {4, 7}, seven[] = {7}, negative[] = {4, -8}, empty[] = {0};
  c.tscale.shape = seven;
  INVALID("expected scale of shape [8] (x's on the feature axes), but got [7]");
  c.tbias.rank = 0;
  INVALID("expected bias of shape [8] (x's on the feature axes), but got []");
  c.tresidual.shape = wrong;
  INVALID("expected residual of shape [4, 8] (x's), but got [4, 7]");
  c.tmask.shape = seven;
  INVALID(
      "expected mask of a shape that broadcasts to [4, 8] (x's), but got [7]");
  c.tmask.shape = empty;
  INVALID(
      "expected mask of a shape that broadcasts to [4, 8] (x's), but got [0]");
  c.ty.shape = wrong;
  INVALID("expected y of shape [4, 8] (x's), but got [4, 7]");
  c.ty.rank = 1;
  INVALID("expected y of shape [4, 8] (x's), but got [4]");
  c.tresidualOut.shape = wrong;
  INVALID("expected residual_out of shape [4, 8] (x's), but got [4, 7]");
  c.trstd.shape = c.shape;
  INVALID("expected rstd of shape [4, 1] (x's with the reduced axes as 1), but "
          "got [4, 8]");
  c.tx.shape = negative;
  INVALID("expected extents of x that are not negative, but got [4, -8]");
  c.tx.rank = 0;
  INVALID("expected x of rank 1 to 32, but got rank 0");
  c.tx.rank = 33;
  INVALID("expected x of rank 0 to 32, but got rank 33");
  c.tx.rank = -1;
  INVALID("expected x of rank 0 to 32, but got rank -1");
}

static void testMemory(void) {
  int64_t zero[] = {0, 1};
  c.ty.strides = zero;
  INVALID(
      "expected strides of y that are not 0, as it is written, but got [0, 1]");
  c.tx.data = (char *)c.x + 1;
  INVALID(
      "expected data of x aligned to 4 bytes, but got an address that is not");
  int64_t huge[] = {INT64_MAX / 2, 8};
  c.tx.shape = c.ty.shape = huge;
  REFUSED(RMSNORM_OVERFLOW, "expected a number of elements of x that fits into "
                            "64 bits, but got shape "
                            "[4611686018427387903, 8]");
  int64_t many[] = {INT64_MAX / 64, 8};
  c.tx.shape = c.ty.shape = many;
  c.operands = (RMSNormOperands){.x = &c.tx, .y = &c.ty};
  REFUSED(RMSNORM_OVERFLOW, "expected x that fits into memory, but got shape "
                            "[144115188075855871, 8] with "
                            "strides [8, 1] of f32");
  int64_t far[] = {INT64_MAX / 2, 1};
  c.tx.strides = far;
  REFUSED(RMSNORM_OVERFLOW,
          "expected x that fits into memory, but got shape [4, 8] with strides "
          "[4611686018427387903, 1] of f32");
  /* Below address 0. */
  int64_t below[] = {-(INT64_MAX / 16), 1};
  c.tx.strides = below;
  REFUSED(RMSNORM_OVERFLOW,
          "expected x that fits into memory, but got shape [4, 8] with strides "
          "[-576460752303423487, 1] of f32");
  /* A 0 does not make the others right. */
  int64_t none[] = {0, INT64_MAX, 8};
  c.tx.shape = c.ty.shape = none;
  c.tx.rank = c.ty.rank = 3;
  REFUSED(RMSNORM_OVERFLOW,
          "expected a number of elements of x that fits into 64 bits, but got "
          "shape [0, 9223372036854775807, 8]");
}

/* What is written is neither read, unless at the same place, nor written twice.
 */
static void testOverlaps(void) {
  static float room[64];
  int64_t outer[] = {16, 1}, reversed[] = {-8, 1}, windows[] = {1, 1};
  int64_t columns[] = {1, 4}, folded[] = {3, 1};
  c.tx.data = room, c.ty.data = room + 1;
  INVALID(
      "expected y in memory apart from that of x, or the very same, but got "
      "one that overlaps with it");
  c.tx.data = room, c.ty.data = room + 24, c.ty.strides = reversed;
  INVALID(
      "expected y in memory apart from that of x, or the very same, but got "
      "one that overlaps with it");
  c.tx.data = c.ty.data = room, c.ty.strides = columns;
  INVALID(
      "expected y in memory apart from that of x, or the very same, but got "
      "one that overlaps with it");
  c.tscale.data = c.y + 8;
  INVALID("expected y in memory apart from that of scale, but got one that "
          "overlaps with it");
  c.tresidualOut.data = c.y;
  INVALID("expected residual_out in memory apart from that of y, but got one "
          "that overlaps with it");
  c.trstd.data = c.x + 4;
  INVALID("expected rstd in memory apart from that of x, but got one that "
          "overlaps with it");
  c.tresidualOut.data = c.residual, c.tresidualOut.type = RMSNORM_TYPE_BF16;
  INVALID("expected residual_out in memory apart from that of residual, or the "
          "very same, but got one that overlaps with it");
  c.ty.strides = windows;
  INVALID("expected strides of y that keep its elements apart, but two of them "
          "are one");
  c.ty.strides = folded;
  INVALID("expected strides of y that keep its elements apart, but two of them "
          "are one");
  /* Halves of the same rows lie between each other and share nothing. */
  c.operands = (RMSNormOperands){.x = &c.tx, .y = &c.ty};
  c.tx.data = room, c.ty.data = room + 8, c.tx.strides = c.ty.strides = outer;
  room[0] = 1.f;
  CHECK_OK(rmsnormRun(context, &c.options, &c.operands, NULL));
  CHECK(room[8] > 2.8f && room[9] == 0.f);
  c.ty.data = room;
  CHECK_OK(rmsnormRun(context, &c.options, &c.operands, NULL));
  CHECK(room[0] > 2.8f);
  reset();
}

/* Rows without elements are not gone through. */
static void testNothingToWrite(void) {
  int64_t empty[] = {INT64_MAX, 0};
  c.operands = (RMSNormOperands){.x = &c.tx, .y = &c.ty};
  c.tx.shape = c.ty.shape = empty;
  CHECK_OK(rmsnormRun(context, &c.options, &c.operands, NULL));
  RMSNormKernel kernel;
  CHECK_OK(rmsnormKernelCreate(context, &c.options, &c.operands, &kernel));
  CHECK_OK(rmsnormKernelRun(kernel, &c.operands, NULL));
  rmsnormKernelDestroy(kernel);
  reset();
}

static void testTypes(void) {
  const char *inputs =
      "f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a "
      "signless or unsigned integer of 8 to 64 bits";
  char text[512];
  c.tx.type = (RMSNormType)0;
  REFUSED(RMSNORM_INVALID_TYPE, "expected a type of x, but got the value 0");
  c.ty.type = (RMSNormType)18;
  REFUSED(RMSNORM_INVALID_TYPE, "expected a type of y, but got the value 18");
  c.tx.type = RMSNORM_TYPE_BOOL;
  snprintf(text, sizeof(text),
           "expected x with an element type of %s, but got 'i1'", inputs);
  REFUSED(RMSNORM_INVALID_TYPE, text);
  c.tscale.type = RMSNORM_TYPE_BOOL;
  snprintf(text, sizeof(text),
           "expected scale with an element type of %s, but got 'i1'", inputs);
  REFUSED(RMSNORM_INVALID_TYPE, text);
  c.tmask.type = RMSNORM_TYPE_U8;
  REFUSED(RMSNORM_INVALID_TYPE,
          "expected mask with element type i1, but got 'ui8'");
  c.ty.type = RMSNORM_TYPE_I32;
  REFUSED(RMSNORM_INVALID_TYPE,
          "expected y with an element type of f16, bf16, f32, f64, f8E4M3FN "
          "or f8E5M2, but got 'i32'");
  c.tbias.type = RMSNORM_TYPE_COMPLEX_F32;
  c.tbias.rank = 1;
  static float complex[16];
  c.tbias.data = complex;
  REFUSED(RMSNORM_INVALID_TYPE, "expected bias with a real element type, as x "
                                "is real, but got 'complex<f32>'");
  c.trstd.type = RMSNORM_TYPE_BF16;
  REFUSED(RMSNORM_INVALID_TYPE,
          "expected rstd with the statistics type 'f32', but got 'bf16'");
  c.options.statsType = RMSNORM_TYPE_F16;
  REFUSED(RMSNORM_INVALID_TYPE,
          "expected a statistics type of f32 or f64, but got 'f16'");
}

static void testOptions(void) {
  double epsilons[] = {-1.0, NAN, INFINITY};
  const char *texts[] = {
      "expected epsilon to be finite and not negative, but got -1",
      "expected epsilon to be finite and not negative, but got NaN",
      "expected epsilon to be finite and not negative, but got +Inf"};
  for (int i = 0; i < 3; ++i) {
    c.options.epsilon = epsilons[i];
    INVALID(texts[i]);
  }
  c.options.scaleOffset = -INFINITY;
  INVALID("expected scale_offset to be finite, but got -Inf");
  c.options.scaleOffset = 1.0;
  c.operands.scale = NULL;
  INVALID("expected scale_offset only with scale, but got it without");
  c.operands.residual = NULL;
  INVALID("expected residual_out only with residual, but got it without");
  c.options.castOrder = (RMSNormCastOrder)2;
  INVALID("expected a cast order, but got the value 2");
  c.options.reductionAxes = c.axes;
  c.options.numReductionAxes = 1;
  c.axes[0] = 2;
  INVALID(
      "expected reduction axes between -2 and 1 for x of rank 2, but got 2");
  c.options.featureAxes = c.axes;
  c.options.numFeatureAxes = 1;
  c.axes[0] = -3;
  INVALID("expected feature axes between -2 and 1 for x of rank 2, but got -3");
  c.options.reductionAxes = c.axes;
  c.options.numReductionAxes = 2;
  c.axes[0] = 1, c.axes[1] = -1;
  INVALID("expected distinct reduction axes, but got [1, -1]");
  c.options.reductionAxes = c.axes;
  c.options.numReductionAxes = -1;
  INVALID(
      "expected a number of reduction axes that is not negative, but got -1");
}

static void testTargets(void) {
  RMSNormContext none = (RMSNormContext)&c;
  RMSNormContextOptions options = {.cpu = "no-such-cpu"};
  RMSNormStatus status = rmsnormContextCreate(&options, &none);
  CHECK(rmsnormStatusGetCode(status) == RMSNORM_INVALID_ARGUMENT);
  CHECK(strstr(rmsnormStatusGetMessage(status), "no-such-cpu") != NULL);
  CHECK(none == NULL);
  rmsnormStatusDestroy(status);
  /* LLVM itself would end the process. */
  options.cpu = "i386";
  CHECK_ERROR(rmsnormContextCreate(&options, &none), RMSNORM_INVALID_ARGUMENT,
              "expected the target's processor to be one with a 64-bit mode, "
              "but got 'i386'");
  options.cpu = "";
  CHECK_ERROR(rmsnormContextCreate(&options, &none), RMSNORM_INVALID_ARGUMENT,
              "expected the target's processor to be 'host' or one that LLVM "
              "knows, such as x86-64, haswell or sapphirerapids, but got ''");
  options = (RMSNormContextOptions){.cpu = "x86-64", .features = "+no-such"};
  CHECK_ERROR(rmsnormContextCreate(&options, &none), RMSNORM_INVALID_ARGUMENT,
              "expected the target's features to be such as +avx2 or -fma, but "
              "got '+no-such'");
  /* What the environment says, contexts that say something do not look at. */
  const char *before = getenv("RMSNORM_TARGET");
  char *kept = before ? strdup(before) : NULL;
  setenv("RMSNORM_TARGET", "no-such-cpu", 1);
  CHECK_ERROR(rmsnormContextCreate(NULL, &none), RMSNORM_INVALID_ARGUMENT,
              "RMSNORM_TARGET: expected the target's processor to be 'host' or "
              "one that LLVM knows, such as x86-64, haswell or sapphirerapids, "
              "but got 'no-such-cpu'");
  CHECK(none == NULL);
  options = (RMSNormContextOptions){.cpu = "x86-64"};
  CHECK_OK(rmsnormContextCreate(&options, &none));
  rmsnormContextDestroy(none);
  if (kept)
    setenv("RMSNORM_TARGET", kept, 1);
  else
    unsetenv("RMSNORM_TARGET");
  free(kept);
}

#define KERNEL_REFUSED(code, text)                                             \
  do {                                                                         \
    CHECK_ERROR(rmsnormKernelRun(kernel, &c.operands, NULL), code, text);      \
    CHECK(c.y[0] == -7.f && c.residualOut[0] == -7.f && c.rstd[0] == -7.f);    \
    reset();                                                                   \
  } while (0)

static void testKernel(void) {
  RMSNormKernel kernel;
  int64_t rows[] = {RMSNORM_DYNAMIC, 8}, rstdRows[] = {RMSNORM_DYNAMIC, 1};
  int64_t strides[] = {RMSNORM_DYNAMIC, 1};
  c.tx.shape = c.tresidual.shape = c.ty.shape = c.tresidualOut.shape = rows;
  c.trstd.shape = rstdRows;
  c.tx.strides = strides;
  CHECK_OK(rmsnormKernelCreate(context, &c.options, &c.operands, &kernel));
  reset();
  int64_t seven[] = {4, 7};
  c.tx.shape = seven;
  KERNEL_REFUSED(
      RMSNORM_INVALID_ARGUMENT,
      "expected x of shape [?, 8], as the kernel has it, but got [4, 7]");
  c.tx.type = RMSNORM_TYPE_I32;
  KERNEL_REFUSED(RMSNORM_INVALID_TYPE,
                 "expected x of type 'f32', but got 'i32'");
  int64_t transposed[] = {1, 4};
  c.tx.strides = transposed;
  KERNEL_REFUSED(RMSNORM_INVALID_ARGUMENT,
                 "expected x with strides [?, 1], as the kernel has "
                 "them, but got [1, 4]");
  int64_t wide[] = {16, 1};
  c.ty.strides = wide;
  KERNEL_REFUSED(RMSNORM_INVALID_ARGUMENT,
                 "expected y with strides [8, 1], as the kernel has "
                 "them, but got [16, 1]");
  int64_t three[] = {3, 8};
  c.ty.shape = three;
  KERNEL_REFUSED(RMSNORM_INVALID_ARGUMENT,
                 "expected y of shape [4, 8] (x's), but got [3, 8]");
  c.operands.mask = NULL;
  KERNEL_REFUSED(RMSNORM_INVALID_ARGUMENT,
                 "expected mask, as the kernel was made with it, but got none");
  c.ty.data = NULL;
  KERNEL_REFUSED(RMSNORM_INVALID_ARGUMENT,
                 "expected data of y, but got a null pointer");
  rmsnormKernelDestroy(kernel);

  c.operands = (RMSNormOperands){.x = &c.tx, .y = &c.ty};
  CHECK_OK(rmsnormKernelCreate(context, &c.options, &c.operands, &kernel));
  c.operands.scale = &c.tscale;
  KERNEL_REFUSED(
      RMSNORM_INVALID_ARGUMENT,
      "expected no scale, as the kernel was made without, but got one");
  rmsnormKernelDestroy(kernel);
}

static void testKernelCreate(void) {
  RMSNormKernel kernel = (RMSNormKernel)&c;
  int64_t seven[] = {7}, negative[] = {4, -8};
  c.tscale.shape = seven;
  CHECK_ERROR(
      rmsnormKernelCreate(context, &c.options, &c.operands, &kernel),
      RMSNORM_INVALID_ARGUMENT,
      "expected scale of shape [8] (x's on the feature axes), but got [7]");
  CHECK(kernel == NULL);
  reset();
  c.tx.shape = negative;
  CHECK_ERROR(rmsnormKernelCreate(context, &c.options, &c.operands, &kernel),
              RMSNORM_INVALID_ARGUMENT,
              "expected extents of x that are not negative, but got -8");
  reset();
  c.ty.type = RMSNORM_TYPE_U16;
  CHECK_ERROR(rmsnormKernelCreate(context, &c.options, &c.operands, &kernel),
              RMSNORM_INVALID_TYPE,
              "expected y with an element type of f16, bf16, f32, f64, "
              "f8E4M3FN or f8E5M2, but "
              "got 'ui16'");
  reset();
  c.options.reductionAxes = c.axes;
  c.options.numReductionAxes = 2;
  CHECK_ERROR(rmsnormKernelCreate(context, &c.options, &c.operands, &kernel),
              RMSNORM_INVALID_ARGUMENT,
              "expected distinct reduction axes between -2 and 1 for x of rank "
              "2, but got [0, 0]");
  reset();
}

static void testAll(void) {
  testNull();
  testShapes();
  testMemory();
  testOverlaps();
  testNothingToWrite();
  testTypes();
  testOptions();
  testTargets();
  testKernel();
  testKernelCreate();
}

int main(void) {
  CHECK_OK(rmsnormContextCreate(NULL, &context));
  reset();
  testAll();
  /* What was refused was refused for its one fault. */
  CHECK_OK(rmsnormRun(context, &c.options, &c.operands, NULL));
  CHECK(c.y[0] != -7.f && c.residualOut[0] == 1.f && c.rstd[0] != -7.f);
  /* And is refused as well where calls like it were right. */
  c.operands = (RMSNormOperands){.x = &c.tx, .y = &c.ty};
  CHECK_OK(rmsnormRun(context, &c.options, &c.operands, NULL));
  reset();
  testAll();
  rmsnormContextDestroy(context);
  return summarize();
}
