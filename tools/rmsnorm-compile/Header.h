//===- Header.h - C headers of compiled functions ---------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TOOLS_RMSNORM_COMPILE_HEADER_H
#define RMSNORM_TOOLS_RMSNORM_COMPILE_HEADER_H

#include "rmsnorm/Compiler/Signature.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace rmsnorm {

/// For each function, the names of its arguments in the source.
using ArgumentNames = llvm::StringMap<std::vector<std::string>>;

/// What the header says beside the functions.
struct HeaderInfo {
  /// Names the include guard.
  std::string fileName;
  std::string source;
  std::string target;
};

/// A C11 and C++ header that declares and documents `functions`, compiled with
/// CompileOptions::cInterface. Fails where C cannot call one of them.
llvm::Expected<std::string> makeHeader(llvm::ArrayRef<FunctionInfo> functions,
                                       const ArgumentNames &names,
                                       const HeaderInfo &info);

} // namespace rmsnorm

#endif // RMSNORM_TOOLS_RMSNORM_COMPILE_HEADER_H
