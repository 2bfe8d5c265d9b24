//===- OutputFiles.cpp - Files that appear whole or not at all ------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OutputFiles.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace rmsnorm;

static Error failedOn(StringRef path, const Twine &message) {
  return createStringError("'" + path + "': " + message);
}

OutputFiles::~OutputFiles() {
  for (File &file : files)
    consumeError(file.temporary.discard());
}

/// The path from the root on, so that two spellings of one file are equal.
static std::string spellOut(StringRef path) {
  SmallString<128> full(path);
  sys::fs::make_absolute(full);
  sys::path::remove_dots(full, /*remove_dot_dot=*/true);
  return full.str().str();
}

Expected<std::string> OutputFiles::reserve(StringRef path) {
  if (path.empty())
    return createStringError("expected a file to write to, but got ''");
  for (const File &file : files)
    if (spellOut(file.path) == spellOut(path))
      return failedOn(path, "expected a file for each output, but got this one "
                            "for two");
  // Renaming would replace a device or fail on a folder.
  if (sys::fs::exists(path) && !sys::fs::is_regular_file(path))
    return failedOn(path, "expected a file that can be replaced");
  auto file = sys::fs::TempFile::create(path + ".%%%%%%.tmp");
  if (!file)
    return failedOn(path, toString(file.takeError()));
  files.push_back({path.str(), std::move(*file)});
  return files.back().temporary.TmpName;
}

Error OutputFiles::write(StringRef path,
                         function_ref<void(raw_ostream &)> content) {
  if (Error error = reserve(path).takeError())
    return error;
  raw_fd_ostream os(files.back().temporary.FD, /*shouldClose=*/false);
  content(os);
  os.flush();
  std::error_code code = os.error();
  os.clear_error();
  return code ? failedOn(path, code.message()) : Error::success();
}

Error OutputFiles::commit() {
  Error error = Error::success();
  size_t kept = 0;
  for (File &file : files) {
    if (!error)
      if (Error problem = file.temporary.keep(file.path))
        error = failedOn(file.path, toString(std::move(problem)));
    if (!error)
      ++kept;
    else
      consumeError(file.temporary.discard());
  }
  if (error)
    for (const File &file : ArrayRef(files).take_front(kept))
      sys::fs::remove(file.path);
  files.clear();
  return error;
}
