/*===- norm.c - A norm from C ---------------------------------------------===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include <rmsnorm-c/RMSNorm.h>
#include <stdio.h>

int main(void) {
  RMSNormContext context;
  RMSNormStatus status = rmsnormContextCreate(NULL, &context);

  float x[2][4] = {{1, 2, 3, 4}, {-2, 2, -2, 2}}, y[2][4];
  float scale[4] = {1, 1, 1, 2};
  int64_t shape[] = {2, 4}, features[] = {4};
  RMSNormTensor tx = {x, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormTensor tscale = {scale, RMSNORM_TYPE_F32, 1, features, NULL};
  RMSNormTensor ty = {y, RMSNORM_TYPE_F32, 2, shape, NULL};
  RMSNormOperands operands = {.x = &tx, .scale = &tscale, .y = &ty};

  if (!status)
    status = rmsnormRun(context, NULL, &operands, NULL);
  if (status) {
    fprintf(stderr, "error: %s\n", rmsnormStatusGetMessage(status));
    rmsnormStatusDestroy(status);
    return 1;
  }
  for (int row = 0; row < 2; ++row)
    printf("%.4f %.4f %.4f %.4f\n", y[row][0], y[row][1], y[row][2], y[row][3]);
  rmsnormContextDestroy(context);
  return 0;
}
