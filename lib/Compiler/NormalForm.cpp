//===- NormalForm.cpp - One kernel for many calls -------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NormalForm.h"
#include "llvm/ADT/bit.h"

using namespace rmsnorm;

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

static void setBit(AxisSet &set, int axis, bool value) {
  set = (set & ~(AxisSet(1) << axis)) | (AxisSet(value) << axis);
}

/// All there is to know of one axis goes from `from` to `to`.
static void moveAxis(IndexSpace &space, int from, int to) {
  space.extents[to] = space.extents[from];
  setBit(space.axes.reduced, to, contains(space.axes.reduced, from));
  setBit(space.axes.features, to, contains(space.axes.features, from));
  for (Operand operand : allOperands) {
    IndexSpace::Layout &layout = space.layouts[operand];
    if (!layout.isPresent)
      continue;
    layout.strides[to] = layout.strides[from];
    setBit(layout.axes, to, contains(layout.axes, from));
  }
}

/// Drops the axes from `rank` on.
static void setRank(IndexSpace &space, int rank) {
  space.rank = rank;
  AxisSet kept = rank == 32 ? ~AxisSet(0) : (AxisSet(1) << rank) - 1;
  space.axes.reduced &= kept;
  space.axes.features &= kept;
  for (Operand operand : allOperands)
    space.layouts[operand].axes &= kept;
}

