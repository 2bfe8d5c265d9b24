//===- print-effects.cpp - The memory effects of norms, as text -----------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// print-effects FILE.mlir: for each norm a line with its name and what it does
// to each of its operands. No upstream pass tells a destination that is read
// from one that is not.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Parser/Parser.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/InitAll.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

static void printEffects(rmsnorm::NormOpInterface op) {
  llvm::outs() << op->getName() << ':';
  SmallVector<MemoryEffects::EffectInstance> effects;
  cast<MemoryEffectOpInterface>(op.getOperation()).getEffects(effects);
  for (const MemoryEffects::EffectInstance &effect : effects) {
    auto *operand = effect.getEffectValue<OpOperand *>();
    llvm::outs() << (isa<MemoryEffects::Read>(effect.getEffect())    ? " read "
                     : isa<MemoryEffects::Write>(effect.getEffect()) ? " write "
                                                                     : " ? ")
                 << operand->getOperandNumber();
  }
  llvm::outs() << '\n';
}

int main(int argc, char **argv) {
  if (argc != 2) {
    llvm::errs() << "expected one file, but got " << argc - 1 << '\n';
    return 1;
  }
  DialectRegistry registry;
  registry.insert<func::FuncDialect>();
  rmsnorm::registerAllDialects(registry);
  MLIRContext context(registry);
  auto module = parseSourceFile<ModuleOp>(argv[1], &context);
  if (!module)
    return 1;
  module->walk(printEffects);
  return 0;
}
