# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The mathematics of docs/Semantics.md in extended precision, written with NumPy
and from that page alone, and how far a result may be from it."""

import math

import ml_dtypes
import numpy as np

bf16 = np.dtype(ml_dtypes.bfloat16)
f8e4m3fn = np.dtype(ml_dtypes.float8_e4m3fn)
f8e5m2 = np.dtype(ml_dtypes.float8_e5m2)
f16, f32, f64 = (np.dtype(name) for name in ("float16", "float32", "float64"))
c64, c128 = np.dtype("complex64"), np.dtype("complex128")

# Worst distance in units in the last place, and the least share of results that
# must be the correctly rounded value.
LIMITS = {f32: (4, 0), f64: (8, 0), f16: (1, 0.995), bf16: (1, 0.995),
          f8e4m3fn: (1, 0.995), f8e5m2: (1, 0.995), c64: (4, 0), c128: (8, 0)}


class Expected:
    """A result: exact values, and the largest number that each was summed from,
    because a sum that cancels is as good as its terms are."""

    def __init__(self, value, scale=None):
        self.value = np.asarray(value)
        self.scale = np.abs(self.value) if scale is None else scale


def exact(array):
    """`array` in extended precision."""
    array = np.asarray(array)
    if array.dtype.kind == "c":
        return array.astype(np.clongdouble)
    # ml_dtypes convert to double exactly.
    if array.dtype in (bf16, f8e4m3fn, f8e5m2):
        array = array.astype(f64)
    return array.astype(np.longdouble)


def rounded(values, dtype):
    """`values` rounded to `dtype` and back."""
    return exact(np.asarray(values).astype(dtype))


def on_axes(array, axes, rank):
    """`array`, which lies along `axes`, as one that broadcasts to `rank` axes."""
    shape = [1] * rank
    for extent, axis in zip(np.shape(array), axes):
        shape[axis] = extent
    return exact(array).reshape(shape)


def gelu(values):
    """values · Φ(values), where Φ is as exact as double is."""
    return values * np.vectorize(lambda v: math.erfc(-v / math.sqrt(2)) / 2)(values.astype(float))


def rms_norm(x, scale=None, bias=None, residual=None, mask=None, *, axes=None, features=None,
             epsilon=1e-6, scale_offset=0.0, cast_then_scale=False, nudge=0.0):
    """y, h and r as Expected values. `nudge`: a relative error of what cast_then_scale
    rounds."""
    rank = x.ndim
    axes = tuple([rank - 1] if axes is None else axes)
    features = [rank - 1] if features is None else features
    h = exact(x) if residual is None else exact(x) + exact(residual)
    square = (h * np.conj(h)).real
    with np.errstate(all="ignore"):
        if mask is None:
            mask = np.ones(1, bool)
        mask = np.broadcast_to(mask, x.shape)
        count = np.sum(mask, axis=axes, keepdims=True).astype(np.longdouble)
        mean = np.sum(np.where(mask, square, 0), axis=axes, keepdims=True) / count
        r = 1 / np.sqrt(mean + np.longdouble(epsilon))
        y = h * r
        if cast_then_scale:
            y = rounded(y * (1 + np.longdouble(nudge)), x.dtype)
        if scale is not None:
            y = y * (np.longdouble(scale_offset) + on_axes(scale, features, rank))
        size = np.abs(y)
        if bias is not None:
            b = on_axes(bias, features, rank)
            y = y + b
            size = np.maximum(np.maximum(size, np.abs(b)), np.abs(y))
    h_size = np.abs(h)
    if residual is not None:
        h_size = np.maximum(np.maximum(np.abs(exact(x)), np.abs(exact(residual))), h_size)
    return Expected(y, size), Expected(h, h_size), Expected(r)


def spacing(size, dtype):
    """One unit in the last place of `dtype` at numbers of this size."""
    part = {c64: f32, c128: f64}.get(dtype, dtype)
    info = ml_dtypes.finfo(part)
    smallest = np.longdouble(float(info.smallest_normal)) if part != f64 else np.longdouble(2) ** -1022
    exponent = np.frexp(np.maximum(size, smallest))[1] - 1
    return np.ldexp(np.longdouble(1), exponent - info.nmant)


def distances(got, expected):
    """How far each number of `got` is from its exact value, in units in the last
    place, and which of them are the correctly rounded value."""
    dtype = got.dtype
    with np.errstate(all="ignore"):
        correct = np.asarray(expected.value).astype(dtype)
        same = exact(got) == exact(correct)
        same |= np.isnan(exact(got)) & np.isnan(exact(correct))
        distance = np.abs(exact(got) - expected.value) / spacing(expected.scale, dtype)
    # Where the value is out of range, the result is infinite or not a number.
    distance = np.where(same, np.where(np.isfinite(distance), distance, 0), distance)
    return np.where(np.isnan(distance), np.inf, distance), same


def compare(got, expected, worst=None):
    """A complaint, or None where `got` is as near `expected` as it must be."""
    dtype = got.dtype
    if got.shape != expected.value.shape:
        return f"expected shape {expected.value.shape}, but got {got.shape}"
    limit, share = LIMITS[dtype]
    if worst is not None:
        limit, share = worst, 0
    if got.size == 0:
        return None
    distance, same = distances(got, expected)
    where = np.unravel_index(np.argmax(distance), distance.shape)
    if distance[where] > limit:
        return (f"expected {expected.value[where]} within {limit} ulp of {dtype} at {where}, "
                f"but got {got[where]}, {distance[where]:.2f} ulp away")
    if np.mean(same) < share:
        return f"expected {share} of the results correctly rounded, but got {np.mean(same)}"
    return None
