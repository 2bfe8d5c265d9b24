//===- ElementwiseBody.cpp - What the body of a linalg op computes --------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementwiseEmitter.h"
#include "EvenOdd.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace rmsnorm;

Value ElementwiseEmitter::lookup(Value value, int64_t width) {
  // Values from outside the body stand for themselves.
  return broadcast(mapping.lookupOrDefault(value), width);
}

/// complex.re, complex.im and complex.create on pairs.
bool ElementwiseEmitter::cloneComplex(Operation &inner, int64_t width) {
  if (auto part = dyn_cast<complex::ReOp>(inner)) {
    mapping.map(part.getResult(), complexNumbers[part.getComplex()].re);
    return true;
  }
  if (auto part = dyn_cast<complex::ImOp>(inner)) {
    mapping.map(part.getResult(), complexNumbers[part.getComplex()].im);
    return true;
  }
  if (auto create = dyn_cast<complex::CreateOp>(inner)) {
    complexNumbers[create.getResult()] = {lookup(create.getReal(), width),
                                          lookup(create.getImaginary(), width)};
    return true;
  }
  return false;
}

/// The accumulator that `inner`, an AddOp, adds the result of a TermOp to; null
/// where it is another op.
template <typename AddOp, typename TermOp>
static BlockArgument matchAccumulation(linalg::GenericOp op, Operation &inner,
                                       TermOp &term) {
  auto add = dyn_cast<AddOp>(inner);
  auto accumulator = add ? dyn_cast<BlockArgument>(add.getLhs()) : nullptr;
  if (!accumulator || accumulator.getArgNumber() < op.getNumDpsInputs())
    return {};
  term = add.getRhs().template getDefiningOp<TermOp>();
  return term ? accumulator : BlockArgument();
}

/// acc + a · b, for an accumulator, as llvm.intr.fmuladd: one instruction where
/// the target has it, two where it has not, and never a library call.
Value ElementwiseEmitter::fuseMultiplyAdd(Value accumulator,
                                          arith::MulFOp multiply,
                                          int64_t width) {
  return LLVM::FMulAddOp::create(b, loc, accumulator.getType(),
                                 lookup(multiply.getLhs(), width),
                                 lookup(multiply.getRhs(), width), accumulator);
}

/// accumulator + term, where it is a product, or where it is one of a chain
/// that is added to a wider total.
Value ElementwiseEmitter::addTerm(Operation &inner, int64_t width) {
  arith::MulFOp multiply;
  if (auto total = matchAccumulation<arith::AddFOp>(op, inner, multiply))
    return fuseMultiplyAdd(lookup(total, width), multiply, width);
  arith::ExtFOp extend;
  auto total = matchAccumulation<arith::AddFOp>(op, inner, extend);
  Value chain = total ? lookup(total, width) : Value();
  if (!chain || getElementTypeOrSelf(chain) != extend.getIn().getType())
    return {};
  if (auto multiply = extend.getIn().getDefiningOp<arith::MulFOp>())
    return fuseMultiplyAdd(chain, multiply, width);
  return arith::AddFOp::create(b, loc, chain, lookup(extend.getIn(), width));
}

/// accumulator + 1 where a mask is true, in the type of the accumulator.
Value ElementwiseEmitter::countMask(Operation &inner, int64_t width) {
  arith::ExtUIOp extend;
  BlockArgument accumulator =
      matchAccumulation<arith::AddIOp>(op, inner, extend);
  if (!accumulator || !extend.getIn().getType().isInteger(1))
    return {};
  Value count = lookup(accumulator, width);
  Value bytes = width > 1 ? masks.lookup(extend.getIn()) : Value();
  Value term = bytes ? bytes : lookup(extend.getIn(), width);
  if (term.getType() != count.getType())
    term = arith::ExtUIOp::create(b, loc, count.getType(), term);
  return arith::AddIOp::create(b, loc, count, term);
}

