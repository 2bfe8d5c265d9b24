//===- Distribute.cpp - Long rows for several threads ---------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The linalg ops of a norm whose rows are long are cut along a reduced axis: a
// parallel loop goes over the parts of a row. A sum becomes sums of the parts,
// and their sum. How rows are cut depends on their length and the schedule
// alone, so the result is the same whoever computes the parts. The loops are
// within the one over the tasks of the norm: the runtime runs them on one
// thread where that one is parallel already. A sum that is made beside the
// results of another task is cut together with them.
//
//===----------------------------------------------------------------------===//

#include "TaskLoops.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMDISTRIBUTE
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

using Folds = SmallVector<OpFoldResult>;

/// Of one row. More would bring no more threads to most machines.
static constexpr int64_t mostParts = 128;

/// On an op, within this pass: whether what it reduces is long.
static constexpr llvm::StringLiteral longName = "rmsnorm.long";

namespace {
class Distributor {
public:
  /// `beside`: results that are written at the same time, or null.
  Distributor(RewriterBase &rewriter, linalg::GenericOp op,
              linalg::GenericOp beside, CPUScheduleAttr schedule)
      : b(rewriter), loc(op.getLoc()), op(op), beside(beside),
        schedule(schedule), index(rewriter, loc) {}

  void distribute();

private:
  /// A part of the loop that is cut.
  struct Part {
    Value number, offset, size;
  };
  void cut(ArrayRef<int64_t> reducedLoops, Value isLong);
  bool areEven();
  void emitParts();
  void emitPart(linalg::GenericOp whole, const Part &part,
                ArrayRef<Value> partials);
  Value viewOf(OpOperand &operand, const Part &part);
  Value allocatePartials(OpOperand &output);
  Value partialOf(Value partials, OpOperand &output, Value number);
  void mergePartials(Value partials, unsigned output);

  RewriterBase &b;
  Location loc;
  linalg::GenericOp op, beside;
  CPUScheduleAttr schedule;
  IndexBuilder index;
  Folds extents;
  /// Memory to free.
  SmallVector<Value> heap;
  /// The loop that is cut, into `numParts` parts of `partSize`, of which the
  /// last may be smaller.
  unsigned loop = 0;
  Value extent, partSize, numParts, partBytes;
};
} // namespace

static bool hasReducedLoops(linalg::GenericOp op) {
  return bool(op->getAttrOfType<DenseI64ArrayAttr>(reducedLoopsName));
}

static ArrayRef<int64_t> reducedLoopsOf(linalg::GenericOp op) {
  return op->getAttrOfType<DenseI64ArrayAttr>(reducedLoopsName).asArrayRef();
}

/// For ops on a number for each part or row: little code. A chain would round
/// the sums of parts in the type of the terms.
static CPUScheduleAttr scheduleOfFew(MLIRContext *context, int64_t panel = 0) {
  return CPUScheduleAttr::get(context, {8, 1}, {8, 1}, /*chain=*/1, /*block=*/1,
                              /*fold=*/0, /*part=*/0, panel, /*rows=*/1,
                              /*share_rows=*/false, /*convert=*/0,
                              /*overlap=*/0, /*prefetch=*/0, /*write_ahead=*/0,
                              /*nontemporal=*/0,
                              /*far=*/0, /*far_rows=*/1, /*far_panel=*/0,
                              /*far_aspect=*/0, /*far_ahead=*/0, /*grain=*/0);
}

/// One part costs little beside a panel of columns, and a second copy of the
/// loops costs its compilation.
static bool areColumns(linalg::GenericOp op) {
  ArrayRef<int64_t> loops = reducedLoopsOf(op);
  return loops.empty() || loops.back() + 1 < int64_t(op.getNumLoops());
}

