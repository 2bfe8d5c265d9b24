// The plain case: rows of any length, nothing but the norm.
func.func @plain(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>)
  return
}
