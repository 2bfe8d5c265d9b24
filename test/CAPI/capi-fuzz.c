/*===- capi-fuzz.c - Drawn norms against a plain loop ---------------------===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|*   capi-fuzz [CASES] [FIRST]                                                *|
|*                                                                            *|
|* Draws norms with any axes, layouts, options and types, runs them by        *|
|* rmsnormRun and as explicit kernels, and compares with the formula written  *|
|* as a loop over all positions in long double. `capi-fuzz 1 N` runs case N   *|
|* alone.                                                                     *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "check.h"
#include "drawn-case.h"

#include <signal.h>

/*===----------------------------------------------------------------------===*\
|* The formula                                                                *|
\*===----------------------------------------------------------------------===*/

/* What each result may differ from, and by how much. */
typedef struct Expected {
  Number y[mostElements], h[mostElements];
  double yBound[mostElements], hBound[mostElements];
  /* By row: position on the axes that are not reduced. */
  long double rstd[mostElements];
  double rstdBound[mostElements];
} Expected;

/* Steps to the next position; false after the last one. */
static bool advance(const Case *c, int64_t *position) {
  for (int axis = c->rank; axis-- > 0;) {
    if (++position[axis] < c->extents[axis])
      return true;
    position[axis] = 0;
  }
  return false;
}

static bool isEmpty(const Case *c) {
  for (int axis = 0; axis < c->rank; ++axis)
    if (c->extents[axis] == 0)
      return true;
  return false;
}

static int64_t getRow(const Case *c, const int64_t *position) {
  int64_t row = 0;
  for (int axis = 0; axis < c->rank; ++axis)
    if (!c->reduced[axis])
      row = row * c->extents[axis] + position[axis];
  return row;
}

static char *getAddress(const Case *c, const Array *a,
                        const int64_t *position) {
  int64_t offset = 0;
  for (int axis = 0; axis < c->rank; ++axis)
    offset += a->steps[axis] * position[axis];
  return (char *)a->tensor.data +
         offset * (int64_t)rmsnormTypeGetSize(a->tensor.type);
}

static Number get(const Case *c, const Array *a, const int64_t *position,
                  double otherwise) {
  if (!a->isThere)
    return (Number){otherwise, 0};
  return load(a->tensor.type, getAddress(c, a, position));
}

static double getModulus(Number n) { return (double)hypotl(n.re, n.im); }

/* h, and the size of what it is the sum of. */
static Number getH(const Case *c, const int64_t *position, double *size) {
  Number x = get(c, &c->x, position, 0);
  Number residual = get(c, &c->residual, position, 0);
  *size = getModulus(x) + getModulus(residual);
  return (Number){x.re + residual.re, x.im + residual.im};
}

static void computeRstd(const Case *c, Expected *e) {
  static long double sums[mostElements], sizes[mostElements];
  static int64_t counts[mostElements];
  int64_t position[mostRank] = {0}, rows = 0;
  memset(sums, 0, sizeof(sums));
  memset(sizes, 0, sizeof(sizes));
  memset(counts, 0, sizeof(counts));
  do {
    int64_t row = getRow(c, position);
    rows = row + 1 > rows ? row + 1 : rows;
    if (get(c, &c->mask, position, 1).re == 0)
      continue;
    double size;
    Number h = getH(c, position, &size);
    sums[row] += h.re * h.re + h.im * h.im;
    sizes[row] += (long double)size * size;
    ++counts[row];
  } while (advance(c, position));
  double epsilon = c->options.epsilon, rounding = getEpsilon(getStatistics(c));
  for (int64_t row = 0; row < rows; ++row) {
    long double mean = sums[row] / counts[row];
    e->rstd[row] = 1 / sqrtl(mean + epsilon);
    /* Where terms of h cancel, what was lost of them weighs more. */
    double gain = (double)sqrtl(sizes[row] / counts[row] / (mean + epsilon));
    e->rstdBound[row] = rounding * (16 + 4 * gain);
  }
}

static void computeResults(const Case *c, Expected *e) {
  int64_t position[mostRank] = {0}, i = 0;
  RMSNormType yType = c->y.tensor.type;
  double rounding = getEpsilon(getStatistics(c)) * 4;
  bool castsFirst = c->options.castOrder == RMSNORM_CAST_THEN_SCALE;
  double cast = castsFirst ? getEpsilon(c->x.tensor.type) : 0;
  do {
    double size;
    Number h = getH(c, position, &size);
    Number scale = get(c, &c->scale, position, 1);
    Number bias = get(c, &c->bias, position, 0);
    if (c->scale.isThere)
      scale.re += c->options.scaleOffset;
    int64_t row = getRow(c, position);
    long double r = e->rstd[row];
    e->h[i] = h;
    e->hBound[i] = size * (rounding + getEpsilon(c->residualOut.tensor.type)) +
                   getTiny(c->residualOut.tensor.type);
    e->y[i].re = r * (h.re * scale.re - h.im * scale.im) + bias.re;
    e->y[i].im = r * (h.re * scale.im + h.im * scale.re) + bias.im;
    double part =
        size * (double)r * (getModulus(scale) + c->options.scaleOffset);
    e->yBound[i] =
        part * (rounding + e->rstdBound[row] + cast) +
        (part + getModulus(bias)) * (rounding + getEpsilon(yType)) +
        getTiny(yType) +
        (castsFirst ? getTiny(c->x.tensor.type) * getModulus(scale) : 0);
    /* What the narrow type cannot hold is not compared. */
    if (castsFirst && size * (double)r > getLargest(c->x.tensor.type))
      e->yBound[i] = INFINITY;
    ++i;
  } while (advance(c, position));
}

