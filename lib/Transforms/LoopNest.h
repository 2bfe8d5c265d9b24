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
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "rmsnorm/IR/RMSNorm.h"

namespace rmsnorm {

/// Part of a loop: [lower, upper), of `size` iterations where that is known.
struct Section {
  mlir::Value lower, upper;
  std::optional<int64_t> size;
  /// What the size is at most, where that is known.
  std::optional<int64_t> most;
};

/// Neighbours on a loop that is not reduced: `count` of them, from `first` on.
struct RowGroup {
  unsigned loop;
  mlir::Value first;
  int64_t count;
};

/// A step of the schedule in a sum over the vector loop.
struct RowStep {
  Section part;
  /// Lanes of a step, and of its totals.
  int64_t width, kept;
  bool isOneChain, isTail;
};

/// How the values of one output are joined.
enum class Join { Add, AddInteger, Maximum };

/// Writes a linalg.generic on memrefs as loops over vectors, as its schedule
/// says, and erases it.
class LoopNest {
public:
  LoopNest(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp op,
           CPUScheduleAttr schedule, bool hasMaskRegisters)
      : b(rewriter), loc(op.getLoc()), op(op), schedule(schedule),
        emitter(rewriter, op, hasMaskRegisters) {}

  /// `beside`, which reads nothing that this writes and writes nothing that it
  /// reads, is done at the same time where its loops allow it, else after it.
  mlir::LogicalResult emit(LoopNest *beside = nullptr);

private:
  mlir::LogicalResult prepare();
  void emitLoops();
  void erase();

  // Two at the same time.
  bool goesAlong(LoopNest &other);
  int64_t blockOfRow();
  void emitBeside(mlir::Value at, int64_t offset);
  void emitRestBeside();

  // Loops.
  mlir::LogicalResult findJoins();
  void findZeroFills();
  /// `inner` is told a group of rows where the last of `loops` is taken in
  /// groups.
  void emitParallel(llvm::ArrayRef<unsigned> loops, bool inGroups,
                    llvm::function_ref<void(const RowGroup *)> inner);
  void emitLeaf();
  void emitVectors(llvm::ArrayRef<int64_t> steps, Section section,
                   llvm::function_ref<void(int64_t)> inner);
  llvm::ArrayRef<int64_t> elementwiseSteps();
  void emitElementwise();
  mlir::scf::ForOp findTasks();
  void convertOnce();
  void convertBefore(mlir::Operation *user,
                     llvm::ArrayRef<mlir::OpOperand *> inputs, int64_t bound);
  void emitFewRows();
  void findBypasses();
  void emitElements(int64_t width);

  // What is left of a row after whole vectors.
  std::optional<int64_t> tailWidth(llvm::ArrayRef<int64_t> steps);
  mlir::Value tailBegin(int64_t width);
  void computeTail();
  llvm::ArrayRef<int64_t> stepsBeforeTail();
  void storeTail();
  llvm::SmallVector<mlir::Value> sumTail(int64_t width);
  /// `then` or, if there is one, `otherwise`, by an i1.
  void emitIf(mlir::Value condition, llvm::function_ref<void()> then,
              llvm::function_ref<void()> otherwise = {});
  /// What `emit` gives where `section` has elements, else `none`, or zeros
  /// where that is empty. Without a branch where it is known to have some.
  llvm::SmallVector<mlir::Value>
  ifAny(Section section, mlir::ValueRange none,
        llvm::function_ref<llvm::SmallVector<mlir::Value>()> emit);
  void emitSteps(llvm::ArrayRef<int64_t> steps, Section section,
                 llvm::function_ref<void(Section, int64_t)> inner);

  // Groups of rows.
  bool takesRowsTogether();
  void emitRowSums(const RowGroup &group);
  mlir::Value sumSideBySide(unsigned output, llvm::ArrayRef<mlir::Value> rows);
  void emitSharedElementwise(const RowGroup &group);

  // Reductions. Totals are values for each output, then, for those of f64,
  // what their additions have lost.
  void emitRow();
  void emitColumns(int64_t width);
  void sumVectors(
      llvm::ArrayRef<unsigned> outer, int64_t lanes,
      llvm::function_ref<void(llvm::SmallVector<mlir::Value>, int64_t)> use);
  llvm::SmallVector<mlir::Value>
  emitOuter(llvm::ArrayRef<unsigned> loops, mlir::ValueRange totals,
            llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ValueRange)>
                leaf);
  void emitBlocks(int64_t block, Section section,
                  llvm::function_ref<void(Section, bool)> inner);
  bool isOneChain(unsigned loop, Section section, int64_t width);
  llvm::SmallVector<mlir::Value> addSection(unsigned loop, Section section,
                                            int64_t width, int64_t kept,
                                            mlir::ValueRange totals);
  llvm::SmallVector<mlir::Value> sumAlong(unsigned loop, Section section,
                                          int64_t width);
  void addToOutputs(mlir::ValueRange sums, int64_t width);
  /// How many lanes the totals of a row have, for steps of `width`.
  int64_t keptLanes(int64_t width) {
    return schedule.getFold() ? std::min(width, schedule.getFold()) : width;
  }
  /// How far along `loop` one accumulation of `width` lanes goes.
  int64_t stepOf(unsigned loop, int64_t width) {
    return loop == emitter.vectorLoop ? width : 1;
  }

