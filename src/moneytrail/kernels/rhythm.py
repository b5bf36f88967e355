"""The rhythm of an account: pauses, bursts, and how many of its counterparties are new or came once. Causal.

Used by the features. Oracle: ``tests/oracles/rhythm.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Block
    from moneytrail.kernels.ordering import Adjacency
    from moneytrail.kernels.relations import Relations

SINCE, SINCE_EITHER, DORMANCY, DORMANCY_EITHER, BURST, FIRST_SHARE, ONE_SHOT_SHARE = range(7)
STATISTICS: Final = (
    "since_last",
    "since_last_either",
    "dormancy",
    "dormancy_either",
    "burst",
    "first_time_share",
    "one_shot_share",
)
"""Seconds since the transfer before that way, or either way; longest pause that ended in the window, seconds, that way
or either way; how far the last thirtieth of the window is above its rate; shares of its counterparties."""

LONGEST_PAUSE = 180 * 86_400_000_000
"""Microseconds. What is longer, and what came before the first transfer, counts as so long."""

PARTS = 30
"""A burst is looked for in the last of so many equal parts of the window."""

ONE_SHOT = 3
"""Transfers the same way in 180 days that a counterparty makes at most to be a one-shot one."""

ROW, EDGE, TIME, ROLE, LOW, LATE, HIGH = range(7)
"""Columns of a plan: what an account is asked, and over which part of its outgoing list; three more for the other."""

LISTS = 3
"""Columns from the bounds in one list to those in the other."""


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
def _look_back(account: int, side: Adjacency, begin: int, window: int, plan: NDArray[np.int64], way: int) -> None:
    """Plan the part of the account's list within the window of each transfer: low (inclusive) to high (exclusive).

    Late is where the window's last of :data:`PARTS` parts begins. `begin` is any position of the list near the block;
    the walk goes from there.
    """
    start, stop = side.indptr[account], side.indptr[account + 1]
    newest = begin
    while newest > start and side.edge[newest - 1] > plan[0, EDGE]:
        newest -= 1
    oldest = newest
    while oldest > start and side.time[oldest - 1] > plan[0, TIME] - window:
        oldest -= 1
    late = oldest
    for k in range(plan.shape[0]):
        while newest < stop and side.edge[newest] <= plan[k, EDGE]:
            newest += 1
        while oldest < newest and side.time[oldest] <= plan[k, TIME] - window:
            oldest += 1
        while late < newest and side.time[late] <= plan[k, TIME] - window // PARTS:
            late += 1
        plan[k, LATE + LISTS * way] = late
        plan[k, LOW + LISTS * way] = oldest
        plan[k, HIGH + LISTS * way] = newest


@njit(cache=True, nogil=True)
def _since(
    account: int, side: Adjacency, way: int, statistic: int, plan: NDArray[np.int64], found: NDArray[np.float64]
) -> None:
    """Unit kernel: lower `found` to the seconds since the account's transfer before that way, where that is less."""
    start = side.indptr[account]
    for k in range(plan.shape[0]):
        p = plan[k, HIGH + LISTS * way] - 1
        if p >= start and side.edge[p] == plan[k, EDGE]:
            p -= 1
        if p >= start:
            found[k, statistic] = min(found[k, statistic], (plan[k, TIME] - side.time[p]) / 1e6)


