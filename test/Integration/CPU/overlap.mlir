// A task is summed while the results of the one before it are written: the same
// comes out, whether the loops over a row become one or not, for rows in groups,
// cut into parts, and of unknown length, and for the last row as for the others.
//
// RUN: %check %s along_masked --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s along_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s along_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s along_residual --in "x=normal((21, 90))" --in "e=normal((21, 90))" --out y=f32:21x90 --out h=f32:21x90 --expect "rms_norm(x, residual=e)[0:2]"
// RUN: %check %s far_masked --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s far_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s far_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s far_residual --in "x=normal((21, 90))" --in "e=normal((21, 90))" --out y=f32:21x90 --out h=f32:21x90 --expect "rms_norm(x, residual=e)[0:2]"
// RUN: %check %s folded_masked --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s folded_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s folded_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s folded_residual --in "x=normal((21, 90))" --in "e=normal((21, 90))" --out y=f32:21x90 --out h=f32:21x90 --expect "rms_norm(x, residual=e)[0:2]"
// RUN: %check %s in_groups_masked --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s in_groups_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s in_groups_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s in_groups_residual --in "x=normal((21, 90))" --in "e=normal((21, 90))" --out y=f32:21x90 --out h=f32:21x90 --expect "rms_norm(x, residual=e)[0:2]"
// RUN: %check %s shared_masked --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s shared_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s shared_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s shared_residual --in "x=normal((21, 90))" --in "e=normal((21, 90))" --out y=f32:21x90 --out h=f32:21x90 --expect "rms_norm(x, residual=e)[0:2]"
// RUN: %check %s apart_masked --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s apart_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s apart_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s apart_residual --in "x=normal((21, 90))" --in "e=normal((21, 90))" --out y=f32:21x90 --out h=f32:21x90 --expect "rms_norm(x, residual=e)[0:2]"
// RUN: %check %s cut_masked --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s cut_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s cut_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s cut_residual --in "x=normal((21, 90))" --in "e=normal((21, 90))" --out y=f32:21x90 --out h=f32:21x90 --expect "rms_norm(x, residual=e)[0:2]"
// RUN: %check %s unknown_masked --in "x=spiky((3, 11, 100))" --in "w=normal(100, bf16)" --in "m=bools((3, 11, 100))" --out y=f32:3x11x100 --out r=f32:3x11x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s unknown_narrow --in "x=spiky((35, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:35x64 --expect "rms_norm(x, w)[0]"
// RUN: %check %s unknown_wide --in "x=normal((9, 7, 20), c128)" --out y=c128:9x7x20 --out r=f64:9x1x1 --expect "rms_norm(x, axes=[1, 2])[0::2]"
// RUN: %check %s unknown_residual --in "x=normal((21, 90))" --in "e=normal((21, 90))" --out y=f32:21x90 --out h=f32:21x90 --expect "rms_norm(x, residual=e)[0:2]"
// RUN: %check %s along_masked --in "x=spiky((1, 1, 100))" --in "w=normal(100, bf16)" --in "m=bools((1, 1, 100))" --out y=f32:1x1x100 --out r=f32:1x1x1 --expect "rms_norm(x, w, mask=m)[0::2]"
// RUN: %check %s along_narrow --in "x=normal((0, 64), bf16)" --in "w=normal(64, bf16)" --out y=bf16:0x64 --expect "rms_norm(x, w)[0]"
//
// RUN: rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=vectorize | FileCheck %s
// One loop sums a row and writes another.
// CHECK-LABEL: func.func @along_narrow(
// CHECK: scf.for %[[ROW:.*]] =
// CHECK: scf.for {{.*}} iter_args
// CHECK: vector.store
// CHECK: scf.yield
// CHECK-NOT: scf.for
// CHECK: rmsnorm.overlapped
// Steps of 8 are no multiple of 16: one loop after the other.
// CHECK-LABEL: func.func @apart_narrow(
// CHECK: scf.for %[[ROW:.*]] =
// CHECK: scf.for {{.*}} iter_args
// CHECK-NOT: vector.store
// CHECK: scf.yield
// CHECK: scf.for
// CHECK: vector.store
// CHECK: rmsnorm.overlapped

