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

// Each row beside the next: its loop is there once for results that bypass the
// caches and once for others.
func.func @half_beside(%x: memref<?x4096xf16>, %y: memref<?x4096xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x4096xf16>) outs(%y : memref<?x4096xf16>)
      {schedule = #rmsnorm.cpu_schedule<vector = [64, 8, 1], normalize_vector = [64, 8, 1], chain = 8, fold = 8, overlap = 1, nontemporal = 15728640>}
  return
}
