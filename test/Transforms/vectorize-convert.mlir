// RUN: rmsnorm-opt %s --rmsnorm-tile --rmsnorm-decompose --rmsnorm-vectorize --canonicalize | FileCheck %s
// RUN: rmsnorm-opt %s --rmsnorm-tile --rmsnorm-decompose --rmsnorm-overlap-tasks --rmsnorm-vectorize --canonicalize | FileCheck %s --check-prefix=BESIDE

// What all tasks read alike is widened before the first of them, where there
// are enough; else as it is read.
// CHECK-LABEL: @rows
// CHECK: scf.parallel (%[[BEGIN:.*]]) =
// CHECK: %[[END:.*]] = arith.minui
// CHECK: %[[WIDE:.*]] = memref.alloca() {{.*}} memref<256xf32>
// CHECK: %[[ROWS:.*]] = arith.subi %[[END]], %[[BEGIN]]
// CHECK: %[[ARE_MANY:.*]] = arith.cmpi uge, %[[ROWS]], %c8
// CHECK: scf.if %[[ARE_MANY]] {
// CHECK-NEXT: scf.for
// CHECK-NEXT: %[[W:.*]] = vector.load %arg1
// CHECK-NEXT: %[[F:.*]] = arith.extf %[[W]] : vector<32xf16> to vector<32xf32>
// CHECK-NEXT: vector.store %[[F]], %[[WIDE]]
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK: scf.if %[[ARE_MANY]] {
// CHECK: vector.load %[[WIDE]]
// CHECK-NOT: vector.load %arg1
// CHECK: } else {
// CHECK-NOT: vector.load %[[WIDE]]
// CHECK: vector.load %arg1
func.func @rows(%x: memref<?x256xf16>, %w: memref<256xf16>, %y: memref<?x256xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x256xf16>) scale(%w : memref<256xf16>) outs(%y : memref<?x256xf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], convert = 256>}
  return
}

// Scales of f32 are put into the order of bf16, and lose what a NaN holds
// beside being one; the rows have nothing of that left to do.
// CHECK-LABEL: @ordered
// CHECK: scf.parallel
// CHECK: arith.cmpf uno
// CHECK-NEXT: arith.select
// CHECK-NEXT: vector.store
// CHECK: } else {
// CHECK: arith.cmpf uno
// CHECK-NOT: arith.cmpf uno
func.func @ordered(%x: memref<?x256xbf16>, %w: memref<256xf32>, %y: memref<?x256xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x256xbf16>) scale(%w : memref<256xf32>) outs(%y : memref<?x256xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], convert = 256>}
  return
}

// Tasks of several rows do so in any case.
// CHECK-LABEL: @groups
// CHECK: scf.parallel
// CHECK-NOT: scf.if
// CHECK: arith.extf {{.*}} : vector<32xf16> to vector<32xf32>
// CHECK: scf.for
// CHECK: scf.for
func.func @groups(%x: memref<?x256xf16>, %w: memref<256xf16>, %y: memref<?x256xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x256xf16>) scale(%w : memref<256xf16>) outs(%y : memref<?x256xf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], rows = 8, convert = 256>}
  return
}

// Where the size of the whole decides whether rows are summed beside the
// results of others, those that are not find their scales converted.
// BESIDE-LABEL: @near
// BESIDE: scf.parallel
// BESIDE: scf.if
// BESIDE: } else {
// BESIDE: %[[WIDE:.*]] = memref.alloca() {{.*}} memref<256xf32>
// BESIDE: arith.extf
// BESIDE: vector.store %{{.*}}, %[[WIDE]]
// BESIDE: scf.for
// BESIDE: vector.load %[[WIDE]]
func.func @near(%x: memref<?x256xf16>, %w: memref<256xf16>, %y: memref<?x256xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x256xf16>) scale(%w : memref<256xf16>) outs(%y : memref<?x256xf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], convert = 256, overlap = 1000000>}
  return
}

// One row, rows longer than that, and rows of unknown length.
// CHECK-LABEL: @one
// CHECK-NOT: memref<256xf32>
func.func @one(%x: memref<1x256xf16>, %w: memref<256xf16>, %y: memref<1x256xf16>) {
  rmsnorm.rms_norm ins(%x : memref<1x256xf16>) scale(%w : memref<256xf16>) outs(%y : memref<1x256xf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], convert = 256>}
  return
}
// CHECK-LABEL: @long
// CHECK-NOT: memref<256xf32>
func.func @long(%x: memref<?x256xf16>, %w: memref<256xf16>, %y: memref<?x256xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x256xf16>) scale(%w : memref<256xf16>) outs(%y : memref<?x256xf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], convert = 255>}
  return
}
// CHECK-LABEL: @unknown
// CHECK-NOT: memref<{{256|\?}}xf32>
func.func @unknown(%x: memref<?x?xf16>, %w: memref<?xf16>, %y: memref<?x?xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf16>) scale(%w : memref<?xf16>) outs(%y : memref<?x?xf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 1], normalize_vector = [32, 1], convert = 256>}
  return
}
