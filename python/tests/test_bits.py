# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The same row gives the same bits: alone, in any batch, on one thread or two,
again and again, and whatever its strides are."""

import norms
import numpy as np
import pytest
import rmsnorm

TYPES = norms.FLOATS + [norms.c64, norms.c128] + norms.INTEGERS


def bits(array):
    return np.ascontiguousarray(array).tobytes()


def normalize(x, scale, threads, **options):
    rmsnorm.set_num_threads(threads)
    return rmsnorm.rms_norm(x, scale, return_rstd=True, **options)


@pytest.mark.parametrize("stable", [False, True])
@pytest.mark.parametrize("extent", [1, 7, 64, 1000, 5003])
@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_a_row_alone_and_in_any_batch(dtype, extent, stable):
    rng = np.random.default_rng(extent)
    rows = 65
    x = norms.draw_values(rng, (rows, extent), dtype)
    scale = norms.draw_values(rng, (extent,), norms.f32)
    y, r = normalize(x, scale, 1, stable=stable)
    for threads in (1, 2, 2):
        for first, last in ((0, rows), (0, 1), (3, 7), (30, rows)):
            part = normalize(x[first:last], scale, threads, stable=stable)
            assert bits(part[0]) == bits(y[first:last])
            assert bits(part[1]) == bits(r[first:last])
    for row in (0, 17, rows - 1):
        assert bits(normalize(x[row], scale, 2, stable=stable)[0]) == bits(y[row])
    cube = x.reshape(5, 13, extent)
    assert bits(normalize(cube, scale, 2, stable=stable)[0]) == bits(y)


@pytest.mark.parametrize("extent", [65, 577, 1000, 2049, 5003, 8192, 16387])
@pytest.mark.parametrize("scale_dtype", norms.FLOATS, ids=str)
@pytest.mark.parametrize("dtype", [norms.bf16, norms.f16, norms.f8e4m3fn], ids=str)
def test_scales_that_many_rows_read(dtype, scale_dtype, extent):
    """They may be converted once for all of them, or for each of a few."""
    rng = np.random.default_rng(extent)
    rows = 19
    x = norms.draw_values(rng, (rows, extent), dtype)
    scale, bias = (norms.draw_values(rng, (extent,), scale_dtype) for _ in range(2))
    y, _ = normalize(x, scale, 1, bias=bias)
    for threads in (1, 2):
        assert bits(normalize(x, scale, threads, bias=bias)[0]) == bits(y)
        for row in (0, 8, rows - 1):
            assert bits(normalize(x[row:row + 1], scale, threads, bias=bias)[0]) == bits(y[row:row + 1])


@pytest.mark.parametrize("dtype", norms.FLOATS, ids=str)
@pytest.mark.parametrize("extent", [9, 19, 65, 100, 129, 519, 1003, 5003])
def test_in_place_of_x(dtype, extent):
    rng = np.random.default_rng(extent)
    x, residual = (norms.draw_values(rng, (37, extent), dtype) for _ in range(2))
    scale = norms.draw_values(rng, (extent,), norms.f32)
    y, h = rmsnorm.rms_norm(x, scale, residual=residual, dtype=dtype, return_residual=True)
    in_place = x.copy(), residual.copy()
    rmsnorm.rms_norm(in_place[0], scale, residual=in_place[1], dtype=dtype, return_residual=True, out=in_place)
    assert [bits(array) for array in in_place] == [bits(y), bits(h)]


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("extent", [1000, 1003])
def test_rows_with_gaps(dtype, extent):
    rng = np.random.default_rng(1)
    x = norms.draw_values(rng, (33, extent), dtype)
    scale = norms.draw_values(rng, (extent,), norms.f32)
    room = np.zeros((66, 3 * extent), dtype)
    view = room[::2, 1::3]
    view[...] = x
    assert bits(normalize(view, scale, 2)[0]) == bits(normalize(x, scale, 1)[0])
    assert bits(normalize(view[::-1], scale, 2)[0][::-1]) == bits(normalize(x, scale, 1)[0])


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("columns", [3, 100, 1500])
def test_columns(dtype, columns):
    """Where memory runs along what is kept, a column among others."""
    rng = np.random.default_rng(2)
    x = norms.draw_values(rng, (300, columns), dtype)
    y, r = normalize(x, None, 1, reduction_axes=0)
    for threads in (1, 2):
        for first, last in ((0, columns), (1, columns), (0, 2)):
            part = normalize(x[:, first:last], None, threads, reduction_axes=0)
            assert bits(part[0]) == bits(y[:, first:last])
            assert bits(part[1]) == bits(r[:, first:last])


@pytest.mark.parametrize("stable", [False, True])
@pytest.mark.parametrize("dtype", [norms.f32, norms.bf16, norms.f16, norms.f64, norms.c64, norms.INTEGERS[0]], ids=str)
def test_long_rows(dtype, stable):
    """Rows that are summed in parts: threads share each of a few, and take whole ones of many
    and of a few that come out even."""
    rng = np.random.default_rng(4)
    x = norms.draw_values(rng, (20, 40001), dtype)
    mask = rng.random(x.shape) < 0.9
    for options in ({}, {"mask": mask}):
        y, r = normalize(x, None, 1, stable=stable, **options)
        for threads in (1, 2, 3):
            for first, last in ((0, 20), (0, 1), (3, 9), (3, 10)):
                part = normalize(x[first:last], None, threads, stable=stable,
                                 **{name: array[first:last] for name, array in options.items()})
                assert bits(part[0]) == bits(y[first:last])
                assert bits(part[1]) == bits(r[first:last])


@pytest.mark.parametrize("dtype", [norms.f32, norms.bf16, norms.f16, norms.f64], ids=str)
@pytest.mark.parametrize("extent", [64, 200, 1000, 1024, 4096, 4097, 16384, 65536])
def test_rows_and_columns_that_come_from_memory(dtype, extent):
    """Tasks are others there: more rows than in a cache or fewer, longer panels of columns."""
    # Input and output together are more than what any cache is taken for, 30 MB.
    rows = -(-(20 << 20) // (np.dtype(dtype).itemsize * extent))
    x = np.resize(norms.draw_values(np.random.default_rng(6), (100003,), dtype), (rows, extent))
    for axis, part in ((-1, np.s_[rows // 3:rows // 3 + 7]), (0, np.s_[:, 20:31])):
        y, r = normalize(x, None, 2, reduction_axes=axis)
        few = normalize(x[part], None, 1, reduction_axes=axis)
        assert bits(few[0]) == bits(y[part])
        assert bits(few[1]) == bits(r[part])


def test_a_large_result_written_around_the_caches():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((9000, 1000)).astype(np.float32)
    y, _ = normalize(x, None, 2)
    assert bits(normalize(x[:50], None, 1)[0]) == bits(y[:50])
    offset = np.empty(x.size + 1, np.float32)[1:].reshape(x.shape)
    rmsnorm.rms_norm(x, out=offset)
    assert bits(offset) == bits(y)
