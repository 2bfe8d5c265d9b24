//===- RMSNorm.cpp - Compile and run norms from C -------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm-c/RMSNorm.h"
#include "rmsnorm/Compiler/Kernel.h"
#include "llvm/ADT/StringExtras.h"
#include <cstring>

using namespace rmsnorm;
using llvm::ArrayRef;
using llvm::Error;
using llvm::StringRef;
using llvm::Twine;

struct RMSNormStatusImpl {
  RMSNormCode code;
  std::string message;
};

struct RMSNormContextImpl {
  RMSNormContextImpl(Target target, const DiskCacheOptions &disk,
                     StringRef schedule, rmsnorm_executor executor)
      : kernels(std::move(target), disk, schedule.str()), executor(executor) {}

  KernelCache kernels;
  rmsnorm_executor executor;
};

struct RMSNormKernelImpl {
  std::shared_ptr<const Kernel> kernel;
  rmsnorm_executor executor;
};

//===----------------------------------------------------------------------===//
// Status
//===----------------------------------------------------------------------===//

static RMSNormCode getCode(NormErrorKind kind) {
  switch (kind) {
  case NormErrorKind::InvalidArgument:
    return RMSNORM_INVALID_ARGUMENT;
  case NormErrorKind::InvalidType:
    return RMSNORM_INVALID_TYPE;
  case NormErrorKind::Overflow:
    return RMSNORM_OVERFLOW;
  case NormErrorKind::Unsupported:
    return RMSNORM_UNSUPPORTED;
  case NormErrorKind::Internal:
    return RMSNORM_INTERNAL;
  }
  llvm_unreachable("all kinds are covered");
}

static RMSNormStatus makeStatus(RMSNormCode code, const Twine &message) {
  return new RMSNormStatusImpl{code, message.str()};
}

/// `otherwise`: the code of an error that is not of a norm.
static RMSNormStatus toStatus(Error error,
                              RMSNormCode otherwise = RMSNORM_INTERNAL) {
  if (LLVM_LIKELY(!error))
    return nullptr;
  RMSNormStatus status = nullptr;
  llvm::handleAllErrors(
      std::move(error),
      [&](const NormError &error) {
        status = makeStatus(getCode(error.getKind()), error.getMessage());
      },
      [&](const llvm::ErrorInfoBase &error) {
        status = makeStatus(otherwise, error.message());
      });
  return status;
}

static RMSNormStatus refuseNull(StringRef name) {
  return makeStatus(RMSNORM_INVALID_ARGUMENT,
                    "expected " + name + ", but got a null pointer");
}

RMSNormCode rmsnormStatusGetCode(RMSNormStatus status) {
  return status ? status->code : RMSNORM_OK;
}

const char *rmsnormStatusGetMessage(RMSNormStatus status) {
  return status ? status->message.c_str() : "";
}

void rmsnormStatusDestroy(RMSNormStatus status) { delete status; }

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// By RMSNormType, from 1 on.
static constexpr ElementType elementTypes[] = {
    ElementType::F16, ElementType::BF16,     ElementType::F32,
    ElementType::F64, ElementType::F8E4M3FN, ElementType::F8E5M2,
    ElementType::C64, ElementType::C128,     ElementType::I8,
    ElementType::I16, ElementType::I32,      ElementType::I64,
    ElementType::U8,  ElementType::U16,      ElementType::U32,
    ElementType::U64, ElementType::I1};
static_assert(sizeof(elementTypes) / sizeof(*elementTypes) ==
                  size_t(RMSNORM_TYPE_BOOL),
              "one element type for each type");

/// The number in an enum of C, which may be any. It is not looked at as an
/// enum: in C++ that has values only where they are named.
template <typename Enum>
static int getNumber(const Enum &value) {
  static_assert(sizeof(Enum) == sizeof(int), "enums are as large as int");
  int number;
  std::memcpy(&number, &value, sizeof(number));
  return number;
}

static bool isType(int type) {
  return type > RMSNORM_TYPE_NONE && type <= RMSNORM_TYPE_BOOL;
}

static ElementType getElementType(int type) { return elementTypes[type - 1]; }

