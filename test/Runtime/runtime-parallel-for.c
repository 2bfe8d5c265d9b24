//===-- runtime-parallel-for.c - Test of rmsnorm_parallel_for -----*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "check.h"
#include "rmsnorm-c/Runtime.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { most = 1000 };

/// What happened to each item, and the ranges that came.
typedef struct {
  atomic_int done[most];
  atomic_int ranges, elsewhere;
  atomic_llong shortest, longest;
  pthread_t caller;
} Record;

static void record(void *context, int64_t begin, int64_t end) {
  Record *into = context;
  into->ranges++;
  if (!pthread_equal(pthread_self(), into->caller))
    into->elsewhere++;
  long long length = end - begin, seen = into->shortest;
  while (length < seen &&
         !atomic_compare_exchange_weak(&into->shortest, &seen, length))
    ;
  seen = into->longest;
  while (length > seen &&
         !atomic_compare_exchange_weak(&into->longest, &seen, length))
    ;
  for (int64_t item = begin; item < end && item < most; ++item)
    into->done[item]++;
}

static Record run(int64_t count, int64_t grain) {
  static Record into;
  memset(&into, 0, sizeof(into));
  into.shortest = INT64_MAX;
  into.caller = pthread_self();
  rmsnorm_parallel_for(record, &into, count, grain);
  for (int64_t item = 0; item < most; ++item)
    CHECK(into.done[item] == (item < count));
  return into;
}

static void testRanges(void) {
  rmsnorm_set_executor((rmsnorm_executor){NULL, NULL, 3});
  CHECK(run(0, 1).ranges == 0);
  CHECK(run(-5, 1).ranges == 0);
  Record one = run(1, 1);
  CHECK(one.ranges == 1 && one.elsewhere == 0);
  for (int64_t count = 2; count < 40; ++count) {
    Record all = run(count, 1);
    CHECK(all.ranges == (count < 3 ? count : 3));
    CHECK(all.longest - all.shortest <= 1);
  }
  // A range of fewer items than the grain is not worth a thread.
  Record few = run(19, 10);
  CHECK(few.ranges == 1 && few.elsewhere == 0);
  Record enough = run(20, 10);
  CHECK(enough.ranges == 2 && enough.shortest == 10);
  CHECK(run(100, 0).ranges == 3);
  // Counts near the limit of 64 bits do not overflow.
  Record huge = run(INT64_MAX, 1);
  CHECK(huge.ranges == 3 && huge.longest == INT64_MAX / 3 + 1);
}

static void noteThreads(void *context, int64_t begin, int64_t end) {
  for (int64_t item = begin; item < end; ++item)
    ((int64_t *)context)[item] = rmsnorm_max_threads();
}

static void testMaxThreads(void) {
  rmsnorm_set_executor((rmsnorm_executor){NULL, NULL, 3});
  CHECK(rmsnorm_max_threads() == 3);
  // A loop within a task runs on the thread of that task, but where its own
  // was not worth a thread.
  int64_t inside[6] = {0};
  rmsnorm_parallel_for(noteThreads, inside, 6, 1);
  for (int item = 0; item < 6; ++item)
    CHECK(inside[item] == 1);
  rmsnorm_parallel_for(noteThreads, inside, 6, 6);
  CHECK(inside[0] == 3);
  rmsnorm_set_executor((rmsnorm_executor){NULL, NULL, 5000});
  CHECK(rmsnorm_max_threads() == 1023);
}

static void testOneThread(void) {
  rmsnorm_set_executor((rmsnorm_executor){NULL, NULL, 1});
  CHECK(rmsnorm_max_threads() == 1);
  Record all = run(most, 1);
  CHECK(all.ranges == 1 && all.elsewhere == 0);
}

/// A pool that runs the items one by one, from the last to the first.
static void backwards(void *pool, rmsnorm_task task, void *context,
                      int64_t count, int64_t grain) {
  *(int64_t *)pool += grain;
  for (int64_t item = count; item-- > 0;)
    task(context, item, item + 1);
}

static void testPool(void) {
  int64_t grains = 0;
  rmsnorm_executor pool = {backwards, &grains, 0};
  rmsnorm_executor before = rmsnorm_set_executor(pool);
  CHECK(before.parallel_for == NULL && before.num_threads == 1);
  CHECK(rmsnorm_get_executor().pool == &grains);
  CHECK(run(100, 7).ranges == 100 && grains == 7);
  // Too little work does not reach the pool.
  CHECK(run(13, 7).ranges == 1 && grains == 7);
  // How many threads it has is not known.
  CHECK(rmsnorm_max_threads() == INT64_MAX);
  pool.num_threads = 4;
  rmsnorm_set_executor(pool);
  CHECK(rmsnorm_max_threads() == 4);
  // Neither does any where one thread is asked for.
  pool.num_threads = 1;
  rmsnorm_set_executor(pool);
  CHECK(rmsnorm_max_threads() == 1);
  CHECK(run(100, 7).ranges == 1 && grains == 7);
}

/// A thread starts with the runtime's own threads, whatever others have set.
static void *testThread(void *unused) {
  rmsnorm_executor fresh = rmsnorm_get_executor();
  CHECK(fresh.parallel_for == NULL && fresh.pool == NULL &&
        fresh.num_threads == 0);
  return unused;
}

int main(void) {
  testRanges();
  testMaxThreads();
  testOneThread();
  testPool();
  pthread_t thread;
  pthread_create(&thread, NULL, testThread, NULL);
  pthread_join(thread, NULL);
  return finishChecks();
}
