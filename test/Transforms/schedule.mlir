// RUN: rmsnorm-opt %s --rmsnorm-schedule | FileCheck %s --check-prefixes=CHECK,SIXTEEN
// RUN: rmsnorm-opt %s --rmsnorm-schedule=vector-registers=32 | FileCheck %s --check-prefixes=CHECK,MORE
// RUN: rmsnorm-opt %s --pass-pipeline="builtin.module(rmsnorm-to-cpu{features=+avx2 stop-after=tile})" | FileCheck %s --check-prefix=AVX2
// RUN: rmsnorm-opt %s --pass-pipeline="builtin.module(rmsnorm-to-cpu{features=+avx512f stop-after=tile})" | FileCheck %s --check-prefix=AVX512
// RUN: not rmsnorm-opt %s --rmsnorm-schedule=vector-registers=many 2>&1 | FileCheck %s --check-prefix=INVALID

// INVALID: 'many' value invalid for long argument

// More registers than 16 have room for the sums of another row, narrow too; the
// tree of the sum is the same.
// CHECK-LABEL: @long_rows_of_bf16
// CHECK: vector = [64, 8, 1], normalize_vector = [64, 8, 1], chain = 8, fold = 8
// CHECK-SAME: convert = 16384,
// SIXTEEN-NOT: overlap
// MORE-SAME: overlap = 7864320,
// CHECK-SAME: prefetch

// AVX2-NOT: overlap
// AVX512: overlap = 7864320
func.func @long_rows_of_bf16(%x: memref<?x4096xbf16>, %w: memref<4096xbf16>, %y: memref<?x4096xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x4096xbf16>) scale(%w : memref<4096xbf16>) outs(%y : memref<?x4096xbf16>)
  return
}

// CHECK-LABEL: @given
// CHECK: schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1]>
func.func @given(%x: memref<?x4096xbf16>, %y: memref<?x4096xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x4096xbf16>) outs(%y : memref<?x4096xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1]>}
  return
}
