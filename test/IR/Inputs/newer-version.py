# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""newer-version.py IN OUT: bytecode whose rmsnorm dialect is of version 99."""
import sys

# Section 7 (a dialect's version), one byte long: the number 1, then 99.
OLD, NEW = b"\x07\x03\x03", b"\x07\x03\xc7"
with open(sys.argv[1], "rb") as file:
    data = file.read()
if data.count(OLD) != 1:
    sys.exit(f"expected one version of a dialect, but got {data.count(OLD)}")
with open(sys.argv[2], "wb") as file:
    file.write(data.replace(OLD, NEW))
