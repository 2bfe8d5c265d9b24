# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What holds of every norm, without a reference: hypothesis looks for a norm of which
it does not, and shrinks it."""

import hypothesis
import norms
import numpy as np
import pytest
import rmsnorm
from hypothesis import strategies as st

# Each new kind of norm compiles a kernel, so that times differ by much.
LIMITED = hypothesis.settings(max_examples=60, deadline=None, derandomize=True, database=None)
TYPES = [norms.f32, norms.bf16, norms.f16, norms.f64, norms.c64]


@st.composite
def arrays(draw, types=TYPES):
    """Values of any type and shape, and how to lay them out."""
    shape = tuple(draw(st.lists(st.integers(0, 9), min_size=1, max_size=4)))
    dtype = draw(st.sampled_from(types))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return norms.draw_values(rng, shape, dtype, draw(st.sampled_from(["normal", "spiky", "zero"]))), rng


@st.composite
def axes(draw, rank):
    return draw(st.lists(st.integers(0, rank - 1), unique=True, max_size=rank))


def bits(array):
    return np.ascontiguousarray(array).tobytes()


def alike(array, other):
    """Bit for bit, up to which NaN it is."""
    return bits(np.where(np.isnan(array), 0, array)) == bits(np.where(np.isnan(other), 0, other)) and (
        np.isnan(array) == np.isnan(other)).all()


@LIMITED
@hypothesis.given(st.data(), arrays([norms.f32, norms.f64]), st.integers(-20, 20), st.booleans())
def test_powers_of_two_cancel(data, drawn, power, stable):
    """Without epsilon, x times a power of two gives the same bits."""
    x, _ = drawn
    reduced = data.draw(axes(x.ndim))
    options = {"epsilon": 0.0, "reduction_axes": reduced, "stable": stable}
    assert alike(rmsnorm.rms_norm(x, **options), rmsnorm.rms_norm(np.ldexp(x, power), **options))


@LIMITED
@hypothesis.given(st.data(), arrays(), st.booleans())
def test_signs_go_through(data, drawn, stable):
    x, _ = drawn
    options = {"reduction_axes": data.draw(axes(x.ndim)), "stable": stable}
    assert alike(rmsnorm.rms_norm(x, **options), -rmsnorm.rms_norm(-x, **options))


@LIMITED
@hypothesis.given(st.data(), arrays())
def test_memory_in_place_or_apart(data, drawn):
    """A view gives what its copy gives, wherever the result goes, again and again."""
    x, rng = drawn
    options = {"reduction_axes": data.draw(axes(x.ndim))}
    view = norms.layout(rng, x)
    want = rmsnorm.rms_norm(view, **options)
    assert alike(want, rmsnorm.rms_norm(view, **options))
    out = norms.layout(rng, np.zeros(x.shape, x.dtype))
    assert rmsnorm.rms_norm(view, out=out, **options) is out
    assert alike(out, want)
    assert rmsnorm.rms_norm(view, out=view, **options) is view
    assert alike(view, want)


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5),
                     st.lists(st.integers(-9, 9), max_size=4), st.tuples(), st.complex_numbers())
NAMES = ["scale", "bias", "residual", "mask", "epsilon", "reduction_axes", "feature_axes", "scale_offset", "cast_order",
         "dtype", "stats_dtype", "stable", "return_rstd", "return_residual", "out"]


@hypothesis.settings(LIMITED, max_examples=250)
@hypothesis.given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=3))
def test_anything_is_taken_or_refused(options):
    """The one thing that may happen beside a result is an error that fits, in one line."""
    x = np.ones((3, 8), np.float32)
    try:
        rmsnorm.rms_norm(x, **options)
    except (TypeError, ValueError, OverflowError) as error:
        assert str(error).startswith("expected ") and "\n" not in str(error)
    assert (x == 1).all()


@hypothesis.settings(LIMITED, max_examples=300)
@hypothesis.given(st.data())
def test_any_two_views_of_one_memory(data):
    """Whatever part of x a destination covers: refused, or right."""
    memory = np.arange(1, 121, dtype=np.float32)
    shape = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 4)))
    stride = st.integers(-6, 6)

    def view():
        steps = data.draw(st.tuples(stride, stride))
        first = 60 + data.draw(st.integers(-20, 20))
        return np.lib.stride_tricks.as_strided(memory[first:], shape, [4 * step for step in steps])

    x, out = view(), view()
    want = rmsnorm.rms_norm(x.copy())
    offsets = np.add.outer(np.arange(shape[0]) * out.strides[0], np.arange(shape[1]) * out.strides[1]).ravel()
    is_twice = len(set(offsets.tolist())) < offsets.size
    is_same = all(n < 2 or s == t for n, s, t in zip(shape, x.strides, out.strides)) and x.ctypes.data == out.ctypes.data
    is_apart = not np.shares_memory(x, out)
    if is_twice or not (is_same or is_apart):
        with pytest.raises(ValueError, match="^expected (y in memory apart|strides of y)"):
            rmsnorm.rms_norm(x, out=out)
        assert (memory == np.arange(1, 121)).all()
    else:
        rmsnorm.rms_norm(x, out=out)
        assert alike(out, want)
