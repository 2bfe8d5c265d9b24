# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the norms of this folder for this CPU, runs them on pictures, on digits
and on numbers spread as activations are, compares every result with the exact value,
and prints how near, how fast and how soon. Status 1 if any is too far away."""

import argparse
import concurrent.futures
import ctypes
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import typing

import numpy as np
import sklearn.datasets

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "test" / "Integration" / "CPU" / "Inputs"))

import oracle  # noqa: E402
from oracle import bf16, f32  # noqa: E402

NAMES = {bf16: "bf16", f32: "f32", np.dtype("uint8"): "ui8"}


@dataclasses.dataclass
class Output:
    """A result: its type, and the argument that it is written over, if it is one."""

    dtype: np.dtype
    over: int | None = None


@dataclasses.dataclass
class Case:
    """A norm of examples/ and the data that it is run on."""

    name: str
    data: str
    inputs: list  # in the order of the function's arguments; x is the first
    # The exact results for a range of leading extents of x. Where there is more
    # than one right answer, a list of the results for each.
    reference: typing.Callable[[slice], list]
    outputs: list = dataclasses.field(default_factory=lambda: [Output(bf16)])
    width: int | None = None  # of the result, where it is not x's
    separable: bool = True  # leading extents do not depend on each other
    limit: float | None = None  # in ulp, where it is not the oracle's
    judges_share: bool = True  # enough results must be the correctly rounded value
    streams: bool = True  # as fast as memory is, if all is well

    @property
    def shape(self):
        shape = self.inputs[0].shape
        return shape if self.width is None else (*shape[:-1], self.width)


# ---------------------------------------------------------------------------
# Data
# ---------------------------------------------------------------------------

random = np.random.default_rng(20240229)


def normal(shape, dtype=f32):
    return random.standard_normal(shape, np.float32).astype(dtype)


def activations(shape, dtype):
    """What flows between the layers of a language model: channels differ in their
    spread, a few are far larger than the rest, and one position has giants."""
    channels = shape[-1]
    spread = np.exp(0.5 * normal(channels))
    outliers = random.choice(channels, max(2, channels // 700), replace=False)
    spread[outliers] *= 60
    x = normal(shape) * spread
    x.reshape(-1, channels)[0, outliers[:2]] = 2000, -1500
    return x.astype(dtype)


def pictures():
    return [sklearn.datasets.load_sample_image(name) for name in ("china.jpg", "flower.jpg")]


def patches(size=16):
    """The pictures in squares, one a row, as vision transformers take them."""
    rows = []
    for picture in pictures():
        height, width = (extent // size for extent in picture.shape[:2])
        squares = picture[:height * size, :width * size].reshape(height, size, width, size, 3)
        rows.append(squares.swapaxes(1, 2).reshape(height * width, -1))
    return np.concatenate(rows).astype(f32)


# ---------------------------------------------------------------------------
# Cases: what each example must give is said here again, apart from its MLIR
# ---------------------------------------------------------------------------


def scale_then_cast(name, data, x, scale=None, **options):
    arrays = [x] if scale is None else [x, scale]
    return Case(name, data, arrays, lambda part: [oracle.rms_norm(x[part], scale, **options)[0]],
                outputs=[Output(x.dtype)])


def cast_then_scale(name, data, x, scale, **options):
    """The normalised value is as exact as f32 is, and where that is next to the
    middle of two numbers of x's type, either of them is right. In f32 the cast is
    but one of the roundings that the limit is for."""
    if x.dtype == f32:
        return scale_then_cast(name, data, x, scale, **options)
    error = oracle.LIMITS[f32][0] * 2.0**-23

    def reference(part):
        return [[oracle.rms_norm(x[part], scale, cast_then_scale=True, nudge=nudge, **options)[0]
                 for nudge in (-error, error)]]
    return Case(name, data, [x, scale], reference, outputs=[Output(x.dtype)], judges_share=False)


def residual(rows):
    x, before = (activations((rows, 4096), bf16) for _ in range(2))
    scale = (1 + 0.2 * normal(4096)).astype(bf16)
    return Case("residual", "activations", [x, before, scale],
                lambda part: list(oracle.rms_norm(x[part], scale, residual=before[part], epsilon=1e-5)[:2]),
                outputs=[Output(bf16, over=0), Output(bf16, over=1)])


def batch_norm_like(data, x, mask):
    return Case("batch_norm_like", data, [x, mask], lambda _: [oracle.rms_norm(x, mask=mask, axes=[0])[0]],
                outputs=[Output(f32)], separable=False)


def picture():
    x = pictures()[0]
    return Case("picture", "china.jpg", [x], lambda _: [oracle.rms_norm(x, axes=[0, 1])[0]],
                outputs=[Output(f32)], separable=False)


def matmul_norm_gelu():
    digits = sklearn.datasets.load_digits().data.astype(f32)
    weights, scale = normal((64, 256)) / 8, 1 + 0.2 * normal(256)
    # Each addition of the matmul rounds by up to half a unit.
    limit = oracle.LIMITS[f32][0] + len(weights) / 2

    def reference(part):
        a, b = oracle.exact(digits[part]), oracle.exact(weights)
        y, _, r = oracle.rms_norm(a @ b, scale)
        return [oracle.Expected(oracle.gelu(y.value), np.abs(a) @ np.abs(b) * r.value * np.abs(scale))]
    return Case("matmul_norm_gelu", "digits", [digits, weights, scale], reference, outputs=[Output(f32)],
                width=256, limit=limit, streams=False)


def cases(small):
    """Functions that make the cases, each when it is its turn."""
    def rows(count):
        return max(2, count // 64) if small else count

    def scale(extent, around=1.0, dtype=bf16):
        return (around + 0.2 * normal(extent)).astype(dtype)

    def activation_rows(count, extent, dtype=bf16):
        return activations((rows(count), extent), dtype)
    digits = sklearn.datasets.load_digits().data.astype(f32)
    samples = np.arange(len(digits))[:, None]
    return [
        lambda: scale_then_cast("plain", "patches", patches()),
        lambda: cast_then_scale("llama", "activations", activation_rows(4096, 4096), scale(4096), epsilon=1e-5),
        lambda: scale_then_cast("gemma", "activations", activation_rows(4096, 3072), scale(3072, 0.0), scale_offset=1.0),
        lambda: cast_then_scale("t5", "activations", activation_rows(8192, 1024, f32), scale(1024, dtype=f32)),
        lambda: cast_then_scale("qk_norm", "activations", activations((2, rows(1024), 32, 128), bf16), scale(128)),
        lambda: residual(rows(4096)),
        lambda: picture(),
        lambda: batch_norm_like("digits", digits, samples < 1500),
        lambda: batch_norm_like("activations", activation_rows(8192, 1024, f32), random.random((rows(8192), 1)) < 0.8),
        lambda: matmul_norm_gelu(),
    ]


# ---------------------------------------------------------------------------
# Running and timing
# ---------------------------------------------------------------------------


class Progress:
    """One line on a terminal that says what is being done, and nothing elsewhere."""

    def __init__(self):
        self.shows = sys.stderr.isatty()

    def say(self, text=""):
        if self.shows:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def run(case, options):
    """The results, and what --time says: compile time in ms, time of a call in s."""
    with tempfile.TemporaryDirectory() as folder:
        command = [f"{options.build}/bin/rmsnorm-run", f"{options.examples}/{case.name}.mlir", "--time"]
        for number, array in enumerate(case.inputs):
            np.save(f"{folder}/{number}.npy", array)
            command.append(f"--input={folder}/{number}.npy")
        shape = "x".join(map(str, case.shape))
        paths = [f"{folder}/result{number}.npy" for number in range(len(case.outputs))]
        for output, path in zip(case.outputs, paths):
            command.append(f"--output={path}:{shape}" if output.over is None else f"--save-argument={output.over}:{path}")
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"demo.py: error: {case.name}: rmsnorm-run ends with status {done.returncode}\n{done.stderr[:4000]}")
        compiled, call = re.match(r"compile: ([\d.]+) ms, run: ([\d.]+) us \(median", done.stdout).groups()
        return [load(path, output.dtype) for path, output in zip(paths, case.outputs)], float(compiled), float(call) * 1e-6


def load(path, dtype):
    array = np.load(path)
    return array.view(bf16) if dtype == bf16 else array


class Copies:
    """What it takes to copy, by the fastest of several ways."""

    def __init__(self, build):
        self.library = ctypes.CDLL(f"{build}/lib/rmsnorm-bench-timing.so")
        self.library.bench_allocate.restype = ctypes.c_void_p
        self.library.bench_copy.restype = ctypes.c_double
        self.size, self.memory = 0, ()

    def time_one(self, way, size, calls):
        to, source = (ctypes.c_void_p(address) for address in self.memory)
        return self.library.bench_copy(way, to, source, ctypes.c_int64(size), 0, ctypes.c_int64(calls))

    def seconds(self, moved):
        """For a copy that reads and writes `moved` bytes together: the median."""
        size = max(moved // 256 * 128, 128)
        if size > self.size:
            self.size, self.memory = size, [self.library.bench_allocate(ctypes.c_size_t(size)) for _ in range(2)]
            if None in self.memory:
                sys.exit(f"demo.py: error: out of memory for two arrays of {size} bytes")
        best = np.inf
        for way in range(self.library.bench_copy_count()):
            calls = max(1, int(2e-3 / self.time_one(way, size, 1)))
            best = min(best, np.median([self.time_one(way, size, calls) for _ in range(15)]))
        return best


# ---------------------------------------------------------------------------
# Comparing
# ---------------------------------------------------------------------------


@dataclasses.dataclass
class Verdict:
    worst: float  # ulp
    limit: float
    right: float  # share of results that are the correctly rounded value
    share: float  # the least that it may be

    @property
    def passes(self):
        return self.worst <= self.limit and self.right >= self.share

    def complaint(self):
        if self.worst > self.limit:
            return f"expected at most {self.limit} ulp, but got {self.worst:.3g}"
        return f"expected {self.share} of the results correctly rounded, but got {self.right:.4f}"


def nearest(got, alternatives):
    """Distances from the nearest of the right answers, and which are rounded right."""
    pairs = [oracle.distances(got, expected) for expected in alternatives]
    return np.minimum.reduce([distance for distance, _ in pairs]), np.logical_or.reduce([same for _, same in pairs])


def judge(case, results, say):
    """Compares all results with the reference, part by part, which bounds memory."""
    extent = case.shape[0]
    rows = int(np.prod(case.shape[:-1])) // extent
    step = max(1, 64 * 4096 // (rows * case.shape[-1])) if case.separable else extent
    parts = [slice(begin, min(begin + step, extent)) for begin in range(0, extent, step)]
    worst, right = np.zeros(len(results)), np.zeros(len(results), int)

    def examine(part):
        found = []
        for result, expected in zip(results, case.reference(part)):
            distance, same = nearest(result[part], expected if isinstance(expected, list) else [expected])
            found.append((np.max(distance, initial=0), np.count_nonzero(same)))
        return found
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, found in enumerate(pool.map(examine, parts), 1):
            worst = np.maximum(worst, [distance for distance, _ in found])
            right += [count for _, count in found]
            say(f"{case.name}: comparing {done * 100 // len(parts)} %")
    limits = [oracle.LIMITS[result.dtype] for result in results]
    verdicts = [Verdict(float(distance), case.limit or limit, count / result.size, share if case.judges_share else 0)
                for distance, count, result, (limit, share) in zip(worst, right, results, limits)]
    return next((verdict for verdict in verdicts if not verdict.passes), max(verdicts, key=lambda v: v.worst))


# ---------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------

COLUMNS = [("example", -16), ("data", -11), ("shape", -15), ("type", -8), ("ulp", 5), ("limit", 5), ("GB/s", 6),
           ("of copy", 7), ("compile", 8)]

EXPLANATION = """
ulp      the largest distance of a result from the exact value, which NumPy computes in
         extended precision, in units in the last place; limit: what is promised
