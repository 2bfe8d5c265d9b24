// What the tests of rmsnorm-compile compile.
func.func @norm(%x: memref<?x1000xf32>, %scale: memref<1000xf32>, %y: memref<?x1000xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1000xf32>) scale(%scale : memref<1000xf32>) outs(%y : memref<?x1000xf32>)
  return
}

func.func @columns(%x: memref<?x?xf64, strided<[?, 1]>>, %y: memref<?x?xf64, strided<[?, 1]>>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf64, strided<[?, 1]>>) outs(%y : memref<?x?xf64, strided<[?, 1]>>) reduce [0]
  return
}

func.func @half(%x: memref<4xf16>, %factor: f32) -> (memref<f32>, i64) {
  %c0 = arith.constant 0 : index
  %0 = memref.load %x[%c0] : memref<4xf16>
  %1 = arith.extf %0 : f16 to f32
  %2 = arith.mulf %1, %factor : f32
  %r = memref.alloc() : memref<f32>
  memref.store %2, %r[] : memref<f32>
  %c7 = arith.constant 7 : i64
  return %r, %c7 : memref<f32>, i64
}

func.func @seven() -> f64 {
  %0 = arith.constant 7.0 : f64
  return %0 : f64
}

func.func private @helper(%x: memref<4xf32>) {
  return
}
