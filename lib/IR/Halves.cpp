//===- Halves.cpp - A norm as its two halves ------------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/IR/Halves.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rmsnorm;

LogicalResult rmsnorm::checkHasHalves(RMSNormOp op, StringRef purpose) {
  auto refuse = [&](StringRef part) {
    return op.emitOpError() << "expected a norm without " << part << " to "
                            << purpose << ", but got one with it";
  };
  if (op.getStable())
    return refuse("stable");
  if (op.getDeviceGroup())
    return refuse("device_group");
  return success();
}

Value rmsnorm::createStatisticRoom(OpBuilder &b, RMSNormOp op) {
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

MeanSquareOp rmsnorm::createMeanSquare(OpBuilder &b, RMSNormOp op, Value room,
                                       Value countRoom) {
  SmallVector<Type> types;
  for (Value init : {room, countRoom})
    if (init && isa<RankedTensorType>(init.getType()))
      types.push_back(init.getType());
  return MeanSquareOp::create(b, op.getLoc(), types, op.getX(),
                              op.getResidual(), op.getMask(), room, countRoom,
                              op.getReductionAxes(), op.getScheduleAttr());
}

NormalizeOp rmsnorm::createNormalize(OpBuilder &b, RMSNormOp op,
                                     Value statistic, Value count) {
  return NormalizeOp::create(
      b, op.getLoc(), op->getResultTypes(), op.getX(), statistic, count,
      op.getScale(), op.getBias(), op.getResidual(), op.getOut(),
      op.getResidualOut(), op.getRstdOut(), op.getReductionAxes(),
      op.getFeatureAxes(), op.getEpsilon(), op.getScaleOffset(),
      op.getCastOrder(), op.getScheduleAttr());
}
