// Options of the pipeline that say nothing sensible: one error, status 1.
// RUN: not rmsnorm-opt %s --rmsnorm-to-cpu=stop-after=lunch 2>&1 | FileCheck %s --check-prefix=STOP
// RUN: not rmsnorm-opt %s --pass-pipeline='builtin.module(rmsnorm-to-cpu{stop-after=lunch})' 2>&1 | FileCheck %s --check-prefix=STOP
// STOP-NOT: {{.}}
// STOP: <unknown>:0: error: expected stop-after to be one of bufferize, schedule, tile, decompose, overlap, distribute, vectorize, parallelize, llvm, but got lunch{{$}}
// The line that MLIR adds for a pipeline given as text.
// STOP-NOT: {{error|ERROR|func|module|bug|Stack}}

// RUN: not rmsnorm-opt %s --rmsnorm-to-cpu=start-after=lunch 2>&1 | FileCheck %s --check-prefix=START
// RUN: not rmsnorm-opt %s --pass-pipeline='builtin.module(rmsnorm-to-cpu{start-after=lunch})' 2>&1 | FileCheck %s --check-prefix=START
// START-NOT: {{.}}
// START: <unknown>:0: error: expected start-after to be one of bufferize, schedule, tile, decompose, overlap, distribute, vectorize, parallelize, llvm, but got lunch{{$}}
// START-NOT: {{error|ERROR|func|module|bug|Stack}}

// RUN: not rmsnorm-opt %s --rmsnorm-to-cpu='start-after=vectorize stop-after=tile' 2>&1 | FileCheck %s --check-prefix=ORDER -DSTOP=tile
// RUN: not rmsnorm-opt %s --rmsnorm-to-cpu='start-after=vectorize stop-after=vectorize' 2>&1 | FileCheck %s --check-prefix=ORDER -DSTOP=vectorize
// ORDER: <unknown>:0: error: expected stop-after to be a stage after vectorize, but got [[STOP]]{{$}}
// ORDER-NOT: {{error|ERROR|func|module|bug|Stack}}

// RUN: not rmsnorm-opt %s --rmsnorm-to-cpu=features=avx2 2>&1 | FileCheck %s --check-prefix=FEATURES -DLIST=avx2
// RUN: not rmsnorm-opt %s --rmsnorm-to-cpu=features=+avx2,,-fma 2>&1 | FileCheck %s --check-prefix=FEATURES -DLIST=+avx2,,-fma
// RUN: not rmsnorm-opt %s --rmsnorm-to-cpu=features=+ 2>&1 | FileCheck %s --check-prefix=FEATURES -DLIST=+
// FEATURES: <unknown>:0: error: expected features to be names after + or -, such as +avx2,-fma, but got [[LIST]]{{$}}
// FEATURES-NOT: {{error|ERROR|func|module|bug|Stack}}

// RUN: not rmsnorm-opt %s --rmsnorm-to-cpu=lunch=1 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: no such option lunch
// OPTION-NOT: {{func|module|bug|Stack}}

func.func @f(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>)
  return
}
