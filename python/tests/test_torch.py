# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What torch.nn.functional.rms_norm computes, evaluated in float64."""

import norms
import numpy as np
import oracle
import pytest
import rmsnorm

torch = pytest.importorskip("torch", reason="PyTorch is not among the pinned packages; where it is installed, it is an oracle")


@pytest.mark.parametrize("dtype", [norms.f32, norms.f64, norms.bf16, norms.f16], ids=str)
@pytest.mark.parametrize("normalized", [1, 2, 3])
@pytest.mark.parametrize("epsilon", [None, 1e-6, 1e-2])
def test_parity(dtype, normalized, epsilon):
    rng = np.random.default_rng(normalized)
    shape = (4, 3, 5, 64)
    x = norms.draw_values(rng, shape, dtype, "spiky")
    scale = norms.draw_values(rng, shape[-normalized:], norms.f32)
    # No epsilon: that of the statistics type.
    value = float(np.finfo(norms.f64 if dtype == norms.f64 else norms.f32).eps) if epsilon is None else epsilon
    want = torch.nn.functional.rms_norm(
        torch.from_numpy(x.astype(np.float64)), shape[-normalized:], torch.from_numpy(scale.astype(np.float64)), value)
    axes = list(range(-normalized, 0))
    got = rmsnorm.rms_norm(x, scale, epsilon=value, reduction_axes=axes, feature_axes=axes)
    problem = norms.complain(got, oracle.Expected(oracle.exact(want.numpy())), True)
    assert not problem, problem
