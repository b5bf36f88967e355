"""Sizes as columns of 0 and 1: the fan, the degree or the gather-scatter that a transfer stands in, by its size.

Oracle: ``tests/oracles/bins.py``.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

LAST_BIN = 30
"""The last bin holds this size and every larger one."""


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def fill_bins(sizes: NDArray[np.float32], columns: NDArray[np.int32], matrix: NDArray[np.float32]) -> None:
    """Add 1 to each row's column of its size.

    Parameters
    ----------
    sizes : float32[rows]
        Whole numbers.
    columns : int32[LAST_BIN + 1]
        Column of `matrix` for each size, -1 where that size is not asked for.
    matrix : float32[rows, any]
    """
    parts = 16
    n = sizes.size
    for part in prange(parts):
        for r in range(n * part // parts, n * (part + 1) // parts):
            size = min(int(sizes[r]), LAST_BIN)
            if size > 0 and columns[size] >= 0:
                matrix[r, columns[size]] += 1.0
