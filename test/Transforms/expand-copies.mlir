// RUN: rmsnorm-opt %s --rmsnorm-expand-copies | FileCheck %s

// CHECK: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func.func @from_a_view
// CHECK-NOT: memref.copy
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%arg0 : memref<8x64xf32, strided<[128, 1], offset: ?>>) outs(%arg1 : memref<8x64xf32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: linalg.yield %[[IN]] : f32
// CHECK-NOT: memref.copy
func.func @from_a_view(%x: memref<8x64xf32, strided<[128, 1], offset: ?>>, %y: memref<8x64xf32>) {
  memref.copy %x, %y : memref<8x64xf32, strided<[128, 1], offset: ?>> to memref<8x64xf32>
  return
}

// CHECK-LABEL: func.func @to_a_view
// CHECK-NOT: memref.copy
// CHECK: linalg.generic {{.*}} ins(%arg0 : memref<?xbf16>) outs(%arg1 : memref<?xbf16, strided<[?]>>)
func.func @to_a_view(%x: memref<?xbf16>, %y: memref<?xbf16, strided<[?]>>) {
  memref.copy %x, %y : memref<?xbf16> to memref<?xbf16, strided<[?]>>
  return
}

// CHECK-LABEL: func.func @plain
// CHECK-NEXT: memref.copy %arg0, %arg1
// CHECK-NEXT: return
func.func @plain(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
  memref.copy %x, %y : memref<?x64xf32> to memref<?x64xf32>
  return
}

// CHECK-LABEL: func.func @unranked
// CHECK-NEXT: memref.copy %arg0, %arg1
// CHECK-NEXT: return
func.func @unranked(%x: memref<*xf32>, %y: memref<?xf32, strided<[?]>>) {
  memref.copy %x, %y : memref<*xf32> to memref<?xf32, strided<[?]>>
  return
}
