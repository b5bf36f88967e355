"""How far an account's transfers are of one amount, or of whole multiples of one, over a sliding window. Causal.

Used by the features. Oracle: ``tests/oracles/concentration.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Block
    from moneytrail.kernels.ordering import Adjacency

MODAL = 0
STATISTICS: Final = ("modal_concentration",)
"""Largest share of the transfers that are near one amount or a whole multiple of it."""

LATEST = 256
"""Of a longer window only so many latest transfers are looked at, so that a hub costs the same for each transfer."""

MULTIPLES = 6
"""One to so many seats: a family pays for all of its own."""

NEARNESS = 20
"""An amount is near another when it lies within one part in so many of it: 5 per cent."""

LARGEST = 2**59
"""Larger amounts count as this one, so that their multiples stay whole numbers of 64 bits."""

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


RINGS = 2 * MULTIPLES + 2
"""What is kept of a transfer: twelve bounds of it as a mode, how many are near it, its amount."""


@njit(cache=True, nogil=True)
def _bound(bounds: NDArray[np.int64], slot: int, amount: int) -> None:
    """Note which amounts are near one to six times `amount`: lowest and highest, both inclusive."""
    for k in range(MULTIPLES):
        multiple = (k + 1) * amount
        reach = multiple // NEARNESS
        bounds[2 * k, slot] = multiple - reach
        # All multiples of 0 are one.
        bounds[2 * k + 1, slot] = multiple + reach if amount or not k else -1


@njit(cache=True, nogil=True)
def _tally(bounds: NDArray[np.int64], counts: NDArray[np.int64], amount: int, step: int) -> None:
    """Add `step` to the count of every mode that `amount` is near."""
    for j in range(counts.size):
        near = 0
        for k in range(MULTIPLES):
            near |= (amount >= bounds[2 * k, j]) & (amount <= bounds[2 * k + 1, j])
        counts[j] += step * near


@njit(cache=True, nogil=True)
def _count_near(bounds: NDArray[np.int64], slot: int, amounts: NDArray[np.int64]) -> int:
    """How many of `amounts` are near the mode at `slot`. No amount is counted twice: the bounds do not overlap."""
    count = 0
    for k in range(MULTIPLES):
        low, high = bounds[2 * k, slot], bounds[2 * k + 1, slot]
        for j in range(amounts.size):
            count += (amounts[j] >= low) & (amounts[j] <= high)
    return count


@njit(cache=True, nogil=True)
def _concentrate(side: Adjacency, plan: NDArray[np.int64], ring: NDArray[np.int64], found: NDArray[np.float64]) -> None:
    """Unit kernel: the share of each planned part that is near its best mode. Every transfer enters and leaves once.

    `ring` has :data:`RINGS` rows and one column for each transfer that a window may hold; an empty one is near nothing.
    """
    bounds, counts, amounts = ring[: 2 * MULTIPLES], ring[2 * MULTIPLES], ring[2 * MULTIPLES + 1]
    bounds[::2] = 1
    bounds[1::2] = 0
    counts[:] = 0
    amounts[:] = -1
    first = plan[0, LOW]
    last = first
    leaving = 0
    entering = 0
    for k in range(plan.shape[0]):
        low, high = plan[k, LOW], plan[k, HIGH]
        while first < min(low, last):
            _tally(bounds, counts, amounts[leaving], -1)
            bounds[::2, leaving] = 1
            bounds[1::2, leaving] = 0
            counts[leaving] = 0
            amounts[leaving] = -1
            leaving = leaving + 1 if leaving + 1 < amounts.size else 0
            first += 1
        first = low
        if last < low:
            last = low
            leaving = entering
        while last < high:
            amount = min(side.amount[last], LARGEST)
            _tally(bounds, counts, amount, 1)
            amounts[entering] = amount
            _bound(bounds, entering, amount)
            counts[entering] = _count_near(bounds, entering, amounts)
            entering = entering + 1 if entering + 1 < amounts.size else 0
            last += 1
        best = 0
        for j in range(counts.size):
            best = max(best, counts[j])
        found[k] = best / (high - low) if high > low else 0.0


@njit(cache=True, nogil=True)
def _concentration_of_list(
    side: Adjacency,
    way: int,
    targets: NDArray[np.int32],
    plan: NDArray[np.int64],
    room: tuple[NDArray[np.int64], NDArray[np.float64]],
    matrix: NDArray[np.float32],
) -> None:
    """Unit kernel: all that is asked about one list of one account."""
    ring, found = room
    longest = 0
    for k in range(plan.shape[0]):
        plan[k, LOW] = max(plan[k, LOW], plan[k, HIGH] - LATEST)
        longest = max(longest, plan[k, HIGH] - plan[k, LOW])
    _concentrate(side, plan, ring[: RINGS * longest].reshape(RINGS, longest), found)
    for i in range(targets.shape[0]):
        role, column = targets[i, 0], targets[i, 3]
        if targets[i, 1] == way and targets[i, 2] == MODAL:
            for k in range(plan.shape[0]):
                if plan[k, ROLE] >> role & 1:
                    matrix[plan[k, ROW], column] = found[k]


@njit(cache=True, nogil=True, parallel=True)
def concentration(
    outgoing: Adjacency,
    incoming: Adjacency,
    block: Block,
    window: int,
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
) -> None:
    """Fill columns with the modal concentration of each account's amounts in ``(t - window, t]``.

    Every amount ``m`` among the latest :data:`LATEST` transfers of the window, up to and with the transfer, is tried
    as the mode. An amount is near it when it lies within a twentieth of ``k * m``, ends included and the twentieth
    rounded down to a minor unit, for a ``k`` from 1 to 6. The value is the share of those transfers that is near the
    best mode: 1 for a single transfer, 0 for none. An amount of 0 is near 0 only. A transfer to oneself counts on both
    sides.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Amounts are 0 or more.
    block : Block
    window : int
        Microseconds, above 0.
    targets : int32[k, 4]
        What to compute: role of the account in the transfer (0 debtor, 1 creditor), way of the transfers looked at
        (0 out, 1 in), place in :data:`STATISTICS`, column of `matrix`.
    matrix : float32[block.last - block.first, columns]
        Written at the rows of the block that have an account in the role; each by the one thread that owns the
        account. Cost: for each transfer, the transfers of its window, at most :data:`LATEST`.
    """
    for chunk in prange(block.borders.size - 1):
        sides = (outgoing, incoming)
        first, last = block.borders[chunk], block.borders[chunk + 1]
        longest = _longest(block, first, last)
        room = np.empty((longest, 6), np.int64)
        ring = np.empty(RINGS * LATEST, np.int64)
        found = np.empty(longest, np.float64)
        for account in range(first, last):
            plan = room[: _ask(account, sides, block, targets, room)]
            for way in range(2):
                if plan.shape[0] and _names(targets, 1, way):
                    begin = block.in_begin[account] if way else block.out_begin[account]
                    _look_back(account, sides[way], begin, window, plan)
                    _concentration_of_list(sides[way], way, targets, plan, (ring, found), matrix)
