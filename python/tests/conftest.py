# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The oracle is the one that the tests of the tools use."""

import os
import pathlib
import sys

# Tests see what they compile, and leave nothing in the user's cache.
os.environ["RMSNORM_CACHE"] = "0"

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "test" / "Integration" / "CPU" / "Inputs"))
sys.path.insert(0, str(root / "python" / "tests"))
sys.path.append(str(root / "python" / "benchmarks"))
