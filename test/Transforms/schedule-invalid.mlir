// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: not rmsnorm-opt %s --rmsnorm-schedule=vector-registers=0 2>&1 | FileCheck %s --check-prefix=VALUE
// VALUE: error: expected vector-registers to be positive, but got 0

// RUN: not rmsnorm-opt %s --rmsnorm-schedule=cache-size=0 2>&1 | FileCheck %s --check-prefix=CACHE
// CACHE: error: expected cache-size to be positive, but got 0

// RUN: not rmsnorm-opt %s --rmsnorm-schedule=vector-registers=many 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: for the --vector-registers option: 'many' value invalid for long argument

func.func @f(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  rmsnorm.rms_norm ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>)
  return
}
