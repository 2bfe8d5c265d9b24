// The norm of T5 Large as it was published: everything in f32. T5 casts before it
// scales, which makes a difference only where x is narrower than f32.
!x = tensor<?x1024xf32>
!scale = tensor<1024xf32>

func.func @t5(%x: !x, %scale: !scale, %out: !x) -> !x {
  %y = rmsnorm.rms_norm ins(%x : !x) scale(%scale : !scale) outs(%out : !x)
         {cast_order = #rmsnorm.cast_order<cast_then_scale>}
  return %y : !x
}
