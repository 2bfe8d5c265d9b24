#!/usr/bin/env bash
# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# run-tests.sh BUILD [PYTHON]: runs every test of the build folder BUILD: lit's
# and, where the Python package was built, pytest's with the interpreter PYTHON.
# The last line is `N passed, N failed`; the status is 1 if any failed or none
# ran.
set -uo pipefail
build=$1 python=${2:-python3}
lit=$build/lit-report.json pytest=$build/pytest-report.xml
rm -f "$lit" "$pytest"
python3 "$build/bin/rmsnorm-lit" -v --output "$lit" "$build/test"
ran=("$lit")
if [ -d "$build/python/rmsnorm" ]; then
  PYTHONPATH=$build/python "$python" -m pytest -q --junitxml="$pytest" python/tests
  ran+=("$pytest")
fi
python3 - "${ran[@]}" <<'PY'
import json, os, sys
import xml.etree.ElementTree as xml

def of_lit(path):
    tests = json.load(open(path))["tests"]
    passed = sum(t["code"] in ("PASS", "FLAKYPASS") for t in tests)
    skipped = sum(t["code"] in ("UNSUPPORTED", "SKIPPED", "EXCLUDED") for t in tests)
    return passed, len(tests) - passed - skipped

def of_pytest(path):
    suites = list(xml.parse(path).getroot().iter("testsuite"))
    count = lambda name: sum(int(suite.get(name)) for suite in suites)
    failed = count("failures") + count("errors")
    return count("tests") - failed - count("skipped"), failed

passed = failed = 0
for path in sys.argv[1:]:
    # A run without a report is a failure of its own.
    counts = (0, 1)
    if os.path.exists(path):
        counts = of_lit(path) if path.endswith(".json") else of_pytest(path)
    passed += counts[0]
    failed += counts[1]
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
PY
