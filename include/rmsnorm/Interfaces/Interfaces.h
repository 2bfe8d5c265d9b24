//===- Interfaces.h - External models of the ops' interfaces ----*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One function for each interface, each in a file of its own in lib/Interfaces.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_INTERFACES_INTERFACES_H
#define RMSNORM_INTERFACES_INTERFACES_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace rmsnorm {

void registerAggregatedOpInterface(mlir::DialectRegistry &registry);
void registerBufferizableOpInterface(mlir::DialectRegistry &registry);
void registerPartialReductionOpInterface(mlir::DialectRegistry &registry);
void registerRuntimeVerifiableOpInterface(mlir::DialectRegistry &registry);
void registerShardingInterface(mlir::DialectRegistry &registry);
void registerTilingInterface(mlir::DialectRegistry &registry);
void registerValueBoundsOpInterface(mlir::DialectRegistry &registry);

} // namespace rmsnorm

#endif // RMSNORM_INTERFACES_INTERFACES_H
