//===- Split.cpp - Norms to their two halves ------------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "rmsnorm/IR/Halves.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMSPLIT
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

static void split(RMSNormOp op) {
  OpBuilder b(op);
  bool isTensor = isa<RankedTensorType>(op.getX().getType());
  SmallVector<Value> room{createStatisticRoom(b, op)};
  // Without a mask the mean is over a number of positions that is known.
  if (op.getMask())
    room.push_back(createStatisticRoom(b, op));
  MeanSquareOp first =
      createMeanSquare(b, op, room[0], op.getMask() ? room[1] : Value());
  SmallVector<Value> statistic(isTensor ? ValueRange(first.getResults())
                                        : ValueRange(room));
  NormalizeOp second = createNormalize(b, op, statistic[0],
                                       op.getMask() ? statistic[1] : Value());
  if (!isTensor)
    for (Value buffer : room)
      memref::DeallocOp::create(b, op.getLoc(), buffer);
  op->replaceAllUsesWith(second);
  op.erase();
}

namespace {
struct Split : rmsnorm::impl::RMSNormSplitBase<Split> {
  void runOnOperation() override {
    SmallVector<RMSNormOp> ops;
    getOperation()->walk([&](RMSNormOp op) { ops.push_back(op); });
    for (RMSNormOp op : ops)
      if (failed(checkHasHalves(op, "split")))
        return signalPassFailure();
    llvm::for_each(ops, split);
  }
};
} // namespace
