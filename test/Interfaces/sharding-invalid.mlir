// Shardings that a norm cannot have.
//
// RUN: rmsnorm-opt %s --pass-pipeline='builtin.module(func.func(sharding-propagation,shard-partition))' --split-input-file --verify-diagnostics

shard.grid @grid(shape = 2)
func.func @stable(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %s = shard.sharding @grid split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  // expected-error @below {{'rmsnorm.rms_norm' op expected a norm without stable to shard along a reduced axis, but got one with it}}
  %y = rmsnorm.rms_norm ins(%xs : tensor<8x64xf32>) outs(%o : tensor<8x64xf32>) {stable}
  return %y : tensor<8x64xf32>
}

// -----

// Also by rows: the parts that the group names would be elsewhere.
shard.grid @grid(shape = 2)
func.func @group(%x: tensor<8x64xf32>, %o: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %s = shard.sharding @grid split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x64xf32>
  // expected-error @below {{'rmsnorm.rms_norm' op expected a norm without device_group to shard, but got one with it}}
  %y = rmsnorm.rms_norm ins(%xs : tensor<8x64xf32>) outs(%o : tensor<8x64xf32>) {device_group = #rmsnorm.device_group<"data">}
  return %y : tensor<8x64xf32>
}

// -----

shard.grid @grid(shape = 2)
func.func @rest(%x: tensor<8x65xf32>, %o: tensor<8x1xf32>) -> tensor<8x1xf32> {
  %s = shard.sharding @grid split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x65xf32>
  // expected-error @below {{'rmsnorm.mean_square' op expected dimension 1 of x to be a multiple of 2, the number of its shards, but got 65}}
  %ms = rmsnorm.mean_square ins(%xs : tensor<8x65xf32>) outs(%o : tensor<8x1xf32>)
  return %ms : tensor<8x1xf32>
}

// -----

// What the type of x leaves open, that of another may say.
shard.grid @grid(shape = 2)
func.func @rest_of_scale(%x: tensor<8x?xf32>, %w: tensor<65xf32>, %o: tensor<8x?xf32>) -> tensor<8x?xf32> {
  %s = shard.sharding @grid split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %s annotate_for_users : tensor<8x?xf32>
  // expected-error @below {{'rmsnorm.rms_norm' op expected dimension 0 of scale to be a multiple of 2, the number of its shards, but got 65}}
  %y = rmsnorm.rms_norm ins(%xs : tensor<8x?xf32>) scale(%w : tensor<65xf32>) outs(%o : tensor<8x?xf32>)
  return %y : tensor<8x?xf32>
}

// -----

shard.grid @grid(shape = 2)
func.func @statistic(%x: tensor<8x64xf32>, %o: tensor<8x1xf32>) -> tensor<8x1xf32> {
  %s = shard.sharding @grid split_axes = [[], [0]] : !shard.sharding
  %os = shard.shard %o to %s annotate_for_users : tensor<8x1xf32>
  // expected-error @below {{'rmsnorm.mean_square' op expected dimension 1 of outs to be split over grid axes [], as it has size 1, but got [0]}}
  %ms = rmsnorm.mean_square ins(%x : tensor<8x64xf32>) outs(%os : tensor<8x1xf32>)
  return %ms : tensor<8x1xf32>
}