func.func @along_masked(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1>}
  return
}
func.func @along_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1>}
  return
}
func.func @along_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1>}
  return
}
func.func @along_residual(%x: memref<?x90xf32>, %e: memref<?x90xf32>, %y: memref<?x90xf32>, %h: memref<?x90xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x90xf32>) residual(%e : memref<?x90xf32>) outs(%y : memref<?x90xf32>) residual_out(%h : memref<?x90xf32>)
    {stable, schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1>}
  return
}

func.func @far_masked(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 4096, prefetch = 1, nontemporal = 1, grain = 1024>}
  return
}
func.func @far_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 4096, prefetch = 1, nontemporal = 1, grain = 1024>}
  return
}
func.func @far_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 4096, prefetch = 1, nontemporal = 1, grain = 1024>}
  return
}
func.func @far_residual(%x: memref<?x90xf32>, %e: memref<?x90xf32>, %y: memref<?x90xf32>, %h: memref<?x90xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x90xf32>) residual(%e : memref<?x90xf32>) outs(%y : memref<?x90xf32>) residual_out(%h : memref<?x90xf32>)
    {stable, schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 4096, prefetch = 1, nontemporal = 1, grain = 1024>}
  return
}

func.func @folded_masked(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [4, 1], normalize_vector = [8, 4, 1], chain = 4, overlap = 1, fold = 4>}
  return
}
func.func @folded_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [4, 1], normalize_vector = [8, 4, 1], chain = 4, overlap = 1, fold = 4>}
  return
}
func.func @folded_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [4, 1], normalize_vector = [8, 4, 1], chain = 4, overlap = 1, fold = 4>}
  return
}
func.func @folded_residual(%x: memref<?x90xf32>, %e: memref<?x90xf32>, %y: memref<?x90xf32>, %h: memref<?x90xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x90xf32>) residual(%e : memref<?x90xf32>) outs(%y : memref<?x90xf32>) residual_out(%h : memref<?x90xf32>)
    {stable, schedule = #rmsnorm.cpu_schedule<vector = [4, 1], normalize_vector = [8, 4, 1], chain = 4, overlap = 1, fold = 4>}
  return
}

func.func @in_groups_masked(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1, rows = 4>}
  return
}
func.func @in_groups_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1, rows = 4>}
  return
}
func.func @in_groups_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1, rows = 4>}
  return
}
func.func @in_groups_residual(%x: memref<?x90xf32>, %e: memref<?x90xf32>, %y: memref<?x90xf32>, %h: memref<?x90xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x90xf32>) residual(%e : memref<?x90xf32>) outs(%y : memref<?x90xf32>) residual_out(%h : memref<?x90xf32>)
    {stable, schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1, rows = 4>}
  return
}

func.func @shared_masked(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1, rows = 4, share_rows = true, fold = 4>}
  return
}
func.func @shared_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1, rows = 4, share_rows = true, fold = 4>}
  return
}
func.func @shared_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1, rows = 4, share_rows = true, fold = 4>}
  return
}
func.func @shared_residual(%x: memref<?x90xf32>, %e: memref<?x90xf32>, %y: memref<?x90xf32>, %h: memref<?x90xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x90xf32>) residual(%e : memref<?x90xf32>) outs(%y : memref<?x90xf32>) residual_out(%h : memref<?x90xf32>)
    {stable, schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, overlap = 1, rows = 4, share_rows = true, fold = 4>}
  return
}

