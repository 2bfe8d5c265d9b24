// The sizes of results are those of x, whatever the destinations are.
//
// RUN: rmsnorm-opt %s --resolve-ranked-shaped-type-result-dims --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @rms_norm
// CHECK-DAG: %[[A:.*]] = tensor.dim %arg0, %c0
// CHECK-DAG: %[[B:.*]] = tensor.dim %arg0, %c1
// CHECK-DAG: %[[C:.*]] = tensor.dim %arg0, %c2
// CHECK-NOT: tensor.dim
// CHECK: return %[[A]], %[[B]], %[[B]], %[[C]], %[[A]], %c1, %[[C]] :
func.func @rms_norm(%x: tensor<?x?x?xf32>, %res: tensor<?x?x?xf32>, %o: tensor<?x?x?xf32>, %p: tensor<?x?x?xf32>, %q: tensor<?x?x?xf32>)
    -> (index, index, index, index, index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %y, %h, %r = rmsnorm.rms_norm ins(%x : tensor<?x?x?xf32>) residual(%res : tensor<?x?x?xf32>) outs(%o : tensor<?x?x?xf32>)
    residual_out(%p : tensor<?x?x?xf32>) rstd_out(%q : tensor<?x?x?xf32>) reduce [1]
  %y0 = tensor.dim %y, %c0 : tensor<?x?x?xf32>
  %y1 = tensor.dim %y, %c1 : tensor<?x?x?xf32>
  %h1 = tensor.dim %h, %c1 : tensor<?x?x?xf32>
  %h2 = tensor.dim %h, %c2 : tensor<?x?x?xf32>
  %r0 = tensor.dim %r, %c0 : tensor<?x?x?xf32>
  %r1 = tensor.dim %r, %c1 : tensor<?x?x?xf32>
  %r2 = tensor.dim %r, %c2 : tensor<?x?x?xf32>
  return %y0, %y1, %h1, %h2, %r0, %r1, %r2 : index, index, index, index, index, index, index
}

// What the type of x says needs no dim; a half without its use goes away.
// CHECK-LABEL: func.func @mean_square
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1 : index
// CHECK-NEXT: %[[D:.*]] = arith.constant 64 : index
// CHECK-NEXT: return %[[ONE]], %[[D]], %[[ONE]] :
func.func @mean_square(%x: tensor<8x64xf32>, %o: tensor<?x?xf32>, %p: tensor<?x?xf32>) -> (index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %sum, %count = rmsnorm.mean_square ins(%x : tensor<8x64xf32>) outs(%o : tensor<?x?xf32>) count_out(%p : tensor<?x?xf32>) reduce [0]
  %s0 = tensor.dim %sum, %c0 : tensor<?x?xf32>
  %s1 = tensor.dim %sum, %c1 : tensor<?x?xf32>
  %n0 = tensor.dim %count, %c0 : tensor<?x?xf32>
  return %s0, %s1, %n0 : index, index, index
}

// CHECK-LABEL: func.func @normalize
// CHECK: %[[N:.*]] = tensor.dim %arg0, %c0
// CHECK-NEXT: return %[[N]], %c64, %[[N]], %c1 :
func.func @normalize(%x: tensor<?x64xf32>, %ms: tensor<?x1xf32>, %o: tensor<?x?xf32>, %p: tensor<?x?xf32>) -> (index, index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y, %r = rmsnorm.normalize ins(%x : tensor<?x64xf32>) statistic(%ms : tensor<?x1xf32>) outs(%o : tensor<?x?xf32>) rstd_out(%p : tensor<?x?xf32>)
  %y0 = tensor.dim %y, %c0 : tensor<?x?xf32>
  %y1 = tensor.dim %y, %c1 : tensor<?x?xf32>
  %r0 = tensor.dim %r, %c0 : tensor<?x?xf32>
  %r1 = tensor.dim %r, %c1 : tensor<?x?xf32>
  return %y0, %y1, %r0, %r1 : index, index, index, index
}