void Distributor::distribute() {
  ArrayRef<int64_t> reducedLoops = reducedLoopsOf(op);
  extents = extentsOf(b, op);
  Folds reduced = llvm::map_to_vector(
      reducedLoops, [&](int64_t loop) { return extents[loop]; });
  Value isLong = isCut(index, index.product(reduced), schedule);
  if (auto decision = op->getAttrOfType<BoolAttr>(longName))
    isLong = arith::ConstantOp::create(b, loc, decision);
  std::optional<int64_t> known = getConstantIntValue(isLong);
  if (!known && areColumns(op))
    known = 1;
  if (known && !*known)
    return;
  if (!known) {
    auto branch = scf::IfOp::create(b, loc, isLong, /*withElseRegion=*/true);
    b.setInsertionPoint(branch.elseBlock()->getTerminator());
    b.clone(*op);
    if (beside)
      b.clone(*beside);
    b.setInsertionPoint(branch.thenBlock()->getTerminator());
  }
  cut(reducedLoops, isLong);
  emitParts();
  b.eraseOp(op);
  if (beside)
    b.eraseOp(beside);
}

/// Cuts the outermost of the loops that can be cut, into one part where the sum
/// is not long. An even number of parts is fair to two threads.
void Distributor::cut(ArrayRef<int64_t> reducedLoops, Value isLong) {
  loop = *llvm::find_if(reducedLoops, [&](int64_t loop) {
    return getConstantIntValue(extents[loop]) != 1;
  });
  extent = index.value(extents[loop]);
  Folds others;
  for (int64_t other : reducedLoops)
    if (unsigned(other) != loop)
      others.push_back(extents[other]);
  // Where there is nothing to reduce, there are no parts of 1.
  Value one = index.constant(1);
  Value inner = index.max(index.product(others), one);
  Value wanted = index.ceilDiv(index.constant(schedule.getPart()), inner);
  Value even = index.roundUp(
      index.min(index.ceilDiv(extent, wanted), index.constant(mostParts)), 2);
  // Parts end at the ends of cache lines or chains, where they can.
  bool isAlongMemory = loop + 1 == op.getNumLoops();
  int64_t unit = !others.empty() ? 1 : isAlongMemory ? 64 : schedule.getChain();
  Value wantedParts =
      b.createOrFold<arith::SelectOp>(loc, isLong, index.max(even, one), one);
  partSize = index.roundUp(index.ceilDiv(extent, wantedParts), unit);
  partSize = index.max(partSize, one);
  numParts = index.ceilDiv(extent, partSize);
  Folds sizes(extents);
  sizes[loop] = partSize;
  Type element = cast<MemRefType>(op->getOperand(0).getType()).getElementType();
  partBytes =
      index.mul(index.product(sizes), index.constant(bytesOfElement(element)));
}

/// Whether all parts are known to have one size.
bool Distributor::areEven() {
  std::optional<int64_t> whole = getConstantIntValue(extent);
  std::optional<int64_t> size = getConstantIntValue(partSize);
  return whole && size && *whole % *size == 0;
}

void Distributor::emitParts() {
  SmallVector<Value> partials;
  if (op.getNumReductionLoops() > 0)
    for (OpOperand &output : op.getDpsInitsMutable())
      partials.push_back(allocatePartials(output));
  {
    OpBuilder::InsertionGuard guard(b);
    Value chunk = tasksOfGrain(index, partBytes, schedule.getGrain());
    Part part;
    part.number = emitTaskLoops(b, loc, numParts, chunk, schedule);
    part.offset = index.mul(part.number, partSize);
    part.size = areEven() ? partSize
                          : index.min(partSize, index.sub(extent, part.offset));
    emitPart(op, part, partials);
    if (beside)
      emitPart(beside, part, {});
  }
  for (auto [output, memory] : llvm::enumerate(partials))
    mergePartials(memory, output);
  freeScratch(b, loc, heap);
}

/// What `whole` does, in `part`. A sum is left in the memory of the part.
void Distributor::emitPart(linalg::GenericOp whole, const Part &part,
                           ArrayRef<Value> partials) {
  SmallVector<Value> operands;
  for (OpOperand *input : whole.getDpsInputOperands())
    operands.push_back(viewOf(*input, part));
  for (auto [i, output] : llvm::enumerate(whole.getDpsInitsMutable()))
    operands.push_back(partials.empty()
                           ? viewOf(output, part)
                           : partialOf(partials[i], output, part.number));
  clone(b, whole, TypeRange(), operands);
}

