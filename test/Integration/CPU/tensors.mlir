// Functions on tensors: fresh results, results in the caller's memory, several of
// them, and a norm between a matmul and an elementwise consumer.
//
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu | FileCheck %s
// CHECK-NOT: {{rmsnorm.(rms_norm|mean_square|normalize)}}
//
// RUN: %check %s fresh --in "x=normal((6, 300), bf16)" --in "w=normal(300)" --out y=bf16 --expect "rms_norm(x, w)[0]"
// RUN: %check %s into --in "x=normal((6, 300))" --out y=f32:6x300 --expect "rms_norm(x)[0]"
// RUN: %check %s into --in "x=normal((6, 300))" --in "o=normal((6, 300))" --out y=f32 --expect "rms_norm(x)[0]"
// RUN: %check %s three --in "x=normal((6, 300), f16)" --in "res=normal((6, 300))" --out y=f16 --out h=f32 --out r=f32 --expect "rms_norm(x, residual=res)"
// RUN: %check %s over_x --in "x=normal((6, 300))" --in "res=normal((6, 300))" --out y=f32 --out h=f32 --expect "rms_norm(x, residual=res)[:2]"
// RUN: %check %s kept --in "x=normal((6, 300))" --out y=f32 --out z=f32 --expect "rms_norm(x)[0], Expected(x)"
// RUN: %check %s halves --in "x=normal((6, 300))" --in "w=normal(300)" --out y=f32 --expect "rms_norm(x, w)[0]"
// RUN: %check %s around --in "a=np.eye(5, 40, dtype=f32)" --in "b=normal((40, 300))" --in "w=normal(300)" --out y=f32 \
// RUN:   --expect "Expected(2 * rms_norm(b[:5], w)[0].value)"
// The exponential of what is rounded to 8 and to 11 bits.
// RUN: %check %s exp_bf16 --in "x=normal((6, 300), bf16)" --out y=bf16 --worst 6 --expect "Expected(np.exp(rounded(rms_norm(x)[0].value, bf16)))"
// RUN: %check %s exp_f16 --in "x=normal((6, 300), f16)" --out y=f16 --worst 6 --expect "Expected(np.exp(rounded(rms_norm(x)[0].value, f16)))"
// RUN: %check %s mixed --in "x=normal((6, 300))" --out n=np.int64 --out y=f32 --expect "np.array(6), rms_norm(x)[0]"

