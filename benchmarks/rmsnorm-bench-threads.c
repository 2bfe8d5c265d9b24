/*===- rmsnorm-bench-threads.c - What a parallel loop costs ---------------===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|*   rmsnorm-bench-threads [THREADS [--pin]]                                  *|
|*                                                                            *|
|* Times rmsnorm_parallel_for (runtime threads, 2 unless THREADS says so) on  *|
|* loops that do nothing, one after another and after pauses, and on copies.  *|
|* With --pin each thread is bound to a processor first. The numbers are the  *|
|* median and the tenth and the ninetieth of a hundred.                       *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "rmsnorm-c/Runtime.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

enum { samples = 201 };

static void report(const char *name, double *times) {
  qsort(times, samples, sizeof(double), compare);
  printf("%-36s %9.2f us  (%.2f to %.2f)\n", name, times[samples / 2],
         times[samples / 10], times[samples - samples / 10]);
}

typedef struct {
  char *to;
  const char *from;
  int64_t bytes;
} Copy;

enum { block = 64 };

static void doNothing(void *context, int64_t begin, int64_t end) {}

static void copy(void *context, int64_t begin, int64_t end) {
  Copy *copy = context;
  memcpy(copy->to + begin * block, copy->from + begin * block,
         (size_t)(end - begin) * block);
}

/* Binds the thread of part i to processor i. */
static void pin(void *context, int64_t begin, int64_t end) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((size_t)begin, &set);
  sched_setaffinity(0, sizeof(set), &set);
  usleep(1000);
}

/* Loops one after another, `calls` of them timed together. */
static void timeHot(const char *name, rmsnorm_task task, void *context,
                    int64_t count, int calls) {
  double times[samples];
  for (int sample = 0; sample < samples; ++sample) {
    rmsnorm_parallel_for(task, context, count, 1);
    double start = now();
    for (int call = 0; call < calls; ++call)
      rmsnorm_parallel_for(task, context, count, 1);
    times[sample] = (now() - start) / calls;
  }
  report(name, times);
}

/* One loop after a pause of so many us. */
static void timeAfterPause(const char *name, rmsnorm_task task, void *context,
                           int64_t count, unsigned pause) {
  double times[samples];
  for (int sample = 0; sample < samples; ++sample) {
    usleep(pause);
    double start = now();
    rmsnorm_parallel_for(task, context, count, 1);
    times[sample] = now() - start;
  }
  report(name, times);
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 2;
  bool isPinned = argc == 3 && !strcmp(argv[2], "--pin");
  if (threads < 1 || argc > 3 || (argc == 3 && !isPinned)) {
    fprintf(stderr, "error: expected a number of threads and perhaps --pin\n");
    return 1;
  }
  rmsnorm_set_executor((rmsnorm_executor){NULL, NULL, threads});
  if (isPinned)
    rmsnorm_parallel_for(pin, NULL, threads, 1);
  size_t most = 8 << 20;
  char *from = aligned_alloc(4096, most), *to = aligned_alloc(4096, most);
  if (!from || !to)
    return 1;
  memset(from, 1, most), memset(to, 1, most);
  Copy data = {to, from, 0};
  timeHot("nothing", doNothing, NULL, threads, 2000);
  timeHot("copy of 16 kB", copy, &data, (16 << 10) / block, 500);
  timeHot("copy of 512 kB", copy, &data, (512 << 10) / block, 20);
  timeHot("copy of 8 MB", copy, &data, (8 << 20) / block, 1);
  timeAfterPause("nothing, after 50 us", doNothing, NULL, threads, 50);
  timeAfterPause("nothing, after 2 ms", doNothing, NULL, threads, 2000);
  timeAfterPause("copy of 16 kB, after 2 ms", copy, &data, (16 << 10) / block,
                 2000);
  timeAfterPause("copy of 512 kB, after 2 ms", copy, &data, (512 << 10) / block,
                 2000);
  free(from), free(to);
  return 0;
}
