// Norms by tiles of rows that the transform dialect made, alone and fused with what
// produces x and what consumes y; rows that are no multiple of the tiles.
//
// RUN: rmsnorm-opt %s --transform-interpreter --canonicalize --cse -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir
//
// From the consumer back: one loop, in it everything.
// CHECK-LABEL: func.func @between
// CHECK-NOT: {{linalg|rmsnorm}}.{{matmul|rms_norm|add}}
// CHECK: scf.for %{{.*}} step %c4
// CHECK: linalg.matmul {{.*}} -> tensor<?x300xf32>
// CHECK: rmsnorm.rms_norm {{.*}} outs(%{{.*}} : tensor<?x300xf32>)
// CHECK: linalg.add {{.*}} -> tensor<?x300xf32>
// CHECK: tensor.insert_slice
// CHECK-NOT: {{linalg|rmsnorm}}.{{matmul|rms_norm|add}}
// CHECK-LABEL: func.func @between_bf16
// CHECK-NOT: {{linalg|rmsnorm}}.{{matmul|rms_norm|add}}
// CHECK: scf.for %{{.*}} step %c4
// CHECK: linalg.matmul {{.*}} -> tensor<?x300xbf16>
// CHECK: rmsnorm.rms_norm {{.*}} outs(%{{.*}} : tensor<?x300xbf16>)
// CHECK: linalg.add {{.*}} -> tensor<?x300xbf16>
// CHECK: tensor.insert_slice
// CHECK-NOT: {{linalg|rmsnorm}}.{{matmul|rms_norm|add}}
//
// Into the loop of the consumer, op by op.
// CHECK-LABEL: func.func @into
// CHECK-NOT: {{linalg|rmsnorm}}.{{matmul|rms_norm|add}}
// CHECK: scf.forall
// CHECK: linalg.matmul
// CHECK: rmsnorm.rms_norm
// CHECK: linalg.add
// CHECK: scf.forall.in_parallel
// CHECK-NOT: {{linalg|rmsnorm}}.{{matmul|rms_norm|add}}
//
// Into the loop of the producer, op by op.
// CHECK-LABEL: func.func @onward
// CHECK-NOT: {{linalg|rmsnorm}}.{{matmul|rms_norm|add}}
// CHECK: scf.forall
// CHECK: linalg.matmul
// CHECK: rmsnorm.rms_norm
// CHECK: linalg.add
// CHECK: scf.forall.in_parallel
// CHECK-NOT: {{linalg|rmsnorm}}.{{matmul|rms_norm|add}}
//
// A norm by itself, with all that it has; and between two axes that are tiled.
// CHECK-LABEL: func.func @rows
// CHECK: scf.for %{{.*}} step %c4
// CHECK: rmsnorm.rms_norm {{.*}} residual({{.*}} mask({{.*}} residual_out({{.*}} rstd_out(
// CHECK-LABEL: func.func @middle
// CHECK: scf.for %{{.*}} step %c2
// CHECK: scf.for %{{.*}} step %c8
// CHECK: rmsnorm.rms_norm {{.*}} reduce [1]
//
// The matmul is of whole numbers: its sums are exact.
// RUN: %check %t.mlir between --in "a=np.rint(normal((7, 40)))" --in "b=np.rint(normal((40, 300)))" --in "w=normal(300)" --out y=f32 \
// RUN:   --expect "Expected(2 * rms_norm(a @ b, w)[0].value)"
// RUN: %check %t.mlir between --in "a=np.rint(normal((1, 40)))" --in "b=np.rint(normal((40, 300)))" --in "w=normal(300)" --out y=f32 \
// RUN:   --expect "Expected(2 * rms_norm(a @ b, w)[0].value)"
// RUN: %check %t.mlir between_bf16 --in "a=np.eye(7, 40).astype(bf16)" --in "b=normal((40, 300), bf16)" --in "w=normal(300)" --out y=bf16 \
// RUN:   --expect "Expected(2 * rms_norm(b[:7], w)[0].value)"
// RUN: %check %t.mlir into --in "a=np.rint(normal((7, 40)))" --in "b=np.rint(normal((40, 300)))" --in "w=normal(300)" --out y=f32 \
// RUN:   --expect "Expected(2 * rms_norm(a @ b, w)[0].value)"
// RUN: %check %t.mlir onward --in "a=np.rint(normal((7, 40)))" --in "b=np.rint(normal((40, 300)))" --in "w=normal(300)" --out y=f32 \
// RUN:   --expect "Expected(2 * rms_norm(a @ b, w)[0].value)"
// RUN: %check %t.mlir rows --in "x=normal((7, 300), bf16)" --in "w=normal(300)" --in "res=normal((7, 300))" --in "m=bools((7, 300))" --out y=bf16 --out h=f32 --out r=f32 \
// RUN:   --expect "rms_norm(x, w, residual=res, mask=m)"
// RUN: %check %t.mlir middle --in "x=normal((3, 50, 21))" --in "m=bools((50, 1))" --out y=f32 --expect "rms_norm(x, mask=m, axes=[1])[0]"

