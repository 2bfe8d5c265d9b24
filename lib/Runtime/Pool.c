//===- Pool.c - The runtime's own threads ---------------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A loop that runs on the pool is posted as one word, which all workers watch:
// its number and in how many parts it is run. Worker i takes part i by writing
// the loop's number to its own word, if it can: where it is late, the caller
// has taken the part there, and so a loop never waits for a worker that has not
// begun. What else is known of the loop is only read by who has taken a part,
// for the loop does not end before.
//
//===----------------------------------------------------------------------===//

#include "Pool.h"
#include "Settings.h"
#include "Sleep.h"
#include "Thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  /// In a posted word the parts stand in the low bits, the number above.
  partsBits = 10,
  /// Whom a thread wakes: workers fanOut * i + 1 to fanOut * (i + 1).
  fanOut = 8,
  /// So often the caller looks whether a worker that is awake takes its part.
  patience = 100,
  /// So much longer than a worker the owner looks before it sleeps: it waits for
  /// what is sure to come soon, and may be woken where the worker runs that it
  /// needs next.
  ownersPatience = 10,
};
_Static_assert(maxThreads < 1 << partsBits, "as many parts as threads");

static const uint64_t stop = UINT64_MAX;

typedef struct Worker {
  /// 2 * the number of the last loop of which it was taken, + 1 when done.
  _Alignas(cacheLine) _Atomic(uint64_t) part;
  Bed bed;
  int64_t index;
  pthread_t thread;
} Worker;

static struct {
  /// What the workers watch, on one line with what they then read.
  _Alignas(cacheLine) _Atomic(uint64_t) posted;
  rmsnorm_task task;
  void *context;
  int64_t count;
  /// Where the owner sleeps.
  Bed bed;
  /// A thread owns the pool, and what follows. The first thread is the owner.
  _Alignas(cacheLine) atomic_bool isOwned;
  int64_t numThreads, mostThreads;
  Worker *workers[maxThreads];
} pool = {.numThreads = 1, .mostThreads = maxThreads};

/// The first item of part `index` of `parts` parts of [0, count), of which the
/// first are one longer where `count` is not a multiple.
static int64_t partBegin(int64_t count, int64_t parts, int64_t index) {
  int64_t longer = count % parts;
  return count / parts * index + (index < longer ? index : longer);
}

static void runPart(int64_t parts, int64_t index) {
  pool.task(pool.context, partBegin(pool.count, parts, index),
            partBegin(pool.count, parts, index + 1));
}

static int64_t partsOf(uint64_t posted) {
  return posted & ((1 << partsBits) - 1);
}

/// What a worker's word is while the worker runs its part of the loop.
static uint64_t takenIn(uint64_t posted) { return posted >> partsBits << 1; }
static uint64_t doneIn(uint64_t posted) { return takenIn(posted) + 1; }

/// Sets a worker's word to `value`, unless its part of the loop has been taken,
/// be it done or not, or the loop is over.
static bool take(Worker *worker, uint64_t posted, uint64_t value) {
  uint64_t last = atomic_load_explicit(&worker->part, memory_order_relaxed);
  return last < takenIn(posted) &&
         atomic_compare_exchange_strong(&worker->part, &last, value);
}

/// As long as threads that wait may keep a processor.
static int64_t spinTimeOf(int64_t parts) {
  const Settings *settings = rmsnormGetSettings();
  return parts > settings->numProcessors ? 0 : settings->spinTime;
}

static void wakeFrom(int64_t index, int64_t parts) {
  int64_t first = fanOut * index + 1;
  for (int64_t i = first; i < first + fanOut && i < parts; ++i)
    rmsnormWake(&pool.workers[i]->bed);
}

//===----------------------------------------------------------------------===//
// Workers
//===----------------------------------------------------------------------===//

/// Does the part of the loop that falls to a worker, if it still can.
static bool workAt(Worker *self, uint64_t posted) {
  int64_t parts = partsOf(posted);
  if (self->index >= parts || !take(self, posted, takenIn(posted)))
    return false;
  wakeFrom(self->index, parts);
  runPart(parts, self->index);
  atomic_store(&self->part, doneIn(posted));
  rmsnormWake(&pool.bed);
  return true;
}

static void *work(void *worker) {
  Worker *self = worker;
  rmsnormThread.inTask = true;
  rmsnormRunAnywhere();
  Spin spin = {0};
  int64_t spinTime = rmsnormGetSettings()->spinTime;
  uint64_t seen = 0;
  bool hasSlept = true;
  int avoided = noProcessor;
  for (;;) {
    uint64_t posted = atomic_load(&pool.posted);
    if (posted == stop)
      return NULL;
    if (posted == seen) {
      if (!rmsnormSpin(&spin, spinTime)) {
        // The system may wake it where its waker runs, and leave it there,
        // although another processor is idle. Virtual machines, whose idle
        // processors may look taken by others, do so each time.
        int waker = rmsnormSleep(&self->bed, &pool.posted, seen);
        rmsnormAvoidProcessor(waker, &avoided);
        hasSlept = true;
      }
      continue;
    }
    seen = posted;
    if (!workAt(self, posted))
      continue;
    // A thread that wakes may do so on the processor of who has woken it. Later
    // it would, by yielding, lose its own to other programs.
    spin = (Spin){.yields = hasSlept};
    hasSlept = false;
    spinTime = spinTimeOf(partsOf(posted));
  }
}

