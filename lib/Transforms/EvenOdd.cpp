//===- EvenOdd.cpp - Vectors of bf16 by even and odd lanes ----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EvenOdd.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace rmsnorm;

static VectorType typeOf(Value vector) {
  return cast<VectorType>(vector.getType());
}

static Value splat(OpBuilder &b, Location loc, VectorType type,
                   uint32_t value) {
  auto element = cast<IntegerType>(type.getElementType());
  APInt bits(element.getWidth(), value, /*isSigned=*/false,
             /*implicitTrunc=*/true);
  return arith::ConstantOp::create(b, loc, SplatElementsAttr::get(type, bits));
}

static Value concatenate(OpBuilder &b, Location loc, Value low, Value high) {
  SmallVector<int64_t> lanes =
      llvm::to_vector(llvm::seq<int64_t>(2 * typeOf(low).getDimSize(0)));
  return vector::ShuffleOp::create(b, loc, low, high, lanes);
}

static Value half(OpBuilder &b, Location loc, Value vector, int64_t which) {
  int64_t width = typeOf(vector).getDimSize(0) / 2;
  SmallVector<int64_t> lanes =
      llvm::to_vector(llvm::seq(which * width, (which + 1) * width));
  return vector::ShuffleOp::create(b, loc, vector, vector, lanes);
}

/// The even lanes of one and the odd lanes of the other. Written as or of what
/// is masked, LLVM makes it one permutation with the shift before it, which on
/// Intel's AVX-512 takes longer than both.
static Value blend(OpBuilder &b, Location loc, Value even, Value odd) {
  int64_t width = typeOf(even).getDimSize(0);
  SmallVector<int64_t> lanes;
  for (int64_t lane : llvm::seq(width))
    lanes.push_back(lane % 2 == 0 ? lane : width + lane);
  return vector::ShuffleOp::create(b, loc, even, odd, lanes);
}

int64_t rmsnorm::evenOddLane(int64_t lane, int64_t width) {
  return lane < width / 2 ? 2 * lane : 2 * lane - width + 1;
}

Value rmsnorm::widenEvenOdd(OpBuilder &b, Location loc, Value loaded) {
  int64_t width = typeOf(loaded).getDimSize(0);
  auto pairs = VectorType::get({width / 2}, b.getI32Type());
  auto floats = VectorType::get({width / 2}, b.getF32Type());
  Value bits = vector::BitCastOp::create(b, loc, pairs, loaded);
  Value even = arith::ShLIOp::create(b, loc, bits, splat(b, loc, pairs, 16));
  Value odd =
      arith::AndIOp::create(b, loc, bits, splat(b, loc, pairs, 0xffff0000));
  return concatenate(b, loc, arith::BitcastOp::create(b, loc, floats, even),
                     arith::BitcastOp::create(b, loc, floats, odd));
}

Value rmsnorm::dropPayloads(OpBuilder &b, Location loc, Value values) {
  auto element = cast<FloatType>(typeOf(values).getElementType());
  Value isNaN =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, values, values);
  Value nan = arith::ConstantOp::create(
      b, loc,
      SplatElementsAttr::get(typeOf(values),
                             APFloat::getQNaN(element.getFloatSemantics())));
  return arith::SelectOp::create(b, loc, isNaN, nan, values);
}

namespace {
/// The bits of f32 in even-odd order, as parts of 16 bits in the order of
/// memory: the upper ones, which are kept, and the lower ones, which decide.
struct Halves {
  Value upper, lower;
};
} // namespace

static Halves splitEvenOdd(OpBuilder &b, Location loc, Value values,
                           bool hasMaskRegisters) {
  int64_t width = typeOf(values).getDimSize(0);
  auto pairs = VectorType::get({width / 2}, b.getI32Type());
  auto parts = VectorType::get({width}, b.getI16Type());
  Value sixteen = splat(b, loc, pairs, 16);
  Value even = arith::BitcastOp::create(b, loc, pairs, half(b, loc, values, 0));
  Value odd = arith::BitcastOp::create(b, loc, pairs, half(b, loc, values, 1));
  // Upper parts of even lanes and lower ones of odd lanes change their places.
  Value down, up;
  if (hasMaskRegisters) {
    down = up = LLVM::FshrOp::create(b, loc, pairs, odd, even, sixteen);
  } else {
    down = arith::ShRUIOp::create(b, loc, even, sixteen);
    up = arith::ShLIOp::create(b, loc, odd, sixteen);
  }
  auto blendParts = [&](Value even, Value odd) {
    return blend(b, loc, vector::BitCastOp::create(b, loc, parts, even),
                 vector::BitCastOp::create(b, loc, parts, odd));
  };
  return {blendParts(down, odd), blendParts(even, up)};
}

