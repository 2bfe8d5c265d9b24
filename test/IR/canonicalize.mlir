// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --canonicalize | FileCheck %s --implicit-check-not=rmsnorm.rms_norm

// CHECK-LABEL: @unit_scale
// CHECK: rmsnorm.rms_norm ins(%{{.*}} : tensor<8x4xbf16>) outs(%{{.*}} : tensor<8x4xbf16>){{ *$}}
func.func @unit_scale(%x: tensor<8x4xbf16>, %y: tensor<8x4xbf16>) -> tensor<8x4xbf16> {
  %w = arith.constant dense<1.0> : tensor<4xf16>
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x4xbf16>) scale(%w : tensor<4xf16>) outs(%y : tensor<8x4xbf16>)
  return %0 : tensor<8x4xbf16>
}

// A zero-centred scale of zeros, and a rounding that has to stay.
// CHECK-LABEL: @unit_offset
// CHECK: rmsnorm.rms_norm ins(%{{.*}} : tensor<8x4xbf16>) outs(%{{.*}} : tensor<8x4xf32>) {cast_order = #rmsnorm.cast_order<cast_then_scale>}
func.func @unit_offset(%x: tensor<8x4xbf16>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %w = arith.constant dense<0.0> : tensor<4xf32>
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x4xbf16>) scale(%w : tensor<4xf32>) outs(%y : tensor<8x4xf32>)
    {scale_offset = 1.0 : f64, cast_order = #rmsnorm.cast_order<cast_then_scale>}
  return %0 : tensor<8x4xf32>
}

// CHECK-LABEL: @no_unit_scale
// CHECK: rmsnorm.rms_norm {{.*}} scale(
// CHECK: rmsnorm.rms_norm {{.*}} scale(
// CHECK: rmsnorm.rms_norm {{.*}} scale(
func.func @no_unit_scale(%x: tensor<8x4xf64>, %c: tensor<8x4xcomplex<f32>>, %y: tensor<8x4xf64>, %z: tensor<8x4xcomplex<f32>>)
    -> (tensor<8x4xf64>, tensor<8x4xf64>, tensor<8x4xcomplex<f32>>) {
  %one = arith.constant dense<1.0> : tensor<4xf64>
  // 1 - 2^-53: is 1 in f32, and not in f64, which the statistics have.
  %near = arith.constant dense<0x3FEFFFFFFFFFFFFF> : tensor<4xf64>
  // A product with a complex 1 is not exact for infinities.
  %complex = arith.constant dense<(1.0, 0.0)> : tensor<4xcomplex<f32>>
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x4xf64>) scale(%one : tensor<4xf64>) outs(%y : tensor<8x4xf64>) {scale_offset = 1.0 : f64}
  %1 = rmsnorm.rms_norm ins(%x : tensor<8x4xf64>) scale(%near : tensor<4xf64>) outs(%y : tensor<8x4xf64>)
  %2 = rmsnorm.rms_norm ins(%c : tensor<8x4xcomplex<f32>>) scale(%complex : tensor<4xcomplex<f32>>) outs(%z : tensor<8x4xcomplex<f32>>)
  return %0, %1, %2 : tensor<8x4xf64>, tensor<8x4xf64>, tensor<8x4xcomplex<f32>>
}

// CHECK-LABEL: @bias
// CHECK: rmsnorm.rms_norm ins(%{{.*}} : tensor<8x4xf32>) outs(%{{.*}} : tensor<8x4xf32>){{ *$}}
// +0.0 takes -0.0 to +0.0, and so does an integer 0.
// CHECK: rmsnorm.rms_norm {{.*}} bias(
// CHECK: rmsnorm.rms_norm {{.*}} bias(
func.func @bias(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) {
  %minus = arith.constant dense<-0.0> : tensor<4xf16>
  %plus = arith.constant dense<0.0> : tensor<4xf16>
  %integer = arith.constant dense<0> : tensor<4xi8>
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x4xf32>) bias(%minus : tensor<4xf16>) outs(%y : tensor<8x4xf32>)
  %1 = rmsnorm.rms_norm ins(%x : tensor<8x4xf32>) bias(%plus : tensor<4xf16>) outs(%y : tensor<8x4xf32>)
  %2 = rmsnorm.rms_norm ins(%x : tensor<8x4xf32>) bias(%integer : tensor<4xi8>) outs(%y : tensor<8x4xf32>)
  return %0, %1, %2 : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>
}

