//===- CodeGen.h - From the LLVM dialect to object code ---------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_COMPILER_CODEGEN_H
#define RMSNORM_LIB_COMPILER_CODEGEN_H

#include "rmsnorm/Compiler/Compiler.h"

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace rmsnorm {

/// The symbol of the packed form of function `name`.
std::string getPackedName(llvm::StringRef name);

/// Replaces function `info` by its form for C, which checks its arguments.
llvm::Error addCFunction(llvm::Module &module, const FunctionInfo &info);

/// Rewrites, after LLVM's passes, what its code generators make slower code of.
void prepareForTarget(llvm::Module &module, llvm::TargetMachine &machine);

/// Adds what `options` asks for, optimises `module` and writes it.
llvm::Expected<std::string> generateCode(llvm::Module &module,
                                         llvm::TargetMachine &machine,
                                         llvm::ArrayRef<FunctionInfo> functions,
                                         const CompileOptions &options);

} // namespace rmsnorm

#endif // RMSNORM_LIB_COMPILER_CODEGEN_H
