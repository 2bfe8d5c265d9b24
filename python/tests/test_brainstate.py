# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What brainstate.nn.RMSNorm computes, for drawn values of its constructor's options and
masks. The layer is evaluated in float64; the result must be as near to it as to the
oracle."""

import norms
import numpy as np
import oracle
import pytest
import rmsnorm

jax = pytest.importorskip("jax")
brainstate = pytest.importorskip("brainstate")
jax.config.update("jax_enable_x64", True)

# Few shapes: JAX compiles each of its operations for each of them.
SHAPES = [(8,), (3, 16), (2, 5, 32), (4, 1, 7), (2, 3, 4, 64)]
CONFIGURATIONS, BATCH = 520, 40


def draw(number):
    rng = np.random.default_rng([3, number])
    shape = norms.pick(rng, SHAPES)
    rank = len(shape)
    in_size = shape[rng.integers(0, rank):]  # leading axes may be a batch's

    def axes(low):
        chosen = rng.permutation(low)[:rng.integers(1, low + 1)]
        return tuple(int(axis) - low for axis in chosen)

    x_type = norms.pick(rng, [norms.f32, norms.f32, norms.bf16, norms.f16, norms.f64])
    layer = {"epsilon": norms.pick(rng, [1e-6, 1e-5, 1e-3, 0.1]), "use_scale": bool(rng.random() < 0.7),
             "reduction_axes": norms.pick(rng, [-1, axes(rank), axes(rank)]),
             "feature_axes": norms.pick(rng, [-1, axes(len(in_size))]),
             "use_fast_variance": bool(rng.random() < 0.6),
             "axis_name": "devices" if rng.random() < 0.15 and rank > 1 else None}
    dtype = norms.pick(rng, [norms.f32, norms.f64, norms.bf16, norms.f16])
    x = norms.draw_values(rng, shape, x_type, norms.pick(rng, ["normal", "spiky"]))
    mask = norms.draw_mask(rng, shape) if rng.random() < 0.4 and not layer["axis_name"] else None
    return in_size, layer, dtype, x, mask, rng


def layer_in_float64(in_size, options, x, mask, scale):
    layer = brainstate.nn.RMSNorm(in_size, dtype=np.float64, **options)
    if scale is not None:
        shape = layer.scale.value["scale"].shape
        layer.scale.value = {"scale": jax.numpy.asarray(scale.astype(np.float64).reshape(shape))}
    x = jax.numpy.asarray(x.astype(np.float64))
    if options["axis_name"]:
        return np.asarray(jax.vmap(layer, axis_name="devices")(x))
    return np.asarray(layer(x, mask=None if mask is None else jax.numpy.asarray(mask)))


def compare(number):
    in_size, options, dtype, x, mask, rng = draw(number)
    rank = x.ndim
    if options["axis_name"]:
        # The first axis stands for the devices; within them there is one axis less.
        in_size = in_size[-(rank - 1):]
        for name in ("reduction_axes", "feature_axes"):
            low = (rank if name == "reduction_axes" else len(in_size) + 1) - 1
            axes = np.atleast_1d(options[name])
            options[name] = tuple({max(int(axis), -low) for axis in axes})
    features = sorted(axis % rank for axis in np.atleast_1d(options["feature_axes"]))
    scale = None
    if options["use_scale"]:
        scale = norms.draw_values(rng, [x.shape[axis] for axis in features], norms.pick(rng, [norms.f32, dtype]))
    want = layer_in_float64(in_size, options, x, mask, scale)
    reduced = [int(axis) for axis in np.atleast_1d(options["reduction_axes"])]
    if options["axis_name"]:
        reduced.append(0)
    got = rmsnorm.rms_norm(x, scale, mask=mask, epsilon=options["epsilon"], reduction_axes=reduced,
                           feature_axes=features, dtype=dtype, stable=not options["use_fast_variance"])
    value = oracle.exact(want)
    unit = 0.0
    if dtype == norms.f64 and x.dtype != norms.f64:
        unit = oracle.LIMITS[norms.f32][0] * oracle.spacing(np.abs(value), norms.f32)
    problem = norms.complain(got, oracle.Expected(value), True, unit)
    return problem and f"configuration {number}: {problem}\n  {in_size} {options} {x.dtype}{x.shape} -> {dtype}"


@pytest.mark.parametrize("batch", range(CONFIGURATIONS // BATCH))
def test_parity(batch):
    problems = [compare(number) for number in range(batch * BATCH, (batch + 1) * BATCH)]
    assert not any(problems), "\n".join(filter(None, problems))
