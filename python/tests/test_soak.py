# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""soak.py tells what fails, by number, also where a process dies of it."""

import os
import pathlib
import subprocess
import sys

import rmsnorm

# In place of the norms: case 7 is wrong, case 13 raises, case 45 may end its process.
NORMS = '''
import dataclasses, os

@dataclasses.dataclass
class Norm:
    number: int

    def describe(self):
        return f"norm {self.number}"

def draw(number, per_kind=1):
    if number == 45 and "DIES" in os.environ:
        os.abort()
    return Norm(number)

def draw_schedule(number, per_kind=1):
    return f"vector = [{16 << number // per_kind}, 8, 1], normalize_vector = [8, 1]"

def check(norm):
    if norm.number == 13:
        raise ValueError("thrown")
    return "made wrong" if norm.number == 7 else None
'''


def soak(folder, *arguments, **environment):
    (folder / "norms.py").write_text(NORMS)
    (folder / "soak.py").write_text((pathlib.Path(__file__).parent / "soak.py").read_text())
    path = os.pathsep.join([str(pathlib.Path(rmsnorm.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, folder / "soak.py", "--per-kind", "10", "--jobs", "2", *arguments],
                          env={**os.environ, "PYTHONPATH": path, **environment}, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_right_cases(tmp_path):
    status, text = soak(tmp_path, "--first", "20", "--cases", "25")
    assert (status, text.count("case ")) == (0, 0)
    assert text.startswith("25 of 25 cases, 0 kernels, ") and text.endswith(" s, 0 failed\n")


def test_wrong_cases(tmp_path):
    status, text = soak(tmp_path, "--cases", "80")
    assert status == 1
    assert "case 7: made wrong\n  norm 7\n  replay: python/tests/soak.py --replay 7 --per-kind 10\n" in text
    assert "case 13: Traceback" in text and "ValueError: thrown" in text
    assert text.splitlines()[-1].startswith("80 of 80 cases") and text.endswith(" s, 2 failed\n")


def test_schedules(tmp_path):
    status, text = soak(tmp_path, "--cases", "30", "--schedules")
    assert status == 1
    assert ("case 7: made wrong\n  norm 7, schedule vector = [16, 8, 1], normalize_vector = [8, 1]\n"
            "  replay: python/tests/soak.py --replay 7 --per-kind 10 --schedules\n") in text
    status, text = soak(tmp_path, "--replay", "17", "--schedules")
    assert (status, text) == (0, "norm 17, schedule vector = [32, 8, 1], normalize_vector = [8, 1]\nright\n")


def test_a_case_that_ends_its_process(tmp_path):
    status, text = soak(tmp_path, "--first", "40", "--cases", "20", DIES="1")
    assert status == 1
    assert "a process died at one of the cases" in text
    assert "  replay: python/tests/soak.py --replay 45 --per-kind 10\n" in text
    assert not text.splitlines()[-1].startswith("20 of 20 cases")


def test_replay(tmp_path):
    assert soak(tmp_path, "--replay", "7") == (1, "norm 7\nmade wrong\n")
    assert soak(tmp_path, "--replay", "8") == (0, "norm 8\nright\n")
