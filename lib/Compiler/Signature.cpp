//===- Signature.cpp - What a compiled function takes and gives -----------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/Signature.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>

using namespace mlir;
using namespace rmsnorm;

namespace {
struct ElementTypeInfo {
  ElementType type;
  int64_t bytes;
  StringRef name;
};
} // namespace

static constexpr ElementTypeInfo elementTypes[] = {
    {ElementType::I1, 1, "i1"},
    {ElementType::I8, 1, "i8"},
    {ElementType::I16, 2, "i16"},
    {ElementType::I32, 4, "i32"},
    {ElementType::I64, 8, "i64"},
    {ElementType::U8, 1, "ui8"},
    {ElementType::U16, 2, "ui16"},
    {ElementType::U32, 4, "ui32"},
    {ElementType::U64, 8, "ui64"},
    {ElementType::Index, 8, "index"},
    {ElementType::F8E4M3FN, 1, "f8E4M3FN"},
    {ElementType::F8E5M2, 1, "f8E5M2"},
    {ElementType::F16, 2, "f16"},
    {ElementType::BF16, 2, "bf16"},
    {ElementType::F32, 4, "f32"},
    {ElementType::F64, 8, "f64"},
    {ElementType::C64, 8, "complex<f32>"},
    {ElementType::C128, 16, "complex<f64>"},
};

int64_t rmsnorm::getByteSize(ElementType type) {
  return elementTypes[static_cast<size_t>(type)].bytes;
}

StringRef rmsnorm::getName(ElementType type) {
  return elementTypes[static_cast<size_t>(type)].name;
}

/// Signed integers are taken as signless ones, which are signed here.
static std::optional<ElementType> convertElementType(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  StringRef spelled(name);
  if (type.isSignedInteger())
    spelled = spelled.drop_front();
  for (const ElementTypeInfo &info : elementTypes)
    if (info.name == spelled)
      return info.type;
  return std::nullopt;
}

static SmallVector<int64_t, 6> withMarker(ArrayRef<int64_t> values) {
  SmallVector<int64_t, 6> result;
  for (int64_t value : values)
    result.push_back(ShapedType::isDynamic(value) ? ValueInfo::dynamic : value);
  return result;
}

static bool setMemRefLayout(ValueInfo &info, MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return false;
  info.kind = ValueInfo::Kind::MemRef;
  info.contiguous = type.getLayout().isIdentity();
  info.strides = withMarker(strides);
  info.offset = ShapedType::isDynamic(offset) ? ValueInfo::dynamic : offset;
  return true;
}

static std::optional<ValueInfo> convertType(Type type) {
  ValueInfo info;
  std::optional<ElementType> element =
      convertElementType(getElementTypeOrSelf(type));
  if (!element)
    return std::nullopt;
  info.elementType = *element;
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped)
    return info;
  if (!shaped.hasRank())
    return std::nullopt;
  info.shape = withMarker(shaped.getShape());
  if (auto memref = dyn_cast<MemRefType>(type)) {
    if (!setMemRefLayout(info, memref))
      return std::nullopt;
    return info;
  }
  if (!isa<RankedTensorType>(type))
    return std::nullopt;
  // The bufferised form of a tensor at a function's boundary.
  info.kind = ValueInfo::Kind::Tensor;
  MemRefType identity =
      MemRefType::get(shaped.getShape(), shaped.getElementType());
  bool fits = setMemRefLayout(info, identity);
  info.kind = ValueInfo::Kind::Tensor;
  if (!fits)
    return std::nullopt;
  return info;
}

bool ValueInfo::hasStaticShape() const {
  return !llvm::is_contained(shape, dynamic);
}

std::string ValueInfo::getTypeName() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto print = [&](int64_t value) {
    if (value == dynamic)
      os << '?';
    else
      os << value;
  };
  if (kind == Kind::Scalar)
    return getName(elementType).str();
  os << (kind == Kind::Tensor ? "tensor<" : "memref<");
  for (int64_t extent : shape) {
    print(extent);
    os << 'x';
  }
  os << getName(elementType);
  if (kind == Kind::MemRef && !contiguous) {
    os << ", strided<[";
    llvm::interleaveComma(strides, os, print);
    os << ']';
    if (offset != 0) {
      os << ", offset: ";
      print(offset);
    }
    os << '>';
  }
  os << '>';
  return text;
}

static std::optional<FunctionInfo> convertFunction(func::FuncOp function) {
  FunctionInfo info;
  info.name = function.getName().str();
  for (Type type : function.getArgumentTypes()) {
    std::optional<ValueInfo> value = convertType(type);
    if (!value)
      return std::nullopt;
    info.arguments.push_back(*value);
  }
  for (Type type : function.getResultTypes()) {
    std::optional<ValueInfo> value = convertType(type);
    if (!value)
      return std::nullopt;
    info.results.push_back(*value);
    info.resultArguments.push_back(-1);
  }
  return info;
}

std::vector<FunctionInfo> rmsnorm::getPublicFunctions(ModuleOp module) {
  std::vector<FunctionInfo> functions;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isDeclaration())
      if (std::optional<FunctionInfo> info = convertFunction(function))
        functions.push_back(std::move(*info));
  return functions;
}

void rmsnorm::dropArgumentResults(std::vector<FunctionInfo> &functions,
                                  ModuleOp module) {
  constexpr StringLiteral mark = "rmsnorm.result";
  for (FunctionInfo &info : functions) {
    auto function = module.lookupSymbol<func::FuncOp>(info.name);
    std::vector<ValueInfo> kept;
    for (unsigned index : llvm::seq(function.getNumArguments())) {
      auto result = function.getArgAttrOfType<IntegerAttr>(index, mark);
      if (!result)
        continue;
      info.arguments[index].kind = ValueInfo::Kind::MemRef;
      info.resultArguments[result.getInt()] = index;
      function.removeArgAttr(index, mark);
    }
    for (auto [index, result] : llvm::enumerate(info.results))
      if (info.resultArguments[index] < 0)
        kept.push_back(result);
    info.results = std::move(kept);
  }
}
