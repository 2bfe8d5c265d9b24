/*===- capi-basics.c - A norm through each level of the C API -------------===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "check.h"

#include <math.h>
#include <threads.h>

enum { maxRows = 100, length = 64 };
static float x[maxRows * length], y[maxRows * length], scale[length];

static void fill(void) {
  for (int i = 0; i < maxRows * length; ++i)
    x[i] = (float)(i * 37 % 101) / 50.f - 1.f;
  for (int i = 0; i < length; ++i)
    scale[i] = 1.f + (float)i / 64.f;
}

/* Whether `rows` rows of y are right, and the one after them untouched. */
static bool isRight(int rows) {
  for (int r = 0; r < rows; ++r) {
    const float *row = x + r * length;
    double sum = 0;
    for (int i = 0; i < length; ++i)
      sum += (double)row[i] * row[i];
    double rstd = 1 / sqrt(sum / length + 1e-6);
    for (int i = 0; i < length; ++i) {
      double expected = row[i] * rstd * scale[i];
      if (!(fabs(y[r * length + i] - expected) <= 4e-7 * fabs(expected)))
        return false;
    }
  }
  return rows == maxRows || y[rows * length] == -7.f;
}

static void clear(void) {
  for (int i = 0; i < maxRows * length; ++i)
    y[i] = -7.f;
}

static void testOneCall(RMSNormContext context) {
  for (int64_t rows = 0; rows <= 3; ++rows) {
    int64_t shape[] = {rows, length}, scaleShape[] = {length};
    RMSNormTensor tx = {x, RMSNORM_TYPE_F32, 2, shape, NULL};
    RMSNormTensor tw = {scale, RMSNORM_TYPE_F32, 1, scaleShape, NULL};
    RMSNormTensor ty = {y, RMSNORM_TYPE_F32, 2, shape, NULL};
    RMSNormOperands operands = {.x = &tx, .scale = &tw, .y = &ty};
    clear();
    CHECK_OK(rmsnormRun(context, NULL, &operands, NULL));
    CHECK(isRight((int)rows));
  }
  CHECK(rmsnormContextGetNumCompiled(context) == 1);
}

