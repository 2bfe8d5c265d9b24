//===- UnrollLoops.cpp - Loops of few vectors, written out ----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Rows of 128 elements are four steps or two; those of 96 were 1.07 to 1.12
// times as fast in cache without the loops around these. Loops with branches
// are those of large norms (see UnswitchLoops.cpp), which wait for memory.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMUNROLLLOOPS
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

/// How many vectors of AVX `type` is.
static int64_t vectorsOf(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return vector && vector.getElementType().isIntOrFloat()
             ? llvm::divideCeil(vector.getNumElements() *
                                    vector.getElementTypeBitWidth(),
                                256)
             : 0;
}

/// About how many vector instructions `op` is: it has as many results as that,
/// or stores so many.
static int64_t instructionsOf(Operation &op) {
  int64_t count = 0;
  for (Type type : op.getNumResults() > 0 ? TypeRange(op.getResultTypes())
                                          : TypeRange(op.getOperandTypes()))
    count += vectorsOf(type);
  return count;
}

/// Whether `loop` is so short, written out, that nobody waits for its code.
static bool isShort(scf::ForOp loop) {
  constexpr uint64_t mostIterations = 4;
  constexpr int64_t mostInstructions = 96;
  std::optional<APInt> count = loop.getStaticTripCount();
  if (!count || count->ugt(mostIterations))
    return false;
  int64_t instructions = 0;
  for (Operation &op : loop.getBody()->without_terminator()) {
    if (op.getNumRegions() > 0)
      return false;
    instructions += instructionsOf(op);
  }
  return instructions > 0 &&
         instructions * count->getSExtValue() <= mostInstructions;
}

namespace {
struct UnrollLoops : rmsnorm::impl::RMSNormUnrollLoopsBase<UnrollLoops> {
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation()->walk([&](scf::ForOp loop) {
      if (isShort(loop))
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops)
      if (failed(loopUnrollFull(loop)))
        return signalPassFailure();
  }
};
} // namespace
