//===- Arguments.h - Arguments of a compiled function -----------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TOOLS_RMSNORM_RUN_ARGUMENTS_H
#define RMSNORM_TOOLS_RMSNORM_RUN_ARGUMENTS_H

#include "Npy.h"
#include <vector>

namespace rmsnorm {

/// A value as a compiled function takes it: a memref's descriptor, or a scalar,
/// and the memory behind it.
class Argument {
public:
  /// The argument of type `info` with the elements of `array`, laid out as the
  /// type says; strides that it leaves open are those of the file's order.
  static llvm::Expected<Argument> fromArray(const ValueInfo &info,
                                            const NpyArray &array);

  /// An argument of type `info` and `shape`, all bytes zero.
  static llvm::Expected<Argument> zero(const ValueInfo &info,
                                       llvm::ArrayRef<int64_t> shape);

  /// Room for a result of type `info`, which the function fills in.
  static Argument result(const ValueInfo &info);

  /// What the packed form of a function takes.
  void *getAddress() { return words.data(); }

  llvm::SmallVector<int64_t, 6> getShape() const;

  /// The elements in C order.
  std::string gather() const;

  /// Where the memory of a result begins, which its caller frees.
  void *getAllocated() const { return reinterpret_cast<void *>(words[0]); }

  const ValueInfo &getInfo() const { return info; }

private:
  explicit Argument(const ValueInfo &info) : info(info) {}

  void setDescriptor(llvm::ArrayRef<int64_t> shape,
                     llvm::ArrayRef<int64_t> strides, int64_t offset);
  llvm::Error allocate(llvm::ArrayRef<int64_t> shape,
                       llvm::ArrayRef<int64_t> strides, int64_t offset);
  /// Copies between the elements here and those at `other`, which lie by
  /// `otherStrides`.
  enum class Direction { ToOther, FromOther };
  void copy(Direction direction, char *other,
            llvm::ArrayRef<int64_t> otherStrides) const;

  ValueInfo info;
  /// Allocated pointer, aligned pointer, offset, extents, strides; or a scalar.
  std::vector<int64_t> words;
  std::unique_ptr<char, void (*)(void *)> storage{nullptr, free};
};

} // namespace rmsnorm

#endif // RMSNORM_TOOLS_RMSNORM_RUN_ARGUMENTS_H
