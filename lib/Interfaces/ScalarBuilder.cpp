//===- ScalarBuilder.cpp - Scalar arithmetic of the formula ---------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace rmsnorm;

Value ScalarBuilder::constant(double value) {
  APFloat number(value);
  bool losesInfo;
  number.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, number));
}

Value ScalarBuilder::convertReal(Value value, FloatType to) {
  if (auto integer = dyn_cast<IntegerType>(value.getType())) {
    if (!integer.isUnsigned())
      return arith::SIToFPOp::create(b, loc, to, value);
    auto bits = b.getIntegerType(integer.getWidth());
    value =
        UnrealizedConversionCastOp::create(b, loc, bits, value).getResult(0);
    return arith::UIToFPOp::create(b, loc, to, value);
  }
  unsigned from = value.getType().getIntOrFloatBitWidth();
  if (value.getType() == to)
    return value;
  if (from < to.getWidth())
    return arith::ExtFOp::create(b, loc, to, value);
  if (from > to.getWidth())
    return arith::TruncFOp::create(b, loc, to, value);
  // bf16 <-> f16, f8E4M3FN <-> f8E5M2: by way of f32.
  Value wide = arith::ExtFOp::create(b, loc, b.getF32Type(), value);
  return arith::TruncFOp::create(b, loc, to, wide);
}

Scalar ScalarBuilder::convert(Scalar value) {
  return {convertReal(value.re, type),
          value.im ? convertReal(value.im, type) : Value()};
}

Scalar ScalarBuilder::load(Value element) {
  auto complex = dyn_cast<ComplexType>(element.getType());
  if (!complex)
    return {convertReal(element, type), {}};
  return {convertReal(complex::ReOp::create(b, loc, element), type),
          convertReal(complex::ImOp::create(b, loc, element), type)};
}

Value ScalarBuilder::store(Scalar value, Type to) {
  if (auto complex = dyn_cast<ComplexType>(to)) {
    auto part = cast<FloatType>(complex.getElementType());
    Value im = value.im ? value.im : constant(0.0);
    return complex::CreateOp::create(b, loc, to, convertReal(value.re, part),
                                     convertReal(im, part));
  }
  return convertReal(value.re, cast<FloatType>(to));
}

Value ScalarBuilder::add(Value lhs, Value rhs) {
  return arith::AddFOp::create(b, loc, lhs, rhs);
}

Value ScalarBuilder::sub(Value lhs, Value rhs) {
  return arith::SubFOp::create(b, loc, lhs, rhs);
}

Value ScalarBuilder::mul(Value lhs, Value rhs) {
  return arith::MulFOp::create(b, loc, lhs, rhs);
}

Value ScalarBuilder::div(Value lhs, Value rhs) {
  return arith::DivFOp::create(b, loc, lhs, rhs);
}

Scalar ScalarBuilder::add(Scalar lhs, Scalar rhs) {
  Value im = lhs.im && rhs.im ? add(lhs.im, rhs.im) : lhs.im ? lhs.im : rhs.im;
  return {add(lhs.re, rhs.re), im};
}

Scalar ScalarBuilder::mul(Scalar lhs, Value rhs) {
  return {mul(lhs.re, rhs), lhs.im ? mul(lhs.im, rhs) : Value()};
}

Scalar ScalarBuilder::mul(Scalar lhs, Scalar rhs) {
  if (!lhs.im || !rhs.im)
    return lhs.im ? mul(lhs, rhs.re) : mul(rhs, lhs.re);
  return {sub(mul(lhs.re, rhs.re), mul(lhs.im, rhs.im)),
          add(mul(lhs.re, rhs.im), mul(lhs.im, rhs.re))};
}

Value ScalarBuilder::squaredMagnitude(Scalar value) {
  Value square = mul(value.re, value.re);
  return value.im ? add(square, mul(value.im, value.im)) : square;
}

Value ScalarBuilder::maxMagnitude(Scalar value) {
  Value re = math::AbsFOp::create(b, loc, value.re);
  if (!value.im)
    return re;
  Value im = math::AbsFOp::create(b, loc, value.im);
  return arith::MaximumFOp::create(b, loc, re, im);
}

Value ScalarBuilder::reciprocalRoot(Value value) {
  return div(constant(1.0), math::SqrtOp::create(b, loc, value));
}

Scalar ScalarBuilder::roundToInput(Scalar value, Type input) {
  if (auto complex = dyn_cast<ComplexType>(input))
    input = complex.getElementType();
  // Integers take part as f32.
  auto to = isa<FloatType>(input) ? cast<FloatType>(input)
                                  : cast<FloatType>(b.getF32Type());
  auto round = [&](Value part) {
    return part ? convertReal(convertReal(part, to), type) : part;
  };
  return {round(value.re), round(value.im)};
}

Value ScalarBuilder::reciprocalPowerOfTwo(Value value) {
  unsigned width = type.getWidth();
  unsigned mantissa = type.getFPMantissaWidth() - 1;
  Type bitsType = b.getIntegerType(width);
  APInt exponent = APInt::getBitsSet(width, mantissa, width - 1);
  Value bits = arith::BitcastOp::create(b, loc, bitsType, value);
  Value mask =
      arith::ConstantOp::create(b, loc, b.getIntegerAttr(bitsType, exponent));
  bits = arith::AndIOp::create(b, loc, bits, mask);
  Value power = arith::BitcastOp::create(b, loc, type, bits);
  APFloat smallest = APFloat::getSmallestNormalized(type.getFloatSemantics());
  Value lowest =
      arith::ConstantOp::create(b, loc, b.getFloatAttr(type, smallest));
  power = arith::MaximumFOp::create(b, loc, power, lowest);
  return div(constant(1.0), power);
}
