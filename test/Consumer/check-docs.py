# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# check-docs.py DOCUMENT FOLDER...: each code block of DOCUMENT whose first line
# names a file (```c norm.c) stands in that file of one of the folders, word for
# word. Blocks of CMake stand in CMakeLists.txt, those of sh nowhere: they are run.

import pathlib
import re
import sys

document, *folders = map(pathlib.Path, sys.argv[1:])
blocks = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", document.read_text(),
                    re.MULTILINE | re.DOTALL)
wrong = 0
for language, name, code in blocks:
    if language == "sh":
        continue
    if language == "cmake":
        name = "CMakeLists.txt"
    files = [folder / name for folder in folders if (folder / name).is_file()]
    if not any(code in file.read_text() for file in files):
        print(f"{document}: expected this code in {name}:\n{code}")
        wrong = 1
print(f"{len(blocks)} blocks")
sys.exit(wrong or not blocks)
