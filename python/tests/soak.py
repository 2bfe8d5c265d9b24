# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random norms against the reference, as many as asked. Every case has a number;
one that fails is repeated by `soak.py --replay NUMBER`. Status 1 if any failed."""

import argparse
import sys
import time
import traceback

import norms
import rmsnorm
import tqdm


def examine(number, per_kind):
    """A complaint about case `number`, or None."""
    norm = norms.draw(number, per_kind)
    try:
        return norms.check(norm)
    except Exception:
        return traceback.format_exc(limit=3)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--per-kind", type=int, default=20, help="cases that share a kernel")
    parser.add_argument("--replay", type=int, help="run this case alone and say what it is")
    options = parser.parse_args()
    if options.replay is not None:
        norm = norms.draw(options.replay, options.per_kind)
        print(norm.describe())
        problem = examine(options.replay, options.per_kind)
        print(problem or "right")
        sys.exit(bool(problem))
    start, failed = time.monotonic(), 0
    for number in tqdm.tqdm(range(options.first, options.first + options.cases), unit="norm"):
        if problem := examine(number, options.per_kind):
            failed += 1
            tqdm.tqdm.write(f"case {number}: {problem}\n  {norms.draw(number, options.per_kind).describe()}\n"
                            f"  replay: python/tests/soak.py --replay {number} --per-kind {options.per_kind}")
    seconds = time.monotonic() - start
    print(f"{options.cases} cases, {rmsnorm.get_num_compiled()} kernels, {seconds:.0f} s, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
