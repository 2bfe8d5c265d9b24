//===- Settings.c - What the environment says -----------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "Settings.h"

#include <ctype.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

//===----------------------------------------------------------------------===//
// Processors
//===----------------------------------------------------------------------===//

#ifdef __linux__
static cpu_set_t processors, atLoad;

__attribute__((constructor)) static void rememberProcessors(void) {
  if (sched_getaffinity(0, sizeof(atLoad), &atLoad))
    CPU_ZERO(&atLoad);
}

/// An OpenMP that binds threads leaves the main thread one place of its own.
static bool isBoundByOpenMP(void) {
  const char *bind = getenv("OMP_PROC_BIND");
  return (bind && strcasecmp(bind, "false")) || getenv("KMP_AFFINITY") ||
         getenv("GOMP_CPU_AFFINITY");
}

/// Those of the main thread: the calling one may be bound by its own pool.
static int64_t findProcessors(void) {
  processors = atLoad;
  if (!isBoundByOpenMP() &&
      sched_getaffinity(getpid(), sizeof(processors), &processors))
    CPU_ZERO(&processors);
  int64_t count = CPU_COUNT(&processors);
  return count > 0 ? count : sysconf(_SC_NPROCESSORS_ONLN);
}

void rmsnormRunAnywhere(void) {
  // Where it fails, the thread runs where its maker may.
  if (CPU_COUNT(&processors) > 0)
    sched_setaffinity(0, sizeof(processors), &processors);
}

int rmsnormGetProcessor(void) { return sched_getcpu(); }

void rmsnormAvoidProcessor(int processor, int *avoided) {
  cpu_set_t others;
  if (processor == noProcessor || processor != sched_getcpu() ||
      sched_getaffinity(0, sizeof(others), &others))
    return;
  if (*avoided != noProcessor)
    CPU_SET(*avoided, &others);
  CPU_CLR(processor, &others);
  // Fails where there are no others.
  if (!sched_setaffinity(0, sizeof(others), &others))
    *avoided = processor;
}
#else
static int64_t findProcessors(void) { return sysconf(_SC_NPROCESSORS_ONLN); }

void rmsnormRunAnywhere(void) {}

int rmsnormGetProcessor(void) { return noProcessor; }

void rmsnormAvoidProcessor(int processor, int *avoided) {
  (void)processor, (void)avoided;
}
#endif

//===----------------------------------------------------------------------===//
// Environment
//===----------------------------------------------------------------------===//

typedef struct Variable {
  const char *name;
  int64_t least, most;
  const char *expected;
  /// More may follow after a comma: numbers for loops within loops.
  bool isList;
} Variable;

static const Variable numThreads = {"RMSNORM_NUM_THREADS", 1, maxThreads,
                                    "be a number of 1 to 1023", false};
static const Variable numThreadsOfOpenMP = {
    "OMP_NUM_THREADS", 1, INT32_MAX, "begin with a number of 1 or more", true};
static const Variable spinMicroseconds = {"RMSNORM_SPIN_US", 0, 1000000,
                                          "be a number of 0 to 1000000", false};

/// The value of a variable, or `otherwise` where it is not set or makes no
/// sense. A library does not end its program for that, but says so.
static int64_t readVariable(const Variable *variable, int64_t otherwise) {
  const char *text = getenv(variable->name);
  if (!text || !*text)
    return otherwise;
  char *end;
  long long value = strtoll(text, &end, 10);
  bool isNumber = end != text;
  while (isspace((unsigned char)*end))
    ++end;
  if (isNumber && value >= variable->least && value <= variable->most &&
      (!*end || (variable->isList && *end == ',')))
    return value;
  fprintf(stderr, "rmsnorm: expected %s to %s, but got '%s'; it is ignored\n",
          variable->name, variable->expected, text);
  return otherwise;
}

static Settings settings;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void readSettings(void) {
  settings.numProcessors = findProcessors();
  settings.numThreads = readVariable(&numThreads, 0);
  if (!settings.numThreads)
    settings.numThreads =
        readVariable(&numThreadsOfOpenMP, settings.numProcessors);
  settings.spinTime = readVariable(&spinMicroseconds, 100) * 1000;
}

const Settings *rmsnormGetSettings(void) {
  pthread_once(&once, readSettings);
  return &settings;
}

void rmsnormForgetSettings(void) {
  static const pthread_once_t fresh = PTHREAD_ONCE_INIT;
  once = fresh;
}
