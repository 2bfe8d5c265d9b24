// The stock mlir-opt cannot load code that needs a sanitizer's runtime.
// UNSUPPORTED: sanitize
//
// The stock mlir-opt, with the project as a plugin.
// RUN: mlir-opt --load-dialect-plugin=%rmsnorm_binary_dir/lib/rmsnorm-plugin.so %s | FileCheck %s
// RUN: mlir-opt --load-dialect-plugin=%rmsnorm_binary_dir/lib/rmsnorm-plugin.so --load-pass-plugin=%rmsnorm_binary_dir/lib/rmsnorm-plugin.so \
// RUN:   --pass-pipeline='builtin.module(func.func(rmsnorm-decompose))' %s | FileCheck %s --check-prefix=LINALG
// RUN: mlir-opt --load-dialect-plugin=%rmsnorm_binary_dir/lib/rmsnorm-plugin.so --load-pass-plugin=%rmsnorm_binary_dir/lib/rmsnorm-plugin.so \
// RUN:   --pass-pipeline='builtin.module(rmsnorm-to-cpu)' %s | FileCheck %s --check-prefix=LLVM
// Its options are refused as they are in rmsnorm-opt.
// RUN: not mlir-opt --load-dialect-plugin=%rmsnorm_binary_dir/lib/rmsnorm-plugin.so --load-pass-plugin=%rmsnorm_binary_dir/lib/rmsnorm-plugin.so \
// RUN:   --pass-pipeline='builtin.module(rmsnorm-to-cpu{stop-after=lunch})' %s 2>&1 | FileCheck %s --check-prefix=STAGE
// RUN: not mlir-opt --load-dialect-plugin=%rmsnorm_binary_dir/lib/rmsnorm-plugin.so --load-pass-plugin=%rmsnorm_binary_dir/lib/rmsnorm-plugin.so \
// RUN:   --pass-pipeline='builtin.module(rmsnorm-to-cpu{start-after=lunch})' %s 2>&1 | FileCheck %s --check-prefix=STAGE
// Without it the dialect is unknown.
// RUN: not mlir-opt %s 2>&1 | FileCheck %s --check-prefix=STOCK

// CHECK: rmsnorm.rms_norm
// LINALG-NOT: rmsnorm.rms_norm
// LINALG: linalg.generic
// LLVM: llvm.func @norm
// STAGE: <unknown>:0: error: expected {{start|stop}}-after to be one of bufferize, schedule, tile, decompose, overlap, distribute, vectorize, parallelize, llvm, but got lunch{{$}}
// STAGE-NOT: {{error|ERROR|func|module|bug|Stack}}
// STOCK: Dialect `rmsnorm' not found
func.func @norm(%x: memref<?x64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) outs(%y : memref<?x64xbf16>)
  return
}
