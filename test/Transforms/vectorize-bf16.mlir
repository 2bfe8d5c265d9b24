// RUN: rmsnorm-opt %s --rmsnorm-vectorize | FileCheck %s
// RUN: rmsnorm-opt %s --rmsnorm-vectorize=mask-registers=true | FileCheck %s --check-prefix=MASKS
// RUN: not rmsnorm-opt %s --rmsnorm-vectorize=mask-registers=perhaps 2>&1 | FileCheck %s --check-prefix=VALUE

// VALUE: for the --mask-registers option: 'perhaps' is invalid value for boolean argument! Try 0 or 1

#s = #rmsnorm.cpu_schedule<vector = [16, 1], normalize_vector = [16, 1]>
#id = affine_map<(i) -> (i)>

// Pairs of bf16 are widened by one shift and one mask, and rounded as 16-bit
// numbers; no conversion is left to the target.
// CHECK-LABEL: @from_bf16
// CHECK: %[[X:.*]] = vector.load {{.*}} vector<16xbf16>
// CHECK: %[[PAIRS:.*]] = vector.bitcast %[[X]] : vector<16xbf16> to vector<8xi32>
// CHECK: arith.shli %[[PAIRS]]
// CHECK: arith.andi %[[PAIRS]]
// CHECK: %[[SQUARE:.*]] = arith.mulf {{.*}} vector<16xf32>
// CHECK-NOT: arith.cmpf
// CHECK-NOT: arith.truncf {{.*}} vector
// CHECK: vector.shuffle {{.*}} [0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31]
// CHECK: arith.maxui {{.*}} vector<16xi16>
// CHECK: vector.store {{.*}} vector<16xi16>
// MASKS-LABEL: @from_bf16
// MASKS: %[[MIDDLE:.*]] = llvm.intr.fshr({{.*}} vector<8xi32>
// MASKS-COUNT-2: vector.shuffle {{.*}} [0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31]
// MASKS: %[[UP:.*]] = arith.cmpi uge, {{.*}} vector<16xi16>
// MASKS: arith.extui %[[UP]] : vector<16xi1> to vector<16xi16>
func.func @from_bf16(%x: memref<64xbf16>, %y: memref<64xbf16>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<64xbf16>) outs(%y : memref<64xbf16>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%a: bf16, %b: bf16):
    %h = arith.extf %a : bf16 to f32
    %p = arith.mulf %h, %h : f32
    %r = arith.truncf %p : f32 to bf16
    linalg.yield %r : bf16
  }
  return
}

// An f32 beside it comes in the same order of lanes, and may bring NaNs that
// rounding would turn into zeros.
// CHECK-LABEL: @with_f32
// CHECK: vector.load {{.*}} vector<16xbf16>
// CHECK: %[[W:.*]] = vector.load {{.*}} vector<16xf32>
// CHECK: vector.shuffle %[[W]], %[[W]] [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15]
// CHECK: arith.cmpf uno
// CHECK: arith.select
// CHECK: vector.store
func.func @with_f32(%x: memref<64xbf16>, %w: memref<64xf32>, %y: memref<64xbf16>) {
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %w : memref<64xbf16>, memref<64xf32>) outs(%y : memref<64xbf16>)
      attrs = {rmsnorm.schedule = #s} {
  ^bb0(%a: bf16, %s: f32, %b: bf16):
    %h = arith.extf %a : bf16 to f32
    %p = arith.mulf %h, %s : f32
    %r = arith.truncf %p : f32 to bf16
    linalg.yield %r : bf16
  }
  return
}