func.func @fresh(%x: tensor<?x300xbf16>, %w: tensor<300xf32>) -> tensor<?x300xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x300xbf16>
  %e = tensor.empty(%n) : tensor<?x300xbf16>
  %y = rmsnorm.rms_norm ins(%x : tensor<?x300xbf16>) scale(%w : tensor<300xf32>) outs(%e : tensor<?x300xbf16>)
  return %y : tensor<?x300xbf16>
}
func.func @into(%x: tensor<?x300xf32>, %o: tensor<?x300xf32>) -> tensor<?x300xf32> {
  %y = rmsnorm.rms_norm ins(%x : tensor<?x300xf32>) outs(%o : tensor<?x300xf32>)
  return %y : tensor<?x300xf32>
}
func.func @three(%x: tensor<?x300xf16>, %res: tensor<?x300xf32>) -> (tensor<?x300xf16>, tensor<?x300xf32>, tensor<?x1xf32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x300xf16>
  %e = tensor.empty(%n) : tensor<?x300xf16>
  %f = tensor.empty(%n) : tensor<?x300xf32>
  %g = tensor.empty(%n) : tensor<?x1xf32>
  %y, %h, %r = rmsnorm.rms_norm ins(%x : tensor<?x300xf16>) residual(%res : tensor<?x300xf32>) outs(%e : tensor<?x300xf16>)
    residual_out(%f : tensor<?x300xf32>) rstd_out(%g : tensor<?x1xf32>)
  return %y, %h, %r : tensor<?x300xf16>, tensor<?x300xf32>, tensor<?x1xf32>
}
func.func @over_x(%x: tensor<?x300xf32>, %res: tensor<?x300xf32>) -> (tensor<?x300xf32>, tensor<?x300xf32>) {
  %y, %h = rmsnorm.rms_norm ins(%x : tensor<?x300xf32>) residual(%res : tensor<?x300xf32>) outs(%x : tensor<?x300xf32>)
    residual_out(%res : tensor<?x300xf32>)
  return %y, %h : tensor<?x300xf32>, tensor<?x300xf32>
}
// x is a result as well: the norm may not be written over it.
func.func @kept(%x: tensor<?x300xf32>) -> (tensor<?x300xf32>, tensor<?x300xf32>) {
  %y = rmsnorm.rms_norm ins(%x : tensor<?x300xf32>) outs(%x : tensor<?x300xf32>)
  return %y, %x : tensor<?x300xf32>, tensor<?x300xf32>
}
func.func @halves(%x: tensor<?x300xf32>, %w: tensor<300xf32>) -> tensor<?x300xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x300xf32>
  %e = tensor.empty(%n) : tensor<?x300xf32>
  %s = tensor.empty(%n) : tensor<?x1xf32>
  %m = rmsnorm.mean_square ins(%x : tensor<?x300xf32>) outs(%s : tensor<?x1xf32>)
  %y = rmsnorm.normalize ins(%x : tensor<?x300xf32>) statistic(%m : tensor<?x1xf32>) scale(%w : tensor<300xf32>) outs(%e : tensor<?x300xf32>)
  return %y : tensor<?x300xf32>
}
func.func @around(%a: tensor<?x40xf32>, %b: tensor<40x300xf32>, %w: tensor<300xf32>) -> tensor<?x300xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %a, %c0 : tensor<?x40xf32>
  %e = tensor.empty(%n) : tensor<?x300xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x300xf32>) -> tensor<?x300xf32>
  %p = linalg.matmul ins(%a, %b : tensor<?x40xf32>, tensor<40x300xf32>) outs(%f : tensor<?x300xf32>) -> tensor<?x300xf32>
  %g = tensor.empty(%n) : tensor<?x300xf32>
  %y = rmsnorm.rms_norm ins(%p : tensor<?x300xf32>) scale(%w : tensor<300xf32>) outs(%g : tensor<?x300xf32>)
  %z = linalg.add ins(%y, %y : tensor<?x300xf32>, tensor<?x300xf32>) outs(%e : tensor<?x300xf32>) -> tensor<?x300xf32>
  return %z : tensor<?x300xf32>
}
// Other ops may compute in narrow floats.
func.func @exp_bf16(%x: tensor<?x300xbf16>) -> tensor<?x300xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x300xbf16>
  %e = tensor.empty(%n) : tensor<?x300xbf16>
  %y = rmsnorm.rms_norm ins(%x : tensor<?x300xbf16>) outs(%e : tensor<?x300xbf16>)
  %z = linalg.exp ins(%y : tensor<?x300xbf16>) outs(%e : tensor<?x300xbf16>) -> tensor<?x300xbf16>
  return %z : tensor<?x300xbf16>
}
func.func @exp_f16(%x: tensor<?x300xf16>) -> tensor<?x300xf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x300xf16>
  %e = tensor.empty(%n) : tensor<?x300xf16>
  %y = rmsnorm.rms_norm ins(%x : tensor<?x300xf16>) outs(%e : tensor<?x300xf16>)
  %z = linalg.exp ins(%y : tensor<?x300xf16>) outs(%e : tensor<?x300xf16>) -> tensor<?x300xf16>
  return %z : tensor<?x300xf16>
}
// Scalars and tensors as results.
func.func @mixed(%x: tensor<?x300xf32>) -> (i64, tensor<?x300xf32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x300xf32>
  %rows = arith.index_cast %n : index to i64
  %e = tensor.empty(%n) : tensor<?x300xf32>
  %y = rmsnorm.rms_norm ins(%x : tensor<?x300xf32>) outs(%e : tensor<?x300xf32>)
  return %rows, %y : i64, tensor<?x300xf32>
}
