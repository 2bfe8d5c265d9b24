// RUN: rmsnorm-opt %s --rmsnorm-decompose --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @tensors
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
// CHECK: %[[SQUARE:.*]] = arith.mulf %{{.*}} : f32
// CHECK: %[[TERM:.*]] = arith.extf %[[SQUARE]] : f32 to f64
// CHECK: arith.addf %{{.*}}, %[[TERM]] : f64
// One quotient for all rows.
// CHECK: %[[INVERSE:.*]] = arith.divf %{{.*}}, %{{.*}} : f64
// CHECK: %[[ROOT:.*]] = linalg.generic {{.*}}iterator_types = ["parallel"]{{.*}} ins(%[[SUM]]
// One rounding for each row: r is computed in f64.
// CHECK: arith.mulf %{{.*}}, %[[INVERSE]] : f64
// CHECK: math.sqrt %{{.*}} : f64
// CHECK: %[[Y:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]
// CHECK: return %[[Y]]
func.func @tensors(%x: tensor<8x64xf32>, %w: tensor<64xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) scale(%w : tensor<64xf32>) outs(%y : tensor<8x64xf32>)
  return %0 : tensor<8x64xf32>
}

// Sums of columns, which are as long as a row, are left in the statistics type.
// CHECK-LABEL: func.func @columns
// CHECK: linalg.generic {{.*}}iterator_types = ["reduction", "parallel"]
// CHECK: arith.addf %{{.*}} : f32
// CHECK: math.sqrt %{{.*}} : f64
func.func @columns(%x: tensor<8x64xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) outs(%y : tensor<8x64xf32>) reduce [0]
  return %0 : tensor<8x64xf32>
}

// -----

// Results of fewer digits do not show whether r has one rounding or three, unless
// it is a result itself or what was divided out, or epsilon, needs the range of f64.
// CHECK-LABEL: func.func @narrow
// CHECK: %[[INVERSE:.*]] = arith.truncf %{{.*}} : f64 to f32
// CHECK: arith.mulf %{{.*}}, %[[INVERSE]] : f32
// CHECK-NOT: f64
// CHECK: math.sqrt %{{.*}} : f32
// CHECK: return
func.func @narrow(%x: tensor<8x64xbf16>, %y: tensor<8x64xbf16>) -> tensor<8x64xbf16> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xbf16>) outs(%y : tensor<8x64xbf16>)
  return %0 : tensor<8x64xbf16>
}
// CHECK-LABEL: func.func @with_rstd
// CHECK: math.sqrt %{{.*}} : f64
func.func @with_rstd(%x: tensor<8x64xbf16>, %y: tensor<8x64xbf16>, %r: tensor<8x1xf32>) -> tensor<8x1xf32> {
  %0:2 = rmsnorm.rms_norm ins(%x : tensor<8x64xbf16>) outs(%y : tensor<8x64xbf16>) rstd_out(%r : tensor<8x1xf32>)
  return %0#1 : tensor<8x1xf32>
}
// CHECK-LABEL: func.func @stable
// CHECK: math.sqrt %{{.*}} : f64
func.func @stable(%x: tensor<8x64xbf16>, %y: tensor<8x64xbf16>) -> tensor<8x64xbf16> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xbf16>) outs(%y : tensor<8x64xbf16>) {stable}
  return %0 : tensor<8x64xbf16>
}
// CHECK-LABEL: func.func @without_epsilon
// CHECK: math.sqrt %{{.*}} : f32
func.func @without_epsilon(%x: tensor<8x64xbf16>, %y: tensor<8x64xbf16>) -> tensor<8x64xbf16> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xbf16>) outs(%y : tensor<8x64xbf16>) {epsilon = 0.0 : f64}
  return %0 : tensor<8x64xbf16>
}
// CHECK-LABEL: func.func @subnormal_epsilon
// CHECK: math.sqrt %{{.*}} : f64
func.func @subnormal_epsilon(%x: tensor<8x64xbf16>, %y: tensor<8x64xbf16>) -> tensor<8x64xbf16> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xbf16>) outs(%y : tensor<8x64xbf16>) {epsilon = 1.0e-44 : f64}
  return %0 : tensor<8x64xbf16>
}
// CHECK-LABEL: func.func @large_epsilon
// CHECK: math.sqrt %{{.*}} : f64
func.func @large_epsilon(%x: tensor<8x64xbf16>, %y: tensor<8x64xbf16>) -> tensor<8x64xbf16> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xbf16>) outs(%y : tensor<8x64xbf16>) {epsilon = 1.0e+39 : f64}
  return %0 : tensor<8x64xbf16>
}

// -----

// The statistic of each row lives on the stack, or on the heap where its size
// has no bound.
// CHECK-LABEL: func.func @memrefs
// CHECK-NOT: rmsnorm
// CHECK: %[[HEAP:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<?xf32>
// CHECK: memref.dealloc %[[HEAP]]
func.func @memrefs(%x: memref<?x64xbf16>, %m: memref<64xi1>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) mask(%m : memref<64xi1>) outs(%y : memref<?x64xbf16>)
  return
}

// -----

// A mask that all rows share is counted once. 16 bits are selected, not what
// they are widened to.
// CHECK-LABEL: func.func @shared_mask
// CHECK: arith.select {{.*}} : f16
// CHECK: arith.extf {{.*}} : f16 to f32
// CHECK: linalg.generic {{.*}}iterator_types = ["reduction"]{{.*}} outs(%{{.*}} : memref<i64>)
// CHECK: arith.extui
func.func @shared_mask(%x: memref<4x64xf16>, %m: memref<64xi1>, %y: memref<4x64xf16>) {
  rmsnorm.rms_norm ins(%x : memref<4x64xf16>) mask(%m : memref<64xi1>) outs(%y : memref<4x64xf16>)
  return
}

// -----

// CHECK-LABEL: func.func @halves
// CHECK-NOT: rmsnorm
// CHECK: tensor.insert_slice
// CHECK: math.sqrt
func.func @halves(%s: tensor<8x64xf16>, %i: tensor<8x1xf32>, %y: tensor<8x64xf16>) -> tensor<8x64xf16> {
  %0:2 = rmsnorm.mean_square ins(%s : tensor<8x64xf16>) outs(%i : tensor<8x1xf32>) count_out(%i : tensor<8x1xf32>)
  %1 = rmsnorm.normalize ins(%s : tensor<8x64xf16>) statistic(%0#0 : tensor<8x1xf32>) count(%0#1 : tensor<8x1xf32>)
    outs(%y : tensor<8x64xf16>)
  return %1 : tensor<8x64xf16>
}
