// RUN: rmsnorm-opt %s --rmsnorm-decompose --verify-diagnostics

func.func @group(%x: tensor<8x64xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
  // expected-error @+1 {{'rmsnorm.rms_norm' op expected no device_group, but got one: a norm over devices has to be distributed first}}
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) outs(%y : tensor<8x64xf32>) {device_group = #rmsnorm.device_group<"d">}
  return %0 : tensor<8x64xf32>
}
