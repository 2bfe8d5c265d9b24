# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-labels.py SOURCE_DIR: the labels C1, C2, ... agree everywhere.

Every label of docs/Semantics.md (`| C1 | ...`) stands at a check of
lib/IR/Verification.cpp (`// C1: ...` or `// C1, ...`), at a test with an
expected error in test/IR/invalid*.mlir (`// C1: ...`), and in docs/Dialect.md
beside what it governs; and no other label stands there.
"""
import glob
import os
import re
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def tested(text):
    """Labels of the parts of a test file that expect an error."""
    labels = set()
    for part in text.split("// -----"):
        if "expected-error" in part:
            labels.update(re.findall(r"^// (C\d+): ", part, re.M))
    return labels


root = sys.argv[1]
documented = re.findall(r"^\| (C\d+) \|", read(os.path.join(root, "docs", "Semantics.md")), re.M)
tests = set()
for path in glob.glob(os.path.join(root, "test", "IR", "invalid*.mlir")):
    tests |= tested(read(path))
checked = set(re.findall(r"// (C\d+)[:,]", read(os.path.join(root, "lib", "IR", "Verification.cpp"))))
referred = set(re.findall(r"\bC\d+\b", read(os.path.join(root, "docs", "Dialect.md"))))

errors = []
if documented != [f"C{number}" for number in range(1, len(documented) + 1)] or not documented:
    errors.append(f"docs/Semantics.md: expected labels C1, C2, ... in order, but got {documented}")
for place, labels in (("test/IR/invalid*.mlir", tests), ("lib/IR/Verification.cpp", checked),
                      ("docs/Dialect.md", referred)):
    for label in sorted(set(documented) - labels):
        errors.append(f"{place}: expected {label} of docs/Semantics.md, but it is missing")
    for label in sorted(labels - set(documented)):
        errors.append(f"{place}: got {label}, which docs/Semantics.md does not have")
if errors:
    sys.exit("\n".join(errors))
