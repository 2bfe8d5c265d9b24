//===- BufferizableOpInterface.cpp - Norms on tensors to memrefs ----------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A norm on tensors becomes the same norm on memrefs. Destinations are written
// in full and never read. An element of the result depends on its row of x, but
// is written after the last read of the elements in its place: so a norm may
// write over x or the residual.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Interfaces/Interfaces.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace rmsnorm;

/// Whether `operand` has an element for each element of x, in its place.
static bool isLikeX(OpOperand &operand) {
  auto op = cast<NormOpInterface>(operand.getOwner());
  SmallVector<int64_t> axes = op.getOperandAxes(operand);
  int64_t rank = op.getX().getType().getRank();
  return llvm::equal(axes, llvm::seq<int64_t>(0, rank));
}

namespace {
template <typename Op>
struct BufferizableModel
    : DstBufferizableOpInterfaceExternalModel<BufferizableModel<Op>, Op> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  bool bufferizesToElementwiseAccess(Operation *, const AnalysisState &,
                                     ArrayRef<OpOperand *> operands) const {
    return llvm::all_of(operands,
                        [](OpOperand *operand) { return isLikeX(*operand); });
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto norm = cast<DestinationStyleOpInterface>(op);
    if (norm.hasPureBufferSemantics())
      return success();
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    rewriter.setInsertionPoint(op);
    OperationState onMemrefs(op->getLoc(), op->getName(), buffers,
                             /*types=*/{}, op->getAttrs());
    rewriter.create(onMemrefs);
    SmallVector<Value> results =
        llvm::map_to_vector(norm.getDpsInitsMutable(), [&](OpOperand &init) {
          return buffers[init.getOperandNumber()];
        });
    replaceOpWithBufferizedValues(rewriter, op, results);
    return success();
  }
};
} // namespace

void rmsnorm::registerBufferizableOpInterface(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RMSNormDialect *) {
    RMSNormOp::attachInterface<BufferizableModel<RMSNormOp>>(*context);
    MeanSquareOp::attachInterface<BufferizableModel<MeanSquareOp>>(*context);
    NormalizeOp::attachInterface<BufferizableModel<NormalizeOp>>(*context);
  });
}
