# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The benchmark runs, checks what it times, and says what is wrong with its arguments. How fast
anything is, no test says."""

import csv
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import rmsnorm
import schedules
import tune
from problems import Problem

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The package lies in the build folder.
BUILD = pathlib.Path(rmsnorm.__file__).resolve().parents[2]
# Where `make bench-peers` has been, all systems are there.
PEERS = ROOT / ".venv-peers" / "bin" / "python3"
PYTHON = PEERS if PEERS.exists() else sys.executable
ALL_KINDS = ["norm", "residual", "mask", "axis0", "middle", "dynamic", "call", "first", "later"]


def bench(*arguments, python=sys.executable):
    return subprocess.run([python, ROOT / "python/benchmarks/bench.py", *arguments], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(BUILD / "python")})


def run(*arguments, python=sys.executable):
    return bench("--build", BUILD, "--turns", "1", *arguments, python=python)


def read(path):
    return list(csv.DictReader(line for line in path.open() if not line.startswith("#")))


def test_small_problems(tmp_path):
    table = tmp_path / "table.csv"
    done = run("--dtypes", "f32", "bf16", "f16", "f64", "--lengths", "64", "100", "--sizes", "64k", "--kinds", *ALL_KINDS,
               "--threads", "1", "2", "--systems", "rmsnorm", "rmsnorm-in-place", "copy", "rmsnorm-python", "--csv",
               table)
    assert done.returncode == 0, done.stderr
    rows = read(table)
    ours = [row for row in rows if row["system"] == "rmsnorm"]
    assert len(ours) == 2 * (6 * 4 * 2 + 3)
    assert {(row["kind"], row["dtype"], row["shape"], row["axes"]) for row in ours} >= {
        ("norm", "f32", "256x64", "1"), ("axis0", "f64", "81x100", "0"), ("middle", "bf16", "8x64x64", "1"),
        ("call", "f32", "1x64", "1")}
    assert {row["variant"] for row in ours if row["kind"] == "dynamic"} == {"rmsnormKernelRun"}
    in_place = [row for row in rows if row["system"] == "rmsnorm-in-place"]
    assert [row["ulp"] for row in in_place] == [row["ulp"] for row in ours if row["kind"] in ALL_KINDS[:6]]
    # A ratio may round to 0 on a busy machine.
    assert all(float(row["seconds"]) > 0 for row in rows)
    assert all(float(row["of_copy"]) >= 0 and float(row["ulp"]) < 9 for row in ours if row["kind"] == "norm")
    assert [row["kind"] for row in rows if row["system"] == "rmsnorm-python"] == ["call"] * 2
    assert "rmsnorm-python has no norm, residual, mask, axis0, middle, dynamic" in done.stdout
    assert "# machine: " in table.read_text() and "# versions: " in table.read_text()


@pytest.mark.parametrize("system, kinds", [
    ("brainstate", set(ALL_KINDS) - {"dynamic"}), ("jnp", set(ALL_KINDS) - {"dynamic"}), ("torch-eager", set(ALL_KINDS)),
    ("torch-compile", set(ALL_KINDS)), ("onnxruntime", set(ALL_KINDS)), ("onednn", {"norm", "call", "first", "later"})])
def test_peer(system, kinds, tmp_path):
    """All kinds and types pass the check against float64."""
    table = tmp_path / "table.csv"
    done = run("--systems", system, "--kinds", *ALL_KINDS, "--lengths", "96", "--sizes", "64k", "--threads", "1",
               "--csv", table, python=PYTHON)
    if f"error: expected {system} to be installed" in done.stderr:
        pytest.skip(f"{done.stderr.strip()}; `make bench-peers` installs it")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = read(table)
    assert {row["kind"] for row in rows} == kinds
    missing = {"f32", "bf16", "f16"} - {row["dtype"] for row in rows}
    # oneDNN has the narrow ones where the processor has them, and says so.
    assert not missing or system == "onednn"
    assert all(f"{dtype} on this processor" in done.stdout for dtype in missing)
    assert all(float(row["seconds"]) > 0 and row["system"] == system for row in rows)


def test_missing_system(tmp_path):
    """What is not installed is left out and said so, and is an error where it was asked for."""
    (tmp_path / "torch.py").write_text("raise ImportError('no torch today')")
    arguments = ["--build", BUILD, "--kinds", "call", "--threads", "1", "--turns", "1"]

    def start(*more):
        return subprocess.run([sys.executable, ROOT / "python/benchmarks/bench.py", *arguments, *more], capture_output=True,
                              text=True, env={**os.environ, "PYTHONPATH": f"{tmp_path}:{BUILD / 'python'}"})

    done = start()
    assert done.returncode == 0, done.stderr
    assert "torch-eager is left out: no torch today\ntorch-compile is left out: no torch today\n" in done.stdout
    done = start("--systems", "torch-eager")
    assert (done.returncode, done.stderr) == (1, "error: expected torch-eager to be installed, but there is no torch today\n")


YARDSTICK = """
#include <math.h>
#include <stdlib.h>
#include <string.h>
int lim_count(int type, long n, long rows, long bytes) { return type == 0 ? VARIANTS : 0; }
const char *lim_name(int type, long n, long rows, long bytes, int variant) { return variant ? "other" : "plain"; }
double lim_bench(int type, int variant, const float *x, const float *w, float *y, long rows, long n, float epsilon,
                 long bytes, int threads, int calls, double warm) {
  static int made[2];
  if (n > LONGEST) abort();
  ++made[variant];
  for (long i = 0; i < rows; ++i, x += n, y += n) {
    double sum = 0;
    for (long j = 0; j < n; ++j) sum += (double)x[j] * x[j];
    for (long j = 0; j < n; ++j) y[j] = x[j] / sqrt(sum / n + epsilon) * w[j] * FACTOR;
  }
  return SECONDS;
}
int copy_count() { return 1; }
const char *copy_name(int way) { return "by hand"; }
double copy_bench(int way, void *y, const void *x, long bytes, int threads, int calls, double warm) {
  memcpy(y, x, bytes);
  return COPY;
}
"""


def build_yardstick(folder, name, **macros):
    compiler = next(filter(shutil.which, ["clang-22", "cc", "gcc", "clang"]), None)
    if not compiler:
        pytest.skip("no C compiler")
    defined = {"FACTOR": "1.f", "COPY": "1e-9", "LONGEST": 1 << 20, "VARIANTS": 1, "SECONDS": "1e-5", **macros}
    (folder / "hand.c").write_text(YARDSTICK)
    subprocess.run([compiler, "-shared", "-fPIC", "-w", *[f"-D{key}={value}" for key, value in defined.items()],
                    "hand.c", "-o", f"lib{name}.so", "-lm"], cwd=folder, check=True)


@pytest.mark.parametrize("factor, status", [("1.f", 0), ("1.01f", 1)])
def test_yardstick(factor, status, tmp_path):
    """Hand-written kernels are compared with, as copies are, of each library; a wrong one is found and not timed."""
    build_yardstick(tmp_path, "hand", FACTOR=factor)
    build_yardstick(tmp_path, "slow", FACTOR=factor, COPY="1.")
    table = tmp_path / "table.csv"
    done = run("--yardstick", tmp_path, "--systems", "rmsnorm", "copy", "--kinds", "norm", "--dtypes", "f32", "f64",
               "--lengths", "64", "--sizes", "64k", "--threads", "1", "--csv", table)
    assert done.returncode == status, done.stderr
    rows = {(row["system"], row["dtype"]): row for row in read(table)}
    assert rows["copy", "f32"]["variant"] == "hand by hand" and ("yardstick", "f64") not in rows
    assert "yardstick has no f64 rows of 64\n" in done.stdout
    if status:
        assert "error: yardstick, norm f32 256x64: expected " in done.stdout and ("yardstick", "f32") not in rows
    else:
        assert rows["yardstick", "f32"]["variant"] == "hand plain" and "/ hand-written" in done.stdout


def test_heats(tmp_path):
    """Turns that decide which of several ways is the fastest do not say how fast it is."""
    # A result that is checked, two probes and three turns; then what counts.
    build_yardstick(tmp_path, "hand", VARIANTS=2, SECONDS="made[variant] > 6 ? 3e-5 : variant ? 1e-5 : 2e-5")
    table = tmp_path / "table.csv"
    done = run("--yardstick", tmp_path, "--systems", "rmsnorm", "--kinds", "norm", "--dtypes", "f32", "--lengths", "64",
               "--sizes", "64k", "--threads", "1", "--csv", table)
    assert done.returncode == 0, done.stderr
    assert [(row["variant"], row["seconds"]) for row in read(table) if row["system"] == "yardstick"] == [("hand other", "3e-05")]


def test_end_before_the_last(tmp_path):
    """What was measured before a process died is in the file."""
    build_yardstick(tmp_path, "hand", LONGEST=64)
    table = tmp_path / "table.csv"
    done = run("--yardstick", tmp_path, "--systems", "rmsnorm", "--kinds", "norm", "--dtypes", "f32", "--lengths", "64", "128",
               "--sizes", "64k", "--threads", "1", "--csv", table)
    assert done.returncode == 1 and "error: expected the process for 1 threads to end well, but got status " in done.stderr
    assert {(row["system"], row["length"]) for row in read(table)} == {("rmsnorm", "64"), ("yardstick", "64")}


def test_command_of_the_header():
    """Names of files are not for others."""
    import bench
    assert bench.command(["--kinds", "norm", "--csv", "a.csv", "--build=b", "--turns", "3"]) == "bench.py --kinds norm --turns 3"


@pytest.mark.parametrize("arguments, status, message", [
    (["--sizes", "8"], 2, "argument --sizes: expected a size such as 512k or 8M, but got '8'"),
    (["--dtypes", "f17"], 2, "argument --dtypes: invalid choice: 'f17'"),
    (["--kinds", "axis1"], 2, "argument --kinds: invalid choice: 'axis1'"),
    (["--systems", "numpy"], 2, "argument --systems: invalid choice: 'numpy'"),
    (["--lengths", "0"], 2, "argument --lengths: expected a number of 1 or more, but got '0'"),
    (["--turns", "some"], 2, "argument --turns: expected a number of 1 or more, but got 'some'"),
    (["--threads", "4000"], 2, "argument --threads: expected at most "),
    (["--plot", "bench.pdf"], 2, "argument --plot: expected a file name that ends in .svg or .png, but got 'bench.pdf'"),
    (["--lengths", "8192", "--sizes", "16k", "--kinds", "norm", "--dtypes", "f32"], 1,
     "error: expected a size that holds a row of 8192 elements, but got 16k\n"),
    (["--yardstick", "/dev", "--systems", "copy"], 1, "error: expected shared libraries lib*.so in /dev, but got none\n"),
    (["--onednn", "/none.so", "--systems", "onednn"], 1,
     "error: /none.so: cannot open shared object file: No such file or directory\n"),
    (["--cpu", "z80", "--systems", "rmsnorm"], 1, "error: expected the target's processor to be"),
    (["--csv", "/none/table.csv"], 1, "error: expected /none/table.csv to be in a folder that is there\n"),
])
def test_wrong_arguments(arguments, status, message):
    done = run(*arguments)
    assert (done.returncode, message in done.stderr) == (status, True), done.stderr


def test_command():
    """The build folder's own command takes the same arguments."""
    done = subprocess.run([BUILD / "bin" / "rmsnorm-bench", "--turns", "none"], capture_output=True, text=True)
    assert done.returncode == 2 and "expected a number of 1 or more, but got 'none'" in done.stderr