/// What a mask of bytes, 0 or 1, leaves of a vector of floats, by arithmetic on
/// bits: vectors of i1 make LLVM take the vector apart, or convert the mask
/// lane by lane.
Value ElementwiseEmitter::selectBits(Operation &inner, int64_t width) {
  auto select = dyn_cast<arith::SelectOp>(inner);
  Value bytes =
      select && width > 1 ? masks.lookup(select.getCondition()) : Value();
  if (!bytes || !isa<FloatType>(select.getType()) ||
      !matchPattern(select.getFalseValue(), m_PosZeroFloat()))
    return {};
  Value value = lookup(select.getTrueValue(), width);
  auto type = cast<VectorType>(value.getType());
  VectorType bitsType =
      type.clone(b.getIntegerType(type.getElementTypeBitWidth()));
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(bitsType));
  if (bytes.getType() != bitsType)
    bytes = arith::ExtUIOp::create(b, loc, bitsType, bytes);
  Value bits = arith::AndIOp::create(
      b, loc, arith::BitcastOp::create(b, loc, bitsType, value),
      arith::SubIOp::create(b, loc, zero, bytes));
  return arith::BitcastOp::create(b, loc, type, bits);
}

void ElementwiseEmitter::cloneOp(Operation &inner, int64_t width) {
  if (cloneComplex(inner, width))
    return;
  Value result = inner.getResult(0);
  if (auto constant = dyn_cast<arith::ConstantOp>(inner)) {
    TypedAttr value = constant.getValue();
    if (width > 1)
      value = SplatElementsAttr::get(
          cast<VectorType>(vectorOf(constant.getType(), width)), value);
    mapping.map(result, arith::ConstantOp::create(b, loc, value));
    return;
  }
  // The memref was reinterpreted already.
  if (auto cast = dyn_cast<UnrealizedConversionCastOp>(inner)) {
    mapping.map(result, lookup(cast.getOperand(0), width));
    return;
  }
  if (isConvertedInMemory(inner, width)) {
    mapping.map(result, lookup(inner.getOperand(0), width));
    return;
  }
  if (widensSelected(&inner) && usesEvenOdd(width) && selectsInOrder()) {
    mapping.map(result,
                widenEvenOdd(b, loc, lookup(inner.getOperand(0), width)));
    return;
  }
  if (Value selected = selectBits(inner, width)) {
    mapping.map(result, selected);
    return;
  }
  if (Value count = countMask(inner, width)) {
    mapping.map(result, count);
    return;
  }
  if (Value sum = addTerm(inner, width)) {
    mapping.map(result, sum);
    return;
  }
  OperationState state(loc, inner.getName());
  for (Value operand : inner.getOperands())
    state.addOperands(lookup(operand, width));
  state.addTypes(vectorOf(result.getType(), width));
  state.addAttributes(inner.getAttrs());
  mapping.map(result, b.create(state)->getResult(0));
}

SmallVector<Value> ElementwiseEmitter::compute(int64_t width,
                                               ValueRange accumulators) {
  Block *body = op.getBody();
  for (OpOperand &operand : op->getOpOperands()) {
    BlockArgument argument = body->getArgument(operand.getOperandNumber());
    if (argument.use_empty())
      continue;
    if (op.isDpsInit(&operand) && !accumulators.empty()) {
      unsigned output = operand.getOperandNumber() - op.getNumDpsInputs();
      mapping.map(argument, accumulators[output]);
      continue;
    }
    auto loaded = shared.find(operand.getOperandNumber());
    Number number =
        loaded == shared.end() ? load(operand, width) : loaded->second;
    if (number.im)
      complexNumbers[argument] = number;
    else
      mapping.map(argument, number.re);
  }
  for (Operation &inner : body->without_terminator())
    cloneOp(inner, width);
  SmallVector<Value> results;
  for (Value yielded : body->getTerminator()->getOperands())
    results.push_back(complexNumbers.contains(yielded)
                          ? complexNumbers[yielded].re
                          : lookup(yielded, width));
  return results;
}
