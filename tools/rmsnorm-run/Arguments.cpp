//===- Arguments.cpp - Arguments of a compiled function -------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

using namespace llvm;
using namespace rmsnorm;

/// Extents as the diagnostics write them, `4x?x8`; `()` for rank 0.
static std::string printShape(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "()";
  std::string text;
  for (auto [axis, extent] : enumerate(shape))
    text += (axis ? "x" : "") +
            (extent == ValueInfo::dynamic ? "?" : std::to_string(extent));
  return text;
}

static Error checkShape(const ValueInfo &info, ArrayRef<int64_t> shape) {
  bool fits = shape.size() == info.shape.size();
  for (auto [expected, got] : zip(info.shape, shape))
    fits &= expected == ValueInfo::dynamic || expected == got;
  if (fits)
    return Error::success();
  if (shape.size() != info.shape.size())
    return createStringError("expected rank " + Twine(info.shape.size()) +
                             " (" + info.getTypeName() + "), but got rank " +
                             Twine(shape.size()));
  return createStringError("expected shape " + printShape(info.shape) +
                           ", but got " + printShape(shape));
}

/// The product, or where it does not fit `a`: such an array is refused where
/// its memory is allocated, or has no elements.
static int64_t multiplyOrKeep(int64_t a, int64_t b) {
  int64_t product;
  return MulOverflow(a, b, product) ? a : product;
}

/// The strides of an array without gaps whose fastest axis is the last one or,
/// in Fortran order, the first one.
static SmallVector<int64_t> packedStrides(ArrayRef<int64_t> shape,
                                          bool fortranOrder) {
  SmallVector<int64_t> strides(shape.size(), 1);
  int64_t next = 1, rank = shape.size();
  for (int64_t step = 0; step < rank; ++step) {
    int64_t axis = fortranOrder ? step : rank - 1 - step;
    strides[axis] = next;
    next = multiplyOrKeep(next, std::max<int64_t>(shape[axis], 1));
  }
  return strides;
}

/// The strides that `info` gives. Those that it leaves open are the file's
/// where it leaves all open, else such that rows do not overlap.
static SmallVector<int64_t> chooseStrides(const ValueInfo &info,
                                          ArrayRef<int64_t> shape,
                                          bool fortranOrder) {
  auto isOpen = [](int64_t stride) { return stride == ValueInfo::dynamic; };
  if (all_of(info.strides, isOpen))
    return packedStrides(shape, fortranOrder);
  SmallVector<int64_t> strides(info.strides.begin(), info.strides.end());
  int64_t next = 1;
  for (int64_t axis = shape.size() - 1; axis >= 0; --axis) {
    if (isOpen(strides[axis]))
      strides[axis] = next;
    next = std::max(next, multiplyOrKeep(std::abs(strides[axis]),
                                         std::max<int64_t>(shape[axis], 1)));
  }
  return strides;
}

void Argument::setDescriptor(ArrayRef<int64_t> shape, ArrayRef<int64_t> strides,
                             int64_t offset) {
  words.assign({0, 0, offset});
  words.insert(words.end(), shape.begin(), shape.end());
  words.insert(words.end(), strides.begin(), strides.end());
}

