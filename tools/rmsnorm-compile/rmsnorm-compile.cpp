//===- rmsnorm-compile.cpp - Compile functions ahead of time --------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Header.h"
#include "Support/CommandLine.h"
#include "Support/OutputFiles.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/AsmParser/AsmParserState.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "rmsnorm/Compiler/Compiler.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/SourceMgr.h"
#include <optional>

using namespace llvm;
using namespace rmsnorm;

static constexpr char overview[] =
    R"(Compiles the public functions of FILE.mlir ahead of time.

--emit=obj or so gives code that C calls by the header that --emit=header gives of
the same file; neither needs MLIR or LLVM when it runs. --emit=so links by the C
compiler that the variable CC names, else by cc or clang.
)";

namespace {
struct Options {
  cl::OptionCategory category{"rmsnorm-compile options"};
  cl::opt<std::string> file{cl::Positional, cl::Required, cl::desc("FILE.mlir"),
                            cl::cat(category)};
  cl::opt<std::string> emit{
      "emit", cl::desc("What to write: llvm, asm, obj, so, header"),
      cl::value_desc("KIND"), cl::init("obj"), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("Where to write it"),
                              cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<std::string> target{
      "target",
      cl::desc("The processor to compile for, haswell,-fma; without it what "
               "RMSNORM_TARGET of the environment names, else host"),
      cl::value_desc("NAME"), cl::cat(category)};
  cl::opt<bool> externalParallelFor{
      "external-parallel-for",
      cl::desc(
          "Leave rmsnorm_parallel_for to be linked, from librmsnorm_runtime "
          "or the program"),
      cl::cat(category)};
};

enum class Emit { LLVM, Assembly, Object, SharedLibrary, Header };
} // namespace

static Expected<Emit> parseEmit(StringRef text) {
  static const std::pair<StringRef, Emit> kinds[] = {
      {"llvm", Emit::LLVM},
      {"asm", Emit::Assembly},
      {"obj", Emit::Object},
      {"so", Emit::SharedLibrary},
      {"header", Emit::Header}};
  for (auto [name, kind] : kinds)
    if (name == text)
      return kind;
  return createStringError(
      "expected --emit to be llvm, asm, obj, so or header, but got '" + text +
      "'");
}

/// Parses `text` and notes how it calls the arguments of its functions.
static mlir::OwningOpRef<mlir::ModuleOp> parseModule(StringRef text,
                                                     StringRef name,
                                                     mlir::MLIRContext &context,
                                                     ArgumentNames &names) {
  SourceMgr sources;
  sources.AddNewSourceBuffer(
      MemoryBuffer::getMemBuffer(text, name, /*RequiresNullTerminator=*/false),
      SMLoc());
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::ModuleOp::create(mlir::FileLineColLoc::get(&context, name, 0, 0));
  mlir::AsmParserState state;
  mlir::ParserConfig config(&context, /*verifyAfterParse=*/false);
  if (failed(
          mlir::parseAsmSourceFile(sources, module->getBody(), config, &state)))
    return nullptr;
  // A module that the file spells out is inside the one that was made here.
  if (auto inner = llvm::dyn_cast_if_present<mlir::ModuleOp>(
          module->getBody()->empty() ? nullptr : &module->getBody()->front());
      inner && module->getBody()->getOperations().size() == 1) {
    inner->remove();
    module = inner;
  }
  for (auto function : module->getOps<mlir::func::FuncOp>()) {
    if (function.isDeclaration())
      continue;
    const mlir::AsmParserState::BlockDefinition *block =
        state.getBlockDef(&function.getBody().front());
    std::vector<std::string> &list = names[function.getName()];
    if (!block)
      continue;
    for (const mlir::AsmParserState::SMDefinition &argument :
         block->arguments) {
      const SMRange &range = argument.loc;
      StringRef spelled(range.Start.getPointer(),
                        range.End.getPointer() - range.Start.getPointer());
      list.push_back(spelled.ltrim('%').str());
    }
  }
  return module;
}

/// The C compiler that CC names, else the first of the usual ones.
static Expected<std::string> findDriver(StringRef path) {
  std::vector<std::string> names{"cc", "clang",
                                 "clang-" + std::to_string(LLVM_VERSION_MAJOR)};
  if (std::optional<std::string> chosen = sys::Process::GetEnv("CC"))
    names = {*chosen};
  for (const std::string &name : names)
    if (ErrorOr<std::string> program = sys::findProgramByName(name))
      return *program;
  return createStringError("expected a C compiler '" + Twine(names[0]) +
                           "' on the PATH to link '" + path +
                           "', but got none");
}

/// Links the object code to a shared library by the C compiler's driver.
static Error link(StringRef object, StringRef path, OutputFiles &files) {
  Expected<std::string> driver = findDriver(path);
  if (!driver)
    return driver.takeError();
  Expected<std::string> temporary = files.reserve(path);
  if (!temporary)
    return temporary.takeError();
  SmallString<128> input;
  int fd;
  if (std::error_code code =
          sys::fs::createTemporaryFile("rmsnorm", "o", fd, input))
    return createStringError("'" + input + "': " + code.message());
  FileRemover remover(input);
  raw_fd_ostream os(fd, /*shouldClose=*/true);
  os << object;
  os.close();
  if (os.has_error()) {
    std::error_code code = os.error();
    os.clear_error();
    return createStringError("'" + input + "': " + code.message());
  }
  std::string problem;
  int status = sys::ExecuteAndWait(
      *driver, {*driver, "-shared", "-o", *temporary, input.str(), "-lm"},
      /*Env=*/std::nullopt, /*Redirects=*/{}, /*SecondsToWait=*/0,
      /*MemoryLimit=*/0, &problem);
  if (status == 0)
    return Error::success();
  return createStringError("linking '" + path + "' by '" + *driver +
                           "' failed with status " + Twine(status) +
                           (problem.empty() ? "" : ": " + problem));
}

static Error compileFile(const Options &options) {
  if (options.output.empty())
    return createStringError("expected -o FILE to write to, but got none");
  Expected<Emit> emit = parseEmit(options.emit);
  if (!emit)
    return emit.takeError();
  Expected<Target> target = options.target.getNumOccurrences() > 0
                                ? Target::parse(options.target)
                                : Target::usual();
  if (!target)
    return target.takeError();
  ErrorOr<std::unique_ptr<MemoryBuffer>> file =
      MemoryBuffer::getFile(options.file);
  if (!file)
    return createStringError("'" + options.file +
                             "': " + file.getError().message());
  CompileOptions compileOptions;
  compileOptions.output = *emit == Emit::LLVM       ? OutputKind::LLVMIR
                          : *emit == Emit::Assembly ? OutputKind::Assembly
                                                    : OutputKind::Object;
  compileOptions.packedInterface = false;
  compileOptions.cInterface = true;
  compileOptions.serialFallback = !options.externalParallelFor;
  ArgumentNames names;
  Expected<CompiledModule> compiled = Compiler(*target).compile(
      [&](mlir::MLIRContext &context) {
        return parseModule((*file)->getBuffer(), options.file, context, names);
      },
      compileOptions);
  if (!compiled)
    return compiled.takeError();
  if (compiled->functions.empty())
    return createStringError("expected a public function of scalars, ranked "
                             "tensors and strided memrefs in '" +
                             options.file + "', but got none");
  // Also without a header: what it refuses, C cannot call.
  Expected<std::string> header = makeHeader(
      compiled->functions, names,
      {sys::path::filename(options.output).str(),
       sys::path::filename(options.file).str(), target->getCPU().str()});
  if (!header)
    return header.takeError();
  OutputFiles outputs;
  Error error =
      *emit == Emit::SharedLibrary
          ? link(compiled->code, options.output, outputs)
          : outputs.write(options.output, [&](raw_ostream &os) {
              os << (*emit == Emit::Header ? *header : compiled->code);
            });
  return error ? std::move(error) : outputs.commit();
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  // The options of LLVM's library are not this tool's, and share its names.
  cl::ResetCommandLineParser();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  if (!parseCommandLine(argc, argv, overview))
    return 1;
  if (Error error = compileFile(options)) {
    std::string message = toString(std::move(error));
    // Diagnostics of the compiler say where and how severe already.
    bool located = StringRef(message).contains("error: ");
    errs() << (located ? "" : "rmsnorm-compile: error: ") << message << '\n';
    return 1;
  }
  return 0;
}
