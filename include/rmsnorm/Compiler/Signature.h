//===- Signature.h - What a compiled function takes and gives ---*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_COMPILER_SIGNATURE_H
#define RMSNORM_COMPILER_SIGNATURE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace mlir {
class ModuleOp;
class Type;
} // namespace mlir

namespace rmsnorm {

/// Types of elements that cross the boundary of a compiled function.
enum class ElementType {
  I1,
  I8,
  I16,
  I32,
  I64,
  U8,
  U16,
  U32,
  U64,
  Index,
  F8E4M3FN,
  F8E5M2,
  F16,
  BF16,
  F32,
  F64,
  C64,
  C128,
};

/// Size of an element in memory, in bytes.
int64_t getByteSize(ElementType type);

/// The type as MLIR spells it.
llvm::StringRef getName(ElementType type);

/// One argument or result of a compiled function.
struct ValueInfo {
  enum class Kind { Scalar, Tensor, MemRef };
  /// Stands for an extent, a stride or an offset that is known at run time.
  static constexpr int64_t dynamic = std::numeric_limits<int64_t>::min();

  Kind kind = Kind::Scalar;
  ElementType elementType = ElementType::F32;
  llvm::SmallVector<int64_t, 6> shape;
  /// In elements. Tensors are passed as memrefs without gaps.
  llvm::SmallVector<int64_t, 6> strides;
  int64_t offset = 0;
  /// The layout is MLIR's default: the last axis fastest, without gaps.
  bool contiguous = true;

  int64_t getRank() const { return shape.size(); }
  bool hasStaticShape() const;
  /// The type as MLIR would print it.
  std::string getTypeName() const;
};

/// A function of a module that can be called from outside.
struct FunctionInfo {
  std::string name;
  std::vector<ValueInfo> arguments, results;
  /// For each result in the source, in its order: the argument that it is
  /// written to, or -1 for the next one of `results`.
  std::vector<int64_t> resultArguments;
};

/// The public functions of `module`, a module before the pipeline, whose types
/// all fit ValueInfo. Others can be called by each other only.
std::vector<FunctionInfo> getPublicFunctions(mlir::ModuleOp module);

/// Brings `functions` up to date with `module` after the bufferize stage: a
/// tensor that a result is written to is a memref, and the result is gone.
void dropArgumentResults(std::vector<FunctionInfo> &functions,
                         mlir::ModuleOp module);

} // namespace rmsnorm

#endif // RMSNORM_COMPILER_SIGNATURE_H
