// The norm between two layers, as vLLM fuses it: the residual is added to x, the
// sum stays in `residual` for the next layer, and its norm is written over x.
!x = memref<?x4096xbf16>
!scale = memref<4096xbf16>

func.func @residual(%x: !x, %residual: !x, %scale: !scale) {
  rmsnorm.rms_norm ins(%x : !x) scale(%scale : !scale) residual(%residual : !x)
    outs(%x : !x) residual_out(%residual : !x) {epsilon = 1.0e-5 : f64}
  return
}
