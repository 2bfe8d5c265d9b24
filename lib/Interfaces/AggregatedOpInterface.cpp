//===- AggregatedOpInterface.cpp - The mathematics, as linalg ops ---------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The one place that says what the ops compute (docs/Semantics.md has the same
// in words). An op becomes
//
//   sum[p]   = sum over the reduced axes of |h|²            (reduction)
//   r[p]     = 1 / sqrt(sum[p] / count[p] + epsilon)        (over the rows)
//   y[p, q]  = h · r · (scale_offset + scale) + bias        (elementwise)
//
// on tensors or on memrefs. Where `stable` is set, a power of two near
// max(max |h|, sqrt(epsilon)) is divided out of h first: dividing by a power of
// two is exact, so the result is that of the formula without its overflows.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Interfaces/Interfaces.h"
#include <cmath>

using namespace mlir;
using namespace rmsnorm;

namespace {

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

/// A real or complex number in the statistics type.
struct Scalar {
  Value re, im;
};

/// Writes scalar arithmetic in the statistics type.
class ScalarBuilder {
public:
  ScalarBuilder(OpBuilder &builder, Location loc, FloatType type)
      : b(builder), loc(loc), type(type) {}

  /// The same for arithmetic in another type.
  ScalarBuilder in(FloatType other) { return ScalarBuilder(b, loc, other); }