@njit(cache=True, nogil=True)
def _dormancy(
    account: int,
    sides: tuple[Adjacency, Adjacency],
    what: tuple[int, int],
    plan: NDArray[np.int64],
    queue: NDArray[np.int64],
    found: NDArray[np.float64],
) -> None:
    """Unit kernel: raise `found` to the longest pause, in seconds, that ended with a transfer of the window.

    `sides` begins with the list looked at; `what` is its way and the statistic. The longest comes from a queue of
    falling pauses. Linear.
    """
    side, other = sides
    way, statistic = what
    start, across_start, across_stop = side.indptr[account], other.indptr[account], other.indptr[account + 1]
    p = plan[0, LOW + LISTS * way]
    across = plan[0, HIGH + LISTS * (1 - way)]
    if p < plan[0, HIGH + LISTS * way]:
        while across > across_start and other.edge[across - 1] >= side.edge[p]:
            across -= 1
    head = 0
    tail = 0
    for k in range(plan.shape[0]):
        low, high = plan[k, LOW + LISTS * way], plan[k, HIGH + LISTS * way]
        while p < high:
            pause = side.time[p] - side.time[p - 1] if p > start else LONGEST_PAUSE
            if statistic == DORMANCY_EITHER:
                while across < across_stop and other.edge[across] < side.edge[p]:
                    across += 1
                if across > across_start:
                    pause = min(pause, side.time[p] - other.time[across - 1])
            while tail > head and queue[tail - 1, 1] <= pause:
                tail -= 1
            queue[tail, 0] = p
            queue[tail, 1] = min(pause, LONGEST_PAUSE)
            tail += 1
            p += 1
        while head < tail and queue[head, 0] < low:
            head += 1
        if head < tail:
            found[k, statistic] = max(found[k, statistic], queue[head, 1] / 1e6)


@njit(cache=True, nogil=True)
def _burst(way: int, plan: NDArray[np.int64], found: NDArray[np.float64]) -> None:
    """Unit kernel: transfers in the window's last part, over one more than the whole window would give such a part."""
    for k in range(plan.shape[0]):
        low, late, high = plan[k, LOW + LISTS * way], plan[k, LATE + LISTS * way], plan[k, HIGH + LISTS * way]
        found[k, BURST] = PARTS * (high - late) / (PARTS + high - low)


@njit(cache=True, nogil=True)
def _shares(
    account: int,
    side: Adjacency,
    relations: Relations,
    way: int,
    plan: NDArray[np.int64],
    found: NDArray[np.float64],
) -> None:
    """Unit kernel: shares of the window's distinct counterparties that are new, and that are one-shot. Linear.

    A counterparty is new by its oldest transfer of the window, and one-shot by its latest, so the numbers change where
    a transfer enters or leaves.
    """
    oldest = plan[0, LOW + LISTS * way]
    newest = oldest
    peers = 0
    firsts = 0
    one_shots = 0
    for k in range(plan.shape[0]):
        low, high = plan[k, LOW + LISTS * way], plan[k, HIGH + LISTS * way]
        while oldest < min(low, newest):
            e, peer = side.edge[oldest], side.peer[oldest]
            oldest += 1
            if peer < 0 or peer == account:
                continue
            firsts -= relations.first[e]
            later = relations.repeated_by[e]
            if 0 <= later <= side.edge[newest - 1]:
                firsts += relations.first[later]
            else:
                peers -= 1
                one_shots -= relations.recent[e] <= ONE_SHOT
        oldest = low
        newest = max(newest, low)
        while newest < high:
            e, peer = side.edge[newest], side.peer[newest]
            newest += 1
            if peer < 0 or peer == account:
                continue
            earlier = relations.repeat_of[e]
            if earlier >= side.edge[oldest]:
                one_shots -= relations.recent[earlier] <= ONE_SHOT
            else:
                peers += 1
                firsts += relations.first[e]
            one_shots += relations.recent[e] <= ONE_SHOT
        found[k, FIRST_SHARE] = firsts / peers if peers else 0.0
        found[k, ONE_SHOT_SHARE] = one_shots / peers if peers else 0.0


