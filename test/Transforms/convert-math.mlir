// RUN: rmsnorm-opt %s --rmsnorm-convert-math | FileCheck %s

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
