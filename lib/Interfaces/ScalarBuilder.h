//===- ScalarBuilder.h - Scalar arithmetic of the formula -------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the bodies of the linalg ops are written with: real and complex numbers
// in the statistics type, read from and rounded to the element types.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_INTERFACES_SCALARBUILDER_H
#define RMSNORM_LIB_INTERFACES_SCALARBUILDER_H

#include "mlir/IR/Builders.h"

namespace rmsnorm {

/// A real or complex number in the statistics type.
struct Scalar {
  mlir::Value re, im;
};

/// Writes scalar arithmetic in the statistics type.
class ScalarBuilder {
public:
  ScalarBuilder(mlir::OpBuilder &builder, mlir::Location loc,
                mlir::FloatType type)
      : b(builder), loc(loc), type(type) {}

  /// The same for arithmetic in another type.
  ScalarBuilder in(mlir::FloatType other) {
    return ScalarBuilder(b, loc, other);
  }

  mlir::Value constant(double value);

  /// `value`, of any element type, as a float of type `to`.
  mlir::Value convertReal(mlir::Value value, mlir::FloatType to);

  /// `value`, of any float type, in this one's.
  Scalar convert(Scalar value);

  Scalar load(mlir::Value element);

  /// `value` rounded to the element type `to`.
  mlir::Value store(Scalar value, mlir::Type to);

  mlir::Value add(mlir::Value lhs, mlir::Value rhs);
  mlir::Value sub(mlir::Value lhs, mlir::Value rhs);
  mlir::Value mul(mlir::Value lhs, mlir::Value rhs);
  mlir::Value div(mlir::Value lhs, mlir::Value rhs);

  Scalar add(Scalar lhs, Scalar rhs);
  Scalar mul(Scalar lhs, mlir::Value rhs);
  Scalar mul(Scalar lhs, Scalar rhs);

  mlir::Value squaredMagnitude(Scalar value);

  /// The larger of the magnitudes of the parts.
  mlir::Value maxMagnitude(Scalar value);

  mlir::Value reciprocalRoot(mlir::Value value);

  /// `value` rounded to the type that x has in the formula.
  Scalar roundToInput(Scalar value, mlir::Type input);

  /// 1 / s for the largest power of two s <= `value`, but s >= 2^-126 (2^-1022
  /// in f64); 0 where `value` is infinite or NaN.
  mlir::Value reciprocalPowerOfTwo(mlir::Value value);

  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::FloatType type;
};

} // namespace rmsnorm

#endif // RMSNORM_LIB_INTERFACES_SCALARBUILDER_H
