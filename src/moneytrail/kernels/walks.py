"""Walks: any sequence of transfers that are linked account by account in the order of time. Longest ones, exactly.

Oracle: ``tests/oracles/walks.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency


class WalkRule(NamedTuple):
    """How transfers are linked.

    Attributes
    ----------
    window : int
        Microseconds. The last transfer comes less than so long after the first; also the length of a period.
    hop : int
        Microseconds, inclusive: each transfer comes at most so long after the one before, and later in the ledger.
    fewest, most : int
        Number of transfers.
    """

    window: int
    hop: int
    fewest: int
    most: int


@njit(cache=True, nogil=True)
def _lengthen_account(
    account: int,
    sides: tuple[Adjacency, Adjacency],
    rule: WalkRule,
    ends: tuple[NDArray[np.int32], NDArray[np.int32]],
    onward: NDArray[np.int32],
    queue: NDArray[np.int64],
) -> None:
    """Unit kernel: for each credit of `account`, the debit after it that reaches its end first. Linear.

    The debits that can follow a credit are a run that slides as credits go by; `queue` holds the candidates of the
    run for its smallest end. Of equal ends the first debit is taken.
    """
    outgoing, incoming = sides
    before, after = ends
    low = outgoing.indptr[account]
    high = low
    stop = outgoing.indptr[account + 1]
    head = 0
    tail = 0
    for p in range(incoming.indptr[account], incoming.indptr[account + 1]):
        e, t = incoming.edge[p], incoming.time[p]
        while high < stop and outgoing.time[high] <= t + rule.hop:
            end = before[outgoing.edge[high]]
            if end >= 0:
                while tail > head and before[outgoing.edge[queue[tail - 1]]] > end:
                    tail -= 1
                queue[tail] = high
                tail += 1
            high += 1
        while low < high and outgoing.edge[low] < e:
            low += 1
        while head < tail and queue[head] < low:
            head += 1
        if head < tail:
            f = outgoing.edge[queue[head]]
            onward[e] = f
            after[e] = before[f]


@njit(cache=True, nogil=True)
def _periods(times: NDArray[np.int64], window: int) -> int:
    """How many periods of one window length the rising `times` touch."""
    count = 0
    for k in range(times.size):
        count += k == 0 or times[k] // window != times[k - 1] // window
    return count


@njit(cache=True, nogil=True)
def _longest_of_account(
    account: int, outgoing: Adjacency, rule: WalkRule, hops: NDArray[np.int8], found: NDArray[np.int64]
) -> int:
    """One row of `found` for each period with a walk that is long enough; how many there are."""
    rows = 0
    period = np.int64(-(2**62))
    for p in range(outgoing.indptr[account], outgoing.indptr[account + 1]):
        e = outgoing.edge[p]
        if hops[e] < rule.fewest:
            continue
        now = outgoing.time[p] // rule.window
        if now != period:
            period = now
            rows += 1
            found[rows - 1, 1] = 0
        if hops[e] > found[rows - 1, 1]:
            found[rows - 1, 0] = account
            found[rows - 1, 1] = hops[e]
            found[rows - 1, 2] = e
    return rows


@njit(cache=True, nogil=True, parallel=True)
def walks(
    outgoing: Adjacency,
    incoming: Adjacency,
    time: NDArray[np.int64],
    rule: WalkRule,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The longest walk of every account and period, by the account's debit that opens it.

    For each transfer and each length the walk that begins with it and ends first is found, from the shorter ones; so
    the search is exact, needs no budget, and a busy account costs no more than its transfers. A walk may meet an
    account again. Of the walks that open in one period the longest is kept (up to ``rule.most``), then the first to
    open; of those with one opening the one that ends first, and of these at each hop the first.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Of transfers between two different accounts.
    time : int64[n]
        In ledger order.
    rule : WalkRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks` on both sides together; a chunk is one thread's alone.

    Returns
    -------
    int64[found, 2 + rule.most]
        Account, hops, then the transfers' ledger positions. In order of account and period. Cost: linear for each
        length up to ``rule.most``; memory 4 bytes for each transfer and length.
    """
    n = time.size
    chunks = borders.size - 1
    onward = np.full((rule.most + 1, n), -1, np.int32)
    hops = np.zeros(n, np.int8)
    before = np.full(n, -1, np.int32)
    for p in range(outgoing.edge.size):
        before[outgoing.edge[p]] = outgoing.edge[p]
        hops[outgoing.edge[p]] = 1
    for length in range(2, rule.most + 1):
        after = np.full(n, -1, np.int32)
        for chunk in prange(chunks):
            widest = 0
            for account in range(borders[chunk], borders[chunk + 1]):
                widest = max(widest, outgoing.indptr[account + 1] - outgoing.indptr[account])
            queue = np.empty(widest, np.int64)
            for account in range(borders[chunk], borders[chunk + 1]):
                _lengthen_account(account, (outgoing, incoming), rule, (before, after), onward[length], queue)
                for p in range(incoming.indptr[account], incoming.indptr[account + 1]):
                    e = incoming.edge[p]
                    if after[e] >= 0:
                        if time[after[e]] - time[e] < rule.window:
                            hops[e] = length
                        else:
                            after[e] = -1
        before = after
    found: NDArray[np.int64] = _unroll(outgoing, rule, hops, onward)
    return found


@njit(cache=True, nogil=True)
def _unroll(
    outgoing: Adjacency, rule: WalkRule, hops: NDArray[np.int8], onward: NDArray[np.int32]
) -> NDArray[np.int64]:
    """The kept walks of all accounts with their transfers."""
    accounts = outgoing.indptr.size - 1
    rows = 0
    for account in range(accounts):
        rows += _periods(outgoing.time[outgoing.indptr[account] : outgoing.indptr[account + 1]], rule.window)
    found = np.full((rows, 2 + rule.most), -1, np.int64)
    rows = 0
    for account in range(accounts):
        rows += _longest_of_account(account, outgoing, rule, hops, found[rows:])
    for row in range(rows):
        for k in range(1, found[row, 1]):
            found[row, 2 + k] = onward[found[row, 1] + 1 - k, found[row, 1 + k]]
    return found[:rows]
