"""Funnels: cash paid in far from where an account's holder lives, and soon gone somewhere else.

Used by S07. Oracle: ``tests/oracles/funnels.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

DEPOSIT, OUT, SPENT = 1, 2, 4
"""What an event is, added up: cash paid in at a known region; money that may count as gone elsewhere; spending at a
known region, which shows where the holder lives."""

DAY = 86_400_000_000


class FunnelRule(NamedTuple):
    """The gate of a funnel.

    Attributes
    ----------
    window, lookback : int
        Microseconds. Cash in ``(t - window, t]`` is looked at; spending in ``(t - lookback, t]`` shows the home.
    deposits, depositors, regions : int
        At least so many payments in away from home, so many depositors, so many regions.
    value : int
        Least sum of these payments in.
    out_share : int
        Least share of that sum that is gone elsewhere, thousandths.
    hold : int
        Microseconds: at least half of what is gone was held no longer.
    """

    window: int
    lookback: int
    deposits: int
    depositors: int
    regions: int
    value: int
    out_share: int
    hold: int


class Events(NamedTuple):
    """What happened on each account, account by account in ledger order.

    Attributes
    ----------
    indptr : int64[accounts + 1]
    time, amount : int64[m]
        Microseconds UTC, not falling within an account; minor units.
    kind : int8[m]
        :data:`DEPOSIT`, :data:`OUT` and :data:`SPENT`, added up.
    region, depositor : int32[m]
        Codes from 0; -1 where unknown. A depositor is the account that paid the cash in.
    """

    indptr: NDArray[np.int64]
    time: NDArray[np.int64]
    amount: NDArray[np.int64]
    kind: NDArray[np.int8]
    region: NDArray[np.int32]
    depositor: NDArray[np.int32]


@njit(cache=True, nogil=True)
def _busiest(counts: NDArray[np.int64]) -> int:
    """The code that is counted most, of equals the smallest; -1 where none is counted."""
    best = -1
    for code in range(counts.size):
        if counts[code] > 0 and (best < 0 or counts[code] > counts[best]):
            best = code
    return best


@njit(cache=True, nogil=True)
def _depositors(
    events: Events, first: int, last: int, home: int, met: NDArray[np.int64], paid: NDArray[np.int64]
) -> tuple[int, int, int, np.int64]:
    """Deposits away from `home` in ``[first, last]``, their depositors and regions at least, and their sum.

    `met` (two cells a region) and `paid` (a cell a depositor) are scratch: what they hold of other windows is told by
    the window's last event.
    """
    deposits, regions, known, today, most = 0, 0, 0, 0, 0
    total = np.int64(0)
    day = np.int64(-(2**62))
    for p in range(first, last + 1):
        region, who = events.region[p], events.depositor[p]
        if not events.kind[p] & DEPOSIT or region == home:
            continue
        deposits += 1
        total += events.amount[p]
        if events.time[p] // DAY != day:
            day = events.time[p] // DAY
            today = 0
        if met[0, region] != last:
            met[0, region] = last
            met[1, region] = day - 1
            regions += 1
        if met[1, region] != day:
            met[1, region] = day
            today += 1
            most = max(most, today)
        if who >= 0 and paid[who] != last:
            paid[who] = last
            known += 1
    return deposits, max(known, most), regions, total


@njit(cache=True, nogil=True)
def _gone(
    events: Events, first: int, last: int, home: int, rule: FunnelRule, met: NDArray[np.int64]
) -> tuple[np.int64, np.int64]:
    """How much of the deposits in ``[first, last]`` is gone elsewhere, and how much of it within `rule.hold`.

    First in, first out, against the deposits alone; of what goes out at a place, only what goes at no place of theirs.
    """
    left = np.zeros(last - first + 1, np.int64)
    gone = quick = np.int64(0)
    head = first
    for p in range(first, last + 1):
        region = events.region[p]
        if events.kind[p] & DEPOSIT and region != home:
            left[p - first] = events.amount[p]
            continue
        if not events.kind[p] & OUT or (region >= 0 and met[0, region] == last):
            continue
        wanted = events.amount[p]
        while wanted > 0 and head < p:
            taken = min(wanted, left[head - first])
            left[head - first] -= taken
            wanted -= taken
            gone += taken
            if events.time[p] - events.time[head] <= rule.hold:
                quick += taken
            if left[head - first] == 0:
                head += 1
    return gone, quick


@njit(cache=True, nogil=True)
def _funnelled_account(
    events: Events,
    account: int,
    rule: FunnelRule,
    scratch: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    found: tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]],
) -> None:
    """Unit kernel: one account. A window costs its events; the rest is linear."""
    counts, met, paid = scratch
    fires, value, many, home = found
    counts[:] = 0
    begin = events.indptr[account]
    oldest = older = begin
    for p in range(begin, events.indptr[account + 1]):
        while events.time[oldest] <= events.time[p] - rule.window:
            oldest += 1
        while events.time[older] <= events.time[p] - rule.lookback:
            if events.kind[older] & SPENT:
                counts[events.region[older]] -= 1
            older += 1
        if events.kind[p] & SPENT:
            counts[events.region[p]] += 1
        if not events.kind[p] & (DEPOSIT | OUT):
            continue
        home[p] = _busiest(counts)
        deposits, depositors, regions, total = _depositors(events, oldest, p, home[p], met, paid)
        value[p], many[p] = total, deposits
        if deposits < rule.deposits or depositors < rule.depositors or regions < rule.regions or total < rule.value:
            continue
        gone, quick = _gone(events, oldest, p, home[p], rule, met)
        needed = total // 1000 * rule.out_share + (total % 1000 * rule.out_share + 999) // 1000
        fires[p] = gone > 0 and gone >= needed and 2 * quick >= gone


@njit(cache=True, nogil=True, parallel=True)
def funnelled(
    events: Events, regions: int, depositors: int, rule: FunnelRule, borders: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """At which events the gate holds over the window ``(t - window, t]`` that ends there.

    Parameters
    ----------
    events : Events
    regions, depositors : int
        How many codes there are.
    rule : FunnelRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`. A chunk of accounts is one thread's alone.

    Returns
    -------
    (fires bool[m], value int64[m], deposits int64[m], home int32[m])
        The sum and number of the window's deposits away from home, and the region that is taken for home: that of most
        spending, of equals the smallest code, -1 where there was none. Only events that are a deposit or an out are
        looked at. Cost: a window's events an event.
    """
    size = events.time.size
    fires = np.zeros(size, np.bool_)
    value, many = np.zeros(size, np.int64), np.zeros(size, np.int64)
    home = np.full(size, -1, np.int32)
    for chunk in prange(borders.size - 1):
        if events.indptr[borders[chunk]] == events.indptr[borders[chunk + 1]]:
            continue
        scratch = (
            np.zeros(regions, np.int64), np.full((2, regions), np.int64(-1)), np.full(depositors, np.int64(-1))
        )  # fmt: skip
        for account in range(borders[chunk], borders[chunk + 1]):
            _funnelled_account(events, account, rule, scratch, (fires, value, many, home))
    return fires, value, many, home
