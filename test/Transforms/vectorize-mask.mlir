// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --rmsnorm-vectorize | FileCheck %s

// Masks are bytes, 0 or 1: what they select is kept by arithmetic on bits, and
// what they count is added in as few bits as hold a chain of them.

#id = affine_map<(d0) -> (d0)>
#none = affine_map<(d0) -> ()>
#s = #rmsnorm.cpu_schedule<vector = [16, 1], normalize_vector = [16, 1], chain = 2, fold = 8>

// CHECK-LABEL: @f32
// CHECK: %[[BYTES:.*]] = vector.load {{.*}} vector<16xi8>
// CHECK: %[[WORDS:.*]] = arith.extui %[[BYTES]] : vector<16xi8> to vector<16xi32>
// CHECK: %[[BITS:.*]] = arith.bitcast %{{.*}} : vector<16xf32> to vector<16xi32>
// CHECK: %[[ONES:.*]] = arith.subi %{{.*}}, %[[WORDS]]
// CHECK: arith.andi %[[BITS]], %[[ONES]]
// CHECK: llvm.intr.fmuladd
func.func @f32(%x: memref<64xf32>, %m: memref<64xi1>, %y: memref<f32>) {
  linalg.generic {indexing_maps = [#id, #id, #none], iterator_types = ["reduction"]}
      ins(%x, %m : memref<64xf32>, memref<64xi1>) outs(%y : memref<f32>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%a: f32, %c: i1, %sum: f32):
    %zero = arith.constant 0.0 : f32
    %h = arith.select %c, %a, %zero : f32
    %p = arith.mulf %h, %h : f32
    %next = arith.addf %sum, %p : f32
    linalg.yield %next : f32
  }
  return
}

// bf16 is selected in the order of memory, 16 bits each, and put into even-odd
// order by what widens it.
// CHECK-LABEL: @bf16
// CHECK: %[[BYTES:.*]] = vector.load {{.*}} vector<16xi8>
// CHECK-NOT: vector.shuffle
// CHECK: arith.extui %[[BYTES]] : vector<16xi8> to vector<16xi16>
// CHECK: arith.andi {{.*}} vector<16xi16>
// CHECK: arith.shli {{.*}} vector<8xi32>
// CHECK: llvm.intr.fmuladd
func.func @bf16(%x: memref<64xbf16>, %m: memref<64xi1>, %y: memref<f32>) {
  linalg.generic {indexing_maps = [#id, #id, #none], iterator_types = ["reduction"]}
      ins(%x, %m : memref<64xbf16>, memref<64xi1>) outs(%y : memref<f32>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%a: bf16, %c: i1, %sum: f32):
    %zero = arith.constant 0.0 : bf16
    %s = arith.select %c, %a, %zero : bf16
    %h = arith.extf %s : bf16 to f32
    %p = arith.mulf %h, %h : f32
    %next = arith.addf %sum, %p : f32
    linalg.yield %next : f32
  }
  return
}

// What is selected after it was widened is in even-odd order, and so is the
// mask.
// CHECK-LABEL: @bf16_widened
// CHECK: %[[BYTES:.*]] = vector.load {{.*}} vector<16xi8>
// CHECK: %[[ORDERED:.*]] = vector.shuffle %[[BYTES]], %[[BYTES]] [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15]
// CHECK: arith.extui %[[ORDERED]] : vector<16xi8> to vector<16xi32>
func.func @bf16_widened(%x: memref<64xbf16>, %m: memref<64xi1>, %y: memref<f32>) {
  linalg.generic {indexing_maps = [#id, #id, #none], iterator_types = ["reduction"]}
      ins(%x, %m : memref<64xbf16>, memref<64xi1>) outs(%y : memref<f32>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%a: bf16, %c: i1, %sum: f32):
    %zero = arith.constant 0.0 : f32
    %w = arith.extf %a : bf16 to f32
    %h = arith.select %c, %w, %zero : f32
    %p = arith.mulf %h, %h : f32
    %next = arith.addf %sum, %p : f32
    linalg.yield %next : f32
  }
  return
}

// A chain of 2 vectors of 16 lanes leaves at most 4 in each of 8 lanes.
// CHECK-LABEL: @count
// CHECK: %[[BYTES:.*]] = vector.load {{.*}} vector<16xi8>
// CHECK: arith.addi %{{.*}}, %[[BYTES]] : vector<16xi8>
// CHECK: arith.extui %{{.*}} : vector<8xi8> to vector<8xi64>
// CHECK: arith.addi {{.*}} vector<8xi64>
func.func @count(%m: memref<64xi1>, %y: memref<i64>) {
  linalg.generic {indexing_maps = [#id, #none], iterator_types = ["reduction"]}
      ins(%m : memref<64xi1>) outs(%y : memref<i64>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%c: i1, %sum: i64):
    %one = arith.extui %c : i1 to i64
    %next = arith.addi %sum, %one : i64
    linalg.yield %next : i64
  }
  return
}

// One of 8 vectors of 64 lanes leaves up to 512 in one.
// CHECK-LABEL: @long_count
// CHECK: arith.addi {{.*}} : vector<64xi16>
// CHECK: arith.extui %{{.*}} : i16 to i64
func.func @long_count(%m: memref<?xi1>, %y: memref<i64>) {
  linalg.generic {indexing_maps = [#id, #none], iterator_types = ["reduction"]}
      ins(%m : memref<?xi1>) outs(%y : memref<i64>)
      attrs = {rmsnorm.schedule = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [16, 1], chain = 8, fold = 1>} {
  ^bb0(%c: i1, %sum: i64):
    %one = arith.extui %c : i1 to i64
    %next = arith.addi %sum, %one : i64
    linalg.yield %next : i64
  }
  return
}
