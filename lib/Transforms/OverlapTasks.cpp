//===- OverlapTasks.cpp - The end of a sum beside the next results --------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// From the last element of a row to its reciprocal root is a chain of some
// hundred cycles that nothing else of the row can fill, and the sum of a row
// leaves idle what writing results needs. So the results of a row are written
// while the next one is summed:
//
//                                    s = sums of begin, r = roots of s
//   for t in [begin, end):           for t in [begin, end):
//     s = sums of t                    s = sums of t + 1, results of t by r
//     r = roots of s           ~>      r = roots of s
//     results of t by r
//
// What the results need of what is written before the roots, powers of two that
// were divided out, has room for two tasks.
//
// After the last row it is summed once more, for nothing: a branch around that
// would keep the two loops over its elements from becoming one (see
// LoopNest.cpp), and a branch around both is more code. Rows that fill the
// first cache, of which there may be few, have that. Loops over the elements of
// several rows at a time stay apart in any case, so that branches cost nothing,
// and there is one copy of the code for sums:
//
//   for t in [begin, end]:
//     if t < end: s = sums of t
//     if t > begin: results of t - 1 by r
//     if t < end: r = roots of s
//
// Where the schedule says from which size on that pays, there are both forms,
// and the size of the whole decides when the kernel runs.
//

#include "TaskLoops.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMOVERLAPTASKS
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

namespace {
class Overlapper {
public:
  Overlapper(RewriterBase &rewriter, scf::ForOp tasks)
      : b(rewriter), loc(tasks.getLoc()), tasks(tasks), index(rewriter, loc) {}

  void overlap();

private:
  bool findHalves();
  bool findViews();
  void findDoubled();
  Value findBytes();
  scf::ForOp emitOverlapped(Value bytes);
  scf::ForOp emitBeside(bool isLong);
  void emitPair(Value task, Value next, Value number);
  scf::ForOp emitInTurn();
  scf::ForOp emitLoop(Value end, Value one);
  IRMapping mapTask(Value task, Value number);
  void clone(ArrayRef<Operation *> ops, IRMapping &mapping);
  void emitFirst(Value begin, Value end);
  void cloneIf(Value condition, ArrayRef<Operation *> ops, IRMapping &mapping);

  RewriterBase &b;
  Location loc;
  scf::ForOp tasks;
  IndexBuilder index;
  /// The last op that sums rows, and the only one that writes results.
  linalg::GenericOp sum, results;
  /// What is done before `sum`, and after it; what makes the views of
  /// `results`.
  SmallVector<Operation *> before, after, views;
  /// Memory by which the first half tells the second, and room for that.
  llvm::MapVector<Operation *, Value> rooms;
  /// Memory that needs room for two tasks.
  llvm::SmallPtrSet<Operation *, 2> doubled;
};
} // namespace

static bool isScratch(Value memref) {
  auto alloca = dyn_cast_or_null<memref::AllocaOp>(allocationOf(memref));
  return alloca && alloca->getNumOperands() == 0;
}

/// Whether `op` can be done twice.
static bool writesScratchAlone(Operation *op) {
  auto destination = dyn_cast<DestinationStyleOpInterface>(op);
  return isPure(op) || isa<memref::AllocaOp>(op) ||
         (destination && llvm::all_of(destination.getDpsInits(), isScratch));
}

/// False where there is no sum, or nothing after it, or something that cannot
/// be taken apart.
bool Overlapper::findHalves() {
  SmallVector<Operation *> ops;
  for (Operation &op : tasks.getBody()->without_terminator()) {
    ops.push_back(&op);
    auto generic = dyn_cast<linalg::GenericOp>(op);
    if (!generic || !generic->hasAttr(reducedLoopsName))
      continue;
    (generic.getNumReductionLoops() > 0 ? sum : results) = generic;
  }
  if (!sum || !results || !sum->isBeforeInBlock(results) ||
      results.getNumDpsInputs() == 0)
    return false;
  for (Operation *op : ops) {
    if (op->isBeforeInBlock(sum))
      before.push_back(op);
    else if (op != sum && op != results)
      after.push_back(op);
    if (!isPure(op) && results->isBeforeInBlock(op))
      return false;
  }
  return llvm::all_of(before, writesScratchAlone) &&
         llvm::all_of(sum.getDpsInits(), isScratch) && findViews();
}

/// False where the results depend on more than views and what the sums leave.
bool Overlapper::findViews() {
  llvm::SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.filter = [&](Operation *op) { return tasks->isProperAncestor(op); };
  if (failed(getBackwardSlice(results.getOperation(), &slice, options)))
    return false;
  for (Operation *op : slice) {
    if (isa<memref::AllocaOp>(op) && op->getNumOperands() == 0)
      rooms[op] = Value();
    else if (isPure(op))
      views.push_back(op);
    else
      return false;
  }
  return true;
}

