/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* Calls the functions of norms.mlir and compares them with plain loops. */

#include "norms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef OWN_PARALLEL_FOR
static int calls;
void rmsnorm_parallel_for(void (*task)(void *, int64_t, int64_t), void *context,
                          int64_t count, int64_t grain) {
  (void)grain;
  ++calls;
  for (int64_t item = count; item-- > 0;)
    task(context, item, item + 1);
}

static int asked;
int64_t rmsnorm_max_threads(void) {
  ++asked;
  return 1;
}
#endif

enum { rows = 7, width = 1000 };
static float x[rows * width], scale[width], y[rows * width];
static double a[rows * 8], b[rows * 8];

static void fail(const char *what) {
  printf("wrong: %s\n", what);
  exit(1);
}

static void expectMessage(const char *got, const char *expected) {
  if (!got || strcmp(got, expected) != 0) {
    printf("expected: %s\ngot: %s\n", expected, got ? got : "NULL");
    exit(1);
  }
}

static void testNorm(void) {
  rmsnorm_memref_f32_2 mx = {x, x, 0, {rows, width}, {width, 1}}, my = mx;
  rmsnorm_memref_f32_1 ms = {scale, scale, 0, {width}, {1}};
  my.aligned = y;
  if (norm(&mx, &ms, &my))
    fail("norm");
  for (int row = 0; row < rows; ++row) {
    double sum = 0;
    for (int i = 0; i < width; ++i)
      sum += (double)x[row * width + i] * x[row * width + i];
    double r = 1 / sqrt(sum / width + 1e-6);
    for (int i = 0; i < width; ++i) {
      double exact = x[row * width + i] * r * scale[i];
      if (fabs(y[row * width + i] - exact) > 4 * 1.2e-7 * fabs(exact))
        fail("number");
    }
  }
}

static void testColumns(void) {
  rmsnorm_memref_f64_2 ma = {a, a, 0, {rows, 5}, {8, 1}}, mb = ma;
  mb.aligned = b;
  if (columns(&ma, &mb))
    fail("columns");
  for (int i = 0; i < 8; ++i) {
    double sum = 0;
    for (int row = 0; row < rows; ++row)
      sum += a[row * 8 + i] * a[row * 8 + i];
    double r = 1 / sqrt(sum / rows + 1e-6);
    for (int row = 0; row < rows; ++row) {
      double exact = i < 5 ? a[row * 8 + i] * r : 0;
      if (fabs(b[row * 8 + i] - exact) > 1e-15 * fabs(exact))
        fail("column");
    }
  }
}

static void testResults(void) {
  uint16_t halves[4] = {0x4200}; /* 3 */
  rmsnorm_memref_f16_1 mh = {halves, halves, 0, {4}, {1}};
  half_results results;
  if (half(&results, &mh, 2.5f) || *results.result0.aligned != 7.5f ||
      results.result1 != 7)
    fail("half");
  free(results.result0.allocated);
  seven_results number;
  if (seven(&number) || number.result0 != 7)
    fail("seven");
}

static void testMessages(void) {
  rmsnorm_memref_f32_2 mx = {x, x, 0, {rows, width}, {width, 1}}, my = mx, bad;
  rmsnorm_memref_f32_1 ms = {scale, scale, 0, {width}, {1}};
  my.aligned = y;
  y[0] = 42;
  expectMessage(norm(NULL, &ms, &my),
                "norm: argument 0: expected a descriptor, but got null");
  bad = mx, bad.sizes[1] = 999;
  expectMessage(norm(&bad, &ms, &my), "norm: argument 0: expected extent 1000 on axis 1, but got another");
  bad = mx, bad.sizes[0] = -1;
  expectMessage(norm(&mx, &ms, &bad), "norm: argument 2: expected an extent that is not negative on axis 0");
  bad = mx, bad.sizes[0] = INT64_MAX / 100;
  expectMessage(norm(&mx, &ms, &bad), "norm: argument 2: expected a size below 2^63 bytes");
  bad = mx, bad.strides[0] = 1024;
  expectMessage(norm(&bad, &ms, &my), "norm: argument 0: expected the stride of memref<?x1000xf32> on axis 0, but got another");
  bad = mx, bad.offset = 4;
  expectMessage(norm(&bad, &ms, &my), "norm: argument 0: expected offset 0, but got another");
  bad = mx, bad.aligned = NULL;
  expectMessage(norm(&bad, &ms, &my), "norm: argument 0: expected an address, but got null");
  bad = mx, bad.aligned = (float *)((char *)x + 2);
  expectMessage(norm(&bad, &ms, &my), "norm: argument 0: expected an address that is a multiple of 4");
  expectMessage(seven(NULL), "seven: expected room for results, but got null");
  if (y[0] != 42)
    fail("touched");
  /* No rows: no addresses, no strides, nothing written. */
  bad = mx, bad.aligned = NULL, bad.sizes[0] = 0, bad.strides[0] = 3;
  if (norm(&bad, &ms, &bad))
    fail("empty");
}

int main(void) {
  for (int i = 0; i < rows * width; ++i)
    x[i] = (float)((i * 7919) % 1013 - 500) / 100;
  for (int i = 0; i < width; ++i)
    scale[i] = (float)((i * 31) % 17) / 8;
  for (int i = 0; i < rows * 8; ++i)
    a[i] = (i * 37) % 11 - 5;
  testNorm();
  testColumns();
  testResults();
  testMessages();
#ifdef OWN_PARALLEL_FOR
  if (calls < 2)
    fail("the program's parallel_for was not called");
  if (asked == 0)
    fail("the program's number of threads was not asked for");
#endif
  puts("all right");
  return 0;
}
