// Upstream's bufferization alone: where a norm needs memory of its own, and that
// what was in it is never copied.
//
// RUN: rmsnorm-opt %s --one-shot-bufferize='bufferize-function-boundaries=true function-boundary-type-conversion=identity-layout-map' \
// RUN:   | FileCheck %s --implicit-check-not=memref.copy

// Nothing is in a new tensor: the op writes to the memory it gets.
// CHECK-LABEL: func.func @empty
// CHECK: %[[S:.*]] = memref.alloc() {{.*}} : memref<8x1xf32>
// CHECK-NOT: memref.alloc
// CHECK: rmsnorm.mean_square ins(%arg0 : memref<8x64xf32>) outs(%[[S]] : memref<8x1xf32>)
// CHECK: %[[Y:.*]] = memref.alloc() {{.*}} : memref<8x64xf32>
// CHECK-NOT: memref.alloc
// CHECK: rmsnorm.normalize ins(%arg0 : memref<8x64xf32>) statistic(%[[S]] : memref<8x1xf32>) outs(%[[Y]] : memref<8x64xf32>)
// CHECK: return %[[Y]]
func.func @empty(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %s = tensor.empty() : tensor<8x1xf32>
  %ms = rmsnorm.mean_square ins(%x : tensor<8x64xf32>) outs(%s : tensor<8x1xf32>)
  %e = tensor.empty() : tensor<8x64xf32>
  %y = rmsnorm.normalize ins(%x : tensor<8x64xf32>) statistic(%ms : tensor<8x1xf32>) outs(%e : tensor<8x64xf32>)
  return %y : tensor<8x64xf32>
}

// A destination with numbers that are needed later: other memory, into which
// they are not copied.
// CHECK-LABEL: func.func @destination_is_used_later
// CHECK: %[[Y:.*]] = memref.alloc()
// CHECK: rmsnorm.rms_norm ins(%arg0 : memref<8x64xf32>) outs(%[[Y]] : memref<8x64xf32>)
// CHECK: return %[[Y]], %arg1
func.func @destination_is_used_later(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> (tensor<8x64xf32>, tensor<8x64xf32>) {
  %y = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) outs(%o : tensor<8x64xf32>)
  return %y, %o : tensor<8x64xf32>, tensor<8x64xf32>
}

// One destination for two results, as CSE makes of two empty tensors: each
// result has its own memory all the same.
// CHECK-LABEL: func.func @one_destination
// CHECK-DAG: %[[Y:.*]] = memref.alloc()
// CHECK-DAG: %[[H:.*]] = memref.alloc()
// CHECK: rmsnorm.rms_norm {{.*}} outs(%[[Y]] : memref<8x64xf32>) residual_out(%[[H]] : memref<8x64xf32>)
// CHECK: return %[[Y]], %[[H]]
func.func @one_destination(%x: tensor<8x64xf32>, %res: tensor<8x64xf32>) -> (tensor<8x64xf32>, tensor<8x64xf32>) {
  %e = tensor.empty() : tensor<8x64xf32>
  %y, %h = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) residual(%res : tensor<8x64xf32>) outs(%e : tensor<8x64xf32>) residual_out(%e : tensor<8x64xf32>)
  return %y, %h : tensor<8x64xf32>, tensor<8x64xf32>
}
// CHECK-LABEL: func.func @sum_and_count
// CHECK-DAG: %[[S:.*]] = memref.alloc()
// CHECK-DAG: %[[N:.*]] = memref.alloc()
// CHECK: rmsnorm.mean_square {{.*}} outs(%[[S]] : memref<8x1xf32>) count_out(%[[N]] : memref<8x1xf32>)
// CHECK: return %[[S]], %[[N]]
func.func @sum_and_count(%x: tensor<8x64xf32>) -> (tensor<8x1xf32>, tensor<8x1xf32>) {
  %e = tensor.empty() : tensor<8x1xf32>
  %s, %n = rmsnorm.mean_square ins(%x : tensor<8x64xf32>) outs(%e : tensor<8x1xf32>) count_out(%e : tensor<8x1xf32>)
  return %s, %n : tensor<8x1xf32>, tensor<8x1xf32>
}

// Over x and over the residual, also by the second half alone.
// CHECK-LABEL: func.func @over_x
// CHECK-NOT: memref.alloc
// CHECK: rmsnorm.normalize ins(%arg0 : memref<8x64xf32>) statistic(%arg1 : memref<8x1xf32>) residual(%arg2 : memref<8x64xf32>) outs(%arg2 : memref<8x64xf32>) residual_out(%arg0 : memref<8x64xf32>)
func.func @over_x(%x: tensor<8x64xf32>, %ms: tensor<8x1xf32>, %res: tensor<8x64xf32>) -> (tensor<8x64xf32>, tensor<8x64xf32>) {
  %y, %h = rmsnorm.normalize ins(%x : tensor<8x64xf32>) statistic(%ms : tensor<8x1xf32>) residual(%res : tensor<8x64xf32>) outs(%res : tensor<8x64xf32>) residual_out(%x : tensor<8x64xf32>)
  return %y, %h : tensor<8x64xf32>, tensor<8x64xf32>
}

// An element of a statistic is read for all of a row, also where the shapes do
// not show it: nothing is written over it or over what it is read from.
// CHECK-LABEL: func.func @over_statistic
// CHECK: %[[Y:.*]] = memref.alloc()
// CHECK: rmsnorm.normalize {{.*}} statistic(%arg1 : memref<8x1xf32>) outs(%[[Y]] : memref<8x1xf32>)
func.func @over_statistic(%x: tensor<8x1xf32>, %ms: tensor<8x1xf32>) -> tensor<8x1xf32> {
  %y = rmsnorm.normalize ins(%x : tensor<8x1xf32>) statistic(%ms : tensor<8x1xf32>) outs(%ms : tensor<8x1xf32>)
  return %y : tensor<8x1xf32>
}
// CHECK-LABEL: func.func @statistic_over_x
// CHECK: %[[S:.*]] = memref.alloc()
// CHECK: rmsnorm.mean_square ins(%arg0 : memref<8x1xf32>) outs(%[[S]] : memref<8x1xf32>)
func.func @statistic_over_x(%x: tensor<8x1xf32>) -> tensor<8x1xf32> {
  %ms = rmsnorm.mean_square ins(%x : tensor<8x1xf32>) outs(%x : tensor<8x1xf32>)
  return %ms : tensor<8x1xf32>
}

// A scale is read by every row.
// CHECK-LABEL: func.func @over_scale
// CHECK: %[[Y:.*]] = memref.alloc()
// CHECK: rmsnorm.rms_norm {{.*}} scale(%arg1 : memref<8x64xf32>) outs(%[[Y]] : memref<1x8x64xf32>) features [1, 2]
func.func @over_scale(%x: tensor<1x8x64xf32>, %w: tensor<8x64xf32>) -> tensor<1x8x64xf32> {
  %o = tensor.expand_shape %w [[0, 1], [2]] output_shape [1, 8, 64] : tensor<8x64xf32> into tensor<1x8x64xf32>
  %y = rmsnorm.rms_norm ins(%x : tensor<1x8x64xf32>) scale(%w : tensor<8x64xf32>) outs(%o : tensor<1x8x64xf32>) features [1, 2]
  return %y : tensor<1x8x64xf32>
}
