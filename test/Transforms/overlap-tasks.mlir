// RUN: rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=overlap --split-input-file | FileCheck %s

// The first task is summed before the loop, where there is one; then each is
// summed one iteration before its results are written. Its root takes the place of
// the one that the results have read. After the last task there is no root.
// CHECK-LABEL: func.func @always(
// CHECK: scf.parallel (%[[BEGIN:.*]]) =
// CHECK: %[[END:.*]] = arith.minui
// CHECK: %[[ROOT:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1xf32>
// CHECK: %[[SOME:.*]] = arith.cmpi ult, %[[BEGIN]], %[[END]]
// CHECK: scf.if %[[SOME]] {
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK: math.sqrt
// CHECK: }
// CHECK: scf.for %[[TASK:.*]] = %[[BEGIN]] to %[[END]]
// CHECK: %[[NUMBER:.*]] = arith.addi %[[TASK]]
// CHECK: %[[LAST:.*]] = arith.subi %[[END]]
// CHECK: %[[NEXT:.*]] = arith.minui %[[NUMBER]], %[[LAST]]
// CHECK: %[[Y:.*]] = memref.subview %arg1[%[[TASK]], 0]
// CHECK: %[[X:.*]] = memref.subview %arg0[%[[NEXT]], 0]
// CHECK: linalg.generic {{.*}}"reduction"{{.*}} ins(%[[X]]
// CHECK-SAME: rmsnorm.beside
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[ROOT]] {{.*}} outs(%[[Y]]
// CHECK: %[[MORE:.*]] = arith.cmpi ult, %[[NUMBER]], %[[END]]
// CHECK: scf.if %[[MORE]] {
// CHECK: linalg.generic {{.*}} outs(%[[ROOT]]
// CHECK: math.sqrt
// CHECK: }
// CHECK: } {rmsnorm.overlapped}
func.func @always(%x: memref<?x200xf32>, %y: memref<?x200xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x200xf32>) outs(%y : memref<?x200xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 1>}
  return
}

// -----

// A row that fills the first cache is not summed for nothing after the last one.
// CHECK-LABEL: func.func @long_rows(
// CHECK: %[[ROOT:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1xf32>
// CHECK: linalg.generic
// CHECK-SAME: "reduction"
// CHECK-NOT: rmsnorm.once
// CHECK: scf.for %[[TASK:.*]] = %{{.*}} to %[[END:.*]] step
// CHECK: %[[NUMBER:.*]] = arith.addi %[[TASK]]
// CHECK: %[[MORE:.*]] = arith.cmpi ult, %[[NUMBER]], %[[END]]
// CHECK: scf.if %[[MORE]] {
// CHECK: %[[X:.*]] = memref.subview %arg0[%[[NUMBER]], 0]
// CHECK: linalg.generic {{.*}}"reduction"{{.*}} ins(%[[X]]
// CHECK-SAME: rmsnorm.beside
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[ROOT]]
// CHECK: linalg.generic {{.*}} outs(%[[ROOT]]
// CHECK: } else {
// CHECK-NOT: "reduction"
// CHECK: %[[LAST:.*]] = memref.subview %arg0[%[[TASK]], 0]
// CHECK: linalg.generic {{.*}} ins(%[[LAST]], %[[ROOT]]
// CHECK-NOT: linalg.generic
// CHECK: } {rmsnorm.overlapped}
func.func @long_rows(%x: memref<?x8200xf32>, %y: memref<?x8200xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x8200xf32>) outs(%y : memref<?x8200xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 1>}
  return
}

// -----

// What is divided out is known before the sum: it has room for two tasks.
// CHECK-LABEL: func.func @stable(
// CHECK-DAG: %[[ROOM:.*]] = memref.alloca() {alignment = 64 : i64} : memref<2x1xf32>
// CHECK-DAG: %[[ROOT:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1xf32>
// CHECK: scf.if
// CHECK: scf.for %[[TASK:.*]] = {{.*}} {
// CHECK: %[[NUMBER:.*]] = arith.addi %[[TASK]]
// CHECK: %[[OLD:.*]] = arith.andi %[[TASK]], %{{.*}}
// CHECK: %[[FACTOR:.*]] = memref.subview %[[ROOM]][%[[OLD]], 0] [1, 1] [1, 1]
// CHECK: %[[NEW:.*]] = arith.andi %[[NUMBER]], %{{.*}}
// CHECK: %[[NEXT:.*]] = memref.subview %[[ROOM]][%[[NEW]], 0] [1, 1] [1, 1]
// CHECK: linalg.generic {{.*}} outs(%[[NEXT]]
// CHECK: linalg.generic {{.*}}"reduction"{{.*}} ins(%{{.*}}, %[[NEXT]]
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[ROOT]], %[[FACTOR]]
// CHECK: } {rmsnorm.overlapped}
func.func @stable(%x: memref<?x200xf32>, %y: memref<?x200xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x200xf32>) outs(%y : memref<?x200xf32>)
    {stable, schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 1>}
  return
}

// -----

