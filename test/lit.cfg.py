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
if config.sanitizers:
    config.available_features.add("sanitize")
    config.rmsnorm_runtime += " -fsanitize=" + config.sanitizers.replace(";", ",")
    # libMLIR is not instrumented: it takes memory from arenas that our code has
    # poisoned without telling so.
    config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0"
    config.environment["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"
config.substitutions += [
    ("%rmsnorm_binary_dir", config.rmsnorm_binary_dir),
    ("%rmsnorm_source_dir", config.rmsnorm_source_dir),
    ("%mlir_include_dir", config.mlir_include_dir),
    ("%python", config.python),
    ("%rmsnorm_runtime", config.rmsnorm_runtime),
    ("%cc", config.cc),
    ("%cxx", config.cxx),
]


def links(*flags):
    """Whether the C compiler makes a program with these flags."""
    output = os.path.join(config.test_exec_root, "links")
    command = [config.cc, "-x", "c", "-", "-o", output, *flags]
    return not subprocess.run(command, input=b"int main(void) { return 0; }", capture_output=True).returncode


# What some tests of the runtime are compiled with.
if links("-fsanitize=thread"):
    config.available_features.add("thread-sanitizer")
if links("-fopenmp"):
    config.available_features.add("openmp")
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.rmsnorm_binary_dir, "bin"), config.llvm_tools_dir,
     config.environment["PATH"]])

# `RMSNORM_TARGET=host,-avx512f make test` runs all tests on code for AVX2.
if "RMSNORM_TARGET" in os.environ:
    config.environment["RMSNORM_TARGET"] = os.environ["RMSNORM_TARGET"]

# Tests see what they compile, and leave nothing in the user's cache.
config.environment["RMSNORM_CACHE"] = "0"

# What the tests of numbers are written with; `make` installs it.
if subprocess.run([config.python, "-c", "import numpy, ml_dtypes"], capture_output=True).returncode == 0:
    config.available_features.add("numpy")

# The Python package, where it is built.
if os.path.exists(os.path.join(config.rmsnorm_binary_dir, "python", "rmsnorm", "__init__.py")):
    config.available_features.add("python-package")
