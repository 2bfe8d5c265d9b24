// RUN: rmsnorm-opt %s --rmsnorm-unroll-loops --split-input-file | FileCheck %s

// Sums and results of a short row.
// CHECK-LABEL: func.func @row(
// CHECK-NOT: scf.for
// CHECK-COUNT-4: vector.load
// CHECK-NOT: vector.load
// CHECK: return %{{.*}} : vector<8xf32>
func.func @row(%x: memref<32xf32>, %y: memref<32xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c32 = arith.constant 32 : index
  %zero = arith.constant dense<0.0> : vector<8xf32>
  %sum = scf.for %i = %c0 to %c32 step %c8 iter_args(%total = %zero) -> (vector<8xf32>) {
    %v = vector.load %x[%i] : memref<32xf32>, vector<8xf32>
    vector.store %v, %y[%i] : memref<32xf32>, vector<8xf32>
    %next = arith.addf %total, %v : vector<8xf32>
    scf.yield %next : vector<8xf32>
  }
  return %sum : vector<8xf32>
}

// -----

// Five iterations, or a number that is not known.
// CHECK-LABEL: func.func @long(
// CHECK-COUNT-2: scf.for
// CHECK: return
func.func @long(%n: index, %x: memref<40xf32>, %y: memref<40xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  scf.for %i = %c0 to %c40 step %c8 {
    %v = vector.load %x[%i] : memref<40xf32>, vector<8xf32>
    vector.store %v, %y[%i] : memref<40xf32>, vector<8xf32>
  }
  scf.for %i = %c0 to %n step %c8 {
    %v = vector.load %x[%i] : memref<40xf32>, vector<8xf32>
    vector.store %v, %y[%i] : memref<40xf32>, vector<8xf32>
  }
  return
}

// -----

// Two iterations of 33 loads and 33 stores of a vector, and of 24 of either.
// CHECK-LABEL: func.func @large(
// CHECK: scf.for
// CHECK: return
func.func @large(%x: memref<528xf32>, %y: memref<528xf32>) {
  %c0 = arith.constant 0 : index
  %c264 = arith.constant 264 : index
  %c528 = arith.constant 528 : index
  scf.for %i = %c0 to %c528 step %c264 {
    %v = vector.load %x[%i] : memref<528xf32>, vector<264xf32>
    vector.store %v, %y[%i] : memref<528xf32>, vector<264xf32>
  }
  return
}
// CHECK-LABEL: func.func @small(
// CHECK-NOT: scf.for
// CHECK: return
func.func @small(%x: memref<384xf32>, %y: memref<384xf32>) {
  %c0 = arith.constant 0 : index
  %c192 = arith.constant 192 : index
  %c384 = arith.constant 384 : index
  scf.for %i = %c0 to %c384 step %c192 {
    %v = vector.load %x[%i] : memref<384xf32>, vector<192xf32>
    vector.store %v, %y[%i] : memref<384xf32>, vector<192xf32>
  }
  return
}

// -----

// Nests, loops with branches, which large norms take, and loops over scalars.
// CHECK-LABEL: func.func @others(
// CHECK: scf.for
// CHECK-NEXT: scf.if
// CHECK: scf.for
// CHECK-NEXT: memref.load
// CHECK: return
func.func @others(%far: i1, %x: memref<32xf32>, %y: memref<32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  scf.for %i = %c0 to %c2 step %c1 {
    scf.if %far {
      %v = vector.load %x[%i] : memref<32xf32>, vector<8xf32>
      vector.store %v, %y[%i] : memref<32xf32>, vector<8xf32>
    }
  }
  scf.for %i = %c0 to %c2 step %c1 {
    %e = memref.load %x[%i] : memref<32xf32>
    memref.store %e, %y[%i] : memref<32xf32>
  }
  return
}
