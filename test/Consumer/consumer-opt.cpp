//===- consumer-opt.cpp - Another project's opt tool ----------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An opt tool with the rmsnorm dialect, its passes, and one pass of its own.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/InitAll.h"

namespace {
/// Makes every norm a stable one.
struct MakeStable : mlir::PassWrapper<MakeStable, mlir::OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(MakeStable)

  llvm::StringRef getArgument() const override {
    return "consumer-make-stable";
  }
  void runOnOperation() override {
    getOperation()->walk([](rmsnorm::RMSNormOp norm) { norm.setStable(true); });
  }
};
} // namespace

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<mlir::func::FuncDialect>();
  rmsnorm::registerAllDialects(registry);
  rmsnorm::registerAllPasses();
  mlir::PassRegistration<MakeStable>();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Consumer driver\n", registry));
}
