//===- LoopNestTails.cpp - What is left of a row after whole vectors ------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Where the length of a row is known, what is left of it, shorter than the last
// step of more than one element, is a tail: a vector of that step that ends
// where the row does. The elements before what is left are computed once more,
// or read and not counted.
//

#include "EvenOdd.h"
#include "LoopNest.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace rmsnorm;

/// Lanes of the vector that a row ends with, where that is a tail.
std::optional<int64_t> LoopNest::tailWidth(ArrayRef<int64_t> steps) {
  std::optional<int64_t> length =
      getConstantIntValue(extents[emitter.vectorLoop]);
  if (!length || steps.size() < 2)
    return std::nullopt;
  int64_t width = *std::next(steps.rbegin());
  bool isLeft = *length >= width && *length % width != 0;
  return isLeft ? std::optional(width) : std::nullopt;
}

Value LoopNest::tailBegin(int64_t width) {
  return constant(*getConstantIntValue(extents[emitter.vectorLoop]) - width);
}

/// Before the first store of the row: results may take the place of inputs.
void LoopNest::computeTail() {
  tail.clear();
  std::optional<int64_t> width = tailWidth(elementwiseSteps());
  if (!width || !emitter.isContiguous())
    return;
  emitter.indices[emitter.vectorLoop] = tailBegin(*width);
  tail = emitter.computeForMemoryUnconverted(*width);
}

ArrayRef<int64_t> LoopNest::stepsBeforeTail() {
  return tail.empty() ? elementwiseSteps() : elementwiseSteps().drop_back();
}

void LoopNest::storeTail() {
  if (tail.empty())
    return;
  int64_t width = *tailWidth(elementwiseSteps());
  emitter.indices[emitter.vectorLoop] = tailBegin(width);
  emitter.storeConverted(tail, width);
}

/// One accumulation of the last `width` elements of a row, 0 in those that
/// steps before it have taken. Also where they are no neighbours in memory: the
/// sum is the same then.
SmallVector<Value> LoopNest::sumTail(int64_t width) {
  int64_t length = *getConstantIntValue(extents[emitter.vectorLoop]);
  emitter.indices[emitter.vectorLoop] = tailBegin(width);
  SmallVector<Value> none = neutrals(width, /*widened=*/false);
  SmallVector<Value> sums = emitter.compute(width, none);
  SmallVector<bool> isLeft;
  for (int64_t lane : llvm::seq(width)) {
    int64_t place =
        emitter.usesEvenOdd(width) ? evenOddLane(lane, width) : lane;
    isLeft.push_back(place >= width - length % width);
  }
  Value mask = arith::ConstantOp::create(
      b, loc,
      DenseElementsAttr::get(VectorType::get({width}, b.getI1Type()), isLeft));
  for (auto [sum, zero] : llvm::zip_equal(sums, none))
    sum = arith::SelectOp::create(b, loc, mask, sum, zero);
  return sums;
}