  // Panels.
  void emitPanel(int64_t bound);
  llvm::ArrayRef<int64_t> panelSteps();
  llvm::SmallVector<mlir::Value>
  emitPanelTotals(int64_t bound, bool ofChains,
                  llvm::SmallVectorImpl<mlir::Value> &heap);
  llvm::SmallVector<mlir::Value> loadPanelTotals(mlir::ValueRange memory,
                                                 int64_t width);
  void storePanelTotals(mlir::ValueRange totals, mlir::ValueRange memory);
  void addBlock(mlir::ValueRange block, mlir::ValueRange memory);
  void fetchRows(unsigned loop, mlir::Value first, int64_t width);
  void addRows(unsigned loop, Section rows, mlir::Value isWhole,
               mlir::ValueRange memory, mlir::ValueRange block);

  // Joining.
  mlir::Type findChainType(unsigned output, mlir::Value term);
  bool isCompensated(unsigned output);
  std::pair<mlir::Value, mlir::Value> twoSum(mlir::Value a, mlir::Value other);
  mlir::Value compensate(mlir::Value total, mlir::Value lost);
  size_t getNumTotals();
  llvm::SmallVector<mlir::Value> startTotals(int64_t width);
  llvm::SmallVector<mlir::Value> finishTotals(mlir::ValueRange totals);
  std::optional<int64_t> boundOf(unsigned loop);
  llvm::SmallVector<mlir::Value>
  emitFor(mlir::Value lower, mlir::Value upper, int64_t step,
          mlir::ValueRange carried,
          llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value,
                                                            mlir::ValueRange)>
              body);

  Section whole(unsigned loop);
  Section wholeVectorLoop() { return whole(emitter.vectorLoop); }
  mlir::Value constant(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(b, loc, value);
  }
  mlir::Value join(unsigned output, mlir::Value lhs, mlir::Value rhs);
  llvm::SmallVector<mlir::Value> joinEach(mlir::ValueRange lhs,
                                          mlir::ValueRange rhs);
  llvm::SmallVector<mlir::Value> joinAll(mlir::ValueRange totals,
                                         mlir::ValueRange sums);
  /// Sums the lanes of `vector` by halves until `lanes` are left.
  mlir::Value sumLanes(unsigned output, mlir::Value vector, int64_t width,
                       int64_t lanes = 1);
  llvm::SmallVector<mlir::Value> sumLanesOfEach(mlir::ValueRange vectors,
                                                int64_t width, int64_t lanes);
  llvm::SmallVector<mlir::Value> neutrals(int64_t width, bool widened);
  mlir::Type elementOf(unsigned output) {
    return op.getBody()->getArgument(op.getNumDpsInputs() + output).getType();
  }
  /// `value` in the type that totals are kept in.
  mlir::Value widen(unsigned output, mlir::Value value);
  llvm::SmallVector<mlir::Value> widenEach(mlir::ValueRange values);
  /// `value` in the type of the output.
  mlir::Value narrow(unsigned output, mlir::Value value);

  mlir::RewriterBase &b;
  mlir::Location loc;
  mlir::linalg::GenericOp op;
  CPUScheduleAttr schedule;
  ElementwiseEmitter emitter;
  llvm::SmallVector<mlir::OpFoldResult> extents;
  /// The loops that have more than one iteration, but for the vector loop.
  llvm::SmallVector<unsigned> parallel, reductions;
  bool vectorIsReduced = false;
  llvm::SmallVector<Join> joins;
  /// The type of a chain's sum, for each output.
  llvm::SmallVector<mlir::Type> chainTypes;
  /// For each output, the op that has set it to 0, if any.
  llvm::SmallVector<mlir::linalg::FillOp> zeroFills;
  std::optional<Streaming> streaming;
  /// The step whose loop streams: the first that there is. 0: not known yet.
  int64_t streamedWidth = 0;
  /// Whether results go past the caches, an i1; null: never.
  mlir::Value bypasses;
  /// Whether there are rows enough for inputs to be converted before all tasks,
  /// an i1; null: nothing depends on it.
  mlir::Value isConverted;
  /// The results of the last vector of a row, where it is a tail.
  llvm::SmallVector<mlir::Value> tail;
  /// What is done at the same time.
  LoopNest *beside = nullptr;
};

} // namespace rmsnorm

#endif // RMSNORM_LIB_TRANSFORMS_LOOPNEST_H