/*===----------------------------------------------------------------------===*\
|* Comparison                                                                 *|
\*===----------------------------------------------------------------------===*/

static bool isNear(long double got, long double expected, double bound,
                   RMSNormType type) {
  if (isnan(expected))
    return isnan(got);
  if (bound == INFINITY || fabsl(expected) + bound > getLargest(type))
    return true;
  return fabsl(got - expected) <= bound;
}

/* Elements of a result that are wrong; `touched` gets the bytes they lie in. */
static int compare(const Case *c, const Array *a, const char *name,
                   const Number *expected, const double *bounds, bool isRstd,
                   const Expected *e, char *touched) {
  int64_t position[mostRank] = {0}, i = 0;
  int wrong = 0;
  RMSNormType type = a->tensor.type;
  do {
    char *address = getAddress(c, a, position);
    memset(touched + (address - a->buffer), 1, rmsnormTypeGetSize(type));
    Number got = load(type, address), wanted;
    double bound;
    if (isRstd) {
      int64_t row = getRow(c, position);
      wanted = (Number){e->rstd[row], 0};
      bound = (double)wanted.re * e->rstdBound[row];
    } else {
      wanted = expected[i];
      bound = bounds[i];
    }
    if (!isNear(got.re, wanted.re, bound, type) ||
        (isComplex(type) && !isNear(got.im, wanted.im, bound, type)))
      if (wrong++ == 0)
        printf("  %s at %lld: expected %.9Lg%+.9Lgi within %g, but got "
               "%.9Lg%+.9Lgi\n",
               name, (long long)i, wanted.re, wanted.im, bound, got.re, got.im);
    ++i;
  } while (advance(c, position));
  return wrong;
}

static int checkResult(const Case *c, const Array *a, const char *name,
                       const Number *expected, const double *bounds,
                       const Expected *e, const char *before) {
  if (!a->isThere)
    return 0;
  char *touched = calloc(1, a->bytes);
  int wrong = 0;
  if (!isEmpty(c))
    wrong = compare(c, a, name, expected, bounds, !expected, e, touched);
  for (size_t i = 0; i < a->bytes && !isEmpty(c); ++i)
    if (!touched[i] && a->buffer[i] != before[i]) {
      printf("  %s: byte %zu beside the elements was written\n", name, i);
      ++wrong;
      break;
    }
  free(touched);
  return wrong;
}

/*===----------------------------------------------------------------------===*\
|* Running                                                                    *|
\*===----------------------------------------------------------------------===*/

static void printArray(const char *name, const Array *a) {
  if (!a->isThere)
    return;
  printf("  %s: %s", name, rmsnormTypeGetName(a->tensor.type));
  for (int i = 0; i < a->tensor.rank; ++i)
    printf("%s%lld", i ? ", " : " [", (long long)a->shape[i]);
  for (int i = 0; i < a->tensor.rank; ++i)
    printf("%s%lld", i ? ", " : "] strides [", (long long)a->strides[i]);
  printf("]\n");
}

static void printCase(const Case *c, uint64_t number, const char *how) {
  printf("case %llu, %s:\n", (unsigned long long)number, how);
  printf("  reduced");
  for (int axis = 0; axis < c->rank; ++axis)
    printf(" %d", c->reduced[axis]);
  printf(", features");
  for (int axis = 0; axis < c->rank; ++axis)
    printf(" %d", c->features[axis]);
  printf(", epsilon %g, scale offset %g, cast order %d, stable %d, statistics "
         "%s\n",
         c->options.epsilon, c->options.scaleOffset, (int)c->options.castOrder,
         c->options.stable, rmsnormTypeGetName(getStatistics(c)));
  printArray("x", &c->x);
  printArray("scale", &c->scale);
  printArray("bias", &c->bias);
  printArray("residual", &c->residual);
  printArray("mask", &c->mask);
  printArray("y", &c->y);
  printArray("residual_out", &c->residualOut);
  printArray("rstd", &c->rstd);
}

/* Leaves any extents and strides of `tensor` open; those of a mask that are 1
 * say that it is broadcast. */
