//===- LoopNest.cpp - A linalg op as loops over vectors -------------------===//
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
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "rmsnorm/IR/Scratch.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace rmsnorm;

/// The loop along which an operand of the highest rank is contiguous; else the
/// last. A loop of one iteration has nothing to vectorize.
static unsigned chooseVectorLoop(linalg::GenericOp op,
                                 ArrayRef<OpFoldResult> extents) {
  auto isUnit = [&](unsigned loop) {
    return getConstantIntValue(extents[loop]) == 1;
  };
  int64_t highest = 0;
  for (Value operand : op->getOperands())
    highest = std::max(highest, cast<MemRefType>(operand.getType()).getRank());
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = cast<MemRefType>(operand.get().getType());
    std::optional<unsigned> last =
        lastLoopOf(op.getMatchingIndexingMap(&operand));
    if (type.getRank() == highest && last && !isUnit(*last) &&
        type.isLastDimUnitStride())
      return *last;
  }
  unsigned loop = op.getNumLoops() - 1;
  while (loop > 0 && isUnit(loop))
    --loop;
  return loop;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

LogicalResult LoopNest::emit(LoopNest *other) {
  if (failed(prepare()) || (other && failed(other->prepare())))
    return failure();
  if (other && goesAlong(*other)) {
    beside = other;
    if (beside->streaming)
      beside->streaming->fetchNothing();
    beside->findBypasses();
    beside->computeTail();
  }
  emitLoops();
  if (beside)
    emitRestBeside();
  else if (other)
    other->emitLoops();
  erase();
  if (other)
    other->erase();
  return success();
}

/// Finds out what the loops are.
LogicalResult LoopNest::prepare() {
  if (failed(emitter.check()) || failed(findJoins()))
    return failure();
  extents = extentsOf(b, op);
  emitter.indices.assign(op.getNumLoops(), Value());
  if (op.getNumLoops() == 0)
    return success();
  emitter.vectorLoop = chooseVectorLoop(op, extents);
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
    bool isReduction = kind == utils::IteratorType::reduction;
    if (loop == emitter.vectorLoop)
      vectorIsReduced = isReduction;
    else if (getConstantIntValue(extents[loop]) == 1)
      emitter.indices[loop] = constant(0);
    else
      (isReduction ? reductions : parallel).push_back(loop);
  }
  if (vectorIsReduced || !reductions.empty())
    findZeroFills();
  if (op.getNumReductionLoops() == 0)
    streaming = Streaming::create(b, op, schedule, emitter.vectorLoop, extents);
  return success();
}

void LoopNest::emitLoops() {
  if (op.getNumLoops() == 0)
    return emitter.store(emitter.compute(1), 1);
  if (op.getNumReductionLoops() == 0 && !schedule.getShareRows())
    convertOnce();
  emitParallel(parallel, takesRowsTogether(), [&](const RowGroup *group) {
    if (!group)
      emitLeaf();
    else if (vectorIsReduced)
      emitRowSums(*group);
    else
      emitSharedElementwise(*group);
  });
}

void LoopNest::erase() {
  b.eraseOp(op);
  for (linalg::FillOp fill : zeroFills)
    if (fill)
      b.eraseOp(fill);
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

void LoopNest::emitParallel(ArrayRef<unsigned> loops, bool inGroups,
                            function_ref<void(const RowGroup *)> inner) {
  if (loops.empty())
    return inner(nullptr);
  SmallVector<int64_t> steps{1};
  if (inGroups && loops.size() == 1)
    steps.insert(steps.begin(), schedule.getRows());
  unsigned loop = loops.front();
  emitSteps(steps, whole(loop), [&](Section part, int64_t step) {
    emitFor(part.lower, part.upper, step, {}, [&](Value index, ValueRange) {
      emitter.indices[loop] = index;
      RowGroup group{loop, index, step};
      if (step > 1)
        inner(&group);
      else
        emitParallel(loops.drop_front(), inGroups, inner);
      return SmallVector<Value>();
    });
  });
}

/// What the extent of `loop` is at most.
std::optional<int64_t> LoopNest::boundOf(unsigned loop) {
  if (std::optional<int64_t> extent = getConstantIntValue(extents[loop]))
    return extent;
  FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
      presburger::BoundType::UB, extents[loop], /*stopCondition=*/nullptr,
      /*closedUB=*/true);
  return failed(bound) ? std::nullopt : std::optional<int64_t>(*bound);
}

Section LoopNest::whole(unsigned loop) {
  std::optional<int64_t> size = getConstantIntValue(extents[loop]);
  return {constant(0), getValueOrCreateConstantIndexOp(b, loc, extents[loop]),
          size, size};
}

