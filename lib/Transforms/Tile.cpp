//===- Tile.cpp - Norms on memrefs to a parallel loop over rows -----------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A norm becomes one scf.parallel over chunks of tasks, each a loop over its
// tasks. A task is a row, that is one position on the axes that are not
// reduced, or a few neighbours on one such axis: a panel of them where memory
// runs along it, else as many rows as the schedule says. The op in the loop is
// a norm on views of the task's part. A chunk is what is worth a thread.
//
// Where the schedule says that norms from some size on are done otherwise,
// there are two such loops, and the size decides when the kernel runs.
//
//===----------------------------------------------------------------------===//

#include "TaskLoops.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMTILE
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

namespace {

/// The tile of a task on one axis of x.
struct AxisTile {
  OpFoldResult offset, size;
};

class Tiler {
public:
  Tiler(RewriterBase &rewriter, NormOpInterface op)
      : b(rewriter), loc(op.getLoc()), op(op),
        x(cast<MemRefType>(op.getX().getType())) {}

  void tile();

private:
  bool isReduced(int64_t axis) {
    return llvm::is_contained(op.getReductionAxes(), axis);
  }
  SmallVector<OpFoldResult> reducedExtents();
  void chooseGroup(CPUScheduleAttr schedule);
  void chooseWidth(CPUScheduleAttr schedule);
  Value chooseChunk(Value total, CPUScheduleAttr schedule);
  SmallVector<AxisTile> tileOfTask(ArrayRef<int64_t> axes, ValueRange position);
  Value viewOf(OpOperand &operand, ArrayRef<AxisTile> tiles);

  RewriterBase &b;
  Location loc;
  NormOpInterface op;
  MemRefType x;
  SmallVector<OpFoldResult> extents;
  /// The axis that a task holds several neighbours on, or -1, and how many at
  /// most.
  int64_t grouped = -1, groupSize = 1;
  /// How many it holds.
  OpFoldResult group;
};
} // namespace

SmallVector<OpFoldResult> Tiler::reducedExtents() {
  return llvm::map_to_vector(op.getReductionAxes(),
                             [&](int64_t axis) { return extents[axis]; });
}

/// A panel of the axis that memory runs along where that is not reduced, else
/// rows on the last axis that is not. Without reduced axes some axis has to
/// stay: the last.
void Tiler::chooseGroup(CPUScheduleAttr schedule) {
  int64_t last = x.getRank() - 1;
  if (!isReduced(last) &&
      (x.isLastDimUnitStride() || op.getReductionAxes().empty())) {
    grouped = last;
    groupSize = std::max<int64_t>(schedule.getPanel(), 1);
  } else if (schedule.getRows() > 1) {
    for (int64_t axis : llvm::seq(x.getRank()))
      if (!isReduced(axis) && getConstantIntValue(extents[axis]) != 1)
        grouped = axis;
    groupSize = schedule.getRows();
  }
  // What is accumulated for each neighbour has a static size.
  if (grouped >= 0)
    if (auto extent = getConstantIntValue(extents[grouped]))
      groupSize = std::clamp<int64_t>(*extent, 1, groupSize);
  group = b.getIndexAttr(groupSize);
  if (grouped == last && schedule.getFarAspect() > 0)
    chooseWidth(schedule);
}

/// Of a panel whose terms say how wide it is.
void Tiler::chooseWidth(CPUScheduleAttr schedule) {
  IndexBuilder index(b, loc);
  Value width = index.mul(index.product(reducedExtents()),
                          index.constant(schedule.getFarAspect()));
  constexpr int64_t unit = 256;
  width = index.max(index.roundUp(width, unit), index.constant(unit));
  group = getAsOpFoldResult(index.min(width, index.constant(groupSize)));
  groupSize = getConstantIntValue(group).value_or(groupSize);
}

