//===- Canonicalization.cpp - Exact simplifications -----------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "rmsnorm/IR/RMSNorm.h"

using namespace mlir;
using namespace rmsnorm;

//===----------------------------------------------------------------------===//
// Folds
//===----------------------------------------------------------------------===//

LogicalResult RMSNormOp::fold(FoldAdaptor, SmallVectorImpl<OpFoldResult> &) {
  return memref::foldMemRefCast(*this);
}
LogicalResult MeanSquareOp::fold(FoldAdaptor, SmallVectorImpl<OpFoldResult> &) {
  return memref::foldMemRefCast(*this);
}
LogicalResult NormalizeOp::fold(FoldAdaptor, SmallVectorImpl<OpFoldResult> &) {
  return memref::foldMemRefCast(*this);
}

//===----------------------------------------------------------------------===//
// Rewrites. None changes a bit of a result. A mask of nothing but true stays:
// its sum is rounded at other places than the sum without one.
//===----------------------------------------------------------------------===//

/// The one number that a constant tensor is full of, as it takes part in the
/// statistics type.
static std::optional<APFloat> getSplat(Value value, FloatType type) {
  DenseElementsAttr constant;
  if (!value || !matchPattern(value, m_Constant(&constant)) ||
      !constant.isSplat() || !isa<FloatType>(constant.getElementType()))
    return std::nullopt;
  auto number = constant.getSplatValue<APFloat>();
  bool losesInfo;
  number.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return number;
}

namespace {
/// y · 1 ~> y. The product with a complex 1 turns infinities to NaN and may
/// change the sign of a zero; it stays.
template <typename Op>
struct DropUnitScale : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    FloatType type = op.getStatisticsType();
    std::optional<APFloat> scale = getSplat(op.getScale(), type);
    if (!scale)
      return rewriter.notifyMatchFailure(op, "no constant real scale");
    APFloat offset = op.getScaleOffset();
    bool losesInfo;
    offset.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    scale->add(offset, APFloat::rmNearestTiesToEven);
    if (!scale->isExactlyValue(1.0))
      return rewriter.notifyMatchFailure(op, "the factor is not 1");
    rewriter.modifyOpInPlace(op, [&] {
      op.getScaleMutable().clear();
      op.setScaleOffset(APFloat(0.0));
    });
    return success();
  }
};

/// y + -0.0 ~> y. Adding +0.0 would take -0.0 to +0.0; it stays.
template <typename Op>
struct DropNegativeZeroBias : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    std::optional<APFloat> bias =
        getSplat(op.getBias(), op.getStatisticsType());
    if (!bias || !bias->isNegZero())
      return rewriter.notifyMatchFailure(op, "no constant bias of -0.0");
    rewriter.modifyOpInPlace(op, [&] { op.getBiasMutable().clear(); });
    return success();
  }
};

/// A result without elements is its destination; an op on memrefs that writes
/// no element does nothing.
template <typename Op>
struct FoldEmptyResults : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    auto isEmpty = [](Value value) {
      return llvm::is_contained(cast<ShapedType>(value.getType()).getShape(),
                                0);
    };
    if (op->getNumResults() == 0) {
      if (!llvm::all_of(op.getDpsInits(), isEmpty))
        return rewriter.notifyMatchFailure(op, "there is something to write");
      rewriter.eraseOp(op);
      return success();
    }
    bool changed = false;
    for (auto [result, init] :
         llvm::zip_equal(op.getResults(), op.getDpsInits())) {
      if (!isEmpty(result) || result.use_empty())
        continue;
      rewriter.replaceAllUsesWith(result, init);
      changed = true;
    }
    return success(changed);
  }
};

/// Drops residual_out and rstd_out where nobody uses their results.
template <typename Op>
struct DropUnusedResults : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (op->getNumResults() == 0)
      return rewriter.notifyMatchFailure(op, "on memrefs, all is used");
    unsigned rstd = op->getNumResults() - 1;
    bool dropsResidual = op.getResidualOut() && op.getResult(1).use_empty();
    bool dropsRstd = op.getRstdOut() && op.getResult(rstd).use_empty();
    if (!dropsResidual && !dropsRstd)
      return rewriter.notifyMatchFailure(op, "all results are used");

    // The new op has the inits, and so the results, that are left.
    auto shorter = cast<Op>(rewriter.clone(*op));
    SmallVector<Value> kept{op.getResult(0)};
    if (op.getResidualOut() && !dropsResidual)
      kept.push_back(op.getResult(1));
    if (op.getRstdOut() && !dropsRstd)
      kept.push_back(op.getResult(rstd));
    if (dropsResidual)
      shorter.getResidualOutMutable().clear();
    if (dropsRstd)
      shorter.getRstdOutMutable().clear();
    OperationState state(op.getLoc(), op->getName(), shorter->getOperands(),
                         llvm::to_vector(ValueRange(kept).getTypes()),
                         shorter->getAttrs());
    rewriter.eraseOp(shorter);
    Operation *replacement = rewriter.create(state);
    for (auto [from, to] : llvm::zip_equal(kept, replacement->getResults()))
      rewriter.replaceAllUsesWith(from, to);
    rewriter.eraseOp(op);
    return success();
  }
};
} // namespace

template <typename Op>
static void addNormPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropUnitScale<Op>, DropNegativeZeroBias<Op>,
               FoldEmptyResults<Op>, DropUnusedResults<Op>>(context);
}

void RMSNormOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  addNormPatterns<RMSNormOp>(patterns, context);
}
void MeanSquareOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                               MLIRContext *context) {
  patterns.add<FoldEmptyResults<MeanSquareOp>>(context);
}
void NormalizeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  addNormPatterns<NormalizeOp>(patterns, context);
}
