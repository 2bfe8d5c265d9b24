//===- Kernel.cpp - Compiled norms, and a cache of them -------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/Kernel.h"
#include "BuildID.h"
#include "CodeGen.h"
#include "KnownCalls.h"
#include "NormalForm.h"
#include "Overlap.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include <atomic>
#include <chrono>
#include <mutex>

using namespace rmsnorm;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

static Error invalid(const Twine &message) {
  return llvm::make_error<NormError>(NormErrorKind::InvalidArgument, message);
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

/// The first diagnostic of a text of them, in the terms of those who have
/// operands and see no op.
static std::string cleanDiagnostic(StringRef text) {
  StringRef line = text.split('\n').first;
  line.consume_front("error: ");
  line.consume_front("'rmsnorm.rms_norm' op ");
  if (line.consume_front("expected outs "))
    return ("expected y " + line).str();
  if (line.consume_front("expected rstd_out "))
    return ("expected rstd " + line).str();
  return line.str();
}

/// What the verifier refused. Its texts speak of types where it is about them,
/// and of shapes, axes or numbers elsewhere.
static Error refuse(StringRef diagnostics) {
  std::string message = cleanDiagnostic(diagnostics);
  NormErrorKind kind = StringRef(message).contains("type")
                           ? NormErrorKind::InvalidType
                           : NormErrorKind::InvalidArgument;
  return llvm::make_error<NormError>(kind, message);
}

Expected<std::shared_ptr<const Kernel>>
Kernel::compile(Compiler &compiler, const Specification &spec,
                StringRef schedule) {
  for (Operand operand : allOperands)
    if (spec.operands[operand] &&
        spec.operands[operand]->shape.size() > size_t(maxRank))
      return invalid("expected " + getName(operand) + " of rank " +
                     Twine(maxRank) + " or less, but got rank " +
                     Twine(spec.operands[operand]->shape.size()));
  bool isNorm = false;
  CompileOptions options;
  options.packedOnly = true;
  Expected<CompiledModule> compiled = compiler.compile(
      [&](mlir::MLIRContext &context) {
        mlir::OwningOpRef<mlir::ModuleOp> module =
            buildModule(spec, context, schedule);
        isNorm = bool(module);
        return module;
      },
      options);
  if (!compiled && !isNorm)
    return refuse(llvm::toString(compiled.takeError()));
  if (!compiled)
    return llvm::make_error<NormError>(NormErrorKind::Internal,
                                       llvm::toString(compiled.takeError()));
  // What it was made of is not looked at again.
  compiled->functions.clear();
  return link(spec, std::move(*compiled));
}

Expected<std::shared_ptr<const Kernel>> Kernel::load(const Target &target,
                                                     const Specification &spec,
                                                     std::string code) {
  return link(spec, {target, {}, std::move(code), {}});
}

Expected<std::shared_ptr<const Kernel>> Kernel::link(const Specification &spec,
                                                     CompiledModule module) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now();
  auto fail = [](Error error) {
    return llvm::make_error<NormError>(NormErrorKind::Internal,
                                       llvm::toString(std::move(error)));
  };
  Expected<std::unique_ptr<Executable>> executable =
      Executable::load(std::move(module));
  if (!executable)
    return fail(executable.takeError());
  Expected<void *> function =
      (*executable)->lookupSymbol(getPackedName(kernelName));
  if (!function)
    return fail(function.takeError());
  int64_t time =
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start)
          .count();
  return std::shared_ptr<const Kernel>(new Kernel(
      spec, std::move(*executable),
      reinterpret_cast<Executable::PackedFunction>(*function), time));
}

//===----------------------------------------------------------------------===//
// Kernels on operands
//===----------------------------------------------------------------------===//

static std::string specText(ArrayRef<int64_t> values) {
  std::string text = "[";
  for (auto [index, value] : llvm::enumerate(values)) {
    text += index ? ", " : "";
    text += value == ValueInfo::dynamic ? "?" : std::to_string(value);
  }
  return text + "]";
}

static bool fits(ArrayRef<int64_t> values, ArrayRef<int64_t> spec) {
  if (values.size() != spec.size())
    return false;
  for (auto [value, expected] : llvm::zip_equal(values, spec))
    if (expected != ValueInfo::dynamic && value != expected)
      return false;
  return true;
}

