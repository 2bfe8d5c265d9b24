# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ten processes at a time fill one disk cache, and are killed at any moment: no entry is ever wrong or refused.

disk-cache.py PROGRAM FOLDER: PROGRAM is disk-cache-fill, FOLDER is made.
"""

import pathlib
import random
import subprocess
import sys
import time

PROGRAM, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
BYTES = 64 << 20


def start(*arguments):
    return subprocess.Popen([PROGRAM, str(FOLDER), *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def files():
    return [path for path in FOLDER.rglob("*") if path.is_file()]


def fill():
    """How many were killed."""
    draw, running, killed = random.Random(0), {}, 0
    deadline, latest = time.monotonic() + 4, time.monotonic() + 60
    try:
        # Until some were killed while they wrote: their files are left, under names of their own.
        while time.monotonic() < deadline or (not any(path.suffix for path in files()) and time.monotonic() < latest):
            while len(running) < 10:
                running[start(draw.randrange(10**6), BYTES)] = time.monotonic() + draw.uniform(0.02, 1)
            for process, end in list(running.items()):
                if process.poll() is None and time.monotonic() > end:
                    process.kill()
                    process.wait()
                    killed += 1
                if process.returncode is not None:
                    del running[process]
                    output = process.communicate()[0]
                    assert process.returncode == -9, f"status {process.returncode}: {output}"
            time.sleep(0.001)
    finally:
        for process in running:
            process.kill()
            process.communicate()
    return killed


killed = fill()
left = [path for path in files() if path.suffix]
print(f"{killed} killed, {len(left)} of them while they wrote")
assert left, "expected some to be killed while they wrote"

# What is left does no harm, and goes when room is needed.
process = start(1, BYTES, 100)
output = process.communicate()[0]
assert process.returncode == 0 and output.endswith(" loaded\n") and output != "0 loaded\n", output
process = start(1, 16, 400)
assert process.communicate() and process.returncode == 0
kept = {path.parent for path in left}
assert all(not any(folder.iterdir()) for folder in kept), "expected the rest of killed processes to go"
print("all checks passed")
