//===- Specification.cpp - Which kernel it is to be -----------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/Specification.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace rmsnorm;

//===----------------------------------------------------------------------===//
// Errors and operands
//===----------------------------------------------------------------------===//

char NormError::ID = 0;

std::error_code NormError::convertToErrorCode() const {
  return kind == NormErrorKind::Internal
             ? llvm::inconvertibleErrorCode()
             : std::make_error_code(std::errc::invalid_argument);
}

StringRef rmsnorm::getName(Operand operand) {
  static constexpr StringLiteral names[numOperands] = {
      "x", "scale", "bias", "residual", "mask", "y", "residual_out", "rstd"};
  return names[static_cast<size_t>(operand)];
}

//===----------------------------------------------------------------------===//
// Equality and hash
//===----------------------------------------------------------------------===//

/// By their bits: 0.0 and -0.0 are two kernels, and a NaN is equal to itself.
bool NormOptions::operator==(const NormOptions &other) const {
  return llvm::bit_cast<uint64_t>(epsilon) ==
             llvm::bit_cast<uint64_t>(other.epsilon) &&
         llvm::bit_cast<uint64_t>(scaleOffset) ==
             llvm::bit_cast<uint64_t>(other.scaleOffset) &&
         castThenScale == other.castThenScale && stable == other.stable &&
         statsType == other.statsType;
}

bool Specification::operator==(const Specification &other) const {
  return options == other.options && reductionAxes == other.reductionAxes &&
         featureAxes == other.featureAxes && operands == other.operands;
}

SmallVector<uint64_t, 96> rmsnorm::getWords(const Specification &spec) {
  SmallVector<uint64_t, 96> words;
  auto addList = [&](ArrayRef<int64_t> list) {
    words.push_back(list.size());
    words.append(list.begin(), list.end());
  };
  const NormOptions &options = spec.options;
  words.push_back(llvm::bit_cast<uint64_t>(options.epsilon));
  words.push_back(llvm::bit_cast<uint64_t>(options.scaleOffset));
  words.push_back(options.castThenScale);
  words.push_back(options.stable);
  words.push_back(
      options.statsType ? static_cast<uint64_t>(*options.statsType) + 1 : 0);
  addList(spec.reductionAxes);
  addList(spec.featureAxes);
  for (Operand operand : allOperands) {
    const std::optional<TensorSpec> &tensor = spec.operands[operand];
    words.push_back(tensor ? static_cast<uint64_t>(tensor->type) + 1 : 0);
    if (!tensor)
      continue;
    addList(tensor->shape);
    words.push_back(tensor->strides.has_value());
    if (tensor->strides)
      addList(*tensor->strides);
  }
  return words;
}

