//===- DropArgumentResults.cpp - Results that are arguments anyway --------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A function on tensors that writes a result to the memory of an argument would
// return that memory, and to make it the caller's own, a copy of it. Upstream's
// drop-equivalent-buffer-results drops such results of private functions; this
// does so for functions that are called from outside, and notes on the argument
// which result it holds.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMDROPARGUMENTRESULTS
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;

/// The argument of `function` whose memory `value` is, if any.
static BlockArgument argumentOf(func::FuncOp function, Value value) {
  while (auto cast = value.getDefiningOp<memref::CastOp>())
    value = cast.getSource();
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != &function.getBody().front() ||
      !isa<MemRefType>(argument.getType()))
    return {};
  return argument;
}

/// The results that are, at every return, the same argument.
static BitVector findArgumentResults(func::FuncOp function) {
  SmallVector<std::optional<BlockArgument>> arguments(function.getNumResults());
  function.walk([&](func::ReturnOp op) {
    for (auto [known, value] : llvm::zip_equal(arguments, op.getOperands())) {
      BlockArgument argument = argumentOf(function, value);
      known = known.value_or(argument) == argument ? argument : BlockArgument();
    }
  });
  BitVector found(function.getNumResults());
  for (auto [index, argument] : llvm::enumerate(arguments))
    if (argument && *argument)
      found.set(index);
  return found;
}

namespace {
struct DropArgumentResults
    : rmsnorm::impl::RMSNormDropArgumentResultsBase<DropArgumentResults> {
  void runOnOperation() override {
    SymbolTableCollection symbols;
    SymbolUserMap users(symbols, getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      // Those that the module itself calls keep their type.
      if (function.isExternal() || !function.isPublic() ||
          !users.useEmpty(function) ||
          !isa<func::ReturnOp>(function.getBody().back().back()))
        continue;
      BitVector dropped = findArgumentResults(function);
      if (dropped.none())
        continue;
      auto yield = cast<func::ReturnOp>(function.getBody().back().back());
      for (unsigned index : dropped.set_bits())
        function.setArgAttr(
            argumentOf(function, yield.getOperand(index)).getArgNumber(),
            "rmsnorm.result",
            IntegerAttr::get(IntegerType::get(&getContext(), 64), index));
      function.walk([&](func::ReturnOp op) { op->eraseOperands(dropped); });
      (void)function.eraseResults(dropped);
    }
  }
};
} // namespace
