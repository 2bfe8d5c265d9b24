// RUN: rmsnorm-opt %s --rmsnorm-to-cpu | mlir-translate --mlir-to-llvmir | FileCheck %s
// RUN: rmsnorm-opt %s --pass-pipeline="builtin.module(rmsnorm-to-cpu{stop-after=tile})" | FileCheck %s --check-prefix=TILE

// TILE: scf.parallel
// TILE: rmsnorm.rms_norm ins(%{{.*}} : memref<?x1000xbf16, strided

// CHECK-LABEL: define void @f(
// CHECK: call void @rmsnorm_parallel_for(ptr @f_task
// CHECK: define void @_mlir_ciface_f(
// CHECK: define internal void @f_task(
// CHECK: call <[[LANES:[0-9]+]] x float> @llvm.fmuladd.v[[LANES]]f32
func.func @f(%x: memref<?x1000xbf16>, %w: memref<1000xf32>, %y: memref<?x1000xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x1000xbf16>) scale(%w : memref<1000xf32>) outs(%y : memref<?x1000xbf16>)
  return
}
