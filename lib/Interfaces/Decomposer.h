//===- Decomposer.h - linalg ops over the axes of x -------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A norm op becomes linalg ops over the index space of its x. Here are their
// operands, each laid over some of the axes, their temporaries, and the loops
// that follow from both; what the ops compute is in AggregatedOpInterface.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_INTERFACES_DECOMPOSER_H
#define RMSNORM_LIB_INTERFACES_DECOMPOSER_H

#include "ScalarBuilder.h"
#include "rmsnorm/IR/RMSNorm.h"

namespace rmsnorm {

/// An operand of a linalg op: a value and the axis of x for each dimension.
struct Laid {
  mlir::Value value;
  llvm::SmallVector<int64_t> axes;
};

/// Writes the linalg ops of one norm op.
class Decomposer {
public:
  Decomposer(mlir::OpBuilder &builder, NormOpInterface op,
             mlir::FloatType type);

  /// The operand as a linalg operand. Dimensions of size 1 that run along no
  /// axis are dropped from tensors; memrefs are read at 0 there, because a view
  /// with fewer dimensions is ambiguous where strides are not known.
  Laid lay(mlir::OpOperand &operand);

  /// A temporary over `axes`, filled with `fill` if there is one.
  Laid temporary(llvm::ArrayRef<int64_t> axes, mlir::Type elementType,
                 mlir::Value fill = {});

  mlir::Value fill(mlir::Value buffer, mlir::Value value);

  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(
      ScalarBuilder &, mlir::ValueRange)>;

  /// A linalg.generic over the axes of x that its operands run along. Returns
  /// the results, or the outputs themselves on memrefs.
  llvm::SmallVector<mlir::Value>
  generic(llvm::ArrayRef<Laid> inputs, llvm::ArrayRef<Laid> outputs, Body body);

  /// Puts `result`, without the dimensions of size 1, back into `init`.
  mlir::Value restore(mlir::Value result, mlir::OpOperand &init);

  /// The number of positions that a mean is taken over, in f64: reduced axes of
  /// x, less those in `except`.
  mlir::Value positions(llvm::ArrayRef<int64_t> except = {});

  /// Frees what did not fit the stack.
  void finish();

  mlir::OpBuilder &b;
  mlir::Location loc;
  NormOpInterface op;
  mlir::FloatType type;
  bool isTensor;
  llvm::SmallVector<int64_t> parallelAxes;

private:
  mlir::OpFoldResult sizeOf(int64_t axis);
  mlir::Value dropUnitDims(mlir::Value value, llvm::ArrayRef<int64_t> axes);

  /// A tensor, in whole, as a slice of itself.
  struct Slice {
    llvm::SmallVector<mlir::OpFoldResult> offsets, sizes, strides;
  };
  Slice sliceOf(mlir::Value value);

  mlir::AffineMap mapOf(const Laid &operand, llvm::ArrayRef<int64_t> loops);
  void handOn(mlir::Operation *generic, mlir::Attribute schedule,
              llvm::ArrayRef<int64_t> loops);

  llvm::SmallVector<mlir::Value> heapBuffers;
};

} // namespace rmsnorm

#endif // RMSNORM_LIB_INTERFACES_DECOMPOSER_H
