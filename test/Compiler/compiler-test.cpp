//===- compiler-test.cpp - Test of the compiler's interface ---------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "rmsnorm-c/Runtime.h"
#include "rmsnorm/Compiler/Executable.h"
#include "rmsnorm/Compiler/Specification.h"
#include "llvm/Support/raw_ostream.h"
#include <atomic>
#include <random>
#include <thread>

using namespace rmsnorm;
using llvm::StringRef;

static std::atomic<int> failures{0};

static void fail(const llvm::Twine &what) {
  llvm::outs() << "failed: " << what << '\n';
  ++failures;
}

static std::unique_ptr<Executable> build(Compiler &compiler, StringRef text) {
  llvm::Expected<CompiledModule> module = compiler.compile(text, "test.mlir");
  if (!module) {
    fail(llvm::toString(module.takeError()));
    return nullptr;
  }
  auto executable = Executable::load(std::move(*module));
  if (!executable) {
    fail(llvm::toString(executable.takeError()));
    return nullptr;
  }
  return std::move(*executable);
}

static void expectError(llvm::Error error, StringRef expected) {
  std::string got = error ? llvm::toString(std::move(error)) : "success";
  if (got != expected)
    fail("expected error '" + expected + "', but got '" + got + "'");
}

//===----------------------------------------------------------------------===//
// Bits
//===----------------------------------------------------------------------===//

namespace {
/// A descriptor of rank 2 over contiguous memory.
struct Matrix {
  Matrix(void *data, int64_t rows, int64_t columns)
      : allocated(data),
        aligned(data), sizes{rows, columns}, strides{columns, 1} {}

  void *allocated, *aligned;
  int64_t offset = 0, sizes[2], strides[2];
};

/// A type of rows and bytes of random numbers of it.
struct RowType {
  StringRef name;
  int64_t bytes;
};
} // namespace

static constexpr RowType rowTypes[] = {
    {"f32", 4}, {"f64", 8},          {"f16", 2},           {"bf16", 2},
    {"i8", 1},  {"ui16", 2},         {"f8E4M3FN", 1},      {"f8E5M2", 1},
    {"i64", 8}, {"complex<f32>", 8}, {"complex<f64>", 16},
};

static std::string normText(RowType type, bool isReducedFirst) {
  bool isInteger = type.name.contains('i') && !type.name.contains("complex");
  std::string x = ("memref<?x?x" + type.name + ">").str();
  std::string y = isInteger ? "memref<?x?xf32>" : x;
  return "func.func @f(%x: " + x + ", %y: " + y +
         ") {\n  rmsnorm.rms_norm ins(%x : " + x + ") outs(%y : " + y + ")" +
         (isReducedFirst ? " reduce [0]" : "") + "\n  return\n}\n";
}

/// Runs the norm on `rows` x `columns` of `data`; returns the bytes it gave.
static std::string runNorm(Executable::PackedFunction function, StringRef data,
                           int64_t rows, int64_t columns, int64_t resultBytes,
                           int threads) {
  // A copy, because the memory of an input does not decide over the bits.
  std::string input = data.str();
  std::string output(rows * columns * resultBytes, '\xff');
  Matrix x(input.data(), rows, columns), y(output.data(), rows, columns);
  void *arguments[] = {&x, &y};
  rmsnorm_executor before = rmsnorm_set_executor({nullptr, nullptr, threads});
  function(arguments);
  rmsnorm_set_executor(before);
  return output;
}

/// Numbers of every size whose squares are neither NaN nor infinite in all
/// types: the highest bits of the exponents are cleared.
static std::string makeData(RowType type, int64_t elements) {
  std::mt19937 random(7);
  std::string data(elements * type.bytes, '\0');
  for (char &byte : data)
    byte = static_cast<char>(random());
  int64_t width = type.name == "complex<f32>"   ? 4
                  : type.name == "complex<f64>" ? 8
                                                : type.bytes;
  if (type.name.contains('f'))
    for (size_t high = width - 1; high < data.size(); high += width)
      data[high] = (data[high] & 0x83) | 0x30;
  return data;
}

