// Stores around the caches, wherever the results begin in memory: each result
// has an address of its own, and one that does not fit keeps all from it.
//
// RUN: %check %s second --in "x=normal((7, 64))" --in "res=normal((7, 64))" --out y=f32:7x64 --out h=f32:7x64 --expect "rms_norm(x, residual=res)[:2]"
// RUN: %check %s first --in "x=normal((7, 64))" --in "res=normal((7, 64))" --out y=f32:7x64 --out h=f32:7x64 --expect "rms_norm(x, residual=res)[:2]"
// RUN: %check %s strided --in "x=normal((7, 64))" --in "res=normal((7, 64))" --out y=f32:7x64 --out h=f32:7x64 --expect "rms_norm(x, residual=res)[:2]"
// RUN: %check %s narrow --in "x=normal((7, 64), f16)" --in "res=normal((7, 64), f16)" --out y=f16:7x64 --out h=f16:7x64 --expect "rms_norm(x, residual=res)[:2]"
//
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=vectorize | FileCheck %s

// CHECK-LABEL: func.func @second(
// CHECK: vector.store {{.*}} nontemporal = true
// CHECK: vector.store {{.*}} nontemporal = true
// CHECK-NOT: nontemporal = true
func.func @second(%x: memref<7x64xf32>, %res: memref<7x64xf32>, %y: memref<7x64xf32>, %h: memref<7x64xf32>) {
  %a = memref.alloc() {alignment = 64 : i64} : memref<600xf32>
  %b = memref.alloc() {alignment = 64 : i64} : memref<600xf32>
  %ya = memref.reinterpret_cast %a to offset: [0], sizes: [7, 64], strides: [64, 1] : memref<600xf32> to memref<7x64xf32, strided<[64, 1]>>
  %hb = memref.reinterpret_cast %b to offset: [4], sizes: [7, 64], strides: [64, 1] : memref<600xf32> to memref<7x64xf32, strided<[64, 1], offset: 4>>
  rmsnorm.rms_norm ins(%x : memref<7x64xf32>) residual(%res : memref<7x64xf32>)
    outs(%ya : memref<7x64xf32, strided<[64, 1]>>)
    residual_out(%hb : memref<7x64xf32, strided<[64, 1], offset: 4>>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [32, 8, 1], nontemporal = 1>}
  memref.copy %ya, %y : memref<7x64xf32, strided<[64, 1]>> to memref<7x64xf32>
  memref.copy %hb, %h : memref<7x64xf32, strided<[64, 1], offset: 4>> to memref<7x64xf32>
  return
}
// CHECK-LABEL: func.func @first(
// CHECK: vector.store {{.*}} nontemporal = true
// CHECK: vector.store {{.*}} nontemporal = true
// CHECK-NOT: nontemporal = true
func.func @first(%x: memref<7x64xf32>, %res: memref<7x64xf32>, %y: memref<7x64xf32>, %h: memref<7x64xf32>) {
  %a = memref.alloc() {alignment = 64 : i64} : memref<600xf32>
  %b = memref.alloc() {alignment = 64 : i64} : memref<600xf32>
  %ya = memref.reinterpret_cast %a to offset: [4], sizes: [7, 64], strides: [64, 1] : memref<600xf32> to memref<7x64xf32, strided<[64, 1], offset: 4>>
  %hb = memref.reinterpret_cast %b to offset: [0], sizes: [7, 64], strides: [64, 1] : memref<600xf32> to memref<7x64xf32, strided<[64, 1]>>
  rmsnorm.rms_norm ins(%x : memref<7x64xf32>) residual(%res : memref<7x64xf32>)
    outs(%ya : memref<7x64xf32, strided<[64, 1], offset: 4>>)
    residual_out(%hb : memref<7x64xf32, strided<[64, 1]>>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [32, 8, 1], nontemporal = 1>}
  memref.copy %ya, %y : memref<7x64xf32, strided<[64, 1], offset: 4>> to memref<7x64xf32>
  memref.copy %hb, %h : memref<7x64xf32, strided<[64, 1]>> to memref<7x64xf32>
  return
}
// CHECK-LABEL: func.func @strided(
// CHECK-NOT: nontemporal = true
func.func @strided(%x: memref<7x64xf32>, %res: memref<7x64xf32>, %y: memref<7x64xf32>, %h: memref<7x64xf32>) {
  %a = memref.alloc() {alignment = 64 : i64} : memref<600xf32>
  %b = memref.alloc() {alignment = 64 : i64} : memref<600xf32>
  %ya = memref.reinterpret_cast %a to offset: [0], sizes: [7, 64], strides: [64, 1] : memref<600xf32> to memref<7x64xf32, strided<[64, 1]>>
  %hb = memref.reinterpret_cast %b to offset: [0], sizes: [7, 64], strides: [68, 1] : memref<600xf32> to memref<7x64xf32, strided<[68, 1]>>
  rmsnorm.rms_norm ins(%x : memref<7x64xf32>) residual(%res : memref<7x64xf32>)
    outs(%ya : memref<7x64xf32, strided<[64, 1]>>)
    residual_out(%hb : memref<7x64xf32, strided<[68, 1]>>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [32, 8, 1], nontemporal = 1>}
  memref.copy %ya, %y : memref<7x64xf32, strided<[64, 1]>> to memref<7x64xf32>
  memref.copy %hb, %h : memref<7x64xf32, strided<[68, 1]>> to memref<7x64xf32>
  return
}
// CHECK-LABEL: func.func @narrow(
// CHECK: vector.store {{.*}} nontemporal = true
// CHECK: vector.store {{.*}} nontemporal = true
// CHECK-NOT: nontemporal = true
func.func @narrow(%x: memref<7x64xf16>, %res: memref<7x64xf16>, %y: memref<7x64xf16>, %h: memref<7x64xf16>) {
  %a = memref.alloc() {alignment = 64 : i64} : memref<600xf16>
  %b = memref.alloc() {alignment = 64 : i64} : memref<600xf16>
  %ya = memref.reinterpret_cast %a to offset: [0], sizes: [7, 64], strides: [64, 1] : memref<600xf16> to memref<7x64xf16, strided<[64, 1]>>
  %hb = memref.reinterpret_cast %b to offset: [8], sizes: [7, 64], strides: [64, 1] : memref<600xf16> to memref<7x64xf16, strided<[64, 1], offset: 8>>
  rmsnorm.rms_norm ins(%x : memref<7x64xf16>) residual(%res : memref<7x64xf16>)
    outs(%ya : memref<7x64xf16, strided<[64, 1]>>)
    residual_out(%hb : memref<7x64xf16, strided<[64, 1], offset: 8>>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [32, 8, 1], nontemporal = 1>}
  memref.copy %ya, %y : memref<7x64xf16, strided<[64, 1]>> to memref<7x64xf16>
  memref.copy %hb, %h : memref<7x64xf16, strided<[64, 1], offset: 8>> to memref<7x64xf16>
  return
}