// From a size on; below it nothing bypasses the caches either, or is fetched
// ahead. What is far has branches in its loops.
// CHECK-LABEL: func.func @large(
// CHECK: scf.parallel (%[[BEGIN:.*]]) = {{.*}} to (%[[COUNT:.*]]) step
// CHECK: %[[END:.*]] = arith.minui
// CHECK: %[[MINE:.*]] = arith.subi %[[END]], %[[BEGIN]]
// CHECK: %[[OF_THREAD:.*]] = arith.muli %[[MINE]], %{{c1600.*}} :
// CHECK: %[[OF_ALL:.*]] = arith.muli %[[COUNT]], %{{c1600.*}} :
// CHECK: arith.cmpi uge, %[[OF_ALL]], %{{c4096.*}} :
// CHECK: arith.cmpi uge, %[[OF_THREAD]], %{{c4096.*}} :
// CHECK: arith.cmpi uge, %[[OF_ALL]], %{{c8192.*}} :
// CHECK: %[[IS_LARGE:.*]] = arith.andi
// CHECK: scf.if %[[IS_LARGE]] {
// CHECK: scf.if
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK-SAME: rmsnorm.once
// CHECK: scf.for
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK-SAME: rmsnorm.beside
// CHECK-SAME: prefetch = 4096, nontemporal = 8192
// CHECK: rmsnorm.far, rmsnorm.overlapped
// CHECK: } else {
// CHECK: scf.for
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK-NOT: prefetch
// CHECK-NOT: nontemporal
// CHECK-NOT: rmsnorm.overlapped
// CHECK: scf.reduce
func.func @large(%x: memref<?x200xf32>, %y: memref<?x200xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x200xf32>) outs(%y : memref<?x200xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 4096, prefetch = 4096, nontemporal = 8192>}
  return
}

// -----

// What is to be near as well stays.
// CHECK-LABEL: func.func @near(
// CHECK: } else {
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK-SAME: prefetch = 4095, nontemporal = 8191
func.func @near(%x: memref<?x200xf32>, %y: memref<?x200xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x200xf32>) outs(%y : memref<?x200xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 4096, prefetch = 4095, nontemporal = 8191>}
  return
}

// -----

// 8 rows of 1600 bytes are known to be less.
// CHECK-LABEL: func.func @small(
// CHECK-NOT: scf.if
// CHECK-NOT: nontemporal
// CHECK-NOT: rmsnorm.overlapped
// CHECK: scf.reduce
func.func @small(%x: memref<8x200xf32>, %y: memref<8x200xf32>) {
  rmsnorm.rms_norm ins(%x : memref<8x200xf32>) outs(%y : memref<8x200xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 12801, nontemporal = 25602>}
  return
}

// -----

// CHECK-LABEL: func.func @unknown_length(
// CHECK: rmsnorm.far, rmsnorm.overlapped
func.func @unknown_length(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 800>}
  return
}

// -----

// The last group of rows may be smaller: the size of all is not known before it.
// CHECK-LABEL: func.func @unknown_tasks(
// CHECK-NOT: rmsnorm.overlapped
// CHECK: return
func.func @unknown_tasks(%x: memref<?x200xf32>, %y: memref<?x200xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x200xf32>) outs(%y : memref<?x200xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 800, rows = 4>}
  return
}

// -----

// The loops of several rows at a time stay apart: one copy of the code for sums,
// and one more iteration, in which none are made.
// CHECK-LABEL: func.func @groups(
// CHECK: scf.parallel (%[[BEGIN:.*]]) =
// CHECK: %[[END:.*]] = arith.minui
// CHECK: %[[PAST:.*]] = arith.addi %[[END]]
// CHECK: scf.for %[[NUMBER:.*]] = %[[BEGIN]] to %[[PAST]]
// CHECK: %[[TASK:.*]] = arith.subi %[[NUMBER]]
// CHECK: %[[ANY:.*]] = arith.cmpi ult, %[[NUMBER]], %[[END]]
// CHECK: scf.if %[[ANY]] {
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK: %[[BEFORE:.*]] = arith.cmpi ult, %[[BEGIN]], %[[NUMBER]]
// CHECK: scf.if %[[BEFORE]] {
// CHECK: affine.apply #{{.*}}(%[[TASK]])
// CHECK: linalg.generic {{.*}}["parallel", "parallel"]
// CHECK: scf.if %[[ANY]] {
// CHECK: linalg.generic {{.*}}["parallel"]
// CHECK-NOT: "reduction"
// CHECK: {rmsnorm.overlapped}
func.func @groups(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 1, rows = 4>}
  return
}

// -----

// CHECK-LABEL: func.func @never(
// CHECK-NOT: rmsnorm.overlapped
// CHECK: return
func.func @never(%x: memref<?x200xf32>, %y: memref<?x200xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x200xf32>) outs(%y : memref<?x200xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1]>}
  return
}

// -----

// Halves of a norm have one half.
// CHECK-LABEL: func.func @halves(
// CHECK-NOT: rmsnorm.overlapped
// CHECK: return
func.func @halves(%x: memref<?x200xf32>, %ms: memref<?x1xf32>, %y: memref<?x200xf32>) {
  rmsnorm.mean_square ins(%x : memref<?x200xf32>) outs(%ms : memref<?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 1>}
  rmsnorm.normalize ins(%x : memref<?x200xf32>) statistic(%ms : memref<?x1xf32>) outs(%y : memref<?x200xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], overlap = 1>}
  return
}
