"""Medians of amounts and of the time between transfers, over a sliding window. Causal.

Used by the features. Oracle: ``tests/oracles/medians.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Block
    from moneytrail.kernels.ordering import Adjacency

AMOUNT, GAP = 0, 1
STATISTICS: Final = ("median_amount", "median_gap")
"""Median amount, minor units; median time between neighbouring transfers, seconds."""

FEW = 128
"""Windows of at most so many values are kept as a sorted list; longer ones are counted in a tree of ranks."""


ROW, EDGE, TIME, ROLE, LOW, HIGH = range(6)
"""Columns of a plan: what an account is asked, and over which part of a list."""


@njit(cache=True, nogil=True)
def _longest(block: Block, first: int, last: int) -> int:
    """Most rows of the block that any account from `first` to `last` (exclusive) has."""
    most = 0
    for a in range(first, last):
        most = max(most, block.out_end[a] - block.out_begin[a] + block.in_end[a] - block.in_begin[a])
    return most


@njit(cache=True, nogil=True)
def _names(targets: NDArray[np.int32], place: int, value: int) -> bool:
    """Whether any target has `value` at `place`."""
    for i in range(targets.shape[0]):
        if targets[i, place] == value:
            return True
    return False


@njit(cache=True, nogil=True)
def _ask(
    account: int, sides: tuple[Adjacency, Adjacency], block: Block, targets: NDArray[np.int32], plan: NDArray[np.int64]
) -> int:
    """Plan the account's transfers in the block, in ledger order; a role is 1 debtor, 2 creditor, 3 both.

    Returns how many there are.
    """
    outgoing, incoming = sides
    d, d_end = block.out_begin[account], block.out_end[account]
    c, c_end = block.in_begin[account], block.in_end[account]
    if not _names(targets, 0, 0):
        d = d_end
    if not _names(targets, 0, 1):
        c = c_end
    k = 0
    while d < d_end or c < c_end:
        paid = c == c_end or (d < d_end and outgoing.edge[d] <= incoming.edge[c])
        was_paid = d == d_end or (c < c_end and incoming.edge[c] <= outgoing.edge[d])
        plan[k, EDGE] = outgoing.edge[d] if paid else incoming.edge[c]
        plan[k, TIME] = outgoing.time[d] if paid else incoming.time[c]
        plan[k, ROW] = plan[k, EDGE] - block.first
        plan[k, ROLE] = paid + 2 * was_paid
        d += paid
        c += was_paid
        k += 1
    return k


@njit(cache=True, nogil=True)
def _look_back(account: int, side: Adjacency, begin: int, window: int, plan: NDArray[np.int64]) -> None:
    """Plan the part of the account's list within the window of each transfer: low (inclusive) to high (exclusive).

    `begin` is any position of the list near the block; the walk goes from there.
    """
    start, stop = side.indptr[account], side.indptr[account + 1]
    newest = begin
    while newest > start and side.edge[newest - 1] > plan[0, EDGE]:
        newest -= 1
    oldest = newest
    while oldest > start and side.time[oldest - 1] > plan[0, TIME] - window:
        oldest -= 1
    for k in range(plan.shape[0]):
        while newest < stop and side.edge[newest] <= plan[k, EDGE]:
            newest += 1
        while oldest < newest and side.time[oldest] <= plan[k, TIME] - window:
            oldest += 1
        plan[k, LOW] = oldest
        plan[k, HIGH] = newest


@njit(cache=True, nogil=True)
def _place(ordered: NDArray[np.int64], count: int, value: int) -> int:
    """Where `value` stands, or would stand, among the first `count` of `ordered`."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return int(low)


@njit(cache=True, nogil=True)
def _value(side: Adjacency, statistic: int, p: int) -> int:
    """The amount at a position, or the time since the position before."""
    return int(side.amount[p] if statistic == AMOUNT else side.time[p] - side.time[p - 1])


