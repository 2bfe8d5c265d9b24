//===- Schedule.cpp - How a norm maps to the CPU --------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMSCHEDULE
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

/// The widest element that the kernel of `op` computes with, in bits.
static int64_t computeWidth(Operation *op) {
  int64_t width = 32;
  for (Type type : op->getOperandTypes()) {
    Type element = cast<ShapedType>(type).getElementType();
    if (auto complex = dyn_cast<ComplexType>(element))
      element = complex.getElementType();
    if (element.isF64())
      width = 64;
  }
  if (auto norm = dyn_cast<RMSNormOp>(op))
    width = std::max<int64_t>(width, norm.getStatisticsType().getWidth());
  return width;
}

/// One vector of 64 floats is eight accumulators of AVX or four of AVX-512: it
/// hides the latency of an addition on both without spilling on either. The
/// default depends on the types alone, so that every target sums the same tree.
static CPUScheduleAttr defaultSchedule(Operation *op) {
  int64_t bytes = computeWidth(op) / 8;
  int64_t reduction = 256 / bytes, second = 128 / bytes;
  // 64 additions to one lane keep the error of f32 below an ulp of the result.
  int64_t block = 64 * reduction;
  return CPUScheduleAttr::get(op->getContext(), {reduction, 8, 1},
                              {second, 8, 1}, block, /*panel=*/16 * reduction,
                              /*prefetch=*/true,
                              /*nontemporal=*/int64_t(1) << 24,
                              /*grain=*/int64_t(1) << 15);
}

namespace {
struct Schedule : rmsnorm::impl::RMSNormScheduleBase<Schedule> {
  void runOnOperation() override {
    getOperation()->walk([](NormOpInterface op) {
      if (!op->hasAttr("schedule"))
        op->setAttr("schedule", defaultSchedule(op));
    });
  }
};
} // namespace
