//===- Tiles.h - Parts of a norm's index space ------------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile is a part of the index space of x, an offset and a size on each axis.
// What part of an operand belongs to it follows from the axes that the operand
// runs along.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_INTERFACES_TILES_H
#define RMSNORM_LIB_INTERFACES_TILES_H

#include "mlir/Interfaces/TilingInterface.h"
#include "rmsnorm/IR/RMSNorm.h"

namespace rmsnorm {

struct Tile {
  llvm::SmallVector<mlir::OpFoldResult> offsets, sizes;
};

/// The size of x on each axis.
llvm::SmallVector<mlir::OpFoldResult> extentsOf(mlir::OpBuilder &builder,
                                                NormOpInterface op);

/// Whether `size` is known to be that of x on `axis`. Creates no IR.
bool isWholeAxis(NormOpInterface op, int64_t axis, mlir::OpFoldResult size);

/// The tile of `operand`, one offset and one size for each of its dimensions.
Tile tileOfOperand(mlir::OpBuilder &builder, mlir::OpOperand &operand,
                   const Tile &tile);

/// The slice of `operand` that belongs to `tile` of the index space, or all of
/// it as it is. What was created is appended to `slices`.
mlir::Value sliceOf(mlir::OpBuilder &builder, mlir::OpOperand &operand,
                    const Tile &tile,
                    llvm::SmallVectorImpl<mlir::Operation *> &slices);

} // namespace rmsnorm

#endif // RMSNORM_LIB_INTERFACES_TILES_H