/// The bits of a row are the same alone, in a batch, on any number of threads,
/// and again.
static void testRows(Compiler &compiler, RowType type) {
  std::unique_ptr<Executable> executable =
      build(compiler, normText(type, /*isReducedFirst=*/false));
  if (!executable)
    return;
  Executable::PackedFunction function = cantFail(executable->lookup("f"));
  bool isInteger = type.name.contains('i') && !type.name.contains("complex");
  int64_t resultBytes = isInteger ? 4 : type.bytes;
  for (int64_t columns : {1, 3, 64, 1003, 4096}) {
    int64_t rows = 203;
    std::string data = makeData(type, rows * columns);
    std::string all = runNorm(function, data, rows, columns, resultBytes, 1);
    for (int threads : {1, 2, 3})
      if (runNorm(function, data, rows, columns, resultBytes, threads) != all)
        fail(type.name + ": other bits on " + llvm::Twine(threads) +
             " threads, rows of " + llvm::Twine(columns));
    for (int64_t row : {0, 1, 100, 202}) {
      StringRef one = StringRef(data).substr(row * columns * type.bytes,
                                             columns * type.bytes);
      StringRef expected = StringRef(all).substr(row * columns * resultBytes,
                                                 columns * resultBytes);
      if (runNorm(function, one, 1, columns, resultBytes, 2) != expected)
        fail(type.name + ": other bits for a row alone, of " +
             llvm::Twine(columns));
    }
  }
}

