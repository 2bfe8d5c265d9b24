// RUN: rmsnorm-opt %s --rmsnorm-distribute --split-input-file | FileCheck %s

#s = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], part = 1000>

// 4097 terms: 6 parts, an even number, of 704, which end with cache lines. Each
// has a sum of its own; these are added up one by one.
// CHECK-LABEL: func.func @row
// CHECK: %[[MEMORY:.*]] = memref.alloca() {alignment = 64 : i64} : memref<128xf32>
// CHECK: %[[SUMS:.*]] = memref.subview %[[MEMORY]][0] [6] [1]
// CHECK: scf.parallel ({{.*}}) = (%{{.*}}) to (%{{c6.*}}) step
// CHECK: scf.for %[[PART:.*]] =
// CHECK: %[[OFFSET:.*]] = arith.muli %[[PART]], %{{c704.*}} : index
// CHECK: %[[LEFT:.*]] = arith.subi %{{c4097.*}}, %[[OFFSET]]
// CHECK: %[[SIZE:.*]] = arith.minui %[[LEFT]], %{{c704.*}} : index
// CHECK: %[[X:.*]] = memref.subview %arg0[%[[OFFSET]]] [%[[SIZE]]] [1]
// CHECK: %[[SUM:.*]] = memref.subview %[[SUMS]][%[[PART]]] [1] [1]
// CHECK: linalg.fill {{.*}} outs(%[[SUM]]
// CHECK: linalg.generic {{.*}} ins(%[[X]] {{.*}} outs(%[[SUM]]
// CHECK-SAME: chain = 2
// CHECK: scf.reduce
// CHECK: linalg.generic {{.*}}["reduction"]{{.*}} ins(%[[SUMS]] {{.*}} outs(%arg1
// CHECK-SAME: chain = 1
// CHECK: arith.addf
#row = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], chain = 2, part = 1000>
func.func @row(%x: memref<4097xf32>, %sum: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<4097xf32>) outs(%sum : memref<f32>)
      attrs = {rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #row} {
  ^bb0(%in: f32, %out: f32):
    %next = arith.addf %out, %in : f32
    linalg.yield %next : f32
  }
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], part = 1000>

// 2000 terms are no more than two parts.
// CHECK-LABEL: func.func @short
// CHECK-NOT: scf.
// CHECK: linalg.generic
// CHECK-NOT: rmsnorm.reduced
// CHECK: return
func.func @short(%x: memref<2000xf32>, %sum: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<2000xf32>) outs(%sum : memref<f32>)
      attrs = {rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #s} {
  ^bb0(%in: f32, %out: f32):
    %next = arith.addf %out, %in : f32
    linalg.yield %next : f32
  }
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], part = 1000>

// Rows of unknown length: parts only where they are long. Maxima are joined as
// maxima.
// CHECK-LABEL: func.func @unknown
// CHECK: %[[LENGTH:.*]] = memref.dim %arg0
// CHECK: %[[IS_LONG:.*]] = arith.cmpi ugt, %[[LENGTH]], %{{c2000.*}} : index
// CHECK: scf.if %[[IS_LONG]]
// CHECK: scf.parallel
// CHECK: linalg.generic
// CHECK: linalg.generic
// CHECK: arith.maximumf
// CHECK: } else {
// CHECK-NOT: scf.
// CHECK: linalg.generic {{.*}} ins(%arg0
func.func @unknown(%x: memref<?xf32>, %sum: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<?xf32>) outs(%sum : memref<f32>)
      attrs = {rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #s} {
  ^bb0(%in: f32, %out: f32):
    %next = arith.maximumf %out, %in : f32
    linalg.yield %next : f32
  }
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], part = 1000>