  Value constant(double value) {
    APFloat number(value);
    bool losesInfo;
    number.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, number));
  }

  /// `value`, of any element type, as a float of type `to`.
  Value convertReal(Value value, FloatType to) {
    if (auto integer = dyn_cast<IntegerType>(value.getType())) {
      if (!integer.isUnsigned())
        return arith::SIToFPOp::create(b, loc, to, value);
      auto bits = b.getIntegerType(integer.getWidth());
      value =
          UnrealizedConversionCastOp::create(b, loc, bits, value).getResult(0);
      return arith::UIToFPOp::create(b, loc, to, value);
    }
    unsigned from = value.getType().getIntOrFloatBitWidth();
    if (value.getType() == to)
      return value;
    if (from < to.getWidth())
      return arith::ExtFOp::create(b, loc, to, value);
    if (from > to.getWidth())
      return arith::TruncFOp::create(b, loc, to, value);
    // bf16 <-> f16, f8E4M3FN <-> f8E5M2: by way of f32.
    Value wide = arith::ExtFOp::create(b, loc, b.getF32Type(), value);
    return arith::TruncFOp::create(b, loc, to, wide);
  }

  Scalar load(Value element) {
    auto complex = dyn_cast<ComplexType>(element.getType());
    if (!complex)
      return {convertReal(element, type), {}};
    return {convertReal(complex::ReOp::create(b, loc, element), type),
            convertReal(complex::ImOp::create(b, loc, element), type)};
  }

  /// `value` rounded to the element type `to`.
  Value store(Scalar value, Type to) {
    if (auto complex = dyn_cast<ComplexType>(to)) {
      auto part = cast<FloatType>(complex.getElementType());
      Value im = value.im ? value.im : constant(0.0);
      return complex::CreateOp::create(b, loc, to, convertReal(value.re, part),
                                       convertReal(im, part));
    }
    return convertReal(value.re, cast<FloatType>(to));
  }

  Value add(Value lhs, Value rhs) {
    return arith::AddFOp::create(b, loc, lhs, rhs);
  }
  Value sub(Value lhs, Value rhs) {
    return arith::SubFOp::create(b, loc, lhs, rhs);
  }
  Value mul(Value lhs, Value rhs) {
    return arith::MulFOp::create(b, loc, lhs, rhs);
  }
  Value div(Value lhs, Value rhs) {
    return arith::DivFOp::create(b, loc, lhs, rhs);
  }

  Scalar add(Scalar lhs, Scalar rhs) {
    Value im = lhs.im && rhs.im ? add(lhs.im, rhs.im)
               : lhs.im         ? lhs.im
                                : rhs.im;
    return {add(lhs.re, rhs.re), im};
  }
  Scalar mul(Scalar lhs, Value rhs) {
    return {mul(lhs.re, rhs), lhs.im ? mul(lhs.im, rhs) : Value()};
  }
  Scalar mul(Scalar lhs, Scalar rhs) {
    if (!lhs.im || !rhs.im)
      return lhs.im ? mul(lhs, rhs.re) : mul(rhs, lhs.re);
    return {sub(mul(lhs.re, rhs.re), mul(lhs.im, rhs.im)),
            add(mul(lhs.re, rhs.im), mul(lhs.im, rhs.re))};
  }

  Value squaredMagnitude(Scalar value) {
    Value square = mul(value.re, value.re);
    return value.im ? add(square, mul(value.im, value.im)) : square;
  }

  /// The larger of the magnitudes of the parts.
  Value maxMagnitude(Scalar value) {
    Value re = math::AbsFOp::create(b, loc, value.re);
    if (!value.im)
      return re;
    Value im = math::AbsFOp::create(b, loc, value.im);
    return arith::MaximumFOp::create(b, loc, re, im);
  }

  Value reciprocalRoot(Value value) {
    return div(constant(1.0), math::SqrtOp::create(b, loc, value));
  }

  /// `value` rounded to the type that x has in the formula.
  Scalar roundToInput(Scalar value, Type input) {
    if (auto complex = dyn_cast<ComplexType>(input))
      input = complex.getElementType();
    // Integers take part as f32.
    auto to = isa<FloatType>(input) ? cast<FloatType>(input)
                                    : cast<FloatType>(b.getF32Type());
    auto round = [&](Value part) {
      return part ? convertReal(convertReal(part, to), type) : part;
    };
    return {round(value.re), round(value.im)};
  }

  /// 1 / s for the largest power of two s <= `value`, but s >= 2^-126 (2^-1022
  /// in f64); 0 where `value` is infinite or NaN.
  Value reciprocalPowerOfTwo(Value value) {
    unsigned width = type.getWidth();
    unsigned mantissa = type.getFPMantissaWidth() - 1;
    Type bitsType = b.getIntegerType(width);
    APInt exponent = APInt::getBitsSet(width, mantissa, width - 1);
    Value bits = arith::BitcastOp::create(b, loc, bitsType, value);
    Value mask =
        arith::ConstantOp::create(b, loc, b.getIntegerAttr(bitsType, exponent));
    bits = arith::AndIOp::create(b, loc, bits, mask);
    Value power = arith::BitcastOp::create(b, loc, type, bits);
    APFloat smallest = APFloat::getSmallestNormalized(type.getFloatSemantics());
    Value lowest =
        arith::ConstantOp::create(b, loc, b.getFloatAttr(type, smallest));
    power = arith::MaximumFOp::create(b, loc, power, lowest);
    return div(constant(1.0), power);
  }

  OpBuilder &b;
  Location loc;
  FloatType type;
};

//===----------------------------------------------------------------------===//
// Operands over the axes of x
//===----------------------------------------------------------------------===//

/// An operand of a linalg op: a value and the axis of x for each dimension.
struct Laid {
  Value value;
  SmallVector<int64_t> axes;
};

/// Writes the linalg ops of one norm op.
class Decomposer {
public:
  Decomposer(OpBuilder &builder, NormOpInterface op, FloatType type)
      : b(builder), loc(op.getLoc()), op(op), type(type),
        isTensor(isa<RankedTensorType>(op.getX().getType())),
        rank(op.getX().getType().getRank()) {
    for (int64_t axis : llvm::seq(rank))
      if (!llvm::is_contained(op.getReductionAxes(), axis))
        parallelAxes.push_back(axis);
  }

