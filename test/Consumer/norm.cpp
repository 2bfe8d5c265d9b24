//===- norm.cpp - A norm from C++ -----------------------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/Kernel.h"
#include <cstdio>

int main() {
  rmsnorm::KernelCache kernels(rmsnorm::Target::host());

  float x[2][4] = {{1, 2, 3, 4}, {-2, 2, -2, 2}}, y[2][4];
  float scale[4] = {1, 1, 1, 2};
  const int64_t shape[] = {2, 4}, features[] = {4};
  rmsnorm::TensorRef tx{x, rmsnorm::ElementType::F32, shape};
  rmsnorm::TensorRef tscale{scale, rmsnorm::ElementType::F32, features};
  rmsnorm::TensorRef ty{y, rmsnorm::ElementType::F32, shape};
  rmsnorm::Operands operands;
  operands[rmsnorm::Operand::X] = &tx;
  operands[rmsnorm::Operand::Scale] = &tscale;
  operands[rmsnorm::Operand::Y] = &ty;

  rmsnorm::NormOptions options;
  if (llvm::Error error =
          kernels.run(options, std::nullopt, std::nullopt, operands)) {
    std::fprintf(stderr, "error: %s\n",
                 llvm::toString(std::move(error)).c_str());
    return 1;
  }
  for (auto &row : y)
    std::printf("%.4f %.4f %.4f %.4f\n", row[0], row[1], row[2], row[3]);
}
