//===- Verification.cpp - The constraints C1, C2, ... ---------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Each check carries the label that docs/Semantics.md gives it.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/TypeUtilities.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/SmallString.h"

using namespace mlir;
using namespace rmsnorm;

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

static bool isNormFloat(Type type) {
  return type.isF16() || type.isBF16() || type.isF32() || type.isF64() ||
         isa<Float8E4M3FNType, Float8E5M2Type>(type);
}

static bool isNormComplex(Type type) {
  auto complex = dyn_cast<ComplexType>(type);
  return complex &&
         (complex.getElementType().isF32() || complex.getElementType().isF64());
}

static bool isNormInteger(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  return integer && !integer.isSigned() && integer.getWidth() <= 64 &&
         llvm::isPowerOf2_32(integer.getWidth()) && integer.getWidth() >= 8;
}

static constexpr const char *inputTypes =
    "an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, "
    "complex<f64> or a signless or unsigned integer of 8 to 64 bits";
static constexpr const char *floatTypes =
    "an element type of f16, bf16, f32, f64, f8E4M3FN or f8E5M2";
static constexpr const char *complexTypes =
    "an element type of complex<f32> or complex<f64>, as x is complex";

//===----------------------------------------------------------------------===//
// Pieces of the checks
//===----------------------------------------------------------------------===//

static std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(shape, os, [&](int64_t size) {
    if (ShapedType::isDynamic(size))
      os << '?';
    else
      os << size;
  });
  os << ']';
  return text;
}

/// Whether `shape` may be `expected` at run time.
static bool compatible(ArrayRef<int64_t> shape, ArrayRef<int64_t> expected) {
  return succeeded(verifyCompatibleShape(shape, expected));
}

static LogicalResult checkShape(Operation *op, StringRef name, Value value,
                                ArrayRef<int64_t> expected, StringRef source) {
  if (!value)
    return success();
  ArrayRef<int64_t> shape = cast<ShapedType>(value.getType()).getShape();
  if (compatible(shape, expected))
    return success();
  return op->emitOpError() << "expected " << name << " of shape "
                           << shapeText(expected) << " (" << source
                           << "), but got " << shapeText(shape);
}

/// An element type that goes with x: complex may meet complex x only.
static LogicalResult checkInputType(Operation *op, StringRef name, Value value,
                                    ShapedType x) {
  if (!value)
    return success();
  Type type = cast<ShapedType>(value.getType()).getElementType();
  if (isNormFloat(type) || isNormInteger(type))
    return success();
  if (isNormComplex(type)) {
    if (isa<ComplexType>(x.getElementType()))
      return success();
    return op->emitOpError()
           << "expected " << name
           << " with a real element type, as x is real, but got " << type;
  }
  return op->emitOpError() << "expected " << name << " with " << inputTypes
                           << ", but got " << type;
}

/// A result is floating, and complex exactly if x is.
static LogicalResult checkResultType(Operation *op, StringRef name, Value value,
                                     ShapedType x) {
  if (!value)
    return success();
  Type type = cast<ShapedType>(value.getType()).getElementType();
  bool isComplex = isa<ComplexType>(x.getElementType());
  if (isComplex ? isNormComplex(type) : isNormFloat(type))
    return success();
  return op->emitOpError() << "expected " << name << " with "
                           << (isComplex ? complexTypes : floatTypes)
                           << ", but got " << type;
}

static LogicalResult checkStatisticType(Operation *op, StringRef name,
                                        Value value, FloatType expected) {
  if (!value)
    return success();
  Type type = cast<ShapedType>(value.getType()).getElementType();
  if (type == expected)
    return success();
  return op->emitOpError() << "expected " << name
                           << " with the statistics type " << expected
                           << ", but got " << type;
}

static LogicalResult checkAxes(Operation *op, StringRef name,
                               ArrayRef<int64_t> axes, int64_t rank) {
  for (int64_t axis : axes)
    if (axis < 0 || axis >= rank)
      return op->emitOpError()
             << "expected " << name << " between 0 and " << rank - 1
             << " for x of rank " << rank << ", but got " << axis;
  for (size_t i = 1; i < axes.size(); ++i)
    if (axes[i - 1] >= axes[i])
      return op->emitOpError()
             << "expected " << name << " sorted and distinct, but got "
             << shapeText(axes);
  return success();
}

static LogicalResult checkNumber(Operation *op, StringRef name,
                                 const APFloat &value, bool mayBeNegative) {
  bool isFine = value.isFinite() &&
                (mayBeNegative || !value.isNegative() || value.isZero());
  if (isFine)
    return success();
  SmallString<24> text;
  value.toString(text);
  return op->emitOpError() << "expected " << name << " to be finite"
                           << (mayBeNegative ? "" : " and not negative")
                           << ", but got " << text;
}

