//===- Statistics.h - Sums, counts and means on tensors ---------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A mean over parts that are worked on apart is a sum of squares and the number
// of its terms, until the parts come together.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_INTERFACES_STATISTICS_H
#define RMSNORM_LIB_INTERFACES_STATISTICS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "rmsnorm/IR/RMSNorm.h"

namespace rmsnorm {

/// Room for a sum and a count in tensors of the given size.
llvm::SmallVector<mlir::Value>
createRoom(mlir::OpBuilder &b, mlir::Location loc,
           llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::FloatType type);

/// `room` full of `number`.
mlir::Value createFilled(mlir::OpBuilder &b, mlir::Location loc,
                         mlir::Value room, double number);

/// The mean of `totals`, a sum and a count, in the destination of `op`.
mlir::linalg::GenericOp divide(mlir::OpBuilder &b, MeanSquareOp op,
                               mlir::ValueRange totals);

} // namespace rmsnorm

#endif // RMSNORM_LIB_INTERFACES_STATISTICS_H
