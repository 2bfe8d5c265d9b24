// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --rmsnorm-vectorize --split-input-file | FileCheck %s

#s = #rmsnorm.cpu_schedule<vector = [16, 1], normalize_vector = [16, 1], chain = 2, panel = 64>

// Each chain of two rows is added to totals of f64.
// CHECK-LABEL: @chains
// CHECK: %[[TOTALS:.*]] = memref.alloca() {{.*}} : memref<64xf64>
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %{{.*}} {
// CHECK: scf.for
// CHECK: llvm.intr.fmuladd
// CHECK: llvm.intr.fmuladd
// CHECK: arith.extf {{.*}} vector<16xf32> to vector<16xf64>
// CHECK: vector.store {{.*}} %[[TOTALS]]
func.func @chains(%x: memref<24x64xf32>, %y: memref<64xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<24x64xf32>) outs(%y : memref<64xf32>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%a: f32, %sum: f32):
    %p = arith.mulf %a, %a : f32
    %next = arith.addf %sum, %p : f32
    linalg.yield %next : f32
  }
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], chain = 2, panel = 64, far_ahead = 6>

// Where a chain of two rows is summed, the rows six further on are fetched: two
// lines of each, but not of what is the same for all rows.
// CHECK-LABEL: @ahead
// CHECK: scf.for
// CHECK: scf.for %[[COLUMN:.*]] = %{{.*}} to
// CHECK: %[[SIX:.*]] = arith.constant 6 : index
// CHECK: %[[ROW:.*]] = arith.addi %{{.*}}, %[[SIX]]
// CHECK: memref.prefetch %arg0[%[[ROW]], %{{.*}}], read
// CHECK: memref.prefetch %arg0[%[[ROW]], %{{.*}}], read
// CHECK: memref.prefetch %arg0[%{{.*}}, %{{.*}}], read
// CHECK: memref.prefetch %arg0[%{{.*}}, %{{.*}}], read
// CHECK-NOT: memref.prefetch
// CHECK: llvm.intr.fmuladd
func.func @ahead(%x: memref<24x64xf32>, %w: memref<64xf32>, %y: memref<64xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (j)>], iterator_types = ["reduction", "parallel"]}
      ins(%x, %w : memref<24x64xf32>, memref<64xf32>) outs(%y : memref<64xf32>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.mulf %p, %p : f32
    %next = arith.addf %sum, %q : f32
    linalg.yield %next : f32
  }
  return
}

// Not where memory does not run along the columns.
// CHECK-LABEL: @strided
// CHECK-NOT: memref.prefetch
// CHECK: return
func.func @strided(%x: memref<24x64xf32, strided<[128, 2]>>, %y: memref<64xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<24x64xf32, strided<[128, 2]>>) outs(%y : memref<64xf32>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%a: f32, %sum: f32):
    %p = arith.mulf %a, %a : f32
    %next = arith.addf %sum, %p : f32
    linalg.yield %next : f32
  }
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [16, 1], normalize_vector = [16, 1], chain = 2, block = 5, panel = 64>

// Five chains, 10 rows, are added up in f32 before they are added to totals.
// CHECK-LABEL: @blocks
// CHECK: %[[TOTALS:.*]] = memref.alloca() {{.*}} : memref<64xf64>
// CHECK: %[[BLOCK:.*]] = memref.alloca() {{.*}} : memref<64xf32>
// CHECK: %[[STEP:.*]] = arith.constant 10 : index
// CHECK: scf.for %[[ROW:.*]] = %{{.*}} to %{{.*}} step %[[STEP]] {
// CHECK: %[[END:.*]] = arith.minui
// CHECK: scf.for %{{.*}} = %[[ROW]] to %[[END]] step
// CHECK: llvm.intr.fmuladd
// CHECK: llvm.intr.fmuladd
// CHECK-NOT: arith.extf
// CHECK: vector.store {{.*}} %[[BLOCK]]
// CHECK: vector.load %[[TOTALS]]
// CHECK: vector.load %[[BLOCK]]
// CHECK: arith.extf
// CHECK: vector.store {{.*}} %[[TOTALS]]
// CHECK: vector.store {{.*}} %[[BLOCK]]
func.func @blocks(%x: memref<24x64xf32>, %y: memref<64xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<24x64xf32>) outs(%y : memref<64xf32>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%a: f32, %sum: f32):
    %p = arith.mulf %a, %a : f32
    %next = arith.addf %sum, %p : f32
    linalg.yield %next : f32
  }
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [16, 1], normalize_vector = [16, 1], convert = 64>

// What all rows share is put into even-odd order before the first of them, also
// where it has more dimensions than the one that memory runs along.
// CHECK-LABEL: @shared
// CHECK: vector.shuffle %{{.*}} [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15]
// CHECK: scf.for
// CHECK: scf.for
// CHECK-NOT: vector.shuffle %{{.*}} [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15]
func.func @shared(%x: memref<1x24x64xbf16>, %r: memref<1x64xf32>, %y: memref<1x24x64xbf16>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (i, j, k)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %r : memref<1x24x64xbf16>, memref<1x64xf32>) outs(%y : memref<1x24x64xbf16>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%a: bf16, %root: f32, %out: bf16):
    %w = arith.extf %a : bf16 to f32
    %p = arith.mulf %w, %root : f32
    %b = arith.truncf %p : f32 to bf16
    linalg.yield %b : bf16
  }
  return
}
