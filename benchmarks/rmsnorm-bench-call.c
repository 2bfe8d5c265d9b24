/*===- rmsnorm-bench-call.c - What a call costs ---------------------------===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|*   rmsnorm-bench-call [--check]                                             *|
|*                                                                            *|
|* Times, for a 1x64 f32 norm with scale, each way to call it from C, and how *|
|* long a first call takes that has to compile. With --check the status is 1  *|
|* where a call takes more than 500 ns or a compilation more than 60 ms.      *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#define _POSIX_C_SOURCE 199309L

#include "rmsnorm-c/RMSNorm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void check(RMSNormStatus status) {
  if (!status)
    return;
  fprintf(stderr, "error: %s\n", rmsnormStatusGetMessage(status));
  exit(1);
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

enum { length = 64, batches = 51, calls = 2000 };

static float x[length], y[length], scale[length];
static int64_t shape[] = {1, length}, features[] = {length};
static RMSNormTensor tx = {x, RMSNORM_TYPE_F32, 2, shape, NULL};
static RMSNormTensor tscale = {scale, RMSNORM_TYPE_F32, 1, features, NULL};
static RMSNormTensor ty = {y, RMSNORM_TYPE_F32, 2, shape, NULL};
static RMSNormOperands operands = {.x = &tx, .scale = &tscale, .y = &ty};
static RMSNormContext context;
static RMSNormKernel kernel;
static RMSNormFunction function;
static void **descriptors;

static void callRun(void) { check(rmsnormRun(context, NULL, &operands, NULL)); }
static void callKernel(void) {
  check(rmsnormKernelRun(kernel, &operands, NULL));
}
static void callFunction(void) { function(descriptors); }

/* The median over batches, in ns. */
static double timeCall(void (*call)(void)) {
  double times[batches];
  for (int batch = 0; batch < batches; ++batch) {
    double start = now();
    for (int i = 0; i < calls; ++i)
      call();
    times[batch] = (now() - start) / calls;
  }
  qsort(times, batches, sizeof(double), compare);
  return times[batches / 2];
}

/* In ms, the first call of a norm of rows of `n`, in a new context or not. */
static double timeFirstCall(RMSNormContext in, int64_t n) {
  int64_t before = rmsnormContextGetNumCompiled(in);
  float *data = calloc((size_t)n * 3, sizeof(float));
  int64_t rows[] = {1, n}, row[] = {n};
  RMSNormTensor a = {data, RMSNORM_TYPE_F32, 2, rows, NULL};
  RMSNormTensor b = {data + n, RMSNORM_TYPE_F32, 1, row, NULL};
  RMSNormTensor c = {data + 2 * n, RMSNORM_TYPE_F32, 2, rows, NULL};
  RMSNormOperands norm = {.x = &a, .scale = &b, .y = &c};
  double start = now();
  check(rmsnormRun(in, NULL, &norm, NULL));
  double time = (now() - start) * 1e-6;
  free(data);
  if (rmsnormContextGetNumCompiled(in) != before + 1) {
    fprintf(stderr, "error: expected a call that compiles\n");
    exit(1);
  }
  return time;
}

static void makeKernel(void) {
  shape[0] = RMSNORM_DYNAMIC;
  check(rmsnormKernelCreate(context, NULL, &operands, &kernel));
  shape[0] = 1;
  function = rmsnormKernelGetFunction(kernel);
  static struct {
    void *allocated, *data;
    int64_t offset, shape[2], strides[2];
  } dx = {x, x, 0, {1, length}, {length, 1}},
    dy = {y, y, 0, {1, length}, {length, 1}};
  static struct {
    void *allocated, *data;
    int64_t offset, shape[1], strides[1];
  } dscale = {scale, scale, 0, {length}, {1}};
  static void *all[] = {&dx, &dscale, &dy};
  descriptors = all;
}

int main(int argc, char **argv) {
  bool isChecked = argc > 1 && !strcmp(argv[1], "--check");
  if (argc > 2 || (argc == 2 && !isChecked)) {
    fprintf(stderr, "error: expected --check or nothing, but got '%s'\n",
            argv[argc - 1]);
    return 1;
  }
  for (int i = 0; i < length; ++i)
    x[i] = (float)(i % 7) - 3.f, scale[i] = 1.f;
  check(rmsnormContextCreate(NULL, &context));
  double cold = timeFirstCall(context, 1024), warm[9];
  for (int i = 0; i < 9; ++i)
    warm[i] = timeFirstCall(context, 1000 + i);
  qsort(warm, 9, sizeof(double), compare);
  makeKernel();
  callRun();
  double run = timeCall(callRun);
  printf("compile, first in the process  %8.1f ms\n", cold);
  printf("compile, another, best of 9    %8.1f ms\n", warm[0]);
  printf("rmsnormRun, 1x64 f32           %8.0f ns\n", run);
  printf("rmsnormKernelRun, 1x64 f32     %8.0f ns\n", timeCall(callKernel));
  printf("the kernel's function          %8.0f ns\n", timeCall(callFunction));
  rmsnormKernelDestroy(kernel);
  rmsnormContextDestroy(context);
  if (isChecked && (run > 500 || warm[0] > 60)) {
    fprintf(stderr, "error: expected a call of at most 500 ns and a "
                    "compilation of at most 60 ms\n");
    return 1;
  }
  return 0;
}