size_t rmsnormTypeGetSize(RMSNormType type) {
  int number = getNumber(type);
  return isType(number) ? size_t(getByteSize(getElementType(number))) : 0;
}

const char *rmsnormTypeGetName(RMSNormType type) {
  // The names are literals, so they end with a null character.
  int number = getNumber(type);
  return isType(number) ? getName(getElementType(number)).data() : "";
}

/// For diagnostics, where it may be anything.
static std::string getText(int type) {
  return isType(type) ? ("'" + getName(getElementType(type)) + "'").str()
                      : "the value " + std::to_string(type);
}

//===----------------------------------------------------------------------===//
// From the C structs
//===----------------------------------------------------------------------===//

static PerOperand<const RMSNormTensor *>
getTensors(const RMSNormOperands &operands) {
  PerOperand<const RMSNormTensor *> tensors;
  tensors[Operand::X] = operands.x;
  tensors[Operand::Scale] = operands.scale;
  tensors[Operand::Bias] = operands.bias;
  tensors[Operand::Residual] = operands.residual;
  tensors[Operand::Mask] = operands.mask;
  tensors[Operand::Y] = operands.y;
  tensors[Operand::ResidualOut] = operands.residualOut;
  tensors[Operand::Rstd] = operands.rstd;
  return tensors;
}

static RMSNormStatus checkTensor(Operand operand, const RMSNormTensor &tensor) {
  if (!isType(getNumber(tensor.type)))
    return makeStatus(RMSNORM_INVALID_TYPE, "expected a type of " +
                                                getName(operand) +
                                                ", but got the value " +
                                                Twine(getNumber(tensor.type)));
  if (tensor.rank < 0 || tensor.rank > RMSNORM_MAX_RANK)
    return makeStatus(RMSNORM_INVALID_ARGUMENT,
                      "expected " + getName(operand) + " of rank 0 to " +
                          Twine(RMSNORM_MAX_RANK) + ", but got rank " +
                          Twine(tensor.rank));
  if (tensor.rank > 0 && !tensor.shape)
    return refuseNull(("the shape of " + getName(operand)).str());
  return nullptr;
}

namespace {
/// What the C structs say, in terms of the compiler.
struct Call {
  RMSNormStatus read(const RMSNormOperands *operands);
  RMSNormStatus read(const RMSNormOptions *options);

  NormOptions options;
  std::optional<ArrayRef<int64_t>> reductionAxes, featureAxes;
  PerOperand<TensorRef> storage;
  Operands operands;
};
} // namespace

RMSNormStatus Call::read(const RMSNormOperands *operands) {
  if (!operands)
    return refuseNull("operands");
  PerOperand<const RMSNormTensor *> tensors = getTensors(*operands);
  for (Operand operand : allOperands) {
    const RMSNormTensor *tensor = tensors[operand];
    if (!tensor)
      continue;
    if (RMSNormStatus status = checkTensor(operand, *tensor))
      return status;
    storage[operand] = {tensor->data, getElementType(getNumber(tensor->type)),
                        ArrayRef(tensor->shape, size_t(tensor->rank)),
                        tensor->strides};
    this->operands[operand] = &storage[operand];
  }
  return nullptr;
}

static RMSNormStatus readAxes(StringRef name, const int64_t *axes,
                              int32_t count,
                              std::optional<ArrayRef<int64_t>> &list) {
  if (!axes)
    return nullptr;
  if (count < 0)
    return makeStatus(RMSNORM_INVALID_ARGUMENT,
                      "expected a number of " + name +
                          " that is not negative, but got " + Twine(count));
  list = ArrayRef(axes, size_t(count));
  return nullptr;
}