uint64_t rmsnorm::stableHash(const Specification &spec) {
  SmallVector<uint64_t, 96> words = getWords(spec);
  return llvm::xxh3_64bits(ArrayRef<uint8_t>(
      reinterpret_cast<const uint8_t *>(words.data()), words.size() * 8));
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> fromSpec(ArrayRef<int64_t> values) {
  SmallVector<int64_t> result(values);
  llvm::replace(result, ValueInfo::dynamic, ShapedType::kDynamic);
  return result;
}

/// Null, with a diagnostic, where a static extent is negative or there are not
/// as many strides as extents: such a type cannot even be made.
static MemRefType convertTensor(Location loc, Operand operand,
                                const TensorSpec &tensor) {
  MLIRContext *context = loc.getContext();
  for (int64_t extent : tensor.shape)
    if (extent < 0 && extent != ValueInfo::dynamic) {
      emitError(loc) << "expected extents of " << getName(operand)
                     << " that are not negative, but got " << extent;
      return {};
    }
  if (tensor.strides && tensor.strides->size() != tensor.shape.size()) {
    emitError(loc) << "expected " << tensor.shape.size() << " strides of "
                   << getName(operand) << ", but got "
                   << tensor.strides->size();
    return {};
  }
  Type element = parseType(getName(tensor.type), context);
  SmallVector<int64_t> shape = fromSpec(tensor.shape);
  MemRefLayoutAttrInterface layout;
  if (tensor.strides)
    layout = StridedLayoutAttr::get(context, 0, fromSpec(*tensor.strides));
  return MemRefType::getChecked([&] { return emitError(loc); }, shape, element,
                                layout, Attribute());
}

/// The types of the operands that `spec` has, in order; none where one of them
/// is wrong.
static std::optional<SmallVector<Type>> convertTensors(Location loc,
                                                       const Specification &s) {
  SmallVector<Type> types;
  for (Operand operand : allOperands) {
    const std::optional<TensorSpec> &tensor = s.operands[operand];
    if (!tensor) {
      if (operand == Operand::X || operand == Operand::Y) {
        emitError(loc) << "expected " << getName(operand)
                       << ", but got a norm without";
        return std::nullopt;
      }
      continue;
    }
    MemRefType type = convertTensor(loc, operand, *tensor);
    if (!type)
      return std::nullopt;
    types.push_back(type);
  }
  return types;
}

static CPUScheduleAttr parseSchedule(StringRef schedule, MLIRContext &context) {
  std::string text = ("#rmsnorm.cpu_schedule<" + schedule + ">").str();
  return dyn_cast_or_null<CPUScheduleAttr>(parseAttribute(text, &context));
}

llvm::Error rmsnorm::checkSchedule(StringRef schedule) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<RMSNormDialect>();
  std::string problem;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (problem.empty())
      problem = diagnostic.str();
    return success();
  });
  if (parseSchedule(schedule, context))
    return llvm::Error::success();
  return llvm::make_error<NormError>(
      NormErrorKind::InvalidArgument,
      ("expected a schedule, but got '" + schedule + "': " + problem).str());
}

static RMSNormOp createNorm(ImplicitLocOpBuilder &b, const Specification &spec,
                            ArrayRef<BlockArgument> arguments,
                            CPUScheduleAttr schedule) {
  PerOperand<Value> values;
  for (Operand operand : allOperands)
    if (spec.operands[operand]) {
      values[operand] = arguments.front();
      arguments = arguments.drop_front();
    }
  const NormOptions &options = spec.options;
  TypeAttr statsType;
  if (options.statsType)
    statsType =
        TypeAttr::get(parseType(getName(*options.statsType), b.getContext()));
  return RMSNormOp::create(
      b, TypeRange(), values[Operand::X], values[Operand::Scale],
      values[Operand::Bias], values[Operand::Residual], values[Operand::Mask],
      values[Operand::Y], values[Operand::ResidualOut], values[Operand::Rstd],
      b.getDenseI64ArrayAttr(spec.reductionAxes),
      b.getDenseI64ArrayAttr(spec.featureAxes),
      b.getF64FloatAttr(options.epsilon),
      b.getF64FloatAttr(options.scaleOffset),
      CastOrderAttr::get(b.getContext(), options.castThenScale
                                             ? CastOrder::cast_then_scale
                                             : CastOrder::scale_then_cast),
      statsType, options.stable ? b.getUnitAttr() : UnitAttr(),
      DeviceGroupAttr(), schedule);
}

OwningOpRef<ModuleOp> rmsnorm::buildModule(const Specification &spec,
                                           MLIRContext &context,
                                           StringRef schedule) {
  context
      .loadDialect<func::FuncDialect, memref::MemRefDialect, RMSNormDialect>();
  Location loc = UnknownLoc::get(&context);
  std::optional<SmallVector<Type>> types = convertTensors(loc, spec);
  if (!types)
    return {};
  CPUScheduleAttr attribute;
  if (!schedule.empty() && !(attribute = parseSchedule(schedule, context)))
    return {};
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  ImplicitLocOpBuilder b(loc, module->getBodyRegion());
  auto function = func::FuncOp::create(b, kernelName,
                                       b.getFunctionType(*types, TypeRange()));
  b.setInsertionPointToStart(function.addEntryBlock());
  RMSNormOp norm = createNorm(b, spec,
                              llvm::ArrayRef(function.getArguments().begin(),
                                             function.getNumArguments()),
                              attribute);
  func::ReturnOp::create(b);
  // The verifier reads the shapes that this relies on.
  if (failed(norm.verifyInvariants()))
    return {};
  return module;
}
