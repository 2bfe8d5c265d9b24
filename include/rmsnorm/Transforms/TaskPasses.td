//===- TaskPasses.td - Passes on the tasks of threads ------*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TRANSFORMS_TASKPASSES_TD
#define RMSNORM_TRANSFORMS_TASKPASSES_TD

include "mlir/Pass/PassBase.td"

def RMSNormOverlapTasks : Pass<"rmsnorm-overlap-tasks"> {
  let summary = "Sum a task while the results of the one before it are written";
  let description = [{
    In the loop over the tasks of a norm, an iteration writes the results of a
    task and makes the sums of the next, so that neither waits for the
    reciprocal root of a row, and what comes from memory is on its way all the
    time. What the sums leave for the results is kept for two tasks. Where that
    is from a number of bytes on, `overlap`, the loop as it was stays beside it,
    and the kernel chooses.

    ```mlir
    #schedule = #rmsnorm.cpu_schedule<
        vector = [8, 1], normalize_vector = [8, 1], overlap = 1>
    func.func @norm(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %rows = memref.dim %x, %c0 : memref<?x64xf32>
      scf.parallel (%begin) = (%c0) to (%rows) step (%c1) {
        %end = arith.addi %begin, %c1 : index
        scf.for %row = %begin to %end step %c1 {
          %xi = memref.subview %x[%row, 0] [1, 64] [1, 1]
              : memref<?x64xf32> to memref<1x64xf32, strided<[64, 1], offset: ?>>
          %yi = memref.subview %y[%row, 0] [1, 64] [1, 1]
              : memref<?x64xf32> to memref<1x64xf32, strided<[64, 1], offset: ?>>
          %sum = memref.alloca() : memref<1xf32>
          linalg.generic {
              indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
              iterator_types = ["parallel", "reduction"]}
              ins(%xi : memref<1x64xf32, strided<[64, 1], offset: ?>>)
              outs(%sum : memref<1xf32>)
              attrs = {rmsnorm.reduced = array<i64: 1>, rmsnorm.schedule = #schedule} {
          ^bb0(%in: f32, %out: f32):
            %square = arith.mulf %in, %in : f32
            linalg.yield %square : f32
          }
          linalg.generic {
              indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
                               affine_map<(i, j) -> (i, j)>],
              iterator_types = ["parallel", "parallel"]}
              ins(%xi, %sum : memref<1x64xf32, strided<[64, 1], offset: ?>>, memref<1xf32>)
              outs(%yi : memref<1x64xf32, strided<[64, 1], offset: ?>>)
              attrs = {rmsnorm.reduced = array<i64: 1>, rmsnorm.schedule = #schedule} {
          ^bb0(%in: f32, %factor: f32, %out: f32):
            %scaled = arith.mulf %in, %factor : f32
            linalg.yield %scaled : f32
          }
        }
      } {rmsnorm.schedule = #schedule}
      return
    }
    // becomes
    func.func @norm(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
      ...
        %sums = memref.alloca() {alignment = 64 : i64} : memref<2x1xf32>
        ...
        %some = arith.cmpi ult, %begin, %end : index
        scf.if %some {
          ...
          linalg.generic ... outs(%first : memref<1xf32, ...>) ...
        }
        scf.for %row = %begin to %end step %one {
          ...
          %next = arith.minui %number, %last : index
          ...
          %xi = memref.subview %x[%next, 0] [1, 64] [1, 1]
              : memref<?x64xf32> to memref<1x64xf32, ...>
          linalg.generic ... ins(%xi : memref<1x64xf32, ...>)
              outs(%new : memref<1xf32, ...>)
              attrs = {rmsnorm.beside, ...
          linalg.generic ... outs(%yi : memref<1x64xf32, ...>) ...
        } {rmsnorm.overlapped}
    ...
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect",
  ];
}

def RMSNormDistribute : Pass<"rmsnorm-distribute"> {
  let summary = "Cut scheduled linalg ops on long rows into parts";
  let description = [{
    A linalg.generic on memrefs with an `rmsnorm.schedule`, whose loops
    `rmsnorm.reduced` run along more than two times `part` elements, becomes a
    parallel loop over parts of the first of them. A reduction becomes
    reductions of the parts and one over their results. The parts depend on the
    extents of these loops and the schedule alone: however many threads there
    are, the results are the same, bit for bit. A reduction with
    `rmsnorm.beside` is cut together with the results that follow it.

    ```mlir
    func.func @sum(%x: memref<100000xf32>, %sum: memref<f32>) {
      linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>],
          iterator_types = ["reduction"]}
          ins(%x : memref<100000xf32>) outs(%sum : memref<f32>)
          attrs = {rmsnorm.reduced = array<i64: 0>,
                   rmsnorm.schedule = #rmsnorm.cpu_schedule<
                     vector = [8, 1], normalize_vector = [8, 1], part = 25000>} {
      ^bb0(%in: f32, %out: f32):
        %next = arith.addf %out, %in : f32
        linalg.yield %next : f32
      }
      return
    }
    // becomes
    func.func @sum(%x: memref<100000xf32>, %sum: memref<f32>) {
      ...
      %room = memref.alloca() {alignment = 64 : i64} : memref<128xf32>
      %sums = memref.subview %room[0] [4] [1]
          : memref<128xf32> to memref<4xf32, ...>
      ...
      scf.parallel (%begin) = (%first) to (%four) step (%one) {
        ...
        scf.for %part = %begin to %end step %next {
          ...
          %xi = memref.subview %x[%offset] [%size] [1]
              : memref<100000xf32> to memref<?xf32, ...>
          %sumi = memref.subview %sums[%part] [1] [1]
              : memref<4xf32, ...> to memref<f32, ...>
          ...
          linalg.fill ins(%zero : f32) outs(%sumi : memref<f32, ...>)
          linalg.generic ... ins(%xi : memref<?xf32, ...>)
              outs(%sumi : memref<f32, ...>) ...
        }
        scf.reduce
      } {rmsnorm.ranges, rmsnorm.schedule = ...}
      linalg.generic ... ins(%sums : memref<4xf32, ...>)
          outs(%sum : memref<f32>) ...
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
  ];
}

