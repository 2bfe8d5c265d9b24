//===- Streaming.cpp - Memory traffic of large tasks ----------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Streaming.h"
#include "ElementwiseEmitter.h"
#include "TaskLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rmsnorm;

/// Rows of a task of columns that are fetched ahead.
static constexpr int64_t fewRows = 8;

static int64_t bytesOf(Value memref) {
  return bytesOfElement(cast<MemRefType>(memref.getType()).getElementType());
}

/// The ops of the task that make `view`, if they depend on which task it is.
static SmallVector<Operation *> opsOfTask(scf::ForOp tasks, Value view) {
  llvm::SetVector<Operation *> ops = opsThatMake(tasks, view);
  Value index = tasks.getInductionVar();
  if (llvm::none_of(ops, [&](Operation *op) {
        return llvm::is_contained(op->getOperands(), index);
      }))
    return {};
  return ops.takeVector();
}

/// How far the next task whose sums are not made is ahead.
static int64_t tasksAhead(scf::ForOp tasks) {
  return tasks->hasAttr(overlappedName) ? 2 : 1;
}

/// The loop whose next task reads what is not in a cache yet. The parts of a
/// row that fits into one, of `bytes` each, have all been summed: the next is
/// another row.
static scf::ForOp loopOfNextTask(scf::ForOp tasks,
                                 std::optional<int64_t> bytes) {
  constexpr int64_t cached = 1 << 18;
  auto rows = tasks->getParentOfType<scf::ForOp>();
  if (!rows || !bytes || !isTaskLoop(rows) || !isTaskLoop(tasks))
    return tasks;
  auto parts = cast<scf::ParallelOp>(tasks->getParentOp());
  std::optional<int64_t> count = getConstantIntValue(parts.getUpperBound()[0]);
  return count && *count * *bytes <= cached ? rows : tasks;
}

/// `view`, as it will be for the next task whose sums are not made; null if it
/// is the same for every task.
static Value viewOfNextTask(OpBuilder &b, scf::ForOp tasks, Value view) {
  SmallVector<Operation *> ops = opsOfTask(tasks, view);
  if (ops.empty())
    return {};
  Value index = tasks.getInductionVar();
  IndexBuilder builder(b, view.getLoc());
  IRMapping mapping;
  mapping.map(index, builder.add(index, builder.constant(tasksAhead(tasks))));
  for (Operation *op : ops)
    b.clone(*op, mapping);
  return mapping.lookup(view);
}

/// Bytes that a step of a row has to be a multiple of. Where steps of several
/// rows take turns, each is a row of its own.
static int64_t alignmentOfSteps(CPUScheduleAttr schedule) {
  bool takesTurns = schedule.getShareRows() && schedule.getRows() > 1;
  return takesTurns ? cacheLine : Streaming::alignment;
}

/// Bytes that rows of so many have to be aligned to; null bytes: not known.
static int64_t alignmentOfRows(std::optional<int64_t> bytes,
                               CPUScheduleAttr schedule) {
  return bytes && *bytes < longRow ? cacheLine : alignmentOfSteps(schedule);
}

/// Whether all rows of `type` may begin at multiples of `alignment`. Rows that
/// bypass the caches beside rows that do not, with lines that both write, take
/// twice as long as if none did.
static bool mayBeAligned(MemRefType type, int64_t alignment) {
  auto [strides, offset] = type.getStridesAndOffset();
  return llvm::all_of(ArrayRef(strides).drop_back(), [&](int64_t stride) {
    return ShapedType::isDynamic(stride) ||
           stride * bytesOfElement(type.getElementType()) % alignment == 0;
  });
}

/// Where the first element lies of the memref that `metadata` is of.
static Value addressOf(IndexBuilder &index, OpBuilder &b,
                       memref::ExtractStridedMetadataOp metadata) {
  Value memref = metadata.getSource();
  Value pointer = memref::ExtractAlignedPointerAsIndexOp::create(
      b, metadata.getLoc(), memref);
  return index.add(pointer, index.mul(metadata.getOffset(),
                                      index.constant(bytesOf(memref))));
}

/// Where the first element lies of what `memref`, of a task, is a view of.
static Value addressOfWhole(IndexBuilder &index, OpBuilder &b, Location loc,
                            Value memref) {
  auto isOfTask = [](Operation *op) {
    auto chunks = op->getParentOfType<scf::ParallelOp>();
    return chunks && chunks->hasAttr(scheduleName);
  };
  auto view = memref.getDefiningOp<memref::SubViewOp>();
  for (; view && isOfTask(view);
       view = memref.getDefiningOp<memref::SubViewOp>())
    memref = view.getSource();
  return addressOf(index, b,
                   memref::ExtractStridedMetadataOp::create(b, loc, memref));
}

