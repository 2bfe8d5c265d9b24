//===- Array.h - NumPy arrays as tensors of the C API -----------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_PYTHON_ARRAY_H
#define RMSNORM_PYTHON_ARRAY_H

#include "rmsnorm-c/RMSNorm.h"
#include <nanobind/nanobind.h>
#include <string>
#include <vector>

namespace rmsnorm::python {

/// A NumPy array, without a copy: the tensor points into it. Keeps the array's
/// memory alive.
class Array {
public:
  /// Raises TypeError where `object` is no numpy.ndarray of a supported type,
  /// ValueError where it cannot be used as it is in memory. `name` is how the
  /// messages call it.
  Array(nanobind::handle object, const char *name, bool isWritten);

  const RMSNormTensor *getTensor() const { return &tensor; }
  RMSNormType getType() const { return tensor.type; }
  std::vector<int64_t> getShape() const {
    return std::vector<int64_t>(shape, shape + tensor.rank);
  }

  Array(const Array &) = delete;
  Array &operator=(const Array &) = delete;

private:
  /// As many as NumPy has; the C API refuses more than it takes.
  static constexpr int maxDims = 64;

  nanobind::object owner;
  RMSNormTensor tensor = {};
  // Set as far as there are axes.
  int64_t shape[maxDims], strides[maxDims];

  friend nanobind::object allocateLike(const Array &, RMSNormType);
};

/// The type of elements that `dtype`, anything that numpy.dtype takes, stands
/// for. Raises TypeError where there is none.
RMSNormType getElementType(nanobind::handle dtype, const char *name);

/// Whether `object` is a numpy.bool.
bool isNumPyBool(nanobind::handle object);

/// A new array of `shape`, last axis fastest.
nanobind::object allocate(const std::vector<int64_t> &shape, RMSNormType type);

/// A new array of the shape of `array` and with its axes in the same order in
/// memory.
nanobind::object allocateLike(const Array &array, RMSNormType type);

} // namespace rmsnorm::python

#endif // RMSNORM_PYTHON_ARRAY_H
