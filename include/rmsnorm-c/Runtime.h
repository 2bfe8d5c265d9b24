//===-- rmsnorm-c/Runtime.h - What compiled kernels call ----------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The runtime of compiled kernels; it needs neither LLVM nor MLIR. A kernel
// calls rmsnorm_parallel_for and compiles no threading model in: the ranges run
// on the runtime's own threads, or on the pool that the calling thread has set.
//
// The runtime's own threads
//
//   How many  executor.num_threads, else RMSNORM_NUM_THREADS of the
//             environment, else the first number of OMP_NUM_THREADS, else the
//             processors that the process may run on: its main thread, or,
//             where OpenMP has been told to bind threads, the one that loaded
//             the library. At most 1023. They are made when a loop first needs
//             them, and are not bound to a processor; but one that is woken
//             where its waker runs goes elsewhere and stays away from there.
//   Who       The range is cut into one part a thread, of the same length, give
//             or take an item. The caller runs the first part and worker i part
//             i, in every loop; but where a worker sleeps or is kept from
//             running, the caller takes its part.
//   Waiting   Workers look for the next loop for RMSNORM_SPIN_US microseconds
//             (100 unless set) and then sleep; they sleep at once where a loop
//             has more threads than there are processors. A caller waits for
//             workers that are at work ten times as long before it sleeps.
//   Callers   One loop at a time runs on the workers. Where another thread's
//             loop has them, also inside a parallel region of OpenMP, a loop
//             runs on its caller alone: nobody waits for another's work.
//   fork      The child makes workers of its own. It must not return from a
//             task in which it was forked.
//   The end   Unloading the library and the end of the program end the workers.
//
// What cannot be used of the environment is named once on stderr, and ignored.
// So is it said there once where the system denies threads; the loop then runs
// on those that there are.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_C_RUNTIME_H
#define RMSNORM_C_RUNTIME_H

#include <stdint.h>

#ifndef RMSNORM_EXPORT
#if defined(_WIN32)
#define RMSNORM_EXPORT
#else
#define RMSNORM_EXPORT __attribute__((visibility("default")))
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Does the work items [begin, end). Ranges may run at the same time, on any
/// thread. A task may call rmsnorm_parallel_for.
typedef void (*rmsnorm_task)(void *context, int64_t begin, int64_t end);

/// Who runs the ranges of the kernels that a thread calls.
typedef struct rmsnorm_executor {
  /// Runs `task` on disjoint ranges that cover [0, count) and returns when all
  /// of them are done. A range of fewer than `grain` items is not worth a
  /// thread. Never called from within one of these tasks. Null: the runtime's
  /// own threads.
  void (*parallel_for)(void *pool, rmsnorm_task task, void *context,
                       int64_t count, int64_t grain);
  /// Passed to `parallel_for`.
  void *pool;
  /// The most threads to use. 1: the calling thread alone, whatever
  /// `parallel_for` is. 0: as many as the runtime, or the pool, has.
  int32_t num_threads;
} rmsnorm_executor;

/// Sets who runs the kernels that the calling thread calls from now on, and
/// returns who did before. At first it is the runtime with all its threads.
RMSNORM_EXPORT rmsnorm_executor rmsnorm_set_executor(rmsnorm_executor executor);

/// Who runs the kernels that the calling thread calls.
RMSNORM_EXPORT rmsnorm_executor rmsnorm_get_executor(void);

/// Runs `task` on ranges that cover [0, count), on the executor of the calling
/// thread. Fewer than two times `grain` items run right here. Does nothing
/// where `count` is 0.
///
/// From within a task whose loop has been given to threads, whoever's they are,
/// the whole range runs right here, on the thread of that task. A loop that ran
/// on its caller because it was too short leaves the threads to those inside.
///
/// A program that defines this function itself, for code compiled ahead of
/// time, must allow for calls from within a task; to run `task` on [0, count)
/// on the calling thread will do.
RMSNORM_EXPORT void rmsnorm_parallel_for(rmsnorm_task task, void *context,
                                         int64_t count, int64_t grain);

/// The most threads that a loop of the calling thread may be given: at least 1,
/// which it is within a task whose loop has been given to threads, and
/// INT64_MAX where an executor has a pool and does not say how many to use.
/// Kernels ask for it where there are few long rows; they take it for INT64_MAX
/// where a program that links code compiled ahead of time does not define it.
RMSNORM_EXPORT int64_t rmsnorm_max_threads(void);

/// Told when a check of a compiled function fails; should not return. The text
/// is a diagnostic, `file:line:column: error: ...`.
typedef void (*rmsnorm_check_handler)(const char *message);

/// Sets the handler of all threads and returns the one before. At first, and
/// for null, the message is printed on stderr.
RMSNORM_EXPORT rmsnorm_check_handler
rmsnorm_set_check_handler(rmsnorm_check_handler handler);

/// Calls the handler with `message` and, should it return, aborts.
RMSNORM_EXPORT void rmsnorm_check_failed(const char *message);

#ifdef __cplusplus
}
#endif

#endif // RMSNORM_C_RUNTIME_H