  /// The operand as a linalg operand. Dimensions of size 1 that run along no
  /// axis are dropped from tensors; memrefs are read at 0 there, because a view
  /// with fewer dimensions is ambiguous where strides are not known.
  Laid lay(OpOperand &operand) {
    SmallVector<int64_t> axes = op.getOperandAxes(operand);
    if (!isTensor || !llvm::is_contained(axes, -1))
      return {operand.get(), axes};
    Value view = dropUnitDims(operand.get(), axes);
    llvm::erase(axes, -1);
    return {view, axes};
  }

  /// A temporary over `axes`, filled with `value` if there is one.
  Laid temporary(ArrayRef<int64_t> axes, Type elementType, Value fill = {}) {
    SmallVector<OpFoldResult> sizes;
    for (int64_t axis : axes)
      sizes.push_back(sizeOf(axis));
    Value buffer =
        isTensor ? Value(tensor::EmptyOp::create(b, loc, sizes, elementType))
                 : allocate(sizes, elementType);
    if (fill)
      buffer = this->fill(buffer, fill);
    return {buffer, llvm::to_vector(axes)};
  }

  Value fill(Value buffer, Value value) {
    auto fill = linalg::FillOp::create(b, loc, value, buffer);
    return isTensor ? fill.getResult(0) : buffer;
  }

  using Body = function_ref<SmallVector<Value>(ScalarBuilder &, ValueRange)>;

  /// A linalg.generic over the axes of x that its operands run along. Returns
  /// the results, or the outputs themselves on memrefs.
  SmallVector<Value> generic(ArrayRef<Laid> inputs, ArrayRef<Laid> outputs,
                             Body body) {
    SmallVector<int64_t> loops = loopAxes(inputs, outputs);
    SmallVector<AffineMap> maps;
    SmallVector<Value> ins, outs;
    llvm::SmallDenseSet<int64_t> written;
    for (const Laid &input : inputs) {
      ins.push_back(input.value);
      maps.push_back(mapOf(input, loops));
    }
    for (const Laid &output : outputs) {
      outs.push_back(output.value);
      maps.push_back(mapOf(output, loops));
      written.insert(output.axes.begin(), output.axes.end());
    }
    SmallVector<utils::IteratorType> iterators;
    for (int64_t axis : loops)
      iterators.push_back(written.contains(axis)
                              ? utils::IteratorType::parallel
                              : utils::IteratorType::reduction);
    auto buildBody = [&](OpBuilder &nested, Location loc,
                         ValueRange arguments) {
      ScalarBuilder scalars(nested, loc, type);
      linalg::YieldOp::create(nested, loc, body(scalars, arguments));
    };
    auto generic = linalg::GenericOp::create(
        b, loc, isTensor ? TypeRange(outs) : TypeRange(), ins, outs, maps,
        iterators, buildBody);
    if (Attribute schedule = op->getAttr("schedule"))
      generic->setDiscardableAttr("rmsnorm.schedule", schedule);
    return isTensor ? llvm::to_vector_of<Value>(generic.getResults()) : outs;
  }

  /// Puts `result`, without the dimensions of size 1, back into `init`.
  Value restore(Value result, OpOperand &init) {
    SmallVector<int64_t> axes = op.getOperandAxes(init);
    if (!isTensor || !llvm::is_contained(axes, -1))
      return result;
    auto [offsets, sizes, strides] = sliceOf(init.get());
    return tensor::InsertSliceOp::create(b, loc, result, init.get(), offsets,
                                         sizes, strides);
  }

