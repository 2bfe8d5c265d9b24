// RUN: rmsnorm-opt %s --rmsnorm-tile --split-input-file | FileCheck %s

#s = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], panel = 64, grain = 32768>

// A chunk of rows holds `grain` bytes of x: 32768 / (1024 * 4).
// CHECK-LABEL: @rows
// CHECK: %[[ROWS:.*]] = memref.dim %arg0
// CHECK: scf.parallel (%[[BEGIN:.*]]) = (%{{.*}}) to (%[[ROWS]]) step (%{{c8.*}}) {
// CHECK: %[[END:.*]] = arith.minui
// CHECK: scf.for %[[ROW:.*]] = %[[BEGIN]] to %[[END]]
// CHECK: memref.subview %arg0[%[[ROW]], 0] [1, 1024] [1, 1]
// CHECK: rmsnorm.rms_norm ins({{.*}} : memref<1x1024xf32
func.func @rows(%x: memref<?x1024xf32>, %y: memref<?x1024xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32>) {schedule = #s}
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], panel = 64, grain = 32768>

// Rows of unknown length: the chunk is computed, and a row at least.
// CHECK-LABEL: @unknown_length
// CHECK: %[[BYTES:.*]] = arith.muli %{{.*}}, %{{c4.*}} : index
// CHECK: %[[DIVISOR:.*]] = arith.maxui %[[BYTES]]
// CHECK: %[[COUNT:.*]] = arith.divui %{{.*}}, %[[DIVISOR]]
// CHECK: %[[CHUNK:.*]] = arith.maxui %[[COUNT]]
// CHECK: scf.parallel {{.*}} step (%[[CHUNK]])
func.func @unknown_length(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) {schedule = #s}
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], panel = 64, grain = 0>

