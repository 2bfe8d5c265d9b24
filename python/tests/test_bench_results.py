# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the benchmark makes of its results: files, medians of runs, tables, pictures."""

import pathlib

import pytest
import table
from test_bench import PYTHON, bench

HEADER = {"machine": "Z1 (family 1 model 2), avx2, 2 cores", "date": "2026-01-02", "commit": "abc", "versions": "jax 1"}


def rows_of(factor, ours=(2e-3, 1e-3)):
    """Results of two lengths: the copy, one system that is faster than we are on the first, one slower."""
    rows = []
    for length, seconds in zip((64, 4096), ours):
        event = {"kind": "norm", "dtype": "f32", "length": length, "size": "8M", "shape": f"{(2 << 20) // length}x{length}",
                 "axes": "1", "bytes": 8 << 20, "threads": 2, "rows": [
                     {"system": name, "variant": name.upper(), "seconds": time * factor, "ulp": ulp}
                     for name, time, ulp in [("rmsnorm", seconds, 1.5), ("copy", 0.5e-3, None), ("jnp", 1.6e-3, 2.0),
                                             ("onednn", 4e-3, 0.5)]]}
        rows += table.rows_of(event)
    call = {"kind": "call", "dtype": "f32", "length": 64, "size": "", "shape": "1x64", "axes": "1", "bytes": 256, "threads": 2,
            "rows": [{"system": "rmsnorm", "variant": "run", "seconds": 3e-7 * factor, "ulp": 0.5}]}
    return rows + table.rows_of(call)


def write(path, factor=1, **header):
    table.write(path, {**HEADER, **header}, rows_of(factor))
    return str(path)


def test_round_trip(tmp_path):
    path = write(tmp_path / "a.csv")
    header, rows = table.read(path)
    assert header == HEADER
    for row, want in zip(rows, rows_of(1), strict=True):
        assert row == {**want, **{name: pytest.approx(want[name], rel=1e-5) for name in ("gb_per_s",) if want[name]}}
    assert (rows[0]["gb_per_s"], rows[0]["of_copy"]) == (pytest.approx(8.388608), 0.25)
    assert rows[-1]["gb_per_s"] is None and rows[-1]["of_copy"] is None and rows[1]["ulp"] is None


def test_merge(tmp_path):
    names = [write(tmp_path / f"{factor}.csv", factor, date=f"2026-01-0{factor}") for factor in (1, 2, 9)]
    done = bench("merge", *names, "--csv", tmp_path / "merged.csv")
    assert done.returncode == 0, done.stderr
    header, rows = table.read(tmp_path / "merged.csv")
    assert header == {**HEADER, "date": "2026-01-01; 2026-01-02; 2026-01-09", "runs": "3"}
    assert [row["seconds"] for row in rows] == [row["seconds"] for row in rows_of(2)]
    # All slow down alike.
    assert [row["of_copy"] for row in rows] == [row["of_copy"] for row in rows_of(1)]
    assert table.table(rows) in done.stdout and table.summary(rows) in done.stdout
    # Merged with another run, all runs count.
    header, _ = table.merge([table.read(tmp_path / "merged.csv"), table.read(names[0])])
    assert header["runs"] == "4"


def test_table():
    assert table.table(rows_of(1)) == """\
Fraction of the speed of the best copy of x
kind  type  shape     threads  rmsnorm takes  rmsnorm   jnp  onednn
norm  f32   32768x64        2           2 ms     0.25  0.31    0.12
norm  f32   512x4096        2           1 ms     0.50  0.31    0.12

Time of a call
kind  type  shape  threads  rmsnorm  jnp  onednn
call  f32   1x64         2   300 ns"""


def test_summary():
    """1.6/2 and 1.6/1 beside jnp, .5/2 and .5/1 beside the copy."""
    assert table.summary(rows_of(1)) == """\
Our speed, geometric mean over the lengths and the worst of them
kind  type  size  threads  / best peer             worst  / copy       worst
norm  f32   8M          2         1.13  0.80 at 64 (jnp)    0.35  0.25 at 64
call  f32   1x64        2"""


