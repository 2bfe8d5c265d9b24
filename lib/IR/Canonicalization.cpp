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

void RMSNormOp::getCanonicalizationPatterns(RewritePatternSet &,
                                            MLIRContext *) {}
void MeanSquareOp::getCanonicalizationPatterns(RewritePatternSet &,
                                               MLIRContext *) {}
void NormalizeOp::getCanonicalizationPatterns(RewritePatternSet &,
                                              MLIRContext *) {}
