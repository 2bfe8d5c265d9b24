//===- IndexSpace.cpp - Operands laid over the axes of x ------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IndexSpace.h"
#include "Overlap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"

using namespace rmsnorm;
using llvm::ArrayRef;
using llvm::Error;
using llvm::StringRef;
using llvm::Twine;

static Error makeError(NormErrorKind kind, const Twine &message) {
  return llvm::make_error<NormError>(kind, message);
}

static Error invalid(const Twine &message) {
  return makeError(NormErrorKind::InvalidArgument, message);
}

static std::string listText(ArrayRef<int64_t> list) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(list, os);
  os << ']';
  return text;
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

Error rmsnorm::readAxes(StringRef name, std::optional<ArrayRef<int64_t>> list,
                        int rank, AxisSet &axes) {
  axes = 0;
  if (!list) {
    axes = AxisSet(1) << (rank - 1);
    return Error::success();
  }
  for (int64_t axis : *list) {
    if (axis < -rank || axis >= rank)
      return invalid("expected " + name + " between " + Twine(-rank) + " and " +
                     Twine(rank - 1) + " for x of rank " + Twine(rank) +
                     ", but got " + Twine(axis));
    AxisSet bit = AxisSet(1) << (axis < 0 ? axis + rank : axis);
    if (axes & bit)
      return invalid("expected distinct " + name + ", but got " +
                     listText(*list));
    axes |= bit;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// One tensor
//===----------------------------------------------------------------------===//

static Error makeSpanError(StringRef name, const TensorRef &tensor,
                           const int64_t *strides) {
  return makeError(NormErrorKind::Overflow,
                   "expected " + name +
                       " that fits into memory, but got shape " +
                       listText(tensor.shape) + " with strides " +
                       listText({strides, tensor.shape.size()}) + " of " +
                       getName(tensor.type));
}

static Error makeExtentsError(StringRef name, ArrayRef<int64_t> shape) {
  if (llvm::any_of(shape, [](int64_t extent) { return extent < 0; }))
    return invalid("expected extents of " + name +
                   " that are not negative, but got " + listText(shape));
  return makeError(NormErrorKind::Overflow,
                   "expected a number of elements of " + name +
                       " that fits into 64 bits, but got shape " +
                       listText(shape));
}

/// The strides of a contiguous tensor. False where an extent is negative or the
/// number of elements does not fit.
static bool readExtents(ArrayRef<int64_t> shape, int64_t *strides,
                        bool &isEmpty) {
  int64_t count = 1, signs = 0;
  bool overflows = false, hasZero = false;
  for (size_t i = shape.size(); i-- > 0;) {
    int64_t extent = shape[i];
    strides[i] = count;
    signs |= extent;
    hasZero |= extent == 0;
    // A 0 does not hide that the other extents have no product.
    overflows |= __builtin_mul_overflow(count, extent + (extent == 0), &count);
  }
  isEmpty = hasZero;
  return signs >= 0 && !overflows;
}

/// Finds the bytes from the first to the last element in both directions from
/// the data. False where they leave the address space.
static bool findSpan(CheckedTensor &checked) {
  const TensorRef &tensor = *checked.tensor;
  int64_t below = 0, above = 0, size = getByteSize(tensor.type);
  bool overflows = false;
  for (size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    int64_t reach;
    overflows |= __builtin_mul_overflow(tensor.shape[axis] - 1,
                                        checked.strides[axis], &reach);
    overflows |=
        __builtin_add_overflow(below, std::min<int64_t>(reach, 0), &below);
    overflows |=
        __builtin_add_overflow(above, std::max<int64_t>(reach, 0), &above);
  }
  overflows |= __builtin_add_overflow(above, 1, &above);
  overflows |= __builtin_mul_overflow(below, size, &below);
  overflows |= __builtin_mul_overflow(above, size, &above);
  // No processor has more than 57 bits of address.
  constexpr int64_t most = int64_t(1) << 57;
  overflows |= below < -most || above > most;
  // As unsigned addresses, so that the upper half counts as well.
  uint64_t address = reinterpret_cast<uintptr_t>(tensor.data);
  checked.begin = address + uint64_t(below);
  checked.end = address + uint64_t(above);
  return !overflows && checked.begin <= address && checked.end >= address;
}

int64_t rmsnorm::getAlignment(ElementType type) {
  bool isComplex = type == ElementType::C64 || type == ElementType::C128;
  return getByteSize(type) / (isComplex ? 2 : 1);
}

static bool writesTwice(const CheckedTensor &checked) {
  ArrayRef<int64_t> shape = checked.tensor->shape;
  for (size_t axis = 0; axis < shape.size(); ++axis)
    if (checked.strides[axis] == 0 && shape[axis] > 1)
      return true;
  return false;
}

Error CheckedTensor::check(Operand operand, const TensorRef &given) {
  tensor = &given;
  ArrayRef<int64_t> shape = given.shape;
  if (shape.size() > size_t(maxRank))
    return invalid("expected " + getName(operand) + " of rank " +
                   Twine(maxRank) + " or less, but got rank " +
                   Twine(shape.size()));
  bool isEmpty;
  if (!readExtents(shape, contiguousStrides, isEmpty))
    return makeExtentsError(getName(operand), shape);
  strides = given.strides ? given.strides : contiguousStrides;
  begin = end = 0;
  if (isEmpty)
    return Error::success();
  if (!given.data)
    return invalid("expected data of " + getName(operand) +
                   ", but got a null pointer");
  // A power of two: a division would take as long as all other checks.
  if (reinterpret_cast<uintptr_t>(given.data) &
      uintptr_t(getAlignment(given.type) - 1))
    return invalid("expected data of " + getName(operand) + " aligned to " +
                   Twine(getAlignment(given.type)) +
                   " bytes, but got an address that is not");
  if (isWritten(operand) && writesTwice(*this))
    return invalid("expected strides of " + getName(operand) +
                   " that are not 0, as it is written, but got " +
                   listText({strides, shape.size()}));
  if (!findSpan(*this))
    return makeSpanError(getName(operand), given, strides);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// All operands
//===----------------------------------------------------------------------===//

namespace {
/// What an operand's shape is, for diagnostics.
struct ExpectedShape {
  AxisSet axes;
  /// Axes that are there with extent 1.
  AxisSet ones;
  const char *source;
};
} // namespace

static ExpectedShape getExpectedShape(Operand operand, int rank,
                                      const NormAxes &axes) {
  AxisSet all = rank == 32 ? ~AxisSet(0) : (AxisSet(1) << rank) - 1;
  switch (operand) {
  case Operand::Scale:
  case Operand::Bias:
    return {axes.features, 0, "x's on the feature axes"};
  case Operand::Rstd:
    return {all, axes.reduced, "x's with the reduced axes as 1"};
  default:
    return {all, 0, "x's"};
  }
}

Error IndexSpace::layOperand(Operand operand, const CheckedTensor &checked) {
  ExpectedShape expected = getExpectedShape(operand, rank, axes);
  const TensorRef &tensor = *checked.tensor;
  Layout &layout = layouts[operand];
  int64_t shape[maxRank];
  layout.axes = expected.axes & ~expected.ones;
  size_t dim = 0;
  bool fits = true;
  for (int axis = 0; axis < rank; ++axis) {
    layout.strides[axis] = 0;
    if (!contains(expected.axes, axis))
      continue;
    bool isOne = contains(expected.ones, axis);
    shape[dim] = isOne ? 1 : extents[axis];
    fits = fits && dim < tensor.shape.size() && tensor.shape[dim] == shape[dim];
    if (fits && !isOne)
      layout.strides[axis] = checked.strides[dim];
    ++dim;
  }
  if (fits && dim == tensor.shape.size())
    return Error::success();
  return invalid("expected " + getName(operand) + " of shape " +
                 listText({shape, dim}) + " (" + expected.source +
                 "), but got " + listText(tensor.shape));
}

Error IndexSpace::layMask(const CheckedTensor &checked) {
  const TensorRef &tensor = *checked.tensor;
  Layout &layout = layouts[Operand::Mask];
  layout.axes = 0;
  std::fill(layout.strides, layout.strides + rank, 0);
  int lead = rank - int(tensor.shape.size());
  bool fits = lead >= 0;
  for (size_t dim = 0; fits && dim < tensor.shape.size(); ++dim) {
    int axis = lead + int(dim);
    fits = tensor.shape[dim] == extents[axis] || tensor.shape[dim] == 1;
    if (!fits || tensor.shape[dim] == 1)
      continue;
    layout.axes |= AxisSet(1) << axis;
    layout.strides[axis] = checked.strides[dim];
  }
  if (fits)
    return Error::success();
  return invalid("expected mask of a shape that broadcasts to " +
                 listText({extents, size_t(rank)}) + " (x's), but got " +
                 listText(tensor.shape));
}

Error rmsnorm::checkOperands(const Operands &operands,
                             CheckedOperands &checked) {
  for (Operand operand : {Operand::X, Operand::Y})
    if (!operands[operand])
      return invalid("expected " + getName(operand) +
                     ", but got a null pointer");
  for (Operand operand : allOperands)
    if (const TensorRef *tensor = operands[operand])
      if (Error error = checked[operand].check(operand, *tensor))
        return error;
  return Error::success();
}

Error IndexSpace::lay(const CheckedOperands &operands, const NormAxes &axes) {
  this->axes = axes;
  ArrayRef<int64_t> shape = operands[Operand::X].tensor->shape;
  rank = int(shape.size());
  llvm::copy(shape, extents);
  for (Operand operand : allOperands) {
    const CheckedTensor &checked = operands[operand];
    Layout &layout = layouts[operand];
    layout.isPresent = checked.tensor;
    layout.axes = 0;
    if (!checked.tensor)
      continue;
    layout.data = static_cast<char *>(checked.tensor->data);
    layout.type = checked.tensor->type;
    if (Error error = operand == Operand::Mask ? layMask(checked)
                                               : layOperand(operand, checked))
      return error;
  }
  return checkOverlaps(*this, operands);
}

bool IndexSpace::hasNothingToWrite() const {
  for (Operand operand : {Operand::Y, Operand::ResidualOut, Operand::Rstd}) {
    const Layout &layout = layouts[operand];
    bool isEmpty = !layout.isPresent;
    for (int axis = 0; axis < rank; ++axis)
      isEmpty |= contains(layout.axes, axis) && extents[axis] == 0;
    if (!isEmpty)
      return false;
  }
  return true;
}
