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

/// The axes that a norm treats specially.
struct NormAxes {
  AxisSet reduced = 0, features = 0;
};

/// Reads axes of x as callers write them; `name` is "reduction axes" or so. No
/// list: the last axis.
llvm::Error readAxes(llvm::StringRef name,
                     std::optional<llvm::ArrayRef<int64_t>> list, int rank,
                     AxisSet &axes);

struct IndexSpace {
  struct Layout {
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

  // Members are set by lay; zeroing two kilobytes first would cost as much as
  // all the checks.
  IndexSpace() {}

  /// Lays `operands` over x's axes. An error where their shapes do not go
  /// together, their memory cannot be what they say, or what is written shares
  /// memory with what is read.
  llvm::Error lay(const Operands &operands, const NormAxes &axes);

  /// However many rows there are: kernels would go through them.
  bool hasNothingToWrite() const;

private:
  llvm::Error layOperand(Operand operand, const TensorRef &tensor);
  llvm::Error layMask(const TensorRef &tensor);
};

/// The strides of `tensor`, in `storage` where it is contiguous. An error where
/// it has too many dimensions, a negative extent or does not fit into memory.
llvm::Error checkTensor(Operand operand, const TensorRef &tensor,
                        bool isWritten, int64_t *storage,
                        const int64_t *&strides);

} // namespace rmsnorm

#endif // RMSNORM_LIB_COMPILER_INDEXSPACE_H
