"""What an account's transfers in a window add up to: degree, fan, and moments of amounts, ages and gaps. Causal.

Every account is passed through once in time order, its outgoing and its incoming transfers merged, with pointers that
only move on. Windows of up to ``FEW`` transfers are summed up directly, newest first. Larger ones (hubs) are kept as
two parts that meet at a fixed moment, a multiple of the window's length: of the older part every ending is summed up
beforehand, the newer part is summed up as it grows, and the two are joined by the formulas of Pébay ("Formulas for
robust, one-pass parallel computation of covariances and arbitrary-order statistical moments", Sandia, 2008). So a
value depends on nothing but the transfers of its window, a transfer costs the same in a window of a hundred as in one
of a million, and nothing that has left a window leaves a trace in it.

Oracle: ``tests/oracles/statistics.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Block
    from moneytrail.kernels.ordering import Adjacency

FEW = 48
SECOND = 1_000_000
FAR = 2**62

STATISTICS = (
    "degree",
    "fan",
    "degree_per_fan",
    "amount_sum",
    "amount_mean",
    "amount_variance",
    "amount_skewness",
    "amount_kurtosis",
    "amount_minimum",
    "amount_maximum",
    "age_sum",
    "age_mean",
    "age_variance",
    "age_skewness",
    "age_kurtosis",
    "gap_mean",
    "gap_variance",
    "gap_skewness",
    "gap_kurtosis",
    "gap_minimum",
    "gap_maximum",
)
"""What can be asked for; a target's statistic is a place in this tuple."""

AMOUNT, AGE, GAP = 3, 10, 15
WIDTH = 22  # one for each statistic, and the mean that ages are measured from

# A summary of values: how many, mean, sums of the second to fourth powers of deviations, least, greatest.
SUMMARY = 7


@njit(cache=True, nogil=True)
def _clear(s: NDArray[np.float64]) -> None:
    s[:5] = 0.0
    s[5], s[6] = np.inf, -np.inf


@njit(cache=True, nogil=True)
def _add(s: NDArray[np.float64], value: float) -> None:
    """Add one value to a summary."""
    before = s[0]
    n = before + 1.0
    delta = value - s[1]
    step = delta / n
    square = step * step
    term = delta * step * before
    s[4] += term * square * (n * n - 3.0 * n + 3.0) + 6.0 * square * s[2] - 4.0 * step * s[3]
    s[3] += term * step * (n - 2.0) - 3.0 * step * s[2]
    s[2] += term
    s[1] += step
    s[0] = n
    s[5], s[6] = min(s[5], value), max(s[6], value)


@njit(cache=True, nogil=True)
def _join(a: NDArray[np.float64], b: NDArray[np.float64], s: NDArray[np.float64]) -> None:
    """Write the summary of the values of `a` and `b` together into `s`."""
    if a[0] == 0.0 or b[0] == 0.0:
        s[:] = b if a[0] == 0.0 else a
        return
    n = a[0] + b[0]
    delta = b[1] - a[1]
    step = delta / n
    square = step * step
    both = a[0] * b[0]
    mean = a[1] + b[0] * step
    s2 = a[2] + b[2] + delta * step * both
    s3 = a[3] + b[3] + delta * square * both * (a[0] - b[0]) + 3.0 * step * (a[0] * b[2] - b[0] * a[2])
    s4 = a[4] + b[4] + delta * square * step * both * (a[0] * a[0] - both + b[0] * b[0])
    s4 += 6.0 * square * (a[0] * a[0] * b[2] + b[0] * b[0] * a[2]) + 4.0 * step * (a[0] * b[3] - b[0] * a[3])
    s[5], s[6] = min(a[5], b[5]), max(a[6], b[6])
    s[0], s[1], s[2], s[3], s[4] = n, mean, s2, s3, s4


@njit(cache=True, nogil=True)
def _value(side: Adjacency, p: int, kind: int, origin: int) -> float:
    """What the transfer at `p` brings: its amount, or seconds from `origin`, or from the transfer before."""
    if kind == AMOUNT:
        return float(side.amount[p] - origin)
    if kind == AGE:
        return float((side.time[p] - origin) / SECOND)
    return float((side.time[p] - side.time[p - 1]) / SECOND)


