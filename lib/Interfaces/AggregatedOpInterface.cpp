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
// Scalars are written by ScalarBuilder, operands and loops by Decomposer.
//
//===----------------------------------------------------------------------===//

#include "Decomposer.h"
#include "ScalarBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Interfaces/Interfaces.h"
#include <cmath>

using namespace mlir;
using namespace rmsnorm;

//===----------------------------------------------------------------------===//
// The two halves
//===----------------------------------------------------------------------===//

namespace {
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

/// `element`, or zero where `mask`, if there is one, is false: selected before
/// it is converted, where `isRaw`.
static Scalar loadSelected(ScalarBuilder &s, Value element, Value mask,
                           bool isRaw) {
  auto select = [&](ScalarBuilder type, Value value) -> Value {
    return arith::SelectOp::create(s.b, s.loc, mask, value, type.constant(0.0));
  };
  if (mask && isRaw)
    return s.load(select(s.in(cast<FloatType>(element.getType())), element));
  Scalar value = s.load(element);
  if (mask)
    for (Value *part : {&value.re, &value.im})
      *part = *part ? select(s, *part) : Value();
  return value;
}

/// h = X + residual, from body arguments that begin with x and residual; zero
/// where `mask`, if there is one, is false. Twice as many bf16 or f16 as f32
/// are selected at a time.
static Scalar buildSum(ScalarBuilder &s, const Input &input,
                       ValueRange arguments, Value mask = {}) {
  auto isHalf = [](Value value) {
    return value.getType().isBF16() || value.getType().isF16();
  };
  bool isRaw =
      isHalf(arguments[0]) && (!input.residual || isHalf(arguments[1]));
  Scalar h = loadSelected(s, arguments[0], mask, isRaw);
  return input.residual ? s.add(h, loadSelected(s, arguments[1], mask, isRaw))
                        : h;
}

/// The largest magnitude of h over the reduced axes.
static Laid buildMaximum(Decomposer &d, const Input &input) {
  Value zero = ScalarBuilder(d.b, d.loc, d.type).constant(0.0);
  Laid result = d.temporary(d.parallelAxes, d.type, zero);
  SmallVector<Laid> inputs = operandsOf(input, /*withMask=*/true);
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value mask = input.mask ? args[args.size() - 2] : Value();
    Value term = s.maxMagnitude(buildSum(s, input, args, mask));
    return {arith::MaximumFOp::create(s.b, s.loc, args.back(), term)};
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
/// holds zeros. Squares are rounded to the statistics type.
static Value buildSumOfSquares(Decomposer &d, const Input &input,
                               std::optional<Laid> factor, Laid result) {
  SmallVector<Laid> inputs = operandsOf(input, /*withMask=*/true);
  if (factor)
    inputs.push_back(*factor);
  unsigned maskIndex = input.residual ? 2 : 1;
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value mask = input.mask ? args[maskIndex] : Value();
    Scalar h = buildSum(s, input, args, mask);
    if (factor)
      h = s.mul(h, args[args.size() - 2]);
    ScalarBuilder total = s.in(cast<FloatType>(args.back().getType()));
    Value square = s.convertReal(s.squaredMagnitude(h), total.type);
    return {total.add(args.back(), square)};
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
    // In f32, the roundings of h and r, of their product, of the scale and of
    // the result would be more than 4 ulp allow.
    bool hasTwoSums = input.residual && offset != 0.0 && s.type.isF32();
    ScalarBuilder last = hasTwoSums ? s.in(s.b.getF64Type()) : s;
    Scalar h = buildSum(s, input, args), y = last.convert(h);
    if (statistic.factor)
      y = last.mul(y, last.convertReal(args[root + 1], last.type));
    y = last.mul(y, last.convertReal(args[root], last.type));
    if (op.getCastOrder() == CastOrder::cast_then_scale)
      y = last.roundToInput(y, inputType);
    if (scale) {
      Scalar factor = last.convert(s.load(args[*scale]));
      if (offset != 0.0)
        factor.re = last.add(last.constant(offset), factor.re);
      y = last.mul(y, factor);
    }
    if (bias)
      y = last.add(y, last.convert(s.load(args[*bias])));
    auto typeOf = [&](size_t output) {
      return cast<ShapedType>(outputs[output].value.getType()).getElementType();
    };
    SmallVector<Value> stored{last.store(y, typeOf(0))};
    if (outputs.size() > 1)
      stored.push_back(s.store(h, typeOf(1)));
    return stored;
  };
  results.append(d.generic(inputs, outputs, body));
}

/// What r is computed in: f64, once for each row, so that r has one rounding.
/// Narrower results do not show it, and for short rows roots and quotients of
/// f64 take a tenth of the time. What is divided out, squared, has the
/// range of f64, and an epsilon may need it too.
template <typename Op>
static FloatType chooseRootType(Op op, FloatType statistics, bool hasFactor) {
  Type y = cast<ShapedType>(op.getOut().getType()).getElementType();
  APFloat epsilon = op.getEpsilon();
  bool losesBits;
  epsilon.convert(statistics.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &losesBits);
  bool isShown = op.getRstdOut() || hasFactor || statistics.isF64() ||
                 !isa<FloatType>(y) || y.getIntOrFloatBitWidth() >= 32 ||
                 !(epsilon.isNormal() || op.getEpsilon().isZero());
  return isShown ? Float64Type::get(op.getContext()) : statistics;
}

/// What the sums of `op` are left in: where r has one rounding, those of rows
/// have none before it. Sums of columns are many, and read from memory.
static FloatType chooseSumType(RMSNormOp op, FloatType statistics,
                               bool hasFactor) {
  int64_t last = op.getX().getType().getRank() - 1;
  bool areRows = llvm::is_contained(op.getReductionAxes(), last);
  return areRows ? chooseRootType(op, statistics, hasFactor) : statistics;
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
  // Quotients for each row took 3 to 4 % of f32 rows of 576 in cache; the
  // roundings of the reciprocal are far below those of narrower results.
  Value reciprocal;
  if (count && !count->perRow && !d.type.isF64()) {
    ScalarBuilder s(d.b, d.loc, d.b.getF64Type());
    reciprocal = s.div(s.constant(1.0), count->scalar);
  }
  bool wantsRstd = bool(op.getRstdOut());
  // Without a factor the root is r itself and may live in the result.
  if (!wantsRstd || factor)
    outputs.push_back(d.temporary(d.parallelAxes, d.type));
  if (wantsRstd)
    outputs.push_back(d.lay(op.getRstdOutMutable()[0]));

  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    ScalarBuilder wide =
        s.in(chooseRootType(op, s.type, /*hasFactor=*/factor.has_value()));
    Value mean = wide.convertReal(args[0], wide.type);
    if (reciprocal) {
      mean = wide.mul(mean, wide.convertReal(reciprocal, wide.type));
    } else if (count) {
      Value number =
          buildCountValue(s, *count, perRow ? args[perRow] : Value());
      mean = wide.div(mean, wide.convertReal(number, wide.type));
    }
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
  FloatType sumType = chooseSumType(op, d.type, factor.has_value());
  Value zero = ScalarBuilder(b, d.loc, sumType).constant(0.0);
  Laid sum = d.temporary(d.parallelAxes, sumType, zero);
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
