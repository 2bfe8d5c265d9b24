//===- ExpandFloats.cpp - Conversions of narrow floats, in integers -------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// arith.extf and arith.truncf of bf16, f16 and the 8-bit floats in integer
// arithmetic of whole vectors, rounded once to nearest even. Left to the
// backend, they become a library call for each element on most targets. bf16 is
// expanded even where the target has an instruction: vcvtneps2bf16 flushes
// subnormals, and the integers are as fast.
//
// Norms compute in wider types; where another op computes in a narrow one, it
// does so in f32 here, and each result is rounded. For +, -, ·, / and the root
// that is the same as rounding once.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "rmsnorm/Transforms/Passes.h"
#include <cmath>

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMEXPANDFLOATS
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;

namespace {

/// Encoding of a float type of at most 16 bits, with a sign bit on top.
struct Encoding {
  explicit Encoding(FloatType type)
      : width(type.getWidth()), mantissa(type.getFPMantissaWidth() - 1),
        bias(1 - APFloat::semanticsMinExponent(type.getFloatSemantics())),
        largest(APFloat::getLargest(type.getFloatSemantics())
                    .bitcastToAPInt()
                    .getZExtValue()),
        nan(APFloat::getQNaN(type.getFloatSemantics())
                .bitcastToAPInt()
                .getZExtValue()) {}

  unsigned width, mantissa;
  int bias;
  /// Codes of the largest finite number and of a quiet NaN. The code after
  /// `largest` is infinity or, in types without one, NaN.
  uint64_t largest, nan;

  /// bf16: the upper half of an f32.
  bool hasRangeOfF32() const { return bias == 127; }
  unsigned dropped() const { return 23 - mantissa; }
};

/// Writes conversions for scalars or vectors of one shape.
class Converter {
public:
  Converter(OpBuilder &builder, Location loc, Type shape)
      : b(builder), loc(loc), shape(shape) {}

  Value widen(Value narrow, FloatType to);
  Value narrow(Value wide, FloatType to, bool isNative);

private:
  Value expand(Value narrow, FloatType from);
  Value round(Value single, FloatType to);
  Value roundToOdd(Value wide);

  Type of(Type element) {
    if (auto vector = dyn_cast<VectorType>(shape))
      return vector.clone(element);
    return element;
  }
  Type i32() { return of(b.getI32Type()); }
  Type f32() { return of(b.getF32Type()); }
  Value integer(uint32_t value) {
    return constant(b.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value number(double value) {
    return constant(b.getF32FloatAttr(static_cast<float>(value)));
  }
  Value constant(TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(of(value.getType())))
      value = SplatElementsAttr::get(vector, value);
    return arith::ConstantOp::create(b, loc, value);
  }
  Value bits(Value single) {
    return arith::BitcastOp::create(b, loc, i32(), single);
  }
  Value single(Value bits) {
    return arith::BitcastOp::create(b, loc, f32(), bits);
  }
  template <typename Op>
  Value binary(Value lhs, Value rhs) {
    return Op::create(b, loc, lhs, rhs);
  }
  Value select(Value condition, Value lhs, Value rhs) {
    return arith::SelectOp::create(b, loc, condition, lhs, rhs);
  }
  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) {
    return arith::CmpIOp::create(b, loc, predicate, lhs, rhs);
  }
  Value compare(arith::CmpFPredicate predicate, Value lhs, Value rhs) {
    return arith::CmpFOp::create(b, loc, predicate, lhs, rhs);
  }

  OpBuilder &b;
  Location loc;
  Type shape;
};
} // namespace