@njit(cache=True, nogil=True)
def _write(values: NDArray[np.float64], way: int, kind: int, origin: int, s: NDArray[np.float64]) -> None:
    """Write what a summary says of its kind. Where the values do not differ, skewness and kurtosis are 0."""
    place = GAP + 1 if kind == GAP else kind + 2
    n, s2 = s[0], s[2]
    values[way, place] = s2 / n
    differ = s2 > 0.0 and s[5] < s[6]
    values[way, place + 1] = np.sqrt(n) * s[3] / (s2 * np.sqrt(s2)) if differ else 0.0
    values[way, place + 2] = n * s[4] / (s2 * s2) if differ else 0.0
    if kind == AMOUNT:
        values[way, AMOUNT + 5], values[way, AMOUNT + 6] = s[5] + origin, s[6] + origin
    elif kind == AGE:
        values[way, WIDTH - 1] = s[1]
        values[way, AGE + 3] = -values[way, AGE + 3]
    else:
        values[way, GAP], values[way, GAP + 4], values[way, GAP + 5] = s[1], s[5], s[6]


@njit(cache=True, nogil=True)
def _sum_up(side: Adjacency, low: int, high: int, kind: int, values: NDArray[np.float64], way: int) -> None:
    """Add up the values at ``[low, high)`` directly, in two passes, and write what they say.

    Amounts and ages are taken from the newest one, so that equal values leave no rounding.
    """
    n = high - low
    place = GAP + 1 if kind == GAP else kind + 2
    origin = side.amount[high - 1] if kind == AMOUNT else side.time[high - 1]
    mean = s2 = s3 = s4 = 0.0
    least = greatest = _value(side, low, kind, origin)
    if n > 1:
        total = least
        for p in range(low + 1, high):
            x = _value(side, p, kind, origin)
            total += x
            least, greatest = min(least, x), max(greatest, x)
        mean = total / n
        if least < greatest:
            for p in range(low, high):
                d = _value(side, p, kind, origin) - mean
                dd = d * d
                s2 += dd
                s3 += dd * d
                s4 += dd * dd
    else:
        mean = least
    if s2 > 0.0:
        inverse = 1.0 / s2
        values[way, place] = s2 / n
        values[way, place + 1] = np.sqrt(n * inverse) * s3 * inverse
        values[way, place + 2] = n * s4 * inverse * inverse
    else:
        values[way, place] = values[way, place + 1] = values[way, place + 2] = 0.0
    if kind == AMOUNT:
        values[way, AMOUNT + 5], values[way, AMOUNT + 6] = least + origin, greatest + origin
    elif kind == AGE:
        # An age falls where a time rises, and so the skewness of ages is that of times turned round.
        values[way, WIDTH - 1] = mean
        values[way, AGE + 3] = -values[way, AGE + 3]
    else:
        values[way, GAP], values[way, GAP + 4], values[way, GAP + 5] = mean, least, greatest


@njit(cache=True, nogil=True)
def _begin_period(
    side: Adjacency, window: tuple[int, int], start: int, wants: NDArray[np.bool_], endings: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int]:
    """Sum up every ending of the part of a large window that lies before `start`, the moment its period began.

    ``endings[k, p - low]`` is the summary of kind k at ``[p, border)``; the last row of a kind is kept for the newer
    part. Returns `endings`, or a larger array in its place, and the border.
    """
    low, high = window
    border = low
    while border < high and side.time[border] < start:
        border += 1
    size = border - low
    if endings.shape[1] < size + 2:
        endings = np.empty((3, 2 * size + 2, SUMMARY))
    for k, kind in enumerate((AMOUNT, AGE, GAP)):
        if wants[k]:
            _clear(endings[k, size])
            for p in range(border - 1, low - 1, -1):
                endings[k, p - low] = endings[k, p + 1 - low]
                if kind != GAP or p > side.indptr[0]:
                    _add(endings[k, p - low], _value(side, p, kind, 0 if kind == AMOUNT else start))
            _clear(endings[k, endings.shape[1] - 1])
    return endings, border


