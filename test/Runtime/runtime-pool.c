//===-- runtime-pool.c - Test of the runtime's own threads --------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "loops.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

//===----------------------------------------------------------------------===//
// Loops whose parts wait for each other
//===----------------------------------------------------------------------===//

/// More threads than processors, too; a wake-up that is lost hangs the test.
static void testWakeUps(void) {
  static const int sizes[] = {2, 3, 40, 5, 2, 100, 3};
  for (int i = 0; i < 7; ++i)
    holdMeeting(sizes[i]);
  unsigned seed = 1;
  for (int i = 0; i < 150; ++i) {
    // About as long as workers spin before they sleep, or as short as can be.
    if (i % 3)
      usleep((unsigned)rand_r(&seed) % 200);
    holdMeeting(2 + i % 3);
  }
}

/// Threads that have nothing to do leave the processors alone.
static void testSleep(void) {
  holdMeeting(4);
  usleep(20000);
  struct timespec before, after;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  usleep(200000);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec -
            before.tv_nsec <
        50000000);
}

//===----------------------------------------------------------------------===//
// Who runs what
//===----------------------------------------------------------------------===//

enum { numParts = 4 };
typedef struct {
  pthread_t caller, workers[numParts];
  bool hasWorker[numParts];
} Places;

static void notePlace(void *context, int64_t begin, int64_t end) {
  Places *places = context;
  pthread_t self = pthread_self();
  if (pthread_equal(self, places->caller))
    return;
  CHECK(begin > 0);
  CHECK(!places->hasWorker[begin] ||
        pthread_equal(self, places->workers[begin]));
  places->workers[begin] = self;
  places->hasWorker[begin] = true;
}

/// Part i runs on worker i, or on the caller where the worker is late.
static void testPlaces(void) {
  static Places places;
  places.caller = pthread_self();
  useThreads(numParts);
  for (int i = 0; i < 20000; ++i)
    rmsnorm_parallel_for(notePlace, &places, numParts, 1);
  for (int i = 1; i < numParts; ++i)
    for (int j = 1; j < i; ++j)
      CHECK(!places.hasWorker[i] || !places.hasWorker[j] ||
            !pthread_equal(places.workers[i], places.workers[j]));
}

typedef struct {
  Meeting meeting;
  int processors[2];
} Apart;

static void noteProcessor(void *context, int64_t begin, int64_t end) {
  Apart *apart = context;
  meet(&apart->meeting, begin, end);
  apart->processors[begin] = sched_getcpu();
}

/// A worker does not stay on the processor of who has woken it, where the
/// system may put it although another one is idle.
static void testApart(void) {
  enum { numLoops = 100 };
  cpu_set_t all, first;
  CHECK(!sched_getaffinity(0, sizeof(all), &all));
  int processor = sched_getcpu();
  if (CPU_COUNT(&all) < 2)
    return;
  CPU_ZERO(&first);
  CPU_SET(processor, &first);
  CHECK(!sched_setaffinity(0, sizeof(first), &first));
  useThreads(2);
  int numTogether = 0;
  for (int i = 0; i < numLoops; ++i) {
    // Until it sleeps.
    usleep(1000);
    Apart apart = {.meeting.parts = 2};
    rmsnorm_parallel_for(noteProcessor, &apart, 2, 1);
    CHECK(apart.processors[0] == processor);
    numTogether += apart.processors[1] == processor;
  }
  CHECK(numTogether < numLoops / 2);
  CHECK(!sched_setaffinity(0, sizeof(all), &all));
}

static volatile sig_atomic_t numSignals;
static void countSignal(int number) { ++numSignals; }

/// Signals are handled by threads of the program.
static void testSignals(void) {
  holdMeeting(3);
  signal(SIGUSR1, countSignal);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  kill(getpid(), SIGUSR1);
  usleep(5000);
  CHECK(numSignals == 0);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  CHECK(numSignals == 1);
}

//===----------------------------------------------------------------------===//
// Loops in loops
//===----------------------------------------------------------------------===//

static void callInner(void *context, int64_t begin, int64_t end) {
  // Twice: the first one leaves the thread as it was.
  for (int i = 0; i < 2; ++i) {
    Inner inner = {.thread = pthread_self()};
    rmsnorm_parallel_for(noteInner, &inner, 100, 1);
    CHECK(inner.ranges == 1 && inner.items == 100);
  }
  atomic_fetch_add((atomic_llong *)context, end - begin);
}

static void meetInside(void *context, int64_t begin, int64_t end) {
  holdMeeting(3);
  ++*(atomic_llong *)context;
}

