# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ends of what the options and the data may be, each against the reference."""

import norms
import numpy as np
import pytest
import rmsnorm

EXTREMES = [0.0, 5e-324, 2.2e-308, 1e-78, 1e-44, 1e-38, 1e38, 1e39, 1e76, 1e77, 1e78, 1e300, 1.7e308]
TYPES = [norms.f32, norms.bf16, norms.f16, norms.f64, norms.c64, norms.f8e5m2]


@pytest.mark.parametrize("stable", [False, True])
@pytest.mark.parametrize("epsilon", EXTREMES)
@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_epsilon(dtype, epsilon, stable):
    for kind in norms.DATA:
        x = norms.draw_values(np.random.default_rng(4), (5, 33), dtype, kind)
        options = {"epsilon": epsilon, "reduction_axes": [-1], "feature_axes": [-1], "stable": stable,
                   "return_rstd": True}
        problem = norms.check(norms.Norm(x, kind, {}, options, "new", 1))
        assert not problem, f"{kind}: {problem}"


@pytest.mark.parametrize("stable", [False, True])
def test_rows_of_nothing(stable):
    for shape, axes in (((3, 0), [1]), ((0, 3), [1]), ((3, 0, 2), [1, 2]), ((2, 0, 3), [0, 1]), ((0, 0), [0])):
        kept = tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
        y, r = rmsnorm.rms_norm(np.ones(shape, np.float32), reduction_axes=axes, stable=stable, return_rstd=True)
        assert (y.shape, r.shape) == (shape, kept)
        assert np.isnan(r).all()