/// Whether `tensor` is one that the kernel was compiled for. Strides of an axis
/// with at most one element are never used.
static Error checkAgainst(Operand operand, const TensorSpec &spec,
                          const CheckedTensor &checked) {
  const TensorRef &tensor = *checked.tensor;
  if (tensor.type != spec.type)
    return llvm::make_error<NormError>(
        NormErrorKind::InvalidType,
        "expected " + getName(operand) + " of type '" + getName(spec.type) +
            "', but got '" + getName(tensor.type) + "'");
  if (!fits(tensor.shape, spec.shape))
    return invalid("expected " + getName(operand) + " of shape " +
                   specText(spec.shape) + ", as the kernel has it, but got " +
                   specText(tensor.shape));
  size_t rank = tensor.shape.size();
  ArrayRef<int64_t> strides(checked.strides, rank);
  ArrayRef<int64_t> expected(
      spec.strides ? spec.strides->data() : checked.contiguousStrides, rank);
  for (size_t dim = 0; dim < rank; ++dim)
    if (tensor.shape[dim] > 1 && expected[dim] != ValueInfo::dynamic &&
        strides[dim] != expected[dim])
      return invalid("expected " + getName(operand) + " with strides " +
                     specText(expected) + ", as the kernel has them, but got " +
                     specText(strides));
  return Error::success();
}

/// The kernel broadcasts the mask where its extent is 1 by specification, and
/// only there.
static Error checkMaskAgainst(const TensorSpec &spec, const TensorRef &mask,
                              const TensorRef &x) {
  size_t lead = x.shape.size() - mask.shape.size();
  for (size_t dim = 0; dim < mask.shape.size(); ++dim)
    if (spec.shape[dim] != 1 && mask.shape[dim] != x.shape[lead + dim])
      return invalid("expected mask with extent " + Twine(x.shape[lead + dim]) +
                     " on dimension " + Twine(dim) +
                     ", along which the kernel does not " +
                     "broadcast it, but got " + Twine(mask.shape[dim]));
  return Error::success();
}

static NormAxes getAxes(const Specification &spec) {
  NormAxes axes;
  for (int64_t axis : spec.reductionAxes)
    axes.reduced |= AxisSet(1) << axis;
  for (int64_t axis : spec.featureAxes)
    axes.features |= AxisSet(1) << axis;
  return axes;
}

