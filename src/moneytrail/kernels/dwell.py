"""How long money stays in an account: credits matched with debits, first in, first out, over a sliding window. Causal.

Used by the features. Oracle: ``tests/oracles/dwell.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Block
    from moneytrail.kernels.ordering import Adjacency

PASSED, RETAINED, DWELL = 0, 1, 2
STATISTICS: Final = ("pass_through_share", "retained_share", "dwell_time")
"""Share of the money in that has left again; share that is more than the money out; median time it stayed, seconds."""

LATEST = 256
"""For the dwell time only so many latest transfers of a longer window are matched, so that a hub costs the same for
each transfer. The shares are of the whole window."""

ROW, EDGE, TIME, ROLE, LOW, HIGH = range(6)
"""Columns of a plan: what an account is asked, and over which of its events."""

WHEN, PLACE, CHANGE, CREDITED, BALANCE, QUEUE = range(6)
"""Columns of events: time, edge, amount (in above 0, out below), sum of the credits before, sum of all changes before,
and room for a queue."""


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
def _reach(account: int, side: Adjacency, begin: int, plan: NDArray[np.int64], window: int) -> tuple[int, int]:
    """The part of the account's list that the plan's windows lie in; `begin` is any position of it near the block."""
    start, stop = side.indptr[account], side.indptr[account + 1]
    low = begin
    while low > start and side.time[low - 1] > plan[0, TIME] - window:
        low -= 1
    high = begin
    while high < stop and side.edge[high] <= plan[-1, EDGE]:
        high += 1
    return low, high


@njit(cache=True, nogil=True)
def _merge(
    account: int,
    sides: tuple[Adjacency, Adjacency],
    reaches: tuple[tuple[int, int], tuple[int, int]],
    events: NDArray[np.int64],
) -> int:
    """Put both lists together in ledger order, without transfers to oneself, and sum them up.

    Returns how many there are; the row after the last holds the sums of all.
    """
    outgoing, incoming = sides
    o, o_end = reaches[0]
    i, i_end = reaches[1]
    n = 0
    credited = np.int64(0)
    balance = np.int64(0)
    while True:
        events[n, CREDITED] = credited
        events[n, BALANCE] = balance
        while o < o_end and outgoing.peer[o] == account:
            o += 1
        while i < i_end and incoming.peer[i] == account:
            i += 1
        if o < o_end and (i == i_end or outgoing.edge[o] < incoming.edge[i]):
            events[n, WHEN], events[n, PLACE], events[n, CHANGE] = (
                outgoing.time[o],
                outgoing.edge[o],
                -outgoing.amount[o],
            )
            o += 1
        elif i < i_end:
            events[n, WHEN], events[n, PLACE], events[n, CHANGE] = (
                incoming.time[i],
                incoming.edge[i],
                incoming.amount[i],
            )
            i += 1
        else:
            return n
        credited += max(events[n, CHANGE], 0)
        balance += events[n, CHANGE]
        n += 1


@njit(cache=True, nogil=True)
def _look_back(events: NDArray[np.int64], size: int, window: int, plan: NDArray[np.int64]) -> None:
    """Plan the events within the window of each transfer: low (inclusive) to high (exclusive)."""
    newest = 0
    oldest = 0
    for k in range(plan.shape[0]):
        while newest < size and events[newest, PLACE] <= plan[k, EDGE]:
            newest += 1
        while oldest < newest and events[oldest, WHEN] <= plan[k, TIME] - window:
            oldest += 1
        plan[k, LOW] = oldest
        plan[k, HIGH] = newest


@njit(cache=True, nogil=True)
def _pass_through(plan: NDArray[np.int64], events: NDArray[np.int64], found: NDArray[np.float64]) -> None:
    """Unit kernel: share of each window's credits that its debits have taken.

    Starting from nothing, what is left is the balance over its lowest level since the window began: a debit that finds
    less than it takes goes no lower than nothing. The lowest level comes from a queue of rising balances. Linear.
    """
    head = 0
    tail = 0
    pushed = plan[0, LOW]
    for k in range(plan.shape[0]):
        low, high = plan[k, LOW], plan[k, HIGH]
        while pushed <= high:
            while tail > head and events[events[tail - 1, QUEUE], BALANCE] >= events[pushed, BALANCE]:
                tail -= 1
            events[tail, QUEUE] = pushed
            tail += 1
            pushed += 1
        while events[head, QUEUE] < low:
            head += 1
        credited = events[high, CREDITED] - events[low, CREDITED]
        left = events[high, BALANCE] - events[events[head, QUEUE], BALANCE]
        found[k] = (credited - left) / credited if credited else 0.0


@njit(cache=True, nogil=True)
def _retain(plan: NDArray[np.int64], events: NDArray[np.int64], found: NDArray[np.float64]) -> None:
    """Unit kernel: what the window's credits are more than its debits, as a share of the credits."""
    for k in range(plan.shape[0]):
        low, high = plan[k, LOW], plan[k, HIGH]
        credited = events[high, CREDITED] - events[low, CREDITED]
        kept = max(events[high, BALANCE] - events[low, BALANCE], 0)
        found[k] = kept / credited if credited else 0.0


@njit(cache=True, nogil=True)
def _match(events: NDArray[np.int64], low: int, high: int, pieces: NDArray[np.int64]) -> int:
    """Match credits with debits, first in, first out, from nothing. Writes (time stayed, value) of every piece.

    Returns the number of pieces; every one uses up a credit or a debit. What a debit takes beyond the credits came
    from before, and matches nothing.
    """
    count = 0
    credit = low
    rest = np.int64(0)
    arrived = np.int64(0)
    for p in range(low, high):
        left = -events[p, CHANGE]
        while left > 0:
            while rest <= 0 and credit < p:
                rest, arrived = events[credit, CHANGE], events[credit, WHEN]
                credit += 1
            if rest <= 0:
                break
            taken = min(left, rest)
            pieces[count, 0], pieces[count, 1] = events[p, WHEN] - arrived, taken
            count += 1
            left -= taken
            rest -= taken
    return count


