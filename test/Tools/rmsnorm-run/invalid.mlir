// Each wrong input is refused with one error, status 1, and no file left.
//
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py %t/x.npy '<f4' 4x8
// RUN: %python %S/Inputs/npy.py %t/w.npy '<f4' 8

// A missing file.
// RUN: %refused %t/out rmsnorm-run %t/none.mlir --output=%t/out/y.npy | FileCheck %s --check-prefix=NOMODULE
// NOMODULE: rmsnorm-run: error: '{{.*}}none.mlir': No such file or directory
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/none.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 \
// RUN:   | FileCheck %s --check-prefix=NOFILE
// NOFILE: rmsnorm-run: error: --input: '{{.*}}none.npy': No such file or directory

// A wrong entry.
// RUN: %refused %t/out rmsnorm-run %s --entry=h --output=%t/out/y.npy | FileCheck %s --check-prefix=ENTRY
// ENTRY: rmsnorm-run: error: expected --entry to name one of the public functions of '{{.*}}invalid.mlir' (f, g), but got 'h'
// RUN: %refused %t/out rmsnorm-run %s --output=%t/out/y.npy | FileCheck %s --check-prefix=NOENTRY
// NOENTRY: rmsnorm-run: error: expected --entry to name one of the public functions of '{{.*}}invalid.mlir' (f, g), but it is missing

// Wrong dtype, rank, shape.
// RUN: %python %S/Inputs/npy.py %t/f8.npy '<f8' 4x8
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/f8.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=DTYPE
// DTYPE: rmsnorm-run: error: --input: '{{.*}}f8.npy', argument 0: expected dtype float32 for memref<?x8xf32>, but got '<f8'
// RUN: %python %S/Inputs/npy.py %t/big.npy '>f4' 4x8
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/big.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=ENDIAN
// ENDIAN: rmsnorm-run: error: --input: '{{.*}}big.npy': expected little-endian numbers, but got dtype '>f4'
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/w.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=RANK
// RANK: rmsnorm-run: error: --input: '{{.*}}w.npy', argument 0: expected rank 2 (memref<?x8xf32>), but got rank 1
// RUN: %python %S/Inputs/npy.py %t/x7.npy '<f4' 4x7
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x7.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=SHAPE
// SHAPE: rmsnorm-run: error: --input: '{{.*}}x7.npy', argument 0: expected shape ?x8, but got 4x7

// Files that are cut off, too long, or no arrays.
// RUN: %python %S/Inputs/npy.py %t/bad.npy '<f4' 4x8 bytes=127
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=CUT
// CUT: rmsnorm-run: error: --input: '{{.*}}bad.npy': expected 128 bytes of data, but got 127
// RUN: %python %S/Inputs/npy.py %t/bad.npy '<f4' 4x8 bytes=129
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=LONG
// LONG: rmsnorm-run: error: --input: '{{.*}}bad.npy': expected 128 bytes of data, but got 129
// RUN: %python %S/Inputs/npy.py %t/bad.npy '<f4' 4x8 cut=40
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=NOHEADER
// RUN: %python %S/Inputs/npy.py %t/bad.npy '<f4' 4x8 cut=0
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=NOHEADER
// RUN: %python %S/Inputs/npy.py %t/bad.npy '<f4' 4x8 version=4
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=NOHEADER
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%s --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=NOHEADER
// NOHEADER: rmsnorm-run: error: --input: '{{.*}}': expected a .npy file of version 1, 2 or 3, but its header is missing or cut off
// RUN: %python %S/Inputs/npy.py %t/bad.npy '<f4' 4x8 "header={'descr': '<f4', 'shape': (4, 8)}"
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=HEADER
// HEADER: rmsnorm-run: error: --input: '{{.*}}bad.npy': expected a header with descr, fortran_order and shape, but got {'descr': '<f4', 'shape': (4, 8)}
// RUN: %python %S/Inputs/npy.py %t/bad.npy '<f4' 1 "header={'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8)}"
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=SIZE
// SIZE: rmsnorm-run: error: --input: '{{.*}}bad.npy': expected a size below 2^63 bytes, but the shape exceeds it

