//===- Overlap.cpp - Operands that share memory ---------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Overlap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace rmsnorm;
using llvm::Error;
using llvm::Twine;

using Layout = IndexSpace::Layout;
using Wide = __int128;

//===----------------------------------------------------------------------===//
// Sums of strides
//===----------------------------------------------------------------------===//

namespace {
/// The sums of `stride` times 0 to `most`, over all terms. Strides are
/// positive.
struct Sums {
  struct Term {
    Wide stride, most;
  };

  void add(Wide stride, Wide most) {
    if (stride == 0 || most == 0)
      return;
    terms.push_back({stride < 0 ? -stride : stride, most});
  }
  void close();
  bool contains(Wide sum);

  llvm::SmallVector<Term, 16> terms;

private:
  bool search(size_t first, Wide sum);

  /// What the terms from each one on add up to at most.
  llvm::SmallVector<Wide, 16> reach;
  int steps = 0;
};
} // namespace

/// Sorts the terms, the largest stride first, and joins those with one stride.
void Sums::close() {
  llvm::sort(terms, [](const Term &lhs, const Term &rhs) {
    return lhs.stride > rhs.stride;
  });
  size_t last = 0;
  for (size_t i = 1; i < terms.size(); ++i) {
    if (terms[i].stride == terms[last].stride)
      terms[last].most += terms[i].most;
    else
      terms[++last] = terms[i];
  }
  if (!terms.empty())
    terms.resize(last + 1);
  reach.assign(terms.size() + 1, 0);
  for (size_t i = terms.size(); i-- > 0;)
    reach[i] = reach[i + 1] + terms[i].stride * terms[i].most;
}

bool Sums::contains(Wide sum) {
  close();
  return search(0, sum);
}

/// Where strides are nested, as those of slices are, each term leaves one or
/// two factors to look at. Others may take exponentially many steps; after some
/// thousands the answer is that the sum may be there.
bool Sums::search(size_t first, Wide sum) {
  if (sum < 0 || sum > reach[first])
    return false;
  if (first == terms.size() || ++steps > 10000)
    return true;
  const Term &term = terms[first];
  Wide rest = sum - reach[first + 1];
  Wide low = rest > 0 ? (rest + term.stride - 1) / term.stride : 0;
  Wide high = std::min(term.most, sum / term.stride);
  for (Wide factor = high; factor >= low; --factor)
    if (search(first + 1, sum - factor * term.stride))
      return true;
  return false;
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// What is written may take the place of what is read element by element.
static bool mayReplace(Operand written, Operand other) {
  return written != Operand::Rstd &&
         (other == Operand::X || other == Operand::Residual);
}

/// Whether each element of one is the same element of the other where both are
/// at one address.
static bool mayBeSame(const IndexSpace &space, Operand written, Operand other) {
  const Layout &lhs = space.layouts[written], &rhs = space.layouts[other];
  bool same = mayReplace(written, other) &&
              getByteSize(lhs.type) == getByteSize(rhs.type);
  for (int axis = 0; same && axis < space.rank; ++axis)
    same = space.extents[axis] < 2 || lhs.strides[axis] == rhs.strides[axis];
  return same;
}

/// Whether some byte belongs to both. From the first byte of `lhs` to the last
/// of `rhs`, both must be able to make up the way.
static bool share(const IndexSpace &space, const Layout &lhs,
                  const CheckedTensor &left, const Layout &rhs,
                  const CheckedTensor &right) {
  Sums sums;
  Wide leftSize = getByteSize(lhs.type), rightSize = getByteSize(rhs.type);
  for (int axis = 0; axis < space.rank; ++axis) {
    Wide most = space.extents[axis] - 1;
    sums.add(lhs.strides[axis] * leftSize, most);
    sums.add(rhs.strides[axis] * rightSize, most);
  }
  sums.add(1, leftSize - 1 + rightSize - 1);
  return sums.contains(Wide(right.end) - 1 - Wide(left.begin));
}

/// Whether each axis steps over all that the axes after it reach, as it does
/// where the last is the fastest.
static bool isNested(const IndexSpace &space, const Layout &layout) {
  int64_t reach = 0;
  for (int axis = space.rank; axis-- > 0;) {
    if (space.extents[axis] < 2 || !contains(layout.axes, axis))
      continue;
    int64_t stride = std::abs(layout.strides[axis]);
    if (stride <= reach)
      return false;
    reach += stride * (space.extents[axis] - 1);
  }
  return true;
}

/// Whether two positions of a destination are one element: positions that
/// differ by 1 or more on one axis and by anything on the others.
static bool sharesWithItself(const IndexSpace &space, const Layout &layout) {
  if (isNested(space, layout))
    return false;
  Sums all;
  for (int axis = 0; axis < space.rank; ++axis)
    all.add(layout.strides[axis], space.extents[axis] - 1);
  for (size_t axis = 0; axis < all.terms.size(); ++axis) {
    // Differences from -most to most, counted from 0 on.
    Sums sums;
    Wide none = 0;
    for (auto [other, term] : llvm::enumerate(all.terms)) {
      bool isAxis = other == axis;
      sums.add(term.stride, isAxis ? term.most - 1 : term.most * 2);
      none += term.stride * (isAxis ? -1 : term.most);
    }
    if (sums.contains(none))
      return true;
  }
  return false;
}

static Error invalid(const Twine &message) {
  return llvm::make_error<NormError>(NormErrorKind::InvalidArgument, message);
}

/// Two destinations are looked at once.
static bool mayShare(const CheckedOperands &operands, Operand written,
                     Operand other) {
  const CheckedTensor &left = operands[written], &right = operands[other];
  return other < written && right.tensor && left.begin < right.end &&
         right.begin < left.end;
}

static Error checkPair(const IndexSpace &space, const CheckedOperands &operands,
                       Operand written, Operand other) {
  const Layout &target = space.layouts[written];
  const Layout &layout = space.layouts[other];
  if ((target.data == layout.data && mayBeSame(space, written, other)) ||
      !share(space, target, operands[written], layout, operands[other]))
    return Error::success();
  return invalid(Twine("expected ") + getName(written) + " in memory apart " +
                 "from that of " + getName(other) +
                 (mayReplace(written, other) ? ", or the very same" : "") +
                 ", but got one that overlaps with it");
}

Error rmsnorm::checkOverlaps(const IndexSpace &space,
                             const CheckedOperands &operands) {
  for (Operand written : {Operand::Y, Operand::ResidualOut, Operand::Rstd}) {
    if (!operands[written].tensor || operands[written].isEmpty())
      continue;
    if (sharesWithItself(space, space.layouts[written]))
      return invalid("expected strides of " + getName(written) +
                     " that keep its elements apart, but two of them are one");
    for (Operand other : allOperands)
      if (mayShare(operands, written, other))
        if (Error error = checkPair(space, operands, written, other))
          return error;
  }
  return Error::success();
}

PerOperand<OperandSet> rmsnorm::findReplaceable(const IndexSpace &space) {
  PerOperand<OperandSet> replaceable;
  for (Operand written : {Operand::Y, Operand::ResidualOut})
    for (Operand other : {Operand::X, Operand::Residual})
      if (space.layouts[written].isPresent && space.layouts[other].isPresent &&
          mayBeSame(space, written, other))
        replaceable[written] |= OperandSet(1) << static_cast<int>(other);
  return replaceable;
}
