# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""shards.py FILE.mlir ENTRY --devices N --in NAME[@AXIS]=EXPRESSION ...
--out NAME[@AXIS]=TYPE ... --expect EXPRESSION: runs what shard-partition made of
ENTRY for N devices, one after the other, each on its shards of the inputs, and
compares the results, put together, with the oracle. AXIS is the axis that is split;
without one, every device has all of it.

A function with a collective is run in two parts: up to it, and from it on with the
sum of what the devices gave, which NumPy takes."""

import argparse
import re
import subprocess
import sys
import tempfile

import numpy as np

import check
import oracle


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("entry")
    parser.add_argument("--devices", type=int, required=True)
    parser.add_argument("--in", action="append", default=[], dest="inputs")
    parser.add_argument("--out", action="append", default=[], dest="outputs")
    parser.add_argument("--expect", required=True)
    return parser.parse_args()


def parse_name(text):
    """The name, the axis or None, and what is said of it."""
    name, _, rest = text.partition("=")
    name, _, axis = name.partition("@")
    return name, int(axis) if axis else None, rest


def take_apart(module, entry):
    """The functions up to the collective and from it on, or the one there is."""
    function = re.search(rf"func\.func @{entry}\((.*)\) -> (.*) {{\n((?:.*\n)*?)  }}\n", module)
    arguments, results, body = function.groups()
    if "shard.all_reduce" not in body:
        return [f"func.func @{entry}({arguments}) -> {results} {{\n{body}}}\n"]
    before, result, operand, kind, after = re.fullmatch(
        r"((?:.*\n)*)    (%\w+) = shard\.all_reduce (%\w+) on @\w+ grid_axes = \[0\] : (\S+) -> .*\n((?:.*\n)*)",
        body).groups()
    return [f"func.func @{entry}({arguments}) -> {kind} {{\n{before}return {operand} : {kind}\n}}\n",
            f"func.func @{entry}({arguments}, {result}: {kind}) -> {results} {{\n{before}{after}}}\n"]


def run(function, entry, arrays, count):
    """The results of `function`."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/function.mlir", "w") as file:
            file.write(function)
        command = ["rmsnorm-run", f"{folder}/function.mlir", f"--entry={entry}"]
        for index, array in enumerate(arrays):
            np.save(f"{folder}/{index}.npy", array)
            command.append(f"--input={folder}/{index}.npy")
        paths = [f"{folder}/out{index}.npy" for index in range(count)]
        done = subprocess.run(command + [f"--output={path}" for path in paths],
                              capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stderr[:4000]}")
        return [np.load(path) for path in paths]


def main():
    options = parse_arguments()
    scope = {**vars(oracle), **vars(check)}
    shards = [[] for _ in range(options.devices)]
    for name, axis, expression in map(parse_name, options.inputs):
        scope[name] = array = np.asarray(eval(expression, scope))
        parts = [array] * options.devices if axis is None else np.split(array, options.devices, axis)
        for shard, part in zip(shards, parts):
            shard.append(np.ascontiguousarray(part))
    parts = take_apart(open(options.file).read(), options.entry)
    if len(parts) == 2:
        sums = [run(parts[0], options.entry, shard, 1)[0] for shard in shards]
        for shard in shards:
            shard.append(np.sum(sums, axis=0, dtype=sums[0].dtype))
    results = [run(parts[-1], options.entry, shard, len(options.outputs)) for shard in shards]
    expected = eval(options.expect, scope)
    failed = False
    for index, (name, axis, dtype) in enumerate(map(parse_name, options.outputs)):
        got = [result[index].view(eval(dtype, scope)) for result in results]
        if axis is None and any(part.tobytes() != got[0].tobytes() for part in got):
            sys.exit(f"{options.entry}: {name}: expected one value on all devices, but got several")
        whole = got[0] if axis is None else np.concatenate(got, axis)
        complaint = oracle.compare(whole, expected[index])
        if complaint:
            print(f"{options.entry}: {name}: {complaint}", file=sys.stderr)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
