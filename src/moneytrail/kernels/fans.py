"""Fans: one account and many strangers at the other end, within a sliding window. In both directions.

Used by S01 (seat-fee fan-in, over incoming transfers) and L04 (fan-out, over outgoing ones).
Oracle: ``tests/oracles/fans.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency
    from moneytrail.kernels.relations import Relations


class FanRule(NamedTuple):
    """The gate of a fan. Shares are in thousandths, so that a share at its threshold holds exactly.

    Attributes
    ----------
    window : int
        Microseconds. Transfers in ``(t - window, t]`` are looked at; also the length of a period.
    peers : int
        At least so many distinct strangers at the other end.
    first_share : int
        At least this share of them never dealt with the account in the lookback before.
    one_shot_share : int
        At least this share of them made at most `one_shot` transfers in the lookback.
    one_shot : int
    value : int
        The transfers together are at least this, minor units.
    median_low, median_high : int
        The lower median of the amounts lies in ``[median_low, median_high]``.
    backing_share : int
        ``backing`` of the window's first transfer is at least this share of the value; 0 asks nothing.
    """

    window: int
    peers: int
    first_share: int
    one_shot_share: int
    one_shot: int
    value: int
    median_low: int
    median_high: int
    backing_share: int


@njit(cache=True, nogil=True)
def _reaches(part: int, whole: int, share: int) -> bool:
    """Whether ``part / whole >= share / 1000``, exactly and without overflow (share from 0 to 1000)."""
    rest = whole % 1000
    return part >= (whole // 1000) * share + (rest * share + 999) // 1000


@njit(cache=True, nogil=True)
def _fans_of_account(
    account: int,
    side: Adjacency,
    relations: Relations,
    backing: NDArray[np.int64],
    rule: FanRule,
    found: NDArray[np.int64],
) -> int:
    """Unit kernel: slide the window over one account's list. Linear; every transfer enters and leaves once.

    Writes one row a period with a firing: first position, last position, position of the first firing, peers.
    Returns the number of rows written, or that would be when `found` is empty (counting only).
    """
    start, stop = side.indptr[account], side.indptr[account + 1]
    rows = 0
    oldest = start
    eligible = 0
    peers = 0
    firsts = 0
    one_shots = 0
    below = 0
    above = 0
    value = 0
    period = np.int64(-(2**62))
    best_peers = 0
    best_value = np.int64(0)
    for p in range(start, stop):
        e = side.edge[p]
        t = side.time[p]
        left = t - rule.window
        while side.time[oldest] <= left:
            f = side.edge[oldest]
            if relations.stranger[f]:
                eligible -= 1
                value -= side.amount[oldest]
                firsts -= relations.first[f]
                below -= side.amount[oldest] < rule.median_low
                above -= side.amount[oldest] > rule.median_high
                later = relations.following[f]
                if later < 0 or later >= e:
                    peers -= 1
                    one_shots -= relations.recent[f] <= rule.one_shot
            oldest += 1
        if not relations.stranger[e]:
            continue
        eligible += 1
        value += side.amount[p]
        firsts += relations.first[e]
        below += side.amount[p] < rule.median_low
        above += side.amount[p] > rule.median_high
        earlier = relations.previous[e]
        if earlier >= side.edge[oldest]:
            one_shots -= relations.recent[earlier] <= rule.one_shot
        else:
            peers += 1
        one_shots += relations.recent[e] <= rule.one_shot
        middle = (eligible - 1) // 2
        if (
            peers < rule.peers
            or value < rule.value
            or below > middle
            or eligible - above <= middle
            or not _reaches(firsts, peers, rule.first_share)
            or not _reaches(one_shots, peers, rule.one_shot_share)
        ):
            continue
        if rule.backing_share > 0:
            opening = oldest
            while not relations.stranger[side.edge[opening]]:
                opening += 1
            if not _reaches(backing[side.edge[opening]], value, rule.backing_share):
                continue
        now = t // rule.window
        if now != period:
            period = now
            rows += 1
            best_peers = 0
            best_value = np.int64(0)
            if found.shape[0]:
                found[rows - 1, 2] = p
        if peers > best_peers or (peers == best_peers and value > best_value):
            best_peers = peers
            best_value = value
            if found.shape[0]:
                found[rows - 1, 0] = oldest
                found[rows - 1, 1] = p
                found[rows - 1, 3] = account
    return rows


@njit(cache=True, nogil=True, parallel=True)
def fans(
    side: Adjacency,
    relations: Relations,
    backing: NDArray[np.int64],
    rule: FanRule,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The strongest firing window of every account and period.

    The gate is evaluated at each stranger's transfer, over the window that ends at it. A period is one window
    length counted from 1970-01-01 UTC. Of the firings in one period of one account the one with most peers is kept,
    then the one with most value, then the earliest.

    Parameters
    ----------
    side : Adjacency
        Incoming transfers for fan-in, outgoing ones for fan-out.
    relations : Relations
        In ledger order.
    backing : int64[n]
        Minor units that stood behind each transfer, in ledger order; read only when ``rule.backing_share`` is above 0.
    rule : FanRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`. A chunk is one thread's alone; rows come in order of account and period,
        whatever the threads.

    Returns
    -------
    int64[found, 4]
        First and last position in `side` of the window, position of the period's first firing, account.
        Cost: linear in the transfers, and once more for the accounts that fire.
    """
    chunks = borders.size - 1
    counts = np.zeros(chunks + 1, np.int64)
    rows = np.zeros(side.indptr.size - 1, np.int32)
    for chunk in prange(chunks):
        nothing = np.empty((0, 4), np.int64)
        total = 0
        for account in range(borders[chunk], borders[chunk + 1]):
            if side.indptr[account + 1] - side.indptr[account] >= rule.peers:
                rows[account] = _fans_of_account(account, side, relations, backing, rule, nothing)
                total += rows[account]
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.empty((counts[chunks], 4), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk]
        if counts[chunk + 1] > row:
            for account in range(borders[chunk], borders[chunk + 1]):
                if rows[account]:
                    row += _fans_of_account(account, side, relations, backing, rule, found[row : counts[chunk + 1]])
    return found


