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

void RMSNormDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "rmsnorm/IR/RMSNormAttrs.cpp.inc"
      >();
}
