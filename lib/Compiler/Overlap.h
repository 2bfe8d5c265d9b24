//===- Overlap.h - Operands that share memory -------------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a norm writes must not be what it has yet to read, nor be written twice.
// Views of one array may lie between each other without sharing an element, so
// that looking at the first and the last byte is not enough.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_COMPILER_OVERLAP_H
#define RMSNORM_LIB_COMPILER_OVERLAP_H

#include "IndexSpace.h"

namespace rmsnorm {

/// An error where a destination shares memory with itself or with another
/// operand, unless it is x or residual as a whole.
llvm::Error checkOverlaps(const IndexSpace &space,
                          const CheckedOperands &operands);

/// For each destination, the operands whose memory it may be: where both are at
/// one address, each element of one is the same element of the other.
PerOperand<OperandSet> findReplaceable(const IndexSpace &space);

} // namespace rmsnorm

#endif // RMSNORM_LIB_COMPILER_OVERLAP_H