/// Makes worker `index`: an error number, or 0.
static int addWorker(int64_t index) {
  Worker *worker = pool.workers[index];
  if (!worker)
    worker = aligned_alloc(cacheLine, sizeof(Worker));
  if (!worker)
    return ENOMEM;
  pool.workers[index] = worker;
  // Loops that were posted before are none of its.
  atomic_init(&worker->part, doneIn(atomic_load(&pool.posted)));
  rmsnormMakeBed(&worker->bed);
  worker->index = index;
  // Signals are for the threads of the program.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&worker->thread, NULL, work, worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

/// The child of a fork has the calling thread alone, wherever the others were.
static void beginInChild(void) {
  pool.numThreads = 1;
  pool.mostThreads = maxThreads;
  rmsnormMakeBed(&pool.bed);
  // Unless the program was about to end.
  atomic_store(&pool.isOwned, atomic_load(&pool.posted) == stop);
  rmsnormForgetSettings();
}

static void prepare(void) {
  rmsnormMakeBed(&pool.bed);
  pthread_atfork(NULL, NULL, beginInChild);
}

/// When the library is unloaded or the program ends: the code of the workers is
/// about to go. Loops that come later run on their callers.
__attribute__((destructor)) static void stopWorkers(void) {
  // Some thread, perhaps this one, is in a loop: the program ends in spite of
  // it, and must not wait for it.
  if (atomic_exchange(&pool.isOwned, true))
    return;
  atomic_store(&pool.posted, stop);
  for (int64_t i = 1; i < pool.numThreads; ++i)
    rmsnormWake(&pool.workers[i]->bed);
  for (int64_t i = 1; i < pool.numThreads; ++i)
    pthread_join(pool.workers[i]->thread, NULL);
  for (int64_t i = 1; i < maxThreads; ++i)
    free(pool.workers[i]);
}

/// Makes the workers that `parts` parts need, as far as the system lets it, and
/// returns in how many parts the loop can be run.
static int64_t addWorkers(int64_t parts) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare);
  while (pool.numThreads < parts && pool.numThreads < pool.mostThreads) {
    int error = addWorker(pool.numThreads);
    if (!error) {
      ++pool.numThreads;
      continue;
    }
    fprintf(stderr, "rmsnorm: expected %lld threads, but got %lld: %s\n",
            (long long)parts, (long long)pool.numThreads, strerror(error));
    pool.mostThreads = pool.numThreads;
  }
  return parts < pool.numThreads ? parts : pool.numThreads;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Does the part of a worker that still sleeps.
static void finishLate(Worker *worker, uint64_t posted) {
  if (atomic_load(&worker->bed.state) != isAwake &&
      take(worker, posted, doneIn(posted)))
    runPart(partsOf(posted), worker->index);
}

/// Returns when the part of a worker is done, by the worker or right here.
static void finish(Worker *worker, uint64_t posted) {
  Spin spin = {.yields = true};
  int64_t spinTime = ownersPatience * spinTimeOf(partsOf(posted));
  for (;;) {
    uint64_t part = atomic_load_explicit(&worker->part, memory_order_acquire);
    if (part == doneIn(posted))
      return;
    bool isTaken = part == takenIn(posted);
    if (!isTaken && spin.looks >= patience &&
        take(worker, posted, doneIn(posted))) {
      runPart(partsOf(posted), worker->index);
      return;
    }
    if (!rmsnormSpin(&spin, spinTime) && isTaken)
      rmsnormSleep(&pool.bed, &worker->part, takenIn(posted));
  }
}

bool rmsnormRunOnPool(rmsnorm_task task, void *context, int64_t count,
                      int64_t parts) {
  if (atomic_exchange_explicit(&pool.isOwned, true, memory_order_acquire))
    return false;
  if (parts > pool.numThreads)
    parts = addWorkers(parts);
  pool.task = task;
  pool.context = context;
  pool.count = count;
  uint64_t number = (atomic_load(&pool.posted) >> partsBits) + 1;
  uint64_t posted = number << partsBits | (uint64_t)parts;
  atomic_store(&pool.posted, posted);
  wakeFrom(0, parts);
  runPart(parts, 0);
  // The last ones are woken last.
  for (int64_t i = parts; --i > 0;)
    finishLate(pool.workers[i], posted);
  for (int64_t i = 1; i < parts; ++i)
    finish(pool.workers[i], posted);
  atomic_store_explicit(&pool.isOwned, false, memory_order_release);
  return true;
}
