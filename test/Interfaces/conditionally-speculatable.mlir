// Static shapes cannot disagree at run time: such a norm may run where the program
// would not have run it. With dynamic ones it stays behind the loop's condition.
//
// RUN: rmsnorm-opt %s --loop-invariant-code-motion | FileCheck %s

// CHECK-LABEL: func.func @static
// CHECK: %[[MS:.*]] = rmsnorm.mean_square
// CHECK: %[[Y:.*]] = rmsnorm.normalize {{.*}} statistic(%[[MS]]
// CHECK: %[[Z:.*]] = rmsnorm.rms_norm ins(%[[Y]]
// CHECK: scf.for
// CHECK-NOT: rmsnorm
// CHECK: func.call @use(%[[Z]])
func.func private @use(tensor<8x64xf32>)
func.func @static(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>, %s: tensor<8x1xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %ms = rmsnorm.mean_square ins(%x : tensor<8x64xf32>) outs(%s : tensor<8x1xf32>)
    %y = rmsnorm.normalize ins(%x : tensor<8x64xf32>) statistic(%ms : tensor<8x1xf32>) outs(%o : tensor<8x64xf32>)
    %z = rmsnorm.rms_norm ins(%y : tensor<8x64xf32>) outs(%o : tensor<8x64xf32>)
    func.call @use(%z) : (tensor<8x64xf32>) -> ()
  }
  return
}

// One size that is not known is enough.
// CHECK-LABEL: func.func @dynamic
// CHECK-NOT: rmsnorm
// CHECK: scf.for
// CHECK: rmsnorm.mean_square
// CHECK: rmsnorm.normalize
// CHECK: rmsnorm.rms_norm
func.func @dynamic(%x: tensor<8x64xf32>, %w: tensor<?xf32>, %o: tensor<8x64xf32>, %s: tensor<?x1xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %ms = rmsnorm.mean_square ins(%x : tensor<8x64xf32>) outs(%s : tensor<?x1xf32>)
    %y = rmsnorm.normalize ins(%x : tensor<8x64xf32>) statistic(%s : tensor<?x1xf32>) outs(%o : tensor<8x64xf32>)
    %z = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) scale(%w : tensor<?xf32>) outs(%o : tensor<8x64xf32>)
    func.call @use(%z) : (tensor<8x64xf32>) -> ()
    func.call @use(%y) : (tensor<8x64xf32>) -> ()
    func.call @use_statistic(%ms) : (tensor<?x1xf32>) -> ()
  }
  return
}
func.func private @use_statistic(tensor<?x1xf32>)

// What it writes may be read before: in memory it stays.
// CHECK-LABEL: func.func @memrefs
// CHECK: scf.for
// CHECK: rmsnorm.rms_norm
func.func @memrefs(%x: memref<8x64xf32>, %o: memref<8x64xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%o : memref<8x64xf32>)
  }
  return
}
