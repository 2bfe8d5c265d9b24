//===- InitAll.h - Registration of everything in the project ----*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_INITALL_H
#define RMSNORM_INITALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace rmsnorm {

/// Adds the rmsnorm dialect and the interfaces of its ops to `registry`.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Registers the project's passes and pipelines under their names.
void registerAllPasses();

} // namespace rmsnorm

#endif // RMSNORM_INITALL_H
