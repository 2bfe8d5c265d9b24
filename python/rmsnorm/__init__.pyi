# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike

def rms_norm(
    x: np.ndarray,
    scale: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    *,
    residual: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    epsilon: float = 1e-6,
    reduction_axes: int | Sequence[int] = -1,
    feature_axes: int | Sequence[int] = -1,
    scale_offset: float = 0.0,
    cast_order: Literal["scale_then_cast", "cast_then_scale"] = "scale_then_cast",
    dtype: DTypeLike | None = None,
    stats_dtype: DTypeLike | None = None,
    stable: bool = False,
    return_rstd: bool = False,
    return_residual: bool = False,
    out: np.ndarray | tuple[np.ndarray | None, ...] | None = None,
) -> Any: ...
def get_num_threads() -> int: ...
def set_num_threads(count: int) -> None: ...
def get_num_compiled() -> int: ...
def get_cache_info() -> dict[str, Any]: ...
def set_cache_directory(
    directory: str | bytes | os.PathLike[str] | None,
    max_bytes: int | None = None,
) -> None: ...
def set_schedule(schedule: str | None) -> None: ...
