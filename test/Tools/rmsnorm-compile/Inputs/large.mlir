func.func @single(%x: memref<?x1024xf32>, %y: memref<?x1024xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf32>) outs(%y : memref<?x1024xf32>)
  return
}

func.func @brain(%x: memref<?x1024xbf16>, %y: memref<?x1024xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xbf16>) outs(%y : memref<?x1024xbf16>)
  return
}

func.func @half(%x: memref<?x1024xf16>, %y: memref<?x1024xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x1024xf16>) outs(%y : memref<?x1024xf16>)
  return
}
