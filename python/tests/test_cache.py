# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels that other processes find; what happens to their files is tested with the C API."""

import subprocess
import sys

import numpy as np
import pytest
import rmsnorm

X = np.arange(1, 49, dtype=np.float32).reshape(2, 24)


@pytest.fixture(autouse=True)
def nowhere_again():
    yield
    rmsnorm.set_cache_directory(None)


def info():
    return {name: value for name, value in rmsnorm.get_cache_info().items() if value}


def test_directory(tmp_path):
    rmsnorm.set_cache_directory(tmp_path / "cache")
    want = rmsnorm.rms_norm(X)
    assert info() == {"directory": str(tmp_path / "cache"), "compiled": 1}
    # Memory is empty again, the directory is not.
    rmsnorm.set_cache_directory(str(tmp_path / "cache"))
    assert (rmsnorm.rms_norm(X) == want).all()
    assert info() == {"directory": str(tmp_path / "cache"), "loaded": 1}
    assert rmsnorm.get_num_compiled() == 0
    rmsnorm.set_cache_directory(None)
    assert (rmsnorm.rms_norm(X) == want).all()
    assert info() == {"compiled": 1}


def test_which_calls_share_a_kernel():
    """One is for rows without gaps, however many there are, another for those with gaps in any operand."""
    rmsnorm.set_cache_directory(None)
    x = np.random.default_rng(0).standard_normal((4, 6, 24)).astype("f4")
    spaced = np.zeros((4, 6, 40), "f4")
    spaced[..., :24] = x
    rows = rmsnorm.rms_norm(x).reshape(24, 24)

    def check(operand, number, out=None):
        y = rmsnorm.rms_norm(operand, out=out)
        # Those of all operands begin with x's first row.
        assert (y.reshape(-1, 24) == rows[:y.size // 24]).all()
        assert rmsnorm.get_num_compiled() == number

    # There is no gap behind a row alone.
    for operand in [x[0], x[0, 0], x[:1, :1], spaced[0, 0, :24], spaced[:1, :1, :24]]:
        check(operand, 1)
    check(spaced[0, :, :24], 2)
    check(x, 2, out=np.empty((4, 6, 30), "f4")[..., :24])
    # With one more axis, where it does not lie in line with the first.
    check(x.reshape(4, 2, 3, 24)[:1, :1], 2)
    assert rmsnorm.rms_norm(x[:, :3]).shape == (4, 3, 24) and rmsnorm.get_num_compiled() == 3


def test_schedule(tmp_path):
    """Another schedule is another kernel; a directory stays what it was."""
    x = np.random.default_rng(0).standard_normal((3, 1000)).astype("f4")
    rmsnorm.set_cache_directory(tmp_path)
    schedules = [None, "vector = [8, 1], normalize_vector = [8, 1]", "vector = [64, 8, 1], normalize_vector = [8, 1]"]
    sums = set()
    for schedule in schedules:
        rmsnorm.set_schedule(schedule)
        sums.add(rmsnorm.rms_norm(x, return_rstd=True)[1].tobytes())
        assert info() == {"directory": str(tmp_path), "compiled": 1}
    for schedule in schedules:
        rmsnorm.set_schedule(schedule)
        rmsnorm.rms_norm(x, return_rstd=True)
        assert info() == {"directory": str(tmp_path), "loaded": 1}
    for schedule, text in [
            ("chain = 3", "expected a schedule, but got 'chain = 3': struct is missing required parameter: vector"),
            ("vector = [8, 1], normalize_vector = [8, 1], chain = 99",
             "expected a schedule, but got 'vector = [8, 1], normalize_vector = [8, 1], chain = 99': "
             "expected chain to be from 1 to 8, but got 99")]:
        with pytest.raises(ValueError) as caught:
            rmsnorm.set_schedule(schedule)
        assert str(caught.value) == text
    with pytest.raises(TypeError):
        rmsnorm.set_schedule(3)
    # What was refused has changed nothing.
    rmsnorm.rms_norm(x, return_rstd=True)
    assert info() == {"directory": str(tmp_path), "loaded": 1}
    rmsnorm.set_schedule(None)


def test_bound(tmp_path):
    rmsnorm.set_cache_directory(tmp_path, max_bytes=1)
    rmsnorm.rms_norm(X)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_problem(tmp_path):
    (tmp_path / "file").touch()
    rmsnorm.set_cache_directory(tmp_path / "file" / "cache")
    rmsnorm.rms_norm(X)
    where = str(tmp_path / "file" / "cache")
    assert info() == {"directory": where, "compiled": 1,
                      "problem": f"cannot make the cache directory '{where}': Not a directory"}


def test_another_process(tmp_path, monkeypatch):
    monkeypatch.setenv("RMSNORM_CACHE", "1")
    monkeypatch.setenv("RMSNORM_CACHE_DIR", str(tmp_path))
    code = ("import numpy as np, rmsnorm; y = rmsnorm.rms_norm(np.arange(24, dtype='f4')); "
            "print(rmsnorm.get_cache_info(), y.tobytes().hex())")
    first, second = (subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
                     for _ in range(2))
    assert "'compiled': 1, 'loaded': 0" in first
    assert "'compiled': 0, 'loaded': 1" in second
    assert first.split()[-1] == second.split()[-1]


@pytest.mark.parametrize("arguments, kind, text", [
    ((3,), TypeError, "expected directory to be a path or None, but got 3"),
    (("a\0b",), ValueError, "embedded null byte"),
    ((None, 0), ValueError, "expected max_bytes to be a positive int of 64 bits or None, but got 0"),
    ((None, -1), ValueError, "expected max_bytes to be a positive int of 64 bits or None, but got -1"),
    ((None, 2**63), ValueError,
     "expected max_bytes to be a positive int of 64 bits or None, but got 9223372036854775808"),
    ((None, 1.5), TypeError, "expected max_bytes to be a positive int of 64 bits or None, but got 1.5"),
    ((None, True), TypeError, "expected max_bytes to be a positive int of 64 bits or None, but got True")])
def test_what_is_refused(arguments, kind, text):
    with pytest.raises(kind) as caught:
        rmsnorm.set_cache_directory(*arguments)
    assert str(caught.value) == text