GB/s     every input read once and every result written once, in the median time of a call
of copy  ratio to the fastest of several ways to copy as many bytes
compile  from MLIR as text to machine code
"""


def row(cells):
    padded = [cell.ljust(-width) if width < 0 else cell.rjust(width) for cell, (_, width) in zip(cells, COLUMNS)]
    return "  ".join(padded)


def describe(case, verdict, compiled, call, copies):
    types = list(dict.fromkeys([NAMES[case.inputs[0].dtype], NAMES[case.outputs[0].dtype]]))
    moved = sum(array.nbytes for array in case.inputs)
    moved += sum(int(np.prod(case.shape)) * output.dtype.itemsize for output in case.outputs)
    speed = ["-", "-"]
    if case.streams:
        speed = [f"{moved / call * 1e-9:.1f}", f"{copies.seconds(moved) / call:.2f}"]
    text = row([case.name, case.data, "x".join(map(str, case.shape)), ">".join(types), f"{verdict.worst:.2f}",
                f"{verdict.limit:g}", *speed, f"{compiled:.0f} ms"])
    return text if verdict.passes else f"{text}  FAILED: {verdict.complaint()}"


def stages(opt):
    """The pipeline's stages but the last, as the tool lists them where it is asked for one that there is not."""
    refused = subprocess.run([opt, "-", "--rmsnorm-to-cpu=stop-after=none"], input="", capture_output=True, text=True)
    return re.search(r"one of (.*), but got none", refused.stderr)[1].split(", ")[:-1]


