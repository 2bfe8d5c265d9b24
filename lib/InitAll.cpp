//===- InitAll.cpp - Registration of everything in the project ------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/InitAll.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Interfaces/Interfaces.h"
#include "rmsnorm/Pipelines/CPU.h"
#include "rmsnorm/TransformOps/RMSNormTransformOps.h"
#include "rmsnorm/Transforms/Passes.h"

void rmsnorm::registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<RMSNormDialect>();
  registerAggregatedOpInterface(registry);
  registerBufferizableOpInterface(registry);
  registerRuntimeVerifiableOpInterface(registry);
  registerShardingInterface(registry);
  registerTilingInterface(registry);
  // Inherits from tiling, which has to be there first.
  registerPartialReductionOpInterface(registry);
  registerTransformDialectExtension(registry);
  registerValueBoundsOpInterface(registry);
}

void rmsnorm::registerAllPasses() {
  registerRMSNormPasses();
  registerCPUPipeline();
}