/// Whether results are not written over an input, of which the lines have just
/// been read.
static Value isElsewhere(IndexBuilder &index, OpBuilder &b,
                         linalg::GenericOp op) {
  Location loc = op.getLoc();
  Value elsewhere = arith::ConstantIntOp::create(b, loc, 1, 1);
  for (OpOperand &result : op.getDpsInitsMutable()) {
    Type type = getElementTypeOrSelf(result.get().getType());
    Value address;
    for (OpOperand *input : op.getDpsInputOperands()) {
      if (getElementTypeOrSelf(input->get().getType()) != type ||
          op.getMatchingIndexingMap(input) !=
              op.getMatchingIndexingMap(&result))
        continue;
      if (!address)
        address = addressOfWhole(index, b, loc, result.get());
      Value differs =
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, address,
                                addressOfWhole(index, b, loc, input->get()));
      elsewhere = index.bitAnd(elsewhere, differs);
    }
  }
  return elsewhere;
}

std::optional<Streaming> Streaming::create(OpBuilder &b, linalg::GenericOp op,
                                           CPUScheduleAttr schedule,
                                           unsigned vectorLoop,
                                           ArrayRef<OpFoldResult> extents) {
  auto tasks = op->getParentOfType<scf::ForOp>();
  auto chunks = op->getParentOfType<scf::ParallelOp>();
  Value y = op.getDpsInits()[0];
  auto type = cast<MemRefType>(y.getType());
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!tasks || !chunks || chunks.getInductionVars().size() != 1 ||
      opsOfTask(tasks, y).empty() || type.getRank() == 0 ||
      op.getNumDpsInputs() == 0 || !type.isLastDimUnitStride() ||
      isa<ComplexType>(type.getElementType()) || lastLoopOf(map) != vectorLoop)
    return std::nullopt;
  OpFoldResult length = extents[vectorLoop];
  std::optional<int64_t> rowBytes = getConstantIntValue(length);
  if (rowBytes)
    rowBytes = *rowBytes * bytesOf(y);
  int64_t rowAlignment = alignmentOfRows(rowBytes, schedule);
  Streaming streaming(op, rowAlignment, alignmentOfSteps(schedule));
  bool mayBypass =
      schedule.getNontemporal() > 0 &&
      llvm::all_of(op.getDpsInits(), [&](Value result) {
        return mayBeAligned(cast<MemRefType>(result.getType()), rowAlignment);
      });
  bool mayFetch = schedule.getPrefetch() > 0;
  if (!mayBypass && !mayFetch)
    return std::nullopt;
  IndexBuilder index(b, op.getLoc());
  Value bytes =
      index.mul(index.product(extents), index.constant(bytesOfPoint(op)));
  Traffic traffic = trafficOf(index, op, bytes);
  if (mayBypass) {
    Value isLarge = traffic.isLarge(index, schedule.getNontemporal());
    Value bypasses = index.bitAnd(isLarge, isElsewhere(index, b, op));
    streaming.findResults(b, bypasses, length);
  }
  if (mayFetch)
    streaming.findNextInputs(b, loopOfNextTask(tasks, rowBytes), vectorLoop,
                             extents, schedule.getRows(),
                             traffic.isLarge(index, schedule.getPrefetch()));
  return streaming;
}

void Streaming::findResults(OpBuilder &b, Value large, OpFoldResult length) {
  Location loc = op.getLoc();
  IndexBuilder index(b, loc);
  isLarge = large;
  badBits = index.constant(rowAlignment - 1);
  if (auto unknown = dyn_cast<Value>(length);
      unknown && rowAlignment < cacheLine) {
    Value bytes =
        index.mul(unknown, index.constant(bytesOf(op.getDpsInits()[0])));
    badBits = arith::SelectOp::create(b, loc, index.isAtLeast(bytes, longRow),
                                      badBits, index.constant(cacheLine - 1));
  }
  for (OpOperand &output : op.getDpsInitsMutable()) {
    Value memref = output.get();
    auto metadata = memref::ExtractStridedMetadataOp::create(b, loc, memref);
    Value bytes = index.constant(bytesOf(memref));
    Result result{&output, addressOf(index, b, metadata), {}};
    for (Value stride : metadata.getStrides())
      result.byteStrides.push_back(index.mul(stride, bytes));
    results.push_back(result);
  }
}

void Streaming::findNextInputs(OpBuilder &b, scf::ForOp tasks,
                               unsigned vectorLoop,
                               ArrayRef<OpFoldResult> extents, int64_t rows,
                               Value far) {
  isFar = far;
  for (unsigned loop : llvm::seq<unsigned>(op.getNumLoops()))
    if (loop != vectorLoop && getConstantIntValue(extents[loop]) != 1)
      rowLoop = loop;
  // The rows of a task have been read already where they were summed, and
  // those of a group of columns are read side by side.
  rowsAhead = rows > 1 ? tasksAhead(tasks) * rows : fewRows;
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    if (lastLoopOf(map) != vectorLoop)
      continue;
    Value next;
    if (!rowLoop)
      next = viewOfNextTask(b, tasks, input->get());
    else if (map.isFunctionOfDim(*rowLoop))
      next = input->get();
    if (next)
      nextInputs.push_back({input, next});
  }
}

