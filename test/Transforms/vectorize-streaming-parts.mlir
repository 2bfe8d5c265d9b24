// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=vectorize | FileCheck %s

// The parts of a row that a cache holds have been read where they were summed:
// what is fetched beside them is the same part of the next row.
// CHECK-LABEL: func.func @cached
// CHECK: scf.for %[[ROW:[a-z0-9]+]] =
// CHECK: %[[NEXT_ROW:.*]] = arith.addi %[[ROW]], %c1
// CHECK: %[[NEXT:.*]] = memref.subview %arg0[%[[NEXT_ROW]], 0] [1, 8192]
// CHECK: %[[PART:.*]] = memref.subview %[[NEXT]][0, %{{.*}}] [1, 1024]
// CHECK: memref.prefetch %[[PART]]
func.func @cached(%x: memref<?x8192xf32>, %y: memref<?x8192xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x8192xf32>) outs(%y : memref<?x8192xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], part = 1024, prefetch = 4096>}
  return
}

// Those of a longer row have left it.
// CHECK-LABEL: func.func @far
// CHECK: scf.for %[[ROW:[a-z0-9]+]] =
// CHECK: %[[WHOLE:.*]] = memref.subview %arg0[%[[ROW]], 0] [1, 131072]
// CHECK: math.sqrt
// CHECK: scf.for %[[NUMBER:[a-z0-9]+]] =
// CHECK: %[[NEXT:.*]] = arith.addi %[[NUMBER]], %c1
// CHECK: %[[OFFSET:.*]] = arith.muli %[[NEXT]], %c1024
// CHECK: %[[PART:.*]] = memref.subview %[[WHOLE]][0, %[[OFFSET]]] [1, 1024]
// CHECK: memref.prefetch %[[PART]]
func.func @far(%x: memref<?x131072xf32>, %y: memref<?x131072xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x131072xf32>) outs(%y : memref<?x131072xf32>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [32, 1], part = 1024, prefetch = 4096>}
  return
}
