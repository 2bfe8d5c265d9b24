//===- Parallelize.cpp - Parallel loops to tasks over a range -------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A scf.parallel with one induction variable becomes a function over a range of
// its iterations and a call that has ranges run:
//
//   llvm.func internal @f_task0(%context: !llvm.ptr, %begin: i64, %end: i64)
//   llvm.call @rmsnorm_parallel_for(@f_task0, %context, %count, %grain)
//
// What the body uses from outside travels in a struct on the caller's stack. No
// threading model is compiled in: the runtime, or the program that links the
// kernel, defines rmsnorm_parallel_for, and rmsnorm_max_threads, which
// rmsnorm.max_threads becomes a call of.
//
//===----------------------------------------------------------------------===//

#include "TaskLoops.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/RegionUtils.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Transforms/Passes.h"

namespace rmsnorm {
#define GEN_PASS_DEF_RMSNORMPARALLELIZE
#include "rmsnorm/Transforms/Passes.h.inc"
} // namespace rmsnorm

using namespace mlir;
using namespace rmsnorm;

namespace {

class Outliner {
public:
  Outliner(ModuleOp module, SymbolTable &symbols)
      : module(module), symbols(symbols), b(module.getContext()),
        converter(module.getContext()) {}

  LogicalResult outline(scf::ParallelOp loop);

private:
  LLVM::LLVMFuncOp buildTask(scf::ParallelOp loop, ArrayRef<Value> captures,
                             LLVM::LLVMStructType contextType);
  void emitRange(scf::ParallelOp loop, IRMapping &mapping, Value first,
                 Value last);
  std::pair<Value, Value> emitCount(scf::ParallelOp loop);
  Value packCaptures(Location loc, ArrayRef<Value> captures,
                     LLVM::LLVMStructType contextType);
  Value field(Location loc, LLVM::LLVMStructType type, Value context,
              size_t index) {
    return LLVM::GEPOp::create(b, loc, pointerType(), type, context,
                               {LLVM::GEPArg(0), LLVM::GEPArg(index)});
  }
  Value toI64(Location loc, Value index) {
    return arith::IndexCastOp::create(b, loc, b.getI64Type(), index);
  }
  Type pointerType() { return LLVM::LLVMPointerType::get(b.getContext()); }
  Value castTo(Location loc, Type type, Value value) {
    if (value.getType() == type)
      return value;
    return UnrealizedConversionCastOp::create(b, loc, type, value).getResult(0);
  }

  ModuleOp module;
  SymbolTable &symbols;
  OpBuilder b;
  LLVMTypeConverter converter;
};
} // namespace

/// What the loop uses from outside.
static llvm::SetVector<Value> findUsed(scf::ParallelOp loop) {
  llvm::SetVector<Value> used;
  getUsedValuesDefinedAbove(loop.getRegion(), used);
  used.insert(loop.getStep()[0]);
  return used;
}

static bool isScheduledLoop(Operation *op) {
  return isa<scf::ParallelOp>(op) && op->hasAttr(scheduleName);
}

static bool isConstant(Value value) {
  return value.getDefiningOp() &&
         value.getDefiningOp()->hasTrait<OpTrait::ConstantLike>();
}

