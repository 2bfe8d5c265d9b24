// What types leave open is checked before anything is touched.
//
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py %t/a.npy '<f4' 3x8
// RUN: %python %S/Inputs/npy.py %t/b.npy '<f4' 4x8
// RUN: rmsnorm-run %s --entry=sum --input=%t/a.npy --input=%t/a.npy --output=%t/y.npy
// RUN: %refused %t/out rmsnorm-run %s --entry=sum --input=%t/a.npy --input=%t/b.npy --output=%t/out/y.npy | FileCheck %s --check-prefix=SUM
// SUM: run-time.mlir:{{[0-9]+}}:8: error: dimension #0 of input/output operand #1 is incompatible with inferred dimension size
// RUN: %refused %t/out rmsnorm-run %s --entry=own --input=%t/a.npy --output=%t/out/n.npy | FileCheck %s --check-prefix=OWN
// OWN: run-time.mlir:{{[0-9]+}}:3: error: expected more rows

func.func @sum(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %z = linalg.add ins(%x, %y : tensor<?x8xf32>, tensor<?x8xf32>) outs(%x : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}
// A function's own assertion.
func.func @own(%x: tensor<?x8xf32>) -> index {
  %c0 = arith.constant 0 : index
  %c7 = arith.constant 7 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %ok = arith.cmpi sgt, %n, %c7 : index
  cf.assert %ok, "expected more rows"
  return %n : index
}
