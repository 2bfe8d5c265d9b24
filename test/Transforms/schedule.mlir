// RUN: rmsnorm-opt %s --rmsnorm-schedule | FileCheck %s --check-prefixes=CHECK,SIXTEEN
// RUN: rmsnorm-opt %s --rmsnorm-schedule=vector-registers=32 | FileCheck %s --check-prefixes=CHECK,MORE
// RUN: rmsnorm-opt %s --rmsnorm-schedule="vector-registers=32 cache-size=16777216" | FileCheck %s --check-prefix=SMALL
// RUN: rmsnorm-opt %s --rmsnorm-schedule="vector-registers=32 cache-size=503316480" | FileCheck %s --check-prefix=HUGE
// RUN: rmsnorm-opt %s --pass-pipeline="builtin.module(rmsnorm-to-cpu{features=+avx2 stop-after=schedule})" | FileCheck %s --check-prefix=AVX2
// RUN: rmsnorm-opt %s --pass-pipeline="builtin.module(rmsnorm-to-cpu{features=+avx512f cache-size=16777216 stop-after=schedule})" | FileCheck %s --check-prefix=AVX512

// Where there are more registers than 16, rows from memory go four at a time;
// the tree of the sum is the same. What is memory depends on the cache, of which
// no more than 64 MB are reckoned with.
// CHECK-LABEL: @long_rows_of_bf16
// CHECK: vector = [64, 8, 1], normalize_vector = [64, 8, 1], chain = 8, fold = 8
// CHECK-SAME: convert = 16384,
// CHECK-NOT: overlap
// SIXTEEN-SAME: prefetch = 7864320, nontemporal = 15728640, grain
// MORE-SAME: prefetch = 15728640, nontemporal = 15728640, far = 15728640, far_rows = 4, grain
// SMALL-LABEL: @long_rows_of_bf16
// SMALL: nontemporal = 7864320, far = 7864320,
// HUGE-LABEL: @long_rows_of_bf16
// HUGE: nontemporal = 31457280, far = 31457280,

// AVX2-LABEL: @long_rows_of_bf16
// AVX2-NOT: far
// AVX2: @given
// AVX512-LABEL: @long_rows_of_bf16
// AVX512: far = 7864320
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

// With two results from memory, short steps are faster, and scales of 16 bits as
// they are.
// CHECK-LABEL: @residual
// CHECK: vector = [64, 8, 1], normalize_vector = [32, 8, 1]
// CHECK-NOT: convert
// CHECK-SAME: prefetch
func.func @residual(%x: memref<?x4096xf16>, %w: memref<4096xf16>, %r: memref<?x4096xf16>, %y: memref<?x4096xf16>, %h: memref<?x4096xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x4096xf16>) scale(%w : memref<4096xf16>) residual(%r : memref<?x4096xf16>)
    outs(%y : memref<?x4096xf16>) residual_out(%h : memref<?x4096xf16>)
  return
}

// CHECK-LABEL: @residual_and_f32_scale
// CHECK: normalize_vector = [32, 8, 1]
// CHECK-SAME: convert = 16384
func.func @residual_and_f32_scale(%x: memref<?x128xbf16>, %w: memref<128xf32>, %r: memref<?x128xbf16>, %y: memref<?x128xbf16>, %h: memref<?x128xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x128xbf16>) scale(%w : memref<128xf32>) residual(%r : memref<?x128xbf16>)
    outs(%y : memref<?x128xbf16>) residual_out(%h : memref<?x128xbf16>)
  return
}

// With 32, which are of AVX-512, rows of f32 that fill its steps go one by one,
// and long scales of f16 are converted once.
// CHECK-LABEL: @short_rows_of_f32
// CHECK: vector = [32, 8, 1], normalize_vector = [64, 8, 1], fold = 2
// SIXTEEN-SAME: rows = 8,
// MORE-NOT: rows =
// MORE-SAME: overlap = 1,
func.func @short_rows_of_f32(%x: memref<?x128xf32>, %w: memref<128xf32>, %y: memref<?x128xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x128xf32>) scale(%w : memref<128xf32>) outs(%y : memref<?x128xf32>)
  return
}