Error Kernel::run(const Operands &operands) const {
  for (Operand operand : allOperands)
    if (bool(operands[operand]) != spec.operands[operand].has_value())
      return invalid(Twine("expected ") + (operands[operand] ? "no " : "") +
                     getName(operand) + ", as the kernel was made " +
                     (operands[operand] ? "without" : "with it") +
                     ", but got " + (operands[operand] ? "one" : "none"));
  CheckedOperands checked;
  if (Error error = checkOperands(operands, checked))
    return error;
  Arguments arguments;
  for (Operand operand : allOperands) {
    const TensorRef *tensor = operands[operand];
    if (!tensor)
      continue;
    if (Error error =
            checkAgainst(operand, *spec.operands[operand], checked[operand]))
      return error;
    arguments.add(tensor->data, tensor->shape, checked[operand].strides);
  }
  IndexSpace space;
  if (Error error = space.lay(checked, getAxes(spec)))
    return error;
  if (const TensorRef *mask = operands[Operand::Mask])
    if (Error error = checkMaskAgainst(*spec.operands[Operand::Mask], *mask,
                                       *operands[Operand::X]))
      return error;
  if (!space.hasNothingToWrite())
    function(arguments.get());
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Cache
//===----------------------------------------------------------------------===//

namespace {
/// A kernel that is there or is being compiled.
struct CacheEntry {
  explicit CacheEntry(const Specification &spec) : spec(spec) {}

  const Specification spec;
  std::once_flag once;
  /// Null where the compilation failed.
  std::shared_ptr<const Kernel> kernel;
  NormErrorKind errorKind = NormErrorKind::Internal;
  std::string error;
};

/// A map that is read without a lock: entries are put in and never changed.
class FastMap {
public:
  ~FastMap() {
    for (std::atomic<Node *> &bucket : buckets)
      for (Node *node = bucket.load(); node;)
        delete std::exchange(node, node->next);
  }

  const Kernel *lookup(const KernelKey &key, uint64_t hash) const {
    const Node *node =
        buckets[hash % numBuckets].load(std::memory_order_acquire);
    while (node && !(node->key == key))
      node = node->next;
    return node ? node->kernel.get() : nullptr;
  }

  /// Two threads may put in the same kernel; either will do.
  void insert(const KernelKey &key, uint64_t hash,
              std::shared_ptr<const Kernel> kernel) {
    std::atomic<Node *> &bucket = buckets[hash % numBuckets];
    Node *node = new Node{key, std::move(kernel), bucket.load()};
    while (!bucket.compare_exchange_weak(node->next, node,
                                         std::memory_order_acq_rel))
      ;
  }

private:
  struct Node {
    KernelKey key;
    std::shared_ptr<const Kernel> kernel;
    Node *next;
  };
  static constexpr size_t numBuckets = 1024;
  std::array<std::atomic<Node *>, numBuckets> buckets{};
};
} // namespace

struct KernelCache::Impl {
  Impl(Target target, const DiskCacheOptions &options, std::string schedule)
      : compiler(std::move(target), CompilerInput::Norms),
        schedule(std::move(schedule)), disk(options) {}

  std::shared_ptr<CacheEntry> getEntry(const Specification &spec);
  void forget(const CacheEntry &entry);
  bool load(CacheEntry &entry, StringRef key);
  void compile(CacheEntry &entry);

  static uint64_t makeID() {
    static std::atomic<uint64_t> last{0};
    return ++last;
  }

  /// No other cache has it, now or later.
  const uint64_t id = makeID();
  Compiler compiler;
  const std::string schedule;
  DiskCache disk;
  FastMap fast;
  std::mutex mutex;
  llvm::DenseMap<uint64_t, std::vector<std::shared_ptr<CacheEntry>>> entries;
  std::atomic<int64_t> numCompiled{0};
  std::atomic<int64_t> startTime{0}, lowerTime{0}, generateTime{0}, linkTime{0};
};

std::shared_ptr<CacheEntry>
KernelCache::Impl::getEntry(const Specification &spec) {
  // The two largest values are not for keys of a DenseMap.
  uint64_t hash = stableHash(spec) >> 1;
  std::lock_guard<std::mutex> lock(mutex);
  std::vector<std::shared_ptr<CacheEntry>> &sameHash = entries[hash];
  for (const std::shared_ptr<CacheEntry> &entry : sameHash)
    if (entry->spec == spec)
      return entry;
  sameHash.push_back(std::make_shared<CacheEntry>(spec));
  return sameHash.back();
}

/// Bad specifications do not pile up.
void KernelCache::Impl::forget(const CacheEntry &entry) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = entries.find(stableHash(entry.spec) >> 1);
  if (found == entries.end())
    return;
  llvm::erase_if(found->second, [&](const std::shared_ptr<CacheEntry> &other) {
    return other.get() == &entry;
  });
  if (found->second.empty())
    entries.erase(found);
}

/// All that decides on the object code of a kernel.
static std::string getDiskKey(const Target &target, StringRef schedule,
                              const Specification &spec) {
  llvm::SmallVector<uint64_t, 96> words = getWords(spec);
  std::string key = ("kernel\n" + getBuildID() + "\n" + target.getKey() + "\n" +
                     schedule + "\n")
                        .str();
  key.append(reinterpret_cast<const char *>(words.data()),
             words.size() * sizeof(uint64_t));
  return key;
}

/// Code that does not link is not what was written, for all its checksum says.
bool KernelCache::Impl::load(CacheEntry &entry, StringRef key) {
  return disk.load(key, [&](StringRef code) {
    Expected<std::shared_ptr<const Kernel>> kernel =
        Kernel::load(compiler.getTarget(), entry.spec, code.str());
    if (!kernel) {
      llvm::consumeError(kernel.takeError());
      return false;
    }
    entry.kernel = std::move(*kernel);
    linkTime += entry.kernel->getLinkTime();
    return true;
  });
}

