//===- ElementwiseEmitter.cpp - Bodies of linalg ops on vectors -----------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementwiseEmitter.h"
#include "EvenOdd.h"
#include "TaskLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace rmsnorm;

Type ElementwiseEmitter::vectorOf(Type element, int64_t width) {
  return width == 1 ? element : VectorType::get({width}, element);
}

/// Whether the results of `map` are different loops or 0.
static bool selectsLoops(AffineMap map) {
  llvm::SmallDenseSet<AffineExpr> seen;
  return llvm::all_of(map.getResults(), [&](AffineExpr expr) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      return constant.getValue() == 0;
    return isa<AffineDimExpr>(expr) && seen.insert(expr).second;
  });
}

LogicalResult ElementwiseEmitter::check() {
  if (!op.hasPureBufferSemantics())
    return op.emitOpError("expected memref operands, but got tensors");
  for (AffineMap map : op.getIndexingMapsArray())
    if (!selectsLoops(map))
      return op.emitOpError("expected indexing maps to different loops or 0, "
                            "but got ")
             << AffineMapAttr::get(map);
  for (Operation &inner : op.getBody()->without_terminator())
    if (inner.getNumRegions() != 0 || inner.getNumResults() != 1)
      return op.emitOpError("expected elementwise ops in the body, but got ")
             << inner.getName();
  return success();
}

Value ElementwiseEmitter::broadcast(Value value, int64_t width) {
  if (width == 1 || isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(
      b, loc, cast<VectorType>(vectorOf(value.getType(), width)), value);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// The memref with elements of type `to`, which are as wide in memory. Both
/// have the same descriptor and so the cast is free.
static Value reinterpretElements(OpBuilder &b, Location loc, Value memref,
                                 Type to) {
  auto type = cast<MemRefType>(memref.getType());
  if (to == type.getElementType())
    return memref;
  auto newType = MemRefType::get(type.getShape(), to, type.getLayout(),
                                 type.getMemorySpace());
  return UnrealizedConversionCastOp::create(b, loc, newType, memref)
      .getResult(0);
}

/// The type that elements are loaded as: bytes for i1 (vectors of i1 would be
/// read as packed bits), signless integers for unsigned ones.
static Type typeInMemory(Type element, OpBuilder &b) {
  if (element.isInteger(1))
    return b.getI8Type();
  if (element.isUnsignedInteger())
    return b.getIntegerType(element.getIntOrFloatBitWidth());
  return element;
}

std::optional<unsigned> rmsnorm::loopOf(AffineExpr expr) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dim.getPosition();
  return std::nullopt;
}

std::optional<unsigned> rmsnorm::lastLoopOf(AffineMap map) {
  if (map.getNumResults() == 0)
    return std::nullopt;
  return loopOf(map.getResults().back());
}

SmallVector<Value> ElementwiseEmitter::indicesOf(OpOperand &operand,
                                                 int64_t lane) {
  SmallVector<Value> result;
  for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults()) {
    std::optional<unsigned> loop = loopOf(expr);
    Value index =
        loop ? indices[*loop] : arith::ConstantIndexOp::create(b, loc, 0);
    if (loop == vectorLoop && lane != 0)
      index = arith::AddIOp::create(
          b, loc, index, arith::ConstantIndexOp::create(b, loc, lane));
    result.push_back(index);
  }
  return result;
}

bool ElementwiseEmitter::runsAlongVector(OpOperand &operand) {
  return op.getMatchingIndexingMap(&operand).isFunctionOfDim(vectorLoop);
}

/// Where bf16 is read along the vector loop, vectors are in even-odd order,
/// whatever the strides are: the types alone decide in which order is summed.
bool ElementwiseEmitter::usesEvenOdd(int64_t width) {
  return width > 1 &&
         llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *in) {
           auto type = cast<MemRefType>(in->get().getType());
           return type.getElementType().isBF16() && runsAlongVector(*in);
         });
}

bool ElementwiseEmitter::widensSelected(Operation *op) {
  auto widen = dyn_cast<arith::ExtFOp>(op);
  return widen && widen.getIn().getType().isBF16() && widen.getType().isF32() &&
         widen.getIn().getDefiningOp<arith::SelectOp>();
}

