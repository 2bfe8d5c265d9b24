# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The norms of published models, written in NumPy as the models write them: with their
casts, but with statistics in float64."""

import norms
import numpy as np
import oracle
import pytest
import rmsnorm


def normalized(x, epsilon):
    wide = x.astype(np.float64)
    return wide / np.sqrt(np.mean(wide**2, -1, keepdims=True) + epsilon)


def llama(x, weight, epsilon):
    """weight * hidden.to(input_dtype), with a weight of the same type."""
    return normalized(x, epsilon).astype(x.dtype).astype(np.float64) * weight.astype(np.float64)


def gemma(x, weight, epsilon):
    """(output * (1 + weight.float())).type_as(x)."""
    return normalized(x, epsilon) * (1.0 + weight.astype(np.float64))


def plain(x, weight, epsilon):
    """OLMo and GPT-OSS: (weight * hidden).to(input_dtype)."""
    return normalized(x, epsilon) * weight.astype(np.float64)


MODELS = {"llama": (llama, {"cast_order": "cast_then_scale"}), "t5": (llama, {"cast_order": "cast_then_scale"}),
          "gemma": (gemma, {"scale_offset": 1.0}), "gpt_oss": (plain, {})}


@pytest.mark.parametrize("dtype", [norms.f32, norms.bf16, norms.f16], ids=str)
@pytest.mark.parametrize("shape", [(3, 7, 64), (5, 1000), (2, 4096)], ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_model(name, shape, dtype):
    model, options = MODELS[name]
    rng = np.random.default_rng(len(shape))
    x, weight = norms.draw_values(rng, shape, dtype, "spiky"), norms.draw_values(rng, shape[-1:], dtype)
    want = model(x, weight, 1e-6)
    got = rmsnorm.rms_norm(x, weight, epsilon=1e-6, **options)
    slack = 0.0
    if "cast_order" in options:
        # What lies between two values may be rounded to either before the scale.
        step = oracle.spacing(np.abs(normalized(x, 1e-6)), dtype) * 1.01
        slack = step * np.abs(weight.astype(np.float64))
    assert got.dtype == dtype
    problem = norms.complain(got, oracle.Expected(oracle.exact(want)), True, slack)
    assert not problem, problem
