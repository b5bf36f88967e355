"""What an account was used to be paid: for each window of one list, the usual sum of the payer that fits it best.

Used by L02. Oracle: ``tests/oracles/expected.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Paid(NamedTuple):
    """Credits of every account, account by account in ledger order.

    Attributes
    ----------
    peer : int32[k]
        Who paid; -1 where unknown, which is taken for one payer.
    amount : int64[k]
        Minor units.
    """

    peer: NDArray[np.int32]
    amount: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _usual(peer: NDArray[np.int32], amount: NDArray[np.int64], total: int, least: int) -> tuple[int, int, np.int64]:
    """The payer of at least `least` credits whose lower median lies nearest to `total`.

    Returns the payer's first position, its number of credits and the median; position -1 where there is none. Of
    medians that lie equally near the smaller, then of the payer who paid first.
    """
    order = np.argsort(amount, kind="mergesort")
    best, best_count = -1, 0
    best_median = np.int64(0)
    done = np.zeros(peer.size, np.bool_)
    for first in range(peer.size):
        if done[first]:
            continue
        count = 0
        for other in range(first, peer.size):
            if peer[other] == peer[first]:
                done[other] = True
                count += 1
        if count < least:
            continue
        place, median = 0, np.int64(0)
        for p in order:
            if peer[p] == peer[first]:
                if place == (count - 1) // 2:
                    median = amount[p]
                place += 1
        near, nearest = abs(median - total), abs(best_median - total)
        if best < 0 or near < nearest or (near == nearest and median < best_median):
            best, best_count, best_median = first, count, median
    return best, best_count, best_median


@njit(cache=True, nogil=True)
def usual(
    paid: Paid, begin: NDArray[np.int64], end: NDArray[np.int64], total: NDArray[np.int64], least: int
) -> NDArray[np.int64]:
    """For each span of `paid` the payer whose usual sum lies nearest to a total.

    Parameters
    ----------
    paid : Paid
    begin, end : int64[m]
        Spans, the end excluded.
    total : int64[m]
        Minor units.
    least : int
        A payer of fewer credits in the span has no usual sum.

    Returns
    -------
    int64[m, 3]
        Position in `paid` of the payer's first credit in the span (-1: there is none), how many there are, and their
        lower median. Of payers equally near the one with the smaller median, then the one who paid first. Cost: the
        span's credits times its payers.
    """
    found = np.empty((begin.size, 3), np.int64)
    for place in range(begin.size):
        span = slice(begin[place], end[place])
        first, count, median = _usual(paid.peer[span], paid.amount[span], total[place], least)
        found[place, 0] = begin[place] + first if first >= 0 else -1
        found[place, 1] = count
        found[place, 2] = median
    return found
