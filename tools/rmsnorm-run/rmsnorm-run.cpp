//===- rmsnorm-run.cpp - Run a function on .npy files ---------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "Support/CommandLine.h"
#include "Support/OutputFiles.h"
#include "rmsnorm-c/Runtime.h"
#include "rmsnorm/Compiler/Executable.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <cstdlib>
#include <optional>

using namespace llvm;
using namespace rmsnorm;

static constexpr char overview[] =
    R"(Compiles FILE.mlir for this machine and runs one of its functions.

The arguments of the function take the --input files in their order. Where there
are fewer inputs, the memrefs that are left take the --output files in their
order: they are zero before the call and written to the file after it. So do
tensors that are nothing but destinations of a result. The results of the function
take the --output files that remain. An argument whose type has dynamic extents
needs its shape, --output=y.npy:4x1000. Also an argument that is an input may be
written after the call, --save-argument=0:x.npy.

Files are .npy, little-endian, in C or Fortran order. bf16 and f8, which NumPy has
no name for, are raw bytes as ml_dtypes saves them: view them on loading,
np.load("y.npy").view(ml_dtypes.bfloat16). Scalars are arrays of rank 0.
An argument whose strides are all dynamic keeps the order of its file.
)";

namespace {
struct Options {
  cl::OptionCategory category{"rmsnorm-run options"};
  cl::opt<std::string> file{cl::Positional, cl::Required, cl::desc("FILE.mlir"),
                            cl::cat(category)};
  cl::opt<std::string> entry{
      "entry", cl::desc("The function to run; needed where there are several"),
      cl::value_desc("NAME"), cl::cat(category)};
  cl::list<std::string> inputs{"input", cl::desc("Read an argument"),
                               cl::value_desc("FILE.npy"), cl::cat(category)};
  cl::list<std::string> outputs{
      "output", cl::desc("Write a memref argument or a result"),
      cl::value_desc("FILE.npy[:SHAPE]"), cl::cat(category)};
  cl::list<std::string> saved{"save-argument",
                              cl::desc("Write an argument, counted from 0"),
                              cl::value_desc("N:FILE.npy"), cl::cat(category)};
  cl::opt<std::string> threads{
      "threads", cl::desc("The most threads; 0: as many as there are"),
      cl::value_desc("N"), cl::init("0"), cl::cat(category)};
  cl::opt<std::string> target{
      "target",
      cl::desc("The processor to compile for, haswell,-fma; without it what "
               "RMSNORM_TARGET of the environment names, else host"),
      cl::value_desc("NAME"), cl::cat(category)};
  cl::opt<bool> time{"time",
                     cl::desc("Call repeatedly and print how long it takes"),
                     cl::cat(category)};
};

/// An output of the run: where it comes from and goes to.
struct Output {
  std::string path;
  size_t argument;
};

/// What is passed to the function, results last, and what is written.
struct Call {
  std::vector<Argument> values;
  std::vector<Output> outputs;
};
} // namespace

static Error inContext(const Twine &context, Error error) {
  return createStringError(context + ": " + toString(std::move(error)));
}

/// Splits `y.npy:4x1000` into its path and shape.
static Expected<std::pair<StringRef, std::optional<SmallVector<int64_t>>>>
splitShape(StringRef text) {
  auto [path, shape] = text.rsplit(':');
  if (shape.empty() ||
      shape.find_first_not_of("0123456789x") != StringRef::npos)
    return std::make_pair(text, std::optional<SmallVector<int64_t>>());
  SmallVector<int64_t> extents;
  SmallVector<StringRef> words;
  shape.split(words, 'x');
  for (StringRef word : words)
    if (word.getAsInteger(10, extents.emplace_back()))
      return createStringError("--output=" + text +
                               ": expected a shape such as 4x1000, but got '" +
                               shape + "'");
  return std::make_pair(path, std::optional(std::move(extents)));
}

