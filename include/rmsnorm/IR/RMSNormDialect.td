//===- RMSNormDialect.td - The rmsnorm dialect -------------*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_IR_RMSNORMDIALECT_TD
#define RMSNORM_IR_RMSNORMDIALECT_TD

include "mlir/IR/OpBase.td"

def RMSNorm_Dialect : Dialect {
  let name = "rmsnorm";
  let cppNamespace = "::rmsnorm";
  let summary = "Root mean square normalisation, the whole of it";
  let description = [{
    One op, `rmsnorm.rms_norm`, says every root mean square normalisation in
    use; `rmsnorm.mean_square` and `rmsnorm.normalize` are its two halves, for
    those who need something between them (a collective, another fusion).
    [Semantics.md](Semantics.md) has the mathematics and the numbered constraints
    C1, C2, … that the verifiers check, [Passes.md](Passes.md) what takes the ops
    to other dialects, and [TransformOps.md](TransformOps.md) the ops that do so
    under the control of the transform dialect.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::complex::ComplexDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect",
  ];
  let extraClassDeclaration = [{
    void registerAttributes();
  }];
}

#endif // RMSNORM_IR_RMSNORMDIALECT_TD