void KernelCache::Impl::compile(CacheEntry &entry) {
  std::string key;
  if (disk.isEnabled()) {
    key = getDiskKey(compiler.getTarget(), schedule, entry.spec);
    if (load(entry, key))
      return;
  }
  Expected<std::shared_ptr<const Kernel>> kernel =
      Kernel::compile(compiler, entry.spec, schedule);
  if (kernel) {
    entry.kernel = std::move(*kernel);
    ++numCompiled;
    const CompileTimes &times = entry.kernel->getCompileTimes();
    startTime += times.start;
    lowerTime += times.lower;
    generateTime += times.generate;
    linkTime += entry.kernel->getLinkTime();
    if (disk.isEnabled())
      disk.store(key, entry.kernel->getObjectCode());
    return;
  }
  llvm::handleAllErrors(kernel.takeError(), [&](const NormError &error) {
    entry.errorKind = error.getKind();
    entry.error = error.getMessage().str();
  });
}

KernelCache::KernelCache(Target target, const DiskCacheOptions &disk,
                         std::string schedule)
    : impl(std::make_unique<Impl>(std::move(target), disk,
                                  std::move(schedule))) {}

KernelCache::~KernelCache() = default;

const Target &KernelCache::getTarget() const {
  return impl->compiler.getTarget();
}

int64_t KernelCache::getNumCompiled() const { return impl->numCompiled; }

KernelCacheInfo KernelCache::getInfo() const {
  const DiskCache &disk = impl->disk;
  KernelCacheInfo info;
  info.numCompiled = impl->numCompiled;
  info.numLoaded = disk.getNumLoaded();
  info.numRejected = disk.getNumRejected();
  info.numNotStored = disk.getNumNotStored();
  info.directory = disk.getDirectory();
  info.problem = disk.getProblem();
  info.compileTimes = {impl->startTime, impl->lowerTime, impl->generateTime};
  info.linkTime = impl->linkTime;
  return info;
}

Expected<std::shared_ptr<const Kernel>>
KernelCache::get(const Specification &spec) {
  std::shared_ptr<CacheEntry> entry = impl->getEntry(spec);
  std::call_once(entry->once, [&] { impl->compile(*entry); });
  if (entry->kernel)
    return entry->kernel;
  impl->forget(*entry);
  return llvm::make_error<NormError>(entry->errorKind, entry->error);
}

Error KernelCache::run(const NormOptions &options,
                       std::optional<ArrayRef<int64_t>> reductionAxes,
                       std::optional<ArrayRef<int64_t>> featureAxes,
                       const Operands &operands) {
  if (!operands[Operand::X])
    return invalid("expected x, but got a null pointer");
  size_t rank = operands[Operand::X]->shape.size();
  if (rank < 1 || rank > size_t(maxRank))
    return invalid("expected x of rank 1 to " + Twine(maxRank) +
                   ", but got rank " + Twine(rank));
  NormAxes axes;
  if (Error error =
          readAxes("reduction axes", reductionAxes, rank, axes.reduced))
    return error;
  if (Error error = readAxes("feature axes", featureAxes, rank, axes.features))
    return error;
  // Without anything on them they are no different from other axes.
  if (!operands[Operand::Scale] && !operands[Operand::Bias])
    axes.features = 0;
  CallKey callKey(impl->id, options, axes, operands);
  const KnownCall *known = KnownCall::lookup(callKey);
  if (known && known->run(operands))
    return Error::success();
  CheckedOperands checked;
  if (Error error = checkOperands(operands, checked))
    return error;
  IndexSpace space;
  if (Error error = space.lay(checked, axes))
    return error;
  bool isIdle = space.hasNothingToWrite();
  PerOperand<OperandSet> replaceable = findReplaceable(space);
  normalize(space);
  KernelKey key(options, space);
  uint64_t hash = key.hash();
  const Kernel *kernel = impl->fast.lookup(key, hash);
  if (LLVM_UNLIKELY(!kernel)) {
    Expected<std::shared_ptr<const Kernel>> compiled =
        get(getSpecification(options, space));
    if (!compiled)
      return compiled.takeError();
    kernel = compiled->get();
    impl->fast.insert(key, hash, std::move(*compiled));
  }
  if (!known)
    KnownCall::remember(callKey, checked, replaceable, space,
                        isIdle ? nullptr : kernel);
  if (isIdle)
    return Error::success();
  Arguments arguments;
  arguments.add(space);
  kernel->getFunction()(arguments.get());
  return Error::success();
}
