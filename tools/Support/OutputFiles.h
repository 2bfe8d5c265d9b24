//===- OutputFiles.h - Files that appear whole or not at all ----*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TOOLS_SUPPORT_OUTPUTFILES_H
#define RMSNORM_TOOLS_SUPPORT_OUTPUTFILES_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <string>
#include <vector>

namespace rmsnorm {

/// Files that are written under other names and get their own when all of them
/// are complete. Without commit, none is left.
class OutputFiles {
public:
  OutputFiles() = default;
  OutputFiles(const OutputFiles &) = delete;
  OutputFiles &operator=(const OutputFiles &) = delete;
  ~OutputFiles();

  /// Writes what will be the file `path`.
  llvm::Error write(llvm::StringRef path,
                    llvm::function_ref<void(llvm::raw_ostream &)> content);

  /// Makes a file that another program fills in; returns its present name.
  llvm::Expected<std::string> reserve(llvm::StringRef path);

  /// Gives all files their names, or none.
  llvm::Error commit();

private:
  struct File {
    std::string path;
    llvm::sys::fs::TempFile temporary;
  };
  std::vector<File> files;
};

} // namespace rmsnorm

#endif // RMSNORM_TOOLS_SUPPORT_OUTPUTFILES_H
