//===- TaskLoops.h - Loops over what threads take apart ---------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_TRANSFORMS_TASKLOOPS_H
#define RMSNORM_LIB_TRANSFORMS_TASKLOOPS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/IR/Scratch.h"

namespace rmsnorm {

/// Arithmetic on indices that are not negative; constants are folded.
class IndexBuilder {
public:
  IndexBuilder(mlir::OpBuilder &builder, mlir::Location loc)
      : b(builder), loc(loc) {}

  mlir::Value constant(int64_t value);
  mlir::Value value(mlir::OpFoldResult fold);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs);
  mlir::Value sub(mlir::Value lhs, mlir::Value rhs);
  mlir::Value mul(mlir::Value lhs, mlir::Value rhs);
  mlir::Value min(mlir::Value lhs, mlir::Value rhs);
  mlir::Value max(mlir::Value lhs, mlir::Value rhs);
  /// Divisors are positive.
  mlir::Value div(mlir::Value lhs, mlir::Value rhs);
  mlir::Value ceilDiv(mlir::Value lhs, mlir::Value rhs);
  mlir::Value roundUp(mlir::Value value, int64_t unit);
  mlir::Value product(llvm::ArrayRef<mlir::OpFoldResult> factors);
  mlir::Value bitAnd(mlir::Value lhs, mlir::Value rhs);
  mlir::Value bitOr(mlir::Value lhs, mlir::Value rhs);
  /// These give an i1.
  mlir::Value isLess(mlir::Value lhs, mlir::Value rhs);
  mlir::Value isAtLeast(mlir::Value value, int64_t bound);

private:
  mlir::OpBuilder &b;
  mlir::Location loc;
};

/// Bytes of an element of `type`.
int64_t bytesOfElement(mlir::Type type);

/// Tasks of `taskBytes` each that together hold `grain` bytes, and one at
/// least.
mlir::Value tasksOfGrain(IndexBuilder &index, mlir::Value taskBytes,
                         int64_t grain);

/// A parallel loop over chunks of `chunk` of `total` tasks and, within it, a
/// loop over the tasks of a chunk. Returns the number of the task and leaves
/// the builder where its ops belong.
mlir::Value emitTaskLoops(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Value total, mlir::Value chunk,
                          CPUScheduleAttr schedule);

/// The sizes of `view`, of a task in the loop `tasks`, where they are the same
/// for all tasks and known before the first.
std::optional<llvm::SmallVector<mlir::OpFoldResult>>
sizesBefore(mlir::scf::ForOp tasks, mlir::Value view);

/// The ops in the loop `tasks` that make `view`, in their order, if they do
/// nothing else; none: it is from outside, or is not made so.
llvm::SetVector<mlir::Operation *> opsThatMake(mlir::scf::ForOp tasks,
                                               mlir::Value view);

/// Moves what makes `view` out of the loop `tasks`; false, and nothing is
/// moved, where that is not the same for all tasks.
bool hoistView(mlir::scf::ForOp tasks, mlir::Value view);

/// Whether `loop` goes over the tasks of a chunk.
bool isTaskLoop(mlir::scf::ForOp loop);

/// The alloca or alloc that `memref` is a view of; null: of neither.
mlir::Operation *allocationOf(mlir::Value memref);

/// How often each loop of `op` runs.
llvm::SmallVector<mlir::OpFoldResult> extentsOf(mlir::OpBuilder &b,
                                                mlir::linalg::GenericOp op);

/// Bytes of the operands of `op` that have an element for each point that it
/// iterates over: what it has to move for one.
int64_t bytesOfPoint(mlir::linalg::GenericOp op);

/// Bytes that a norm moves.
struct Traffic {
  /// What the thread at hand moves, and what all do.
  mlir::Value ofThread, ofAll;

  /// Whether a thread moves `bytes`, or all together twice as much.
  mlir::Value isLarge(IndexBuilder &index, int64_t bytes) const;
};

/// Of a norm that moves `bytesOfTask` where `op` is in the loops over tasks.
Traffic trafficOf(IndexBuilder &index, mlir::Operation *op,
                  mlir::Value bytesOfTask);

/// On a loop over tasks: the sums of a task are made while the results of the
/// one before it are written.
inline constexpr llvm::StringLiteral overlappedName = "rmsnorm.overlapped";

/// On a sum over rows: the next op, which writes results of another task, may
/// be done at the same time.
inline constexpr llvm::StringLiteral besideName = "rmsnorm.beside";

/// On a loop: it moves so much that branches in it cost nothing.
inline constexpr llvm::StringLiteral farName = "rmsnorm.far";

/// On a sum over rows: it is done once for many, and should be little code.
inline constexpr llvm::StringLiteral onceName = "rmsnorm.once";

/// The op after `op`, but for those that only compute values.
mlir::Operation *nextWithEffects(mlir::Operation *op);

/// On a parallel loop: its body does all that is from the induction variable on
/// up to the sum of it and the step, whatever the step is.
inline constexpr llvm::StringLiteral rangesName = "rmsnorm.ranges";

/// Whether a sum over `count` elements is cut into parts: an i1, constant where
/// the count is. Parts are for sums of more than two of them.
mlir::Value isCut(IndexBuilder &index, mlir::Value count,
                  CPUScheduleAttr schedule);

} // namespace rmsnorm

#endif // RMSNORM_LIB_TRANSFORMS_TASKLOOPS_H
