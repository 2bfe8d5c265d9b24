//===- DiskCache.h - Object code kept between processes ---------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_COMPILER_DISKCACHE_H
#define RMSNORM_COMPILER_DISKCACHE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace rmsnorm {

/// Where object code is kept, and how much of it.
struct DiskCacheOptions {
  /// Empty: nowhere. None: as the environment says; RMSNORM_CACHE=0: nowhere,
  /// else in RMSNORM_CACHE_DIR, XDG_CACHE_HOME/rmsnorm or HOME/.cache/rmsnorm.
  std::optional<std::string> directory;
  /// In bytes. None: RMSNORM_CACHE_SIZE, which is in megabytes, or 256 MB.
  std::optional<uint64_t> maxBytes;
};

/// Entries in files of one directory, which any number of processes may share.
/// An entry is there as a whole or not at all, and is looked at before it is
/// given out: one that is damaged, or that somebody else could have written, is
/// as good as none. Nothing that goes wrong is an error: there is less in the
/// cache then, and getProblem says why. May be used by several threads at once.
class DiskCache {
public:
  explicit DiskCache(const DiskCacheOptions &options);

  bool isEnabled() const { return !directory.empty(); }
  /// Empty: there is none.
  llvm::StringRef getDirectory() const { return directory; }

  /// The entry of `key`, if there is one that `accept` can use too.
  bool load(llvm::StringRef key,
            llvm::function_ref<bool(llvm::StringRef content)> accept);

  /// Puts in or replaces the entry of `key`, and takes out those that were not
  /// used for longest while there are more bytes than allowed.
  void store(llvm::StringRef key, llvm::StringRef content);

  int64_t getNumLoaded() const { return numLoaded; }
  /// Entries that were there but could not be used.
  int64_t getNumRejected() const { return numRejected; }
  /// Entries that could not be written.
  int64_t getNumNotStored() const { return numNotStored; }

  /// The first thing that went wrong, in one line; "" where nothing has. Valid
  /// as long as the cache.
  const char *getProblem() const;

private:
  void readEnvironment(const DiskCacheOptions &options);
  bool prepare();
  std::string getPath(llvm::StringRef key) const;
  bool write(llvm::StringRef path, llvm::StringRef entry);
  void prune(llvm::StringRef folder) const;
  void note(const std::string &text);

  std::string directory;
  uint64_t maxBytes;
  std::once_flag prepared;
  bool isUsable = false;
  std::atomic<int64_t> numLoaded{0}, numRejected{0}, numNotStored{0};
  /// Set once.
  std::atomic<const std::string *> problem{nullptr};
  std::mutex mutex;
  std::unique_ptr<std::string> problemStorage;
};

} // namespace rmsnorm

#endif // RMSNORM_COMPILER_DISKCACHE_H
