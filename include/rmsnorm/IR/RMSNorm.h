//===- RMSNorm.h - The rmsnorm dialect --------------------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dialect, its attributes, its ops and the interface that the ops share.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_IR_RMSNORM_H
#define RMSNORM_IR_RMSNORM_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "rmsnorm/IR/RMSNormDialect.h.inc"
#include "rmsnorm/IR/RMSNormEnums.h.inc"
#include "rmsnorm/IR/RMSNormInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "rmsnorm/IR/RMSNormAttrs.h.inc"

#define GET_OP_CLASSES
#include "rmsnorm/IR/RMSNormOps.h.inc"

namespace rmsnorm {

/// The type that statistics of an `x` with element type `elementType` are
/// computed in, given the type asked for (may be null): f64 where either is
/// f64 (or complex of it), else f32.
mlir::FloatType getStatisticsType(mlir::Type elementType,
                                  mlir::Type requested = {});

/// `shape` with every axis of `axes` set to 1.
llvm::SmallVector<int64_t> keepAxesAsOne(llvm::ArrayRef<int64_t> shape,
                                         llvm::ArrayRef<int64_t> axes);

} // namespace rmsnorm

#endif // RMSNORM_IR_RMSNORM_H
