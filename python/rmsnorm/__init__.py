# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""RMSNorm on NumPy arrays, compiled for the machine it runs on.

    import numpy as np, rmsnorm
    y = rmsnorm.rms_norm(x, scale)

The first call of a kind (types, rank, axes, options) compiles a kernel, which
takes tens of milliseconds; later ones find it.
"""

from ._core import get_num_compiled, get_num_threads, rms_norm, set_num_threads

__all__ = ["get_num_compiled", "get_num_threads", "rms_norm", "set_num_threads"]
__version__ = "0.1.0"