/// `narrow` as f32, exactly.
Value Converter::expand(Value narrow, FloatType from) {
  Encoding encoding(from);
  Value code = arith::BitcastOp::create(
      b, loc, of(b.getIntegerType(encoding.width)), narrow);
  code = arith::ExtUIOp::create(b, loc, i32(), code);
  if (encoding.hasRangeOfF32())
    return single(binary<arith::ShLIOp>(code, integer(encoding.dropped())));
  Value magnitude = binary<arith::AndIOp>(
      code, integer((uint32_t(1) << (encoding.width - 1)) - 1));
  Value sign = binary<arith::ShLIOp>(binary<arith::XOrIOp>(code, magnitude),
                                     integer(32 - encoding.width));
  // Read as an f32 it is too small by a power of two; the product is exact, for
  // subnormals too.
  Value moved = binary<arith::ShLIOp>(magnitude, integer(encoding.dropped()));
  Value scaled = bits(binary<arith::MulFOp>(
      single(moved), number(std::ldexp(1.0, 127 - encoding.bias))));
  Value isSpecial =
      compare(arith::CmpIPredicate::ugt, magnitude, integer(encoding.largest));
  Value special = binary<arith::OrIOp>(moved, integer(0x7f800000));
  return single(binary<arith::OrIOp>(select(isSpecial, special, scaled), sign));
}

/// `value`, an f32, rounded to nearest even.
Value Converter::round(Value value, FloatType to) {
  Encoding encoding(to);
  Value isNaN = compare(arith::CmpFPredicate::UNO, value, value);
  // Selecting before the rounding keeps the select on f32: later, LLVM moves it
  // onto bf16, which it takes apart into scalars.
  if (encoding.hasRangeOfF32())
    value = select(isNaN, single(integer(0x7fc00000)), value);
  Value pattern = bits(value), magnitude = pattern;
  if (!encoding.hasRangeOfF32())
    magnitude = binary<arith::AndIOp>(pattern, integer(0x7fffffff));
  // Adding just under half, and one more where the kept part is odd.
  Value odd = binary<arith::AndIOp>(
      binary<arith::ShRUIOp>(magnitude, integer(encoding.dropped())),
      integer(1));
  Value half = integer((uint32_t(1) << (encoding.dropped() - 1)) - 1);
  Value code = binary<arith::ShRUIOp>(
      binary<arith::AddIOp>(magnitude, binary<arith::AddIOp>(odd, half)),
      integer(encoding.dropped()));
  if (!encoding.hasRangeOfF32()) {
    uint32_t rebias = uint32_t(127 - encoding.bias) << encoding.mantissa;
    code = binary<arith::SubIOp>(code, integer(rebias));
    // Subnormals: a float whose last place is the smallest subnormal rounds
    // what is added to it.
    int exponent = 1 - encoding.bias;
    double anchor = std::ldexp(1.0, exponent + int(encoding.dropped()));
    Value sum = bits(binary<arith::AddFOp>(single(magnitude), number(anchor)));
    Value subnormal = binary<arith::SubIOp>(sum, bits(number(anchor)));
    Value isSubnormal = compare(arith::CmpIPredicate::ult, magnitude,
                                bits(number(std::ldexp(1.0, exponent))));
    Value overflow = integer(encoding.largest + 1);
    code = binary<arith::MinUIOp>(code, overflow);
    code = select(isSubnormal, subnormal, code);
    code = select(isNaN, integer(encoding.nan), code);
    Value sign =
        binary<arith::ShRUIOp>(binary<arith::XOrIOp>(pattern, magnitude),
                               integer(32 - encoding.width));
    code = binary<arith::OrIOp>(code, sign);
  }
  Type integers = of(b.getIntegerType(encoding.width));
  code = arith::TruncIOp::create(b, loc, integers, code);
  return arith::BitcastOp::create(b, loc, of(to), code);
}

/// `wide`, an f64, as f32 such that rounding it further gives what rounding
/// `wide` itself would: an inexact result gets an odd last bit.
/// [Boldo, Melquiond: Emulation of FMA and correctly rounded sums, 2008]
Value Converter::roundToOdd(Value wide) {
  Value nearest = arith::TruncFOp::create(b, loc, f32(), wide);
  Value back = arith::ExtFOp::create(b, loc, wide.getType(), nearest);
  Value pattern = bits(nearest);
  Value isInexact = compare(arith::CmpFPredicate::ONE, back, wide);
  Value isEven =
      compare(arith::CmpIPredicate::eq,
              binary<arith::AndIOp>(pattern, integer(1)), integer(0));
  // Towards `wide`: up where it has the larger magnitude.
  Value isNegative = compare(arith::CmpIPredicate::slt, pattern, integer(0));
  Value isBelow = compare(arith::CmpFPredicate::OLT, back, wide);
  Value grows = compare(arith::CmpIPredicate::ne, isNegative, isBelow);
  Value step = select(grows, integer(1), integer(uint32_t(-1)));
  Value moved = binary<arith::AddIOp>(pattern, step);
  return single(
      select(binary<arith::AndIOp>(isInexact, isEven), moved, pattern));
}

