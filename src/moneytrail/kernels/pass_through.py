"""Pass-through: money that comes in and leaves again within minutes or hours. First in, first out.

Used by L03. Oracle: ``tests/oracles/pass_through.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency


DAY = 86_400_000_000


class PassThroughRule(NamedTuple):
    """The gate of a pass-through. Shares are in thousandths.

    Attributes
    ----------
    window : int
        Microseconds. Transfers in ``(t - window, t]`` are looked at; also the length of a period.
    credit : int
        A credit counts when it is at least this and is a stranger's, minor units.
    quick, slow : int
        Microseconds. Value that left at most so long after it came.
    quick_share, slow_share : int
        The gate holds when the quick share *or* the slow share reaches its mark.
    retained_share : int
        At most this share of all credits in the window is still there.
    days : int
        On at least so many calendar days (UTC) came a counted credit that was itself passed on by either mark.
    excess_share : int
        The window's debits pass its credits by at most this share of the credits.
    """

    window: int
    credit: int
    quick: int
    slow: int
    quick_share: int
    slow_share: int
    retained_share: int
    days: int
    excess_share: int = 1000


@njit(cache=True, nogil=True)
def _reaches(part: int, whole: int, share: int) -> bool:
    """Whether ``part / whole >= share / 1000``, exactly and without overflow (share from 0 to 1000)."""
    rest = whole % 1000
    return part >= (whole // 1000) * share + (rest * share + 999) // 1000


@njit(cache=True, nogil=True)
def _events(
    account: int, outgoing: Adjacency, incoming: Adjacency, stranger: NDArray[np.bool_], floor: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
    """One account's transfers in ledger order: edge, time, amount, kind (0 debit, 1 credit, 2 counted credit).

    Transfers to oneself are left out.
    """
    o, o_end = outgoing.indptr[account], outgoing.indptr[account + 1]
    i, i_end = incoming.indptr[account], incoming.indptr[account + 1]
    size = o_end - o + i_end - i
    edge = np.empty(size, np.int64)
    time = np.empty(size, np.int64)
    amount = np.empty(size, np.int64)
    kind = np.empty(size, np.int8)
    k = 0
    while o < o_end or i < i_end:
        if i == i_end or (o < o_end and outgoing.edge[o] < incoming.edge[i]):
            if outgoing.peer[o] != account:
                edge[k], time[k], amount[k], kind[k] = (
                    outgoing.edge[o],
                    outgoing.time[o],
                    outgoing.amount[o],
                    0,
                )
                k += 1
            o += 1
        else:
            if incoming.peer[i] != account:
                edge[k], time[k], amount[k] = incoming.edge[i], incoming.time[i], incoming.amount[i]
                counted = incoming.amount[i] >= floor and stranger[incoming.edge[i]]
                kind[k] = 2 if counted else 1
                k += 1
            i += 1
    return edge[:k], time[:k], amount[:k], kind[:k]


@njit(cache=True, nogil=True)
def _best_in_period(
    events: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]],
    scope: tuple[int, int, int],
    rule: PassThroughRule,
    found: NDArray[np.int64],
) -> bool:
    """Unit kernel: one period of one account, with an empty queue one window before it. Linear in its transfers.

    `scope` is the first event, the first event of the period and the event after the last. Writes first event of
    the window, last event, event of the first firing, into `found[0:3]` and value passed within `slow` into
    `found[3]`; returns whether the gate ever held.
    """
    edge, time, amount, kind = events
    first, opening, stop = scope
    size = stop - first
    waiting = np.zeros(size, np.int64)
    quick = np.zeros(size, np.int64)
    slow = np.zeros(size, np.int64)
    passed = np.zeros(size, np.bool_)
    base_day = time[first] // DAY
    per_day = np.zeros(time[stop - 1] // DAY - base_day + 1, np.int64)
    head = first
    oldest = first
    counted = np.int64(0)
    quick_sum = np.int64(0)
    slow_sum = np.int64(0)
    credits = np.int64(0)
    debits = np.int64(0)
    days = 0
    fired = False
    best = np.int64(-1)
    for p in range(first, stop):
        t = time[p]
        while time[oldest] <= t - rule.window:
            if kind[oldest] == 0:
                debits -= amount[oldest]
            else:
                credits -= amount[oldest]
                if kind[oldest] == 2:
                    q = oldest - first
                    counted -= amount[oldest]
                    quick_sum -= quick[q]
                    slow_sum -= slow[q]
                    if passed[q]:
                        day = time[oldest] // DAY - base_day
                        per_day[day] -= 1
                        days -= per_day[day] == 0
            oldest += 1
        if kind[p] > 0:
            waiting[p - first] = amount[p]
            credits += amount[p]
            if kind[p] == 2:
                counted += amount[p]
        else:
            debits += amount[p]
            left = amount[p]
            while left > 0 and head < p:
                q = head - first
                if waiting[q] == 0:
                    head += 1
                    continue
                taken = min(left, waiting[q])
                waiting[q] -= taken
                left -= taken
                age = t - time[head]
                if kind[head] == 2 and head >= oldest:
                    if age <= rule.slow:
                        slow[q] += taken
                        slow_sum += taken
                    if age <= rule.quick:
                        quick[q] += taken
                        quick_sum += taken
                    if not passed[q] and (
                        _reaches(quick[q], amount[head], rule.quick_share)
                        or _reaches(slow[q], amount[head], rule.slow_share)
                    ):
                        passed[q] = True
                        day = time[head] // DAY - base_day
                        days += per_day[day] == 0
                        per_day[day] += 1
        if p < opening or kind[p] == 1 or counted == 0 or days < rule.days:
            continue
        if not _reaches(debits, credits, 1000 - rule.retained_share):
            continue
        if debits - credits > (credits // 1000) * rule.excess_share + credits % 1000 * rule.excess_share // 1000:
            continue
        if _reaches(quick_sum, counted, rule.quick_share) or _reaches(slow_sum, counted, rule.slow_share):
            if not fired:
                found[2] = edge[p]
                fired = True
            if slow_sum > best:
                best = slow_sum
                found[0] = edge[oldest]
                found[1] = edge[p]
                found[3] = slow_sum
    return fired


@njit(cache=True, nogil=True)
def _pass_through_of_account(
    account: int,
    outgoing: Adjacency,
    incoming: Adjacency,
    stranger: NDArray[np.bool_],
    rule: PassThroughRule,
    found: NDArray[np.int64],
) -> int:
    """Unit kernel: every period of one account. Returns the rows written, or to be written when `found` is empty."""
    if outgoing.indptr[account] == outgoing.indptr[account + 1]:
        return 0
    promising = 0
    for i in range(incoming.indptr[account], incoming.indptr[account + 1]):
        if incoming.amount[i] >= rule.credit and stranger[incoming.edge[i]]:
            promising += 1
    if promising < rule.days:
        return 0
    events = _events(account, outgoing, incoming, stranger, rule.credit)
    time = events[1]
    rows = 0
    row = np.empty(4, np.int64)
    first = 0
    opening = 0
    while opening < time.size:
        period = time[opening] // rule.window
        stop = opening
        while stop < time.size and time[stop] // rule.window == period:
            stop += 1
        while time[first] < (period - 1) * rule.window:
            first += 1
        if _best_in_period(events, (first, opening, stop), rule, row):
            if found.shape[0]:
                found[rows, :4] = row
                found[rows, 4] = account
            rows += 1
        opening = stop
    return rows


@njit(cache=True, nogil=True, parallel=True)
def pass_throughs(
    outgoing: Adjacency,
    incoming: Adjacency,
    stranger: NDArray[np.bool_],
    rule: PassThroughRule,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The strongest window of every account and period in which money passed straight through.

    Credits and debits of an account are matched first in, first out, starting with an empty queue one window before
    the period; what was in the account before is unknown, and a debit that finds the queue empty is paid from that.
    The gate is evaluated at each debit and counted credit of the account, on what had happened
    by then. Of the firings in one period
    the one with most value passed on within `slow` is kept, then the earliest.

    Parameters
    ----------
    outgoing, incoming : Adjacency
    stranger : bool[n]
        In ledger order.
    rule : PassThroughRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`.

    Returns
    -------
    int64[found, 5]
        Ledger positions of the window's first and last transfer and of the period's first firing, value passed on,
        account. In order of account and period. Cost: twice linear for accounts with enough counted credits, as much
        again for those that fire, one look for the rest.
    """
    chunks = borders.size - 1
    counts = np.zeros(chunks + 1, np.int64)
    rows = np.zeros(outgoing.indptr.size - 1, np.int32)
    for chunk in prange(chunks):
        nothing = np.empty((0, 5), np.int64)
        total = 0
        for account in range(borders[chunk], borders[chunk + 1]):
            rows[account] = _pass_through_of_account(account, outgoing, incoming, stranger, rule, nothing)
            total += rows[account]
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.empty((counts[chunks], 5), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk]
        if counts[chunk + 1] > row:
            for account in range(borders[chunk], borders[chunk + 1]):
                if rows[account]:
                    row += _pass_through_of_account(
                        account, outgoing, incoming, stranger, rule, found[row : counts[chunk + 1]]
                    )
    return found


@njit(cache=True, nogil=True)
def left_within(
    time: NDArray[np.int64], amount: NDArray[np.int64], credit: NDArray[np.bool_], reach: int
) -> NDArray[np.int64]:
    """How much of each credit left within `reach` of its arrival, first in, first out, from an empty queue.

    Parameters
    ----------
    time, amount : int64[n]
        One account's transfers in ledger order.
    credit : bool[n]
        ``True`` for money in.
    reach : int
        Microseconds, inclusive.

    Returns
    -------
    int64[n]
        Minor units; 0 for debits.
    """
    out = np.zeros(time.size, np.int64)
    waiting = np.where(credit, amount, 0)
    head = 0
    for p in range(time.size):
        if credit[p]:
            continue
        left = amount[p]
        while left > 0 and head < p:
            if waiting[head] == 0:
                head += 1
                continue
            taken = min(left, waiting[head])
            waiting[head] -= taken
            left -= taken
            if time[p] - time[head] <= reach:
                out[head] += taken
    return out
