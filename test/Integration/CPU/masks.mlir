// Masks of every shape that broadcasts to x; a row without a true position is NaN.
//
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu | FileCheck %s
// CHECK-NOT: rmsnorm.rms_norm
//
// RUN: %check %s full --in "x=normal((6, 515))" --in "m=bools((6, 515))" --out y=f32:6x515 --expect "rms_norm(x, mask=m)[0]"
// RUN: %check %s full --in "x=normal((6, 515))" --in "m=np.zeros((6, 515), bool)" --out y=f32:6x515 --expect "rms_norm(x, mask=m)[0]"
// RUN: %check %s full --in "x=normal((6, 515))" --in "m=np.arange(6 * 515).reshape(6, 515) %% 515 == 514" --out y=f32:6x515 --expect "rms_norm(x, mask=m)[0]"
// RUN: %check %s full --in "x=np.where(np.arange(515) %% 5 == 0, np.nan, normal((6, 515))).astype(f32)" --in "m=np.broadcast_to(np.arange(515) %% 5 != 0, (6, 515))" \
// RUN:   --out y=f32:6x515 --expect "rms_norm(x, mask=m)[0]"
// RUN: %check %s shared --in "x=normal((6, 515), bf16)" --in "m=bools(515)" --out y=bf16:6x515 --expect "rms_norm(x, mask=m)[0]"
// RUN: %check %s rows --in "x=normal((6, 515), f16)" --in "m=bools((6, 1))" --out y=f16:6x515 --expect "rms_norm(x, mask=m)[0]"
// RUN: %check %s leading --in "x=normal((40, 70, 9))" --in "m=bools((40, 1, 1))" --out y=f32:40x70x9 --expect "rms_norm(x, mask=m, axes=[0, 1])[0]"
// RUN: %check %s leading2 --in "x=normal((40, 3, 33))" --in "m=bools((3, 33))" --out y=f32:40x3x33 --expect "rms_norm(x, mask=m, axes=[0])[0]"
// RUN: %check %s one --in "x=normal((6, 515), f64)" --in "m=bools(())" --out y=f64:6x515 --expect "rms_norm(x, mask=m)[0]"

func.func @full(%x: memref<?x515xf32>, %m: memref<?x515xi1>, %y: memref<?x515xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x515xf32>) mask(%m : memref<?x515xi1>) outs(%y : memref<?x515xf32>)
  return
}
func.func @shared(%x: memref<?x515xbf16>, %m: memref<515xi1>, %y: memref<?x515xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x515xbf16>) mask(%m : memref<515xi1>) outs(%y : memref<?x515xbf16>)
  return
}
func.func @rows(%x: memref<?x515xf16>, %m: memref<?x1xi1>, %y: memref<?x515xf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x515xf16>) mask(%m : memref<?x1xi1>) outs(%y : memref<?x515xf16>)
  return
}
func.func @leading(%x: memref<?x70x9xf32>, %m: memref<?x1x1xi1>, %y: memref<?x70x9xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x70x9xf32>) mask(%m : memref<?x1x1xi1>) outs(%y : memref<?x70x9xf32>) reduce [0, 1]
  return
}
func.func @leading2(%x: memref<?x3x33xf32>, %m: memref<3x33xi1>, %y: memref<?x3x33xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x3x33xf32>) mask(%m : memref<3x33xi1>) outs(%y : memref<?x3x33xf32>) reduce [0]
  return
}
func.func @one(%x: memref<?x515xf64>, %m: memref<i1>, %y: memref<?x515xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x515xf64>) mask(%m : memref<i1>) outs(%y : memref<?x515xf64>)
  return
}
