/*===- capi-cache.c - Kernels kept between processes ----------------------===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|*   capi-cache run FIRST COUNT SEED SIZE                                     *|
|*                                                                            *|
|* Runs and checks a norm of each of COUNT row lengths from FIRST on, in an   *|
|* order that SEED draws, with the cache that the environment asks for, of    *|
|* SIZE bytes (0: as the environment says), and prints what the cache did.    *|
|* Inputs/cache.py calls it.                                                  *|
|*                                                                            *|
|*   capi-cache keys DIRECTORY                                                *|
|*                                                                            *|
|* Checks, with caches in DIRECTORY, which norms share an entry.              *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "check.h"

#include <math.h>

enum { longest = 4096 };

/* One row; 1 where the result is wrong. */
static int runNorm(RMSNormContext context, const RMSNormOptions *options,
                   RMSNormType type, int64_t length) {
  static float x[longest], y[longest];
  double sum = 0, epsilon = options ? options->epsilon : 1e-6;
  for (int64_t i = 0; i < length; ++i) {
    x[i] = (float)(i * 37 % 101) / 50.f - 1.f;
    sum += (double)x[i] * x[i];
  }
  int64_t shape[] = {1, length};
  RMSNormTensor tx = {x, type, 2, shape, NULL}, ty = {y, type, 2, shape, NULL};
  RMSNormOperands operands = {.x = &tx, .y = &ty};
  CHECK_OK(rmsnormRun(context, options, &operands, NULL));
  /* Of other types only the kernel matters. */
  if (type != RMSNORM_TYPE_F32)
    return 0;
  double rstd = 1 / sqrt(sum / (double)length + epsilon);
  for (int64_t i = 0; i < length; ++i)
    if (!(fabs(y[i] - x[i] * rstd) <= 4e-7 * fabs(x[i] * rstd)))
      return 1;
  return 0;
}

static int run(int64_t first, int64_t count, unsigned seed, int64_t size) {
  RMSNormContextOptions options = {.cacheSize = size};
  RMSNormContext context;
  CHECK_OK(rmsnormContextCreate(&options, &context));
  int64_t *lengths = malloc(sizeof(*lengths) * (size_t)count);
  srand(seed);
  for (int64_t i = 0; i < count; ++i) {
    int64_t j = rand() % (i + 1);
    lengths[i] = lengths[j];
    lengths[j] = first + i;
  }
  for (int64_t i = 0; i < count; ++i)
    CHECK(runNorm(context, NULL, RMSNORM_TYPE_F32, lengths[i]) == 0);
  RMSNormCacheInfo info = rmsnormContextGetCacheInfo(context);
  printf("compiled %lld, loaded %lld, rejected %lld, not stored %lld\n"
         "directory '%s'\nproblem '%s'\n",
         (long long)info.numCompiled, (long long)info.numLoaded,
         (long long)info.numRejected, (long long)info.numNotStored,
         info.directory, info.problem);
  CHECK(info.numCompiled == rmsnormContextGetNumCompiled(context));
  free(lengths);
  rmsnormContextDestroy(context);
  return failures != 0;
}

/* Whether the norm is compiled, and not found, by a context of its own. */
static bool isCompiled(const char *directory, const char *cpu,
                       const char *features, const RMSNormOptions *options,
                       RMSNormType type) {
  RMSNormContextOptions made = {
      .cpu = cpu, .features = features, .cacheDirectory = directory};
  RMSNormContext context;
  CHECK_OK(rmsnormContextCreate(&made, &context));
  CHECK(runNorm(context, options, type, 64) == 0);
  RMSNormCacheInfo info = rmsnormContextGetCacheInfo(context);
  CHECK(info.numCompiled + info.numLoaded == 1);
  CHECK(!strcmp(info.problem, ""));
  bool result = info.numCompiled == 1;
  rmsnormContextDestroy(context);
  return result;
}

static void testKeys(const char *directory) {
  RMSNormOptions first = rmsnormOptionsDefault(), other = first;
  CHECK(isCompiled(directory, NULL, NULL, &first, RMSNORM_TYPE_F32));
  CHECK(!isCompiled(directory, NULL, NULL, &first, RMSNORM_TYPE_F32));
  CHECK(isCompiled("", NULL, NULL, &first, RMSNORM_TYPE_F32));
  other.epsilon = 1.0000000000000002e-6;
  CHECK(isCompiled(directory, NULL, NULL, &other, RMSNORM_TYPE_F32));
  other = first;
  other.stable = true;
  CHECK(isCompiled(directory, NULL, NULL, &other, RMSNORM_TYPE_F32));
  other = first;
  other.statsType = RMSNORM_TYPE_F64;
  CHECK(isCompiled(directory, NULL, NULL, &other, RMSNORM_TYPE_F32));
  CHECK(isCompiled(directory, NULL, NULL, &first, RMSNORM_TYPE_BF16));
  CHECK(isCompiled(directory, NULL, NULL, &first, RMSNORM_TYPE_F16));
  CHECK(isCompiled(directory, "x86-64", NULL, &first, RMSNORM_TYPE_F32));
  CHECK(isCompiled(directory, "x86-64", "+sse3", &first, RMSNORM_TYPE_F32));
  CHECK(!isCompiled(directory, "x86-64", "+sse3", &first, RMSNORM_TYPE_F32));
  CHECK(!isCompiled(directory, NULL, NULL, &first, RMSNORM_TYPE_F32));
}

static void testErrors(void) {
  RMSNormContextOptions options = {.cacheSize = -1};
  RMSNormContextOptions unscheduled = {.schedule = "vector = [8]"};
  RMSNormContext context;
  CHECK_ERROR(rmsnormContextCreate(&unscheduled, &context),
              RMSNORM_INVALID_ARGUMENT,
              "expected a schedule, but got 'vector = [8]': struct is missing "
              "required parameter: normalize_vector");
  CHECK(!context);
  CHECK_ERROR(rmsnormContextCreate(&options, &context),
              RMSNORM_INVALID_ARGUMENT,
              "expected a cache size that is not negative, but got -1");
  CHECK(!context);
  RMSNormCacheInfo info = rmsnormContextGetCacheInfo(NULL);
  CHECK(!strcmp(info.directory, "") && !strcmp(info.problem, ""));
  CHECK(info.numCompiled == 0 && info.numLoaded == 0);
}

int main(int argc, char **argv) {
  if (argc == 6 && !strcmp(argv[1], "run"))
    return run(atoll(argv[2]), atoll(argv[3]), (unsigned)atoll(argv[4]),
               atoll(argv[5]));
  if (argc != 3 || strcmp(argv[1], "keys"))
    return 2;
  testErrors();
  testKeys(argv[2]);
  return summarize();
}
