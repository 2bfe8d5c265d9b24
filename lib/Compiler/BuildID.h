//===- BuildID.h - What compiles --------------------------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_COMPILER_BUILDID_H
#define RMSNORM_LIB_COMPILER_BUILDID_H

#include "llvm/ADT/StringRef.h"

namespace rmsnorm {

/// Names everything but its input that decides on object code: the version and
/// the sources of this library, and the LLVM and MLIR that it runs with.
llvm::StringRef getBuildID();

} // namespace rmsnorm

#endif // RMSNORM_LIB_COMPILER_BUILDID_H
