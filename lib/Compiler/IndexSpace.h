//===- IndexSpace.h - Operands laid over the axes of x ----------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A norm at run time: the extents of x's axes and, for each operand, how far
// apart its elements are along each of them. All of it lives on the stack.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_COMPILER_INDEXSPACE_H
#define RMSNORM_LIB_COMPILER_INDEXSPACE_H

#include "rmsnorm/Compiler/Kernel.h"

namespace rmsnorm {

/// A set of axes, by bits.
using AxisSet = uint32_t;
static_assert(maxRank <= 32, "one bit for each axis");

inline bool contains(AxisSet set, int axis) { return set >> axis & 1; }

/// A set of operands, by bits.
using OperandSet = uint8_t;
static_assert(numOperands <= 8, "one bit for each operand");

inline bool contains(OperandSet set, Operand operand) {
  return set >> static_cast<int>(operand) & 1;
}

/// The axes that a norm treats specially.
struct NormAxes {
  AxisSet reduced = 0, features = 0;
};

/// Reads axes of x as callers write them; `name` is "reduction axes" or so. No
/// list: the last axis.
llvm::Error readAxes(llvm::StringRef name,
                     std::optional<llvm::ArrayRef<int64_t>> list, int rank,
                     AxisSet &axes);

/// In bytes. Complex numbers are as aligned as their parts.
int64_t getAlignment(ElementType type);

inline bool isWritten(Operand operand) {
  return operand == Operand::Y || operand == Operand::ResidualOut ||
         operand == Operand::Rstd;
}

/// One operand, looked at without the others.
struct CheckedTensor {
  // Members are set by check, where there is a tensor.
  CheckedTensor() {}

  /// Null: the norm is without that operand.
  const TensorRef *tensor = nullptr;
  /// The tensor's, or those of a contiguous one.
  const int64_t *strides;
  int64_t contiguousStrides[maxRank];
  /// The addresses that its elements lie between; none where it is empty.
  uint64_t begin, end;

  bool isEmpty() const { return begin == end; }

  /// An error where the tensor has too many dimensions, a negative extent, no
  /// data or data out of alignment, or does not fit into memory.
  llvm::Error check(Operand operand, const TensorRef &tensor);
};

using CheckedOperands = PerOperand<CheckedTensor>;

llvm::Error checkOperands(const Operands &operands, CheckedOperands &checked);

struct IndexSpace {
  struct Layout {
    // Members are set by lay. PerOperand would zero them, two kilobytes in all,
    // which takes as long as all the checks.
    Layout() {}

    char *data;
    ElementType type;
    bool isPresent;
    /// The axes along which the operand has a dimension.
    AxisSet axes;
    /// In elements; 0 along the other axes.
    int64_t strides[maxRank];
  };

  int rank;
  NormAxes axes;
  int64_t extents[maxRank];
  PerOperand<Layout> layouts;

  IndexSpace() {}

  /// Lays `operands`, x and y among them, over x's axes. An error where their
  /// shapes do not go together, or what is written shares memory with what is
  /// read.
  llvm::Error lay(const CheckedOperands &operands, const NormAxes &axes);

  /// However many rows there are: kernels would go through them.
  bool hasNothingToWrite() const;

private:
  llvm::Error layOperand(Operand operand, const CheckedTensor &checked);
  llvm::Error layMask(const CheckedTensor &checked);
};

} // namespace rmsnorm

#endif // RMSNORM_LIB_COMPILER_INDEXSPACE_H
