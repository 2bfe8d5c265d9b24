// Each option of the op, and all of them together.
//
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu | FileCheck %s
// CHECK-NOT: rmsnorm.rms_norm
//
// RUN: %check %s bias --in "x=spiky((5, 257))" --in "w=normal(257)" --in "b=normal(257)" --out y=f32:5x257 --expect "rms_norm(x, w, b)[0]"
// RUN: %check %s residual --in "x=normal((5, 257), bf16)" --in "res=normal((5, 257))" --out y=bf16:5x257 --out h=bf16:5x257 --out r=f32:5x1 \
// RUN:   --expect "rms_norm(x, residual=res)"
// RUN: %check %s offset --in "x=normal((5, 257), bf16)" --in "w=normal(257, bf16)" --out y=bf16:5x257 --expect "rms_norm(x, w, scale_offset=1)[0]"
// RUN: %check %s late --in "x=normal((5, 257), bf16)" --in "w=normal(257, bf16)" --out y=bf16:5x257 --expect "rms_norm(x, w, cast_then_scale=True)[0]" --worst=2
// RUN: %check %s epsilon --in "x=normal((5, 257), spread=1e-3)" --out y=f32:5x257 --expect "rms_norm(x, epsilon=0.25)[0]"
// RUN: %check %s stable --in "x=normal((5, 257), spread=1e30)" --out y=f32:5x257 --out r=f32:5x1 --expect "rms_norm(x)[0], rms_norm(x)[2]"
// RUN: %check %s stable --in "x=normal((5, 257), spread=1e-35)" --out y=f32:5x257 --out r=f32:5x1 --expect "rms_norm(x, epsilon=1e-6)[0], rms_norm(x)[2]"
// RUN: %check %s nothing --in "x=np.zeros((5, 257), np.float32)" --out y=f32:5x257 --expect "rms_norm(x, epsilon=0)[0]"
// RUN: %check %s nothing --in "x=np.where(bools((5, 257), 0.999), normal((5, 257)), np.inf)" --out y=f32:5x257 --expect "rms_norm(x, epsilon=0)[0]"
// RUN: %check %s everything --in "x=normal((5, 257), bf16)" --in "w=normal(257)" --in "b=normal(257, f16)" --in "res=normal((5, 257), f16)" --in "m=bools((5, 257))" \
// RUN:   --out y=f16:5x257 --out h=bf16:5x257 --out r=f64:5x1 --expect "rms_norm(x, w, b, res, m, scale_offset=1, epsilon=1e-3)"

func.func @bias(%x: memref<?x257xf32>, %w: memref<257xf32>, %b: memref<257xf32>, %y: memref<?x257xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x257xf32>) scale(%w : memref<257xf32>) bias(%b : memref<257xf32>) outs(%y : memref<?x257xf32>)
  return
}
func.func @residual(%x: memref<?x257xbf16>, %res: memref<?x257xf32>, %y: memref<?x257xbf16>, %h: memref<?x257xbf16>, %r: memref<?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x257xbf16>) residual(%res : memref<?x257xf32>) outs(%y : memref<?x257xbf16>)
    residual_out(%h : memref<?x257xbf16>) rstd_out(%r : memref<?x1xf32>)
  return
}
func.func @offset(%x: memref<?x257xbf16>, %w: memref<257xbf16>, %y: memref<?x257xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x257xbf16>) scale(%w : memref<257xbf16>) outs(%y : memref<?x257xbf16>) {scale_offset = 1.0 : f64}
  return
}
func.func @late(%x: memref<?x257xbf16>, %w: memref<257xbf16>, %y: memref<?x257xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x257xbf16>) scale(%w : memref<257xbf16>) outs(%y : memref<?x257xbf16>)
    {cast_order = #rmsnorm.cast_order<cast_then_scale>}
  return
}
func.func @epsilon(%x: memref<?x257xf32>, %y: memref<?x257xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x257xf32>) outs(%y : memref<?x257xf32>) {epsilon = 0.25 : f64}
  return
}
// The fast mean of squares would overflow, or lose all digits.
func.func @stable(%x: memref<?x257xf32>, %y: memref<?x257xf32>, %r: memref<?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x257xf32>) outs(%y : memref<?x257xf32>) rstd_out(%r : memref<?x1xf32>) {stable}
  return
}
func.func @nothing(%x: memref<?x257xf32>, %y: memref<?x257xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x257xf32>) outs(%y : memref<?x257xf32>) {epsilon = 0.0 : f64}
  return
}
func.func @everything(%x: memref<?x257xbf16>, %w: memref<257xf32>, %b: memref<257xf16>, %res: memref<?x257xf16>, %m: memref<?x257xi1>,
                      %y: memref<?x257xf16>, %h: memref<?x257xbf16>, %r: memref<?x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x257xbf16>) scale(%w : memref<257xf32>) bias(%b : memref<257xf16>)
    residual(%res : memref<?x257xf16>) mask(%m : memref<?x257xi1>) outs(%y : memref<?x257xf16>)
    residual_out(%h : memref<?x257xbf16>) rstd_out(%r : memref<?x1xf64>)
    {scale_offset = 1.0 : f64, epsilon = 1.0e-3 : f64, stats_type = f64}
  return
}