/* Calls like an earlier one, at other addresses and on other kernels. */
static void testCallsAgain(RMSNormContext context) {
  enum { rows = 4, places = 3, shapes = 40 };
  int64_t shape[] = {rows, length}, scaleShape[] = {length};
  RMSNormTensor tx = {x, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormTensor tw = {scale, RMSNORM_TYPE_F32, 1, scaleShape, NULL};
  RMSNormTensor ty = {y, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormOperands operands = {.x = &tx, .scale = &tw, .y = &ty};
  static float expected[maxRows * length];
  shape[0] = rows + places;
  clear();
  CHECK_OK(rmsnormRun(context, NULL, &operands, NULL));
  CHECK(isRight(rows + places));
  memcpy(expected, y, sizeof(y));
  shape[0] = rows;
  for (int place = 0; place < places; ++place) {
    size_t first = (size_t)place * length,
           bytes = sizeof(float) * rows * length;
    clear();
    tx.data = x + first, ty.data = y + first;
    CHECK_OK(rmsnormRun(context, NULL, &operands, NULL));
    CHECK(!memcmp(y + first, expected + first, bytes));
    CHECK(y[first + rows * length] == -7.f);
    CHECK(place == 0 || y[first - 1] == -7.f);
    /* In place, though apart before. */
    memcpy(y + first, x + first, bytes);
    tx.data = y + first;
    CHECK_OK(rmsnormRun(context, NULL, &operands, NULL));
    CHECK(!memcmp(y + first, expected + first, bytes));
  }
  /* More kinds of calls than are kept, each of them twice. */
  tx.data = x, ty.data = y;
  for (int call = 0; call < 2 * shapes; ++call) {
    shape[0] = 1 + call % shapes;
    clear();
    CHECK_OK(rmsnormRun(context, NULL, &operands, NULL));
    CHECK(isRight((int)shape[0]));
  }
  /* Other options are another norm. */
  RMSNormOptions options = rmsnormOptionsDefault();
  shape[0] = 1;
  options.epsilon = 1e30;
  CHECK_OK(rmsnormRun(context, &options, &operands, NULL));
  CHECK(fabsf(y[0]) < 1e-10f);
  options.epsilon = 1e-6;
  clear();
  CHECK_OK(rmsnormRun(context, &options, &operands, NULL));
  CHECK(isRight(1));
}

/* Does the items one by one from the last to the first, and counts the calls.
 */
static void backwards(void *pool, rmsnorm_task task, void *context,
                      int64_t count, int64_t grain) {
  ++*(int *)pool;
  (void)grain;
  for (int64_t i = count; i-- > 0;)
    task(context, i, i + 1);
}

static void testKernel(RMSNormContext context) {
  int64_t shape[] = {RMSNORM_DYNAMIC, length}, scaleShape[] = {length};
  RMSNormTensor tx = {NULL, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormTensor tw = {NULL, RMSNORM_TYPE_F32, 1, scaleShape, NULL};
  RMSNormTensor ty = tx;
  RMSNormOperands operands = {.x = &tx, .scale = &tw, .y = &ty};
  RMSNormKernel kernel, again;
  int64_t before = rmsnormContextGetNumCompiled(context);
  CHECK_OK(rmsnormKernelCreate(context, NULL, &operands, &kernel));
  CHECK_OK(rmsnormKernelCreate(context, NULL, &operands, &again));
  CHECK(rmsnormContextGetNumCompiled(context) == before + 1);
  rmsnormKernelDestroy(again);

  tx.data = x, tw.data = scale, ty.data = y;
  int64_t rows[] = {1, 2, maxRows};
  for (int i = 0; i < 3; ++i) {
    shape[0] = rows[i];
    clear();
    CHECK_OK(rmsnormKernelRun(kernel, &operands, NULL));
    CHECK(isRight((int)rows[i]));
  }
  int calls = 0;
  rmsnorm_executor executor = {backwards, &calls, 0};
  clear();
  CHECK_OK(rmsnormKernelRun(kernel, &operands, &executor));
  CHECK(isRight(maxRows));
  CHECK(calls <= 1);

  /* The bare function, on descriptors. */
  struct {
    void *allocated, *data;
    int64_t offset, shape[2], strides[2];
  } dx = {x, x, 0, {5, length}, {length, 1}},
    dy = {y, y, 0, {5, length}, {length, 1}};
  struct {
    void *allocated, *data;
    int64_t offset, shape[1], strides[1];
  } dw = {scale, scale, 0, {length}, {1}};
  void *descriptors[] = {&dx, &dw, &dy};
  clear();
  rmsnormKernelGetFunction(kernel)(descriptors);
  CHECK(isRight(5));
  rmsnormKernelDestroy(kernel);
}

typedef struct Part {
  rmsnorm_task task;
  void *context;
  int64_t begin, end;
} Part;

static int runPart(void *data) {
  Part *part = data;
  part->task(part->context, part->begin, part->end);
  return 0;
}

/* A thread for each of four parts. */
static void onThreads(void *pool, rmsnorm_task task, void *context,
                      int64_t count, int64_t grain) {
  thrd_t threads[4];
  Part parts[4];
  ++*(int *)pool;
  (void)grain;
  for (int i = 0; i < 4; ++i) {
    parts[i] = (Part){task, context, count * i / 4, count * (i + 1) / 4};
    CHECK(thrd_create(&threads[i], runPart, &parts[i]) == thrd_success);
  }
  for (int i = 0; i < 4; ++i)
    thrd_join(threads[i], NULL);
}

/* Whoever runs the parts, the bits are the same. */
static void testExecutors(RMSNormContext context) {
  enum { rows = 3000 };
  size_t bytes = sizeof(float) * rows * length;
  float *in = malloc(bytes), *out = malloc(bytes), *first = malloc(bytes);
  for (int i = 0; i < rows * length; ++i)
    in[i] = (float)(i * 61 % 1009) / 500.f - 1.f;
  int64_t shape[] = {rows, length};
  RMSNormTensor tx = {in, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormTensor ty = {first, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormOperands operands = {.x = &tx, .y = &ty};
  int calls = 0;
  rmsnorm_executor serial = {NULL, NULL, 1};
  CHECK_OK(rmsnormRun(context, NULL, &operands, &serial));
  ty.data = out;
  rmsnorm_executor executors[] = {
      {NULL, NULL, 0}, {backwards, &calls, 0}, {onThreads, &calls, 0}};
  for (int i = 0; i < 3; ++i) {
    memset(out, 0, bytes);
    calls = 0;
    CHECK_OK(rmsnormRun(context, NULL, &operands, &executors[i]));
    CHECK(!memcmp(out, first, bytes));
    CHECK(calls == (i != 0));
  }
  /* The calling thread has its own executor back. */
  CHECK(rmsnorm_get_executor().parallel_for == NULL);
  /* An executor of the context's. */
  RMSNormContextOptions options = {.executor = {backwards, &calls, 0}};
  RMSNormContext other;
  CHECK_OK(rmsnormContextCreate(&options, &other));
  calls = 0;
  CHECK_OK(rmsnormRun(other, NULL, &operands, NULL));
  CHECK(calls == 1 && !memcmp(out, first, bytes));
  rmsnormContextDestroy(other);
  free(in), free(out), free(first);
}

/* Calls are not taken for those of a context that is gone. */
static void testContexts(void) {
  int64_t shape[] = {2, length}, scaleShape[] = {length};
  RMSNormTensor tx = {x, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormTensor tw = {scale, RMSNORM_TYPE_F32, 1, scaleShape, NULL};
  RMSNormTensor ty = {y, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormOperands operands = {.x = &tx, .scale = &tw, .y = &ty};
  for (int i = 0; i < 3; ++i) {
    RMSNormContext context;
    CHECK_OK(rmsnormContextCreate(NULL, &context));
    clear();
    CHECK_OK(rmsnormRun(context, NULL, &operands, NULL));
    CHECK(isRight(2));
    RMSNormCacheInfo info = rmsnormContextGetCacheInfo(context);
    CHECK(info.numCompiled + info.numLoaded == 1);
    rmsnormContextDestroy(context);
  }
}

/* A kernel outlives its context. */
static void testLifetime(void) {
  RMSNormContext context;
  CHECK_OK(rmsnormContextCreate(NULL, &context));
  int64_t shape[] = {RMSNORM_DYNAMIC, length};
  RMSNormTensor tx = {x, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormTensor ty = {y, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormOperands operands = {.x = &tx, .y = &ty};
  RMSNormKernel kernel;
  CHECK_OK(rmsnormKernelCreate(context, NULL, &operands, &kernel));
  rmsnormContextDestroy(context);
  shape[0] = 2;
  CHECK_OK(rmsnormKernelRun(kernel, &operands, NULL));
  rmsnormKernelDestroy(kernel);
}

/* Several threads ask for the same kernels at the same time. */
static int runMany(void *context) {
  for (int64_t n = 8; n < 12; ++n) {
    int64_t shape[] = {4, n};
    float in[4 * 12], out[4 * 12];
    for (int i = 0; i < 4 * 12; ++i)
      in[i] = 2.f, out[i] = 0.f;
    RMSNormTensor tx = {in, RMSNORM_TYPE_F32, 2, shape, NULL};
    RMSNormTensor ty = {out, RMSNORM_TYPE_F32, 2, shape, NULL};
    RMSNormOperands operands = {.x = &tx, .y = &ty};
    rmsnorm_executor serial = {NULL, NULL, 1};
    RMSNormStatus status = rmsnormRun(context, NULL, &operands, &serial);
    if (status)
      return 1;
    for (int i = 0; i < 4 * n; ++i)
      if (fabsf(out[i] - 1.f) > 1e-6f)
        return 1;
  }
  return 0;
}

static void testThreads(void) {
  RMSNormContext context;
  CHECK_OK(rmsnormContextCreate(NULL, &context));
  thrd_t threads[8];
  for (int i = 0; i < 8; ++i)
    CHECK(thrd_create(&threads[i], runMany, context) == thrd_success);
  for (int i = 0; i < 8; ++i) {
    int result = 1;
    CHECK(thrd_join(threads[i], &result) == thrd_success && result == 0);
  }
  /* One compilation for each length, whoever was first. */
  CHECK(rmsnormContextGetNumCompiled(context) == 4);
  rmsnormContextDestroy(context);
}

static void testTypes(void) {
  CHECK(rmsnormTypeGetSize(RMSNORM_TYPE_BF16) == 2);
  CHECK(rmsnormTypeGetSize(RMSNORM_TYPE_COMPLEX_F64) == 16);
  CHECK(rmsnormTypeGetSize(RMSNORM_TYPE_BOOL) == 1);
  CHECK(rmsnormTypeGetSize((RMSNormType)99) == 0);
  CHECK(!strcmp(rmsnormTypeGetName(RMSNORM_TYPE_F8E4M3FN), "f8E4M3FN"));
  CHECK(!strcmp(rmsnormTypeGetName(RMSNORM_TYPE_U32), "ui32"));
  CHECK(!strcmp(rmsnormTypeGetName(RMSNORM_TYPE_NONE), ""));
  CHECK(rmsnormStatusGetCode(NULL) == RMSNORM_OK);
  CHECK(!strcmp(rmsnormStatusGetMessage(NULL), ""));
  rmsnormStatusDestroy(NULL);
  rmsnormContextDestroy(NULL);
  rmsnormKernelDestroy(NULL);
}

int main(void) {
  fill();
  RMSNormContext context;
  CHECK_OK(rmsnormContextCreate(NULL, &context));
  testOneCall(context);
  testCallsAgain(context);
  testKernel(context);
  testExecutors(context);
  rmsnormContextDestroy(context);
  testContexts();
  testLifetime();
  testThreads();
  testTypes();
  return summarize();
}
