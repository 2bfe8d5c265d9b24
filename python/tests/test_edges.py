# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ends of what the options and the data may be, each against the reference."""

import norms
import numpy as np
import pytest
import rmsnorm

EXTREMES = [0.0, 5e-324, 2.2e-308, 1e-78, 1e-44, 1e-38, 1e38, 1e39, 1e76, 1e77, 1e78, 1e300, 1.7e308]
TYPES = [norms.f32, norms.bf16, norms.f16, norms.f64, norms.c64, norms.f8e5m2]


@pytest.mark.parametrize("return_rstd", [False, True])
@pytest.mark.parametrize("stable", [False, True])
@pytest.mark.parametrize("epsilon", EXTREMES)
@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_epsilon(dtype, epsilon, stable, return_rstd):
    for kind in norms.DATA:
        x = norms.draw_values(np.random.default_rng(4), (5, 33), dtype, kind)
        options = {"epsilon": epsilon, "reduction_axes": [-1], "feature_axes": [-1], "stable": stable,
                   "return_rstd": return_rstd}
        problem = norms.check(norms.Norm(x, kind, {}, options, "new", 1))
        assert not problem, f"{kind}: {problem}"


@pytest.mark.parametrize("stable", [False, True])
def test_rows_of_nothing(stable):
    for shape, axes in (((3, 0), [1]), ((0, 3), [1]), ((3, 0, 2), [1, 2]), ((2, 0, 3), [0, 1]), ((0, 0), [0])):
        kept = tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
        y, r = rmsnorm.rms_norm(np.ones(shape, np.float32), reduction_axes=axes, stable=stable, return_rstd=True)
        assert (y.shape, r.shape) == (shape, kept)
        assert np.isnan(r).all()


@pytest.mark.parametrize("part", ["scale", "bias"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dtype", [norms.f8e5m2, norms.f32, norms.f64], ids=str)
@pytest.mark.parametrize("narrow", [norms.bf16, norms.f16, norms.f8e4m3fn], ids=str)
def test_narrow_features_that_a_row_shares(narrow, dtype, axis, part):
    """One number for a whole row: it is read outside the loop over the row."""
    rng = np.random.default_rng(6)
    x = norms.draw_values(rng, (3, 7, 257), dtype)
    features = norms.draw_values(rng, (2 * x.shape[axis],), narrow)[::2]
    arrays = {"scale": features} if part == "scale" else {"scale": features, "bias": features}
    options = {"epsilon": 1e-6, "reduction_axes": [2], "feature_axes": [axis], "scale_offset": 1.0, "stable": False,
               "return_rstd": False}
    problem = norms.check(norms.Norm(x, "normal", arrays, options, "new", 1))
    assert not problem, problem


def test_two_sums_in_one_result():
    """h and the scale are sums, and rows of two give no error room to cancel."""
    rng = np.random.default_rng(100)
    x, residual, scale = (rng.standard_normal((2_000_000, 2)).astype(np.float32) for _ in range(3))
    y = rmsnorm.rms_norm(x, scale, residual=residual, scale_offset=-0.5, epsilon=1e-12, feature_axes=(0, 1))
    h = x.astype(np.longdouble) + residual
    exact = h / np.sqrt((h * h).mean(-1, keepdims=True) + 1e-12) * (scale.astype(np.longdouble) - 0.5)
    assert (np.abs(y - exact) <= 4 * np.spacing(np.abs(exact.astype(np.float32)))).all()


@pytest.mark.parametrize("dtype", [norms.bf16, norms.f16], ids=str)
def test_root_of_narrow_columns(dtype):
    """r has more digits than y: terms that y does not miss count."""
    x = np.full((64, 100), 63 / 64, dtype)
    x[0] = 8192
    r = rmsnorm.rms_norm(x, reduction_axes=[0], epsilon=0.0, return_rstd=True)[1]
    exact = 1 / np.sqrt((x.astype(np.longdouble) ** 2).mean(0, keepdims=True))
    assert (np.abs(r - exact) <= 4 * np.spacing(exact.astype(np.float32))).all()


@pytest.mark.parametrize("dtype", [norms.bf16, norms.f8e5m2], ids=str)
def test_subnormal_epsilon_alone(dtype):
    """Of narrow results, where all of the mean is an epsilon that f32 has few bits for."""
    x = np.array([[0, 2.0**-14, -(2.0**-13)]] * 5, dtype)
    y = rmsnorm.rms_norm(x, mask=np.array([True, False, False]), epsilon=1e-44, dtype=norms.bf16)
    exact = x.astype(np.longdouble) / np.sqrt(np.longdouble(1e-44))
    assert (y == exact.astype(norms.bf16)).all()


@pytest.mark.parametrize("rows", [1, 20])
@pytest.mark.parametrize("extent", [100, 577, 2051])
@pytest.mark.parametrize("part", ["scale", "bias"])
def test_nans_that_hold_more_than_bf16_does(part, extent, rows):
    """Rounding up all of their bits would give a zero."""
    rng = np.random.default_rng(7)
    x = norms.draw_values(rng, (rows, extent), norms.bf16)
    arrays = {name: rng.standard_normal(extent).astype(np.float32) for name in ("scale", part)}
    where = [0, 3, 64, 65, extent - 2, extent - 1]
    arrays[part].view(np.uint32)[where] = [0x7fffffff, 0xffffffff, 0x7fc00001, 0x7f800001, 0xff80ffff, 0x7fffffff]
    y = rmsnorm.rms_norm(x, arrays.pop("scale"), dtype=norms.bf16, **arrays)
    assert (np.isnan(y) == np.isin(np.arange(extent), where)).all()
