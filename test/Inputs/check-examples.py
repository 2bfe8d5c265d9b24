# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-examples.py DOCUMENT: runs the examples of a generated document.

In docs/Passes.md, each pass has an example: a module, a line `// becomes`, and
a module. The pass is run on the first, and what comes out has to be the second:
the same tokens in the same order, with values named as the example likes and
`...` for anything. In the other documents, the examples are ops and attributes;
they have to parse and verify, with what they use as arguments of a function.
"""

import re
import subprocess
import sys

TOKEN = re.compile(r'\.\.\.|->|"[^"]*"|[%@#^]?[\w.$][\w.$+-]*|\S')
OPT = "rmsnorm-opt"


class Wrong(Exception):
    """An example that does not hold."""


def tokens_of(text):
    return TOKEN.findall(re.sub(r"//.*", "", text))


def opt(text, *arguments):
    done = subprocess.run([OPT, "-", *arguments], input=text, capture_output=True, text=True)
    if done.returncode:
        raise Wrong(f"{done.stderr}in\n{text}")
    return done.stdout


def matches(expected, found, names):
    """The names of values in `expected` as they are in `found`; None where the
    tokens differ. Two names are two values."""
    names = dict(names)
    for want, have in zip(expected, found):
        if not want.startswith("%"):
            if want != have:
                return None
        elif want in names:
            if names[want] != have:
                return None
        elif not have.startswith("%") or have in names.values():
            return None
        else:
            names[want] = have
    return names


def compare(expected, found):
    """`...` stands for as few tokens as will do, at the end for all the rest."""
    segments = [[]]
    for token in expected:
        if token == "...":
            segments.append([])
        else:
            segments[-1].append(token)
    position, names = 0, {}
    for number, segment in enumerate(segments):
        last = len(found) - len(segment)
        begins = range(position, last + 1)
        if number == len(segments) - 1 and segment:
            begins = range(last, last + 1) if last >= position else []
        if number == 0:
            begins = [begin for begin in begins if begin == 0]
        for begin in begins:
            bound = matches(segment, found[begin:], names)
            if bound is not None:
                position, names = begin + len(segment), bound
                break
        else:
            raise Wrong(f"expected\n  {' '.join(segment)}\nbut got\n  {' '.join(found[position:])}")


def check_pass(name, example):
    if example.count("// becomes\n") != 1:
        raise Wrong("expected an example with one line '// becomes'")
    before, after = example.split("// becomes\n")
    printed = tokens_of(opt(before, f"--{name}", "--mlir-print-local-scope",
                            "--mlir-print-unique-ssa-ids"))
    if printed[:2] != ["module", "{"]:
        raise Wrong(f"expected a module, but got\n{' '.join(printed)}")
    compare(tokens_of(after), printed[2:-1])


def check_ops(example):
    """Ops on values with a type, `%x : type)`, that nothing before defines."""
    code = re.sub(r"//.*", "", example)
    defined = set(re.findall(r"%\w+", " ".join(re.findall(r"^(%.*?) =", code, re.M))))
    arguments = {}
    for name, kind in re.findall(r"(%\w+) : ([^)]+)\)", code):
        if name not in defined:
            arguments[name] = kind
    signature = ", ".join(f"{name}: {kind}" for name, kind in arguments.items())
    opt(f"func.func @example({signature}) {{\n{code}return\n}}\n")


def check_transform_ops(example):
    code = re.sub(r"//.*", "", example)
    head = code.split("=")[0] if re.match(r"\s*%", code) else ""
    used = sorted(set(re.findall(r"%\w+", code)) - set(re.findall(r"%\w+", head)))
    handles = "".join(
        f'{name} = transform.structured.match ops{{["rmsnorm.rms_norm"]}} in %root'
        " : (!transform.any_op) -> !transform.any_op\n" for name in used)
    opt("module attributes {transform.with_named_sequence} {\n"
        "transform.named_sequence @example(%root: !transform.any_op {transform.readonly}) {\n"
        f"{handles}{code}transform.yield\n}}\n}}\n")


def check_attributes(example):
    for line in re.sub(r"//.*", "", example).splitlines():
        opt(f"func.func private @example() attributes {{example = {line}}}\n")


def check_example(title, example):
    if title.startswith("-"):
        check_pass(title[1:], example)
    elif title.startswith("transform."):
        check_transform_ops(example)
    elif example.startswith("#"):
        check_attributes(example)
    else:
        check_ops(example)


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        sections = re.split(r"^### ", file.read(), flags=re.M)[1:]
    wrong = checked = 0
    for section in sections:
        title = re.match(r"`?([\w.-]+)", section)[1]
        examples = re.findall(r"^```mlir\n(.*?)^```$", section, re.M | re.S)
        try:
            if title.startswith(("-", "rmsnorm.", "transform.")) and not examples:
                raise Wrong("expected an example, but got none")
            for example in examples:
                check_example(title, example)
                checked += 1
        except Wrong as error:
            print(f"{path}: {title}: {error}")
            wrong = 1
    print(f"{checked} examples")
    sys.exit(wrong or not checked)


if __name__ == "__main__":
    main()