RMSNormStatus Call::read(const RMSNormOptions *given) {
  if (!given)
    return nullptr;
  options.epsilon = given->epsilon;
  options.scaleOffset = given->scaleOffset;
  options.stable = given->stable;
  int castOrder = getNumber(given->castOrder);
  if (castOrder != RMSNORM_SCALE_THEN_CAST &&
      castOrder != RMSNORM_CAST_THEN_SCALE)
    return makeStatus(RMSNORM_INVALID_ARGUMENT,
                      "expected a cast order, but got the value " +
                          Twine(castOrder));
  options.castThenScale = castOrder == RMSNORM_CAST_THEN_SCALE;
  int statsType = getNumber(given->statsType);
  if (statsType != RMSNORM_TYPE_NONE) {
    if (statsType != RMSNORM_TYPE_F32 && statsType != RMSNORM_TYPE_F64)
      return makeStatus(RMSNORM_INVALID_TYPE,
                        "expected a statistics type of f32 or f64, but got " +
                            getText(statsType));
    options.statsType = getElementType(statsType);
  }
  if (RMSNormStatus status = readAxes("reduction axes", given->reductionAxes,
                                      given->numReductionAxes, reductionAxes))
    return status;
  return readAxes("feature axes", given->featureAxes, given->numFeatureAxes,
                  featureAxes);
}

RMSNormOptions rmsnormOptionsDefault(void) {
  RMSNormOptions options = {};
  options.epsilon = NormOptions().epsilon;
  return options;
}

//===----------------------------------------------------------------------===//
// Contexts
//===----------------------------------------------------------------------===//

static llvm::Expected<Target> getTarget(const RMSNormContextOptions *options) {
  if (!options || (!options->cpu && !options->features))
    return Target::usual();
  std::string text = options->cpu ? options->cpu : "host";
  if (options->features && *options->features)
    text.append(",").append(options->features);
  return Target::parse(text);
}

static RMSNormStatus readCache(const RMSNormContextOptions *options,
                               DiskCacheOptions &disk) {
  if (!options)
    return nullptr;
  if (options->cacheSize < 0)
    return makeStatus(RMSNORM_INVALID_ARGUMENT,
                      "expected a cache size that is not negative, but got " +
                          Twine(options->cacheSize));
  if (options->cacheDirectory)
    disk.directory = options->cacheDirectory;
  if (options->cacheSize)
    disk.maxBytes = uint64_t(options->cacheSize);
  return nullptr;
}

RMSNormStatus rmsnormContextCreate(const RMSNormContextOptions *options,
                                   RMSNormContext *context) {
  if (!context)
    return refuseNull("a place for the context");
  *context = nullptr;
  llvm::Expected<Target> target = getTarget(options);
  if (!target)
    return toStatus(target.takeError(), RMSNORM_INVALID_ARGUMENT);
  if (Error error = target->checkRunsHere())
    return toStatus(std::move(error), RMSNORM_UNSUPPORTED);
  DiskCacheOptions disk;
  if (RMSNormStatus status = readCache(options, disk))
    return status;
  StringRef schedule;
  if (options && options->schedule) {
    schedule = options->schedule;
    if (Error error = checkSchedule(schedule))
      return toStatus(std::move(error), RMSNORM_INVALID_ARGUMENT);
  }
  *context =
      new RMSNormContextImpl(std::move(*target), disk, schedule,
                             options ? options->executor : rmsnorm_executor());
  return nullptr;
}

void rmsnormContextDestroy(RMSNormContext context) { delete context; }

int64_t rmsnormContextGetNumCompiled(RMSNormContext context) {
  return context ? context->kernels.getNumCompiled() : 0;
}

RMSNormCacheInfo rmsnormContextGetCacheInfo(RMSNormContext context) {
  if (!context)
    return {"", "", 0, 0, 0, 0, 0, 0, 0, 0};
  // The texts end with a null character.
  KernelCacheInfo info = context->kernels.getInfo();
  return {info.directory.data(),      info.problem.data(),
          info.numCompiled,           info.numLoaded,
          info.numRejected,           info.numNotStored,
          info.compileTimes.start,    info.compileTimes.lower,
          info.compileTimes.generate, info.linkTime};
}

namespace {
/// Has kernels of this thread run on `executor` as long as it lives.
class ExecutorScope {
public:
  explicit ExecutorScope(const rmsnorm_executor &executor)
      : previous(rmsnorm_set_executor(executor)) {}
  ~ExecutorScope() { rmsnorm_set_executor(previous); }

private:
  rmsnorm_executor previous;
};
} // namespace

