// Norms split into their halves, the first of them by partial reduction: the
// row in steps (@row), shared by threads (@threads), several axes with a mask
// (@columns).
//
// RUN: rmsnorm-opt %s --rmsnorm-split --transform-interpreter --canonicalize --cse -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir
// CHECK-NOT: rmsnorm.rms_norm
// CHECK-LABEL: func.func @row
// CHECK: scf.for
// CHECK: rmsnorm.mean_square
// CHECK: rmsnorm.normalize
// CHECK-LABEL: func.func @threads
// CHECK: scf.forall
// CHECK: rmsnorm.mean_square
// CHECK-LABEL: func.func @columns
// CHECK: scf.for
// CHECK: rmsnorm.mean_square
//
// RUN: %check %t.mlir row --in "x=normal((5, 1000))" --in "w=normal(1000)" --out y=f32:5x1000 --expect "rms_norm(x, w)[0]"
// RUN: %check %t.mlir threads --in "x=normal((5, 1000))" --in "w=normal(1000)" --out y=f32:5x1000 --expect "rms_norm(x, w)[0]"
// RUN: %check %t.mlir columns --in "x=normal((50, 7, 33), bf16)" --in "m=bools((50, 7, 33))" --out y=bf16:50x7x33 --expect "rms_norm(x, mask=m, axes=(0, 1))[0]"

func.func @row(%x: tensor<?x1000xf32>, %w: tensor<1000xf32>, %y: tensor<?x1000xf32>) -> tensor<?x1000xf32> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<?x1000xf32>) scale(%w : tensor<1000xf32>) outs(%y : tensor<?x1000xf32>)
  return %0 : tensor<?x1000xf32>
}
func.func @threads(%x: tensor<?x1000xf32>, %w: tensor<1000xf32>, %y: tensor<?x1000xf32>) -> tensor<?x1000xf32> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<?x1000xf32>) scale(%w : tensor<1000xf32>) outs(%y : tensor<?x1000xf32>)
  return %0 : tensor<?x1000xf32>
}
func.func @columns(%x: tensor<?x7x33xbf16>, %m: tensor<?x7x33xi1>, %y: tensor<?x7x33xbf16>) -> tensor<?x7x33xbf16> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<?x7x33xbf16>) mask(%m : tensor<?x7x33xi1>) outs(%y : tensor<?x7x33xbf16>) reduce [0, 1]
  return %0 : tensor<?x7x33xbf16>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %ops = transform.structured.match ops{["rmsnorm.mean_square"]} in %root : (!transform.any_op) -> !transform.any_op
    %row, %threads, %columns = transform.split_handle %ops : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    %fill:2, %part, %merge, %loop = transform.structured.tile_reduction_using_for %row by tile_sizes = [0, 64] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %fill1:2, %part1, %merge1, %loop1 = transform.structured.tile_reduction_using_forall %threads by num_threads = [0, 5] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %fill2:2, %part2, %merge2, %loop2 = transform.structured.tile_reduction_using_for %columns by tile_sizes = [8, 0, 0] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
