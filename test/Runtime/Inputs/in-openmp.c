//===-- in-openmp.c - The runtime's threads beside OpenMP's -------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "../check.h"
#include "rmsnorm-c/Runtime.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

enum { most = 40 };

static void countItems(void *context, int64_t begin, int64_t end) {
  atomic_int *done = context;
  for (int64_t i = begin; i < end; ++i)
    ++done[i];
}

static void callOften(int32_t threads) {
  rmsnorm_set_executor((rmsnorm_executor){NULL, NULL, threads});
  for (int i = 0; i < 300; ++i) {
    atomic_int done[most] = {0};
    rmsnorm_parallel_for(countItems, done, most, 1);
    for (int j = 0; j < most; ++j)
      CHECK(done[j] == 1);
  }
}

typedef struct {
  pthread_t caller;
  cpu_set_t processors;
} Process;

/// Workers may run wherever the process could before OpenMP had bound threads,
/// but for one processor, which each may leave to its waker.
static void checkProcessors(void *context, int64_t begin, int64_t end) {
  const Process *process = context;
  if (pthread_equal(pthread_self(), process->caller))
    return;
  cpu_set_t set, both;
  CHECK(sched_getaffinity(0, sizeof(set), &set) == 0);
  CPU_OR(&both, &set, &process->processors);
  CHECK(CPU_EQUAL(&both, &process->processors));
  CHECK(CPU_COUNT(&set) + 1 >= CPU_COUNT(&process->processors));
}

int main(void) {
  alarm(300);
  Process process = {.caller = pthread_self()};
  CHECK(sched_getaffinity(0, sizeof(cpu_set_t), &process.processors) == 0);
  callOften(3);
#pragma omp parallel num_threads(4)
  {
    CHECK(omp_get_num_threads() == 4);
    callOften(3);
#pragma omp barrier
    callOften(2);
  }
  callOften(3);
  // OpenMP binds this thread where OMP_PROC_BIND says so.
  rmsnorm_set_executor((rmsnorm_executor){NULL, NULL, 3});
  for (int i = 0; i < 100; ++i)
    rmsnorm_parallel_for(checkProcessors, &process, 3, 1);
  return finishChecks();
}
