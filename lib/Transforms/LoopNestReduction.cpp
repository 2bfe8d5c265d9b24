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
#include "mlir/IR/TypeUtilities.h"
#include "rmsnorm/IR/Scratch.h"

using namespace mlir;
using namespace rmsnorm;

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

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

/// One accumulator of `width` lanes over `section` of `loop`. Without a loop
/// where it is one whole chain of vectors.
SmallVector<Value> LoopNest::sumAlong(unsigned loop, Section section,
                                      int64_t width) {
  int64_t step = stepOf(loop, width);
  if (section.size && *section.size == schedule.getChain() * step &&
      emitter.isContiguous()) {
    SmallVector<Value> sums = neutrals(width, /*widened=*/false);
    for (int64_t offset = 0; offset < *section.size; offset += step) {
      Value at = arith::AddIOp::create(b, loc, section.lower, constant(offset));
      emitter.indices[loop] = at;
      sums = emitter.compute(width, sums);
      if (beside && width == schedule.getVector().front())
        emitBeside(at, offset);
    }
    return sums;
  }
  return emitFor(section.lower, section.upper, step,
                 neutrals(width, /*widened=*/false),
                 [&](Value index, ValueRange carried) {
                   emitter.indices[loop] = index;
                   return emitter.compute(width, carried);
                 });
}

/// Cuts `section` into a part of whole blocks and what is left.
void LoopNest::emitBlocks(int64_t block, Section section,
                          function_ref<void(Section, bool)> inner) {
  SmallVector<int64_t> steps{block};
  if (block > 1)
    steps.push_back(1);
  emitSteps(steps, section,
            [&](Section part, int64_t step) { inner(part, step == block); });
}

bool LoopNest::isOneChain(unsigned loop, Section section, int64_t width) {
  return section.most &&
         *section.most <= schedule.getChain() * stepOf(loop, width);
}

/// Adds `section` of `loop` to `totals` of `kept` lanes, a chain at a time:
/// whole chains in a loop, then what is left.
SmallVector<Value> LoopNest::addSection(unsigned loop, Section section,
                                        int64_t width, int64_t kept,
                                        ValueRange totals) {
  auto addChain = [&](ValueRange totals, Section chain) {
    SmallVector<Value> sums = sumAlong(loop, chain, width);
    return joinAll(totals, sumLanesOfEach(sums, width, kept));
  };
  if (isOneChain(loop, section, width))
    return addChain(totals, section);
  int64_t block = schedule.getChain() * stepOf(loop, width);
  SmallVector<Value> current = llvm::to_vector(totals);
  emitBlocks(block, section, [&](Section part, bool isWhole) {
    if (!isWhole) {
      current = addChain(current, part);
      return;
    }
    current = emitFor(part.lower, part.upper, block, current,
                      [&](Value lower, ValueRange carried) {
                        Value upper = arith::AddIOp::create(b, loc, lower,
                                                            constant(block));
                        return addChain(carried, {lower, upper, block, block});
                      });
  });
  return current;
}

/// Reduces over the loops `outer` and, within them, over the vector loop. The
/// totals of each step of the schedule are carried through all the loops and
/// summed at the end, until `lanes` are left where there are that many, else to
/// one. What is one chain needs no totals: its lanes are summed as they are.
void LoopNest::sumVectors(ArrayRef<unsigned> outer, int64_t lanes,
                          function_ref<void(SmallVector<Value>, int64_t)> use) {
  unsigned loop = emitter.vectorLoop;
  SmallVector<RowStep> steps;
  SmallVector<Value> totals;
  emitSteps(
      schedule.getVector(), whole(loop), [&](Section part, int64_t width) {
        std::optional<int64_t> tail;
        if (width == 1 && outer.empty())
          tail = tailWidth(schedule.getVector());
        width = tail.value_or(width);
        int64_t kept = keptLanes(width);
        bool isOne = tail || (outer.empty() && isOneChain(loop, part, width));
        steps.push_back({part, width, kept, isOne, tail.has_value()});
        if (!isOne)
          totals.append(startTotals(kept));
      });
  totals = emitOuter(outer, totals, [&](ValueRange carried) {
    SmallVector<Value> next;
    size_t count = getNumTotals();
    for (const RowStep &step : steps)
      if (!step.isOneChain)
        next.append(addSection(loop, step.part, step.width, step.kept,
                               carried.slice(next.size(), count)));
    return next;
  });
  ValueRange left = totals;
  for (const RowStep &step : steps) {
    SmallVector<Value> sums;
    int64_t width = step.isOneChain ? step.width : step.kept;
    int64_t end = width >= lanes ? lanes : 1;
    if (step.isOneChain) {
      width = std::max(end, step.kept);
      sums = step.isTail ? sumTail(step.width)
                         : sumAlong(loop, step.part, step.width);
      sums = sumLanesOfEach(sums, step.width, width);
      if (width <= step.kept)
        sums = widenEach(sums);
    } else {
      size_t count = getNumTotals();
      sums = finishTotals(left.take_front(count));
      left = left.drop_front(count);
    }
    use(sumLanesOfEach(sums, width, end), end);
  }
}

