//===- Attributes.cpp - Attributes of the rmsnorm dialect -----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectImplementation.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rmsnorm;

namespace rmsnorm {
static FailureOr<SmallVector<int64_t>> parseInt64List(AsmParser &parser) {
  SmallVector<int64_t> values;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
        return parser.parseInteger(values.emplace_back());
      }))
    return failure();
  return values;
}

static void printInt64List(AsmPrinter &printer, ArrayRef<int64_t> values) {
  printer << '[';
  llvm::interleaveComma(values, printer);
  printer << ']';
}

static FailureOr<SmallVector<DenseI64ArrayAttr>>
parseGroups(AsmParser &parser) {
  SmallVector<DenseI64ArrayAttr> groups;
  auto parseGroup = [&]() -> ParseResult {
    FailureOr<SmallVector<int64_t>> group = parseInt64List(parser);
    if (failed(group))
      return failure();
    groups.push_back(DenseI64ArrayAttr::get(parser.getContext(), *group));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseGroup))
    return failure();
  return groups;
}

static void printGroups(AsmPrinter &printer,
                        ArrayRef<DenseI64ArrayAttr> groups) {
  printer << '[';
  llvm::interleaveComma(groups, printer, [&](DenseI64ArrayAttr group) {
    printInt64List(printer, group.asArrayRef());
  });
  printer << ']';
}
} // namespace rmsnorm

#define GET_ATTRDEF_CLASSES
#include "rmsnorm/IR/RMSNormAttrs.cpp.inc"

namespace {
/// What a schedule says of the tasks of norms of one size.
struct Tasks {
  int64_t panel, rows;
  bool shareRows;
  int64_t overlap, prefetch, nontemporal, aspect = 0, ahead = 0;
};
} // namespace

/// `s` with these tasks, for norms of any size.
static CPUScheduleAttr withTasks(CPUScheduleAttr s, const Tasks &tasks) {
  return CPUScheduleAttr::get(
      s.getContext(), s.getVector(), s.getNormalizeVector(), s.getChain(),
      s.getBlock(), s.getFold(), s.getPart(), tasks.panel, tasks.rows,
      tasks.shareRows, s.getConvert(), tasks.overlap, tasks.prefetch,
      s.getWriteAhead(), tasks.nontemporal, /*far=*/0, /*farRows=*/1,
      /*farPanel=*/0, tasks.aspect, tasks.ahead, s.getGrain());
}

CPUScheduleAttr CPUScheduleAttr::ofFar() const {
  return withTasks(*this, {getFarPanel() > 0 ? getFarPanel() : getPanel(),
                           getFarRows(), getFarRows() > 1, /*overlap=*/0,
                           /*prefetch=*/getPrefetch() > 0 ? 1 : 0,
                           getNontemporal(), getFarAspect(), getFarAhead()});
}

CPUScheduleAttr CPUScheduleAttr::ofNear() const {
  auto ifReached = [&](int64_t bytes) {
    return getFar() == 0 || bytes < getFar() ? bytes : 0;
  };
  return withTasks(*this, {getPanel(), getRows(), getShareRows(),
                           ifReached(getOverlap()), ifReached(getPrefetch()),
                           ifReached(getNontemporal())});
}

CPUScheduleAttr CPUScheduleAttr::ofTasksBelow(int64_t bytes) const {
  return withTasks(*this, {getPanel(), getRows(), getShareRows(), getOverlap(),
                           getPrefetch() < bytes ? getPrefetch() : 0,
                           getNontemporal() < 2 * bytes ? getNontemporal() : 0,
                           getFarAspect(), getFarAhead()});
}

void RMSNormDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "rmsnorm/IR/RMSNormAttrs.cpp.inc"
      >();
}
