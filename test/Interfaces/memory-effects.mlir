// On tensors a norm does nothing but give its results; on memrefs it reads its
// inputs and writes its destinations, which it does not read.
//
// RUN: rmsnorm-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @dead
// CHECK-NOT: rmsnorm
// CHECK: return %arg0
func.func @dead(%x: tensor<?x64xf32>, %s: tensor<?x1xf32>) -> tensor<?x64xf32> {
  %y = rmsnorm.rms_norm ins(%x : tensor<?x64xf32>) outs(%x : tensor<?x64xf32>)
  %ms = rmsnorm.mean_square ins(%x : tensor<?x64xf32>) outs(%s : tensor<?x1xf32>)
  %z = rmsnorm.normalize ins(%x : tensor<?x64xf32>) statistic(%ms : tensor<?x1xf32>) outs(%x : tensor<?x64xf32>)
  return %x : tensor<?x64xf32>
}

// The same is computed once; another epsilon is not the same.
// CHECK-LABEL: func.func @twice
// CHECK: %[[Y:.*]] = rmsnorm.rms_norm {{.*}} outs(%arg1 : tensor<?x64xf32>){{ *$}}
// CHECK: %[[Z:.*]] = rmsnorm.rms_norm {{.*}} {epsilon =
// CHECK: %[[MS:.*]] = rmsnorm.mean_square
// CHECK: %[[N:.*]] = rmsnorm.normalize
// CHECK: return %[[Y]], %[[Y]], %[[Z]], %[[MS]], %[[MS]], %[[N]], %[[N]]
func.func @twice(%x: tensor<?x64xf32>, %o: tensor<?x64xf32>, %s: tensor<?x1xf32>)
    -> (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x64xf32>, tensor<?x64xf32>) {
  %y = rmsnorm.rms_norm ins(%x : tensor<?x64xf32>) outs(%o : tensor<?x64xf32>)
  %y1 = rmsnorm.rms_norm ins(%x : tensor<?x64xf32>) outs(%o : tensor<?x64xf32>)
  %z = rmsnorm.rms_norm ins(%x : tensor<?x64xf32>) outs(%o : tensor<?x64xf32>) {epsilon = 0.5 : f64}
  %ms = rmsnorm.mean_square ins(%x : tensor<?x64xf32>) outs(%s : tensor<?x1xf32>)
  %ms1 = rmsnorm.mean_square ins(%x : tensor<?x64xf32>) outs(%s : tensor<?x1xf32>)
  %n = rmsnorm.normalize ins(%x : tensor<?x64xf32>) statistic(%ms : tensor<?x1xf32>) outs(%o : tensor<?x64xf32>)
  %n1 = rmsnorm.normalize ins(%x : tensor<?x64xf32>) statistic(%ms1 : tensor<?x1xf32>) outs(%o : tensor<?x64xf32>)
  return %y, %y1, %z, %ms, %ms1, %n, %n1
    : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x64xf32>, tensor<?x64xf32>
}

// What is read before and after is not the same.
// CHECK-LABEL: func.func @written
// CHECK: %[[BEFORE:.*]] = memref.load %arg1
// CHECK: rmsnorm.rms_norm
// CHECK: %[[AFTER:.*]] = memref.load %arg1
// CHECK: return %[[BEFORE]], %[[AFTER]]
func.func @written(%x: memref<8x64xf32>, %o: memref<8x64xf32>) -> (f32, f32) {
  %c0 = arith.constant 0 : index
  %before = memref.load %o[%c0, %c0] : memref<8x64xf32>
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%o : memref<8x64xf32>)
  %after = memref.load %o[%c0, %c0] : memref<8x64xf32>
  return %before, %after : f32, f32
}