/// How many tasks a thread takes at once: those that hold `grain` bytes of x.
/// All of them where the threads rather share each task: where rows are cut
/// into parts (see Distribute.cpp) and few, unless each thread gets as many, or
/// too large for the cache of one core.
Value Tiler::chooseChunk(Value total, CPUScheduleAttr schedule) {
  constexpr int64_t few = 8, sharedBytes = 1 << 20;
  IndexBuilder index(b, loc);
  Value count = index.product(reducedExtents());
  Value taskBytes = index.mul(
      index.mul(count, index.constant(bytesOfElement(x.getElementType()))),
      index.value(group));
  Value chunk = tasksOfGrain(index, taskBytes, schedule.getGrain());
  Value hasParts = isCut(index, count, schedule);
  if (schedule.getPart() == 0 || getConstantIntValue(hasParts) == 0)
    return chunk;
  Value threads = MaxThreadsOp::create(b, loc);
  Value left = b.createOrFold<arith::RemUIOp>(loc, total, threads);
  Value isUneven = index.bitAnd(index.isLess(total, index.constant(few)),
                                index.isAtLeast(left, 1));
  Value isLarge = index.isAtLeast(taskBytes, sharedBytes);
  Value isShared = index.bitAnd(hasParts, index.bitOr(isUneven, isLarge));
  Value all = index.max(total, index.constant(1));
  return b.createOrFold<arith::SelectOp>(loc, isShared, all, chunk);
}

void Tiler::tile() {
  extents = memref::getMixedSizes(b, loc, op.getX());
  auto schedule = op->getAttrOfType<CPUScheduleAttr>("schedule");
  chooseGroup(schedule);
  SmallVector<int64_t> axes;
  SmallVector<OpFoldResult> counts;
  for (int64_t axis : llvm::seq(x.getRank())) {
    if (isReduced(axis))
      continue;
    axes.push_back(axis);
    OpFoldResult count = extents[axis];
    if (axis == grouped) {
      IndexBuilder index(b, loc);
      count = getAsOpFoldResult(
          index.ceilDiv(index.value(count), index.value(group)));
    }
    counts.push_back(count);
  }
  OpFoldResult total = b.getIndexAttr(1);
  for (OpFoldResult count : counts)
    total = affine::makeComposedFoldedAffineApply(
        b, loc, b.getAffineDimExpr(0) * b.getAffineSymbolExpr(0),
        {total, count});
  Value numTasks = getValueOrCreateConstantIndexOp(b, loc, total);
  Value index = emitTaskLoops(b, loc, numTasks, chooseChunk(numTasks, schedule),
                              schedule);
  SmallVector<Value> position;
  if (axes.size() == 1)
    position.push_back(index);
  else if (axes.size() > 1)
    llvm::append_range(position, affine::AffineDelinearizeIndexOp::create(
                                     b, loc, index, counts)
                                     .getResults());
  SmallVector<AxisTile> tiles = tileOfTask(axes, position);
  OperationState state(loc, op->getName());
  for (OpOperand &operand : op->getOpOperands())
    state.addOperands(viewOf(operand, tiles));
  state.addAttributes(op->getAttrs());
  b.create(state);
  b.eraseOp(op);
}

SmallVector<AxisTile> Tiler::tileOfTask(ArrayRef<int64_t> axes,
                                        ValueRange position) {
  SmallVector<AxisTile> tiles;
  for (int64_t axis : llvm::seq(x.getRank())) {
    if (isReduced(axis)) {
      tiles.push_back({b.getIndexAttr(0), extents[axis]});
      continue;
    }
    Value index = position[llvm::find(axes, axis) - axes.begin()];
    if (axis != grouped) {
      tiles.push_back({index, b.getIndexAttr(1)});
      continue;
    }
    AffineExpr d0 = b.getAffineDimExpr(0), s0 = b.getAffineSymbolExpr(0);
    OpFoldResult offset =
        affine::makeComposedFoldedAffineApply(b, loc, d0 * s0, {index, group});
    SmallVector<AffineExpr> bounds{b.getAffineConstantExpr(groupSize), s0 - d0};
    SmallVector<OpFoldResult> values{offset, extents[axis]};
    if (isa<Value>(group)) {
      bounds.push_back(b.getAffineSymbolExpr(1));
      values.push_back(group);
    }
    auto bound = AffineMap::get(1, values.size() - 1, bounds, b.getContext());
    std::optional<int64_t> extent = getConstantIntValue(extents[axis]);
    OpFoldResult size = group;
    if (isa<Value>(group) || !extent || *extent % groupSize != 0)
      size = affine::makeComposedFoldedAffineMin(b, loc, bound, values);
    tiles.push_back({offset, size});
  }
  return tiles;
}

