// Annotations by hand that do not go together.
//
// RUN: rmsnorm-opt %s --pass-pipeline='builtin.module(func.func(shard-partition))' --split-input-file --verify-diagnostics

shard.grid @grid(shape = 2)
func.func @scale(%x: tensor<8x64xf32>, %w: tensor<64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %s = shard.sharding @grid split_axes = [[], [0]] : !shard.sharding
  %t = shard.sharding @grid split_axes = [[]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  %ws = shard.shard %w to %t annotate_for_users : tensor<64xf32>
  %os = shard.shard %o to %s annotate_for_users : tensor<8x64xf32>
  // expected-error @below {{'rmsnorm.rms_norm' op expected dimension 0 of scale to be split over grid axes [0], as axis 1 of x is, but got []}}
  %y = rmsnorm.rms_norm ins(%xs : tensor<8x64xf32>) scale(%ws : tensor<64xf32>) outs(%os : tensor<8x64xf32>)
  %ys = shard.shard %y to %s : tensor<8x64xf32>
  return %ys : tensor<8x64xf32>
}

// -----

shard.grid @grid(shape = 2)
func.func @result(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %s = shard.sharding @grid split_axes = [[0]] : !shard.sharding
  %t = shard.sharding @grid split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  %os = shard.shard %o to %s annotate_for_users : tensor<8x64xf32>
  // expected-error @below {{'rmsnorm.rms_norm' op expected dimension 0 of outs to be split over grid axes [0], as axis 0 of x is, but got []}}
  %y = rmsnorm.rms_norm ins(%xs : tensor<8x64xf32>) outs(%os : tensor<8x64xf32>)
  %ys = shard.shard %y to %t : tensor<8x64xf32>
  return %ys : tensor<8x64xf32>
}

// -----

shard.grid @grid(shape = 2)
shard.grid @other(shape = 2)
func.func @grids(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %s = shard.sharding @grid split_axes = [[0]] : !shard.sharding
  %t = shard.sharding @other split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  %os = shard.shard %o to %t annotate_for_users : tensor<8x64xf32>
  // expected-error @below {{'rmsnorm.rms_norm' op expected outs on grid @grid, as x is, but got @other}}
  %y = rmsnorm.rms_norm ins(%xs : tensor<8x64xf32>) outs(%os : tensor<8x64xf32>)
  %ys = shard.shard %y to %s : tensor<8x64xf32>
  return %ys : tensor<8x64xf32>
}

// -----

// What lies in two shards would be counted twice.
shard.grid @grid(shape = 2)
func.func @halo(%x: tensor<8x64xf32>, %o: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %s = shard.sharding @grid split_axes = [[0]] halo_sizes = [1, 1] : !shard.sharding
  %t = shard.sharding @grid split_axes = [[]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  %os = shard.shard %o to %t annotate_for_users : tensor<1x64xf32>
  // expected-error @below {{'rmsnorm.mean_square' op expected shards of one size for x, but got halo sizes or offsets}}
  %ms = rmsnorm.mean_square ins(%xs : tensor<8x64xf32>) outs(%os : tensor<1x64xf32>) reduce [0]
  %mss = shard.shard %ms to %t : tensor<1x64xf32>
  return %mss : tensor<1x64xf32>
}

// -----

shard.grid @grid(shape = 2)
func.func @offsets(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %s = shard.sharding @grid split_axes = [[0]] : !shard.sharding
  %t = shard.sharding @grid split_axes = [[0]] sharded_dims_offsets = [0, 3, 8] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  %os = shard.shard %o to %t annotate_for_users : tensor<8x64xf32>
  // expected-error @below {{'rmsnorm.rms_norm' op expected shards of one size for outs, but got halo sizes or offsets}}
  %y = rmsnorm.rms_norm ins(%xs : tensor<8x64xf32>) outs(%os : tensor<8x64xf32>)
  %ys = shard.shard %y to %s : tensor<8x64xf32>
  return %ys : tensor<8x64xf32>
}
