# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import subprocess

import lit.formats

config.name = "RMSNorm"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "CMakeLists.txt", "lit.cfg.py"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.rmsnorm_binary_dir, "test")
config.substitutions += [
    ("%rmsnorm_binary_dir", config.rmsnorm_binary_dir),
    ("%rmsnorm_source_dir", config.rmsnorm_source_dir),
    ("%python", config.python),
    ("%rmsnorm_runtime", config.rmsnorm_runtime),
    ("%cc", config.cc),
    ("%cxx", config.cxx),
]
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.rmsnorm_binary_dir, "bin"), config.llvm_tools_dir,
     config.environment["PATH"]])

# What the tests of numbers are written with; `make` installs it.
if subprocess.run([config.python, "-c", "import numpy, ml_dtypes"], capture_output=True).returncode == 0:
    config.available_features.add("numpy")