static RMSNormTensor leaveOpen(const RMSNormTensor *tensor, int64_t *shape,
                               int64_t *strides, bool keepOnes) {
  RMSNormTensor open = *tensor;
  for (int dim = 0; dim < tensor->rank; ++dim) {
    bool keep = oneIn(2) || (keepOnes && tensor->shape[dim] == 1);
    shape[dim] = keep ? tensor->shape[dim] : RMSNORM_DYNAMIC;
    strides[dim] = oneIn(3) ? tensor->strides[dim] : RMSNORM_DYNAMIC;
  }
  open.data = NULL;
  open.shape = shape;
  open.strides = strides;
  return open;
}

static RMSNormStatus runAsKernel(RMSNormContext context, const Case *c) {
  static int64_t shapes[8][mostRank], strides[8][mostRank];
  static RMSNormTensor open[8];
  const RMSNormTensor *const *from = (const RMSNormTensor *const *)&c->operands;
  RMSNormOperands operands = {0};
  const RMSNormTensor **to = (const RMSNormTensor **)&operands;
  for (int i = 0; i < 8; ++i)
    if (from[i]) {
      open[i] =
          leaveOpen(from[i], shapes[i], strides[i], from[i] == &c->mask.tensor);
      to[i] = &open[i];
    }
  RMSNormKernel kernel;
  RMSNormStatus status =
      rmsnormKernelCreate(context, &c->options, &operands, &kernel);
  if (status)
    return status;
  status = rmsnormKernelRun(kernel, &c->operands, NULL);
  rmsnormKernelDestroy(kernel);
  return status;
}

/* Writes to the memory of x, or of the residual, where that is possible. */
static void makeInPlace(Case *c) {
  Array *inputs[] = {&c->x, &c->residual},
        *outputs[] = {&c->y, &c->residualOut};
  for (int i = 0; i < 2; ++i) {
    Array *input = inputs[i], *output = outputs[i];
    bool fits = input->isThere && output->isThere &&
                input->tensor.type == output->tensor.type;
    for (int axis = 0; fits && axis < c->rank; ++axis)
      fits = c->extents[axis] < 2 || input->steps[axis] != 0;
    if (!fits)
      continue;
    freeArray(output);
    *output = *input;
    output->tensor.shape = output->shape;
    output->tensor.strides = output->strides;
    output->buffer = allocate(input->bytes, true);
    memcpy(output->buffer, input->buffer, input->bytes);
    output->tensor.data =
        output->buffer + ((char *)input->tensor.data - input->buffer);
    /* The formula reads the input; the norm reads the output's memory. */
    *(i ? &c->operands.residual : &c->operands.x) = &output->tensor;
  }
}

static Case current;
static uint64_t currentNumber;

/* The process ends here anyway, so what a handler may not do is done. */
static void tellCrash(int signal) {
  (void)signal;
  printf("access to memory beside an operand\n");
  printCase(&current, currentNumber, "crashed");
  fflush(stdout);
  _exit(1);
}

static bool runCase(RMSNormContext context, uint64_t number, bool asKernel) {
  Case *const c = &current;
  currentNumber = number;
  static Expected e;
  state = number * 0x2545f4914f6cdd1d;
  drawCase(c);
  if (oneIn(5))
    makeInPlace(c);
  if (!isEmpty(c)) {
    computeRstd(c, &e);
    computeResults(c, &e);
  }
  Array *results[] = {&c->y, &c->residualOut, &c->rstd};
  char *before[3] = {NULL, NULL, NULL};
  for (int i = 0; i < 3; ++i)
    if (results[i]->isThere) {
      before[i] = malloc(results[i]->bytes);
      memcpy(before[i], results[i]->buffer, results[i]->bytes);
    }
  RMSNormStatus status =
      asKernel ? runAsKernel(context, c)
               : rmsnormRun(context, &c->options, &c->operands, NULL);
  int wrong = status != NULL;
  if (status)
    printf("  %s\n", rmsnormStatusGetMessage(status));
  else
    wrong = checkResult(c, &c->y, "y", e.y, e.yBound, &e, before[0]) +
            checkResult(c, &c->residualOut, "residual_out", e.h, e.hBound, &e,
                        before[1]) +
            checkResult(c, &c->rstd, "rstd", NULL, NULL, &e, before[2]);
  rmsnormStatusDestroy(status);
  if (wrong)
    printCase(c, number, asKernel ? "kernel" : "one call");
  for (int i = 0; i < 3; ++i)
    free(before[i]);
  freeCase(c);
  return wrong == 0;
}

int main(int argc, char **argv) {
  uint64_t cases = argc > 1 ? strtoull(argv[1], NULL, 10) : 100;
  uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  signal(SIGSEGV, tellCrash);
  RMSNormContext context = NULL;
  for (uint64_t i = first; i < first + cases && failures < 10; ++i) {
    /* A context keeps its kernels. */
    if (!context || i % 1000 == 0) {
      rmsnormContextDestroy(context);
      CHECK_OK(rmsnormContextCreate(NULL, &context));
    }
    failures += !runCase(context, i, false);
    failures += !runCase(context, i, true);
  }
  printf("%llu cases, %lld kernels\n", (unsigned long long)cases,
         (long long)rmsnormContextGetNumCompiled(context));
  rmsnormContextDestroy(context);
  return summarize();
}
