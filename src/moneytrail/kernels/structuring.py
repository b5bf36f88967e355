"""Structuring: amounts kept just under a line that would trigger a report, a check or a cap.

Used by L01. Oracle: ``tests/oracles/structuring.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


class StructuringRule(NamedTuple):
    """The gate of structuring. Shares are in thousandths of the line.

    Attributes
    ----------
    window, lookback : int
        Microseconds. Credits in ``(t - window, t]`` are looked at, and in ``(t - lookback, t]`` for the bins.
        `window` is also the length of a period.
    credits : int
        At least so many credits just under the line in the window: the first way to hold.
    near_share : int
        Just under means in ``[near_share * line, line)``; just above means in ``[line, (2 - near_share) * line)``.
    sum_share : int
        The window's credits together are at least this share of the line, each below it: the second way to hold.
    excess : int
        In the lookback at least `credits` credits lie just under the line, and at least `excess` times as many as lie
        just above it. Must hold for both ways.
    """

    window: int
    lookback: int
    credits: int
    near_share: int
    sum_share: int
    excess: int


@njit(cache=True, nogil=True)
def _structured_account(
    times: NDArray[np.int64],
    amounts: NDArray[np.int64],
    line: int,
    rule: StructuringRule,
    found: NDArray[np.int64],
) -> int:
    """Unit kernel: one account and one line. Linear.

    Writes first and last position and that of the first firing, a row a period; returns the rows written, or to be
    written when `found` is empty.
    """
    near_low = (line * rule.near_share + 999) // 1000
    above_high = (line * (2000 - rule.near_share) + 999) // 1000
    needed = (line * rule.sum_share + 999) // 1000
    rows = 0
    oldest = 0
    older = 0
    near = 0
    under = 0
    over = 0
    reaching = 0
    total = np.int64(0)
    period = np.int64(-(2**62))
    best_near = 0
    best_total = np.int64(0)
    for p in range(times.size):
        t = times[p]
        while times[oldest] <= t - rule.window:
            total -= amounts[oldest]
            near -= near_low <= amounts[oldest] < line
            reaching -= amounts[oldest] >= line
            oldest += 1
        while times[older] <= t - rule.lookback:
            under -= near_low <= amounts[older] < line
            over -= line <= amounts[older] < above_high
            older += 1
        total += amounts[p]
        near += near_low <= amounts[p] < line
        reaching += amounts[p] >= line
        under += near_low <= amounts[p] < line
        over += line <= amounts[p] < above_high
        if amounts[p] >= line:
            continue
        hugging = near >= rule.credits or (reaching == 0 and total >= needed)
        if not hugging or under < rule.credits or under < rule.excess * over:
            continue
        now = t // rule.window
        if now != period:
            period = now
            rows += 1
            best_near = -1
            if found.shape[0]:
                found[rows - 1, 2] = p
        if near > best_near or (near == best_near and total > best_total):
            best_near = near
            best_total = total
            if found.shape[0]:
                found[rows - 1, 0] = oldest
                found[rows - 1, 1] = p
    return rows


@njit(cache=True, nogil=True, parallel=True)
def structured(
    indptr: NDArray[np.int64],
    time: NDArray[np.int64],
    amount: NDArray[np.int64],
    line: int,
    rule: StructuringRule,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The strongest structuring window of every account and period, for one line.

    The gate is evaluated at each credit below the line, so that the evidence of two periods differs.
    Of the firings in one period the one with most credits just under the line
    is kept, then the one with the largest sum, then the earliest.

    Parameters
    ----------
    indptr : int64[accounts + 1]
    time, amount : int64[m]
        The credits that count (cash or wire, in the line's currency), by account, sorted by time, then row.
        `amount` in minor units of that currency.
    line : int
        Minor units.
    rule : StructuringRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`.

    Returns
    -------
    int64[found, 4]
        Positions of the window's first and last credit and of the period's first firing, account. In order of
        account and period. Cost: linear, and once more for the accounts that fire.
    """
    chunks = borders.size - 1
    counts = np.zeros(chunks + 1, np.int64)
    rows = np.zeros(indptr.size - 1, np.int32)
    for chunk in prange(chunks):
        nothing = np.empty((0, 4), np.int64)
        total = 0
        for account in range(borders[chunk], borders[chunk + 1]):
            part = slice(indptr[account], indptr[account + 1])
            rows[account] = _structured_account(time[part], amount[part], line, rule, nothing)
            total += rows[account]
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.empty((counts[chunks], 4), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk]
        if counts[chunk + 1] > row:
            for account in range(borders[chunk], borders[chunk + 1]):
                if not rows[account]:
                    continue
                start = indptr[account]
                part = slice(start, indptr[account + 1])
                made = _structured_account(time[part], amount[part], line, rule, found[row : counts[chunk + 1]])
                for k in range(row, row + made):
                    found[k, 0] += start
                    found[k, 1] += start
                    found[k, 2] += start
                    found[k, 3] = account
                row += made
    return found
