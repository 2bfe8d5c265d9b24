//===- Target.h - A processor to compile for --------------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_COMPILER_TARGET_H
#define RMSNORM_COMPILER_TARGET_H

#include "llvm/Support/Error.h"
#include <cstdint>
#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace rmsnorm {

/// A processor of this machine's architecture, as LLVM knows it.
class Target {
public:
  /// The processor that the program runs on.
  static Target host();

  /// The processor that `text` names: `host`, or a name that LLVM has, such as
  /// `x86-64`, `haswell` or `sapphirerapids`; features to add or to leave out
  /// may follow: `haswell,-fma`.
  static llvm::Expected<Target> parse(llvm::StringRef text);

  /// Where nothing else is said: what RMSNORM_TARGET of the environment names,
  /// as for `parse`, else `host`. A program with more rights than its user does
  /// not look at it.
  static llvm::Expected<Target> usual();

  llvm::StringRef getTriple() const { return triple; }
  llvm::StringRef getCPU() const { return cpu; }

  /// All features that the processor has, `+avx,+avx2,...`, and those that are
  /// left out of what its name stands for, `-fma`; sorted.
  llvm::StringRef getFeatures() const { return features; }

  /// Bytes of the processor's cache of the last level, as the system says; of
  /// a processor that is not this one, or where that is not to be had, 32 MB.
  int64_t getCacheSize() const { return cacheSize; }

  /// What names the same code in every process: triple, processor, features,
  /// size of the cache.
  std::string getKey() const;

  /// Succeeds where this machine can run code for the target; the error names
  /// a feature that it lacks.
  llvm::Error checkRunsHere() const;

  /// LLVM's code generator for the target. Each thread needs its own.
  std::unique_ptr<llvm::TargetMachine> createTargetMachine() const;

private:
  static constexpr int64_t usualCacheSize = int64_t(32) << 20;

  Target() = default;

  std::string triple, cpu, features;
  int64_t cacheSize = usualCacheSize;
};

} // namespace rmsnorm

#endif // RMSNORM_COMPILER_TARGET_H
