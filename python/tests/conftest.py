# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The oracle is the one that the tests of the tools use. --draw-schedules=SEED runs each test with a schedule that
is drawn at random: results are promised whatever it is."""

import os
import pathlib
import sys

import pytest

# Tests see what they compile, and leave nothing in the user's cache.
os.environ["RMSNORM_CACHE"] = "0"

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "test" / "Integration" / "CPU" / "Inputs"))
sys.path.insert(0, str(root / "python" / "tests"))
sys.path.append(str(root / "python" / "benchmarks"))


def pytest_addoption(parser):
    parser.addoption("--draw-schedules", metavar="SEED", type=int, help="run each test with a drawn schedule")


@pytest.fixture(autouse=True)
def drawn_schedule(request):
    """The schedule that a test's norms are computed by, drawn by the test's name and the seed. None: the usual ones."""
    seed = request.config.getoption("--draw-schedules")
    if seed is None:
        yield None
        return
    # Not before the environment and the path are as they are to be.
    import rmsnorm
    import schedules

    schedule = schedules.to_text(schedules.draw(schedules.generator(seed, request.node.nodeid)))
    # Is shown where the test fails.
    print(f"rmsnorm.set_schedule({schedule!r})")
    rmsnorm.set_schedule(schedule)
    yield schedule
    rmsnorm.set_schedule(None)
