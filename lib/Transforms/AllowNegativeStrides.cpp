//===- AllowNegativeStrides.cpp - Addresses below that of element 0 -------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// MLIR 22 lowers the place of an element, a sum of indices times strides, to
// arithmetic that promises not to wrap as unsigned numbers do. With a stride
// below 0 that is wrong, and LLVM reads or writes whatever is convenient.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMALLOWNEGATIVESTRIDES
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;

namespace {
struct AllowNegativeStrides
    : rmsnorm::impl::RMSNormAllowNegativeStridesBase<AllowNegativeStrides> {
  void runOnOperation() override {
    getOperation()->walk([](Operation *op) {
      if (auto place = dyn_cast<LLVM::GEPOp>(op))
        place.setNoWrapFlags(place.getNoWrapFlags() &
                             ~LLVM::GEPNoWrapFlags::nuw);
      else if (auto sum = dyn_cast<LLVM::IntegerOverflowFlagsInterface>(op))
        sum.setOverflowFlags(sum.getOverflowFlags() &
                             ~LLVM::IntegerOverflowFlags::nuw);
    });
  }
};
} // namespace
