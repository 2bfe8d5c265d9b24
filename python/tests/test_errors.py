# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is refused, with which exception, and in which words."""

import os
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
import rmsnorm

X = np.ones((4, 64), np.float32)


def raises(kind, text, x=X, **arguments):
    with pytest.raises(kind) as caught:
        rmsnorm.rms_norm(x, **arguments)
    assert str(caught.value) == text


INPUTS = ("f16, bf16, f32, f64, f8E4M3FN, f8E5M2, complex<f32>, complex<f64> or a signless or unsigned integer "
          "of 8 to 64 bits")
AXES = ["reduction_axes", "feature_axes"]


@pytest.mark.parametrize("epsilon, shown", [(-1.0, "-1"), (float("nan"), "NaN"), (float("inf"), "+Inf")])
def test_epsilon(epsilon, shown):
    raises(ValueError, f"expected epsilon to be finite and not negative, but got {shown}", epsilon=epsilon)


@pytest.mark.parametrize("name", ["epsilon", "scale_offset"])
def test_numbers(name):
    for value in (None, "1", 1j, [1.0]):
        raises(TypeError, f"expected {name} to be a real number, but got {value!r}", **{name: value})
    raises(OverflowError, f"expected {name} to fit into 64 bits, but it does not", **{name: 10**400})


@pytest.mark.parametrize("name", ["stable", "return_rstd", "return_residual"])
def test_flags(name):
    for value in (None, 1, 0.0, "yes", np.ones(1, bool)):
        raises(TypeError, f"expected {name} to be a bool, but got {value!r}", **{name: value})
    options = {name: np.True_, "residual": X}
    assert np.isfinite(rmsnorm.rms_norm(X, **options)[0]).all()


@pytest.mark.parametrize("name", AXES)
def test_axes(name):
    text = name.replace("_", " ")
    for axis in (2, 5, -3, -2**63):
        raises(ValueError, f"expected {text} between -2 and 1 for x of rank 2, but got {axis}", **{name: axis})
    for axes in ((1, -1), (1, 1), (0, -2)):
        raises(ValueError, f"expected distinct {text}, but got {list(axes)}", **{name: axes})
    raises(OverflowError, f"expected {name} to fit into 64 bits, but it does not", **{name: 2**63})


@pytest.mark.parametrize("name", AXES)
@pytest.mark.parametrize("axes", [1.0, None, "1", b"\1", True, np.True_, [True], {0}, [None], [[0]],
                                  np.array([0.0, 1.0]), np.array([[0]])], ids=repr)
def test_axes_that_are_no_ints(name, axes):
    raises(TypeError, f"expected {name} to be an int or a sequence of ints, but got {axes!r}", **{name: axes})


@pytest.mark.parametrize("axes", [1, np.int8(1), np.array(1), [1], (-1,), np.array([1]), range(1, 2)], ids=repr)
def test_axes_that_are_ints(axes):
    assert (rmsnorm.rms_norm(X * 2, reduction_axes=axes) == rmsnorm.rms_norm(X * 2)).all()


def test_axes_that_raise():
    class Axis:
        def __index__(self):
            raise KeyError("an axis")

    raises(KeyError, "'an axis'", reduction_axes=Axis())


def test_shapes():
    raises(ValueError, "expected scale of shape [64] (x's on the feature axes), but got [3]",
           scale=np.ones(3, np.float32))
    raises(ValueError, "expected scale of shape [64] (x's on the feature axes), but got []",
           scale=np.array(1, np.float32))
    raises(ValueError, "expected bias of shape [64] (x's on the feature axes), but got [64, 1]",
           bias=np.ones((64, 1), np.float32))
    raises(ValueError, "expected residual of shape [4, 64] (x's), but got [4, 63]",
           residual=np.ones((4, 63), np.float32))
    for shape in ((63,), (3, 64), (1, 4, 64), (0,)):
        raises(ValueError, "expected mask of a shape that broadcasts to [4, 64] (x's), but got "
               f"{list(shape)}", mask=np.ones(shape, bool))
    raises(ValueError, "expected y of shape [4, 64] (x's), but got [2, 2]", out=np.zeros((2, 2), np.float32))
    raises(ValueError, "expected rstd of shape [4, 1] (x's with the reduced axes as 1), but got [4]",
           return_rstd=True, out=(None, np.zeros(4, np.float32)))
    raises(ValueError, "expected x of rank 1 to 32, but got rank 0", x=np.array(1, np.float32))
    raises(ValueError, "expected x of rank 0 to 32, but got rank 33", x=np.ones((1,) * 33, np.float32))


