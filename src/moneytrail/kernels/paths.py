"""Paths: money that is passed on from account to account, in the order of time. Cycles and chains.

Both take adjacencies that hold transfers between two different accounts only, visit no account twice, and look at
no more than a stated number of transfers for each transfer that they start from.
Oracle: ``tests/oracles/paths.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency

EXACT = 2**53


class PathRule(NamedTuple):
    """How money is passed on.

    Attributes
    ----------
    window : int
        Microseconds. The last transfer comes less than so long after the first; also the length of a period.
    hop : int
        Microseconds, inclusive: each transfer comes at most so long after the one before, and later in the ledger.
    fewest, most : int
        Number of transfers.
    share_low, share_high : int
        Thousandths: a hop passes on when its amount lies in that part of the amount before, both ends inclusive.
    budget : int
        How many transfers are looked at for each transfer that a search starts from.
    """

    window: int
    hop: int
    fewest: int
    most: int
    share_low: int
    share_high: int
    budget: int


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
def _passes_on(before: int, after: int, rule: PathRule) -> bool:
    """Whether `after` lies in the rule's share of `before`, exactly."""
    most = (before // 1000) * rule.share_high + before % 1000 * rule.share_high // 1000
    return after <= most and _reaches(after, before, rule.share_low)


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
def _periods(account: int, side: Adjacency, window: int) -> int:
    """How many periods of one window length the transfers of `account` touch."""
    start = side.indptr[account]
    count = 0
    for p in range(start, side.indptr[account + 1]):
        count += p == start or side.time[p] // window != side.time[p - 1] // window
    return count


@njit(cache=True, nogil=True)
def _kept(found: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows in which something was found or a search stopped."""
    kept: NDArray[np.int64] = found[(found[:, 1] > 0) | (found[:, 2] > 0)]
    return kept


@njit(cache=True, nogil=True)
def _better_cycle(evenness: int, hops: int, row: NDArray[np.int64]) -> bool:
    return hops > 0 and (row[1] == 0 or evenness > row[3] or (evenness == row[3] and hops > row[1]))


@njit(cache=True, nogil=True)
def _latest(last: int, incoming: Adjacency) -> int:
    """Position in `incoming` of the latest credit before the transfer at position `last`, of the account that made it.

    It may be one before the account's first.
    """
    here = incoming.peer[last]
    after: int = _below(incoming.edge, incoming.indptr[here], incoming.indptr[here + 1], incoming.edge[last])
    return after - 1


@njit(cache=True, nogil=True)
def _in_reach(p: int, last: int, oldest: int, incoming: Adjacency, rule: PathRule) -> bool:
    """Whether the credit at position `p` is one that the transfer at position `last` may pass on."""
    return bool(
        p >= incoming.indptr[incoming.peer[last]]
        and incoming.edge[p] >= oldest
        and incoming.time[p] >= incoming.time[last] - rule.hop
    )


@njit(cache=True, nogil=True)
def _finish(
    world: tuple[
        Adjacency,
        Adjacency,
        tuple[NDArray[np.int32], NDArray[np.int32]],
        tuple[NDArray[np.int64], NDArray[np.int64]],
        PathRule,
    ],
    oldest: int,
    depth: int,
    stack: NDArray[np.int64],
    row: NDArray[np.int64],
) -> int:
    """Look up the debits of the account in question that open the path on the `stack`, latest first; their number."""
    outgoing, incoming, (payee, edge), (time, amount), rule = world
    last = stack[0, depth]
    stop = outgoing.indptr[row[0] + 1]
    low = _below(payee, outgoing.indptr[row[0]], stop, incoming.peer[last])
    at = _below(edge, low, _below(payee, low, stop, incoming.peer[last] + 1), incoming.edge[last]) - 1
    cost = 1
    while at >= low and edge[at] >= oldest and time[edge[at]] >= incoming.time[last] - rule.hop:
        cost += 1
        own = amount[edge[at]]
        evenness = _evenness(min(stack[2, depth], own), max(stack[3, depth], own))
        if _better_cycle(evenness, depth + 2, row):
            row[1] = depth + 2
            row[3] = evenness
            row[4] = edge[at]
            for k in range(depth + 1):
                row[5 + k] = incoming.edge[stack[0, depth - k]]
        at -= 1
    return cost


@njit(cache=True, nogil=True)
def _close(
    world: tuple[
        Adjacency,
        Adjacency,
        tuple[NDArray[np.int32], NDArray[np.int32]],
        tuple[NDArray[np.int64], NDArray[np.int64]],
        PathRule,
    ],
    ends: tuple[int, int],
    hops: int,
    budget: int,
    stack: NDArray[np.int64],
    row: NDArray[np.int64],
) -> tuple[int, bool]:
    """Unit kernel: the cycles of `hops` transfers that one credit closes, latest first; the best goes into `row`.

    `ends` are the credit's position and the ledger position of the account's first debit in the window: nothing
    before it can be part. `row` is account, hops, truncated, evenness, transfers. What cannot be more even than the
    best so far, or as even and longer, is not followed. `stack` has a column a level: the position of its transfer,
    the next position to try, the smallest and the largest amount so far.
    Returns how many transfers were looked at (above `budget`: not all) and whether longer paths were in reach.
    """
    incoming, rule = world[1], world[4]
    closing, oldest = ends
    depth = -1
    steps = 0
    deeper = False
    p = closing
    smallest = incoming.amount[closing]
    largest = smallest
    while steps <= budget:
        # Arrive at the transfer `p`, or go back to where another one can be tried.
        if p >= 0:
            depth += 1
            stack[0, depth] = p
            stack[1, depth] = _latest(p, incoming)
            stack[2, depth] = smallest
            stack[3, depth] = largest
            if depth + 2 == hops:
                steps += _finish(world, oldest, depth, stack, row)
                deeper = deeper or _in_reach(stack[1, depth], p, oldest, incoming, rule)
                depth -= 1
        p = -1
        if depth < 0:
            break
        last = stack[0, depth]
        trial = stack[1, depth]
        stack[1, depth] -= 1
        if not _in_reach(trial, last, oldest, incoming, rule):
            depth -= 1
            if depth < 0:
                break
            continue
        steps += 1
        smallest = min(stack[2, depth], incoming.amount[trial])
        largest = max(stack[3, depth], incoming.amount[trial])
        here = incoming.peer[trial]
        seen = here == row[0] or not _better_cycle(_evenness(smallest, largest), rule.most, row)
        for k in range(depth + 1):
            seen = seen or incoming.peer[stack[0, k]] == here
        if not seen:
            p = trial
    return steps, deeper


@njit(cache=True, nogil=True)
def _cycles_of_account(
    account: int,
    world: tuple[
        Adjacency,
        Adjacency,
        tuple[NDArray[np.int32], NDArray[np.int32]],
        tuple[NDArray[np.int64], NDArray[np.int64]],
        PathRule,
    ],
    found: NDArray[np.int64],
) -> None:
    """One row of `found` for each period with a credit, which stays without hops when nothing was found.

    Short cycles are looked for first: where the budget ends, all shorter ones have been seen.
    """
    outgoing, incoming, _, _, rule = world
    stack = np.empty((4, rule.most), np.int64)
    row = -1
    start = incoming.indptr[account]
    opening, stop = outgoing.indptr[account], outgoing.indptr[account + 1]
    for p in range(start, incoming.indptr[account + 1]):
        if p == start or incoming.time[p] // rule.window != incoming.time[p - 1] // rule.window:
            row += 1
            found[row, 0] = account
        while opening < stop and outgoing.time[opening] <= incoming.time[p] - rule.window:
            opening += 1
        if opening == stop or outgoing.edge[opening] >= incoming.edge[p]:
            continue
        budget = rule.budget
        for hops in range(rule.fewest, rule.most + 1):
            steps, deeper = _close(world, (p, outgoing.edge[opening]), hops, budget, stack, found[row])
            budget -= steps
            if budget < 0:
                found[row, 2] = 1
            if budget < 0 or not deeper:
                break


@njit(cache=True, nogil=True, parallel=True)
def cycles(
    outgoing: Adjacency,
    incoming: Adjacency,
    pairs: tuple[NDArray[np.int32], NDArray[np.int32]],
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    rule: PathRule,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The strongest cycle of every account and period, by the account's debit that opens it and the credit that closes.

    Of the cycles that close in one period the most even one (smallest by largest amount, in whole thousandths) is
    kept, then the longest, then the one that closes first; of those with one closing transfer the one whose transfer
    before it is the latest, then the one before that, and so on.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Of transfers between two different accounts.
    pairs : (payee int32[m], edge int32[m])
        From :func:`diamonds.by_payee`.
    ledger : (time int64[n], amount int64[n])
        In ledger order.
    rule : PathRule
        Its budget is for each closing transfer. Short cycles are looked for first.
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks` on `incoming`; a chunk is one thread's alone.

    Returns
    -------
    int64[found, 4 + rule.most]
        Account, hops, whether a search of this account and period stopped at its budget (1), evenness, then the
        transfers' ledger positions. Hops are 0 where a search stopped and nothing was found. In order of account and
        period. Cost: up to the budget for each transfer; what lies outside the window or the hops costs nothing.
    """
    chunks = borders.size - 1
    counts = np.zeros(chunks + 1, np.int64)
    for chunk in prange(chunks):
        total = 0
        for account in range(borders[chunk], borders[chunk + 1]):
            total += _periods(account, incoming, rule.window)
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.zeros((counts[chunks], 4 + rule.most), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk]
        for account in range(borders[chunk], borders[chunk + 1]):
            rows = _periods(account, incoming, rule.window)
            if outgoing.indptr[account + 1] > outgoing.indptr[account]:
                world = (outgoing, incoming, pairs, ledger, rule)
                _cycles_of_account(account, world, found[row : row + rows])
            row += rows
    kept: NDArray[np.int64] = _kept(found)
    return kept


@njit(cache=True, nogil=True)
def _nearest(
    account: int,
    hops: int,
    outgoing: Adjacency,
    rule: PathRule,
    path: NDArray[np.int64],
    tried: NDArray[np.int64],
) -> int:
    """Find the transfer that may come next whose amount is nearest, after the one tried there before.

    The first `hops` entries of ``path`` are positions. Writes the position, or -1 where none is left, into
    ``path[hops]`` and gap and position into ``tried[:, hops]``. Returns how many transfers were looked at.
    """
    last = path[hops - 1]
    here = outgoing.peer[last]
    stop = outgoing.indptr[here + 1]
    before, at = tried[0, hops], tried[1, hops]
    steps = 0
    path[hops] = -1
    for p in range(_below(outgoing.edge, outgoing.indptr[here], stop, outgoing.edge[last] + 1), stop):
        if (
            outgoing.time[p] > outgoing.time[last] + rule.hop
            or outgoing.time[p] >= outgoing.time[path[0]] + rule.window
            or steps > rule.budget
        ):
            break
        steps += 1
        gap = abs(outgoing.amount[p] - outgoing.amount[last])
        if gap < before or (gap == before and p <= at) or (path[hops] >= 0 and gap >= tried[0, hops]):
            continue
        seen = outgoing.peer[p] == account
        for k in range(hops):
            seen = seen or outgoing.peer[path[k]] == outgoing.peer[p]
        if not seen:
            path[hops] = p
            tried[0, hops] = gap
            tried[1, hops] = p
    return steps


@njit(cache=True, nogil=True)
def _follow(
    account: int, outgoing: Adjacency, rule: PathRule, path: NDArray[np.int64], tried: NDArray[np.int64]
) -> tuple[int, int]:
    """Unit kernel: follow the money of the transfer at position ``path[0]``, nearest amounts first.

    Goes back where the path ends before it has enough transfers. Writes positions into `path`. Returns the number of
    transfers, 0 where there are too few, and 1 when the budget was reached.
    """
    hops = 1
    steps = 0
    tried[:, 1] = -1
    while 0 < hops < rule.most:
        steps += _nearest(account, hops, outgoing, rule, path, tried)
        if steps > rule.budget:
            break
        if path[hops] >= 0:
            hops += 1
            if hops < rule.most:
                tried[:, hops] = -1
        elif hops >= rule.fewest:
            break
        else:
            hops -= 1
    return (hops if hops >= rule.fewest else 0), int(steps > rule.budget)


@njit(cache=True, nogil=True)
def _chains_of_account(account: int, outgoing: Adjacency, rule: PathRule, found: NDArray[np.int64]) -> None:
    """One row of `found` for each period with a debit, which stays without hops when nothing was found."""
    path = np.empty(rule.most, np.int64)
    tried = np.empty((2, rule.most), np.int64)
    row = -1
    start = outgoing.indptr[account]
    for p in range(start, outgoing.indptr[account + 1]):
        if p == start or outgoing.time[p] // rule.window != outgoing.time[p - 1] // rule.window:
            row += 1
            found[row, 0] = account
        path[0] = p
        hops, stopped = _follow(account, outgoing, rule, path, tried)
        if stopped:
            found[row, 2] = 1
        kept = 0
        for k in range(1, hops):
            kept += _passes_on(outgoing.amount[path[k - 1]], outgoing.amount[path[k]], rule)
        if hops > 0 and (
            found[row, 1] == 0 or kept > found[row, 3] or (kept == found[row, 3] and hops > found[row, 1])
        ):
            found[row, 1] = hops
            found[row, 3] = kept
            for k in range(hops):
                found[row, 4 + k] = outgoing.edge[path[k]]


@njit(cache=True, nogil=True, parallel=True)
def chains(outgoing: Adjacency, rule: PathRule, borders: NDArray[np.int64]) -> NDArray[np.int64]:
    """The strongest chain of every account and period, by the account's debit that opens it.

    A chain is followed from its first transfer: the next one is that whose amount is nearest to the one before, of
    equals the first, among those that the account paid last makes later in the ledger, within the hop and the
    window, to an account that the chain has not met. Where this ends before ``rule.fewest`` transfers the one next
    in nearness is taken instead, from the latest hop backwards; after that the chain ends where there is none. Of the
    chains that open in one period the one with most hops that pass on the amount before is kept, then the longest,
    then the first.

    Parameters
    ----------
    outgoing : Adjacency
        Of transfers between two different accounts.
    rule : PathRule
        Its budget is for each opening transfer; a chain ends where it runs out.
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`; a chunk is one thread's alone.

    Returns
    -------
    int64[found, 4 + rule.most]
        Account, hops, whether a search of this account and period stopped at its budget (1), hops that pass on, then
        the transfers' ledger positions. Hops are 0 where a search stopped and nothing was found. In order of account
        and period. Cost: up to the budget for each transfer; linear where accounts pay seldom.
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
        for account in range(borders[chunk], borders[chunk + 1]):
            rows = _periods(account, outgoing, rule.window)
            _chains_of_account(account, outgoing, rule, found[row : row + rows])
            row += rows
    kept: NDArray[np.int64] = _kept(found)
    return kept
