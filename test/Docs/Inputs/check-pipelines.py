# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-pipelines.py DOCUMENT: the tables of DOCUMENT say what rmsnorm-to-cpu
has: the stages in their order, the project's passes in each, the options."""

import re
import subprocess
import sys

OPT = "rmsnorm-opt"
PIPELINE = "rmsnorm-to-cpu"


def opt(*arguments):
    return subprocess.run([OPT, "-", *arguments], input="", capture_output=True, text=True)


def compare(what, expected, found):
    if expected != found:
        sys.exit(f"{what} {', '.join(expected)}, but got {', '.join(found)}")


with open(sys.argv[1], encoding="utf-8") as file:
    tables = re.findall(r"(?:^\|.*\n)+", file.read(), re.M)
rows = [re.findall(r"^\| `([\w-]+)` \|(.*)\|$", table, re.M) for table in tables]
stages, options = (dict(table) for table in rows)

refused = opt(f"--{PIPELINE}=stop-after=none").stderr
compare("expected the stages", re.search(r"one of (.*), but got none", refused)[1].split(", "), list(stages))
before = ""
for stage, text in stages.items():
    dumped = opt(f"--{PIPELINE}={before} stop-after={stage}", "--dump-pass-pipeline").stderr
    compare(f"{stage}: expected", re.findall(r"rmsnorm-[a-z-]+", dumped), re.findall(r"`(rmsnorm-[a-z-]+)`", text))
    before = f"start-after={stage}"

about = re.search(rf"^ +--{PIPELINE} .*\n((?: {{8}}--.*\n)+)", opt("--help").stdout, re.M)[1]
compare("expected the options", sorted(re.findall(r"^ +--([\w-]+)", about, re.M)), sorted(options))