@pytest.mark.parametrize("value, kind", [([1.0], "list"), (1, "int"), (np.float32(1), "float32"), ("x", "str")])
def test_what_is_no_array(value, kind):
    for name in ("x", "scale", "bias", "residual", "mask", "out"):
        raises(TypeError, f"expected {name} to be a numpy.ndarray, but got {kind}", **{"x": X, name: value})
    raises(TypeError, "expected x to be a numpy.ndarray, but got NoneType", x=None)


@pytest.mark.parametrize("dtype", [object, "U1", "S1", "M8[s]", "m8[s]", "V2", np.longdouble, np.clongdouble,
                                   [("a", "f4")], ml_dtypes.float8_e4m3fnuz, ml_dtypes.int4], ids=str)
def test_types_that_are_none_of_ours(dtype):
    dtype = np.dtype(dtype)
    text = f"to have a floating, complex, integer or bool type, but got {dtype}"
    raises(TypeError, f"expected x {text}", x=np.zeros(3, dtype))
    raises(TypeError, f"expected scale {text}", scale=np.zeros(64, dtype))
    raises(TypeError, f"expected dtype {text}", dtype=dtype)
    raises(TypeError, f"expected stats_dtype {text}", stats_dtype=dtype)


def test_types():
    raises(TypeError, f"expected x with an element type of {INPUTS}, but got 'i1'", x=np.ones(3, bool))
    raises(TypeError, f"expected scale with an element type of {INPUTS}, but got 'i1'", scale=np.ones(64, bool))
    raises(TypeError, "expected mask with element type i1, but got 'f32'", mask=X)
    raises(TypeError, "expected mask with element type i1, but got 'ui8'", mask=np.ones(64, np.uint8))
    floats = "f16, bf16, f32, f64, f8E4M3FN or f8E5M2"
    raises(TypeError, f"expected y with an element type of {floats}, but got 'i32'", dtype=np.int32)
    raises(TypeError, f"expected y with an element type of {floats}, but got 'complex<f32>'", dtype=np.complex64)
    raises(TypeError, "expected bias with a real element type, as x is real, but got 'complex<f32>'",
           bias=np.ones(64, np.complex64))
    raises(TypeError, "expected y with an element type of complex<f32> or complex<f64>, as x is complex, but got 'f32'",
           x=X.astype(np.complex64), dtype=np.float32)
    for dtype, name in ((np.float16, "f16"), (np.int64, "i64"), (np.complex64, "complex<f32>")):
        raises(TypeError, f"expected a statistics type of f32 or f64, but got '{name}'", stats_dtype=dtype)
    raises(TypeError, "expected stats_type to be f64, as x is 'f64', but got 'f32'",
           x=X.astype(np.float64), stats_dtype=np.float32)
    raises(TypeError, "expected rstd with the statistics type 'f32', but got 'f16'", return_rstd=True,
           out=(None, np.zeros((4, 1), np.float16)))
    raises(TypeError, "expected out to have the type 'f16' that dtype asks for, but got 'f32'",
           dtype=np.float16, out=np.zeros_like(X))
    raises(TypeError, "expected dtype to have a floating, complex, integer or bool type, but got nothing",
           dtype="nothing")


def test_options():
    raises(ValueError, "expected cast_order to be 'scale_then_cast' or 'cast_then_scale', but got 'never'",
           cast_order="never")
    raises(TypeError, "expected cast_order to be 'scale_then_cast' or 'cast_then_scale', but got None",
           cast_order=None)
    raises(ValueError, "expected a residual with return_residual, but got None", return_residual=True)
    raises(ValueError, "expected scale_offset only with scale, but got it without", scale_offset=1.0)
    raises(ValueError, "expected scale_offset to be finite, but got +Inf", scale=np.ones(64, np.float32),
           scale_offset=float("inf"))
    raises(ValueError, "expected out to hold 2 arrays, one for each result, but got 1", return_rstd=True, out=(X,))
    raises(ValueError, "expected out to hold 1 arrays, one for each result, but got 0", out=())
    # The words are nanobind's.
    for arguments, options in (((), {}), ((X,), {"unknown": 1}), ((X, None, None, X), {})):
        with pytest.raises(TypeError, match=r"^rms_norm\(\): incompatible function arguments"):
            rmsnorm.rms_norm(*arguments, **options)


