# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A norm from Python: a fused residual and, over other axes, a mask."""

import ml_dtypes
import numpy as np
import rmsnorm

x = np.random.default_rng(0).standard_normal((8, 4096)).astype(ml_dtypes.bfloat16)
scale = np.ones(4096, np.float32)

y = rmsnorm.rms_norm(x, scale)
y, h = rmsnorm.rms_norm(x, scale, residual=x, return_residual=True)

images = np.ones((2, 32, 32, 3), np.float32)
mask = np.ones((2, 32, 32, 1), bool)
z = rmsnorm.rms_norm(images, mask=mask, reduction_axes=(1, 2))

print(y.dtype, h.shape, z.shape)