// From far, short rows one at a time, not beside the sums of the next.
// CHECK-LABEL: @rows_of_1024
// CHECK: overlap = 1,
// SIXTEEN-NOT: far
// MORE-SAME: far = 15728640, grain
// CHECK: return
func.func @rows_of_1024(%x: memref<?x1024xf32>, %y: memref<?x1024xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32>)
  return
}

// Beyond the second cache, long narrow rows are summed beside the results of
// others where there are registers for it; or four at a time.
// CHECK-LABEL: @rows_of_8192
// SIXTEEN-NOT: overlap
// MORE: overlap = 1572864,
// CHECK-LABEL: @rows_of_16384
// SIXTEEN-NOT: rows = 4
// MORE: rows = 4, share_rows = true,
// MORE-NOT: overlap
// CHECK-LABEL: @rows_of_16384_and_residual
// CHECK-NOT: share_rows
// CHECK: return
func.func @rows_of_8192(%x: memref<?x8192xbf16>, %y: memref<?x8192xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x8192xbf16>) outs(%y : memref<?x8192xbf16>)
  return
}
func.func @rows_of_16384(%x: memref<?x16384xbf16>, %y: memref<?x16384xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x16384xbf16>) outs(%y : memref<?x16384xbf16>)
  return
}
func.func @rows_of_16384_and_residual(%x: memref<?x16384xbf16>, %r: memref<?x16384xbf16>, %y: memref<?x16384xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x16384xbf16>) residual(%r : memref<?x16384xbf16>) outs(%y : memref<?x16384xbf16>)
  return
}

// One at a time where nothing is known of the length, several of narrow types.
// CHECK-LABEL: @rows_of_unknown_length
// CHECK: chain = 8,
// SIXTEEN-NOT: rows =
// SIXTEEN-NOT: far
// MORE-SAME: rows = 4, share_rows = true,
// MORE-SAME: far = 15728640, far_rows = 2, grain
// CHECK-LABEL: @columns_of_unknown_length
// CHECK-NOT: share_rows
// CHECK: return
func.func @rows_of_unknown_length(%x: memref<?x?xf16>, %y: memref<?x?xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf16>) outs(%y : memref<?x?xf16>)
  return
}
func.func @columns_of_unknown_length(%x: memref<?x?xf16>, %y: memref<?x?xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf16>) outs(%y : memref<?x?xf16>) reduce [0]
  return
}

// Panels are of 4096 bytes where they come from a cache.
// Results of f32 are fetched to be written.
// CHECK-LABEL: @columns_of_f32
// CHECK: panel = 1024,
// SIXTEEN-SAME: prefetch = 7864320,
// SIXTEEN-SAME: far = 15728640, far_panel = 16384, grain
// MORE-SAME: prefetch = 15728640, write_ahead = 256,
// MORE-SAME: far = 15728640, far_rows = 4, far_panel = 16384, far_aspect = 4, far_ahead = 8, grain
func.func @columns_of_f32(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) reduce [0]
  return
}

// CHECK-LABEL: @columns_of_f64
// CHECK: panel = 512,
// CHECK-SAME: far_panel = 4096, grain
func.func @columns_of_f64(%x: memref<?x?xf64>, %y: memref<?x?xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf64>) outs(%y : memref<?x?xf64>) reduce [0]
  return
}

// Less than a page of columns.
// CHECK-LABEL: @few_columns_of_f16
// CHECK: vector = [16, 8, 1]
// CHECK-SAME: far_panel = 16384, grain
func.func @few_columns_of_f16(%x: memref<?x2047xf16>, %y: memref<?x2047xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x2047xf16>) outs(%y : memref<?x2047xf16>) reduce [0]
  return
}