func.func @apart_masked(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [8, 1], chain = 2, overlap = 1>}
  return
}
func.func @apart_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [8, 1], chain = 2, overlap = 1>}
  return
}
func.func @apart_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [8, 1], chain = 2, overlap = 1>}
  return
}
func.func @apart_residual(%x: memref<?x90xf32>, %e: memref<?x90xf32>, %y: memref<?x90xf32>, %h: memref<?x90xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x90xf32>) residual(%e : memref<?x90xf32>) outs(%y : memref<?x90xf32>) residual_out(%h : memref<?x90xf32>)
    {stable, schedule = #rmsnorm.cpu_schedule<vector = [16, 8, 1], normalize_vector = [8, 1], chain = 2, overlap = 1>}
  return
}

func.func @cut_masked(%x: memref<?x?x100xf32>, %w: memref<100xbf16>, %m: memref<?x?x100xi1>, %y: memref<?x?x100xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x100xf32>) scale(%w : memref<100xbf16>) mask(%m : memref<?x?x100xi1>)
    outs(%y : memref<?x?x100xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, part = 16, overlap = 1, nontemporal = 1, grain = 64>}
  return
}
func.func @cut_narrow(%x: memref<?x64xbf16>, %w: memref<64xbf16>, %y: memref<?x64xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xbf16>) scale(%w : memref<64xbf16>) outs(%y : memref<?x64xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, part = 16, overlap = 1, nontemporal = 1, grain = 64>}
  return
}
func.func @cut_wide(%x: memref<?x7x20xcomplex<f64>>, %y: memref<?x7x20xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x7x20xcomplex<f64>>) outs(%y : memref<?x7x20xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, part = 16, overlap = 1, nontemporal = 1, grain = 64>}
  return
}
func.func @cut_residual(%x: memref<?x90xf32>, %e: memref<?x90xf32>, %y: memref<?x90xf32>, %h: memref<?x90xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x90xf32>) residual(%e : memref<?x90xf32>) outs(%y : memref<?x90xf32>) residual_out(%h : memref<?x90xf32>)
    {stable, schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, part = 16, overlap = 1, nontemporal = 1, grain = 64>}
  return
}

func.func @unknown_masked(%x: memref<?x?x?xf32>, %w: memref<?xbf16>, %m: memref<?x?x?xi1>, %y: memref<?x?x?xf32>, %r: memref<?x?x1xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x?xf32>) scale(%w : memref<?xbf16>) mask(%m : memref<?x?x?xi1>)
    outs(%y : memref<?x?x?xf32>) rstd_out(%r : memref<?x?x1xf32>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, part = 16, overlap = 1, nontemporal = 1, grain = 64>}
  return
}
func.func @unknown_narrow(%x: memref<?x?xbf16>, %w: memref<?xbf16>, %y: memref<?x?xbf16>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xbf16>) scale(%w : memref<?xbf16>) outs(%y : memref<?x?xbf16>)
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, part = 16, overlap = 1, nontemporal = 1, grain = 64>}
  return
}
func.func @unknown_wide(%x: memref<?x?x?xcomplex<f64>>, %y: memref<?x?x?xcomplex<f64>>, %r: memref<?x1x1xf64>) {
  rmsnorm.rms_norm ins(%x : memref<?x?x?xcomplex<f64>>) outs(%y : memref<?x?x?xcomplex<f64>>) rstd_out(%r : memref<?x1x1xf64>) reduce [1, 2]
    {schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, part = 16, overlap = 1, nontemporal = 1, grain = 64>}
  return
}
func.func @unknown_residual(%x: memref<?x?xf32>, %e: memref<?x?xf32>, %y: memref<?x?xf32>, %h: memref<?x?xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x?xf32>) residual(%e : memref<?x?xf32>) outs(%y : memref<?x?xf32>) residual_out(%h : memref<?x?xf32>)
    {stable, schedule = #rmsnorm.cpu_schedule<vector = [8, 1], normalize_vector = [16, 8, 1], chain = 2, part = 16, overlap = 1, nontemporal = 1, grain = 64>}
  return
}