Value Converter::widen(Value narrow, FloatType to) {
  auto from = cast<FloatType>(getElementTypeOrSelf(narrow));
  Value value = expand(narrow, from);
  if (to.getWidth() > 32)
    return arith::ExtFOp::create(b, loc, of(to), value);
  return to.getWidth() < 32 ? round(value, to) : value;
}

Value Converter::narrow(Value wide, FloatType to, bool isNative) {
  auto from = cast<FloatType>(getElementTypeOrSelf(wide));
  Value value = wide;
  if (from.getWidth() > 32)
    value = roundToOdd(wide);
  else if (from.getWidth() < 32)
    value = expand(wide, from);
  if (isNative)
    return arith::TruncFOp::create(b, loc, of(to), value);
  return round(value, to);
}

static bool isNarrow(FloatType type) { return type.getWidth() <= 16; }

static bool hasNarrowElements(Type type) {
  auto element = dyn_cast<FloatType>(getElementTypeOrSelf(type));
  return element && isNarrow(element);
}

/// Whether `op` does arithmetic on narrow floats, more than moving them.
static bool computesNarrow(Operation *op) {
  if (!isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
          op->getDialect()) ||
      isa<arith::ExtFOp, arith::TruncFOp, arith::BitcastOp, arith::SelectOp,
          arith::ConstantOp>(op))
    return false;
  return llvm::any_of(op->getOperandTypes(), hasNarrowElements) ||
         llvm::any_of(op->getResultTypes(), hasNarrowElements);
}

/// `type` with elements of f32 where it has narrow ones.
static Type widened(Type type) {
  if (!hasNarrowElements(type))
    return type;
  Type f32 = Float32Type::get(type.getContext());
  auto vector = dyn_cast<VectorType>(type);
  return vector ? vector.clone(f32) : f32;
}

/// op(x) ~> truncf(op(extf(x)))
static void computeInF32(RewriterBase &rewriter, Operation *op) {
  Location loc = op->getLoc();
  rewriter.setInsertionPoint(op);
  OperationState state(loc, op->getName());
  state.addAttributes(op->getAttrs());
  for (Value operand : op->getOperands())
    state.addOperands(hasNarrowElements(operand.getType())
                          ? arith::ExtFOp::create(rewriter, loc,
                                                  widened(operand.getType()),
                                                  operand)
                                .getResult()
                          : operand);
  for (Type type : op->getResultTypes())
    state.addTypes(widened(type));
  SmallVector<Value> results(rewriter.create(state)->getResults());
  for (auto [result, type] : llvm::zip_equal(results, op->getResultTypes()))
    if (hasNarrowElements(type))
      result = arith::TruncFOp::create(rewriter, loc, type, result);
  rewriter.replaceOp(op, results);
}

/// What uses `op`, or the bits of its elements, if all of that are stores.
static std::optional<SmallVector<vector::StoreOp>>
findStores(arith::TruncFOp op) {
  SmallVector<vector::StoreOp> stores;
  SmallVector<Operation *> users(op->getUsers());
  while (!users.empty()) {
    Operation *user = users.pop_back_val();
    if (auto store = dyn_cast<vector::StoreOp>(user))
      stores.push_back(store);
    else if (isa<arith::BitcastOp>(user))
      llvm::append_range(users, user->getUsers());
    else
      return std::nullopt;
  }
  return stores;
}

