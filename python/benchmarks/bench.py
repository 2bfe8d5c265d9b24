# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How fast norms run on this machine, beside the best copy of x, what else computes them here, and,
where a folder of them is given, hand-written kernels. All that is compared runs in one process for
each thread count, in turns of random order; a time is the median of its turns. Each result is
checked against float64 before it is timed. Status 1 if one is wrong.

    bench.py [options]             runs
    bench.py merge CSV... [options]  medians of several runs of one machine
    bench.py plot CSV... FILE      draws results to FILE.svg or FILE.png
    bench.py tune [options]        looks for faster schedules than the compiler's
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

import plot
import table
import tqdm
from problems import DTYPES, KINDS, SIZES, problems, size_in_bytes
from systems import BLOCKTIME, Wrong, processor_fields

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SYSTEMS = ["rmsnorm", "rmsnorm-in-place", "copy", "brainstate", "jnp", "torch-eager", "torch-compile", "onnxruntime", "onednn",
           "rmsnorm-python"]
# Options with names of this machine's files.
FILES = ("--build", "--csv", "--plot", "--yardstick", "--onednn")
# What matters of what a processor can do.
FEATURES = ["avx2", "fma", "f16c", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16", "asimd", "bf16", "sve"]
DEFAULTS = {"kinds": list(KINDS), "dtypes": ["f32", "bf16", "f16"], "lengths": None, "sizes": SIZES, "turns": 15}
QUICK = {"kinds": ["norm", "call"], "dtypes": ["f32", "bf16"], "lengths": [128, 4096], "sizes": ["512k", "8M"], "turns": 7}


def read_size(text):
    if not size_in_bytes(text):
        raise argparse.ArgumentTypeError(f"expected a size such as 512k or 8M, but got {text!r}")
    return text


def read_count(text):
    if not re.fullmatch(r"[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"expected a number of 1 or more, but got {text!r}")
    return int(text)


def read_picture(text):
    if not text.endswith((".svg", ".png")):
        raise argparse.ArgumentTypeError(f"expected a file name that ends in .svg or .png, but got {text!r}")
    return pathlib.Path(text)


def add_outputs(parser):
    parser.add_argument("--csv", type=pathlib.Path, metavar="FILE", help="write the results there")
    parser.add_argument("--plot", type=read_picture, metavar="FILE", help="draw them there, as .svg or .png")


def parse_run(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path, help="build folder")
    parser.add_argument("--quick", action="store_true", help="a part that takes about a minute")
    kinds = ", ".join(f"{name}: {text}" for name, text in KINDS.items())
    parser.add_argument("--kinds", nargs="+", choices=KINDS, metavar="KIND", help=f"of norms; {kinds}")
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, metavar="TYPE", help="of x and y: f32, bf16, f16, f64")
    parser.add_argument("--lengths", nargs="+", type=read_count, metavar="N", help="of the last axis")
    parser.add_argument("--sizes", nargs="+", type=read_size, metavar="SIZE", help="of x, such as 8M")
    parser.add_argument("--threads", nargs="+", type=read_count, metavar="N")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, metavar="NAME", help=", ".join(SYSTEMS))
    parser.add_argument("--turns", type=read_count, metavar="N", help="of which a time is the median")
    parser.add_argument("--cpu", help="LLVM's name of the processor to compile for")
    parser.add_argument("--features", help="LLVM's feature string, added to those of --cpu")
    parser.add_argument("--yardstick", metavar="DIR", help="folder of hand-written kernels, see systems.py")
    parser.add_argument("--onednn", metavar="FILE", help="a libdnnl.so of your own")
    add_outputs(parser)
    options = parser.parse_args(arguments)
    for name, value in {**DEFAULTS, **(QUICK if options.quick else {})}.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if options.threads is None:
        options.threads = [processors] if options.quick else sorted({1, processors})
    if max(options.threads) > processors:
        parser.error(f"argument --threads: expected at most {processors}, the processors there are, "
                     f"but got {max(options.threads)}")
    return options


def machine():
    """The processor's name and what of it there is."""
    field = processor_fields()
    flags = (field.get("flags") or field.get("Features") or "").split()
    family = f"family {field.get('cpu family', '?')} model {field.get('model', '?')}"
    return ", ".join([f"{field.get('model name') or platform.machine()} ({family})",
                      " ".join(name for name in FEATURES if name in flags), f"{os.cpu_count()} cores"])


