"""Hubs: one account, what it was paid and what it paid. Gather-scatter and pass-through.

Both take adjacencies that hold transfers between two different accounts only.
Oracle: ``tests/oracles/hubs.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency


class TurnRule(NamedTuple):
    """When an account gathers and then scatters.

    Attributes
    ----------
    gather, scatter : int
        Microseconds. At a turning credit at ``t``, credits in ``(t - gather, t]`` and debits later in the ledger and
        before ``t + scatter`` are looked at. A period is as long as both together.
    payers, payees : int
        At least so many distinct ones, no account on both sides.
    """

    gather: int
    scatter: int
    payers: int
    payees: int


class DwellRule(NamedTuple):
    """When money passes through an account.

    Attributes
    ----------
    dwell : int
        Microseconds: the window, and the length of a period.
    share : int
        Thousandths of the credits that the debits must reach.
    """

    dwell: int
    share: int


@njit(cache=True, nogil=True)
def _reaches(part: int, whole: int, share: int) -> bool:
    """Whether ``part / whole >= share / 1000``, exactly and without overflow (share from 0 to 1000)."""
    rest = whole % 1000
    return part >= (whole // 1000) * share + (rest * share + 999) // 1000


@njit(cache=True, nogil=True)
def _local_numbers(one: NDArray[np.int32], two: NDArray[np.int32]) -> NDArray[np.int64]:
    """Small numbers for the accounts in both lists together, the same number for the same account."""
    both = np.concatenate((one, two))
    order = np.argsort(both)
    number = np.empty(both.size, np.int64)
    last = 0
    for k in range(both.size):
        last += k > 0 and both[order[k]] != both[order[k - 1]]
        number[order[k]] = last
    return number


@njit(cache=True, nogil=True)
def _turns_of_account(
    account: int, outgoing: Adjacency, incoming: Adjacency, rule: TurnRule, found: NDArray[np.int64]
) -> int:
    """Unit kernel: every credit as the turn, with two windows that slide together. Linear after one sort.

    Writes one row a period with a hit: account, first and last credit, first debit and the one after the last, all
    as positions in the adjacencies, and the payers that had to be taken from accounts on both sides.
    Returns the number of rows written, or that would be when `found` is empty.
    """
    start, stop = incoming.indptr[account], incoming.indptr[account + 1]
    base, end = outgoing.indptr[account], outgoing.indptr[account + 1]
    number = _local_numbers(incoming.peer[start:stop], outgoing.peer[base:end])
    paid = np.zeros(number.size, np.int64)
    got = np.zeros(number.size, np.int64)
    payers = 0
    payees = 0
    both = 0
    oldest = start
    low = base
    high = base
    rows = 0
    period = np.int64(-(2**62))
    best_side = 0
    best_all = 0
    for p in range(start, stop):
        t = incoming.time[p]
        while high < end and outgoing.time[high] < t + rule.scatter:
            a = number[stop - start + high - base]
            payees += got[a] == 0
            both += got[a] == 0 and paid[a] > 0
            got[a] += 1
            high += 1
        while low < high and outgoing.edge[low] < incoming.edge[p]:
            a = number[stop - start + low - base]
            got[a] -= 1
            payees -= got[a] == 0
            both -= got[a] == 0 and paid[a] > 0
            low += 1
        a = number[p - start]
        payers += paid[a] == 0
        both += paid[a] == 0 and got[a] > 0
        paid[a] += 1
        while incoming.time[oldest] <= t - rule.gather:
            a = number[oldest - start]
            paid[a] -= 1
            payers -= paid[a] == 0
            both -= paid[a] == 0 and got[a] > 0
            oldest += 1
        needed = max(0, rule.payers - (payers - both))
        if needed > both or payees - needed < rule.payees:
            continue
        side = min(payers - both + needed, payees - needed)
        now = t // (rule.gather + rule.scatter)
        if now != period:
            period = now
            rows += 1
            best_side = 0
            best_all = 0
        if side > best_side or (side == best_side and payers + payees - both > best_all):
            best_side = side
            best_all = payers + payees - both
            if found.shape[0]:
                found[rows - 1, 0] = account
                found[rows - 1, 1] = oldest
                found[rows - 1, 2] = p
                found[rows - 1, 3] = low
                found[rows - 1, 4] = high
                found[rows - 1, 5] = needed
    return rows


@njit(cache=True, nogil=True)
def _can_turn(account: int, outgoing: Adjacency, incoming: Adjacency, rule: TurnRule) -> bool:
    return bool(
        incoming.indptr[account + 1] - incoming.indptr[account] >= rule.payers
        and outgoing.indptr[account + 1] - outgoing.indptr[account] >= rule.payees
    )


@njit(cache=True, nogil=True, parallel=True)
def gather_scatters(
    outgoing: Adjacency, incoming: Adjacency, rule: TurnRule, borders: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The strongest turn of every account and period from many payers to many payees.

    An account that is on both sides stands on one only: with the payers as long as these would be too few without it,
    otherwise with the payees. Of the turns of an account in one period (that of the turning credit) the one whose
    smaller side is largest is kept, then the one with most counterparties, then the earliest.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Of transfers between two different accounts.
    rule : TurnRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`; a chunk is one thread's alone.

    Returns
    -------
    int64[found, 6]
        Account; positions of the first and the last credit in `incoming`; position of the first debit in `outgoing`
        and the one after the last; how many accounts on both sides stand with the payers. In order of account and
        period. Cost: linear, twice, after a sort of each account's counterparties.
    """
    chunks = borders.size - 1
    counts = np.zeros(chunks + 1, np.int64)
    for chunk in prange(chunks):
        nothing = np.empty((0, 6), np.int64)
        total = 0
        for account in range(borders[chunk], borders[chunk + 1]):
            if _can_turn(account, outgoing, incoming, rule):
                total += _turns_of_account(account, outgoing, incoming, rule, nothing)
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.empty((counts[chunks], 6), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk]
        if counts[chunk + 1] > row:
            for account in range(borders[chunk], borders[chunk + 1]):
                if _can_turn(account, outgoing, incoming, rule):
                    row += _turns_of_account(account, outgoing, incoming, rule, found[row : counts[chunk + 1]])
    return found


