/*===- Timing.c - Timed loops around norms and copies ---------------------===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* What python/benchmarks loads: loops in C, so that no interpreter is timed, *|
|* the copies that norms are compared with, and memory on huge pages.         *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "rmsnorm-c/RMSNorm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/*===----------------------------------------------------------------------===*\
|* Memory                                                                     *|
\*===----------------------------------------------------------------------===*/

enum { hugePage = 2 << 20 };

/** `bytes` of zeros on huge pages where the system has them, at a multiple of
 * their size; never freed. NULL where there is no memory. */
RMSNORM_EXPORT void *bench_allocate(size_t bytes) {
  size_t size = (bytes + hugePage - 1) / hugePage * hugePage;
  char *data = mmap(NULL, size + hugePage, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    return NULL;
  data += (hugePage - (uintptr_t)data % hugePage) % hugePage;
  madvise(data, size, MADV_HUGEPAGE);
  memset(data, 0, size);
  return data;
}

/*===----------------------------------------------------------------------===*\
|* Norms                                                                      *|
\*===----------------------------------------------------------------------===*/

/* Calls go on for so many seconds before they are timed: after a system that
 * binds its threads, ours on two threads were slow for two milliseconds. */
static const double warmUp = 3e-3;

static bool callNorm(RMSNormContext context, RMSNormKernel kernel,
                     const RMSNormOptions *options,
                     const RMSNormOperands *operands, int32_t threads) {
  rmsnorm_executor executor = {NULL, NULL, threads};
  RMSNormStatus status =
      kernel ? rmsnormKernelRun(kernel, operands, &executor)
             : rmsnormRun(context, options, operands, &executor);
  if (!status)
    return true;
  fprintf(stderr, "error: %s\n", rmsnormStatusGetMessage(status));
  rmsnormStatusDestroy(status);
  return false;
}

/** Seconds that one of `calls` calls of rmsnormKernelRun takes, or of rmsnormRun
 * where `kernel` is NULL, after some that are not timed; for no calls, makes one
 * and returns 0. A negative number, and a message on stderr, where a call
 * fails. */
RMSNORM_EXPORT double bench_norm(RMSNormContext context, RMSNormKernel kernel,
                                 const RMSNormOptions *options,
                                 const RMSNormOperands *operands,
                                 int32_t threads, int64_t calls) {
  double start = now();
  do {
    if (!callNorm(context, kernel, options, operands, threads))
      return -1;
  } while (calls > 0 && now() - start < warmUp);
  if (calls == 0)
    return 0;
  start = now();
  for (int64_t call = 0; call < calls; ++call)
    if (!callNorm(context, kernel, options, operands, threads))
      return -1;
  return (now() - start) / (double)calls;
}

/*===----------------------------------------------------------------------===*\
|* oneDNN                                                                     *|
\*===----------------------------------------------------------------------===*/

/* dnnl_primitive_execute and dnnl_stream_wait of a library that was loaded at
 * run time. */
typedef int (*Execute)(const void *primitive, void *stream, int count,
                       const void *arguments);
typedef int (*Wait)(void *stream);

/** Seconds that one of `calls` runs of a primitive of oneDNN takes, after some
 * that are not timed; for no calls, makes one and returns 0; -1 - status where
 * one fails. One is waited for at the end, as the steps of a model are. */
RMSNORM_EXPORT double bench_onednn(Execute execute, Wait wait,
                                   const void *primitive, void *stream,
                                   int32_t count, const void *arguments,
                                   int64_t calls) {
  double start = now();
  int status;
  do {
    status = execute(primitive, stream, count, arguments);
    status = status ? status : wait(stream);
  } while (calls > 0 && !status && now() - start < warmUp);
  start = now();
  for (int64_t call = 0; call < calls && !status; ++call)
    status = execute(primitive, stream, count, arguments);
  status = status ? status : wait(stream);
  if (status)
    return -1. - status;
  return calls > 0 ? (now() - start) / (double)calls : 0;
}

/*===----------------------------------------------------------------------===*\
|* Copies                                                                     *|
\*===----------------------------------------------------------------------===*/

typedef struct {
  char *to;
  const char *from;
} Copy;

/* Work is counted in blocks of four vectors. */
enum { vectorBytes = 32, block = 4 * vectorBytes };
typedef float Vector __attribute__((vector_size(vectorBytes), may_alias));

static void copyByLibrary(void *context, int64_t begin, int64_t end) {
  Copy *copy = context;
  memcpy(copy->to + begin * block, copy->from + begin * block,
         (size_t)(end - begin) * block);
}

#if defined(__x86_64__)
#define WIDE __attribute__((target("avx")))
#else
#define WIDE
#endif

WIDE static void copyByVectors(void *context, int64_t begin, int64_t end) {
  Copy *copy = context;
  Vector *to = (Vector *)copy->to;
  const Vector *from = (const Vector *)copy->from;
  for (int64_t i = begin * 4; i < end * 4; i += 4) {
    Vector a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
    // Kept apart: LLVM would make a call of memcpy of the loop.
    __asm__ volatile("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d));
    to[i] = a, to[i + 1] = b, to[i + 2] = c, to[i + 3] = d;
  }
}

WIDE static void copyAroundCaches(void *context, int64_t begin, int64_t end) {
  Copy *copy = context;
  Vector *to = (Vector *)copy->to;
  const Vector *from = (const Vector *)copy->from;
  for (int64_t i = begin * 4; i < end * 4; i += 4)
    for (int64_t j = i; j < i + 4; ++j)
      __builtin_nontemporal_store(from[j], to + j);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static const struct {
  const char *name;
  rmsnorm_task task;
} copies[] = {{"memcpy", copyByLibrary},
              {"vectors", copyByVectors},
              {"non-temporal", copyAroundCaches}};

enum { numCopies = sizeof(copies) / sizeof(copies[0]) };

/** How many ways to copy this processor has. */
RMSNORM_EXPORT int32_t bench_copy_count(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx") ? numCopies : 1;
#else
  return 1;
#endif
}

RMSNORM_EXPORT const char *bench_copy_name(int32_t way) {
  return copies[way].name;
}

/** Seconds that one of `calls` copies of `bytes`, a multiple of 128, takes,
 * after some that are not timed. */
RMSNORM_EXPORT double bench_copy(int32_t way, void *to, const void *from,
                                 int64_t bytes, int32_t threads,
                                 int64_t calls) {
  Copy copy = {to, from};
  rmsnorm_executor before =
      rmsnorm_set_executor((rmsnorm_executor){NULL, NULL, threads});
  double start = now();
  do
    rmsnorm_parallel_for(copies[way].task, &copy, bytes / block, 1);
  while (now() - start < warmUp);
  start = now();
  for (int64_t call = 0; call < calls; ++call)
    rmsnorm_parallel_for(copies[way].task, &copy, bytes / block, 1);
  double time = (now() - start) / (double)calls;
  rmsnorm_set_executor(before);
  return time;
}
