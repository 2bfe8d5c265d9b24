// What the pipeline promises of norms over the last axis, given as tensors.
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=bufferize | FileCheck %s --check-prefix=BUFFERS --implicit-check-not=memref.alloc --implicit-check-not=memref.copy
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=vectorize | FileCheck %s --check-prefix=VECTORS --implicit-check-not='memref.alloc(' --implicit-check-not='memref.alloca{{.*}}4096' --implicit-check-not=memref.copy --implicit-check-not=scf.parallel

// No buffer is allocated and nothing is copied: y is the caller's memory. After
// the vectorize stage, what is on the stack is smaller than a row.
//
// There is one parallel loop, over the rows, and within it a loop over the rows
// of a chunk. x is read in two places, whatever branches there are: by the loop
// of the first pass over the row, whose body takes a few vectors at a time, and
// by the loop of the second. Other views of it are prefetched at most.
// BUFFERS-LABEL: func.func @static
// BUFFERS-SAME: %[[X:[a-z0-9]+]]: memref<64x4096xf32>, %[[W:[a-z0-9]+]]: memref<4096xf32>, %[[Y:[a-z0-9]+]]: memref<64x4096xf32> {rmsnorm.result = 0 : i64}) {
// BUFFERS-NEXT: rmsnorm.rms_norm ins(%[[X]] : memref<64x4096xf32>) scale(%[[W]] : memref<4096xf32>) outs(%[[Y]] : memref<64x4096xf32>)
// BUFFERS-NEXT: return
// VECTORS-LABEL: func.func @static
// VECTORS-SAME: %[[X:[a-z0-9]+]]: memref<64x4096xf32>
// VECTORS: scf.parallel ({{.*}}) = (%{{.*}}) to (%c64) step
// VECTORS: scf.for %[[ROW:[a-z0-9]+]] =
// VECTORS: %[[XI:[a-z0-9_]+]] = memref.subview %[[X]][%[[ROW]], 0] [1, 4096] [1, 1]
// VECTORS-NOT: load {{.*}}x4096xf32
// VECTORS: scf.for {{.*}} iter_args
// VECTORS-NOT: scf
// VECTORS: vector.load %[[XI]][
// VECTORS-NOT: scf
// VECTORS: scf.yield
// VECTORS-NOT: load {{.*}}x4096xf32
// VECTORS: math.sqrt
// VECTORS-NOT: load {{.*}}x4096xf32
// VECTORS: scf.for
// VECTORS-NOT: scf
// VECTORS: vector.load %[[XI]][
// VECTORS-NOT: load {{.*}}x4096xf32
// VECTORS: scf.reduce
func.func @static(%x: tensor<64x4096xf32>, %w: tensor<4096xf32>, %y: tensor<64x4096xf32>) -> tensor<64x4096xf32> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<64x4096xf32>) scale(%w : tensor<4096xf32>) outs(%y : tensor<64x4096xf32>)
  return %0 : tensor<64x4096xf32>
}

// Any number of rows.
// BUFFERS-LABEL: func.func @dynamic
// BUFFERS-SAME: %[[X:[a-z0-9]+]]: memref<?x4096xbf16>, %[[Y:[a-z0-9]+]]: memref<?x4096xbf16> {rmsnorm.result = 0 : i64}) {
// BUFFERS-NEXT: rmsnorm.rms_norm ins(%[[X]] : memref<?x4096xbf16>) outs(%[[Y]] : memref<?x4096xbf16>)
// BUFFERS-NEXT: return
// VECTORS-LABEL: func.func @dynamic
// VECTORS-SAME: %[[X:[a-z0-9]+]]: memref<?x4096xbf16>
// VECTORS: %[[ROWS:.*]] = memref.dim %[[X]], %c0
// VECTORS: scf.parallel ({{.*}}) = (%{{.*}}) to (%[[ROWS]]) step
// VECTORS: scf.for %[[ROW:[a-z0-9]+]] =
// VECTORS: %[[XI:[a-z0-9_]+]] = memref.subview %[[X]][%[[ROW]], 0] [1, 4096] [1, 1]
// VECTORS-NOT: load {{.*}}x4096xbf16
// VECTORS: scf.for {{.*}} iter_args
// VECTORS-NOT: scf
// VECTORS: vector.load %[[XI]][
// VECTORS-NOT: scf
// VECTORS: scf.yield
// VECTORS-NOT: load {{.*}}x4096xbf16
// VECTORS: math.sqrt
// VECTORS-NOT: load {{.*}}x4096xbf16
// VECTORS: scf.for
// VECTORS-NOT: scf
// VECTORS: vector.load %[[XI]][
// VECTORS-NOT: load {{.*}}x4096xbf16
// VECTORS: scf.reduce
func.func @dynamic(%x: tensor<?x4096xbf16>, %y: tensor<?x4096xbf16>) -> tensor<?x4096xbf16> {
  %0 = rmsnorm.rms_norm ins(%x : tensor<?x4096xbf16>) outs(%y : tensor<?x4096xbf16>)
  return %0 : tensor<?x4096xbf16>
}

// Where the caller gives no memory, what is allocated is the result itself.
// BUFFERS-LABEL: func.func @result
// BUFFERS-NEXT: %[[Y:.*]] = memref.alloc() {{.*}} : memref<64x4096xf32>
// BUFFERS-NEXT: rmsnorm.rms_norm ins(%arg0 : memref<64x4096xf32>) outs(%[[Y]] : memref<64x4096xf32>)
// BUFFERS-NEXT: return %[[Y]]
// VECTORS-LABEL: func.func @result
// VECTORS: %[[Y:.*]] = memref.alloc() {{.*}} : memref<64x4096xf32>
// VECTORS: scf.parallel
// VECTORS: return %[[Y]]
func.func @result(%x: tensor<64x4096xf32>) -> tensor<64x4096xf32> {
  %y = tensor.empty() : tensor<64x4096xf32>
  %0 = rmsnorm.rms_norm ins(%x : tensor<64x4096xf32>) outs(%y : tensor<64x4096xf32>)
  return %0 : tensor<64x4096xf32>
}
