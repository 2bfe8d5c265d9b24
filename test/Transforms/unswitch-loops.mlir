// RUN: rmsnorm-opt %s --rmsnorm-unswitch-loops --split-input-file | FileCheck %s

// One version where any condition holds, as it was, and one without branches:
// what the `else` has is done there.
// CHECK-LABEL: func.func @two(
// CHECK-SAME: %[[FAR:[a-z0-9]+]]: i1, %[[LARGE:[a-z0-9]+]]: i1, %[[N:[a-z0-9]+]]: index
// CHECK: %[[ANY:.*]] = arith.ori %[[FAR]], %[[LARGE]]
// CHECK-NEXT: scf.if %[[ANY]] {
// CHECK-NEXT: scf.for
// CHECK-NEXT: memref.load
// CHECK-NEXT: scf.if %[[FAR]] {
// CHECK-NEXT: memref.prefetch
// CHECK-NEXT: }
// CHECK-NEXT: scf.if %[[LARGE]] {
// CHECK-NEXT: memref.store {{.*}}nontemporal
// CHECK-NEXT: } else {
// CHECK-NEXT: memref.store
// CHECK-NOT: nontemporal
// CHECK: } else {
// CHECK-NEXT: scf.for
// CHECK-NEXT: memref.load
// CHECK-NEXT: memref.store
// CHECK-NOT: nontemporal
// CHECK: }
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @two(%far: i1, %large: i1, %n: index, %x: memref<?xf32>, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %e = memref.load %x[%i] : memref<?xf32>
    scf.if %far {
      memref.prefetch %x[%i], read, locality<3>, data : memref<?xf32>
    }
    scf.if %large {
      memref.store %e, %y[%i] {nontemporal = true} : memref<?xf32>
    } else {
      memref.store %e, %y[%i] : memref<?xf32>
    }
  }
  return
}

// -----

// The loop around one loop is made twice with it, unless the condition is made
// in it,
// CHECK-LABEL: func.func @nests(
// CHECK: scf.if
// CHECK-NEXT: scf.for
// CHECK-NEXT: scf.for
// CHECK: } else {
// CHECK-NEXT: scf.for
// CHECK-NEXT: scf.for
// CHECK: scf.for
// CHECK-NEXT: arith.cmpi
// CHECK-NEXT: scf.if
// CHECK-NEXT: scf.for
// CHECK: } else {
// CHECK-NEXT: scf.for
func.func @nests(%far: i1, %n: index, %x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %n step %c1 {
      scf.if %far {
        memref.prefetch %x[%j], read, locality<3>, data : memref<?xf32>
      }
    }
  }
  scf.for %i = %c0 to %n step %c1 {
    %odd = arith.cmpi eq, %i, %c1 : index
    scf.for %j = %c0 to %n step %c1 {
      scf.if %odd {
        memref.prefetch %x[%j], read, locality<3>, data : memref<?xf32>
      }
    }
  }
  return
}

// -----

// or there is another loop, which would be made twice for nothing.
// CHECK-LABEL: func.func @neighbours(
// CHECK: scf.for
// CHECK-NEXT: scf.for
// CHECK-NOT: scf.if
// CHECK: }
// CHECK-NEXT: scf.if
// CHECK-NEXT: scf.for
// CHECK: } else {
// CHECK-NEXT: scf.for
func.func @neighbours(%far: i1, %n: index, %x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %n step %c1 {
      memref.prefetch %x[%i], read, locality<3>, data : memref<?xf32>
    }
    scf.for %j = %c0 to %n step %c1 {
      scf.if %far {
        memref.prefetch %x[%j], read, locality<3>, data : memref<?xf32>
      }
    }
  }
  return
}

// -----

// Branches that change, or that give a value, stay where they are.
// CHECK-LABEL: func.func @kept(
// CHECK-NOT: else
// CHECK: scf.for
// CHECK-NOT: scf.for
// CHECK: return
func.func @kept(%far: i1, %n: index, %x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %odd = arith.cmpi eq, %i, %c1 : index
    scf.if %odd {
      memref.prefetch %x[%i], read, locality<3>, data : memref<?xf32>
    }
  }
  return
}

// -----

// In loops that move much a branch costs nothing.
// CHECK-LABEL: func.func @far(
// CHECK-NOT: else
// CHECK: return
func.func @far(%far: i1, %n: index, %x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %n step %c1 {
      scf.if %far {
        memref.prefetch %x[%j], read, locality<3>, data : memref<?xf32>
      }
    }
  } {rmsnorm.far}
  return
}

// -----

// A branch around a loop stays: beside that, it costs nothing, and what else
// the loop around it holds is not doubled.
// CHECK-LABEL: func.func @around_loop(
// CHECK: scf.for
// CHECK-NEXT: memref.load
// CHECK-NEXT: scf.if
// CHECK-NEXT: scf.for
// CHECK-NOT: memref.load
// CHECK: return
func.func @around_loop(%many: i1, %n: index, %x: memref<?xf32>, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %e = memref.load %x[%i] : memref<?xf32>
    scf.if %many {
      scf.for %j = %c0 to %n step %c1 {
        memref.store %e, %y[%j] : memref<?xf32>
      }
    }
  }
  return
}