// CHECK-LABEL: @page_of_f16
// SIXTEEN: vector = [16, 8, 1], normalize_vector = [16, 8, 1]
// MORE: vector = [32, 8, 1], normalize_vector = [32, 8, 1]
// MORE-SAME: prefetch = 7864320,
// MORE-SAME: far_rows = 4
func.func @page_of_f16(%x: memref<?x2048xf16>, %y: memref<?x2048xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x2048xf16>) outs(%y : memref<?x2048xf16>) reduce [0]
  return
}

// Columns of bf16 fill vectors of 64 bytes; so few that they fit have their
// totals in registers.
// CHECK-LABEL: @few_columns_of_bf16
// SIXTEEN: vector = [16, 8, 1]
// MORE: vector = [16, 8, 1]
// CHECK-LABEL: @columns_of_bf16
// SIXTEEN: vector = [16, 8, 1]
// MORE: vector = [64, 8, 1]
func.func @few_columns_of_bf16(%x: memref<?x48xbf16>, %y: memref<?x48xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x48xbf16>) outs(%y : memref<?x48xbf16>) reduce [0]
  return
}
func.func @columns_of_bf16(%x: memref<?x64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) outs(%y : memref<?x64xbf16>) reduce [0]
  return
}

// Rows that are no multiple of a cache line.
// CHECK-LABEL: @uneven_rows_of_f32
// CHECK: normalize_vector
// MORE-SAME: far_rows = 4
// CHECK-LABEL: @uneven_long_rows_of_f32
// MORE: far = 15728640, grain
// CHECK-LABEL: @uneven_rows_of_f16
// MORE: far = 15728640, grain
func.func @uneven_rows_of_f32(%x: memref<?x1001xf32>, %y: memref<?x1001xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1001xf32>) outs(%y : memref<?x1001xf32>)
  return
}
func.func @uneven_long_rows_of_f32(%x: memref<?x5000xf32>, %y: memref<?x5000xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x5000xf32>) outs(%y : memref<?x5000xf32>)
  return
}
func.func @uneven_rows_of_f16(%x: memref<?x5000xf16>, %y: memref<?x5000xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x5000xf16>) outs(%y : memref<?x5000xf16>)
  return
}

// One step of AVX-512 is a row of 64.
// CHECK-LABEL: @rows_of_64
// SIXTEEN: rows = 8, share_rows = true, convert
// SIXTEEN-SAME: prefetch = 32768,
// MORE: rows = 16, share_rows = true, convert
// MORE-SAME: prefetch = 15728640,
// MORE-SAME: far_rows = 8,
func.func @rows_of_64(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>)
  return
}

// Several rows at a time are fetched while others are written.
// CHECK-LABEL: @short_uneven_rows_of_f32
// CHECK: rows = 8,
// CHECK-NOT: share_rows
// CHECK-SAME: prefetch = 32768,
// SIXTEEN-NOT: write_ahead
// MORE-SAME: write_ahead = 256,
// CHECK: return
func.func @short_uneven_rows_of_f32(%x: memref<?x120xf32>, %w: memref<120xf32>, %y: memref<?x120xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x120xf32>) scale(%w : memref<120xf32>) outs(%y : memref<?x120xf32>)
  return
}

// CHECK-LABEL: @short_rows_and_residual
// CHECK: overlap = 1,
// CHECK-NOT: prefetch = 32768,
// CHECK-SAME: write_ahead = 256,
func.func @short_rows_and_residual(%x: memref<?x128xf32>, %r: memref<?x128xf32>, %y: memref<?x128xf32>, %h: memref<?x128xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x128xf32>) residual(%r : memref<?x128xf32>)
    outs(%y : memref<?x128xf32>) residual_out(%h : memref<?x128xf32>)
  return
}

