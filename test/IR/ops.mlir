// RUN: rmsnorm-opt %s --verify-roundtrip | FileCheck %s

// CHECK-LABEL: func.func @plain
// CHECK: rmsnorm.rms_norm ins(%{{.*}} : tensor<8x64xf32>) scale(%{{.*}} : tensor<64xf32>) outs(%{{.*}} : tensor<8x64xf32>)
func.func @plain(%x: tensor<8x64xf32>, %w: tensor<64xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) scale(%w : tensor<64xf32>) outs(%y : tensor<8x64xf32>)
  return %0 : tensor<8x64xf32>
}

// CHECK-LABEL: func.func @everything
// CHECK: %y, %h, %rstd = rmsnorm.rms_norm
// CHECK-SAME: reduce [0, 2] features [1, 2]
// CHECK-SAME: cast_order = #rmsnorm.cast_order<cast_then_scale>
// CHECK-SAME: device_group = #rmsnorm.device_group<"d", groups = {{\[\[}}0, 1], [2, 3]], weighted>
func.func @everything(%x: tensor<8x?x4xbf16>, %w: tensor<?x4xf32>, %b: tensor<?x4xbf16>, %res: tensor<8x?x4xf32>,
    %m: tensor<?x1xi1>, %y: tensor<8x?x4xf16>, %h: tensor<8x?x4xbf16>, %r: tensor<1x?x1xf64>)
    -> (tensor<8x?x4xf16>, tensor<8x?x4xbf16>, tensor<1x?x1xf64>) {
  %0:3 = rmsnorm.rms_norm ins(%x : tensor<8x?x4xbf16>) scale(%w : tensor<?x4xf32>) bias(%b : tensor<?x4xbf16>)
    residual(%res : tensor<8x?x4xf32>) mask(%m : tensor<?x1xi1>)
    outs(%y : tensor<8x?x4xf16>) residual_out(%h : tensor<8x?x4xbf16>) rstd_out(%r : tensor<1x?x1xf64>)
    reduce [0, 2] features [1, 2]
    {epsilon = 1.0e-5 : f64, scale_offset = 1.0 : f64, cast_order = #rmsnorm.cast_order<cast_then_scale>, stable,
     stats_type = f64, device_group = #rmsnorm.device_group<"d", groups = [[0, 1], [2, 3]], weighted>}
  return %0#0, %0#1, %0#2 : tensor<8x?x4xf16>, tensor<8x?x4xbf16>, tensor<1x?x1xf64>
}

// CHECK-LABEL: func.func @halves
// CHECK: %sum, %count = rmsnorm.mean_square
// CHECK: rmsnorm.normalize
func.func @halves(%x: memref<8x64xf16>, %s: tensor<8x64xf16>, %i: tensor<8x1xf32>, %y: tensor<8x64xf16>) -> tensor<8x64xf16> {
  %0:2 = rmsnorm.mean_square ins(%s : tensor<8x64xf16>) outs(%i : tensor<8x1xf32>) count_out(%i : tensor<8x1xf32>)
  %1 = rmsnorm.normalize ins(%s : tensor<8x64xf16>) statistic(%0#0 : tensor<8x1xf32>) count(%0#1 : tensor<8x1xf32>)
    outs(%y : tensor<8x64xf16>)
  return %1 : tensor<8x64xf16>
}
