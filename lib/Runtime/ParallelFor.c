//===- ParallelFor.c - Ranges of work on threads --------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm-c/Runtime.h"

#include <omp.h>

static _Thread_local rmsnorm_executor current;
/// Whether this thread runs a part of a loop that several threads share.
static _Thread_local int isInside;

rmsnorm_executor rmsnorm_set_executor(rmsnorm_executor executor) {
  rmsnorm_executor previous = current;
  current = executor;
  return previous;
}

rmsnorm_executor rmsnorm_get_executor(void) { return current; }

/// The first item of part `index` of `parts` parts of [0, count), of which the
/// first are one longer where `count` is not a multiple.
static int64_t partBegin(int64_t count, int64_t parts, int64_t index) {
  int64_t longer = count % parts;
  return count / parts * index + (index < longer ? index : longer);
}

/// Out of line, so that the path without threads saves no registers for it.
__attribute__((noinline)) static void
runOnOpenMP(rmsnorm_task task, void *context, int64_t count, int64_t parts) {
#pragma omp parallel num_threads((int)parts)
  {
    // OpenMP may give fewer threads than asked for, one inside a region.
    int64_t threads = omp_get_num_threads();
    int64_t begin = partBegin(count, threads, omp_get_thread_num());
    int64_t end = partBegin(count, threads, omp_get_thread_num() + 1);
    isInside = 1;
    if (begin < end)
      task(context, begin, end);
    isInside = 0;
  }
}

void rmsnorm_parallel_for(rmsnorm_task task, void *context, int64_t count,
                          int64_t grain) {
  int64_t parts = grain > 1 ? count / grain : count;
  if (parts < 2 || current.num_threads == 1 || isInside) {
    if (count > 0)
      task(context, 0, count);
    return;
  }
  if (current.parallel_for) {
    current.parallel_for(current.pool, task, context, count, grain);
    return;
  }
  int64_t most =
      current.num_threads > 0 ? current.num_threads : omp_get_max_threads();
  runOnOpenMP(task, context, count, parts < most ? parts : most);
}