func.func @between(%a: tensor<?x40xf32>, %b: tensor<40x300xf32>, %w: tensor<300xf32>) -> tensor<?x300xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %a, %c0 : tensor<?x40xf32>
  %e = tensor.empty(%n) : tensor<?x300xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x300xf32>) -> tensor<?x300xf32>
  %x = linalg.matmul ins(%a, %b : tensor<?x40xf32>, tensor<40x300xf32>) outs(%f : tensor<?x300xf32>) -> tensor<?x300xf32>
  %y = rmsnorm.rms_norm ins(%x : tensor<?x300xf32>) scale(%w : tensor<300xf32>) outs(%e : tensor<?x300xf32>)
  %z = linalg.add ins(%y, %y : tensor<?x300xf32>, tensor<?x300xf32>) outs(%e : tensor<?x300xf32>) -> tensor<?x300xf32>
  return %z : tensor<?x300xf32>
}
func.func @between_bf16(%a: tensor<?x40xbf16>, %b: tensor<40x300xbf16>, %w: tensor<300xf32>) -> tensor<?x300xbf16> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : bf16
  %n = tensor.dim %a, %c0 : tensor<?x40xbf16>
  %e = tensor.empty(%n) : tensor<?x300xbf16>
  %f = linalg.fill ins(%zero : bf16) outs(%e : tensor<?x300xbf16>) -> tensor<?x300xbf16>
  %x = linalg.matmul ins(%a, %b : tensor<?x40xbf16>, tensor<40x300xbf16>) outs(%f : tensor<?x300xbf16>) -> tensor<?x300xbf16>
  %y = rmsnorm.rms_norm ins(%x : tensor<?x300xbf16>) scale(%w : tensor<300xf32>) outs(%e : tensor<?x300xbf16>)
  %z = linalg.add ins(%y, %y : tensor<?x300xbf16>, tensor<?x300xbf16>) outs(%e : tensor<?x300xbf16>) -> tensor<?x300xbf16>
  return %z : tensor<?x300xbf16>
}
func.func @into(%a: tensor<?x40xf32>, %b: tensor<40x300xf32>, %w: tensor<300xf32>) -> tensor<?x300xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %a, %c0 : tensor<?x40xf32>
  %e = tensor.empty(%n) : tensor<?x300xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x300xf32>) -> tensor<?x300xf32>
  %x = linalg.matmul ins(%a, %b : tensor<?x40xf32>, tensor<40x300xf32>) outs(%f : tensor<?x300xf32>) -> tensor<?x300xf32>
  %y = rmsnorm.rms_norm ins(%x : tensor<?x300xf32>) scale(%w : tensor<300xf32>) outs(%e : tensor<?x300xf32>)
  %z = linalg.add ins(%y, %y : tensor<?x300xf32>, tensor<?x300xf32>) outs(%e : tensor<?x300xf32>) -> tensor<?x300xf32>
  return %z : tensor<?x300xf32>
}
func.func @onward(%a: tensor<?x40xf32>, %b: tensor<40x300xf32>, %w: tensor<300xf32>) -> tensor<?x300xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %a, %c0 : tensor<?x40xf32>
  %e = tensor.empty(%n) : tensor<?x300xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x300xf32>) -> tensor<?x300xf32>
  %x = linalg.matmul ins(%a, %b : tensor<?x40xf32>, tensor<40x300xf32>) outs(%f : tensor<?x300xf32>) -> tensor<?x300xf32>
  %y = rmsnorm.rms_norm ins(%x : tensor<?x300xf32>) scale(%w : tensor<300xf32>) outs(%e : tensor<?x300xf32>)
  %z = linalg.add ins(%y, %y : tensor<?x300xf32>, tensor<?x300xf32>) outs(%e : tensor<?x300xf32>) -> tensor<?x300xf32>
  return %z : tensor<?x300xf32>
}
func.func @rows(%x: tensor<?x300xbf16>, %w: tensor<300xf32>, %res: tensor<?x300xf32>, %m: tensor<?x300xi1>) -> (tensor<?x300xbf16>, tensor<?x300xf32>, tensor<?x1xf32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x300xbf16>
  %e = tensor.empty(%n) : tensor<?x300xbf16>
  %f = tensor.empty(%n) : tensor<?x300xf32>
  %g = tensor.empty(%n) : tensor<?x1xf32>
  %y, %h, %r = rmsnorm.rms_norm ins(%x : tensor<?x300xbf16>) scale(%w : tensor<300xf32>) residual(%res : tensor<?x300xf32>) mask(%m : tensor<?x300xi1>)
    outs(%e : tensor<?x300xbf16>) residual_out(%f : tensor<?x300xf32>) rstd_out(%g : tensor<?x1xf32>)
  return %y, %h, %r : tensor<?x300xbf16>, tensor<?x300xf32>, tensor<?x1xf32>
}
func.func @middle(%x: tensor<?x50x?xf32>, %m: tensor<50x1xi1>) -> tensor<?x50x?xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %x, %c0 : tensor<?x50x?xf32>
  %k = tensor.dim %x, %c2 : tensor<?x50x?xf32>
  %e = tensor.empty(%n, %k) : tensor<?x50x?xf32>
  %y = rmsnorm.rms_norm ins(%x : tensor<?x50x?xf32>) mask(%m : tensor<50x1xi1>) outs(%e : tensor<?x50x?xf32>) reduce [1]
  return %y : tensor<?x50x?xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %adds = transform.structured.match ops{["linalg.add"]} in %root : (!transform.any_op) -> !transform.any_op
    %norms = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %matmuls = transform.structured.match ops{["linalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %add:4 = transform.split_handle %adds : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %norm:6 = transform.split_handle %norms : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %matmul:4 = transform.split_handle %matmuls : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)

    %tiled_rows, %rows = transform.structured.tile_using_for %norm#4 tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %tiled_middle, %middle:2 = transform.structured.tile_using_for %norm#5 tile_sizes [2, 0, 8] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)

    %into, %loop = transform.structured.tile_using_forall %add#2 tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %into1, %loop1 = transform.structured.fuse_into_containing_op %norm#2 into %loop : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)
    %into2, %loop2 = transform.structured.fuse_into_containing_op %matmul#2 into %loop1 : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)

    %onward, %loop3 = transform.structured.tile_using_forall %matmul#3 tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %onward1, %loop4 = transform.rmsnorm.fuse_consumer %norm#3 into %loop3 : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)
    %onward2, %loop5 = transform.rmsnorm.fuse_consumer %add#3 into %loop4 : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)

    %between, %loop6 = transform.structured.fuse %add#0 tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %between1, %loop7 = transform.structured.fuse %add#1 tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
