//===-- runtime-pool.c - Test of the runtime's own threads --------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "check.h"
#include "rmsnorm-c/Runtime.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void useThreads(int32_t count) {
  rmsnorm_set_executor((rmsnorm_executor){NULL, NULL, count});
}

//===----------------------------------------------------------------------===//
// Loops whose parts wait for each other
//===----------------------------------------------------------------------===//

typedef struct {
  int parts;
  atomic_int present;
} Meeting;

/// Returns when all parts have begun: each has a thread of its own then.
static void meet(void *context, int64_t begin, int64_t end) {
  Meeting *meeting = context;
  CHECK(end == begin + 1);
  ++meeting->present;
  while (meeting->present < meeting->parts)
    sched_yield();
}

static void holdMeeting(int parts) {
  Meeting meeting = {.parts = parts};
  useThreads(parts);
  rmsnorm_parallel_for(meet, &meeting, parts, 1);
  CHECK(meeting.present == parts);
}

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

typedef struct {
  pthread_t thread;
  int ranges;
  int64_t items;
} Inner;

static void noteInner(void *context, int64_t begin, int64_t end) {
  Inner *inner = context;
  CHECK(pthread_equal(pthread_self(), inner->thread));
  ++inner->ranges;
  inner->items += end - begin;
}

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

enum { mostItems = 64 };

static void countItems(void *context, int64_t begin, int64_t end) {
  atomic_int *done = context;
  for (int64_t i = begin; i < end; ++i)
    ++done[i];
}

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

//===----------------------------------------------------------------------===//
// Processes
//===----------------------------------------------------------------------===//

/// The exit status of a child that runs `body`.
static int runInChild(void (*body)(void)) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    alarm(200);
    body();
    exit(failures != 0);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  return status;
}

static void meetOften(void) {
  for (int i = 0; i < 50; ++i)
    holdMeeting(2 + i % 3);
}

static void forkAgain(void) {
  meetOften();
  CHECK(runInChild(meetOften) == 0);
}

static atomic_bool isOver;
static void *callUntilOver(void *unused) {
  useThreads(3);
  atomic_int done[mostItems];
  while (!isOver)
    rmsnorm_parallel_for(countItems, done, mostItems, 1);
  return NULL;
}

static void testFork(void) {
  CHECK(runInChild(forkAgain) == 0);
  holdMeeting(3);
  // While another thread is in a loop, or between two.
  pthread_t other;
  pthread_create(&other, NULL, callUntilOver, NULL);
  for (int i = 0; i < 20; ++i)
    CHECK(runInChild(meetOften) == 0);
  isOver = true;
  pthread_join(other, NULL);
}

static atomic_int numBegun;

/// One part ends the program, and the other never ends.
static void endProgram(void *context, int64_t begin, int64_t end) {
  ++numBegun;
  while (numBegun < 2)
    sched_yield();
  if (begin == *(int *)context)
    exit(7);
  for (;;)
    pause();
}

static void endInPart0(void) {
  useThreads(2);
  rmsnorm_parallel_for(endProgram, &(int){0}, 2, 1);
}

static void endInPart1(void) {
  useThreads(2);
  rmsnorm_parallel_for(endProgram, &(int){1}, 2, 1);
}

static bool endsProgram;

static void meetAtExit(void) { holdMeeting(3); }

/// After the runtime's own destructor: on one thread by now, but it returns.
__attribute__((destructor(200))) static void loopAfterAll(void) {
  if (!endsProgram)
    return;
  Inner inner = {.thread = pthread_self()};
  useThreads(3);
  rmsnorm_parallel_for(noteInner, &inner, 50, 1);
  if (inner.ranges != 1 || inner.items != 50)
    _exit(8);
}

static void meetWhileEnding(void) {
  endsProgram = true;
  atexit(meetAtExit);
}

/// A program ends whatever its threads are at.
static void testExit(void) {
  int inPart0 = runInChild(endInPart0), inPart1 = runInChild(endInPart1);
  CHECK(WIFEXITED(inPart0) && WEXITSTATUS(inPart0) == 7);
  CHECK(WIFEXITED(inPart1) && WEXITSTATUS(inPart1) == 7);
  CHECK(runInChild(meetWhileEnding) == 0);
}

//===----------------------------------------------------------------------===//
// Modes
//===----------------------------------------------------------------------===//

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
  // With --without-children or without. What hangs fails.
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
  // ThreadSanitizer does not follow into children.
  if (argc == 1) {
    testFork();
    testExit();
  }
  return finishChecks();
}
