//===- RunTimeChecks.cpp - Checks of what types leave open ----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunTimeChecks.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace rmsnorm;

/// Takes upstream's text, `ERROR: ...\n^ MESSAGE\nLocation: loc(...)`, to a
/// diagnostic. Other assertions say what they say.
static std::string makeDiagnostic(cf::AssertOp check) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto loc = dyn_cast<FileLineColLoc>(check.getLoc()))
    os << loc.getFilename().getValue() << ':' << loc.getLine() << ':'
       << loc.getColumn() << ": ";
  StringRef message = check.getMsg();
  size_t begin = message.find("\n^ ");
  if (begin != StringRef::npos)
    message = message.drop_front(begin + 3).split("\nLocation:").first;
  os << "error: " << message.trim();
  return text;
}

/// cf.assert %ok, "..."  ~>  scf.if not %ok { rmsnorm_check_failed("...") }
static LogicalResult replaceCheck(cf::AssertOp check, ModuleOp module,
                                  unsigned index) {
  Location loc = check.getLoc();
  OpBuilder b(check);
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  FailureOr<LLVM::LLVMFuncOp> callee =
      LLVM::lookupOrCreateFn(b, module, "rmsnorm_check_failed", pointer,
                             LLVM::LLVMVoidType::get(b.getContext()));
  if (failed(callee))
    return failure();
  std::string text = makeDiagnostic(check);
  text.push_back('\0');
  Value one = arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1);
  Value wrong = arith::XOrIOp::create(b, loc, check.getArg(), one);
  auto refusal = scf::IfOp::create(b, loc, wrong, /*withElseRegion=*/false);
  b.setInsertionPointToStart(refusal.thenBlock());
  Value message =
      LLVM::createGlobalString(loc, b, "rmsnorm_check_" + std::to_string(index),
                               text, LLVM::Linkage::Private);
  LLVM::CallOp::create(b, loc, *callee, message);
  check.erase();
  return success();
}

LogicalResult rmsnorm::addRunTimeChecks(ModuleOp module) {
  PassManager passes(module.getContext());
#ifdef NDEBUG
  passes.enableVerifier(false);
#endif
  std::unique_ptr<Pass> verification = createGenerateRuntimeVerificationPass();
  auto fail = [&](const Twine &message) { return module.emitError(message); };
  if (failed(verification->initializeOptions("verbose-level=0", fail)))
    return failure();
  passes.addPass(std::move(verification));
  // Most checks are of static extents, and true.
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  if (failed(passes.run(module)))
    return failure();
  SmallVector<cf::AssertOp> checks;
  module.walk([&](cf::AssertOp check) { checks.push_back(check); });
  module.getContext()->loadDialect<LLVM::LLVMDialect, scf::SCFDialect>();
  for (auto [index, check] : llvm::enumerate(checks))
    if (failed(replaceCheck(check, module, index)))
      return failure();
  return success();
}