// Memory runs along an axis that is not reduced: panels of it.
// CHECK-LABEL: @panels
// CHECK: scf.parallel
// CHECK: scf.for %[[PANEL:.*]] =
// CHECK: %[[OFFSET:.*]] = affine.apply {{.*}}(%[[PANEL]])
// CHECK: %[[SIZE:.*]] = affine.min {{.*}}(%[[PANEL]])
// CHECK: memref.subview %arg0[0, %[[OFFSET]]] [100, %[[SIZE]]] [1, 1]
// CHECK: rmsnorm.rms_norm {{.*}} reduce [0] features []
func.func @panels(%x: memref<100x1000xf32>, %y: memref<100x1000xf32>) {
  rmsnorm.rms_norm ins(%x : memref<100x1000xf32>) outs(%y : memref<100x1000xf32>)
      reduce [0] features [] {schedule = #s}
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], panel = 64, grain = 32768>

// The statistic of each row is that of nothing; no subview begins in an axis of
// size 0.
// CHECK-LABEL: @rows_of_nothing
// CHECK: scf.for %[[ROW:.*]] = %{{.*}} to
// CHECK: %[[NOTHING:.*]] = memref.alloca() : memref<1x0xf32>
// CHECK: %[[RSTD:.*]] = memref.subview %arg2[%[[ROW]], 0] [1, 1] [1, 1]
// CHECK: rmsnorm.rms_norm ins(%[[NOTHING]] : memref<1x0xf32>){{.*}} rstd_out(%[[RSTD]]
func.func @rows_of_nothing(%x: memref<?x0xf32>, %y: memref<?x0xf32>, %r: memref<?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x0xf32>) outs(%y : memref<?x0xf32>) rstd_out(%r : memref<?x1xf32>) {schedule = #s}
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], panel = 64, grain = 32768>

// No rows, whatever the type of y leaves open.
// CHECK-LABEL: @no_rows
// CHECK-NEXT: return
func.func @no_rows(%x: memref<0x4x8xf32>, %y: memref<?x4x8xf32>) {
  rmsnorm.rms_norm ins(%x : memref<0x4x8xf32>) outs(%y : memref<?x4x8xf32>) {schedule = #s}
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], part = 1000, grain = 32768>

// Rows that are cut into parts: the threads take a row apart where there are
// fewer than 8 that do not come out even, or where a row is large, else the
// rows.
// CHECK-LABEL: @cut
// CHECK: %[[ROWS:.*]] = memref.dim %arg0
// CHECK: %[[LENGTH:.*]] = memref.dim %arg0
// CHECK: %[[BYTES:.*]] = arith.muli %[[LENGTH]], %{{c4.*}} : index
// CHECK: %[[COUNT:.*]] = arith.divui
// CHECK: %[[CHUNK:.*]] = arith.maxui %[[COUNT]]
// CHECK: %[[IS_CUT:.*]] = arith.cmpi ugt, %[[LENGTH]], %{{c2000.*}} : index
// CHECK: %[[THREADS:.*]] = rmsnorm.max_threads
// CHECK: %[[LEFT:.*]] = arith.remui %[[ROWS]], %[[THREADS]]
// CHECK: %[[ARE_FEW:.*]] = arith.cmpi ult, %[[ROWS]], %{{c8.*}} : index
// CHECK: %[[ARE_LEFT:.*]] = arith.cmpi uge, %[[LEFT]], %{{c1.*}} : index
// CHECK: %[[IS_UNEVEN:.*]] = arith.andi %[[ARE_FEW]], %[[ARE_LEFT]]
// CHECK: %[[IS_LARGE:.*]] = arith.cmpi uge, %[[BYTES]], %{{c1048576.*}} : index
// CHECK: %[[EITHER:.*]] = arith.ori %[[IS_UNEVEN]], %[[IS_LARGE]]
// CHECK: %[[IS_SHARED:.*]] = arith.andi %[[IS_CUT]], %[[EITHER]]
// CHECK: %[[ALL:.*]] = arith.maxui %[[ROWS]], %{{c1.*}} : index
// CHECK: %[[STEP:.*]] = arith.select %[[IS_SHARED]], %[[ALL]], %[[CHUNK]]
// CHECK: scf.parallel {{.*}} to (%[[ROWS]]) step (%[[STEP]])
// Not where no row is.
// CHECK-LABEL: @short
// CHECK-NOT: rmsnorm.max_threads
// CHECK: return
func.func @cut(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) {schedule = #s}
  return
}
func.func @short(%x: memref<?x2000xf32>, %y: memref<?x2000xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x2000xf32>) outs(%y : memref<?x2000xf32>) {schedule = #s}
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], rows = 2, overlap = 5000, prefetch = 20000,
  nontemporal = 10000, far = 20000, far_rows = 4, grain = 512>

// A row moves 16 bytes for each element of x, and scales are no row. What is for
// less than `far` alone, or for more, is in the one loop or the other.
// CHECK-LABEL: @far
// CHECK: %[[ROWS:.*]] = memref.dim %arg0
// CHECK: %[[ELEMENTS:.*]] = arith.muli %[[ROWS]], %{{c64.*}} : index
// CHECK: %[[BYTES:.*]] = arith.muli %[[ELEMENTS]], %{{c16.*}} : index
// CHECK: %[[IS_FAR:.*]] = arith.cmpi uge, %[[BYTES]], %{{c20000.*}} : index
// CHECK: scf.if %[[IS_FAR]] {
// CHECK: scf.parallel
// CHECK: rmsnorm.rms_norm {{.*}} : memref<?x64xf32
// CHECK-SAME: rows = 4, share_rows = true, prefetch = 1, nontemporal = 10000, grain = 512>
// CHECK: } else {
// CHECK: scf.parallel
// CHECK: rmsnorm.rms_norm
// CHECK-SAME: rows = 2, overlap = 5000, nontemporal = 10000, grain = 512>
func.func @far(%x: memref<?x64xf32>, %w: memref<64xf32>, %e: memref<?x64xf32>, %y: memref<?x64xf32>, %h: memref<?x64xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xf32>) scale(%w : memref<64xf32>) residual(%e : memref<?x64xf32>)
    outs(%y : memref<?x64xf32>) residual_out(%h : memref<?x64xf32>) {schedule = #s}
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], rows = 2, share_rows = true, prefetch = 1, far = 8192>

// 16 rows of 512 bytes, in and out, are as much; one at a time shares nothing.
// CHECK-LABEL: @known_far
// CHECK-NOT: scf.if
// CHECK: normalize_vector = [32, 1], prefetch = 1>
func.func @known_far(%x: memref<16x64xf32>, %y: memref<16x64xf32>) {
  rmsnorm.rms_norm ins(%x : memref<16x64xf32>) outs(%y : memref<16x64xf32>) {schedule = #s}
  return
}

// CHECK-LABEL: @known_near
// CHECK-NOT: scf.if
// CHECK: rows = 2, share_rows = true, prefetch = 1>
func.func @known_near(%x: memref<15x64xf32>, %y: memref<15x64xf32>) {
  rmsnorm.rms_norm ins(%x : memref<15x64xf32>) outs(%y : memref<15x64xf32>) {schedule = #s}
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [16, 1], normalize_vector = [16, 1], panel = 16, far = 8192, far_panel = 64>

// CHECK-LABEL: @far_columns
// CHECK: scf.if
// CHECK: rmsnorm.rms_norm
// CHECK-SAME: panel = 64>
// CHECK: } else {
// CHECK: rmsnorm.rms_norm
// CHECK-SAME: panel = 16>
func.func @far_columns(%x: memref<?x128xf32>, %y: memref<?x128xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x128xf32>) outs(%y : memref<?x128xf32>) reduce [0] {schedule = #s}
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [16, 1], normalize_vector = [16, 1], panel = 16, far = 8192, far_panel = 1024, far_aspect = 4>

// The number of terms says how many columns a panel has.
// CHECK: #[[COLUMNS:.*]] = affine_map<(d0)[s0, s1] -> (1024, -(d0 * s1) + s0, s1)>
// CHECK-LABEL: @wider_for_more_terms
// CHECK: scf.if
// CHECK: %[[TERMS:.*]] = memref.dim %arg0, %c0{{.*}}
// CHECK: arith.muli %[[TERMS]], %c4
// CHECK: arith.maxui
// CHECK: %[[WIDTH:.*]] = arith.minui
// CHECK: scf.parallel
// CHECK: affine.min #[[COLUMNS]](%{{.*}})[%{{.*}}, %[[WIDTH]]]
// CHECK: rmsnorm.rms_norm
// CHECK-SAME: panel = 1024, far_aspect = 4>
// CHECK: } else {
// CHECK: rmsnorm.rms_norm
// CHECK-SAME: panel = 16>
func.func @wider_for_more_terms(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) reduce [0] {schedule = #s}
  return
}

// 65 terms have 512 columns: two panels.
// CHECK-LABEL: @known_terms
// CHECK-NOT: scf.if
// CHECK: scf.parallel {{.*}} to (%c2{{.*}}) step
// CHECK: affine.min
// CHECK: rmsnorm.rms_norm
func.func @known_terms(%x: memref<65x600xf32>, %y: memref<65x600xf32>) {
  rmsnorm.rms_norm ins(%x : memref<65x600xf32>) outs(%y : memref<65x600xf32>) reduce [0] {schedule = #s}
  return
}

// -----

// Nothing is far where nothing says from where on.
#s = #rmsnorm.cpu_schedule<vector = [16, 1], normalize_vector = [16, 1], panel = 16, far_aspect = 4, far_ahead = 8>

// CHECK-LABEL: @never_far
// CHECK: rmsnorm.rms_norm
// CHECK-SAME: panel = 16>
func.func @never_far(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) reduce [0] {schedule = #s}
  return
}
