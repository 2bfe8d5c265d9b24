//===- Passes.td - Passes of the project -------------------*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TRANSFORMS_PASSES_TD
#define RMSNORM_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def RMSNormDecompose : Pass<"rmsnorm-decompose"> {
  let summary = "Write the ops of the dialect as linalg ops";
  let description = [{
    Replaces `rmsnorm` ops by the `linalg.generic` ops that docs/Semantics.md
    gives for them: a reduction for the sum of squares, one over the rows for
    the reciprocal root, and an elementwise one for the results. Works on tensors
    and on memrefs; on memrefs the statistic of each row lives on the stack.
  }];
}

#endif // RMSNORM_TRANSFORMS_PASSES_TD
