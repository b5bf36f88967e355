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

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Block
    from moneytrail.kernels.ordering import Adjacency

FEW = 24
SECOND = 1_000_000
SQUARE_SECOND = 1e12
NEVER = -(2**62)

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
NEWEST = 21  # the mean age counted from the window's newest transfer, not from now
WIDTH = 22
SHAPES = (tuple(range(AMOUNT + 2, AGE)), tuple(range(AGE, GAP)), tuple(range(GAP, NEWEST)), (AMOUNT + 5, AMOUNT + 6))
"""The statistics that need a pass over the window: of amounts, of ages, of gaps, and of amounts once more."""

SHAPED = np.array(["variance" in name or "ness" in name or "kurt" in name or "gap" in name for name in STATISTICS])
"""Those that are 0 for a single transfer."""


# A summary of values: how many, mean, sums of the second to fourth powers of deviations, least, greatest.
SUMMARY = 7
EMPTY = (0.0, 0.0, 0.0, 0.0, 0.0, np.inf, -np.inf)
Summary = tuple[float, float, float, float, float, float, float]


class Part(NamedTuple):
    """A block of rows as seen from one side: where each account's transfers begin and end on it and on the other."""

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    other_begin: NDArray[np.int64]
    other_end: NDArray[np.int64]
    borders: NDArray[np.int64]
    row: int


class Ask(NamedTuple):
    """What one side is asked: which shapes, and (statistic, column) for its own transfers and for the other side's.

    ``seen[chunk, account]`` is room for one more than the place where a counterparty was last met.
    """

    wants: NDArray[np.bool_]
    own: NDArray[np.int32]
    other: NDArray[np.int32]
    seen: NDArray[np.int32]


@njit(cache=True, nogil=True, error_model="numpy")
def _add(s: Summary, value: float, whole: float) -> Summary:
    """A summary with one value more; `whole` is the value itself where `value` is counted from an origin."""
    before, mean, s2, s3, s4, least, greatest = s
    n = before + 1.0
    delta = value - mean
    step = delta / n
    square = step * step
    term = delta * step * before
    s4 += term * square * (n * n - 3.0 * n + 3.0) + 6.0 * square * s2 - 4.0 * step * s3
    s3 += term * step * (n - 2.0) - 3.0 * step * s2
    return n, mean + step, s2 + term, s3, s4, min(least, whole), max(greatest, whole)


@njit(cache=True, nogil=True, error_model="numpy")
def _join(a: Summary, b: Summary) -> Summary:
    """The summary of the values of both."""
    na, mean_a, a2, a3, a4, least_a, greatest_a = a
    nb, mean_b, b2, b3, b4, least_b, greatest_b = b
    if na == 0.0:
        return b
    if nb == 0.0:
        return a
    n = na + nb
    delta = mean_b - mean_a
    step = delta / n
    square = step * step
    both = na * nb
    s3 = a3 + b3 + delta * square * both * (na - nb) + 3.0 * step * (na * b2 - nb * a2)
    s4 = a4 + b4 + delta * square * step * both * (na * na - both + nb * nb)
    s4 += 6.0 * square * (na * na * b2 + nb * nb * a2) + 4.0 * step * (na * b3 - nb * a3)
    s2 = a2 + b2 + delta * step * both
    return n, mean_a + nb * step, s2, s3, s4, min(least_a, least_b), max(greatest_a, greatest_b)


@njit(cache=True, nogil=True, error_model="numpy")
def _shape(values: NDArray[np.float64], place: int, n: float, s2: float, s3: float, s4: float) -> None:
    """Write variance, skewness and kurtosis of `n` values; 0 where they do not differ. Times come in microseconds."""
    if s2 > 0.0:
        inverse = 1.0 / s2
        unit = 1.0 if place < AGE else SQUARE_SECOND
        values[place] = s2 / (n * unit)
        values[place + 1] = np.sqrt(n * inverse) * s3 * inverse
        values[place + 2] = n * s4 * inverse * inverse
    else:
        values[place] = values[place + 1] = values[place + 2] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _extremes(amount: NDArray[np.int64], low: int, high: int, values: NDArray[np.float64]) -> None:
    least = greatest = amount[low]
    for p in range(low + 1, high):
        least, greatest = min(least, amount[p]), max(greatest, amount[p])
    values[AMOUNT + 5], values[AMOUNT + 6] = least, greatest


