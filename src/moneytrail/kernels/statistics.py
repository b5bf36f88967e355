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

from moneytrail.prefetch import prefetch

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Block
    from moneytrail.kernels.ordering import Adjacency

FEW = 24
SECOND = 1_000_000
SQUARE_SECOND = 1e12
NEVER = -(2**62)
FAR = 2**62
SOON = 8
"""So many transfers ahead the memory of a row is asked for."""
LINE = 16
"""Columns in a line of memory."""
MOST_AHEAD = 8
"""Lines of one row that are asked for at most."""

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
SHAPES = (tuple(range(AMOUNT + 2, AGE)), tuple(range(AGE, GAP)), tuple(range(GAP, NEWEST)))
"""The statistics that need a pass over the window: of amounts, of ages, of gaps."""

SHAPED = np.array(["variance" in name or "ness" in name or "kurt" in name or "gap" in name for name in STATISTICS])
"""Those that are 0 for a single transfer."""


# A summary of values: how many, mean, sums of the second to fourth powers of deviations, least, greatest.
SUMMARY = 7
EMPTY = (0.0, 0.0, 0.0, 0.0, 0.0, np.inf, -np.inf)
Summary = tuple[float, float, float, float, float, float, float]


# What is kept of one side of an account while its events pass: places in its row.
LOW, HIGH, PEERS, TOTAL, AGES, PERIOD, OPENING, BORDER, SUMMED, OLDER, MARKED = range(11)
STATE = 11


class Ask(NamedTuple):
    """What is asked for.

    Attributes
    ----------
    length : int
        Microseconds of the window.
    wants : bool[3]
        Whether any of each of :data:`SHAPES` is asked for.
    targets : uint64[k, 2]
        Statistic and column, grouped by role and way, those of a single transfer's shape last.
    bounds : int64[2, 2, 3]
        For each role and way: where its targets begin, where those that are 0 for a single transfer begin, their end.
    reach : int64[2, 2]
        For each role: its first column, and one more than the last that is asked for ahead.
    """

    length: int
    wants: NDArray[np.bool_]
    targets: NDArray[np.uint64]
    bounds: NDArray[np.int64]
    reach: NDArray[np.int64]


