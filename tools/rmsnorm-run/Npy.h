//===- Npy.h - Arrays in .npy files -----------------------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TOOLS_RMSNORM_RUN_NPY_H
#define RMSNORM_TOOLS_RMSNORM_RUN_NPY_H

#include "rmsnorm/Compiler/Signature.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>

namespace rmsnorm {

/// An array in a .npy file, format 1.0 to 3.0.
struct NpyArray {
  /// As the file has it, such as `<f4`.
  std::string descr;
  bool fortranOrder = false;
  llvm::SmallVector<int64_t, 6> shape;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  const char *data = nullptr;
};

/// Reads the file `path`. Its whole length must be what its header says.
llvm::Expected<NpyArray> readNpy(llvm::StringRef path);

/// Whether an array of `descr` may be taken for elements of `type`. NumPy has
/// no name for ml_dtypes' types, so these come as raw bytes (`<V2`).
bool fitsDescr(ElementType type, llvm::StringRef descr);

/// How NumPy, or ml_dtypes, calls `type`.
llvm::StringRef getNumpyName(ElementType type);

/// The header for elements of `type` in C order.
std::string makeNpyHeader(ElementType type, llvm::ArrayRef<int64_t> shape);

} // namespace rmsnorm

#endif // RMSNORM_TOOLS_RMSNORM_RUN_NPY_H