  /// The number of positions that a mean is taken over, in f64: reduced axes of
  /// x, less those in `except`.
  Value positions(ArrayRef<int64_t> except = {}) {
    int64_t known = 1;
    Value product;
    for (int64_t axis : op.getReductionAxes()) {
      if (llvm::is_contained(except, axis))
        continue;
      OpFoldResult size = sizeOf(axis);
      if (std::optional<int64_t> constant = getConstantIntValue(size))
        known *= *constant;
      else
        product =
            product ? arith::MulIOp::create(b, loc, product, cast<Value>(size))
                          .getResult()
                    : cast<Value>(size);
    }
    ScalarBuilder scalars(b, loc, b.getF64Type());
    if (!product)
      return scalars.constant(static_cast<double>(known));
    if (known != 1)
      product = arith::MulIOp::create(
          b, loc, product, arith::ConstantIndexOp::create(b, loc, known));
    Value bits = arith::IndexCastOp::create(b, loc, b.getI64Type(), product);
    return arith::SIToFPOp::create(b, loc, b.getF64Type(), bits);
  }

  /// Frees what did not fit the stack.
  void finish() {
    for (Value buffer : heapBuffers)
      memref::DeallocOp::create(b, loc, buffer);
  }

  OpBuilder &b;
  Location loc;
  NormOpInterface op;
  FloatType type;
  bool isTensor;
  int64_t rank;
  SmallVector<int64_t> parallelAxes;

private:
  OpFoldResult sizeOf(int64_t axis) {
    if (isTensor)
      return tensor::getMixedSize(b, loc, op.getX(), axis);
    return memref::getMixedSize(b, loc, op.getX(), axis);
  }

  /// On the stack where its size has a small bound, else on the heap.
  Value allocate(ArrayRef<OpFoldResult> sizes, Type elementType) {
    SmallVector<int64_t> bounds;
    int64_t elements = 1;
    for (OpFoldResult size : sizes) {
      FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
          presburger::BoundType::UB, size, /*stopCondition=*/nullptr,
          /*closedUB=*/true);
      elements = failed(bound) || elements < 0 ? -1 : elements * *bound;
      bounds.push_back(failed(bound) ? ShapedType::kDynamic : *bound);
    }
    constexpr int64_t maxStackElements = 1024;
    if (elements < 0 || elements > maxStackElements) {
      auto [shape, dynamic] =
          decomposeMixedValues(SmallVector<OpFoldResult>(sizes));
      auto buffer = memref::AllocOp::create(
          b, loc, MemRefType::get(shape, elementType), dynamic);
      heapBuffers.push_back(buffer);
      return buffer;
    }
    Value buffer =
        memref::AllocaOp::create(b, loc, MemRefType::get(bounds, elementType));
    auto [shape, dynamic] =
        decomposeMixedValues(SmallVector<OpFoldResult>(sizes));
    if (dynamic.empty())
      return buffer;
    SmallVector<OpFoldResult> zeros(sizes.size(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> ones(sizes.size(), b.getIndexAttr(1));
    return memref::SubViewOp::create(b, loc, buffer, zeros, sizes, ones);
  }

  struct Slice {
    SmallVector<OpFoldResult> offsets, sizes, strides;
  };
  Slice sliceOf(Value value) {
    int64_t rank = cast<ShapedType>(value.getType()).getRank();
    Slice slice;
    slice.offsets.assign(rank, b.getIndexAttr(0));
    slice.strides.assign(rank, b.getIndexAttr(1));
    slice.sizes = isTensor ? tensor::getMixedSizes(b, loc, value)
                           : memref::getMixedSizes(b, loc, value);
    return slice;
  }

  Value dropUnitDims(Value value, ArrayRef<int64_t> axes) {
    Slice slice = sliceOf(value);
    auto type = cast<ShapedType>(value.getType());
    SmallVector<int64_t> shape;
    for (auto [axis, size] : llvm::zip_equal(axes, type.getShape()))
      if (axis >= 0)
        shape.push_back(size);
    // A size of 1 that the type does not know is one all the same.
    for (auto [axis, size] : llvm::zip_equal(axes, slice.sizes))
      if (axis < 0)
        size = b.getIndexAttr(1);
    if (isTensor)
      return tensor::ExtractSliceOp::create(
          b, loc, RankedTensorType::get(shape, type.getElementType()), value,
          slice.offsets, slice.sizes, slice.strides);
    auto reduced = memref::SubViewOp::inferRankReducedResultType(
        shape, cast<MemRefType>(type), slice.offsets, slice.sizes,
        slice.strides);
    return memref::SubViewOp::create(b, loc, cast<MemRefType>(reduced), value,
                                     slice.offsets, slice.sizes, slice.strides);
  }

  /// The axes that any operand runs along, sorted.
  static SmallVector<int64_t> loopAxes(ArrayRef<Laid> inputs,
                                       ArrayRef<Laid> outputs) {
    SmallVector<int64_t> axes;
    for (ArrayRef<Laid> operands : {inputs, outputs})
      for (const Laid &operand : operands)
        axes.append(operand.axes);
    llvm::erase(axes, -1);
    llvm::sort(axes);
    axes.erase(llvm::unique(axes), axes.end());
    return axes;
  }

  AffineMap mapOf(const Laid &operand, ArrayRef<int64_t> loops) {
    SmallVector<AffineExpr> exprs;
    for (int64_t axis : operand.axes)
      exprs.push_back(axis < 0 ? b.getAffineConstantExpr(0)
                               : b.getAffineDimExpr(llvm::find(loops, axis) -
                                                    loops.begin()));
    return AffineMap::get(loops.size(), 0, exprs, b.getContext());
  }

  SmallVector<Value> heapBuffers;
};

//===----------------------------------------------------------------------===//
// The two halves
//===----------------------------------------------------------------------===//

/// x, and what is added to it and selected from it, as linalg operands.
struct Input {
  Laid x;
  std::optional<Laid> residual, mask;
};

} // namespace