static Expected<const FunctionInfo *> findEntry(const CompiledModule &module,
                                                const Options &options) {
  std::string names;
  for (const FunctionInfo &info : module.functions)
    names += (names.empty() ? "" : ", ") + info.name;
  if (names.empty())
    names = "none";
  if (options.entry.empty() && module.functions.size() != 1)
    return createStringError("expected --entry to name one of the public "
                             "functions of '" +
                             options.file + "' (" + names +
                             "), but it is missing");
  if (options.entry.empty())
    return &module.functions.front();
  if (const FunctionInfo *info = module.lookup(options.entry))
    return info;
  return createStringError("expected --entry to name one of the public "
                           "functions of '" +
                           options.file + "' (" + names + "), but got '" +
                           options.entry + "'");
}

/// Reads the inputs into the first arguments of `call`.
static Error bindInputs(const FunctionInfo &info, const Options &options,
                        Call &call) {
  if (options.inputs.size() > info.arguments.size())
    return createStringError("expected at most " +
                             Twine(info.arguments.size()) +
                             " of --input for '" + info.name + "', but got " +
                             Twine(options.inputs.size()));
  for (auto [index, path] : enumerate(options.inputs)) {
    Expected<NpyArray> array = readNpy(path);
    if (!array)
      return inContext("--input", array.takeError());
    Expected<Argument> argument =
        Argument::fromArray(info.arguments[index], *array);
    if (!argument)
      return inContext("--input: '" + path + "', argument " + Twine(index),
                       argument.takeError());
    call.values.push_back(std::move(*argument));
  }
  return Error::success();
}

/// Makes the argument number `index` that `text` is written from.
static Error bindOutput(const FunctionInfo &info, size_t index, StringRef text,
                        Call &call) {
  auto split = splitShape(text);
  if (!split)
    return split.takeError();
  auto &[path, shape] = *split;
  call.outputs.push_back({path.str(), index});
  const ValueInfo &type = info.arguments[index];
  if (type.kind != ValueInfo::Kind::MemRef)
    return createStringError("expected an --input for argument " +
                             Twine(index) + " of '" + info.name + "' (" +
                             type.getTypeName() + "), but got no more of them");
  if (!shape && !type.hasStaticShape())
    return createStringError("--output=" + text + ": expected a shape, " +
                             text + ":SHAPE, for argument " + Twine(index) +
                             " of type " + type.getTypeName());
  Expected<Argument> argument =
      Argument::zero(type, shape ? ArrayRef<int64_t>(*shape) : type.shape);
  if (!argument)
    return inContext("--output=" + text + ", argument " + Twine(index),
                     argument.takeError());
  call.values.push_back(std::move(*argument));
  return Error::success();
}

/// Makes room for the results and notes which files they go to.
static Error bindResults(const FunctionInfo &info, ArrayRef<std::string> paths,
                         Call &call) {
  size_t next = call.values.size();
  for (const ValueInfo &result : info.results)
    call.values.push_back(Argument::result(result));
  if (paths.size() > info.resultArguments.size())
    return createStringError(
        "expected at most " +
        Twine(call.outputs.size() + info.resultArguments.size()) +
        " of --output for '" + info.name + "', but got " +
        Twine(call.outputs.size() + paths.size()));
  for (auto [path, argument] : zip(paths, info.resultArguments)) {
    auto split = splitShape(path);
    if (!split)
      return split.takeError();
    if (split->second)
      return createStringError("--output=" + path +
                               ": expected no shape for a result of '" +
                               info.name + "'");
    call.outputs.push_back(
        {path, argument < 0 ? next++ : static_cast<size_t>(argument)});
  }
  return Error::success();
}

static Expected<Call> bindArguments(const FunctionInfo &info,
                                    const Options &options) {
  Call call;
  size_t arguments = info.arguments.size();
  if (Error error = bindInputs(info, options, call))
    return error;
  std::vector<std::string> paths(options.outputs.begin(),
                                 options.outputs.end());
  ArrayRef<std::string> outputs(paths);
  while (!outputs.empty() && call.values.size() < arguments) {
    if (Error error =
            bindOutput(info, call.values.size(), outputs.front(), call))
      return error;
    outputs = outputs.drop_front();
  }
  if (call.values.size() < arguments)
    return createStringError(
        "expected an --input or --output for each of the " + Twine(arguments) +
        " arguments of '" + info.name + "', but got " +
        Twine(call.values.size()));
  if (Error error = bindResults(info, outputs, call))
    return error;
  for (StringRef text : options.saved) {
    auto [number, path] = text.split(':');
    size_t index;
    if (number.getAsInteger(10, index) || index >= arguments || path.empty())
      return createStringError("expected --save-argument=N:FILE.npy with N "
                               "below " +
                               Twine(arguments) + ", but got '" + text + "'");
    call.outputs.push_back({path.str(), index});
  }
  return call;
}

