//===- Schedule.cpp - How a norm maps to the CPU --------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Streaming.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Transforms/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMSCHEDULE
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

/// The type of the real parts of `value`.
static Type partsOf(Value value) {
  Type element = cast<ShapedType>(value.getType()).getElementType();
  if (auto complex = dyn_cast<ComplexType>(element))
    return complex.getElementType();
  return element;
}

static int64_t widthOf(Value value) {
  return partsOf(value).getIntOrFloatBitWidth();
}

static bool isFloat64(Value value) { return partsOf(value).isF64(); }

/// Whether the kernel of `op` computes with f64 anywhere.
static bool computesInFloat64(Operation *op) {
  if (auto norm = dyn_cast<RMSNormOp>(op))
    if (norm.getStatisticsType().isF64())
      return true;
  return llvm::any_of(op->getOperands(), isFloat64);
}

/// Whether the last axis is reduced.
static bool hasRows(NormOpInterface op) {
  return llvm::is_contained(op.getReductionAxes(),
                            op.getX().getType().getRank() - 1);
}

/// The number of terms of a mean, if it is known.
static std::optional<int64_t> numTerms(NormOpInterface op) {
  auto x = cast<ShapedType>(op.getX().getType());
  int64_t count = 1;
  for (int64_t axis : op.getReductionAxes()) {
    if (x.isDynamicDim(axis))
      return std::nullopt;
    count *= x.getDimSize(axis);
  }
  return count;
}

/// The number of elements of a row, if there are rows and their length is
/// known.
static std::optional<int64_t> rowLength(NormOpInterface op) {
  return hasRows(op) ? numTerms(op) : std::nullopt;
}

/// Terms that are worth a task of their own: elements, or rows of columns.
static int64_t partOf(NormOpInterface op) { return hasRows(op) ? 8192 : 32; }

namespace {
/// What a schedule depends on beside the norm.
struct Target {
  int64_t vectorRegisters;
  /// Bytes of the cache of the last level.
  int64_t cacheSize;

  bool hasManyRegisters() const { return vectorRegisters >= 32; }

  /// Bytes that displace from it what they are computed from. Of 480 MB, on a
  /// processor that many machines share, as much was seen to be used as of 64.
  int64_t large() const {
    return std::min(cacheSize, int64_t(64) << 20) / 32 * 15;
  }

  /// Bytes from which inputs are fetched ahead: that gained up to a fourth.
  /// Rows that come from a nearer cache were up to a fifth slower with it.
  int64_t far() const { return large() / 2; }
};
} // namespace

/// Elements of a panel of columns that are nearly as fast as whole rows; the
/// totals have to stay in a cache of the second level.
static int64_t widestPanelOf(NormOpInterface op) {
  return computesInFloat64(op) ? 4096 : 16384;
}

/// Columns that a task takes where they come from a cache: 4096 bytes, work for
/// several threads. On one, f32 was 1.1 to 1.25 times as fast there as with
/// panels for memory, f16 .94 to 1.06.
static int64_t panelOf(NormOpInterface op) {
  return std::min(int64_t(4096) * 8 / widthOf(op.getX()), widestPanelOf(op));
}

/// Whether it is known what else pays from memory than from a cache: where
/// there are 32 registers, of f32 and types of 16 bits.
static bool hasFarForm(NormOpInterface op, Target target) {
  int64_t width = widthOf(op.getX());
  return target.hasManyRegisters() && !computesInFloat64(op) &&
         (width == 16 || width == 32);
}

/// Whether columns that have a way of their own from memory lie in rows of a
/// page at least. Unknown ones do.
static bool hasPagesOfColumns(NormOpInterface op, Target target) {
  constexpr int64_t page = 4096;
  int64_t columns = cast<ShapedType>(op.getX().getType()).getShape().back();
  return !hasRows(op) && hasFarForm(op, target) &&
         (ShapedType::isDynamic(columns) ||
          columns * widthOf(op.getX()) / 8 >= page);
}

/// Columns of a panel for each term where they come from memory; 0: the widest
/// panel. Where there are 32 registers, panels of four were up to 1.4 times as
/// fast for up to 64 terms, which have 256 columns, 1.01 to 1.1 times for 256,
/// and as fast for 1000. Narrower ones were up to 1.6 times as slow for many
/// terms: what is read twice has to stay in a cache of the second level, where
/// rows a power of two apart displace each other.
static int64_t farAspectOf(NormOpInterface op, Target target) {
  return hasPagesOfColumns(op, target) ? 4 : 0;
}

