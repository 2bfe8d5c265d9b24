//===- Halves.h - A norm as its two halves ----------------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What takes a norm apart creates these, and between them what it does with the
// statistic.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_IR_HALVES_H
#define RMSNORM_IR_HALVES_H

#include "rmsnorm/IR/RMSNorm.h"

namespace rmsnorm {

/// Fails, with a diagnostic, where `op` says what the halves have no place for.
/// `purpose` ends the sentence "expected a norm without stable to ...".
llvm::LogicalResult checkHasHalves(RMSNormOp op, llvm::StringRef purpose);

/// Room for one number of the statistics type a row.
mlir::Value createStatisticRoom(mlir::OpBuilder &b, RMSNormOp op);

/// The mean square of `op` in `room` or, where `countRoom` is not null, the sum
/// of squares in `room` and the number of its terms in `countRoom`.
MeanSquareOp createMeanSquare(mlir::OpBuilder &b, RMSNormOp op,
                              mlir::Value room, mlir::Value countRoom);

/// The rest of `op`, given its mean square or, where `count` is not null, its
/// sum of squares.
NormalizeOp createNormalize(mlir::OpBuilder &b, RMSNormOp op,
                            mlir::Value statistic, mlir::Value count);

} // namespace rmsnorm

#endif // RMSNORM_IR_HALVES_H
