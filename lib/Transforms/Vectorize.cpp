//===- Vectorize.cpp - linalg ops on memrefs to loops over vectors --------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Takes the linalg.generic ops that carry a schedule to loops. One loop is the
// vector loop: the one along which memory is contiguous. It is walked in the
// falling steps of the schedule: [64, 8, 1] becomes a loop over vectors of 64,
// one over vectors of 8 and one over single elements, whatever the extent is.
//
// A reduction keeps one accumulator for each lane. Where the vector loop is
// reduced, the lanes are summed by halves; accumulators of f32 take up `block`
// elements and are then added to a second level in f64. So the sum is a tree
// whose shape depends on the extents and the schedule alone.
//
//===----------------------------------------------------------------------===//

#include "ElementwiseEmitter.h"
#include "Streaming.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMVECTORIZE
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

namespace {

/// Part of a loop: [lower, upper), of `size` iterations where that is known.
struct Section {
  Value lower, upper;
  std::optional<int64_t> size;
};

/// How the values of one output are joined.
enum class Join { Add, AddInteger, Maximum };

class LoopNest {
public:
  LoopNest(RewriterBase &rewriter, linalg::GenericOp op,
           CPUScheduleAttr schedule)
      : b(rewriter), loc(op.getLoc()), op(op), schedule(schedule),
        emitter(rewriter, op) {}

  LogicalResult emit();

private:
  LogicalResult findJoins();
  void emitParallel(ArrayRef<unsigned> loops, function_ref<void()> inner);
  void emitLeaf(ArrayRef<unsigned> reductions, bool vectorIsReduced);
  void emitVectors(ArrayRef<int64_t> steps, function_ref<void(int64_t)> inner);
  void emitElementwise();
  void emitSteps(ArrayRef<int64_t> steps, Section section,
                 function_ref<void(Section, int64_t)> inner);
  void emitReduction(ArrayRef<unsigned> outer, int64_t width,
                     unsigned innermost, int64_t block,
                     function_ref<SmallVector<Value>(Section)> sum);
  SmallVector<Value>
  emitOuter(ArrayRef<unsigned> loops, ValueRange totals,
            function_ref<SmallVector<Value>(ValueRange)> leaf);
  SmallVector<Value> emitBlocks(unsigned loop, int64_t block, ValueRange totals,
                                function_ref<SmallVector<Value>(Section)> sum);
  SmallVector<Value> sumAlong(unsigned loop, Section section, int64_t width);
  SmallVector<Value> sumVectors(Section section);
  SmallVector<Value>
  emitFor(Value lower, Value upper, int64_t step, ValueRange carried,
          function_ref<SmallVector<Value>(Value, ValueRange)> body);

  Section whole(unsigned loop);
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value join(unsigned output, Value lhs, Value rhs);
  SmallVector<Value> joinAll(ValueRange lhs, ValueRange rhs);
  Value sumLanes(unsigned output, Value vector, int64_t width);
  SmallVector<Value> neutrals(int64_t width, bool widened);
  Type elementOf(unsigned output) {
    return op.getBody()->getArgument(op.getNumDpsInputs() + output).getType();
  }
  /// `value` in the type that totals are kept in.
  Value widen(unsigned output, Value value);
  Value narrow(unsigned output, Value value);

