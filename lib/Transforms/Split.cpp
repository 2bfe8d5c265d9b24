//===- Split.cpp - Norms to their two halves ------------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMSPLIT
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

/// The halves have no place for what these say.
static LogicalResult checkIsPlain(RMSNormOp op) {
  if (op.getStable())
    return op.emitOpError() << "expected a norm without stable to split, but "
                               "got one with it";
  if (op.getDeviceGroup())
    return op.emitOpError() << "expected a norm without device_group to split, "
                               "but got one with it";
  return success();
}

/// Room for one number of the statistics type a row.
static Value createStatistic(OpBuilder &b, RMSNormOp op) {
  Location loc = op.getLoc();
  bool isTensor = isa<RankedTensorType>(op.getX().getType());
  SmallVector<OpFoldResult> sizes =
      isTensor ? tensor::getMixedSizes(b, loc, op.getX())
               : memref::getMixedSizes(b, loc, op.getX());
  for (int64_t axis : op.getReductionAxes())
    sizes[axis] = b.getIndexAttr(1);
  FloatType element = op.getStatisticsType();
  if (isTensor)
    return tensor::EmptyOp::create(b, loc, sizes, element);
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamic;
  dispatchIndexOpFoldResults(sizes, dynamic, shape);
  return memref::AllocOp::create(b, loc, MemRefType::get(shape, element),
                                 dynamic);
}

static void split(RMSNormOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  bool isTensor = isa<RankedTensorType>(op.getX().getType());
  SmallVector<Value> room{createStatistic(b, op)};
  // Without a mask the mean is over a number of positions that is known.
  if (op.getMask())
    room.push_back(createStatistic(b, op));
  TypeRange types = isTensor ? TypeRange(ValueRange(room)) : TypeRange();
  auto first = MeanSquareOp::create(
      b, loc, types, op.getX(), op.getResidual(), op.getMask(), room[0],
      op.getMask() ? room[1] : Value(), op.getReductionAxes(),
      op.getScheduleAttr());
  SmallVector<Value> statistic(isTensor ? ValueRange(first.getResults())
                                        : ValueRange(room));
  auto second = NormalizeOp::create(
      b, loc, op->getResultTypes(), op.getX(), statistic[0],
      op.getMask() ? statistic[1] : Value(), op.getScale(), op.getBias(),
      op.getResidual(), op.getOut(), op.getResidualOut(), op.getRstdOut(),
      op.getReductionAxes(), op.getFeatureAxes(), op.getEpsilon(),
      op.getScaleOffset(), op.getCastOrder(), op.getScheduleAttr());
  if (!isTensor)
    for (Value buffer : room)
      memref::DeallocOp::create(b, loc, buffer);
  op->replaceAllUsesWith(second);
  op.erase();
}

namespace {
struct Split : rmsnorm::impl::RMSNormSplitBase<Split> {
  void runOnOperation() override {
    SmallVector<RMSNormOp> ops;
    getOperation()->walk([&](RMSNormOp op) { ops.push_back(op); });
    for (RMSNormOp op : ops)
      if (failed(checkIsPlain(op)))
        return signalPassFailure();
    llvm::for_each(ops, split);
  }
};
} // namespace