/// What of `operand` belongs to `part`.
Value Distributor::viewOf(OpOperand &operand, const Part &part) {
  AffineMap map = cast<linalg::GenericOp>(operand.getOwner())
                      .getMatchingIndexingMap(&operand);
  if (!map.isFunctionOfDim(loop))
    return operand.get();
  Folds sizes = memref::getMixedSizes(b, loc, operand.get());
  Folds offsets(sizes.size(), b.getIndexAttr(0));
  Folds strides(sizes.size(), b.getIndexAttr(1));
  for (auto [dim, expr] : llvm::enumerate(map.getResults()))
    if (expr == b.getAffineDimExpr(loop)) {
      offsets[dim] = getAsOpFoldResult(part.offset);
      sizes[dim] = getAsOpFoldResult(part.size);
    }
  return memref::SubViewOp::create(b, loc, operand.get(), offsets, sizes,
                                   strides);
}

/// Memory for `output` of each part. For rows, it has room for the most parts
/// that there may be, and so is on the stack.
Value Distributor::allocatePartials(OpOperand &output) {
  Folds sizes = memref::getMixedSizes(b, loc, output.get());
  auto type = cast<MemRefType>(output.get().getType());
  Type element = type.getElementType();
  bool isRow = type.hasStaticShape() && type.getNumElements() == 1;
  sizes.insert(sizes.begin(),
               isRow ? b.getIndexAttr(mostParts) : getAsOpFoldResult(numParts));
  Value memory = createScratch(b, loc, sizes, element, heap);
  if (!isRow)
    return memory;
  sizes[0] = getAsOpFoldResult(numParts);
  Folds zeros(sizes.size(), b.getIndexAttr(0));
  Folds ones(sizes.size(), b.getIndexAttr(1));
  return memref::SubViewOp::create(b, loc, memory, zeros, sizes, ones);
}

/// The memory of the part `number`, set to zero: every term of a sum or a
/// maximum is a magnitude.
Value Distributor::partialOf(Value partials, OpOperand &output, Value number) {
  Folds sizes = memref::getMixedSizes(b, loc, output.get());
  Folds all(sizes), offsets(sizes.size() + 1, b.getIndexAttr(0));
  Folds ones(sizes.size() + 1, b.getIndexAttr(1));
  all.insert(all.begin(), b.getIndexAttr(1));
  offsets[0] = number;
  SmallVector<int64_t> shape = decomposeMixedValues(sizes).first;
  auto source = cast<MemRefType>(partials.getType());
  auto type = memref::SubViewOp::inferRankReducedResultType(shape, source,
                                                            offsets, all, ones);
  Value partial = memref::SubViewOp::create(b, loc, cast<MemRefType>(type),
                                            partials, offsets, all, ones);
  Value zero =
      arith::ConstantOp::create(b, loc, b.getZeroAttr(source.getElementType()));
  linalg::FillOp::create(b, loc, zero, partial);
  return partial;
}

/// Adds the results of all parts to `output`.
void Distributor::mergePartials(Value partials, unsigned output) {
  SmallVector<Operation *> combiners;
  matchReduction(op.getRegionOutputArgs(), output, combiners);
  Value init = op.getDpsInits()[output];
  int64_t rank = cast<MemRefType>(partials.getType()).getRank();
  AffineMap all = b.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators[0] = utils::IteratorType::reduction;
  auto merged = linalg::GenericOp::create(
      b, loc, TypeRange(), partials, init,
      ArrayRef<AffineMap>{all, all.dropResult(0)}, iterators,
      [&](OpBuilder &b, Location loc, ValueRange args) {
        OperationState state(loc, combiners[0]->getName());
        state.addOperands({args[1], args[0]});
        state.addTypes(args[1].getType());
        linalg::YieldOp::create(b, loc, b.create(state)->getResults());
      });
  // The sums of a column lie far apart: of columns, one part is read after the
  // other.
  merged->setDiscardableAttr(
      scheduleName,
      scheduleOfFew(b.getContext(), areColumns(op) ? schedule.getPanel() : 0));
}

