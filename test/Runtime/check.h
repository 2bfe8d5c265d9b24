//===-- check.h - Checks of the runtime's tests -------------------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TEST_RUNTIME_CHECK_H
#define RMSNORM_TEST_RUNTIME_CHECK_H

#include <stdatomic.h>
#include <stdio.h>

static atomic_int failures;

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);           \
      fflush(stdout);                                                          \
      ++failures;                                                              \
    }                                                                          \
  } while (0)

static int finishChecks(void) {
  if (failures == 0)
    puts("all checks passed");
  return failures != 0;
}

#endif // RMSNORM_TEST_RUNTIME_CHECK_H