/// Adds to each output the sum of its row.
void LoopNest::emitRow() {
  SmallVector<Value> row;
  sumVectors(reductions, /*lanes=*/1, [&](SmallVector<Value> sums, int64_t) {
    row = row.empty() ? sums : joinEach(row, sums);
  });
  addToOutputs(row.empty() ? neutrals(1, /*widened=*/false) : row, 1);
}

void LoopNest::addToOutputs(ValueRange sums, int64_t width) {
  SmallVector<Value> results;
  for (auto [output, sum] : llvm::enumerate(sums)) {
    Value result = narrow(output, sum);
    if (!zeroFills[output])
      result = join(output, emitter.loadOutput(output, width), result);
    results.push_back(result);
  }
  emitter.store(results, width);
}

/// Adds to each output the sums of `width` columns, with the totals in
/// registers.
void LoopNest::emitColumns(int64_t width) {
  unsigned rows = reductions.back();
  SmallVector<Value> totals =
      emitOuter(ArrayRef(reductions).drop_back(), startTotals(width),
                [&](ValueRange carried) {
                  return addSection(rows, whole(rows), width, width, carried);
                });
  addToOutputs(finishTotals(totals), width);
}

//===----------------------------------------------------------------------===//
// Panels: more columns than a vector has lanes, with the totals in memory
//===----------------------------------------------------------------------===//

/// Steps for what is done once for a panel and not for each row: more code for
/// it would only have to be compiled. Totals that lie in even-odd order are
/// read by the steps that wrote them.
ArrayRef<int64_t> LoopNest::panelSteps() {
  static constexpr int64_t few[] = {8, 1};
  return emitter.usesEvenOdd(2) ? schedule.getVector() : ArrayRef(few);
}

/// Memory for the totals of `bound` columns, at 0.
SmallVector<Value> LoopNest::emitPanelTotals(int64_t bound,
                                             SmallVectorImpl<Value> &heap) {
  constexpr int64_t width = 8;
  SmallVector<Value> memory;
  for (Value total : startTotals(1))
    memory.push_back(
        createScratch(b, loc, {b.getIndexAttr(llvm::alignTo(bound, width))},
                      total.getType(), heap));
  Section columns = wholeVectorLoop();
  emitFor(columns.lower, columns.upper, width, {}, [&](Value at, ValueRange) {
    for (auto [total, slot] : llvm::zip(startTotals(width), memory))
      emitter.storeVector(total, slot, at);
    return SmallVector<Value>();
  });
  return memory;
}

SmallVector<Value> LoopNest::loadPanelTotals(ValueRange memory, int64_t width) {
  return llvm::map_to_vector(memory, [&](Value slot) {
    return emitter.loadVector(slot, emitter.indices[emitter.vectorLoop], width);
  });
}

/// Adds `rows`, a chain at the most, to the totals. Whole chains of the first
/// step are written out, all others are loops. `isWhole`: an i1; null: all are.
void LoopNest::addRows(unsigned loop, Section rows, Value isWhole,
                       ValueRange memory) {
  auto add = [&](Section part, int64_t width) {
    SmallVector<Value> totals =
        joinAll(loadPanelTotals(memory, width), sumAlong(loop, part, width));
    for (auto [total, slot] : llvm::zip(totals, memory))
      emitter.storeVector(total, slot, emitter.indices[emitter.vectorLoop]);
  };
  Section any{rows.lower, rows.upper, {}, rows.most};
  ArrayRef<int64_t> steps = schedule.getVector();
  emitSteps(steps, wholeVectorLoop(), [&](Section part, int64_t width) {
    auto columns = [&](Section rows) {
      emitFor(part.lower, part.upper, width, {}, [&](Value at, ValueRange) {
        emitter.indices[emitter.vectorLoop] = at;
        add(rows, width);
        return SmallVector<Value>();
      });
    };
    if (width != steps.front())
      return columns(any);
    if (!isWhole)
      return columns(rows);
    emitIf(
        isWhole, [&] { columns(rows); }, [&] { columns(any); });
  });
}