bool Streaming::fits(int64_t width) const {
  linalg::GenericOp generic = op;
  return llvm::all_of(generic.getDpsInits(), [&](Value result) {
    return width * bytesOf(result) % stepAlignment == 0;
  });
}

/// The bits of the address where the row of `result` at `indices` begins, with
/// those of the strides that are not known: where none of them is bad, none of
/// any row is.
static Value bitsOfRows(IndexBuilder &index, AffineMap map,
                        const Streaming::Result &result,
                        ArrayRef<Value> indices) {
  Value bits = result.address;
  ArrayRef<Value> byteStrides(result.byteStrides);
  // The vector loop, last, begins at 0.
  for (auto [expr, stride] :
       llvm::zip(map.getResults().drop_back(), byteStrides.drop_back()))
    if (std::optional<unsigned> loop = loopOf(expr))
      bits = index.add(bits, index.mul(indices[*loop], stride));
  auto [strides, offset] =
      cast<MemRefType>(result.operand->get().getType()).getStridesAndOffset();
  for (auto [bytes, stride] : llvm::zip(byteStrides, strides))
    if (ShapedType::isDynamic(stride))
      bits = index.bitOr(bits, bytes);
  return bits;
}

Value Streaming::emitBypasses(OpBuilder &b, ArrayRef<Value> indices) {
  if (!isLarge)
    return {};
  Location loc = op.getLoc();
  IndexBuilder index(b, loc);
  Value bits = index.constant(0);
  for (const Result &result : results) {
    AffineMap map = op.getMatchingIndexingMap(result.operand);
    bits = index.bitOr(bits, bitsOfRows(index, map, result, indices));
  }
  Value rest = index.bitAnd(bits, badBits);
  Value isAligned = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          rest, index.constant(0));
  return index.bitAnd(isLarge, isAligned);
}

/// Fetches `width` elements of `memref` from `indices` on, a cache line at a
/// time. The last dimension is contiguous. Past the end nothing is fetched.
static void emitPrefetches(OpBuilder &b, Location loc, Value memref,
                           ArrayRef<Value> indices, int64_t width,
                           bool isWrite = false) {
  IndexBuilder index(b, loc);
  int64_t step = cacheLine / bytesOf(memref);
  for (int64_t offset = 0; offset < width; offset += step) {
    SmallVector<Value> at(indices);
    at.back() = index.add(at.back(), index.constant(offset));
    memref::PrefetchOp::create(b, loc, memref, at, isWrite,
                               /*localityHint=*/3, /*isDataCache=*/true);
  }
}

/// Where `map` reads, `ahead` further along `along` than where the loops are at
/// `indices`.
static SmallVector<Value> placeAhead(IndexBuilder &index, AffineMap map,
                                     ArrayRef<Value> indices,
                                     std::optional<unsigned> along,
                                     int64_t ahead) {
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) {
    std::optional<unsigned> loop = loopOf(expr);
    Value at = loop ? indices[*loop] : index.constant(0);
    return loop && loop == along ? index.add(at, index.constant(ahead)) : at;
  });
}

void Streaming::emitPrefetch(OpBuilder &b, ArrayRef<Value> indices,
                             int64_t width) {
  IndexBuilder index(b, op.getLoc());
  for (auto [operand, next] : nextInputs) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    emitPrefetches(b, op.getLoc(), next,
                   placeAhead(index, map, indices, rowLoop, rowsAhead), width);
  }
}

void rmsnorm::emitFetchAhead(OpBuilder &b, linalg::GenericOp op,
                             ArrayRef<Value> indices, unsigned vectorLoop,
                             int64_t width, unsigned loop, int64_t ahead) {
  IndexBuilder index(b, op.getLoc());
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    if (isContiguousAlong(op, *input, vectorLoop) && map.isFunctionOfDim(loop))
      emitPrefetches(b, op.getLoc(), input->get(),
                     placeAhead(index, map, indices, loop, ahead), width);
  }
}

void rmsnorm::emitWriteAhead(OpBuilder &b, linalg::GenericOp op,
                             ArrayRef<Value> indices, unsigned vectorLoop,
                             int64_t width, int64_t bytes) {
  IndexBuilder index(b, op.getLoc());
  for (OpOperand &result : op.getDpsInitsMutable()) {
    if (!isContiguousAlong(op, result, vectorLoop) ||
        width * bytesOf(result.get()) < cacheLine)
      continue;
    AffineMap map = op.getMatchingIndexingMap(&result);
    emitPrefetches(b, op.getLoc(), result.get(),
                   placeAhead(index, map, indices, vectorLoop,
                              bytes / bytesOf(result.get())),
                   width, /*isWrite=*/true);
  }
}
