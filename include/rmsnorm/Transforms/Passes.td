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
      %zero = arith.constant 0.000000e+00 : f32
      %sum = memref.alloca() {alignment = 64 : i64} : memref<8xf32>
      linalg.fill ins(%zero : f32) outs(%sum : memref<8xf32>)
      linalg.generic {..., iterator_types = ["parallel", "reduction"]}
          ins(%x : memref<8x64xf32>) outs(%sum : memref<8xf32>) {
      ^bb0(%in: f32, %out: f32):
        %square = arith.mulf %in, %in : f32
        %next = arith.addf %out, %square : f32
        linalg.yield %next : f32
      }
      ...
      linalg.generic {..., iterator_types = ["parallel"]}
          ins(%sum : memref<8xf32>) outs(%r : memref<8xf32>) {
      ^bb0(%in: f32, %out: f32):
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
    Puts `#rmsnorm.cpu_schedule` on the ops. It is computed from the types; a
    schedule that is there already stays.

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
    of the loop takes as many tasks as hold `grain` bytes of x. The norms need a
    schedule, see `rmsnorm-schedule`.

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

def RMSNormOverlapTasks : Pass<"rmsnorm-overlap-tasks"> {
  let summary = "Sum a task while the results of the one before it are written";
  let description = [{
    In the loop over the tasks of a norm whose rows are known to have at most
    `overlap` bytes, an iteration writes the results of a task and makes the
    sums of the next, so that neither waits for the reciprocal root of a row.
    What the sums leave for the results is kept for two tasks.

    ```mlir
    #schedule = #rmsnorm.cpu_schedule<
        vector = [8, 1], normalize_vector = [8, 1], overlap = 8192>
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
        } {rmsnorm.lag = 1 : index}
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
    are, the results are the same, bit for bit.

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

def RMSNormVectorize : Pass<"rmsnorm-vectorize"> {
  let summary = "Take scheduled linalg ops on memrefs to loops over vectors";
  let description = [{
    Every linalg.generic with an `rmsnorm.schedule` becomes loops over vectors
    as the schedule says, with a fixed tree for each sum: a chain of a few terms
    in each lane, then a total of twice the precision.

    ```mlir
    func.func @sum_of_squares(%x: memref<1024xf32>, %sum: memref<f32>) {
      linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>],
          iterator_types = ["reduction"]}
          ins(%x : memref<1024xf32>) outs(%sum : memref<f32>)
          attrs = {rmsnorm.schedule = #rmsnorm.cpu_schedule<
            vector = [8, 1], normalize_vector = [8, 1]>} {
      ^bb0(%in: f32, %out: f32):
        %square = arith.mulf %in, %in : f32
        %next = arith.addf %out, %square : f32
        linalg.yield %next : f32
      }
      return
    }
    // becomes
    func.func @sum_of_squares(%x: memref<1024xf32>, %sum: memref<f32>) {
      ...
      %lanes = scf.for %i = %first to %end step %step
          iter_args(%so_far = %zeros) -> (vector<8xf64>) {
        ...
        %v = vector.load %x[%at] : memref<1024xf32>, vector<8xf32>
        ...
        %term = llvm.intr.fmuladd(%v, %v, %chain) : ... -> vector<8xf32>
        ...
        %wide = arith.extf %last : vector<8xf32> to vector<8xf64>
        %next = arith.addf %so_far, %wide : vector<8xf64>
        scf.yield %next : vector<8xf64>
      }
      ...
      %old = memref.load %sum[] : memref<f32>
      ...
      %new = arith.addf %old, %total : f32
      memref.store %new, %sum[] : memref<f32>
      return
    }
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

def RMSNormExpandCopies : Pass<"rmsnorm-expand-copies"> {
  let summary = "Take copies of views to linalg";
  let description = [{
    memref.copy from or to a view whose layout is not plainly row by row becomes
    a linalg.generic. On its way to LLVM it would become a call of a function of
    MLIR's own runtime, which is not there. The other copies stay; they become
    memcpy.

    ```mlir
    func.func @f(%x: memref<8x64xf32, strided<[128, 1]>>, %y: memref<8x64xf32>) {
      memref.copy %x, %y : memref<8x64xf32, strided<[128, 1]>> to memref<8x64xf32>
      return
    }
    // becomes
    func.func @f(%x: memref<8x64xf32, strided<[128, 1]>>, %y: memref<8x64xf32>) {
      linalg.generic {
          indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%x : memref<8x64xf32, strided<[128, 1]>>) outs(%y : memref<8x64xf32>) {
      ^bb0(%in: f32, %out: f32):
        linalg.yield %in : f32
      }
      return
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

    ```mlir
    func.func @widen(%x: vector<8xbf16>) -> vector<8xf32> {
      %y = arith.extf %x : vector<8xbf16> to vector<8xf32>
      return %y : vector<8xf32>
    }
    // becomes
    func.func @widen(%x: vector<8xbf16>) -> vector<8xf32> {
      %code = arith.bitcast %x : vector<8xbf16> to vector<8xi16>
      %wide = arith.extui %code : vector<8xi16> to vector<8xi32>
      %c16 = arith.constant dense<16> : vector<8xi32>
      %moved = arith.shli %wide, %c16 : vector<8xi32>
      %y = arith.bitcast %moved : vector<8xi32> to vector<8xf32>
      return %y : vector<8xf32>
    }
    ```
  }];
  let options = [
    Option<"nativeF16", "native-f16", "bool", "false",
           "Leave f16 from and to f32 to the target (x86: F16C), and results "
           "of two conversions in one vector">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect"];
}

def RMSNormUnswitchLoops : Pass<"rmsnorm-unswitch-loops"> {
  let summary = "Take branches that are rarely taken out of loops";
  let description = [{
    A loop with branches on conditions that are the same in all iterations is
    made twice: as it is, for where one of them holds, and without the branches,
    for where none does.

    ```mlir
    func.func @copy(%far: i1, %n: index, %x: memref<?xf32>, %y: memref<?xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      scf.for %i = %c0 to %n step %c1 {
        scf.if %far {
          memref.prefetch %x[%i], read, locality<3>, data : memref<?xf32>
        }
        %e = memref.load %x[%i] : memref<?xf32>
        memref.store %e, %y[%i] : memref<?xf32>
      }
      return
    }
    // becomes
    func.func @copy(...) {
      ...
      scf.if %far {
        scf.for ... {
          scf.if %far {
            memref.prefetch ...
          }
          ...
        }
      } else {
        scf.for ... {
          %e = memref.load %x[%i] : memref<?xf32>
          memref.store %e, %y[%i] : memref<?xf32>
        }
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

def RMSNormParallelize : Pass<"rmsnorm-parallelize", "::mlir::ModuleOp"> {
  let summary = "Take parallel loops to tasks that the runtime hands out";
  let description = [{
    Each scf.parallel of `rmsnorm-tile` becomes a function over a range of its
    iterations and a call of `rmsnorm_parallel_for`. What the body uses from
    outside travels in a struct on the caller's stack.

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

#endif // RMSNORM_TRANSFORMS_PASSES_TD
