// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The checks C1 to C8 of docs/Semantics.md: what goes into a norm.
//
// RUN: rmsnorm-opt %s --split-input-file --verify-diagnostics
// RUN: sed s/expected-error// %s | not rmsnorm-opt --split-input-file 2>&1 \
// RUN:   | %python %S/Inputs/check-diagnostics.py %s

// C1: the rank of x
func.func @f(%x: memref<f32>, %y: memref<f32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected x of rank 1 or more, but got rank 0}}
  rmsnorm.rms_norm ins(%x : memref<f32>) outs(%y : memref<f32>)
  return
}

// -----

// C1: an x of no rank
func.func @f(%x: memref<*xf32>, %y: memref<*xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op operand #0 must be ranked tensor or strided memref, but got 'memref<*xf32>'}}
  rmsnorm.rms_norm ins(%x : memref<*xf32>) outs(%y : memref<*xf32>)
  return
}

// -----

// C1: x of i1
func.func @f(%x: memref<8x64xi1>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected x with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'i1'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xi1>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C1: x of a narrow integer
func.func @f(%x: memref<8x64xi4>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected x with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'i4'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xi4>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C1: x of a wide integer
func.func @f(%x: memref<8x64xi128>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected x with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'i128'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xi128>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C1: x of an integer whose width is no power of two
func.func @f(%x: memref<8x64xi24>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected x with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'i24'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xi24>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C1: x of a signed integer
func.func @f(%x: memref<8x64xsi32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected x with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'si32'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xsi32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C1: x of a float that no norm takes
func.func @f(%x: memref<8x64xtf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected x with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'tf32'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xtf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C1: x of a complex type that no norm takes
func.func @f(%x: memref<8x64xcomplex<f16>>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected x with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'complex<f16>'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xcomplex<f16>>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C1: x of index
func.func @f(%x: memref<8x64xindex>, %s: memref<8x1xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected x with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'index'}}
  rmsnorm.mean_square ins(%x : memref<8x64xindex>) outs(%s : memref<8x1xf32>)
  return
}

// -----

// C1: the rank of x, in normalize
func.func @f(%x: memref<i1>, %s: memref<8x1xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected x of rank 1 or more, but got rank 0}}
  rmsnorm.normalize ins(%x : memref<i1>) statistic(%s : memref<8x1xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C2: a tensor beside memrefs
func.func @f(%x: memref<8x64xf32>, %y: tensor<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected all operands to be memrefs as x is, but got 'tensor<8x64xf32>'}}
  %0 = rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : tensor<8x64xf32>)
  return
}

// -----

// C2: a memref beside tensors
func.func @f(%x: tensor<8x64xf32>, %w: memref<64xf32>, %y: tensor<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected all operands to be tensors as x is, but got 'memref<64xf32>'}}
  %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) scale(%w : memref<64xf32>) outs(%y : tensor<8x64xf32>)
  return
}

// -----

// C2: in mean_square
func.func @f(%x: tensor<8x64xf32>, %m: memref<64xi1>, %s: tensor<8x1xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected all operands to be tensors as x is, but got 'memref<64xi1>'}}
  %0 = rmsnorm.mean_square ins(%x : tensor<8x64xf32>) mask(%m : memref<64xi1>) outs(%s : tensor<8x1xf32>)
  return
}

// -----

// C2: in normalize
func.func @f(%x: memref<8x64xf32>, %s: tensor<8x1xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected all operands to be memrefs as x is, but got 'tensor<8x1xf32>'}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : tensor<8x1xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C3: a reduction axis out of range
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected reduction axes between 0 and 1 for x of rank 2, but got 2}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) reduce [2]
  return
}

// -----

// C3: a negative reduction axis
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected reduction axes between 0 and 1 for x of rank 2, but got -1}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) reduce [-1]
  return
}

// -----

// C3: a repeated reduction axis
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected reduction axes sorted and distinct, but got [1, 1]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) reduce [1, 1]
  return
}

// -----

// C3: reduction axes that are not sorted
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected reduction axes sorted and distinct, but got [1, 0]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) reduce [1, 0]
  return
}

// -----

// C3: in mean_square
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected reduction axes between 0 and 1 for x of rank 2, but got 5}}
  rmsnorm.mean_square ins(%x : memref<8x64xf32>) outs(%s : memref<8x1xf32>) reduce [5]
  return
}

// -----

// C3: in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected reduction axes sorted and distinct, but got [0, 0]}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) outs(%y : memref<8x64xf32>) reduce [0, 0]
  return
}

// -----

// C4: a feature axis out of range
func.func @f(%x: memref<8x64xf32>, %w: memref<64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected feature axes between 0 and 1 for x of rank 2, but got 2}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64xf32>) outs(%y : memref<8x64xf32>) features [2]
  return
}

// -----

// C4: a negative feature axis
func.func @f(%x: memref<8x64xf32>, %w: memref<64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected feature axes between 0 and 1 for x of rank 2, but got -2}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64xf32>) outs(%y : memref<8x64xf32>) features [-2]
  return
}

// -----

// C4: a repeated feature axis
func.func @f(%x: memref<8x64xf32>, %w: memref<64x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected feature axes sorted and distinct, but got [1, 1]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64x64xf32>) outs(%y : memref<8x64xf32>) features [1, 1]
  return
}

// -----

// C4: feature axes that are not sorted
func.func @f(%x: memref<8x64xf32>, %w: memref<64x8xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected feature axes sorted and distinct, but got [1, 0]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64x8xf32>) outs(%y : memref<8x64xf32>) features [1, 0]
  return
}

// -----

// C4: in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected feature axes between 0 and 1 for x of rank 2, but got 3}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) outs(%y : memref<8x64xf32>) features [3]
  return
}

