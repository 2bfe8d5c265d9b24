// Only the first half of a norm is a reduction. Upstream's driver adds a message
// of its own.
//
// RUN: rmsnorm-opt %s --transform-interpreter --split-input-file --verify-diagnostics

func.func @whole(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  // expected-error @below {{'rmsnorm.rms_norm' op expected rmsnorm.mean_square for partial reduction, but got rmsnorm.rms_norm; rmsnorm-split takes it apart}}
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) outs(%o : tensor<8x64xf32>)
  return %0 : tensor<8x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @below {{failed to tile using partial reduction}}
    %fill:2, %part, %merge, %loop = transform.structured.tile_reduction_using_for %op by tile_sizes = [0, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @memrefs(%x: memref<8x64xf32>, %o: memref<8x1xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected tensors for partial reduction, but got memrefs}}
  rmsnorm.mean_square ins(%x : memref<8x64xf32>) outs(%o : memref<8x1xf32>)
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["rmsnorm.mean_square"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @below {{failed to tile using partial reduction}}
    %fill:2, %part, %merge, %loop = transform.structured.tile_reduction_using_for %op by tile_sizes = [0, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
