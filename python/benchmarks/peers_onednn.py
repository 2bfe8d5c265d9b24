# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""oneDNN's layer_normalization as an RMS norm, by its C API. Weights are f32: those of other types
fall to a kernel that is hundreds of times slower."""

import ctypes as c
import pathlib
import sys

import numpy as np
from problems import FIXED
from systems import EPSILON, NotInstalled, Refused, Run, System, results_in_place, results_of

# Of dnnl_types.h.
TYPES = {"f16": 1, "bf16": 2, "f32": 3}
CPU, IN_ORDER, FORWARD_INFERENCE = 1, 1, 96
USE_SCALE, RMS_NORM = 2, 0x20
ARG_SRC, ARG_DST, ARG_SCALE = 1, 17, 51
UNIMPLEMENTED = 3


class Argument(c.Structure):
    _fields_ = [("arg", c.c_int), ("memory", c.c_void_p)]


class Version(c.Structure):
    _fields_ = [("major", c.c_int), ("minor", c.c_int), ("patch", c.c_int), ("hash", c.c_char_p),
                ("cpu_runtime", c.c_uint), ("gpu_runtime", c.c_uint)]


class OneDnn(System):
    name = "onednn"
    kinds = frozenset(["norm", "call", "first", "later"])
    rest = 5e-3

    def __init__(self, setup):
        super().__init__(setup)
        given = setup.options.get("onednn")
        path = pathlib.Path(given or f"{sys.prefix}/lib/libdnnl.so.3")
        if not given and not path.exists():
            raise NotInstalled(f"no {path}")
        self.library = c.CDLL(str(path))
        self.declare()
        self.engine, self.stream = c.c_void_p(), c.c_void_p()
        self.expect(self.library.dnnl_engine_create(c.byref(self.engine), CPU, 0), "dnnl_engine_create")
        self.expect(self.library.dnnl_stream_create(c.byref(self.stream), self.engine, IN_ORDER), "dnnl_stream_create")

    def declare(self):
        library, pointer = self.library, c.c_void_p
        out = c.POINTER(pointer)
        dims = c.POINTER(c.c_int64)
        for name, arguments in {
            "dnnl_engine_create": [out, c.c_int, c.c_size_t],
            "dnnl_stream_create": [out, pointer, c.c_uint],
            "dnnl_memory_desc_create_with_strides": [out, c.c_int, dims, c.c_int, dims],
            "dnnl_memory_create": [out, pointer, pointer, pointer],
            "dnnl_layer_normalization_forward_primitive_desc_create":
                [out, pointer, c.c_int, pointer, pointer, pointer, c.c_float, c.c_uint, pointer],
            "dnnl_primitive_create": [out, pointer],
            **dict.fromkeys(["dnnl_memory_desc_destroy", "dnnl_memory_destroy", "dnnl_primitive_desc_destroy",
                             "dnnl_primitive_destroy"], [pointer]),
        }.items():
            getattr(library, name).argtypes = arguments
        library.dnnl_version.restype = c.POINTER(Version)

    def expect(self, status, function):
        if status:
            raise RuntimeError(f"expected {function} to succeed, but got status {status}")

    def version(self):
        version = self.library.dnnl_version().contents
        runtime = {1: "sequential", 2: "OpenMP", 4: "TBB", 8: "thread pool", 512: "SYCL"}[version.cpu_runtime]
        return f"oneDNN {version.major}.{version.minor}.{version.patch} ({runtime})"

    def refuses(self, problem):
        return super().refuses(problem) or ("" if problem.dtype in TYPES else problem.dtype)

    def runs(self, problem, operands):
        timer = self.timer(Primitive(self, problem, operands))
        yield Run("layer_normalization", timer, results_of(lambda: timer(0), operands.y))
        if problem.kind not in FIXED:
            yield self.run_in_place(problem, operands)

    def run_in_place(self, problem, operands):
        primitive = Primitive(self, problem, operands.in_place)
        timer = self.timer(primitive)

        def call():
            np.copyto(primitive.w, operands.in_place.w)
            timer(0)
            np.copyto(primitive.w, np.sign(operands.w))

        return Run("layer_normalization, in place", timer, results_in_place(call, operands))

    def timer(self, primitive):
        library, bench = self.library, self.setup.library.bench_onednn

        def timer(calls):
            seconds = bench(library.dnnl_primitive_execute, library.dnnl_stream_wait, primitive.handle, self.stream,
                            len(primitive.arguments), primitive.arguments, calls)
            if seconds < 0:
                raise RuntimeError(f"expected dnnl_primitive_execute to succeed, but got status {int(-1 - seconds)}")
            return seconds

        return timer


class Primitive:
    """A primitive and its arguments, on the memory of the operands."""

    def __init__(self, system, problem, operands):
        self.system, library = system, system.library
        self.w = operands.w.astype(np.float32)
        rows, weights = self.describe(operands.x.shape, problem.dtype), self.describe(self.w.shape, "f32")
        description, self.handle = c.c_void_p(), c.c_void_p()
        status = library.dnnl_layer_normalization_forward_primitive_desc_create(
            c.byref(description), system.engine, FORWARD_INFERENCE, rows, rows, None, EPSILON, USE_SCALE | RMS_NORM, None)
        if status == UNIMPLEMENTED:
            raise Refused(f"{problem.dtype} on this processor")
        system.expect(status, "dnnl_layer_normalization_forward_primitive_desc_create")
        system.expect(library.dnnl_primitive_create(c.byref(self.handle), description), "dnnl_primitive_create")
        library.dnnl_primitive_desc_destroy(description)
        self.arguments = (Argument * 3)(Argument(ARG_SRC, self.memory(rows, operands.x)),
                                        Argument(ARG_DST, self.memory(rows, operands.y)),
                                        Argument(ARG_SCALE, self.memory(weights, self.w)))
        for descriptor in (rows, weights):
            library.dnnl_memory_desc_destroy(descriptor)

    def describe(self, shape, dtype):
        rank, out = len(shape), c.c_void_p()
        strides = [int(np.prod(shape[axis + 1:])) for axis in range(rank)]
        dims = c.c_int64 * rank
        self.system.expect(self.system.library.dnnl_memory_desc_create_with_strides(
            c.byref(out), rank, dims(*shape), TYPES[dtype], dims(*strides)), "dnnl_memory_desc_create_with_strides")
        return out

    def memory(self, descriptor, array):
        out = c.c_void_p()
        self.system.expect(self.system.library.dnnl_memory_create(
            c.byref(out), descriptor, self.system.engine, array.ctypes.data), "dnnl_memory_create")
        return out.value

    def __del__(self):
        for argument in getattr(self, "arguments", []):
            self.system.library.dnnl_memory_destroy(argument.memory)
        if self.handle:
            self.system.library.dnnl_primitive_destroy(self.handle)