// The text of a header is foreign: its beginning is quoted, on one line.
// RUN: %python -c "print('{' + 'x\n' * 99)" > %t/long.txt
// RUN: %python %S/Inputs/npy.py %t/bad.npy '<f4' 4x8 header=@%t/long.txt
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=FOREIGN
// FOREIGN: rmsnorm-run: error: --input: '{{.*}}bad.npy': expected a header with descr, fortran_order and shape, but got {x\0Ax\0A{{[x0A\\]*}}...{{$}}
// Objects, records, text, and other types that are no numbers of ours.
// RUN: %python %S/Inputs/npy.py %t/bad.npy '|O' 8
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=OBJECT
// OBJECT: rmsnorm-run: error: --input: '{{.*}}bad.npy': expected little-endian numbers, but got dtype '|O'
// RUN: %python %S/Inputs/npy.py %t/bad.npy '<U3' 8
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=UNICODE
// UNICODE: rmsnorm-run: error: --input: '{{.*}}bad.npy': expected little-endian numbers, but got dtype '<U3'
// RUN: %python %S/Inputs/npy.py %t/bad.npy '<f4' 4x8 "header={'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (32,)}"
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/bad.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=RECORD
// RECORD: rmsnorm-run: error: --input: '{{.*}}bad.npy': expected a header with descr, fortran_order and shape, but got {'descr': {{\[}}('a', '<f4')], 'fortran_order': False, 'shape': (32,)}
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t --input=%t/w.npy --output=%t/out/y.npy:4x8 | FileCheck %s --check-prefix=INDIR
// INDIR: rmsnorm-run: error: --input: '{{.*}}': Is a directory

// Too few and too many files.
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --output=%t/out/y.npy | FileCheck %s --check-prefix=FEW
// FEW: rmsnorm-run: error: expected an --input or --output for each of the 3 arguments of 'f', but got 2
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --input=%t/x.npy --input=%t/x.npy \
// RUN:   --save-argument=2:%t/out/y.npy | FileCheck %s --check-prefix=MANY
// MANY: rmsnorm-run: error: expected at most 3 of --input for 'f', but got 4
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 --output=%t/out/z.npy \
// RUN:   | FileCheck %s --check-prefix=MANYOUT
// MANYOUT: rmsnorm-run: error: expected at most 1 of --output for 'f', but got 2
// RUN: %refused %t/out rmsnorm-run %s --entry=g --output=%t/out/y.npy | FileCheck %s --check-prefix=TENSOR
// TENSOR: rmsnorm-run: error: expected an --input for argument 0 of 'g' (tensor<4xf32>), but got no more of them

// Outputs: no shape, a wrong one, a place that cannot be written.
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t/out/y.npy | FileCheck %s --check-prefix=NOSHAPE
// NOSHAPE: rmsnorm-run: error: --output={{.*}}y.npy: expected a shape, {{.*}}y.npy:SHAPE, for argument 2 of type memref<?x8xf32>
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t/out/y.npy:4x9 | FileCheck %s --check-prefix=OUTSHAPE
// OUTSHAPE: rmsnorm-run: error: --output={{.*}}y.npy:4x9, argument 2: expected shape ?x8, but got 4x9
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t/out/y.npy:4xx9 | FileCheck %s --check-prefix=SHAPETEXT
// SHAPETEXT: rmsnorm-run: error: --output={{.*}}y.npy:4xx9: expected a shape such as 4x1000, but got '4xx9'
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t/none/y.npy:4x8 | FileCheck %s --check-prefix=NODIR
// NODIR: rmsnorm-run: error: '{{.*}}none/y.npy': No such file or directory
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t:4x8 | FileCheck %s --check-prefix=ISDIR
// ISDIR: rmsnorm-run: error: '{{.*}}': expected a file that can be replaced
// The first output could be written, the second not.
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 \
// RUN:   --save-argument=0:%t/none/x.npy | FileCheck %s --check-prefix=SECOND
// SECOND: rmsnorm-run: error: '{{.*}}none/x.npy': No such file or directory
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 \
// RUN:   --save-argument=3:%t/out/x.npy | FileCheck %s --check-prefix=SAVE
// SAVE: rmsnorm-run: error: expected --save-argument=N:FILE.npy with N below 3, but got '3:{{.*}}x.npy'
// Two outputs in one file, whose name is spelled in two ways; none at all.
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t/out/y.npy:4x8 \
// RUN:   --save-argument=0:%t/out/../out/y.npy | FileCheck %s --check-prefix=SAMEFILE
// SAMEFILE: rmsnorm-run: error: '{{.*}}out/../out/y.npy': expected a file for each output, but got this one for two
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=:4x8 | FileCheck %s --check-prefix=NONAME
// NONAME: rmsnorm-run: error: expected a file to write to, but got ''
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t/out/y.npy:9999999x99999999 | FileCheck %s --check-prefix=OUTLARGE
// OUTLARGE: rmsnorm-run: error: --output={{.*}}y.npy:9999999x99999999, argument 2: expected shape ?x8, but got 9999999x99999999
// What is there already stays as it was.
// RUN: cp %t/w.npy %t/kept.npy
// RUN: %refused %t/out rmsnorm-run %s --entry=f --input=%t/x.npy --input=%t/w.npy --output=%t/kept.npy:5x8 | FileCheck %s --check-prefix=KEPT
// KEPT: invalid.mlir:{{[0-9]+}}:3: error: expected dimension 0 of outs to have the size of x's axis 0, but got another
// RUN: cmp %t/w.npy %t/kept.npy