/// The body arguments of `Input`, in the order of `operands`.
static SmallVector<Laid> operandsOf(const Input &input, bool withMask) {
  SmallVector<Laid> operands{input.x};
  if (input.residual)
    operands.push_back(*input.residual);
  if (withMask && input.mask)
    operands.push_back(*input.mask);
  return operands;
}

/// h = X + residual, from body arguments that begin with x and residual.
static Scalar buildSum(ScalarBuilder &s, const Input &input,
                       ValueRange arguments) {
  Scalar h = s.load(arguments[0]);
  return input.residual ? s.add(h, s.load(arguments[1])) : h;
}

/// Where `mask`, if there is one, is true: `value`; else `neutral`.
static Value select(ScalarBuilder &s, Value mask, Value value, double neutral) {
  if (!mask)
    return value;
  return arith::SelectOp::create(s.b, s.loc, mask, value, s.constant(neutral));
}

/// The largest magnitude of h over the reduced axes.
static Laid buildMaximum(Decomposer &d, const Input &input) {
  Value zero = ScalarBuilder(d.b, d.loc, d.type).constant(0.0);
  Laid result = d.temporary(d.parallelAxes, d.type, zero);
  SmallVector<Laid> inputs = operandsOf(input, /*withMask=*/true);
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value term = s.maxMagnitude(buildSum(s, input, args));
    Value mask = input.mask ? args[args.size() - 2] : Value();
    return {arith::MaximumFOp::create(s.b, s.loc, args.back(),
                                      select(s, mask, term, 0.0))};
  };
  result.value = d.generic(inputs, {result}, body)[0];
  return result;
}

/// 1 / (the power of two that is divided out of h), for each row.
static Laid buildFactor(Decomposer &d, const Input &input, double epsilon) {
  Laid maximum = buildMaximum(d, input);
  Laid result = d.temporary(d.parallelAxes, d.type);
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    // A root beyond the type makes r vanish; infinite, it would make it NaN.
    double most =
        APFloat::getLargest(s.type.getFloatSemantics()).convertToDouble();
    Value root = s.constant(std::min(std::sqrt(epsilon), most));
    Value larger = arith::MaximumFOp::create(s.b, s.loc, args[0], root);
    return {s.reciprocalPowerOfTwo(larger)};
  };
  result.value = d.generic({maximum}, {result}, body)[0];
  return result;
}

