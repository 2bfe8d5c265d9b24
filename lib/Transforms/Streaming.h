//===- Streaming.h - Memory traffic of large tasks --------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_TRANSFORMS_STREAMING_H
#define RMSNORM_LIB_TRANSFORMS_STREAMING_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "rmsnorm/IR/RMSNorm.h"

namespace rmsnorm {

inline constexpr int64_t cacheLine = 64;

/// Bytes from which a row is so long that a line which it leaves unfinished,
/// and which then goes to memory twice, costs less than what its other lines
/// gain.
inline constexpr int64_t longRow = 8192;

/// Fetches `width` elements along `vectorLoop` of the inputs of `op` that are
/// contiguous there and change along `loop`, `ahead` further along that than
/// where the loops are at `indices`.
void emitFetchAhead(mlir::OpBuilder &builder, mlir::linalg::GenericOp op,
                    llvm::ArrayRef<mlir::Value> indices, unsigned vectorLoop,
                    int64_t width, unsigned loop, int64_t ahead);

/// Fetches, to be written, `width` elements along `vectorLoop` of the results
/// of `op` that are contiguous there, where they fill lines, `bytes` further on
/// than where the loops are at `indices`. A store that finds its line elsewhere
/// keeps those behind it waiting.
void emitWriteAhead(mlir::OpBuilder &builder, mlir::linalg::GenericOp op,
                    llvm::ArrayRef<mlir::Value> indices, unsigned vectorLoop,
                    int64_t width, int64_t bytes);

/// Results too large for a cache are stored around it. While a task writes its
/// results, inputs that are far away are fetched ahead: those of the next row
/// where a task has rows, else those of the next task. How large the whole is,
/// is known when the kernel runs: from the number of tasks and the extents.
class Streaming {
public:
  /// For an elementwise `op` within a task, if its schedule asks for streaming
  /// and its result is contiguous along `vectorLoop`. Emits, at the insertion
  /// point, what is the same for the whole op.
  static std::optional<Streaming>
  create(mlir::OpBuilder &builder, mlir::linalg::GenericOp op,
         CPUScheduleAttr schedule, unsigned vectorLoop,
         llvm::ArrayRef<mlir::OpFoldResult> extents);

  /// Whether a vector of `width` results can be stored around the cache.
  bool fits(int64_t width) const;

  /// An i1: inputs are to be fetched ahead. Null: never.
  mlir::Value getIsFar() const { return isFar; }

  /// What is done at the same time reads ahead.
  void fetchNothing() { isFar = {}; }

  /// An i1: the results are to be stored around the cache, that is, they are
  /// large and all begin at good addresses where the vector loop starts, those
  /// with the other loops at `indices` among them. Null: never.
  mlir::Value emitBypasses(mlir::OpBuilder &builder,
                           llvm::ArrayRef<mlir::Value> indices);

  /// Fetches what is read next at the place of `width` elements at `indices`.
  void emitPrefetch(mlir::OpBuilder &builder,
                    llvm::ArrayRef<mlir::Value> indices, int64_t width);

  /// Bytes that a non-temporal store has to be aligned to.
  static constexpr int64_t alignment = 32;

  /// Where an output begins, and its strides in bytes.
  struct Result {
    mlir::OpOperand *operand;
    mlir::Value address;
    llvm::SmallVector<mlir::Value> byteStrides;
  };

private:
  Streaming(mlir::linalg::GenericOp op, int64_t rowAlignment,
            int64_t stepAlignment)
      : op(op), rowAlignment(rowAlignment), stepAlignment(stepAlignment) {}

  void findResults(mlir::OpBuilder &builder, mlir::Value large,
                   mlir::OpFoldResult length);
  void findNextInputs(mlir::OpBuilder &builder, mlir::scf::ForOp tasks,
                      unsigned vectorLoop,
                      llvm::ArrayRef<mlir::OpFoldResult> extents, int64_t rows,
                      mlir::Value far);

  mlir::linalg::GenericOp op;
  /// Bytes that rows have to be aligned to whose stores bypass the caches, at
  /// least, and the bits of their addresses that have to be 0.
  int64_t rowAlignment;
  mlir::Value badBits;
  /// Bytes that a vector has to be a multiple of.
  int64_t stepAlignment;
  mlir::Value isFar, isLarge;
  llvm::SmallVector<Result> results;
  /// The loop over the rows of a task, if it has any.
  std::optional<unsigned> rowLoop;
  /// So many rows ahead of the one at hand is what is read next.
  int64_t rowsAhead = 0;
  /// Inputs that change from row to row, or from task to task, and where the
  /// next are read from.
  llvm::SmallVector<std::pair<mlir::OpOperand *, mlir::Value>> nextInputs;
};

} // namespace rmsnorm

#endif // RMSNORM_LIB_TRANSFORMS_STREAMING_H
