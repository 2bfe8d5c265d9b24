#!/usr/bin/env bash
# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# run-sanitized.sh BUILD CC PYTHON argument...: runs PYTHON on the package rmsnorm
# of BUILD, a build folder of the preset `sanitize` made with the C compiler CC.
# The first report of a sanitizer ends it with a status that is not 0.
set -euo pipefail
build=$1 cc=$2 python=$3
shift 3
runtime=$("$cc" -print-file-name="libclang_rt.asan-$(uname -m).so")
[ -f "$runtime" ] || { echo "expected the runtime of AddressSanitizer of $cc, but found none" >&2; exit 1; }
# The interpreter is not instrumented: the runtime has to be there before it, and
# what the interpreter keeps to its end is no leak of ours. libMLIR takes memory
# from arenas that our code has poisoned without telling so.
export LD_PRELOAD=$runtime
export ASAN_OPTIONS=detect_leaks=0:allow_user_poisoning=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export PYTHONPATH=$build/python
exec "$python" "$@"
