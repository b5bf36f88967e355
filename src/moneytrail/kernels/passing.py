"""How soon the money of an account's windows left it again, and how many stand on both sides of them.

Each window is worked out anew from an empty queue, so that its own transfers alone prove what is said of it; meant
for the few windows that hold every cheaper condition. Oracle: ``tests/oracles/passing.py``.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _left_soon(
    time: NDArray[np.int64], amount: NDArray[np.int64], credit: NDArray[np.bool_], reach: int, room: NDArray[np.int64]
) -> int:
    """The value that left at most `reach` after it came, first in, first out; `room` is as long as the window."""
    soon = 0
    head = 0
    for p in range(time.size):
        if credit[p]:
            room[p] = amount[p]
            continue
        room[p] = 0
        owed = amount[p]
        while owed > 0 and head < p:
            taken = min(owed, room[head])
            room[head] -= taken
            owed -= taken
            if time[p] - time[head] <= reach:
                soon += taken
            if room[head] == 0:
                head += 1
    return soon


@njit(cache=True, nogil=True, parallel=True)
def left_soon(
    spans: tuple[NDArray[np.int64], NDArray[np.int64]],
    moves: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]],
    reach: int,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """How much of the credits of each window left at most `reach` after it came, first in, first out.

    Parameters
    ----------
    spans : (begin int64[k], end int64[k])
        Each window's part of `moves`, the end excluded; one account's transfers in ledger order.
    moves : (time int64[m], amount int64[m], credit bool[m])
        Microseconds, minor units, ``True`` for money in.
    reach : int
        Microseconds, inclusive.
    borders : int64[chunks + 1]
        Runs of windows of about equal cost; a run is one thread's alone.

    Returns
    -------
    int64[k]
        Minor units. A debit that finds the queue empty takes what was there before, and nothing is said of that.
        Cost: linear in the lengths of all windows together.
    """
    begin, end = spans
    time, amount, credit = moves
    soon = np.zeros(begin.size, np.int64)
    for chunk in prange(borders.size - 1):
        longest = 0
        for k in range(borders[chunk], borders[chunk + 1]):
            longest = max(longest, end[k] - begin[k])
        room = np.empty(longest, np.int64)
        for k in range(borders[chunk], borders[chunk + 1]):
            part = slice(begin[k], end[k])
            soon[k] = _left_soon(time[part], amount[part], credit[part], reach, room)
    return soon


@njit(cache=True, nogil=True, parallel=True)
def on_both_sides(
    spans: tuple[NDArray[np.int64], NDArray[np.int64]],
    moves: tuple[NDArray[np.int32], NDArray[np.bool_]],
    codes: int,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """How many different others of each window both paid and were paid.

    Parameters
    ----------
    spans : (begin int64[k], end int64[k])
        As for :func:`left_soon`.
    moves : (peer int32[m], credit bool[m])
        Who is at the other end, from 0 to ``codes - 1``; negative counts as nobody.
    codes : int
    borders : int64[chunks + 1]

    Returns
    -------
    int64[k]
        Cost: linear in the lengths of all windows together, and `codes` a run.
    """
    begin, end = spans
    peer, credit = moves
    both = np.zeros(begin.size, np.int64)
    for chunk in prange(borders.size - 1):
        if borders[chunk] == borders[chunk + 1]:
            continue
        # The last window, counted from 1, in which each was seen paying and being paid.
        paid = np.zeros((2, codes), np.int64)
        for k in range(borders[chunk], borders[chunk + 1]):
            for p in range(begin[k], end[k]):
                one = peer[p]
                side = 1 if credit[p] else 0
                if one < 0 or paid[side, one] == k + 1:
                    continue
                paid[side, one] = k + 1
                if paid[1 - side, one] == k + 1:
                    both[k] += 1
    return both
