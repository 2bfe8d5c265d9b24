// Schedules written by hand: a schedule changes how a norm is computed and not
// what comes out. Rows that do not fill a group, columns that fill no step.
//
// RUN: %check %s pairs --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s pairs_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s pairs_columns --in "x=spiky((70, 45)).T.copy().T" --in "w=normal(45)" --out y=f32:70x45 --expect "rms_norm(x, w, axes=[0])[0]"
// RUN: %check %s pairs_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s fours --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s fours_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s fours_columns --in "x=spiky((70, 45)).T.copy().T" --in "w=normal(45)" --out y=f32:70x45 --expect "rms_norm(x, w, axes=[0])[0]"
// RUN: %check %s fours_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s eights --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s eights_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s eights_columns --in "x=spiky((70, 45)).T.copy().T" --in "w=normal(45)" --out y=f32:70x45 --expect "rms_norm(x, w, axes=[0])[0]"
// RUN: %check %s eights_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s sixteens --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s sixteens_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s sixteens_columns --in "x=spiky((70, 45)).T.copy().T" --in "w=normal(45)" --out y=f32:70x45 --expect "rms_norm(x, w, axes=[0])[0]"
// RUN: %check %s sixteens_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s scalars --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s scalars_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s scalars_columns --in "x=spiky((70, 45)).T.copy().T" --in "w=normal(45)" --out y=f32:70x45 --expect "rms_norm(x, w, axes=[0])[0]"
// RUN: %check %s scalars_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s long_chain --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s long_chain_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s long_chain_columns --in "x=spiky((70, 45)).T.copy().T" --in "w=normal(45)" --out y=f32:70x45 --expect "rms_norm(x, w, axes=[0])[0]"
// RUN: %check %s long_chain_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s large --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --in "e=normal((35, 64), bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w, residual=e)[0]"
// RUN: %check %s large_columns --in "x=spiky((70, 45))" --in "w=normal(45)" --out y=f32:70x45 --expect "rms_norm(x, w, axes=[0])[0]"
// RUN: %check %s large_columns --in "x=spiky((7, 45))" --in "w=normal(45)" --out y=f32:7x45 --expect "rms_norm(x, w, axes=[0])[0]"
// RUN: %check %s panels_by_terms --in "x=spiky((3, 70, 777), bf16)" --in "w=normal(777, bf16)" --in "m=bools((3, 70, 777))" --out y=bf16:3x70x777 --expect "rms_norm(x, w, axes=[1], mask=m)[0]"
// RUN: %check %s panels_by_terms --in "x=spiky((2, 301, 777), bf16)" --in "w=normal(777, bf16)" --in "m=bools((2, 301, 777))" --out y=bf16:2x301x777 --expect "rms_norm(x, w, axes=[1], mask=m)[0]"
// RUN: %check %s large --in "x=spiky((9, 64), bf16)" --in "w=normal(64, bf16)" --in "e=normal((9, 64), bf16)" --out y=bf16:9x64 --expect "rms_norm(x, w, residual=e)[0]"
//
// Drawn ones, as by lit's --param draw_schedules=SEED:
// RUN: %check %s pairs_narrow --draw-schedules=5 --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]" | FileCheck %s --check-prefix=DRAWN
// DRAWN: pairs_narrow: {{[0-9]+}} drawn: #rmsnorm.cpu_schedule<vector = [
// RUN: not %check %s pairs_narrow --draw-schedules=5 --in "x=spiky((35, 64), bf16)" --out y=bf16:35x64 --expect "rms_norm(x)[0]" 2>&1 | FileCheck %s --check-prefix=NO-SCALE
// NO-SCALE: drawn.mlir --entry=pairs_narrow
// RUN: not %check %s pairs_narrow --draw-schedules=five --expect 0 2>&1 | FileCheck %s --check-prefix=INVALID
// INVALID: invalid int value: 'five'
//
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=vectorize | FileCheck %s
// CHECK-LABEL: func.func @pairs(
// CHECK: vector.shuffle {{.*}} [0, 2] : vector<2xf64>, vector<2xf64>
// CHECK-LABEL: func.func @eights_narrow(
// CHECK: vector.shuffle {{.*}} [0, 1, 2, 3, 8, 9, 10, 11] : vector<8xf64>, vector<8xf64>
// CHECK: vector.store {{.*}} nontemporal = true
// CHECK-LABEL: func.func @long_chain(
// CHECK-NOT: vector.shuffle {{.*}} [0, 1, 2, 3, 8, 9, 10, 11] : vector<8xf64>, vector<8xf64>
// CHECK: return

func.func @pairs(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], chain = 1, rows = 2>}
  return
}
func.func @pairs_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], chain = 1, rows = 2>}
  return
}
func.func @pairs_columns(%x: memref<?x?xf32>, %w: memref<?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) scale(%w : memref<?xf32>) outs(%y : memref<?x?xf32>) reduce [0]
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], chain = 1, rows = 2>}
  return
}
func.func @pairs_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], chain = 1, rows = 2>}
  return
}

