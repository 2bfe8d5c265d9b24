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
// A reduction keeps one accumulator for each lane. After a chain of a few terms
// an accumulator of f32 is added to a total in f64, one of f64 to a total with
// the error of each addition, and starts again at 0: a single large term then
// costs the digits of a few others, not of all that follow. Where the vector
// loop is reduced, the lanes of the totals are summed by halves. So the sum is
// a tree whose shape depends on the extents and the schedule alone.
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"
#include "rmsnorm/IR/Scratch.h"
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
      if (op->hasAttr(scheduleName))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::GenericOp op : ops) {
      auto schedule = op->getAttrOfType<CPUScheduleAttr>(scheduleName);
      if (!schedule) {
        op.emitOpError(
            "expected rmsnorm.schedule to be a cpu_schedule, but got ")
            << op->getAttr(scheduleName);
        return signalPassFailure();
      }
      rewriter.setInsertionPoint(op);
      if (failed(LoopNest(rewriter, op, schedule).emit()))
        return signalPassFailure();
    }
  }
};
} // namespace