// Elementwise: the parts have views of the results. Of two reduced loops the
// first is cut, at 10 rows of 100; the loop that is not reduced stays whole.
// CHECK-LABEL: func.func @elementwise
// CHECK: scf.parallel ({{.*}}) = (%{{.*}}) to (%{{c8.*}}) step
// CHECK: scf.for
// CHECK: %[[X:.*]] = memref.subview %arg0[0, %{{.*}}, 0] [5, 10, 100] [1, 1, 1]
// CHECK: %[[Y:.*]] = memref.subview %arg2[0, %{{.*}}, 0] [5, 10, 100] [1, 1, 1]
// CHECK: linalg.generic {{.*}} ins(%[[X]], %arg1 : {{.*}} outs(%[[Y]]
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @elementwise(%x: memref<5x80x100xf32>, %r: memref<5xf32>, %y: memref<5x80x100xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i)>, affine_map<(i, j, k) -> (i, j, k)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %r : memref<5x80x100xf32>, memref<5xf32>) outs(%y : memref<5x80x100xf32>)
      attrs = {rmsnorm.reduced = array<i64: 1, 2>, rmsnorm.schedule = #s} {
  ^bb0(%in: f32, %root: f32, %out: f32):
    %product = arith.mulf %in, %root : f32
    linalg.yield %product : f32
  }
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], part = 16, panel = 4096>

// Columns: always parts, as one costs little, which is what a sum has that is
// not long. At most 128 of them; they have a sum for each column, and are added
// up in the order of memory.
// CHECK-LABEL: func.func @columns
// CHECK: %[[IS_LONG:.*]] = arith.cmpi ugt, %{{.*}}, %c32
// CHECK: arith.minui %{{.*}}, %{{c128.*}} : index
// CHECK: arith.select %[[IS_LONG]], %{{.*}}, %c1
// CHECK: %[[SUMS:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<?x7xf32>
// CHECK: scf.parallel
// CHECK: memref.subview %[[SUMS]][%{{.*}}, 0] [1, 7] [1, 1] : memref<?x7xf32> to memref<7xf32
// CHECK: linalg.generic {{.*}}["reduction", "parallel"]{{.*}} ins(%[[SUMS]] {{.*}} outs(%arg1
// CHECK-SAME: panel = 4096
// CHECK: memref.dealloc %[[SUMS]]
func.func @columns(%x: memref<?x7xf32>, %sum: memref<7xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<?x7xf32>) outs(%sum : memref<7xf32>)
      attrs = {rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #s} {
  ^bb0(%in: f32, %out: f32):
    %next = arith.addf %out, %in : f32
    linalg.yield %next : f32
  }
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], part = 1024>

// Parts of one size have a static one.
// CHECK-LABEL: func.func @even
// CHECK: memref.subview %arg0[%{{.*}}] [1024] [1] : memref<8192xf32> to memref<1024xf32
// CHECK-LABEL: func.func @uneven
// CHECK: memref.subview %arg0[%{{.*}}] [%{{.*}}] [1] : memref<8200xf32> to memref<?xf32
func.func @even(%x: memref<8192xf32>, %sum: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<8192xf32>) outs(%sum : memref<f32>)
      attrs = {rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #s} {
  ^bb0(%in: f32, %out: f32):
    %next = arith.addf %out, %in : f32
    linalg.yield %next : f32
  }
  return
}
func.func @uneven(%x: memref<8200xf32>, %sum: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<8200xf32>) outs(%sum : memref<f32>)
      attrs = {rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #s} {
  ^bb0(%in: f32, %out: f32):
    %next = arith.addf %out, %in : f32
    linalg.yield %next : f32
  }
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], part = 1024>

