# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-round-trip.py SOURCE_DIR: all .mlir files under test/ and examples/ go
to text and to bytecode and back unchanged, except those of invalid IR, which
have `invalid` in their names. (--verify-roundtrip of MlirOptMain does both.)"""

import glob
import os
import subprocess
import sys

root = sys.argv[1]
paths = []
for folder in ("test", "examples"):
    paths += glob.glob(os.path.join(root, folder, "**", "*.mlir"), recursive=True)
paths = sorted(path for path in paths if "invalid" not in os.path.basename(path))
failed = 0
for path in paths:
    done = subprocess.run(["rmsnorm-opt", "--verify-roundtrip", "--split-input-file", path],
                          capture_output=True, text=True)
    if done.returncode:
        print(f"{path}: status {done.returncode}\n{done.stderr}")
        failed = 1
print(f"{len(paths)} files")
sys.exit(failed or not paths)
