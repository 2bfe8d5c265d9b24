// The transform dialect takes each op apart by the interface; what it becomes is
// in test/Transforms/decompose.mlir.
//
// RUN: rmsnorm-opt %s --transform-interpreter | FileCheck %s

// CHECK-LABEL: func.func @all
// CHECK-NOT: rmsnorm.{{[a-z]}}
// CHECK: linalg.generic
// CHECK-NOT: rmsnorm.{{[a-z]}}
// CHECK: return
func.func @all(%x: tensor<?x64xf32>, %o: tensor<?x64xf32>, %s: tensor<?x1xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %y = rmsnorm.rms_norm ins(%x : tensor<?x64xf32>) outs(%o : tensor<?x64xf32>)
  %ms = rmsnorm.mean_square ins(%x : tensor<?x64xf32>) outs(%s : tensor<?x1xf32>)
  %z = rmsnorm.normalize ins(%x : tensor<?x64xf32>) statistic(%ms : tensor<?x1xf32>) outs(%o : tensor<?x64xf32>)
  return %y, %z : tensor<?x64xf32>, tensor<?x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %norms = transform.structured.match ops{["rmsnorm.rms_norm", "rmsnorm.mean_square", "rmsnorm.normalize"]} in %root : (!transform.any_op) -> !transform.any_op
    %parts = transform.structured.decompose_interface %norms : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}
