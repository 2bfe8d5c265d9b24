//===- Executable.h - Compiled functions in this process --------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_COMPILER_EXECUTABLE_H
#define RMSNORM_COMPILER_EXECUTABLE_H

#include "rmsnorm/Compiler/Compiler.h"

namespace rmsnorm {

/// Object code loaded into this process. Its functions call the runtime's
/// rmsnorm_parallel_for and may be called by several threads at once.
class Executable {
public:
  /// Loads the object code of `module`, which must be for a target that this
  /// machine can run.
  static llvm::Expected<std::unique_ptr<Executable>>
  load(CompiledModule module);

  /// Unloads the code: no call may be under way.
  ~Executable();

  Executable(const Executable &) = delete;
  Executable &operator=(const Executable &) = delete;

  const CompiledModule &getModule() const { return module; }

  /// Takes the addresses of the arguments and then those of the results. A
  /// memref or tensor is passed as a descriptor { allocated pointer, aligned
  /// pointer, offset, extents[rank], strides[rank] }; a result's memory belongs
  /// to the caller, who frees its allocated pointer with `free`.
  using PackedFunction = void (*)(void **);

  /// The function `name` in its packed form; needs packedInterface.
  llvm::Expected<PackedFunction> lookup(llvm::StringRef name) const;

  /// The address of a symbol of the object code. The C form of function NAME,
  /// with a pointer to a descriptor for each memref, is `_mlir_ciface_NAME`.
  llvm::Expected<void *> lookupSymbol(llvm::StringRef symbol) const;

private:
  struct Impl;
  Executable(CompiledModule module, std::unique_ptr<Impl> impl);

  CompiledModule module;
  std::unique_ptr<Impl> impl;
};

} // namespace rmsnorm

#endif // RMSNORM_COMPILER_EXECUTABLE_H
