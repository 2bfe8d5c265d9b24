// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The checks C9 to C17 of docs/Semantics.md: results, numbers and statistics.
//
// RUN: rmsnorm-opt %s --split-input-file --verify-diagnostics
// RUN: sed s/expected-error// %s | not rmsnorm-opt --split-input-file 2>&1 \
// RUN:   | %python %S/Inputs/check-diagnostics.py %s

// C9: the shape of y
func.func @f(%x: memref<8x64xf32>, %y: memref<8x32xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected outs of shape [8, 64] (x's), but got [8, 32]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x32xf32>)
  return
}

// -----

// C9: the rank of y
func.func @f(%x: memref<8x64xf32>, %y: memref<64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected outs of shape [8, 64] (x's), but got [64]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<64xf32>)
  return
}

// -----

// C9: an integer y
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xi32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected outs with an element type of f16, bf16, f32, f64, f8E4M3FN or f8E5M2, but got 'i32'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xi32>)
  return
}

// -----

// C9: an integer y of an integer x
func.func @f(%x: memref<8x64xi32>, %y: memref<8x64xi32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected outs with an element type of f16, bf16, f32, f64, f8E4M3FN or f8E5M2, but got 'i32'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xi32>) outs(%y : memref<8x64xi32>)
  return
}

// -----

// C9: a complex y of a real x
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xcomplex<f32>>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected outs with an element type of f16, bf16, f32, f64, f8E4M3FN or f8E5M2, but got 'complex<f32>'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xcomplex<f32>>)
  return
}

// -----

// C9: a real y of a complex x
func.func @f(%x: memref<8x64xcomplex<f32>>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected outs with an element type of complex<f32> or complex<f64>, as x is complex, but got 'f32'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xcomplex<f32>>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C9: in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %y: memref<8x1xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected outs of shape [8, 64] (x's), but got [8, 1]}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) outs(%y : memref<8x1xf32>)
  return
}

// -----

// C10: residual_out without residual
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>, %o: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected residual_out only with residual, but got it without}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) residual_out(%o : memref<8x64xf32>)
  return
}

// -----

// C10: the shape of residual_out
func.func @f(%x: memref<8x64xf32>, %h: memref<8x64xf32>, %y: memref<8x64xf32>, %o: memref<8x1xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected residual_out of shape [8, 64] (x's), but got [8, 1]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) residual(%h : memref<8x64xf32>) outs(%y : memref<8x64xf32>) residual_out(%o : memref<8x1xf32>)
  return
}

// -----

// C10: an integer residual_out
func.func @f(%x: memref<8x64xf32>, %h: memref<8x64xf32>, %y: memref<8x64xf32>, %o: memref<8x64xi16>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected residual_out with an element type of f16, bf16, f32, f64, f8E4M3FN or f8E5M2, but got 'i16'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) residual(%h : memref<8x64xf32>) outs(%y : memref<8x64xf32>) residual_out(%o : memref<8x64xi16>)
  return
}

// -----

// C10: a complex residual_out of a real x
func.func @f(%x: memref<8x64xf32>, %h: memref<8x64xf32>, %y: memref<8x64xf32>, %o: memref<8x64xcomplex<f32>>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected residual_out with an element type of f16, bf16, f32, f64, f8E4M3FN or f8E5M2, but got 'complex<f32>'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) residual(%h : memref<8x64xf32>) outs(%y : memref<8x64xf32>) residual_out(%o : memref<8x64xcomplex<f32>>)
  return
}

// -----

// C10: a real residual_out of a complex x
func.func @f(%x: memref<8x64xcomplex<f64>>, %h: memref<8x64xf32>, %y: memref<8x64xcomplex<f64>>, %o: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected residual_out with an element type of complex<f32> or complex<f64>, as x is complex, but got 'f32'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xcomplex<f64>>) residual(%h : memref<8x64xf32>) outs(%y : memref<8x64xcomplex<f64>>) residual_out(%o : memref<8x64xf32>)
  return
}

// -----

// C10: in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %y: memref<8x64xf32>, %o: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected residual_out only with residual, but got it without}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) outs(%y : memref<8x64xf32>) residual_out(%o : memref<8x64xf32>)
  return
}

// -----

