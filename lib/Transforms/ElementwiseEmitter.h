//===- ElementwiseEmitter.h - Bodies of linalg ops on vectors ---*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_TRANSFORMS_ELEMENTWISEEMITTER_H
#define RMSNORM_LIB_TRANSFORMS_ELEMENTWISEEMITTER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"

namespace rmsnorm {

/// The loop that `expr`, a result of an indexing map, is the index of; none
/// where it is 0.
std::optional<unsigned> loopOf(mlir::AffineExpr expr);

/// The loop of the last result of `map`.
std::optional<unsigned> lastLoopOf(mlir::AffineMap map);

/// Whether neighbours along `loop` are neighbours in the memory of `operand`.
bool isContiguousAlong(mlir::linalg::GenericOp op, mlir::OpOperand &operand,
                       unsigned loop);

/// Writes the body of a linalg.generic on memrefs for `width` neighbours along
/// one loop at a time: as scalars where the width is 1, else as vectors.
/// Complex numbers become pairs of real vectors.
class ElementwiseEmitter {
public:
  ElementwiseEmitter(mlir::OpBuilder &builder, mlir::linalg::GenericOp op,
                     bool hasMaskRegisters)
      : b(builder), loc(op.getLoc()), op(op),
        hasMaskRegisters(hasMaskRegisters) {}

  /// Fails, with a diagnostic, where the op is not one that can be written.
  mlir::LogicalResult check();

  /// The values that the body yields at `indices`. `accumulators`, if any,
  /// stand for the outputs.
  llvm::SmallVector<mlir::Value> compute(int64_t width,
                                         mlir::ValueRange accumulators = {});

  /// The current elements of the output.
  mlir::Value loadOutput(unsigned output, int64_t width);

  /// Writes `values`, one for each output.
  void store(mlir::ValueRange values, int64_t width) {
    storeConverted(toMemory(values, width), width);
  }

  /// The same in two steps: what is computed for a store, and the store, around
  /// the caches where an alignment is given.
  llvm::SmallVector<mlir::Value> toMemory(mlir::ValueRange values,
                                          int64_t width);
  void storeConverted(mlir::ValueRange values, int64_t width,
                      int64_t alignment = 0);

  /// What is computed for a store, from what the operands hold, wherever else
  /// some of it lies in another form.
  llvm::SmallVector<mlir::Value> computeForMemoryUnconverted(int64_t width);

  /// The current elements of an output for neighbours along `loop`, any other
  /// than the vector loop, and the way to write them.
  mlir::Value loadAlong(unsigned output, unsigned loop, int64_t width);
  void storeAlong(unsigned output, unsigned loop, mlir::Value vector);

  /// Reads the inputs that do not run along `loop` at the current indices, for
  /// all calls of `compute` until they are forgotten.
  void loadShared(unsigned loop, int64_t width);
  void forgetShared() { shared.clear(); }

  /// The inputs along the vector loop that are converted or reordered when they
  /// are read, for vectors of `width`, and that no loop without an index yet
  /// changes.
  llvm::SmallVector<mlir::OpOperand *> findConverted(int64_t width);

  /// What elements of `input` are where vectors of `width` are computed with;
  /// null where these are as in memory.
  mlir::Type typeConverted(mlir::OpOperand &input, int64_t width);

  /// Has vectors of `input`, one of findConverted, read from `memory`, where
  /// `convert` has put them.
  void readFrom(mlir::OpOperand &input, mlir::Value memory) {
    converted[input.getOperandNumber()] = memory;
  }

  /// Puts `width` elements of `input`, if it is a vector of them, at the
  /// current indices, where they are read from.
  void convert(mlir::OpOperand &input, int64_t width);

  /// `width` elements of `memref`, of rank 1, from `index` on.
  mlir::Value loadVector(mlir::Value memref, mlir::Value index, int64_t width);
  void storeVector(mlir::Value value, mlir::Value memref, mlir::Value index);

  /// `value` as a scalar (width 1) or repeated in a vector.
  mlir::Value broadcast(mlir::Value value, int64_t width);

  static mlir::Type vectorOf(mlir::Type element, int64_t width);

  /// Where `operand` is read or written at the current indices.
  llvm::SmallVector<mlir::Value> indicesOf(mlir::OpOperand &operand,
                                           int64_t lane = 0);
  bool runsAlongVector(mlir::OpOperand &operand);

  /// Whether all operands along the vector loop are read and written as
  /// vectors, not element by element.
  bool isContiguous();

  /// Whether the even lanes of vectors of `width` come before the odd ones.
  bool usesEvenOdd(int64_t width);

  /// The index of each loop; of the vector loop, where the vector begins.
  llvm::SmallVector<mlir::Value> indices;
  unsigned vectorLoop = 0;

private:
  /// A number as it is computed with: a real value, or the two parts.
  struct Number {
    mlir::Value re, im;
  };

  Number load(mlir::OpOperand &operand, int64_t width);
  mlir::Value loadConverted(mlir::OpOperand &input, int64_t width);
  mlir::Value toMemory(mlir::OpOperand &operand, mlir::Value value,
                       int64_t width);
  void storeLanes(mlir::OpOperand &operand, mlir::Value value, Number parts,
                  int64_t width);
  mlir::Value lookup(mlir::Value value, int64_t width);
  /// Whether `op` widens bf16 that was selected to f32.
  static bool widensSelected(mlir::Operation *op);
  bool selectsInOrder();
  bool keepsOrder(mlir::OpOperand &operand);
  bool mayHoldPayload(mlir::OpOperand &input);
  bool mayHoldPayload();
  bool isConvertedInMemory(mlir::Operation &inner, int64_t width);
  void cloneOp(mlir::Operation &inner, int64_t width);
  bool cloneComplex(mlir::Operation &inner, int64_t width);
  mlir::Value selectBits(mlir::Operation &inner, int64_t width);
  mlir::Value countMask(mlir::Operation &inner, int64_t width);
  mlir::Value fuseMultiplyAdd(mlir::Value accumulator,
                              mlir::arith::MulFOp multiply, int64_t width);
  mlir::Value addTerm(mlir::Operation &inner, int64_t width);

  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::linalg::GenericOp op;
  bool hasMaskRegisters;
  mlir::IRMapping mapping;
  llvm::DenseMap<mlir::Value, Number> complexNumbers;
  /// The bytes, 0 or 1, of vectors of i1.
  llvm::DenseMap<mlir::Value, mlir::Value> masks;
  /// By operand number.
  llvm::DenseMap<unsigned, Number> shared;
  llvm::DenseMap<unsigned, mlir::Value> converted;
};

} // namespace rmsnorm

#endif // RMSNORM_LIB_TRANSFORMS_ELEMENTWISEEMITTER_H
