# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""RMSNorm on NumPy arrays, compiled for the machine it runs on.

    import numpy as np, rmsnorm
    y = rmsnorm.rms_norm(x, scale)

RMSNORM_TARGET in the environment names another processor to compile for, as
"host,-avx512f" does this one held to AVX2. ValueError, from the first call on: it
names none.

The first call of a kind (types, rank, axes, options) compiles a kernel, which
takes tens of milliseconds, or finds it on disk, where another process left it;
later ones find it in memory.

Kernels are kept in RMSNORM_CACHE_DIR, XDG_CACHE_HOME/rmsnorm or
HOME/.cache/rmsnorm, the first of them that is set, up to RMSNORM_CACHE_SIZE
megabytes (256); RMSNORM_CACHE=0 turns that off. `set_cache_directory(directory,
max_bytes)` says otherwise for this process, None: nowhere; kernels in memory are
forgotten. `get_cache_info()` tells what was compiled and found, and the first
problem that there was: no call fails for one.

`set_schedule(schedule)` says how norms map to the processor from now on, by the
parameters of #rmsnorm.cpu_schedule (docs/Dialect.md), such as
"vector = [64, 8, 1], normalize_vector = [32, 8, 1]"; None: chosen for each norm.
Results may differ in bits from those of another schedule. Kernels in memory are
forgotten. ValueError: what is not a schedule.
"""

from ._core import (get_cache_info, get_num_compiled, get_num_threads, rms_norm, set_cache_directory,
                    set_num_threads, set_schedule)

__all__ = ["get_cache_info", "get_num_compiled", "get_num_threads", "rms_norm", "set_cache_directory",
           "set_num_threads", "set_schedule"]
__version__ = "0.1.0"