/// Terms ahead of those at hand that sums of columns fetch from memory, where
/// there are 32 registers: two chains of f32. 64 terms of bf16 were 1.07
/// to 1.11 times as fast so, of f16 1.14 to 1.18, of f32 1.01 to 1.05, and
/// those of the first axis .98 to 1.09.
static int64_t farAheadOf(NormOpInterface op, Target target) {
  return hasPagesOfColumns(op, target) ? 8 : 0;
}

/// Whether results have fewer digits than f32.
static bool hasNarrowResults(NormOpInterface op) {
  auto destination = cast<DestinationStyleOpInterface>(op.getOperation());
  return widthOf(destination.getDpsInits()[0]) < 32;
}

/// Rows of up to so many elements, of QK norms above all, are ends for the most
/// part.
static constexpr int64_t shortest = 128;

static Value residualOf(NormOpInterface op) {
  return TypeSwitch<Operation *, Value>(op)
      .Case<RMSNormOp, MeanSquareOp, NormalizeOp>(
          [](auto norm) { return norm.getResidual(); })
      .Default(Value());
}

/// Whether x + residual is computed from narrow types.
static bool addsNarrow(NormOpInterface op) {
  Value residual = residualOf(op);
  return residual && widthOf(op.getX()) < 32 && widthOf(residual) < 32;
}

/// Whether there are scales or biases of f32.
static bool hasSingleScales(NormOpInterface op) {
  auto isSingle = [](Value value) { return value && partsOf(value).isF32(); };
  return TypeSwitch<Operation *, bool>(op)
      .Case<RMSNormOp, NormalizeOp>([&](auto norm) {
        return isSingle(norm.getScale()) || isSingle(norm.getBias());
      })
      .Default(false);
}

namespace {
/// How rows are taken: steps of the first and the second pass, lanes of the
/// totals, how many rows at a time, and whether they share the second pass.
struct RowShape {
  int64_t step, second, fold, rows;
  bool share = false;
};
} // namespace

/// Bytes from which inputs are fetched ahead, where there are that many; rows
/// that have a way of their own from far need it there alone. Columns of f32
/// that come from nearer were up to 1.25 times as fast without where there are
/// 32 registers and rows are a power of two apart, and elsewhere .96 to 1.01;
/// from far, with several rows at a time, it gained up to a twentieth. Several
/// short rows of f32 or f64 at a time are read by turns with writing others:
/// fetched while those are written, even from the second cache, they were up to
/// 1.2 times as fast; with a residual, or where the scales of one step stay in
/// 32 registers, up to 1.1 times as slow. Rows so long that two displace each
/// other from a second cache of 2 MB were up to 1.17 times as fast without.
static int64_t prefetchOf(NormOpInterface op, const RowShape &shape,
                          int64_t farRows, Target target) {
  constexpr int64_t firstCache = 1 << 15, quick = 4096;
  int64_t width = widthOf(op.getX());
  if (std::optional<int64_t> length = rowLength(op)) {
    int64_t bytes = *length * width / 8;
    int64_t longest = width == 32 ? 1 << 19 : 1 << 20;
    if (bytes >= longest)
      return 0;
    bool staysInRegisters = shape.share && target.hasManyRegisters();
    if (shape.rows > 1 && width >= 32 && bytes <= quick && !residualOf(op) &&
        !staysInRegisters)
      return firstCache;
  }
  bool ofFarAlone = hasRows(op) || width == 32;
  return farRows > 0 && ofFarAlone ? target.large() : target.far();
}