/// Cuts `section` into a part of whole steps for each step.
void LoopNest::emitSteps(ArrayRef<int64_t> steps, Section section,
                         function_ref<void(Section, int64_t)> inner) {
  Value lower = section.lower;
  std::optional<int64_t> left = section.size;
  for (int64_t step : steps) {
    Section part{lower, section.upper, {}, section.most};
    section.most = step - 1;
    if (left) {
      part.size = part.most = *left / step * step;
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

void LoopNest::emitVectors(ArrayRef<int64_t> steps, Section section,
                           function_ref<void(int64_t)> inner) {
  unsigned loop = emitter.vectorLoop;
  emitSteps(steps, section, [&](Section part, int64_t width) {
    emitFor(part.lower, part.upper, width, {}, [&](Value index, ValueRange) {
      emitter.indices[loop] = index;
      inner(width);
      return SmallVector<Value>();
    });
  });
}

void LoopNest::emitIf(Value condition, function_ref<void()> then,
                      function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(b, loc, condition, bool(otherwise));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  then();
  if (!otherwise)
    return;
  b.setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

SmallVector<Value> LoopNest::ifAny(Section section, ValueRange none,
                                   function_ref<SmallVector<Value>()> emit) {
  if (section.size)
    return emit();
  Value any = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                    section.lower, section.upper);
  SmallVector<Type> types;
  auto branch = scf::IfOp::create(
      b, loc, any,
      [&](OpBuilder &, Location) {
        SmallVector<Value> values = emit();
        types = llvm::to_vector(ValueRange(values).getTypes());
        scf::YieldOp::create(b, loc, values);
      },
      [&](OpBuilder &, Location) {
        SmallVector<Value> values = llvm::to_vector(none);
        if (none.empty())
          for (Type type : types)
            values.push_back(
                arith::ConstantOp::create(b, loc, b.getZeroAttr(type)));
        scf::YieldOp::create(b, loc, values);
      });
  return llvm::to_vector_of<Value>(branch.getResults());
}

/// The loop over tasks that this is in, if there may be several and a row is as
/// long in all of them.
scf::ForOp LoopNest::findTasks() {
  auto tasks = op->getParentOfType<scf::ForOp>();
  auto chunks =
      tasks ? tasks->getParentOfType<scf::ParallelOp>() : scf::ParallelOp();
  bool isLoop = chunks && isTaskLoop(tasks) &&
                getConstantIntValue(chunks.getUpperBound()[0]) != 1 &&
                getConstantIntValue(extents[emitter.vectorLoop]);
  return isLoop ? tasks : scf::ForOp();
}

/// Inputs that every row reads are converted before the first, where their size
/// has a bound: of all tasks, where these share them, else of each.
void LoopNest::convertOnce() {
  std::optional<int64_t> bound = boundOf(emitter.vectorLoop);
  if (!bound || *bound > schedule.getConvert())
    return;
  scf::ForOp tasks = findTasks();
  SmallVector<OpOperand *> ofAll, ofTask;
  for (OpOperand *input : emitter.findConverted(elementwiseSteps().front())) {
    // What lies in temporary memory is made by each task.
    bool isShared =
        tasks && !allocationOf(input->get()) && hoistView(tasks, input->get());
    (isShared ? ofAll : ofTask).push_back(input);
  }
  if (!ofAll.empty())
    convertBefore(tasks, ofAll, *bound);
  // One row reads each but once.
  if (!ofTask.empty() && !parallel.empty())
    convertBefore(op, ofTask, *bound);
}

/// Has `inputs`, of at most `bound` elements, converted before `user`, if it is
/// worth it: as many rows as gain what that costs.
void LoopNest::convertBefore(Operation *user, ArrayRef<OpOperand *> inputs,
                             int64_t bound) {
  constexpr int64_t enoughRows = 8;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(user);
  // Those that there are belong to loops of one step.
  llvm::SaveAndRestore indices(emitter.indices);
  for (Value &index : emitter.indices)
    index = index ? constant(0) : index;
  SmallVector<Value> heap;
  for (OpOperand *input : inputs)
    emitter.readFrom(
        *input,
        createScratch(b, loc, {b.getIndexAttr(bound)},
                      emitter.typeConverted(*input, elementwiseSteps().front()),
                      heap));
  auto convert = [&] {
    emitVectors(elementwiseSteps(), wholeVectorLoop(), [&](int64_t width) {
      for (OpOperand *input : inputs)
        emitter.convert(*input, width);
    });
  };
  if (parallel.empty()) {
    auto tasks = cast<scf::ForOp>(user);
    IndexBuilder index(b, loc);
    Value rows = index.sub(tasks.getUpperBound(), tasks.getLowerBound());
    isConverted = index.isAtLeast(rows, enoughRows);
    emitIf(isConverted, convert);
  } else {
    convert();
  }
  b.setInsertionPointAfter(user);
  freeScratch(b, loc, heap);
}

/// What is read or written element by element gains nothing by more of them at
/// a time.
ArrayRef<int64_t> LoopNest::elementwiseSteps() {
  constexpr int64_t few = 8;
  ArrayRef<int64_t> steps = schedule.getNormalizeVector();
  return emitter.isContiguous()
             ? steps
             : steps.drop_while([](int64_t step) { return step > few; });
}

/// Before the vector loop, for all of its columns.
void LoopNest::findBypasses() {
  bypasses = streaming ? streaming->emitBypasses(b, emitter.indices) : Value();
}

void LoopNest::emitElementwise() {
  findBypasses();
  computeTail();
  auto emitSteps = [&] {
    emitVectors(stepsBeforeTail(), wholeVectorLoop(),
                [&](int64_t width) { emitElements(width); });
  };
  if (isConverted)
    emitIf(isConverted, emitSteps, [&] { emitFewRows(); });
  else
    emitSteps();
  storeTail();
}

/// Of inputs as they lie in memory.
void LoopNest::emitFewRows() {
  emitVectors(stepsBeforeTail(), wholeVectorLoop(), [&](int64_t width) {
    emitter.storeConverted(emitter.computeForMemoryUnconverted(width), width);
  });
}

/// The results of `width` elements. The branches are within the loops, so that
/// the loads and the arithmetic are there once; what the first loop leaves of a
/// row goes without them.
void LoopNest::emitElements(int64_t width) {
  SmallVector<Value> values = emitter.toMemory(emitter.compute(width), width);
  streamedWidth = streamedWidth ? streamedWidth : width;
  bool fits = streaming && width == streamedWidth && streaming->fits(width);
  if (fits && streaming->getIsFar())
    emitIf(streaming->getIsFar(),
           [&] { streaming->emitPrefetch(b, emitter.indices, width); });
  auto storeCached = [&] {
    if (schedule.getWriteAhead() > 0 && width == streamedWidth)
      emitWriteAhead(b, op, emitter.indices, emitter.vectorLoop, width,
                     schedule.getWriteAhead());
    emitter.storeConverted(values, width);
  };
  if (!fits || !bypasses)
    return storeCached();
  emitIf(
      bypasses,
      [&] { emitter.storeConverted(values, width, Streaming::alignment); },
      storeCached);
}

void LoopNest::emitLeaf() {
  if (vectorIsReduced)
    return emitRow();
  if (reductions.empty())
    return emitElementwise();
  std::optional<int64_t> bound = boundOf(emitter.vectorLoop);
  if (bound && *bound > schedule.getVector().front() && schedule.getPanel() > 0)
    return emitPanel(*bound);
  emitVectors(schedule.getVector(), wholeVectorLoop(),
              [&](int64_t width) { emitColumns(width); });
}

//===----------------------------------------------------------------------===//
// Two at the same time
//===----------------------------------------------------------------------===//

/// Whether this sums one row by whole chains and `other` goes over a row of the
/// same length, in steps that these chains are made of.
bool LoopNest::goesAlong(LoopNest &other) {
  if (!vectorIsReduced || !parallel.empty() || !reductions.empty() ||
      other.op.getNumReductionLoops() > 0 || !other.parallel.empty() ||
      !emitter.isContiguous() || !other.emitter.isContiguous())
    return false;
  OpFoldResult length = extents[emitter.vectorLoop];
  std::optional<int64_t> known = getConstantIntValue(length);
  int64_t block = blockOfRow(), step = schedule.getVector().front();
  int64_t width = other.elementwiseSteps().front();
  return (!known || *known > block) && width % step == 0 &&
         block % width == 0 &&
         isEqualConstantIntOrValue(length,
                                   other.extents[other.emitter.vectorLoop]);
}

/// Elements of a row that are summed by one chain.
int64_t LoopNest::blockOfRow() {
  return schedule.getChain() * schedule.getVector().front();
}

/// What is beside this, from column `at` on, if one of its steps begins there:
/// `offset` after the beginning of a chain. Step by step, so that what one of
/// the two waits for leaves time to the other.
void LoopNest::emitBeside(Value at, int64_t offset) {
  int64_t width = beside->elementwiseSteps().front();
  if (offset % width != 0)
    return;
  beside->emitter.indices[beside->emitter.vectorLoop] = at;
  beside->emitElements(width);
}

/// What is beside this, in the columns that are left.
void LoopNest::emitRestBeside() {
  int64_t block = blockOfRow();
  Section rest = beside->wholeVectorLoop();
  rest.most = block - 1;
  if (rest.size) {
    int64_t done = *rest.size / block * block;
    rest.lower = constant(done);
    rest.size = rest.most = *rest.size - done;
  } else {
    Value left = arith::RemUIOp::create(b, loc, rest.upper, constant(block));
    rest.lower = arith::SubIOp::create(b, loc, rest.upper, left);
  }
  beside->emitVectors(beside->stepsBeforeTail(), rest,
                      [&](int64_t width) { beside->emitElements(width); });
  beside->storeTail();
}