Value Tiler::viewOf(OpOperand &operand, ArrayRef<AxisTile> tiles) {
  SmallVector<OpFoldResult> offsets, sizes;
  for (int64_t axis : op.getOperandAxes(operand)) {
    offsets.push_back(axis >= 0 ? tiles[axis].offset : b.getIndexAttr(0));
    sizes.push_back(axis >= 0 ? tiles[axis].size : b.getIndexAttr(1));
  }
  if (offsets.empty())
    return operand.get();
  // No subview begins within an axis of size 0; no memory is as good as any.
  auto type = cast<MemRefType>(operand.get().getType());
  if (llvm::is_contained(type.getShape(), 0)) {
    auto [shape, dynamic] = decomposeMixedValues(sizes);
    return memref::AllocaOp::create(
        b, loc, MemRefType::get(shape, type.getElementType()), dynamic);
  }
  SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
  return memref::SubViewOp::create(b, loc, operand.get(), offsets, sizes,
                                   strides);
}

/// Bytes that `op` moves for each element of x.
static int64_t bytesOfPoint(NormOpInterface op) {
  int64_t bytes = 0;
  size_t rank = op.getX().getType().getRank();
  for (OpOperand &operand : op->getOpOperands()) {
    SmallVector<int64_t> axes = op.getOperandAxes(operand);
    if (axes.size() == rank && !llvm::is_contained(axes, -1))
      bytes += bytesOfElement(getElementTypeOrSelf(operand.get().getType()));
  }
  return bytes;
}

/// Makes two norms of `op`, of which one runs: for those that move `far` bytes
/// of its schedule, and for those that move less. Only one where the type says
/// which.
static SmallVector<NormOpInterface> splitBySize(RewriterBase &b,
                                                NormOpInterface op) {
  auto schedule = op->getAttrOfType<CPUScheduleAttr>("schedule");
  if (schedule.getFar() == 0) {
    op->setAttr("schedule", schedule.ofNear());
    return {op};
  }
  b.setInsertionPoint(op);
  Location loc = op.getLoc();
  IndexBuilder index(b, loc);
  Value bytes =
      index.mul(index.product(memref::getMixedSizes(b, loc, op.getX())),
                index.constant(bytesOfPoint(op)));
  Value isFar = index.isAtLeast(bytes, schedule.getFar());
  if (std::optional<int64_t> known = getConstantIntValue(isFar)) {
    op->setAttr("schedule", *known ? schedule.ofFar() : schedule.ofNear());
    return {op};
  }
  auto branch = scf::IfOp::create(b, loc, isFar, /*withElseRegion=*/true);
  b.setInsertionPoint(branch.thenBlock()->getTerminator());
  auto far = cast<NormOpInterface>(b.clone(*op));
  far->setAttr("schedule", schedule.ofFar());
  b.moveOpBefore(op, branch.elseBlock()->getTerminator());
  op->setAttr("schedule", schedule.ofNear());
  return {far, op};
}

/// Whether the type says that there is nothing to write, not even a statistic.
static bool hasNoRows(NormOpInterface op) {
  for (auto [axis, extent] : llvm::enumerate(op.getX().getType().getShape()))
    if (extent == 0 && !llvm::is_contained(op.getReductionAxes(), axis))
      return true;
  return false;
}

namespace {
struct Tile : rmsnorm::impl::RMSNormTileBase<Tile> {
  void runOnOperation() override {
    SmallVector<NormOpInterface> ops;
    WalkResult result = getOperation()->walk([&](NormOpInterface op) {
      if (!isa<MemRefType>(op.getX().getType()) ||
          !op->getAttrOfType<CPUScheduleAttr>("schedule")) {
        op->emitOpError("expected a norm on memrefs with a cpu_schedule");
        return WalkResult::interrupt();
      }
      ops.push_back(op);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    for (NormOpInterface op : ops) {
      if (hasNoRows(op)) {
        rewriter.eraseOp(op);
        continue;
      }
      for (NormOpInterface part : splitBySize(rewriter, op)) {
        rewriter.setInsertionPoint(part);
        Tiler(rewriter, part).tile();
      }
    }
  }
};
} // namespace
