// RUN: rmsnorm-opt %s --rmsnorm-allow-negative-strides | FileCheck %s --implicit-check-not=nuw
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu | FileCheck %s --check-prefix=PIPELINE --implicit-check-not=nuw

// What is not about the sign stays.
// CHECK-LABEL: llvm.func @reversed
// CHECK: llvm.mul %{{.*}}, %{{.*}} overflow<nsw> : i64
// CHECK: llvm.add %{{.*}}, %{{.*}} : i64
// CHECK: llvm.getelementptr inbounds %
// CHECK: llvm.getelementptr %
llvm.func @reversed(%x: !llvm.ptr, %i: i64, %stride: i64) -> f32 {
  %0 = llvm.mul %i, %stride overflow<nsw, nuw> : i64
  %1 = llvm.add %0, %i overflow<nuw> : i64
  %2 = llvm.getelementptr inbounds|nuw %x[%1] : (!llvm.ptr, i64) -> !llvm.ptr, f32
  %3 = llvm.getelementptr nuw %2[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
  %4 = llvm.load %3 : !llvm.ptr -> f32
  llvm.return %4 : f32
}

// Upstream's lowering has it wrong: should it be mended, the pass can go.
// PIPELINE-LABEL: llvm.func @last
// PIPELINE: llvm.getelementptr inbounds %
func.func @last(%x: memref<8xf32, strided<[-1], offset: 7>>) -> f32 {
  %c7 = arith.constant 7 : index
  %0 = memref.load %x[%c7] : memref<8xf32, strided<[-1], offset: 7>>
  return %0 : f32
}