// A sum and the results beside it have their parts in one loop; those of another
// length have a loop of their own.
// CHECK-LABEL: func.func @beside(
// CHECK: scf.parallel
// CHECK: memref.subview %arg0[%{{.*}}] [1024] [1]
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK-SAME: rmsnorm.beside
// CHECK: memref.subview %arg1[%{{.*}}] [1024] [1]
// CHECK: linalg.generic {{.*}}"parallel"
// CHECK: scf.reduce
// CHECK-NOT: scf.parallel
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK-LABEL: func.func @unlike_beside(
// CHECK: scf.parallel
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK: scf.reduce
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK: scf.parallel
// CHECK: linalg.generic {{.*}}"parallel"
func.func @beside(%x: memref<8192xf32>, %y: memref<8192xf32>, %sum: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<8192xf32>) outs(%sum : memref<f32>)
      attrs = {rmsnorm.beside, rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #s} {
  ^bb0(%in: f32, %out: f32):
    %next = arith.addf %out, %in : f32
    linalg.yield %next : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      outs(%y : memref<8192xf32>)
      attrs = {rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #s} {
  ^bb0(%out: f32):
    %next = arith.addf %out, %out : f32
    linalg.yield %next : f32
  }
  return
}
func.func @unlike_beside(%x: memref<8192xf32>, %y: memref<4096xf32>, %sum: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<8192xf32>) outs(%sum : memref<f32>)
      attrs = {rmsnorm.beside, rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #s} {
  ^bb0(%in: f32, %out: f32):
    %next = arith.addf %out, %in : f32
    linalg.yield %next : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      outs(%y : memref<4096xf32>)
      attrs = {rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #s} {
  ^bb0(%out: f32):
    %next = arith.addf %out, %out : f32
    linalg.yield %next : f32
  }
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], part = 1000>

// Whether the rows of tasks are cut is asked before the first of them, where they
// all have one length.
// CHECK-LABEL: func.func @tasks(
// CHECK: scf.parallel
// CHECK: %[[IS_LONG:.*]] = arith.cmpi ugt, %arg2, %{{c2000.*}} :
// CHECK: scf.if %[[IS_LONG]] {
// CHECK: scf.for
// CHECK: scf.parallel
// CHECK: linalg.generic
// CHECK: } else {
// CHECK: scf.for
// CHECK-NOT: scf.parallel
// CHECK: linalg.generic
// CHECK-NOT: scf.parallel
// CHECK: return
func.func @tasks(%x: memref<8x?xf32>, %sums: memref<8xf32>, %length: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.parallel (%begin) = (%c0) to (%c8) step (%c1) {
    %end = arith.addi %begin, %c1 : index
    scf.for %i = %begin to %end step %c1 {
      %row = memref.subview %x[%i, 0] [1, %length] [1, 1] : memref<8x?xf32> to memref<1x?xf32, strided<[?, 1], offset: ?>>
      %sum = memref.subview %sums[%i] [1] [1] : memref<8xf32> to memref<1xf32, strided<[1], offset: ?>>
      linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
          ins(%row : memref<1x?xf32, strided<[?, 1], offset: ?>>) outs(%sum : memref<1xf32, strided<[1], offset: ?>>)
          attrs = {rmsnorm.reduced = array<i64: 1>, rmsnorm.schedule = #s} {
      ^bb0(%in: f32, %out: f32):
        %next = arith.addf %out, %in : f32
        linalg.yield %next : f32
      }
    }
  } {rmsnorm.schedule = #s}
  return
}

// -----

#s = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], part = 1000>

// Ops without inputs, and those that reduce nothing, do not say how long rows are.
// CHECK-LABEL: func.func @no_inputs(
// CHECK-NOT: scf.if
// CHECK: linalg.generic
// CHECK-LABEL: func.func @nothing_reduced(
// CHECK-NOT: scf.if
// CHECK: linalg.generic
func.func @no_inputs(%y: memref<8x?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.parallel (%begin) = (%c0) to (%c8) step (%c1) {
    %end = arith.addi %begin, %c1 : index
    scf.for %i = %begin to %end step %c1 {
      linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
          outs(%y : memref<8x?xf32>)
          attrs = {rmsnorm.reduced = array<i64: 0>, rmsnorm.schedule = #s} {
      ^bb0(%out: f32):
        linalg.yield %out : f32
      }
    }
  } {rmsnorm.schedule = #s}
  return
}
func.func @nothing_reduced(%x: memref<8x?xf32>, %y: memref<8x?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.parallel (%begin) = (%c0) to (%c8) step (%c1) {
    %end = arith.addi %begin, %c1 : index
    scf.for %i = %begin to %end step %c1 {
      linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
          ins(%x : memref<8x?xf32>) outs(%y : memref<8x?xf32>)
          attrs = {rmsnorm.reduced = array<i64>, rmsnorm.schedule = #s} {
      ^bb0(%in: f32, %out: f32):
        linalg.yield %in : f32
      }
    }
  } {rmsnorm.schedule = #s}
  return
}
