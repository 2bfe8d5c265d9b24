// Norms split over devices by upstream's passes give the numbers of the whole.
//
// RUN: rmsnorm-opt %s --pass-pipeline='builtin.module(func.func(sharding-propagation,shard-partition))' --mlir-print-local-scope -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir
// CHECK-LABEL: func.func @rows
// CHECK-NOT: shard.all_reduce
// CHECK-LABEL: func.func @columns
// CHECK: shard.all_reduce
// CHECK-LABEL: func.func @leading
// CHECK: shard.all_reduce
// CHECK-LABEL: func.func @mask
// CHECK: shard.all_reduce
// CHECK-LABEL: func.func @mean
// CHECK: shard.all_reduce
//
// RUN: %shards %t.mlir rows --devices 4 --in "x@0=normal((12, 300), bf16)" --in "w=normal(300)" --out y@0=bf16 --out r@0=f32 --expect "rms_norm(x, w)[::2]"
// RUN: %shards %t.mlir columns --devices 4 --in "x@1=spiky((5, 300))" --in "res@1=normal((5, 300))" --in "w@0=normal(300)" --out y@1=f32 --out h@1=f32 --out r=f32 \
// RUN:   --expect "rms_norm(x, w, residual=res, scale_offset=1.0)"
// RUN: %shards %t.mlir leading --devices 4 --in "x@0=normal((40, 7, 33), bf16)" --in "w=normal(33)" --out y@0=bf16 --expect "rms_norm(x, w, axes=(0, 1))"
// RUN: %shards %t.mlir mask --devices 4 --in "x@1=normal((5, 300))" --in "m@0=np.arange(300) < 80" --out y@1=f32 --expect "rms_norm(x, mask=m)"
// RUN: %shards %t.mlir mean --devices 4 --in "x@1=normal((5, 300))" --out ms=f32 --expect "[Expected(np.mean(exact(x) ** 2, axis=1, keepdims=True))]"

shard.grid @grid(shape = 4)

func.func @rows(%x: tensor<12x300xbf16>, %w: tensor<300xf32>) -> (tensor<12x300xbf16>, tensor<12x1xf32>) {
  %s = shard.sharding @grid split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<12x300xbf16>
  %e = tensor.empty() : tensor<12x300xbf16>
  %f = tensor.empty() : tensor<12x1xf32>
  %y, %r = rmsnorm.rms_norm ins(%xs : tensor<12x300xbf16>) scale(%w : tensor<300xf32>) outs(%e : tensor<12x300xbf16>) rstd_out(%f : tensor<12x1xf32>)
  return %y, %r : tensor<12x300xbf16>, tensor<12x1xf32>
}
func.func @columns(%x: tensor<5x300xf32>, %res: tensor<5x300xf32>, %w: tensor<300xf32>) -> (tensor<5x300xf32>, tensor<5x300xf32>, tensor<5x1xf32>) {
  %s = shard.sharding @grid split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<5x300xf32>
  %e = tensor.empty() : tensor<5x300xf32>
  %f = tensor.empty() : tensor<5x300xf32>
  %g = tensor.empty() : tensor<5x1xf32>
  %y, %h, %r = rmsnorm.rms_norm ins(%xs : tensor<5x300xf32>) scale(%w : tensor<300xf32>) residual(%res : tensor<5x300xf32>)
    outs(%e : tensor<5x300xf32>) residual_out(%f : tensor<5x300xf32>) rstd_out(%g : tensor<5x1xf32>) {scale_offset = 1.0 : f64}
  return %y, %h, %r : tensor<5x300xf32>, tensor<5x300xf32>, tensor<5x1xf32>
}
func.func @leading(%x: tensor<40x7x33xbf16>, %w: tensor<33xf32>) -> tensor<40x7x33xbf16> {
  %s = shard.sharding @grid split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<40x7x33xbf16>
  %e = tensor.empty() : tensor<40x7x33xbf16>
  %y = rmsnorm.rms_norm ins(%xs : tensor<40x7x33xbf16>) scale(%w : tensor<33xf32>) outs(%e : tensor<40x7x33xbf16>) reduce [0, 1]
  return %y : tensor<40x7x33xbf16>
}
// Two devices have no position that the mean is over, one has a part of its own.
func.func @mask(%x: tensor<5x300xf32>, %m: tensor<300xi1>) -> tensor<5x300xf32> {
  %s = shard.sharding @grid split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<5x300xf32>
  %e = tensor.empty() : tensor<5x300xf32>
  %y = rmsnorm.rms_norm ins(%xs : tensor<5x300xf32>) mask(%m : tensor<300xi1>) outs(%e : tensor<5x300xf32>)
  return %y : tensor<5x300xf32>
}
func.func @mean(%x: tensor<5x300xf32>) -> tensor<5x1xf32> {
  %s = shard.sharding @grid split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<5x300xf32>
  %e = tensor.empty() : tensor<5x1xf32>
  %ms = rmsnorm.mean_square ins(%xs : tensor<5x300xf32>) outs(%e : tensor<5x1xf32>)
  return %ms : tensor<5x1xf32>
}
