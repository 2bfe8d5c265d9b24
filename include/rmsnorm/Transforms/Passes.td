//===- Passes.td - Passes of the project -------------------*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The examples are run: a pass takes the module before `// becomes` to the one
// after it, where `...` stands for anything. docs/Passes.md is made from this.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TRANSFORMS_PASSES_TD
#define RMSNORM_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"
include "rmsnorm/Transforms/LoopPasses.td"
include "rmsnorm/Transforms/NormPasses.td"
include "rmsnorm/Transforms/TaskPasses.td"

def RMSNormDropArgumentResults
    : Pass<"rmsnorm-drop-argument-results", "::mlir::ModuleOp"> {
  let summary = "Return nothing that is an argument's memory anyway";
  let description = [{
    After bufferization, a public function that wrote a result into an argument
    returns that argument. The result is dropped: the caller has the memory, and
    giving it a copy of its own would cost one. `rmsnorm.result` on the argument
    says which result it was.

    ```mlir
    func.func @norm(%x: memref<?x64xf32>, %y: memref<?x64xf32>)
        -> memref<?x64xf32> {
      rmsnorm.rms_norm ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>)
      return %y : memref<?x64xf32>
    }
    // becomes
    func.func @norm(%x: memref<?x64xf32>,
                    %y: memref<?x64xf32> {rmsnorm.result = 0 : i64}) {
      rmsnorm.rms_norm ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>)
      return
    }
    ```
  }];
}

def RMSNormAllowNegativeStrides : Pass<"rmsnorm-allow-negative-strides"> {
  let summary = "Let addresses be below that of the first element";
  let description = [{
    Takes from the LLVM dialect what the lowering of memrefs promises in error:
    that products of indices and strides, their sums and the addresses made of
    them do not wrap as unsigned numbers. With negative strides they do.

    ```mlir
    llvm.func @reversed(%x: !llvm.ptr, %i: i64, %stride: i64) -> f32 {
      %offset = llvm.mul %i, %stride overflow<nsw, nuw> : i64
      %place = llvm.getelementptr inbounds|nuw %x[%offset]
          : (!llvm.ptr, i64) -> !llvm.ptr, f32
      %e = llvm.load %place : !llvm.ptr -> f32
      llvm.return %e : f32
    }
    // becomes
    llvm.func @reversed(%x: !llvm.ptr, %i: i64, %stride: i64) -> f32 {
      %offset = llvm.mul %i, %stride overflow<nsw> : i64
      %place = llvm.getelementptr inbounds %x[%offset]
          : (!llvm.ptr, i64) -> !llvm.ptr, f32
      ...
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def RMSNormConvertValues
    : Pass<"rmsnorm-convert-values", "::mlir::ModuleOp"> {
  let summary = "Convert what convert-to-llvm leaves, where there is any";
  let description = [{
    Roots and magnitudes become those of LLVM. MLIR's conversions of the dialects
    vector, complex and math, to others, to the LLVM dialect and to calls of
    libm, each run where they have something to do: on vectors of more than one
    dimension and ops on them that convert-to-llvm does not convert, on complex
    numbers, on other functions.

    ```mlir
    func.func @root(%x: f32) -> f32 {
      %r = math.sqrt %x : f32
      return %r : f32
    }
    // becomes
    func.func @root(%x: f32) -> f32 {
      %r = llvm.intr.sqrt(%x) : (f32) -> f32
      return %r : f32
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
    "::mlir::func::FuncDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::ub::UBDialect",
    "::mlir::vector::VectorDialect",
  ];
}

#endif // RMSNORM_TRANSFORMS_PASSES_TD
