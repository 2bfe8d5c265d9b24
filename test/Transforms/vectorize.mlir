// RUN: rmsnorm-opt %s --rmsnorm-schedule --rmsnorm-tile --rmsnorm-decompose --rmsnorm-vectorize --split-input-file | FileCheck %s

// One parallel loop over rows, x loaded in two loops, nothing of x's size. A
// chain of terms in f32 is folded to eight lanes and ends in totals in f64.
// CHECK-LABEL: func.func @last_axis
// CHECK-NOT: memref.alloc(
// CHECK: scf.parallel
// CHECK: scf.for {{.*}} -> (vector<8xf64>)
// CHECK: vector.load %[[ROW:[a-z0-9_]+]][{{.*}} vector<32xf32>
// CHECK-COUNT-4: llvm.intr.fmuladd{{.*}} -> vector<32xf32>
// CHECK: arith.addf {{.*}} : vector<16xf32>
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK: arith.extf {{.*}} : vector<8xf32> to vector<8xf64>
// CHECK: arith.addf {{.*}} : vector<8xf64>
// Nothing of f64 is compensated, or rounded before the root is.
// CHECK-NOT: arith.subf
// CHECK-NOT: arith.truncf
// CHECK: math.sqrt
// CHECK: scf.for
// CHECK: vector.load %[[ROW]][
// CHECK: vector.store
// CHECK-NOT: scf.parallel
func.func @last_axis(%x: memref<?x1024xf32>, %w: memref<1024xf32>, %y: memref<?x1024xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) scale(%w : memref<1024xf32>) outs(%y : memref<?x1024xf32>)
  return
}

// -----

// Memory runs along an axis that is not reduced and is wide: four rows for each
// pass over the accumulators, which are in memory, and totals in f64.
// CHECK-LABEL: func.func @first_axis
// CHECK: scf.parallel
// CHECK: memref.alloc() {alignment = 64 : i64} : memref<16384xf64>
// CHECK: vector.load {{.*}} memref<1000x?xf32
// CHECK-COUNT-4: llvm.intr.fmuladd
// CHECK: vector.store
func.func @first_axis(%x: memref<1000x?xf32>, %y: memref<1000x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<1000x?xf32>) outs(%y : memref<1000x?xf32>) reduce [0]
  return
}

// -----

// Narrow: one vector of accumulators, in registers.
// CHECK-LABEL: func.func @narrow
// CHECK: scf.parallel
// CHECK: scf.for {{.*}} -> (vector<32xf64>)
func.func @narrow(%x: memref<1000x32xf32>, %y: memref<1000x32xf32>) {
  rmsnorm.rms_norm ins(%x : memref<1000x32xf32>) outs(%y : memref<1000x32xf32>) reduce [0]
  return
}

// -----

// Strided memory is gathered.
// CHECK-LABEL: func.func @strided
// CHECK: memref.load
// CHECK: vector.from_elements
func.func @strided(%x: memref<4x128xf32, strided<[128, 2], offset: ?>>, %y: memref<4x128xf32>) {
  rmsnorm.rms_norm ins(%x : memref<4x128xf32, strided<[128, 2], offset: ?>>) outs(%y : memref<4x128xf32>)
  return
}

// -----

// A term that is no product: the parts of a complex number.
// CHECK-LABEL: func.func @complex
// CHECK: %[[SQUARES:.*]] = arith.addf {{.*}} : [[TYPE:.*xf32>|f32]]
// CHECK: arith.addf %{{.*}}, %[[SQUARES]] : [[TYPE]]
// CHECK: math.sqrt {{.*}}f64
func.func @complex(%x: memref<?x1024xcomplex<f32>>, %y: memref<?x1024xcomplex<f32>>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xcomplex<f32>>) outs(%y : memref<?x1024xcomplex<f32>>)
  return
}