// -----

// C5: the size of scale
func.func @f(%x: memref<8x64xf32>, %w: memref<32xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected scale of shape [64] (x's on the feature axes), but got [32]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<32xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C5: the rank of scale
func.func @f(%x: memref<8x64xf32>, %w: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected scale of shape [64] (x's on the feature axes), but got [8, 64]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<8x64xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C5: a scale along other axes than the feature axes
func.func @f(%x: memref<8x64xf32>, %w: memref<64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected scale of shape [8] (x's on the feature axes), but got [64]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64xf32>) outs(%y : memref<8x64xf32>) features [0]
  return
}

// -----

// C5: the element type of scale
func.func @f(%x: memref<8x64xf32>, %w: memref<64xi1>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected scale with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'i1'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64xi1>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C5: a complex scale of a real x
func.func @f(%x: memref<8x64xf32>, %w: memref<64xcomplex<f32>>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected scale with a real element type, as x is real, but got 'complex<f32>'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) scale(%w : memref<64xcomplex<f32>>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C5: in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %w: memref<32xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected scale of shape [64] (x's on the feature axes), but got [32]}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) scale(%w : memref<32xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C6: the size of bias
func.func @f(%x: memref<8x64xf32>, %b: memref<63xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected bias of shape [64] (x's on the feature axes), but got [63]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) bias(%b : memref<63xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C6: the rank of bias
func.func @f(%x: memref<8x64xf32>, %b: memref<f32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected bias of shape [64] (x's on the feature axes), but got []}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) bias(%b : memref<f32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C6: the element type of bias
func.func @f(%x: memref<8x64xf32>, %b: memref<64xsi8>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected bias with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'si8'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) bias(%b : memref<64xsi8>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C6: a complex bias of a real x
func.func @f(%x: memref<8x64xf32>, %b: memref<64xcomplex<f64>>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected bias with a real element type, as x is real, but got 'complex<f64>'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) bias(%b : memref<64xcomplex<f64>>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C6: in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %b: memref<65xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected bias of shape [64] (x's on the feature axes), but got [65]}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) bias(%b : memref<65xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C7: the shape of residual
func.func @f(%x: memref<8x64xf32>, %h: memref<8x32xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected residual of shape [8, 64] (x's), but got [8, 32]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) residual(%h : memref<8x32xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C7: the rank of residual
func.func @f(%x: memref<8x64xf32>, %h: memref<64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected residual of shape [8, 64] (x's), but got [64]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) residual(%h : memref<64xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C7: the element type of residual
func.func @f(%x: memref<8x64xf32>, %h: memref<8x64xi1>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected residual with an element type of f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer of 8 to 64 bits, but got 'i1'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) residual(%h : memref<8x64xi1>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C7: a complex residual of a real x
func.func @f(%x: memref<8x64xf32>, %h: memref<8x64xcomplex<f32>>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected residual with a real element type, as x is real, but got 'complex<f32>'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) residual(%h : memref<8x64xcomplex<f32>>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C7: in mean_square
func.func @f(%x: memref<8x64xf32>, %h: memref<7x64xf32>, %s: memref<8x1xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected residual of shape [8, 64] (x's), but got [7, 64]}}
  rmsnorm.mean_square ins(%x : memref<8x64xf32>) residual(%h : memref<7x64xf32>) outs(%s : memref<8x1xf32>)
  return
}

// -----

// C7: in normalize
func.func @f(%x: memref<8x64xf32>, %s: memref<8x1xf32>, %h: memref<8x63xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.normalize' op expected residual of shape [8, 64] (x's), but got [8, 63]}}
  rmsnorm.normalize ins(%x : memref<8x64xf32>) statistic(%s : memref<8x1xf32>) residual(%h : memref<8x63xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C8: the element type of mask
func.func @f(%x: memref<8x64xf32>, %m: memref<8x64xi8>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected mask with element type i1, but got 'i8'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) mask(%m : memref<8x64xi8>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C8: a mask that does not broadcast
func.func @f(%x: memref<8x64xf32>, %m: memref<4x64xi1>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected mask of a shape that broadcasts to [8, 64] (x's), but got [4, 64]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) mask(%m : memref<4x64xi1>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C8: NumPy aligns at the last axis, not the first
func.func @f(%x: memref<8x64xf32>, %m: memref<8xi1>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected mask of a shape that broadcasts to [8, 64] (x's), but got [8]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) mask(%m : memref<8xi1>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C8: a mask of too many dimensions
func.func @f(%x: memref<8x64xf32>, %m: memref<1x8x64xi1>, %y: memref<8x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected mask of a shape that broadcasts to [8, 64] (x's), but got [1, 8, 64]}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) mask(%m : memref<1x8x64xi1>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// C8: x does not broadcast to the mask
func.func @f(%x: memref<1x64xf32>, %m: memref<8x64xi1>, %y: memref<1x64xf32>) {
  // expected-error @below {{'rmsnorm.rms_norm' op expected mask of a shape that broadcasts to [1, 64] (x's), but got [8, 64]}}
  rmsnorm.rms_norm ins(%x : memref<1x64xf32>) mask(%m : memref<8x64xi1>) outs(%y : memref<1x64xf32>)
  return
}

// -----

// C8: in mean_square
func.func @f(%x: memref<8x64xf32>, %m: memref<2xi1>, %s: memref<8x1xf32>) {
  // expected-error @below {{'rmsnorm.mean_square' op expected mask of a shape that broadcasts to [8, 64] (x's), but got [2]}}
  rmsnorm.mean_square ins(%x : memref<8x64xf32>) mask(%m : memref<2xi1>) outs(%s : memref<8x1xf32>)
  return
}
