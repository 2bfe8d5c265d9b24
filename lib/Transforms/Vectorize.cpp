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
#include "TaskLoops.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMVECTORIZE
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

static CPUScheduleAttr scheduleOf(linalg::GenericOp op) {
  return op->getAttrOfType<CPUScheduleAttr>(scheduleName);
}

static WalkResult checkSchedule(linalg::GenericOp op) {
  if (!op->hasAttr(scheduleName) || scheduleOf(op))
    return WalkResult::advance();
  op.emitOpError("expected rmsnorm.schedule to be a cpu_schedule, but got ")
      << op->getAttr(scheduleName);
  return WalkResult::interrupt();
}

namespace {
struct Vectorize : rmsnorm::impl::RMSNormVectorizeBase<Vectorize> {
  using RMSNormVectorizeBase::RMSNormVectorizeBase;

  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    WalkResult result = getOperation()->walk([&](linalg::GenericOp op) {
      if (op->hasAttr(scheduleName))
        ops.push_back(op);
      return checkSchedule(op);
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    for (size_t i = 0; i < ops.size(); ++i) {
      LoopNest nest(rewriter, ops[i], scheduleOf(ops[i]), maskRegisters);
      std::optional<LoopNest> beside;
      if (ops[i]->hasAttr(besideName) && i + 1 < ops.size() &&
          nextWithEffects(ops[i]) == ops[i + 1]) {
        ++i;
        beside.emplace(rewriter, ops[i], scheduleOf(ops[i]), maskRegisters);
      }
      // Where all that the two use has been computed.
      rewriter.setInsertionPoint(ops[i]);
      if (failed(nest.emit(beside ? &*beside : nullptr)))
        return signalPassFailure();
    }
  }
};
} // namespace
