//===- Compiler.cpp - From a module to object code ------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/Compiler.h"
#include "CodeGen.h"
#include "Dialects.h"
#include "RunTimeChecks.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"
#include "rmsnorm/Pipelines/CPU.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include <chrono>
#include <mutex>

using namespace mlir;
using namespace rmsnorm;

const FunctionInfo *CompiledModule::lookup(StringRef name) const {
  for (const FunctionInfo &info : functions)
    if (info.name == name)
      return &info;
  return nullptr;
}

namespace {
/// Takes times between calls of `lap`.
class Stopwatch {
public:
  int64_t lap() {
    Clock::time_point end = Clock::now();
    auto time = end - std::exchange(last, end);
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  }

private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last = Clock::now();
};

/// What a thread needs to itself while it compiles.
struct Workspace {
  Workspace(const Target &target, CompilerInput input)
      : input(input), machine(target.createTargetMachine()) {}

  /// Only a text or a builder needs a context of ours.
  MLIRContext &getContext() {
    if (!context) {
      DialectRegistry registry;
      if (input == CompilerInput::Norms)
        registerNormDialects(registry);
      else
        registerCompilerDialects(registry);
      context = std::make_unique<MLIRContext>(registry,
                                              MLIRContext::Threading::DISABLED);
      // A diagnostic is one line, whatever the size of its op.
      context->printOpOnDiagnostic(false);
    }
    return *context;
  }

  CompilerInput input;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<MLIRContext> context;
  /// The passes for norms: their patterns are collected once.
  std::unique_ptr<PassManager> normPasses;
  int uses = 0;
};

/// Collects the text of all diagnostics of a context.
class DiagnosticText {
public:
  explicit DiagnosticText(MLIRContext &context)
      : handler(&context, [this](Diagnostic &diagnostic) {
          append(diagnostic, 0);
          return success();
        }) {}

  llvm::Error takeError() {
    StringRef all = StringRef(text).rtrim('\n');
    return llvm::createStringError(
        all.empty() ? StringRef("compilation failed without a diagnostic")
                    : all);
  }

private:
  static StringRef getName(DiagnosticSeverity severity) {
    switch (severity) {
    case DiagnosticSeverity::Note:
      return "note: ";
    case DiagnosticSeverity::Warning:
      return "warning: ";
    case DiagnosticSeverity::Error:
      return "error: ";
    case DiagnosticSeverity::Remark:
      return "remark: ";
    }
    llvm_unreachable("all severities are covered");
  }

  void append(Diagnostic &diagnostic, int depth) {
    llvm::raw_string_ostream os(text);
    if (auto loc = dyn_cast<FileLineColLoc>(diagnostic.getLocation()))
      os << loc.getFilename().getValue() << ':' << loc.getLine() << ':'
         << loc.getColumn() << ": ";
    os << getName(diagnostic.getSeverity()) << diagnostic.str() << '\n';
    for (Diagnostic &note : diagnostic.getNotes())
      append(note, depth + 1);
  }

  std::string text;
  ScopedDiagnosticHandler handler;
};
} // namespace

/// Workspaces that no thread uses now.
struct Compiler::Workspaces {
  /// A context keeps every type and attribute that it has seen, so it is given
  /// up after so many compilations.
  static constexpr int mostUses = 256;

  explicit Workspaces(CompilerInput input) : input(input) {}

  std::unique_ptr<Workspace> take(const Target &target) {
    std::lock_guard<std::mutex> lock(mutex);
    if (idle.empty())
      return std::make_unique<Workspace>(target, input);
    std::unique_ptr<Workspace> workspace = std::move(idle.back());
    idle.pop_back();
    return workspace;
  }

  void give(std::unique_ptr<Workspace> workspace) {
    if (++workspace->uses >= mostUses)
      return;
    std::lock_guard<std::mutex> lock(mutex);
    idle.push_back(std::move(workspace));
  }

  const CompilerInput input;
  std::mutex mutex;
  std::vector<std::unique_ptr<Workspace>> idle;
};

Compiler::Compiler(Target target, CompilerInput input)
    : target(std::move(target)),
      workspaces(std::make_unique<Workspaces>(input)) {}

Compiler::~Compiler() = default;

/// Makes all public functions but `entry` private, so that those it does not
/// call go away. Does nothing where there is no such function.
static void keepOnly(ModuleOp module, StringRef entry) {
  auto kept = module.lookupSymbol<func::FuncOp>(entry);
  if (!kept || !kept.isPublic())
    return;
  for (auto function : module.getOps<func::FuncOp>())
    if (function != kept)
      function.setPrivate();
}

/// Appends the stages of the CPU pipeline after `first` up to `last`; from the
/// first, or to the last, where that is empty.
static LogicalResult appendStages(PassManager &passes, const Target &target,
                                  StringRef first, StringRef last) {
#ifdef NDEBUG
  passes.enableVerifier(false);
#endif
  CPUPipelineOptions options;
  options.features = target.getFeatures().str();
  options.cacheSize = target.getCacheSize();
  options.startAfter = first.str();
  options.stopAfter = last.str();
  return buildCPUPipeline(passes, options,
                          UnknownLoc::get(passes.getContext()));
}

