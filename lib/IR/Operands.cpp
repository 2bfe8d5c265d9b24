//===- Operands.cpp - How operands lie over the axes of x -----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/IR/RMSNorm.h"

using namespace mlir;
using namespace rmsnorm;

FloatType rmsnorm::getStatisticsType(Type elementType, Type requested) {
  auto isDouble = [](Type type) {
    if (auto complex = dyn_cast_or_null<ComplexType>(type))
      type = complex.getElementType();
    return type && type.isF64();
  };
  MLIRContext *context = elementType.getContext();
  if (isDouble(elementType) || isDouble(requested))
    return Float64Type::get(context);
  return Float32Type::get(context);
}

SmallVector<int64_t> rmsnorm::keepAxesAsOne(ArrayRef<int64_t> shape,
                                            ArrayRef<int64_t> axes) {
  SmallVector<int64_t> result(shape);
  for (int64_t axis : axes)
    result[axis] = 1;
  return result;
}

//===----------------------------------------------------------------------===//
// Axes of operands
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> allAxes(int64_t rank) {
  return llvm::to_vector(llvm::seq<int64_t>(rank));
}

/// Axes of an operand of x's shape with the reduced axes kept as size 1.
template <typename Op>
static SmallVector<int64_t> statisticAxes(Op op) {
  SmallVector<int64_t> axes = allAxes(op.getRank());
  for (int64_t axis : op.getReductionAxes())
    axes[axis] = -1;
  return axes;
}

/// Axes of a mask: aligned at the last axis, as NumPy broadcasts. A dimension
/// of static size 1 is broadcast; a dynamic one has the size of x's.
static SmallVector<int64_t> maskAxes(ShapedType mask, ShapedType x) {
  int64_t lead = x.getRank() - mask.getRank();
  SmallVector<int64_t> axes;
  for (auto [dim, size] : llvm::enumerate(mask.getShape()))
    axes.push_back(size == 1 && x.getDimSize(lead + dim) != 1 ? -1
                                                              : lead + dim);
  return axes;
}

namespace {
/// What an operand is laid over.
enum class Layout { AllAxes, FeatureAxes, Statistic, Mask };
} // namespace

/// The layouts of the operand segments of each op, in the order of the ODS
/// definition.
static constexpr Layout rmsNormLayouts[] = {
    /*x=*/Layout::AllAxes,
    /*scale=*/Layout::FeatureAxes,
    /*bias=*/Layout::FeatureAxes,
    /*residual=*/Layout::AllAxes,
    /*mask=*/Layout::Mask,
    /*out=*/Layout::AllAxes,
    /*residual_out=*/Layout::AllAxes,
    /*rstd_out=*/Layout::Statistic};
static constexpr Layout meanSquareLayouts[] = {
    /*x=*/Layout::AllAxes, /*residual=*/Layout::AllAxes, /*mask=*/Layout::Mask,
    /*out=*/Layout::Statistic, /*count_out=*/Layout::Statistic};
static constexpr Layout normalizeLayouts[] = {
    /*x=*/Layout::AllAxes,         /*statistic=*/Layout::Statistic,
    /*count=*/Layout::Statistic,   /*scale=*/Layout::FeatureAxes,
    /*bias=*/Layout::FeatureAxes,  /*residual=*/Layout::AllAxes,
    /*out=*/Layout::AllAxes,       /*residual_out=*/Layout::AllAxes,
    /*rstd_out=*/Layout::Statistic};

template <typename Op>
static Layout layoutOf(Op op, OpOperand &operand, ArrayRef<Layout> layouts) {
  unsigned number = operand.getOperandNumber();
  for (auto [segment, layout] : llvm::enumerate(layouts)) {
    auto [start, size] = op.getODSOperandIndexAndLength(segment);
    if (number >= start && number < start + size)
      return layout;
  }
  llvm_unreachable("operand of another op");
}

SmallVector<int64_t> RMSNormOp::getOperandAxes(OpOperand &operand) {
  switch (layoutOf(*this, operand, rmsNormLayouts)) {
  case Layout::AllAxes:
    return allAxes(getRank());
  case Layout::FeatureAxes:
    return llvm::to_vector(getFeatureAxes());
  case Layout::Statistic:
    return statisticAxes(*this);
  case Layout::Mask:
    return maskAxes(getMask().getType(), getX().getType());
  }
  llvm_unreachable("covered switch");
}

SmallVector<int64_t> MeanSquareOp::getOperandAxes(OpOperand &operand) {
  switch (layoutOf(*this, operand, meanSquareLayouts)) {
  case Layout::Statistic:
    return statisticAxes(*this);
  case Layout::Mask:
    return maskAxes(getMask().getType(), getX().getType());
  default:
    return allAxes(getRank());
  }
}

SmallVector<int64_t> NormalizeOp::getOperandAxes(OpOperand &operand) {
  switch (layoutOf(*this, operand, normalizeLayouts)) {
  case Layout::FeatureAxes:
    return llvm::to_vector(getFeatureAxes());
  case Layout::Statistic:
    return statisticAxes(*this);
  default:
    return allAxes(getRank());
  }
}

//===----------------------------------------------------------------------===//
// Methods that the three ops share
//===----------------------------------------------------------------------===//

static unsigned presentCount(ValueRange optional) {
  return llvm::count_if(optional, [](Value value) { return bool(value); });
}

/// The inits are the last operands of each op.
static MutableOperandRange lastOperands(Operation *op, unsigned count) {
  return MutableOperandRange(op, op->getNumOperands() - count, count);
}

MutableOperandRange RMSNormOp::getDpsInitsMutable() {
  return lastOperands(*this,
                      1 + presentCount({getResidualOut(), getRstdOut()}));
}
MutableOperandRange MeanSquareOp::getDpsInitsMutable() {
  return lastOperands(*this, 1 + presentCount({getCountOut()}));
}
MutableOperandRange NormalizeOp::getDpsInitsMutable() {
  return lastOperands(*this,
                      1 + presentCount({getResidualOut(), getRstdOut()}));
}

FloatType RMSNormOp::getStatisticsType() {
  return rmsnorm::getStatisticsType(getX().getType().getElementType(),
                                    getStatsType().value_or(Type()));
}
FloatType MeanSquareOp::getStatisticsType() {
  return cast<FloatType>(getOut().getType().getElementType());
}
FloatType NormalizeOp::getStatisticsType() {
  return cast<FloatType>(getStatistic().getType().getElementType());
}

template <typename Op>
static SmallVector<int64_t> parallelAxes(Op op) {
  SmallVector<int64_t> axes = allAxes(op.getRank());
  llvm::erase_if(axes, [&](int64_t axis) { return op.isReductionAxis(axis); });
  return axes;
}

SmallVector<int64_t> RMSNormOp::getParallelAxes() {
  return parallelAxes(*this);
}
SmallVector<int64_t> MeanSquareOp::getParallelAxes() {
  return parallelAxes(*this);
}
SmallVector<int64_t> NormalizeOp::getParallelAxes() {
  return parallelAxes(*this);
}
