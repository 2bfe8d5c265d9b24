//===- UnswitchLoops.cpp - Loops without branches that are not taken ------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// LLVM's pass of that name makes a loop for every combination of conditions.
// Here the conditions are of what large norms need, and only the norms that
// need none of it are so fast that a branch counts.
//
//===----------------------------------------------------------------------===//

#include "TaskLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMUNSWITCHLOOPS
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

/// The branches directly in `loop` that have no result and a condition which is
/// the same in all iterations of `outer`. Beside a loop, the branch around it
/// costs nothing.
static SmallVector<scf::IfOp> findBranches(scf::ForOp loop, scf::ForOp outer) {
  auto holdsLoop = [](scf::IfOp branch) {
    return branch->walk([](scf::ForOp) { return WalkResult::interrupt(); })
        .wasInterrupted();
  };
  return llvm::filter_to_vector(
      loop.getBody()->getOps<scf::IfOp>(), [&](scf::IfOp branch) {
        return branch.getNumResults() == 0 &&
               outer.isDefinedOutsideOfLoop(branch.getCondition()) &&
               !holdsLoop(branch);
      });
}

/// The loop that has no loop but `loop` in it.
static scf::ForOp getSingleParent(scf::ForOp loop) {
  auto parent = dyn_cast<scf::ForOp>(loop->getParentOp());
  bool isSingle = parent && parent.getNumResults() == 0 &&
                  llvm::all_of(*parent.getBody(), [&](Operation &op) {
                    return &op == loop || op.getNumRegions() == 0;
                  });
  return isSingle ? parent : scf::ForOp();
}

/// Leaves of `branch` what there is to do where its condition is false.
static void takeElse(RewriterBase &rewriter, scf::IfOp branch) {
  if (Block *block = branch.elseBlock()) {
    rewriter.eraseOp(block->getTerminator());
    rewriter.inlineBlockBefore(block, branch);
  }
  rewriter.eraseOp(branch);
}

/// Ends `block` with the results of `op`, if there are any; an scf.if without
/// results has ends already.
static void yieldResults(RewriterBase &rewriter, Block *block, Operation *op) {
  if (op->getNumResults() == 0)
    return;
  rewriter.setInsertionPointToEnd(block);
  scf::YieldOp::create(rewriter, op->getLoc(), op->getResults());
}

/// Branches once, between `outer` as it is and without the branches in `loop`.
static void unswitch(RewriterBase &rewriter, scf::ForOp loop,
                     scf::ForOp outer) {
  SmallVector<scf::IfOp> branches = findBranches(loop, outer);
  Location loc = outer.getLoc();
  rewriter.setInsertionPoint(outer);
  Value condition = branches.front().getCondition();
  for (scf::IfOp branch : llvm::drop_begin(branches))
    condition =
        arith::OrIOp::create(rewriter, loc, condition, branch.getCondition());
  auto versions = scf::IfOp::create(rewriter, loc, outer.getResultTypes(),
                                    condition, /*withElseRegion=*/true);
  rewriter.replaceAllUsesWith(outer.getResults(), versions.getResults());
  rewriter.setInsertionPointToStart(versions.elseBlock());
  IRMapping mapping;
  Operation *other = rewriter.clone(*outer, mapping);
  for (scf::IfOp branch : branches)
    takeElse(rewriter, cast<scf::IfOp>(mapping.lookup(branch.getOperation())));
  yieldResults(rewriter, versions.elseBlock(), other);
  rewriter.moveOpBefore(outer, versions.thenBlock(),
                        versions.thenBlock()->begin());
  yieldResults(rewriter, versions.thenBlock(), outer);
}

namespace {
struct UnswitchLoops : rmsnorm::impl::RMSNormUnswitchLoopsBase<UnswitchLoops> {
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation()->walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
      if (loop->hasAttr(farName))
        return WalkResult::skip();
      if (!findBranches(loop, loop).empty())
        loops.push_back(loop);
      return WalkResult::advance();
    });
    IRRewriter rewriter(&getContext());
    for (scf::ForOp loop : loops) {
      scf::ForOp outer = loop;
      size_t count = findBranches(loop, loop).size();
      for (scf::ForOp parent = getSingleParent(outer);
           parent && findBranches(loop, parent).size() == count;
           parent = getSingleParent(outer))
        outer = parent;
      unswitch(rewriter, loop, outer);
    }
  }
};
} // namespace
