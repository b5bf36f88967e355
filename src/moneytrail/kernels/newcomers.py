"""Of what the windows of each list hold, how much comes from those who have not come often yet.

Oracle: ``tests/oracles/newcomers.py``.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


@njit(cache=True, nogil=True, parallel=True)
def newcomers(
    indptr: NDArray[np.int64],
    moves: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]],
    spans: tuple[int, int],
    regular: int,
    borders: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """What newcomers brought in the window that ends at each position, and how many they are.

    A peer is a newcomer at time ``t`` while fewer than `regular` of its transfers to the list lie in the lookback
    ``(t - lookback, t]``, up to the position itself.

    Parameters
    ----------
    indptr : int64[lists + 1]
        Where each list begins.
    moves : (time int64[m], peer int32[m], weight int64[m])
        Microseconds, not falling within a list; codes from 0 on; what a transfer brings. One below zero brings nothing
        and makes nobody counted as a newcomer, but the transfer counts as the peer's.
    spans : (window, lookback)
        Microseconds, above 0.
    regular : int
        1 or more.
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`. A chunk of lists is one thread's alone.

    Returns
    -------
    (value int64[m], peers int32[m])
        Cost: linear, and the number of peers a chunk.
    """
    time, peer, weight = moves
    window, lookback = spans
    peers = 0
    for p in range(peer.size):
        peers = max(peers, peer[p] + 1)
    value = np.zeros(time.size, np.int64)
    number = np.zeros(time.size, np.int32)
    for chunk in prange(borders.size - 1):
        if indptr[borders[chunk]] == indptr[borders[chunk + 1]]:
            continue
        came = np.zeros(peers, np.int64)
        brought = np.zeros(peers, np.int64)
        parts = np.zeros(peers, np.int64)
        for a in range(borders[chunk], borders[chunk + 1]):
            total = 0
            new = 0
            oldest = indptr[a]
            opening = indptr[a]
            for p in range(indptr[a], indptr[a + 1]):
                # One step at a time: what a peer brought is taken out, the peer is changed, and it is put back.
                while time[opening] <= time[p] - window:
                    one = peer[opening]
                    if weight[opening] >= 0:
                        if came[one] < regular:
                            total -= weight[opening]
                            new -= parts[one] == 1
                        brought[one] -= weight[opening]
                        parts[one] -= 1
                    opening += 1
                while time[oldest] <= time[p] - lookback:
                    one = peer[oldest]
                    came[one] -= 1
                    if came[one] == regular - 1:
                        total += brought[one]
                        new += parts[one] > 0
                    oldest += 1
                one = peer[p]
                came[one] += 1
                if came[one] == regular:
                    total -= brought[one]
                    new -= parts[one] > 0
                if weight[p] >= 0:
                    brought[one] += weight[p]
                    parts[one] += 1
                    if came[one] < regular:
                        total += weight[p]
                        new += parts[one] == 1
                value[p] = total
                number[p] = new
            for p in range(indptr[a], indptr[a + 1]):
                came[peer[p]] = 0
                brought[peer[p]] = 0
                parts[peer[p]] = 0
    return value, number