/// Rows outside, columns within.
void LoopNest::emitPanel(int64_t bound) {
  unsigned loop = reductions.back();
  int64_t chain = schedule.getChain();
  SmallVector<Value> heap, memory = emitPanelTotals(bound, heap);
  Section all = whole(loop);
  emitOuter(ArrayRef(reductions).drop_back(), {}, [&](ValueRange) {
    emitFor(all.lower, all.upper, chain, {}, [&](Value row, ValueRange) {
      Value count = constant(chain), isWhole;
      if (!all.size || *all.size % chain != 0) {
        Value left = arith::SubIOp::create(b, loc, all.upper, row);
        count = arith::MinUIOp::create(b, loc, left, count);
        isWhole = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, count,
                                        constant(chain));
      }
      Value end = arith::AddIOp::create(b, loc, row, count);
      addRows(loop, {row, end, chain, chain}, isWhole, memory);
      return SmallVector<Value>();
    });
    return SmallVector<Value>();
  });
  emitVectors(panelSteps(), wholeVectorLoop(), [&](int64_t width) {
    addToOutputs(finishTotals(loadPanelTotals(memory, width)), width);
  });
  freeScratch(b, loc, heap);
}

//===----------------------------------------------------------------------===//
// Joining
//===----------------------------------------------------------------------===//

Value LoopNest::sumLanes(unsigned output, Value vector, int64_t width,
                         int64_t lanes) {
  for (int64_t half = width / 2; half >= lanes; half /= 2) {
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

SmallVector<Value> LoopNest::sumLanesOfEach(ValueRange vectors, int64_t width,
                                            int64_t lanes) {
  SmallVector<Value> sums;
  for (auto [output, vector] : llvm::enumerate(vectors))
    sums.push_back(sumLanes(output, vector, width, lanes));
  return sums;
}

/// Whether two memrefs are of different allocations.
static bool areApart(Value lhs, Value rhs) {
  auto allocationOf = [](Value memref) {
    while (auto view = memref.getDefiningOp<memref::SubViewOp>())
      memref = view.getSource();
    Operation *definition = memref.getDefiningOp();
    return isa_and_nonnull<memref::AllocaOp, memref::AllocOp>(definition)
               ? definition
               : nullptr;
  };
  Operation *left = allocationOf(lhs), *right = allocationOf(rhs);
  return left && right && left != right;
}

/// The op before `op` that sets all of `memref` to 0, where nothing but other
/// memory is touched between the two.
static linalg::FillOp findZeroFill(linalg::GenericOp op, Value memref) {
  for (Operation *before = op->getPrevNode(); before;
       before = before->getPrevNode()) {
    auto fill = dyn_cast<linalg::FillOp>(before);
    if (fill && fill.getOutputs()[0] == memref) {
      Value value = fill.getInputs()[0];
      bool isZero = matchPattern(value, m_AnyZeroFloat()) ||
                    matchPattern(value, m_Zero());
      return isZero ? fill : linalg::FillOp();
    }
    bool isElsewhere = fill
                           ? areApart(fill.getOutputs()[0], memref)
                           : isMemoryEffectFree(before) ||
                                 isa<memref::AllocaOp, memref::AllocOp>(before);
    if (!isElsewhere)
      return {};
  }
  return {};
}

/// A sum that starts from 0 is written where it is finished, and the 0 is not.
void LoopNest::findZeroFills() {
  for (Value output : op.getDpsInits())
    zeroFills.push_back(findZeroFill(op, output));
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
  return joins[output] == Join::Add && elementOf(output).isF64();
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

size_t LoopNest::getNumTotals() {
  unsigned outputs = op.getNumDpsInits();
  return outputs + llvm::count_if(llvm::seq(outputs), [&](unsigned output) {
           return isCompensated(output);
         });
}

/// Zeros: the totals and, after them, what the compensated ones have lost.
SmallVector<Value> LoopNest::startTotals(int64_t width) {
  SmallVector<Value> totals = neutrals(width, /*widened=*/true);
  for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits()))
    if (isCompensated(output))
      totals.push_back(totals[output]);
  return totals;
}

SmallVector<Value> LoopNest::joinEach(ValueRange lhs, ValueRange rhs) {
  SmallVector<Value> results;
  for (auto [output, values] : llvm::enumerate(llvm::zip_equal(lhs, rhs)))
    results.push_back(join(output, std::get<0>(values), std::get<1>(values)));
  return results;
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

/// The totals, one for each output, in the type they are kept in.
SmallVector<Value> LoopNest::finishTotals(ValueRange totals) {
  SmallVector<Value> results;
  unsigned next = op.getNumDpsInits();
  for (unsigned output : llvm::seq<unsigned>(op.getNumDpsInits())) {
    Value total = totals[output];
    if (isCompensated(output))
      total = compensate(total, totals[next++]);
    results.push_back(total);
  }
  return results;
}

static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

Value LoopNest::widen(unsigned output, Value value) {
  if (joins[output] != Join::Add ||
      !getElementTypeOrSelf(value.getType()).isF32())
    return value;
  return arith::ExtFOp::create(
      b, loc, withElement(value.getType(), b.getF64Type()), value);
}

SmallVector<Value> LoopNest::widenEach(ValueRange values) {
  SmallVector<Value> wide;
  for (auto [output, value] : llvm::enumerate(values))
    wide.push_back(widen(output, value));
  return wide;
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
