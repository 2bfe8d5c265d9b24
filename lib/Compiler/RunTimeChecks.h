//===- RunTimeChecks.h - Checks of what types leave open --------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_COMPILER_RUNTIMECHECKS_H
#define RMSNORM_LIB_COMPILER_RUNTIMECHECKS_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

namespace rmsnorm {

/// Adds the checks of RuntimeVerifiableOpInterface to a module before the
/// pipeline, as calls of rmsnorm_check_failed.
llvm::LogicalResult addRunTimeChecks(mlir::ModuleOp module);

} // namespace rmsnorm

#endif // RMSNORM_LIB_COMPILER_RUNTIMECHECKS_H