class _Work(NamedTuple):
    """A thread's room: the state and the values of both sides, summaries of the newer parts, and of every ending."""

    state: NDArray[np.int64]
    values: NDArray[np.float64]
    newer: NDArray[np.float64]
    endings: NDArray[np.float64]
    seen: NDArray[np.uint32]


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
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


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
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


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _shape(values: NDArray[np.float64], way: int, place: int, n: float, s2: float, s3: float, s4: float) -> None:
    """Write variance, skewness and kurtosis of `n` values; 0 where they do not differ. Times come in microseconds."""
    if s2 > 0.0:
        inverse = 1.0 / s2
        unit = 1.0 if place < AGE else SQUARE_SECOND
        values[way, place] = s2 / (n * unit)
        values[way, place + 1] = np.sqrt(n * inverse) * s3 * inverse
        values[way, place + 2] = n * s4 * inverse * inverse
    else:
        values[way, place] = values[way, place + 1] = values[way, place + 2] = 0.0


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _put(store: NDArray[np.float64], row: int, s: Summary) -> None:
    for j, part in enumerate(s):
        store[row, j] = part


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _at(store: NDArray[np.float64], row: int) -> Summary:
    return (
        store[row, 0],
        store[row, 1],
        store[row, 2],
        store[row, 3],
        store[row, 4],
        store[row, 5],
        store[row, 6],
    )


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _pair(values: NDArray[np.float64], way: int, place: int, half: float) -> None:
    """Write variance, skewness and kurtosis of two values that lie `half` from their mean."""
    unit = 1.0 if place < AGE else SQUARE_SECOND
    values[way, place] = half * half / unit
    values[way, place + 1] = 0.0
    values[way, place + 2] = 1.0 if half != 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _few(
    amount: NDArray[np.int64],
    time: NDArray[np.int64],
    state: NDArray[np.int64],
    values: NDArray[np.float64],
    way: int,
) -> None:
    """Write the shapes of a small window of two transfers or more, counted from the newest.

    All kinds at once: any one alone waits for its own sums most of the time.
    """
    low, high = state[way, LOW], state[way, HIGH]
    n = float(high - low)
    newest, now = amount[high - 1], time[high - 1]
    mean = (state[way, TOTAL] - (high - low) * newest) / n
    mean_age = state[way, AGES] / n
    mean_gap = (now - time[low]) / (n - 1.0)
    values[way, NEWEST] = mean_age / SECOND
    values[way, GAP] = mean_gap / SECOND
    if high - low == 2:
        values[way, AMOUNT + 5] = min(amount[low], newest)
        values[way, AMOUNT + 6] = max(amount[low], newest)
        values[way, GAP + 4] = values[way, GAP + 5] = values[way, GAP]
        _pair(values, way, AMOUNT + 2, mean)
        _pair(values, way, AGE + 2, mean_age)
        _pair(values, way, GAP + 1, 0.0)
        return
    least = greatest = amount[low]
    d = (least - newest) - mean
    t = (now - time[low]) - mean_age
    a2 = d * d
    a3, a4 = a2 * d, a2 * a2
    t2 = t * t
    t3, t4 = t2 * t, t2 * t2
    g2 = g3 = g4 = 0.0
    shortest = longest = time[low + 1] - time[low]
    before = time[low]
    for p in range(low + 1, high):
        x, at = amount[p], time[p]
        least, greatest = min(least, x), max(greatest, x)
        d = (x - newest) - mean
        dd = d * d
        a2 += dd
        a3 += dd * d
        a4 += dd * dd
        t = (now - at) - mean_age
        tt = t * t
        t2 += tt
        t3 += tt * t
        t4 += tt * tt
        gap = at - before
        before = at
        shortest, longest = min(shortest, gap), max(longest, gap)
        g = gap - mean_gap
        gg = g * g
        g2 += gg
        g3 += gg * g
        g4 += gg * gg
    values[way, AMOUNT + 5], values[way, AMOUNT + 6] = least, greatest
    values[way, GAP + 4], values[way, GAP + 5] = shortest / SECOND, longest / SECOND
    _shape(values, way, AMOUNT + 2, n, a2, a3, a4)
    _shape(values, way, AGE + 2, n, t2, t3, t4)
    _shape(values, way, GAP + 1, n - 1.0, g2 if shortest < longest else 0.0, g3, g4)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _value(amount: NDArray[np.int64], time: NDArray[np.int64], p: int, kind: int, origin: int) -> float:
    """The amount of `p` above `origin`, its microseconds before `origin`, or those since the transfer before."""
    if kind == AMOUNT:
        return float(amount[p] - origin)
    if kind == AGE:
        return float(origin - time[p])
    return float(time[p] - time[p - 1])


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _sum_endings(
    amount: NDArray[np.int64],
    time: NDArray[np.int64],
    window: tuple[int, int],
    start: int,
    wants: NDArray[np.bool_],
    endings: NDArray[np.float64],
    first: int,
) -> int:
    """Sum up every ending of the part of a large window that lies before `start`, the moment its period began.

    Row ``first + 3 (p - low) + k`` of `endings` is the summary of kind k at ``[p, border)``. Returns the border.
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
            _put(endings, first + 3 * (border - low) + k, s)
            for p in range(border - 1, low - 1, -1):
                # The gap of the window's own first transfer is never asked for.
                if kind != GAP or p > low:
                    x = _value(amount, time, p, kind, origin if kind == AMOUNT else start)
                    s = _add(s, x, float(amount[p]) if kind == AMOUNT else x)
                _put(endings, first + 3 * (p - low) + k, s)
    return border


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _many(
    amount: NDArray[np.int64],
    time: NDArray[np.int64],
    period: tuple[int, int],
    wants: NDArray[np.bool_],
    work: _Work,
    way: int,
) -> None:
    """Write the shapes of a large window; ``period`` is the number of the running one, and the window's length."""
    state, values, newer, endings = work.state, work.values, work.newer, work.endings
    low, high = state[way, LOW], state[way, HIGH]
    now, length = period
    start = now * length
    first = way * (endings.shape[0] >> 1)
    if state[way, PERIOD] != now:
        state[way, PERIOD] = now
        state[way, OPENING] = low
        border = _sum_endings(amount, time, (low, high), start, wants, endings, first)
        state[way, BORDER] = state[way, SUMMED] = border
        state[way, OLDER] = amount[max(low, border - 1)]
        for k in range(3):
            _put(newer, 3 * way + k, EMPTY)
    border = state[way, BORDER]
    origin = amount[min(border, high - 1)]  # The newer part is counted from its own first transfer.
    money, ages, gaps = _at(newer, 3 * way), _at(newer, 3 * way + 1), _at(newer, 3 * way + 2)
    for p in range(state[way, SUMMED], high):
        if wants[0]:
            money = _add(money, float(amount[p] - origin), float(amount[p]))
        if wants[1]:
            ages = _add(ages, float(start - time[p]), 0.0)
        if wants[2] and p > border:
            x = float(time[p] - time[p - 1])
            gaps = _add(gaps, x, x)
    if state[way, SUMMED] < high:
        state[way, SUMMED] = high
        _put(newer, 3 * way, money)
        _put(newer, 3 * way + 1, ages)
        _put(newer, 3 * way + 2, gaps)
    at = first + 3 * (low - state[way, OPENING])
    if wants[0]:
        m = money
        if low < border:
            m = (m[0], m[1] + float(origin - state[way, OLDER]), m[2], m[3], m[4], m[5], m[6])
            m = _join(_at(endings, at), m)
        _shape(values, way, AMOUNT + 2, m[0], m[2], m[3], m[4])
        values[way, AMOUNT + 5], values[way, AMOUNT + 6] = m[5], m[6]
    if wants[1]:
        m = ages
        if low < border:
            m = _join(_at(endings, at + 1), m)
        _shape(values, way, AGE + 2, m[0], m[2], m[3], m[4])
        values[way, NEWEST] = (m[1] + float(time[high - 1] - start)) / SECOND
    if wants[2]:
        # The gap of the window's first transfer began outside; the one across the border is of neither part.
        m = gaps
        if low < border:
            if border < high:
                x = float(time[border] - time[border - 1])
                m = _add(m, x, x)
            m = _join(_at(endings, at + 5), m)
        _shape(values, way, GAP + 1, m[0], m[2], m[3], m[4])
        values[way, GAP] = m[1] / SECOND
        values[way, GAP + 4], values[way, GAP + 5] = m[5] / SECOND, m[6] / SECOND


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _oldest(time: NDArray[np.int64], start: int, place: int, before: int) -> int:
    """The first place of a list, which begins at `start`, whose time is above `before`; sought back from `place`."""
    while place > start and time[place - 1] > before:
        place -= 1
    return place


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _fetch(flat: NDArray[np.float32], row: int, reach: NDArray[np.int64], role: int) -> None:
    """Ask for the columns of a role in the row that begins at `row`."""
    for column in range(reach[role, 0], reach[role, 1], LINE):
        prefetch(flat, row + column)
    prefetch(flat, row + reach[role, 1] - 1)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _among(peer: NDArray[np.int32], low: int, high: int, x: int) -> bool:
    for p in range(low, high):
        if peer[p] == x:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _events(both: Adjacency, block: Block, account: int) -> tuple[int, int, int, int]:
    """Where an account's transfers of the block begin and end, paid and then received, as places of `both`."""
    border = both.indptr[block.out_begin.size]
    return (
        block.out_begin[account],
        block.out_end[account],
        border + block.in_begin[account],
        border + block.in_end[account],
    )


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _most(both: Adjacency, block: Block, accounts: tuple[int, int], length: int) -> int:
    """Most transfers that a window of the block holds at one of these accounts; 0 where none is large."""
    indptr, edge, time = both.indptr, both.edge, both.time
    most = 0
    for account in range(accounts[0], accounts[1]):
        p, p_end, q, q_end = _events(both, block, account)
        if p == p_end and q == q_end:
            continue
        first, newest = np.int64(FAR), np.int64(-1)
        if p < p_end:
            first, newest = time[p], np.int64(edge[p_end - 1])
        if q < q_end:
            first, newest = min(first, time[q]), max(newest, np.int64(edge[q_end - 1]))
        for way in range(2):
            row = account + way * block.out_begin.size
            if indptr[row + 1] - indptr[row] <= max(FEW, most):
                continue
            low = _oldest(time, indptr[row], q if way else p, first - length)
            for high in range(low, indptr[row + 1]):
                if edge[high] > newest:
                    break
                while time[low] <= time[high] - length:
                    low += 1
                most = max(most, high + 1 - low)
    return most if most > FEW else 0


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _statistics_of_accounts(
    both: Adjacency,
    block: Block,
    accounts: tuple[int, int],
    ask: Ask,
    work: _Work,
    matrix: NDArray[np.float32],
) -> None:
    """Unit kernel: the windows on both sides of a run of accounts, at each of their transfers."""
    indptr, edge, peer, time, amount = both.indptr, both.edge, both.peer, both.time, both.amount
    length, wants, targets, bounds = ask.length, ask.wants, ask.targets, ask.bounds
    state, values, seen = work.state, work.values, work.seen
    shapes = wants[0] or wants[1] or wants[2]
    flat, width = matrix.reshape(-1), matrix.shape[1]
    lists = block.out_begin.size
    for account in range(accounts[0], accounts[1]):
        if account + SOON < accounts[1]:
            for way in range(2):
                soon = _events(both, block, account + SOON)[2 * way]
                prefetch(edge, soon)
                prefetch(peer, soon)
                prefetch(time, soon)
                prefetch(amount, soon)
        p, p_end, q, q_end = _events(both, block, account)
        if p == p_end and q == q_end:
            continue
        first = (min(time[p], time[q]) if q < q_end else time[p]) if p < p_end else time[q]
        for way in range(2):
            state[way] = 0
            values[way] = 0.0
            state[way, LOW] = _oldest(time, indptr[account + way * lists], q if way else p, first - length)
            state[way, HIGH] = state[way, LOW]
            state[way, PERIOD] = NEVER
        if account + 1 < accounts[1]:
            next_p, next_p_end, next_q, next_q_end = _events(both, block, account + 1)
            for k in range(next_p, min(next_p_end, next_p + SOON)):
                _fetch(flat, (edge[k] - block.first) * width, ask.reach, 0)
            for k in range(next_q, min(next_q_end, next_q + SOON)):
                _fetch(flat, (edge[k] - block.first) * width, ask.reach, 1)
        while p < p_end or q < q_end:
            if p + SOON < p_end:
                _fetch(flat, (edge[p + SOON] - block.first) * width, ask.reach, 0)
            if q + SOON < q_end:
                _fetch(flat, (edge[q + SOON] - block.first) * width, ask.reach, 1)
            # A transfer to oneself is met on both sides.
            if q == q_end or (p < p_end and edge[p] <= edge[q]):
                role, e, t = 0, edge[p], time[p]
                p += 1
            else:
                role, e, t = 1, edge[q], time[q]
                q += 1
            # Unsigned places in one long row: a signed one is looked at for being below 0.
            base = np.uint64((e - block.first) * width)
            oldest = t - length
            now = t // length
            for way in range(2):
                first_target, plain, last_target = bounds[role, way]
                if first_target == last_target:
                    continue
                low, high = state[way, LOW], state[way, HIGH]
                stop = indptr[account + way * lists + 1]
                changed = False
                if high < stop and edge[high] <= e:
                    changed = True
                    peers, total, ages = state[way, PEERS], state[way, TOTAL], state[way, AGES]
                    while high < stop and edge[high] <= e:
                        if low < high:
                            ages += (high - low) * (time[high] - time[high - 1])
                        total += amount[high]
                        x = peer[high]
                        counts = x >= 0 and x != account
                        if high - low < FEW:
                            peers += counts and not _among(peer, low, high, x)
                        else:
                            for k in range(max(low, state[way, MARKED]), high):
                                if peer[k] >= 0:
                                    seen[peer[k], way] = k + 1
                            if counts:
                                peers += seen[x, way] <= low or seen[x, way] > high
                                seen[x, way] = high + 1
                            state[way, MARKED] = high + 1
                        high += 1
                    state[way, HIGH], state[way, PEERS], state[way, TOTAL], state[way, AGES] = high, peers, total, ages
                if low < high and time[low] <= oldest:
                    changed = True
                    peers, total, ages = state[way, PEERS], state[way, TOTAL], state[way, AGES]
                    newest = time[high - 1]
                    while low < high and time[low] <= oldest:
                        ages -= newest - time[low]
                        total -= amount[low]
                        x = peer[low]
                        if x >= 0 and x != account:
                            last = not _among(peer, low + 1, high, x) if high - low <= FEW else seen[x, way] == low + 1
                            peers -= last
                        low += 1
                    state[way, LOW], state[way, PEERS], state[way, TOTAL], state[way, AGES] = low, peers, total, ages
                # Where there is nothing to say the matrix says 0 already; a single transfer has no shape.
                if low == high:
                    continue
                n = high - low
                if changed:
                    peers, total = state[way, PEERS], state[way, TOTAL]
                    values[way, 0], values[way, 1] = n, peers
                    values[way, 2] = n / peers if peers else 0.0
                    values[way, AMOUNT], values[way, AMOUNT + 1] = total, total / n
                    if n == 1:
                        values[way, AMOUNT + 5] = values[way, AMOUNT + 6] = total
                        values[way, NEWEST] = 0.0
                    elif shapes and n <= FEW:
                        _few(amount, time, state, values, way)
                if n > FEW and shapes and (changed or state[way, PERIOD] != now):
                    _many(amount, time, (now, length), wants, work, way)
                values[way, AGE + 1] = (t - time[high - 1]) / SECOND + values[way, NEWEST]
                values[way, AGE] = values[way, AGE + 1] * n
                for k in range(first_target, last_target if n > 1 else plain):
                    flat[base + targets[k, 1]] = values[way, targets[k, 0]]


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def _statistics_of_block(
    both: Adjacency, block: Block, ask: Ask, seen: NDArray[np.uint32], matrix: NDArray[np.float32]
) -> None:
    for chunk in prange(block.borders.size - 1):
        accounts = (block.borders[chunk], block.borders[chunk + 1])
        if accounts[0] < accounts[1]:
            most = _most(both, block, accounts, ask.length) if ask.wants.any() else 0
            room = _Work(
                np.empty((2, STATE), np.int64),
                np.empty((2, WIDTH)),
                np.empty((6, SUMMARY)),
                np.empty((6 * (most + 2), SUMMARY)),
                seen[chunk],
            )
            _statistics_of_accounts(both, block, accounts, ask, room, matrix)