/// Up to some length, the ends of rows cost more than what is saved by taking a
/// row at a time: narrow rows, which are not summed beside the results of
/// others, gain up to some 2000 elements. The totals and the accumulators of a
/// step fill the registers of AVX; more lanes than one of its vectors has would
/// only be more totals. Where a step covers twice as many elements, what it
/// costs beside them counts half; but what it leaves of a short row is longer.
/// Few enough terms need no totals of f64 where results are narrow. Where there
/// are 32 registers, of twice the size, rows of f32 that fill steps of two gain
/// 2 to 9 % one by one, and rows of one such step, 16 at a time, 4 % where they
/// share the second pass. Where there are 16, short rows of f32 gain 3 to 7 %
/// by 8 instead of 16 at a time, and those that fill steps 4 to 6 % more where
/// they share the second pass; with a residual, 64 elements alone. Narrow rows
/// that overflow the first cache with their scales gain 4 to 15 % by four that
/// share them where there are 32 registers, and lose up to 5 % from a third
/// cache; with a residual they lose a third. Those of unknown length gain so up
/// to a fifth where they are short, and 4 to 8 % where they are long.
static RowShape shapeOfRows(NormOpInterface op, Target target) {
  constexpr int64_t unknown = 1 << 20, overflowing = 8192, longest = 32768;
  int64_t length = rowLength(op).value_or(unknown);
  if (computesInFloat64(op))
    return {length <= 640 ? 8 : 16, 16, 4, length <= 640 ? 4 : 1};
  bool isNarrow = widthOf(op.getX()) < 32, fillsSteps = length % 64 == 0;
  int64_t step = isNarrow && (length > 640 || fillsSteps) ? 64 : 32;
  bool isHalf = length <= shortest / 2;
  // From memory, x + residual and y in steps of 64 were up to 1.2 times slower,
  // for what reason was not found.
  int64_t second = addsNarrow(op) ? 32 : step;
  // Rows of 33 to 63 that whole vectors do not fill gained up to a tenth.
  bool hasMany = target.hasManyRegisters();
  bool takesMany = isNarrow ? length % 8 == 0 : isHalf && hasMany;
  bool takesOne = !isNarrow && !isHalf && length % 32 == 0 && hasMany;
  bool shares = hasMany ? isHalf && fillsSteps
                        : length % 32 == 0 && (isHalf || !residualOf(op));
  int64_t few = takesOne ? 1 : 8;
  if (length <= shortest)
    return {isNarrow || !isHalf ? step : 16,
            fillsSteps && !addsNarrow(op) ? 64 : second,
            hasNarrowResults(op) ? 1 : 2, takesMany ? 16 : few,
            /*share=*/!isNarrow && shares};
  if (isNarrow && length < 2048)
    return {step, second, 8, length <= 640 ? 16 : 8};
  if (!isNarrow && length <= 256)
    return {64, step, 8, few};
  bool isUnknown = hasRows(op) && !rowLength(op);
  bool overflows = overflowing < length && length < longest;
  if (isNarrow && hasMany && !residualOf(op) && (isUnknown || overflows))
    return {step, second, 8, 4, /*share=*/true};
  return {step, second, 8, 1};
}

/// Bytes from which rows are summed beside the results of others. That also
/// fetches what comes from far: long rows of f32 were 1.05 to 1.25 times as
/// fast. Two short rows with results and scales share the first cache, and
/// their ends are a larger part of them, so that it pays always, up to a fifth;
/// so it does where one row fills that cache. In between it lost up to a tenth
/// where all is near. Several rows at a time have their ends side by side
/// already: it gained, f16 and bf16 too, as long as they are small. One form
/// does for unknown lengths. One row at a time, conversions of narrower types
/// need the registers that the sums of another would take: where there are 16,
/// they lost up to a half; where there are 32, long rows that come from beyond
/// a second cache of 2 MB gained 1.04 to 1.25. `farRows`: of farRowsOf.
static int64_t overlapOf(NormOpInterface op, int64_t rows, int64_t farRows,
                         Target target) {
  constexpr int64_t smallBytes = 4096, brief = 1536, full = 8192;
  constexpr int64_t secondCache = 3 << 19;
  int64_t width = widthOf(op.getX());
  if (!hasRows(op) || computesInFloat64(op) || (width != 16 && width != 32))
    return 0;
  int64_t length = rowLength(op).value_or(0);
  if (rows > 1)
    return rows * length * width / 8 <= smallBytes ? 1 : 0;
  if (width != 32)
    return !target.hasManyRegisters() || length < full ? 0 : secondCache;
  if (length <= brief || full < length)
    return 1;
  return farRows > 0 ? 0 : target.far();
}

