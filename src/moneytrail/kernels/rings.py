"""Rings: money that comes back to where it started, by way of others, about as much as was sent. Round trips.

Takes adjacencies that hold transfers between two different accounts only.
Oracle: ``tests/oracles/rings.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency


class RingRule(NamedTuple):
    """When money has come back.

    Attributes
    ----------
    window : int
        Microseconds. All transfers lie in ``(t - window, t]``, t being the closing transfer's time.
    fewest, most : int
        Number of transfers.
    even : int
        Thousandths: the smallest transfer must be at least so much of the largest.
    ahead : int
        A transfer is followed by one of its creditor's next so many debits only.
    budget : int
        Transfers that are looked at for each closing transfer.
    """

    window: int
    fewest: int
    most: int
    even: int
    ahead: int
    budget: int


@njit(cache=True, nogil=True)
def _reaches(part: int, whole: int, share: int) -> bool:
    """Whether ``part / whole >= share / 1000``, exactly and without overflow (share from 0 to 1000)."""
    rest = whole % 1000
    return part >= (whole // 1000) * share + (rest * share + 999) // 1000


@njit(cache=True, nogil=True)
def _even(one: int, two: int, share: int) -> bool:
    """Whether the smaller is enough of the larger."""
    return bool(_reaches(min(one, two), max(one, two), share))


@njit(cache=True, nogil=True)
def _below(values: NDArray[np.int32], start: int, stop: int, bound: int) -> int:
    """The first place in the rising ``values[start:stop]`` that is not below `bound`, `stop` if none."""
    while start < stop:
        middle = (start + stop) // 2
        if values[middle] < bound:
            start = middle + 1
        else:
            stop = middle
    return start


@njit(cache=True, nogil=True)
def _later(account: int, oldest: int, side: Adjacency) -> int:
    """The account's first position that is later than the time `oldest`."""
    low, high = side.indptr[account], side.indptr[account + 1]
    while low < high:
        middle = (low + high) // 2
        if side.time[middle] <= oldest:
            low = middle + 1
        else:
            high = middle
    return int(low)


@njit(cache=True, nogil=True)
def _forward(
    closing: int,
    account: int,
    world: tuple[Adjacency, Adjacency, NDArray[np.int32], NDArray[np.int32], RingRule],
    level: tuple[NDArray[np.int32], NDArray[np.int8]],
    queue: NDArray[np.int64],
) -> tuple[int, int]:
    """Mark what may be the first, second ... transfer of a ring that the credit at position `closing` closes.

    The least level of each transfer, counted from 1, goes into ``level[1]`` at its place in `outgoing`, with the
    closing transfer's ledger position in ``level[0]``. Half of the longest ring is enough: the other half is walked.
    Returns the last level that was reached, and how many transfers were looked at (above the budget: not all).
    """
    outgoing, incoming, _, onset, rule = world
    mark, rank = level
    e = incoming.edge[closing]
    amount = incoming.amount[closing]
    oldest = incoming.time[closing] - rule.window
    steps = 0
    tail = 0
    for q in range(_later(account, oldest, outgoing), outgoing.indptr[account + 1]):
        if outgoing.edge[q] >= e:
            break
        steps += 1
        if _even(outgoing.amount[q], amount, rule.even):
            mark[q] = e
            rank[q] = 1
            queue[tail] = q
            tail += 1
    head = 0
    reached = 1
    while head < tail and steps <= rule.budget:
        q = queue[head]
        head += 1
        reached = rank[q]
        if rank[q] > rule.most // 2:
            continue
        here = outgoing.peer[q]
        first = onset[outgoing.edge[q]]
        for p in range(first, min(first + rule.ahead, outgoing.indptr[here + 1])):
            if outgoing.edge[p] >= e:
                break
            steps += 1
            if mark[p] == e or outgoing.peer[p] == account or not _even(outgoing.amount[p], amount, rule.even):
                continue
            mark[p] = e
            rank[p] = rank[q] + 1
            if tail < queue.size:
                queue[tail] = p
                tail += 1
    return (reached if tail else 0), steps


