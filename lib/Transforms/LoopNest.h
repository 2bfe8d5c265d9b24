//===- LoopNest.h - A linalg op as loops over vectors -----------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_TRANSFORMS_LOOPNEST_H
#define RMSNORM_LIB_TRANSFORMS_LOOPNEST_H

#include "ElementwiseEmitter.h"
#include "Streaming.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"
#include "rmsnorm/IR/RMSNorm.h"

namespace rmsnorm {

/// Part of a loop: [lower, upper), of `size` iterations where that is known.
struct Section {
  mlir::Value lower, upper;
  std::optional<int64_t> size;
};

/// Rows whose sums of columns are added to the second level at once: a quarter
/// of what a lane of a row takes up, for here no other lanes even out its error.
inline int64_t rowsOfBlock(CPUScheduleAttr schedule) {
  if (schedule.getBlock() == 0)
    return 0;
  return std::max<int64_t>(
      1, schedule.getBlock() / (4 * schedule.getVector().front()));
}

/// How the values of one output are joined.
enum class Join { Add, AddInteger, Maximum };

/// Writes a linalg.generic on memrefs as loops over vectors, as its schedule
/// says, and erases it.
class LoopNest {
public:
  LoopNest(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp op,
           CPUScheduleAttr schedule)
      : b(rewriter), loc(op.getLoc()), op(op), schedule(schedule),
        emitter(rewriter, op) {}

  mlir::LogicalResult emit();

private:
  /// The second level of one output's sums of columns, in f64; null where it
  /// has none. `lost`: what the additions of f64 have lost.
  struct Totals {
    mlir::Value sum, lost;
  };

  // Loops.
  mlir::LogicalResult findJoins();
  void emitParallel(llvm::ArrayRef<unsigned> loops,
                    llvm::function_ref<void()> inner);
  void emitLeaf(llvm::ArrayRef<unsigned> reductions, bool vectorIsReduced);
  void emitVectors(llvm::ArrayRef<int64_t> steps,
                   llvm::function_ref<void(int64_t)> inner);
  void emitElementwise();
  void emitSteps(llvm::ArrayRef<int64_t> steps, Section section,
                 llvm::function_ref<void(Section, int64_t)> inner);

  // Reductions.
  void emitReduction(
      llvm::ArrayRef<unsigned> outer, int64_t width, unsigned innermost,
      int64_t block,
      llvm::function_ref<llvm::SmallVector<mlir::Value>(Section)> sum);
  llvm::SmallVector<mlir::Value>
  emitOuter(llvm::ArrayRef<unsigned> loops, mlir::ValueRange totals,
            llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ValueRange)>
                leaf);
  llvm::SmallVector<mlir::Value>
  emitBlocks(unsigned loop, int64_t block, mlir::ValueRange totals,
             llvm::function_ref<llvm::SmallVector<mlir::Value>(Section)> sum);
  /// Where the vector loop is not reduced and is wider than a vector: rows
  /// outside, columns within, and the accumulators in memory.
  void emitColumns(llvm::ArrayRef<unsigned> reductions, int64_t bound);
  void emitRows(unsigned loop, Section rows);
  void prefetchInputs(unsigned loop, int64_t width);
  void addToTotals(llvm::ArrayRef<Totals> totals);
  llvm::SmallVector<Totals> emitTotals(int64_t bound);
  bool isCompensated(unsigned output);
  std::pair<mlir::Value, mlir::Value> twoSum(mlir::Value a, mlir::Value other);
  mlir::Value compensate(mlir::Value total, mlir::Value lost);
  llvm::SmallVector<mlir::Value> startTotals(int64_t width);
  llvm::SmallVector<mlir::Value> finishTotals(mlir::ValueRange totals);
  std::optional<int64_t> boundOf(unsigned loop);
  llvm::SmallVector<mlir::Value> sumAlong(unsigned loop, Section section,
                                          int64_t width);
  llvm::SmallVector<mlir::Value> sumVectors(Section section);
  llvm::SmallVector<mlir::Value>
  emitFor(mlir::Value lower, mlir::Value upper, int64_t step,
          mlir::ValueRange carried,
          llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value,
                                                            mlir::ValueRange)>
              body);

  Section whole(unsigned loop);
  mlir::Value constant(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(b, loc, value);
  }
  mlir::Value join(unsigned output, mlir::Value lhs, mlir::Value rhs);
  llvm::SmallVector<mlir::Value> joinAll(mlir::ValueRange lhs,
                                         mlir::ValueRange rhs);
  mlir::Value sumLanes(unsigned output, mlir::Value vector, int64_t width);
  llvm::SmallVector<mlir::Value> neutrals(int64_t width, bool widened);
  mlir::Type elementOf(unsigned output) {
    return op.getBody()->getArgument(op.getNumDpsInputs() + output).getType();
  }
  /// `value` in the type that totals are kept in.
  mlir::Value widen(unsigned output, mlir::Value value);
  mlir::Value narrow(unsigned output, mlir::Value value);

  mlir::RewriterBase &b;
  mlir::Location loc;
  mlir::linalg::GenericOp op;
  CPUScheduleAttr schedule;
  ElementwiseEmitter emitter;
  llvm::SmallVector<mlir::OpFoldResult> extents;
  llvm::SmallVector<Join> joins;
  bool hasSecondLevel = false;
  std::optional<Streaming> streaming;
};

} // namespace rmsnorm

#endif // RMSNORM_LIB_TRANSFORMS_LOOPNEST_H
