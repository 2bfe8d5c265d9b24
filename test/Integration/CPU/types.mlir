// Every type of x, and mixtures of types, over the last axis of 1003 elements.
//
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu | FileCheck %s
// CHECK-NOT: rmsnorm.rms_norm
//
// RUN: %check %s f32 --in "x=spiky((7, 1003))" --in "w=normal(1003)" --out y=f32:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s f64 --in "x=spiky((7, 1003), f64)" --in "w=normal(1003, f64)" --out y=f64:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s f16 --in "x=normal((7, 1003), f16)" --in "w=normal(1003, f16)" --out y=f16:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s bf16 --in "x=spiky((7, 1003), bf16)" --in "w=normal(1003, bf16)" --out y=bf16:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s bf16_f32 --in "x=spiky((7, 1003), bf16)" --in "w=normal(1003)" --out y=bf16:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s f8e4m3fn --in "x=normal((7, 1003), f8e4m3fn, 10)" --in "w=normal(1003)" --out y=f8e4m3fn:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s f8e5m2 --in "x=normal((7, 1003), f8e5m2, 10)" --in "w=normal(1003, f16)" --out y=f8e5m2:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s i8 --in "x=integers((7, 1003), np.int8)" --in "w=normal(1003)" --out y=f32:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s u8 --in "x=integers((7, 1003), np.uint8)" --in "w=normal(1003)" --out y=bf16:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s i16 --in "x=integers((7, 1003), np.int16)" --out y=f64:7x1003 --expect "rms_norm(x)[0]" --worst=4e9
// RUN: %check %s c64 --in "x=normal((7, 1003), c64)" --in "w=normal(1003)" --out y=c64:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s c128 --in "x=normal((7, 1003), c128)" --in "w=normal(1003, c128)" --out y=c128:7x1003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s stats --in "x=spiky((7, 1003), bf16)" --out y=f64:7x1003 --expect "rms_norm(x)[0]"

func.func @f32(%x: memref<?x1003xf32>, %w: memref<1003xf32>, %y: memref<?x1003xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xf32>) scale(%w : memref<1003xf32>) outs(%y : memref<?x1003xf32>)
  return
}
func.func @f64(%x: memref<?x1003xf64>, %w: memref<1003xf64>, %y: memref<?x1003xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xf64>) scale(%w : memref<1003xf64>) outs(%y : memref<?x1003xf64>)
  return
}
func.func @f16(%x: memref<?x1003xf16>, %w: memref<1003xf16>, %y: memref<?x1003xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xf16>) scale(%w : memref<1003xf16>) outs(%y : memref<?x1003xf16>)
  return
}
func.func @bf16(%x: memref<?x1003xbf16>, %w: memref<1003xbf16>, %y: memref<?x1003xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xbf16>) scale(%w : memref<1003xbf16>) outs(%y : memref<?x1003xbf16>)
  return
}
func.func @bf16_f32(%x: memref<?x1003xbf16>, %w: memref<1003xf32>, %y: memref<?x1003xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xbf16>) scale(%w : memref<1003xf32>) outs(%y : memref<?x1003xbf16>)
  return
}
func.func @f8e4m3fn(%x: memref<?x1003xf8E4M3FN>, %w: memref<1003xf32>, %y: memref<?x1003xf8E4M3FN>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xf8E4M3FN>) scale(%w : memref<1003xf32>) outs(%y : memref<?x1003xf8E4M3FN>)
  return
}
func.func @f8e5m2(%x: memref<?x1003xf8E5M2>, %w: memref<1003xf16>, %y: memref<?x1003xf8E5M2>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xf8E5M2>) scale(%w : memref<1003xf16>) outs(%y : memref<?x1003xf8E5M2>)
  return
}
func.func @i8(%x: memref<?x1003xi8>, %w: memref<1003xf32>, %y: memref<?x1003xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xi8>) scale(%w : memref<1003xf32>) outs(%y : memref<?x1003xf32>)
  return
}
func.func @u8(%x: memref<?x1003xui8>, %w: memref<1003xf32>, %y: memref<?x1003xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xui8>) scale(%w : memref<1003xf32>) outs(%y : memref<?x1003xbf16>)
  return
}
// Integers take part as f32, whatever the type of the result.
func.func @i16(%x: memref<?x1003xi16>, %y: memref<?x1003xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xi16>) outs(%y : memref<?x1003xf64>)
  return
}
func.func @c64(%x: memref<?x1003xcomplex<f32>>, %w: memref<1003xf32>, %y: memref<?x1003xcomplex<f32>>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xcomplex<f32>>) scale(%w : memref<1003xf32>) outs(%y : memref<?x1003xcomplex<f32>>)
  return
}
func.func @c128(%x: memref<?x1003xcomplex<f64>>, %w: memref<1003xcomplex<f64>>, %y: memref<?x1003xcomplex<f64>>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xcomplex<f64>>) scale(%w : memref<1003xcomplex<f64>>) outs(%y : memref<?x1003xcomplex<f64>>)
  return
}
// The statistics in f64 by request.
func.func @stats(%x: memref<?x1003xbf16>, %y: memref<?x1003xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xbf16>) outs(%y : memref<?x1003xf64>) {stats_type = f64}
  return
}