/// Whether all that is selected is bf16, by a mask, and is widened next:
/// vectors of it and of the mask are in their order in memory until then. A
/// byte of a mask goes with 16 bits that way, not with 32, and takes half the
/// instructions.
bool ElementwiseEmitter::selectsInOrder() {
  bool isFound = false;
  for (auto select : op.getBody()->getOps<arith::SelectOp>()) {
    isFound = true;
    for (Value value : {select.getCondition(), select.getTrueValue()})
      if (!isa<BlockArgument>(value) ||
          !llvm::all_of(value.getUsers(), llvm::IsaPred<arith::SelectOp>))
        return false;
    if (!llvm::all_of(select->getUsers(), widensSelected))
      return false;
  }
  return isFound;
}

/// Whether vectors of `operand` are in their order in memory.
bool ElementwiseEmitter::keepsOrder(OpOperand &operand) {
  BlockArgument argument =
      op.getBody()->getArgument(operand.getOperandNumber());
  return selectsInOrder() &&
         llvm::any_of(argument.getUsers(), llvm::IsaPred<arith::SelectOp>);
}

bool rmsnorm::isContiguousAlong(linalg::GenericOp op, OpOperand &operand,
                                unsigned loop) {
  return lastLoopOf(op.getMatchingIndexingMap(&operand)) == loop &&
         cast<MemRefType>(operand.get().getType()).isLastDimUnitStride();
}

/// Whether neighbours along `loop` are read and written as vectors.
static bool isVectorAlong(linalg::GenericOp op, OpOperand &operand,
                          unsigned loop) {
  return isContiguousAlong(op, operand, loop) &&
         VectorType::isValidElementType(
             getElementTypeOrSelf(operand.get().getType()));
}

bool ElementwiseEmitter::isContiguous() {
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
    return !runsAlongVector(operand) || isVectorAlong(op, operand, vectorLoop);
  });
}

ElementwiseEmitter::Number ElementwiseEmitter::load(OpOperand &operand,
                                                    int64_t width) {
  Value laidOut = converted.lookup(operand.getOperandNumber());
  if (laidOut && width > 1)
    return {loadVector(laidOut, indices[vectorLoop], width), {}};
  bool runsAlong = runsAlongVector(operand);
  SmallVector<Value> at = indicesOf(operand);
  auto type = cast<MemRefType>(operand.get().getType());
  Type element = typeInMemory(type.getElementType(), b);
  Value memref = reinterpretElements(b, loc, operand.get(), element);
  SmallVector<Value> lanes;
  Value loaded;
  if (width > 1 && runsAlong && isVectorAlong(op, operand, vectorLoop)) {
    loaded = vector::LoadOp::create(
        b, loc, cast<VectorType>(vectorOf(element, width)), memref, at);
    if (usesEvenOdd(width) && !keepsOrder(operand))
      loaded = element.isBF16() ? widenEvenOdd(b, loc, loaded)
                                : toEvenOdd(b, loc, loaded);
  } else {
    // As bits: where LLVM moves one out of a loop, a target without bf16 would
    // widen and round it.
    memref = reinterpretElements(b, loc, memref, bitsOfNarrowFloat(element));
    int64_t count = runsAlong ? width : 1;
    for (int64_t lane : llvm::seq(count)) {
      bool isEvenOdd = usesEvenOdd(count) && !keepsOrder(operand);
      int64_t from = isEvenOdd ? evenOddLane(lane, count) : lane;
      lanes.push_back(
          memref::LoadOp::create(b, loc, memref, indicesOf(operand, from)));
    }
  }
  auto gather = [&](ArrayRef<Value> parts) -> Value {
    Value vector =
        parts.size() == 1
            ? broadcast(parts[0], width)
            : vector::FromElementsOp::create(
                  b, loc, VectorType::get({width}, parts[0].getType()), parts);
    return isa<ComplexType>(element)
               ? vector
               : bitsToNarrowFloat(b, loc, vector, element);
  };
  if (isa<ComplexType>(element)) {
    SmallVector<Value> re, im;
    for (Value lane : lanes) {
      re.push_back(complex::ReOp::create(b, loc, lane));
      im.push_back(complex::ImOp::create(b, loc, lane));
    }
    return {gather(re), gather(im)};
  }
  if (!loaded)
    loaded = gather(lanes);
  if (type.getElementType().isInteger(1)) {
    if (width > 1)
      masks[op.getBody()->getArgument(operand.getOperandNumber())] = loaded;
    Value zero =
        arith::ConstantOp::create(b, loc, b.getZeroAttr(loaded.getType()));
    loaded =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, loaded, zero);
  }
  return {loaded, {}};
}

Value ElementwiseEmitter::loadVector(Value memref, Value index, int64_t width) {
  if (width == 1)
    return memref::LoadOp::create(b, loc, memref, index);
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  return vector::LoadOp::create(b, loc, VectorType::get({width}, element),
                                memref, index);
}

