//===- Settings.h - What the environment says -------------------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_RUNTIME_SETTINGS_H
#define RMSNORM_LIB_RUNTIME_SETTINGS_H

#include <stdint.h>

/// The most threads that a loop runs on.
enum { maxThreads = 1023 };

typedef struct Settings {
  /// The processors that the process may run on.
  int64_t numProcessors;
  /// Of a loop whose executor does not say how many.
  int64_t numThreads;
  /// How long a worker looks for work before it sleeps, in ns.
  int64_t spinTime;
} Settings;

/// Read from the environment when it is first called. What cannot be used of it
/// is named on stderr then.
const Settings *rmsnormGetSettings(void);

/// Has them read anew. No other thread may be in the runtime: for the child of
/// a fork, whose processors may be others.
void rmsnormForgetSettings(void);

/// Lets the calling thread run on all processors that the process may run on,
/// also where the thread that made it may not.
void rmsnormRunAnywhere(void);

enum { noProcessor = -1 };

/// On which the calling thread runs; noProcessor where the system doesn't say.
int rmsnormGetProcessor(void);

/// If the calling thread runs on that processor and may run elsewhere: moves it
/// there, and has it run no more on `processor`, but again on *avoided, which is
/// set to `processor` then. noProcessor is none.
void rmsnormAvoidProcessor(int processor, int *avoided);

#endif // RMSNORM_LIB_RUNTIME_SETTINGS_H