static void dropReducedOnes(IndexSpace &space) {
  int rank = 0;
  for (int axis = 0; axis < space.rank; ++axis) {
    if (space.extents[axis] == 1 && contains(space.axes.reduced, axis))
      continue;
    if (rank != axis)
      moveAxis(space, axis, rank);
    ++rank;
  }
  setRank(space, rank);
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

static uint64_t getMagnitude(int64_t stride) {
  return stride < 0 ? uint64_t(0) - uint64_t(stride) : uint64_t(stride);
}

/// The operand whose memory the axes follow: x, which is read twice, unless it
/// is the same along some axis.
static Operand getLeader(const IndexSpace &space) {
  for (int axis = 0; axis < space.rank; ++axis)
    if (space.extents[axis] > 1 && space.layouts[Operand::X].strides[axis] == 0)
      return Operand::Y;
  return Operand::X;
}

/// Insertion sort: it is stable, and the axes mostly are in order.
static void sortAxes(IndexSpace &space) {
  // One place more than there are axes.
  if (space.rank == maxRank)
    return;
  const IndexSpace::Layout &leader = space.layouts[getLeader(space)];
  int spare = space.rank;
  for (int axis = 1; axis < space.rank; ++axis) {
    uint64_t stride = getMagnitude(leader.strides[axis]);
    int place = axis;
    while (place > 0 && getMagnitude(leader.strides[place - 1]) < stride)
      --place;
    if (place == axis)
      continue;
    moveAxis(space, axis, spare);
    for (int moved = axis; moved > place; --moved)
      moveAxis(space, moved - 1, moved);
    moveAxis(space, spare, place);
  }
  setRank(space, space.rank);
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

/// Whether the axes are alike for every operand and lie in each of them as one.
static bool areOne(const IndexSpace &space, int outer, int inner) {
  const NormAxes &axes = space.axes;
  if (contains(axes.reduced, outer) != contains(axes.reduced, inner) ||
      contains(axes.features, outer) != contains(axes.features, inner))
    return false;
  for (Operand operand : allOperands) {
    const IndexSpace::Layout &layout = space.layouts[operand];
    if (!layout.isPresent)
      continue;
    if (contains(layout.axes, outer) != contains(layout.axes, inner))
      return false;
    // The product is no more than the reach that was checked before, or it
    // belongs to an axis without a second element.
    int64_t span;
    if (__builtin_mul_overflow(layout.strides[inner], space.extents[inner],
                               &span) ||
        layout.strides[outer] != span)
      return false;
  }
  return true;
}

/// An axis with one element says nothing that its neighbour does not, as long
/// as neither is reduced.
static bool isIdle(const IndexSpace &space, int axis, int neighbour) {
  return space.extents[axis] == 1 && !contains(space.axes.reduced, axis) &&
         !contains(space.axes.reduced, neighbour);
}

static void mergeAxes(IndexSpace &space) {
  int last = 0;
  for (int axis = 1; axis < space.rank; ++axis) {
    if (isIdle(space, axis, last))
      continue;
    if (isIdle(space, last, axis)) {
      moveAxis(space, axis, last);
      continue;
    }
    if (areOne(space, last, axis)) {
      int64_t extent = space.extents[last];
      moveAxis(space, axis, last);
      // Checked to fit: the number of x's elements does.
      space.extents[last] *= extent;
      continue;
    }
    if (++last != axis)
      moveAxis(space, axis, last);
  }
  setRank(space, last + 1);
}

/// Puts one row around a norm that is nothing but a row.
static void addRow(IndexSpace &space) {
  if (space.rank == maxRank)
    return;
  for (int axis = space.rank; axis > 0; --axis)
    moveAxis(space, axis - 1, axis);
  ++space.rank;
  space.extents[0] = 1;
  setBit(space.axes.reduced, 0, false);
  setBit(space.axes.features, 0, false);
  for (Operand operand : allOperands) {
    IndexSpace::Layout &layout = space.layouts[operand];
    bool runsAlong = operand != Operand::Scale && operand != Operand::Bias &&
                     operand != Operand::Mask;
    setBit(layout.axes, 0, runsAlong);
    layout.strides[0] = runsAlong;
  }
}

void rmsnorm::normalize(IndexSpace &space) {
  dropReducedOnes(space);
  if (space.rank > 1) {
    sortAxes(space);
    mergeAxes(space);
  }
  AxisSet all = AxisSet((uint64_t(1) << space.rank) - 1);
  if (space.axes.reduced == all)
    addRow(space);
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

namespace {
/// The dimensions of an operand of a normalised norm: x's axes, or those that
/// it runs along.
struct Dimensions {
  Dimensions(const IndexSpace &space, Operand operand) {
    const IndexSpace::Layout &layout = space.layouts[operand];
    bool onFeatures = operand == Operand::Scale || operand == Operand::Bias;
    for (int axis = 0; axis < space.rank; ++axis) {
      bool runsAlong = contains(layout.axes, axis);
      if (onFeatures && !runsAlong)
        continue;
      axes[rank] = axis;
      shape[rank] = runsAlong ? space.extents[axis] : 1;
      // A dimension of one element may have any stride; 1 is one that kernels
      // may count on.
      strides[rank] = runsAlong ? layout.strides[axis] : 1;
      ++rank;
    }
  }

  bool isInnerStrideOne() const { return rank > 0 && strides[rank - 1] == 1; }

  int rank = 0;
  int axes[maxRank];
  int64_t shape[maxRank], strides[maxRank];
};
} // namespace

/// The extent of the last axis where kernels are made for it.
static int64_t getStaticRow(const IndexSpace &space) {
  int64_t extent = space.extents[space.rank - 1];
  return contains(space.axes.reduced, space.rank - 1) &&
                 extent <= KernelKey::longestStaticRow
             ? extent
             : ValueInfo::dynamic;
}

/// Whether the operand's fastest dimension has stride 1. The same answer as
/// Dimensions', without the rest.
static bool isInnerStrideOne(const IndexSpace &space, Operand operand) {
  const IndexSpace::Layout &layout = space.layouts[operand];
  bool onFeatures = operand == Operand::Scale || operand == Operand::Bias;
  if (!onFeatures) {
    int last = space.rank - 1;
    return !contains(layout.axes, last) || layout.strides[last] == 1;
  }
  for (int axis = space.rank; axis-- > 0;)
    if (contains(layout.axes, axis))
      return layout.strides[axis] == 1;
  return false;
}

/// The stride of the operand along the axis before the last, along which it
/// runs, where its rows, whose extent is static, follow one another.
static int64_t getDenseStride(const IndexSpace &space, Operand operand) {
  int last = space.rank - 1;
  return contains(space.layouts[operand].axes, last) ? space.extents[last] : 1;
}

/// Whether the rows of all operands are without gaps and follow one another
/// without a gap, and kernels are made for their extent.
static bool areRowsDense(const IndexSpace &space) {
  int outer = space.rank - 2;
  if (outer < 0 || getStaticRow(space) == ValueInfo::dynamic)
    return false;
  for (Operand operand : allOperands) {
    const IndexSpace::Layout &layout = space.layouts[operand];
    if (!layout.isPresent)
      continue;
    bool isDense = space.extents[outer] <= 1 || !contains(layout.axes, outer) ||
                   layout.strides[outer] == getDenseStride(space, operand);
    if (!isDense || !isInnerStrideOne(space, operand))
      return false;
  }
  return true;
}

KernelKey::KernelKey(const NormOptions &options, const IndexSpace &space) {
  uint64_t types = 0, moreTypes = 0, inner = 0;
  for (Operand operand : allOperands) {
    const IndexSpace::Layout &layout = space.layouts[operand];
    uint64_t type = layout.isPresent ? uint64_t(layout.type) + 1 : 0;
    types = types << 8 | type;
    inner = inner << 1 | (layout.isPresent && isInnerStrideOne(space, operand));
  }
  moreTypes = options.statsType ? uint64_t(*options.statsType) + 1 : 0;
  words = {llvm::bit_cast<uint64_t>(options.epsilon),
           llvm::bit_cast<uint64_t>(options.scaleOffset),
           types,
           inner | moreTypes << 8 | uint64_t(options.castThenScale) << 16 |
               uint64_t(options.stable) << 17 | uint64_t(space.rank) << 24,
           uint64_t(space.axes.reduced) << 32 | space.axes.features,
           space.layouts[Operand::Mask].isPresent
               ? uint64_t(space.layouts[Operand::Mask].axes)
               : 0,
           uint64_t(getStaticRow(space)),
           areRowsDense(space)};
}

uint64_t KernelKey::hash() const {
  uint64_t hash = 0;
  for (uint64_t word : words)
    hash = (hash ^ word) * 0x9e3779b97f4a7c15 ^ hash >> 29;
  return hash ^ hash >> 32;
}

Specification rmsnorm::getSpecification(const NormOptions &options,
                                        const IndexSpace &space) {
  Specification spec;
  spec.options = options;
  bool isDense = areRowsDense(space);
  for (int axis = 0; axis < space.rank; ++axis) {
    if (contains(space.axes.reduced, axis))
      spec.reductionAxes.push_back(axis);
    if (contains(space.axes.features, axis))
      spec.featureAxes.push_back(axis);
  }
  for (Operand operand : allOperands) {
    const IndexSpace::Layout &layout = space.layouts[operand];
    if (!layout.isPresent)
      continue;
    Dimensions dims(space, operand);
    TensorSpec tensor;
    tensor.type = layout.type;
    tensor.strides.emplace(dims.rank, ValueInfo::dynamic);
    for (int dim = 0; dim < dims.rank; ++dim) {
      int64_t extent = ValueInfo::dynamic;
      if (!contains(layout.axes, dims.axes[dim]))
        extent = 1;
      else if (dims.axes[dim] == space.rank - 1)
        extent = getStaticRow(space);
      else if (dims.axes[dim] == space.rank - 2 && isDense)
        (*tensor.strides)[dim] = getDenseStride(space, operand);
      tensor.shape.push_back(extent);
    }
    if (dims.isInnerStrideOne())
      tensor.strides->back() = 1;
    spec.operands[operand] = std::move(tensor);
  }
  return spec;
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

void Arguments::add(void *data, llvm::ArrayRef<int64_t> shape,
                    const int64_t *strides) {
  pointers[count++] = end;
  *end++ = reinterpret_cast<intptr_t>(data);
  *end++ = reinterpret_cast<intptr_t>(data);
  *end++ = 0;
  end = std::copy(shape.begin(), shape.end(), end);
  end = std::copy(strides, strides + shape.size(), end);
}

void Arguments::add(const IndexSpace &space) {
  for (Operand operand : allOperands) {
    const IndexSpace::Layout &layout = space.layouts[operand];
    if (!layout.isPresent)
      continue;
    Dimensions dims(space, operand);
    add(layout.data, {dims.shape, size_t(dims.rank)}, dims.strides);
  }
}