@njit(cache=True, nogil=True)
def _rhythm_of_list(
    account: int,
    sides: tuple[Adjacency, Adjacency],
    relations: Relations,
    targets: NDArray[np.int32],
    room: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    matrix: NDArray[np.float32],
) -> None:
    """Unit kernel: all that is asked about one list of one account, the first of `sides`; `targets` are of its way."""
    plan, queue, found = room
    side, other = sides
    way = targets[0, 1]
    found[: plan.shape[0], SINCE : SINCE_EITHER + 1] = LONGEST_PAUSE / 1e6
    found[: plan.shape[0], DORMANCY : DORMANCY_EITHER + 1] = 0.0
    shared = False
    for statistic in range(7):
        if not _names(targets, 2, statistic):
            continue
        if statistic <= SINCE_EITHER:
            _since(account, side, way, statistic, plan, found)
            if statistic == SINCE_EITHER:
                _since(account, other, 1 - way, statistic, plan, found)
        elif statistic <= DORMANCY_EITHER:
            _dormancy(account, (side, other), (way, statistic), plan, queue, found)
            if statistic == DORMANCY_EITHER:
                _dormancy(account, (other, side), (1 - way, statistic), plan, queue, found)
        elif statistic == BURST:
            _burst(way, plan, found)
        elif not shared:
            _shares(account, side, relations, way, plan, found)
            shared = True
    for k in range(plan.shape[0]):
        for i in range(targets.shape[0]):
            if plan[k, ROLE] >> targets[i, 0] & 1:
                matrix[plan[k, ROW], targets[i, 3]] = found[k, targets[i, 2]]


@njit(cache=True, nogil=True, parallel=True)
def rhythm(
    outgoing: Adjacency,
    incoming: Adjacency,
    relations: Relations,
    block: Block,
    window: int,
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
) -> None:
    """Fill columns with the rhythm of each account, over its transfers in ``(t - window, t]``.

    All looks at the account's transfers one way (a transfer to oneself goes both ways), up to and with the transfer:

    - ``since_last``: seconds since the transfer before it that way, however long ago, at most 180 days; so long too
      where there was none. ``since_last_either``: since the one before it either way.
    - ``dormancy``: longest time, in seconds, between one transfer that way and the next one, the next one within the
      window; at most 180 days, and so long before the first of all. 0 with none in the window. ``dormancy_either``: the
      same over the transfers of both ways together.
    - ``burst``: transfers in the last ``window // 30``, left end excluded, over one more than a thirtieth of the
      transfers in the window. Near 1 for a busy steady account, 30 / 31 for a single transfer, 0 for none.
    - ``first_time_share``: of the distinct accounts at the other end in the window, the share whose oldest transfer in
      it was the first between the two, either way, in 180 days. 0 with none; cash and oneself are none.
    - ``one_shot_share``: of the same, the share with at most 3 transfers the same way in the 180 days up to their
      latest in the window.

    Parameters
    ----------
    outgoing, incoming : Adjacency
    relations : Relations
        In ledger order.
    block : Block
    window : int
        Microseconds, above 0.
    targets : int32[k, 4]
        What to compute: role of the account in the transfer (0 debtor, 1 creditor), way of the transfers looked at
        (0 out, 1 in; for either way any of them), place in :data:`STATISTICS`, column of `matrix`.
    matrix : float32[block.last - block.first, columns]
        Written at the rows of the block that have an account in the role; each by the one thread that owns the
        account. Cost: linear.
    """
    for chunk in prange(block.borders.size - 1):
        sides = (outgoing, incoming)
        of_out, of_in = targets[targets[:, 1] == 0], targets[targets[:, 1] == 1]
        first, last = block.borders[chunk], block.borders[chunk + 1]
        longest = _longest(block, first, last)
        plans = np.empty((longest, 10), np.int64)
        found = np.empty((longest, 7), np.float64)
        queue = np.empty((longest, 2), np.int64)
        for account in range(first, last):
            plan = plans[: _ask(account, sides, block, targets, plans)]
            if not plan.shape[0]:
                continue
            _look_back(account, outgoing, block.out_begin[account], window, plan, 0)
            _look_back(account, incoming, block.in_begin[account], window, plan, 1)
            most = max(plan[-1, HIGH] - plan[0, LOW], plan[-1, HIGH + LISTS] - plan[0, LOW + LISTS])
            if most > queue.shape[0]:
                queue = np.empty((most + most // 2, 2), np.int64)
            if of_out.shape[0]:
                _rhythm_of_list(account, (outgoing, incoming), relations, of_out, (plan, queue, found), matrix)
            if of_in.shape[0]:
                _rhythm_of_list(account, (incoming, outgoing), relations, of_in, (plan, queue, found), matrix)
