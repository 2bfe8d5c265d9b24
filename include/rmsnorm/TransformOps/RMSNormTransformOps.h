//===- RMSNormTransformOps.h - Transform ops for norms ----------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TRANSFORMOPS_RMSNORMTRANSFORMOPS_H
#define RMSNORM_TRANSFORMOPS_RMSNORMTRANSFORMOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Transform/IR/TransformDialect.h"
#include "mlir/Dialect/Transform/IR/TransformTypes.h"
#include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.h"
#include "mlir/IR/OpImplementation.h"
#include "rmsnorm/IR/RMSNorm.h"

#define GET_OP_CLASSES
#include "rmsnorm/TransformOps/RMSNormTransformOps.h.inc"

namespace rmsnorm {

/// Adds the project's ops to the transform dialect.
void registerTransformDialectExtension(mlir::DialectRegistry &registry);

} // namespace rmsnorm

#endif // RMSNORM_TRANSFORMOPS_RMSNORMTRANSFORMOPS_H
