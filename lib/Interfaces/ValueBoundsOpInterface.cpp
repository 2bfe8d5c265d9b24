//===- ValueBoundsOpInterface.cpp - Sizes of a norm's results -------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A dimension of a result has the size of its destination's, and that of the
// axis of x it runs along. Fusion relies on it to see that a tile of a consumer
// has all of a reduced axis.
//
//===----------------------------------------------------------------------===//

#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Interfaces/Interfaces.h"

using namespace mlir;
using namespace rmsnorm;

namespace {
template <typename Op>
struct ValueBoundsModel
    : ValueBoundsOpInterface::ExternalModel<ValueBoundsModel<Op>, Op> {
  void populateBoundsForShapedValueDim(Operation *op, Value value, int64_t dim,
                                       ValueBoundsConstraintSet &bounds) const {
    auto norm = cast<NormOpInterface>(op);
    OpOperand *init = cast<DestinationStyleOpInterface>(op).getTiedOpOperand(
        cast<OpResult>(value));
    int64_t axis = norm.getOperandAxes(*init)[dim];
    bounds.bound(value)[dim] == bounds.getExpr(init->get(), dim);
    if (axis >= 0)
      bounds.bound(value)[dim] == bounds.getExpr(norm.getX(), axis);
  }
};
} // namespace

void rmsnorm::registerValueBoundsOpInterface(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RMSNormDialect *) {
    RMSNormOp::attachInterface<ValueBoundsModel<RMSNormOp>>(*context);
    MeanSquareOp::attachInterface<ValueBoundsModel<MeanSquareOp>>(*context);
    NormalizeOp::attachInterface<ValueBoundsModel<NormalizeOp>>(*context);
  });
}