/// One more where lower > half, or lower == half and upper is odd.
static Value roundUpper(OpBuilder &b, Location loc, Halves halves,
                        bool hasMaskRegisters) {
  auto parts = typeOf(halves.upper);
  auto number = [&](uint32_t value) { return splat(b, loc, parts, value); };
  Value isEven = arith::AndIOp::create(
      b, loc, arith::XOrIOp::create(b, loc, halves.upper, number(0xffff)),
      number(1));
  Value carry;
  if (hasMaskRegisters) {
    Value least = arith::OrIOp::create(b, loc, isEven, number(0x8000));
    carry = arith::ExtUIOp::create(
        b, loc, parts,
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, halves.lower,
                              least));
  } else {
    // Saturating (lower - isEven) >= half.
    Value rest = arith::SubIOp::create(
        b, loc, arith::MaxUIOp::create(b, loc, halves.lower, isEven), isEven);
    carry = arith::ShRUIOp::create(b, loc, rest, number(15));
  }
  return arith::AddIOp::create(b, loc, halves.upper, carry);
}

Value rmsnorm::narrowEvenOdd(OpBuilder &b, Location loc, Value values,
                             bool mayHoldPayload, bool hasMaskRegisters) {
  // Rounding up the largest payload would give a zero.
  if (mayHoldPayload)
    values = dropPayloads(b, loc, values);
  Halves halves = splitEvenOdd(b, loc, values, hasMaskRegisters);
  Value rounded = roundUpper(b, loc, halves, hasMaskRegisters);
  return vector::BitCastOp::create(
      b, loc, typeOf(rounded).clone(b.getBF16Type()), rounded);
}

static Value shuffle(OpBuilder &b, Location loc, Value vector,
                     ArrayRef<int64_t> lanes) {
  // Targets without bf16 would widen and round each lane of it.
  Type type = vector.getType();
  Value bits = narrowFloatToBits(b, loc, vector);
  bits = vector::ShuffleOp::create(b, loc, bits, bits, lanes);
  return bitsToNarrowFloat(b, loc, bits, getElementTypeOrSelf(type));
}

Value rmsnorm::toEvenOdd(OpBuilder &b, Location loc, Value vector) {
  int64_t width = typeOf(vector).getDimSize(0);
  SmallVector<int64_t> lanes;
  for (int64_t lane : llvm::seq(width))
    lanes.push_back(evenOddLane(lane, width));
  return shuffle(b, loc, vector, lanes);
}

Value rmsnorm::fromEvenOdd(OpBuilder &b, Location loc, Value vector) {
  int64_t width = typeOf(vector).getDimSize(0);
  SmallVector<int64_t> lanes(width);
  for (int64_t lane : llvm::seq(width))
    lanes[evenOddLane(lane, width)] = lane;
  return shuffle(b, loc, vector, lanes);
}

static Value bitcast(OpBuilder &b, Location loc, Value value, Type element) {
  Type type = element;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    type = vector.clone(element);
  return arith::BitcastOp::create(b, loc, type, value);
}

static bool isNarrowFloat(Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() <= 16;
}

Type rmsnorm::bitsOfNarrowFloat(Type type) {
  if (!isNarrowFloat(type))
    return type;
  return IntegerType::get(type.getContext(), type.getIntOrFloatBitWidth());
}

Value rmsnorm::narrowFloatToBits(OpBuilder &b, Location loc, Value value) {
  Type element = getElementTypeOrSelf(value);
  if (!isNarrowFloat(element))
    return value;
  return bitcast(b, loc, value, bitsOfNarrowFloat(element));
}

Value rmsnorm::bitsToNarrowFloat(OpBuilder &b, Location loc, Value value,
                                 Type element) {
  return isNarrowFloat(element) ? bitcast(b, loc, value, element) : value;
}
