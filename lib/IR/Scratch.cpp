//===- Scratch.cpp - What kernels keep to themselves ----------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/IR/Scratch.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace rmsnorm;

/// Vectors that cross cache lines take two accesses: at the natural alignment
/// of floats, norms over columns took up to 1.3 times as long.
static constexpr int64_t cacheLine = 64;

/// The bounds of `sizes`, if a buffer of them is small: threads that a caller
/// brings may have little stack.
static std::optional<SmallVector<int64_t>>
findSmallBounds(ArrayRef<OpFoldResult> sizes, Type elementType) {
  constexpr int64_t maxStackBits = 16384 * 8;
  int64_t maxElements = maxStackBits / elementType.getIntOrFloatBitWidth();
  SmallVector<int64_t> bounds;
  int64_t elements = 1;
  for (OpFoldResult size : sizes) {
    FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
        presburger::BoundType::UB, size, /*stopCondition=*/nullptr,
        /*closedUB=*/true);
    if (failed(bound) || *bound > maxElements)
      return std::nullopt;
    bounds.push_back(*bound);
    elements *= *bound;
    if (elements > maxElements)
      return std::nullopt;
  }
  return bounds;
}

Value rmsnorm::createStackScratch(OpBuilder &b, Location loc,
                                  ArrayRef<int64_t> shape, Type elementType) {
  return memref::AllocaOp::create(b, loc, MemRefType::get(shape, elementType),
                                  b.getI64IntegerAttr(cacheLine));
}

Value rmsnorm::createScratch(OpBuilder &b, Location loc,
                             ArrayRef<OpFoldResult> sizes, Type elementType,
                             SmallVectorImpl<Value> &heap) {
  auto [shape, dynamic] =
      decomposeMixedValues(SmallVector<OpFoldResult>(sizes));
  std::optional<SmallVector<int64_t>> bounds =
      findSmallBounds(sizes, elementType);
  if (!bounds) {
    heap.push_back(
        memref::AllocOp::create(b, loc, MemRefType::get(shape, elementType),
                                dynamic, b.getI64IntegerAttr(cacheLine)));
    return heap.back();
  }
  Value buffer = createStackScratch(b, loc, *bounds, elementType);
  if (dynamic.empty())
    return buffer;
  SmallVector<OpFoldResult> zeros(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(sizes.size(), b.getIndexAttr(1));
  return memref::SubViewOp::create(b, loc, buffer, zeros, sizes, ones);
}

void rmsnorm::freeScratch(OpBuilder &b, Location loc, ValueRange heap) {
  for (Value memory : heap)
    memref::DeallocOp::create(b, loc, memory);
}