/// Whether the rows of `tasks` are cut, where all are alike and nothing but the
/// kernel can know: asked before the first task, an i1. Else null.
static Value findDecision(OpBuilder &b, scf::ForOp tasks,
                          ArrayRef<linalg::GenericOp> ops) {
  IndexBuilder index(b, tasks.getLoc());
  std::optional<Folds> first;
  for (linalg::GenericOp op : ops) {
    if (op.getNumDpsInputs() == 0 || areColumns(op))
      return {};
    OpOperand *x = op.getDpsInputOperand(0);
    std::optional<Folds> sizes = sizesBefore(tasks, x->get());
    AffineMap map = op.getMatchingIndexingMap(x);
    Folds reduced;
    for (int64_t loop : reducedLoopsOf(op)) {
      std::optional<unsigned> dim =
          map.getResultPosition(b.getAffineDimExpr(loop));
      if (!sizes || !dim)
        return {};
      reduced.push_back((*sizes)[*dim]);
    }
    if (first && !isEqualConstantIntOrValueArray(*first, reduced))
      return {};
    first = reduced;
  }
  auto schedule = ops[0]->getAttrOfType<CPUScheduleAttr>(scheduleName);
  if (!first || !schedule || schedule.getPart() == 0)
    return {};
  Value isLong = isCut(index, index.product(*first), schedule);
  return getConstantIntValue(isLong) ? Value() : isLong;
}

/// Rows whose length only the kernel knows are cut in a loop of their own: one
/// loop for both would have no registers left.
static void splitTasks(RewriterBase &b, scf::ForOp tasks) {
  auto findOps = [](scf::ForOp tasks) {
    return llvm::filter_to_vector(tasks.getBody()->getOps<linalg::GenericOp>(),
                                  hasReducedLoops);
  };
  SmallVector<linalg::GenericOp> ops = findOps(tasks);
  b.setInsertionPoint(tasks);
  Value isLong = ops.empty() ? Value() : findDecision(b, tasks, ops);
  if (!isLong)
    return;
  auto branch = scf::IfOp::create(b, tasks.getLoc(), isLong,
                                  /*withElseRegion=*/true);
  b.setInsertionPoint(branch.thenBlock()->getTerminator());
  auto ofLong = cast<scf::ForOp>(b.clone(*tasks));
  for (linalg::GenericOp op : findOps(ofLong))
    op->setAttr(longName, b.getBoolAttr(true));
  tasks->moveBefore(branch.elseBlock()->getTerminator());
  for (linalg::GenericOp op : ops)
    op->setAttr(longName, b.getBoolAttr(false));
}

/// The results that are written beside the sum `op`, if they can be cut as it
/// is.
static linalg::GenericOp findBeside(OpBuilder &b, linalg::GenericOp op) {
  if (!op->hasAttr(besideName))
    return {};
  auto next = dyn_cast_or_null<linalg::GenericOp>(nextWithEffects(op));
  bool isAlike =
      next && hasReducedLoops(next) &&
      reducedLoopsOf(op) == reducedLoopsOf(next) &&
      isEqualConstantIntOrValueArray(extentsOf(b, op), extentsOf(b, next));
  return isAlike ? next : linalg::GenericOp();
}

namespace {
struct Distribute : rmsnorm::impl::RMSNormDistributeBase<Distribute> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<scf::ForOp> loops;
    getOperation()->walk([&](scf::ForOp loop) {
      if (isTaskLoop(loop))
        loops.push_back(loop);
    });
    for (scf::ForOp tasks : loops)
      splitTasks(rewriter, tasks);
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (hasReducedLoops(op))
        ops.push_back(op);
      else if (op->hasAttr(scheduleName))
        op->setDiscardableAttr(scheduleName, scheduleOfFew(&getContext()));
    });
    while (!ops.empty()) {
      linalg::GenericOp op = ops.front();
      rewriter.setInsertionPoint(op);
      auto schedule = op->getAttrOfType<CPUScheduleAttr>(scheduleName);
      linalg::GenericOp beside = findBeside(rewriter, op);
      ops.erase(ops.begin(), ops.begin() + (beside ? 2 : 1));
      if (schedule && schedule.getPart() > 0)
        Distributor(rewriter, op, beside, schedule).distribute();
    }
    getOperation()->walk([](linalg::GenericOp op) {
      op->removeDiscardableAttr(reducedLoopsName);
      op->removeDiscardableAttr(longName);
    });
  }
};
} // namespace
