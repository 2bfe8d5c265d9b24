//===- EvenOdd.h - Vectors of bf16 by even and odd lanes --------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_TRANSFORMS_EVENODD_H
#define RMSNORM_LIB_TRANSFORMS_EVENODD_H

#include "mlir/IR/Builders.h"

namespace rmsnorm {

/// Two bf16 fill the 32 bits of an f32, so that one shift or one mask widens
/// half of them: a vector in even-odd order holds the lanes 0, 2, 4, ... of
/// memory and then 1, 3, 5, ... The functions take vectors of an even width.

/// The lane of memory that lane `lane` of a vector in even-odd order holds.
int64_t evenOddLane(int64_t lane, int64_t width);

/// `loaded`, of bf16 in the order of memory, as f32 in even-odd order.
mlir::Value widenEvenOdd(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value loaded);

/// `values`, of f32 in even-odd order, rounded to bf16 in the order of memory.
/// Where `mayHoldPayload`, a NaN may have any bits set. `hasMaskRegisters` is
/// the pass's option.
mlir::Value narrowEvenOdd(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value values, bool mayHoldPayload,
                          bool hasMaskRegisters);

/// `values`, but one and the same NaN for all of them.
mlir::Value dropPayloads(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value values);

/// From the order of memory to even-odd order, and back.
mlir::Value toEvenOdd(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value vector);
mlir::Value fromEvenOdd(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value vector);

/// Floats of at most 16 bits as integers, other values as they are; and back.
/// Targets without such floats take lanes apart by converting each of them.
mlir::Type bitsOfNarrowFloat(mlir::Type type);
mlir::Value narrowFloatToBits(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::Value value);
mlir::Value bitsToNarrowFloat(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::Value value, mlir::Type element);

} // namespace rmsnorm

#endif // RMSNORM_LIB_TRANSFORMS_EVENODD_H
