// RUN: rmsnorm-opt %s --rmsnorm-split | FileCheck %s

// CHECK-LABEL: func.func @plain
// CHECK: %[[N:.*]] = tensor.dim %arg0, %c0
// CHECK: %[[E:.*]] = tensor.empty(%[[N]]) : tensor<?x1xf32>
// CHECK: %[[MS:.*]] = rmsnorm.mean_square ins(%arg0 : tensor<?x64xbf16>) outs(%[[E]] : tensor<?x1xf32>)
// CHECK: %[[Y:.*]] = rmsnorm.normalize ins(%arg0 : tensor<?x64xbf16>) statistic(%[[MS]] : tensor<?x1xf32>) outs(%arg1 : tensor<?x64xbf16>)
// CHECK: return %[[Y]]
func.func @plain(%x: tensor<?x64xbf16>, %o: tensor<?x64xbf16>) -> tensor<?x64xbf16> {
  %y = rmsnorm.rms_norm ins(%x : tensor<?x64xbf16>) outs(%o : tensor<?x64xbf16>)
  return %y : tensor<?x64xbf16>
}

// With a mask, sums and counts; every other part of the norm in its half.
// CHECK-LABEL: func.func @everything
// CHECK: %[[S:.*]] = memref.alloc() : memref<1x64xf64>
// CHECK: %[[N:.*]] = memref.alloc() : memref<1x64xf64>
// CHECK: rmsnorm.mean_square ins(%arg0 : memref<8x64xf32>) residual(%arg3 : memref<8x64xf32>) mask(%arg4 : memref<8x1xi1>) outs(%[[S]] : memref<1x64xf64>) count_out(%[[N]] : memref<1x64xf64>) reduce [0]
// CHECK: rmsnorm.normalize ins(%arg0 : memref<8x64xf32>) statistic(%[[S]] : memref<1x64xf64>) count(%[[N]] : memref<1x64xf64>) scale(%arg1 : memref<64xf32>) bias(%arg2 : memref<64xf32>) residual(%arg3 : memref<8x64xf32>) outs(%arg5 : memref<8x64xf32>) residual_out(%arg6 : memref<8x64xf32>) rstd_out(%arg7 : memref<1x64xf64>) reduce [0]
// CHECK-SAME: cast_then_scale
// CHECK-SAME: epsilon = 2.500000e-01
// CHECK-SAME: scale_offset = 1.0
// CHECK: memref.dealloc %[[S]]
// CHECK: memref.dealloc %[[N]]
func.func @everything(%x: memref<8x64xf32>, %w: memref<64xf32>, %b: memref<64xf32>, %res: memref<8x64xf32>, %m: memref<8x1xi1>, %y: memref<8x64xf32>, %h: memref<8x64xf32>, %r: memref<1x64xf64>) {
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64xf32>) bias(%b : memref<64xf32>) residual(%res : memref<8x64xf32>) mask(%m : memref<8x1xi1>)
    outs(%y : memref<8x64xf32>) residual_out(%h : memref<8x64xf32>) rstd_out(%r : memref<1x64xf64>) reduce [0]
    {epsilon = 0.25 : f64, scale_offset = 1.0 : f64, stats_type = f64, cast_order = #rmsnorm.cast_order<cast_then_scale>}
  return
}