def print_commands(options):
    opt = os.path.relpath(f"{options.build}/bin/rmsnorm-opt")
    compiler = os.path.relpath(f"{options.build}/bin/rmsnorm-compile")
    examples = os.path.relpath(options.examples)
    print(f"""
The IR of any of them, as it is written and after each stage of the pipeline:

  {opt} {examples}/llama.mlir""")
    for stage in stages(opt):
        print(f"  {opt} {examples}/llama.mlir --rmsnorm-to-cpu=stop-after={stage}")
    print(f"""  {opt} {examples}/llama.mlir --rmsnorm-to-cpu
  {compiler} {examples}/llama.mlir --emit=asm -o llama.s""")


def processor():
    try:
        return re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]
    except (OSError, TypeError):
        return "this CPU"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=ROOT / "build", help="where the project was built (default: build)")
    parser.add_argument("--examples", default=ROOT / "examples", help="the folder of the norms (default: examples)")
    parser.add_argument("--small", action="store_true", help="activations of few rows: the same checks, in seconds")
    return parser.parse_args()


def main():
    options = parse_arguments()
    for needed in ("bin/rmsnorm-run", "lib/rmsnorm-bench-timing.so"):
        if not os.path.exists(f"{options.build}/{needed}"):
            sys.exit(f"demo.py: error: expected a build in '{options.build}', but it has no {needed}")
    start, failed, progress, copies = time.monotonic(), 0, Progress(), Copies(options.build)
    print(f"Norms on {processor()}, {len(os.sched_getaffinity(0))} threads\n")
    print(row([name for name, _ in COLUMNS]), flush=True)
    todo = cases(options.small)
    for number, make in enumerate(todo, 1):
        progress.say(f"{number} of {len(todo)}: making data")
        case = make()
        progress.say(f"{case.name}: compiling and running")
        results, compiled, call = run(case, options)
        verdict = judge(case, results, progress.say)
        progress.say(f"{case.name}: timing copies")
        text = describe(case, verdict, compiled, call, copies)
        progress.say()
        print(text, flush=True)
        failed += not verdict.passes
    print(EXPLANATION)
    print(f"{len(todo)} norms, {len(todo) - failed} within their limits, {failed} not, {time.monotonic() - start:.0f} s")
    print_commands(options)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
