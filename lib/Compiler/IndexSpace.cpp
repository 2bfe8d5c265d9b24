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

/// The bytes from the first to the last element in both directions from
/// `tensor.data` do not leave the address space.
static Error checkSpan(StringRef name, const TensorRef &tensor,
                       const int64_t *strides) {
  int64_t below = 0, above = 0, size = getByteSize(tensor.type);
  bool overflows = false;
  for (size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    int64_t reach;
    overflows |=
        __builtin_mul_overflow(tensor.shape[axis] - 1, strides[axis], &reach);
    int64_t &end = reach < 0 ? below : above;
    overflows |= __builtin_add_overflow(end, reach, &end);
  }
  overflows |= __builtin_add_overflow(above, 1, &above);
  overflows |= __builtin_mul_overflow(below, size, &below);
  overflows |= __builtin_mul_overflow(above, size, &above);
  // No processor has more than 57 bits of address.
  constexpr int64_t most = int64_t(1) << 57;
  overflows |= below < -most || above > most;
  // As unsigned addresses, so that the upper half counts as well.
  uint64_t address = reinterpret_cast<uintptr_t>(tensor.data);
  overflows |= address < uint64_t(0) - uint64_t(below);
  overflows |= address + uint64_t(above) < address;
  if (!overflows)
    return Error::success();
  return makeError(NormErrorKind::Overflow,
                   "expected " + name +
                       " that fits into memory, but got shape " +
                       listText(tensor.shape) + " with strides " +
                       listText({strides, tensor.shape.size()}) + " of " +
                       getName(tensor.type));
}

/// The strides of a contiguous tensor, and whether it has any elements.
static Error checkExtents(StringRef name, const TensorRef &tensor,
                          int64_t *strides, bool &isEmpty) {
  isEmpty = false;
  int64_t count = 1;
  bool overflows = false;
  for (size_t i = tensor.shape.size(); i-- > 0;) {
    int64_t extent = tensor.shape[i];
    if (extent < 0)
      return invalid("expected extents of " + name +
                     " that are not negative, but got " +
                     listText(tensor.shape));
    strides[i] = count;
    isEmpty |= extent == 0;
    // A 0 does not hide that the other extents have no product.
    overflows |= __builtin_mul_overflow(count, extent ? extent : 1, &count);
  }
  if (overflows)
    return makeError(NormErrorKind::Overflow,
                     "expected a number of elements of " + name +
                         " that fits into 64 bits, but got shape " +
                         listText(tensor.shape));
  return Error::success();
}

/// Complex numbers are as aligned as their parts.
static int64_t getAlignment(ElementType type) {
  bool isComplex = type == ElementType::C64 || type == ElementType::C128;
  return getByteSize(type) / (isComplex ? 2 : 1);
}

Error rmsnorm::checkTensor(Operand operand, const TensorRef &tensor,
                           bool isWritten, int64_t *storage,
                           const int64_t *&strides) {
  StringRef name = getName(operand);
  if (tensor.shape.size() > size_t(maxRank))
    return invalid("expected " + name + " of rank " + Twine(maxRank) +
                   " or less, but got rank " + Twine(tensor.shape.size()));
  bool isEmpty;
  if (Error error = checkExtents(name, tensor, storage, isEmpty))
    return error;
  strides = tensor.strides ? tensor.strides : storage;
  if (isEmpty)
    return Error::success();
  if (!tensor.data)
    return invalid("expected data of " + name + ", but got a null pointer");
  // A power of two: a division would take as long as all other checks.
  if (reinterpret_cast<uintptr_t>(tensor.data) &
      uintptr_t(getAlignment(tensor.type) - 1))
    return invalid("expected data of " + name + " aligned to " +
                   Twine(getAlignment(tensor.type)) +
                   " bytes, but got an address that is not");
  if (isWritten)
    for (size_t axis = 0; axis < tensor.shape.size(); ++axis)
      if (strides[axis] == 0 && tensor.shape[axis] > 1)
        return invalid("expected strides of " + name +
                       " that are not 0, as it is written, but got " +
                       listText({strides, tensor.shape.size()}));
  return checkSpan(name, tensor, strides);
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

static bool isWritten(Operand operand) {
  return operand == Operand::Y || operand == Operand::ResidualOut ||
         operand == Operand::Rstd;
}

Error IndexSpace::layOperand(Operand operand, const TensorRef &tensor) {
  ExpectedShape expected = getExpectedShape(operand, rank, axes);
  Layout &layout = layouts[operand];
  int64_t storage[maxRank], shape[maxRank];
  const int64_t *strides;
  if (Error error =
          checkTensor(operand, tensor, isWritten(operand), storage, strides))
    return error;
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
      layout.strides[axis] = strides[dim];
    ++dim;
  }
  if (fits && dim == tensor.shape.size())
    return Error::success();
  return invalid("expected " + getName(operand) + " of shape " +
                 listText({shape, dim}) + " (" + expected.source +
                 "), but got " + listText(tensor.shape));
}

Error IndexSpace::layMask(const TensorRef &tensor) {
  Layout &layout = layouts[Operand::Mask];
  int64_t storage[maxRank];
  const int64_t *strides;
  if (Error error = checkTensor(Operand::Mask, tensor, false, storage, strides))
    return error;
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
    layout.strides[axis] = strides[dim];
  }
  if (fits)
    return Error::success();
  return invalid("expected mask of a shape that broadcasts to " +
                 listText({extents, size_t(rank)}) + " (x's), but got " +
                 listText(tensor.shape));
}

Error IndexSpace::lay(const Operands &operands, const NormAxes &axes) {
  for (Operand operand : {Operand::X, Operand::Y})
    if (!operands[operand])
      return invalid("expected " + getName(operand) +
                     ", but got a null pointer");
  this->axes = axes;
  ArrayRef<int64_t> shape = operands[Operand::X]->shape;
  rank = int(shape.size());
  if (rank > maxRank)
    return invalid("expected x of rank " + Twine(maxRank) +
                   " or less, but got rank " + Twine(rank));
  llvm::copy(shape, extents);
  for (Operand operand : allOperands) {
    const TensorRef *tensor = operands[operand];
    Layout &layout = layouts[operand];
    layout.isPresent = tensor != nullptr;
    layout.axes = 0;
    if (!tensor)
      continue;
    layout.data = static_cast<char *>(tensor->data);
    layout.type = tensor->type;
    if (Error error = operand == Operand::Mask ? layMask(*tensor)
                                               : layOperand(operand, *tensor))
      return error;
  }
  return checkOverlaps(*this);
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