static void testNested(void) {
  atomic_llong items = 0;
  useThreads(3);
  for (int i = 0; i < 200; ++i)
    rmsnorm_parallel_for(callInner, &items, 10, 1);
  CHECK(items == 2000);
  // A loop that needs no threads leaves them to those in it.
  rmsnorm_parallel_for(meetInside, &items, 1, 1);
  CHECK(items == 2001);
  // And afterwards.
  holdMeeting(3);
}

typedef struct {
  rmsnorm_task task;
  void *context;
  int64_t begin, end;
} Part;

static void *runPart(void *data) {
  Part *part = data;
  part->task(part->context, part->begin, part->end);
  return NULL;
}

/// A pool of the caller's: a new thread for each item, and the calling one.
static void onThreads(void *pool, rmsnorm_task task, void *context,
                      int64_t count, int64_t grain) {
  ++*(atomic_int *)pool;
  pthread_t threads[64];
  Part parts[64];
  for (int64_t i = 0; i < count; ++i) {
    parts[i] = (Part){task, context, i, i + 1};
    if (i > 0)
      pthread_create(&threads[i], NULL, runPart, &parts[i]);
  }
  runPart(&parts[0]);
  for (int64_t i = 1; i < count; ++i)
    pthread_join(threads[i], NULL);
}

static void testNestedInBroughtPool(void) {
  atomic_llong items = 0;
  atomic_int calls = 0;
  rmsnorm_set_executor((rmsnorm_executor){onThreads, &calls, 0});
  rmsnorm_parallel_for(callInner, &items, 5, 1);
  CHECK(items == 5 && calls == 1);
  rmsnorm_parallel_for(callInner, &items, 7, 1);
  CHECK(items == 12 && calls == 2);
}

//===----------------------------------------------------------------------===//
// Several callers
//===----------------------------------------------------------------------===//

static void *callOften(void *number) {
  unsigned seed = (unsigned)(uintptr_t)number;
  for (int i = 0; i < 500; ++i) {
    atomic_int done[mostItems] = {0};
    int count = rand_r(&seed) % mostItems;
    useThreads(1 + rand_r(&seed) % 5);
    if (i % 50 == 0)
      usleep((unsigned)rand_r(&seed) % 300);
    rmsnorm_parallel_for(countItems, done, count, 1);
    for (int j = 0; j < mostItems; ++j)
      CHECK(done[j] == (j < count));
  }
  return NULL;
}

// Slow, and for data races, not for moments.
#if __has_feature(thread_sanitizer)
enum { manyLoops = 100000 };
#else
enum { manyLoops = 8000000 };
#endif

/// A caller and a worker that want a part at the same moment: one in a million
/// loops.
static void testEachPartOnce(void) {
  for (int parts = 2; parts <= 3; ++parts) {
    useThreads(parts);
    int mistakes = 0;
    for (int i = 0; i < manyLoops; ++i) {
      atomic_int done[3] = {0};
      rmsnorm_parallel_for(countItems, done, parts, 1);
      for (int j = 0; j < parts; ++j)
        mistakes += done[j] != 1;
    }
    CHECK(mistakes == 0);
  }
}

static void testCallers(void) {
  pthread_t threads[6];
  for (uintptr_t i = 0; i < 6; ++i)
    pthread_create(&threads[i], NULL, callOften, (void *)(i + 1));
  for (int i = 0; i < 6; ++i)
    pthread_join(threads[i], NULL);
}

typedef struct {
  atomic_int begun, mayEnd;
} Gate;

static void passGate(void *context, int64_t begin, int64_t end) {
  Gate *gate = context;
  ++gate->begun;
  while (!gate->mayEnd)
    sched_yield();
}

static void *callGate(void *gate) {
  useThreads(2);
  rmsnorm_parallel_for(passGate, gate, 2, 1);
  return NULL;
}

/// Waits for nobody: while another thread has the pool, all is done right here,
/// also what is nested.
static void testBusy(void) {
  Gate gate = {0};
  pthread_t other;
  pthread_create(&other, NULL, callGate, &gate);
  while (gate.begun < 2)
    sched_yield();
  useThreads(4);
  Inner inner = {.thread = pthread_self()};
  rmsnorm_parallel_for(noteInner, &inner, 50, 1);
  CHECK(inner.ranges == 1 && inner.items == 50);
  atomic_llong items = 0;
  rmsnorm_parallel_for(callInner, &items, 50, 1);
  CHECK(items == 50);
  gate.mayEnd = 1;
  pthread_join(other, NULL);
  holdMeeting(4);
}

int main(void) {
  // What hangs fails.
  alarm(400);
  testWakeUps();
  testSleep();
  testPlaces();
  testApart();
  testSignals();
  testNested();
  testNestedInBroughtPool();
  testEachPartOnce();
  testCallers();
  testBusy();
  return finishChecks();
}
