# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How fast norms run on this machine, beside the best copy of x and, where a folder of them is given,
hand-written kernels. All that is compared runs in one process, in turns; a time is the median of its
turns. Each result is checked against float64 before it is timed. Status 1 if one is wrong."""

import argparse
import contextlib
import csv
import datetime
import io
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "Integration" / "CPU" / "Inputs"))

import capi  # noqa: E402
import tqdm  # noqa: E402
from systems import DTYPES, Copies, Memory, Norms, Problem, Yardstick, check  # noqa: E402

FIELDS = ["dtype", "shape", "axes", "threads", "bytes", "ms", "gb_per_s", "copy_ms", "of_copy",
          "yardstick_ms", "of_yardstick", "copy", "yardstick"]
# Seconds that the calls of one turn take together, at least.
TURN = 300e-6


def read_size(text):
    match = re.fullmatch(r"(\d+)([kM])", text)
    if not match:
        raise argparse.ArgumentTypeError(f"expected a size such as 512k or 8M, but got {text!r}")
    return int(match[1]) << {"k": 10, "M": 20}[match[2]]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path, help="build folder")
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=["f32", "bf16"])
    parser.add_argument("--rows", nargs="+", type=int, metavar="N", default=[1024, 2048, 4096, 8192, 16384],
                        help="row lengths")
    parser.add_argument("--columns", nargs="*", type=int, metavar="N", default=[1024, 4096, 16384],
                        help="widths for the reduction over axis 0, with the largest size")
    parser.add_argument("--sizes", nargs="+", type=read_size, default=[8 << 20, 256 << 20], help="of x, such as 8M")
    parser.add_argument("--threads", nargs="+", type=int, default=[2])
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--cpu", help="LLVM's name of the processor to compile for")
    parser.add_argument("--features", help="LLVM's feature string, added to those of --cpu")
    parser.add_argument("--yardstick", type=pathlib.Path, help="folder of hand-written kernels, see systems.py")
    parser.add_argument("--csv", type=pathlib.Path, help="write the table there as well")
    return parser.parse_args()


def machine():
    """The processor's name and what of it there is."""
    text = pathlib.Path("/proc/cpuinfo").read_text() if os.path.exists("/proc/cpuinfo") else ""
    field = {name: value for name, value in re.findall(r"^([\w ]+?)\s*: (.*)$", text, re.M)}
    widest = next((name for name in ("avx512_bf16", "avx512f", "avx2") if name in field.get("flags", "").split()),
                  platform.machine())
    family = f"family {field.get('cpu family', '?')} model {field.get('model', '?')}"
    return f"{field.get('model name', platform.processor())} ({family}, {widest}, {os.cpu_count()} cores)"


def problems(options):
    for threads in options.threads:
        for dtype in options.dtypes:
            size = DTYPES[dtype].itemsize
            for n in options.rows:
                for total in options.sizes:
                    yield Problem(dtype, (max(1, total // size // n), n), (1,), threads)
            for n in options.columns:
                yield Problem(dtype, (max(1, max(options.sizes) // size // n), n), (0,), threads)


def time_in_turns(timers, turns):
    """The median seconds of a call of each."""
    calls = {name: max(1, int(TURN / max(timer(1), 1e-7))) for name, timer in timers.items()}
    times = {name: [] for name in timers}
    for _ in range(turns):
        for name, timer in timers.items():
            times[name].append(timer(calls[name]))
    return {name: statistics.median(values) for name, values in times.items()}


def best(times, kind):
    """The name and the time of the fastest of a kind."""
    found = [(time, name.split(": ")[1]) for name, time in times.items() if name.startswith(kind + ": ")]
    return min(found, default=(None, ""))


def measure(problem, systems, memory, turns):
    x, y, w = memory.arrays(problem)
    timers = {name: timer for system in systems for name, timer in system.timers(problem, x, y, w)}
    timers["rmsnorm"](1)
    check(problem, x, y, w)
    times = time_in_turns(timers, turns)
    ours, (copy, copy_name), (hand, hand_name) = times["rmsnorm"], best(times, "copy"), best(times, "yardstick")
    return dict(zip(FIELDS, [
        problem.dtype, "x".join(map(str, problem.shape)), " ".join(map(str, problem.axes)), problem.threads,
        problem.bytes, f"{ours * 1e3:.4f}", f"{2e-9 * problem.bytes / ours:.1f}", f"{copy * 1e3:.4f}",
        f"{copy / ours:.2f}", f"{hand * 1e3:.4f}" if hand else "", f"{hand / ours:.2f}" if hand else "",
        copy_name, hand_name]))


def print_table(rows):
    columns = ["dtype", "shape", "axes", "threads", "ms", "gb_per_s", "of_copy", "of_yardstick"]
    titles = ["type", "shape", "axes", "threads", "ms", "GB/s", "of copy", "of yardstick"]
    table = [titles] + [[str(row[column]) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths)))


def write_csv(path, rows, header):
    text = io.StringIO()
    text.write("".join(f"# {line}\n" for line in header))
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue())


def main():
    options = parse_arguments()
    header = [machine(), f"{datetime.date.today()}, {' '.join(sys.argv[1:])}"]
    print("\n".join(header))
    library = capi.load(options.build)
    systems = [Copies(library), Norms(library, capi.create_context(library, options.cpu, options.features))]
    if options.yardstick:
        systems.append(Yardstick(options.yardstick))
    memory, rows = Memory(library), []
    progress = tqdm.tqdm(list(problems(options)), unit="problem", disable=not sys.stderr.isatty())
    with contextlib.closing(progress):
        for problem in progress:
            progress.set_description(f"{problem.dtype} {problem.name}")
            rows.append(measure(problem, systems, memory, options.turns))
    print_table(rows)
    if options.csv:
        write_csv(options.csv, rows, header)
    print(flush=True)
    subprocess.run([options.build / "bin" / "rmsnorm-bench-call"], check=True)


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, OSError, RuntimeError, ValueError) as error:
        sys.exit(f"error: {error}")
