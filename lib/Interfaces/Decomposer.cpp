//===- Decomposer.cpp - linalg ops over the axes of x ---------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decomposer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "rmsnorm/IR/Scratch.h"

using namespace mlir;
using namespace rmsnorm;

Decomposer::Decomposer(OpBuilder &builder, NormOpInterface op, FloatType type)
    : b(builder), loc(op.getLoc()), op(op), type(type),
      isTensor(isa<RankedTensorType>(op.getX().getType())) {
  for (int64_t axis : llvm::seq(op.getX().getType().getRank()))
    if (!llvm::is_contained(op.getReductionAxes(), axis))
      parallelAxes.push_back(axis);
}

Laid Decomposer::lay(OpOperand &operand) {
  SmallVector<int64_t> axes = op.getOperandAxes(operand);
  if (!isTensor || !llvm::is_contained(axes, -1))
    return {operand.get(), axes};
  Value view = dropUnitDims(operand.get(), axes);
  llvm::erase(axes, -1);
  return {view, axes};
}

Laid Decomposer::temporary(ArrayRef<int64_t> axes, Type elementType,
                           Value fill) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t axis : axes)
    sizes.push_back(sizeOf(axis));
  Value buffer =
      isTensor ? Value(tensor::EmptyOp::create(b, loc, sizes, elementType))
               : createScratch(b, loc, sizes, elementType, heapBuffers);
  if (fill)
    buffer = this->fill(buffer, fill);
  return {buffer, llvm::to_vector(axes)};
}

Value Decomposer::fill(Value buffer, Value value) {
  auto fill = linalg::FillOp::create(b, loc, value, buffer);
  return isTensor ? fill.getResult(0) : buffer;
}

/// The axes that any operand runs along, sorted.
static SmallVector<int64_t> loopAxes(ArrayRef<Laid> inputs,
                                     ArrayRef<Laid> outputs) {
  SmallVector<int64_t> axes;
  for (ArrayRef<Laid> operands : {inputs, outputs})
    for (const Laid &operand : operands)
      axes.append(operand.axes);
  llvm::erase(axes, -1);
  llvm::sort(axes);
  axes.erase(llvm::unique(axes), axes.end());
  return axes;
}

AffineMap Decomposer::mapOf(const Laid &operand, ArrayRef<int64_t> loops) {
  SmallVector<AffineExpr> exprs;
  for (int64_t axis : operand.axes)
    exprs.push_back(
        axis < 0 ? b.getAffineConstantExpr(0)
                 : b.getAffineDimExpr(llvm::find(loops, axis) - loops.begin()));
  return AffineMap::get(loops.size(), 0, exprs, b.getContext());
}

SmallVector<Value> Decomposer::generic(ArrayRef<Laid> inputs,
                                       ArrayRef<Laid> outputs, Body body) {
  SmallVector<int64_t> loops = loopAxes(inputs, outputs);
  SmallVector<AffineMap> maps;
  SmallVector<Value> ins, outs;
  llvm::SmallDenseSet<int64_t> written;
  for (const Laid &input : inputs) {
    ins.push_back(input.value);
    maps.push_back(mapOf(input, loops));
  }
  for (const Laid &output : outputs) {
    outs.push_back(output.value);
    maps.push_back(mapOf(output, loops));
    written.insert(output.axes.begin(), output.axes.end());
  }
  SmallVector<utils::IteratorType> iterators;
  for (int64_t axis : loops)
    iterators.push_back(written.contains(axis)
                            ? utils::IteratorType::parallel
                            : utils::IteratorType::reduction);
  auto buildBody = [&](OpBuilder &nested, Location loc, ValueRange arguments) {
    ScalarBuilder scalars(nested, loc, type);
    linalg::YieldOp::create(nested, loc, body(scalars, arguments));
  };
  auto generic = linalg::GenericOp::create(
      b, loc, isTensor ? TypeRange(outs) : TypeRange(), ins, outs, maps,
      iterators, buildBody);
  if (Attribute schedule = op->getAttr("schedule"))
    handOn(generic, schedule, loops);
  return isTensor ? llvm::to_vector_of<Value>(generic.getResults()) : outs;
}

/// Tells the passes after this one what the loops of `generic` are.
void Decomposer::handOn(Operation *generic, Attribute schedule,
                        ArrayRef<int64_t> loops) {
  SmallVector<int64_t> reduced;
  for (auto [loop, axis] : llvm::enumerate(loops))
    if (!llvm::is_contained(parallelAxes, axis))
      reduced.push_back(loop);
  generic->setDiscardableAttr(scheduleName, schedule);
  if (!reduced.empty())
    generic->setDiscardableAttr(reducedLoopsName,
                                b.getDenseI64ArrayAttr(reduced));
}

Value Decomposer::restore(Value result, OpOperand &init) {
  SmallVector<int64_t> axes = op.getOperandAxes(init);
  if (!isTensor || !llvm::is_contained(axes, -1))
    return result;
  auto [offsets, sizes, strides] = sliceOf(init.get());
  return tensor::InsertSliceOp::create(b, loc, result, init.get(), offsets,
                                       sizes, strides);
}

Value Decomposer::positions(ArrayRef<int64_t> except) {
  int64_t known = 1;
  Value product;
  for (int64_t axis : op.getReductionAxes()) {
    if (llvm::is_contained(except, axis))
      continue;
    OpFoldResult size = sizeOf(axis);
    if (std::optional<int64_t> constant = getConstantIntValue(size))
      known *= *constant;
    else
      product = product
                    ? arith::MulIOp::create(b, loc, product, cast<Value>(size))
                          .getResult()
                    : cast<Value>(size);
  }
  ScalarBuilder scalars(b, loc, b.getF64Type());
  if (!product)
    return scalars.constant(static_cast<double>(known));
  if (known != 1)
    product = arith::MulIOp::create(
        b, loc, product, arith::ConstantIndexOp::create(b, loc, known));
  Value bits = arith::IndexCastOp::create(b, loc, b.getI64Type(), product);
  return arith::SIToFPOp::create(b, loc, b.getF64Type(), bits);
}

void Decomposer::finish() { freeScratch(b, loc, heapBuffers); }

OpFoldResult Decomposer::sizeOf(int64_t axis) {
  if (isTensor)
    return tensor::getMixedSize(b, loc, op.getX(), axis);
  return memref::getMixedSize(b, loc, op.getX(), axis);
}

Decomposer::Slice Decomposer::sliceOf(Value value) {
  int64_t rank = cast<ShapedType>(value.getType()).getRank();
  Slice slice;
  slice.offsets.assign(rank, b.getIndexAttr(0));
  slice.strides.assign(rank, b.getIndexAttr(1));
  slice.sizes = tensor::getMixedSizes(b, loc, value);
  return slice;
}

Value Decomposer::dropUnitDims(Value value, ArrayRef<int64_t> axes) {
  Slice slice = sliceOf(value);
  auto type = cast<ShapedType>(value.getType());
  SmallVector<int64_t> shape;
  for (auto [axis, size] : llvm::zip_equal(axes, type.getShape()))
    if (axis >= 0)
      shape.push_back(size);
  // A size of 1 that the type does not know is one all the same.
  for (auto [axis, size] : llvm::zip_equal(axes, slice.sizes))
    if (axis < 0)
      size = b.getIndexAttr(1);
  return tensor::ExtractSliceOp::create(
      b, loc, RankedTensorType::get(shape, type.getElementType()), value,
      slice.offsets, slice.sizes, slice.strides);
}