@njit(cache=True, nogil=True)
def _sum_up_many(
    side: Adjacency,
    window: tuple[int, int],
    marks: NDArray[np.int64],
    ask: tuple[NDArray[np.bool_], int, int, int],
    endings: NDArray[np.float64],
    values: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Write what a large window says: the part before its period, from `endings`, joined with what came since.

    `marks` keeps the period, where `endings` begin, the border, and how far the newer part is summed up. Returns
    `endings`, see :func:`_begin_period`.
    """
    low, high = window
    wants, way, period, length = ask
    start = period * length
    if marks[0] != period:
        endings, border = _begin_period(side, window, start, wants, endings)
        marks[0], marks[1], marks[2], marks[3] = period, low, border, border
    base, border = marks[1], marks[2]
    last = endings.shape[1] - 1
    for p in range(marks[3], high):
        if wants[0]:
            _add(endings[0, last], _value(side, p, AMOUNT, 0))
        if wants[1]:
            _add(endings[1, last], _value(side, p, AGE, start))
        if wants[2] and p > border:
            _add(endings[2, last], _value(side, p, GAP, 0))
    marks[3] = high
    s = np.empty(SUMMARY)
    if wants[0]:
        _join(endings[0, low - base], endings[0, last], s)
        _write(values, way, AMOUNT, 0, s)
    if wants[1]:
        _join(endings[1, low - base], endings[1, last], s)
        s[1] -= (side.time[high - 1] - start) / SECOND
        _write(values, way, AGE, start, s)
    if wants[2]:
        # The gap of the window's first transfer began outside; the one across the border belongs to neither part.
        s[:] = endings[2, last]
        if low < border:
            one = np.empty(SUMMARY)
            if border < high:
                _clear(one)
                _add(one, _value(side, border, GAP, 0))
                _join(one, endings[2, last], s)
            one[:] = s
            _join(endings[2, low + 1 - base], one, s)
        _write(values, way, GAP, 0, s)
    return endings


@njit(cache=True, nogil=True)
def _evaluate(
    side: Adjacency,
    window: tuple[int, int],
    peers: int,
    total: int,
    ask: tuple[NDArray[np.bool_], int],
    values: NDArray[np.float64],
) -> None:
    """Write the statistics of a window that is not large."""
    low, high = window
    wants, way = ask
    n = high - low
    if n == 0:
        values[way] = 0.0
        return
    values[way, 0], values[way, 1] = n, peers
    values[way, 2] = n / peers if peers else 0.0
    values[way, AMOUNT], values[way, AMOUNT + 1] = total, total / n
    if n <= FEW:
        if wants[0]:
            _sum_up(side, low, high, AMOUNT, values, way)
        if wants[1]:
            _sum_up(side, low, high, AGE, values, way)
        if wants[2]:
            if n > 1:
                _sum_up(side, low + 1, high, GAP, values, way)
            else:
                values[way, GAP : GAP + 6] = 0.0


@njit(cache=True, nogil=True)
def _slide(
    side: Adjacency,
    account: int,
    window: tuple[int, int, int, int],
    now: tuple[int, int],
    seen: NDArray[np.int32],
    way: int,
) -> tuple[int, int, int, int]:
    """Let in the transfers up to a ledger place, let out those at or before a time.

    A window is its first position, the one after its last, its distinct peers and the sum of its amounts.
    """
    low, high, peers, total = window
    edge, oldest = now
    stop = side.indptr[account + 1]
    while high < stop and side.edge[high] <= edge:
        total += side.amount[high]
        x = side.peer[high]
        if x >= 0 and x != account:
            if not low <= seen[way, x] < high:
                peers += 1
            seen[way, x] = high
        high += 1
    while low < high and side.time[low] <= oldest:
        total -= side.amount[low]
        x = side.peer[low]
        if x >= 0 and seen[way, x] == low:
            peers -= 1
        low += 1
    return low, high, peers, total


@njit(cache=True, nogil=True)
def _open(side: Adjacency, account: int, begin: int, oldest: int) -> tuple[int, int, int, int]:
    """A window of one side that lets in the first transfer after the time `oldest` next."""
    p = begin
    while p > side.indptr[account] and side.time[p - 1] > oldest:
        p -= 1
    return p, p, 0, np.int64(0)


@njit(cache=True, nogil=True)
def _statistics_of_account(
    account: int,
    sides: tuple[Adjacency, Adjacency],
    block: Block,
    ask: tuple[int, NDArray[np.bool_], NDArray[np.int64], NDArray[np.int32]],
    scratch: tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]],
    matrix: NDArray[np.float32],
) -> None:
    """Unit kernel: merge one account's two lists and write a row's columns at every transfer of the block."""
    out, in_ = sides
    length, wants, of_role, targets = ask
    seen, values, marks, endings = scratch
    endings_in = endings
    p, p_end = block.out_begin[account], block.out_end[account]
    q, q_end = block.in_begin[account], block.in_end[account]
    first = FAR
    if p < p_end:
        first = out.time[p]
    if q < q_end:
        first = min(first, in_.time[q])
    paid = _open(out, account, p, first - length)
    got = _open(in_, account, q, first - length)
    values[:] = 0.0
    marks[:, 0] = -1
    while p < p_end or q < q_end:
        out_edge = np.int64(out.edge[p]) if p < p_end else FAR
        in_edge = np.int64(in_.edge[q]) if q < q_end else FAR
        role = 0 if out_edge <= in_edge else 1
        e = min(out_edge, in_edge)
        t = out.time[p] if role == 0 else in_.time[q]
        begin, middle, end = of_role[role, 0], of_role[role, 1], of_role[role, 2]
        row = e - block.first
        if begin < middle:
            before = paid
            paid = _slide(out, account, paid, (e, t - length), seen, 0)
            changed = paid[0] != before[0] or paid[1] != before[1]
            if changed:
                _evaluate(out, (paid[0], paid[1]), paid[2], paid[3], (wants[0], 0), values)
            if paid[1] - paid[0] > FEW and (changed or marks[0, 0] != t // length):
                endings = _sum_up_many(
                    out, (paid[0], paid[1]), marks[0], (wants[0], 0, t // length, length), endings, values
                )
            if wants[0, 1] and paid[0] < paid[1]:
                values[0, AGE + 1] = (t - out.time[paid[1] - 1]) / SECOND - values[0, WIDTH - 1]
                values[0, AGE] = values[0, AGE + 1] * values[0, 0]
            for k in range(begin, middle):
                matrix[row, targets[k, 3]] = values[0, targets[k, 2]]
        if middle < end:
            before = got
            got = _slide(in_, account, got, (e, t - length), seen, 1)
            changed = got[0] != before[0] or got[1] != before[1]
            if changed:
                _evaluate(in_, (got[0], got[1]), got[2], got[3], (wants[1], 1), values)
            if got[1] - got[0] > FEW and (changed or marks[1, 0] != t // length):
                endings_in = _sum_up_many(
                    in_, (got[0], got[1]), marks[1], (wants[1], 1, t // length, length), endings_in, values
                )
            if wants[1, 1] and got[0] < got[1]:
                values[1, AGE + 1] = (t - in_.time[got[1] - 1]) / SECOND - values[1, WIDTH - 1]
                values[1, AGE] = values[1, AGE + 1] * values[1, 0]
            for k in range(middle, end):
                matrix[row, targets[k, 3]] = values[1, targets[k, 2]]
        if role == 0:
            p += 1
        else:
            q += 1


@njit(cache=True, nogil=True, parallel=True)
def statistics(
    out: Adjacency,
    in_: Adjacency,
    block: Block,
    window: int,
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
) -> None:
    """Fill the columns that `targets` names for every transfer of the block.

    Parameters
    ----------
    out, in_ : Adjacency
    block : Block
    window : int
        Microseconds. At a transfer booked at t, an account's transfers in ``(t - window, t]`` up to and including it
        in ledger order are looked at; a transfer to oneself counts on both sides.
    targets : int32[k, 4]
        Role (0: of the debtor, 1: of the creditor), way (0: its outgoing, 1: its incoming transfers), place in
        :data:`STATISTICS`, column of `matrix`.
    matrix : float32[block rows, columns]
        Each row's columns of a role are written by the thread that owns the account in that role; rows whose account
        is absent are left as they are.

    Notes
    -----
    Units: minor units and seconds; variances in their squares. The fan counts distinct counterparties other than the
    account itself. Moments are of the population; the kurtosis is not the excess. Everything is 0 for an empty
    window, gaps also for fewer than two transfers. Cost: linear in the block and in the windows that reach into it.
    """
    order = np.argsort(targets[:, 0].astype(np.int64) * 2 + targets[:, 1], kind="mergesort")
    sorted_targets = targets[order]
    of_role = np.zeros((2, 3), np.int64)
    wants = np.zeros((2, 3), np.bool_)
    for k in range(targets.shape[0]):
        role, way, statistic = targets[k, 0], targets[k, 1], targets[k, 2]
        of_role[role, way + 1] += 1
        if statistic >= GAP:
            wants[way, 2] = True
        elif statistic >= AGE:
            wants[way, 1] = True
        elif statistic > AMOUNT + 1:
            wants[way, 0] = True
    of_role[0, 2] += of_role[0, 1]
    of_role[1, 0] = of_role[0, 2]
    of_role[1, 1] += of_role[1, 0]
    of_role[1, 2] += of_role[1, 1]
    for chunk in prange(block.borders.size - 1):
        low, high = block.borders[chunk], block.borders[chunk + 1]
        if low < high:
            seen = np.full((2, out.indptr.size - 1), -1, np.int32)
            values = np.zeros((2, WIDTH))
            marks = np.full((2, 4), -1, np.int64)
            nothing = np.empty((3, 0, SUMMARY))
            for account in range(low, high):
                has_out = block.out_begin[account] < block.out_end[account] and of_role[0, 0] < of_role[0, 2]
                has_in = block.in_begin[account] < block.in_end[account] and of_role[1, 0] < of_role[1, 2]
                if has_out or has_in:
                    _statistics_of_account(
                        account,
                        (out, in_),
                        block,
                        (window, wants, of_role, sorted_targets),
                        (seen, values, marks, nothing),
                        matrix,
                    )
