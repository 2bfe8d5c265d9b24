// RUN: rmsnorm-opt %s --rmsnorm-expand-floats | FileCheck %s
// RUN: rmsnorm-opt %s --rmsnorm-expand-floats=native-f16=true | FileCheck %s --check-prefix=NATIVE
// RUN: rmsnorm-opt %s --rmsnorm-expand-floats="native-f16=true f16-store-lanes=16" | FileCheck %s --check-prefix=PARTS

// bf16 is the upper half of an f32: one shift.
// CHECK-LABEL: @bf16_to_f32
// CHECK: %[[CODE:.*]] = arith.bitcast %{{.*}} : vector<8xbf16> to vector<8xi16>
// CHECK: %[[WIDE:.*]] = arith.extui %[[CODE]]
// CHECK: %[[MOVED:.*]] = arith.shli %[[WIDE]]
// CHECK: arith.bitcast %[[MOVED]] : vector<8xi32> to vector<8xf32>
// CHECK-NOT: arith.extf
func.func @bf16_to_f32(%x: vector<8xbf16>) -> vector<8xf32> {
  %y = arith.extf %x : vector<8xbf16> to vector<8xf32>
  return %y : vector<8xf32>
}

// A NaN is replaced before the rounding, on f32.
// CHECK-LABEL: @f32_to_bf16
// CHECK: arith.select {{.*}} vector<8xf32>
// CHECK-NOT: arith.truncf
// CHECK-NOT: arith.select
func.func @f32_to_bf16(%x: vector<8xf32>) -> vector<8xbf16> {
  %y = arith.truncf %x : vector<8xf32> to vector<8xbf16>
  return %y : vector<8xbf16>
}

// CHECK-LABEL: @f32_to_f16
// CHECK-NOT: arith.truncf
// NATIVE-LABEL: @f32_to_f16
// NATIVE-NEXT: arith.truncf
// NATIVE-NEXT: return
func.func @f32_to_f16(%x: f32) -> f16 {
  %y = arith.truncf %x : f32 to f16
  return %y : f16
}

// What two conversions in hardware give is one value, not two to be stored.
// NATIVE-LABEL: @f32_to_f16_stored
// NATIVE: %[[HALVES:.*]] = arith.truncf %{{.*}} : vector<16xf32> to vector<16xf16>
// NATIVE-NEXT: %[[WHOLE:.*]] = llvm.call_intrinsic "llvm.arithmetic.fence"(%[[HALVES]])
// NATIVE-NEXT: vector.store %[[WHOLE]]
// NATIVE-NEXT: arith.truncf
// NATIVE-NEXT: vector.store
// PARTS-LABEL: @f32_to_f16_stored
// PARTS-NOT: fence
// PARTS: arith.truncf %{{.*}} : vector<16xf32> to vector<16xf16>
// PARTS: vector.store {{.*}} vector<16xf16>
// PARTS: arith.truncf %{{.*}} : vector<8xf32> to vector<8xf16>
// PARTS: vector.store {{.*}} vector<8xf16>
func.func @f32_to_f16_stored(%x: vector<16xf32>, %e: vector<8xf32>, %y: memref<?xf16>) {
  %c0 = arith.constant 0 : index
  %two = arith.truncf %x : vector<16xf32> to vector<16xf16>
  vector.store %two, %y[%c0] : memref<?xf16>, vector<16xf16>
  %one = arith.truncf %e : vector<8xf32> to vector<8xf16>
  vector.store %one, %y[%c0] : memref<?xf16>, vector<8xf16>
  return
}

// One rounding in all: to odd on the way to f32.
// CHECK-LABEL: @f64_to_f16
// CHECK: arith.truncf %{{.*}} : f64 to f32
// CHECK-NOT: arith.truncf
// NATIVE-LABEL: @f64_to_f16
// NATIVE: arith.truncf %{{.*}} : f64 to f32
// NATIVE: arith.cmpf one
// NATIVE: arith.truncf %{{.*}} : f32 to f16
func.func @f64_to_f16(%x: f64) -> f16 {
  %y = arith.truncf %x : f64 to f16
  return %y : f16
}

// CHECK-LABEL: @f8_to_f64
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK-NOT: f8E4M3FN to f64
func.func @f8_to_f64(%x: f8E4M3FN) -> f64 {
  %y = arith.extf %x : f8E4M3FN to f64
  return %y : f64
}