@njit(cache=True, nogil=True, error_model="numpy")
def _amounts_and_ages(
    amount: NDArray[np.int64], time: NDArray[np.int64], low: int, high: int, values: NDArray[np.float64]
) -> None:
    """Write the shapes of the amounts and of the ages at ``[low, high)``, counted from the newest, in two passes.

    Both at once: either one alone waits for its own sums most of the time.
    """
    newest, now = amount[high - 1], time[high - 1]
    money, age = np.int64(0), np.int64(0)
    for p in range(low, high):
        money += amount[p] - newest
        age += now - time[p]
    n = float(high - low)
    mean, mean_age = money / n, age / n
    a2 = a3 = a4 = t2 = t3 = t4 = 0.0
    for p in range(low, high):
        d = (amount[p] - newest) - mean
        dd = d * d
        a2 += dd
        a3 += dd * d
        a4 += dd * dd
        t = (now - time[p]) - mean_age
        tt = t * t
        t2 += tt
        t3 += tt * t
        t4 += tt * tt
    _shape(values, AMOUNT + 2, n, a2, a3, a4)
    _shape(values, AGE + 2, n, t2, t3, t4)
    values[NEWEST] = mean_age / SECOND


@njit(cache=True, nogil=True, error_model="numpy")
def _gaps(time: NDArray[np.int64], low: int, high: int, values: NDArray[np.float64]) -> None:
    """Write what the times between the transfers at ``[low, high)`` say."""
    n = float(high - low - 1)
    mean = (time[high - 1] - time[low]) / n
    least = greatest = time[low + 1] - time[low]
    s2 = s3 = s4 = 0.0
    for p in range(low + 1, high):
        gap = time[p] - time[p - 1]
        least, greatest = min(least, gap), max(greatest, gap)
        d = gap - mean
        dd = d * d
        s2 += dd
        s3 += dd * d
        s4 += dd * dd
    values[GAP], values[GAP + 4], values[GAP + 5] = mean / SECOND, least / SECOND, greatest / SECOND
    _shape(values, GAP + 1, n, s2 if least < greatest else 0.0, s3, s4)


@njit(cache=True, nogil=True, error_model="numpy")
def _value(amount: NDArray[np.int64], time: NDArray[np.int64], p: int, kind: int, origin: int) -> float:
    """The amount of `p` above `origin`, its microseconds before `origin`, or those since the transfer before."""
    if kind == AMOUNT:
        return float(amount[p] - origin)
    if kind == AGE:
        return float(origin - time[p])
    return float(time[p] - time[p - 1])


@njit(cache=True, nogil=True, error_model="numpy")
def _sum_endings(
    amount: NDArray[np.int64],
    time: NDArray[np.int64],
    window: tuple[int, int],
    start: int,
    wants: NDArray[np.bool_],
    endings: NDArray[np.float64],
) -> int:
    """Sum up every ending of the part of a large window that lies before `start`, the moment its period began.

    ``endings[k, p - low]`` is the summary of kind k at ``[p, border)``. Returns the border.
    """
    low, high = window
    border = low
    while border < high and time[border] < start:
        border += 1
    # Counted from a transfer of its own next to the border, so that large amounts lose no digits.
    origin = amount[max(low, border - 1)]
    for k, kind in enumerate((AMOUNT, AGE, GAP)):
        if wants[k]:
            s = EMPTY
            endings[k, border - low] = s
            for p in range(border - 1, low - 1, -1):
                # The gap of the window's own first transfer is never asked for.
                if kind != GAP or p > low:
                    x = _value(amount, time, p, kind, origin if kind == AMOUNT else start)
                    s = _add(s, x, float(amount[p]) if kind == AMOUNT else x)
                for j in range(SUMMARY):
                    endings[k, p - low, j] = s[j]
    return border