  RewriterBase &b;
  Location loc;
  linalg::GenericOp op;
  CPUScheduleAttr schedule;
  ElementwiseEmitter emitter;
  SmallVector<OpFoldResult> extents;
  SmallVector<Join> joins;
  bool hasSecondLevel = false;
  std::optional<Streaming> streaming;
};

/// The loop along which the operand of the highest rank is contiguous.
unsigned chooseVectorLoop(linalg::GenericOp op) {
  unsigned best = op.getNumLoops() - 1;
  int64_t bestRank = 0;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = cast<MemRefType>(operand.get().getType());
    if (type.getRank() <= bestRank || !type.isLastDimUnitStride())
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    best = map.getDimPosition(map.getNumResults() - 1);
    bestRank = type.getRank();
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

LogicalResult LoopNest::emit() {
  if (failed(emitter.check()) || failed(findJoins()))
    return failure();
  auto linalgOp = cast<linalg::LinalgOp>(op.getOperation());
  for (Range range : linalgOp.createLoopRanges(b, loc))
    extents.push_back(range.size);
  emitter.indices.assign(op.getNumLoops(), Value());
  if (op.getNumLoops() == 0) {
    emitter.store(emitter.compute(1), 1);
  } else {
    emitter.vectorLoop = chooseVectorLoop(op);
    SmallVector<unsigned> parallel, reductions;
    bool vectorIsReduced = false;
    for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
      bool isReduction = kind == utils::IteratorType::reduction;
      if (loop == emitter.vectorLoop)
        vectorIsReduced = isReduction;
      else
        (isReduction ? reductions : parallel).push_back(loop);
    }
    if (op.getNumReductionLoops() == 0)
      streaming =
          Streaming::create(b, op, schedule, emitter.vectorLoop, extents);
    emitParallel(parallel, [&] { emitLeaf(reductions, vectorIsReduced); });
  }
  b.eraseOp(op);
  return success();
}

SmallVector<Value>
LoopNest::emitFor(Value lower, Value upper, int64_t step, ValueRange carried,
                  function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, loc, lower, upper, constant(step), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(b, loc, next);
  return llvm::to_vector_of<Value>(loop.getResults());
}

void LoopNest::emitParallel(ArrayRef<unsigned> loops,
                            function_ref<void()> inner) {
  if (loops.empty())
    return inner();
  Section section = whole(loops.front());
  emitFor(section.lower, section.upper, 1, {}, [&](Value index, ValueRange) {
    emitter.indices[loops.front()] = index;
    emitParallel(loops.drop_front(), inner);
    return SmallVector<Value>();
  });
}

Section LoopNest::whole(unsigned loop) {
  return {constant(0), getValueOrCreateConstantIndexOp(b, loc, extents[loop]),
          getConstantIntValue(extents[loop])};
}

/// Cuts `section` into a part of whole steps for each step.
void LoopNest::emitSteps(ArrayRef<int64_t> steps, Section section,
                         function_ref<void(Section, int64_t)> inner) {
  Value lower = section.lower;
  std::optional<int64_t> left = section.size;
  for (int64_t step : steps) {
    Section part{lower, section.upper, {}};
    if (left) {
      part.size = *left / step * step;
      *left -= *part.size;
      if (*part.size == 0)
        continue;
    }
    if (part.size && (!left || *left > 0)) {
      part.upper = arith::AddIOp::create(b, loc, lower, constant(*part.size));
    } else if (!part.size && step > 1) {
      Value size = arith::SubIOp::create(b, loc, section.upper, lower);
      Value rest = arith::RemUIOp::create(b, loc, size, constant(step));
      part.upper = arith::SubIOp::create(b, loc, section.upper, rest);
    }
    inner(part, step);
    lower = part.upper;
  }
}

void LoopNest::emitVectors(ArrayRef<int64_t> steps,
                           function_ref<void(int64_t)> inner) {
  unsigned loop = emitter.vectorLoop;
  emitSteps(steps, whole(loop), [&](Section part, int64_t width) {
    emitFor(part.lower, part.upper, width, {}, [&](Value index, ValueRange) {
      emitter.indices[loop] = index;
      inner(width);
      return SmallVector<Value>();
    });
  });
}

/// `then` or `otherwise`, by an i1.
static void emitIf(OpBuilder &b, Location loc, Value condition,
                   function_ref<void()> then, function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  then();
  b.setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

void LoopNest::emitElementwise() {
  ArrayRef<int64_t> steps = schedule.getNormalizeVector();
  Value isAligned;
  if (streaming)
    isAligned = streaming->emitIsAligned(b, emitter.indices);
  emitVectors(steps, [&](int64_t width) {
    SmallVector<Value> values = emitter.compute(width);
    auto store = [&] { emitter.store(values, width); };
    if (!streaming || !streaming->fits(width))
      return store();
    // Branches within the loop: the loads and the arithmetic are there once.
    emitIf(
        b, loc, streaming->getIsLarge(),
        [&] {
          streaming->emitPrefetch(b, emitter.indices, width);
          emitIf(
              b, loc, isAligned,
              [&] { emitter.store(values, width, Streaming::alignment); },
              store);
        },
        store);
  });
}

void LoopNest::emitLeaf(ArrayRef<unsigned> reductions, bool vectorIsReduced) {
  if (vectorIsReduced)
    return emitReduction(reductions, 1, emitter.vectorLoop, schedule.getBlock(),
                         [&](Section section) { return sumVectors(section); });
  if (reductions.empty())
    return emitElementwise();
  int64_t rows = schedule.getBlock() / schedule.getVector().front();
  unsigned innermost = reductions.back();
  emitVectors(schedule.getVector(), [&](int64_t width) {
    emitReduction(
        reductions.drop_back(), width, innermost, rows,
        [&](Section section) { return sumAlong(innermost, section, width); });
  });
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// Reduces over the loops `outer` and, within them, over sections of
/// `innermost` of at most `block` iterations, and adds the total to the
/// outputs.
void LoopNest::emitReduction(ArrayRef<unsigned> outer, int64_t width,
                             unsigned innermost, int64_t block,
                             function_ref<SmallVector<Value>(Section)> sum) {
  std::optional<int64_t> extent = getConstantIntValue(extents[innermost]);
  bool isShort = extent && *extent <= block;
  hasSecondLevel = block > 0 && (!outer.empty() || !isShort);
  SmallVector<Value> totals = emitOuter(
      outer, neutrals(width, /*widened=*/true), [&](ValueRange carried) {
        if (hasSecondLevel && !isShort)
          return emitBlocks(innermost, block, carried, sum);
        return joinAll(carried, sum(whole(innermost)));
      });
  for (auto [output, total] : llvm::enumerate(totals)) {
    Value initial = emitter.loadOutput(output, width);
    total = join(output, initial, narrow(output, total));
  }
  emitter.store(totals, width);
}

SmallVector<Value>
LoopNest::emitOuter(ArrayRef<unsigned> loops, ValueRange totals,
                    function_ref<SmallVector<Value>(ValueRange)> leaf) {
  if (loops.empty())
    return leaf(totals);
  Section section = whole(loops.front());
  return emitFor(section.lower, section.upper, 1, totals,
                 [&](Value index, ValueRange carried) {
                   emitter.indices[loops.front()] = index;
                   return emitOuter(loops.drop_front(), carried, leaf);
                 });
}

/// Whole blocks in a loop, then what is left.
SmallVector<Value>
LoopNest::emitBlocks(unsigned loop, int64_t block, ValueRange totals,
                     function_ref<SmallVector<Value>(Section)> sum) {
  SmallVector<Value> current = llvm::to_vector(totals);
  Section all = whole(loop);
  emitSteps({block, 1}, all, [&](Section part, int64_t step) {
    if (step == 1) {
      current = joinAll(current, sum(part));
      return;
    }
    current = emitFor(part.lower, part.upper, block, current,
                      [&](Value lower, ValueRange carried) {
                        Value upper = arith::AddIOp::create(b, loc, lower,
                                                            constant(block));
                        return joinAll(carried, sum({lower, upper, block}));
                      });
  });
  return current;
}

/// One accumulator of `width` lanes over `section` of `loop`.
SmallVector<Value> LoopNest::sumAlong(unsigned loop, Section section,
                                      int64_t width) {
  int64_t step = loop == emitter.vectorLoop ? width : 1;
  return emitFor(section.lower, section.upper, step, neutrals(width, false),
                 [&](Value index, ValueRange carried) {
                   emitter.indices[loop] = index;
                   return emitter.compute(width, carried);
                 });
}

/// Accumulators for each step of the schedule over `section` of the vector
/// loop, their lanes summed.
SmallVector<Value> LoopNest::sumVectors(Section section) {
  SmallVector<Value> sums;
  emitSteps(schedule.getVector(), section, [&](Section part, int64_t width) {
    SmallVector<Value> lanes = sumAlong(emitter.vectorLoop, part, width);
    for (auto [output, vector] : llvm::enumerate(lanes)) {
      Value sum = sumLanes(output, vector, width);
      if (output < sums.size())
        sums[output] = join(output, sums[output], sum);
      else
        sums.push_back(sum);
    }
  });
  return sums.empty() ? neutrals(1, false) : sums;
}

/// Sums the lanes of `vector` by halves.
Value LoopNest::sumLanes(unsigned output, Value vector, int64_t width) {
  for (int64_t half = width / 2; half >= 1; half /= 2) {
    auto part = [&](int64_t offset) -> Value {
      if (half == 1)
        return vector::ExtractOp::create(b, loc, vector, offset);
      return vector::ExtractStridedSliceOp::create(b, loc, vector, {offset},
                                                   {half}, {1});
    };
    Value low = part(0), high = part(half);
    vector = join(output, low, high);
  }
  return vector;
}

LogicalResult LoopNest::findJoins() {
  if (op.getNumReductionLoops() == 0)
    return success();
  for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits())) {
    SmallVector<Operation *> combiners;
    Value reduced = matchReduction(op.getRegionOutputArgs(), output, combiners);
    if (!reduced || combiners.size() != 1)
      return op.emitOpError("expected a reduction, but got none for output ")
             << output;
    if (isa<arith::AddFOp>(combiners[0]))
      joins.push_back(Join::Add);
    else if (isa<arith::AddIOp>(combiners[0]))
      joins.push_back(Join::AddInteger);
    else if (isa<arith::MaximumFOp>(combiners[0]))
      joins.push_back(Join::Maximum);
    else
      return op.emitOpError("expected a sum or a maximum, but got ")
             << combiners[0]->getName();
  }
  return success();
}

Value LoopNest::join(unsigned output, Value lhs, Value rhs) {
  switch (joins[output]) {
  case Join::Add:
    return arith::AddFOp::create(b, loc, lhs, rhs);
  case Join::AddInteger:
    return arith::AddIOp::create(b, loc, lhs, rhs);
  case Join::Maximum:
    return arith::MaximumFOp::create(b, loc, lhs, rhs);
  }
  llvm_unreachable("covered switch");
}

/// Adds sums to totals.
SmallVector<Value> LoopNest::joinAll(ValueRange totals, ValueRange sums) {
  SmallVector<Value> result;
  for (auto [output, total] : llvm::enumerate(totals))
    result.push_back(join(output, total, widen(output, sums[output])));
  return result;
}

static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

Value LoopNest::widen(unsigned output, Value value) {
  if (!hasSecondLevel || joins[output] != Join::Add ||
      !elementOf(output).isF32())
    return value;
  return arith::ExtFOp::create(
      b, loc, withElement(value.getType(), b.getF64Type()), value);
}

Value LoopNest::narrow(unsigned output, Value value) {
  Type type = withElement(value.getType(), elementOf(output));
  if (type == value.getType())
    return value;
  return arith::TruncFOp::create(b, loc, type, value);
}

/// Zeros: every term is a magnitude, a square or a count.
SmallVector<Value> LoopNest::neutrals(int64_t width, bool widened) {
  SmallVector<Value> values;
  for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits())) {
    Type type = ElementwiseEmitter::vectorOf(elementOf(output), width);
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    values.push_back(widened ? widen(output, zero) : zero);
  }
  return values;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct Vectorize : rmsnorm::impl::RMSNormVectorizeBase<Vectorize> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op->hasAttr("rmsnorm.schedule"))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::GenericOp op : ops) {
      auto schedule = op->getAttrOfType<CPUScheduleAttr>("rmsnorm.schedule");
      if (!schedule) {
        op.emitOpError(
            "expected rmsnorm.schedule to be a cpu_schedule, but got ")
            << op->getAttr("rmsnorm.schedule");
        return signalPassFailure();
      }
      rewriter.setInsertionPoint(op);
      if (failed(LoopNest(rewriter, op, schedule).emit()))
        return signalPassFailure();
    }
  }
};
} // namespace
