//===- Compiler.cpp - From a module to object code ------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/Compiler.h"
#include "CodeGen.h"
#include "RunTimeChecks.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"
#include "rmsnorm/InitAll.h"
#include "rmsnorm/Pipelines/CPU.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include <mutex>

using namespace mlir;
using namespace rmsnorm;

const FunctionInfo *CompiledModule::lookup(StringRef name) const {
  for (const FunctionInfo &info : functions)
    if (info.name == name)
      return &info;
  return nullptr;
}

void rmsnorm::registerCompilerDialects(DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  rmsnorm::registerAllDialects(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

namespace {
/// What a thread needs to itself while it compiles.
struct Workspace {
  explicit Workspace(const Target &target)
      : machine(target.createTargetMachine()) {}

  /// Only a text or a builder needs a context of ours.
  MLIRContext &getContext() {
    if (!context) {
      DialectRegistry registry;
      registerCompilerDialects(registry);
      context = std::make_unique<MLIRContext>(registry,
                                              MLIRContext::Threading::DISABLED);
      // A diagnostic is one line, whatever the size of its op.
      context->printOpOnDiagnostic(false);
    }
    return *context;
  }

  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<MLIRContext> context;
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

  std::unique_ptr<Workspace> take(const Target &target) {
    std::lock_guard<std::mutex> lock(mutex);
    if (idle.empty())
      return std::make_unique<Workspace>(target);
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

  std::mutex mutex;
  std::vector<std::unique_ptr<Workspace>> idle;
};

Compiler::Compiler(Target target)
    : target(std::move(target)), workspaces(std::make_unique<Workspaces>()) {}

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

/// Runs the stages of the CPU pipeline after `first` up to `last`; from the
/// first, or to the last, where that is empty.
static LogicalResult runStages(ModuleOp module, const Target &target,
                               StringRef first, StringRef last) {
  MLIRContext *context = module.getContext();
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isDeclaration())
      function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                        UnitAttr::get(context));
  PassManager passes(context);
#ifdef NDEBUG
  passes.enableVerifier(false);
#endif
  passes.addPass(createSymbolDCEPass());
  CPUPipelineOptions options;
  options.features = target.getFeatures().str();
  options.startAfter = first.str();
  options.stopAfter = last.str();
  if (failed(buildCPUPipeline(passes, options, module.getLoc())))
    return failure();
  return passes.run(module);
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
compileInPlace(ModuleOp module, const Target &target,
               llvm::TargetMachine &machine, const CompileOptions &options,
               DiagnosticText &text) {
  CompiledModule compiled{target, getPublicFunctions(module), {}};
  if (const FunctionInfo *entry = compiled.lookup(options.entry)) {
    keepOnly(module, options.entry);
    compiled.functions = {*entry};
  }
  if (options.runTimeChecks && failed(addRunTimeChecks(module)))
    return text.takeError();
  // Bufferization decides which results are memory of an argument.
  if (failed(runStages(module, target, "", "bufferize")))
    return text.takeError();
  dropArgumentResults(compiled.functions, module);
  if (failed(runStages(module, target, "bufferize", "")))
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
  llvm::Expected<std::string> code =
      generateCode(*translated, machine, compiled.functions, options);
  if (!code)
    return code.takeError();
  if (!problems.empty())
    return llvm::createStringError(problems);
  compiled.code = std::move(*code);
  return compiled;
}

llvm::Expected<CompiledModule>
Compiler::compile(Builder build, const CompileOptions &options) {
  std::unique_ptr<Workspace> workspace = workspaces->take(target);
  auto result = [&]() -> llvm::Expected<CompiledModule> {
    MLIRContext &context = workspace->getContext();
    DiagnosticText text(context);
    OwningOpRef<ModuleOp> module = build(context);
    if (!module || failed(verify(*module)))
      return text.takeError();
    return compileInPlace(*module, target, *workspace->machine, options, text);
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
    return compileInPlace(*copy, target, *workspace->machine, options, text);
  }();
  workspaces->give(std::move(workspace));
  return result;
}
