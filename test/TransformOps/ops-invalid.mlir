// RUN: rmsnorm-opt %s --transform-interpreter --split-input-file --verify-diagnostics

func.func @no_norm(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-note @below {{the op}}
  linalg.exp ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>)
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["linalg.exp"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @below {{expected a norm, but got linalg.exp}}
    transform.rmsnorm.set_schedule %op to <vector = [8, 1], normalize_vector = [8, 1]> : !transform.any_op
    transform.yield
  }
}

// -----

// The schedule itself is verified.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    // expected-error @below {{expected vector to be falling powers of two of at most 1024 that end in 1, but got [7, 1]}}
    transform.rmsnorm.set_schedule %root to <vector = [7, 1], normalize_vector = [8, 1]> : !transform.any_op
    transform.yield
  }
}

// -----

// The loop gives a part of a row at a time.
func.func @part_of_a_row(%x: tensor<16x64xf32>, %y: tensor<16x64xf32>) -> tensor<16x64xf32> {
  %e = linalg.exp ins(%x : tensor<16x64xf32>) outs(%x : tensor<16x64xf32>) -> tensor<16x64xf32>
  // expected-note @below {{the consumer}}
  %0 = rmsnorm.rms_norm ins(%e : tensor<16x64xf32>) outs(%y : tensor<16x64xf32>)
  return %0 : tensor<16x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %exp = transform.structured.match ops{["linalg.exp"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_forall %exp tile_sizes [0, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %norm = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @below {{expected a consumer whose tiles the loop gives whole, but got one that cannot be fused}}
    %fused, %new_loop = transform.rmsnorm.fuse_consumer %norm into %loop : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
