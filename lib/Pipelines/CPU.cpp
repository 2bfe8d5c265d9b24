//===- CPU.cpp - From the rmsnorm dialect to LLVM on a CPU ----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Pipelines/CPU.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "rmsnorm/Transforms/Passes.h"

using namespace mlir;
using namespace rmsnorm;

namespace {
/// A stage of the pipeline: a name and what it appends.
struct Stage {
  StringRef name;
  void (*append)(OpPassManager &, const CPUPipelineOptions &);
};
} // namespace

/// Whether the target has `feature`: the last mention in the list decides.
static bool hasFeature(const CPUPipelineOptions &options, StringRef feature) {
  bool has = false;
  for (StringRef item : llvm::split(options.features.getValue(), ','))
    if (item.drop_front(!item.empty()) == feature)
      has = item.front() == '+';
  return has;
}

/// Tensors become buffers before anything else: a norm writes to its
/// destination, so that no copy of x's size can appear later.
static void bufferize(OpPassManager &pm, const CPUPipelineOptions &) {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  // What is written to an argument is not returned as well: it would be copied.
  pm.addPass(bufferization::createDropEquivalentBufferResultsPass());
  pm.addPass(createRMSNormDropArgumentResults());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  bufferization::BufferDeallocationPipelineOptions deallocation;
  bufferization::buildBufferDeallocationPipeline(pm, deallocation);
}

static void schedule(OpPassManager &pm, const CPUPipelineOptions &options) {
  pm.addPass(createRMSNormSchedule(
      {hasFeature(options, "avx512f") ? 32 : 16, options.cacheSize}));
}

static void tile(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addPass(createRMSNormTile());
}

static void decompose(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addPass(createRMSNormDecompose());
}

static void overlap(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addPass(createRMSNormOverlapTasks());
}

static void distribute(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addPass(createRMSNormDistribute());
}

static void vectorize(OpPassManager &pm, const CPUPipelineOptions &options) {
  pm.addPass(createRMSNormVectorize(
      {hasFeature(options, "avx512bw") && hasFeature(options, "avx512vbmi2")}));
  pm.addPass(createRMSNormExpandCopies());
  pm.addPass(createConvertLinalgToLoopsPass());
  // AMD's processors alone have SSE4A. Zen 3 takes three times as long so; its
  // successors, which have AVX-512, have not been timed.
  bool convertsAsItStores =
      hasFeature(options, "avx512f") && !hasFeature(options, "sse4a");
  pm.addPass(createRMSNormExpandFloats(
      {hasFeature(options, "f16c"), convertsAsItStores ? 16 : 0}));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

static void parallelize(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addPass(createRMSNormUnswitchLoops());
  pm.addPass(createRMSNormUnrollLoops());
  pm.addPass(createRMSNormParallelize());
}

static void lowerToLLVM(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addNestedPass<func::FuncOp>(LLVM::createLLVMRequestCWrappersPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createRMSNormConvertValues());
  pm.addPass(createConvertToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createRMSNormAllowNegativeStrides());
}

// clang-format off
static constexpr Stage stages[] = {
    {"bufferize", bufferize},
    {"schedule", schedule},
    {"tile", tile},
    {"decompose", decompose},
    {"overlap", overlap},
    {"distribute", distribute},
    {"vectorize", vectorize},
    {"parallelize", parallelize},
    {"llvm", lowerToLLVM},
};
// clang-format on

ArrayRef<StringRef> rmsnorm::getCPUStages() {
  static const SmallVector<StringRef> names = llvm::map_to_vector(
      stages, [](const Stage &stage) { return stage.name; });
  return names;
}

/// The position of the stage `name`; past the end where there is none.
static size_t stageIndex(StringRef name) {
  return llvm::find(getCPUStages(), name) - getCPUStages().begin();
}

/// Whether `features` is a list such as +avx2,-fma.
static bool isFeatureString(StringRef features) {
  return features.empty() ||
         llvm::all_of(llvm::split(features, ','), [](StringRef item) {
           return item.size() > 1 && (item[0] == '+' || item[0] == '-');
         });
}

/// What is wrong with the options, in words; empty where nothing is.
static std::string findMistake(const CPUPipelineOptions &options) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (!isFeatureString(options.features.getValue())) {
    os << "expected features to be names after + or -, such as +avx2,-fma, "
          "but got "
       << options.features;
    return text;
  }
  std::pair<StringRef, StringRef> named[] = {
      {"stop-after", options.stopAfter.getValue()},
      {"start-after", options.startAfter.getValue()}};
  for (auto [option, stage] : named) {
    if (stage.empty() || llvm::is_contained(getCPUStages(), stage))
      continue;
    os << "expected " << option << " to be one of "
       << llvm::join(getCPUStages(), ", ") << ", but got " << stage;
    return text;
  }
  if (!options.stopAfter.empty() && !options.startAfter.empty() &&
      stageIndex(options.stopAfter) <= stageIndex(options.startAfter))
    os << "expected stop-after to be a stage after " << options.startAfter
       << ", but got " << options.stopAfter;
  return text;
}

static void appendStages(OpPassManager &passManager,
                         const CPUPipelineOptions &options) {
  bool isDone = !options.startAfter.empty();
  for (const Stage &stage : stages) {
    if (!isDone)
      stage.append(passManager, options);
    isDone = isDone && stage.name != options.startAfter.getValue();
    if (stage.name == options.stopAfter.getValue())
      break;
  }
}

LogicalResult rmsnorm::buildCPUPipeline(OpPassManager &passManager,
                                        const CPUPipelineOptions &options,
                                        Location loc) {
  std::string mistake = findMistake(options);
  if (!mistake.empty())
    return emitError(loc) << mistake;
  appendStages(passManager, options);
  return success();
}

/// Appends the pipeline as the options in `text` say, or gives what is wrong
/// with them to `refuse`.
static LogicalResult
parsePipeline(OpPassManager &passManager, StringRef text,
              function_ref<LogicalResult(const Twine &)> refuse) {
  CPUPipelineOptions options;
  if (failed(options.parseFromString(text)))
    return failure();
  std::string mistake = findMistake(options);
  if (!mistake.empty())
    return refuse(mistake);
  appendStages(passManager, options);
  return success();
}

void rmsnorm::registerCPUPipeline() {
  // Not by PassPipelineRegistration, which has no way to refuse options.
  static const bool isRegistered = [] {
    registerPassPipeline(
        "rmsnorm-to-cpu", "Take norms to the LLVM dialect for a CPU",
        parsePipeline,
        [](function_ref<void(const mlir::detail::PassOptions &)> visit) {
          visit(CPUPipelineOptions());
        });
    return true;
  }();
  (void)isRegistered;
}
