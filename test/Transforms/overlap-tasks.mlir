// RUN: rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=overlap --split-input-file | FileCheck %s

// The first task is summed before the loop, where there is one; then each is
// summed one iteration before its results are written. What is left for the
// results has room for two tasks. After the last task there is no root.
// CHECK-LABEL: func.func @short(
// CHECK: scf.parallel (%[[BEGIN:.*]]) =
// CHECK: %[[END:.*]] = arith.minui
// CHECK: %[[ROOM:.*]] = memref.alloca() {alignment = 64 : i64} : memref<2x1xf32>
// CHECK: %[[HALF:.*]] = arith.andi %[[BEGIN]], %{{.*}}
// CHECK: memref.subview %[[ROOM]][%[[HALF]], 0] [1, 1] [1, 1]
// CHECK: %[[SOME:.*]] = arith.cmpi ult, %[[BEGIN]], %[[END]]
// CHECK: scf.if %[[SOME]] {
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK: math.sqrt
// CHECK: }
// CHECK: scf.for %[[TASK:.*]] = %[[BEGIN]] to %[[END]]
// CHECK: %[[NUMBER:.*]] = arith.addi %[[TASK]]
// CHECK: %[[LAST:.*]] = arith.subi %[[END]]
// CHECK: %[[NEXT:.*]] = arith.minui %[[NUMBER]], %[[LAST]]
// CHECK: %[[OLD:.*]] = memref.subview %[[ROOM]]
// CHECK: %[[NEW:.*]] = memref.subview %[[ROOM]]
// CHECK: %[[Y:.*]] = memref.subview %arg1[%[[TASK]], 0]
// CHECK: %[[X:.*]] = memref.subview %arg0[%[[NEXT]], 0]
// CHECK: linalg.generic {{.*}}"reduction"{{.*}} ins(%[[X]]
// CHECK-SAME: rmsnorm.beside
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[OLD]] {{.*}} outs(%[[Y]]
// CHECK: %[[MORE:.*]] = arith.cmpi ult, %[[NUMBER]], %[[END]]
// CHECK: scf.if %[[MORE]] {
// CHECK: linalg.generic {{.*}} outs(%[[NEW]]
// CHECK: math.sqrt
// CHECK: }
// CHECK: } {rmsnorm.lag = 1 : index}
func.func @short(%x: memref<?x200xf32>, %y: memref<?x200xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x200xf32>) outs(%y : memref<?x200xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 800>}
  return
}

// -----

// A row of 804 bytes.
// CHECK-LABEL: func.func @long(
// CHECK-NOT: rmsnorm.lag
// CHECK-NOT: rmsnorm.beside
// CHECK: return
func.func @long(%x: memref<?x201xf32>, %y: memref<?x201xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x201xf32>) outs(%y : memref<?x201xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 800>}
  return
}

// -----

// A row of unknown length.
// CHECK-LABEL: func.func @unknown(
// CHECK-NOT: rmsnorm.lag
// CHECK: return
func.func @unknown(%x: memref<8x?xf32>, %y: memref<8x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<8x?xf32>) outs(%y : memref<8x?xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 800>}
  return
}

// -----

// Halves of a norm have one half.
// CHECK-LABEL: func.func @halves(
// CHECK-NOT: rmsnorm.lag
// CHECK: return
func.func @halves(%x: memref<?x200xf32>, %ms: memref<?x1xf32>, %y: memref<?x200xf32>) {
  rmsnorm.mean_square ins(%x : memref<?x200xf32>) outs(%ms : memref<?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 800>}
  rmsnorm.normalize ins(%x : memref<?x200xf32>) statistic(%ms : memref<?x1xf32>) outs(%y : memref<?x200xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 800>}
  return
}