// C11: rstd_out without the reduced axes
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>, %r: memref<8xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected rstd_out of shape [8, 1] (x's with the reduced axes as 1), but got [8]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) rstd_out(%r : memref<8xf32>)
  return
}

// -----

// C11: a reduced axis of rstd_out that is not 1
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>, %r: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected rstd_out of shape [8, 1] (x's with the reduced axes as 1), but got [8, 64]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) rstd_out(%r : memref<8x64xf32>)
  return
}

// -----

// C11: the size of rstd_out
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>, %r: memref<7x1xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected rstd_out of shape [8, 1] (x's with the reduced axes as 1), but got [7, 1]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) rstd_out(%r : memref<7x1xf32>)
  return
}

// -----

// C11: rstd_out narrower than the statistics type
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>, %r: memref<8x1xbf16>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected rstd_out with the statistics type 'f32', but got 'bf16'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) rstd_out(%r : memref<8x1xbf16>)
  return
}

// -----

// C11: rstd_out wider than the statistics type
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>, %r: memref<8x1xf64>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected rstd_out with the statistics type 'f32', but got 'f64'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) rstd_out(%r : memref<8x1xf64>)
  return
}

// -----

// C11: the statistics type asked for is that of rstd_out
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>, %r: memref<8x1xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected rstd_out with the statistics type 'f64', but got 'f32'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) rstd_out(%r : memref<8x1xf32>) {stats_type = f64}
  return
}

// -----

// C11: in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %y: memref<8x64xf32>, %r: memref<8x1xf64>) {
  // expected-error @below {{'rmsnorm.normalize' op expected rstd_out with the statistics type 'f32', but got 'f64'}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) outs(%y : memref<8x64xf32>) rstd_out(%r : memref<8x1xf64>)
  return
}

// -----

// C12: a negative epsilon
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected epsilon to be finite and not negative, but got -9.9999999999999995E-7}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {epsilon = -1.0e-6 : f64}
  return
}

// -----

// C12: epsilon is NaN
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected epsilon to be finite and not negative, but got NaN}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {epsilon = 0x7FF8000000000000 : f64}
  return
}

// -----

// C12: epsilon is infinite
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected epsilon to be finite and not negative, but got +Inf}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {epsilon = 0x7FF0000000000000 : f64}
  return
}

// -----

// C12: epsilon is of type f64
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{custom op 'rmsnorm.rms_norm' 'rmsnorm.rms_norm' op attribute 'epsilon' failed to satisfy constraint: 64-bit float attribute}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {epsilon = 1.0e-6 : f32}
  return
}

// -----

// C12: in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected epsilon to be finite and not negative, but got -1}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) outs(%y : memref<8x64xf32>) {epsilon = -1.0 : f64}
  return
}

// -----

// C13: scale_offset is NaN
func.func @f(%x: memref<8x64xf32>, %w: memref<64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected scale_offset to be finite, but got NaN}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64xf32>) outs(%y : memref<8x64xf32>) {scale_offset = 0x7FF8000000000000 : f64}
  return
}

// -----

// C13: scale_offset is infinite
func.func @f(%x: memref<8x64xf32>, %w: memref<64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected scale_offset to be finite, but got -Inf}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64xf32>) outs(%y : memref<8x64xf32>) {scale_offset = 0xFFF0000000000000 : f64}
  return
}

// -----

// C13: scale_offset without scale
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected scale_offset only with scale, but got it without}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {scale_offset = 1.0 : f64}
  return
}

// -----

// C13: in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected scale_offset only with scale, but got it without}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) outs(%y : memref<8x64xf32>) {scale_offset = 1.0 : f64}
  return
}

// -----

// C14: a result on memrefs
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected 0 results, one for each tensor destination, but got 1}}
  %0 = "rmsnorm.rms_norm"(%x, %y) <{feature_axes = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1, 0, 0>, reduction_axes = array<i64: 1>}> : (memref<8x64xf32>, memref<8x64xf32>) -> tensor<8x64xf32>
  return
}

// -----

// C14: no result on tensors
func.func @f(%x: tensor<8x64xf32>, %y: tensor<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected 1 results, one for each tensor destination, but got 0}}
  "rmsnorm.rms_norm"(%x, %y) <{feature_axes = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1, 0, 0>, reduction_axes = array<i64: 1>}> : (tensor<8x64xf32>, tensor<8x64xf32>) -> ()
  return
}

// -----

