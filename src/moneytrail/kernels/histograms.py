"""Histogram-based scores: how rare each value of a row is among the values that a histogram was counted on.

Used by the detectors. Oracle: ``tests/oracles/histograms.py``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

CHUNK: Final = 4096
"""Rows that one thread takes at a time."""


class Histograms(NamedTuple):
    """One histogram a feature, all of as many bins. Read-only.

    Attributes
    ----------
    edges : float64[features, bins + 1]
        Rising. A bin holds the values in ``(left edge, right edge]``.
    level : float64[features, bins]
        What a value in the bin adds: the logarithm of its density.
    margin : float64[features, 2]
        Values up to so far below the first edge, or above the last, count to the bin there.
    rarest : float64[features]
        What a value further out adds: the least of the feature's levels.
    """

    edges: NDArray[np.float64]
    level: NDArray[np.float64]
    margin: NDArray[np.float64]
    rarest: NDArray[np.float64]


@njit(cache=True, nogil=True)
def _level(x: float, f: int, histograms: Histograms) -> float:
    """Unit kernel: what one finite value adds. The bin is guessed from even widths and then put right by its edges."""
    edges, level = histograms.edges, histograms.level
    bins = edges.shape[1] - 1
    lowest, highest = edges[f, 0], edges[f, bins]
    if x <= lowest:
        place = 0 if lowest - x <= histograms.margin[f, 0] else bins
    elif x > highest:
        place = bins - 1 if x - highest <= histograms.margin[f, 1] else bins
    else:
        place = min(int((x - lowest) / (highest - lowest) * bins), bins - 1)
        while x <= edges[f, place]:
            place -= 1
        while x > edges[f, place + 1]:
            place += 1
    return float(histograms.rarest[f] if place == bins else level[f, place])


@njit(cache=True, nogil=True, parallel=True)
def rarity(matrix: NDArray[np.floating], histograms: Histograms) -> NDArray[np.float64]:
    """How rare each row's values are together: the levels of its values, summed in the order of the features, negated.

    Parameters
    ----------
    matrix : float32 or float64[rows, features]
        Finite. Compared as float64, so that either gives the same bits.
    histograms : Histograms

    Returns
    -------
    float64[rows]
        A chunk of rows is one thread's alone: the same bits for any number of threads. Cost: linear in the values.
    """
    rows = matrix.shape[0]
    scores = np.empty(rows, np.float64)
    for chunk in prange((rows + CHUNK - 1) // CHUNK):
        for r in range(chunk * CHUNK, min(rows, (chunk + 1) * CHUNK)):
            total = 0.0
            for f in range(matrix.shape[1]):
                total += _level(np.float64(matrix[r, f]), f, histograms)
            scores[r] = -total
    return scores
