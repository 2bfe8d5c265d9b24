# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One process of the benchmark: all that is compared for one thread count, in turns. Started by bench.py
with a task on standard input, in JSON; writes a line of JSON for each thing that happens to the
descriptor that is its argument."""

import ctypes as c
import gc
import itertools
import json
import os
import pathlib
import random
import statistics
import sys
import time

import capi
import numpy as np
import peers_jax
import peers_onednn
import peers_onnxruntime
import peers_torch
import systems
from problems import FIRST_LENGTH, FIXED, Problem

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test" / "Integration" / "CPU" / "Inputs"))
import oracle  # noqa: E402

SYSTEMS = {system.name: system for system in [
    systems.Norms, systems.NormsInPlace, systems.Copies, peers_jax.Brainstate, peers_jax.Jnp, peers_torch.Eager,
    peers_torch.Compiled, peers_onnxruntime.OnnxRuntime, peers_onednn.OneDnn, systems.PythonNorms, systems.Yardstick]}

# Seconds that the calls of one turn take together, at least, and those that all turns of one run may take
# before there are no more of them.
TURN, SPENT = 300e-6, 2.0
FEWEST_TURNS, PROBES = 3, 2
# First calls for other lengths.
LATER = 3
# Results of others are held to the formula, not to docs/Semantics.md: some sum in one chain, some round
# in between. In ulp.
PEER_LIMITS = {"f32": 1 << 13, "f64": 1 << 13, "bf16": 8, "f16": 8}
# About so many elements are checked: the reference is slow.
CHECKED = 1 << 16


class Reference:
    """The norm of the operands in extended precision, of some of the positions along an axis that is kept."""

    def __init__(self, problem, operands):
        self.limit = PEER_LIMITS[problem.dtype]
        x, along = operands.x, next(axis for axis in range(operands.x.ndim) if axis not in problem.axes)
        step = min(max(1, x.size // CHECKED), x.shape[along])
        # From all parts of the axis: each thread has its own.
        self.part = (slice(None),) * along + (slice(None, None, step),)
        wide = np.float64 if problem.dtype == "f64" else np.float32
        scale = operands.w[self.part[-1]] if along == x.ndim - 1 else operands.w
        given = {}
        if operands.residual is not None:
            given["residual"] = operands.residual[self.part].astype(wide)
        if operands.mask is not None:
            given["mask"] = operands.mask[self.part]
        self.want = oracle.rms_norm(x[self.part].astype(wide), scale=scale.astype(wide), axes=problem.axes,
                                    features=[x.ndim - 1], epsilon=systems.EPSILON, **given)

    def check(self, results, is_ours):
        """How far y, and x + residual if it is there, are from what they should be, in ulp. Raises Wrong
        where that is too far."""
        worst = 0.0
        for result, want in zip(results, self.want):
            if error := oracle.compare(result[self.part], want, None if is_ours else self.limit):
                raise systems.Wrong(error)
            worst = max(worst, float(oracle.distances(result[self.part], want)[0].max()))
        return worst


class Process:
    def __init__(self, task, report):
        self.task, self.report = task, report
        library = capi.load(task["build"])
        # Where the build leaves the package.
        sys.path.append(f"{task['build']}/python")
        self.memory = systems.Memory(library)
        self.setup = systems.Setup(library, task["threads"], task["options"])
        self.random = random.Random(0)
        self.lengths = itertools.count(FIRST_LENGTH)
        self.systems = [system for name in task["systems"] if (system := self.make(name))]
        for system in self.systems:
            if isinstance(system, systems.Copies):
                system.others = [other for other in self.systems if isinstance(other, systems.Yardstick)]
        report(event="systems", names=[system.name for system in self.systems],
               versions=[system.version() for system in self.systems])

    def make(self, name):
        try:
            return SYSTEMS[name](self.setup)
        except systems.NotInstalled as error:
            if name in self.task["wanted"]:
                raise RuntimeError(f"expected {name} to be installed, but there is {error}") from error
            self.report(event="absent", system=name, why=str(error))
            return None

    def runs(self, problem, operands):
        """All that compute the problem, checked: system, run, ulp."""
        reference = Reference(problem, operands)
        for system in self.systems:
            if what := system.refuses(problem):
                self.report(event="refused", system=system.name, what=what)
                continue
            try:
                for run in system.runs(problem, operands):
                    ulp = reference.check(run.results(), system.is_ours) if run.results else None
                    yield system, run, ulp
            except systems.Refused as error:
                self.report(event="refused", system=system.name, what=str(error))
            except Exception as error:  # What goes wrong in one system does not keep others from being timed.
                self.failed(system, problem, error)

    def failed(self, system, problem, error):
        text = f"{type(error).__name__}: {error}".removeprefix("Wrong: ").split("\n")[0]
        self.report(event="failed", system=system.name, problem=problem.name, why=text)

    def take_turns(self, timed, turns):
        """The times of each run, in rounds of random order."""
        # The best of some: one that was interrupted would make turns of too few calls.
        probes = [min(run.timer(1) for _ in range(PROBES)) for _, run, _ in timed]
        calls = [max(1, int(TURN / max(probe, 1e-7))) for probe in probes]
        times, spent = [[] for _ in timed], [0.0] * len(timed)
        order = list(range(len(timed)))
        for _ in range(turns):
            self.random.shuffle(order)
            for index in order:
                if spent[index] > SPENT and len(times[index]) >= FEWEST_TURNS:
                    continue
                system, run, _ = timed[index]
                start = time.perf_counter()
                times[index].append(run.timer(calls[index]))
                spent[index] += time.perf_counter() - start
                if self.task["threads"] > 1:
                    time.sleep(system.rest)
        return times

    def heats(self, timed):
        """The fastest run of each system, by turns that count for nothing else: the lowest of several medians
        of the same turns would be one that had luck, the lower the more there are."""
        groups = {}
        for one in timed:
            groups.setdefault(one[0].name, []).append(one)
        several = [one for group in groups.values() if len(group) > 1 for one in group]
        times = self.take_turns(several, max(FEWEST_TURNS, self.task["turns"] // 2))
        medians = {id(one): statistics.median(values) for one, values in zip(several, times)}
        return [min(group, key=lambda one: medians.get(id(one), 0)) for group in groups.values()]

    def give_back(self):
        """Gives what earlier problems have left back to the system. malloc keeps it, in pieces that do not fit:
        24 GiB were not enough for all problems."""
        gc.collect()
        if trim := getattr(c.CDLL(None), "malloc_trim", None):
            trim(0)

    def measure(self, problem):
        self.give_back()
        operands = self.memory.operands(problem)
        timed = list(self.runs(problem, operands))
        gc.collect()
        gc.disable()
        timed = self.heats(timed)
        times = self.take_turns(timed, self.task["turns"])
        gc.enable()
        self.send(problem, [{"system": system.name, "variant": run.variant, "seconds": statistics.median(values), "ulp": ulp}
                            for (system, run, ulp), values in zip(timed, times)])

    def measure_first_calls(self, problem):
        """How long it takes from a new length to a result."""
        rows = []
        for system in self.systems:
            if system.refuses(problem):
                continue
            try:
                times = [self.time_first_call(system, problem)
                         for _ in range(LATER if problem.kind == "later" else 1)]
            except systems.Refused as error:
                self.report(event="refused", system=system.name, what=str(error))
            except Exception as error:
                self.failed(system, problem, error)
            else:
                rows.append({"system": system.name, "variant": times[0][1], "ulp": max(ulp for _, _, ulp in times),
                             "seconds": statistics.median(seconds for seconds, _, _ in times)})
        self.send(problem, rows)

    def time_first_call(self, system, problem):
        problem = Problem(problem.kind, problem.dtype, next(self.lengths), problem.size, problem.threads)
        operands = self.memory.operands(problem)
        start = time.perf_counter()
        run = next(iter(system.runs(problem, operands)))
        results = run.results()
        seconds = time.perf_counter() - start
        return seconds, run.variant, Reference(problem, operands).check(results, system.is_ours)

    def send(self, problem, rows):
        self.report(event="measured", kind=problem.kind, dtype=problem.dtype, length=problem.length, size=problem.size,
                    shape="x".join(map(str, problem.shape)), axes=" ".join(map(str, problem.axes)),
                    bytes=problem.bytes, threads=problem.threads, rows=rows)

    def go(self):
        for fields in self.task["problems"]:
            problem = Problem(**fields)
            self.report(event="begin", problem=problem.name)
            if problem.kind in FIXED[1:]:
                self.measure_first_calls(problem)
            else:
                self.measure(problem)


def main():
    stream = os.fdopen(int(sys.argv[1]), "w", buffering=1)

    def report(**fields):
        stream.write(json.dumps(fields) + "\n")

    task = json.load(sys.stdin)
    if hasattr(os, "sched_setaffinity"):
        cpus = sorted(os.sched_getaffinity(0))
        # Pools are made as large as there are processors to run on.
        os.sched_setaffinity(0, cpus[:task["threads"]])
    try:
        Process(task, report).go()
    except (OSError, RuntimeError, ValueError) as error:
        report(event="error", text=str(error))


if __name__ == "__main__":
    main()
