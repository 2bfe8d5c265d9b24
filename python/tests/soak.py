# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random norms against the reference, as many as asked. Every case has a number,
and what it is depends on nothing else; one that fails is repeated by
`soak.py --replay NUMBER`. Status 1 if any failed."""

import argparse
import concurrent.futures
import dataclasses
import itertools
import multiprocessing
import os
import sys
import time
import traceback

# Several processes share the processors: threads that wait should sleep.
os.environ.setdefault("RMSNORM_SPIN_US", "0")
# What it looks for are mistakes of the compiler, not of one from yesterday.
os.environ["RMSNORM_CACHE"] = "0"

import norms
import rmsnorm
import tqdm

# A context keeps its kernels, so that processes are not kept for ever.
CHUNKS_PER_POOL = 200


@dataclasses.dataclass(frozen=True)
class Kinds:
    """How many cases share a kernel, and whether its schedule is drawn as well."""

    size: int
    draw_schedules: bool

    def draw(self, number):
        return norms.draw(number, self.size)

    def begin(self, number):
        if self.draw_schedules:
            rmsnorm.set_schedule(norms.draw_schedule(number, self.size))

    def describe(self, number):
        text = self.draw(number).describe()
        return f"{text}, schedule {norms.draw_schedule(number, self.size)}" if self.draw_schedules else text

    def replay_line(self, number):
        return f"  replay: python/tests/soak.py --replay {number} --per-kind {self.size}" + self.draw_schedules * " --schedules"


def examine(number, kinds):
    """A complaint about case `number`, or None."""
    try:
        return norms.check(kinds.draw(number))
    except Exception:
        return traceback.format_exc(limit=3)


def report(number, kinds, problem):
    return f"case {number}: {problem}\n  {kinds.describe(number)}\n{kinds.replay_line(number)}"


def enter(at_work, places):
    """Begins a worker, which notes at its own place what it works at."""
    global current
    with places.get_lock():
        current = (at_work, places.value)
        places.value += 1


def examine_chunk(numbers, kinds):
    """Complaints about these cases, which share a kernel, and how many kernels they took."""
    at_work, place = current
    kinds.begin(numbers[0])
    before, complaints = rmsnorm.get_num_compiled(), []
    for number in numbers:
        at_work[place] = number
        if problem := examine(number, kinds):
            complaints.append(report(number, kinds, problem))
    at_work[place] = -1
    return len(numbers), complaints, rmsnorm.get_num_compiled() - before


def run_pool(chunks, kinds, jobs):
    """The results of the chunks, in their order."""
    context = multiprocessing.get_context("spawn")
    at_work, places = context.Array("q", [-1] * jobs), context.Value("i", 0)
    with concurrent.futures.ProcessPoolExecutor(jobs, context, enter, (at_work, places)) as pool:
        try:
            yield from pool.map(examine_chunk, chunks, itertools.repeat(kinds))
        except concurrent.futures.process.BrokenProcessPool:
            suspects = [number for number in at_work if number >= 0]
            lines = "\n".join(kinds.replay_line(number) for number in suspects)
            yield 0, [f"a process died at one of the cases {suspects}:\n{lines}"], 0


def soak(first, cases, kinds, jobs):
    """Runs the cases: how many were done, with how many kernels and complaints."""
    numbers = range(first, first + cases)
    # Neighbours share a kernel and so a process.
    edges = [first, *(n for n in numbers if n % kinds.size == 0 and n > first), first + cases]
    chunks = [range(begin, end) for begin, end in itertools.pairwise(edges)]
    kernels = failed = 0
    with tqdm.tqdm(total=cases, unit="norm") as bar:
        for begin in range(0, len(chunks), CHUNKS_PER_POOL):
            for done, complaints, compiled in run_pool(chunks[begin:begin + CHUNKS_PER_POOL], kinds, jobs):
                for complaint in complaints:
                    tqdm.tqdm.write(complaint)
                kernels, failed = kernels + compiled, failed + len(complaints)
                bar.update(done)
                bar.set_postfix(failed=failed)
        return bar.n, kernels, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--per-kind", type=int, default=20, help="cases that share a kernel")
    parser.add_argument("--schedules", action="store_true", help="draw the schedule of each kernel too")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one for each core)")
    parser.add_argument("--replay", type=int, help="run this case alone and say what it is")
    options = parser.parse_args()
    if min(options.cases, options.per_kind, options.jobs) < 1 or options.first < 0:
        parser.error("expected --cases, --per-kind and --jobs of 1 or more, and --first of 0 or more")
    kinds = Kinds(options.per_kind, options.schedules)
    if options.replay is not None:
        print(kinds.describe(options.replay))
        kinds.begin(options.replay)
        problem = examine(options.replay, kinds)
        print(problem or "right")
        sys.exit(bool(problem))
    start = time.monotonic()
    done, kernels, failed = soak(options.first, options.cases, kinds, options.jobs)
    seconds = time.monotonic() - start
    print(f"{done} of {options.cases} cases, {kernels} kernels, {seconds:.0f} s, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
