#!/usr/bin/env bash
# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# run-tests.sh BUILD: runs every test of the build folder BUILD. The last line
# is `N passed, N failed`; the status is 1 if any failed or none ran.
set -uo pipefail
build=$1
report=$build/lit-report.json
rm -f "$report"
python3 "$build/bin/rmsnorm-lit" -v --output "$report" "$build/test"
python3 - "$report" <<'PY'
import json, os, sys
tests = json.load(open(sys.argv[1]))["tests"] if os.path.exists(sys.argv[1]) else []
passed = sum(t["code"] in ("PASS", "FLAKYPASS") for t in tests)
skipped = sum(t["code"] in ("UNSUPPORTED", "SKIPPED", "EXCLUDED") for t in tests)
failed = len(tests) - passed - skipped
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
PY