def test_memory():
    for name in ("x", "residual", "out"):
        raises(ValueError, f"expected {name} in the byte order of the machine, but it is swapped",
               **{"x": X, name: X.astype(">f4")})
    raises(ValueError, "expected dtype in the byte order of the machine, but got >f4", dtype=">f4")
    packed = np.zeros(4, np.dtype([("a", "u1"), ("b", "f4")]))["b"]
    raises(ValueError, "expected x aligned to its type, but its memory is not", x=packed)
    pairs = np.zeros(4, np.dtype([("a", "c8"), ("b", "f4")]))["a"]
    raises(ValueError, "expected x with strides of whole elements, but got 12 bytes on axis 0", x=pairs)
    frozen = X.copy()
    frozen.flags.writeable = False
    raises(ValueError, "expected out to be writeable, but it is read-only", out=frozen)
    assert np.isfinite(rmsnorm.rms_norm(frozen)).all()
    raises(TypeError, "expected x to be an array without a mask of its own, but got a numpy.ma.MaskedArray",
           x=np.ma.masked_array(X))


def test_overlaps():
    memory = np.arange(600, dtype=np.float32)
    x = memory[:256].reshape(4, 64)
    text = "expected y in memory apart from that of x, or the very same, but got one that overlaps with it"
    raises(ValueError, text, x=x, out=memory[1:257].reshape(4, 64))
    raises(ValueError, text, x=x, out=x[::-1])
    raises(ValueError, text, x=x[:, ::-1], out=x)
    raises(ValueError, text, x=memory[:64].reshape(8, 8), out=memory[:64].reshape(8, 8).T)
    raises(ValueError, "expected y in memory apart from that of scale, but got one that overlaps with it",
           x=np.ones_like(x), scale=memory[64:128], out=x)
    raises(ValueError, "expected residual_out in memory apart from that of y, but got one that overlaps with it",
           residual=X, return_residual=True, out=(x, x))
    raises(ValueError, "expected rstd in memory apart from that of x, but got one that overlaps with it",
           x=x, return_rstd=True, out=(None, x[:, :1]))
    raises(ValueError, "expected strides of y that keep its elements apart, but two of them are one",
           out=np.lib.stride_tricks.as_strided(memory, (4, 64), (4, 4)))
    assert (memory == np.arange(600)).all()


def test_memory_that_is_shared_and_apart():
    rows = np.random.default_rng(0).standard_normal((4, 128)).astype(np.float32)
    want = rmsnorm.rms_norm(rows[:, :64].copy())
    # The halves of each row; then every second element; then x itself.
    for left, right in ((rows[:, :64], rows[:, 64:]), (rows[:, ::2], rows[:, 1::2]), (rows[:, :64], rows[:, :64])):
        want = rmsnorm.rms_norm(left.copy())
        assert (rmsnorm.rms_norm(left, out=right) == want).all()


def test_overflow():
    huge = np.lib.stride_tricks.as_strided(np.zeros(1, np.int8), (2**31, 2**31), (0, 0))
    raises(ValueError, "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size.",
           x=huge, dtype=np.float64)
    with pytest.raises(MemoryError):
        rmsnorm.rms_norm(huge, dtype=ml_dtypes.float8_e5m2)
    # No elements need no memory and no time, however many rows there are.
    for shape in ((0, 2**40), (2**40, 0), (2**20, 0, 2**20)):
        assert rmsnorm.rms_norm(np.zeros(shape, np.float32)).shape == shape


def test_threads():
    for count, kind, text in (
            (-1, ValueError, "expected a number of threads of 0 to 65536, but got -1"),
            (65537, ValueError, "expected a number of threads of 0 to 65536, but got 65537"),
            (2**70, OverflowError, "expected count to fit into 64 bits, but it does not"),
            (1.5, TypeError, "expected count to be an int, but got 1.5"),
            (True, TypeError, "expected count to be an int, but got True"),
            (None, TypeError, "expected count to be an int, but got None")):
        with pytest.raises(kind) as caught:
            rmsnorm.set_num_threads(count)
        assert str(caught.value) == text
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


def test_target_of_the_environment():
    program = "import numpy, rmsnorm; rmsnorm.rms_norm(numpy.ones((2, 4), 'f4'))"
    run = subprocess.run([sys.executable, "-c", program], env={**os.environ, "RMSNORM_TARGET": "abacus"},
                         capture_output=True, text=True)
    assert run.returncode == 1
    assert "ValueError: RMSNORM_TARGET: expected the target's processor to be 'host'" in run.stderr
    assert run.stderr.rstrip().endswith("but got 'abacus'")
    for target in ("", "host", "x86-64"):
        subprocess.run([sys.executable, "-c", program], env={**os.environ, "RMSNORM_TARGET": target}, check=True)
