# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How far the schedules that the compiler chooses are off: for each of some norms, drawn at random, looks for
a faster one (one parameter after another, see schedules.py) and times both, in turns, in one process. Each
schedule's results are checked against float64 before it is timed."""

import pathlib
import random
import statistics
import subprocess

import capi
import schedules
import systems
import tqdm
import worker
from problems import DTYPES, Problem

# Parameters that decide on speed alone, those first that decide the most.
ORDER = ["vector", "normalize_vector", "rows", "share_rows", "far", "far_rows", "convert", "overlap", "fold",
         "prefetch", "nontemporal", "vector", "normalize_vector"]
# Turns of each candidate, and of the two that are compared in the end.
TURNS, LAST_TURNS = 5, 25
# A candidate has to be so much faster to be taken: less is noise.
GAIN = 1.03


def draw(count, seed, dtypes, sizes, threads):
    """Norms over the last axis, of lengths between 32 and 65536."""
    rng = random.Random(seed)
    for _ in range(count):
        length = round(2 ** rng.uniform(5, 16))
        # Most lengths in use are multiples of 64 or at least of 8.
        unit = rng.choice([1, 8, 64])
        yield Problem("norm", rng.choice(dtypes), max(unit, length // unit * unit), rng.choice(sizes), threads)


def host_options():
    """What schedules depend on of this processor, as options of rmsnorm-to-cpu."""
    features = "+avx512f" if "avx512f" in systems.processor_fields().get("flags", "").split() else ""
    asked = subprocess.run(["getconf", "LEVEL3_CACHE_SIZE"], text=True, capture_output=True).stdout.strip()
    return f"features={features}" + (f" cache-size={asked}" if asked.isdigit() and int(asked) > 0 else "")


def default_schedule(build, problem, options):
    """What the compiler chooses with `options` of rmsnorm-to-cpu, as a dictionary."""
    x, w = f"memref<?x{problem.length}x{problem.dtype}>", f"memref<{problem.length}x{problem.dtype}>"
    module = (f"func.func @norm(%x: {x}, %w: {w}, %y: {x}) {{\n"
              f"  rmsnorm.rms_norm ins(%x : {x}) scale(%w : {w}) outs(%y : {x})\n  return\n}}\n")
    pipeline = f"builtin.module(rmsnorm-to-cpu{{{options} stop-after=schedule}})"
    done = subprocess.run([pathlib.Path(build) / "bin" / "rmsnorm-opt", f"--pass-pipeline={pipeline}"], input=module,
                          text=True, check=True, capture_output=True)
    return schedules.from_text(done.stdout.partition("#rmsnorm.cpu_schedule<")[2].partition(">")[0])


class Tuner:
    def __init__(self, setup, problem, operands):
        self.setup, self.problem, self.operands = setup, problem, operands
        self.reference = worker.Reference(problem, operands)
        self.random = random.Random(0)
        self.runs = {}

    def run(self, schedule):
        """A schedule's run, checked; None where the norm cannot have that schedule."""
        text = schedules.to_text(schedule)
        if text not in self.runs:
            try:
                run = next(systems.Norms(self.setup, schedule=text).runs(self.problem, self.operands))
            except capi.StatusError:
                run = None
            if run:
                self.reference.check(run.results(), is_ours=True)
            self.runs[text] = run
        return self.runs[text]

    def compare(self, candidates, turns):
        """The medians of the times of some schedules, in turns of random order."""
        timed = [(index, run) for index, schedule in enumerate(candidates) if (run := self.run(schedule))]
        calls = [max(1, int(worker.TURN / min(run.timer(1) for _ in range(worker.PROBES)))) for _, run in timed]
        times = [[] for _ in candidates]
        for _ in range(turns):
            for place in self.random.sample(range(len(timed)), len(timed)):
                index, run = timed[place]
                times[index].append(run.timer(calls[place]))
        return [statistics.median(values) if values else float("inf") for values in times]

    def search(self, start):
        """The fastest schedule that was found from `start` on."""
        best = start
        for name in ORDER:
            others = [{**best, name: value} for value in schedules.CHOICES[name] if value != best.get(name)]
            times = self.compare([best, *others], TURNS)
            fastest = min(range(1, len(times)), key=times.__getitem__)
            if times[0] > GAIN * times[fastest] and self.is_faster(others[fastest - 1], best):
                best = others[fastest - 1]
        return best

    def is_faster(self, one, other):
        """A closer look: the fastest of many was also the luckiest."""
        times = self.compare([other, one], LAST_TURNS)
        return times[0] > GAIN * times[1]


def tune(options):
    """Prints a line for each norm, and how far off the compiler's schedules are in all."""
    library = capi.load(options.build)
    setup = systems.Setup(library, options.threads, {"cpu": None, "features": None})
    memory = systems.Memory(library)
    listed = list(draw(options.count, options.seed, options.dtypes, options.sizes, options.threads))
    print(f"{'norm':24} {'default':>10} {'found':>10} {'gain':>5}  by", flush=True)
    gains = []
    host = host_options()
    for problem in tqdm.tqdm(listed, unit="norm", disable=None):
        operands = memory.operands(problem)
        tuner = Tuner(setup, problem, operands)
        chosen = default_schedule(options.build, problem, host)
        found = tuner.search(chosen)
        default, best = tuner.compare([chosen, found], LAST_TURNS)
        gains.append(default / best)
        changes = {name: value for name, value in found.items() if chosen.get(name) != value}
        tqdm.tqdm.write(f"{problem.name:24} {default * 1e6:7.1f} µs {best * 1e6:7.1f} µs {gains[-1]:5.2f}  "
                        f"{schedules.to_text(changes)}")
    print(f"the default is within 10 % of the best found in {sum(gain <= 1.1 for gain in gains)} of {len(gains)}, "
          f"{statistics.geometric_mean(gains):.3f} times as slow on average")


def add_options(parser, read_count, read_size):
    parser.add_argument("--count", type=read_count, default=20, metavar="N", help="norms to draw (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing")
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=["f32", "bf16", "f16"], metavar="TYPE")
    parser.add_argument("--sizes", nargs="+", type=read_size, default=["512k", "8M"], metavar="SIZE", help="of x")
    parser.add_argument("--threads", type=read_count, default=1, metavar="N")