@njit(cache=True, nogil=True)
def _medians_of_few(
    side: Adjacency, statistic: int, plan: NDArray[np.int64], ordered: NDArray[np.int64], found: NDArray[np.float64]
) -> None:
    """Unit kernel: medians of each planned part, by a sorted list; `ordered` has room for the longest."""
    first = plan[0, LOW]
    last = first
    count = 0
    for k in range(plan.shape[0]):
        low, high = plan[k, LOW], plan[k, HIGH]
        while count and first < low:
            gone = _value(side, statistic, first)
            count -= 1
            for i in range(_place(ordered, count, gone), count):
                ordered[i] = ordered[i + 1]
            first += 1
        if not count:
            first = low
            last = low
        while last < high:
            value = _value(side, statistic, last)
            i = count
            while i and ordered[i - 1] > value:
                ordered[i] = ordered[i - 1]
                i -= 1
            ordered[i] = value
            count += 1
            last += 1
        found[k] = (np.float64(ordered[(count - 1) // 2]) + np.float64(ordered[count // 2])) / 2 if count else 0.0


@njit(cache=True, nogil=True)
def _count(tree: NDArray[np.int32], rank: int, step: int) -> None:
    """Add `step` at `rank` of a Fenwick tree, in which entry ``i`` sums the ``i & -i`` ranks before ``i``."""
    i = rank + 1
    while i < tree.size:
        tree[i] += step
        i += i & -i


@njit(cache=True, nogil=True)
def _select(tree: NDArray[np.int32], place: int) -> int:
    """Rank of the value at `place` (from 0) among those counted."""
    reach = 1
    while reach * 2 < tree.size:
        reach *= 2
    rank = 0
    left = place + 1
    while reach:
        if rank + reach < tree.size and tree[rank + reach] < left:
            rank += reach
            left -= tree[rank]
        reach //= 2
    return rank


@njit(cache=True, nogil=True)
def _medians_of_many(side: Adjacency, statistic: int, plan: NDArray[np.int64], found: NDArray[np.float64]) -> None:
    """Unit kernel: the same by a Fenwick tree of ranks. About log(n) steps a transfer, however long the window."""
    base = plan[0, LOW]
    values = np.empty(plan[-1, HIGH] - base, np.int64)
    for i in range(values.size):
        values[i] = _value(side, statistic, base + i)
    order = np.argsort(values)
    rank = np.empty(values.size, np.int32)
    for i in range(values.size):
        rank[order[i]] = i
    tree = np.zeros(values.size + 1, np.int32)
    first = 0
    last = 0
    for k in range(plan.shape[0]):
        low, high = plan[k, LOW] - base, plan[k, HIGH] - base
        while first < min(low, last):
            _count(tree, rank[first], -1)
            first += 1
        first = low
        last = max(first, last)
        while last < high:
            _count(tree, rank[last], 1)
            last += 1
        count = last - first
        if count:
            lower = values[order[_select(tree, (count - 1) // 2)]]
            upper = lower if count % 2 else values[order[_select(tree, count // 2)]]
            found[k] = (np.float64(lower) + np.float64(upper)) / 2
        else:
            found[k] = 0.0


@njit(cache=True, nogil=True)
def _medians(
    side: Adjacency, statistic: int, plan: NDArray[np.int64], ordered: NDArray[np.int64], found: NDArray[np.float64]
) -> None:
    """Unit kernel: one statistic of one list at every transfer asked for, by the way that suits its longest window."""
    longest = 0
    for k in range(plan.shape[0]):
        longest = max(longest, plan[k, HIGH] - plan[k, LOW])
    if longest <= FEW:
        _medians_of_few(side, statistic, plan, ordered, found)
    else:
        _medians_of_many(side, statistic, plan, found)
    if statistic == GAP:
        for k in range(plan.shape[0]):
            found[k] /= 1e6


@njit(cache=True, nogil=True)
def _medians_of_list(
    side: Adjacency,
    way: int,
    targets: NDArray[np.int32],
    plan: NDArray[np.int64],
    room: tuple[NDArray[np.int64], NDArray[np.float64]],
    matrix: NDArray[np.float32],
) -> None:
    """Unit kernel: all that is asked about one list of one account."""
    ordered, found = room
    for statistic in range(2):
        if statistic == GAP:
            # The gap before the window's oldest transfer begins outside.
            for k in range(plan.shape[0]):
                plan[k, LOW] = min(plan[k, LOW] + 1, plan[k, HIGH])
        done = False
        for i in range(targets.shape[0]):
            role, column = targets[i, 0], targets[i, 3]
            if targets[i, 1] != way or targets[i, 2] != statistic:
                continue
            if not done:
                _medians(side, statistic, plan, ordered, found)
                done = True
            for k in range(plan.shape[0]):
                if plan[k, ROLE] >> role & 1:
                    matrix[plan[k, ROW], column] = found[k]


@njit(cache=True, nogil=True, parallel=True)
def medians(
    outgoing: Adjacency,
    incoming: Adjacency,
    block: Block,
    window: int,
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
) -> None:
    """Fill columns with medians over each account's transfers in ``(t - window, t]``, up to and with the transfer.

    The median of an even number of values is the mean of the two in the middle. The median amount is in minor units,
    0 without transfers. The median gap is that of the times between one transfer of the account that way and its
    next, both within the window, in seconds; 0 with fewer than two transfers. A transfer to oneself counts on both
    sides.

    Parameters
    ----------
    outgoing, incoming : Adjacency
    block : Block
    window : int
        Microseconds, above 0.
    targets : int32[k, 4]
        What to compute: role of the account in the transfer (0 debtor, 1 creditor), way of the transfers looked at
        (0 out, 1 in), place in :data:`STATISTICS`, column of `matrix`.
    matrix : float32[block.last - block.first, columns]
        Written at the rows of the block that have an account in the role; each by the one thread that owns the
        account. Cost: linear where an account's windows hold at most :data:`FEW` transfers, else n log(n) in its own.
    """
    for chunk in prange(block.borders.size - 1):
        sides = (outgoing, incoming)
        first, last = block.borders[chunk], block.borders[chunk + 1]
        longest = _longest(block, first, last)
        room = np.empty((longest, 6), np.int64)
        ordered = np.empty(FEW, np.int64)
        found = np.empty(longest, np.float64)
        for account in range(first, last):
            plan = room[: _ask(account, sides, block, targets, room)]
            for way in range(2):
                if plan.shape[0] and _names(targets, 1, way):
                    begin = block.in_begin[account] if way else block.out_begin[account]
                    _look_back(account, sides[way], begin, window, plan)
                    _medians_of_list(sides[way], way, targets, plan, (ordered, found), matrix)
