//===-- runtime-processes.c - Test of processes that fork or end --*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "loops.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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

int main(void) {
  // What hangs fails.
  alarm(400);
  testFork();
  testExit();
  return finishChecks();
}
