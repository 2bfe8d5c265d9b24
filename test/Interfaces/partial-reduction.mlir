// Means of squares over parts of the reduced axes.
//
// RUN: rmsnorm-opt %s --transform-interpreter --canonicalize --cse --split-input-file | FileCheck %s

// A loop over the row in steps of 16: a sum and a count for each place in the
// step, added up after the loop.
// CHECK-LABEL: func.func @row
// CHECK: %[[ZERO:.*]] = linalg.fill {{.*}} -> tensor<?x16xf32>
// CHECK: %[[PARTS:.*]]:2 = scf.for %[[J:.*]] = %c0 to %c100 step %c16 iter_args(%[[S:.*]] = %[[ZERO]], %[[N:.*]] = %[[ZERO]])
// CHECK: %[[SIZE:.*]] = affine.min
// CHECK: %[[X:.*]] = tensor.extract_slice %arg0[0, %[[J]]] [%{{.*}}, %[[SIZE]]]
// CHECK: %[[M:.*]] = tensor.extract_slice %arg1[0, %[[J]]] [1, %[[SIZE]]]
// CHECK: rmsnorm.mean_square ins(%[[X]] : tensor<?x?xbf16>) mask(%[[M]] : tensor<1x?xi1>) outs(%{{.*}} : tensor<?x?xf32>) count_out(%{{.*}} : tensor<?x?xf32>)
// CHECK-SAME: reduce []
// CHECK-COUNT-2: linalg.add
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%[[PARTS]]#0, %[[PARTS]]#1
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} {{.*}} outs(%arg2 : tensor<?x1xf32>)
// CHECK: arith.divf
func.func @row(%x: tensor<?x100xbf16>, %m: tensor<1x100xi1>, %o: tensor<?x1xf32>) -> tensor<?x1xf32> {
  %0 = rmsnorm.mean_square ins(%x : tensor<?x100xbf16>) mask(%m : tensor<1x100xi1>) outs(%o : tensor<?x1xf32>)
  return %0 : tensor<?x1xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["rmsnorm.mean_square"]} in %root : (!transform.any_op) -> !transform.any_op
    %fill:2, %part, %merge, %loop = transform.structured.tile_reduction_using_for %op by tile_sizes = [0, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Shared by five threads: one sum and one count from each. Axis 0 is reduced in
// whole by each of them.
// CHECK-LABEL: func.func @threads
// CHECK: scf.forall (%[[T:.*]]) in (5) shared_outs(%[[S:.*]] = %{{.*}}, %[[N:.*]] = %{{.*}}) -> (tensor<1x5x8xf32>, tensor<1x5x8xf32>)
// CHECK: tensor.extract_slice %[[S]][0, %[[T]], 0] [1, 1, 8]
// CHECK: %[[PART:.*]], %[[COUNT:.*]] = rmsnorm.mean_square ins(%{{.*}} : tensor<3x20x8xf32>) outs(%{{.*}} : tensor<1x1x8xf32>) count_out(%{{.*}} : tensor<1x1x8xf32>)
// CHECK-SAME: reduce [0, 1]
// CHECK: tensor.parallel_insert_slice %[[PART]] into %[[S]][0, %[[T]], 0] [1, 1, 8]
// CHECK: tensor.parallel_insert_slice %[[COUNT]] into %[[N]][0, %[[T]], 0] [1, 1, 8]
// CHECK: %[[ZS:.*]] = linalg.fill {{.*}} outs(%arg1
// CHECK: %[[ZN:.*]] = linalg.fill {{.*}} outs(%arg2
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction", "parallel"]} {{.*}} outs(%[[ZS]], %[[ZN]] :
// CHECK-NOT: linalg.generic
func.func @threads(%x: tensor<3x100x8xf32>, %s: tensor<1x1x8xf32>, %n: tensor<1x1x8xf32>) -> (tensor<1x1x8xf32>, tensor<1x1x8xf32>) {
  %0, %1 = rmsnorm.mean_square ins(%x : tensor<3x100x8xf32>) outs(%s : tensor<1x1x8xf32>) count_out(%n : tensor<1x1x8xf32>) reduce [0, 1]
  return %0, %1 : tensor<1x1x8xf32>, tensor<1x1x8xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["rmsnorm.mean_square"]} in %root : (!transform.any_op) -> !transform.any_op
    %fill:2, %part, %merge, %loop = transform.structured.tile_reduction_using_forall %op by num_threads = [0, 5, 0] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
