//===- OperandNames.h - Operands in diagnostics -----------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_INTERFACES_OPERANDNAMES_H
#define RMSNORM_LIB_INTERFACES_OPERANDNAMES_H

#include "rmsnorm/IR/RMSNorm.h"

namespace rmsnorm {

/// The name that `operand` of a norm has in the textual form.
llvm::StringRef nameOf(mlir::OpOperand &operand);

} // namespace rmsnorm

#endif // RMSNORM_LIB_INTERFACES_OPERANDNAMES_H