//===----------------------------------------------------------------------===//
// Checks that several ops share
//===----------------------------------------------------------------------===//

/// C1 to C3: x, tensors or memrefs, the reduction axes.
template <typename Op>
static LogicalResult checkInput(Op op) {
  ShapedType x = op.getX().getType();
  // C1: x has a rank of at least 1 and an element type that a norm takes.
  if (x.getRank() < 1)
    return op.emitOpError() << "expected x of rank 1 or more, but got rank 0";
  if (failed(checkInputType(op, "x", op.getX(), x)))
    return failure();
  // C2: all operands are tensors, or all are memrefs.
  bool isTensor = isa<RankedTensorType>(x);
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType()) != isTensor)
      return op.emitOpError() << "expected all operands to be "
                              << (isTensor ? "tensors" : "memrefs")
                              << " as x is, but got " << operand.getType();
  // C3: the reduction axes are axes of x, sorted and distinct.
  return checkAxes(op, "reduction axes", op.getReductionAxes(), x.getRank());
}

/// C4 to C6: the feature axes, scale and bias.
template <typename Op>
static LogicalResult checkFeatures(Op op) {
  ShapedType x = op.getX().getType();
  // C4: the feature axes are axes of x, sorted and distinct.
  if (failed(checkAxes(op, "feature axes", op.getFeatureAxes(), x.getRank())))
    return failure();
  SmallVector<int64_t> features;
  for (int64_t axis : op.getFeatureAxes())
    features.push_back(x.getDimSize(axis));
  // C5: scale has x's shape on the feature axes, and a type that goes with x.
  if (failed(checkShape(op, "scale", op.getScale(), features,
                        "x's on the feature axes")) ||
      failed(checkInputType(op, "scale", op.getScale(), x)))
    return failure();
  // C6: bias has x's shape on the feature axes, and a type that goes with x.
  if (failed(checkShape(op, "bias", op.getBias(), features,
                        "x's on the feature axes")) ||
      failed(checkInputType(op, "bias", op.getBias(), x)))
    return failure();
  return success();
}

// C7: the residual has x's shape and a type that goes with x.
template <typename Op>
static LogicalResult checkResidual(Op op) {
  ShapedType x = op.getX().getType();
  if (failed(checkShape(op, "residual", op.getResidual(), x.getShape(), "x's")))
    return failure();
  return checkInputType(op, "residual", op.getResidual(), x);
}

// C8: the mask is of i1 and broadcasts to x: a dimension of it has x's size, or
// is statically 1.
template <typename Op>
static LogicalResult checkMask(Op op) {
  if (!op.getMask())
    return success();
  ShapedType x = op.getX().getType(), mask = op.getMask().getType();
  if (!mask.getElementType().isInteger(1))
    return op.emitOpError() << "expected mask with element type i1, but got "
                            << mask.getElementType();
  int64_t lead = x.getRank() - mask.getRank();
  bool isBroadcastable = lead >= 0;
  for (int64_t dim = 0; isBroadcastable && dim < mask.getRank(); ++dim) {
    int64_t size = mask.getDimSize(dim);
    isBroadcastable = size == 1 || compatible(size, x.getDimSize(lead + dim));
  }
  if (!isBroadcastable)
    return op.emitOpError() << "expected mask of a shape that broadcasts to "
                            << shapeText(x.getShape()) << " (x's), but got "
                            << shapeText(mask.getShape());
  return success();
}

/// C9 to C11: y, h and rstd.
template <typename Op>
static LogicalResult checkNormResults(Op op) {
  ShapedType x = op.getX().getType();
  // C9: y has x's shape and is floating, and complex exactly if x is.
  if (failed(checkShape(op, "outs", op.getOut(), x.getShape(), "x's")) ||
      failed(checkResultType(op, "outs", op.getOut(), x)))
    return failure();
  // C10: h is there only with a residual, has x's shape, and is floating, and
  // complex exactly if x is.
  if (op.getResidualOut() && !op.getResidual())
    return op.emitOpError()
           << "expected residual_out only with residual, but got it without";
  if (failed(checkShape(op, "residual_out", op.getResidualOut(), x.getShape(),
                        "x's")) ||
      failed(checkResultType(op, "residual_out", op.getResidualOut(), x)))
    return failure();
  // C11: rstd has x's shape with the reduced axes kept as 1, and the
  // statistics type.
  if (failed(checkShape(op, "rstd_out", op.getRstdOut(),
                        keepAxesAsOne(x.getShape(), op.getReductionAxes()),
                        "x's with the reduced axes as 1")))
    return failure();
  return checkStatisticType(op, "rstd_out", op.getRstdOut(),
                            op.getStatisticsType());
}

