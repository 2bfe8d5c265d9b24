// Shapes that do not fit a norm are refused before the first element is touched.
//
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py %t/x.npy '<f4' 3x8
// RUN: %python %S/Inputs/npy.py %t/w.npy '<f4' 8
// RUN: %python %S/Inputs/npy.py %t/w7.npy '<f4' 7
// RUN: rmsnorm-run %s --entry=norm --input=%t/x.npy --input=%t/w.npy --output=%t/y.npy:3x8
// RUN: %refused %t/out rmsnorm-run %s --entry=norm --input=%t/x.npy --input=%t/w7.npy --output=%t/out/y.npy:3x8 | FileCheck %s --check-prefix=SCALE
// SCALE: run-time-norm.mlir:{{[0-9]+}}:3: error: expected dimension 0 of scale to have the size of x's axis 1, but got another
// RUN: %refused %t/out rmsnorm-run %s --entry=norm --input=%t/x.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=OUTS
// OUTS: run-time-norm.mlir:{{[0-9]+}}:3: error: expected dimension 0 of outs to have the size of x's axis 0, but got another

func.func @norm(%x: memref<?x?xf32>, %w: memref<?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) scale(%w : memref<?xf32>) outs(%y : memref<?x?xf32>)
  return
}
