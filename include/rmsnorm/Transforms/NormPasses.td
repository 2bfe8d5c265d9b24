//===- NormPasses.td - Passes on norms ---------------------*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TRANSFORMS_NORMPASSES_TD
#define RMSNORM_TRANSFORMS_NORMPASSES_TD

include "mlir/Pass/PassBase.td"

def RMSNormDecompose : Pass<"rmsnorm-decompose"> {
  let summary = "Write the ops of the dialect as linalg ops";
  let description = [{
    Replaces `rmsnorm` ops by `linalg.generic` ops that compute what
    [Semantics.md](Semantics.md) says: a reduction for the sum of squares, one
    over the rows for the reciprocal root, and an elementwise one for the
    results. Works on tensors and on memrefs; on memrefs the statistics live on
    the stack, or on the heap where their number has no small bound. A norm with
    a device group is refused.

    ```mlir
    func.func @norm(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
      rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>)
      return
    }
    // becomes
    func.func @norm(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
      %zero = arith.constant 0.000000e+00 : f64
      %sum = memref.alloca() {alignment = 64 : i64} : memref<8xf64>
      linalg.fill ins(%zero : f64) outs(%sum : memref<8xf64>)
      linalg.generic {..., iterator_types = ["parallel", "reduction"]}
          ins(%x : memref<8x64xf32>) outs(%sum : memref<8xf64>) {
      ^bb0(%in: f32, %out: f64):
        %square = arith.mulf %in, %in : f32
        %wide = arith.extf %square : f32 to f64
        %next = arith.addf %out, %wide : f64
        linalg.yield %next : f64
      }
      ...
      linalg.generic {..., iterator_types = ["parallel"]}
          ins(%sum : memref<8xf64>) outs(%r : memref<8xf32>) {
      ^bb0(%in: f64, %out: f32):
        ...
        %root = math.sqrt %shifted : f64
        ...
      }
      linalg.generic {..., iterator_types = ["parallel", "parallel"]}
          ins(%x, %r : memref<8x64xf32>, memref<8xf32>)
          outs(%y : memref<8x64xf32>) {
      ^bb0(%in: f32, %factor: f32, %out: f32):
        %scaled = arith.mulf %in, %factor : f32
        linalg.yield %scaled : f32
      }
      return
    }
    ```
  }];
}

def RMSNormSchedule : Pass<"rmsnorm-schedule"> {
  let summary = "Choose a schedule for each norm that has none";
  let description = [{
    Puts `#rmsnorm.cpu_schedule` on the ops. It is computed from the types and,
    but for what decides on the tree of a sum, the target; a schedule that is
    there already stays.

    ```mlir
    func.func @norm(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
      rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>)
      return
    }
    // becomes
    func.func @norm(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
      rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>)
          {schedule = #rmsnorm.cpu_schedule<
            vector = [...], normalize_vector = [...], ...>}
      return
    }
    ```
  }];
  let options = [
    Option<"vectorRegisters", "vector-registers", "int64_t", "16",
           "Vector registers that the target has (x86: 32 with AVX-512)">,
    Option<"cacheSize", "cache-size", "int64_t", "33554432",
           "Bytes of the target's cache of the last level">,
  ];
}

def RMSNormSplit : Pass<"rmsnorm-split"> {
  let summary = "Take norms apart into their two halves";
  let description = [{
    For those who put something between the halves or tile the first of them by
    partial reduction. With a mask, the first half gives sums and counts. A norm
    with `stable` or with a device group is refused.

    ```mlir
    func.func @norm(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>)
        -> tensor<8x64xf32> {
      %y = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>)
             outs(%o : tensor<8x64xf32>)
      return %y : tensor<8x64xf32>
    }
    // becomes
    func.func @norm(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>)
        -> tensor<8x64xf32> {
      %e = tensor.empty() : tensor<8x1xf32>
      %ms = rmsnorm.mean_square ins(%x : tensor<8x64xf32>)
              outs(%e : tensor<8x1xf32>)
      %y = rmsnorm.normalize ins(%x : tensor<8x64xf32>)
             statistic(%ms : tensor<8x1xf32>) outs(%o : tensor<8x64xf32>)
      return %y : tensor<8x64xf32>
    }
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
    runs along such an axis, a task takes `panel` neighbours on it. An iteration
    of the loop takes as many tasks as hold `grain` bytes of x, or all of them
    where the threads rather share each: rows that are cut into parts, of a
    megabyte or more each or so few that they do not come out even on
    `rmsnorm.max_threads`. The norms need a schedule, see `rmsnorm-schedule`. Where that has other tasks for `far`
    bytes, there are two loops, and the kernel chooses.

    ```mlir
    func.func @norm(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
      rmsnorm.rms_norm ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>)
          {schedule = #rmsnorm.cpu_schedule<
            vector = [16, 1], normalize_vector = [8, 1], grain = 4096>}
      return
    }
    // becomes
    func.func @norm(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
      ...
      %rows = memref.dim %x, %c0 : memref<?x64xf32>
      ...
      scf.parallel (%begin) = (%first) to (%rows) step (%sixteen) {
        %next = arith.addi %begin, %sixteen : index
        %end = arith.minui %next, %rows : index
        scf.for %row = %begin to %end step %c1 {
          %xi = memref.subview %x[%row, 0] [1, 64] [1, 1]
              : memref<?x64xf32> to memref<1x64xf32, ...>
          %yi = memref.subview %y[%row, 0] [1, 64] [1, 1]
              : memref<?x64xf32> to memref<1x64xf32, ...>
          rmsnorm.rms_norm ins(%xi : memref<1x64xf32, ...>)
              outs(%yi : memref<1x64xf32, ...>) {schedule = ...}
        }
        scf.reduce
      } {rmsnorm.ranges, rmsnorm.schedule = ...}
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
  ];
}

#endif // RMSNORM_TRANSFORMS_NORMPASSES_TD
