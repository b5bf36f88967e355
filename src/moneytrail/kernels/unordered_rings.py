"""Rings in any order: accounts that pay one another round, whatever the order of their transfers.

Takes adjacencies that hold transfers between two different accounts only. A ring belongs to the transfer of it that is
last in the ledger, so that nothing later than that is asked. The search goes out from both ends of that transfer at
once, always where the next step is cheaper, no further than the length in question needs; then it walks from the end
that costs less, only where the other end can still be reached.
Oracle: ``tests/oracles/unordered_rings.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency

EXACT = 2**53
AHEAD, BACK = 0, 1
# What is kept of each end: places in its queue, how far it has gone, what the next step and all before it cost.
HEAD, TAIL, FAR, NEXT, SPENT = 0, 1, 2, 3, 4
NEAR = 32
"""More than any distance; a label is the search's number times this and the distance."""
ACCOUNT, TRIAL, FIRST, SMALLEST, LARGEST, BY = 0, 1, 2, 3, 4, 5


class UnorderedRule(NamedTuple):
    """When accounts pay one another round.

    Attributes
    ----------
    window : int
        Microseconds. All transfers lie in ``(t - window, t]``, t being the last one's time. Also a period's length.
    fewest, most : int
        Number of transfers.
    budget : int
        How many transfers are looked at for each closing transfer.
    """

    window: int
    fewest: int
    most: int
    budget: int


class _World(NamedTuple):
    """What is searched."""

    outgoing: Adjacency
    incoming: Adjacency
    payee: NDArray[np.int32]
    edge: NDArray[np.int32]
    time: NDArray[np.int64]
    amount: NDArray[np.int64]


class _Room(NamedTuple):
    """What one thread writes into: the number of searches, both ends' labels, queues and state, the path, a ring."""

    number: NDArray[np.int64]
    label: NDArray[np.int64]
    queue: NDArray[np.int32]
    ends: NDArray[np.int64]
    stack: NDArray[np.int64]
    ring: NDArray[np.int64]


class _Turn(NamedTuple):
    """The closing transfer, by `a` to `b`: its place in the ledger, that of the window's first, the search's number."""

    a: int
    b: int
    closing: int
    oldest: int
    number: int


