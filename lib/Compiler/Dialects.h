//===- Dialects.h - What contexts of the compiler hold ----------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_COMPILER_DIALECTS_H
#define RMSNORM_LIB_COMPILER_DIALECTS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace rmsnorm {

/// Puts what a norm on memrefs goes through on its way to LLVM IR into
/// `registry`: a part of what registerCompilerDialects has, which takes a
/// fraction of the time.
void registerNormDialects(mlir::DialectRegistry &registry);

} // namespace rmsnorm

#endif // RMSNORM_LIB_COMPILER_DIALECTS_H