@njit(cache=True, nogil=True)
def _latest(
    f: int, world: tuple[Adjacency, Adjacency, NDArray[np.int32], NDArray[np.int32], RingRule], payer: int
) -> int:
    """Position in `incoming` of the latest credit of `payer` before its debit at ledger position `f`."""
    incoming = world[1]
    return int(_below(incoming.edge, incoming.indptr[payer], incoming.indptr[payer + 1], f) - 1)


@njit(cache=True, nogil=True)
def _back(
    closing: int,
    account: int,
    hops: int,
    world: tuple[Adjacency, Adjacency, NDArray[np.int32], NDArray[np.int32], RingRule],
    level: tuple[NDArray[np.int32], NDArray[np.int8]],
    stack: NDArray[np.int64],
    budget: int,
) -> tuple[bool, int]:
    """Unit kernel: walk back from the closing credit, latest transfers first, until a ring of `hops` is there.

    `stack` has a column a level: position in `incoming`, next position to try, smallest and largest amount so far.
    Returns whether there is one, whose transfers are then on the stack, and how many were looked at.
    """
    _, incoming, place, onset, rule = world
    mark, rank = level
    oldest = incoming.time[closing] - rule.window
    steps = 0
    depth = 0
    stack[0, 0] = closing
    stack[1, 0] = _latest(incoming.edge[closing], world, incoming.peer[closing])
    stack[2, 0] = stack[3, 0] = incoming.amount[closing]
    while depth >= 0 and steps <= budget:
        p = stack[1, depth]
        stack[1, depth] -= 1
        last = stack[0, depth]
        f = incoming.edge[last]
        if p < incoming.indptr[incoming.peer[last]] or incoming.time[p] <= oldest:
            depth -= 1
            continue
        steps += 1
        e = incoming.edge[p]
        if place[f] - onset[e] >= rule.ahead:
            # The earlier the credit, the more debits lie between.
            depth -= 1
            continue
        left = hops - depth - 1
        if left <= rule.most // 2 + 1 and (mark[place[e]] != incoming.edge[closing] or rank[place[e]] > left):
            continue
        smallest = min(stack[2, depth], incoming.amount[p])
        largest = max(stack[3, depth], incoming.amount[p])
        if not _reaches(smallest, largest, rule.even):
            continue
        payer = incoming.peer[p]
        if left == 1:
            if payer == account:
                stack[0, depth + 1] = p
                return True, steps
            continue
        seen = payer == account
        for k in range(depth + 1):
            seen = seen or incoming.peer[stack[0, k]] == payer
        if not seen:
            depth += 1
            stack[0, depth] = p
            stack[1, depth] = _latest(e, world, payer)
            stack[2, depth] = smallest
            stack[3, depth] = largest
    return False, steps