/// The sum of |h · factor|² over the reduced axes, added to `result`, which
/// holds zeros.
static Value buildSumOfSquares(Decomposer &d, const Input &input,
                               std::optional<Laid> factor, Laid result) {
  SmallVector<Laid> inputs = operandsOf(input, /*withMask=*/true);
  if (factor)
    inputs.push_back(*factor);
  unsigned maskIndex = input.residual ? 2 : 1;
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Scalar h = buildSum(s, input, args);
    if (factor)
      h = s.mul(h, args[args.size() - 2]);
    Value mask = input.mask ? args[maskIndex] : Value();
    Value term = select(s, mask, s.squaredMagnitude(h), 0.0);
    return {s.add(args.back(), term)};
  };
  return d.generic(inputs, {result}, body)[0];
}

/// The number of positions in each mean: a scalar, or a value for each row
/// where there is a mask.
struct Count {
  Value scalar;
  std::optional<Laid> perRow;
};

static Count buildCount(Decomposer &d, const Input &input) {
  if (!input.mask)
    return {d.positions(), {}};
  SmallVector<int64_t> rows;
  for (int64_t axis : input.mask->axes)
    if (llvm::is_contained(d.parallelAxes, axis))
      rows.push_back(axis);
  Value zero = arith::ConstantIntOp::create(d.b, d.loc, d.b.getI64Type(), 0);
  Laid count = d.temporary(rows, d.b.getI64Type(), zero);
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value one = arith::ExtUIOp::create(s.b, s.loc, s.b.getI64Type(), args[0]);
    return {arith::AddIOp::create(s.b, s.loc, args[1], one)};
  };
  count.value = d.generic({*input.mask}, {count}, body)[0];
  // Reduced axes that the mask does not run along repeat it.
  return {d.positions(/*except=*/input.mask->axes), count};
}

/// The count as a float: `perRow`, a body argument, times what repeats it.
/// In f64, which holds every count.
static Value buildCountValue(ScalarBuilder &s, const Count &count,
                             Value perRow) {
  if (!count.perRow)
    return count.scalar;
  ScalarBuilder wide = s.in(s.b.getF64Type());
  Value number = arith::SIToFPOp::create(s.b, s.loc, wide.type, perRow);
  return wide.mul(number, count.scalar);
}

/// What the second half multiplies h by: `root` · `factor`.
struct Statistic {
  Laid root;
  std::optional<Laid> factor;
};

/// The operands and attributes of a whole norm that the second half reads.
template <typename Op>
static void normalize(Decomposer &d, Op op, const Input &input,
                      const Statistic &statistic,
                      SmallVectorImpl<Value> &results) {
  SmallVector<Laid> inputs = operandsOf(input, /*withMask=*/false);
  auto append = [&](MutableOperandRange operand) -> std::optional<unsigned> {
    if (operand.empty())
      return {};
    inputs.push_back(d.lay(operand[0]));
    return inputs.size() - 1;
  };
  std::optional<unsigned> scale = append(op.getScaleMutable());
  std::optional<unsigned> bias = append(op.getBiasMutable());
  unsigned root = inputs.size();
  inputs.push_back(statistic.root);
  if (statistic.factor)
    inputs.push_back(*statistic.factor);
  SmallVector<Laid> outputs{d.lay(op.getOutMutable())};
  if (op.getResidualOut())
    outputs.push_back(d.lay(op.getResidualOutMutable()[0]));

  Type inputType = op.getX().getType().getElementType();
  double offset = op.getScaleOffset().convertToDouble();
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Scalar h = buildSum(s, input, args), y = h;
    if (statistic.factor)
      y = s.mul(y, args[root + 1]);
    y = s.mul(y, args[root]);
    if (op.getCastOrder() == CastOrder::cast_then_scale)
      y = s.roundToInput(y, inputType);
    if (scale) {
      Scalar factor = s.load(args[*scale]);
      if (offset != 0.0)
        factor.re = s.add(s.constant(offset), factor.re);
      y = s.mul(y, factor);
    }
    if (bias)
      y = s.add(y, s.load(args[*bias]));
    SmallVector<Value> stored;
    const Scalar values[] = {y, h};
    for (auto [output, value] : llvm::zip(outputs, values))
      stored.push_back(s.store(
          value, cast<ShapedType>(output.value.getType()).getElementType()));
    return stored;
  };
  results.append(d.generic(inputs, outputs, body));
}

