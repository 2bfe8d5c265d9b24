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

static void schedule(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addPass(createRMSNormSchedule());
}

static void tile(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addPass(createRMSNormTile());
}

static void decompose(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addPass(createRMSNormDecompose());
}

static void vectorize(OpPassManager &pm, const CPUPipelineOptions &options) {
  pm.addPass(createRMSNormVectorize());
  pm.addPass(createRMSNormExpandCopies());
  pm.addPass(createConvertLinalgToLoopsPass());
  pm.addPass(createRMSNormExpandFloats({hasFeature(options, "f16c")}));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

static void parallelize(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addPass(createRMSNormParallelize());
}

static void lowerToLLVM(OpPassManager &pm, const CPUPipelineOptions &) {
  pm.addNestedPass<func::FuncOp>(LLVM::createLLVMRequestCWrappersPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertComplexToStandardPass());
  pm.addPass(createConvertComplexToLLVMPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  // Before arith: memref.dim of a dynamic dimension would become an alloca.
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
}

static constexpr Stage stages[] = {
    {"bufferize", bufferize}, {"schedule", schedule},
    {"tile", tile},           {"decompose", decompose},
    {"vectorize", vectorize}, {"parallelize", parallelize},
    {"llvm", lowerToLLVM},
};

ArrayRef<StringRef> rmsnorm::getCPUStages() {
  static const SmallVector<StringRef> names = llvm::map_to_vector(
      stages, [](const Stage &stage) { return stage.name; });
  return names;
}

LogicalResult rmsnorm::buildCPUPipeline(OpPassManager &passManager,
                                        const CPUPipelineOptions &options,
                                        Location loc) {
  StringRef last = options.stopAfter;
  if (!last.empty() && !llvm::is_contained(getCPUStages(), last))
    return emitError(loc) << "expected stop-after to be one of "
                          << llvm::join(getCPUStages(), ", ") << ", but got "
                          << last;
  StringRef first = options.startAfter;
  if (!first.empty() && !llvm::is_contained(getCPUStages(), first))
    return emitError(loc) << "expected start-after to be one of "
                          << llvm::join(getCPUStages(), ", ") << ", but got "
                          << first;
  bool isDone = !first.empty();
  for (const Stage &stage : stages) {
    if (!isDone)
      stage.append(passManager, options);
    isDone = isDone && stage.name != first;
    if (stage.name == last)
      break;
  }
  return success();
}

void rmsnorm::registerCPUPipeline() {
  static PassPipelineRegistration<CPUPipelineOptions> registration(
      "rmsnorm-to-cpu", "Take norms to the LLVM dialect for a CPU",
      [](OpPassManager &passManager, const CPUPipelineOptions &options) {
        MLIRContext context;
        if (failed(buildCPUPipeline(passManager, options,
                                    UnknownLoc::get(&context))))
          llvm::reportFatalUsageError("invalid pipeline options");
      });
}
