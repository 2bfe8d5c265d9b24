// The norm of Gemma 7B: what it scales by is 1 + scale, in f32, and the result
// is rounded once. The epsilon is the default, 1e-6.
!x = tensor<?x3072xbf16>
!scale = tensor<3072xbf16>

func.func @gemma(%x: !x, %scale: !scale, %out: !x) -> !x {
  %y = rmsnorm.rms_norm ins(%x : !x) scale(%scale : !scale) outs(%out : !x) {scale_offset = 1.0 : f64}
  return %y : !x
}
