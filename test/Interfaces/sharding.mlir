// Norms over a grid of devices: upstream's passes go through them.
//
// RUN: rmsnorm-opt %s --pass-pipeline='builtin.module(func.func(sharding-propagation))' | FileCheck %s --check-prefix=SPREAD
// RUN: rmsnorm-opt %s --pass-pipeline='builtin.module(func.func(sharding-propagation,shard-partition))' | FileCheck %s

shard.grid @grid(shape = 2x4)

// From x to all that lies beside it; an operand has the sharding of its axes.
// SPREAD-LABEL: func.func @rows
// SPREAD-DAG: %[[ROWS:.*]] = shard.sharding @grid split_axes = {{\[\[}}0]] : !shard.sharding
// SPREAD-DAG: %[[X:.*]] = shard.shard %arg0 to %[[ROWS]] annotate_for_users : tensor<8x64xbf16>
// SPREAD-DAG: %[[ALL:.*]] = shard.sharding @grid split_axes = {{\[\[}}]] : !shard.sharding
// SPREAD-DAG: %[[W:.*]] = shard.shard %arg1 to %[[ALL]] annotate_for_users : tensor<64xf32>
// SPREAD-DAG: %[[R:.*]] = shard.shard %arg3 to %{{.*}} annotate_for_users : tensor<8x1xf32>
// SPREAD: %[[Y:.*]], %[[RSTD:.*]] = rmsnorm.rms_norm ins(%[[X]] : tensor<8x64xbf16>) scale(%[[W]] : tensor<64xf32>) outs(%{{.*}} : tensor<8x64xbf16>) rstd_out(%[[R]] : tensor<8x1xf32>)
// SPREAD: %[[S:.*]] = shard.sharding @grid split_axes = {{\[\[}}0]]
// SPREAD: shard.shard %[[RSTD]] to %[[S]] : tensor<8x1xf32>
// SPREAD: %[[T:.*]] = shard.sharding @grid split_axes = {{\[\[}}0]]
// SPREAD: shard.shard %[[Y]] to %[[T]] : tensor<8x64xbf16>

// CHECK-LABEL: func.func @rows
// CHECK-SAME: (%[[X:.*]]: tensor<4x64xbf16>, %[[W:.*]]: tensor<64xf32>, %[[O:.*]]: tensor<4x64xbf16>, %[[R:.*]]: tensor<4x1xf32>) -> (tensor<4x64xbf16>, tensor<4x1xf32>)
// CHECK-NEXT: %[[Y:.*]], %[[RSTD:.*]] = rmsnorm.rms_norm ins(%[[X]] : tensor<4x64xbf16>) scale(%[[W]] : tensor<64xf32>) outs(%[[O]] : tensor<4x64xbf16>) rstd_out(%[[R]] : tensor<4x1xf32>) {stable}
// CHECK-NEXT: return %[[Y]], %[[RSTD]]
func.func @rows(%x: tensor<8x64xbf16>, %w: tensor<64xf32>, %o: tensor<8x64xbf16>, %r: tensor<8x1xf32>) -> (tensor<8x64xbf16>, tensor<8x1xf32>) {
  %s = shard.sharding @grid split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xbf16>
  %y, %rstd = rmsnorm.rms_norm ins(%xs : tensor<8x64xbf16>) scale(%w : tensor<64xf32>) outs(%o : tensor<8x64xbf16>) rstd_out(%r : tensor<8x1xf32>) {stable}
  return %y, %rstd : tensor<8x64xbf16>, tensor<8x1xf32>
}

// From the result back to x, through the norm to its neighbours.
// SPREAD-LABEL: func.func @backward
// SPREAD: linalg.exp
// SPREAD-NEXT: %[[S:.*]] = shard.sharding @grid split_axes = {{\[\[}}1]]
// SPREAD-NEXT: shard.shard %{{.*}} to %[[S]] : tensor<8x64xf32>
// SPREAD: rmsnorm.rms_norm
// CHECK-LABEL: func.func @backward
// CHECK: %[[E:.*]] = linalg.exp {{.*}} -> tensor<2x64xf32>
// CHECK: %[[Y:.*]] = rmsnorm.rms_norm ins(%[[E]] : tensor<2x64xf32>)
// CHECK: return %[[Y]] : tensor<2x64xf32>
func.func @backward(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %e = tensor.empty() : tensor<8x64xf32>
  %exp = linalg.exp ins(%x : tensor<8x64xf32>) outs(%e : tensor<8x64xf32>) -> tensor<8x64xf32>
  %y = rmsnorm.rms_norm ins(%exp : tensor<8x64xf32>) outs(%o : tensor<8x64xf32>)
  %s = shard.sharding @grid split_axes = [[1]] : !shard.sharding
  %ys = shard.shard %y to %s : tensor<8x64xf32>
  return %ys : tensor<8x64xf32>
}

