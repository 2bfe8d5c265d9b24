func.func @norm(%x: memref<?x64xf32>, %scale: memref<64xf32>, %y: memref<?x64xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xf32>) scale(%scale : memref<64xf32>) outs(%y : memref<?x64xf32>)
  return
}
