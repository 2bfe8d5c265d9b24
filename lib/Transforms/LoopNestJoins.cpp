//===- LoopNestJoins.cpp - How values and totals become one ---------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"
#include "TaskLoops.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace rmsnorm;

Value LoopNest::sumLanes(unsigned output, Value vector, int64_t width,
                         int64_t lanes) {
  for (int64_t half = width / 2; half >= lanes; half /= 2) {
    auto part = [&](int64_t offset) -> Value {
      if (half == 1)
        return vector::ExtractOp::create(b, loc, vector, offset);
      return vector::ShuffleOp::create(
          b, loc, vector, vector,
          llvm::to_vector(llvm::seq(offset, offset + half)));
    };
    Value low = part(0), high = part(half);
    vector = join(output, low, high);
  }
  return vector;
}

SmallVector<Value> LoopNest::sumLanesOfEach(ValueRange vectors, int64_t width,
                                            int64_t lanes) {
  SmallVector<Value> sums;
  for (auto [output, vector] : llvm::enumerate(vectors))
    sums.push_back(sumLanes(output, vector, width, lanes));
  return sums;
}

/// Whether two memrefs are of different allocations.
static bool areApart(Value lhs, Value rhs) {
  Operation *left = allocationOf(lhs), *right = allocationOf(rhs);
  return left && right && left != right;
}

/// The op before `op` that sets all of `memref` to 0, where nothing but other
/// memory is touched between the two.
static linalg::FillOp findZeroFill(linalg::GenericOp op, Value memref) {
  for (Operation *before = op->getPrevNode(); before;
       before = before->getPrevNode()) {
    auto fill = dyn_cast<linalg::FillOp>(before);
    if (fill && fill.getOutputs()[0] == memref) {
      Value value = fill.getInputs()[0];
      bool isZero = matchPattern(value, m_AnyZeroFloat()) ||
                    matchPattern(value, m_Zero());
      return isZero ? fill : linalg::FillOp();
    }
    bool isElsewhere = fill
                           ? areApart(fill.getOutputs()[0], memref)
                           : isMemoryEffectFree(before) ||
                                 isa<memref::AllocaOp, memref::AllocOp>(before);
    if (!isElsewhere)
      return {};
  }
  return {};
}

/// A sum that starts from 0 is written where it is finished, and the 0 is not.
void LoopNest::findZeroFills() {
  for (Value output : op.getDpsInits())
    zeroFills.push_back(findZeroFill(op, output));
}

/// What a chain of terms is summed in: what they are before they are extended
/// to the type of the output; bits that are counted, in as few bits as hold
/// their number before it is added to a total.
Type LoopNest::findChainType(unsigned output, Value term) {
  if (auto extend = term.getDefiningOp<arith::ExtFOp>();
      extend && joins[output] == Join::Add && extend.getIn().getType().isF32())
    return extend.getIn().getType();
  auto extend = term.getDefiningOp<arith::ExtUIOp>();
  if (joins[output] != Join::AddInteger || !extend ||
      !extend.getIn().getType().isInteger(1))
    return elementOf(output);
  int64_t width = schedule.getVector().front();
  int64_t most = schedule.getChain() *
                 std::max(width / keptLanes(width), schedule.getBlock());
  unsigned bits = 8;
  while (!llvm::isUIntN(bits, most))
    bits *= 2;
  return b.getIntegerType(
      std::min(bits, elementOf(output).getIntOrFloatBitWidth()));
}

LogicalResult LoopNest::findJoins() {
  if (op.getNumReductionLoops() == 0)
    return success();
  for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits())) {
    SmallVector<Operation *> combiners;
    Value reduced = matchReduction(op.getRegionOutputArgs(), output, combiners);
    if (!reduced || combiners.size() != 1)
      return op.emitOpError("expected a reduction, but got none for output ")
             << output;
    if (isa<arith::AddFOp>(combiners[0]))
      joins.push_back(Join::Add);
    else if (isa<arith::AddIOp>(combiners[0]))
      joins.push_back(Join::AddInteger);
    else if (isa<arith::MaximumFOp>(combiners[0]))
      joins.push_back(Join::Maximum);
    else
      return op.emitOpError("expected a sum or a maximum, but got ")
             << combiners[0]->getName();
    chainTypes.push_back(findChainType(output, reduced));
  }
  return success();
}

Value LoopNest::join(unsigned output, Value lhs, Value rhs) {
  switch (joins[output]) {
  case Join::Add:
    return arith::AddFOp::create(b, loc, lhs, rhs);
  case Join::AddInteger:
    return arith::AddIOp::create(b, loc, lhs, rhs);
  case Join::Maximum:
    return arith::MaximumFOp::create(b, loc, lhs, rhs);
  }
  llvm_unreachable("covered switch");
}

