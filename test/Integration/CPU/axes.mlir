// Reduction axes and feature axes in every position, extents of 0 and 1.
//
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu | FileCheck %s
// CHECK-NOT: rmsnorm.rms_norm
//
// RUN: %check %s last2 --in "x=normal((3, 5, 130))" --in "w=normal((5, 130))" --out y=f32:3x5x130 --expect "rms_norm(x, w, axes=[1, 2], features=[1, 2])[0]"
// RUN: %check %s first --in "x=normal((300, 70))" --in "w=normal(70)" --out y=f32:300x70 --out r=f32:1x70 \
// RUN:   --expect "rms_norm(x, w, axes=[0], features=[1])[0], rms_norm(x, axes=[0])[2]"
// RUN: %check %s first --in "x=normal((1, 1))" --in "w=normal(1)" --out y=f32:1x1 --out r=f32:1x1 \
// RUN:   --expect "rms_norm(x, w, axes=[0], features=[1])[0], rms_norm(x, axes=[0])[2]"
// RUN: %check %s middle --in "x=normal((3, 65, 7), f16)" --in "w=normal((3, 7))" --out y=f16:3x65x7 --expect "rms_norm(x, w, axes=[1], features=[0, 2])[0]"
// RUN: %check %s outer_inner --in "x=normal((9, 4, 33), bf16)" --in "w=normal(4)" --out y=bf16:9x4x33 --expect "rms_norm(x, w, axes=[0, 2], features=[1])[0]"
// RUN: %check %s rank6 --in "x=normal((2, 3, 4, 5, 3, 2))" --in "w=normal((2, 4, 2))" --out y=f32:2x3x4x5x3x2 \
// RUN:   --expect "rms_norm(x, w, axes=[1, 3, 4], features=[0, 2, 5])[0]"
// RUN: %check %s all --in "x=normal((13, 17))" --out y=f32:13x17 --out r=f32:1x1 --expect "rms_norm(x, axes=[0, 1])[0], rms_norm(x, axes=[0, 1])[2]"
// RUN: %check %s none --in "x=normal((6, 21))" --out y=f32:6x21 --expect "rms_norm(x, axes=[])[0]"
// RUN: %check %s vector --in "x=normal(100003)" --in "w=normal(100003)" --out y=f32:100003 --expect "rms_norm(x, w)[0]"
// RUN: %check %s vector --in "x=normal(1)" --in "w=normal(1)" --out y=f32:1 --expect "rms_norm(x, w)[0]"
// RUN: %check %s vector --in "x=normal(0)" --in "w=normal(0)" --out y=f32:0 --expect "rms_norm(x, w)[0]"
// RUN: %check %s dynamic --in "x=normal((4, 0))" --out y=f32:4x0 --out r=f32:4x1 --expect "rms_norm(x)[0], rms_norm(x)[2]"
// RUN: %check %s dynamic --in "x=normal((0, 64))" --out y=f32:0x64 --out r=f32:0x1 --expect "rms_norm(x)[0], rms_norm(x)[2]"
// RUN: %check %s dynamic --in "x=normal((5, 1))" --out y=f32:5x1 --out r=f32:5x1 --expect "rms_norm(x)[0], rms_norm(x)[2]"
// RUN: %check %s dynamic --in "x=normal((5, 63))" --out y=f32:5x63 --out r=f32:5x1 --expect "rms_norm(x)[0], rms_norm(x)[2]"
// RUN: %check %s dynamic --in "x=normal((5, 64))" --out y=f32:5x64 --out r=f32:5x1 --expect "rms_norm(x)[0], rms_norm(x)[2]"
// RUN: %check %s dynamic --in "x=normal((3, 4097))" --out y=f32:3x4097 --out r=f32:3x1 --expect "rms_norm(x)[0], rms_norm(x)[2]"

func.func @last2(%x: memref<?x5x130xf32>, %w: memref<5x130xf32>, %y: memref<?x5x130xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x5x130xf32>) scale(%w : memref<5x130xf32>) outs(%y : memref<?x5x130xf32>) reduce [1, 2] features [1, 2]
  return
}
func.func @first(%x: memref<?x?xf32>, %w: memref<?xf32>, %y: memref<?x?xf32>, %r: memref<1x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) scale(%w : memref<?xf32>) outs(%y : memref<?x?xf32>) rstd_out(%r : memref<1x?xf32>)
    reduce [0] features [1]
  return
}
func.func @middle(%x: memref<3x?x7xf16>, %w: memref<3x7xf32>, %y: memref<3x?x7xf16>) {
  rmsnorm.rms_norm ins(%x : memref<3x?x7xf16>) scale(%w : memref<3x7xf32>) outs(%y : memref<3x?x7xf16>) reduce [1] features [0, 2]
  return
}
func.func @outer_inner(%x: memref<9x4x33xbf16>, %w: memref<4xf32>, %y: memref<9x4x33xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<9x4x33xbf16>) scale(%w : memref<4xf32>) outs(%y : memref<9x4x33xbf16>) reduce [0, 2] features [1]
  return
}
func.func @rank6(%x: memref<2x?x4x5x?x2xf32>, %w: memref<2x4x2xf32>, %y: memref<2x?x4x5x?x2xf32>) {
  rmsnorm.rms_norm ins(%x : memref<2x?x4x5x?x2xf32>) scale(%w : memref<2x4x2xf32>) outs(%y : memref<2x?x4x5x?x2xf32>)
    reduce [1, 3, 4] features [0, 2, 5]
  return
}
func.func @all(%x: memref<?x17xf32>, %y: memref<?x17xf32>, %r: memref<1x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x17xf32>) outs(%y : memref<?x17xf32>) rstd_out(%r : memref<1x1xf32>) reduce [0, 1]
  return
}
func.func @none(%x: memref<?x21xf32>, %y: memref<?x21xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x21xf32>) outs(%y : memref<?x21xf32>) reduce []
  return
}
func.func @vector(%x: memref<?xf32>, %w: memref<?xf32>, %y: memref<?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?xf32>) scale(%w : memref<?xf32>) outs(%y : memref<?xf32>)
  return
}
func.func @dynamic(%x: memref<?x?xf32>, %y: memref<?x?xf32>, %r: memref<?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) rstd_out(%r : memref<?x1xf32>)
  return
}
