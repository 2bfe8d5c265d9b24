/*===- drawn-case.h - Norms with any operands and layouts ---------*- C -*-===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef RMSNORM_TEST_CAPI_DRAWNCASE_H
#define RMSNORM_TEST_CAPI_DRAWNCASE_H

#include "rmsnorm-c/RMSNorm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*===----------------------------------------------------------------------===*\
|* Drawing                                                                    *|
\*===----------------------------------------------------------------------===*/

static uint64_t state;

static uint64_t next(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}
static int draw(int count) { return (int)(next() % (uint64_t)count); }
static bool oneIn(int count) { return draw(count) == 0; }
static double drawReal(void) {
  return (double)(next() >> 11) / 4503599627370496.0 - 1;
}

/*===----------------------------------------------------------------------===*\
|* Elements                                                                   *|
\*===----------------------------------------------------------------------===*/

typedef struct Number {
  long double re, im;
} Number;

static bool isComplex(RMSNormType type) {
  return type == RMSNORM_TYPE_COMPLEX_F32 || type == RMSNORM_TYPE_COMPLEX_F64;
}
static bool isInteger(RMSNormType type) {
  return type >= RMSNORM_TYPE_I8 && type <= RMSNORM_TYPE_U64;
}

/* The distance of neighbouring values, over the value. */
static double getEpsilon(RMSNormType type) {
  switch (type) {
  case RMSNORM_TYPE_F16:
    return 0x1p-10;
  case RMSNORM_TYPE_BF16:
    return 0x1p-7;
  case RMSNORM_TYPE_F8E4M3FN:
    return 0x1p-3;
  case RMSNORM_TYPE_F8E5M2:
    return 0x1p-2;
  case RMSNORM_TYPE_F64:
  case RMSNORM_TYPE_COMPLEX_F64:
    return 0x1p-52;
  default:
    return 0x1p-23;
  }
}

static double getLargest(RMSNormType type) {
  switch (type) {
  case RMSNORM_TYPE_F16:
    return 65504;
  case RMSNORM_TYPE_F8E4M3FN:
    return 448;
  case RMSNORM_TYPE_F8E5M2:
    return 57344;
  default:
    return 1e38;
  }
}

/* What is lost below the smallest normal value. */
static double getTiny(RMSNormType type) {
  switch (type) {
  case RMSNORM_TYPE_F16:
    return 0x1p-24;
  case RMSNORM_TYPE_F8E4M3FN:
    return 0x1p-9;
  case RMSNORM_TYPE_F8E5M2:
    return 0x1p-16;
  default:
    return 0x1p-130;
  }
}

static double decodeSmall(int bits, int mantissaBits, int bias) {
  if (bias == 7 ? (bits & 127) == 127 : (bits & 127) > 124)
    return NAN;
  if (bias == 15 && (bits & 127) == 124)
    return bits & 128 ? -INFINITY : INFINITY;
  int mantissa = bits & ((1 << mantissaBits) - 1);
  int exponent = (bits & 127) >> mantissaBits;
  double value =
      exponent ? ldexp(1 + ldexp(mantissa, -mantissaBits), exponent - bias)
               : ldexp(mantissa, 1 - bias - mantissaBits);
  return bits & 128 ? -value : value;
}

static Number load(RMSNormType type, const void *from) {
  union {
    float f;
    uint32_t i;
  } bits;
  switch (type) {
  case RMSNORM_TYPE_F16:
    return (Number){*(const _Float16 *)from, 0};
  case RMSNORM_TYPE_BF16:
    bits.i = (uint32_t)*(const uint16_t *)from << 16;
    return (Number){bits.f, 0};
  case RMSNORM_TYPE_F64:
    return (Number){*(const double *)from, 0};
  case RMSNORM_TYPE_F8E4M3FN:
    return (Number){decodeSmall(*(const uint8_t *)from, 3, 7), 0};
  case RMSNORM_TYPE_F8E5M2:
    return (Number){decodeSmall(*(const uint8_t *)from, 2, 15), 0};
  case RMSNORM_TYPE_COMPLEX_F32:
    return (Number){((const float *)from)[0], ((const float *)from)[1]};
  case RMSNORM_TYPE_COMPLEX_F64:
    return (Number){((const double *)from)[0], ((const double *)from)[1]};
  case RMSNORM_TYPE_I8:
    return (Number){*(const int8_t *)from, 0};
  case RMSNORM_TYPE_I16:
    return (Number){*(const int16_t *)from, 0};
  case RMSNORM_TYPE_I32:
    return (Number){*(const int32_t *)from, 0};
  case RMSNORM_TYPE_I64:
    return (Number){*(const int64_t *)from, 0};
  case RMSNORM_TYPE_U8:
  case RMSNORM_TYPE_BOOL:
    return (Number){*(const uint8_t *)from, 0};
  case RMSNORM_TYPE_U16:
    return (Number){*(const uint16_t *)from, 0};
  case RMSNORM_TYPE_U32:
    return (Number){*(const uint32_t *)from, 0};
  case RMSNORM_TYPE_U64:
    return (Number){*(const uint64_t *)from, 0};
  default:
    return (Number){*(const float *)from, 0};
  }
}

