//===-- runtime-thread-count.c - On how many threads loops run ----*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "loops.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void countRanges(void *context, int64_t begin, int64_t end) {
  ++*(atomic_int *)context;
}

static void doNothing(void *context, int64_t begin, int64_t end) {}

/// Says on how many threads a loop runs whose caller does not say.
static int printDefault(void) {
  cpu_set_t set;
  CHECK(sched_getaffinity(0, sizeof(set), &set) == 0);
  printf("processors: %d\n", CPU_COUNT(&set));
  fflush(stdout);
  atomic_int ranges = 0;
  rmsnorm_parallel_for(countRanges, &ranges, 5000, 1);
  // What the environment has is named once.
  rmsnorm_parallel_for(doNothing, NULL, 5000, 1);
  printf("ranges: %d\n", ranges);
  CHECK(rmsnorm_max_threads() == ranges);
  return 0;
}

/// Has memory for the stacks of a few threads only.
static int runWithoutMemory(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%ld", &pages) != 1)
    return 1;
  fclose(file);
  struct rlimit stack, space;
  getrlimit(RLIMIT_STACK, &stack);
  space.rlim_cur = space.rlim_max =
      (rlim_t)(pages * sysconf(_SC_PAGESIZE)) + 3 * stack.rlim_cur;
  setrlimit(RLIMIT_AS, &space);
  for (int i = 0; i < 2; ++i) {
    atomic_int done[mostItems] = {0};
    useThreads(50);
    rmsnorm_parallel_for(countItems, done, mostItems, 1);
    for (int j = 0; j < mostItems; ++j)
      CHECK(done[j] == 1);
  }
  return finishChecks();
}
int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "--default"))
    return printDefault();
  if (argc == 2 && !strcmp(argv[1], "--without-memory"))
    return runWithoutMemory();
  fputs("expected --default or --without-memory\n", stderr);
  return 2;
}