// The sum under a mask is rounded at other places: also this mask stays.
// CHECK-LABEL: @mask
// CHECK: rmsnorm.rms_norm {{.*}} mask(
func.func @mask(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %m = arith.constant dense<true> : tensor<4xi1>
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x4xf32>) mask(%m : tensor<4xi1>) outs(%y : tensor<8x4xf32>)
  return %0 : tensor<8x4xf32>
}

// CHECK-LABEL: @unused_results
// CHECK: %{{.*}} = rmsnorm.rms_norm ins(%{{.*}} : tensor<8x4xf32>) residual(%{{.*}} : tensor<8x4xf32>) outs(%{{.*}} : tensor<8x4xf32>) {tag}
// CHECK: %{{.*}}, %[[H:.*]] = rmsnorm.rms_norm {{.*}} residual_out(%{{[^)]*}}){{ *$}}
// CHECK: %{{.*}}, %[[R:.*]] = rmsnorm.rms_norm {{.*}} outs(%{{[^)]*}}) rstd_out(%{{[^)]*}}){{ *$}}
// CHECK: return %{{.*}}, %[[H]], %[[R]]
func.func @unused_results(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>, %r: tensor<8x1xf32>)
    -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x1xf32>) {
  %0:3 = rmsnorm.rms_norm ins(%x : tensor<8x4xf32>) residual(%x : tensor<8x4xf32>) outs(%y : tensor<8x4xf32>)
    residual_out(%y : tensor<8x4xf32>) rstd_out(%r : tensor<8x1xf32>) {tag}
  %1:3 = rmsnorm.rms_norm ins(%x : tensor<8x4xf32>) residual(%x : tensor<8x4xf32>) outs(%y : tensor<8x4xf32>)
    residual_out(%y : tensor<8x4xf32>) rstd_out(%r : tensor<8x1xf32>)
  %2:3 = rmsnorm.rms_norm ins(%x : tensor<8x4xf32>) residual(%x : tensor<8x4xf32>) outs(%y : tensor<8x4xf32>)
    residual_out(%y : tensor<8x4xf32>) rstd_out(%r : tensor<8x1xf32>)
  return %0#0, %1#1, %2#2 : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x1xf32>
}

// No rows: nothing to compute. A row of no elements has a NaN for its rstd.
// CHECK-LABEL: @empty
// CHECK-SAME: %{{[a-z0-9]*}}: tensor<0x4xf32>, %[[Y:[a-z0-9]*]]: tensor<0x4xf32>
// CHECK: %{{.*}}, %[[R:.*]] = rmsnorm.rms_norm ins(%{{.*}} : tensor<8x0xf32>)
// CHECK: return %[[Y]], %[[R]]
func.func @empty(%x: tensor<0x4xf32>, %y: tensor<0x4xf32>, %x0: tensor<8x0xf32>, %r: tensor<8x1xf32>, %a: memref<0x4xf32>)
    -> (tensor<0x4xf32>, tensor<8x1xf32>) {
  %0 = rmsnorm.rms_norm ins(%x : tensor<0x4xf32>) outs(%y : tensor<0x4xf32>)
  %1:2 = rmsnorm.rms_norm ins(%x0 : tensor<8x0xf32>) outs(%x0 : tensor<8x0xf32>) rstd_out(%r : tensor<8x1xf32>)
  rmsnorm.rms_norm ins(%a : memref<0x4xf32>) outs(%a : memref<0x4xf32>)
  return %0, %1#1 : tensor<0x4xf32>, tensor<8x1xf32>
}

// What is known of a shape comes through casts.
// CHECK-LABEL: @casts
// CHECK: rmsnorm.rms_norm ins(%{{.*}} : tensor<8x4xf32>) outs(%{{.*}} : tensor<8x4xf32>)
// CHECK: rmsnorm.rms_norm ins(%{{.*}} : memref<8x4xf32>) outs(
func.func @casts(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>, %m: memref<8x4xf32>, %n: memref<?x4xf32>) -> tensor<?x4xf32> {
  %x1 = tensor.cast %x : tensor<8x4xf32> to tensor<?x4xf32>
  %y1 = tensor.cast %y : tensor<8x4xf32> to tensor<?x4xf32>
  %0 = rmsnorm.rms_norm ins(%x1 : tensor<?x4xf32>) outs(%y1 : tensor<?x4xf32>)
  %m1 = memref.cast %m : memref<8x4xf32> to memref<?x4xf32>
  rmsnorm.rms_norm ins(%m1 : memref<?x4xf32>) outs(%n : memref<?x4xf32>)
  return %0 : tensor<?x4xf32>
}
