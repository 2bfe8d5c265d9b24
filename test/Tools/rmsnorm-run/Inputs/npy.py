# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""npy.py FILE DESCR SHAPE [header=TEXT] [bytes=N] [version=N] [cut=N]: writes a
.npy file, right or wrong, without NumPy. SHAPE is such as 2x3 or (). TEXT may be
@FILE."""

import math
import struct
import sys

path, descr, shape = sys.argv[1:4]
options = dict(option.split("=", 1) for option in sys.argv[4:])
extents = [] if shape == "()" else [int(extent) for extent in shape.split("x")]
tuple_text = "(" + ", ".join(map(str, extents)) + ("," if len(extents) == 1 else "") + ")"
header = options.get(
    "header",
    "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (descr, tuple_text))
if header.startswith("@"):
    header = open(header[1:]).read()
size = int("".join(c for c in descr if c.isdigit()) or 1) * math.prod(extents)
version = int(options.get("version", 1))
length = struct.pack("<H" if version == 1 else "<I", len(header))
data = b"\x93NUMPY" + bytes([version, 0]) + length + header.encode()
data += bytes(int(options.get("bytes", size)))
with open(path, "wb") as file:
    file.write(data[:int(options.get("cut", len(data)))])
