# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The oracle is the one that the tests of the tools use."""

import pathlib
import sys

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "test" / "Integration" / "CPU" / "Inputs"))
sys.path.insert(0, str(root / "python" / "tests"))
sys.path.append(str(root / "python" / "benchmarks"))