/// Sums of f32 are added up in f64, and those of f64 with the error of each
/// addition.
bool LoopNest::isCompensated(unsigned output) {
  return joins[output] == Join::Add && chainTypes[output].isF64();
}

/// a + b and, exactly, what the sum lost [Knuth, The Art of Computer
/// Programming 2, 4.2.2].
std::pair<Value, Value> LoopNest::twoSum(Value a, Value other) {
  auto add = [&](Value lhs, Value rhs) -> Value {
    return arith::AddFOp::create(b, loc, lhs, rhs);
  };
  auto subtract = [&](Value lhs, Value rhs) -> Value {
    return arith::SubFOp::create(b, loc, lhs, rhs);
  };
  Value sum = add(a, other);
  Value ofOther = subtract(sum, a);
  Value ofA = subtract(sum, ofOther);
  return {sum, add(subtract(a, ofA), subtract(other, ofOther))};
}

/// `total` and what it lost; an infinite total has lost nothing that counts.
Value LoopNest::compensate(Value total, Value lost) {
  Value isNumber =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ORD, lost, lost);
  Value sum = arith::AddFOp::create(b, loc, total, lost);
  return arith::SelectOp::create(b, loc, isNumber, sum, total);
}

size_t LoopNest::getNumTotals() {
  unsigned outputs = op.getNumDpsInits();
  return outputs + llvm::count_if(llvm::seq(outputs), [&](unsigned output) {
           return isCompensated(output);
         });
}

/// Zeros: the totals and, after them, what the compensated ones have lost.
SmallVector<Value> LoopNest::startTotals(int64_t width) {
  SmallVector<Value> totals = neutrals(width, /*widened=*/true);
  for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits()))
    if (isCompensated(output))
      totals.push_back(totals[output]);
  return totals;
}

SmallVector<Value> LoopNest::joinEach(ValueRange lhs, ValueRange rhs) {
  SmallVector<Value> results;
  for (auto [output, values] : llvm::enumerate(llvm::zip_equal(lhs, rhs)))
    results.push_back(join(output, std::get<0>(values), std::get<1>(values)));
  return results;
}

/// Adds sums to totals.
SmallVector<Value> LoopNest::joinAll(ValueRange totals, ValueRange sums) {
  SmallVector<Value> result, lost;
  unsigned next = sums.size();
  for (auto [output, sum] : llvm::enumerate(sums)) {
    if (!isCompensated(output)) {
      result.push_back(join(output, totals[output], widen(output, sum)));
      continue;
    }
    auto [total, error] = twoSum(totals[output], sum);
    result.push_back(total);
    lost.push_back(arith::AddFOp::create(b, loc, totals[next++], error));
  }
  result.append(lost);
  return result;
}

/// The totals, one for each output, in the type they are kept in.
SmallVector<Value> LoopNest::finishTotals(ValueRange totals) {
  SmallVector<Value> results;
  unsigned next = op.getNumDpsInits();
  for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits())) {
    Value total = totals[output];
    if (isCompensated(output))
      total = compensate(total, totals[next++]);
    results.push_back(total);
  }
  return results;
}

static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

Value LoopNest::widen(unsigned output, Value value) {
  if (joins[output] == Join::AddInteger)
    return narrow(output, value);
  if (joins[output] != Join::Add ||
      !getElementTypeOrSelf(value.getType()).isF32())
    return value;
  return arith::ExtFOp::create(
      b, loc, withElement(value.getType(), b.getF64Type()), value);
}

SmallVector<Value> LoopNest::widenEach(ValueRange values) {
  SmallVector<Value> wide;
  for (auto [output, value] : llvm::enumerate(values))
    wide.push_back(widen(output, value));
  return wide;
}

Value LoopNest::narrow(unsigned output, Value value) {
  Type type = withElement(value.getType(), elementOf(output));
  if (type == value.getType())
    return value;
  if (joins[output] == Join::AddInteger)
    return arith::ExtUIOp::create(b, loc, type, value);
  return arith::TruncFOp::create(b, loc, type, value);
}

/// Zeros: every term is a magnitude, a square or a count.
SmallVector<Value> LoopNest::neutrals(int64_t width, bool widened) {
  SmallVector<Value> values;
  for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits())) {
    Type type = ElementwiseEmitter::vectorOf(chainTypes[output], width);
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    values.push_back(widened ? widen(output, zero) : zero);
  }
  return values;
}
