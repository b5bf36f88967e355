"""Credits of a kind and size that an account did not know before.

Oracle: ``tests/oracles/novelty.py``.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


@njit(cache=True, nogil=True, parallel=True)
def new_in_kind(
    lists: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    kind: NDArray[np.int32],
    kinds: int,
    reach: tuple[int, int],
    least: int,
    borders: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether each transfer is of a kind that its list did not have before, and larger than all that it had.

    Parameters
    ----------
    lists : (indptr int64[lists + 1], time int64[m], amount int64[m])
        Times in microseconds, not falling within a list.
    kind : int32[m]
        From 0 to ``kinds - 1``.
    kinds : int
    reach : (longest, gap)
        Microseconds: what was before a transfer at `t` are those of its list in ``(t - longest, t - gap]``.
    least : int
        With fewer transfers before than this, nothing is new.
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`. A chunk of lists is one thread's alone.

    Returns
    -------
    bool[m]
        Cost: linear.
    """
    indptr, time, amount = lists
    longest, gap = reach
    new = np.zeros(time.size, np.bool_)
    for chunk in prange(borders.size - 1):
        if indptr[borders[chunk]] == indptr[borders[chunk + 1]]:
            continue
        held = np.zeros(kinds, np.int32)
        most = 0
        for a in range(borders[chunk], borders[chunk + 1]):
            most = max(most, indptr[a + 1] - indptr[a])
        falling = np.empty(most, np.int64)
        for a in range(borders[chunk], borders[chunk + 1]):
            low = high = indptr[a]
            head = tail = 0
            for p in range(indptr[a], indptr[a + 1]):
                while time[high] <= time[p] - gap:
                    held[kind[high]] += 1
                    # The amounts that may still become the largest, falling; the first is the largest now.
                    while tail > head and amount[falling[tail - 1]] <= amount[high]:
                        tail -= 1
                    falling[tail] = high
                    tail += 1
                    high += 1
                while low < high and time[low] <= time[p] - longest:
                    held[kind[low]] -= 1
                    if tail > head and falling[head] == low:
                        head += 1
                    low += 1
                known = high - low >= least and tail > head
                new[p] = known and held[kind[p]] == 0 and amount[p] > amount[falling[head]]
            while low < high:
                held[kind[low]] -= 1
                low += 1
    return new