/// r = 1 / sqrt(sum / count + epsilon), for each row, from `sum` and `count`
/// (nullopt: `sum` is the mean). Appends the result for rstd_out.
template <typename Op>
static Statistic
buildStatistic(Decomposer &d, Op op, Laid sum, std::optional<Count> count,
               std::optional<Laid> factor, std::optional<Value> &rstd) {
  double epsilon = op.getEpsilon().convertToDouble();
  SmallVector<Laid> inputs{sum}, outputs;
  unsigned perRow = 0, factorIndex = 0;
  if (count && count->perRow) {
    perRow = inputs.size();
    inputs.push_back(*count->perRow);
  }
  if (factor) {
    factorIndex = inputs.size();
    inputs.push_back(*factor);
  }
  bool wantsRstd = bool(op.getRstdOut());
  // Without a factor the root is r itself and may live in the result.
  if (!wantsRstd || factor)
    outputs.push_back(d.temporary(d.parallelAxes, d.type));
  if (wantsRstd)
    outputs.push_back(d.lay(op.getRstdOutMutable()[0]));

  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    // Once for each row, so in f64: r has one rounding.
    ScalarBuilder wide = s.in(s.b.getF64Type());
    Value mean = wide.convertReal(args[0], wide.type);
    if (count)
      mean = wide.div(
          mean, buildCountValue(s, *count, perRow ? args[perRow] : Value()));
    Value addend = wide.constant(epsilon), scale;
    if (factor) {
      scale = wide.convertReal(args[factorIndex], wide.type);
      addend = wide.mul(wide.mul(addend, scale), scale);
    }
    Value root = wide.reciprocalRoot(wide.add(mean, addend));
    SmallVector<Value> roots{s.convertReal(root, s.type)};
    if (factor && wantsRstd)
      roots.push_back(s.convertReal(wide.mul(root, scale), s.type));
    return roots;
  };
  SmallVector<Value> values = d.generic(inputs, outputs, body);
  if (wantsRstd)
    rstd = d.restore(values.back(), op.getRstdOutMutable()[0]);
  return {{values[0], outputs[0].axes}, factor};
}

template <typename Op>
static Input inputOf(Decomposer &d, Op op) {
  Input input{d.lay(op.getXMutable()), {}, {}};
  if (op.getResidual())
    input.residual = d.lay(op.getResidualMutable()[0]);
  return input;
}

//===----------------------------------------------------------------------===//
// The ops
//===----------------------------------------------------------------------===//

/// Results of a tensor op; none on memrefs.
static SmallVector<Value> finish(Decomposer &d, SmallVector<Value> results) {
  d.finish();
  return d.isTensor ? results : SmallVector<Value>();
}

