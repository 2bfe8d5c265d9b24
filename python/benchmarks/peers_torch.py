# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""torch.nn.functional.rms_norm, eager and under torch.compile, on the memory of the other systems."""

import functools
import logging
import os
import shutil
import tempfile
import warnings

from systems import EPSILON, NotInstalled, Run, System, results_in_place, timer_of


class Torch(System):
    """What the two have in common."""

    # libgomp's threads spin that long.
    rest = 12e-3

    def __init__(self, setup):
        super().__init__(setup)
        # What was compiled by an earlier run would make a first call of this one cheap.
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = self.cache()
        # There is one kernel at a time; processes that wait for more would disturb others.
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
        # Where it finds out too slowly what the processor has, it compiles for less: that is not to be timed.
        warnings.filterwarnings("error", message="VecISA dlopen probe")
        # It warns that there is no GPU.
        logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
        try:
            import torch
        except ImportError as error:
            raise NotInstalled(error) from error
        self.torch = torch
        torch.set_num_threads(setup.threads)

    @staticmethod
    @functools.cache
    def cache():
        folder = tempfile.TemporaryDirectory(prefix="rmsnorm-bench-")
        # Removed when the process ends.
        Torch.folder = folder
        return folder.name

    def version(self):
        return f"torch {self.torch.__version__}"

    def norm(self, problem):
        """The function of x, w, and residual or mask if the problem has them."""
        torch, axes, shape = self.torch, problem.axes, problem.shape
        rms_norm = torch.nn.functional.rms_norm
        if problem.kind in ("norm", "dynamic", "call", "first", "later"):
            return lambda x, w: rms_norm(x, w.shape, w, EPSILON)
        if problem.kind == "residual":
            def norm(x, w, residual):
                h = x + residual
                return rms_norm(h, w.shape, w, EPSILON), h
            return norm

        def norm(x, w, mask=None):
            wide = x if problem.dtype == "f64" else x.float()
            squares = wide.square()
            if mask is None:
                mean = squares.mean(axes, keepdim=True)
            else:
                mean = torch.where(mask, squares, 0).sum(axes, keepdim=True) / mask.sum(axes, keepdim=True)
            return (wide * torch.rsqrt(mean + EPSILON) * w.to(wide.dtype)).to(x.dtype)
        return norm

    def tensor(self, array):
        """On the memory of an array of NumPy."""
        if array.dtype.name == "bfloat16":
            return self.torch.from_numpy(array.view("i2")).view(self.torch.bfloat16)
        return self.torch.from_numpy(array)

    def arguments(self, operands):
        arrays = (operands.x, operands.w, operands.residual, operands.mask)
        return [self.tensor(array) for array in arrays if array is not None]

    def numpy(self, tensor, like):
        if like.dtype.name == "bfloat16":
            return tensor.view(self.torch.int16).numpy().view(like.dtype)
        return tensor.numpy()

    def run(self, variant, function, arguments, operands, written=None):
        """A Run of the function, which returns its results or fills `written`."""
        call = functools.partial(function, *arguments)
        in_mode = self.torch.inference_mode()

        def results():
            for tensor in written or []:
                tensor.fill_(float("nan"))
            y = call()
            y = written or (y if isinstance(y, tuple) else [y])
            return [self.numpy(part, operands.x) for part in y]

        return Run(variant, in_mode(timer_of(call)), in_mode(results))


class Eager(Torch):
    name = "torch-eager"
    kinds = frozenset(["norm", "residual", "mask", "axis0", "middle", "dynamic", "call", "first", "later"])

    def runs(self, problem, operands):
        yield self.run("eager", self.norm(problem), self.arguments(operands), operands)


class Compiled(Torch):
    """Into memory of its own, and over x or, where that is mostly slower or fails to compile, into that of the
    problem."""

    name = "torch-compile"
    kinds = Eager.kinds

    def __init__(self, setup):
        super().__init__(setup)
        compiler = next(filter(shutil.which, ["g++", "clang++", "clang++-22"]), None)
        if "CXX" not in os.environ and not compiler:
            raise NotInstalled("no g++ or clang++, which torch.compile needs")
        os.environ.setdefault("CXX", compiler or "")

    def runs(self, problem, operands):
        torch, norm = self.torch, self.norm(problem)
        # Else the functions of all problems, which share their code, are taken for one that changes too often.
        torch.compiler.reset()
        make = functools.partial(torch.compile, dynamic=problem.kind == "dynamic", fullgraph=True)
        arguments = self.arguments(operands)
        yield self.run("compile", make(norm), arguments, operands)
        if problem.kind == "call":
            return
        if problem.kind in ("norm", "dynamic"):
            yield self.run_in_place(make, norm, operands)
        else:
            yield self.run_into(make, norm, operands)

    def run_in_place(self, make, norm, operands):
        call = functools.partial(make(lambda x, w: x.copy_(norm(x, w))), *self.arguments(operands.in_place))
        in_mode = self.torch.inference_mode()
        return Run("compile, x.copy_", in_mode(timer_of(call)), in_mode(results_in_place(call, operands)))

    def run_into(self, make, norm, operands):
        outs = [self.tensor(array) for array in (operands.y, operands.h) if array is not None]

        def into(*arguments):
            results = norm(*arguments[len(outs):])
            for out, result in zip(arguments, results if len(outs) > 1 else [results]):
                out.copy_(result)

        return self.run("compile, out.copy_", make(into), [*outs, *self.arguments(operands)], operands, outs)