def commit():
    """Of this project, where it is in a repository."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        return subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], check=True, text=True,
                              capture_output=True).stdout.strip()
    return "?"


def command(arguments):
    """`arguments` as they may be shown elsewhere: without the names of files here."""
    kept, values = ["bench.py"], iter(arguments)
    for argument in values:
        if not argument.startswith(FILES):
            kept.append(argument)
        elif "=" not in argument:
            next(values, None)
    return " ".join(kept)


def environment(threads):
    """Of a worker: what makes each system as fast as it gets."""
    variables = dict(os.environ)
    # Large results would else be given back to the system and their pages made anew.
    variables["GLIBC_TUNABLES"] = ":".join(["glibc.malloc.hugetlb=1", "glibc.malloc.mmap_max=0",
                                            "glibc.malloc.mmap_threshold=68719476736",
                                            "glibc.malloc.trim_threshold=68719476736"])
    # Where the wheels of oneDNN leave what it is linked with, and the driver that it runs on.
    variables.setdefault("OCL_ICD_FILENAMES", f"{sys.prefix}/lib/libintelocl.so")
    variables["LD_LIBRARY_PATH"] = f"{variables.get('LD_LIBRARY_PATH', '')}:{sys.prefix}/lib".lstrip(":")
    variables.setdefault("KMP_BLOCKTIME", str(BLOCKTIME))
    variables["OMP_NUM_THREADS"] = str(threads)
    if threads == 1:
        variables["XLA_FLAGS"] = variables.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
    return variables


class Failed(Exception):
    """What went wrong in a process."""


def work(options, threads, listed):
    """Runs a worker; yields what it reports."""
    task = {"build": str(options.build), "threads": threads, "turns": options.turns, "wanted": options.systems or [],
            "systems": (options.systems or SYSTEMS) + ["yardstick"] * bool(options.yardstick),
            "options": {name: getattr(options, name) for name in ("cpu", "features", "yardstick", "onednn")},
            "problems": [vars(problem) for problem in listed]}
    reading, writing = os.pipe()
    process = subprocess.Popen([sys.executable, HERE / "worker.py", str(writing)], stdin=subprocess.PIPE,
                               pass_fds=[writing], env=environment(threads))
    os.close(writing)
    try:
        with process.stdin as stream:
            stream.write(json.dumps(task).encode())
        with os.fdopen(reading) as events:
            for line in events:
                event = json.loads(line)
                if event["event"] == "error":
                    raise Failed(event["text"])
                yield event
    except BaseException:
        process.terminate()
        raise
    finally:
        status = process.wait()
    if status:
        raise Failed(f"expected the process for {threads} threads to end well, but got status {status}")


def run(options):
    """Runs all; returns the header, the rows, and whether all was right."""
    header = {"machine": machine(), "date": str(datetime.date.today()), "commit": commit(),
              "command": command(sys.argv[1:])}
    print("\n".join(header.values()), flush=True)
    listed = {threads: problems(options.kinds, options.dtypes, options.lengths, options.sizes, threads)
              for threads in options.threads}
    rows, absent, refused, failures = [], {}, {}, []
    with tqdm.tqdm(total=sum(map(len, listed.values())), unit="problem", disable=not sys.stderr.isatty()) as progress:
        for threads in options.threads:
            for event in work(options, threads, listed[threads]):
                match event["event"]:
                    case "systems":
                        header["versions"] = ", ".join(dict.fromkeys(filter(None, event["versions"])))
                    case "begin":
                        progress.set_description(f"{event['problem']}, {threads} threads")
                    case "measured":
                        rows += table.rows_of(event)
                        progress.update()
                        # What a run that does not come to its end has found.
                        save(options, header, rows)
                    case "absent":
                        absent[event["system"]] = event["why"]
                    case "refused":
                        refused.setdefault(event["system"], {})[event["what"]] = None
                    case "failed":
                        failures.append(f"error: {event['system']}, {event['problem']}: {event['why']}")
    notices = [header.get("versions")]
    notices += [f"{system} is left out: {why}" for system, why in absent.items()]
    notices += [f"{system} has no {', '.join(what)}" for system, what in refused.items()]
    print("\n".join(filter(None, [*notices, *failures])), end="\n\n")
    return header, rows, not failures


def save(options, header, rows):
    if options.csv:
        table.write(options.csv, header, rows)


def finish(options, header, rows):
    print(table.table(rows))
    if text := table.summary(rows):
        print(f"\n{text}")
    save(options, header, rows)
    if options.plot:
        plot.draw(options.plot, header, rows)


def check_outputs(options):
    """Raises before the measuring, not after it."""
    if options.plot:
        plot.require()
    for path in filter(None, [options.csv, options.plot]):
        if not path.resolve().parent.is_dir():
            raise FileNotFoundError(f"expected {path} to be in a folder that is there")


def main_run(arguments):
    options = parse_run(arguments)
    check_outputs(options)
    header, rows, right = run(options)
    finish(options, header, rows)
    return 0 if right else 1


def main_merge(arguments):
    parser = argparse.ArgumentParser(prog="bench.py merge", description="Medians of several runs of one machine.")
    parser.add_argument("tables", nargs="+", type=pathlib.Path, metavar="CSV")
    add_outputs(parser)
    options = parser.parse_args(arguments)
    check_outputs(options)
    finish(options, *table.merge([table.read(path) for path in options.tables]))
    return 0


def main_plot(arguments):
    parser = argparse.ArgumentParser(prog="bench.py plot", description="Draws results.")
    parser.add_argument("tables", nargs="+", type=pathlib.Path, metavar="CSV")
    parser.add_argument("plot", type=read_picture, metavar="FILE", help="a name that ends in .svg or .png")
    parser.add_argument("--threads", type=read_count, metavar="N", help="of that thread count alone")
    options = parser.parse_args(arguments)
    plot.draw(options.plot, *table.merge([table.read(path) for path in options.tables]), options.threads)
    return 0


def main_tune(arguments):
    # Only here: it needs what only workers need else.
    import tune
    parser = argparse.ArgumentParser(prog="bench.py tune", description=tune.__doc__)
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path, help="build folder")
    tune.add_options(parser, read_count, read_size)
    print("\n".join([machine(), str(datetime.date.today()), commit()]), flush=True)
    try:
        tune.tune(parser.parse_args(arguments))
    except Wrong as error:
        raise Failed(f"a schedule's result is wrong: {error}") from error
    return 0


def main():
    others = {"merge": main_merge, "plot": main_plot, "tune": main_tune}
    if sys.argv[1:2] and sys.argv[1] in others:
        return others[sys.argv[1]](sys.argv[2:])
    return main_run(sys.argv[1:])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failed, OSError, RuntimeError, ValueError) as error:
        sys.exit(f"error: {error}")
