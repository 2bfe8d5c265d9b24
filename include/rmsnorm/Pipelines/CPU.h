//===- CPU.h - From the rmsnorm dialect to LLVM on a CPU --------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_PIPELINES_CPU_H
#define RMSNORM_PIPELINES_CPU_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include <string>

namespace rmsnorm {

/// What the CPU pipeline has to know of the machine and of its caller.
struct CPUPipelineOptions : mlir::PassPipelineOptions<CPUPipelineOptions> {
  Option<std::string> features{
      *this, "features",
      llvm::cl::desc("LLVM feature string of the target, such as +avx2,+fma; "
                     "empty: the baseline of the architecture"),
      llvm::cl::init("")};
  Option<int64_t> cacheSize{
      *this, "cache-size",
      llvm::cl::desc("Bytes of the target's cache of the last level"),
      llvm::cl::init(int64_t(32) << 20)};
  Option<std::string> stopAfter{
      *this, "stop-after",
      llvm::cl::desc("Leave the module as it is after this stage"),
      llvm::cl::init("")};
  Option<std::string> startAfter{
      *this, "start-after",
      llvm::cl::desc("The module has been through the stages up to this one"),
      llvm::cl::init("")};
};

/// Appends the passes that take a module with rmsnorm ops, on tensors or
/// memrefs, to the LLVM dialect. Fails, with a diagnostic on `loc`, where
/// `stopAfter` or `startAfter` names no stage, the first is not after the
/// second, or `features` is no feature string.
mlir::LogicalResult buildCPUPipeline(mlir::OpPassManager &passManager,
                                     const CPUPipelineOptions &options,
                                     mlir::Location loc);

/// The names of the stages, in their order.
llvm::ArrayRef<llvm::StringRef> getCPUStages();

/// Registers the pipeline as `rmsnorm-to-cpu`.
void registerCPUPipeline();

} // namespace rmsnorm

#endif // RMSNORM_PIPELINES_CPU_H
