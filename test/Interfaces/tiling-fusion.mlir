// Norms fused with what produces x and with what consumes y.
//
// RUN: rmsnorm-opt %s --transform-interpreter --canonicalize --cse --split-input-file | FileCheck %s

// From the last op: the norm and the matmul before it come into its loop, and
// nothing of x's size is left. The norm is between them, which softmax cannot be.
// CHECK-LABEL: func.func @between
// CHECK-NOT: rmsnorm.rms_norm
// CHECK: scf.for %[[I:.*]] = %c0 to %{{.*}} step %c4
// CHECK-DAG: %[[A:.*]] = tensor.extract_slice %arg0[%[[I]], 0] [%[[S:.*]], 32] [1, 1]
// CHECK: %[[X:.*]] = linalg.matmul ins(%[[A]], %arg1 :
// CHECK: %[[Y:.*]] = rmsnorm.rms_norm ins(%[[X]] : tensor<?x64xf32>) scale(%arg2 : tensor<64xf32>)
// CHECK: linalg.exp ins(%[[Y]] : tensor<?x64xf32>)
// CHECK: }
// CHECK-NOT: linalg.matmul
// CHECK: return
func.func @between(%a: tensor<?x32xf32>, %b: tensor<32x64xf32>, %w: tensor<64xf32>, %y: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %a, %c0 : tensor<?x32xf32>
  %e = tensor.empty(%n) : tensor<?x64xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x64xf32>) -> tensor<?x64xf32>
  %x = linalg.matmul ins(%a, %b : tensor<?x32xf32>, tensor<32x64xf32>) outs(%f : tensor<?x64xf32>) -> tensor<?x64xf32>
  %norm = rmsnorm.rms_norm ins(%x : tensor<?x64xf32>) scale(%w : tensor<64xf32>) outs(%e : tensor<?x64xf32>)
  %exp = linalg.exp ins(%norm : tensor<?x64xf32>) outs(%y : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %exp : tensor<?x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %last = transform.structured.match ops{["linalg.exp"]} in %root : (!transform.any_op) -> !transform.any_op
    %fused, %loop = transform.structured.fuse %last tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// The row has a dynamic size that nothing but the op's own relation of x to y
// knows to be whole.
// CHECK-LABEL: func.func @dynamic_row
// CHECK-NOT: rmsnorm.rms_norm
// CHECK: scf.for
// CHECK: rmsnorm.rms_norm
// CHECK: linalg.exp
func.func @dynamic_row(%x: tensor<?x?xf32>, %e: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %norm = rmsnorm.rms_norm ins(%x : tensor<?x?xf32>) outs(%e : tensor<?x?xf32>)
  %exp = linalg.exp ins(%norm : tensor<?x?xf32>) outs(%y : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %exp : tensor<?x?xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %last = transform.structured.match ops{["linalg.exp"]} in %root : (!transform.any_op) -> !transform.any_op
    %fused, %loop = transform.structured.fuse %last tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// The consumer needs a part of a row at a time: the norm stays before the loop.
// CHECK-LABEL: func.func @part_of_a_row
// CHECK: %[[Y:.*]] = rmsnorm.rms_norm ins(%arg0 : tensor<8x64xf32>)
// CHECK: scf.for
// CHECK-NOT: rmsnorm
// CHECK: tensor.extract_slice %[[Y]]
// CHECK-NOT: rmsnorm
// CHECK: return
func.func @part_of_a_row(%x: tensor<8x64xf32>, %e: tensor<8x64xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %norm = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) outs(%e : tensor<8x64xf32>)
  %exp = linalg.exp ins(%norm : tensor<8x64xf32>) outs(%y : tensor<8x64xf32>) -> tensor<8x64xf32>
  return %exp : tensor<8x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %last = transform.structured.match ops{["linalg.exp"]} in %root : (!transform.any_op) -> !transform.any_op
    %fused, %loop = transform.structured.fuse %last tile_sizes [0, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Both halves by rows, from the second: the statistic is computed where it is
// needed. By columns, the first half stays before the loop.
// CHECK-LABEL: func.func @halves
// CHECK: rmsnorm.mean_square
// CHECK: scf.for
// CHECK: scf.for
// CHECK: rmsnorm.normalize
// CHECK-LABEL: func.func @halves_by_rows
// CHECK: scf.for
// CHECK: %[[S:.*]] = rmsnorm.mean_square ins(%{{.*}} : tensor<4x64xf32>)
// CHECK: rmsnorm.normalize ins(%{{.*}} : tensor<4x64xf32>) statistic(%[[S]] : tensor<4x1xf32>)
func.func @halves(%x: tensor<8x64xf32>, %s: tensor<8x1xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %ms = rmsnorm.mean_square ins(%x : tensor<8x64xf32>) outs(%s : tensor<8x1xf32>)
  %0 = rmsnorm.normalize ins(%x : tensor<8x64xf32>) statistic(%ms : tensor<8x1xf32>) outs(%y : tensor<8x64xf32>) {columns}
  return %0 : tensor<8x64xf32>
}
func.func @halves_by_rows(%x: tensor<8x64xf32>, %s: tensor<8x1xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %ms = rmsnorm.mean_square ins(%x : tensor<8x64xf32>) outs(%s : tensor<8x1xf32>)
  %0 = rmsnorm.normalize ins(%x : tensor<8x64xf32>) statistic(%ms : tensor<8x1xf32>) outs(%y : tensor<8x64xf32>) {rows}
  return %0 : tensor<8x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %columns = transform.structured.match ops{["rmsnorm.normalize"]} attributes{columns} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:2 = transform.structured.tile_using_for %columns tile_sizes [4, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    %rows = transform.structured.match ops{["rmsnorm.normalize"]} attributes{rows} in %root : (!transform.any_op) -> !transform.any_op
    %fused, %loop = transform.structured.fuse %rows tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// By the tiles of the second result: a tile of r needs the rows it is of.
// CHECK-LABEL: func.func @rstd
// CHECK-NOT: rmsnorm.rms_norm
// CHECK: scf.for %[[I:.*]] = %c0 to %c8 step %c4
// CHECK: %[[X:.*]] = tensor.extract_slice %arg0[%[[I]], 0] [4, 64] [1, 1]
// CHECK: %{{.*}}, %[[R:.*]] = rmsnorm.rms_norm ins(%[[X]] : tensor<4x64xf32>) {{.*}} rstd_out(%{{.*}} : tensor<4x1xf32>)
// CHECK: linalg.exp ins(%[[R]] : tensor<4x1xf32>)
func.func @rstd(%x: tensor<8x64xf32>, %e: tensor<8x64xf32>, %r: tensor<8x1xf32>, %o: tensor<8x1xf32>) -> tensor<8x1xf32> {
  %y, %rstd = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) outs(%e : tensor<8x64xf32>) rstd_out(%r : tensor<8x1xf32>)
  %exp = linalg.exp ins(%rstd : tensor<8x1xf32>) outs(%o : tensor<8x1xf32>) -> tensor<8x1xf32>
  return %exp : tensor<8x1xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %last = transform.structured.match ops{["linalg.exp"]} in %root : (!transform.any_op) -> !transform.any_op
    %fused, %loop = transform.structured.fuse %last tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// By the tiles of an operand that is not x; the slice of x follows from them.
// CHECK-LABEL: func.func @residual
// CHECK: scf.forall (%[[T:.*]]) in (2)
// CHECK: %[[I:.*]] = affine.apply
// CHECK: %[[R:.*]] = linalg.exp {{.*}} -> tensor<4x64xf32>
// CHECK: %[[X:.*]] = tensor.extract_slice %arg0[%[[I]], 0] [4, 64] [1, 1]
// CHECK: rmsnorm.rms_norm ins(%[[X]] : tensor<4x64xf32>) residual(%[[R]] : tensor<4x64xf32>)
// CHECK: scf.forall.in_parallel
// CHECK-NOT: rmsnorm.rms_norm
// CHECK: return
func.func @residual(%x: tensor<8x64xf32>, %r: tensor<8x64xf32>, %e: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %res = linalg.exp ins(%r : tensor<8x64xf32>) outs(%e : tensor<8x64xf32>) -> tensor<8x64xf32>
  %y = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) residual(%res : tensor<8x64xf32>) outs(%o : tensor<8x64xf32>)
  return %y : tensor<8x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %exp = transform.structured.match ops{["linalg.exp"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_forall %exp tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %norm = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %fused, %new_loop = transform.rmsnorm.fuse_consumer %norm into %loop : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// One value as x and as residual.
// CHECK-LABEL: func.func @twice
// CHECK: scf.forall
// CHECK: %[[X:.*]] = linalg.exp {{.*}} -> tensor<4x64xf32>
// CHECK: rmsnorm.rms_norm ins(%[[X]] : tensor<4x64xf32>) residual(%[[X]] : tensor<4x64xf32>)
// CHECK: scf.forall.in_parallel
func.func @twice(%x: tensor<8x64xf32>, %e: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %exp = linalg.exp ins(%x : tensor<8x64xf32>) outs(%e : tensor<8x64xf32>) -> tensor<8x64xf32>
  %y = rmsnorm.rms_norm ins(%exp : tensor<8x64xf32>) residual(%exp : tensor<8x64xf32>) outs(%o : tensor<8x64xf32>)
  return %y : tensor<8x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %exp = transform.structured.match ops{["linalg.exp"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_forall %exp tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %norm = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %fused, %new_loop = transform.rmsnorm.fuse_consumer %norm into %loop : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