@njit(cache=True, nogil=True)
def _ring_of(
    closing: int,
    account: int,
    world: tuple[Adjacency, Adjacency, NDArray[np.int32], NDArray[np.int32], RingRule],
    level: tuple[NDArray[np.int32], NDArray[np.int8]],
    room: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[int, bool]:
    """The shortest ring that a credit closes: its transfers, left on the stack, and whether the budget was reached."""
    rule = world[4]
    queue, stack = room
    reached, steps = _forward(closing, account, world, level, queue)
    if steps > rule.budget:
        return 0, True
    left = rule.budget - steps
    # A level that nothing has been reached on is none's in the middle either, unless the search ended before it.
    longest = rule.most if reached > rule.most // 2 else min(rule.most, reached + 1)
    for hops in range(rule.fewest, longest + 1):
        found, steps = _back(closing, account, hops, world, level, stack, left)
        if found:
            return hops, False
        left -= steps
        if left < 0:
            return 0, True
    return 0, False


@njit(cache=True, nogil=True)
def _opens(account: int, closing: int, outgoing: Adjacency, incoming: Adjacency, rule: RingRule) -> bool:
    """Whether the account has a debit that a ring may open with."""
    oldest = incoming.time[closing] - rule.window
    for q in range(_later(account, oldest, outgoing), outgoing.indptr[account + 1]):
        if outgoing.edge[q] >= incoming.edge[closing]:
            return False
        if _even(outgoing.amount[q], incoming.amount[closing], rule.even):
            return True
    return False


@njit(cache=True, nogil=True)
def _onsets(outgoing: Adjacency, incoming: Adjacency, size: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """For each ledger position its place in `outgoing`, and the place of its creditor's first debit after it."""
    place = np.full(size, -1, np.int32)
    onset = np.full(size, -1, np.int32)
    for q in range(outgoing.edge.size):
        place[outgoing.edge[q]] = q
    for account in range(incoming.indptr.size - 1):
        q = outgoing.indptr[account]
        for p in range(incoming.indptr[account], incoming.indptr[account + 1]):
            while q < outgoing.indptr[account + 1] and outgoing.edge[q] < incoming.edge[p]:
                q += 1
            onset[incoming.edge[p]] = q
    return place, onset


@njit(cache=True, nogil=True, parallel=True)
def rings(
    outgoing: Adjacency, incoming: Adjacency, transfers: int, rule: RingRule, borders: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each transfer that closes a ring the shortest one.

    A ring is a sequence of transfers, each by the account that the one before paid, later in the ledger, and among
    that account's next ``ahead`` debits; the last pays the account that made the first, and no other account is met
    twice; all lie in the window that ends at the last, and the smallest is enough of the largest. Of rings as short
    the one whose transfer before the last is the latest is taken, then the one before that, and so on.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Of transfers between two different accounts.
    transfers : int
        Length of the ledger.
    rule : RingRule
        Where its budget is passed before a ring was found, none is.
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks` on `incoming`; a chunk is one thread's alone. Few: each has room for marks.

    Returns
    -------
    int64[found, 2 + rule.most]
        Transfers (0: the search stopped at its budget); ledger position of the closing transfer; then those of the
        ring in order. In order of account and closing transfer. Cost: what half of the longest ring may reach from
        either end, at most the budget.
    """
    place, onset = _onsets(outgoing, incoming, transfers)
    chunks = borders.size - 1
    closes = np.zeros(incoming.edge.size, np.int8)
    for chunk in prange(chunks):
        mark = np.full(outgoing.edge.size, -1, np.int32)
        rank = np.zeros(outgoing.edge.size, np.int8)
        room = (np.empty(outgoing.edge.size, np.int64), np.empty((4, rule.most), np.int64))
        for account in range(borders[chunk], borders[chunk + 1]):
            for p in range(incoming.indptr[account], incoming.indptr[account + 1]):
                if _opens(account, p, outgoing, incoming, rule):
                    world = (outgoing, incoming, place, onset, rule)
                    hops, stopped = _ring_of(p, account, world, (mark, rank), room)
                    closes[p] = -1 if stopped else hops
    paths = np.zeros((np.count_nonzero(closes), 2 + rule.most), np.int64)
    _fill(paths, closes, outgoing, incoming, place, onset, rule)
    return paths


@njit(cache=True, nogil=True)
def _fill(
    paths: NDArray[np.int64],
    closes: NDArray[np.int8],
    outgoing: Adjacency,
    incoming: Adjacency,
    place: NDArray[np.int32],
    onset: NDArray[np.int32],
    rule: RingRule,
) -> None:
    """Search again where something was found, and write it down."""
    mark = np.full(outgoing.edge.size, -1, np.int32)
    rank = np.zeros(outgoing.edge.size, np.int8)
    room = (np.empty(outgoing.edge.size, np.int64), np.empty((4, rule.most), np.int64))
    row = 0
    account = 0
    for p in range(closes.size):
        if closes[p] == 0:
            continue
        while incoming.indptr[account + 1] <= p:
            account += 1
        paths[row, 1] = incoming.edge[p]
        if closes[p] > 0:
            hops, _ = _ring_of(p, account, (outgoing, incoming, place, onset, rule), (mark, rank), room)
            paths[row, 0] = hops
            for k in range(hops):
                paths[row, 2 + k] = incoming.edge[room[1][0, hops - 1 - k]]
        row += 1