def test_check():
    """A result beside the norm is refused, ours by docs/Semantics.md, that of others by the formula."""
    import worker
    from problems import Problem
    from systems import Operands, Wrong

    x = np.random.default_rng(0).standard_normal((64, 1024)).astype("f4")
    operands = Operands(x, np.ones(1024, "f4"), None)
    y = x / np.sqrt(np.square(x.astype("f8")).mean(1, keepdims=True) + 1e-6)
    problem = Problem("norm", "f32", 1024, "256k", 1)

    assert problem.shape == x.shape
    reference = worker.Reference(problem, operands)
    assert reference.check([y.astype("f4")], is_ours=True) <= 0.5
    slightly = (y * (1 + 1e-5)).astype("f4")
    assert 50 < reference.check([slightly], is_ours=False) < 250
    with pytest.raises(Wrong, match="within 4 ulp of float32"):
        reference.check([slightly], is_ours=True)
    with pytest.raises(Wrong, match="within 8192 ulp of float32"):
        reference.check([(y * 1.01).astype("f4")], is_ours=False)
    # Also in the last row, and where nothing was written.
    y[-1, -1] = np.nan
    with pytest.raises(Wrong, match="but got nan"):
        reference.check([y.astype("f4")], is_ours=False)


def test_tune():
    done = bench("tune", "--build", BUILD, "--count", "1", "--sizes", "64k", "--dtypes", "f32", "--seed", "3")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.match(r"norm f32 \d+x\d+ +[\d.]+ µs +[\d.]+ µs +[\d.]+ ", lines[-2])
    assert re.match(r"the default is within 10 % of the best found in [01] of 1, ", lines[-1])


def test_tune_starts_from_the_schedule_of_the_processor():
    problem = Problem("norm", "f32", 128, "512k", 1)
    assert tune.default_schedule(BUILD, problem, "")["rows"] == 8
    assert "rows" not in tune.default_schedule(BUILD, problem, "features=+avx512f")
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    assert (tune.host_options().split()[0] == "features=+avx512f") == (re.search(r"\bavx512f\b", flags) is not None)


def test_tune_refuses():
    done = bench("tune", "--count", "0")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2, "bench.py tune: error: argument --count: expected a number of 1 or more, but got '0'")


def test_schedules_as_text():
    text = "vector = [64, 8, 1], normalize_vector = [8, 1], fold = 8, share_rows = true, overlap = 0"
    parts = {"vector": [64, 8, 1], "normalize_vector": [8, 1], "fold": 8, "share_rows": True, "overlap": 0}
    assert schedules.from_text(text) == parts
    assert schedules.to_text(parts) == text