def statistics(
    both: Adjacency,
    block: Block,
    window: int,
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
    seen: NDArray[np.uint32] | None = None,
) -> None:
    """Fill the columns that `targets` names for every transfer of the block.

    Parameters
    ----------
    both : Adjacency
        Both sides of every account in one.
    block : Block
    window : int
        Microseconds. At a transfer booked at t, an account's transfers in ``(t - window, t]`` up to and including it
        in ledger order are looked at; a transfer to oneself counts on both sides.
    targets : int32[k, 4]
        Role (0: of the debtor, 1: of the creditor), way (0: its outgoing, 1: its incoming transfers), place in
        :data:`STATISTICS`, column of `matrix`.
    matrix : float32[block rows, columns]
        Zero where written. Each row's columns of a role are written by the thread that owns the account in that role.
    seen : uint32[chunks, accounts, 2], optional
        Room that one block can leave to the next, zero before the first.

    Notes
    -----
    Units: minor units and seconds; variances in their squares. The fan counts distinct counterparties other than the
    account itself. Moments are of the population; the kurtosis is not the excess. Everything is 0 for an empty
    window, gaps also for fewer than two transfers. Cost: linear in the block and in the windows that reach into it.
    """
    if seen is None:
        seen = np.zeros((block.borders.size - 1, block.out_begin.size, 2), np.uint32)
    wants = np.array([np.isin(targets[:, 2], places).any() for places in SHAPES])
    # By role, then way; those that are 0 for a single transfer last.
    order = np.lexsort((SHAPED[targets[:, 2]], targets[:, 1], targets[:, 0]))
    asked = targets[order]
    bounds = np.zeros((2, 2, 3), np.int64)
    for role in range(2):
        for way in range(2):
            group = np.flatnonzero((asked[:, 0] == role) & (asked[:, 1] == way))
            if group.size:
                plain = np.count_nonzero(~SHAPED[asked[group, 2]])
                bounds[role, way] = group[0], group[0] + plain, group[-1] + 1
    reach = np.zeros((2, 2), np.int64)
    for role in range(2):
        columns = targets[targets[:, 0] == role, 3]
        if len(columns):
            # Columns far apart are not all asked for ahead: the memory asked for is itself a cost.
            reach[role] = columns.min(), min(columns.max() + 1, columns.min() + MOST_AHEAD * LINE)
    ask = Ask(window, wants, asked[:, 2:].astype(np.uint64), bounds, reach)
    _statistics_of_block(both, block, ask, seen, matrix)
