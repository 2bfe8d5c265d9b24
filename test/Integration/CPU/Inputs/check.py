# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check.py FILE.mlir ENTRY --in NAME=EXPRESSION ... --out NAME=TYPE[:SHAPE] ...
--expect EXPRESSION: runs ENTRY by rmsnorm-run and compares with the oracle. A SHAPE
of @N is what the call leaves in argument N.

Expressions are Python, over the inputs and the names of oracle.py and below; the
one of --expect gives an Expected value, or a tuple of them, one for each output.
The function runs on one thread and on two, which must give the same bits.
--draw-schedules=SEED has each norm computed by a schedule that is drawn at random."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

import oracle

sys.path.append(str(pathlib.Path(__file__).resolve().parents[4] / "python" / "benchmarks"))
import schedules  # noqa: E402

random = np.random.default_rng(20240229)
VIEWS = {name: getattr(oracle, name) for name in ("bf16", "f8e4m3fn", "f8e5m2")}


def normal(shape, dtype=oracle.f32, spread=1.0):
    """Normal numbers of the given spread."""
    values = random.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * random.standard_normal(shape)
    return (values * spread).astype(dtype)


def spiky(shape, dtype=oracle.f32):
    """Rows in which one number is 1e4 times the rest."""
    values = random.standard_normal(shape)
    spike = random.integers(0, shape[-1], shape[:-1])
    np.put_along_axis(values, spike[..., None], 1e4, -1)
    return values.astype(dtype)


def integers(shape, dtype):
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max, shape, dtype, endpoint=True)


def bools(shape, share=0.7):
    return random.random(shape) < share


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("entry")
    parser.add_argument("--in", action="append", default=[], dest="inputs")
    parser.add_argument("--out", action="append", default=[], dest="outputs")
    parser.add_argument("--expect", required=True)
    parser.add_argument("--worst", type=float, help="ulp, in place of the oracle's limit")
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--draw-schedules", type=int, metavar="SEED")
    return parser.parse_args()


def draw_schedules(options, folder):
    """The name of a copy of the file in which each norm has a schedule that is drawn by the seed and the entry."""
    done = subprocess.run(["rmsnorm-opt", options.file, "--rmsnorm-schedule"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"rmsnorm-opt {options.file}: status {done.returncode}\n{done.stderr[:4000]}")
    generator = schedules.generator(options.draw_schedules, options.entry)

    def draw(_):
        return f"#rmsnorm.cpu_schedule<{schedules.to_text(schedules.draw(generator))}>"

    text, count = re.subn("#rmsnorm.cpu_schedule<[^>]*>", draw, done.stdout)
    print(f"{options.entry}: {count} drawn:", *re.findall("#rmsnorm.cpu_schedule<[^>]*>", text))
    path = f"{folder}/drawn.mlir"
    pathlib.Path(path).write_text(text)
    return path


def run(options, folder, names, target, threads):
    """The bytes of each output file."""
    command = ["rmsnorm-run", options.file, f"--entry={options.entry}", f"--threads={threads}"]
    command += [f"--target={target}"] if target else []
    command += [f"--input={folder}/{name}.npy" for name in names]
    paths = []
    for output in options.outputs:
        name, shape = output.partition("=")[0], output.partition(":")[2]
        paths.append(f"{folder}/{name}.out.npy")
        if shape.startswith("@"):
            command.append(f"--save-argument={shape[1:]}:{paths[-1]}")
        else:
            command.append(f"--output={paths[-1]}" + (f":{shape}" if shape else ""))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stderr[:4000]}")
    return [open(path, "rb").read() for path in paths]


def load(path, dtype_name):
    array = np.load(path)
    return array.view(VIEWS[dtype_name]) if dtype_name in VIEWS else array


def check(options, folder, target):
    scope = {**vars(oracle), "normal": normal, "spiky": spiky, "integers": integers, "bools": bools,
             "np": np}
    names = []
    for text in options.inputs:
        name, _, expression = text.partition("=")
        scope[name] = np.asarray(eval(expression, scope))
        names.append(name)
        np.save(f"{folder}/{name}.npy", scope[name])
    expected = eval(options.expect, scope)
    expected = expected if isinstance(expected, tuple) else (expected,)
    one = run(options, folder, names, target, 1)
    two = run(options, folder, names, target, 2)
    complaints = []
    for index, text in enumerate(options.outputs):
        name, _, dtype = text.partition(":")[0].partition("=")
        if one[index] != two[index]:
            complaints.append(f"{name}: one and two threads give different bits")
        got = load(f"{folder}/{name}.out.npy", dtype)
        if got.dtype != eval(dtype, scope):
            complaints.append(f"{name}: expected type {dtype}, but got {got.dtype}")
            continue
        if isinstance(expected[index], oracle.Expected):
            complaint = oracle.compare(got, expected[index], options.worst)
        else:
            complaint = None if np.array_equal(got, expected[index]) else f"got {got}"
        if complaint:
            complaints.append(f"{name}: {complaint}")
    return complaints


def main():
    options = parse_arguments()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        if options.draw_schedules is not None:
            options.file = draw_schedules(options, folder)
        for target in options.target or [None, "x86-64"]:
            for complaint in check(options, folder, target):
                print(f"{options.entry}, target {target or 'of this run'}: {complaint}", file=sys.stderr)
                failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
