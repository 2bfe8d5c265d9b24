# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is timed. A system gives, for a problem, named functions that make `calls` calls and
return the seconds of one."""

import ctypes as c
import dataclasses
import pathlib
import time

import capi
import ml_dtypes
import numpy as np
import oracle

DTYPES = {"f32": np.dtype("f4"), "bf16": np.dtype(ml_dtypes.bfloat16), "f16": np.dtype("f2"), "f64": np.dtype("f8")}
# Seconds after which threads of rmsnorm that wait for work sleep (RMSNORM_SPIN_US, and more) and
# disturb nobody who comes next.
SETTLED = 1e-3
# Seconds for which the yardstick makes calls before it times some; benchmarks/Timing.c has the same.
WARM_UP = 1e-3


@dataclasses.dataclass(frozen=True)
class Problem:
    """y = x · rsqrt(mean(x²) + 1e-6) · w, the mean over `axes`, w along the last axis."""

    dtype: str
    shape: tuple
    axes: tuple
    threads: int

    @property
    def bytes(self):
        return int(np.prod(self.shape)) * DTYPES[self.dtype].itemsize

    @property
    def name(self):
        return f"{'x'.join(map(str, self.shape))} over {','.join(map(str, self.axes))}"


class Memory:
    """x, y and w, on huge pages, as large as the largest problem so far."""

    def __init__(self, library):
        self.library = library
        self.size = 0

    def arrays(self, problem):
        """x and w filled with numbers, y empty."""
        if problem.bytes > self.size:
            self.size = problem.bytes
            self.buffers = [self.allocate(self.size) for _ in "xy"] + [self.allocate(16 << 20)]
        dtype, shape = DTYPES[problem.dtype], problem.shape
        x, y, w = (buffer[:count * dtype.itemsize].view(dtype) for buffer, count in
                   zip(self.buffers, [np.prod(shape)] * 2 + [shape[-1]]))
        values = np.random.default_rng(0).standard_normal(1 << 16).astype(dtype)
        x[:] = np.resize(values, x.size)
        w[:] = np.resize(values[::-1], w.size)
        return x.reshape(shape), y.reshape(shape), w

    def allocate(self, size):
        # The loops of others may run a little past the end.
        address = self.library.bench_allocate(size + 4096)
        if not address:
            raise MemoryError(f"expected {size} bytes, but got none")
        return np.ctypeslib.as_array((c.c_uint8 * size).from_address(address))


class Copies:
    """The ways to copy x: what a norm that reads x once and writes y is bound by."""

    def __init__(self, library):
        self.library = library

    def timers(self, problem, x, y, w):
        size = problem.bytes // 128 * 128
        for way in range(self.library.bench_copy_count()):
            name = self.library.bench_copy_name(way).decode()
            yield f"copy: {name}", lambda calls, way=way: self.library.bench_copy(
                way, y.ctypes.data, x.ctypes.data, size, problem.threads, calls)


class Norms:
    """rmsnormRun of this project."""

    def __init__(self, library, context):
        self.library, self.context = library, context

    def timers(self, problem, x, y, w):
        options = self.library.rmsnormOptionsDefault()
        axes = (c.c_int64 * len(problem.axes))(*problem.axes)
        options.reduction_axes, options.num_reduction_axes = axes, len(axes)
        operands = capi.Operands()
        for name, array in (("x", x), ("scale", w), ("y", y)):
            setattr(operands, name, c.pointer(capi.Tensor.of(array.ctypes.data, problem.dtype, array.shape)))

        def timer(calls):
            seconds = self.library.bench_norm(
                self.context, c.byref(options), c.byref(operands), problem.threads, calls)
            if seconds < 0:
                raise RuntimeError("expected a norm to run, but it failed")
            if problem.threads > 1:
                time.sleep(SETTLED)
            return seconds

        yield "rmsnorm", timer


class Yardstick:
    """Hand-written kernels over the last axis, for comparison, from lib*.so in a folder. They bring

        int lim_count(int type, long n, long rows, long bytes)       how many variants; type: 0 f32, 1 bf16, 2 f16
        const char *lim_name(int type, long n, long rows, long bytes, int variant)
        double lim_bench(int type, int variant, const void *x, const void *w, void *y, long rows, long n,
                         float epsilon, long bytes, int threads, int calls, double warm)   seconds of a call
        int copy_count(); const char *copy_name(int way); double copy_bench(...)          the same for copies
    """

    TYPES = {"f32": 0, "bf16": 1, "f16": 2}

    def __init__(self, folder):
        self.libraries = {}
        for path in sorted(pathlib.Path(folder).glob("lib*.so")):
            library = c.CDLL(str(path))
            integer, double, pointer = c.c_long, c.c_double, c.c_void_p
            library.lim_count.argtypes = [c.c_int, integer, integer, integer]
            library.lim_name.argtypes, library.lim_name.restype = [c.c_int, *[integer] * 3, c.c_int], c.c_char_p
            library.lim_bench.argtypes = [c.c_int, c.c_int, *[pointer] * 3, integer, integer, c.c_float, integer,
                                          c.c_int, c.c_int, double]
            library.copy_name.argtypes, library.copy_name.restype = [c.c_int], c.c_char_p
            library.copy_bench.argtypes = [c.c_int, pointer, pointer, integer, c.c_int, c.c_int, double]
            library.lim_bench.restype = library.copy_bench.restype = double
            self.libraries[path.stem.removeprefix("lib")] = library
        if not self.libraries:
            raise FileNotFoundError(f"expected shared libraries lib*.so in {folder}, but got none")

    def timers(self, problem, x, y, w):
        for name, library in self.libraries.items():
            yield from self.copies(name, library, problem, x, y)
            if problem.dtype in self.TYPES and problem.axes == (len(problem.shape) - 1,) and problem.shape[-1] % 32 == 0:
                yield from self.norms(name, library, problem, x, y, w)

    def copies(self, name, library, problem, x, y):
        for way in range(library.copy_count()):
            yield f"copy: {name} {library.copy_name(way).decode()}", lambda calls, way=way: library.copy_bench(
                way, y.ctypes.data, x.ctypes.data, problem.bytes // 512 * 512, problem.threads, calls, WARM_UP)

    def norms(self, name, library, problem, x, y, w):
        code, n = self.TYPES[problem.dtype], problem.shape[-1]
        rows = x.size // n
        for variant in range(library.lim_count(code, n, rows, problem.bytes)):
            label = library.lim_name(code, n, rows, problem.bytes, variant).decode()
            yield f"yardstick: {name} {label}", lambda calls, variant=variant: library.lim_bench(
                code, variant, x.ctypes.data, w.ctypes.data, y.ctypes.data, rows, n, 1e-6, problem.bytes,
                problem.threads, calls, WARM_UP)


def check(problem, x, y, w):
    """Raises where y is not the norm of x by the limits of docs/Semantics.md."""
    along = next((axis for axis in range(x.ndim) if axis not in problem.axes), None)
    # Some positions of an axis that is kept: the reference is slow.
    part = [slice(None)] * x.ndim
    if along is not None:
        part[along] = slice(0, min(x.shape[along], max(1, (1 << 20) * x.shape[along] // x.size)))
    features = [x.ndim - 1]
    wide = np.float64 if problem.dtype == "f64" else np.float32
    scale = w[part[-1]].astype(wide)
    want = oracle.rms_norm(x[tuple(part)].astype(wide), scale=scale, axes=problem.axes, features=features)[0]
    if error := oracle.compare(y[tuple(part)], want):
        raise AssertionError(f"{problem.dtype} {problem.name}: {error}")