RMSNormStatus rmsnormRun(RMSNormContext context, const RMSNormOptions *options,
                         const RMSNormOperands *operands,
                         const rmsnorm_executor *executor) {
  if (!context)
    return refuseNull("a context");
  Call call;
  if (RMSNormStatus status = call.read(options))
    return status;
  if (RMSNormStatus status = call.read(operands))
    return status;
  ExecutorScope scope(executor ? *executor : context->executor);
  return toStatus(context->kernels.run(call.options, call.reductionAxes,
                                       call.featureAxes, call.operands));
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// The axes of a specification: sorted and not negative.
static RMSNormStatus getAxes(StringRef name,
                             std::optional<ArrayRef<int64_t>> list, int rank,
                             llvm::SmallVectorImpl<int64_t> &axes) {
  if (!list) {
    axes.push_back(rank - 1);
    return nullptr;
  }
  for (int64_t axis : *list)
    axes.push_back(axis < 0 ? axis + rank : axis);
  llvm::sort(axes);
  bool isWrong = llvm::adjacent_find(axes) != axes.end();
  for (int64_t axis : axes)
    isWrong |= axis < 0 || axis >= rank;
  if (!isWrong)
    return nullptr;
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(*list, os);
  return makeStatus(RMSNORM_INVALID_ARGUMENT,
                    "expected distinct " + name + " between " + Twine(-rank) +
                        " and " + Twine(rank - 1) + " for x of rank " +
                        Twine(rank) + ", but got [" + text + "]");
}

static TensorSpec getTensorSpec(const TensorRef &tensor) {
  TensorSpec spec;
  spec.type = tensor.type;
  spec.shape.assign(tensor.shape.begin(), tensor.shape.end());
  if (tensor.strides)
    spec.strides.emplace(tensor.strides, tensor.strides + tensor.shape.size());
  return spec;
}

static RMSNormStatus getSpecification(const Call &call, Specification &spec) {
  if (!call.operands[Operand::X])
    return refuseNull("x");
  if (!call.operands[Operand::Y])
    return refuseNull("y");
  int rank = int(call.operands[Operand::X]->shape.size());
  if (rank < 1)
    return makeStatus(RMSNORM_INVALID_ARGUMENT,
                      "expected x of rank 1 or more, but got rank 0");
  spec.options = call.options;
  if (RMSNormStatus status = getAxes("reduction axes", call.reductionAxes, rank,
                                     spec.reductionAxes))
    return status;
  if (RMSNormStatus status =
          getAxes("feature axes", call.featureAxes, rank, spec.featureAxes))
    return status;
  for (Operand operand : allOperands)
    if (const TensorRef *tensor = call.operands[operand])
      spec.operands[operand] = getTensorSpec(*tensor);
  return nullptr;
}

RMSNormStatus rmsnormKernelCreate(RMSNormContext context,
                                  const RMSNormOptions *options,
                                  const RMSNormOperands *operands,
                                  RMSNormKernel *kernel) {
  if (!kernel)
    return refuseNull("a place for the kernel");
  *kernel = nullptr;
  if (!context)
    return refuseNull("a context");
  Call call;
  if (RMSNormStatus status = call.read(options))
    return status;
  if (RMSNormStatus status = call.read(operands))
    return status;
  Specification spec;
  if (RMSNormStatus status = getSpecification(call, spec))
    return status;
  llvm::Expected<std::shared_ptr<const Kernel>> made =
      context->kernels.get(spec);
  if (!made)
    return toStatus(made.takeError());
  *kernel = new RMSNormKernelImpl{std::move(*made), context->executor};
  return nullptr;
}

void rmsnormKernelDestroy(RMSNormKernel kernel) { delete kernel; }

RMSNormStatus rmsnormKernelRun(RMSNormKernel kernel,
                               const RMSNormOperands *operands,
                               const rmsnorm_executor *executor) {
  if (!kernel)
    return refuseNull("a kernel");
  Call call;
  if (RMSNormStatus status = call.read(operands))
    return status;
  ExecutorScope scope(executor ? *executor : kernel->executor);
  return toStatus(kernel->kernel->run(call.operands));
}

RMSNormFunction rmsnormKernelGetFunction(RMSNormKernel kernel) {
  return kernel ? kernel->kernel->getFunction() : nullptr;
}
