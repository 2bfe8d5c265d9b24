//===- Thread.h - What the runtime knows of a thread --------------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_RUNTIME_THREAD_H
#define RMSNORM_LIB_RUNTIME_THREAD_H

#include "rmsnorm-c/Runtime.h"

#include <stdbool.h>

typedef struct ThreadState {
  rmsnorm_executor executor;
  /// A task of a loop that was given to several threads runs on this one.
  bool inTask;
} ThreadState;

extern _Thread_local ThreadState rmsnormThread;

#endif // RMSNORM_LIB_RUNTIME_THREAD_H
