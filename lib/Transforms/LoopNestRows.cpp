//===- LoopNestRows.cpp - Several short rows at a time --------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The last additions of a short row cost more than its elements do. Those of a
// group of rows are made side by side: each row leaves a vector with as many
// lanes as there are rows, and these are summed as the lanes of one row are, by
// halves, with two shuffles and one addition for two vectors. So a row has the
// same sum, bit for bit, in a group as alone.
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "rmsnorm/IR/Scratch.h"

using namespace mlir;
using namespace rmsnorm;

bool LoopNest::takesRowsTogether() {
  if (schedule.getRows() == 1)
    return false;
  if (op.getNumReductionLoops() == 0)
    return schedule.getShareRows();
  return vectorIsReduced && reductions.empty();
}

namespace {
/// Which lanes of two vectors `a` and `b`, numbered on from a's, are added to
/// which, and the row that each sum belongs to.
struct Fold {
  SmallVector<int64_t> low, high;
};
} // namespace

/// Folds vectors in which each row has `2 * half` neighbouring lanes. Lanes
/// stay within their group of `group`, 128 bits, where their row does: x86
/// shuffles within these.
static Fold foldOf(int64_t lanes, int64_t half, int64_t group) {
  int64_t part = std::max(2 * half, std::min(group, lanes));
  Fold fold;
  for (int64_t first = 0; first < lanes; first += part)
    for (int64_t vector : {0, 1})
      for (int64_t segment = 0; segment < part; segment += 2 * half)
        for (int64_t lane : llvm::seq(half)) {
          fold.low.push_back(vector * lanes + first + segment + lane);
          fold.high.push_back(fold.low.back() + half);
        }
  return fold;
}

/// Row i's sum comes out in lane i where the vectors stand in this order.
static SmallVector<int64_t> orderOfRows(int64_t rows, int64_t group) {
  // What comes out where they stand in the order of their numbers.
  SmallVector<SmallVector<int64_t>> owners;
  for (int64_t row : llvm::seq(rows))
    owners.emplace_back(rows, row);
  for (int64_t half = rows / 2; half >= 1; half /= 2) {
    Fold fold = foldOf(rows, half, group);
    SmallVector<SmallVector<int64_t>> next;
    for (size_t i = 0; i < owners.size(); i += 2)
      next.push_back(llvm::map_to_vector(fold.low, [&](int64_t lane) {
        return owners[i + lane / rows][lane % rows];
      }));
    owners = std::move(next);
  }
  SmallVector<int64_t> order(rows);
  for (auto [lane, owner] : llvm::enumerate(owners[0]))
    order[owner] = lane;
  return order;
}

/// One vector with the sum of each of `rows`, which have as many lanes as there
/// are rows; a single one holds the sums already.
Value LoopNest::sumSideBySide(unsigned output, ArrayRef<Value> rows) {
  if (rows.size() == 1)
    return rows[0];
  int64_t count = rows.size();
  int64_t group = std::max<int64_t>(
      1, 128 / getElementTypeOrSelf(rows[0].getType()).getIntOrFloatBitWidth());
  SmallVector<Value> vectors = llvm::map_to_vector(
      orderOfRows(count, group), [&](int64_t row) { return rows[row]; });
  for (int64_t half = count / 2; half >= 1; half /= 2) {
    // As the lanes of a row alone are.
    if (2 * half <= keptLanes(count))
      for (Value &vector : vectors)
        vector = widen(output, vector);
    Fold fold = foldOf(count, half, group);
    SmallVector<Value> next;
    for (size_t i = 0; i < vectors.size(); i += 2) {
      auto pick = [&](ArrayRef<int64_t> lanes) -> Value {
        return vector::ShuffleOp::create(b, loc, vectors[i], vectors[i + 1],
                                         lanes);
      };
      Value low = pick(fold.low), high = pick(fold.high);
      next.push_back(join(output, low, high));
    }
    vectors = std::move(next);
  }
  return vectors[0];
}

/// Adds to the outputs what each row of the group sums to.
void LoopNest::emitRowSums(const RowGroup &group) {
  // For each step of the schedule and each output, what the rows left, and in
  // how many lanes each. Steps of fewer lanes than there are rows leave one.
  struct Left {
    Value memory;
    unsigned output;
    int64_t lanes;
  };
  SmallVector<Left> left;
  emitFor(
      constant(0), constant(group.count), 1, {}, [&](Value row, ValueRange) {
        emitter.indices[group.loop] =
            arith::AddIOp::create(b, loc, group.first, row);
        sumVectors(
            {}, group.count, [&](SmallVector<Value> sums, int64_t lanes) {
              Value at = arith::MulIOp::create(b, loc, row, constant(lanes));
              for (auto [output, sum] : llvm::enumerate(sums)) {
                Value memory;
                {
                  OpBuilder::InsertionGuard guard(b);
                  b.setInsertionPoint(b.getInsertionBlock()->getParentOp());
                  memory =
                      createStackScratch(b, loc, group.count * lanes,
                                         getElementTypeOrSelf(sum.getType()));
                }
                emitter.storeVector(sum, memory, at);
                left.push_back({memory, static_cast<unsigned>(output), lanes});
              }
            });
        return SmallVector<Value>();
      });
  SmallVector<Value> sums(op.getNumDpsInits());
  for (const Left &part : left) {
    SmallVector<Value> rows;
    for (int64_t row : llvm::seq(part.lanes == 1 ? 1 : group.count))
      rows.push_back(emitter.loadVector(part.memory, constant(row * part.lanes),
                                        group.count));
    Value sum = widen(part.output, sumSideBySide(part.output, rows));
    Value &total = sums[part.output];
    total = total ? join(part.output, total, sum) : sum;
  }
  emitter.indices[group.loop] = group.first;
  for (auto [output, sum] : llvm::enumerate(sums)) {
    // Rows without elements leave nothing.
    if (!sum)
      sum = neutrals(group.count, /*widened=*/true)[output];
    Value result = narrow(output, sum);
    if (!zeroFills[output])
      result = join(output, emitter.loadAlong(output, group.loop, group.count),
                    result);
    emitter.storeAlong(output, group.loop, result);
  }
}

/// Columns outside, the rows of the group inside.
void LoopNest::emitSharedElementwise(const RowGroup &group) {
  emitter.indices[group.loop] = group.first;
  findBypasses();
  Value end = arith::AddIOp::create(b, loc, group.first, constant(group.count));
  emitVectors(elementwiseSteps(), wholeVectorLoop(), [&](int64_t width) {
    emitter.loadShared(group.loop, width);
    emitFor(group.first, end, 1, {}, [&](Value row, ValueRange) {
      emitter.indices[group.loop] = row;
      emitElements(width);
      return SmallVector<Value>();
    });
    emitter.forgetShared();
  });
}