// A reduced axis in 4 parts: the sums are added up over the devices; their
// number of terms is known. Scale and bias are split as the axis is, rstd is
// whole on each device.
// CHECK-LABEL: func.func @columns
// CHECK-SAME: (%[[X:[^:]*]]: tensor<8x16xbf16>, %[[W:[^:]*]]: tensor<16xf32>, %[[B:[^:]*]]: tensor<16xf32>, %[[RES:[^:]*]]: tensor<8x16xf32>, %[[O:[^:]*]]: tensor<8x16xbf16>, %[[R:[^:]*]]: tensor<8x1xf64>)
// CHECK: %[[SUM:.*]], %{{.*}} = rmsnorm.mean_square ins(%[[X]] : tensor<8x16xbf16>) residual(%[[RES]] : tensor<8x16xf32>) outs(%{{.*}} : tensor<8x1xf64>) count_out(%{{.*}} : tensor<8x1xf64>)
// CHECK-NEXT: %[[TOTAL:.*]] = shard.all_reduce %[[SUM]] on @grid grid_axes = [1] : tensor<8x1xf64> -> tensor<8x1xf64>
// CHECK-NEXT: %[[C:.*]] = arith.constant 6.400000e+01 : f64
// CHECK-NEXT: %[[COUNT:.*]] = linalg.fill ins(%[[C]] : f64)
// CHECK-NEXT: %[[Y:.*]], %[[RSTD:.*]] = rmsnorm.normalize ins(%[[X]] : tensor<8x16xbf16>) statistic(%[[TOTAL]] : tensor<8x1xf64>) count(%[[COUNT]] : tensor<8x1xf64>) scale(%[[W]] : tensor<16xf32>) bias(%[[B]] : tensor<16xf32>) residual(%[[RES]] : tensor<8x16xf32>) outs(%[[O]] : tensor<8x16xbf16>) rstd_out(%[[R]] : tensor<8x1xf64>)
// CHECK-SAME: cast_then_scale
// CHECK-SAME: epsilon = 2.500000e-01
// CHECK-SAME: scale_offset = 1.0
// CHECK-NEXT: return %[[Y]], %[[RSTD]]
func.func @columns(%x: tensor<8x64xbf16>, %w: tensor<64xf32>, %b: tensor<64xf32>, %res: tensor<8x64xf32>, %o: tensor<8x64xbf16>, %r: tensor<8x1xf64>)
    -> (tensor<8x64xbf16>, tensor<8x1xf64>) {
  %s = shard.sharding @grid split_axes = [[], [1]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xbf16>
  %y, %rstd = rmsnorm.rms_norm ins(%xs : tensor<8x64xbf16>) scale(%w : tensor<64xf32>) bias(%b : tensor<64xf32>) residual(%res : tensor<8x64xf32>)
    outs(%o : tensor<8x64xbf16>) rstd_out(%r : tensor<8x1xf64>)
    {epsilon = 0.25 : f64, scale_offset = 1.0 : f64, stats_type = f64, cast_order = #rmsnorm.cast_order<cast_then_scale>}
  return %y, %rstd : tensor<8x64xbf16>, tensor<8x1xf64>
}

// Leading axes, both split, over all devices; the axis that is kept is whole.
// CHECK-LABEL: func.func @leading
// CHECK-SAME: (%[[X:[^:]*]]: tensor<4x2x6xf32>, %[[W:[^:]*]]: tensor<6xf32>
// CHECK: %[[SUM:.*]], %{{.*}} = rmsnorm.mean_square ins(%[[X]] : tensor<4x2x6xf32>) outs(%{{.*}} : tensor<1x1x6xf32>) count_out(%{{.*}} : tensor<1x1x6xf32>) reduce [0, 1]
// CHECK-NEXT: shard.all_reduce %[[SUM]] on @grid grid_axes = [0, 1] : tensor<1x1x6xf32>
// CHECK-NEXT: arith.constant 6.400000e+01 : f32
// CHECK: rmsnorm.normalize {{.*}} reduce [0, 1]
func.func @leading(%x: tensor<8x8x6xf32>, %w: tensor<6xf32>, %o: tensor<8x8x6xf32>) -> tensor<8x8x6xf32> {
  %s = shard.sharding @grid split_axes = [[0], [1]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x8x6xf32>
  %y = rmsnorm.rms_norm ins(%xs : tensor<8x8x6xf32>) scale(%w : tensor<6xf32>) outs(%o : tensor<8x8x6xf32>) reduce [0, 1]
  return %y : tensor<8x8x6xf32>
}

// How many positions a mask leaves, only its device knows: sums and counts go by
// one collective. The mask is split where it is not broadcast.
// CHECK-LABEL: func.func @mask
// CHECK-SAME: (%[[X:[^:]*]]: tensor<2x32xf32>, %[[M:[^:]*]]: tensor<1x32xi1>
// CHECK: %[[SUM:.*]], %[[COUNT:.*]] = rmsnorm.mean_square ins(%[[X]] : tensor<2x32xf32>) mask(%[[M]] : tensor<1x32xi1>)
// CHECK-NEXT: %[[E:.*]] = tensor.empty() : tensor<2x2x1xf32>
// CHECK-NEXT: %[[ONE:.*]] = tensor.insert_slice %[[SUM]] into %[[E]][0, 0, 0] [1, 2, 1] [1, 1, 1]
// CHECK-NEXT: %[[BOTH:.*]] = tensor.insert_slice %[[COUNT]] into %[[ONE]][1, 0, 0] [1, 2, 1] [1, 1, 1]
// CHECK-NEXT: %[[ALL:.*]] = shard.all_reduce %[[BOTH]] on @grid grid_axes = [0] : tensor<2x2x1xf32> -> tensor<2x2x1xf32>
// CHECK-NEXT: %[[TOTAL:.*]] = tensor.extract_slice %[[ALL]][0, 0, 0] [1, 2, 1] [1, 1, 1]
// CHECK-NEXT: %[[N:.*]] = tensor.extract_slice %[[ALL]][1, 0, 0] [1, 2, 1] [1, 1, 1]
// CHECK-NEXT: rmsnorm.normalize ins(%[[X]] : tensor<2x32xf32>) statistic(%[[TOTAL]] : tensor<2x1xf32>) count(%[[N]] : tensor<2x1xf32>)
func.func @mask(%x: tensor<8x64xf32>, %m: tensor<1x64xi1>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %s = shard.sharding @grid split_axes = [[1], [0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  %y = rmsnorm.rms_norm ins(%xs : tensor<8x64xf32>) mask(%m : tensor<1x64xi1>) outs(%o : tensor<8x64xf32>)
  return %y : tensor<8x64xf32>
}

// Of sizes that are not known, counts go along as well.
// CHECK-LABEL: func.func @dynamic
// CHECK: rmsnorm.mean_square
// CHECK: shard.all_reduce %{{.*}} on @grid grid_axes = [1] : tensor<2x?x1xf32> -> tensor<2x?x1xf32>
// CHECK: rmsnorm.normalize ins(%arg0 : tensor<?x?xf32>) statistic(%{{.*}} : tensor<?x1xf32>) count(%{{.*}} : tensor<?x1xf32>) scale(%arg1 : tensor<?xf32>)
func.func @dynamic(%x: tensor<?x?xf32>, %w: tensor<?xf32>, %o: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %s = shard.sharding @grid split_axes = [[0], [1]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<?x?xf32>
  %y = rmsnorm.rms_norm ins(%xs : tensor<?x?xf32>) scale(%w : tensor<?xf32>) outs(%o : tensor<?x?xf32>)
  return %y : tensor<?x?xf32>
}

// The first half by itself: a mean is a sum by a count; both at once as they are.
// CHECK-LABEL: func.func @mean
// CHECK: %[[SUM:.*]], %{{.*}} = rmsnorm.mean_square ins(%arg0 : tensor<8x16xf32>)
// CHECK: %[[TOTAL:.*]] = shard.all_reduce %[[SUM]]
// CHECK: %[[N:.*]] = linalg.fill
// CHECK: %[[MEAN:.*]] = linalg.generic {{.*}} ins(%[[TOTAL]], %[[N]] : tensor<8x1xf32>, tensor<8x1xf32>) outs(%arg1 : tensor<8x1xf32>)
// CHECK: arith.divf
// CHECK: return %[[MEAN]]
// CHECK-LABEL: func.func @sum
// CHECK: %[[SUM:.*]], %{{.*}} = rmsnorm.mean_square ins(%arg0 : tensor<8x16xf32>) outs(%arg1 : tensor<8x1xf32>) count_out(%arg2 : tensor<8x1xf32>)
// CHECK-NEXT: %[[TOTAL:.*]] = shard.all_reduce %[[SUM]]
// CHECK: %[[N:.*]] = linalg.fill {{.*}} outs(%arg2 :
// CHECK-NEXT: return %[[TOTAL]], %[[N]]
func.func @mean(%x: tensor<8x64xf32>, %o: tensor<8x1xf32>) -> tensor<8x1xf32> {
  %s = shard.sharding @grid split_axes = [[], [1]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  %ms = rmsnorm.mean_square ins(%xs : tensor<8x64xf32>) outs(%o : tensor<8x1xf32>)
  return %ms : tensor<8x1xf32>
}
func.func @sum(%x: tensor<8x64xf32>, %o: tensor<8x1xf32>, %n: tensor<8x1xf32>) -> (tensor<8x1xf32>, tensor<8x1xf32>) {
  %s = shard.sharding @grid split_axes = [[], [1]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  %sum, %count = rmsnorm.mean_square ins(%xs : tensor<8x64xf32>) outs(%o : tensor<8x1xf32>) count_out(%n : tensor<8x1xf32>)
  return %sum, %count : tensor<8x1xf32>, tensor<8x1xf32>
}

// The second half has the statistic of all: no collective on any axis.
// CHECK-LABEL: func.func @normalize
// CHECK-NEXT: rmsnorm.normalize ins(%arg0 : tensor<4x16xf32>) statistic(%arg1 : tensor<4x1xf32>) scale(%arg2 : tensor<16xf32>) outs(%arg3 : tensor<4x16xf32>) rstd_out(%arg4 : tensor<4x1xf32>)
// CHECK-NEXT: return
func.func @normalize(%x: tensor<8x64xf32>, %ms: tensor<8x1xf32>, %w: tensor<64xf32>, %o: tensor<8x64xf32>, %r: tensor<8x1xf32>) -> (tensor<8x64xf32>, tensor<8x1xf32>) {
  %s = shard.sharding @grid split_axes = [[0], [1]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  %y, %rstd = rmsnorm.normalize ins(%xs : tensor<8x64xf32>) statistic(%ms : tensor<8x1xf32>) scale(%w : tensor<64xf32>) outs(%o : tensor<8x64xf32>) rstd_out(%r : tensor<8x1xf32>)
  return %y, %rstd : tensor<8x64xf32>, tensor<8x1xf32>
}

// Whole on each device: as it is, also what shards could not do.
// CHECK-LABEL: func.func @replicated
// CHECK: rmsnorm.rms_norm ins(%arg0 : tensor<8x64xf32>) outs(%arg1 : tensor<8x64xf32>) {device_group = #rmsnorm.device_group<"data">, stable}
func.func @replicated(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %s = shard.sharding @grid split_axes = [[]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  %y = rmsnorm.rms_norm ins(%xs : tensor<8x64xf32>) outs(%o : tensor<8x64xf32>) {stable, device_group = #rmsnorm.device_group<"data">}
  return %y : tensor<8x64xf32>
}

// What is in memory has no sharding.
// CHECK-LABEL: func.func @memrefs
// CHECK: rmsnorm.rms_norm ins(%arg1 : memref<8x64xf32>) outs(%arg2 : memref<8x64xf32>)
func.func @memrefs(%x: tensor<8x64xf32>, %m: memref<8x64xf32>, %o: memref<8x64xf32>) -> tensor<8x64xf32> {
  %s = shard.sharding @grid split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %s : tensor<8x64xf32>
  rmsnorm.rms_norm ins(%m : memref<8x64xf32>) outs(%o : memref<8x64xf32>)
  return %xs : tensor<8x64xf32>
}
