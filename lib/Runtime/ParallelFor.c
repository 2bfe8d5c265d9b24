//===- ParallelFor.c - Ranges of work on threads --------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm-c/Runtime.h"

#include "Pool.h"
#include "Settings.h"
#include "Thread.h"

_Thread_local ThreadState rmsnormThread;

rmsnorm_executor rmsnorm_set_executor(rmsnorm_executor executor) {
  rmsnorm_executor previous = rmsnormThread.executor;
  rmsnormThread.executor = executor;
  return previous;
}

rmsnorm_executor rmsnorm_get_executor(void) { return rmsnormThread.executor; }

typedef struct Loop {
  rmsnorm_task task;
  void *context;
} Loop;

/// A task of a pool that the caller has brought, on any thread.
static void runInTask(void *context, int64_t begin, int64_t end) {
  const Loop *loop = context;
  bool before = rmsnormThread.inTask;
  rmsnormThread.inTask = true;
  loop->task(loop->context, begin, end);
  rmsnormThread.inTask = before;
}

int64_t rmsnorm_max_threads(void) {
  const rmsnorm_executor *executor = &rmsnormThread.executor;
  if (rmsnormThread.inTask)
    return 1;
  if (executor->parallel_for)
    return executor->num_threads > 0 ? executor->num_threads : INT64_MAX;
  int64_t most = executor->num_threads > 0 ? executor->num_threads
                                           : rmsnormGetSettings()->numThreads;
  return most < maxThreads ? most : maxThreads;
}

/// Out of line, so that the path without threads saves no registers for it.
__attribute__((noinline)) static void
runOnThreads(rmsnorm_task task, void *context, int64_t count, int64_t grain) {
  const rmsnorm_executor *executor = &rmsnormThread.executor;
  if (executor->parallel_for) {
    Loop loop = {task, context};
    executor->parallel_for(executor->pool, runInTask, &loop, count, grain);
    return;
  }
  int64_t parts = grain > 1 ? count / grain : count;
  int64_t most = rmsnorm_max_threads();
  parts = parts < most ? parts : most;
  rmsnormThread.inTask = true;
  if (parts < 2 || !rmsnormRunOnPool(task, context, count, parts))
    task(context, 0, count);
  rmsnormThread.inTask = false;
}

void rmsnorm_parallel_for(rmsnorm_task task, void *context, int64_t count,
                          int64_t grain) {
  int64_t parts = grain > 1 ? count / grain : count;
  if (parts < 2 || rmsnormThread.inTask ||
      rmsnormThread.executor.num_threads == 1) {
    if (count > 0)
      task(context, 0, count);
    return;
  }
  runOnThreads(task, context, count, grain);
}
