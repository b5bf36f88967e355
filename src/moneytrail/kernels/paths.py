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
def _close(
    closing: int,
    oldest: int,
    incoming: Adjacency,
    rule: PathRule,
    stack: NDArray[np.int64],
    row: NDArray[np.int64],
) -> None:
    """Unit kernel: all cycles that one credit closes, backwards and latest first; the best goes into `row`.

    `oldest` is the ledger position of the account's first debit in the window: nothing before it can be part.
    `row` is account, hops, truncated, evenness, transfers. What cannot be more even than the best so far, or as even
    and longer, is not followed. `stack` has a column a level: the position of its transfer, the next position to
    try, the smallest and the largest amount so far.
    """
    stack[0, 0] = closing
    stack[2:, 0] = incoming.amount[closing]
    here = incoming.peer[closing]
    stack[1, 0] = _below(incoming.edge, incoming.indptr[here], incoming.indptr[here + 1], incoming.edge[closing]) - 1
    depth = 0
    steps = 0
    while depth >= 0:
        last = stack[0, depth]
        p = stack[1, depth]
        stack[1, depth] -= 1
        if (
            p < incoming.indptr[incoming.peer[last]]
            or incoming.edge[p] < oldest
            or incoming.time[p] < incoming.time[last] - rule.hop
        ):
            depth -= 1
            continue
        steps += 1
        if steps > rule.budget:
            row[2] = 1
            return
        smallest = min(stack[2, depth], incoming.amount[p])
        largest = max(stack[3, depth], incoming.amount[p])
        evenness = _evenness(smallest, largest)
        here = incoming.peer[p]
        if here == row[0]:
            if depth + 2 >= rule.fewest and _better_cycle(evenness, depth + 2, row):
                row[1] = depth + 2
                row[3] = evenness
                row[4] = incoming.edge[p]
                for k in range(depth + 1):
                    row[5 + k] = incoming.edge[stack[0, depth - k]]
            continue
        # At least one more transfer is to come.
        if depth + 3 > rule.most or not _better_cycle(evenness, rule.most, row):
            continue
        seen = False
        for k in range(depth + 1):
            seen = seen or incoming.peer[stack[0, k]] == here
        if seen:
            continue
        depth += 1
        stack[0, depth] = p
        stack[2, depth] = smallest
        stack[3, depth] = largest
        stack[1, depth] = _below(incoming.edge, incoming.indptr[here], incoming.indptr[here + 1], incoming.edge[p]) - 1


@njit(cache=True, nogil=True)
def _cycles_of_account(
    account: int, outgoing: Adjacency, incoming: Adjacency, rule: PathRule, found: NDArray[np.int64]
) -> None:
    """One row of `found` for each period with a credit, which stays without hops when nothing was found."""
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
        if opening < stop and outgoing.edge[opening] < incoming.edge[p]:
            _close(p, outgoing.edge[opening], incoming, rule, stack, found[row])


@njit(cache=True, nogil=True, parallel=True)
def cycles(outgoing: Adjacency, incoming: Adjacency, rule: PathRule, borders: NDArray[np.int64]) -> NDArray[np.int64]:
    """The strongest cycle of every account and period, by the account's debit that opens it and the credit that closes.

    Of the cycles that close in one period the most even one (smallest by largest amount, in whole thousandths) is
    kept, then the longest, then the one that closes first; of those with one closing transfer the one whose transfer
    before it is the latest, then the one before that, and so on.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Of transfers between two different accounts.
    rule : PathRule
        Its budget is for each closing transfer.
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
                _cycles_of_account(account, outgoing, incoming, rule, found[row : row + rows])
            row += rows
    kept: NDArray[np.int64] = _kept(found)
    return kept


@njit(cache=True, nogil=True)
def _follow(account: int, outgoing: Adjacency, rule: PathRule, path: NDArray[np.int64]) -> tuple[int, int, int]:
    """Unit kernel: follow the money of the transfer at position ``path[0]``, always to the one nearest in amount.

    Writes positions into `path`. Returns the number of transfers, how many of them pass on the amount before, and 1
    when the budget was reached.
    """
    hops = 1
    kept = 0
    steps = 0
    end = outgoing.time[path[0]] + rule.window
    while hops < rule.most and steps <= rule.budget:
        last = path[hops - 1]
        here = outgoing.peer[last]
        best = -1
        nearest = np.int64(0)
        stop = outgoing.indptr[here + 1]
        for p in range(_below(outgoing.edge, outgoing.indptr[here], stop, outgoing.edge[last] + 1), stop):
            if outgoing.time[p] > outgoing.time[last] + rule.hop or outgoing.time[p] >= end:
                break
            steps += 1
            if steps > rule.budget:
                break
            gap = abs(outgoing.amount[p] - outgoing.amount[last])
            if best >= 0 and gap >= nearest:
                continue
            seen = outgoing.peer[p] == account
            for k in range(hops):
                seen = seen or outgoing.peer[path[k]] == outgoing.peer[p]
            if not seen:
                best = p
                nearest = gap
        if best < 0:
            break
        kept += _passes_on(outgoing.amount[last], outgoing.amount[best], rule)
        path[hops] = best
        hops += 1
    return hops, kept, int(steps > rule.budget)


@njit(cache=True, nogil=True)
def _chains_of_account(account: int, outgoing: Adjacency, rule: PathRule, found: NDArray[np.int64]) -> None:
    """One row of `found` for each period with a debit, which stays without hops when nothing was found."""
    path = np.empty(rule.most, np.int64)
    row = -1
    start = outgoing.indptr[account]
    for p in range(start, outgoing.indptr[account + 1]):
        if p == start or outgoing.time[p] // rule.window != outgoing.time[p - 1] // rule.window:
            row += 1
            found[row, 0] = account
        path[0] = p
        hops, kept, stopped = _follow(account, outgoing, rule, path)
        found[row, 2] |= stopped
        if hops >= rule.fewest and (
            found[row, 1] == 0 or kept > found[row, 3] or (kept == found[row, 3] and hops > found[row, 1])
        ):
            found[row, 1] = hops
            found[row, 3] = kept
            for k in range(hops):
                found[row, 4 + k] = outgoing.edge[path[k]]


@njit(cache=True, nogil=True, parallel=True)
def chains(outgoing: Adjacency, rule: PathRule, borders: NDArray[np.int64]) -> NDArray[np.int64]:
    """The strongest chain of every account and period, by the account's debit that opens it.

    A chain is followed from its first transfer: each receipt is taken to go on by the transfer whose amount is
    nearest to its own, of equals the first, among those that its account makes later in the ledger, within the hop
    and the window, to an account that the chain has not met. It ends where there is none. Of the chains that open in
    one period the one with most hops that pass on the amount before is kept, then the longest, then the first.

    Parameters
    ----------
    outgoing : Adjacency
        Of transfers between two different accounts.
    rule : PathRule
        Its budget is for each opening transfer; a chain whose search stops there ends with the nearest seen so far.
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
