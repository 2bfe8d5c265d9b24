# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Drawn norms against the reference; soak.py draws more of the same."""

import norms
import pytest
import rmsnorm

BATCH = 100
# Neighbours that share a drawn schedule.
PER_SCHEDULE = 10


def check(number):
    """What is wrong with a case, and how to repeat it; or nothing."""
    norm = norms.draw(number)
    problem = norms.check(norm)
    return problem and (f"case {number}: {problem}\n  {norm.describe()}\n"
                        f"  replay: python/tests/soak.py --replay {number} --per-kind 1")


@pytest.mark.parametrize("batch", range(20))
def test_sweep(batch):
    problems = list(filter(None, map(check, range(batch * BATCH, (batch + 1) * BATCH))))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("batch", range(5))
def test_sweep_of_schedules(batch):
    """Results are what is promised by whichever schedule they were computed."""
    problems = []
    try:
        for first in range(batch * BATCH, (batch + 1) * BATCH, PER_SCHEDULE):
            schedule = norms.draw_schedule(first)
            rmsnorm.set_schedule(schedule)
            problems += [f"{problem}\n  by rmsnorm.set_schedule({schedule!r})"
                         for problem in map(check, range(first, first + PER_SCHEDULE)) if problem]
    finally:
        rmsnorm.set_schedule(None)
    assert not problems, "\n".join(problems)
