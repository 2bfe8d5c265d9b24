//===- ConvertValues.cpp - Conversions where there is something for them --===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// MLIR's conversions of these dialects collect hundreds of patterns before they
// look at the module. A norm has a root, and vectors that convert-to-llvm
// knows, and should be compiled soon.
//
//===----------------------------------------------------------------------===//

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/PassManager.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMCONVERTVALUES
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;

/// Whether `op` has vectors of one dimension alone and is one of those that
/// convert-to-llvm converts by itself.
static bool isSimple(Operation *op) {
  auto isFlat = [](Type type) {
    auto vector = dyn_cast<VectorType>(type);
    return !vector || vector.getRank() == 1;
  };
  return isa<vector::BitCastOp, vector::BroadcastOp, vector::ExtractOp,
             vector::FromElementsOp, vector::LoadOp, vector::ShuffleOp,
             vector::StoreOp>(op) &&
         llvm::all_of(op->getOperandTypes(), isFlat) &&
         llvm::all_of(op->getResultTypes(), isFlat);
}

template <typename Dialect>
static bool isOf(Operation *op) {
  return isa_and_nonnull<Dialect>(op->getDialect());
}

/// Replaces each MathOp, which has one operand, by the intrinsic of LLVM.
template <typename MathOp, typename IntrinsicOp>
static void replaceEach(ModuleOp module) {
  IRRewriter rewriter(module.getContext());
  module.walk([&](MathOp op) {
    if (op.getFastmath() != arith::FastMathFlags::none ||
        !LLVM::isCompatibleType(op.getType()))
      return;
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<IntrinsicOp>(op, op.getType(), op.getOperand());
  });
}

namespace {
struct ConvertValues : rmsnorm::impl::RMSNormConvertValuesBase<ConvertValues> {
  void runOnOperation() override {
    auto isOther = [](Operation *op) {
      return isOf<vector::VectorDialect>(op) && !isSimple(op);
    };
    if (failed(runWhere(isOther,
                        [] { return createConvertVectorToLLVMPass(); })) ||
        failed(runWhere(isOf<complex::ComplexDialect>,
                        [] { return createConvertComplexToStandardPass(); })))
      return signalPassFailure();
    replaceEach<math::SqrtOp, LLVM::SqrtOp>(getOperation());
    replaceEach<math::AbsFOp, LLVM::FAbsOp>(getOperation());
    if (failed(runWhere(isOf<math::MathDialect>,
                        [] { return createConvertMathToLLVMPass(); })) ||
        failed(runWhere(isOf<math::MathDialect>,
                        [] { return createConvertMathToLibmPass(); })))
      signalPassFailure();
  }

  /// Runs the pass if there is an op that it is for.
  template <typename Create>
  LogicalResult runWhere(function_ref<bool(Operation *)> isFor, Create create) {
    WalkResult found = getOperation().walk([&](Operation *op) {
      return isFor(op) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (!found.wasInterrupted())
      return success();
    OpPassManager passes(ModuleOp::getOperationName());
    passes.addPass(create());
    return runPipeline(passes, getOperation());
  }
};
} // namespace
