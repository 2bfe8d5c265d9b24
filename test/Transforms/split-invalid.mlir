// RUN: rmsnorm-opt %s --rmsnorm-split --split-input-file --verify-diagnostics

func.func @stable(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected a norm without stable to split, but got one with it}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {stable}
  return
}

// -----

func.func @group(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected a norm without device_group to split, but got one with it}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {device_group = #rmsnorm.device_group<"data">}
  return
}