// Targets and threads.
// RUN: %refused %t/out rmsnorm-run %s --entry=f --target=abacus --output=%t/out/y.npy | FileCheck %s --check-prefix=TARGET
// TARGET: rmsnorm-run: error: expected the target's processor to be 'host' or one that LLVM knows, such as x86-64, haswell or sapphirerapids, but got 'abacus'
// RUN: %refused %t/out rmsnorm-run %s --entry=f --target=haswell,avx --output=%t/out/y.npy | FileCheck %s --check-prefix=FEATURE
// FEATURE: rmsnorm-run: error: expected the target's features to be such as +avx2 or -fma, but got 'avx'
// RUN: %refused %t/out rmsnorm-run %s --entry=f --threads=-1 --output=%t/out/y.npy | FileCheck %s --check-prefix=THREADS
// THREADS: rmsnorm-run: error: expected --threads to be 0 or more, but got '-1'
// RUN: %refused %t/out rmsnorm-run %s --entry=f --threads=two --output=%t/out/y.npy | FileCheck %s --check-prefix=THREADTEXT
// THREADTEXT: rmsnorm-run: error: expected --threads to be 0 or more, but got 'two'
// RUN: %refused %t/out rmsnorm-run %s --entry=f --target=i386 --output=%t/out/y.npy | FileCheck %s --check-prefix=MODE
// MODE: rmsnorm-run: error: expected the target's processor to be one with a 64-bit mode, but got 'i386'

// Command lines that are none.
// RUN: %refused %t/out rmsnorm-run | FileCheck %s --check-prefix=NOTHING
// NOTHING: rmsnorm-run: error: not enough positional command line arguments specified; see rmsnorm-run --help
// RUN: %refused %t/out rmsnorm-run %s %s | FileCheck %s --check-prefix=TWICE
// TWICE: rmsnorm-run: error: too many positional arguments specified; see rmsnorm-run --help
// RUN: %refused %t/out rmsnorm-run %s --inputs=%t/x.npy | FileCheck %s --check-prefix=OPTION
// OPTION: rmsnorm-run: error: unknown command line argument '--inputs={{.*}}x.npy'; see rmsnorm-run --help

// A module that is wrong.
// RUN: echo 'func.func @f(%%x: memref<4xf32>) { rmsnorm.rms_norm ins(%%x : memref<4xf32>) outs(%%x : memref<4xf32>) reduce [1] return }' > %t/axis.mlir
// RUN: %refused %t/out rmsnorm-run %t/axis.mlir --output=%t/out/y.npy | FileCheck %s --check-prefix=OP
// OP: axis.mlir:1:{{[0-9]+}}: error: 'rmsnorm.rms_norm' op
// RUN: echo 'func.func @f(' > %t/syntax.mlir
// RUN: %refused %t/out rmsnorm-run %t/syntax.mlir --output=%t/out/y.npy | FileCheck %s --check-prefix=SYNTAX
// SYNTAX: syntax.mlir:1:{{[0-9]+}}: error: expected non-function type

func.func @f(%x: memref<?x8xf32>, %w: memref<8xf32>, %y: memref<?x8xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x8xf32>) scale(%w : memref<8xf32>) outs(%y : memref<?x8xf32>)
  return
}

func.func @g(%x: tensor<4xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %0 = tensor.extract %x[%c0] : tensor<4xf32>
  return %0 : f32
}