// C14: a result of another type than its destination
func.func @f(%x: tensor<8x64xf32>, %s: tensor<8x1xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected type of operand #1 ('tensor<8x1xf32>') to match type of corresponding result ('tensor<?x1xf32>')}}
  %0 = "rmsnorm.mean_square"(%x, %s) <{operandSegmentSizes = array<i32: 1, 0, 0, 1, 0>, reduction_axes = array<i64: 1>}> : (tensor<8x64xf32>, tensor<8x1xf32>) -> tensor<?x1xf32>
  return
}

// -----

// C14: in normalize
func.func @f(%x: tensor<8x64xf32>, %s: tensor<8x1xf32>, %y: tensor<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected 1 results, one for each tensor destination, but got 0}}
  "rmsnorm.normalize"(%x, %s, %y) <{feature_axes = array<i64: 1>, operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 1, 0, 0>, reduction_axes = array<i64: 1>}> : (tensor<8x64xf32>, tensor<8x1xf32>, tensor<8x64xf32>) -> ()
  return
}

// -----

// C15: a stats_type that is no f32 or f64
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected stats_type to be f32 or f64, but got 'bf16'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {stats_type = bf16}
  return
}

// -----

// C15: a stats_type narrower than x
func.func @f(%x: memref<8x64xf64>, %y: memref<8x64xf64>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected stats_type to be f64, as x is 'f64', but got 'f32'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf64>) outs(%y : memref<8x64xf64>) {stats_type = f32}
  return
}

// -----

// C15: a stats_type narrower than a complex x
func.func @f(%x: memref<8x64xcomplex<f64>>, %y: memref<8x64xcomplex<f64>>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected stats_type to be f64, as x is 'complex<f64>', but got 'f32'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xcomplex<f64>>) outs(%y : memref<8x64xcomplex<f64>>) {stats_type = f32}
  return
}

// -----

// C16: the shape of the statistic
func.func @f(%x: memref<8x64xf32>, %s: memref<8xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected outs of shape [8, 1] (x's with the reduced axes as 1), but got [8]}}
  rmsnorm.mean_square ins(%x : memref<8x64xf32>) outs(%s : memref<8xf32>)
  return
}

// -----

// C16: the element type of the statistic
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf16>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected outs with element type f32 or f64, but got 'f16'}}
  rmsnorm.mean_square ins(%x : memref<8x64xf32>) outs(%s : memref<8x1xf16>)
  return
}

// -----

// C16: a statistic narrower than x
func.func @f(%x: memref<8x64xf64>, %s: memref<8x1xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected outs with the statistics type 'f64', but got 'f32'}}
  rmsnorm.mean_square ins(%x : memref<8x64xf64>) outs(%s : memref<8x1xf32>)
  return
}

// -----

// C16: the shape, in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<1x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected statistic of shape [8, 1] (x's with the reduced axes as 1), but got [1, 64]}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<1x64xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C16: the element type, in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xi32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected statistic with element type f32 or f64, but got 'i32'}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xi32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C16: narrower than x, in normalize
func.func @f(%x: memref<8x64xf64>, %s: memref<8x1xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected statistic with the statistics type 'f64', but got 'f32'}}
  rmsnorm.normalize ins(%x : memref<8x64xf64>) statistic(%s : memref<8x1xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C17: the shape of the count
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %n: memref<1x1xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected count_out of shape [8, 1] (x's with the reduced axes as 1), but got [1, 1]}}
  rmsnorm.mean_square ins(%x : memref<8x64xf32>) outs(%s : memref<8x1xf32>) count_out(%n : memref<1x1xf32>)
  return
}

// -----

// C17: the element type of the count
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %n: memref<8x1xi64>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected count_out with the statistics type 'f32', but got 'i64'}}
  rmsnorm.mean_square ins(%x : memref<8x64xf32>) outs(%s : memref<8x1xf32>) count_out(%n : memref<8x1xi64>)
  return
}

// -----

// C17: the shape, in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %n: memref<8xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected count of shape [8, 1] (x's with the reduced axes as 1), but got [8]}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) count(%n : memref<8xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C17: the element type, in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %n: memref<8x1xf64>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected count with the statistics type 'f32', but got 'f64'}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) count(%n : memref<8x1xf64>) outs(%y : memref<8x64xf32>)
  return
}