/* Draws an element: quarters up to 2 where the type is narrow. */
static void drawElement(RMSNormType type, void *to) {
  static const uint8_t e4m3[] = {0x00, 0x28, 0x30, 0x34, 0x38,
                                 0x3a, 0x3c, 0x3e, 0x40};
  static const uint8_t e5m2[] = {0x00, 0x34, 0x38, 0x3a, 0x3c,
                                 0x3d, 0x3e, 0x3f, 0x40};
  int quarters = draw(9);
  bool negative = oneIn(2);
  float value = (float)(negative ? -quarters : quarters) / 4;
  union {
    float f;
    uint32_t i;
  } bits = {value};
  switch (type) {
  case RMSNORM_TYPE_F16:
    *(_Float16 *)to = (_Float16)value;
    break;
  case RMSNORM_TYPE_BF16:
    *(uint16_t *)to = (uint16_t)(bits.i >> 16);
    break;
  case RMSNORM_TYPE_F64:
    *(double *)to = drawReal();
    break;
  case RMSNORM_TYPE_F8E4M3FN:
    *(uint8_t *)to = e4m3[quarters] | negative << 7;
    break;
  case RMSNORM_TYPE_F8E5M2:
    *(uint8_t *)to = e5m2[quarters] | negative << 7;
    break;
  case RMSNORM_TYPE_COMPLEX_F32:
    ((float *)to)[0] = (float)drawReal(), ((float *)to)[1] = (float)drawReal();
    break;
  case RMSNORM_TYPE_COMPLEX_F64:
    ((double *)to)[0] = drawReal(), ((double *)to)[1] = drawReal();
    break;
  case RMSNORM_TYPE_I8:
    *(int8_t *)to = (int8_t)next();
    break;
  case RMSNORM_TYPE_I16:
    *(int16_t *)to = (int16_t)next();
    break;
  case RMSNORM_TYPE_I32:
    *(int32_t *)to = draw(2000001) - 1000000;
    break;
  case RMSNORM_TYPE_I64:
    *(int64_t *)to = draw(2000001) - 1000000;
    break;
  case RMSNORM_TYPE_U8:
    *(uint8_t *)to = (uint8_t)next();
    break;
  case RMSNORM_TYPE_U16:
    *(uint16_t *)to = (uint16_t)next();
    break;
  case RMSNORM_TYPE_U32:
    *(uint32_t *)to = (uint32_t)draw(2000000);
    break;
  case RMSNORM_TYPE_U64:
    *(uint64_t *)to = (uint64_t)draw(2000000);
    break;
  case RMSNORM_TYPE_BOOL:
    *(uint8_t *)to = !oneIn(3);
    break;
  default:
    *(float *)to = (float)drawReal();
    break;
  }
}

/*===----------------------------------------------------------------------===*\
|* Arrays                                                                     *|
\*===----------------------------------------------------------------------===*/

enum { mostRank = 6, mostElements = 6000 };

/* A tensor in a buffer of its own, and how it lies over x's axes. */
typedef struct Array {
  bool isThere;
  RMSNormTensor tensor;
  int64_t shape[mostRank], strides[mostRank];
  /* Along x's axes: 0 where the array has no such axis or extent 1. */
  int64_t steps[mostRank];
  char *buffer;
  size_t bytes;
} Array;

/* Memory between two pages that nobody may touch, up against one of them. */
static char *allocate(size_t bytes, bool atEnd) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t inside = (bytes + page - 1) / page * page;
  char *all = mmap(NULL, inside + 2 * page, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED || mprotect(all + page, inside, PROT_READ | PROT_WRITE))
    abort();
  return all + page + (atEnd ? inside - bytes : 0);
}

static void release(char *memory, size_t bytes) {
  if (!memory)
    return;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t inside = (bytes + page - 1) / page * page;
  char *start = memory - (uintptr_t)memory % page;
  munmap(start - page, inside + 2 * page);
}

static void freeArray(Array *array) {
  release(array->buffer, array->bytes);
  array->buffer = NULL;
}

