# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# check-docs.py DOCUMENT FOLDER: each code block of DOCUMENT whose first line
# names a file (```c norm.c) stands in that file of FOLDER, word for word.
# Blocks of CMake stand in FOLDER/CMakeLists.txt.

import pathlib
import re
import sys

document, folder = map(pathlib.Path, sys.argv[1:])
blocks = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", document.read_text(),
                    re.MULTILINE | re.DOTALL)
wrong = 0
for language, name, code in blocks:
    if language == "cmake":
        name = "CMakeLists.txt"
    if code not in (folder / name).read_text():
        print(f"{document}: expected this code in {folder / name}:\n{code}")
        wrong = 1
print(f"{len(blocks)} blocks")
sys.exit(wrong or not blocks)