/// At least `bytes` at the alignment of a cache line; much memory is on huge
/// pages, where the system has them for those who ask, because --time is not to
/// measure how addresses are translated.
static void *allocateAligned(int64_t bytes) {
  constexpr int64_t line = 64, hugePage = 2 << 20;
  int64_t alignment = bytes < 2 * hugePage ? line : hugePage;
  void *memory = std::aligned_alloc(
      alignment, alignTo(static_cast<uint64_t>(bytes) + line, alignment));
  if (memory && alignment == hugePage)
    madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

Error Argument::allocate(ArrayRef<int64_t> shape, ArrayRef<int64_t> strides,
                         int64_t offset) {
  setDescriptor(shape, strides, offset);
  bool empty = is_contained(shape, 0);
  int64_t first = 0, last = 0;
  for (auto [extent, stride] : zip(shape, strides)) {
    int64_t reach = 0;
    if (!empty && (MulOverflow(extent - 1, stride, reach) ||
                   AddOverflow(last, std::max<int64_t>(reach, 0), last) ||
                   AddOverflow(first, std::min<int64_t>(reach, 0), first)))
      return createStringError("expected a size below 2^63 bytes, but shape " +
                               printShape(shape) + " exceeds it");
  }
  if (offset + first < 0)
    return createStringError(
        "expected a layout within its memory, but strides and offset of " +
        info.getTypeName() + " reach before its begin");
  int64_t elements, bytes;
  if (AddOverflow(last, offset + 1, elements) ||
      MulOverflow(elements, getByteSize(info.elementType), bytes) ||
      bytes > INT64_MAX - 128)
    return createStringError("expected a size below 2^63 bytes, but shape " +
                             printShape(shape) + " exceeds it");
  void *memory = allocateAligned(bytes);
  if (!memory)
    return createStringError("out of memory for " + Twine(bytes) + " bytes");
  std::memset(memory, 0, bytes);
  storage.reset(static_cast<char *>(memory));
  words[0] = words[1] = reinterpret_cast<int64_t>(memory);
  return Error::success();
}

SmallVector<int64_t, 6> Argument::getShape() const {
  if (info.kind == ValueInfo::Kind::Scalar)
    return {};
  return SmallVector<int64_t, 6>(words.begin() + 3,
                                 words.begin() + 3 + info.getRank());
}

void Argument::copy(Direction direction, char *other,
                    ArrayRef<int64_t> otherStrides) const {
  SmallVector<int64_t, 6> shape = getShape();
  if (is_contained(shape, 0))
    return;
  int64_t rank = info.getRank(), bytes = getByteSize(info.elementType);
  const int64_t *strides = words.data() + 3 + rank;
  char *here = reinterpret_cast<char *>(words[1]) + words[2] * bytes;
  SmallVector<int64_t, 6> index(rank, 0);
  while (true) {
    if (direction == Direction::ToOther)
      std::memcpy(other, here, bytes);
    else
      std::memcpy(here, other, bytes);
    int64_t axis = rank - 1;
    for (; axis >= 0; --axis) {
      here += strides[axis] * bytes;
      other += otherStrides[axis] * bytes;
      if (++index[axis] < shape[axis])
        break;
      here -= shape[axis] * strides[axis] * bytes;
      other -= shape[axis] * otherStrides[axis] * bytes;
      index[axis] = 0;
    }
    if (axis < 0)
      return;
  }
}

Expected<Argument> Argument::zero(const ValueInfo &info,
                                  ArrayRef<int64_t> shape) {
  if (Error error = checkShape(info, shape))
    return error;
  Argument argument(info);
  if (info.kind == ValueInfo::Kind::Scalar) {
    argument.words.assign(2, 0);
    return argument;
  }
  int64_t offset = info.offset == ValueInfo::dynamic ? 0 : info.offset;
  if (Error error = argument.allocate(
          shape, chooseStrides(info, shape, /*fortranOrder=*/false), offset))
    return error;
  return argument;
}

Argument Argument::result(const ValueInfo &info) {
  Argument argument(info);
  argument.words.assign(3 + 2 * info.getRank(), 0);
  return argument;
}

Expected<Argument> Argument::fromArray(const ValueInfo &info,
                                       const NpyArray &array) {
  if (!fitsDescr(info.elementType, array.descr))
    return createStringError(
        "expected dtype " + getNumpyName(info.elementType) + " for " +
        info.getTypeName() + ", but got '" + array.descr + "'");
  if (Error error = checkShape(info, array.shape))
    return error;
  int64_t bytes = getByteSize(info.elementType);
  Argument argument(info);
  if (info.kind == ValueInfo::Kind::Scalar) {
    argument.words.assign(2, 0);
    std::memcpy(argument.words.data(), array.data, bytes);
    return argument;
  }
  int64_t offset = info.offset == ValueInfo::dynamic ? 0 : info.offset;
  if (Error error = argument.allocate(
          array.shape, chooseStrides(info, array.shape, array.fortranOrder),
          offset))
    return error;
  argument.copy(Direction::FromOther, const_cast<char *>(array.data),
                packedStrides(array.shape, array.fortranOrder));
  return argument;
}

std::string Argument::gather() const {
  int64_t bytes = getByteSize(info.elementType);
  if (info.kind == ValueInfo::Kind::Scalar)
    return std::string(reinterpret_cast<const char *>(words.data()), bytes);
  int64_t elements = 1;
  for (int64_t extent : getShape())
    elements *= extent;
  std::string data(elements * bytes, '\0');
  copy(Direction::ToOther, data.data(), packedStrides(getShape(), false));
  return data;
}
