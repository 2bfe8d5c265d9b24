// RUN: rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=bufferize | FileCheck %s
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=bufferize | rmsnorm-opt --rmsnorm-to-cpu=start-after=bufferize

// The result is the one allocation; the destination is not read.
// CHECK-LABEL: func.func @fresh
// CHECK: %[[Y:.*]] = memref.alloc(
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: rmsnorm.rms_norm ins(%arg0 : memref<?x4096xbf16>) scale(%arg1 : memref<4096xbf16>) outs(%[[Y]] : memref<?x4096xbf16>)
// CHECK: return %[[Y]]
func.func @fresh(%x: tensor<?x4096xbf16>, %w: tensor<4096xbf16>) -> tensor<?x4096xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4096xbf16>
  %e = tensor.empty(%n) : tensor<?x4096xbf16>
  %y = rmsnorm.rms_norm ins(%x : tensor<?x4096xbf16>) scale(%w : tensor<4096xbf16>) outs(%e : tensor<?x4096xbf16>)
  return %y : tensor<?x4096xbf16>
}

// Written to the argument, and not returned.
// CHECK-LABEL: func.func @destination
// CHECK-SAME: (%[[X:.*]]: memref<?x64xf32>, %[[Y:.*]]: memref<?x64xf32> {rmsnorm.result = 0 : i64}) {
// CHECK-NEXT: rmsnorm.rms_norm ins(%[[X]] : memref<?x64xf32>) outs(%[[Y]] : memref<?x64xf32>)
// CHECK-NEXT: return
// CHECK-NEXT: }
func.func @destination(%x: tensor<?x64xf32>, %o: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %y = rmsnorm.rms_norm ins(%x : tensor<?x64xf32>) outs(%o : tensor<?x64xf32>)
  return %y : tensor<?x64xf32>
}

// Over x, of which nothing is needed later: no second buffer.
// CHECK-LABEL: func.func @over_x
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: rmsnorm.rms_norm ins(%arg0 : memref<8x64xf32>) residual(%arg1 : memref<8x64xf32>) outs(%arg0 : memref<8x64xf32>) residual_out(%arg1 : memref<8x64xf32>)
func.func @over_x(%x: tensor<8x64xf32>, %r: tensor<8x64xf32>) -> (tensor<8x64xf32>, tensor<8x64xf32>) {
  %y, %h = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) residual(%r : tensor<8x64xf32>) outs(%x : tensor<8x64xf32>) residual_out(%r : tensor<8x64xf32>)
  return %y, %h : tensor<8x64xf32>, tensor<8x64xf32>
}

// x is read after the norm: it is kept.
// CHECK-LABEL: func.func @x_is_used_later
// CHECK: %[[COPY:.*]] = memref.alloc
// CHECK: rmsnorm.rms_norm ins(%arg0 : memref<8x64xf32>) outs(%[[COPY]] : memref<8x64xf32>)
// CHECK: memref.load %arg0
func.func @x_is_used_later(%x: tensor<8x64xf32>) -> (tensor<8x64xf32>, f32) {
  %c0 = arith.constant 0 : index
  %y = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) outs(%x : tensor<8x64xf32>)
  %first = tensor.extract %x[%c0, %c0] : tensor<8x64xf32>
  return %y, %first : tensor<8x64xf32>, f32
}

// A statistic is no element of x in its place: it may not be written over it.
// CHECK-LABEL: func.func @both_halves
// CHECK: rmsnorm.mean_square
// CHECK: rmsnorm.normalize
func.func @both_halves(%x: tensor<8x64xf32>, %s: tensor<8x1xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %m = rmsnorm.mean_square ins(%x : tensor<8x64xf32>) outs(%s : tensor<8x1xf32>)
  %r = rmsnorm.normalize ins(%x : tensor<8x64xf32>) statistic(%m : tensor<8x1xf32>) outs(%y : tensor<8x64xf32>)
  return %r : tensor<8x64xf32>
}
