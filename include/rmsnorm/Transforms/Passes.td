//===- Passes.td - Passes of the project -------------------*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TRANSFORMS_PASSES_TD
#define RMSNORM_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def RMSNormDecompose : Pass<"rmsnorm-decompose"> {
  let summary = "Write the ops of the dialect as linalg ops";
  let description = [{
    Replaces `rmsnorm` ops by the `linalg.generic` ops that docs/Semantics.md
    gives for them: a reduction for the sum of squares, one over the rows for
    the reciprocal root, and an elementwise one for the results. Works on tensors
    and on memrefs; on memrefs the statistic of each row lives on the stack.
  }];
}

def RMSNormSchedule : Pass<"rmsnorm-schedule"> {
  let summary = "Choose a schedule for each norm that has none";
  let description = [{
    Puts `#rmsnorm.cpu_schedule` on the ops. It is computed from the types; a
    schedule that is there already stays.
  }];
}

def RMSNormSplit : Pass<"rmsnorm-split"> {
  let summary = "Take norms apart into their two halves";
  let description = [{
    For those who put something between the halves or tile the first of them by
    partial reduction. With a mask, the first half gives sums and counts. A norm
    with `stable` or with a device group is refused.

    ```mlir
    %y = rmsnorm.rms_norm ins(%x : tensor<?x64xf32>) outs(%o : tensor<?x64xf32>)
    // becomes
    %e = tensor.empty(%n) : tensor<?x1xf32>
    %ms = rmsnorm.mean_square ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x1xf32>)
    %y = rmsnorm.normalize ins(%x : tensor<?x64xf32>) statistic(%ms : tensor<?x1xf32>)
           outs(%o : tensor<?x64xf32>)
    ```
  }];
  let dependentDialects = [
    "::mlir::memref::MemRefDialect", "::mlir::tensor::TensorDialect",
  ];
}

def RMSNormTile : Pass<"rmsnorm-tile"> {
  let summary = "Split norms on memrefs into a parallel loop over tasks";
  let description = [{
    A task is a row: one position on the axes that are not reduced. Where memory
    runs along such an axis, a task takes `panel` neighbours on it.

    ```mlir
    rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32>)
    // becomes
    scf.parallel (%i) = (%c0) to (%rows) step (%c1) {
      %xi = memref.subview %x[%i, 0] [1, 1024] [1, 1]
      %yi = memref.subview %y[%i, 0] [1, 1024] [1, 1]
      rmsnorm.rms_norm ins(%xi : memref<1024xf32, ...>) outs(%yi : ...)
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
  ];
}

def RMSNormVectorize : Pass<"rmsnorm-vectorize"> {
  let summary = "Take scheduled linalg ops on memrefs to loops over vectors";
  let description = [{
    Every linalg.generic with an `rmsnorm.schedule` becomes loops over vectors
    as the schedule says, with a fixed tree for each sum.

    ```mlir
    linalg.generic {iterator_types = ["reduction"], ...} ins(%x : memref<1024xf32>)
        outs(%sum : memref<f32>) attrs = {rmsnorm.schedule =
        #rmsnorm.cpu_schedule<vector = [64, 8, 1], normalize_vector = [32, 1]>}
    // becomes
    %acc = scf.for %j = %c0 to %c1024 step %c64 iter_args(%a = %zero) {
      %v = vector.load %x[%j] : memref<1024xf32>, vector<64xf32>
      %s = llvm.intr.fmuladd(%v, %v, %a) : vector<64xf32>
      ...
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect",
  ];
}

def RMSNormDropArgumentResults
    : Pass<"rmsnorm-drop-argument-results", "::mlir::ModuleOp"> {
  let summary = "Return nothing that is an argument's memory anyway";
  let description = [{
    After bufferization, a public function that wrote a result into an argument
    returns that argument. The result is dropped: the caller has the memory, and
    giving it a copy of its own would cost one. `rmsnorm.result` on the argument
    says which result it was.

    ```mlir
    func.func @f(%x: memref<?x64xf32>, %y: memref<?x64xf32>) -> memref<?x64xf32> {
      rmsnorm.rms_norm ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>)
      return %y : memref<?x64xf32>
    }
    // becomes
    func.func @f(%x: memref<?x64xf32>, %y: memref<?x64xf32> {rmsnorm.result = 0}) {
      rmsnorm.rms_norm ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>)
      return
    }
    ```
  }];
}

def RMSNormExpandCopies : Pass<"rmsnorm-expand-copies"> {
  let summary = "Take copies of views to linalg";
  let description = [{
    memref.copy from or to a view whose layout is not plainly row by row becomes
    a linalg.generic. On its way to LLVM it would become a call of a function of
    MLIR's own runtime, which is not there. The other copies stay; they become
    memcpy.

    ```mlir
    memref.copy %x, %y : memref<8x64xf32, strided<[128, 1], offset: ?>> to memref<8x64xf32>
    // becomes
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%x : memref<8x64xf32, strided<[128, 1], offset: ?>>) outs(%y : memref<8x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def RMSNormExpandFloats : Pass<"rmsnorm-expand-floats"> {
  let summary = "Convert narrow floats by integer arithmetic";
  let description = [{
    arith.extf and arith.truncf from or to bf16, f16, f8E4M3FN and f8E5M2
    become integer arithmetic on whole vectors, rounded once to nearest even.
    Overflow gives infinity, or NaN in f8E4M3FN, which has none. Arithmetic on
    these types is done in f32, and each result rounded.
  }];
  let options = [
    Option<"nativeF16", "native-f16", "bool", "false",
           "Leave f16 from and to f32 to the target (x86: F16C)">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def RMSNormParallelize : Pass<"rmsnorm-parallelize", "::mlir::ModuleOp"> {
  let summary = "Take parallel loops to tasks that the runtime hands out";
  let description = [{
    Each scf.parallel of `rmsnorm-tile` becomes a function over a range of its
    iterations and a call of `rmsnorm_parallel_for`.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::scf::SCFDialect",
  ];
}

#endif // RMSNORM_TRANSFORMS_PASSES_TD
