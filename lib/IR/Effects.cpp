//===- Effects.cpp - Effects, speculation, shapes and names ---------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "rmsnorm/IR/RMSNorm.h"

using namespace mlir;
using namespace rmsnorm;

using EffectList =
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

/// Memref inputs are read, memref inits are written and never read.
static void addEffects(DestinationStyleOpInterface op, EffectList &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    MemoryEffects::Effect *effect =
        op.isDpsInit(&operand)
            ? static_cast<MemoryEffects::Effect *>(MemoryEffects::Write::get())
            : MemoryEffects::Read::get();
    effects.emplace_back(effect, &operand, /*stage=*/0,
                         /*effectOnFullRegion=*/true,
                         SideEffects::DefaultResource::get());
  }
}

void RMSNormOp::getEffects(EffectList &effects) {
  addEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}
void MeanSquareOp::getEffects(EffectList &effects) {
  addEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}
void NormalizeOp::getEffects(EffectList &effects) {
  addEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

static Speculation::Speculatability speculatability(Operation *op) {
  bool isStatic = llvm::all_of(op->getOperandTypes(), [](Type type) {
    return cast<ShapedType>(type).hasStaticShape();
  });
  return isStatic ? Speculation::Speculatable : Speculation::NotSpeculatable;
}

Speculation::Speculatability RMSNormOp::getSpeculatability() {
  return speculatability(*this);
}
Speculation::Speculatability MeanSquareOp::getSpeculatability() {
  return speculatability(*this);
}
Speculation::Speculatability NormalizeOp::getSpeculatability() {
  return speculatability(*this);
}

/// A result has the size of x along each axis that it runs along, else 1.
template <typename Op>
static LogicalResult reify(Op op, OpBuilder &builder,
                           ReifiedRankedShapedTypeDims &shapes) {
  Location loc = op.getLoc();
  for (OpOperand &init : op.getDpsInitsMutable()) {
    if (!isa<RankedTensorType>(init.get().getType()))
      continue;
    SmallVector<OpFoldResult> &shape = shapes.emplace_back();
    for (int64_t axis : op.getOperandAxes(init))
      shape.push_back(
          axis < 0 ? builder.getIndexAttr(1)
                   : tensor::getMixedSize(builder, loc, op.getX(), axis));
  }
  return success();
}

LogicalResult
RMSNormOp::reifyResultShapes(OpBuilder &builder,
                             ReifiedRankedShapedTypeDims &shapes) {
  return reify(*this, builder, shapes);
}
LogicalResult
MeanSquareOp::reifyResultShapes(OpBuilder &builder,
                                ReifiedRankedShapedTypeDims &shapes) {
  return reify(*this, builder, shapes);
}
LogicalResult
NormalizeOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &shapes) {
  return reify(*this, builder, shapes);
}

/// Names the results in the order of the inits that are there.
static void setNames(ResultRange results, ValueRange inits,
                     ArrayRef<StringRef> names, OpAsmSetValueNameFn setName) {
  unsigned next = 0;
  for (auto [init, name] : llvm::zip_equal(inits, names))
    if (init && next < results.size())
      setName(results[next++], name);
}

void RMSNormOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setNames(getResults(), {getOut(), getResidualOut(), getRstdOut()},
           {"y", "h", "rstd"}, setName);
}
void MeanSquareOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setNames(getResults(), {getOut(), getCountOut()},
           {getCountOut() ? "sum" : "ms", "count"}, setName);
}
void NormalizeOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setNames(getResults(), {getOut(), getResidualOut(), getRstdOut()},
           {"y", "h", "rstd"}, setName);
}
