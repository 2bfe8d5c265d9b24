/*===- check.h - What the tests of the C API share ----------------*- C -*-===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef RMSNORM_TEST_CAPI_CHECK_H
#define RMSNORM_TEST_CAPI_CHECK_H

#include "rmsnorm-c/RMSNorm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

/* A failed check is told and the test goes on. */
#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);           \
      ++failures;                                                              \
    }                                                                          \
  } while (0)

#define CHECK_OK(call) checkOk(call, __FILE__, __LINE__)

static inline void checkOk(RMSNormStatus status, const char *file, int line) {
  if (status) {
    printf("%s:%d: failed: %s\n", file, line, rmsnormStatusGetMessage(status));
    ++failures;
  }
  rmsnormStatusDestroy(status);
}

/* The call fails with this code and exactly this text. */
#define CHECK_ERROR(call, code, text)                                          \
  checkError(call, code, text, __FILE__, __LINE__)

static inline void checkError(RMSNormStatus status, RMSNormCode code,
                              const char *text, const char *file, int line) {
  if (rmsnormStatusGetCode(status) != code ||
      strcmp(rmsnormStatusGetMessage(status), text)) {
    printf("%s:%d: failed: expected error %d '%s'\n  but got error %d '%s'\n",
           file, line, code, text, rmsnormStatusGetCode(status),
           rmsnormStatusGetMessage(status));
    ++failures;
  }
  rmsnormStatusDestroy(status);
}

static inline int summarize(void) {
  if (failures)
    printf("%d checks failed\n", failures);
  else
    printf("all checks passed\n");
  return failures != 0;
}

#endif /* RMSNORM_TEST_CAPI_CHECK_H */
