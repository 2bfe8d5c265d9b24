//===- Tiles.cpp - Parts of a norm's index space --------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tiles.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace rmsnorm;

SmallVector<OpFoldResult> rmsnorm::extentsOf(OpBuilder &builder,
                                             NormOpInterface op) {
  if (isa<MemRefType>(op.getX().getType()))
    return memref::getMixedSizes(builder, op.getLoc(), op.getX());
  return tensor::getMixedSizes(builder, op.getLoc(), op.getX());
}

/// Whether `size` reads the size of `shaped` on `axis`.
static bool isDimOf(Value size, Value shaped, int64_t axis) {
  auto dim = size.getDefiningOp<ShapedDimOpInterface>();
  return dim && dim.getShapedValue() == shaped &&
         getConstantIntValue(dim.getDimension()) == axis;
}

bool rmsnorm::isWholeAxis(NormOpInterface op, int64_t axis, OpFoldResult size) {
  Value x = op.getX();
  int64_t extent = op.getX().getType().getDimSize(axis);
  if (std::optional<int64_t> known = getConstantIntValue(size))
    if (!ShapedType::isDynamic(extent))
      return *known == extent;
  if (auto value = dyn_cast<Value>(size); value && isDimOf(value, x, axis))
    return true;
  FailureOr<bool> isEqual = ValueBoundsConstraintSet::areEqual(
      ValueBoundsConstraintSet::Variable(size),
      ValueBoundsConstraintSet::Variable(x, axis));
  return succeeded(isEqual) && *isEqual;
}

Tile rmsnorm::tileOfOperand(OpBuilder &builder, OpOperand &operand,
                            const Tile &tile) {
  auto op = cast<NormOpInterface>(operand.getOwner());
  Tile result;
  for (int64_t axis : op.getOperandAxes(operand)) {
    result.offsets.push_back(axis < 0 ? OpFoldResult(builder.getIndexAttr(0))
                                      : tile.offsets[axis]);
    result.sizes.push_back(axis < 0 ? OpFoldResult(builder.getIndexAttr(1))
                                    : tile.sizes[axis]);
  }
  return result;
}

/// Whether `tile` has all that `operand` runs along.
static bool isAllOf(OpOperand &operand, const Tile &tile) {
  auto op = cast<NormOpInterface>(operand.getOwner());
  return llvm::all_of(op.getOperandAxes(operand), [&](int64_t axis) {
    return axis < 0 || (isZeroInteger(tile.offsets[axis]) &&
                        isWholeAxis(op, axis, tile.sizes[axis]));
  });
}

Value rmsnorm::sliceOf(OpBuilder &builder, OpOperand &operand, const Tile &tile,
                       SmallVectorImpl<Operation *> &slices) {
  Value value = operand.get();
  if (isAllOf(operand, tile))
    return value;
  Location loc = operand.getOwner()->getLoc();
  auto [offsets, sizes] = tileOfOperand(builder, operand, tile);
  SmallVector<OpFoldResult> strides(sizes.size(), builder.getIndexAttr(1));
  Operation *slice;
  if (isa<MemRefType>(value.getType()))
    slice =
        memref::SubViewOp::create(builder, loc, value, offsets, sizes, strides);
  else
    slice = tensor::ExtractSliceOp::create(builder, loc, value, offsets, sizes,
                                           strides);
  slices.push_back(slice);
  return slice->getResult(0);
}
