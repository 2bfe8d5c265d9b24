//===- InitAll.cpp - Registration of everything in the project ------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/InitAll.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ComplexToLLVM/ComplexToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/Interfaces/Interfaces.h"
#include "rmsnorm/Pipelines/CPU.h"
#include "rmsnorm/TransformOps/RMSNormTransformOps.h"
#include "rmsnorm/Transforms/Passes.h"

/// Has convert-to-llvm, with which the pipeline ends, convert all that is left.
static void registerToLLVMInterfaces(mlir::DialectRegistry &registry) {
  mlir::arith::registerConvertArithToLLVMInterface(registry);
  mlir::cf::registerConvertControlFlowToLLVMInterface(registry);
  mlir::index::registerConvertIndexToLLVMInterface(registry);
  mlir::registerConvertComplexToLLVMInterface(registry);
  mlir::registerConvertFuncToLLVMInterface(registry);
  mlir::registerConvertMemRefToLLVMInterface(registry);
  mlir::ub::registerConvertUBToLLVMInterface(registry);
  mlir::vector::registerConvertVectorToLLVMInterface(registry);
}

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
  registerToLLVMInterfaces(registry);
}

void rmsnorm::registerAllPasses() {
  registerRMSNormPasses();
  registerCPUPipeline();
}