@njit(cache=True, nogil=True)
def _reaches(part: int, whole: int, share: int) -> bool:
    """Whether ``part / whole >= share / 1000``, exactly and without overflow (share from 0 to 1000)."""
    rest = whole % 1000
    return part >= (whole // 1000) * share + (rest * share + 999) // 1000


@njit(cache=True, nogil=True)
def _evenness(smallest: int, largest: int) -> int:
    """``smallest / largest`` in whole thousandths, rounded down; 0 where both are 0. ``smallest <= largest``."""
    if largest == 0:
        return 0
    if largest < EXACT:
        return smallest * 1000 // largest
    low = 0
    high = 1000
    while low < high:
        middle = (low + high + 1) // 2
        if _reaches(smallest, largest, middle):
            low = middle
        else:
            high = middle - 1
    return low


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
def _held(side: Adjacency, account: int, turn: _Turn) -> tuple[int, int]:
    """Where the transfers of an account that lie in the window and before the closing one begin and end."""
    start: int = side.indptr[account]
    high = _below(side.edge, start, side.indptr[account + 1], turn.closing)
    return _below(side.edge, start, high, turn.oldest), high


@njit(cache=True, nogil=True)
def _distance(room: _Room, way: int, account: int, turn: _Turn) -> int:
    """How many transfers an account lies from that end; -1 where it has not been reached."""
    known: int = room.label[way, account] - turn.number * NEAR
    return max(known, -1)


@njit(cache=True, nogil=True)
def _begin(world: _World, room: _Room, turn: _Turn) -> bool:
    """Put both ends in their queues; whether the one has paid and the other was paid in the window."""
    room.ends[:] = 0
    for way in (AHEAD, BACK):
        start = turn.b if way == AHEAD else turn.a
        low, high = _held(world.outgoing if way == AHEAD else world.incoming, start, turn)
        if low == high:
            return False
        room.label[way, start] = turn.number * NEAR
        room.queue[way, 0] = start
        room.ends[way, TAIL] = 1
        room.ends[way, NEXT] = high - low
    return True


@njit(cache=True, nogil=True)
def _spread(world: _World, room: _Room, way: int, turn: _Turn) -> bool:
    """Label what lies one transfer further from one end; whether the other end's labels were met."""
    side = world.outgoing if way == AHEAD else world.incoming
    target = turn.a if way == AHEAD else turn.b
    own = room.ends[way]
    met = False
    cost = 0
    end = own[TAIL]
    for k in range(own[HEAD], own[TAIL]):
        low, high = _held(side, room.queue[way, k], turn)
        for p in range(low, high):
            y = side.peer[p]
            if _distance(room, way, y, turn) >= 0:
                continue
            room.label[way, y] = turn.number * NEAR + own[FAR] + 1
            met = met or _distance(room, 1 - way, y, turn) >= 0
            if y != target:
                room.queue[way, end] = y
                end += 1
                first, stop = _held(side, y, turn)
                cost += stop - first
    own[HEAD], own[TAIL] = own[TAIL], end
    own[FAR] += 1
    own[SPENT] += own[NEXT]
    own[NEXT] = cost
    return met


@njit(cache=True, nogil=True)
def _done(room: _Room, way: int) -> bool:
    """Whether that end has been everywhere it can go."""
    return bool(room.ends[way, HEAD] == room.ends[way, TAIL])


@njit(cache=True, nogil=True)
def _reach(world: _World, room: _Room, turn: _Turn, steps: int, left: int) -> tuple[bool, int]:
    """Go out from both ends until together they span so many transfers; whether they met, and the budget left."""
    ends = room.ends
    met = False
    while ends[AHEAD, FAR] + ends[BACK, FAR] < steps and not _done(room, AHEAD) and not _done(room, BACK):
        way = AHEAD if ends[AHEAD, SPENT] + ends[AHEAD, NEXT] <= ends[BACK, SPENT] + ends[BACK, NEXT] else BACK
        left -= ends[way, NEXT]
        if left < 0:
            break
        met = _spread(world, room, way, turn) or met
    return met, left


@njit(cache=True, nogil=True)
def _keep(room: _Room, turn: _Turn, hops: int, evenness: int, row: NDArray[np.int64]) -> None:
    """Put the ring of the path and its last transfer into `row` if it is stronger.

    `row` is account, hops, truncated, evenness, transfers in ledger order. Of rings equally even and long that one
    transfer closes the one stays whose transfers before it are later, the latest compared first.
    """
    if evenness == row[3] and hops == row[1] and row[3 + hops] != turn.closing:
        return
    ring = room.ring[:hops]
    for k in range(hops - 1):
        place = room.stack[BY, k + 1]
        at = k
        while at > 0 and ring[at - 1] > place:
            ring[at] = ring[at - 1]
            at -= 1
        ring[at] = place
    ring[hops - 1] = turn.closing
    stronger = row[1] == 0 or evenness > row[3] or hops > row[1]
    if not stronger:
        k = hops - 2
        while k > 0 and ring[k] == row[4 + k]:
            k -= 1
        stronger = ring[k] > row[4 + k]
    if stronger:
        row[1] = hops
        row[3] = evenness
        row[4 : 4 + hops] = ring


@njit(cache=True, nogil=True)
def _may_be_kept(evenness: int, hops: int, row: NDArray[np.int64]) -> bool:
    return bool(row[1] == 0 or evenness > row[3] or (evenness == row[3] and hops >= row[1]))


@njit(cache=True, nogil=True)
def _finish(world: _World, room: _Room, turn: _Turn, shape: tuple[int, int, int], row: NDArray[np.int64]) -> int:
    """Look up the transfers that join the path's end to the other one, latest first; how many were looked at.

    `shape` is the end that the path began from, the ring's number of transfers and how deep the path is.
    """
    way, hops, depth = shape
    stack = room.stack
    here = stack[ACCOUNT, depth]
    payer, payee = (here, turn.a) if way == AHEAD else (turn.b, here)
    stop = world.outgoing.indptr[payer + 1]
    low = _below(world.payee, world.outgoing.indptr[payer], stop, payee)
    stop = _below(world.payee, low, stop, payee + 1)
    at = _below(world.edge, low, stop, turn.closing) - 1
    cost = 1
    while at >= low and world.edge[at] >= turn.oldest:
        cost += 1
        amount = world.amount[world.edge[at]]
        evenness = _evenness(min(stack[SMALLEST, depth], amount), max(stack[LARGEST, depth], amount))
        if _may_be_kept(evenness, hops, row):
            stack[BY, depth + 1] = world.edge[at]
            _keep(room, turn, hops, evenness, row)
        at -= 1
    return cost


@njit(cache=True, nogil=True)
def _goes_on(room: _Room, y: int, turn: _Turn, shape: tuple[int, int, int]) -> bool:
    """Whether a path may go on to an account: not on it yet, and near enough to the other end as far as is known."""
    way, hops, depth = shape
    if y == turn.a or y == turn.b:
        return False
    for k in range(1, depth + 1):
        if room.stack[ACCOUNT, k] == y:
            return False
    rest = hops - 2 - depth
    known: int = _distance(room, 1 - way, y, turn)
    if known >= 0:
        return bool(known <= rest)
    return bool(not _done(room, 1 - way) and rest > room.ends[1 - way, FAR])


@njit(cache=True, nogil=True)
def _walk(world: _World, room: _Room, turn: _Turn, limits: tuple[int, int], row: NDArray[np.int64]) -> int:
    """Unit kernel: the rings of so many transfers that one transfer closes; the best goes into `row`.

    What cannot be more even than the best so far, or as even and longer, is not followed. Returns the budget left,
    below 0 where it ran out.
    """
    hops, left = limits
    stack = room.stack
    ends = room.ends
    way = AHEAD if ends[AHEAD, SPENT] + ends[AHEAD, NEXT] <= ends[BACK, SPENT] + ends[BACK, NEXT] else BACK
    side = world.outgoing if way == AHEAD else world.incoming
    stack[ACCOUNT, 0] = turn.b if way == AHEAD else turn.a
    stack[SMALLEST, 0] = stack[LARGEST, 0] = world.amount[turn.closing]
    depth = 0
    arrived = True
    while depth >= 0 and left >= 0:
        if arrived and depth == hops - 2:
            left -= _finish(world, room, turn, (way, hops, depth), row)
            depth -= 1
        elif arrived:
            stack[FIRST, depth], stack[TRIAL, depth] = _held(side, stack[ACCOUNT, depth], turn)
        arrived = False
        if depth < 0:
            break
        stack[TRIAL, depth] -= 1
        p = stack[TRIAL, depth]
        if p < stack[FIRST, depth]:
            depth -= 1
            continue
        left -= 1
        smallest = min(stack[SMALLEST, depth], side.amount[p])
        largest = max(stack[LARGEST, depth], side.amount[p])
        if _goes_on(room, side.peer[p], turn, (way, hops, depth)) and _may_be_kept(
            _evenness(smallest, largest), hops, row
        ):
            depth += 1
            stack[ACCOUNT, depth] = side.peer[p]
            stack[SMALLEST, depth] = smallest
            stack[LARGEST, depth] = largest
            stack[BY, depth] = side.edge[p]
            arrived = True
    return left


@njit(cache=True, nogil=True)
def _rings_of_transfer(world: _World, room: _Room, turn: _Turn, rule: UnorderedRule, row: NDArray[np.int64]) -> None:
    """Short rings first: where the budget ends, all shorter ones have been seen."""
    if not _begin(world, room, turn):
        return
    left = rule.budget
    met = False
    for hops in range(rule.fewest, rule.most + 1):
        now, left = _reach(world, room, turn, hops - 1, left)
        met = met or now
        for way in (AHEAD, BACK):
            # A ring has so many others beside the two.
            if left >= 0 and _done(room, way) and (not met or room.ends[way, TAIL] - 1 < hops - 2):
                return
        if met and left >= 0:
            left = _walk(world, room, turn, (hops, left), row)
        if left < 0:
            row[2] = 1
            return


@njit(cache=True, nogil=True)
def _rings_of_account(account: int, world: _World, room: _Room, rule: UnorderedRule, found: NDArray[np.int64]) -> None:
    """One row of `found` for each period with a debit, which stays without hops when nothing was found."""
    side = world.outgoing
    row = -1
    start = side.indptr[account]
    oldest = 0
    if start < side.indptr[account + 1]:
        oldest = np.searchsorted(world.time, side.time[start] - rule.window, "right")
    for p in range(start, side.indptr[account + 1]):
        if p == start or side.time[p] // rule.window != side.time[p - 1] // rule.window:
            row += 1
            found[row, 0] = account
        room.number[0] += 1
        if p > start and side.time[p] != side.time[p - 1]:
            oldest = np.searchsorted(world.time, side.time[p] - rule.window, "right")
        turn = _Turn(account, side.peer[p], side.edge[p], oldest, room.number[0])
        _rings_of_transfer(world, room, turn, rule, found[row])


@njit(cache=True, nogil=True)
def _periods(account: int, side: Adjacency, window: int) -> int:
    """How many periods of one window length the transfers of `account` touch."""
    start = side.indptr[account]
    count = 0
    for p in range(start, side.indptr[account + 1]):
        count += p == start or side.time[p] // window != side.time[p - 1] // window
    return count


@njit(cache=True, nogil=True)
def _room(accounts: int, rule: UnorderedRule) -> _Room:
    return _Room(
        np.zeros(1, np.int64),
        np.zeros((2, accounts), np.int64),
        np.empty((2, min(accounts, rule.budget + 1)), np.int32),
        np.zeros((2, 5), np.int64),
        np.zeros((6, rule.most + 1), np.int64),
        np.zeros(rule.most, np.int64),
    )


@njit(cache=True, nogil=True, parallel=True)
def unordered_rings(
    outgoing: Adjacency,
    incoming: Adjacency,
    pairs: tuple[NDArray[np.int32], NDArray[np.int32]],
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    rule: UnorderedRule,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The strongest ring of every account and period, by the account's debit that completes it.

    Of the rings that are completed in one period the most even one (smallest by largest amount, in whole thousandths)
    is kept, then the longest, then the one completed first; of those with one closing transfer the one whose latest
    transfer before it is the latest, then the one before that in the ledger, and so on.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Of transfers between two different accounts.
    pairs : (payee int32[m], edge int32[m])
        From :func:`diamonds.by_payee`.
    ledger : (time int64[n], amount int64[n])
        In ledger order.
    rule : UnorderedRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks` on `outgoing`; a chunk is one thread's alone.

    Returns
    -------
    int64[found, 4 + rule.most]
        Account, hops, whether a search of this account and period stopped at its budget (1), evenness, then the
        transfers' ledger positions, rising. Hops are 0 where a search stopped and nothing was found. In order of
        account and period. Cost: what either end can reach, up to the budget for each transfer.
    """
    chunks = borders.size - 1
    counts = np.zeros(chunks + 1, np.int64)
    for chunk in prange(chunks):
        total = 0
        for account in range(borders[chunk], borders[chunk + 1]):
            total += _periods(account, outgoing, rule.window)
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.zeros((counts[chunks], 4 + rule.most), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk]
        if counts[chunk + 1] > row:
            world = _World(outgoing, incoming, pairs[0], pairs[1], ledger[0], ledger[1])
            room = _room(outgoing.indptr.size - 1, rule)
            for account in range(borders[chunk], borders[chunk + 1]):
                rows = _periods(account, outgoing, rule.window)
                _rings_of_account(account, world, room, rule, found[row : row + rows])
                row += rows
    kept: NDArray[np.int64] = found[(found[:, 1] > 0) | (found[:, 2] > 0)]
    return kept
