//===- Pool.h - The runtime's own threads -------------------------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_RUNTIME_POOL_H
#define RMSNORM_LIB_RUNTIME_POOL_H

#include "rmsnorm-c/Runtime.h"

#include <stdbool.h>

/// Runs `task` on `parts` parts of [0, count) of the same length, give or take
/// one item, at most maxThreads; on fewer where no more threads can be made.
/// The first part runs here, part i on worker i. False, and nothing done, where
/// another thread has the pool.
bool rmsnormRunOnPool(rmsnorm_task task, void *context, int64_t count,
                      int64_t parts);

#endif // RMSNORM_LIB_RUNTIME_POOL_H
