# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The norms that are timed, and which of them a run consists of."""

import dataclasses
import math
import re

import ml_dtypes
import numpy as np

DTYPES = {"f32": np.dtype("f4"), "bf16": np.dtype(ml_dtypes.bfloat16), "f16": np.dtype("f2"), "f64": np.dtype("f8")}

KINDS = {
    "norm": "over the last axis",
    "residual": "over the last axis, x + residual first and kept as a second result",
    "mask": "over the last axis, a mask of x's shape says which positions count",
    "axis0": "over the first axis",
    "middle": "over the middle one of three axes",
    "dynamic": "over the last axis, compiled without knowing its length",
    "call": "over the last axis of 1x64: what a call costs",
    "first": "over the last axis of 1xD, the first call of the process",
    "later": "over the last axis of 1xD, the first call for another D",
}
# These have one small shape each, whatever the lengths and sizes.
FIXED = ("call", "first", "later")

# First calls have this length and the next ones.
FIRST_LENGTH = 1000

LENGTHS = [64, 96, 128, 576, 1024, 4096, 16384, 65536, 1 << 20]
OTHER_LENGTHS = [4096]
SIZES = ["512k", "8M", "256M"]


@dataclasses.dataclass(frozen=True)
class Problem:
    """y = x · rsqrt(mean(x²) + 1e-6) · w, the mean over `axes`, w along the last axis, whose length
    is `length`. `size` is what x was to take, such as "8M"."""

    kind: str
    dtype: str
    length: int
    size: str
    threads: int

    @property
    def shape(self):
        if self.kind in FIXED:
            return (1, self.length)
        rows = size_in_bytes(self.size) // DTYPES[self.dtype].itemsize // self.length
        if self.kind != "middle":
            return (rows, self.length)
        reduced = min(64, rows)
        return (rows // reduced, reduced, self.length)

    @property
    def axes(self):
        return (0,) if self.kind == "axis0" else (1,)

    @property
    def bytes(self):
        """Of x."""
        return math.prod(self.shape) * DTYPES[self.dtype].itemsize

    @property
    def name(self):
        return f"{self.kind} {self.dtype} {'x'.join(map(str, self.shape))}"


def size_in_bytes(text):
    """Of a size such as 512k or 8M; None for another text."""
    match = re.fullmatch(r"([1-9]\d*)([kM])", text)
    return int(match[1]) << {"k": 10, "M": 20}[match[2]] if match else None


def problems(kinds, dtypes, lengths, sizes, threads):
    """All problems for one thread count, in the order in which they run. `lengths` of None stands for
    the usual ones of each kind. A size too small for one row is left out."""
    # The first call comes before all others.
    found = [Problem(kind, "f32", length, "", threads)
             for kind, length in (("first", FIRST_LENGTH), ("later", FIRST_LENGTH), ("call", 64)) if kind in kinds]
    for kind in kinds:
        for dtype in dtypes if kind not in FIXED else []:
            for size in sizes:
                for length in lengths or (LENGTHS if kind == "norm" else OTHER_LENGTHS):
                    if length * DTYPES[dtype].itemsize <= size_in_bytes(size):
                        found.append(Problem(kind, dtype, length, size, threads))
    if not found:
        raise ValueError(f"expected a size that holds a row of {min(lengths or OTHER_LENGTHS)} elements, "
                         f"but got {' '.join(sizes)}")
    return found
