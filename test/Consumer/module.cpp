//===- module.cpp - A whole function from C++ -----------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/Executable.h"
#include <cstdio>

// A norm between ops of other dialects.
static const char source[] = R"mlir(
func.func @twice(%x: memref<?x4xf32>, %y: memref<?x4xf32>) {
  rmsnorm.rms_norm ins(%x : memref<?x4xf32>) outs(%y : memref<?x4xf32>)
  linalg.add ins(%y, %y : memref<?x4xf32>, memref<?x4xf32>) outs(%y : memref<?x4xf32>)
  return
}
)mlir";

static llvm::Error run() {
  rmsnorm::Compiler compiler(rmsnorm::Target::host());
  auto module = compiler.compile(source, "twice.mlir");
  if (!module)
    return module.takeError();
  auto executable = rmsnorm::Executable::load(std::move(*module));
  if (!executable)
    return executable.takeError();
  auto function = (*executable)->lookup("twice");
  if (!function)
    return function.takeError();

  float x[1][4] = {{-2, 2, -2, 2}}, y[1][4];
  struct {
    void *allocated, *aligned;
    int64_t offset, shape[2], strides[2];
  } dx{x, x, 0, {1, 4}, {4, 1}}, dy{y, y, 0, {1, 4}, {4, 1}};
  void *arguments[] = {&dx, &dy};
  (*function)(arguments);
  std::printf("%.4f %.4f %.4f %.4f\n", y[0][0], y[0][1], y[0][2], y[0][3]);
  return llvm::Error::success();
}

int main() {
  if (llvm::Error error = run()) {
    std::fprintf(stderr, "error: %s\n",
                 llvm::toString(std::move(error)).c_str());
    return 1;
  }
}
