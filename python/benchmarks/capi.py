# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The C API (include/rmsnorm-c/RMSNorm.h) and the timed loops (benchmarks/Timing.c) by ctypes."""

import ctypes as c
import pathlib

TYPES = {"float16": 1, "bfloat16": 2, "float32": 3, "float64": 4, "bool": 17}
DYNAMIC = -1 << 63


class Tensor(c.Structure):
    _fields_ = [("data", c.c_void_p), ("type", c.c_int), ("rank", c.c_int32),
                ("shape", c.POINTER(c.c_int64)), ("strides", c.POINTER(c.c_int64))]

    @classmethod
    def of(cls, array, dynamic=False):
        """Of a contiguous array of NumPy; its extents left open where `dynamic`."""
        extents = [DYNAMIC] * array.ndim if dynamic else array.shape
        return cls(array.ctypes.data, TYPES[array.dtype.name], array.ndim, (c.c_int64 * array.ndim)(*extents), None)


class Operands(c.Structure):
    _fields_ = [(name, c.POINTER(Tensor))
                for name in ("x", "scale", "bias", "residual", "mask", "y", "residual_out", "rstd")]


class Options(c.Structure):
    _fields_ = [("epsilon", c.c_double), ("scale_offset", c.c_double), ("cast_order", c.c_int),
                ("stats_type", c.c_int), ("stable", c.c_bool),
                ("reduction_axes", c.POINTER(c.c_int64)), ("num_reduction_axes", c.c_int32),
                ("feature_axes", c.POINTER(c.c_int64)), ("num_feature_axes", c.c_int32)]


class Executor(c.Structure):
    _fields_ = [("parallel_for", c.c_void_p), ("pool", c.c_void_p), ("num_threads", c.c_int32)]


class ContextOptions(c.Structure):
    _fields_ = [("cpu", c.c_char_p), ("features", c.c_char_p), ("executor", Executor),
                ("cache_directory", c.c_char_p), ("cache_size", c.c_int64), ("schedule", c.c_char_p)]


def load(build):
    """The library of timed loops in the build folder `build`."""
    library = c.CDLL(str(pathlib.Path(build) / "lib" / "rmsnorm-bench-timing.so"))
    signatures = {
        "bench_allocate": (c.c_void_p, [c.c_size_t]),
        "bench_norm": (c.c_double, [c.c_void_p, c.c_void_p, c.POINTER(Options), c.POINTER(Operands), c.c_int32,
                                   c.c_int64]),
        "bench_onednn": (c.c_double, [c.c_void_p, c.c_void_p, c.c_void_p, c.c_void_p, c.c_int32, c.c_void_p, c.c_int64]),
        "bench_copy_count": (c.c_int32, []),
        "bench_copy_name": (c.c_char_p, [c.c_int32]),
        "bench_copy": (c.c_double, [c.c_int32, c.c_void_p, c.c_void_p, c.c_int64, c.c_int32, c.c_int64]),
        "rmsnormContextCreate": (c.c_void_p, [c.POINTER(ContextOptions), c.POINTER(c.c_void_p)]),
        "rmsnormKernelCreate": (c.c_void_p, [c.c_void_p, c.POINTER(Options), c.POINTER(Operands),
                                             c.POINTER(c.c_void_p)]),
        "rmsnormOptionsDefault": (Options, []),
        "rmsnormStatusGetMessage": (c.c_char_p, [c.c_void_p]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def operands_of(arrays, dynamic=False):
    """Operands from arrays of NumPy by the names of the fields."""
    operands = Operands()
    for name, array in arrays.items():
        setattr(operands, name, c.pointer(Tensor.of(array, dynamic)))
    return operands


class StatusError(ValueError):
    """The library could not do what it was asked for; the text is its own."""


def expect_success(library, status):
    if status:
        raise StatusError(library.rmsnormStatusGetMessage(status).decode())


def create_context(library, cpu=None, features=None, schedule=None):
    """A context for this machine, or for the target given by LLVM's names; it compiles all that it runs,
    by the schedule with that text or by those that the compiler chooses."""
    options = ContextOptions(cpu and cpu.encode(), features and features.encode(), Executor(), b"", 0,
                             schedule and schedule.encode())
    context = c.c_void_p()
    expect_success(library, library.rmsnormContextCreate(c.byref(options), c.byref(context)))
    return context


def create_kernel(library, context, options, operands):
    kernel = c.c_void_p()
    expect_success(library, library.rmsnormKernelCreate(context, c.byref(options), c.byref(operands), c.byref(kernel)))
    return kernel
