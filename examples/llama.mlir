// The norm of Llama 3 8B: bf16, and as in its code, the normalised value is
// rounded to bf16 before it is scaled.
!x = tensor<?x4096xbf16>
!scale = tensor<4096xbf16>

func.func @llama(%x: !x, %scale: !scale, %out: !x) -> !x {
  %y = rmsnorm.rms_norm ins(%x : !x) scale(%scale : !scale) outs(%out : !x)
         {cast_order = #rmsnorm.cast_order<cast_then_scale>, epsilon = 1.0e-5 : f64}
  return %y : !x
}
