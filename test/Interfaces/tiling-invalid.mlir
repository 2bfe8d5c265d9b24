// A mean over a part of a row is not that of the row. Upstream's driver adds two
// messages of its own to the op's.
//
// RUN: rmsnorm-opt %s --transform-interpreter --split-input-file --verify-diagnostics

func.func @part_of_a_row(%x: tensor<8x64xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
  // expected-error @below {{'rmsnorm.rms_norm' op expected tiles with the whole of reduced axis 1, but got a part of it; use partial reduction}}
  // expected-error-re @below {{fail{{e?}}d to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) outs(%y : tensor<8x64xf32>)
  return %0 : tensor<8x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:2 = transform.structured.tile_using_for %op tile_sizes [4, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// A size that is the extent at most is a part, even where it may be all.
func.func @dynamic(%x: memref<?x?xf32>, %y: memref<?x1xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected tiles with the whole of reduced axis 1, but got a part of it; use partial reduction}}
  // expected-error-re @below {{fail{{e?}}d to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  rmsnorm.mean_square ins(%x : memref<?x?xf32>) outs(%y : memref<?x1xf32>)
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["rmsnorm.mean_square"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %op tile_sizes [0, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Each tile would write all of rstd.
func.func @rstd(%x: tensor<8x64xf32>, %s: tensor<8x1xf32>, %y: tensor<8x64xf32>, %r: tensor<8x1xf32>) -> (tensor<8x64xf32>, tensor<8x1xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected tiles with the whole of reduced axis 1, but got a part of it; use partial reduction}}
  // expected-error-re @below {{fail{{e?}}d to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %0, %1 = rmsnorm.normalize ins(%x : tensor<8x64xf32>) statistic(%s : tensor<8x1xf32>) outs(%y : tensor<8x64xf32>) rstd_out(%r : tensor<8x1xf32>)
  return %0, %1 : tensor<8x64xf32>, tensor<8x1xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["rmsnorm.normalize"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %op tile_sizes [0, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
