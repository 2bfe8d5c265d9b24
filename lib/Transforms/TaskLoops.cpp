//===- TaskLoops.cpp - Loops over what threads take apart -----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TaskLoops.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace rmsnorm;

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

Value IndexBuilder::constant(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value IndexBuilder::value(OpFoldResult fold) {
  return getValueOrCreateConstantIndexOp(b, loc, fold);
}

Value IndexBuilder::add(Value lhs, Value rhs) {
  return b.createOrFold<arith::AddIOp>(loc, lhs, rhs);
}

Value IndexBuilder::sub(Value lhs, Value rhs) {
  return b.createOrFold<arith::SubIOp>(loc, lhs, rhs);
}

Value IndexBuilder::mul(Value lhs, Value rhs) {
  return b.createOrFold<arith::MulIOp>(loc, lhs, rhs);
}

Value IndexBuilder::min(Value lhs, Value rhs) {
  return b.createOrFold<arith::MinUIOp>(loc, lhs, rhs);
}

Value IndexBuilder::max(Value lhs, Value rhs) {
  return b.createOrFold<arith::MaxUIOp>(loc, lhs, rhs);
}

Value IndexBuilder::div(Value lhs, Value rhs) {
  return b.createOrFold<arith::DivUIOp>(loc, lhs, rhs);
}

Value IndexBuilder::ceilDiv(Value lhs, Value rhs) {
  return div(add(lhs, sub(rhs, constant(1))), rhs);
}

Value IndexBuilder::roundUp(Value value, int64_t unit) {
  return mul(ceilDiv(value, constant(unit)), constant(unit));
}

Value IndexBuilder::product(ArrayRef<OpFoldResult> factors) {
  Value result = constant(1);
  for (OpFoldResult factor : factors)
    result = mul(result, value(factor));
  return result;
}

Value IndexBuilder::bitAnd(Value lhs, Value rhs) {
  return b.createOrFold<arith::AndIOp>(loc, lhs, rhs);
}

Value IndexBuilder::bitOr(Value lhs, Value rhs) {
  return b.createOrFold<arith::OrIOp>(loc, lhs, rhs);
}

Value IndexBuilder::isLess(Value lhs, Value rhs) {
  return b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ult, lhs,
                                       rhs);
}

Value IndexBuilder::isAtLeast(Value value, int64_t bound) {
  return b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::uge, value,
                                       constant(bound));
}

//===----------------------------------------------------------------------===//
// Tasks
//===----------------------------------------------------------------------===//

