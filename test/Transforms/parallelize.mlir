// RUN: rmsnorm-opt %s --rmsnorm-parallelize --split-input-file | FileCheck %s

// What the body goes over is handed out one by one, however many of it are worth
// a thread: threads get as many as others, or one more.
// CHECK-LABEL: func.func @ranges(
// CHECK-SAME: %[[N:[a-z0-9]+]]: index
// CHECK-DAG: %[[COUNT:.*]] = arith.index_cast %[[N]] : index to i64
// CHECK-DAG: %[[GRAIN:.*]] = arith.index_cast %c14{{.*}} : index to i64
// CHECK: llvm.call @rmsnorm_parallel_for(%{{.*}}, %{{.*}}, %[[COUNT]], %[[GRAIN]])
// CHECK: llvm.func internal @ranges_task(%{{.*}}: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// CHECK-DAG: %[[FIRST:.*]] = arith.index_cast %[[BEGIN]] : i64 to index
// CHECK-DAG: %[[LAST:.*]] = arith.index_cast %[[END]] : i64 to index
// CHECK-NOT: arith.minui
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %[[LAST]]
// CHECK-NOT: scf.for
// CHECK: llvm.return
func.func @ranges(%n: index, %x: memref<?xf32>, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c14 = arith.constant 14 : index
  scf.parallel (%begin) = (%c0) to (%n) step (%c14) {
    %past = arith.addi %begin, %c14 : index
    %end = arith.minui %past, %n : index
    scf.for %i = %begin to %end step %c1 {
      %e = memref.load %x[%i] : memref<?xf32>
      memref.store %e, %y[%i] : memref<?xf32>
    }
  } {rmsnorm.ranges, rmsnorm.schedule = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1]>}
  return
}

// -----

// Else iterations are.
// CHECK-LABEL: func.func @iterations(
// CHECK: %[[COUNT:.*]] = arith.divui
// CHECK: llvm.call @rmsnorm_parallel_for(%{{.*}}, %{{.*}}, %[[COUNT]], %c1{{.*}})
// CHECK: llvm.func internal @iterations_task(
// CHECK-COUNT-2: arith.muli
// CHECK: scf.for
// CHECK: llvm.return
func.func @iterations(%n: index, %x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c14 = arith.constant 14 : index
  %zero = arith.constant 0.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c14) {
    memref.store %zero, %x[%i] : memref<?xf32>
  } {rmsnorm.schedule = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1]>}
  return
}

// -----

// The runtime says how many threads there are, also within a task.
// CHECK: llvm.func @rmsnorm_max_threads() -> i64
// CHECK-LABEL: func.func @threads(
// CHECK: %[[THREADS:.*]] = llvm.call @rmsnorm_max_threads() : () -> i64
// CHECK: %[[INDEX:.*]] = arith.index_cast %[[THREADS]] : i64 to index
// CHECK: memref.store %[[INDEX]]
// CHECK: llvm.func internal @threads_task(
// CHECK: llvm.call @rmsnorm_max_threads() : () -> i64
// CHECK-NOT: rmsnorm.max_threads
func.func @threads(%n: index, %x: memref<?xindex>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %outside = rmsnorm.max_threads
  memref.store %outside, %x[%c0] : memref<?xindex>
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    %inside = rmsnorm.max_threads
    memref.store %inside, %x[%i] : memref<?xindex>
  } {rmsnorm.schedule = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1]>}
  return
}
