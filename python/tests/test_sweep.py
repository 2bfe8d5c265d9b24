# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Drawn norms against the reference; soak.py draws more of the same."""

import norms
import pytest

BATCH = 100


@pytest.mark.parametrize("batch", range(20))
def test_sweep(batch):
    problems = []
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        norm = norms.draw(number)
        if problem := norms.check(norm):
            problems.append(f"case {number}: {problem}\n  {norm.describe()}\n"
                            f"  replay: python/tests/soak.py --replay {number} --per-kind 1")
    assert not problems, "\n".join(problems)