int64_t rmsnorm::bytesOfElement(Type type) {
  int64_t parts = 1;
  if (auto complex = dyn_cast<ComplexType>(type)) {
    type = complex.getElementType();
    parts = 2;
  }
  return parts * llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

Value rmsnorm::tasksOfGrain(IndexBuilder &index, Value taskBytes,
                            int64_t grain) {
  Value one = index.constant(1);
  Value count = index.div(index.constant(grain), index.max(taskBytes, one));
  return index.max(count, one);
}

Value rmsnorm::emitTaskLoops(OpBuilder &b, Location loc, Value total,
                             Value chunk, CPUScheduleAttr schedule) {
  IndexBuilder index(b, loc);
  Value zero = index.constant(0), one = index.constant(1);
  auto chunks = scf::ParallelOp::create(b, loc, zero, total, chunk);
  chunks->setAttr(scheduleName, schedule);
  chunks->setAttr(rangesName, b.getUnitAttr());
  b.setInsertionPointToStart(chunks.getBody());
  Value begin = chunks.getInductionVars()[0];
  Value end = index.min(index.add(begin, chunk), total);
  auto tasks = scf::ForOp::create(b, loc, begin, end, one);
  b.setInsertionPointToStart(tasks.getBody());
  return tasks.getInductionVar();
}

std::optional<SmallVector<OpFoldResult>> rmsnorm::sizesBefore(scf::ForOp tasks,
                                                              Value view) {
  auto type = cast<MemRefType>(view.getType());
  auto subview = view.getDefiningOp<memref::SubViewOp>();
  if (!subview && !type.hasStaticShape())
    return std::nullopt;
  SmallVector<OpFoldResult> sizes =
      getAsIndexOpFoldResult(view.getContext(), type.getShape());
  if (subview &&
      subview.getType().getRank() == subview.getSourceType().getRank())
    sizes = subview.getMixedSizes();
  for (OpFoldResult size : sizes) {
    auto value = dyn_cast<Value>(size);
    if (value ? !tasks.isDefinedOutsideOfLoop(value)
              : ShapedType::isDynamic(*getConstantIntValue(size)))
      return std::nullopt;
  }
  return sizes;
}

llvm::SetVector<Operation *> rmsnorm::opsThatMake(scf::ForOp tasks,
                                                  Value view) {
  llvm::SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.filter = [&](Operation *op) { return tasks->isProperAncestor(op); };
  options.omitBlockArguments = true;
  options.inclusive = true;
  Operation *definition = view.getDefiningOp();
  if (!definition || !options.filter(definition) ||
      failed(getBackwardSlice(view, &slice, options)) ||
      !llvm::all_of(slice, isPure))
    return {};
  return slice;
}

bool rmsnorm::hoistView(scf::ForOp tasks, Value view) {
  if (tasks.isDefinedOutsideOfLoop(view))
    return true;
  llvm::SetVector<Operation *> ops = opsThatMake(tasks, view);
  bool isSame = llvm::all_of(ops, [&](Operation *op) {
    return llvm::all_of(op->getOperands(), [&](Value operand) {
      return tasks.isDefinedOutsideOfLoop(operand) ||
             ops.contains(operand.getDefiningOp());
    });
  });
  if (ops.empty() || !isSame)
    return false;
  for (Operation *op : ops)
    op->moveBefore(tasks);
  return true;
}

bool rmsnorm::isTaskLoop(scf::ForOp loop) {
  Operation *parent = loop->getParentOp();
  while (isa<scf::IfOp>(parent))
    parent = parent->getParentOp();
  return isa<scf::ParallelOp>(parent) && parent->hasAttr(scheduleName);
}

Operation *rmsnorm::allocationOf(Value memref) {
  while (auto view = memref.getDefiningOp<memref::SubViewOp>())
    memref = view.getSource();
  Operation *definition = memref.getDefiningOp();
  return isa_and_nonnull<memref::AllocaOp, memref::AllocOp>(definition)
             ? definition
             : nullptr;
}

SmallVector<OpFoldResult> rmsnorm::extentsOf(OpBuilder &b,
                                             linalg::GenericOp op) {
  auto linalgOp = cast<linalg::LinalgOp>(op.getOperation());
  return llvm::map_to_vector(linalgOp.createLoopRanges(b, op.getLoc()),
                             [](Range range) { return range.size; });
}

int64_t rmsnorm::bytesOfPoint(linalg::GenericOp op) {
  int64_t bytes = 0;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (map.isPermutation())
      bytes += bytesOfElement(getElementTypeOrSelf(operand.get().getType()));
  }
  return bytes;
}

Value Traffic::isLarge(IndexBuilder &index, int64_t bytes) const {
  // What runs moves something.
  if (bytes <= 1)
    return index.isAtLeast(index.constant(1), bytes);
  // A constant where all together are known to move less.
  return index.bitAnd(index.isAtLeast(ofAll, bytes),
                      index.bitOr(index.isAtLeast(ofThread, bytes),
                                  index.isAtLeast(ofAll, 2 * bytes)));
}

Traffic rmsnorm::trafficOf(IndexBuilder &index, Operation *op,
                           Value bytesOfTask) {
  Traffic traffic{bytesOfTask, bytesOfTask};
  for (Operation *parent = op->getParentOp(); parent;
       parent = parent->getParentOp()) {
    auto tasks = dyn_cast<scf::ForOp>(parent);
    if (tasks && isTaskLoop(tasks))
      traffic.ofThread =
          index.mul(traffic.ofThread,
                    index.sub(tasks.getUpperBound(), tasks.getLowerBound()));
    auto chunks = dyn_cast<scf::ParallelOp>(parent);
    if (chunks && chunks->hasAttr(scheduleName))
      traffic.ofAll = index.mul(traffic.ofAll, chunks.getUpperBound()[0]);
  }
  return traffic;
}

Operation *rmsnorm::nextWithEffects(Operation *op) {
  do
    op = op->getNextNode();
  while (op && isPure(op));
  return op;
}

Value rmsnorm::isCut(IndexBuilder &index, Value count,
                     CPUScheduleAttr schedule) {
  return index.isLess(index.constant(2 * schedule.getPart()), count);
}