static FailureOr<SmallVector<Value>> decompose(OpBuilder &b, RMSNormOp op) {
  if (op.getDeviceGroup())
    return op.emitOpError("expected no device_group, but got one: a norm over "
                          "devices has to be distributed first");
  Decomposer d(b, cast<NormOpInterface>(op.getOperation()),
               op.getStatisticsType());
  Input input = inputOf(d, op);
  if (op.getMask())
    input.mask = d.lay(op.getMaskMutable()[0]);
  std::optional<Laid> factor;
  if (op.getStable())
    factor = buildFactor(d, input, op.getEpsilon().convertToDouble());
  Value zero = ScalarBuilder(b, d.loc, d.type).constant(0.0);
  Laid sum = d.temporary(d.parallelAxes, d.type, zero);
  sum.value = buildSumOfSquares(d, input, factor, sum);
  Count count = buildCount(d, input);
  std::optional<Value> rstd;
  Statistic statistic = buildStatistic(d, op, sum, count, factor, rstd);
  SmallVector<Value> results;
  normalize(d, op, input, statistic, results);
  if (rstd)
    results.push_back(*rstd);
  return finish(d, std::move(results));
}

static FailureOr<SmallVector<Value>> decompose(OpBuilder &b, MeanSquareOp op) {
  Decomposer d(b, cast<NormOpInterface>(op.getOperation()),
               op.getStatisticsType());
  Input input = inputOf(d, op);
  if (op.getMask())
    input.mask = d.lay(op.getMaskMutable()[0]);
  Value zero = ScalarBuilder(b, d.loc, d.type).constant(0.0);
  Laid out = d.lay(op.getOutMutable());
  Laid sum{d.fill(out.value, zero), out.axes};
  sum.value = buildSumOfSquares(d, input, {}, sum);
  Count count = buildCount(d, input);
  SmallVector<Laid> inputs;
  if (count.perRow)
    inputs.push_back(*count.perRow);
  SmallVector<Value> results;
  if (op.getCountOut()) {
    Laid countOut = d.lay(op.getCountOutMutable()[0]);
    auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
      return {s.convertReal(buildCountValue(s, count, args[0]), s.type)};
    };
    Value value = d.generic(inputs, {countOut}, body)[0];
    results = {d.restore(sum.value, op.getOutMutable()),
               d.restore(value, op.getCountOutMutable()[0])};
    return finish(d, std::move(results));
  }
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    ScalarBuilder wide = s.in(s.b.getF64Type());
    Value sum = wide.convertReal(args.back(), wide.type);
    Value mean = wide.div(sum, buildCountValue(s, count, args[0]));
    return {s.convertReal(mean, s.type)};
  };
  Value mean = d.generic(inputs, {sum}, body)[0];
  return finish(d, {d.restore(mean, op.getOutMutable())});
}

static FailureOr<SmallVector<Value>> decompose(OpBuilder &b, NormalizeOp op) {
  Decomposer d(b, cast<NormOpInterface>(op.getOperation()),
               op.getStatisticsType());
  Input input = inputOf(d, op);
  Laid mean = d.lay(op.getStatisticMutable());
  if (op.getCount()) {
    Laid divided = d.temporary(d.parallelAxes, d.type);
    auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
      return {s.div(args[0], args[1])};
    };
    divided.value =
        d.generic({mean, d.lay(op.getCountMutable()[0])}, {divided}, body)[0];
    mean = divided;
  }
  std::optional<Value> rstd;
  Statistic statistic = buildStatistic(d, op, mean, {}, {}, rstd);
  SmallVector<Value> results;
  normalize(d, op, input, statistic, results);
  if (rstd)
    results.push_back(*rstd);
  return finish(d, std::move(results));
}

namespace {
template <typename Op>
struct AggregatedModel
    : linalg::AggregatedOpInterface::ExternalModel<AggregatedModel<Op>, Op> {
  FailureOr<SmallVector<Value>> decomposeOperation(Operation *op,
                                                   OpBuilder &b) const {
    return decompose(b, cast<Op>(op));
  }
};
} // namespace

void rmsnorm::registerAggregatedOpInterface(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RMSNormDialect *) {
    RMSNormOp::attachInterface<AggregatedModel<RMSNormOp>>(*context);
    MeanSquareOp::attachInterface<AggregatedModel<MeanSquareOp>>(*context);
    NormalizeOp::attachInterface<AggregatedModel<NormalizeOp>>(*context);
  });
}
