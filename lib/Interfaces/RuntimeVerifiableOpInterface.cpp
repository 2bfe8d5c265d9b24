//===- RuntimeVerifiableOpInterface.cpp - Shapes checked at run time ------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What the verifier cannot see of dynamic shapes is asserted before the op:
// every dimension of an operand has the size of the axis of x it runs along, or
// size 1 where it runs along none. Nothing is checked that the types say.
//
//===----------------------------------------------------------------------===//

#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"
#include "OperandNames.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Interfaces/Interfaces.h"

using namespace mlir;
using namespace rmsnorm;

static Value createSize(OpBuilder &b, Location loc, Value shaped, int64_t dim) {
  if (isa<MemRefType>(shaped.getType()))
    return memref::DimOp::create(b, loc, shaped, dim);
  return tensor::DimOp::create(b, loc, shaped, dim);
}

namespace {
/// What one dimension of an operand has to be at run time.
struct Check {
  StringRef name;
  Value operand;
  int64_t dim;
  /// The axis of x, or -1.
  int64_t axis;
};
} // namespace

/// Whether the types leave `check` to run time.
static bool isOpen(const Check &check, ShapedType x) {
  int64_t size =
      cast<ShapedType>(check.operand.getType()).getDimSize(check.dim);
  int64_t expected = check.axis < 0 ? 1 : x.getDimSize(check.axis);
  return ShapedType::isDynamic(size) || ShapedType::isDynamic(expected);
}

static std::string messageOf(const Check &check, ShapedType x) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "expected dimension " << check.dim << " of " << check.name
     << " to have ";
  if (check.axis < 0)
    os << "size 1";
  else if (!x.isDynamicDim(check.axis))
    os << "size " << x.getDimSize(check.axis);
  else
    os << "the size of x's axis " << check.axis;
  os << ", but got another";
  return text;
}

template <typename Op>
static SmallVector<Check> findChecks(Op op) {
  SmallVector<Check> checks;
  for (OpOperand &operand : op->getOpOperands()) {
    // x itself, also where it is the destination.
    if (operand.get() == op.getX())
      continue;
    for (auto [dim, axis] : llvm::enumerate(op.getOperandAxes(operand))) {
      Check check{nameOf(operand), operand.get(), static_cast<int64_t>(dim),
                  axis};
      if (isOpen(check, op.getX().getType()))
        checks.push_back(check);
    }
  }
  return checks;
}

namespace {
template <typename Op>
struct RuntimeVerifiableModel
    : RuntimeVerifiableOpInterface::ExternalModel<RuntimeVerifiableModel<Op>,
                                                  Op> {
  void generateRuntimeVerification(
      Operation *op, OpBuilder &b, Location loc,
      function_ref<std::string(Operation *, StringRef)> explain) const {
    auto norm = cast<Op>(op);
    ShapedType x = norm.getX().getType();
    for (const Check &check : findChecks(norm)) {
      Value size = createSize(b, loc, check.operand, check.dim);
      Value expected =
          check.axis < 0 ? arith::ConstantIndexOp::create(b, loc, 1).getResult()
                         : createSize(b, loc, norm.getX(), check.axis);
      Value fits = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, size,
                                         expected);
      cf::AssertOp::create(b, loc, fits, explain(op, messageOf(check, x)));
    }
  }
};
} // namespace

void rmsnorm::registerRuntimeVerifiableOpInterface(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RMSNormDialect *) {
    // The ops of the checks; the pass that asks for them does not know them.
    context->loadDialect<arith::ArithDialect, cf::ControlFlowDialect>();
    RMSNormOp::attachInterface<RuntimeVerifiableModel<RMSNormOp>>(*context);
    MeanSquareOp::attachInterface<RuntimeVerifiableModel<MeanSquareOp>>(
        *context);
    NormalizeOp::attachInterface<RuntimeVerifiableModel<NormalizeOp>>(*context);
  });
}
