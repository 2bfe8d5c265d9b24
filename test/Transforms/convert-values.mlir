// RUN: rmsnorm-opt %s --rmsnorm-convert-values --split-input-file | FileCheck %s
// RUN: rmsnorm-opt %s --rmsnorm-convert-values --convert-to-llvm --reconcile-unrealized-casts --split-input-file | FileCheck %s --check-prefix=LLVM

// Roots become those of LLVM, what it does not have calls of libm, and complex
// numbers pairs of their parts.
// CHECK: func.func private @erff(f32) -> f32
// CHECK-LABEL: func.func @norm
// CHECK: llvm.intr.sqrt
// CHECK-NOT: math.
func.func @norm(%x: f32) -> f32 {
  %0 = math.sqrt %x : f32
  return %0 : f32
}
// CHECK-LABEL: func.func @of_libm
// CHECK: call @erff
// CHECK-NOT: math.
func.func @of_libm(%x: f32) -> f32 {
  %0 = math.erf %x : f32
  return %0 : f32
}
// CHECK-LABEL: func.func @magnitude
// CHECK: complex.re
// CHECK: llvm.intr.sqrt
// CHECK-NOT: complex.abs
func.func @magnitude(%x: complex<f32>) -> f32 {
  %0 = complex.abs %x : complex<f32>
  return %0 : f32
}

// -----

// What convert-to-llvm knows is left to it.
// CHECK-LABEL: func.func @flat
// CHECK: vector.load
// CHECK: vector.shuffle
// CHECK: llvm.intr.fabs(%{{.*}}) : (vector<4xf32>) -> vector<4xf32>
// CHECK: vector.store
// LLVM-LABEL: llvm.func @flat
// LLVM: llvm.shufflevector
// LLVM: llvm.store
func.func @flat(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %v = vector.load %x[%c0] : memref<8xf32>, vector<8xf32>
  %half = vector.shuffle %v, %v [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %magnitude = math.absf %half : vector<4xf32>
  vector.store %magnitude, %x[%c0] : memref<8xf32>, vector<4xf32>
  return
}

// -----

// Other ops on vectors, vectors of two dimensions, and roots that may be less
// than exact are for MLIR's conversions.
// CHECK-LABEL: func.func @slice
// CHECK-NOT: vector.extract_strided_slice
// CHECK: return
// LLVM-LABEL: llvm.func @slice
// LLVM: llvm.shufflevector
func.func @slice(%v: vector<8xf32>) -> vector<4xf32> {
  %half = vector.extract_strided_slice %v {offsets = [4], sizes = [4], strides = [1]} : vector<8xf32> to vector<4xf32>
  return %half : vector<4xf32>
}

// -----

// CHECK-LABEL: func.func @rows
// CHECK-NOT: vector.broadcast
// CHECK: return
// LLVM-LABEL: llvm.func @rows
// LLVM: llvm.insertvalue
func.func @rows(%v: vector<4xf32>) -> vector<2x4xf32> {
  %rows = vector.broadcast %v : vector<4xf32> to vector<2x4xf32>
  return %rows : vector<2x4xf32>
}

// -----

// CHECK-LABEL: func.func @fast
// CHECK: llvm.intr.sqrt(%{{.*}}) {fastmathFlags = #llvm.fastmath<afn>}
func.func @fast(%x: f32) -> f32 {
  %0 = math.sqrt %x fastmath<afn> : f32
  return %0 : f32
}
