// The norm of queries in Qwen3 8B: batch x sequence x 32 heads of 128 numbers
// each; every head is normalised by itself, and all share one scale.
!x = tensor<?x?x32x128xbf16>
!scale = tensor<128xbf16>

func.func @qk_norm(%x: !x, %scale: !scale, %out: !x) -> !x {
  %y = rmsnorm.rms_norm ins(%x : !x) scale(%scale : !scale) outs(%out : !x)
         {cast_order = #rmsnorm.cast_order<cast_then_scale>}
  return %y : !x
}