/// Bytes ahead of results of those that are fetched to be written. f32 and f64
/// took .93 to .98 of the time from the second cache, x + residual and f64 .83
/// to .95, from the third .92 to 1.04, and rows from memory that do not begin
/// with a cache line .81 to .92. Narrow results are bound by arithmetic. Short
/// rows of f32 with nothing but a scale lost up to a tenth where there are 16
/// registers, of 32 bytes, with a mask very short ones.
static int64_t writeAheadOf(NormOpInterface op, Target target) {
  if (hasNarrowResults(op))
    return 0;
  auto norm = dyn_cast<RMSNormOp>(op.getOperation());
  int64_t shortRow = norm && norm.getMask() ? 256 : 2048;
  bool isShort = rowLength(op).value_or(shortRow + 1) <= shortRow;
  bool losesShort =
      !target.hasManyRegisters() && widthOf(op.getX()) == 32 && !residualOf(op);
  return isShort && losesShort ? 0 : 256;
}

/// As many rows of `bytes`, a power of two up to four, as stay in a second
/// cache until they are written. Two of 256 kB were up to 1.12 times as fast as
/// one, and of 128 kB 1.04 than four; not with a residual.
static int64_t mostFarRowsOf(NormOpInterface op, int64_t bytes) {
  constexpr int64_t cached = 1 << 19;
  if (residualOf(op))
    return 4 * bytes <= cached ? 4 : 0;
  if (2 * bytes > cached)
    return 0;
  return 8 * bytes <= cached ? 4 : 2;
}

/// Rows of a task where they come from memory; 0: as many as from a cache.
/// Where there are 32 registers of 64 bytes, one row in flight leaves memory
/// idle: four side by side were 1.1 to 1.5 times as fast as one beside the sums
/// of the next, as long as they stay in a cache until they are written. Rows of
/// up to 4096 bytes follow each other so fast that one at a time was as good,
/// 1.1 to 1.7 times as fast as several that are not written side by side, or
/// four of up to 512 bytes. Rows that do not begin with a cache line bypass the
/// caches one at a time alone, and then only long ones of whole vectors; of the
/// others, four of f32 were up to 1.45 times as fast as one, and of narrow
/// types as slow or 1.3 times as slow. For unknown lengths that is within 15 %
/// of what is best for any from 1024 to 16384. Columns: of a page at least,
/// of f32 four rows side by side were 1.01 to 1.1 times as fast as one, narrow
/// ones 1.03 to 1.3 times, and shorter ones of f16 and f32 up to 1.1 times as
/// slow.
static int64_t farRowsOf(NormOpInterface op, Target target) {
  constexpr int64_t quick = 4096, least = 256;
  if (!hasRows(op))
    return hasPagesOfColumns(op, target) ? 4 : 0;
  if (!hasFarForm(op, target))
    return 0;
  int64_t width = widthOf(op.getX());
  if (!rowLength(op))
    return width == 32 ? 1 : 2;
  int64_t bytes = *rowLength(op) * width / 8;
  // 64 elements, which share the second pass: 1.05 times as fast as 16.
  if (width == 32 && bytes == least)
    return 8;
  bool isSmall = width == 16 ? bytes < least : bytes <= 4 * least;
  int64_t most = mostFarRowsOf(op, bytes);
  if (isSmall || most == 0)
    return 0;
  if (bytes % cacheLine != 0) {
    bool bypasses = bytes >= longRow && bytes % Streaming::alignment == 0;
    return width == 16 || bypasses ? 1 : most;
  }
  return 2 * least < bytes && bytes <= quick ? 1 : most;
}

/// Elements up to which scales are converted once for many rows: as long as
/// what they become leaves room in the first cache. bf16 gained a tenth, in the
/// order of whose vectors scales of f32 have to be brought as well: a half.
/// f16 gained a twentieth at most where AVX2 converts it, and long scales lost
/// as much, which gained it where AVX-512 does. With a residual it gained a
/// fiftieth in the caches, 64 elements a tenth, and from memory it lost a
/// fifth.
static int64_t convertOf(NormOpInterface op, Target target) {
  if (addsNarrow(op) && !hasSingleScales(op))
    return 0;
  bool isBF16 = llvm::any_of(
      op->getOperands(), [](Value value) { return partsOf(value).isBF16(); });
  if (isBF16 || (hasRows(op) && target.hasManyRegisters()))
    return 16384;
  return hasRows(op) ? 8192 : 1024;
}

