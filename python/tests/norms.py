# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms drawn at random, one for each number, and what must come out of them."""

import dataclasses

import conftest  # noqa: F401  (puts the oracle and the schedules on the path)
import numpy as np
import oracle
import rmsnorm
import schedules
from oracle import bf16, c64, c128, f8e4m3fn, f8e5m2, f16, f32, f64

FLOATS = [f32, bf16, f16, f64, f8e4m3fn, f8e5m2]
INTEGERS = [np.dtype(name) for name in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")]
EXTENTS = [0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 64, 65, 100, 128, 257, 1003]
LONG = [65536, 99991, 300000, 1000003]
DATA = ["normal", "normal", "normal", "spiky", "tiny", "subnormal", "huge", "special", "zero"]
EPSILONS = [1e-6, 1e-6, 1e-6, 1e-5, 0.0, 1e-12, 1.0, 1e-30, 1e30, 1e-44, 1e38, 5e-324, 1e300]


@dataclasses.dataclass
class Norm:
    """Arguments of rms_norm, and how its arrays lie in memory."""

    x: np.ndarray
    data: str  # what x holds, one of DATA
    arrays: dict  # scale, bias, residual, mask
    options: dict
    out: str
    threads: int

    def describe(self):
        arrays = {"x": self.x, **self.arrays}
        parts = [f"{name}={a.dtype}{list(a.shape)} strides {list(a.strides)}" for name, a in arrays.items()]
        return ", ".join(parts + [f"{k}={v}" for k, v in self.options.items()]
                         + [f"out={self.out}", f"threads={self.threads}"])


def pick(rng, items):
    return items[rng.integers(len(items))]


def draw_shape(rng):
    rank = pick(rng, [1, 2, 2, 2, 3, 3, 4, 5, 6])
    limit = pick(rng, [300, 3000, 30000])
    shape = []
    for _ in range(rank):
        extent = pick(rng, EXTENTS)
        size = int(np.prod([extent or 2 for extent in shape], dtype=np.int64))
        shape.append(extent if size * extent <= limit else pick(rng, [1, 2, 3]))
    # Zeros are wanted, but not in every second norm.
    if 0 in shape and rng.random() < 0.8:
        shape = [extent or 2 for extent in shape]
    if rng.random() < 0.005:
        shape[0] = pick(rng, LONG)
        shape[1:] = [min(extent, 2 if axis == 1 else 1) for axis, extent in enumerate(shape[1:], 1)]
    rng.shuffle(shape)
    return tuple(int(extent) for extent in shape)


def draw_axes(rng, rank):
    if rng.random() < 0.45:
        return [rank - 1]
    count = rng.integers(0 if rng.random() < 0.1 else 1, rank + 1)
    axes = [int(axis) for axis in rng.permutation(rank)[:count]]
    return [axis - rank if rng.random() < 0.3 else axis for axis in axes]


def layout(rng, array):
    """The same values, somewhere else in memory."""
    kind = pick(rng, ["plain", "plain", "order", "steps", "negative"])
    array = np.asarray(array)
    if kind == "plain" or array.ndim == 0:
        return array.copy()
    if kind == "order":
        order = rng.permutation(array.ndim)
        return np.ascontiguousarray(array.transpose(order)).transpose(np.argsort(order))
    steps = rng.integers(1, 3, array.ndim)
    offsets = rng.integers(0, 3, array.ndim)
    room = np.zeros([int(o + s * n) for o, s, n in zip(offsets, steps, array.shape)], array.dtype)
    view = room[tuple(slice(int(o), None, int(s)) for o, s in zip(offsets, steps))]
    view = view[tuple(slice(n) for n in array.shape)]
    if kind == "negative":
        view = view[tuple(slice(None, None, -1 if rng.random() < 0.5 else 1) for _ in array.shape)]
    view[...] = array
    return view


def draw_values(rng, shape, dtype, kind="normal"):
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        low, high = (info.min, info.max) if rng.random() < 0.3 else (max(info.min, -100), 100)
        return rng.integers(low, high, shape, dtype, endpoint=True)
    values = np.asarray(rng.standard_normal(shape))
    if kind == "spiky" and values.size:
        values.reshape(-1)[rng.integers(0, values.size, 1 + values.size // 200)] *= 1e4
    if kind == "zero":
        values = values * (rng.random(shape) < 0.5)
    part = {c64: f32, c128: f64}.get(dtype, dtype)
    largest = float(oracle.ml_dtypes.finfo(part).max)
    smallest = float(oracle.ml_dtypes.finfo(part).smallest_normal) if part != f64 else 2.0**-1022
    if kind == "tiny":
        values = values * smallest * 4
    if kind == "subnormal":
        values = values * smallest / 16
    if kind == "huge":
        values = np.clip(values / 8, -1, 1) * largest
    if dtype.kind == "c":
        values = values + 1j * rng.standard_normal(shape)
    with np.errstate(all="ignore"):
        values = np.clip(values, -largest, largest).astype(dtype) if dtype.kind != "c" else values.astype(dtype)
    if kind == "special" and values.size:
        where = rng.integers(0, values.size, 1 + values.size // 100)
        values.reshape(-1)[where] = [np.inf, -np.inf, np.nan, 0.0][rng.integers(4)]
    return values


def draw_mask(rng, shape):
    kept = [extent if rng.random() < 0.6 else 1 for extent in shape]
    kept = kept[rng.integers(0, len(shape) + 1) if rng.random() < 0.4 else 0:]
    return np.asarray(rng.random(kept) < pick(rng, [0.0, 0.2, 0.7, 0.97, 1.0]))


def draw(number, per_kind=1):
    """The norm with this number. Each `per_kind` neighbours differ in their data
    alone, so that they share a kernel."""
    kind = np.random.default_rng([1, number // per_kind])
    data = np.random.default_rng([2, number])
    shape = draw_shape(kind)
    x_type = pick(kind, FLOATS + [f32, bf16, f16, f32, bf16, c64, c128, pick(kind, INTEGERS)])
    own = [c64, c128] if x_type.kind == "c" else []
    operands = FLOATS + own + [x_type] * 3
    options = {"epsilon": pick(kind, EPSILONS),
               "reduction_axes": draw_axes(kind, len(shape)), "feature_axes": draw_axes(kind, len(shape))}
    arrays = {}
    features = sorted(axis % len(shape) for axis in options["feature_axes"])
    feature_shape = [shape[axis] for axis in features]
    if kind.random() < 0.7:
        arrays["scale"] = draw_values(data, feature_shape, pick(kind, operands))
        options["scale_offset"] = pick(kind, [0.0, 0.0, 1.0, -0.5])
    if kind.random() < 0.3:
        arrays["bias"] = draw_values(data, feature_shape, pick(kind, operands))
    if kind.random() < 0.3:
        arrays["residual"] = draw_values(data, shape, pick(kind, operands))
        options["return_residual"] = bool(kind.random() < 0.6)
    if kind.random() < 0.35:
        arrays["mask"] = draw_mask(data if per_kind == 1 else kind, shape)
    if kind.random() < 0.3:
        options["cast_order"] = "cast_then_scale"
    if kind.random() < 0.3:
        options["dtype"] = pick(kind, own or FLOATS)
    if kind.random() < 0.2:
        options["stats_dtype"] = f64
    options["stable"] = bool(kind.random() < 0.3)
    options["return_rstd"] = bool(kind.random() < 0.4)
    values = pick(data, DATA)
    x = layout(kind, draw_values(data, shape, x_type, values))
    arrays = {name: layout(kind, array) for name, array in arrays.items()}
    return Norm(x, values, arrays, options, pick(kind, ["new", "new", "given", "over x"]), int(data.integers(1, 3)))


def draw_schedule(number, per_kind=1):
    """The text of a schedule, the same for each `per_kind` neighbours."""
    return schedules.to_text(schedules.draw(np.random.default_rng([3, number // per_kind])))


def statistics_type(norm):
    if norm.options.get("stats_dtype") or norm.x.dtype in (f64, c128):
        return f64
    return f32


def in_statistics(array, dtype):
    """`array` as the statistics type takes it."""
    if array is None:
        return None
    wide = dtype if array.dtype.kind != "c" else {f32: c64, f64: c128}[dtype]
    with np.errstate(all="ignore"):
        return array.astype(wide)


def expected(norm):
    """y, h and r in extended precision, and the rows that the fast form can do:
    where squares of the statistics type neither overflow nor vanish."""
    dtype, options = statistics_type(norm), norm.options
    rank = norm.x.ndim
    axes = tuple(axis % rank for axis in options["reduction_axes"])
    features = sorted(axis % rank for axis in options["feature_axes"])
    arrays = {name: in_statistics(norm.arrays.get(name), dtype) for name in ("scale", "bias", "residual")}
    x = in_statistics(norm.x, dtype)
    mask = norm.arrays.get("mask")
    values = oracle.rms_norm(x, mask=mask, axes=axes, features=features, epsilon=options["epsilon"],
                             scale_offset=options.get("scale_offset", 0.0), **arrays)
    with np.errstate(all="ignore"):
        size = np.abs(values[1].value)
        if mask is not None:
            size = np.where(np.broadcast_to(mask, size.shape), size, 0)
        largest = np.max(size, axis=axes, keepdims=True, initial=0)
        count = max(1, np.prod([norm.x.shape[axis] for axis in axes]))
        info = np.finfo(dtype)
        small = np.longdouble(info.tiny) * 2.0**16
        fits = np.isinf(largest) | np.isnan(largest) | (largest**2 * count < np.longdouble(info.max) / 4)
        fits &= (largest**2 > small) | (options["epsilon"] > small) | (largest == 0)
        if options["stable"]:
            # Powers of the largest are taken out; at its ends the type is denser than its squares.
            fits = np.ones_like(fits)
            values = stable_infinities(values, largest)
        # Where r is beyond the statistics type it is infinite, and 0 times it is no number.
        fits &= ~(values[2].value > np.longdouble(info.max))
    return values, fits


def stable_infinities(values, largest):
    """inf / inf is not a number, and then no row that holds an infinity is one."""
    lost = np.isinf(largest)
    y, h, r = values
    y.value = np.where(lost, np.nan, y.value)
    r.value = np.where(lost, np.nan, r.value)
    return y, h, r


def run(norm):
    """The results by name."""
    options, x = dict(norm.options), norm.x
    axes = tuple(axis % x.ndim for axis in options["reduction_axes"])
    out, names = None, ["y"]
    y_type = np.dtype(options.get("dtype") or (f32 if x.dtype.kind in "iu" else x.dtype))
    if norm.out == "over x" and y_type == x.dtype:
        x = x.copy(order="K")
        out = x
    elif norm.out == "given":
        out = layout(np.random.default_rng(7), np.zeros(x.shape, y_type))
    if options.get("return_residual"):
        names.append("h")
    if options["return_rstd"]:
        names.append("r")
    if out is not None:
        out = (out,) + (None,) * (len(names) - 1)
    rmsnorm.set_num_threads(norm.threads)
    results = rmsnorm.rms_norm(x, **norm.arrays, **options, out=out)
    results = results if isinstance(results, tuple) else (results,)
    if out is not None:
        assert results[0] is out[0]
    assert results[0].dtype == y_type
    if options["return_rstd"]:
        assert results[-1].shape == tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return dict(zip(names, results))


def complain(got, want, fits, slack=0.0, judges_share=False):
    """What is wrong with a result, or None. `slack`: absolute error allowed on top.
    `judges_share`: enough of the results must be the correctly rounded ones."""
    if got.shape != want.value.shape:
        return f"expected shape {want.value.shape}, but got {got.shape}"
    if got.size == 0:
        return None
    limit, share = oracle.LIMITS[got.dtype]
    fits = np.broadcast_to(fits, got.shape)
    with np.errstate(all="ignore"):
        correct = np.asarray(want.value).astype(got.dtype)
        exact, near = oracle.exact(got), oracle.exact(correct)
        # Whether a product of complex infinities is infinite is a matter of taste.
        same = (exact == near) | ((got.dtype.kind == "c") & ~np.isfinite(exact) & ~np.isfinite(near)) | (np.isnan(exact) & np.isnan(near)) | ~fits
        finite = np.isfinite(near) & np.isfinite(exact)
        unit = oracle.spacing(want.scale, got.dtype)
        distance = np.abs(exact - want.value)
        if got.dtype.kind == "c":
            # Each part may be wrong by the limit.
            distance = distance / np.sqrt(np.longdouble(2))
        # The last number before overflow is near enough to the first after it.
        part = {c64: f32, c128: f64}.get(got.dtype, got.dtype)
        edge = np.abs(want.value) >= float(oracle.ml_dtypes.finfo(part).max) * (1 - 2.0**-3)
    bad = ~same & np.where(finite, distance > limit * unit + slack, ~edge)
    if bad.any():
        at = np.unravel_index(np.argmax(bad), bad.shape)
        return (f"expected {want.value[at]} within {limit} ulp at {tuple(map(int, at))}, but got {got[at]}"
                f" ({float(distance[at] / unit[at]):.2f} ulp); {int(bad.sum())} of {bad.size} are wrong")
    # Of the two nearest to a value half way between them, as far as f32 can tell, either will do: h · r is 1 but for
    # its roundings where a mask leaves one position of a row, and where r · w is nearly a short fraction, many elements
    # of the row are half way.
    with np.errstate(all="ignore"):
        doubt = oracle.LIMITS[f32][0] * oracle.spacing(want.scale, f32)
        same |= distance <= np.abs(near - want.value) * (1 + np.longdouble(2)**-30) + doubt
    wrong = np.count_nonzero(~same)
    if judges_share and wrong > 2 + (1 - share) * got.size:
        return f"expected {share} of {got.size} to be correctly rounded, but {wrong} are not"
    return None


def check(norm):
    """A complaint about what rms_norm makes of `norm`, or None."""
    (y, h, r), fits = expected(norm)
    results = run(norm)
    if "r" in results and (problem := complain(results["r"], r, fits)):
        return f"rstd: {problem}"
    def coarseness(got, want):
        """A wide result is no better than the type that it was computed in."""
        if statistics_type(norm) == f64 or got.dtype not in (f64, c128):
            return 0.0
        return oracle.LIMITS[f32][0] * oracle.spacing(want.scale, f32)

    if "h" in results and (problem := complain(results["h"], h, True, coarseness(results["h"], h))):
        return f"residual: {problem}"
    slack = 0.0
    if norm.options.get("cast_order") == "cast_then_scale":
        y, slack = cast_then_scale(norm, h, r)
    # Promised for random and for spiky rows; a power of ten as the mean, or rows of
    # one or two, give exact ties.
    rows = np.prod([norm.x.shape[axis] for axis in norm.options["reduction_axes"]])
    judges_share = (norm.data in ("normal", "spiky") and rows >= 8 and norm.options["epsilon"] <= 1e-3
                    and results["y"].dtype in (f16, bf16) and not np.any(slack))
    if problem := complain(results["y"], y, fits, slack + coarseness(results["y"], y), judges_share):
        return f"y: {problem}"
    return None


def cast_then_scale(norm, h, r):
    """y with the normalised value rounded to x's type, and what one step of that
    rounding weighs in y."""
    options, rank = norm.options, norm.x.ndim
    features = sorted(axis % rank for axis in options["feature_axes"])
    inner = f32 if norm.x.dtype.kind in "iu" else norm.x.dtype
    dtype = statistics_type(norm)
    with np.errstate(all="ignore"):
        normalized = h.value * r.value
        y = oracle.rounded(normalized, inner)
        step = oracle.spacing(np.abs(normalized), inner) * 1.01
        size = np.abs(y)
        if "scale" in norm.arrays:
            scale = oracle.on_axes(in_statistics(norm.arrays["scale"], dtype), features, rank)
            scale = np.longdouble(options.get("scale_offset", 0.0)) + scale
            y, step = y * scale, step * np.abs(scale)
            size = np.abs(y)
        if "bias" in norm.arrays:
            bias = oracle.on_axes(in_statistics(norm.arrays["bias"], dtype), features, rank)
            y, size = y + bias, np.maximum(size, np.abs(bias))
            size = np.maximum(size, np.abs(y))
    return oracle.Expected(y, size), step
