//===- Kernel.h - Compiled norms, and a cache of them -----------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   rmsnorm::KernelCache kernels(rmsnorm::Target::host());
//   llvm::Error error = kernels.run(options, std::nullopt, std::nullopt,
//                                   operands);
//
// Kernels run on the executor of the calling thread: see rmsnorm-c/Runtime.h.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_COMPILER_KERNEL_H
#define RMSNORM_COMPILER_KERNEL_H

#include "rmsnorm/Compiler/DiskCache.h"
#include "rmsnorm/Compiler/Executable.h"
#include "rmsnorm/Compiler/Specification.h"

namespace rmsnorm {

/// Memory of the caller.
struct TensorRef {
  /// The element at index 0 on every axis. May be null where there is none.
  void *data = nullptr;
  ElementType type = ElementType::F32;
  llvm::ArrayRef<int64_t> shape;
  /// In elements. Null: contiguous, the last axis fastest.
  const int64_t *strides = nullptr;
};

/// Null: the norm is without that operand.
using Operands = PerOperand<const TensorRef *>;

/// The most dimensions of an operand that runs.
inline constexpr int maxRank = 32;

/// A compiled norm. May be used by several threads at once.
class Kernel {
public:
  /// `schedule` is one that was checked; empty: the compiler chooses.
  static llvm::Expected<std::shared_ptr<const Kernel>>
  compile(Compiler &compiler, const Specification &spec,
          llvm::StringRef schedule = {});

  /// From the object code of a kernel that was compiled for the same target,
  /// which this machine must be able to run, and the same specification.
  static llvm::Expected<std::shared_ptr<const Kernel>>
  load(const Target &target, const Specification &spec, std::string code);

  llvm::StringRef getObjectCode() const { return executable->getModule().code; }

  /// How long it took to make; zero but for linkTime where it was loaded.
  const CompileTimes &getCompileTimes() const {
    return executable->getModule().times;
  }
  /// From object code to a function, in nanoseconds.
  int64_t getLinkTime() const { return linkTime; }

  const Specification &getSpecification() const { return spec; }

  /// Checks the operands against the specification and each other, then runs
  /// on them. Nothing is written where that fails.
  llvm::Error run(const Operands &operands) const;

  /// Takes, for each operand of the specification, the address of a descriptor;
  /// checks nothing.
  Executable::PackedFunction getFunction() const { return function; }

private:
  Kernel(const Specification &spec, std::unique_ptr<Executable> executable,
         Executable::PackedFunction function, int64_t linkTime)
      : spec(spec), executable(std::move(executable)), function(function),
        linkTime(linkTime) {}

  static llvm::Expected<std::shared_ptr<const Kernel>>
  link(const Specification &spec, CompiledModule module);

  Specification spec;
  std::unique_ptr<Executable> executable;
  Executable::PackedFunction function;
  int64_t linkTime;
};

/// What a cache of kernels has done so far.
struct KernelCacheInfo {
  /// Kernels compiled, and kernels that were on disk.
  int64_t numCompiled = 0, numLoaded = 0;
  /// Files on disk that could not be used, and files that could not be written.
  int64_t numRejected = 0, numNotStored = 0;
  /// Of the disk cache; empty: there is none.
  llvm::StringRef directory;
  /// The first thing that went wrong with it; empty: nothing.
  llvm::StringRef problem;
  /// How long all compilations took, and in nanoseconds all links.
  CompileTimes compileTimes;
  int64_t linkTime = 0;
};

/// Kernels for one target, each compiled once. May be used by several threads
/// at once; those that ask for a kernel that is being compiled wait for it.
class KernelCache {
public:
  /// `schedule` is that of all kernels, and was checked; empty: the compiler
  /// chooses one for each.
  explicit KernelCache(Target target,
                       const DiskCacheOptions &disk = DiskCacheOptions(),
                       std::string schedule = {});
  ~KernelCache();

  /// The kernel for `spec`, which stays valid without the cache.
  llvm::Expected<std::shared_ptr<const Kernel>> get(const Specification &spec);

  /// Computes a norm. Its axes are those of x, in any order, negative ones
  /// counted from the end; none given: the last one. The problem is brought
  /// into a normal form first, so that calls that differ only in extents that
  /// are not reduced, in strides, or in how axes are split, share a kernel.
  llvm::Error run(const NormOptions &options,
                  std::optional<llvm::ArrayRef<int64_t>> reductionAxes,
                  std::optional<llvm::ArrayRef<int64_t>> featureAxes,
                  const Operands &operands);

  const Target &getTarget() const;

  /// How many kernels were compiled, rather than found on disk.
  int64_t getNumCompiled() const;

  /// Its texts are valid as long as the cache.
  KernelCacheInfo getInfo() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace rmsnorm

#endif // RMSNORM_COMPILER_KERNEL_H