void ElementwiseEmitter::storeVector(Value value, Value memref, Value index) {
  if (isa<VectorType>(value.getType()))
    vector::StoreOp::create(b, loc, value, memref, index);
  else
    memref::StoreOp::create(b, loc, value, memref, index);
}

Value ElementwiseEmitter::loadAlong(unsigned output, unsigned loop,
                                    int64_t width) {
  llvm::SaveAndRestore along(vectorLoop, loop);
  OpOperand &operand = *op.getDpsInitOperand(output);
  Type element = cast<MemRefType>(operand.get().getType()).getElementType();
  auto type = VectorType::get({width}, element);
  if (isVectorAlong(op, operand, loop))
    return vector::LoadOp::create(b, loc, type, operand.get(),
                                  indicesOf(operand));
  SmallVector<Value> lanes;
  for (int64_t lane : llvm::seq(width))
    lanes.push_back(memref::LoadOp::create(b, loc, operand.get(),
                                           indicesOf(operand, lane)));
  return vector::FromElementsOp::create(b, loc, type, lanes);
}

void ElementwiseEmitter::storeAlong(unsigned output, unsigned loop,
                                    Value vector) {
  llvm::SaveAndRestore along(vectorLoop, loop);
  OpOperand &operand = *op.getDpsInitOperand(output);
  if (isVectorAlong(op, operand, loop)) {
    vector::StoreOp::create(b, loc, vector, operand.get(), indicesOf(operand));
    return;
  }
  for (int64_t lane :
       llvm::seq(cast<VectorType>(vector.getType()).getDimSize(0)))
    memref::StoreOp::create(b, loc,
                            vector::ExtractOp::create(b, loc, vector, lane),
                            operand.get(), indicesOf(operand, lane));
}

void ElementwiseEmitter::loadShared(unsigned loop, int64_t width) {
  for (OpOperand *input : op.getDpsInputOperands())
    if (!op.getMatchingIndexingMap(input).isFunctionOfDim(loop))
      shared[input->getOperandNumber()] = load(*input, width);
}

/// What vectors of `input` are widened to wherever they are used, if they are.
static Type findWidened(linalg::GenericOp op, OpOperand &input) {
  Type to;
  for (Operation *user : op.getMatchingBlockArgument(&input).getUsers()) {
    auto widen = dyn_cast<arith::ExtFOp>(user);
    if (!widen || (to && to != widen.getType()))
      return {};
    to = widen.getType();
  }
  return to;
}

Type ElementwiseEmitter::typeConverted(OpOperand &input, int64_t width) {
  Type element = cast<MemRefType>(input.get().getType()).getElementType();
  if (isa<FloatType>(element) && element.getIntOrFloatBitWidth() <= 16)
    if (Type widened = findWidened(op, input))
      return widened;
  if (!usesEvenOdd(width))
    return {};
  if (element.isBF16())
    return b.getF32Type();
  // As load gives it: masks are compared already.
  return element.isInteger(1) ? element : typeInMemory(element, b);
}

SmallVector<OpOperand *> ElementwiseEmitter::findConverted(int64_t width) {
  if (width == 1)
    return {};
  return llvm::filter_to_vector(op.getDpsInputOperands(), [&](OpOperand *in) {
    return isVectorAlong(op, *in, vectorLoop) && typeConverted(*in, width) &&
           llvm::all_of(op.getMatchingIndexingMap(in).getResults(),
                        [&](AffineExpr expr) {
                          std::optional<unsigned> loop = loopOf(expr);
                          return !loop || loop == vectorLoop || indices[*loop];
                        });
  });
}

void ElementwiseEmitter::convert(OpOperand &input, int64_t width) {
  if (width == 1)
    return;
  auto memory = converted.find(input.getOperandNumber());
  Value slot = memory->second;
  converted.erase(memory);
  storeVector(loadConverted(input, width), slot, indices[vectorLoop]);
  readFrom(input, slot);
}

/// As vectors are computed with.
Value ElementwiseEmitter::loadConverted(OpOperand &input, int64_t width) {
  Value loaded = load(input, width).re;
  if (usesEvenOdd(width) && mayHoldPayload(input))
    loaded = dropPayloads(b, loc, loaded);
  auto type = cast<VectorType>(vectorOf(typeConverted(input, width), width));
  return loaded.getType() == type
             ? loaded
             : arith::ExtFOp::create(b, loc, type, loaded).getResult();
}

