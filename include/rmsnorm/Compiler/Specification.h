//===- Specification.h - Which kernel it is to be ---------------*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_COMPILER_SPECIFICATION_H
#define RMSNORM_COMPILER_SPECIFICATION_H

#include "mlir/IR/OwningOpRef.h"
#include "rmsnorm/Compiler/Signature.h"
#include "llvm/Support/Error.h"
#include <array>
#include <optional>

namespace mlir {
class MLIRContext;
class ModuleOp;
} // namespace mlir

namespace rmsnorm {

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// Why a norm was refused.
enum class NormErrorKind {
  InvalidArgument,
  InvalidType,
  Overflow,
  Unsupported,
  Internal,
};

/// What is wrong with a norm, in one line.
class NormError : public llvm::ErrorInfo<NormError> {
public:
  static char ID;

  NormError(NormErrorKind kind, const llvm::Twine &message)
      : kind(kind), message(message.str()) {}

  NormErrorKind getKind() const { return kind; }
  llvm::StringRef getMessage() const { return message; }

  void log(llvm::raw_ostream &os) const override { os << message; }
  std::error_code convertToErrorCode() const override;

private:
  NormErrorKind kind;
  std::string message;
};

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// The operands of rmsnorm.rms_norm, in the order in which kernels take them.
enum class Operand { X, Scale, Bias, Residual, Mask, Y, ResidualOut, Rstd };
inline constexpr size_t numOperands = 8;

/// The operand as diagnostics call it.
llvm::StringRef getName(Operand operand);

/// One thing for each operand.
template <typename T>
class PerOperand {
public:
  T &operator[](Operand operand) {
    return values[static_cast<size_t>(operand)];
  }
  const T &operator[](Operand operand) const {
    return values[static_cast<size_t>(operand)];
  }
  bool operator==(const PerOperand &other) const {
    return values == other.values;
  }

private:
  std::array<T, numOperands> values{};
};

/// All operands, to loop over.
inline constexpr std::array<Operand, numOperands> allOperands = {
    Operand::X,    Operand::Scale, Operand::Bias,        Operand::Residual,
    Operand::Mask, Operand::Y,     Operand::ResidualOut, Operand::Rstd};

//===----------------------------------------------------------------------===//
// Specification
//===----------------------------------------------------------------------===//

/// What a norm computes, apart from its axes.
struct NormOptions {
  double epsilon = 1e-6;
  double scaleOffset = 0.0;
  /// Round the normalised value to x's type before the scale.
  bool castThenScale = false;
  bool stable = false;
  /// f32 or f64; none: what x asks for.
  std::optional<ElementType> statsType;

  bool operator==(const NormOptions &other) const;
};

/// The type and the layout of an operand. ValueInfo::dynamic stands for extents
/// and strides that are known when the kernel runs.
struct TensorSpec {
  ElementType type = ElementType::F32;
  llvm::SmallVector<int64_t, 4> shape;
  /// In elements. None: contiguous, the last axis fastest.
  std::optional<llvm::SmallVector<int64_t, 4>> strides;

  bool operator==(const TensorSpec &other) const {
    return type == other.type && shape == other.shape &&
           strides == other.strides;
  }
};

/// A norm with all that a kernel has to know. Kernels are cached by it: what is
/// dynamic in it is served by one kernel, what is static may make that kernel
/// faster. The length of rows is worth being static, their number is not.
struct Specification {
  NormOptions options;
  /// Axes of x, sorted, not negative.
  llvm::SmallVector<int64_t, 4> reductionAxes, featureAxes;
  PerOperand<std::optional<TensorSpec>> operands;

  bool operator==(const Specification &other) const;
  bool operator!=(const Specification &other) const {
    return !(*this == other);
  }
};

/// All of `spec`, bit by bit, and the same in every process.
llvm::SmallVector<uint64_t, 96> getWords(const Specification &spec);

/// The same in every process.
uint64_t stableHash(const Specification &spec);

/// Succeeds where `schedule` has the parameters of a #rmsnorm.cpu_schedule, as
/// MLIR writes them between its brackets; the error says what is wrong.
llvm::Error checkSchedule(llvm::StringRef schedule);

/// A module with one function, `norm`, that takes the operands of `spec` as
/// memrefs. Null, with a diagnostic, where there is no such norm. `schedule` is
/// one that was checked; empty: the compiler chooses.
mlir::OwningOpRef<mlir::ModuleOp> buildModule(const Specification &spec,
                                              mlir::MLIRContext &context,
                                              llvm::StringRef schedule = {});

/// The name of the function that buildModule makes.
inline constexpr llvm::StringLiteral kernelName = "norm";

} // namespace rmsnorm

#endif // RMSNORM_COMPILER_SPECIFICATION_H
