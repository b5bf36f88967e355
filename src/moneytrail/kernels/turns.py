"""Turns: an account is paid by many and then pays about the same sum to many others. Gather-scatter with its sums.

Takes chosen credits and debits of every account, none of them to oneself.
Oracle: ``tests/oracles/turns.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Lists = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]
"""indptr int64[accounts + 1]; ledger, peer int32[m]; time, amount int64[m]: account by account, in ledger order."""


class TurnGate(NamedTuple):
    """When an account gathers and then scatters.

    Attributes
    ----------
    gather, scatter : int
        Microseconds. At a turning credit at ``t``, credits in ``(t - gather, t]`` and debits later in the ledger and
        up to ``t + scatter``, inclusive, are looked at. A period is as long as both together.
    payers, payees : int
        At least so many different ones.
    common : int
        Thousandths of all counterparties that may be on both sides.
    low, high : int
        Thousandths of what came in that must have gone out, both ends inclusive.
    value : int
        Least sum that came in, minor units.
    budget : int
        Debits that are looked at for one turn.
    """

    gather: int
    scatter: int
    payers: int
    payees: int
    common: int
    low: int
    high: int
    value: int
    budget: int


@njit(cache=True, nogil=True)
def _reaches(part: int, whole: int, share: int) -> bool:
    """Whether ``part / whole >= share / 1000``, exactly and without overflow."""
    rest = whole % 1000
    return part >= (whole // 1000) * share + (rest * share + 999) // 1000


@njit(cache=True, nogil=True)
def _at_most(part: int, whole: int, share: int) -> bool:
    """Whether ``part / whole <= share / 1000``, exactly and without overflow."""
    return part <= (whole // 1000) * share + whole % 1000 * share // 1000


@njit(cache=True, nogil=True)
def _numbers(one: NDArray[np.int32], two: NDArray[np.int32]) -> NDArray[np.int64]:
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
def _periods(time: NDArray[np.int64], start: int, stop: int, length: int) -> int:
    """How many periods the rising ``time[start:stop]`` touches."""
    count = 0
    for p in range(start, stop):
        count += p == start or time[p] // length != time[p - 1] // length
    return count


@njit(cache=True, nogil=True)
def _keep(row: NDArray[np.int64], side: int, all_: int, p: int, q: int, ledger: NDArray[np.int32]) -> bool:
    """Note a firing in the row of its period; whether it is the strongest so far."""
    if row[8] == 0 or ledger[q] < row[5]:
        row[5] = ledger[q]
    better = (
        side > row[7]
        or (side == row[7] and all_ > row[8])
        or (side == row[7] and all_ == row[8] and (q < row[4] or (q == row[4] and p > row[2])))
    )
    if better:
        row[2] = p
        row[4] = q
        row[7] = side
        row[8] = all_
    return bool(better)


@njit(cache=True, nogil=True)
def _turns_of_account(account: int, credits: Lists, debits: Lists, gate: TurnGate, found: NDArray[np.int64]) -> None:
    """Unit kernel: every credit as the turn, and from it on every debit as the last. One row a period of debits."""
    start, stop = credits[0][account], credits[0][account + 1]
    base, end = debits[0][account], debits[0][account + 1]
    length = gate.gather + gate.scatter
    number = _numbers(credits[2][start:stop], debits[2][base:end])
    paid = np.zeros(number.size, np.int64)
    got = np.full(number.size, -1, np.int64)
    row_of = np.empty(end - base, np.int64)
    row = -1
    for q in range(base, end):
        row += q == base or debits[3][q] // length != debits[3][q - 1] // length
        row_of[q - base] = row
        found[row, 0] = account
    payers = 0
    came = np.int64(0)
    oldest = start
    low = base
    for p in range(start, stop):
        t = credits[3][p]
        payers += paid[number[p - start]] == 0
        paid[number[p - start]] += 1
        came += credits[4][p]
        while credits[3][oldest] <= t - gate.gather:
            paid[number[oldest - start]] -= 1
            payers -= paid[number[oldest - start]] == 0
            came -= credits[4][oldest]
            oldest += 1
        while low < end and debits[1][low] < credits[1][p]:
            low += 1
        if payers < gate.payers or came < gate.value or came == 0:
            continue
        payees = 0
        both = 0
        left = np.int64(0)
        for q in range(low, end):
            if debits[3][q] > t + gate.scatter:
                break
            left += debits[4][q]
            if not _at_most(left, came, gate.high):
                break
            if q - low >= gate.budget:
                found[row_of[q - base], 6] = 1
                break
            a = number[stop - start + q - base]
            if got[a] != p:
                got[a] = p
                payees += 1
                both += paid[a] > 0
            if payees < gate.payees or not _reaches(left, came, gate.low):
                continue
            union = payers + payees - both
            if both * 1000 > gate.common * union:
                continue
            if _keep(found[row_of[q - base]], min(payers, payees), union, p, q, debits[1]):
                found[row_of[q - base], 1] = oldest
                found[row_of[q - base], 3] = low


@njit(cache=True, nogil=True)
def _can_turn(account: int, credits: Lists, debits: Lists, gate: TurnGate) -> bool:
    return bool(
        credits[0][account + 1] - credits[0][account] >= gate.payers
        and debits[0][account + 1] - debits[0][account] >= gate.payees
    )


@njit(cache=True, nogil=True, parallel=True)
def turns(credits: Lists, debits: Lists, gate: TurnGate, borders: NDArray[np.int64]) -> NDArray[np.int64]:
    """The strongest turn of every account and period, by the debit at which it fires.

    At a debit, with each credit of the days before as the turn: the gate holds when enough payers paid up to the
    turn, enough payees were paid from it on up to this debit, few of them are on both sides, and the share of what
    came in that went out lies in the range. Of one period's firings the one whose smaller side is largest is kept,
    then the one with most counterparties, then the earliest; of those with one last debit the latest turn.

    Parameters
    ----------
    credits, debits : Lists
        A choice of each account's credits and debits.
    gate : TurnGate
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`; a chunk is one thread's alone.

    Returns
    -------
    int64[found, 7]
        Account; positions of the first and the last credit in `credits`, of the first and the last debit in `debits`
        (all inclusive); ledger position of the period's first firing; whether a search that ended in this period
        stopped at its budget (1). In order of account and period. Cost: the debits within reach of each credit whose
        window holds enough payers, at most the budget.
    """
    chunks = borders.size - 1
    length = gate.gather + gate.scatter
    counts = np.zeros(chunks + 1, np.int64)
    for chunk in prange(chunks):
        total = 0
        for account in range(borders[chunk], borders[chunk + 1]):
            if _can_turn(account, credits, debits, gate):
                total += _periods(debits[3], debits[0][account], debits[0][account + 1], length)
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.zeros((counts[chunks], 9), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk]
        for account in range(borders[chunk], borders[chunk + 1]):
            if _can_turn(account, credits, debits, gate):
                rows = _periods(debits[3], debits[0][account], debits[0][account + 1], length)
                _turns_of_account(account, credits, debits, gate, found[row : row + rows])
                row += rows
    kept: NDArray[np.int64] = found[found[:, 8] > 0][:, :7]
    return kept
