//===-- loops.h - Loops for tests of threads ----------------------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TEST_RUNTIME_LOOPS_H
#define RMSNORM_TEST_RUNTIME_LOOPS_H

#include "check.h"
#include "rmsnorm-c/Runtime.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>

static inline void useThreads(int32_t count) {
  rmsnorm_set_executor((rmsnorm_executor){NULL, NULL, count});
}

typedef struct {
  int parts;
  atomic_int present;
} Meeting;

/// Returns when all parts have begun: each has a thread of its own then.
static inline void meet(void *context, int64_t begin, int64_t end) {
  Meeting *meeting = context;
  CHECK(end == begin + 1);
  ++meeting->present;
  while (meeting->present < meeting->parts)
    sched_yield();
}

static inline void holdMeeting(int parts) {
  Meeting meeting = {.parts = parts};
  useThreads(parts);
  rmsnorm_parallel_for(meet, &meeting, parts, 1);
  CHECK(meeting.present == parts);
}

enum { mostItems = 64 };

/// Counts how often each item is done.
static inline void countItems(void *context, int64_t begin, int64_t end) {
  atomic_int *done = context;
  for (int64_t i = begin; i < end; ++i)
    ++done[i];
}

/// What a loop does on the thread that calls it.
typedef struct {
  pthread_t thread;
  int ranges;
  int64_t items;
} Inner;

static inline void noteInner(void *context, int64_t begin, int64_t end) {
  Inner *inner = context;
  CHECK(pthread_equal(pthread_self(), inner->thread));
  ++inner->ranges;
  inner->items += end - begin;
}

#endif // RMSNORM_TEST_RUNTIME_LOOPS_H