Value ElementwiseEmitter::toMemory(OpOperand &operand, Value value,
                                   int64_t width) {
  if (width == 1 || !isVectorAlong(op, operand, vectorLoop))
    return value;
  Type element = cast<MemRefType>(operand.get().getType()).getElementType();
  if (usesEvenOdd(width))
    value =
        element.isBF16() && getElementTypeOrSelf(value).isF32()
            ? narrowEvenOdd(b, loc, value, mayHoldPayload(), hasMaskRegisters)
            : fromEvenOdd(b, loc, value);
  // As bits: from block to block, a target without bf16 would widen it.
  return narrowFloatToBits(b, loc, value);
}

void ElementwiseEmitter::storeLanes(OpOperand &operand, Value value,
                                    Number parts, int64_t width) {
  Value memref = operand.get();
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  if (width > 1 && !parts.im)
    value = narrowFloatToBits(b, loc, value);
  auto laneOf = [&](Value vector, int64_t lane) -> Value {
    if (width == 1)
      return vector;
    Value bits = vector::ExtractOp::create(b, loc, vector, lane);
    return parts.im ? bits : bitsToNarrowFloat(b, loc, bits, element);
  };
  for (int64_t lane : llvm::seq(width)) {
    Value scalar;
    if (parts.im)
      scalar = complex::CreateOp::create(
          b, loc, element, laneOf(parts.re, lane), laneOf(parts.im, lane));
    else
      scalar = laneOf(value, lane);
    int64_t to = usesEvenOdd(width) ? evenOddLane(lane, width) : lane;
    memref::StoreOp::create(b, loc, scalar, memref, indicesOf(operand, to));
  }
}

/// Whether a NaN with bits below those of bf16 can be among the values: not if
/// all come from bf16, from sums of it that this kernel made, or from where
/// loadConverted has dropped them.
bool ElementwiseEmitter::mayHoldPayload() {
  return llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *input) {
    return !converted.contains(input->getOperandNumber()) &&
           mayHoldPayload(*input);
  });
}

bool ElementwiseEmitter::mayHoldPayload(OpOperand &input) {
  Type element = cast<MemRefType>(input.get().getType()).getElementType();
  return isa<FloatType>(element) && element.getIntOrFloatBitWidth() > 16 &&
         !allocationOf(input.get());
}

/// A conversion that the load, or the store of bf16, does on its way.
bool ElementwiseEmitter::isConvertedInMemory(Operation &inner, int64_t width) {
  if (auto widen = dyn_cast<arith::ExtFOp>(inner))
    return getElementTypeOrSelf(lookup(widen.getIn(), width)) ==
           widen.getType();
  auto narrow = dyn_cast<arith::TruncFOp>(inner);
  if (!narrow || !narrow.getType().isBF16() ||
      !narrow.getIn().getType().isF32() || !usesEvenOdd(width) ||
      !narrow->hasOneUse())
    return false;
  OpOperand &use = *narrow->use_begin();
  return isa<linalg::YieldOp>(use.getOwner()) &&
         isVectorAlong(op, *op.getDpsInitOperand(use.getOperandNumber()),
                       vectorLoop);
}

SmallVector<Value>
ElementwiseEmitter::computeForMemoryUnconverted(int64_t width) {
  llvm::SaveAndRestore memory(converted);
  converted.clear();
  return toMemory(compute(width), width);
}

Value ElementwiseEmitter::loadOutput(unsigned output, int64_t width) {
  return load(*op.getDpsInitOperand(output), width).re;
}

SmallVector<Value> ElementwiseEmitter::toMemory(ValueRange values,
                                                int64_t width) {
  SmallVector<Value> converted;
  for (auto [output, value] : llvm::enumerate(values))
    converted.push_back(toMemory(*op.getDpsInitOperand(output), value, width));
  return converted;
}

void ElementwiseEmitter::storeConverted(ValueRange values, int64_t width,
                                        int64_t alignment) {
  for (auto [output, value] : llvm::enumerate(values)) {
    OpOperand &operand = *op.getDpsInitOperand(output);
    if (width == 1 || !isVectorAlong(op, operand, vectorLoop)) {
      auto yield = cast<linalg::YieldOp>(op.getBody()->getTerminator());
      Number parts = complexNumbers.lookup(yield.getOperand(output));
      storeLanes(operand, value, parts, width);
      continue;
    }
    Value memref =
        reinterpretElements(b, loc, operand.get(), getElementTypeOrSelf(value));
    auto store =
        vector::StoreOp::create(b, loc, value, memref, indicesOf(operand));
    if (alignment) {
      store.setNontemporal(true);
      store.setAlignment(alignment);
    }
  }
}
