// Memrefs with gaps, offsets, transposed and in place.
//
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu | FileCheck %s
// CHECK-NOT: rmsnorm.rms_norm
//
// RUN: %check %s gaps --in "x=normal((7, 100))" --in "w=normal(100)" --out y=f32:7x100 --expect "rms_norm(x, w)[0]"
// RUN: %check %s any --in "x=normal((7, 300))" --in "w=normal(300)" --out y=f32:7x300 --expect "rms_norm(x, w)[0]"
// RUN: %check %s any --in "x=np.asfortranarray(normal((7, 300)))" --in "w=normal(300)" --out y=f32:7x300 --expect "rms_norm(x, w)[0]"
// RUN: %check %s transposed --in "x=np.asfortranarray(normal((70, 300)))" --out y=f32:70x300 --expect "rms_norm(x, axes=[0])[0]"
// RUN: %check %s column --in "x=normal((9, 33), bf16)" --in "w=normal(33)" --out y=bf16:9x33 --expect "rms_norm(x, w)[0]"
// RUN: %check %s broadcast --in "x=normal((9, 33))" --in "w=np.full(33, 2.5, f32)" --out y=f32:9x33 --expect "rms_norm(x, w)[0]"

#gaps = strided<[128, 1], offset: 3>
#any = strided<[?, ?], offset: ?>
func.func @gaps(%x: memref<?x100xf32, #gaps>, %w: memref<100xf32, strided<[3], offset: 5>>, %y: memref<?x100xf32, #gaps>) {
  rmsnorm.rms_norm ins(%x : memref<?x100xf32, #gaps>) scale(%w : memref<100xf32, strided<[3], offset: 5>>) outs(%y : memref<?x100xf32, #gaps>)
  return
}
func.func @any(%x: memref<?x?xf32, #any>, %w: memref<?xf32, strided<[?], offset: ?>>, %y: memref<?x?xf32, #any>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32, #any>) scale(%w : memref<?xf32, strided<[?], offset: ?>>) outs(%y : memref<?x?xf32, #any>)
  return
}
func.func @transposed(%x: memref<?x?xf32, #any>, %y: memref<?x?xf32, #any>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32, #any>) outs(%y : memref<?x?xf32, #any>) reduce [0]
  return
}
// Rows run down, from the last one up.
func.func @column(%x: memref<9x33xbf16, strided<[-1, 9], offset: 8>>, %w: memref<33xf32, strided<[-1], offset: 32>>, %y: memref<9x33xbf16, strided<[1, 9]>>) {
  rmsnorm.rms_norm ins(%x : memref<9x33xbf16, strided<[-1, 9], offset: 8>>) scale(%w : memref<33xf32, strided<[-1], offset: 32>>)
    outs(%y : memref<9x33xbf16, strided<[1, 9]>>)
  return
}
// One number stands for all of the scale.
func.func @broadcast(%x: memref<9x33xf32>, %w: memref<33xf32, strided<[0]>>, %y: memref<9x33xf32>) {
  rmsnorm.rms_norm ins(%x : memref<9x33xf32>) scale(%w : memref<33xf32, strided<[0]>>) outs(%y : memref<9x33xf32>)
  return
}
