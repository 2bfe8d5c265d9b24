# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a system is that is timed, and those that need nothing but this project: our norms, copies,
and hand-written kernels. The others are in peers_*.py."""

import ctypes as c
import dataclasses
import pathlib
import re
import time
from collections.abc import Callable

import capi
import numpy as np
from problems import DTYPES, FIXED

# Seconds after which threads of rmsnorm that wait for work sleep (RMSNORM_SPIN_US, and more) and
# disturb nobody who comes next.
SETTLED = 1e-3
# Threads of OpenMP, of the yardstick and some peers, that wait spin that long, in ms.
BLOCKTIME = 5
# Seconds for which calls are made before some are timed; benchmarks/Timing.c has the same.
WARM_UP = 3e-3
EPSILON = 1e-6


def processor_fields():
    """What Linux says of a processor of this machine, by name; empty where that is not to be had."""
    about = pathlib.Path("/proc/cpuinfo")
    return dict(re.findall(r"^([\w ]+?)\s*: (.*)$", about.read_text(), re.M)) if about.exists() else {}


class NotInstalled(Exception):
    """A system that this machine does not have; the text says what is missing."""


class Refused(Exception):
    """A problem that a system turns out not to have a way for; the text says what it would need."""


class Wrong(Exception):
    """A result that is not the norm of x."""


@dataclasses.dataclass
class Run:
    """One way in which a system computes a problem."""

    variant: str
    # Makes so many calls, after some that are not timed, and returns the seconds of one.
    # Those written in C make one call alone where none is to be timed.
    timer: Callable[[int], float]
    # Makes one call and returns y, and x + residual where the problem has that. None: not a norm.
    results: Callable[[], list[np.ndarray]] | None
    # What must live as long as the run.
    keeps: object = None


class System:
    """`setup` is the Setup of the process. Raises NotInstalled where there is no such system here."""

    name = ""
    # Kinds of problems that it has a way for.
    kinds = frozenset()
    # Seconds that its threads may go on spinning after a call.
    rest = 0.0
    # Whether results are held to docs/Semantics.md.
    is_ours = False

    def __init__(self, setup):
        self.setup = setup

    def version(self):
        """Name and version of what it is from, or nothing."""
        return ""

    def refuses(self, problem):
        """What it would need for the problem and does not have, or nothing."""
        return "" if problem.kind in self.kinds else problem.kind

    def runs(self, problem, operands):
        """Yields a Run for each way to compute the problem on the operands."""
        raise NotImplementedError


@dataclasses.dataclass
class Setup:
    """What systems of one process share."""

    library: c.CDLL
    threads: int
    options: dict


@dataclasses.dataclass
class Operands:
    """Arrays of NumPy. residual and h have x's shape, mask has bool."""

    x: np.ndarray
    w: np.ndarray
    y: np.ndarray
    residual: np.ndarray | None = None
    h: np.ndarray | None = None
    mask: np.ndarray | None = None
    # The same in other arrays, of which y is x and h is residual.
    in_place: "Operands | None" = None

    def given(self):
        """The arrays by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}


class Memory:
    """Operands on huge pages, each buffer as large as the largest problem so far."""

    def __init__(self, library):
        self.library = library
        self.buffers = {}

    def operands(self, problem):
        """All but results filled with numbers."""
        dtype, shape = DTYPES[problem.dtype], problem.shape
        values = np.random.default_rng(0).standard_normal(1 << 16).astype(dtype)

        def array(name, shape, dtype, source=None):
            size = int(np.prod(shape)) * dtype.itemsize
            if size > self.buffers.get(name, np.empty(0)).size:
                self.buffers[name] = self.allocate(size)
            flat = self.buffers[name][:size].view(dtype)
            if source is not None:
                flat[:] = np.resize(source, flat.size)
            return flat.reshape(shape)

        operands = Operands(array("x", shape, dtype, values), array("w", shape[-1:], dtype, values[::-1]),
                            array("y", shape, dtype))
        if problem.kind == "residual":
            operands.residual = array("residual", shape, dtype, np.roll(values, 77))
            operands.h = array("h", shape, dtype)
        if problem.kind == "mask":
            operands.mask = array("mask", shape, np.dtype(bool), values > -0.5)
        x = array("x in place", shape, dtype)
        residual = array("residual in place", shape, dtype) if problem.kind == "residual" else None
        operands.in_place = Operands(x, np.empty_like(operands.w), x, residual, residual, operands.mask)
        return operands

    def allocate(self, size):
        # The loops of others may run a little past the end.
        address = self.library.bench_allocate(size + 4096)
        if not address:
            raise MemoryError(f"expected {size} bytes, but got none")
        return np.ctypeslib.as_array((c.c_uint8 * size).from_address(address))


def timer_of(call):
    """The timer of a Run for a function without arguments."""
    now = time.perf_counter

    def timer(calls):
        start = now()
        while True:
            call()
            if now() - start > WARM_UP:
                break
        start = now()
        for _ in range(calls):
            call()
        return (now() - start) / calls

    return timer


def results_of(call, *arrays):
    """The results of a Run for a function that writes `arrays`, which are spoilt first."""

    def results():
        for array in arrays:
            array.fill(np.nan)
        call()
        return list(arrays)

    return results


def results_in_place(call, operands):
    """The results of a Run for a function that goes over operands.in_place. Its calls take the results of
    those before, which stay what they are with weights of ±1."""
    place = operands.in_place

    def results():
        np.copyto(place.x, operands.x)
        np.copyto(place.w, operands.w)
        if place.residual is not None:
            np.copyto(place.residual, operands.residual)
        call()
        np.copyto(place.w, np.sign(operands.w))
        return [array for array in (place.y, place.h) if array is not None]

    return results


class Copies(System):
    """The ways to copy x: what a norm that reads x once and writes y is bound by."""

    name = "copy"
    kinds = frozenset(["norm", "residual", "mask", "axis0", "middle", "dynamic"])
    rest = SETTLED
    # What gives more ways to copy.
    others = ()

    def runs(self, problem, operands):
        library, size = self.setup.library, problem.bytes // 128 * 128
        for way in range(library.bench_copy_count()):
            yield Run(library.bench_copy_name(way).decode(), lambda calls, way=way: library.bench_copy(
                way, operands.y.ctypes.data, operands.x.ctypes.data, size, problem.threads, calls), None)
        for other in self.others:
            yield from other.copies(problem, operands)


class Norms(System):
    """rmsnormRun of this project; for unknown lengths rmsnormKernelRun."""

    name = "rmsnorm"
    kinds = frozenset(["norm", "residual", "mask", "axis0", "middle", "dynamic", "call", "first", "later"])
    rest = SETTLED
    is_ours = True

    def __init__(self, setup, schedule=None):
        super().__init__(setup)
        self.context = capi.create_context(setup.library, setup.options.get("cpu"), setup.options.get("features"),
                                           schedule)

    def runs(self, problem, operands):
        name = "rmsnormKernelRun" if problem.kind == "dynamic" else "rmsnormRun"
        timer = self.timer(problem, operands)
        written = [array for array in (operands.y, operands.h) if array is not None]
        yield Run(name, timer, results_of(lambda: timer(0), *written))

    def timer(self, problem, operands):
        library = self.setup.library
        options = library.rmsnormOptionsDefault()
        axes = (c.c_int64 * len(problem.axes))(*problem.axes)
        options.reduction_axes, options.num_reduction_axes = axes, len(axes)
        names = {"x": "x", "w": "scale", "y": "y", "residual": "residual", "h": "residual_out", "mask": "mask"}
        given = {names[name]: array for name, array in operands.given().items()}
        tensors = capi.operands_of(given)
        kernel = None
        if problem.kind == "dynamic":
            kernel = capi.create_kernel(library, self.context, options, capi.operands_of(given, dynamic=True))

        def timer(calls):
            seconds = library.bench_norm(self.context, kernel, c.byref(options), c.byref(tensors), problem.threads, calls)
            if seconds < 0:
                raise RuntimeError("expected a norm to run, but it failed")
            return seconds

        return timer


class NormsInPlace(Norms):
    """The same over x and the residual. Apart, as copies and hand-written kernels write elsewhere."""

    name = "rmsnorm-in-place"
    kinds = Norms.kinds - set(FIXED)

    def runs(self, problem, operands):
        timer = self.timer(problem, operands.in_place)
        yield Run("in place", timer, results_in_place(lambda: timer(0), operands))


class PythonNorms(System):
    """rmsnorm.rms_norm of the package: what its binding costs."""

    name = "rmsnorm-python"
    kinds = frozenset(["call"])
    rest = Norms.rest
    is_ours = True

    def __init__(self, setup):
        super().__init__(setup)
        try:
            import rmsnorm
        except ImportError as error:
            raise NotInstalled(error) from error
        self.package = rmsnorm
        rmsnorm.set_num_threads(setup.threads)

    def runs(self, problem, operands):
        norm, x, w, y = self.package.rms_norm, operands.x, operands.w, operands.y
        call = lambda: norm(x, w, out=y)  # noqa: E731
        yield Run("out=", timer_of(call), results_of(call, y))


class Yardstick(System):
    """Hand-written kernels over the last axis, for comparison, from lib*.so in a folder. They bring

        int lim_count(int type, long n, long rows, long bytes)       how many variants; type: 0 f32, 1 bf16, 2 f16
        const char *lim_name(int type, long n, long rows, long bytes, int variant)
        double lim_bench(int type, int variant, const void *x, const void *w, void *y, long rows, long n,
                         float epsilon, long bytes, int threads, int calls, double warm)   seconds of a call
        int copy_count(); const char *copy_name(int way); double copy_bench(...)          the same for copies
    """

    name = "yardstick"
    kinds = frozenset(["norm"])
    rest = 2e-3 * BLOCKTIME
    TYPES = {"f32": 0, "bf16": 1, "f16": 2}

    def __init__(self, setup):
        super().__init__(setup)
        self.libraries = {}
        for path in sorted(pathlib.Path(setup.options["yardstick"]).glob("lib*.so")):
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
            raise FileNotFoundError(f"expected shared libraries lib*.so in {setup.options['yardstick']}, but got none")

    def refuses(self, problem):
        if problem.dtype not in self.TYPES or problem.length % 32:
            return f"{problem.dtype} rows of {problem.length}"
        return super().refuses(problem)

    def runs(self, problem, operands):
        x, w, y = operands.x, operands.w, operands.y
        code, (rows, n) = self.TYPES[problem.dtype], problem.shape
        for name, library in self.libraries.items():
            for variant in range(library.lim_count(code, n, rows, problem.bytes)):
                label = library.lim_name(code, n, rows, problem.bytes, variant).decode()

                def timer(calls, library=library, variant=variant):
                    return library.lim_bench(code, variant, x.ctypes.data, w.ctypes.data, y.ctypes.data, rows, n, EPSILON,
                                             problem.bytes, problem.threads, calls, WARM_UP)

                yield Run(f"{name} {label}", timer, results_of(lambda timer=timer: timer(1), y))

    def copies(self, problem, operands):
        """Runs of the copies that the folder brings."""
        for name, library in self.libraries.items():
            for way in range(library.copy_count()):
                def timer(calls, library=library, way=way):
                    return library.copy_bench(way, operands.y.ctypes.data, operands.x.ctypes.data,
                                              problem.bytes // 512 * 512, problem.threads, calls, WARM_UP)

                yield Run(f"{name} {library.copy_name(way).decode()}", timer, None)