// Arithmetic goes by f32, each step rounded; what only moves floats stays.
// CHECK-LABEL: @arithmetic
// CHECK-NOT: arith.{{addf|mulf}} {{.*}}bf16
// CHECK: %[[P:.*]] = arith.mulf %{{.*}}, %{{.*}} fastmath<contract> : f32
// CHECK: arith.bitcast {{.*}} : i16 to bf16
// CHECK: arith.addf {{.*}} : f32
// CHECK: arith.cmpf olt, {{.*}} : f32
// CHECK: arith.select {{.*}} : bf16
// NATIVE-LABEL: @arithmetic
func.func @arithmetic(%x: bf16, %y: bf16) -> bf16 {
  %p = arith.mulf %x, %y fastmath<contract> : bf16
  %s = arith.addf %p, %y : bf16
  %less = arith.cmpf olt, %s, %y : bf16
  %z = arith.select %less, %s, %y : bf16
  return %z : bf16
}

// CHECK-LABEL: @functions
// CHECK: math.exp %{{.*}} : vector<8xf32>
// CHECK: arith.sitofp %{{.*}} : vector<8xi32> to vector<8xf32>
// CHECK: arith.fptosi %{{.*}} : vector<8xf32> to vector<8xi32>
// NATIVE-LABEL: @functions
// NATIVE: %[[X:.*]] = arith.extf %arg0 : vector<8xf16> to vector<8xf32>
// NATIVE: %[[E:.*]] = math.exp %[[X]] : vector<8xf32>
// NATIVE: arith.truncf %[[E]] : vector<8xf32> to vector<8xf16>
func.func @functions(%x: vector<8xf16>, %i: vector<8xi32>) -> (vector<8xf16>, vector<8xf16>, vector<8xi32>) {
  %e = math.exp %x : vector<8xf16>
  %f = arith.sitofp %i : vector<8xi32> to vector<8xf16>
  %n = arith.fptosi %x : vector<8xf16> to vector<8xi32>
  return %e, %f, %n : vector<8xf16>, vector<8xf16>, vector<8xi32>
}

// Where the target stores halves as it makes them, each of them is made where
// it is stored.
// NATIVE-LABEL: @f32_to_f16_in_parts
// NATIVE: "llvm.arithmetic.fence"
// PARTS-LABEL: @f32_to_f16_in_parts
// PARTS-SAME: %[[X:.*]]: vector<32xf32>, %[[Y:.*]]: memref<?xi16>, %[[I:.*]]: index, %[[LARGE:.*]]: i1
// PARTS-NOT: fence
// PARTS: scf.if %[[LARGE]]
// PARTS: %[[LOW:.*]] = vector.shuffle %[[X]], %[[X]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// PARTS: %[[LOWER:.*]] = arith.truncf %[[LOW]] : vector<16xf32> to vector<16xf16>
// PARTS: %[[BITS:.*]] = arith.bitcast %[[LOWER]] : vector<16xf16> to vector<16xi16>
// PARTS: vector.store %[[BITS]], %[[Y]][%{{.*}}] {alignment = 32 : i64, nontemporal = true} : memref<?xi16>, vector<16xi16>
// PARTS: vector.shuffle %[[X]], %[[X]] [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]
// PARTS: %[[C16:.*]] = arith.constant 16 : index
// PARTS: %[[NEXT:.*]] = arith.addi %[[I]], %[[C16]] : index
// PARTS: vector.store %{{.*}}, %[[Y]][%[[NEXT]]] {alignment = 32 : i64, nontemporal = true}
// PARTS: else
// PARTS-COUNT-2: vector.store %{{.*}}, %[[Y]][%{{.*}}] : memref<?xi16>, vector<16xi16>
func.func @f32_to_f16_in_parts(%x: vector<32xf32>, %y: memref<?xi16>, %i: index, %large: i1) {
  %halves = arith.truncf %x : vector<32xf32> to vector<32xf16>
  %bits = arith.bitcast %halves : vector<32xf16> to vector<32xi16>
  scf.if %large {
    vector.store %bits, %y[%i] {nontemporal = true, alignment = 32 : i64} : memref<?xi16>, vector<32xi16>
  } else {
    vector.store %bits, %y[%i] : memref<?xi16>, vector<32xi16>
  }
  return
}

// What is used by more than stores is made once.
// PARTS-LABEL: @f32_to_f16_returned
// PARTS: arith.truncf %{{.*}} : vector<32xf32> to vector<32xf16>
// PARTS: vector.store {{.*}} vector<32xf16>
// PARTS-NOT: arith.truncf
func.func @f32_to_f16_returned(%x: vector<32xf32>, %y: memref<?xf16>) -> vector<32xf16> {
  %c0 = arith.constant 0 : index
  %halves = arith.truncf %x : vector<32xf32> to vector<32xf16>
  vector.store %halves, %y[%c0] : memref<?xf16>, vector<32xf16>
  return %halves : vector<32xf16>
}