@njit(cache=True, nogil=True)
def _lower_median(pieces: NDArray[np.int64]) -> int:
    """Shortest time such that at least half the value stayed no longer. By parting around a pivot, again and again."""
    wanted = np.int64(0)
    for i in range(pieces.shape[0]):
        wanted += pieces[i, 1]
    wanted -= wanted // 2
    low, high = 0, pieces.shape[0]
    while True:
        pivot = pieces[(low + high) // 2, 0]
        shorter, equal = np.int64(0), np.int64(0)
        less, i, more = low, low, high
        while i < more:
            time, value = pieces[i, 0], pieces[i, 1]
            if time < pivot:
                shorter += value
                pieces[i, 0], pieces[i, 1] = pieces[less, 0], pieces[less, 1]
                pieces[less, 0], pieces[less, 1] = time, value
                less += 1
                i += 1
            elif time > pivot:
                more -= 1
                pieces[i, 0], pieces[i, 1] = pieces[more, 0], pieces[more, 1]
                pieces[more, 0], pieces[more, 1] = time, value
            else:
                equal += value
                i += 1
        if wanted <= shorter:
            high = less
        elif wanted <= shorter + equal:
            return int(pivot)
        else:
            wanted -= shorter + equal
            low = more


@njit(cache=True, nogil=True)
def _dwell(
    plan: NDArray[np.int64], events: NDArray[np.int64], pieces: NDArray[np.int64], found: NDArray[np.float64]
) -> None:
    """Unit kernel: time that the middle of the matched value stayed; every transfer matches its window anew."""
    for k in range(plan.shape[0]):
        low, high = plan[k, LOW], plan[k, HIGH]
        count = _match(events, max(low, high - LATEST), high, pieces)
        found[k] = _lower_median(pieces[:count]) / 1e6 if count else 0.0


@njit(cache=True, nogil=True)
def _dwell_of_account(
    targets: NDArray[np.int32],
    plan: NDArray[np.int64],
    events: NDArray[np.int64],
    room: tuple[NDArray[np.int64], NDArray[np.float64]],
    matrix: NDArray[np.float32],
) -> None:
    """Unit kernel: all that is asked about one account."""
    pieces, found = room
    for statistic in range(3):
        if not _names(targets, 2, statistic):
            continue
        if statistic == PASSED:
            _pass_through(plan, events, found)
        elif statistic == RETAINED:
            _retain(plan, events, found)
        else:
            _dwell(plan, events, pieces, found)
        for i in range(targets.shape[0]):
            role, column = targets[i, 0], targets[i, 3]
            if targets[i, 2] == statistic:
                for k in range(plan.shape[0]):
                    if plan[k, ROLE] >> role & 1:
                        matrix[plan[k, ROW], column] = found[k]


@njit(cache=True, nogil=True, parallel=True)
def dwell(
    outgoing: Adjacency,
    incoming: Adjacency,
    block: Block,
    window: int,
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
) -> None:
    """Fill columns with how long money stays in each account, over its transfers in ``(t - window, t]``.

    The window's credits are matched with its debits first in, first out, up to and with the transfer, from an empty
    account: what a debit takes beyond the credits of the window came from before and matches nothing. Transfers to
    oneself are left out. The pass-through share is the matched value over the credited value. The retained share is
    what credits are more than debits, at least 0, over the credited value. Both are 0 without credits. The dwell time
    is the time between a credit and the debit that took it, in seconds: the shortest such that at least half of the
    matched value stayed no longer, 0 where nothing matched. For it alone the matching begins at the window's last
    :data:`LATEST` transfers where the window has more.

    Parameters
    ----------
    outgoing, incoming : Adjacency
    block : Block
    window : int
        Microseconds, above 0.
    targets : int32[k, 4]
        What to compute: role of the account in the transfer (0 debtor, 1 creditor), way (not looked at: money in and
        out belong together), place in :data:`STATISTICS`, column of `matrix`.
    matrix : float32[block.last - block.first, columns]
        Written at the rows of the block that have an account in the role; each by the one thread that owns the
        account. Cost: linear for the shares; for the dwell time the transfers of a window, at most :data:`LATEST`,
        for each transfer.
    """
    for chunk in prange(block.borders.size - 1):
        sides = (outgoing, incoming)
        first, last = block.borders[chunk], block.borders[chunk + 1]
        longest = _longest(block, first, last)
        room = np.empty((longest, 6), np.int64)
        pieces = np.empty((LATEST, 2), np.int64)
        found = np.empty(longest, np.float64)
        events = np.empty((longest + 1, 6), np.int64)
        for account in range(first, last):
            plan = room[: _ask(account, sides, block, targets, room)]
            if not plan.shape[0]:
                continue
            paid = _reach(account, outgoing, block.out_begin[account], plan, window)
            was_paid = _reach(account, incoming, block.in_begin[account], plan, window)
            most = paid[1] - paid[0] + was_paid[1] - was_paid[0] + 1
            if most > events.shape[0]:
                events = np.empty((most + most // 2, 6), np.int64)
            size = _merge(account, sides, (paid, was_paid), events)
            _look_back(events, size, window, plan)
            _dwell_of_account(targets, plan, events, (pieces, found), matrix)
