// Norms by tiles of their index space.
//
// RUN: rmsnorm-opt %s --transform-interpreter --canonicalize --cse --split-input-file | FileCheck %s

// Rows by 4. The scale and what runs along no tiled axis are taken whole.
// CHECK-LABEL: func.func @rows
// CHECK: scf.for %[[I:.*]] = %c0 to %[[N:.*]] step %c4 iter_args(%[[Y:.*]] = %arg2, %[[R:.*]] = %arg3)
// CHECK: %[[S:.*]] = affine.min
// CHECK: %[[XI:.*]] = tensor.extract_slice %arg0[%[[I]], 0] [%[[S]], 64] [1, 1]
// CHECK: %[[YI:.*]] = tensor.extract_slice %[[Y]][%[[I]], 0] [%[[S]], 64] [1, 1]
// CHECK: %[[RI:.*]] = tensor.extract_slice %[[R]][%[[I]], 0] [%[[S]], 1] [1, 1]
// CHECK: %[[T:.*]], %[[U:.*]] = rmsnorm.rms_norm ins(%[[XI]] : tensor<?x64xbf16>) scale(%arg1 : tensor<64xf32>) outs(%[[YI]] : tensor<?x64xbf16>) rstd_out(%[[RI]] : tensor<?x1xf32>) {epsilon = 1.000000e-03 : f64}
// CHECK: tensor.insert_slice %[[T]] into %[[Y]][%[[I]], 0] [%[[S]], 64] [1, 1]
// CHECK: tensor.insert_slice %[[U]] into %[[R]][%[[I]], 0] [%[[S]], 1] [1, 1]
func.func @rows(%x: tensor<?x64xbf16>, %w: tensor<64xf32>, %y: tensor<?x64xbf16>, %r: tensor<?x1xf32>) -> (tensor<?x64xbf16>, tensor<?x1xf32>) {
  %0, %1 = rmsnorm.rms_norm ins(%x : tensor<?x64xbf16>) scale(%w : tensor<64xf32>) outs(%y : tensor<?x64xbf16>) rstd_out(%r : tensor<?x1xf32>) {epsilon = 1.0e-3 : f64}
  return %0, %1 : tensor<?x64xbf16>, tensor<?x1xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match interface{TilingInterface} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %op tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// On memrefs, with parts of a mask that is broadcast along the rows.
// CHECK-LABEL: func.func @memrefs
// CHECK: scf.for %[[I:[a-z0-9]+]] =
// CHECK: scf.for %[[J:[a-z0-9]+]] =
// CHECK: memref.subview %arg0[%[[I]], 0, %[[J]]] [2, %{{.*}}, 8] [1, 1, 1]
// CHECK: memref.subview %arg1[0, %[[J]]] [%{{.*}}, 8] [1, 1]
// CHECK: rmsnorm.rms_norm
// CHECK-SAME: reduce [1]
func.func @memrefs(%x: memref<6x?x16xf32>, %m: memref<?x16xi1>, %y: memref<6x?x16xf32>) {
  rmsnorm.rms_norm ins(%x : memref<6x?x16xf32>) mask(%m : memref<?x16xi1>) outs(%y : memref<6x?x16xf32>) reduce [1]
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match interface{TilingInterface} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:2 = transform.structured.tile_using_for %op tile_sizes [2, 0, 8] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// A parallel loop over rows.
// CHECK-LABEL: func.func @forall
// CHECK: scf.forall (%[[T:.*]]) in (4) shared_outs(%[[O:.*]] = %arg1)
// CHECK: %[[I:.*]] = affine.apply
// CHECK: rmsnorm.mean_square ins(%{{.*}} : tensor<8x64xf32>) outs(%{{.*}} : tensor<8x1xf32>)
// CHECK: tensor.parallel_insert_slice %{{.*}} into %[[O]][%[[I]], 0] [8, 1] [1, 1]
func.func @forall(%x: tensor<32x64xf32>, %o: tensor<32x1xf32>) -> tensor<32x1xf32> {
  %0 = rmsnorm.mean_square ins(%x : tensor<32x64xf32>) outs(%o : tensor<32x1xf32>)
  return %0 : tensor<32x1xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["rmsnorm.mean_square"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_forall %op tile_sizes [8] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// The second half alone may be tiled on every axis.
// CHECK-LABEL: func.func @normalize
// CHECK: scf.for %[[I:[a-z0-9]+]] =
// CHECK: scf.for %[[J:[a-z0-9]+]] =
// CHECK: %[[S:.*]] = tensor.extract_slice %arg1[%[[I]], 0] [4, 1] [1, 1]
// CHECK: %[[W:.*]] = tensor.extract_slice %arg2[%[[J]]] [16] [1]
// CHECK: rmsnorm.normalize ins(%{{.*}} : tensor<4x16xf32>) statistic(%[[S]] : tensor<4x1xf32>) scale(%[[W]] : tensor<16xf32>)
func.func @normalize(%x: tensor<32x64xf32>, %s: tensor<32x1xf32>, %w: tensor<64xf32>, %y: tensor<32x64xf32>) -> tensor<32x64xf32> {
  %0 = rmsnorm.normalize ins(%x : tensor<32x64xf32>) statistic(%s : tensor<32x1xf32>) scale(%w : tensor<64xf32>) outs(%y : tensor<32x64xf32>)
  return %0 : tensor<32x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["rmsnorm.normalize"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:2 = transform.structured.tile_using_for %op tile_sizes [4, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// All of a reduced axis is no part of it.
// CHECK-LABEL: func.func @whole
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c8
// CHECK: rmsnorm.rms_norm ins(%{{.*}} : tensor<8x64xf32>) outs(%{{.*}} : tensor<8x64xf32>)
func.func @whole(%x: tensor<32x64xf32>, %y: tensor<32x64xf32>) -> tensor<32x64xf32> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<32x64xf32>) outs(%y : tensor<32x64xf32>)
  return %0 : tensor<32x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:2 = transform.structured.tile_using_for %op tile_sizes [8, 64] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