/// Bytes that a task moves; null where that is not known before the first.
Value Overlapper::findBytes() {
  std::optional<SmallVector<OpFoldResult>> sizes =
      sizesBefore(tasks, results.getDpsInputs()[0]);
  return sizes ? index.mul(index.product(*sizes),
                           index.constant(bytesOfPoint(results)))
               : Value();
}

/// Finds out in which rooms something is written beside the results of the task
/// before.
void Overlapper::findDoubled() {
  SmallVector<Operation *> ops = before;
  ops.push_back(sum);
  for (Operation *op : ops)
    if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
      for (Value init : destination.getDpsInits())
        if (Operation *alloca = allocationOf(init); rooms.contains(alloca))
          doubled.insert(alloca);
}

/// The half of `room` that `parity` says, as `type` but for its layout.
static Value emitSlot(OpBuilder &b, Location loc, Value room, Value parity,
                      MemRefType type) {
  SmallVector<OpFoldResult> offsets(type.getRank() + 1, b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(type.getRank() + 1, b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes = ones;
  offsets[0] = parity;
  for (auto [size, extent] :
       llvm::zip(llvm::drop_begin(sizes), type.getShape()))
    size = b.getIndexAttr(extent);
  auto slot = memref::SubViewOp::inferRankReducedResultType(
      type.getShape(), cast<MemRefType>(room.getType()), offsets, sizes, ones);
  return memref::SubViewOp::create(b, loc, cast<MemRefType>(slot), room,
                                   offsets, sizes, ones);
}

/// A view has the layout of what it is a view of.
static void cloneView(OpBuilder &b, memref::SubViewOp view,
                      IRMapping &mapping) {
  auto *copy = b.clone(*view, mapping);
  auto subview = cast<memref::SubViewOp>(copy);
  auto type = memref::SubViewOp::inferRankReducedResultType(
      view.getType().getShape(), subview.getSourceType(),
      subview.getMixedOffsets(), subview.getMixedSizes(),
      subview.getMixedStrides());
  subview.getResult().setType(cast<MemRefType>(type));
}

/// For ops on `task`, which leaves what is doubled where `number` has it.
IRMapping Overlapper::mapTask(Value task, Value number) {
  IRMapping mapping;
  mapping.map(tasks.getInductionVar(), task);
  Value parity =
      doubled.empty() ? Value() : index.bitAnd(number, index.constant(1));
  for (auto [alloca, room] : rooms) {
    Value memory = alloca->getResult(0);
    auto type = cast<MemRefType>(memory.getType());
    mapping.map(memory, doubled.contains(alloca)
                            ? emitSlot(b, loc, room, parity, type)
                            : room);
  }
  return mapping;
}

void Overlapper::clone(ArrayRef<Operation *> ops, IRMapping &mapping) {
  for (Operation *op : ops) {
    if (rooms.contains(op))
      continue;
    if (auto view = dyn_cast<memref::SubViewOp>(op))
      cloneView(b, view, mapping);
    else
      b.clone(*op, mapping);
  }
}

/// `end`: past the last iteration; `one`: 1.
scf::ForOp Overlapper::emitLoop(Value end, Value one) {
  auto loop = scf::ForOp::create(b, loc, tasks.getLowerBound(), end, one);
  loop->setAttr(overlappedName, b.getUnitAttr());
  b.setInsertionPointToStart(loop.getBody());
  return loop;
}

void Overlapper::cloneIf(Value condition, ArrayRef<Operation *> ops,
                         IRMapping &mapping) {
  auto branch = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  clone(ops, mapping);
}

/// Where `tasks` move less than `overlap`, what they do from a larger size on
/// only has to be compiled.
static void keepNear(Operation *tasks) {
  tasks->walk([](linalg::GenericOp op) {
    auto schedule = op->getAttrOfType<CPUScheduleAttr>(scheduleName);
    if (schedule)
      op->setDiscardableAttr(scheduleName,
                             schedule.ofTasksBelow(schedule.getOverlap()));
  });
}

void Overlapper::overlap() {
  if (!findHalves())
    return;
  auto schedule = results->getAttrOfType<CPUScheduleAttr>(scheduleName);
  int64_t least = schedule ? schedule.getOverlap() : 0;
  b.setInsertionPoint(tasks);
  if (least == 0)
    return;
  Value bytes = findBytes();
  if (least > 1 && !bytes)
    return;
  if (least == 1) {
    emitOverlapped(bytes);
    b.eraseOp(tasks);
    return;
  }
  Value isLarge = trafficOf(index, results, bytes).isLarge(index, least);
  if (getConstantIntValue(isLarge) == 0)
    return keepNear(tasks);
  auto branch = scf::IfOp::create(b, loc, isLarge, /*withElseRegion=*/true);
  b.setInsertionPoint(branch.thenBlock()->getTerminator());
  scf::ForOp loop = emitOverlapped(bytes);
  // Branches between steps of 64 elements, of bf16 or f16, cost 3 to 17 % on
  // Emerald Rapids; between those of 32, of f32, nothing on Zen 3.
  if (schedule.getNormalizeVector().front() <= 32)
    loop->setAttr(farName, b.getUnitAttr());
  tasks->moveBefore(branch.elseBlock()->getTerminator());
  keepNear(tasks);
}

/// The sums of the first task, if there is any.
void Overlapper::emitFirst(Value begin, Value end) {
  IRMapping first = mapTask(begin, begin);
  SmallVector<Operation *> ops = before;
  ops.push_back(sum);
  llvm::append_range(ops, after);
  cloneIf(index.isLess(begin, end), ops, first);
}

/// Bytes that a row moves which fills the first cache.
static constexpr int64_t firstCache = 1 << 16;

/// `bytes`: that a task moves, if that is known before the first.
scf::ForOp Overlapper::emitOverlapped(Value bytes) {
  findDoubled();
  for (auto &[alloca, room] : rooms) {
    auto type = cast<MemRefType>(alloca->getResult(0).getType());
    SmallVector<int64_t> shape = llvm::to_vector(type.getShape());
    if (doubled.contains(alloca))
      shape.insert(shape.begin(), 2);
    room = createStackScratch(b, loc, shape, type.getElementType());
  }
  OpBuilder::InsertionGuard guard(b);
  auto schedule = results->getAttrOfType<CPUScheduleAttr>(scheduleName);
  if (schedule.getRows() > 1)
    return emitInTurn();
  std::optional<int64_t> known =
      bytes ? getConstantIntValue(bytes) : std::nullopt;
  return emitBeside(/*isLong=*/known && *known > firstCache);
}

scf::ForOp Overlapper::emitBeside(bool isLong) {
  Value begin = tasks.getLowerBound(), end = tasks.getUpperBound();
  Value one = index.constant(1);
  if (!isLong)
    sum->setAttr(onceName, b.getUnitAttr());
  emitFirst(begin, end);
  sum->removeAttr(onceName);

  scf::ForOp loop = emitLoop(end, one);
  Value task = loop.getInductionVar();
  Value number = index.add(task, one);
  if (!isLong) {
    emitPair(task, index.min(number, index.sub(end, one)), number);
    return loop;
  }
  auto branch = scf::IfOp::create(b, loc, index.isLess(number, end),
                                  /*withElseRegion=*/true);
  b.setInsertionPointToStart(branch.thenBlock());
  emitPair(task, number, number);
  b.setInsertionPointToStart(branch.elseBlock());
  IRMapping last = mapTask(task, task);
  clone(views, last);
  b.clone(*results, last);
  return loop;
}

/// The results of `task` and the sums of `next`, which are kept where `number`
/// has them.
void Overlapper::emitPair(Value task, Value next, Value number) {
  IRMapping ofTask = mapTask(task, task), ofNext = mapTask(next, number);
  clone(views, ofTask);
  clone(before, ofNext);
  b.clone(*sum, ofNext)->setAttr(besideName, b.getUnitAttr());
  b.clone(*results, ofTask);
  if (next == number)
    clone(after, ofNext);
  else
    cloneIf(index.isLess(number, tasks.getUpperBound()), after, ofNext);
}

scf::ForOp Overlapper::emitInTurn() {
  Value begin = tasks.getLowerBound(), end = tasks.getUpperBound();
  Value one = index.constant(1);
  scf::ForOp loop = emitLoop(index.add(end, one), one);
  Value number = loop.getInductionVar();
  Value task = index.sub(number, one);
  IRMapping ofTask = mapTask(task, task);
  IRMapping ofNext = mapTask(index.min(number, index.sub(end, one)), number);
  // What is done after the results finds its memory, and that of the sums.
  SmallVector<Operation *> sums, memory, written = views;
  for (Operation *op : before)
    (isa<memref::AllocaOp>(op) || isPure(op) ? memory : sums).push_back(op);
  sums.push_back(sum);
  written.push_back(results);
  clone(memory, ofNext);
  Value isAny = index.isLess(number, end);
  cloneIf(isAny, sums, ofNext);
  cloneIf(index.isLess(begin, number), written, ofTask);
  cloneIf(isAny, after, ofNext);
  return loop;
}

namespace {
struct OverlapTasks : rmsnorm::impl::RMSNormOverlapTasksBase<OverlapTasks> {
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation()->walk([&](scf::ForOp loop) {
      if (isTaskLoop(loop))
        loops.push_back(loop);
    });
    IRRewriter rewriter(&getContext());
    for (scf::ForOp loop : loops)
      Overlapper(rewriter, loop).overlap();
  }
};
} // namespace
