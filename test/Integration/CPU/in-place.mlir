// Results over x and over the residual; long rows.
//
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu | FileCheck %s
// CHECK-NOT: rmsnorm.rms_norm
//
// RUN: %check %s over_x --in "x=normal((6, 1003))" --in "w=normal(1003)" --out y=f32:@0 --expect "rms_norm(x, w)[0]"
// RUN: %check %s over_x_bf16 --in "x=normal((6, 1003), bf16)" --out y=bf16:@0 --expect "rms_norm(x)[0]"
// RUN: %check %s over_both --in "x=normal((6, 1003))" --in "res=normal((6, 1003))" --out y=f32:@0 --out h=f32:@1 --expect "rms_norm(x, residual=res)[:2]"
// RUN: %check %s swapped --in "x=normal((6, 1003), f16)" --in "res=normal((6, 1003), f16)" --out y=f16:@1 --out h=f16:@0 --expect "rms_norm(x, residual=res)[:2]"
// RUN: %check %s columns --in "x=normal((301, 70))" --out y=f32:@0 --expect "rms_norm(x, axes=[0])[0]"
// RUN: %check %s long --in "x=spiky((2, 1000000))" --out y=f32:2x1000000 --expect "rms_norm(x)[0]"
// RUN: %check %s long --in "x=normal((1, 1048577), spread=1e-4)" --out y=f32:1x1048577 --expect "rms_norm(x)[0]"
// RUN: %check %s long_bf16 --in "x=spiky((2, 1000000), bf16)" --out y=bf16:2x1000000 --expect "rms_norm(x)[0]"

func.func @over_x(%x: memref<?x1003xf32>, %w: memref<1003xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xf32>) scale(%w : memref<1003xf32>) outs(%x : memref<?x1003xf32>)
  return
}
func.func @over_x_bf16(%x: memref<?x?xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xbf16>) outs(%x : memref<?x?xbf16>)
  return
}
func.func @over_both(%x: memref<?x1003xf32>, %res: memref<?x1003xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xf32>) residual(%res : memref<?x1003xf32>) outs(%x : memref<?x1003xf32>) residual_out(%res : memref<?x1003xf32>)
  return
}
func.func @swapped(%x: memref<?x1003xf16>, %res: memref<?x1003xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xf16>) residual(%res : memref<?x1003xf16>) outs(%res : memref<?x1003xf16>) residual_out(%x : memref<?x1003xf16>)
  return
}
func.func @columns(%x: memref<?x70xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x70xf32>) outs(%x : memref<?x70xf32>) reduce [0]
  return
}
func.func @long(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>)
  return
}
func.func @long_bf16(%x: memref<?x?xbf16>, %y: memref<?x?xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xbf16>) outs(%y : memref<?x?xbf16>)
  return
}
