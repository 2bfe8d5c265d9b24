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
|* long a first call takes that has to compile or to load a kernel: medians.  *|
|* With --check the status is 1 where a compilation in a new context takes    *|
|* more than 30 ms, a kernel from memory more than 1 us, or a call more than  *|
|* 300 ns.                                                                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#define _XOPEN_SOURCE 700

#include "rmsnorm-c/RMSNorm.h"

#include <ftw.h>
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

static double median(double *times, int count) {
  qsort(times, (size_t)count, sizeof(*times), compare);
  return times[count / 2];
}

enum { length = 64, batches = 51, calls = 2000, compilations = 15 };

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

/* The kernel of the operands, by its specification. */
static void getKernel(void) {
  RMSNormKernel found;
  check(rmsnormKernelCreate(context, NULL, &operands, &found));
  rmsnormKernelDestroy(found);
}

/* The median over batches, in ns. */
static double timeCall(void (*call)(void)) {
  double times[batches];
  for (int batch = 0; batch < batches; ++batch) {
    double start = now();
    for (int i = 0; i < calls; ++i)
      call();
    times[batch] = (now() - start) / calls;
  }
  return median(times, batches);
}

/* In ms, the first call of a norm of rows of `n`, which compiles a kernel or
 * loads it. */
static double timeFirstCall(RMSNormContext in, int64_t n) {
  RMSNormCacheInfo before = rmsnormContextGetCacheInfo(in);
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
  RMSNormCacheInfo after = rmsnormContextGetCacheInfo(in);
  if (after.numCompiled + after.numLoaded !=
      before.numCompiled + before.numLoaded + 1) {
    fprintf(stderr, "error: expected a call that compiles or loads\n");
    exit(1);
  }
  return time;
}

static RMSNormContext createContext(const char *cacheDirectory) {
  RMSNormContextOptions options = {.cacheDirectory = cacheDirectory};
  RMSNormContext created;
  check(rmsnormContextCreate(&options, &created));
  return created;
}

/* The first call in a new context, median in ms, and in *last what the last of
 * them did. */
static double timeContexts(const char *cacheDirectory, RMSNormCacheInfo *last) {
  double times[compilations];
  for (int i = 0; i < compilations; ++i) {
    RMSNormContext in = createContext(cacheDirectory);
    times[i] = timeFirstCall(in, 1024);
    *last = rmsnormContextGetCacheInfo(in);
    rmsnormContextDestroy(in);
  }
  return median(times, compilations);
}

/* The times of a compilation, in a context that has a few behind it. */
static double timeCompilations(RMSNormCacheInfo *total) {
  RMSNormContext in = createContext("");
  double times[compilations];
  timeFirstCall(in, 1024);
  RMSNormCacheInfo before = rmsnormContextGetCacheInfo(in);
  for (int i = 0; i < compilations; ++i)
    times[i] = timeFirstCall(in, 1024 * (i + 2));
  *total = rmsnormContextGetCacheInfo(in);
  total->startTime -= before.startTime;
  total->lowerTime -= before.lowerTime;
  total->generateTime -= before.generateTime;
  total->linkTime -= before.linkTime;
  rmsnormContextDestroy(in);
  return median(times, compilations);
}

static int removeEntry(const char *path, const struct stat *status, int kind,
                       struct FTW *place) {
  (void)status, (void)kind, (void)place;
  return remove(path);
}

/* The first call in a new context, median in ms, with the kernel on disk. */
static double timeDisk(void) {
  char directory[] = "/tmp/rmsnorm-bench-call.XXXXXX";
  if (!mkdtemp(directory)) {
    perror("error: expected to make a directory in /tmp");
    exit(1);
  }
  RMSNormContext first = createContext(directory);
  timeFirstCall(first, 1024);
  RMSNormCacheInfo last;
  double time = timeContexts(directory, &last);
  if (last.numLoaded != 1) {
    fprintf(stderr, "error: expected a kernel on disk: %s\n", last.problem);
    exit(1);
  }
  rmsnormContextDestroy(first);
  nftw(directory, removeEntry, 8, FTW_DEPTH | FTW_PHYS);
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
  context = createContext("");
  printf("compile, first in the process  %8.1f ms\n",
         timeFirstCall(context, 1024));
  RMSNormCacheInfo last, total;
  double cold = timeContexts("", &last);
  printf("compile, new context           %8.1f ms\n", cold);
  printf("compile, another               %8.1f ms\n", timeCompilations(&total));
  const double part = 1e-6 / compilations;
  printf("  of it, mean: module %.1f, MLIR %.1f, LLVM %.1f, link %.1f ms\n",
         (double)total.startTime * part, (double)total.lowerTime * part,
         (double)total.generateTime * part, (double)total.linkTime * part);
  printf("from disk, new context         %8.2f ms\n", timeDisk());
  makeKernel();
  callRun();
  double run = timeCall(callRun), memory = timeCall(getKernel);
  printf("kernel from memory             %8.0f ns\n", memory);
  printf("rmsnormRun, 1x64 f32           %8.0f ns\n", run);
  printf("rmsnormKernelRun, 1x64 f32     %8.0f ns\n", timeCall(callKernel));
  printf("the kernel's function          %8.0f ns\n", timeCall(callFunction));
  rmsnormKernelDestroy(kernel);
  rmsnormContextDestroy(context);
  if (isChecked && (run > 300 || memory > 1000 || cold > 30)) {
    fprintf(stderr,
            "error: expected a compilation of at most 30 ms, a kernel from "
            "memory in at most 1 us, and a call of at most 300 ns\n");
    return 1;
  }
  return 0;
}
