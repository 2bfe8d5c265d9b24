//===- LoopPasses.td - Passes on the loops of a task -------*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TRANSFORMS_LOOPPASSES_TD
#define RMSNORM_TRANSFORMS_LOOPPASSES_TD

include "mlir/Pass/PassBase.td"

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
  let options = [
    Option<"maskRegisters", "mask-registers", "bool", "false",
           "Round to bf16 by what the target has beside masks of one bit for "
           "each lane: additions under them, and shifts of two vectors as one "
           "(x86: AVX512BW with AVX512-VBMI2)">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect",
  ];
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
    Option<"f16StoreLanes", "f16-store-lanes", "int64_t", "0",
           "Lanes of native f16 that one instruction converts and stores, where "
           "that is fast (x86: 16 with Intel's AVX-512); 0: none">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::vector::VectorDialect"];
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

def RMSNormUnrollLoops : Pass<"rmsnorm-unroll-loops"> {
  let summary = "Write out loops over a few vectors";
  let description = [{
    A loop of four iterations at most, without regions in its body, is written
    out where that is some hundred vector instructions at most: a loop over the
    elements of a short row.

    ```mlir
    func.func @copy(%x: memref<64xf32>, %y: memref<64xf32>) {
      %c0 = arith.constant 0 : index
      %c32 = arith.constant 32 : index
      %c64 = arith.constant 64 : index
      scf.for %i = %c0 to %c64 step %c32 {
        %v = vector.load %x[%i] : memref<64xf32>, vector<32xf32>
        vector.store %v, %y[%i] : memref<64xf32>, vector<32xf32>
      }
      return
    }
    // becomes
    func.func @copy(...) {
      ...
      %v = vector.load %x[%c0] : memref<64xf32>, vector<32xf32>
      vector.store %v, %y[%c0] : memref<64xf32>, vector<32xf32>
      ...
      %w = vector.load %x[%i] : memref<64xf32>, vector<32xf32>
      vector.store %w, %y[%i] : memref<64xf32>, vector<32xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif // RMSNORM_TRANSFORMS_LOOPPASSES_TD
