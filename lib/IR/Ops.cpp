//===- Ops.cpp - Syntax and classes of the ops ----------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectImplementation.h"
#include "rmsnorm/IR/RMSNorm.h"

using namespace mlir;
using namespace rmsnorm;

//===----------------------------------------------------------------------===//
// reduce [...] features [...]: the last axis where nothing is written
//===----------------------------------------------------------------------===//

static ParseResult parseAxisList(OpAsmParser &parser, StringRef keyword,
                                 DenseI64ArrayAttr &axes, Type x) {
  SmallVector<int64_t> values;
  if (succeeded(parser.parseOptionalKeyword(keyword))) {
    if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
          return parser.parseInteger(values.emplace_back());
        }))
      return failure();
  } else if (auto shaped = dyn_cast<ShapedType>(x);
             shaped && shaped.hasRank() && shaped.getRank() > 0) {
    values.push_back(shaped.getRank() - 1);
  }
  axes = parser.getBuilder().getDenseI64ArrayAttr(values);
  return success();
}

static void printAxisList(OpAsmPrinter &printer, StringRef keyword,
                          DenseI64ArrayAttr axes, Type x) {
  auto shaped = dyn_cast<ShapedType>(x);
  if (shaped && shaped.hasRank() && axes.size() == 1 &&
      axes[0] == shaped.getRank() - 1)
    return;
  printer << ' ' << keyword << " [";
  llvm::interleaveComma(axes.asArrayRef(), printer);
  printer << ']';
}

static ParseResult parseReductionAxes(OpAsmParser &parser,
                                      DenseI64ArrayAttr &axes, Type x) {
  return parseAxisList(parser, "reduce", axes, x);
}
static void printReductionAxes(OpAsmPrinter &printer, Operation *,
                               DenseI64ArrayAttr axes, Type x) {
  printAxisList(printer, "reduce", axes, x);
}

static ParseResult parseAxes(OpAsmParser &parser, DenseI64ArrayAttr &reduction,
                             DenseI64ArrayAttr &features, Type x) {
  return failure(parseAxisList(parser, "reduce", reduction, x) ||
                 parseAxisList(parser, "features", features, x));
}
static void printAxes(OpAsmPrinter &printer, Operation *,
                      DenseI64ArrayAttr reduction, DenseI64ArrayAttr features,
                      Type x) {
  printAxisList(printer, "reduce", reduction, x);
  printAxisList(printer, "features", features, x);
}

//===----------------------------------------------------------------------===//
// Results: the types of the destinations, where those are tensors
//===----------------------------------------------------------------------===//

template <typename... Types>
static ParseResult parseDestinationResults(OpAsmParser &parser,
                                           SmallVectorImpl<Type> &results,
                                           Types... destinations) {
  for (Type type : {Type(destinations)...})
    if (isa_and_nonnull<RankedTensorType>(type))
      results.push_back(type);
  return success();
}

template <typename... Types>
static void printDestinationResults(OpAsmPrinter &, Operation *, TypeRange,
                                    Types...) {}

#define GET_OP_CLASSES
#include "rmsnorm/IR/RMSNormOps.cpp.inc"
