//===- LoopNestReduction.cpp - Sums in loops over vectors -----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rmsnorm;

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
  SmallVector<Value> totals =
      emitOuter(outer, startTotals(width), [&](ValueRange carried) {
        if (hasSecondLevel && !isShort)
          return emitBlocks(innermost, block, carried, sum);
        return joinAll(carried, sum(whole(innermost)));
      });
  SmallVector<Value> results = finishTotals(totals);
  for (auto [output, result] : llvm::enumerate(results))
    result = join(output, emitter.loadOutput(output, width), result);
  emitter.store(results, width);
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

/// Memory for the totals of each output, at 0.
SmallVector<LoopNest::Totals> LoopNest::emitTotals(int64_t bound) {
  auto type = MemRefType::get({bound}, b.getF64Type());
  SmallVector<Totals> totals(op.getNumDpsInits());
  for (auto [output, total] : llvm::enumerate(totals)) {
    if (joins[output] != Join::Add)
      continue;
    total.sum = memref::AllocaOp::create(b, loc, type);
    if (isCompensated(output))
      total.lost = memref::AllocaOp::create(b, loc, type);
  }
  emitVectors(schedule.getVector(), [&](int64_t width) {
    Type vector = ElementwiseEmitter::vectorOf(b.getF64Type(), width);
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(vector));
    for (const Totals &total : totals)
      for (Value memory : {total.sum, total.lost})
        if (memory)
          emitter.storeVector(zero, memory,
                              emitter.indices[emitter.vectorLoop]);
  });
  return totals;
}

/// Adds the outputs to `totals` and sets them to 0 again.
void LoopNest::addToTotals(ArrayRef<Totals> totals) {
  emitVectors(schedule.getVector(), [&](int64_t width) {
    SmallVector<Value> next;
    Value column = emitter.indices[emitter.vectorLoop];
    for (auto [output, total] : llvm::enumerate(totals)) {
      Value sum = emitter.loadOutput(output, width);
      if (total.sum) {
        Value before = emitter.loadVector(total.sum, column, width);
        auto [after, error] = twoSum(before, widen(output, sum));
        emitter.storeVector(after, total.sum, column);
        if (total.lost) {
          Value lost = emitter.loadVector(total.lost, column, width);
          lost = arith::AddFOp::create(b, loc, lost, error);
          emitter.storeVector(lost, total.lost, column);
        }
        sum = arith::ConstantOp::create(b, loc, b.getZeroAttr(sum.getType()));
      }
      next.push_back(sum);
    }
    emitter.store(next, width);
  });
}

/// Fetches the inputs that change from row to row, at the current indices.
void LoopNest::prefetchInputs(unsigned loop, int64_t width) {
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    if (map.isFunctionOfDim(loop) && lastLoopOf(map) == emitter.vectorLoop)
      emitPrefetch(b, loc, input->get(), emitter.indicesOf(*input), width);
  }
}

/// Joins `rows` of `loop` to the outputs, four in each pass over the columns:
/// an accumulator is loaded and stored once for four additions.
void LoopNest::emitRows(unsigned loop, Section rows) {
  emitSteps({4, 1}, rows, [&](Section part, int64_t step) {
    emitFor(part.lower, part.upper, step, {}, [&](Value row, ValueRange) {
      emitVectors(schedule.getVector(), [&](int64_t width) {
        SmallVector<Value> sums;
        for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits()))
          sums.push_back(emitter.loadOutput(output, width));
        for (int64_t offset : llvm::seq(step)) {
          auto rowAt = [&](int64_t offset) -> Value {
            return arith::AddIOp::create(b, loc, row, constant(offset));
          };
          if (schedule.getPrefetch() && step > 1 &&
              width == schedule.getVector().front()) {
            emitter.indices[loop] = rowAt(offset + rowsAhead);
            prefetchInputs(loop, width);
          }
          emitter.indices[loop] = rowAt(offset);
          sums = emitter.compute(width, sums);
        }
        emitter.store(sums, width);
      });
      return SmallVector<Value>();
    });
  });
}

