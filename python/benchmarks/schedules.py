# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Schedules: the parameters of #rmsnorm.cpu_schedule (docs/Dialect.md), as text or as a dictionary, and
what may be chosen for them. Whatever is, results are what docs/Semantics.md promises."""

import re
import zlib

import numpy as np

STEPS = [[128, 8, 1], [64, 8, 1], [32, 8, 1], [16, 8, 1], [8, 1]]
CHOICES = {
    "vector": STEPS,
    "normalize_vector": STEPS[1:],
    # Longer chains, and blocks of them, are for results with fewer or more digits than f32, and so are fewer lanes.
    "chain": [1, 2, 3, 4],
    "fold": [0, 4, 8],
    "part": [0, 1024, 8192],
    "panel": [256, 1024, 4096, 16384],
    "rows": [1, 2, 4, 8, 16],
    "share_rows": [False, True],
    "convert": [0, 1024, 16384],
    "overlap": [0, 1, 1 << 20, 1 << 24],
    "prefetch": [0, 1, 1 << 20, 1 << 24],
    "write_ahead": [0, 64, 256],
    "nontemporal": [0, 1, 1 << 20, 1 << 24],
    "far": [0, 1, 1 << 20, 1 << 25],
    "far_rows": [1, 2, 4, 8, 16],
    "far_panel": [0, 256, 4096],
    "far_aspect": [0, 1, 8],
    "far_ahead": [0, 4, 8],
    "grain": [1, 1 << 12, 1 << 15, 1 << 20],
}


def to_text(schedule):
    """Of a dictionary: the text."""
    return ", ".join(f"{name} = {str(value).lower()}" for name, value in schedule.items())


def from_text(text):
    """Of a text: the dictionary."""
    def read(value):
        if value.startswith("["):
            return [int(item) for item in value[1:-1].split(",")]
        return {"true": True, "false": False}[value] if value.isalpha() else int(value)

    return {name: read(value) for name, value in re.findall(r"(\w+) = (\[[^]]*\]|\w+)", text)}


def generator(seed, name):
    """What draws the schedules of the test `name`."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def draw(rng):
    """A schedule drawn at random by a generator of NumPy."""
    return {name: values[rng.integers(len(values))] for name, values in CHOICES.items()}
