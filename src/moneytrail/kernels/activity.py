"""What an account had been doing up to a transfer: counts, sums, counterparties, pauses. Causal.

Used by the features, once for the debtors' side and once for the creditors'. Oracle: ``tests/oracles/activity.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency
    from moneytrail.kernels.relations import Relations

DAY = 86_400_000_000
WINDOWS = (DAY, 7 * DAY, 30 * DAY)
LONGEST_PAUSE = 180 * DAY
COLUMNS = 11


class Part(NamedTuple):
    """One side of a block of rows.

    Attributes
    ----------
    begin, end : int64[accounts]
        Where each account's transfers of the block begin and end (exclusive) in its list.
    borders : int64[chunks + 1]
        How the accounts are shared out.
    row : int
        Ledger place of the block's first row.
    """

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    borders: NDArray[np.int64]
    row: int


@njit(cache=True, nogil=True, error_model="numpy")
def _pause(since: int) -> float:
    """Seconds since, as log(1 + s), at most 180 days."""
    return float(np.log1p(min(since, LONGEST_PAUSE) / 1e6))


@njit(cache=True, nogil=True, error_model="numpy")
def _activity_of_account(
    account: int,
    sides: tuple[Adjacency, Adjacency],
    part: tuple[int, int, int],
    relations: Relations,
    out: NDArray[np.float32],
    column: int,
) -> None:
    """Unit kernel: a part of one account's list on its side, with pointers that only move on. Linear.

    `part` holds the first position of the list, the one after the last, and the ledger place of row 0 of `out`. The
    pointers begin one window before, so that a list gives the same in one part or in many.

    At every transfer, itself included, over windows that end there (left end excluded):
    count in 1, 7 and 30 days; log(1 + sum) in 7 days; distinct peers in 7 and 30 days; share of first dealings in
    30 days; amount over the mean of 30 days; log(1 + seconds) since the transfer before on this side, and on the
    other side; money out over money in within one day, at most 1.
    """
    side, other = sides
    begin, stop, row = part
    start = begin
    while start > side.indptr[account] and side.time[start - 1] > side.time[begin] - WINDOWS[2]:
        start -= 1
    across, across_stop = other.indptr[account], other.indptr[account + 1]
    if start > side.indptr[account]:
        across += np.searchsorted(other.time[across:across_stop], side.time[start] - DAY, side="right")
    across_oldest = across
    across_sum = np.int64(0)
    oldest = np.full(3, start, np.int64)
    # Whole numbers: a float would keep a trace of every large amount that has left the window.
    sums = np.zeros(3, np.int64)
    peers = np.zeros(3, np.int64)
    firsts = 0
    for p in range(start, stop):
        e, t = side.edge[p], side.time[p]
        stranger = side.peer[p] >= 0 and side.peer[p] != account
        for w in range(3):
            sums[w] += side.amount[p]
            while side.time[oldest[w]] <= t - WINDOWS[w]:
                f = side.edge[oldest[w]]
                sums[w] -= side.amount[oldest[w]]
                if side.peer[oldest[w]] >= 0 and side.peer[oldest[w]] != account:
                    later = relations.repeated_by[f]
                    if later < 0 or later >= e:
                        peers[w] -= 1
                if w == 2:
                    firsts -= relations.first[f]
                oldest[w] += 1
            if stranger and relations.repeat_of[e] < side.edge[oldest[w]]:
                peers[w] += 1
        firsts += relations.first[e]
        while across < across_stop and other.edge[across] < e:
            across_sum += other.amount[across]
            across += 1
        while across_oldest < across and other.time[across_oldest] <= t - DAY:
            across_sum -= other.amount[across_oldest]
            across_oldest += 1
        if p < begin:
            continue
        count = p - oldest[2] + 1
        e -= row
        out[e, column] = p - oldest[0] + 1
        out[e, column + 1] = p - oldest[1] + 1
        out[e, column + 2] = count
        out[e, column + 3] = np.log1p(sums[1])
        out[e, column + 4] = peers[1]
        out[e, column + 5] = peers[2]
        out[e, column + 6] = firsts / count
        out[e, column + 7] = np.float64(side.amount[p]) * count / sums[2] if sums[2] > 0 else 1.0
        out[e, column + 8] = _pause(t - side.time[p - 1] if p > side.indptr[account] else LONGEST_PAUSE)
        out[e, column + 9] = _pause(t - other.time[across - 1] if across > other.indptr[account] else LONGEST_PAUSE)
        out[e, column + 10] = (
            min(sums[0], across_sum) / max(sums[0], across_sum) if across_sum > 0 and sums[0] > 0 else 0.0
        )


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def activity(
    side: Adjacency,
    other: Adjacency,
    relations: Relations,
    part: Part,
    out: NDArray[np.float32],
    column: int,
) -> None:
    """Fill eleven columns of `out` for every transfer of a block that has an account on `side`.

    Parameters
    ----------
    side, other : Adjacency
        Outgoing and incoming for debtors; incoming and outgoing for creditors.
    relations : Relations
    part : Part
        Each row is written by the one thread that owns its account.
    out : float32[block rows, columns]
        In ledger order; rows whose account on `side` is absent are left as they are.
    column : int
        Where the eleven columns begin.
    """
    for chunk in prange(part.borders.size - 1):
        for account in range(part.borders[chunk], part.borders[chunk + 1]):
            begin, end = part.begin[account], part.end[account]
            if begin < end:
                _activity_of_account(account, (side, other), (begin, end, part.row), relations, out, column)