/// Columns are independent of each other: steps of more than two vectors gain
/// nothing, and are more code to compile; but so few of them that they all fit
/// into the registers have their totals there. bf16 in vectors of 64 bytes was
/// up to 1.6 times as fast as in those of 32 in a cache; of f16, 1024 columns
/// lost 1.14 from memory, and several rows at a time need whole cache lines.
static RowShape shapeOfColumns(NormOpInterface op, Target target) {
  int64_t step = computesInFloat64(op) ? 8 : 16;
  int64_t columns = cast<ShapedType>(op.getX().getType()).getShape().back();
  bool isLong = ShapedType::isDynamic(columns) || columns >= 64;
  bool fillsVectors =
      target.hasManyRegisters() && isLong && partsOf(op.getX()).isBF16();
  if (widthOf(op.getX()) == 16 &&
      (fillsVectors || hasPagesOfColumns(op, target)))
    step = 32;
  if (columns == 2 * step)
    step = columns;
  return {step, step, 0, 1};
}

/// What decides on the tree of a sum depends on the types and the static
/// extents alone, so that it is the same on every target.
static CPUScheduleAttr defaultSchedule(NormOpInterface op, Target target) {
  bool isWide = computesInFloat64(op);
  RowShape shape =
      hasRows(op) ? shapeOfRows(op, target) : shapeOfColumns(op, target);
  // A large term costs the digits of the terms after it in its chain. Three of
  // them leave results of f32 within 4 ulp; narrower ones, and those of f64,
  // which may have 8, bear seven. In columns a chain is a number of rows that
  // are read side by side: more than four would displace each other in the
  // caches where their distance is a power of two.
  int64_t chain = hasRows(op) && (isWide || hasNarrowResults(op)) ? 8 : 4;
  // Totals of columns are twice as long as the terms: sums of bf16 and f16 gain
  // where they are seldom touched. What a few additions more lose in f32 is not
  // seen in the digits of y, but of r.
  auto norm = dyn_cast<RMSNormOp>(op.getOperation());
  bool hasRoot = norm && norm.getRstdOut();
  int64_t block = !hasRows(op) && hasNarrowResults(op) && !hasRoot ? 16 : 1;
  auto stepsFrom = [](int64_t first) {
    return first == 8 ? SmallVector<int64_t>{8, 1}
                      : SmallVector<int64_t>{first, 8, 1};
  };
  int64_t farRows = farRowsOf(op, target);
  int64_t farPanel = hasRows(op) ? 0 : widestPanelOf(op);
  bool hasFar = farRows > 0 || farPanel > 0;
  // With a cache of 32 MB, one thread gained up to 2 at 8 MB of input and as
  // much output where stores bypass the caches. Two, with half of that each,
  // lost 1.1 to 1.9, unless others use the caches between their calls: masks
  // and middle axes gained a tenth then.
  return CPUScheduleAttr::get(
      op.getContext(), stepsFrom(shape.step), stepsFrom(shape.second), chain,
      block, shape.fold, partOf(op), panelOf(op), shape.rows, shape.share,
      convertOf(op, target), overlapOf(op, shape.rows, farRows, target),
      prefetchOf(op, shape, farRows, target), writeAheadOf(op, target),
      target.large(), hasFar ? target.large() : 0,
      std::max<int64_t>(farRows, 1), farPanel, farAspectOf(op, target),
      farAheadOf(op, target),
      /*grain=*/int64_t(1) << 15);
}

namespace {
struct Schedule : rmsnorm::impl::RMSNormScheduleBase<Schedule> {
  using RMSNormScheduleBase::RMSNormScheduleBase;

  void runOnOperation() override {
    if (vectorRegisters < 1) {
      emitError(getOperation()->getLoc())
          << "expected vector-registers to be positive, but got "
          << vectorRegisters.getValue();
      return signalPassFailure();
    }
    if (cacheSize < 1) {
      emitError(getOperation()->getLoc())
          << "expected cache-size to be positive, but got "
          << cacheSize.getValue();
      return signalPassFailure();
    }
    Target target{vectorRegisters, cacheSize};
    getOperation()->walk([&](NormOpInterface op) {
      if (!op->hasAttr("schedule"))
        op->setAttr("schedule", defaultSchedule(op, target));
    });
  }
};
} // namespace