/// C12 and C13: epsilon and scale_offset.
template <typename Op>
static LogicalResult checkNumbers(Op op) {
  // C12: epsilon is finite and not negative.
  if (failed(checkNumber(op, "epsilon", op.getEpsilon(), false)))
    return failure();
  // C13: scale_offset is finite, and there only with a scale.
  if (failed(checkNumber(op, "scale_offset", op.getScaleOffset(), true)))
    return failure();
  if (!op.getScaleOffset().isZero() && !op.getScale())
    return op.emitOpError()
           << "expected scale_offset only with scale, but got it without";
  return success();
}

// C14: there is a result for each destination on tensors, and none on memrefs.
// That each has its destination's type is checked by the interface.
template <typename Op>
static LogicalResult checkResults(Op op) {
  size_t expected =
      isa<RankedTensorType>(op.getX().getType()) ? op.getDpsInits().size() : 0;
  if (op->getNumResults() != expected)
    return op.emitOpError() << "expected " << expected
                            << " results, one for each tensor destination, but "
                               "got "
                            << op->getNumResults();
  return success();
}

//===----------------------------------------------------------------------===//
// The ops
//===----------------------------------------------------------------------===//

LogicalResult RMSNormOp::verify() {
  if (failed(checkInput(*this)) || failed(checkFeatures(*this)) ||
      failed(checkResidual(*this)) || failed(checkMask(*this)))
    return failure();
  // C15: stats_type is f32 or f64, and not narrower than x.
  if (std::optional<Type> type = getStatsType()) {
    if (!type->isF32() && !type->isF64())
      return emitOpError() << "expected stats_type to be f32 or f64, but got "
                           << *type;
    if (*type != getStatisticsType())
      return emitOpError() << "expected stats_type to be f64, as x is "
                           << getX().getType().getElementType() << ", but got "
                           << *type;
  }
  if (failed(checkNormResults(*this)) || failed(checkNumbers(*this)))
    return failure();
  return checkResults(*this);
}

LogicalResult MeanSquareOp::verify() {
  if (failed(checkInput(*this)) || failed(checkResidual(*this)) ||
      failed(checkMask(*this)))
    return failure();
  ShapedType x = getX().getType();
  SmallVector<int64_t> shape = keepAxesAsOne(x.getShape(), getReductionAxes());
  // C16: the statistic has x's shape with the reduced axes kept as 1, and is
  // f32 or f64, f64 where x is.
  Type type = getOut().getType().getElementType();
  if (!type.isF32() && !type.isF64())
    return emitOpError()
           << "expected outs with element type f32 or f64, but got " << type;
  if (failed(checkStatisticType(
          *this, "outs", getOut(),
          rmsnorm::getStatisticsType(x.getElementType(), type))) ||
      failed(checkShape(*this, "outs", getOut(), shape,
                        "x's with the reduced axes as 1")))
    return failure();
  // C17: the count has the shape and the type of the statistic.
  if (failed(checkShape(*this, "count_out", getCountOut(), shape,
                        "x's with the reduced axes as 1")) ||
      failed(checkStatisticType(*this, "count_out", getCountOut(),
                                getStatisticsType())))
    return failure();
  return checkResults(*this);
}

LogicalResult NormalizeOp::verify() {
  if (failed(checkInput(*this)))
    return failure();
  ShapedType x = getX().getType();
  SmallVector<int64_t> shape = keepAxesAsOne(x.getShape(), getReductionAxes());
  // C16, for an operand.
  Type type = getStatistic().getType().getElementType();
  if (!type.isF32() && !type.isF64())
    return emitOpError()
           << "expected statistic with element type f32 or f64, but got "
           << type;
  if (failed(checkStatisticType(
          *this, "statistic", getStatistic(),
          rmsnorm::getStatisticsType(x.getElementType(), type))) ||
      failed(checkShape(*this, "statistic", getStatistic(), shape,
                        "x's with the reduced axes as 1")))
    return failure();
  // C17, for an operand.
  if (failed(checkShape(*this, "count", getCount(), shape,
                        "x's with the reduced axes as 1")) ||
      failed(
          checkStatisticType(*this, "count", getCount(), getStatisticsType())))
    return failure();
  if (failed(checkFeatures(*this)) || failed(checkResidual(*this)) ||
      failed(checkNormResults(*this)) || failed(checkNumbers(*this)))
    return failure();
  return checkResults(*this);
}

//===----------------------------------------------------------------------===//
// The attributes
//===----------------------------------------------------------------------===//