/// Stores `source` in place of `store`, which stores it narrowed: each `lanes`
/// of it, as soon as they are.
static void emitPartsOf(RewriterBase &rewriter, vector::StoreOp store,
                        Value source, int64_t lanes) {
  Location loc = store.getLoc();
  rewriter.setInsertionPoint(store);
  auto f16 = VectorType::get({lanes}, rewriter.getF16Type());
  VectorType type = store.getVectorType().cloneWith(
      ArrayRef(lanes), store.getVectorType().getElementType());
  for (int64_t first = 0; first < store.getVectorType().getNumElements();
       first += lanes) {
    Value part = vector::ShuffleOp::create(
        rewriter, loc, source, source,
        llvm::to_vector(llvm::seq(first, first + lanes)));
    part = arith::TruncFOp::create(rewriter, loc, f16, part);
    if (type != f16)
      part = arith::BitcastOp::create(rewriter, loc, type, part);
    SmallVector<Value> indices(store.getIndices());
    Value offset = arith::ConstantIndexOp::create(rewriter, loc, first);
    indices.back() =
        arith::AddIOp::create(rewriter, loc, indices.back(), offset);
    auto stored =
        vector::StoreOp::create(rewriter, loc, part, store.getBase(), indices);
    stored.setNontemporal(store.getNontemporal());
    stored.setAlignment(store.getAlignment());
  }
  rewriter.eraseOp(store);
}

namespace {
struct ExpandFloats : rmsnorm::impl::RMSNormExpandFloatsBase<ExpandFloats> {
  using RMSNormExpandFloatsBase::RMSNormExpandFloatsBase;

  /// f16 <-> f32 in hardware.
  bool isNative(FloatType type) { return nativeF16 && type.isF16(); }

  /// Where one instruction converts and stores so many lanes, has each store of
  /// `op`, a conversion in hardware, done by such ones: on Emerald Rapids rows
  /// of f16 in cache gained 8 to 14 %. False where something else uses `op`.
  bool storeInParts(RewriterBase &rewriter, arith::TruncFOp op) {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || type.getRank() != 1 || f16StoreLanes == 0 ||
        type.getNumElements() % f16StoreLanes != 0)
      return false;
    std::optional<SmallVector<vector::StoreOp>> stores = findStores(op);
    if (!stores)
      return false;
    for (vector::StoreOp store : *stores)
      emitPartsOf(rewriter, store, op.getIn(), f16StoreLanes);
    return true;
  }

  /// Keeps LLVM from storing what `op`, a conversion in hardware, gives in
  /// halves of a vector register, each as part of its conversion: on Zen 3 that
  /// takes three times as long as one store of both.
  void storeWhole(RewriterBase &rewriter, arith::TruncFOp op) {
    constexpr int64_t lanesOfTwo = 16;
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || type.getNumElements() < lanesOfTwo)
      return;
    rewriter.setInsertionPointAfter(op);
    auto fence = LLVM::CallIntrinsicOp::create(
        rewriter, op.getLoc(), type,
        rewriter.getStringAttr("llvm.arithmetic.fence"), op.getResult());
    rewriter.replaceAllUsesExcept(op.getResult(), fence.getResult(0), fence);
  }

  Value expand(OpBuilder &b, Operation *op) {
    Value value = op->getOperand(0);
    auto from = dyn_cast<FloatType>(getElementTypeOrSelf(value));
    auto to = dyn_cast<FloatType>(getElementTypeOrSelf(op->getResult(0)));
    if (!from || !to)
      return {};
    Converter converter(b, op->getLoc(), value.getType());
    if (isa<arith::ExtFOp>(op) && isNarrow(from) &&
        !(isNative(from) && to.getWidth() >= 32))
      return converter.widen(value, to);
    if (isa<arith::TruncFOp>(op) && isNarrow(to) &&
        !(isNative(to) && from.isF32()))
      return converter.narrow(value, to, isNative(to));
    return {};
  }

  void runOnOperation() override {
    if (f16StoreLanes < 0) {
      emitError(getOperation()->getLoc())
          << "expected f16-store-lanes not to be negative, but got "
          << f16StoreLanes.getValue();
      return signalPassFailure();
    }
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (computesNarrow(op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      computeInF32(rewriter, op);
    ops.clear();
    getOperation()->walk([&](Operation *op) {
      if (isa<arith::ExtFOp, arith::TruncFOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      rewriter.setInsertionPoint(op);
      if (Value value = expand(rewriter, op)) {
        rewriter.replaceOp(op, value);
        continue;
      }
      auto truncation = dyn_cast<arith::TruncFOp>(op);
      if (truncation && hasNarrowElements(truncation.getType()) &&
          !storeInParts(rewriter, truncation))
        storeWhole(rewriter, truncation);
    }
  }
};
} // namespace
