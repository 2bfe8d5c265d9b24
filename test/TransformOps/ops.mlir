// RUN: rmsnorm-opt %s --transform-interpreter --canonicalize --cse --split-input-file | FileCheck %s
// RUN: rmsnorm-opt %s --transform-interpreter --rmsnorm-schedule --split-input-file | FileCheck %s --check-prefix=SCHEDULE

// What was put on by hand stays; what has none is given one.
// SCHEDULE-LABEL: func.func @by_hand
// SCHEDULE: rmsnorm.rms_norm
// SCHEDULE-SAME: #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [16, 1], chain = 8>
// SCHEDULE-LABEL: func.func @left_alone
// SCHEDULE: rmsnorm.rms_norm
// SCHEDULE-SAME: #rmsnorm.cpu_schedule<vector = [
// CHECK-LABEL: func.func @by_hand
// CHECK: schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [16, 1], chain = 8>
func.func @by_hand(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {scheduled}
  return
}
// CHECK-LABEL: func.func @left_alone
// CHECK-NOT: cpu_schedule
func.func @left_alone(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>)
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %norms = transform.structured.match ops{["rmsnorm.rms_norm"]} attributes{scheduled} in %root : (!transform.any_op) -> !transform.any_op
    transform.rmsnorm.set_schedule %norms to <vector = [32, 8, 1], normalize_vector = [16, 1], chain = 8> : !transform.any_op
    transform.yield
  }
}

// -----

// The norm goes where its rows are produced.
// CHECK-LABEL: func.func @consumer
// CHECK: %[[LOOP:.*]] = scf.forall (%{{.*}}) in (4) shared_outs(%{{.*}} = %arg4)
// CHECK: %[[X:.*]] = linalg.matmul {{.*}} -> tensor<4x64xf32>
// CHECK: %[[Y:.*]] = rmsnorm.rms_norm ins(%[[X]] : tensor<4x64xf32>) scale(%arg2 : tensor<64xf32>) outs(%{{.*}} : tensor<4x64xf32>)
// CHECK: tensor.parallel_insert_slice %[[Y]]
// CHECK-NOT: rmsnorm.rms_norm
// CHECK: return %[[LOOP]]
func.func @consumer(%a: tensor<16x32xf32>, %b: tensor<32x64xf32>, %w: tensor<64xf32>, %x: tensor<16x64xf32>, %y: tensor<16x64xf32>) -> tensor<16x64xf32> {
  %product = linalg.matmul ins(%a, %b : tensor<16x32xf32>, tensor<32x64xf32>) outs(%x : tensor<16x64xf32>) -> tensor<16x64xf32>
  %0 = rmsnorm.rms_norm ins(%product : tensor<16x64xf32>) scale(%w : tensor<64xf32>) outs(%y : tensor<16x64xf32>)
  return %0 : tensor<16x64xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %matmul = transform.structured.match ops{["linalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_forall %matmul tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %norm = transform.structured.match ops{["rmsnorm.rms_norm"]} in %root : (!transform.any_op) -> !transform.any_op
    %fused, %new_loop = transform.rmsnorm.fuse_consumer %norm into %loop : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
