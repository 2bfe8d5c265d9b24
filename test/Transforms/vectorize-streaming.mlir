// RUN: rmsnorm-opt %s --rmsnorm-tile --rmsnorm-decompose --rmsnorm-vectorize --cse --canonicalize | FileCheck %s

// Whether x is far and the result large, by what the thread and what all move,
// and where it begins, is asked in the kernel. The branches hold the prefetches
// and the stores alone.
// CHECK-LABEL: @large
// CHECK: scf.parallel (%[[BEGIN:.*]]) = {{.*}} to (%[[COUNT:.*]]) step
// CHECK: %[[END:.*]] = arith.minui
// CHECK: scf.for %[[I:.*]] = %[[BEGIN]] to %[[END]]
// CHECK: %[[ROW:.*]] = memref.subview %arg0[%[[I]], 0]
// CHECK: vector.load %[[ROW]]
// CHECK: %[[MINE:.*]] = arith.subi %[[END]], %[[BEGIN]]
// CHECK: %[[OF_THREAD:.*]] = arith.muli %[[MINE]], %c8192
// CHECK: %[[OF_ALL:.*]] = arith.muli %[[COUNT]], %c8192
// CHECK: %[[OF_ALL_IS:.*]] = arith.cmpi uge, %[[OF_ALL]], %c33554432
// CHECK: %[[OF_THREAD_IS:.*]] = arith.cmpi uge, %[[OF_THREAD]], %c33554432
// CHECK: %[[HALF_IS:.*]] = arith.cmpi uge, %[[OF_ALL]], %c67108864
// CHECK: %[[ONE_IS:.*]] = arith.ori %[[OF_THREAD_IS]], %[[HALF_IS]]
// CHECK: %[[MUCH:.*]] = arith.andi %[[OF_ALL_IS]], %[[ONE_IS]]
// CHECK-DAG: %[[Y:.*]] = memref.extract_aligned_pointer_as_index %arg1
// CHECK-DAG: %[[X:.*]] = memref.extract_aligned_pointer_as_index %arg0
// CHECK: %[[ELSEWHERE:.*]] = arith.cmpi ne, %[[Y]], %[[X]]
// CHECK: %[[IS_LARGE:.*]] = arith.andi %[[MUCH]], %[[ELSEWHERE]]
// CHECK: %[[MAY_BE:.*]] = arith.cmpi uge, %[[OF_ALL]], %c1048576
// CHECK: %[[THREAD:.*]] = arith.cmpi uge, %[[OF_THREAD]], %c1048576
// CHECK: %[[ALL:.*]] = arith.cmpi uge, %[[OF_ALL]], %c2097152
// CHECK: %[[EITHER:.*]] = arith.ori %[[THREAD]], %[[ALL]]
// CHECK: %[[IS_FAR:.*]] = arith.andi %[[MAY_BE]], %[[EITHER]]
// CHECK: %[[NEXT:.*]] = memref.subview %arg0
// CHECK: %[[IS_ALIGNED:.*]] = arith.cmpi eq
// CHECK: %[[BYPASSES:.*]] = arith.andi %[[IS_LARGE]], %[[IS_ALIGNED]]
// CHECK: vector.load %[[ROW]]
// CHECK: scf.if %[[IS_FAR]] {
// CHECK-NEXT: memref.prefetch %[[NEXT]]
// CHECK: memref.prefetch %[[NEXT]]
// CHECK-NOT: memref.prefetch
// CHECK: scf.if %[[BYPASSES]] {
// CHECK-NEXT: vector.store {{.*}} {alignment = 32 : i64, nontemporal = true}
// CHECK-NEXT: } else {
// CHECK-NEXT: vector.store
// CHECK-NOT: nontemporal = true
// CHECK-NOT: vector.load %[[ROW]]
func.func @large(%x: memref<?x1024xf32>, %y: memref<?x1024xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1],
       prefetch = 1048576, nontemporal = 33554432, grain = 32768>}
  return
}

// CHECK-LABEL: @never
// CHECK-NOT: nontemporal = true
// CHECK-NOT: memref.prefetch
func.func @never(%x: memref<?x1024xf32>, %y: memref<?x1024xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1]>}
  return
}

// Results are fetched to be written, one line after another, where their stores
// do not bypass the caches; not what whole steps leave.
// CHECK-LABEL: @write_ahead
// CHECK: %[[ROW:.*]] = memref.subview %arg1
// CHECK-NOT: memref.prefetch
// CHECK: scf.for %[[J:[a-z0-9]+]] = %c0 to %c992 step %c32 {
// CHECK: %[[FIRST:.*]] = arith.addi %[[J]], %c64
// CHECK-NEXT: memref.prefetch %[[ROW]][%c0, %[[FIRST]]], write, locality<3>, data
// CHECK-NEXT: %[[SECOND:.*]] = arith.addi %[[J]], %c80
// CHECK-NEXT: memref.prefetch %[[ROW]][%c0, %[[SECOND]]], write, locality<3>, data
// CHECK-NEXT: vector.store
// CHECK-NOT: memref.prefetch
// CHECK-LABEL: @write_ahead_or_bypass
// CHECK: scf.if
// CHECK-NEXT: vector.store {{.*}} nontemporal = true
// CHECK-NEXT: } else {
// CHECK-COUNT-2: memref.prefetch {{.*}} write, locality<3>, data
// CHECK-NEXT: vector.store
func.func @write_ahead(%x: memref<?x1000xf32>, %y: memref<?x1000xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1000xf32>) outs(%y : memref<?x1000xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [32, 8, 1], write_ahead = 256>}
  return
}
func.func @write_ahead_or_bypass(%x: memref<?x1024xf32>, %y: memref<?x1024xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [32, 8, 1],
       write_ahead = 256, nontemporal = 33554432>}
  return
}