/* Strides in any order of the axes, with gaps and either sign. */
static int64_t drawStrides(Array *a, bool isWritten, int64_t *lowest) {
  int rank = a->tensor.rank, order[mostRank];
  for (int i = 0; i < rank; ++i) {
    int j = draw(i + 1);
    order[i] = order[j];
    order[j] = i;
  }
  bool isPlain = oneIn(2);
  int64_t step = isPlain || !oneIn(4) ? 1 : 1 + draw(3), reach = 0;
  *lowest = 0;
  for (int i = 0; i < rank; ++i) {
    int axis = isPlain ? rank - 1 - i : order[i];
    int64_t extent = a->shape[axis], stride = step;
    if (!isPlain && oneIn(6))
      stride = -stride;
    if (!isPlain && !isWritten && oneIn(10))
      stride = 0;
    a->strides[axis] = stride;
    int64_t last = extent > 0 ? (extent - 1) * stride : 0;
    *(last < 0 ? lowest : &reach) += last;
    step *= extent > 1 ? extent : 1;
    if (!isPlain && oneIn(4))
      step += draw(5);
  }
  return reach - *lowest + 1;
}

/* Fills in data and strides of an array whose type and shape are set. */
static void drawArray(Array *a, bool isWritten) {
  int64_t lowest, span = drawStrides(a, isWritten, &lowest);
  size_t size = rmsnormTypeGetSize(a->tensor.type);
  a->isThere = true;
  a->bytes = (size_t)span * size;
  a->buffer = allocate(a->bytes, !oneIn(4));
  a->tensor.data = a->buffer + -lowest * (int64_t)size;
  a->tensor.shape = a->shape;
  a->tensor.strides = a->strides;
  if (isWritten)
    memset(a->buffer, 0x5a, a->bytes);
  else
    for (int64_t i = 0; i < span; ++i)
      drawElement(a->tensor.type, a->buffer + i * (int64_t)size);
}

/*===----------------------------------------------------------------------===*\
|* Cases                                                                      *|
\*===----------------------------------------------------------------------===*/

typedef struct Case {
  int rank;
  int64_t extents[mostRank];
  bool reduced[mostRank], features[mostRank];
  int64_t reductionAxes[mostRank], featureAxes[mostRank];
  RMSNormOptions options;
  Array x, scale, bias, residual, mask, y, residualOut, rstd;
  RMSNormOperands operands;
} Case;

static RMSNormType drawInput(RMSNormType x) {
  if (isComplex(x) && oneIn(2))
    return x;
  static const RMSNormType types[] = {
      RMSNORM_TYPE_F32,      RMSNORM_TYPE_F32,   RMSNORM_TYPE_F32,
      RMSNORM_TYPE_F64,      RMSNORM_TYPE_F16,   RMSNORM_TYPE_BF16,
      RMSNORM_TYPE_F8E4M3FN, RMSNORM_TYPE_F8E5M2};
  if (oneIn(6))
    return (RMSNormType)(RMSNORM_TYPE_I8 + draw(8));
  return types[draw(8)];
}

static RMSNormType drawResult(RMSNormType x) {
  if (isComplex(x))
    return oneIn(4) ? RMSNORM_TYPE_COMPLEX_F64 : RMSNORM_TYPE_COMPLEX_F32;
  if (!isInteger(x) && !oneIn(3))
    return x;
  return (RMSNormType)(RMSNORM_TYPE_F16 + draw(6));
}

/* An array along the axes of x that `isOn` has (NULL: all), with extent 1 on
 * those that `isOne` has. */
static void drawOverAxes(const Case *c, Array *a, RMSNormType type,
                         const bool *isOn, const bool *isOne, bool isWritten) {
  a->tensor.type = type;
  a->tensor.rank = 0;
  int dims[mostRank];
  for (int axis = 0; axis < c->rank; ++axis) {
    dims[axis] = -1;
    if (isOn && !isOn[axis])
      continue;
    bool one = isOne && isOne[axis];
    dims[axis] = one ? -1 : a->tensor.rank;
    a->shape[a->tensor.rank++] = one ? 1 : c->extents[axis];
  }
  drawArray(a, isWritten);
  for (int axis = 0; axis < c->rank; ++axis)
    a->steps[axis] = dims[axis] < 0 ? 0 : a->strides[dims[axis]];
}

static void drawMask(const Case *c, Array *a) {
  bool isOn[mostRank], isOne[mostRank];
  int lead = oneIn(2) ? 0 : draw(c->rank + 1);
  for (int axis = 0; axis < c->rank; ++axis) {
    isOn[axis] = axis >= lead;
    isOne[axis] = oneIn(3);
  }
  drawOverAxes(c, a, RMSNORM_TYPE_BOOL, isOn, isOne, false);
}