LLVM::LLVMFuncOp Outliner::buildTask(scf::ParallelOp loop,
                                     ArrayRef<Value> captures,
                                     LLVM::LLVMStructType contextType) {
  Location loc = loop.getLoc();
  auto parent = loop->getParentOfType<FunctionOpInterface>();
  Type i64 = b.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(b.getContext()), {pointerType(), i64, i64});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfter(parent);
  auto task =
      LLVM::LLVMFuncOp::create(b, loc, (parent.getName() + "_task").str(), type,
                               LLVM::Linkage::Internal);
  symbols.insert(task);
  Block *entry = task.addEntryBlock(b);
  b.setInsertionPointToStart(entry);
  IRMapping mapping;
  for (auto [index, capture] : llvm::enumerate(captures)) {
    Value address = field(loc, contextType, entry->getArgument(0), index);
    Value loaded =
        LLVM::LoadOp::create(b, loc, contextType.getBody()[index], address);
    mapping.map(capture, castTo(loc, capture.getType(), loaded));
  }
  for (Value value : findUsed(loop))
    if (!mapping.contains(value))
      b.clone(*value.getDefiningOp(), mapping);
  Type index = b.getIndexType();
  Value begin =
      arith::IndexCastOp::create(b, loc, index, entry->getArgument(1));
  Value end = arith::IndexCastOp::create(b, loc, index, entry->getArgument(2));
  emitRange(loop, mapping, begin, end);
  // Whoever waits for the task has to see its non-temporal stores.
  auto schedule = loop->getAttrOfType<CPUScheduleAttr>(scheduleName);
  if (schedule && schedule.getNontemporal() > 0)
    LLVM::FenceOp::create(b, loc, LLVM::AtomicOrdering::seq_cst,
                          /*syncscope=*/"");
  LLVM::ReturnOp::create(b, loc, ValueRange());
  // A stack slot in a loop would grow the stack with each iteration. Those of
  // an inner parallel loop are one for each of its threads.
  entry->walk<WalkOrder::PreOrder>([&](Operation *inner) {
    if (isScheduledLoop(inner))
      return WalkResult::skip();
    if (isa<memref::AllocaOp>(inner) && inner->getNumOperands() == 0)
      inner->moveBefore(entry, entry->begin());
    return WalkResult::advance();
  });
  return task;
}

/// Where the iterations that one after the other begins with go to the end of
/// what is left: min(iv + step, total).
static arith::MinUIOp findEnd(scf::ParallelOp loop) {
  if (!loop->hasAttr(rangesName))
    return {};
  for (Operation *user : loop.getInductionVars()[0].getUsers()) {
    auto sum = dyn_cast<arith::AddIOp>(user);
    if (!sum || !llvm::is_contained(sum->getOperands(), loop.getStep()[0]))
      continue;
    for (Operation *end : sum->getUsers())
      if (isa<arith::MinUIOp>(end) && end->getBlock() == loop.getBody())
        return cast<arith::MinUIOp>(end);
  }
  return {};
}

/// The items from `first` up to `last`: all as one, where the body goes over
/// ranges, else a loop over iterations.
void Outliner::emitRange(scf::ParallelOp loop, IRMapping &mapping, Value first,
                         Value last) {
  OpBuilder::InsertionGuard guard(b);
  Location loc = loop.getLoc();
  Value index = loop.getInductionVars()[0];
  if (arith::MinUIOp end = findEnd(loop)) {
    mapping.map(index, first);
    mapping.map(end.getResult(), last);
  } else {
    Value step = mapping.lookupOrDefault(loop.getStep()[0]);
    auto range =
        scf::ForOp::create(b, loc, arith::MulIOp::create(b, loc, first, step),
                           arith::MulIOp::create(b, loc, last, step), step);
    b.setInsertionPointToStart(range.getBody());
    mapping.map(index, range.getInductionVar());
  }
  for (Operation &inner : loop.getBody()->without_terminator())
    if (inner.getNumResults() == 0 || !mapping.contains(inner.getResult(0)))
      b.clone(inner, mapping);
}

/// What there is to hand out, and how many of it are worth a thread, in i64:
/// what the body goes over, one by one, so that no thread gets a step more than
/// another; else iterations.
std::pair<Value, Value> Outliner::emitCount(scf::ParallelOp loop) {
  Location loc = loop.getLoc();
  Value upper = toI64(loc, loop.getUpperBound()[0]);
  Value step = toI64(loc, loop.getStep()[0]);
  if (findEnd(loop))
    return {upper, step};
  Value one = arith::ConstantIntOp::create(b, loc, b.getI64Type(), 1);
  // ceil(upper / step)
  Value last = arith::SubIOp::create(b, loc, step, one);
  Value count = arith::DivUIOp::create(
      b, loc, arith::AddIOp::create(b, loc, upper, last), step);
  return {count, one};
}

