# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is refused, with which exception, and in which words."""

import ml_dtypes
import numpy as np
import pytest
import rmsnorm

X = np.ones((4, 64), np.float32)


def raises(kind, text, x=X, **arguments):
    with pytest.raises(kind) as caught:
        rmsnorm.rms_norm(x, **arguments)
    assert str(caught.value) == text


@pytest.mark.parametrize("epsilon, shown", [(-1.0, "-1"), (float("nan"), "NaN"), (float("inf"), "+Inf")])
def test_epsilon(epsilon, shown):
    raises(ValueError, f"expected epsilon to be finite and not negative, but got {shown}", epsilon=epsilon)


def test_axes():
    raises(ValueError, "expected reduction axes between -2 and 1 for x of rank 2, but got 5", reduction_axes=5)
    raises(TypeError, "expected reduction_axes to be an int or a sequence of ints, but got 1.5", reduction_axes=1.5)
    raises(TypeError, "expected feature_axes to be an int or a sequence of ints, but got 'last'", feature_axes="last")
    with pytest.raises(ValueError, match="axes"):
        rmsnorm.rms_norm(X, reduction_axes=(1, -1))
    with pytest.raises(ValueError, match="axes"):
        rmsnorm.rms_norm(X, np.ones((64, 64), np.float32), feature_axes=(1, 1))


def test_shapes():
    raises(ValueError, "expected scale of shape [64] (x's on the feature axes), but got [3]",
           scale=np.ones(3, np.float32))
    with pytest.raises(ValueError, match=r"^expected bias of shape \[64\]"):
        rmsnorm.rms_norm(X, bias=np.ones((64, 1), np.float32))
    with pytest.raises(ValueError, match=r"^expected residual of shape \[4, 64\]"):
        rmsnorm.rms_norm(X, residual=np.ones((4, 63), np.float32))
    with pytest.raises(ValueError, match="mask"):
        rmsnorm.rms_norm(X, mask=np.ones(63, bool))
    with pytest.raises(ValueError, match="mask"):
        rmsnorm.rms_norm(X, mask=np.ones((1, 4, 64), bool))
    raises(ValueError, "expected y of shape [4, 64] (x's), but got [2, 2]", out=np.zeros((2, 2), np.float32))
    with pytest.raises(ValueError, match="rank"):
        rmsnorm.rms_norm(np.array(1, np.float32))


def test_types():
    raises(TypeError, "expected x to be a numpy.ndarray, but got list", x=[1.0])
    raises(TypeError, "expected scale to be a numpy.ndarray, but got int", scale=1)
    raises(TypeError, "expected mask with element type i1, but got 'f32'", mask=X)
    with pytest.raises(TypeError, match="x"):
        rmsnorm.rms_norm(np.ones(3, bool))
    raises(TypeError, "expected x to have a floating, complex, integer or bool type, but got object",
           x=np.array([None]))
    with pytest.raises(TypeError, match="^expected y with an element type of .*, but got 'i32'$"):
        rmsnorm.rms_norm(X, dtype=np.int32)
    with pytest.raises(TypeError, match="complex"):
        rmsnorm.rms_norm(X, dtype=np.complex64)
    with pytest.raises(TypeError, match="complex"):
        rmsnorm.rms_norm(X.astype(np.complex64), dtype=np.float32)
    raises(TypeError, "expected a statistics type of f32 or f64, but got 'f16'", stats_dtype=np.float16)
    with pytest.raises(TypeError):
        rmsnorm.rms_norm(X, dtype="nothing")
    with pytest.raises(TypeError):
        rmsnorm.rms_norm(X.astype(np.longdouble))
    with pytest.raises((TypeError, ValueError), match="stat"):
        rmsnorm.rms_norm(X.astype(np.float64), stats_dtype=np.float32)


def test_options():
    raises(ValueError, "expected cast_order to be 'scale_then_cast' or 'cast_then_scale', but got 'never'",
           cast_order="never")
    raises(ValueError, "expected a residual with return_residual, but got None", return_residual=True)
    with pytest.raises(ValueError, match="scale_offset|scale offset"):
        rmsnorm.rms_norm(X, scale_offset=1.0)
    with pytest.raises(ValueError, match="finite"):
        rmsnorm.rms_norm(X, np.ones(64, np.float32), scale_offset=float("inf"))
    raises(ValueError, "expected out to hold 2 arrays, one for each result, but got 1", return_rstd=True, out=(X,))
    with pytest.raises(TypeError):
        rmsnorm.rms_norm(X, unknown=1)


def test_memory():
    raises(ValueError, "expected x in the byte order of the machine, but it is swapped", x=X.astype(">f4"))
    packed = np.zeros(4, np.dtype([("a", "u1"), ("b", "f4")]))["b"]
    with pytest.raises(ValueError, match="^expected x (aligned|with strides)"):
        rmsnorm.rms_norm(packed)
    frozen = X.copy()
    frozen.flags.writeable = False
    raises(ValueError, "expected out to be writeable, but it is read-only", out=frozen)
    assert np.isfinite(rmsnorm.rms_norm(frozen)).all()


def test_overflow():
    huge = np.lib.stride_tricks.as_strided(np.zeros(1, np.int8), (2**31, 2**31), (0, 0))
    with pytest.raises((OverflowError, MemoryError, ValueError)):
        rmsnorm.rms_norm(huge, dtype=np.float64)


def test_threads():
    with pytest.raises(ValueError, match="^expected a number of threads of 0 to 65536, but got -1$"):
        rmsnorm.set_num_threads(-1)
    rmsnorm.set_num_threads(2)
    assert rmsnorm.get_num_threads() == 2
    rmsnorm.set_num_threads(0)


def test_nothing_is_written_when_refused():
    out = np.full((4, 64), 7, np.float32)
    with pytest.raises(ValueError):
        rmsnorm.rms_norm(X, out=out, mask=np.ones((4, 63), bool))
    assert (out == 7).all()


def test_results():
    residual = np.ones((4, 64), ml_dtypes.bfloat16)
    y, h, r = rmsnorm.rms_norm(X, residual=residual, return_residual=True, return_rstd=True)
    assert (y.dtype, h.dtype, r.dtype) == (np.float32, ml_dtypes.bfloat16, np.float32)
    assert r.shape == (4, 1)
    assert isinstance(rmsnorm.rms_norm(X), np.ndarray)
    assert rmsnorm.rms_norm(np.ones((0, 4), np.float32)).shape == (0, 4)
    assert np.isnan(rmsnorm.rms_norm(np.ones((2, 0), np.float32), return_rstd=True)[1]).all()
    wide = rmsnorm.rms_norm(np.ones((512, 1024), np.float32))
    assert wide.ctypes.data % 64 == 0
    assert rmsnorm.rms_norm(np.asfortranarray(X)).flags.f_contiguous