def RMSNormParallelize : Pass<"rmsnorm-parallelize", "::mlir::ModuleOp"> {
  let summary = "Take parallel loops to tasks that the runtime hands out";
  let description = [{
    Each scf.parallel of `rmsnorm-tile` becomes a function over a range of its
    iterations and a call of `rmsnorm_parallel_for`; where its body goes over
    ranges of tasks, over a range of these, and the step is the grain. What the
    body uses from outside travels in a struct on the caller's stack.
    `rmsnorm.max_threads` becomes a call of `rmsnorm_max_threads`.

    ```mlir
    func.func @copy(%n: index, %x: memref<?xf32>, %y: memref<?xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      scf.parallel (%i) = (%c0) to (%n) step (%c1) {
        %e = memref.load %x[%i] : memref<?xf32>
        memref.store %e, %y[%i] : memref<?xf32>
      } {rmsnorm.schedule = #rmsnorm.cpu_schedule<
          vector = [1], normalize_vector = [1]>}
      return
    }
    // becomes
    llvm.func @rmsnorm_parallel_for(!llvm.ptr, !llvm.ptr, i64, i64)
    func.func @copy(...) {
      ...
      %context = llvm.alloca ...
      llvm.store ...
      %task = llvm.mlir.addressof @copy_task : !llvm.ptr
      ...
      llvm.call @rmsnorm_parallel_for(%task, %context, %count, %grain)
          : (!llvm.ptr, !llvm.ptr, i64, i64) -> ()
      return
    }
    llvm.func internal @copy_task(%captures: !llvm.ptr, %begin: i64, %end: i64) {
      ...
      scf.for ... {
        ...
        memref.store ...
      }
      llvm.return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::scf::SCFDialect",
  ];
}

#endif // RMSNORM_TRANSFORMS_TASKPASSES_TD
