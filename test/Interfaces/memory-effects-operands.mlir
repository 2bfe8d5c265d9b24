// What each op does to each operand: inputs are read, destinations are written and
// not read, tensors are left alone.
//
// RUN: print-effects %s | FileCheck %s
// RUN: not print-effects 2>&1 | FileCheck %s --check-prefix=USAGE
// USAGE: expected one file, but got 0

// CHECK: rmsnorm.rms_norm: read 0 read 1 read 2 read 3 read 4 write 5 write 6 write 7{{$}}
// CHECK-NEXT: rmsnorm.rms_norm: read 0 write 1{{$}}
// CHECK-NEXT: rmsnorm.mean_square: read 0 read 1 read 2 write 3 write 4{{$}}
// CHECK-NEXT: rmsnorm.normalize: read 0 read 1 read 2 write 3{{$}}
// CHECK-NEXT: rmsnorm.rms_norm:{{$}}
// CHECK-NOT: rmsnorm
func.func @memrefs(%x: memref<8x64xf32>, %w: memref<64xf32>, %m: memref<64xi1>, %r: memref<8x1xf32>, %n: memref<8x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64xf32>) bias(%w : memref<64xf32>) residual(%x : memref<8x64xf32>) mask(%m : memref<64xi1>)
    outs(%x : memref<8x64xf32>) residual_out(%x : memref<8x64xf32>) rstd_out(%r : memref<8x1xf32>)
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%x : memref<8x64xf32>)
  rmsnorm.mean_square ins(%x : memref<8x64xf32>) residual(%x : memref<8x64xf32>) mask(%m : memref<64xi1>) outs(%r : memref<8x1xf32>) count_out(%n : memref<8x1xf32>)
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%r : memref<8x1xf32>) count(%n : memref<8x1xf32>) outs(%x : memref<8x64xf32>)
  return
}
func.func @tensors(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %y = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) outs(%x : tensor<8x64xf32>)
  return %y : tensor<8x64xf32>
}
