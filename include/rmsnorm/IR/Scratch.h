//===- Scratch.h - What kernels keep to themselves --------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared by those who write the loops of a norm: memory for what lies between
// its passes, and the discardable attributes that say what a loop was.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_IR_SCRATCH_H
#define RMSNORM_IR_SCRATCH_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace rmsnorm {

/// On a loop or a linalg op: the schedule of the norm that it was.
inline constexpr llvm::StringLiteral scheduleName = "rmsnorm.schedule";
/// On a linalg op: its loops along axes that the norm reduces.
inline constexpr llvm::StringLiteral reducedLoopsName = "rmsnorm.reduced";

/// A memref of `sizes`, aligned to a cache line: on the stack where its size
/// has a small bound, else on the heap. Memory to free is appended to `heap`.
mlir::Value createScratch(mlir::OpBuilder &builder, mlir::Location loc,
                          llvm::ArrayRef<mlir::OpFoldResult> sizes,
                          mlir::Type elementType,
                          llvm::SmallVectorImpl<mlir::Value> &heap);

/// Frees the memory in `heap`.
void freeScratch(mlir::OpBuilder &builder, mlir::Location loc,
                 mlir::ValueRange heap);

/// A memref of a static shape on the stack, aligned to a cache line.
mlir::Value createStackScratch(mlir::OpBuilder &builder, mlir::Location loc,
                               llvm::ArrayRef<int64_t> shape,
                               mlir::Type elementType);

} // namespace rmsnorm

#endif // RMSNORM_IR_SCRATCH_H
