//===- Vectorize.cpp - linalg ops on memrefs to loops over vectors --------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Takes the linalg.generic ops that carry a schedule to loops. One loop is the
// vector loop: the one along which memory is contiguous. It is walked in the
// falling steps of the schedule: [64, 8, 1] becomes a loop over vectors of 64,
// one over vectors of 8 and one over single elements, whatever the extent is.
//
// A reduction keeps one accumulator for each lane. Where the vector loop is
// reduced, the lanes are summed by halves; accumulators of f32 take up `block`
// elements and are then added to a second level in f64. So the sum is a tree
// whose shape depends on the extents and the schedule alone.
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMVECTORIZE
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

namespace {
struct Vectorize : rmsnorm::impl::RMSNormVectorizeBase<Vectorize> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op->hasAttr("rmsnorm.schedule"))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::GenericOp op : ops) {
      auto schedule = op->getAttrOfType<CPUScheduleAttr>("rmsnorm.schedule");
      if (!schedule) {
        op.emitOpError(
            "expected rmsnorm.schedule to be a cpu_schedule, but got ")
            << op->getAttr("rmsnorm.schedule");
        return signalPassFailure();
      }
      rewriter.setInsertionPoint(op);
      if (failed(LoopNest(rewriter, op, schedule).emit()))
        return signalPassFailure();
    }
  }
};
} // namespace
