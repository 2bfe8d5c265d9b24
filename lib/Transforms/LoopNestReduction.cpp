//===- LoopNestReduction.cpp - Sums in loops over vectors -----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"
#include "TaskLoops.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
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
/// where it is one whole chain of vectors that is not done once for many.
SmallVector<Value> LoopNest::sumAlong(unsigned loop, Section section,
                                      int64_t width) {
  int64_t step = stepOf(loop, width);
  if (section.size && *section.size == schedule.getChain() * step &&
      emitter.isContiguous() && !op->hasAttr(onceName)) {
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
      current = ifAny(part, current, [&] { return addChain(current, part); });
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
    for (const RowStep &step : steps) {
      if (step.isOneChain)
        continue;
      ValueRange totals = carried.slice(next.size(), count);
      next.append(ifAny(step.part, totals, [&] {
        return addSection(loop, step.part, step.width, step.kept, totals);
      }));
    }
    return next;
  });
  ValueRange left = totals;
  for (const RowStep &step : steps) {
    SmallVector<Value> sums;
    int64_t width = step.isOneChain ? step.width : step.kept;
    int64_t end = width >= lanes ? lanes : 1;
    if (step.isOneChain) {
      sums = ifAny(step.part, {}, [&] {
        int64_t width = std::max(end, step.kept);
        SmallVector<Value> chain = step.isTail
                                       ? sumTail(step.width)
                                       : sumAlong(loop, step.part, step.width);
        chain = sumLanesOfEach(chain, step.width, width);
        if (width <= step.kept)
          chain = widenEach(chain);
        return sumLanesOfEach(chain, width, end);
      });
    } else {
      size_t count = getNumTotals();
      sums = finishTotals(left.take_front(count));
      left = left.drop_front(count);
      sums = sumLanesOfEach(sums, width, end);
    }
    use(sums, end);
  }
}

/// Adds to each output the sum of its row.
void LoopNest::emitRow() {
  SmallVector<Value> row;
  sumVectors(reductions, /*lanes=*/1, [&](SmallVector<Value> sums, int64_t) {
    row = row.empty() ? sums : joinEach(row, sums);
  });
  addToOutputs(row.empty() ? neutrals(1, /*widened=*/true) : row, 1);
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

/// Memory for the totals of `bound` columns, or for sums of chains, at 0.
SmallVector<Value> LoopNest::emitPanelTotals(int64_t bound, bool ofChains,
                                             SmallVectorImpl<Value> &heap) {
  constexpr int64_t width = 8;
  auto start = [&](int64_t width) {
    return ofChains ? neutrals(width, /*widened=*/false) : startTotals(width);
  };
  SmallVector<Value> memory;
  for (Value total : start(1))
    memory.push_back(
        createScratch(b, loc, {b.getIndexAttr(llvm::alignTo(bound, width))},
                      total.getType(), heap));
  Section columns = wholeVectorLoop();
  emitFor(columns.lower, columns.upper, width, {}, [&](Value at, ValueRange) {
    for (auto [total, slot] : llvm::zip(start(width), memory))
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

void LoopNest::storePanelTotals(ValueRange totals, ValueRange memory) {
  for (auto [total, slot] : llvm::zip(totals, memory))
    emitter.storeVector(total, slot, emitter.indices[emitter.vectorLoop]);
}

/// Adds the sums of some chains to the totals, and starts them again.
void LoopNest::addBlock(ValueRange block, ValueRange memory) {
  emitVectors(panelSteps(), wholeVectorLoop(), [&](int64_t width) {
    storePanelTotals(
        joinAll(loadPanelTotals(memory, width), loadPanelTotals(block, width)),
        memory);
    storePanelTotals(neutrals(width, /*widened=*/false), block);
  });
}

/// Fetches what later chains read where that of the rows from `first` on is
/// summed.
void LoopNest::fetchRows(unsigned loop, Value first, int64_t width) {
  if (schedule.getFarAhead() == 0)
    return;
  for (int64_t row : llvm::seq(schedule.getChain())) {
    emitter.indices[loop] = arith::AddIOp::create(b, loc, first, constant(row));
    emitFetchAhead(b, op, emitter.indices, emitter.vectorLoop, width, loop,
                   schedule.getFarAhead());
  }
}

/// Adds `rows`, a chain at the most, to the totals or, if there is one, to the
/// block of chains. Whole chains of the first step are written out, all others
/// are loops. `isWhole`: an i1; null: all are.
void LoopNest::addRows(unsigned loop, Section rows, Value isWhole,
                       ValueRange memory, ValueRange block) {
  auto add = [&](Section part, int64_t width) {
    SmallVector<Value> sums = sumAlong(loop, part, width);
    if (block.empty())
      storePanelTotals(joinAll(loadPanelTotals(memory, width), sums), memory);
    else
      storePanelTotals(joinEach(loadPanelTotals(block, width), sums), block);
  };
  Section any{rows.lower, rows.upper, {}, rows.most};
  ArrayRef<int64_t> steps = schedule.getVector();
  emitSteps(steps, wholeVectorLoop(), [&](Section part, int64_t width) {
    auto columns = [&](Section rows) {
      emitFor(part.lower, part.upper, width, {}, [&](Value at, ValueRange) {
        emitter.indices[emitter.vectorLoop] = at;
        if (rows.size && width == steps.front())
          fetchRows(loop, rows.lower, width);
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
  int64_t chain = schedule.getChain(), chains = schedule.getBlock();
  SmallVector<Value> heap, block;
  SmallVector<Value> memory = emitPanelTotals(bound, /*ofChains=*/false, heap);
  if (chains > 1)
    block = emitPanelTotals(bound, /*ofChains=*/true, heap);
  Section all = whole(loop);
  auto addChain = [&](Value row, ValueRange) {
    Value count = constant(chain), isWhole;
    if (!all.size || *all.size % chain != 0) {
      Value left = arith::SubIOp::create(b, loc, all.upper, row);
      count = arith::MinUIOp::create(b, loc, left, count);
      isWhole = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, count,
                                      constant(chain));
    }
    Value end = arith::AddIOp::create(b, loc, row, count);
    addRows(loop, {row, end, chain, chain}, isWhole, memory, block);
    return SmallVector<Value>();
  };
  auto addChains = [&](Value row, ValueRange) {
    Value end = arith::AddIOp::create(b, loc, row, constant(chain * chains));
    end = arith::MinUIOp::create(b, loc, end, all.upper);
    emitFor(row, end, chain, {}, addChain);
    addBlock(block, memory);
    return SmallVector<Value>();
  };
  emitOuter(ArrayRef(reductions).drop_back(), {}, [&](ValueRange) {
    if (block.empty())
      emitFor(all.lower, all.upper, chain, {}, addChain);
    else
      emitFor(all.lower, all.upper, chain * chains, {}, addChains);
    return SmallVector<Value>();
  });
  emitVectors(panelSteps(), wholeVectorLoop(), [&](int64_t width) {
    addToOutputs(finishTotals(loadPanelTotals(memory, width)), width);
  });
  freeScratch(b, loc, heap);
}
