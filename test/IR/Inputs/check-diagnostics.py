# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-diagnostics.py TEST < DIAGNOSTICS: the whole texts, in order.

--verify-diagnostics is content with a part of a diagnostic. This compares the
texts of the errors on stdin with the `expected-error` texts of TEST, exactly.
"""
import re
import sys

with open(sys.argv[1], encoding="utf-8") as test:
    expected = re.findall(r"// expected-error[^{]*\{\{(.*)\}\}$", test.read(), re.M)
found = re.findall(r"^\S*:\d+:\d+: error: (.*)$", sys.stdin.read(), re.M)
for number, (want, have) in enumerate(zip(expected, found), 1):
    if want != have:
        sys.exit(f"error {number}: expected\n  {want}\nbut got\n  {have}")
if len(expected) != len(found) or not found:
    sys.exit(f"expected {len(expected)} errors, one or more, but got {len(found)}")
