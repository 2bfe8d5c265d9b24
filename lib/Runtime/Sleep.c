//===- Sleep.c - Waiting for another thread -------------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "Sleep.h"
#include "Settings.h"

#include <sched.h>
#include <time.h>

//===----------------------------------------------------------------------===//
// Spinning
//===----------------------------------------------------------------------===//

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/// Leaves the core to the other threads that it may run.
static inline void pauseCore(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

bool rmsnormSpin(Spin *spin, int64_t time) {
  pauseCore();
  // The clock is read seldom, and not at all where the wait is short.
  if (++spin->looks % 32)
    return true;
  if (spin->yields && spin->looks % 128 == 0)
    sched_yield();
  int64_t moment = now();
  if (spin->since == 0)
    spin->since = moment;
  return moment - spin->since < time;
}

//===----------------------------------------------------------------------===//
// Sleeping
//===----------------------------------------------------------------------===//

// Either the sleeper, which says that it sleeps and then looks at *word, sees
// the change, or the other, which changes *word and then looks at the bed, sees
// the sleeper: all four are sequentially consistent. Futexes instead of
// condition variables were measured to be no faster.

void rmsnormMakeBed(Bed *bed) {
  atomic_init(&bed->state, isAwake);
  pthread_mutex_init(&bed->mutex, NULL);
  pthread_cond_init(&bed->condition, NULL);
}

int rmsnormSleep(Bed *bed, _Atomic(uint64_t) *word, uint64_t value) {
  pthread_mutex_lock(&bed->mutex);
  bed->wakerProcessor = noProcessor;
  atomic_store(&bed->state, isAsleep);
  if (atomic_load(word) == value)
    while (atomic_load(&bed->state) == isAsleep)
      pthread_cond_wait(&bed->condition, &bed->mutex);
  atomic_store(&bed->state, isAwake);
  int processor = bed->wakerProcessor;
  pthread_mutex_unlock(&bed->mutex);
  return processor;
}

void rmsnormWake(Bed *bed) {
  int state = atomic_load(&bed->state);
  if (state != isAsleep ||
      !atomic_compare_exchange_strong(&bed->state, &state, isWoken))
    return;
  pthread_mutex_lock(&bed->mutex);
  bed->wakerProcessor = rmsnormGetProcessor();
  pthread_mutex_unlock(&bed->mutex);
  // Not under the mutex: who wakes may displace this thread at once, and would
  // find it locked.
  pthread_cond_signal(&bed->condition);
}
