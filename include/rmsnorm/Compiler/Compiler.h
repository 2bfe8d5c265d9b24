//===- Compiler.h - From a module to object code ----------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_COMPILER_COMPILER_H
#define RMSNORM_COMPILER_COMPILER_H

#include "mlir/IR/OwningOpRef.h"
#include "rmsnorm/Compiler/Signature.h"
#include "rmsnorm/Compiler/Target.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace mlir {
class DialectRegistry;
class MLIRContext;
class ModuleOp;
} // namespace mlir

namespace rmsnorm {

/// What the compiler writes.
enum class OutputKind { Object, Assembly, LLVMIR };

struct CompileOptions {
  OutputKind output = OutputKind::Object;
  /// Compile this public function and what it calls; empty: all of them.
  std::string entry;
  /// Check at run time what types leave open, such as extents that must agree.
  /// A check that fails calls rmsnorm_check_failed of rmsnorm-c/Runtime.h.
  bool runTimeChecks = false;
  /// Add, for each function NAME, `void NAME.packed(void **arguments)`: it
  /// takes the addresses of the arguments and then those of the results.
  bool packedInterface = true;
  /// Only the packed forms can be called: the functions themselves become part
  /// of them, which is less code.
  bool packedOnly = false;
  /// Make each function NAME callable from C:
  ///
  ///   const char *NAME(struct NAME_results *results, arguments...);
  ///
  /// with a pointer to a descriptor for each memref, and `results` only where
  /// there are any. It checks the descriptors and returns null, or what is
  /// wrong with them before it has touched anything.
  bool cInterface = false;
  /// Define rmsnorm_parallel_for weakly, as a serial loop: the code then links
  /// into any program, which may still bring a definition of its own.
  bool serialFallback = false;
};

/// How long the parts of a compilation took, in nanoseconds.
struct CompileTimes {
  /// Until the module is there: MLIR's context, LLVM's target, the text.
  int64_t start = 0;
  /// From the module to LLVM IR.
  int64_t lower = 0;
  /// From LLVM IR to the code.
  int64_t generate = 0;
};

/// Code for a target and the functions in it.
struct CompiledModule {
  Target target;
  std::vector<FunctionInfo> functions;
  /// Object code, or text as CompileOptions::output says.
  std::string code;
  CompileTimes times;

  /// Null where there is no function of that name.
  const FunctionInfo *lookup(llvm::StringRef name) const;
};

/// Puts all that a module may be written in before it is compiled into
/// `registry`: the rmsnorm dialect, the upstream dialects, their interfaces,
/// and the translation to LLVM IR.
void registerCompilerDialects(mlir::DialectRegistry &registry);

/// What a compiler is made for.
enum class CompilerInput {
  /// Modules with anything that registerCompilerDialects has.
  Modules,
  /// Modules of one norm on memrefs, as buildModule makes them, by the form of
  /// `compile` that takes a builder. Its contexts hold less, and the first of
  /// them is there sooner.
  Norms
};

/// Compiles modules for one target. May be used by several threads at once;
/// what is costly to make (contexts, LLVM's code generator) is kept between
/// calls. Errors are values; nothing is printed.
class Compiler {
public:
  explicit Compiler(Target target,
                    CompilerInput input = CompilerInput::Modules);
  ~Compiler();

  const Target &getTarget() const { return target; }

  /// Compiles the module in `text`, MLIR's assembly or bytecode; `name` stands
  /// for it in diagnostics.
  llvm::Expected<CompiledModule>
  compile(llvm::StringRef text, llvm::StringRef name,
          const CompileOptions &options = CompileOptions());

  /// Compiles the module that `build` makes in a context of the compiler. A
  /// null module is an error, told by the diagnostics that `build` emitted.
  using Builder = llvm::function_ref<mlir::OwningOpRef<mlir::ModuleOp>(
      mlir::MLIRContext &)>;
  llvm::Expected<CompiledModule>
  compile(Builder build, const CompileOptions &options = CompileOptions());

  /// Compiles a copy of `module`, in its own context, which gets what
  /// registerCompilerDialects has. No other thread may use that context.
  llvm::Expected<CompiledModule>
  compile(mlir::ModuleOp module,
          const CompileOptions &options = CompileOptions());

private:
  struct Workspaces;

  Target target;
  std::unique_ptr<Workspaces> workspaces;
};

} // namespace rmsnorm

#endif // RMSNORM_COMPILER_COMPILER_H