func.func @fours(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [4, 2, 1], normalize_vector = [4, 1], chain = 2, rows = 4, share_rows = true>}
  return
}
func.func @fours_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [4, 2, 1], normalize_vector = [4, 1], chain = 2, rows = 4, share_rows = true>}
  return
}
func.func @fours_columns(%x: memref<?x?xf32>, %w: memref<?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) scale(%w : memref<?xf32>) outs(%y : memref<?x?xf32>) reduce [0]
    {schedule = #rmsnorm.cpu_schedule<vector = [4, 2, 1], normalize_vector = [4, 1], chain = 2, rows = 4, share_rows = true>}
  return
}
func.func @fours_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [4, 2, 1], normalize_vector = [4, 1], chain = 2, rows = 4, share_rows = true>}
  return
}

func.func @eights(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [32, 8, 1], chain = 4, rows = 8, share_rows = true, prefetch = 1, nontemporal = 1>}
  return
}
func.func @eights_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [32, 8, 1], chain = 4, rows = 8, share_rows = true, prefetch = 1, nontemporal = 1>}
  return
}
func.func @eights_columns(%x: memref<?x?xf32>, %w: memref<?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) scale(%w : memref<?xf32>) outs(%y : memref<?x?xf32>) reduce [0]
    {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [32, 8, 1], chain = 4, rows = 8, share_rows = true, prefetch = 1, nontemporal = 1>}
  return
}
func.func @eights_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [32, 8, 1], chain = 4, rows = 8, share_rows = true, prefetch = 1, nontemporal = 1>}
  return
}

func.func @sixteens(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [64, 16, 1], normalize_vector = [64, 1], chain = 3, rows = 16, share_rows = true>}
  return
}
func.func @sixteens_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [64, 16, 1], normalize_vector = [64, 1], chain = 3, rows = 16, share_rows = true>}
  return
}
func.func @sixteens_columns(%x: memref<?x?xf32>, %w: memref<?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) scale(%w : memref<?xf32>) outs(%y : memref<?x?xf32>) reduce [0]
    {schedule = #rmsnorm.cpu_schedule<vector = [64, 16, 1], normalize_vector = [64, 1], chain = 3, rows = 16, share_rows = true>}
  return
}
func.func @sixteens_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [64, 16, 1], normalize_vector = [64, 1], chain = 3, rows = 16, share_rows = true>}
  return
}

func.func @scalars(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], chain = 5, rows = 8>}
  return
}
func.func @scalars_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], chain = 5, rows = 8>}
  return
}
func.func @scalars_columns(%x: memref<?x?xf32>, %w: memref<?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) scale(%w : memref<?xf32>) outs(%y : memref<?x?xf32>) reduce [0]
    {schedule = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], chain = 5, rows = 8>}
  return
}
func.func @scalars_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], chain = 5, rows = 8>}
  return
}

func.func @long_chain(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [16, 1], chain = 8>}
  return
}
func.func @long_chain_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [16, 1], chain = 8>}
  return
}
func.func @long_chain_columns(%x: memref<?x?xf32>, %w: memref<?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) scale(%w : memref<?xf32>) outs(%y : memref<?x?xf32>) reduce [0]
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [16, 1], chain = 8>}
  return
}
func.func @long_chain_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [16, 1], chain = 8>}
  return
}

// 35 rows are far, 9 are not.
func.func @large(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %e: memref<?x64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) residual(%e : memref<?x64xbf16>)
    outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [32, 8, 1], rows = 2, overlap = 1, prefetch = 1, nontemporal = 1, far = 8192, far_rows = 4, grain = 512>}
  return
}
// 70 terms have panels of 256 columns, 301 of 512.
func.func @panels_by_terms(%x: memref<?x?x?xbf16>, %w: memref<?xbf16>, %m: memref<?x?x?xi1>, %y: memref<?x?x?xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x?xbf16>) scale(%w : memref<?xbf16>) mask(%m : memref<?x?x?xi1>)
    outs(%y : memref<?x?x?xbf16>) reduce [1]
    {schedule = #rmsnorm.cpu_schedule<vector = [32, 8, 1], normalize_vector = [32, 8, 1], panel = 64, part = 32, prefetch = 1, nontemporal = 1, far = 1, far_rows = 4, far_panel = 700, far_aspect = 1, far_ahead = 4, grain = 512>}
  return
}
func.func @large_columns(%x: memref<?x?xf32>, %w: memref<?xf32>, %y: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) scale(%w : memref<?xf32>) outs(%y : memref<?x?xf32>) reduce [0]
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [8, 1], panel = 8, part = 16, prefetch = 1, nontemporal = 1, far = 8192, far_panel = 32>}
  return
}
