//===- Context.h - The context that the module's calls use ------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_PYTHON_CONTEXT_H
#define RMSNORM_PYTHON_CONTEXT_H

#include "rmsnorm-c/RMSNorm.h"
#include <nanobind/nanobind.h>

namespace rmsnorm::python {

/// Raises what fits `status`, unless it is success, and frees it.
void check(RMSNormStatus status);

/// Made at the first call. Stays valid.
RMSNormContext getContext();

/// Adds what looks at the cache of kernels and sets where it is.
void addCacheFunctions(nanobind::module_ &module);

} // namespace rmsnorm::python

#endif // RMSNORM_PYTHON_CONTEXT_H
