// RUN: rmsnorm-opt %s --rmsnorm-tile --rmsnorm-decompose --rmsnorm-vectorize --canonicalize --split-input-file | FileCheck %s

// A row of 19 ends with a vector of 8 from 11 on. Three of its lanes count in
// the sum, and its results are computed before the others are stored: y may be x.
// CHECK-LABEL: @row
// CHECK-DAG: %[[IS_LEFT:.*]] = arith.constant dense<[false, false, false, false, false, true, true, true]> : vector<8xi1>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<8xf32>
// CHECK-DAG: %[[C11:.*]] = arith.constant 11 : index
// CHECK: vector.load {{.*}} : memref<1x19xf32{{.*}}, vector<16xf32>
// CHECK: %[[LAST:.*]] = vector.load %{{.*}}[%{{.*}}, %[[C11]]] : memref<1x19xf32{{.*}}, vector<8xf32>
// CHECK: %[[SQUARES:.*]] = llvm.intr.fmuladd(%[[LAST]], %[[LAST]], %[[ZERO]])
// CHECK: arith.select %[[IS_LEFT]], %[[SQUARES]], %[[ZERO]]
// CHECK: math.sqrt
// CHECK: %[[END:.*]] = vector.load %{{.*}}[%{{.*}}, %[[C11]]] : memref<1x19xf32{{.*}}, vector<8xf32>
// CHECK: %[[RESULT:.*]] = arith.mulf %[[END]]
// CHECK: vector.store {{.*}} : memref<1x19xf32{{.*}}, vector<16xf32>
// CHECK: vector.store %[[RESULT]], %{{.*}}[%{{.*}}, %[[C11]]]
// CHECK-NOT: memref.store {{.*}} : memref<1x19xf32
func.func @row(%x: memref<?x19xf32>, %y: memref<?x19xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x19xf32>) outs(%y : memref<?x19xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [16, 8, 1]>}
  return
}

// -----

// The even lanes of memory come before the odd ones.
// CHECK-LABEL: @even_odd
// CHECK: arith.constant dense<[false, false, false, true, false, false, true, true]> : vector<8xi1>
func.func @even_odd(%x: memref<?x19xbf16>, %y: memref<?x19xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x19xbf16>) outs(%y : memref<?x19xbf16>)
      {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [16, 8, 1]>}
  return
}

// -----

// Shorter rows and rows of unknown length go element by element; what whole steps
// leave of the latter, and whole chains, is summed where there is something.
// CHECK-LABEL: @short
// CHECK-NOT: vector<8x
// CHECK-LABEL: @unknown
// CHECK: %[[SUMS:.*]] = scf.for %{{.*}} = %c0 to %[[CHAINS:.*]] step %c64 iter_args
// CHECK: %[[ANY:.*]] = arith.cmpi ult, %[[CHAINS]], %[[STEPS:.*]] : index
// CHECK: scf.if %[[ANY]] -> (vector<16xf64>) {
// CHECK: scf.for %{{.*}} = %[[CHAINS]] to %[[STEPS]] step %c16
// CHECK: } else {
// CHECK-NEXT: scf.yield %[[SUMS]]
// CHECK-NOT: vector<8xi1>

// Elements that are not neighbours have the sum that they would have if they
// were; their results go element by element.
// CHECK-LABEL: @strided
// CHECK: arith.select %{{.*}} : vector<8xi1>, vector<8xf32>
// CHECK: math.sqrt
// CHECK: scf.for %{{.*}} = %c16 to %c19 step %c1
// CHECK: memref.store {{.*}} : memref<1x19xf32
func.func @short(%x: memref<?x7xf32>, %y: memref<?x7xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x7xf32>) outs(%y : memref<?x7xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [16, 8, 1]>}
  return
}
func.func @unknown(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [16, 8, 1]>}
  return
}
func.func @strided(%x: memref<?x19xf32, strided<[38, 2]>>, %y: memref<?x19xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x19xf32, strided<[38, 2]>>) outs(%y : memref<?x19xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [16, 8, 1]>}
  return
}
