//===- Dialect.cpp - The rmsnorm dialect ----------------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Bytecode/BytecodeImplementation.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Shard/Interfaces/ShardingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "rmsnorm/IR/RMSNorm.h"

using namespace mlir;
using namespace rmsnorm;

#include "rmsnorm/IR/RMSNormDialect.cpp.inc"
#include "rmsnorm/IR/RMSNormEnums.cpp.inc"
#include "rmsnorm/IR/RMSNormInterfaces.cpp.inc"

namespace {
/// What the bytecode of the dialect looks like; a change that older readers
/// would misread raises it.
struct BytecodeVersion : DialectVersion {
  explicit BytecodeVersion(uint64_t number) : number(number) {}
  static constexpr uint64_t current = 1;
  uint64_t number;
};

/// Attributes travel as text; the version is what this adds.
struct BytecodeInterface : BytecodeDialectInterface {
  explicit BytecodeInterface(Dialect *dialect)
      : BytecodeDialectInterface(dialect) {}

  void writeVersion(DialectBytecodeWriter &writer) const override {
    writer.writeVarInt(BytecodeVersion::current);
  }

  std::unique_ptr<DialectVersion>
  readVersion(DialectBytecodeReader &reader) const override {
    uint64_t number;
    if (failed(reader.readVarInt(number)))
      return nullptr;
    if (number <= BytecodeVersion::current)
      return std::make_unique<BytecodeVersion>(number);
    reader.emitError() << "expected version " << BytecodeVersion::current
                       << " or older of the rmsnorm dialect, but got version "
                       << number;
    return nullptr;
  }
};
} // namespace

template <typename Interface>
static void promiseForAllOps(RMSNormDialect &dialect) {
  dialect.declarePromisedInterfaces<Interface,
#define GET_OP_LIST
#include "rmsnorm/IR/RMSNormOps.cpp.inc"
                                    >();
}

void RMSNormDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "rmsnorm/IR/RMSNormOps.cpp.inc"
      >();
  addInterfaces<BytecodeInterface>();
  // lib/Interfaces has these; registerAllDialects attaches them.
  promiseForAllOps<TilingInterface>(*this);
  promiseForAllOps<PartialReductionOpInterface>(*this);
  promiseForAllOps<linalg::AggregatedOpInterface>(*this);
  promiseForAllOps<bufferization::BufferizableOpInterface>(*this);
  promiseForAllOps<shard::ShardingInterface>(*this);
  promiseForAllOps<RuntimeVerifiableOpInterface>(*this);
}