static LogicalResult checkGroups(function_ref<InFlightDiagnostic()> emitError,
                                 ArrayRef<DenseI64ArrayAttr> groups) {
  int64_t count = 0;
  for (DenseI64ArrayAttr group : groups) {
    // C18: no group of devices is empty.
    if (group.empty())
      return emitError() << "expected groups of one device or more, but got an "
                            "empty group";
    count += group.size();
  }
  llvm::SmallSet<int64_t, 16> seen;
  for (DenseI64ArrayAttr group : groups)
    for (int64_t device : group.asArrayRef()) {
      // C19: the groups do not overlap.
      if (!seen.insert(device).second)
        return emitError() << "expected groups that do not overlap, but got "
                              "device "
                           << device << " twice";
    }
  // C20: the groups leave no device out.
  for (int64_t device : llvm::seq<int64_t>(count))
    if (!seen.contains(device))
      return emitError() << "expected groups of the devices 0 to " << count - 1
                         << ", as there are " << count
                         << " in them, but got none with device " << device;
  return success();
}

LogicalResult
DeviceGroupAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                        StringRef axis, ArrayRef<DenseI64ArrayAttr> groups,
                        Combination combination) {
  // C21: the device axis has a name.
  if (axis.empty())
    return emitError() << "expected a name for the device axis, but got \"\"";
  if (failed(checkGroups(emitError, groups)))
    return failure();
  // C22: groups whose means are averaged are of one size.
  if (combination == Combination::mean_of_means)
    for (DenseI64ArrayAttr group : groups)
      if (group.size() != groups.front().size())
        return emitError() << "expected groups of one size for mean_of_means, "
                              "but got sizes "
                           << groups.front().size() << " and " << group.size();
  return success();
}

static LogicalResult checkSteps(function_ref<InFlightDiagnostic()> emitError,
                                StringRef name, ArrayRef<int64_t> steps) {
  bool isFine = !steps.empty() && steps.back() == 1;
  for (size_t i = 0; isFine && i < steps.size(); ++i)
    isFine = steps[i] >= 1 && steps[i] <= 1024 &&
             llvm::isPowerOf2_64(steps[i]) &&
             (i == 0 || steps[i] < steps[i - 1]);
  if (isFine)
    return success();
  return emitError() << "expected " << name
                     << " to be falling powers of two of at most 1024 that end "
                        "in 1, but got "
                     << shapeText(steps);
}

LogicalResult CPUScheduleAttr::verify(
    function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> vector,
    ArrayRef<int64_t> normalizeVector, int64_t chain, int64_t block,
    int64_t fold, int64_t part, int64_t panel, int64_t rows, bool shareRows,
    int64_t convert, int64_t overlap, int64_t prefetch, int64_t writeAhead,
    int64_t nontemporal, int64_t far, int64_t farRows, int64_t farPanel,
    int64_t farAspect, int64_t farAhead, int64_t grain) {
  // C23: the steps fall by powers of two to 1.
  if (failed(checkSteps(emitError, "vector", vector)) ||
      failed(checkSteps(emitError, "normalize_vector", normalizeVector)))
    return failure();
  // C24: a chain has terms and a block has chains, and few enough for the
  // digits that are promised.
  if (chain < 1 || chain > 8)
    return emitError() << "expected chain to be from 1 to 8, but got " << chain;
  if (block < 1 || block > 16)
    return emitError() << "expected block to be from 1 to 16, but got "
                       << block;
  // C27: lanes are added in pairs.
  if (fold < 0 || fold > 1024 || (fold != 0 && !llvm::isPowerOf2_64(fold)))
    return emitError() << "expected fold to be 0 or a power of two up to 1024, "
                          "but got "
                       << fold;
  // C25: sizes are not negative.
  for (auto [name, value] : {std::pair<StringRef, int64_t>{"part", part},
                             {"panel", panel},
                             {"convert", convert},
                             {"overlap", overlap},
                             {"prefetch", prefetch},
                             {"write_ahead", writeAhead},
                             {"nontemporal", nontemporal},
                             {"far", far},
                             {"far_panel", farPanel},
                             {"far_aspect", farAspect},
                             {"far_ahead", farAhead},
                             {"grain", grain}})
    if (value < 0)
      return emitError() << "expected " << name << " to be 0 or more, but got "
                         << value;
  // C26: the sums of the rows of a task fill one vector.
  for (auto [name, value] :
       {std::pair<StringRef, int64_t>{"rows", rows}, {"far_rows", farRows}})
    if (value < 1 || value > 16 || !llvm::isPowerOf2_64(value))
      return emitError() << "expected " << name
                         << " to be a power of two from 1 to 16, but got "
                         << value;
  return success();
}