static int drawAxes(const Case *c, bool *isOn, int64_t *axes) {
  int count = 0;
  int style = draw(4);
  for (int axis = 0; axis < c->rank; ++axis) {
    isOn[axis] = style == 0   ? axis == c->rank - 1
                 : style == 1 ? axis >= c->rank / 2
                              : oneIn(2);
    if (!isOn[axis])
      continue;
    int place = draw(count + 1);
    axes[count++] = axes[place];
    axes[place] = oneIn(2) ? axis : axis - c->rank;
  }
  return count;
}

static void drawExtents(Case *c) {
  static const int64_t extents[] = {0,  1,  1,   1,   2,   2,   3,   3,
                                    4,  5,  7,   8,   9,   16,  17,  31,
                                    64, 70, 100, 128, 130, 255, 300, 1000};
  int64_t count = 1;
  c->rank = 1 + draw(mostRank);
  for (int axis = 0; axis < c->rank; ++axis) {
    int64_t extent = extents[oneIn(20) ? 0 : 1 + draw(23)];
    while (count * extent > mostElements)
      extent = (extent + 1) / 2;
    c->extents[axis] = extent;
    count *= extent > 0 ? extent : 1;
  }
}

static void drawOptions(Case *c) {
  c->options = rmsnormOptionsDefault();
  c->options.reductionAxes = c->reductionAxes;
  c->options.numReductionAxes = drawAxes(c, c->reduced, c->reductionAxes);
  c->options.featureAxes = c->featureAxes;
  c->options.numFeatureAxes = drawAxes(c, c->features, c->featureAxes);
  static const double epsilons[] = {1e-6, 1e-5, 0.5, 1e-12};
  c->options.epsilon = epsilons[draw(4)];
  c->options.stable = oneIn(4);
  if (oneIn(5))
    c->options.statsType = RMSNORM_TYPE_F64;
}

static RMSNormType getStatistics(const Case *c) {
  RMSNormType x = c->x.tensor.type;
  bool isDouble = x == RMSNORM_TYPE_F64 || x == RMSNORM_TYPE_COMPLEX_F64 ||
                  c->options.statsType == RMSNORM_TYPE_F64;
  return isDouble ? RMSNORM_TYPE_F64 : RMSNORM_TYPE_F32;
}

static const RMSNormTensor *getTensor(const Array *a) {
  return a->isThere ? &a->tensor : NULL;
}

static void drawCase(Case *c) {
  memset(c, 0, sizeof(*c));
  drawExtents(c);
  drawOptions(c);
  RMSNormType type = oneIn(8)
                         ? (RMSNormType)(RMSNORM_TYPE_COMPLEX_F32 + draw(2))
                         : drawInput(RMSNORM_TYPE_F32);
  if (!isInteger(type))
    c->options.castOrder = (RMSNormCastOrder)oneIn(3);
  drawOverAxes(c, &c->x, type, NULL, NULL, false);
  drawOverAxes(c, &c->y, drawResult(type), NULL, NULL, true);
  if (!oneIn(3)) {
    drawOverAxes(c, &c->scale, drawInput(type), c->features, NULL, false);
    c->options.scaleOffset = oneIn(2) ? 1.0 : 0.0;
  }
  if (oneIn(3))
    drawOverAxes(c, &c->bias, drawInput(type), c->features, NULL, false);
  if (oneIn(3)) {
    drawOverAxes(c, &c->residual, drawInput(type), NULL, NULL, false);
    if (oneIn(2))
      drawOverAxes(c, &c->residualOut, drawResult(type), NULL, NULL, true);
  }
  if (oneIn(3))
    drawMask(c, &c->mask);
  if (oneIn(3))
    drawOverAxes(c, &c->rstd, getStatistics(c), NULL, c->reduced, true);
  c->operands = (RMSNormOperands){
      getTensor(&c->x),           getTensor(&c->scale), getTensor(&c->bias),
      getTensor(&c->residual),    getTensor(&c->mask),  getTensor(&c->y),
      getTensor(&c->residualOut), getTensor(&c->rstd)};
}

static void freeCase(Case *c) {
  Array *arrays[] = {&c->x,    &c->scale, &c->bias,        &c->residual,
                     &c->mask, &c->y,     &c->residualOut, &c->rstd};
  for (int i = 0; i < 8; ++i)
    freeArray(arrays[i]);
}

#endif /* RMSNORM_TEST_CAPI_DRAWNCASE_H */