void LoopNest::emitColumns(ArrayRef<unsigned> reductions, int64_t bound) {
  unsigned innermost = reductions.back();
  int64_t block = rowsOfBlock(schedule);
  Section rows = whole(innermost);
  bool isShort = rows.size && *rows.size <= block;
  hasSecondLevel = block > 0 && (reductions.size() > 1 || !isShort);
  if (!hasSecondLevel) {
    emitOuter(reductions.drop_back(), {}, [&](ValueRange) {
      emitRows(innermost, rows);
      return SmallVector<Value>();
    });
    return;
  }
  SmallVector<Totals> totals = emitTotals(bound);
  emitOuter(reductions.drop_back(), {}, [&](ValueRange) {
    emitFor(rows.lower, rows.upper, block, {}, [&](Value lower, ValueRange) {
      Value upper = arith::AddIOp::create(b, loc, lower, constant(block));
      upper = arith::MinUIOp::create(b, loc, upper, rows.upper);
      emitRows(innermost, {lower, upper, {}});
      addToTotals(totals);
      return SmallVector<Value>();
    });
    return SmallVector<Value>();
  });
  emitVectors(schedule.getVector(), [&](int64_t width) {
    SmallVector<Value> sums;
    Value column = emitter.indices[emitter.vectorLoop];
    for (auto [output, total] : llvm::enumerate(totals)) {
      Value sum = emitter.loadOutput(output, width);
      if (total.sum)
        sum = emitter.loadVector(total.sum, column, width);
      if (total.lost)
        sum = compensate(sum, emitter.loadVector(total.lost, column, width));
      sums.push_back(narrow(output, sum));
    }
    emitter.store(sums, width);
  });
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

/// Sums of f32 are added up in f64, and those of f64 with the error of each
/// addition.
bool LoopNest::isCompensated(unsigned output) {
  return hasSecondLevel && joins[output] == Join::Add &&
         elementOf(output).isF64();
}

/// a + b and, exactly, what the sum lost [Knuth, The Art of Computer
/// Programming 2, 4.2.2].
std::pair<Value, Value> LoopNest::twoSum(Value a, Value other) {
  auto add = [&](Value lhs, Value rhs) -> Value {
    return arith::AddFOp::create(b, loc, lhs, rhs);
  };
  auto subtract = [&](Value lhs, Value rhs) -> Value {
    return arith::SubFOp::create(b, loc, lhs, rhs);
  };
  Value sum = add(a, other);
  Value ofOther = subtract(sum, a);
  Value ofA = subtract(sum, ofOther);
  return {sum, add(subtract(a, ofA), subtract(other, ofOther))};
}

/// `total` and what it lost; an infinite total has lost nothing that counts.
Value LoopNest::compensate(Value total, Value lost) {
  Value isNumber =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ORD, lost, lost);
  Value sum = arith::AddFOp::create(b, loc, total, lost);
  return arith::SelectOp::create(b, loc, isNumber, sum, total);
}

/// Zeros: the totals and, after them, what the compensated ones have lost.
SmallVector<Value> LoopNest::startTotals(int64_t width) {
  SmallVector<Value> totals = neutrals(width, /*widened=*/true);
  for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits()))
    if (isCompensated(output))
      totals.push_back(totals[output]);
  return totals;
}

/// Adds sums to totals.
SmallVector<Value> LoopNest::joinAll(ValueRange totals, ValueRange sums) {
  SmallVector<Value> result, lost;
  unsigned next = sums.size();
  for (auto [output, sum] : llvm::enumerate(sums)) {
    if (!isCompensated(output)) {
      result.push_back(join(output, totals[output], widen(output, sum)));
      continue;
    }
    auto [total, error] = twoSum(totals[output], sum);
    result.push_back(total);
    lost.push_back(arith::AddFOp::create(b, loc, totals[next++], error));
  }
  result.append(lost);
  return result;
}

/// The totals in the types of the outputs.
SmallVector<Value> LoopNest::finishTotals(ValueRange totals) {
  SmallVector<Value> results;
  unsigned next = op.getNumDpsInits();
  for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits())) {
    Value total = totals[output];
    if (isCompensated(output))
      total = compensate(total, totals[next++]);
    results.push_back(narrow(output, total));
  }
  return results;
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
