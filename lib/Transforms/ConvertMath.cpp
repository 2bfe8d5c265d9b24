//===- ConvertMath.cpp - Math and complex ops, where there are any --------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// MLIR's conversions of these dialects collect hundreds of patterns before they
// look at the module. A norm has a root and no more, and should be compiled
// soon.
//
//===----------------------------------------------------------------------===//

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Pass/PassManager.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMCONVERTMATH
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;

template <typename Dialect>
static bool hasOps(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    return isa_and_nonnull<Dialect>(op->getDialect()) ? WalkResult::interrupt()
                                                      : WalkResult::advance();
  });
  return result.wasInterrupted();
}

namespace {
struct ConvertMath : rmsnorm::impl::RMSNormConvertMathBase<ConvertMath> {
  void runOnOperation() override {
    if (failed(convert<complex::ComplexDialect>(
            [] { return createConvertComplexToStandardPass(); })) ||
        failed(convert<math::MathDialect>(
            [] { return createConvertMathToLLVMPass(); })) ||
        failed(convert<math::MathDialect>(
            [] { return createConvertMathToLibmPass(); })))
      signalPassFailure();
  }

  /// Runs the pass if there are ops of the dialect.
  template <typename Dialect>
  LogicalResult convert(function_ref<std::unique_ptr<Pass>()> create) {
    if (!hasOps<Dialect>(getOperation()))
      return success();
    OpPassManager passes(ModuleOp::getOperationName());
    passes.addPass(create());
    return runPipeline(passes, getOperation());
  }
};
} // namespace