/// Frees the memory of the results, of which several may share one.
static void freeResults(const FunctionInfo &info, Call &call) {
  SmallVector<void *> freed;
  for (Argument &value : drop_begin(call.values, info.arguments.size())) {
    if (value.getInfo().kind == ValueInfo::Kind::Scalar ||
        is_contained(freed, value.getAllocated()))
      continue;
    freed.push_back(value.getAllocated());
    free(value.getAllocated());
  }
}

static Error writeOutputs(const Call &call) {
  OutputFiles files;
  for (const Output &output : call.outputs) {
    const Argument &value = call.values[output.argument];
    if (Error error = files.write(output.path, [&](raw_ostream &os) {
          os << makeNpyHeader(value.getInfo().elementType, value.getShape())
             << value.gather();
        }))
      return error;
  }
  return files.commit();
}

/// Calls again and again for a fifth of a second; prints the median time, and
/// the shortest, which says what others left of the machine.
static void measure(Executable::PackedFunction function,
                    MutableArrayRef<void *> pointers, const FunctionInfo &info,
                    Call &call, double compileSeconds) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  for (double total = 0; times.size() < 3 || total < 0.2;) {
    Clock::time_point begin = Clock::now();
    function(pointers.data());
    std::chrono::duration<double> seconds = Clock::now() - begin;
    freeResults(info, call);
    times.push_back(seconds.count());
    total += times.back();
  }
  llvm::sort(times);
  outs() << "compile: " << format("%.1f", compileSeconds * 1e3)
         << " ms, run: " << format("%.3f", times[times.size() / 2] * 1e6)
         << " us (median of " << times.size() << ", shortest "
         << format("%.3f", times.front() * 1e6) << " us)\n";
}

static Error run(const Options &options) {
  int32_t threads;
  if (StringRef(options.threads).getAsInteger(10, threads) || threads < 0)
    return createStringError("expected --threads to be 0 or more, but got '" +
                             options.threads + "'");
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
  auto begin = std::chrono::steady_clock::now();
  Compiler compiler(*target);
  CompileOptions compileOptions;
  compileOptions.entry = options.entry;
  compileOptions.runTimeChecks = true;
  Expected<CompiledModule> compiled =
      compiler.compile((*file)->getBuffer(), options.file, compileOptions);
  if (!compiled)
    return compiled.takeError();
  auto executable = Executable::load(std::move(*compiled));
  if (!executable)
    return executable.takeError();
  Expected<const FunctionInfo *> info =
      findEntry((*executable)->getModule(), options);
  if (!info)
    return info.takeError();
  auto function = (*executable)->lookup((*info)->name);
  if (!function)
    return function.takeError();
  std::chrono::duration<double> compileTime =
      std::chrono::steady_clock::now() - begin;

  Expected<Call> call = bindArguments(**info, options);
  if (!call)
    return call.takeError();
  SmallVector<void *> pointers;
  for (Argument &value : call->values)
    pointers.push_back(value.getAddress());
  rmsnorm_executor executor = {nullptr, nullptr, threads};
  rmsnorm_set_executor(executor);
  rmsnorm_set_check_handler([](const char *message) {
    errs() << message << '\n';
    std::_Exit(1);
  });
  (*function)(pointers.data());
  Error error = writeOutputs(*call);
  freeResults(**info, *call);
  if (!error && options.time)
    measure(*function, pointers, **info, *call, compileTime.count());
  return error;
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  // The options of LLVM's library are not this tool's, and share its names.
  cl::ResetCommandLineParser();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  if (!parseCommandLine(argc, argv, overview))
    return 1;
  if (Error error = run(options)) {
    std::string message = toString(std::move(error));
    // Diagnostics of the compiler say where and how severe already.
    bool located = StringRef(message).contains("error: ");
    errs() << (located ? "" : "rmsnorm-run: error: ") << message << '\n';
    return 1;
  }
  return 0;
}
