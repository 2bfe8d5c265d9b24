//===- Sleep.h - Waiting for another thread -----------------------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_RUNTIME_SLEEP_H
#define RMSNORM_LIB_RUNTIME_SLEEP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/// A processor's own: it fetches lines in pairs.
enum { cacheLine = 128 };

//===----------------------------------------------------------------------===//
// Spinning
//===----------------------------------------------------------------------===//

/// How long a thread has looked for something: all zero at first, but for
/// `yields`.
typedef struct Spin {
  uint32_t looks;
  int64_t since;
  /// Lets threads run, now and then, that wait for this processor.
  bool yields;
} Spin;

/// Passes a moment; false if more than `time` ns have gone by. The first few
/// moments, about a microsecond, are always granted.
bool rmsnormSpin(Spin *spin, int64_t time);

//===----------------------------------------------------------------------===//
// Sleeping
//===----------------------------------------------------------------------===//

enum { isAwake, isAsleep, isWoken };

/// Where one thread sleeps.
typedef struct Bed {
  _Alignas(cacheLine) atomic_int state;
  pthread_mutex_t mutex;
  pthread_cond_t condition;
  int wakerProcessor;
} Bed;

void rmsnormMakeBed(Bed *bed);

/// Sleeps until it is woken; not at all where *word is not `value`. Who changes
/// *word, by a sequentially consistent store, and then calls rmsnormWake is
/// never overlooked. May return too early. Returns the processor on which it was
/// woken, or noProcessor.
int rmsnormSleep(Bed *bed, _Atomic(uint64_t) *word, uint64_t value);

/// Wakes who sleeps there. Costs one load where nobody does.
void rmsnormWake(Bed *bed);

#endif // RMSNORM_LIB_RUNTIME_SLEEP_H
