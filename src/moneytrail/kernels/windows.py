"""Windows that slide over lists of transfers: where each begins, what it holds, and which of a period is strongest.

Used by the typologies that count over a choice of transfers. Oracle: ``tests/oracles/windows.py``.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


@njit(cache=True, nogil=True, parallel=True)
def openings(
    indptr: NDArray[np.int64], time: NDArray[np.int64], window: int, borders: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Where the window ``(t - window, t]`` that ends at each position begins.

    Parameters
    ----------
    indptr : int64[lists + 1]
        Where each list begins.
    time : int64[m]
        Microseconds, not falling within a list.
    window : int
        Microseconds, above 0.
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`. A chunk of lists is one thread's alone.

    Returns
    -------
    int64[m]
        Positions, at most each position's own. Cost: linear.
    """
    begin = np.empty(time.size, np.int64)
    for chunk in prange(borders.size - 1):
        for a in range(borders[chunk], borders[chunk + 1]):
            oldest = indptr[a]
            for p in range(indptr[a], indptr[a + 1]):
                while time[oldest] <= time[p] - window:
                    oldest += 1
                begin[p] = oldest
    return begin


@njit(cache=True, nogil=True, parallel=True)
def beside(
    own: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]],
    other: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]],
    window: int,
    borders: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The part of the same account's list in `other` that lies in the window that ends at each position of `own`.

    Parameters
    ----------
    own, other : (indptr int64[lists + 1], ledger int32[m], time int64[m])
        Two choices of transfers by account, each in ledger order.
    window : int
        Microseconds, above 0.
    borders : int64[chunks + 1]

    Returns
    -------
    (begin int64[m], end int64[m])
        Positions in `other`, the end excluded: later than ``t - window``, and in the ledger not after the position's
        own transfer. Cost: linear in both.
    """
    indptr, ledger, time = own
    other_indptr, other_ledger, other_time = other
    begin = np.empty(time.size, np.int64)
    end = np.empty(time.size, np.int64)
    for chunk in prange(borders.size - 1):
        for a in range(borders[chunk], borders[chunk + 1]):
            oldest = other_indptr[a]
            next_ = other_indptr[a]
            stop = other_indptr[a + 1]
            for p in range(indptr[a], indptr[a + 1]):
                while next_ < stop and other_ledger[next_] <= ledger[p]:
                    next_ += 1
                while oldest < next_ and other_time[oldest] <= time[p] - window:
                    oldest += 1
                begin[p] = oldest
                end[p] = next_
    return begin, end


@njit(cache=True, nogil=True, parallel=True)
def distinct(
    indptr: NDArray[np.int64],
    spans: tuple[NDArray[np.int64], NDArray[np.int64]],
    code: NDArray[np.int32],
    codes: int,
    borders: NDArray[np.int64],
) -> NDArray[np.int32]:
    """How many different codes each window holds.

    Parameters
    ----------
    indptr : int64[lists + 1]
        Where the windows of each list begin in `spans`.
    spans : (begin int64[m], end int64[m])
        Each window's part of `code`; neither falls within a list.
    code : int32[k]
        From 0 to ``codes - 1``; negative counts as nothing.
    codes : int
    borders : int64[chunks + 1]

    Returns
    -------
    int32[m]
        Cost: linear in the windows and in what they pass over.
    """
    begin, end = spans
    found = np.zeros(begin.size, np.int32)
    for chunk in prange(borders.size - 1):
        if indptr[borders[chunk]] == indptr[borders[chunk + 1]]:
            continue
        held = np.zeros(codes, np.int32)
        for a in range(borders[chunk], borders[chunk + 1]):
            if indptr[a] == indptr[a + 1]:
                continue
            low = begin[indptr[a]]
            high = low
            different = 0
            for p in range(indptr[a], indptr[a + 1]):
                while high < end[p]:
                    c = code[high]
                    if c >= 0:
                        different += held[c] == 0
                        held[c] += 1
                    high += 1
                while low < begin[p]:
                    c = code[low]
                    if c >= 0:
                        held[c] -= 1
                        different -= held[c] == 0
                    low += 1
                found[p] = different
            while low < high:
                if code[low] >= 0:
                    held[code[low]] -= 1
                low += 1
    return found


@njit(cache=True, nogil=True)
def strongest(
    indptr: NDArray[np.int64],
    time: NDArray[np.int64],
    fires: NDArray[np.bool_],
    strength: tuple[NDArray[np.int64], NDArray[np.int64]],
    period: int,
) -> NDArray[np.int64]:
    """The strongest firing of every list and period.

    Parameters
    ----------
    indptr : int64[lists + 1]
    time : int64[m]
        Microseconds, not falling within a list.
    fires : bool[m]
    strength : (int64[m], int64[m])
        The one that is larger in the first is stronger, then in the second; of equals the earliest.
    period : int
        Microseconds; periods are counted from 1 January 1970 UTC.

    Returns
    -------
    int64[found, 3]
        List, position of the strongest firing, position of the first one; in order of list and period. Linear.
    """
    first, second = strength
    rows = 0
    for round_ in range(2):
        found = np.empty((rows, 3), np.int64)
        rows = 0
        for a in range(indptr.size - 1):
            last = np.int64(-(2**62))
            for p in range(indptr[a], indptr[a + 1]):
                if not fires[p]:
                    continue
                now = time[p] // period
                if now != last:
                    last = now
                    rows += 1
                    if round_:
                        found[rows - 1, 0] = a
                        found[rows - 1, 1] = p
                        found[rows - 1, 2] = p
                elif round_:
                    best = found[rows - 1, 1]
                    if first[p] > first[best] or (first[p] == first[best] and second[p] > second[best]):
                        found[rows - 1, 1] = p
    return found


@njit(cache=True, nogil=True)
def fifo_dwell(
    time: NDArray[np.int64], amount: NDArray[np.int64], credit: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pieces in which money left one account, first in, first out, from an empty queue: how long each was held.

    Parameters
    ----------
    time, amount : int64[n]
        One account's transfers in ledger order.
    credit : bool[n]
        ``True`` for money in.

    Returns
    -------
    (held int64[pieces], value int64[pieces])
        Microseconds and minor units, in the order in which they left; at most ``n`` pieces. What was never credited
        leaves no piece. Linear.
    """
    held = np.empty(time.size, np.int64)
    value = np.empty(time.size, np.int64)
    waiting = np.where(credit, amount, 0)
    pieces = 0
    head = 0
    for p in range(time.size):
        if credit[p]:
            continue
        left = amount[p]
        while left > 0 and head < p:
            if waiting[head] == 0:
                head += 1
                continue
            taken = min(left, waiting[head])
            waiting[head] -= taken
            left -= taken
            held[pieces] = time[p] - time[head]
            value[pieces] = taken
            pieces += 1
    return held[:pieces], value[:pieces]
