# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What flax.nnx.RMSNorm computes, for drawn values of its constructor's options and masks.
The layer is evaluated in float64; the result must be as near to it as to the oracle."""

import norms
import numpy as np
import oracle
import pytest
import rmsnorm

jax = pytest.importorskip("jax")
nnx = pytest.importorskip("flax.nnx")
jax.config.update("jax_enable_x64", True)

# Few shapes: JAX compiles each of its operations for each of them.
SHAPES = [(8,), (3, 16), (2, 5, 32)]
CONFIGURATIONS, BATCH = 120, 40


def draw_axes(rng, rank):
    chosen = rng.permutation(rank)[:rng.integers(1, rank + 1)]
    return tuple(int(axis) - (rank if rng.random() < 0.5 else 0) for axis in chosen)


def layer_in_float64(options, x, mask, scale):
    layer = nnx.RMSNorm(1 if scale is None else scale.size, dtype=np.float64, param_dtype=np.float64,
                        use_scale=scale is not None, rngs=nnx.Rngs(0), **options)
    if scale is not None:
        layer.scale[...] = jax.numpy.asarray(scale.astype(np.float64).reshape(-1))
    mask = None if mask is None else jax.numpy.asarray(mask)
    return np.asarray(layer(jax.numpy.asarray(x.astype(np.float64)), mask=mask))


def compare(number):
    rng = np.random.default_rng([5, number])
    shape = norms.pick(rng, SHAPES)
    rank = len(shape)
    options = {"epsilon": norms.pick(rng, [1e-6, 1e-5, 1e-3, 0.1]),
               "reduction_axes": norms.pick(rng, [-1, draw_axes(rng, rank), draw_axes(rng, rank)]),
               "feature_axes": norms.pick(rng, [-1, draw_axes(rng, rank)]),
               "use_fast_variance": bool(rng.random() < 0.6)}
    dtype = norms.pick(rng, [norms.f32, norms.f64, norms.bf16, norms.f16])
    x = norms.draw_values(rng, shape, norms.pick(rng, [norms.f32, norms.bf16, norms.f16, norms.f64]),
                          norms.pick(rng, ["normal", "spiky"]))
    mask = norms.draw_mask(rng, shape) if rng.random() < 0.4 else None
    scale, features = None, sorted(axis % rank for axis in np.atleast_1d(options["feature_axes"]))
    if rng.random() < 0.7:
        scale = norms.draw_values(rng, [shape[axis] for axis in features], norms.pick(rng, [norms.f32, dtype]))
    want = oracle.exact(layer_in_float64(options, x, mask, scale))
    got = rmsnorm.rms_norm(x, scale, mask=mask, epsilon=options["epsilon"], dtype=dtype,
                           reduction_axes=options["reduction_axes"], feature_axes=options["feature_axes"],
                           stable=not options["use_fast_variance"])
    slack = 0.0
    if dtype == norms.f64 and x.dtype != norms.f64:
        slack = oracle.LIMITS[norms.f32][0] * oracle.spacing(np.abs(want), norms.f32)
    problem = norms.complain(got, oracle.Expected(want), True, slack)
    return problem and f"configuration {number}: {problem}\n  {options} {x.dtype}{x.shape} -> {dtype}"


@pytest.mark.parametrize("batch", range(CONFIGURATIONS // BATCH))
def test_parity(batch):
    problems = [compare(number) for number in range(batch * BATCH, (batch + 1) * BATCH)]
    assert not any(problems), "\n".join(filter(None, problems))
