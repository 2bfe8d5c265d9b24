// What the types leave open is checked before the op.
//
// RUN: rmsnorm-opt %s --generate-runtime-verification | FileCheck %s

// CHECK-LABEL: func.func @dynamic
// CHECK: %[[S:.*]] = memref.dim %arg1, %c0
// CHECK: %[[X:.*]] = memref.dim %arg0, %c1
// CHECK: %[[OK:.*]] = arith.cmpi eq, %[[S]], %[[X]]
// CHECK: cf.assert %[[OK]], "{{.*}}rmsnorm.rms_norm{{.*}}expected dimension 0 of scale to have the size of x's axis 1, but got another
// CHECK: cf.assert {{.*}}expected dimension 1 of residual to have the size of x's axis 1, but got another
// CHECK: cf.assert {{.*}}expected dimension 0 of outs to have size 8, but got another
// CHECK: cf.assert {{.*}}expected dimension 1 of outs to have the size of x's axis 1, but got another
// CHECK: cf.assert {{.*}}expected dimension 1 of residual_out to have the size of x's axis 1, but got another
// CHECK: cf.assert {{.*}}expected dimension 1 of rstd_out to have size 1, but got another
// CHECK-NOT: cf.assert
// CHECK: rmsnorm.rms_norm
func.func @dynamic(%x: memref<8x?xf32>, %w: memref<?xf32>, %r: memref<8x?xf32>, %y: memref<?x?xf32>, %h: memref<8x?xf32>, %rstd: memref<8x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<8x?xf32>) scale(%w : memref<?xf32>) residual(%r : memref<8x?xf32>) outs(%y : memref<?x?xf32>) residual_out(%h : memref<8x?xf32>) rstd_out(%rstd : memref<8x?xf32>)
  return
}

// A mask is broadcast by its static ones alone.
// CHECK-LABEL: func.func @mask
// CHECK: cf.assert {{.*}}expected dimension 0 of mask to have the size of x's axis 0, but got another
// CHECK: cf.assert {{.*}}expected dimension 0 of outs to have the size of x's axis 0, but got another
// CHECK: cf.assert {{.*}}expected dimension 0 of count_out to have the size of x's axis 0, but got another
// CHECK-NOT: cf.assert
// CHECK: rmsnorm.mean_square
func.func @mask(%x: tensor<?x64xf32>, %m: tensor<?x1xi1>, %s: tensor<?x1xf32>, %n: tensor<?x1xf32>) -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  %0, %1 = rmsnorm.mean_square ins(%x : tensor<?x64xf32>) mask(%m : tensor<?x1xi1>) outs(%s : tensor<?x1xf32>) count_out(%n : tensor<?x1xf32>)
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: func.func @normalize
// CHECK: cf.assert {{.*}}expected dimension 0 of statistic to have the size of x's axis 0, but got another
// CHECK-NOT: cf.assert
// CHECK: rmsnorm.normalize
func.func @normalize(%x: tensor<?x64xf32>, %s: tensor<7x1xf32>, %w: tensor<64xf32>) -> tensor<?x64xf32> {
  %0 = rmsnorm.normalize ins(%x : tensor<?x64xf32>) statistic(%s : tensor<7x1xf32>) scale(%w : tensor<64xf32>) outs(%x : tensor<?x64xf32>)
  return %0 : tensor<?x64xf32>
}

// Nothing is left open.
// CHECK-LABEL: func.func @static
// CHECK-NOT: cf.assert
// CHECK: rmsnorm.rms_norm
func.func @static(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>)
  return
}