/// The same for a reduction over the first axis, where a column is the unit.
static void testColumns(Compiler &compiler, RowType type) {
  std::unique_ptr<Executable> executable =
      build(compiler, normText(type, /*isReducedFirst=*/true));
  if (!executable)
    return;
  Executable::PackedFunction function = cantFail(executable->lookup("f"));
  bool isInteger = type.name.contains('i') && !type.name.contains("complex");
  int64_t resultBytes = isInteger ? 4 : type.bytes;
  int64_t rows = 301, columns = 1003;
  std::string data = makeData(type, rows * columns);
  std::string all = runNorm(function, data, rows, columns, resultBytes, 1);
  for (int threads : {1, 2, 3})
    if (runNorm(function, data, rows, columns, resultBytes, threads) != all)
      fail(type.name + ": other bits of columns on " + llvm::Twine(threads) +
           " threads");
  for (int64_t column : {0, 63, 64, 1002}) {
    std::string one, expected;
    for (int64_t row = 0; row < rows; ++row) {
      int64_t element = row * columns + column;
      one += data.substr(element * type.bytes, type.bytes);
      expected += all.substr(element * resultBytes, resultBytes);
    }
    if (runNorm(function, one, rows, 1, resultBytes, 1) != expected)
      fail(type.name + ": other bits for column " + llvm::Twine(column) +
           " alone");
  }
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

static void testErrors(Compiler &compiler) {
  expectError(compiler.compile("func.func @f() { foo", "bad.mlir").takeError(),
              "bad.mlir:1:18: error: custom op 'foo' is unknown (tried "
              "'func.foo' as well)");
  // Nothing but the verifier finds this.
  expectError(
      compiler.compile("func.func @f() -> f32 { return }", "types.mlir")
          .takeError(),
      "types.mlir:1:25: error: 'func.return' op has 0 operands, but enclosing "
      "function (@f) returns 1");
  expectError(compiler
                  .compile([](mlir::MLIRContext &context) {
                    mlir::emitError(mlir::UnknownLoc::get(&context),
                                    "no module");
                    return mlir::OwningOpRef<mlir::ModuleOp>();
                  })
                  .takeError(),
              "error: no module");
  std::unique_ptr<Executable> executable =
      build(compiler, "func.func @f() { return }");
  if (!executable)
    return;
  expectError(executable->lookup("g").takeError(),
              "expected the name of a public function, but got 'g'");
  // A symbol that nobody defines is an error of the lookup that needs it.
  std::unique_ptr<Executable> open =
      build(compiler, "func.func private @nowhere()\n"
                      "func.func @f() { call @nowhere() : () -> () return }");
  std::string message = llvm::toString(open->lookup("f").takeError());
  if (!StringRef(message).starts_with(
          "linking failed: Symbols not found: [ _mlir_ciface_nowhere ]"))
    fail("expected the missing symbol, but got '" + message + "'");
}

/// A target that cannot run here compiles, but does not load.
static void testForeignTarget() {
  llvm::Expected<Target> target = Target::parse("x86-64,+avx10.2");
  if (!target)
    return fail(llvm::toString(target.takeError()));
  if (!target->checkRunsHere())
    return;
  Compiler compiler(*target);
  auto module = compiler.compile("func.func @f() { return }", "test.mlir");
  if (!module)
    return fail(llvm::toString(module.takeError()));
  std::string message =
      llvm::toString(Executable::load(std::move(*module)).takeError());
  if (!StringRef(message).starts_with(
          "expected a target that this machine can run, but 'x86-64' needs "))
    fail("expected a refusal, but got '" + message + "'");
}

/// The cache is this machine's unless another processor is named, and part of
/// what names the code.
static void testCacheSize() {
  Target host = Target::host();
  Target less = cantFail(Target::parse("host,-sse4.2"));
  Target other = cantFail(Target::parse("x86-64"));
  if (host.getCacheSize() <= 0 || less.getCacheSize() != host.getCacheSize())
    fail("expected the size of this machine's cache");
  if (other.getCacheSize() != int64_t(32) << 20)
    fail("expected 32 MB, but got " + std::to_string(other.getCacheSize()));
  std::string end = ";" + std::to_string(host.getCacheSize());
  if (!StringRef(host.getKey()).ends_with(end))
    fail("expected the size of the cache in " + host.getKey());
}

//===----------------------------------------------------------------------===//
// Ways in
//===----------------------------------------------------------------------===//

/// A module of the caller stays as it is.
static void testModule(Compiler &compiler) {
  mlir::DialectRegistry registry;
  registerCompilerDialects(registry);
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(
      normText(rowTypes[0], false), &context);
  auto print = [&] {
    std::string text;
    llvm::raw_string_ostream os(text);
    module->print(os);
    return text;
  };
  std::string before = print();
  llvm::Expected<CompiledModule> compiled = compiler.compile(*module);
  if (!compiled)
    return fail(llvm::toString(compiled.takeError()));
  if (print() != before)
    fail("the caller's module has changed");
  if (compiled->functions.size() != 1 || compiled->functions[0].name != "f" ||
      compiled->functions[0].arguments[0].getTypeName() != "memref<?x?xf32>")
    fail("expected one function f of memref<?x?xf32>");
}

/// A norm of rows of `length`, of all that a norm may have where `isFull`.
static Specification makeNorm(ElementType type, int64_t length, int64_t axis,
                              bool isFull) {
  constexpr int64_t open = ValueInfo::dynamic;
  auto make = [](ElementType type, llvm::ArrayRef<int64_t> shape) {
    TensorSpec spec;
    spec.type = type;
    spec.shape.assign(shape.begin(), shape.end());
    return spec;
  };
  Specification spec;
  spec.reductionAxes = {axis};
  spec.featureAxes = {1};
  spec.operands[Operand::X] = make(type, {open, length});
  spec.operands[Operand::Y] = make(ElementType::BF16, {open, length});
  spec.operands[Operand::Scale] = make(type, {length});
  if (!isFull)
    return spec;
  spec.options.stable = true;
  spec.options.castThenScale = true;
  spec.operands[Operand::Bias] = make(ElementType::F32, {length});
  spec.operands[Operand::Mask] = make(ElementType::I1, {open, length});
  for (Operand operand : {Operand::Residual, Operand::ResidualOut})
    spec.operands[operand] = make(ElementType::F16, {open, length});
  if (axis == 1)
    spec.operands[Operand::Rstd] = make(ElementType::F32, {open, 1});
  return spec;
}

/// A compiler for norms makes the same code as one for all modules.
static void testNorms(Compiler &compiler) {
  Compiler norms(Target::host(), CompilerInput::Norms);
  for (ElementType type :
       {ElementType::F32, ElementType::BF16, ElementType::F16, ElementType::U8})
    for (int64_t length :
         {int64_t(1), int64_t(64), int64_t(1000), ValueInfo::dynamic})
      for (int64_t axis : {0, 1})
        for (bool isFull : {false, true}) {
          Specification spec = makeNorm(type, length, axis, isFull);
          auto make = [&](mlir::MLIRContext &context) {
            return buildModule(spec, context);
          };
          auto code = norms.compile(make), expected = compiler.compile(make);
          if (!code || !expected)
            return fail(llvm::toString(
                llvm::joinErrors(code.takeError(), expected.takeError())));
          if (code->code != expected->code)
            fail("other code for a norm of " + getName(type) + ", length " +
                 llvm::Twine(length) + ", axis " + llvm::Twine(axis));
        }
}

/// Several threads compile, load, run and unload at once.
static void testThreads(Compiler &compiler) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int repeat = 0; repeat < 4; ++repeat) {
        RowType type = rowTypes[(thread + repeat) % 4];
        std::unique_ptr<Executable> executable =
            build(compiler, normText(type, repeat % 2));
        if (!executable)
          return;
        auto function = cantFail(executable->lookup("f"));
        std::string data = makeData(type, 40 * 100);
        std::string one = runNorm(function, data, 40, 100, type.bytes, 1);
        if (runNorm(function, data, 40, 100, type.bytes, 2) != one)
          fail("other bits beside other threads");
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

int main() {
  Compiler compiler(Target::host());
  testErrors(compiler);
  testForeignTarget();
  testCacheSize();
  testModule(compiler);
  testNorms(compiler);
  testThreads(compiler);
  for (RowType type : rowTypes) {
    testRows(compiler, type);
    testColumns(compiler, type);
  }
  if (failures == 0)
    llvm::outs() << "all checks passed\n";
  return failures != 0;
}
