//===-- unloaded-module.c - What runtime-unload loads -------------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm-c/Runtime.h"

#include <sched.h>
#include <stdatomic.h>

typedef struct {
  int parts;
  atomic_int present;
} Meeting;

static void attend(void *context, int64_t begin, int64_t end) {
  Meeting *meeting = context;
  ++meeting->present;
  while (meeting->present < meeting->parts)
    sched_yield();
}

/// Returns when so many threads have run at once.
RMSNORM_EXPORT int meet(int threads) {
  Meeting meeting = {.parts = threads};
  rmsnorm_set_executor((rmsnorm_executor){0, 0, threads});
  rmsnorm_parallel_for(attend, &meeting, threads, 1);
  return meeting.present;
}
