//===- OperandNames.cpp - Operands in diagnostics -------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandNames.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rmsnorm;

/// The names of the operand segments, in their order.
static ArrayRef<StringRef> namesOf(RMSNormOp) {
  static constexpr StringRef names[] = {
      "x",    "scale", "bias",         "residual",
      "mask", "outs",  "residual_out", "rstd_out"};
  return names;
}
static ArrayRef<StringRef> namesOf(MeanSquareOp) {
  static constexpr StringRef names[] = {"x", "residual", "mask", "outs",
                                        "count_out"};
  return names;
}
static ArrayRef<StringRef> namesOf(NormalizeOp) {
  static constexpr StringRef names[] = {"x",     "statistic",    "count",
                                        "scale", "bias",         "residual",
                                        "outs",  "residual_out", "rstd_out"};
  return names;
}

template <typename Op>
static StringRef findName(Op op, unsigned number) {
  for (auto [segment, name] : llvm::enumerate(namesOf(op))) {
    auto [start, size] = op.getODSOperandIndexAndLength(segment);
    if (number >= start && number < start + size)
      return name;
  }
  llvm_unreachable("operand of another op");
}

StringRef rmsnorm::nameOf(OpOperand &operand) {
  return llvm::TypeSwitch<Operation *, StringRef>(operand.getOwner())
      .Case<RMSNormOp, MeanSquareOp, NormalizeOp>(
          [&](auto op) { return findName(op, operand.getOperandNumber()); });
}
