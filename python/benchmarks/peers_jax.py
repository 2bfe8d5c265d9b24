# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""brainstate.nn.RMSNorm and a plain formula in jax.numpy, both under jax.jit.

x is donated, so that the result takes its memory: else each large one is allocated and its pages are
made anew. A call therefore takes the result of the one before. Weights of 1 and -1 keep that from
fading to nothing; the result that is checked is of the weights of the problem."""

import functools
import time
import warnings

import numpy as np
from systems import EPSILON, WARM_UP, NotInstalled, Run, System


class Jax(System):
    """What the two have in common."""

    kinds = frozenset(["norm", "residual", "mask", "axis0", "middle", "call", "first", "later"])
    rest = 5e-3

    def __init__(self, setup):
        super().__init__(setup)
        try:
            import jax
        except ImportError as error:
            raise NotInstalled(error) from error
        self.jax = jax
        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        # Memory that cannot be taken over would be timed as something else than is said here.
        warnings.filterwarnings("error", message="Some donated buffers were not usable")

    def version(self):
        return f"jax {self.jax.__version__}"

    def refuses(self, problem):
        return super().refuses(problem) or (problem.dtype if problem.dtype == "f64" else "")

    def formula(self, problem):
        """The function of x, w, and residual or mask if the problem has them."""
        raise NotImplementedError

    def runs(self, problem, operands):
        jax = self.jax
        jax.clear_caches()
        donated = (0, 2) if problem.kind == "residual" else 0
        function = jax.jit(self.formula(problem), donate_argnums=donated)
        more = [array for array in (operands.residual, operands.mask) if array is not None]
        yield Run("jit, x donated", Chain(self, function, operands, more),
                  functools.partial(self.results, function, operands, more))

    def put(self, array):
        # A copy: memory of NumPy cannot be donated.
        return self.jax.numpy.array(array, copy=True)

    def results(self, function, operands, more):
        results = function(*map(self.put, [operands.x, operands.w, *more]))
        return [np.asarray(result) for result in (results if isinstance(results, tuple) else [results])]


class Chain:
    """A timer of calls of which each takes the result of the one before."""

    def __init__(self, system, function, operands, more):
        self.system, self.function = system, function
        self.sources = [operands.x, np.sign(operands.w), *more]
        self.goes_on = self.sum_goes_on if operands.residual is not None else self.result_goes_on
        self.arguments = None

    def result_goes_on(self, calls):
        function, (x, *more) = self.function, self.arguments
        for _ in range(calls):
            x = function(x, *more)
        self.arguments[0] = self.system.jax.block_until_ready(x)

    def sum_goes_on(self, calls):
        function, (x, w, residual) = self.function, self.arguments
        for _ in range(calls):
            x, residual = function(x, w, residual)
        self.arguments[:] = self.system.jax.block_until_ready([x, w, residual])

    def __call__(self, calls):
        now = time.perf_counter
        if self.arguments is None:
            self.arguments = [self.system.put(array) for array in self.sources]
        start = now()
        while True:
            self.goes_on(1)
            if now() - start > WARM_UP:
                break
        start = now()
        self.goes_on(calls)
        return (now() - start) / calls


class Jnp(Jax):
    """The formula as one writes it, in f32 inside."""

    name = "jnp"

    def formula(self, problem):
        jnp, axes = self.jax.numpy, problem.axes

        def norm(x, w, more=None):
            wide = x.astype(jnp.float32)
            if problem.kind == "residual":
                wide = wide + more.astype(jnp.float32)
            squares = jnp.square(wide)
            if problem.kind == "mask":
                mean = jnp.mean(squares, axis=axes, keepdims=True, where=more)
            else:
                mean = jnp.mean(squares, axis=axes, keepdims=True)
            y = wide * self.jax.lax.rsqrt(mean + EPSILON) * w.astype(jnp.float32)
            y = y.astype(x.dtype)
            return (y, wide.astype(x.dtype)) if problem.kind == "residual" else y

        return norm


class Brainstate(Jax):
    """The layer, of x's type, its weights an argument."""

    name = "brainstate"

    def __init__(self, setup):
        super().__init__(setup)
        try:
            import brainstate
        except ImportError as error:
            raise NotInstalled(error) from error
        self.brainstate = brainstate

    def version(self):
        return f"brainstate {self.brainstate.__version__}"

    def formula(self, problem):
        jax, graph = self.jax, self.brainstate.graph
        dtype = jax.numpy.dtype({"f32": "float32", "bf16": "bfloat16", "f16": "float16"}[problem.dtype])
        layer = self.brainstate.nn.RMSNorm((problem.length,), epsilon=EPSILON, dtype=dtype,
                                           reduction_axes=tuple(axis - len(problem.shape) for axis in problem.axes))
        definition, states = graph.treefy_split(layer)
        tree = jax.tree.structure(states)

        def norm(x, w, more=None):
            layer = graph.treefy_merge(definition, jax.tree.unflatten(tree, [w]))
            if problem.kind == "residual":
                h = x + more
                return layer(h), h
            return layer(x, mask=more) if problem.kind == "mask" else layer(x)

        return norm
