// RUN: rmsnorm-opt %s --rmsnorm-tile --split-input-file --verify-diagnostics

func.func @without_schedule(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'rmsnorm.rms_norm' op expected a norm on memrefs with a cpu_schedule}}
  rmsnorm.rms_norm ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>)
  return
}

// -----

func.func @on_tensors(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'rmsnorm.rms_norm' op expected a norm on memrefs with a cpu_schedule}}
  %r = rmsnorm.rms_norm ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x8xf32>)
  return %r : tensor<4x8xf32>
}
