//===- NormalForm.h - One kernel for many calls -----------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_COMPILER_NORMALFORM_H
#define RMSNORM_LIB_COMPILER_NORMALFORM_H

#include "IndexSpace.h"

namespace rmsnorm {

/// Brings a norm into the form in which most calls are alike:
///
///  1. reduced axes of extent 1 go: a mean of one is no mean;
///  2. the axes stand in the order of memory, the fastest last;
///  3. neighbours become one axis where every operand either runs through both
///     without a gap or along neither; an axis of extent 1 joins any other that
///     is not reduced;
///  4. there is at least one axis that is not reduced.
///
/// None of it changes a result, nor looks at how many rows there are: a row
/// alone meets the kernel that it meets in a batch without gaps.
void normalize(IndexSpace &space);

/// What a kernel for a normalised norm has to know, in a form that compares
/// fast. Static are: the types, the options, a last stride of 1, the extent of
/// the last axis where it is reduced, up to `longestStaticRow`, and then, where
/// the rows of all operands follow one another without gaps, the stride from
/// row to row. All other extents and strides are dynamic.
struct KernelKey {
  static constexpr int64_t longestStaticRow = 1 << 22;

  KernelKey(const NormOptions &options, const IndexSpace &space);

  bool operator==(const KernelKey &other) const { return words == other.words; }
  uint64_t hash() const;

  std::array<uint64_t, 8> words;
};

/// The specification of the kernel that `KernelKey` stands for.
Specification getSpecification(const NormOptions &options,
                               const IndexSpace &space);

/// Descriptors of the operands, as kernels take them.
class Arguments {
public:
  Arguments() {}

  /// The operands of a normalised norm.
  void add(const IndexSpace &space);
  void add(void *data, llvm::ArrayRef<int64_t> shape, const int64_t *strides);

  void **get() { return pointers; }

  /// All descriptors one after another, and where in them that of an operand
  /// starts, by its number among those that are present.
  llvm::ArrayRef<int64_t> getWords() const { return {words, end}; }
  size_t getStart(size_t number) const {
    return static_cast<const int64_t *>(pointers[number]) - words;
  }

private:
  /// { allocated, aligned, offset, extents, strides }
  int64_t words[numOperands * (3 + 2 * maxRank)];
  void *pointers[numOperands];
  int64_t *end = words;
  int count = 0;
};

} // namespace rmsnorm

#endif // RMSNORM_LIB_COMPILER_NORMALFORM_H
