# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The benchmark runs, checks what it times, and says what is wrong with its arguments. How fast
anything is, no test says."""

import csv
import pathlib
import subprocess
import sys

import pytest
import rmsnorm

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The package lies in the build folder.
BUILD = pathlib.Path(rmsnorm.__file__).resolve().parents[2]


def bench(*arguments):
    return subprocess.run([sys.executable, ROOT / "python/benchmarks/bench.py", "--build", BUILD, *arguments],
                          capture_output=True, text=True)


def test_small_problems(tmp_path):
    table = tmp_path / "table.csv"
    run = bench("--dtypes", "f32", "bf16", "f16", "f64", "--rows", "64", "100", "--columns", "96", "--sizes", "64k",
                "--threads", "1", "2", "--turns", "1", "--csv", table)
    assert run.returncode == 0, run.stderr
    rows = list(csv.DictReader(line for line in table.open() if not line.startswith("#")))
    assert len(rows) == 4 * 3 * 2
    assert {(row["dtype"], row["shape"], row["axes"]) for row in rows} >= {("f32", "256x64", "1"), ("f64", "85x96", "0")}
    # A ratio may round to 0 on a busy machine.
    assert all(float(row["ms"]) > 0 and float(row["copy_ms"]) > 0 and not row["yardstick"] for row in rows)
    assert "rmsnormRun, 1x64 f32" in run.stdout


@pytest.mark.parametrize("arguments, status, message", [
    (["--sizes", "8"], 2, "expected a size such as 512k or 8M, but got '8'"),
    (["--dtypes", "f17"], 2, "invalid choice: 'f17'"),
    (["--yardstick", "/dev"], 1, "error: expected shared libraries lib*.so in /dev, but got none"),
    (["--cpu", "z80"], 1, "error: expected the target's processor to be"),
    (["--csv", "/dev/null/table.csv", "--sizes", "64k", "--rows", "64", "--columns", "--turns", "1"], 1, "error: "),
])
def test_wrong_arguments(arguments, status, message):
    run = bench(*arguments)
    assert (run.returncode, message in run.stderr) == (status, True), run.stderr