@njit(cache=True, nogil=True)
def turn_evidence(
    outgoing: Adjacency, incoming: Adjacency, found: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
    """The transfers of each turn with their sides.

    Of the accounts on both sides those that paid first stand with the payers, as many as are needed.

    Parameters
    ----------
    outgoing, incoming : Adjacency
    found : int64[rows, 6]
        From :func:`gather_scatters`.

    Returns
    -------
    start : int64[rows + 1]
        Where each row's transfers begin in the two others.
    ledger : int64[m]
        Ledger positions, rising in each row.
    side : int8[m]
        0 for a credit, 1 for a debit. Cost: a sort of each window.
    """
    rows = found.shape[0]
    most = 0
    for row in range(rows):
        most += found[row, 2] + 1 - found[row, 1] + found[row, 4] - found[row, 3]
    start = np.zeros(rows + 1, np.int64)
    ledger = np.empty(most, np.int64)
    side = np.empty(most, np.int8)
    k = 0
    for row in range(rows):
        first, last, low, high = found[row, 1], found[row, 2] + 1, found[row, 3], found[row, 4]
        number = _local_numbers(incoming.peer[first:last], outgoing.peer[low:high])
        # 0 not paid by it, 1 paid by it and stands with the payers, 2 with the payees.
        stand = np.zeros(number.size, np.int8)
        paid = np.zeros(number.size, np.bool_)
        for p in range(last - first, number.size):
            paid[number[p]] = True
        needed = found[row, 5]
        for p in range(last - first):
            a = number[p]
            if stand[a] == 0:
                stand[a] = 2 if paid[a] and needed == 0 else 1
                needed -= paid[a] and needed > 0
            if stand[a] == 1:
                ledger[k] = incoming.edge[first + p]
                side[k] = 0
                k += 1
        for p in range(last - first, number.size):
            if stand[number[p]] != 1:
                ledger[k] = outgoing.edge[low + p - (last - first)]
                side[k] = 1
                k += 1
        start[row + 1] = k
    return start, ledger[:k].copy(), side[:k].copy()


@njit(cache=True, nogil=True)
def _passes_of_account(
    account: int, outgoing: Adjacency, incoming: Adjacency, rule: DwellRule, found: NDArray[np.int64]
) -> int:
    """Unit kernel: slide the window over credits and debits together. Linear.

    Writes one row a period with a hit: account, positions of the first credit and after the last, of the first debit
    and after the last.
    Returns the number of rows written, or that would be when `found` is empty.
    """
    i, i_end = incoming.indptr[account], incoming.indptr[account + 1]
    o, o_end = outgoing.indptr[account], outgoing.indptr[account + 1]
    first = i
    opening = o
    came = np.int64(0)
    left = np.int64(0)
    rows = 0
    period = np.int64(-(2**62))
    best = np.int64(0)
    for p in range(o, o_end):
        t = outgoing.time[p]
        while i < i_end and incoming.edge[i] < outgoing.edge[p]:
            came += incoming.amount[i]
            i += 1
        while first < i and incoming.time[first] <= t - rule.dwell:
            came -= incoming.amount[first]
            first += 1
        left += outgoing.amount[p]
        # Debits before the window's first credit pass nothing on.
        while opening <= p and (first == i or outgoing.edge[opening] < incoming.edge[first]):
            left -= outgoing.amount[opening]
            opening += 1
        passed = min(came, left)
        if passed == 0 or not _reaches(left, came, rule.share):
            continue
        now = t // rule.dwell
        if now != period:
            period = now
            rows += 1
            best = np.int64(0)
        if passed > best:
            best = passed
            if found.shape[0]:
                found[rows - 1, 0] = account
                found[rows - 1, 1] = first
                found[rows - 1, 2] = i
                found[rows - 1, 3] = opening
                found[rows - 1, 4] = p + 1
    return rows


@njit(cache=True, nogil=True, parallel=True)
def passes(outgoing: Adjacency, incoming: Adjacency, rule: DwellRule, borders: NDArray[np.int64]) -> NDArray[np.int64]:
    """The strongest window of every account and period in which most of what came in also left.

    Looked at at each debit, over the window ``(t - dwell, t]`` that ends there: its credits, and its debits after
    the first of these. Of the hits in one period the one with most value passed on (the smaller of both sums) is
    kept, then the earliest.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Of transfers between two different accounts.
    rule : DwellRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`; a chunk is one thread's alone.

    Returns
    -------
    int64[found, 5]
        Account; positions of the first credit in `incoming` and the one after the last; of the first debit in
        `outgoing` and the one after the last. In order of account and period. Cost: linear, twice.
    """
    chunks = borders.size - 1
    counts = np.zeros(chunks + 1, np.int64)
    for chunk in prange(chunks):
        nothing = np.empty((0, 5), np.int64)
        total = 0
        for account in range(borders[chunk], borders[chunk + 1]):
            total += _passes_of_account(account, outgoing, incoming, rule, nothing)
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.empty((counts[chunks], 5), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk]
        if counts[chunk + 1] > row:
            for account in range(borders[chunk], borders[chunk + 1]):
                row += _passes_of_account(account, outgoing, incoming, rule, found[row : counts[chunk + 1]])
    return found
