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
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
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
  void chooseGroup(CPUScheduleAttr schedule);
  OpFoldResult tasksOfGrain(int64_t grain);
  Value emitTaskLoops(OpFoldResult total, CPUScheduleAttr schedule);
  SmallVector<AxisTile> tileOfTask(ArrayRef<int64_t> axes, ValueRange position);
  Value viewOf(OpOperand &operand, ArrayRef<AxisTile> tiles);

  RewriterBase &b;
  Location loc;
  NormOpInterface op;
  MemRefType x;
  SmallVector<OpFoldResult> extents;
  /// The axis that a task holds several neighbours on, or -1, and how many.
  int64_t grouped = -1, groupSize = 1;
};
} // namespace

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
}

/// Tasks that together hold `grain` bytes of x, and one at least.
OpFoldResult Tiler::tasksOfGrain(int64_t grain) {
  Type element = x.getElementType();
  int64_t bytes = 1;
  if (auto complex = dyn_cast<ComplexType>(element)) {
    element = complex.getElementType();
    bytes = 2;
  }
  bytes *= llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  AffineExpr product = b.getAffineConstantExpr(bytes);
  SmallVector<OpFoldResult> sizes;
  for (int64_t axis : llvm::seq(x.getRank())) {
    if (axis == grouped)
      product = product * groupSize;
    if (!isReduced(axis))
      continue;
    product = product * b.getAffineSymbolExpr(sizes.size());
    sizes.push_back(extents[axis]);
  }
  auto map = AffineMap::get(0, sizes.size(), product, b.getContext());
  OpFoldResult taskBytes =
      affine::makeComposedFoldedAffineApply(b, loc, map, sizes);
  if (std::optional<int64_t> known = getConstantIntValue(taskBytes))
    return b.getIndexAttr(
        std::max<int64_t>(1, grain / std::max<int64_t>(1, *known)));
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value divisor = arith::MaxUIOp::create(b, loc, cast<Value>(taskBytes), one);
  Value count = arith::DivUIOp::create(
      b, loc, arith::ConstantIndexOp::create(b, loc, grain), divisor);
  return arith::MaxUIOp::create(b, loc, count, one).getResult();
}

/// A parallel loop over chunks of tasks and, within it, a loop over the tasks
/// of a chunk. Returns the number of the task.
Value Tiler::emitTaskLoops(OpFoldResult total, CPUScheduleAttr schedule) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value upper = getValueOrCreateConstantIndexOp(b, loc, total);
  Value chunk = getValueOrCreateConstantIndexOp(
      b, loc, tasksOfGrain(schedule.getGrain()));
  auto chunks = scf::ParallelOp::create(b, loc, zero, upper, chunk);
  chunks->setAttr("rmsnorm.schedule", schedule);
  b.setInsertionPointToStart(chunks.getBody());
  Value begin = chunks.getInductionVars()[0];
  Value end = arith::MinUIOp::create(
      b, loc, arith::AddIOp::create(b, loc, begin, chunk), upper);
  auto tasks = scf::ForOp::create(b, loc, begin, end, one);
  b.setInsertionPointToStart(tasks.getBody());
  return tasks.getInductionVar();
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
      AffineExpr size = b.getAffineDimExpr(0);
      count = affine::makeComposedFoldedAffineApply(
          b, loc, size.ceilDiv(groupSize), {count});
    }
    counts.push_back(count);
  }
  OpFoldResult total = b.getIndexAttr(1);
  for (OpFoldResult count : counts)
    total = affine::makeComposedFoldedAffineApply(
        b, loc, b.getAffineDimExpr(0) * b.getAffineSymbolExpr(0),
        {total, count});
  Value index = emitTaskLoops(total, schedule);
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
        affine::makeComposedFoldedAffineApply(b, loc, d0 * groupSize, {index});
    auto bound = AffineMap::get(
        1, 1, {b.getAffineConstantExpr(groupSize), s0 - d0}, b.getContext());
    std::optional<int64_t> extent = getConstantIntValue(extents[axis]);
    OpFoldResult size = b.getIndexAttr(groupSize);
    if (!extent || *extent % groupSize != 0)
      size = affine::makeComposedFoldedAffineMin(b, loc, bound,
                                                 {offset, extents[axis]});
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
      rewriter.setInsertionPoint(op);
      Tiler(rewriter, op).tile();
    }
  }
};
} // namespace