// Results that are not neighbours have no lines of their own.
// CHECK-LABEL: @write_ahead_strided
// CHECK-NOT: memref.prefetch
// CHECK: return
func.func @write_ahead_strided(%x: memref<?x1024xf32>, %y: memref<?x1024xf32, strided<[4096, 4]>>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32, strided<[4096, 4]>>)
      {schedule = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], write_ahead = 256>}
  return
}

// What is written over x is in a cache.
// CHECK-LABEL: @in_place
// CHECK: memref.prefetch
// CHECK-NOT: nontemporal = true
func.func @in_place(%x: memref<?x1024xf32, strided<[?, 1], offset: ?>>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32, strided<[?, 1], offset: ?>>) outs(%x : memref<?x1024xf32, strided<[?, 1], offset: ?>>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], prefetch = 4096, nontemporal = 4096>}
  return
}

// Each of the two without the other.
// CHECK-LABEL: @fetched
// CHECK-NOT: nontemporal = true
// CHECK: memref.prefetch
// CHECK-NOT: nontemporal = true
func.func @fetched(%x: memref<?x1024xf32>, %y: memref<?x1024xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], prefetch = 4096>}
  return
}

// CHECK-LABEL: @bypassing
// CHECK-NOT: memref.prefetch
// CHECK: nontemporal = true
// CHECK-NOT: memref.prefetch
func.func @bypassing(%x: memref<?x1024xf32>, %y: memref<?x1024xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], nontemporal = 4096>}
  return
}

// Rows that cannot all begin at good addresses.
// CHECK-LABEL: @unaligned
// CHECK-NOT: nontemporal = true
// CHECK: memref.prefetch
// CHECK-NOT: nontemporal = true
func.func @unaligned(%x: memref<?x1003xf32>, %y: memref<?x1003xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1003xf32>) outs(%y : memref<?x1003xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], prefetch = 4096, nontemporal = 4096>}
  return
}

// Whether they do is asked where their distance is not known.
// CHECK-LABEL: @strided
// CHECK: %{{.*}}, %{{.*}}, %{{.*}}:2, %[[STRIDES:.*]]:2 = memref.extract_strided_metadata
// CHECK: %[[BYTES:.*]] = arith.muli %[[STRIDES]]#0, %c4
// CHECK: %[[BITS:.*]] = arith.ori %{{.*}}, %[[BYTES]]
// CHECK: %[[REST:.*]] = arith.andi %[[BITS]], %c63
// CHECK: arith.cmpi eq, %[[REST]], %c0
// CHECK: nontemporal = true
func.func @strided(%x: memref<?x1024xf32>, %y: memref<?x1024xf32, strided<[?, 1]>>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32, strided<[?, 1]>>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], nontemporal = 4096>}
  return
}

// A long row may leave a line unfinished.
// CHECK-LABEL: @long
// CHECK: arith.andi %{{.*}}, %c31
// CHECK: nontemporal = true
func.func @long(%x: memref<?x2056xf32>, %y: memref<?x2056xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x2056xf32>) outs(%y : memref<?x2056xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], nontemporal = 4096>}
  return
}

// CHECK-LABEL: @short_unaligned
// CHECK-NOT: nontemporal = true
func.func @short_unaligned(%x: memref<?x1000xf32>, %y: memref<?x1000xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1000xf32>) outs(%y : memref<?x1000xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], nontemporal = 4096>}
  return
}

// CHECK-LABEL: @unknown_length
// CHECK: %[[IS_LONG:.*]] = arith.cmpi uge, %{{.*}}, %c8192
// CHECK: %[[BITS:.*]] = arith.select %[[IS_LONG]], %c31, %c63
// CHECK: arith.andi %{{.*}}, %[[BITS]]
// CHECK: nontemporal = true
func.func @unknown_length(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], nontemporal = 4000>}
  return
}

// Rows that take turns have to begin where lines do.
// CHECK-LABEL: @shared
// CHECK: arith.andi %{{.*}}, %c63
// CHECK: nontemporal = true
func.func @shared(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], rows = 8, share_rows = true,
       nontemporal = 4096>}
  return
}

// CHECK-LABEL: @shared_unaligned
// CHECK-NOT: nontemporal = true
func.func @shared_unaligned(%x: memref<?x336xbf16>, %w: memref<336xbf16>, %y: memref<?x336xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x336xbf16>) scale(%w : memref<336xbf16>) outs(%y : memref<?x336xbf16>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], rows = 8, share_rows = true,
       nontemporal = 4096>}
  return
}
