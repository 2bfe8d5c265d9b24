//===- AggregatedOpInterface.cpp - The mathematics, as linalg ops ---------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Interfaces/Interfaces.h"
#include "mlir/IR/DialectRegistry.h"

void rmsnorm::registerAggregatedOpInterface(mlir::DialectRegistry &) {}