Value Outliner::packCaptures(Location loc, ArrayRef<Value> captures,
                             LLVM::LLVMStructType contextType) {
  Value context;
  {
    OpBuilder::InsertionGuard guard(b);
    auto parent = b.getInsertionBlock()->getParentOp();
    while (!isa<FunctionOpInterface>(parent))
      parent = parent->getParentOp();
    b.setInsertionPointToStart(&parent->getRegion(0).front());
    Value one = LLVM::ConstantOp::create(b, loc, b.getI64Type(),
                                         b.getI64IntegerAttr(1));
    context = LLVM::AllocaOp::create(b, loc, pointerType(), contextType, one);
  }
  for (auto [index, capture] : llvm::enumerate(captures)) {
    Value converted = castTo(loc, contextType.getBody()[index], capture);
    LLVM::StoreOp::create(b, loc, converted,
                          field(loc, contextType, context, index));
  }
  return context;
}

LogicalResult Outliner::outline(scf::ParallelOp loop) {
  Location loc = loop.getLoc();
  if (loop.getInductionVars().size() != 1 || loop.getNumResults() != 0 ||
      getConstantIntValue(loop.getLowerBound()[0]) != 0)
    return loop.emitOpError("expected a loop from 0 without results");
  // Constants are copied into the task.
  SmallVector<Value> captures = llvm::filter_to_vector(
      findUsed(loop), [](Value value) { return !isConstant(value); });
  SmallVector<Type> fields;
  for (Value capture : captures) {
    Type type = converter.convertType(capture.getType());
    if (!type)
      return loop.emitOpError("expected captures with an LLVM type, but got ")
             << capture.getType();
    fields.push_back(type);
  }
  auto contextType = LLVM::LLVMStructType::getLiteral(b.getContext(), fields);
  LLVM::LLVMFuncOp task = buildTask(loop, captures, contextType);
  b.setInsertionPoint(loop);
  Value context = packCaptures(loc, captures, contextType);
  Type i64 = b.getI64Type();
  FailureOr<LLVM::LLVMFuncOp> callee =
      LLVM::lookupOrCreateFn(b, module, "rmsnorm_parallel_for",
                             {pointerType(), pointerType(), i64, i64},
                             LLVM::LLVMVoidType::get(b.getContext()));
  if (failed(callee))
    return failure();
  Value address = LLVM::AddressOfOp::create(b, loc, task);
  auto [count, grain] = emitCount(loop);
  LLVM::CallOp::create(b, loc, *callee,
                       ValueRange{address, context, count, grain});
  loop.erase();
  return success();
}

/// Has the runtime say how many threads there are.
static LogicalResult callRuntime(ModuleOp module, MaxThreadsOp op) {
  OpBuilder b(op);
  FailureOr<LLVM::LLVMFuncOp> callee = LLVM::lookupOrCreateFn(
      b, module, "rmsnorm_max_threads", {}, b.getI64Type());
  if (failed(callee))
    return failure();
  Value threads =
      LLVM::CallOp::create(b, op.getLoc(), *callee, ValueRange()).getResult();
  op.replaceAllUsesWith(
      arith::IndexCastOp::create(b, op.getLoc(), b.getIndexType(), threads)
          .getResult());
  op.erase();
  return success();
}

namespace {
struct Parallelize : rmsnorm::impl::RMSNormParallelizeBase<Parallelize> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    // The outermost first: the inner ones are then those of its task.
    for (;;) {
      SmallVector<scf::ParallelOp> loops;
      getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
        if (!isScheduledLoop(op))
          return WalkResult::advance();
        loops.push_back(cast<scf::ParallelOp>(op));
        return WalkResult::skip();
      });
      if (loops.empty())
        break;
      for (scf::ParallelOp loop : loops)
        if (failed(Outliner(getOperation(), symbols).outline(loop)))
          return signalPassFailure();
    }
    WalkResult result = getOperation().walk([&](MaxThreadsOp op) {
      return WalkResult(callRuntime(getOperation(), op));
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
