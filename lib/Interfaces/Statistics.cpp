//===- Statistics.cpp - Sums, counts and means on tensors -----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace rmsnorm;

SmallVector<Value> rmsnorm::createRoom(OpBuilder &b, Location loc,
                                       ArrayRef<OpFoldResult> sizes,
                                       FloatType type) {
  Value sum = tensor::EmptyOp::create(b, loc, sizes, type);
  Value count = tensor::EmptyOp::create(b, loc, sizes, type);
  return {sum, count};
}

Value rmsnorm::createFilled(OpBuilder &b, Location loc, Value room,
                            double number) {
  Type type = getElementTypeOrSelf(room.getType());
  Value constant =
      arith::ConstantOp::create(b, loc, b.getFloatAttr(type, number));
  return linalg::FillOp::create(b, loc, constant, room).getResult(0);
}

linalg::GenericOp rmsnorm::divide(OpBuilder &b, MeanSquareOp op,
                                  ValueRange totals) {
  int64_t rank = op.getRank();
  SmallVector<AffineMap> maps(3, b.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
      b, op.getLoc(), op->getResultTypes(), totals, op.getOut(), maps,
      iterators, [](OpBuilder &b, Location loc, ValueRange args) {
        Value mean = arith::DivFOp::create(b, loc, args[0], args[1]);
        linalg::YieldOp::create(b, loc, mean);
      });
}