@njit(cache=True, nogil=True)
def _larger_two(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    """The two largest of two pairs that are each in falling order."""
    if a >= c:
        return a, max(b, c)
    return c, max(a, d)


@njit(cache=True, nogil=True)
def _back_account(
    account: int, outgoing: Adjacency, incoming: Adjacency, reach: int, backing: NDArray[np.int64]
) -> None:
    """Unit kernel: sum of the two largest credits before each debit, by a queue of two stacks. Linear."""
    start, stop = incoming.indptr[account], incoming.indptr[account + 1]
    size = stop - start
    largest = np.zeros(size, np.int64)
    second = np.zeros(size, np.int64)
    # A transfer to oneself brings nothing in.
    amount = np.where(incoming.peer[start:stop] == account, 0, incoming.amount[start:stop])
    head = 0
    turned = 0
    tail = 0
    back_1 = np.int64(0)
    back_2 = np.int64(0)
    for p in range(outgoing.indptr[account], outgoing.indptr[account + 1]):
        e, t = outgoing.edge[p], outgoing.time[p]
        while tail < size and incoming.edge[start + tail] < e:
            back_1, back_2 = _larger_two(back_1, back_2, amount[tail], 0)
            tail += 1
        while head < tail and incoming.time[start + head] <= t - reach:
            if head == turned:
                one, two = np.int64(0), np.int64(0)
                for k in range(tail - 1, head - 1, -1):
                    one, two = _larger_two(one, two, amount[k], 0)
                    largest[k] = one
                    second[k] = two
                turned = tail
                back_1 = np.int64(0)
                back_2 = np.int64(0)
            head += 1
        one, two = back_1, back_2
        if head < turned:
            one, two = _larger_two(largest[head], second[head], back_1, back_2)
        backing[e] = one + two


@njit(cache=True, nogil=True, parallel=True)
def backing(
    outgoing: Adjacency, incoming: Adjacency, reach: int, borders: NDArray[np.int64], transfers: int
) -> NDArray[np.int64]:
    """For every transfer, the two largest credits that its debtor received shortly before, summed.

    Parameters
    ----------
    outgoing, incoming : Adjacency
    reach : int
        Microseconds. Credits in ``(t - reach, t]`` and earlier in the ledger count; transfers to oneself do not.
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks` on `outgoing`.
    transfers : int
        Length of the ledger.

    Returns
    -------
    int64[transfers]
        Minor units, in ledger order; 0 where the debtor is absent or received nothing.
    """
    out = np.zeros(transfers, np.int64)
    for chunk in prange(borders.size - 1):
        for account in range(borders[chunk], borders[chunk + 1]):
            if outgoing.indptr[account + 1] > outgoing.indptr[account]:
                _back_account(account, outgoing, incoming, reach, out)
    return out