static void requestCInterface(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isDeclaration())
      function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                        UnitAttr::get(module.getContext()));
}

/// Takes any module to the LLVM dialect.
static LogicalResult lower(ModuleOp module, const Target &target,
                           std::vector<FunctionInfo> &functions) {
  requestCInterface(module);
  PassManager first(module.getContext()), rest(module.getContext());
  first.addPass(createSymbolDCEPass());
  // Bufferization decides which results are memory of an argument.
  if (failed(appendStages(first, target, "", "bufferize")) ||
      failed(first.run(module)))
    return failure();
  dropArgumentResults(functions, module);
  rest.addPass(createSymbolDCEPass());
  return success(succeeded(appendStages(rest, target, "bufferize", "")) &&
                 succeeded(rest.run(module)));
}

/// Takes a norm on memrefs, which has nothing to bufferize, to the LLVM
/// dialect.
static LogicalResult lowerNorm(ModuleOp module, const Target &target,
                               std::unique_ptr<PassManager> &passes) {
  requestCInterface(module);
  if (!passes) {
    auto made = std::make_unique<PassManager>(module.getContext());
    made->addPass(createCanonicalizerPass());
    if (failed(appendStages(*made, target, "bufferize", "")))
      return failure();
    passes = std::move(made);
  }
  return passes->run(module);
}

static std::unique_ptr<llvm::Module> translate(ModuleOp module,
                                               llvm::LLVMContext &context) {
#ifdef NDEBUG
  bool disableVerification = true;
#else
  bool disableVerification = false;
#endif
  return translateModuleToLLVMIR(module, context, "rmsnorm",
                                 disableVerification);
}

/// Compiles `module`, which it changes; `text` holds the diagnostics.
static llvm::Expected<CompiledModule>
compileInPlace(ModuleOp module, const Target &target, Workspace &workspace,
               const CompileOptions &options, DiagnosticText &text) {
  Stopwatch watch;
  CompiledModule compiled{target, getPublicFunctions(module), {}, {}};
  if (const FunctionInfo *entry = compiled.lookup(options.entry)) {
    keepOnly(module, options.entry);
    compiled.functions = {*entry};
  }
  if (options.runTimeChecks && failed(addRunTimeChecks(module)))
    return text.takeError();
  LogicalResult lowered = workspace.input == CompilerInput::Norms
                              ? lowerNorm(module, target, workspace.normPasses)
                              : lower(module, target, compiled.functions);
  if (failed(lowered))
    return text.takeError();
  llvm::LLVMContext context;
  std::string problems;
  context.setDiagnosticHandlerCallBack(
      [](const llvm::DiagnosticInfo *info, void *problems) {
        if (info->getSeverity() != llvm::DS_Error)
          return;
        llvm::raw_string_ostream os(*static_cast<std::string *>(problems));
        llvm::DiagnosticPrinterRawOStream printer(os);
        info->print(printer);
      },
      &problems);
  std::unique_ptr<llvm::Module> translated = translate(module, context);
  if (!translated)
    return text.takeError();
  compiled.times.lower = watch.lap();
  llvm::Expected<std::string> code = generateCode(
      *translated, *workspace.machine, compiled.functions, options);
  if (!code)
    return code.takeError();
  if (!problems.empty())
    return llvm::createStringError(problems);
  compiled.times.generate = watch.lap();
  compiled.code = std::move(*code);
  return compiled;
}

llvm::Expected<CompiledModule>
Compiler::compile(Builder build, const CompileOptions &options) {
  Stopwatch watch;
  std::unique_ptr<Workspace> workspace = workspaces->take(target);
  auto result = [&]() -> llvm::Expected<CompiledModule> {
    MLIRContext &context = workspace->getContext();
    DiagnosticText text(context);
    OwningOpRef<ModuleOp> module = build(context);
    if (!module || failed(verify(*module)))
      return text.takeError();
    int64_t start = watch.lap();
    auto compiled = compileInPlace(*module, target, *workspace, options, text);
    if (compiled)
      compiled->times.start = start;
    return compiled;
  }();
  workspaces->give(std::move(workspace));
  return result;
}

llvm::Expected<CompiledModule>
Compiler::compile(StringRef text, StringRef name,
                  const CompileOptions &options) {
  return compile(
      [&](MLIRContext &context) {
        // The builder form verifies.
        ParserConfig config(&context, /*verifyAfterParse=*/false);
        return parseSourceString<ModuleOp>(text, config, name);
      },
      options);
}

llvm::Expected<CompiledModule>
Compiler::compile(ModuleOp module, const CompileOptions &options) {
  std::unique_ptr<Workspace> workspace = workspaces->take(target);
  auto result = [&]() -> llvm::Expected<CompiledModule> {
    MLIRContext &context = *module.getContext();
    DialectRegistry registry;
    registerCompilerDialects(registry);
    context.appendDialectRegistry(registry);
    DiagnosticText text(context);
    if (failed(verify(module)))
      return text.takeError();
    OwningOpRef<ModuleOp> copy = module.clone();
    return compileInPlace(*copy, target, *workspace, options, text);
  }();
  workspaces->give(std::move(workspace));
  return result;
}
