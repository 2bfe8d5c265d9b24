// RUN: rmsnorm-opt %s --rmsnorm-tile --rmsnorm-decompose --rmsnorm-vectorize --canonicalize | FileCheck %s

// x is loaded in two places. Whether the result is large and where it begins is
// asked in the kernel; the branches hold the stores alone.
// CHECK-LABEL: @large
// CHECK: scf.parallel
// CHECK: scf.for %[[I:.*]] =
// CHECK: %[[ROW:.*]] = memref.subview %arg0[%[[I]], 0]
// CHECK: vector.load %[[ROW]]
// CHECK: %[[IS_LARGE:.*]] = arith.cmpi uge, %{{.*}}, %c16777216
// CHECK: %[[NEXT:.*]] = memref.subview %arg0
// CHECK: %[[IS_ALIGNED:.*]] = arith.cmpi eq
// CHECK: vector.load %[[ROW]]
// CHECK: scf.if %[[IS_LARGE]] {
// CHECK: memref.prefetch %[[NEXT]]
// CHECK: memref.prefetch %[[NEXT]]
// CHECK-NOT: memref.prefetch
// CHECK: scf.if %[[IS_ALIGNED]] {
// CHECK-NEXT: vector.store {{.*}} {alignment = 32 : i64, nontemporal = true}
// CHECK-NEXT: } else {
// CHECK-NEXT: vector.store
// CHECK-NOT: nontemporal = true
// CHECK-NOT: vector.load %[[ROW]]
func.func @large(%x: memref<?x1024xf32>, %y: memref<?x1024xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1],
       prefetch = true, nontemporal = 16777216, grain = 32768>}
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
