//===- Checks.c - Checks that fail while a kernel runs --------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm-c/Runtime.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static _Atomic(rmsnorm_check_handler) current;

rmsnorm_check_handler rmsnorm_set_check_handler(rmsnorm_check_handler handler) {
  return atomic_exchange(&current, handler);
}

void rmsnorm_check_failed(const char *message) {
  rmsnorm_check_handler handler = atomic_load(&current);
  if (handler)
    handler(message);
  else
    fprintf(stderr, "%s\n", message);
  // Going on would read or write memory that is not there.
  abort();
}