// Up to a page.
// CHECK-LABEL: @rows_of_f64
// CHECK: rows = 4,
// CHECK-SAME: prefetch = 32768,
// CHECK-LABEL: @longer_rows_of_f64
// CHECK: rows = 4,
// CHECK-NOT: prefetch = 32768,
func.func @rows_of_f64(%x: memref<?x512xf64>, %y: memref<?x512xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x512xf64>) outs(%y : memref<?x512xf64>)
  return
}
func.func @longer_rows_of_f64(%x: memref<?x513xf64>, %y: memref<?x513xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x513xf64>) outs(%y : memref<?x513xf64>)
  return
}

// Where there are 16 registers, those that fill steps share the second pass.
// CHECK-LABEL: @even_rows_of_f32
// SIXTEEN: rows = 8, share_rows = true,
// MORE: fold = 2,
// MORE-NOT: share_rows
// MORE-SAME: convert
func.func @even_rows_of_f32(%x: memref<?x96xf32>, %w: memref<96xf32>, %y: memref<?x96xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x96xf32>) scale(%w : memref<96xf32>) outs(%y : memref<?x96xf32>)
  return
}

// CHECK-LABEL: @long_scales_of_f16
// SIXTEEN: convert = 8192,
// MORE: convert = 16384,
func.func @long_scales_of_f16(%x: memref<?x16384xf16>, %w: memref<16384xf16>, %y: memref<?x16384xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x16384xf16>) scale(%w : memref<16384xf16>) outs(%y : memref<?x16384xf16>)
  return
}

// CHECK-LABEL: @masked_rows_of_256
// SIXTEEN-NOT: write_ahead
// MORE: write_ahead = 256,
// CHECK-LABEL: @masked_rows_of_512
// CHECK: write_ahead = 256,
func.func @masked_rows_of_256(%x: memref<?x256xf32>, %m: memref<?x256xi1>, %y: memref<?x256xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x256xf32>) mask(%m : memref<?x256xi1>) outs(%y : memref<?x256xf32>)
  return
}
func.func @masked_rows_of_512(%x: memref<?x512xf32>, %m: memref<?x512xi1>, %y: memref<?x512xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x512xf32>) mask(%m : memref<?x512xi1>) outs(%y : memref<?x512xf32>)
  return
}

// As many rows are in flight as a second cache holds, and the next are fetched
// where it holds two.
// CHECK-LABEL: @rows_of_64_kb
// MORE: far_rows = 4,
// CHECK-LABEL: @rows_of_256_kb
// SIXTEEN: prefetch = 7864320,
// MORE: far_rows = 2,
// CHECK-LABEL: @rows_of_256_kb_and_residual
// CHECK-NOT: far_rows
// CHECK-LABEL: @rows_of_512_kb
// CHECK-NOT: prefetch
// CHECK-NOT: far_rows
// CHECK-LABEL: @narrow_rows_of_512_kb
// CHECK: prefetch =
// CHECK-LABEL: @narrow_rows_of_1_mb
// CHECK-NOT: prefetch
// CHECK: return
func.func @rows_of_64_kb(%x: memref<?x16384xf32>, %y: memref<?x16384xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x16384xf32>) outs(%y : memref<?x16384xf32>)
  return
}
func.func @rows_of_256_kb(%x: memref<?x65536xf32>, %y: memref<?x65536xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x65536xf32>) outs(%y : memref<?x65536xf32>)
  return
}
func.func @rows_of_256_kb_and_residual(%x: memref<?x65536xf32>, %r: memref<?x65536xf32>, %y: memref<?x65536xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x65536xf32>) residual(%r : memref<?x65536xf32>) outs(%y : memref<?x65536xf32>)
  return
}
func.func @rows_of_512_kb(%x: memref<?x131072xf32>, %y: memref<?x131072xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x131072xf32>) outs(%y : memref<?x131072xf32>)
  return
}
func.func @narrow_rows_of_512_kb(%x: memref<?x262144xbf16>, %y: memref<?x262144xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x262144xbf16>) outs(%y : memref<?x262144xbf16>)
  return
}
func.func @narrow_rows_of_1_mb(%x: memref<?x524288xbf16>, %y: memref<?x524288xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x524288xbf16>) outs(%y : memref<?x524288xbf16>)
  return
}
