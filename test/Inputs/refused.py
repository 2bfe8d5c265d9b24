# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""refused.py FOLDER command...: runs a command that must refuse its input.

Fails unless its exit status is 1, it prints nothing but one error, and FOLDER,
where its outputs would go, stays empty. Prints the error for FileCheck.
"""

import os
import shutil
import subprocess
import sys

folder, command = sys.argv[1], sys.argv[2:]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
done = subprocess.run(command, capture_output=True, text=True)
print(done.stderr, end="")
problems = []
if done.returncode != 1:
    problems.append(f"expected status 1, but got {done.returncode}")
if done.stdout:
    problems.append(f"expected nothing on stdout, but got {done.stdout!r}")
if done.stderr.count("error: ") != 1:
    problems.append("expected one error")
if os.listdir(folder):
    problems.append(f"expected no file, but got {os.listdir(folder)}")
for problem in problems:
    print(f"refused.py: {problem}: {' '.join(command)}", file=sys.stderr)
sys.exit(1 if problems else 0)