@njit(cache=True, nogil=True, error_model="numpy")
def _ending(endings: NDArray[np.float64], k: int, i: int) -> Summary:
    return (
        endings[k, i, 0],
        endings[k, i, 1],
        endings[k, i, 2],
        endings[k, i, 3],
        endings[k, i, 4],
        endings[k, i, 5],
        endings[k, i, 6],
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _most(time: NDArray[np.int64], low: int, stop: int, length: int) -> int:
    """Most transfers that a window of this length holds among those at ``[low, stop)``; 0 if it is never large."""
    most = 0
    for high in range(low, stop):
        while time[low] <= time[high] - length:
            low += 1
        most = max(most, high + 1 - low)
    return most if most > FEW else 0


@njit(cache=True, nogil=True, error_model="numpy")
def _plain(targets: NDArray[np.int32]) -> int:
    """How many targets, those of a single transfer's shape being last, come before these."""
    k = 0
    while k < targets.shape[0] and not SHAPED[targets[k, 0]]:
        k += 1
    return k


@njit(cache=True, nogil=True, error_model="numpy")
def _statistics_of_accounts(
    side: Adjacency,
    other: Adjacency,
    part: Part,
    accounts: tuple[int, int],
    ask: tuple[int, NDArray[np.bool_], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
    matrix: NDArray[np.float32],
) -> None:
    """Unit kernel: the windows of one side, for a run of accounts, at their transfers on either side.

    Arrays are taken out of their tuples once, and everything that a transfer needs stays in local numbers: counting
    references would cost more than the work.
    """
    indptr, edge, peer, time, amount = side.indptr, side.edge, side.peer, side.time, side.amount
    other_edge, other_time = other.edge, other.time
    begin, end, other_begin, other_end = part.begin, part.end, part.other_begin, part.other_end
    length, wants, own_targets, other_targets, seen = ask
    own_plain, across_plain = _plain(own_targets), _plain(other_targets)
    wants_amount, wants_age, wants_gap, wants_extremes = wants[0], wants[1], wants[2], wants[3]
    shapes = wants_amount or wants_age or wants_gap
    own, across = own_targets.shape[0], other_targets.shape[0]
    own_statistic, own_column = own_targets[:, 0].astype(np.uint64), own_targets[:, 1].astype(np.uint64)
    across_statistic, across_column = other_targets[:, 0].astype(np.uint64), other_targets[:, 1].astype(np.uint64)
    flat, width, part_row = matrix.reshape(-1), matrix.shape[1], part.row
    values = np.zeros(WIDTH)
    nothing = np.empty((3, 0, SUMMARY))
    for account in range(accounts[0], accounts[1]):
        p, p_end = begin[account], end[account] if own else begin[account]
        q, q_end = other_begin[account], other_end[account] if across else other_begin[account]
        if p == p_end and q == q_end:
            continue
        stop = indptr[account + 1]
        oldest = (min(time[p], other_time[q]) if q < q_end else time[p]) if p < p_end else other_time[q]
        low = p
        while low > indptr[account] and time[low - 1] > oldest - length:
            low -= 1
        # Fixed for the account: an array that changes inside the loop below has its references counted every time.
        endings = nothing
        if shapes and stop - low > FEW:
            endings = np.empty((3, _most(time, low, stop, length) + 1, SUMMARY))
        high = low
        peers = 0
        total = np.int64(0)
        period = np.int64(NEVER)
        opening = border = summed = low
        older = np.int64(0)
        money = ages = gaps = EMPTY
        values[:] = 0.0
        while p < p_end or q < q_end:
            is_own = q == q_end or (p < p_end and edge[p] <= other_edge[q])
            if is_own:
                e, t = edge[p], time[p]
                p += 1
            else:
                e, t = other_edge[q], other_time[q]
                q += 1
            before, after = low, high
            while high < stop and edge[high] <= e:
                total += amount[high]
                x = peer[high]
                if x >= 0 and x != account:
                    if seen[x] <= low or seen[x] > high:
                        peers += 1
                    seen[x] = high + 1
                high += 1
            oldest = t - length
            while low < high and time[low] <= oldest:
                total -= amount[low]
                x = peer[low]
                if x >= 0 and seen[x] == low + 1:
                    peers -= 1
                low += 1
            n = high - low
            changed = low != before or high != after
            if changed:
                values[0], values[1] = n, peers
                if n:
                    values[2] = n / peers if peers else 0.0
                    values[AMOUNT], values[AMOUNT + 1] = total, total / n
                    if n == 1:
                        values[AMOUNT + 5] = values[AMOUNT + 6] = total
                        values[NEWEST] = 0.0
                    elif shapes and n <= FEW:
                        if wants_amount or wants_age:
                            _amounts_and_ages(amount, time, low, high, values)
                        if wants_extremes:
                            _extremes(amount, low, high, values)
                        if wants_gap:
                            _gaps(time, low, high, values)
            if shapes and n > FEW:
                now = t // length
                if changed or period != now:
                    start = now * length
                    if period != now:
                        period = now
                        opening = low
                        border = _sum_endings(amount, time, (low, high), start, wants, endings)
                        summed = border
                        money = ages = gaps = EMPTY
                        older = amount[max(low, border - 1)]
                    # The newer part is counted from its own first transfer.
                    newer = amount[min(border, high - 1)]
                    for k in range(summed, high):
                        if wants_amount:
                            money = _add(money, float(amount[k] - newer), float(amount[k]))
                        if wants_age:
                            ages = _add(ages, float(start - time[k]), 0.0)
                        if wants_gap and k > border:
                            x = float(time[k] - time[k - 1])
                            gaps = _add(gaps, x, x)
                    summed = high
                    if wants_amount:
                        m = money
                        if low < border:
                            m = (m[0], m[1] + float(newer - older), m[2], m[3], m[4], m[5], m[6])
                            m = _join(_ending(endings, 0, low - opening), m)
                        _shape(values, AMOUNT + 2, m[0], m[2], m[3], m[4])
                        values[AMOUNT + 5], values[AMOUNT + 6] = m[5], m[6]
                    if wants_age:
                        m = _join(_ending(endings, 1, low - opening), ages)
                        _shape(values, AGE + 2, m[0], m[2], m[3], m[4])
                        values[NEWEST] = (m[1] + float(time[high - 1] - start)) / SECOND
                    if wants_gap:
                        # The gap of the window's first transfer began outside; the one across the border is of neither
                        # part.
                        m = gaps
                        if low < border:
                            if border < high:
                                x = float(time[border] - time[border - 1])
                                m = _add(m, x, x)
                            m = _join(_ending(endings, 2, low + 1 - opening), m)
                        _shape(values, GAP + 1, m[0], m[2], m[3], m[4])
                        values[GAP] = m[1] / SECOND
                        values[GAP + 4], values[GAP + 5] = m[5] / SECOND, m[6] / SECOND
            if wants_age and n:
                values[AGE + 1] = (t - time[high - 1]) / SECOND + values[NEWEST]
                values[AGE] = values[AGE + 1] * n
            # Where there is nothing to say the matrix says 0 already; a single transfer has no shape.
            if n:
                # Unsigned places in one long row: a signed one is looked at for being below 0.
                base = np.uint64((e - part_row) * width)
                if is_own:
                    for k in range(own if n > 1 else own_plain):
                        flat[base + own_column[k]] = values[own_statistic[k]]
                else:
                    for k in range(across if n > 1 else across_plain):
                        flat[base + across_column[k]] = values[across_statistic[k]]


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def _statistics_of_side(
    side: Adjacency,
    other: Adjacency,
    part: Part,
    length: int,
    ask: Ask,
    matrix: NDArray[np.float32],
) -> None:
    for chunk in prange(part.borders.size - 1):
        low, high = part.borders[chunk], part.borders[chunk + 1]
        if low < high:
            wanted = (length, ask.wants, ask.own, ask.other, ask.seen[chunk])
            _statistics_of_accounts(side, other, part, (low, high), wanted, matrix)


def statistics(
    out: Adjacency,
    in_: Adjacency,
    block: Block,
    window: int,
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
    seen: NDArray[np.int32] | None = None,
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
        Zero where written. Each row's columns of a role are written by the thread that owns the account in that role.
    seen : int32[2, chunks, accounts], optional
        Room that one block can leave to the next, zero before the first.

    Notes
    -----
    Units: minor units and seconds; variances in their squares. The fan counts distinct counterparties other than the
    account itself. Moments are of the population; the kurtosis is not the excess. Everything is 0 for an empty
    window, gaps also for fewer than two transfers. Cost: linear in the block and in the windows that reach into it.
    """
    parts = (
        Part(block.out_begin, block.out_end, block.in_begin, block.in_end, block.borders, block.first),
        Part(block.in_begin, block.in_end, block.out_begin, block.out_end, block.borders, block.first),
    )
    if seen is None:
        seen = np.zeros((2, block.borders.size - 1, block.out_begin.size), np.int32)
    for way, (side, other) in enumerate(((out, in_), (in_, out))):
        asked = targets[targets[:, 1] == way]
        if not len(asked):
            continue
        wants = np.array([(asked[:, 2, None] == np.array(places)).any() for places in SHAPES])
        wants[0] |= wants[3]
        asked = asked[np.argsort(SHAPED[asked[:, 2]], kind="stable")]
        own, across = (asked[asked[:, 0] == role, 2:].copy() for role in (way, 1 - way))
        _statistics_of_side(side, other, parts[way], window, Ask(wants, own, across, seen[way]), matrix)
