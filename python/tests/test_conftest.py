# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""That --draw-schedules decides how the norms of tests are computed."""

import subprocess
import sys

import numpy as np
import rmsnorm


def test_sum_of_a_row(drawn_schedule):
    """What the test below runs, with the option."""
    x = np.random.default_rng(0).standard_normal((8, 30000))
    print(f"by {drawn_schedule}: {rmsnorm.rms_norm(x, return_rstd=True)[1].tobytes().hex()}.")


def test_draw_schedules():
    def lines(*options):
        command = [sys.executable, "-m", "pytest", "-q", "-s", f"{__file__}::test_sum_of_a_row", *options]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return [line for line in output.splitlines() if line.startswith("by ")]

    [usual] = lines()
    assert usual.startswith("by None: ")
    drawn = [lines(f"--draw-schedules={seed}")[0] for seed in (1, 2, 3, 3)]
    assert drawn[2] == drawn[3]
    schedules, sums = zip(*[line.split(": ") for line in [usual, *drawn]], strict=True)
    assert len(set(schedules)) == 4 and len(set(sums)) > 1