def test_summary_in_place():
    """In place 1.6/1.2 beside jnp; the copy does what is written elsewhere."""
    rows = rows_of(1)
    rows.append({**rows[0], "system": "rmsnorm-in-place", "seconds": 1.2e-3})
    line = table.summary(rows).splitlines()[2]
    assert line.split() == "norm f32 8M 2 1.46 1.33 at 64 (jnp) 0.35 0.25 at 64".split()


def test_plot(tmp_path):
    pictures = [tmp_path / "bench.svg", tmp_path / "bench.png"]
    for picture in pictures:
        done = bench("plot", write(tmp_path / "a.csv"), picture, python=PYTHON)
        if "expected matplotlib" in done.stderr:
            assert done.returncode == 1
            assert done.stderr == ("error: expected matplotlib for a plot, but it is not installed: "
                                   "`make bench-peers` does that\n")
            pytest.skip("no matplotlib; `make bench-peers` installs it")
        assert done.returncode == 0, done.stderr
    text = pictures[0].read_text()
    assert all(f"<!-- {words} -->" in text for words in (
        HEADER["machine"], HEADER["date"], "f32, 8MB, 2 threads", "fraction of copy", "row length", "rmsnorm", "jnp", "onednn"))
    assert "<!-- copy -->" not in text
    assert pictures[1].read_bytes().startswith(b"\x89PNG")
    again = tmp_path / "again.svg"
    assert bench("plot", tmp_path / "a.csv", again, python=PYTHON).returncode == 0
    assert again.read_text() == text
    # The axis that the panels share has room for the highest of all.
    high = [{**row, "size": "256M", "seconds": row["seconds"] / (1 if row["system"] == "copy" else 16)} for row in rows_of(1)]
    table.write(tmp_path / "high.csv", HEADER, rows_of(1) + high)
    assert bench("plot", tmp_path / "high.csv", again, python=PYTHON).returncode == 0
    assert "<!-- 8 -->" in again.read_text()
    done = bench("plot", tmp_path / "a.csv", again, "--threads", "1", python=PYTHON)
    assert (done.returncode, done.stderr) == (
        1, "error: expected results of kind norm beside copies for a plot, but got none\n")


def test_wrong_tables(tmp_path):
    a, b = write(tmp_path / "a.csv"), write(tmp_path / "b.csv", machine="Z2")
    done = bench("merge", a, b)
    assert (done.returncode, done.stderr) == (
        1, f"error: expected results of one machine, but got {HEADER['machine']} and Z2\n")
    bad = tmp_path / "bad.csv"
    bad.write_text("# date: today\nsystem,seconds\nrmsnorm,1\n")
    done = bench("merge", bad)
    assert (done.returncode, done.stderr) == (
        1, f"error: expected {bad} to have the columns {','.join(table.FIELDS)}, but got system,seconds\n")
    text = pathlib.Path(a).read_text().replace("0.002", "2 ms")
    bad.write_text(text)
    done = bench("merge", bad)
    assert (done.returncode, done.stderr) == (
        1, f"error: expected line 6 of {bad} to be a result, but got "
           "rmsnorm,RMSNORM,norm,f32,64,8M,32768x64,1,8388608,2,2 ms,8.38861,0.25,1.5\n")
    done = bench("merge", tmp_path / "none.csv")
    assert (done.returncode, done.stderr) == (
        1, f"error: [Errno 2] No such file or directory: '{tmp_path / 'none.csv'}'\n")
    done = bench("plot", a, tmp_path / "bench.gif")
    assert done.returncode == 2
    assert f"argument FILE: expected a file name that ends in .svg or .png, but got '{tmp_path / 'bench.gif'}'" in done.stderr
