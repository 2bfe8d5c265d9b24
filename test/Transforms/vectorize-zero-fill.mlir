// RUN: rmsnorm-opt %s --rmsnorm-vectorize --split-input-file | FileCheck %s

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1]>

// A sum that starts from 0 is stored, not added to a 0 that was stored before.
// CHECK-LABEL: func.func @zero(
// CHECK-NOT: linalg.fill
// CHECK-NOT: memref.load %{{.*}} : memref<4xf32>
// CHECK: memref.store %{{.*}} : memref<4xf32>
// CHECK: return
func.func @zero(%x: memref<4x64xf32>, %y: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<4xf32>)
  linalg.generic {indexing_maps = [#x, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x64xf32>) outs(%y : memref<4xf32>) attrs = {rmsnorm.schedule = #schedule} {
  ^bb0(%a: f32, %b: f32):
    %s = arith.mulf %a, %a : f32
    %r = arith.addf %b, %s : f32
    linalg.yield %r : f32
  }
  return
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1]>

// Rows without elements still have a sum.
// CHECK-LABEL: func.func @nothing(
// CHECK-NOT: linalg.fill
// CHECK: memref.store %{{.*}} : memref<4xf32>
// CHECK: return
func.func @nothing(%x: memref<4x0xf32>, %y: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<4xf32>)
  linalg.generic {indexing_maps = [#x, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x0xf32>) outs(%y : memref<4xf32>) attrs = {rmsnorm.schedule = #schedule} {
  ^bb0(%a: f32, %b: f32):
    %s = arith.mulf %a, %a : f32
    %r = arith.addf %b, %s : f32
    linalg.yield %r : f32
  }
  return
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1]>

// It is of the type that sums are added up in.
// CHECK-LABEL: func.func @nothing_in_f64(
// CHECK-NOT: linalg.fill
// CHECK: %[[SUM:.*]] = arith.extf {{.*}} to {{.*}}f64
// CHECK: memref.store %[[SUM]], {{.*}} : memref<1xf64
// CHECK: return
func.func @nothing_in_f64(%x: memref<1x0xf32>, %y: memref<1xf64>) {
  %zero = arith.constant 0.0 : f64
  linalg.fill ins(%zero : f64) outs(%y : memref<1xf64>)
  linalg.generic {indexing_maps = [#x, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<1x0xf32>) outs(%y : memref<1xf64>) attrs = {rmsnorm.schedule = #schedule} {
  ^bb0(%a: f32, %b: f64):
    %s = arith.mulf %a, %a : f32
    %t = arith.extf %s : f32 to f64
    %r = arith.addf %b, %t : f64
    linalg.yield %r : f64
  }
  return
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], rows = 8>

// So are those of several rows at a time.
// CHECK-LABEL: func.func @nothing_of_many_rows(
// CHECK-NOT: linalg.fill
// CHECK: %[[SUM:.*]] = arith.extf {{.*}} to {{.*}}f64
// CHECK: vector.store %[[SUM]], {{.*}} : memref<8xf64
// CHECK: return
func.func @nothing_of_many_rows(%x: memref<8x0xf32>, %y: memref<8xf64>) {
  %zero = arith.constant 0.0 : f64
  linalg.fill ins(%zero : f64) outs(%y : memref<8xf64>)
  linalg.generic {indexing_maps = [#x, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<8x0xf32>) outs(%y : memref<8xf64>) attrs = {rmsnorm.schedule = #schedule} {
  ^bb0(%a: f32, %b: f64):
    %s = arith.mulf %a, %a : f32
    %t = arith.extf %s : f32 to f64
    %r = arith.addf %b, %t : f64
    linalg.yield %r : f64
  }
  return
}

// -----

#x = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1]>

// Not where it starts from something else, or the memory is touched in between:
// by a name of its own, or by one that may be another name for it.
// CHECK-LABEL: func.func @kept(
// CHECK-COUNT-4: linalg.fill
// CHECK: return
func.func @kept(%x: memref<4x64xf32>, %y: memref<4xf32>, %z: memref<4xf32>, %v: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %c0 = arith.constant 0 : index
  linalg.fill ins(%one : f32) outs(%y : memref<4xf32>)
  linalg.generic {indexing_maps = [#x, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x64xf32>) outs(%y : memref<4xf32>) attrs = {rmsnorm.schedule = #schedule} {
  ^bb0(%a: f32, %b: f32):
    %r = arith.addf %b, %a : f32
    linalg.yield %r : f32
  }
  linalg.fill ins(%zero : f32) outs(%z : memref<4xf32>)
  memref.store %one, %z[%c0] : memref<4xf32>
  linalg.generic {indexing_maps = [#x, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x64xf32>) outs(%z : memref<4xf32>) attrs = {rmsnorm.schedule = #schedule} {
  ^bb0(%a: f32, %b: f32):
    %r = arith.addf %b, %a : f32
    linalg.yield %r : f32
  }
  linalg.fill ins(%zero : f32) outs(%v : memref<4xf32>)
  linalg.fill ins(%one : f32) outs(%z : memref<4xf32>)
  linalg.generic {indexing_maps = [#x, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x64xf32>) outs(%v : memref<4xf32>) attrs = {rmsnorm.schedule = #schedule} {
  ^bb0(%a: f32, %b: f32):
    %r = arith.addf %b, %a : f32
    linalg.yield %r : f32
  }
  return
}
