// A norm among other ops: projection, norm, activation, gelu(norm(a · b) · scale).
!a = tensor<?x64xf32>
!b = tensor<64x256xf32>
!x = tensor<?x256xf32>
!scale = tensor<256xf32>

func.func @matmul_norm_gelu(%a: !a, %b: !b, %scale: !scale, %out: !x) -> !x {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %sqrt_half = arith.constant 0.70710678118654752 : f32
  %rows = tensor.dim %a, %c0 : !a
  %empty = tensor.empty(%rows) : !x
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : !x) -> !x

  %x = linalg.matmul ins(%a, %b : !a, !b) outs(%zeros : !x) -> !x
  %y = rmsnorm.rms_norm ins(%x : !x) scale(%scale : !scale) outs(%empty : !x)
  %z = linalg.map ins(%y : !x) outs(%out : !x) (%v: f32, %old: f32) {
    %t = arith.mulf %v, %sqrt_half : f32
    %erf = math.erf %t : f32
    %sum = arith.addf %one, %erf : f32
    %gate = arith.mulf %half, %sum : f32
    %gelu = arith.mulf %v, %gate : f32
    linalg.yield %gelu : f32
  }
  return %z : !x
}
