"""Money held and released: which debit pays out which credit, and when enough of them go to a few receivers.

Oracle: ``tests/oracles/escrow.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

NONE = 2**62
ACCOUNTS = 2**31


class EscrowRule(NamedTuple):
    """When debits pay out what an account held.

    Attributes
    ----------
    window : int
        Microseconds; also the length of a period, counted from 1 January 1970 UTC.
    soonest, latest : int
        Microseconds from credit to debit, both inclusive.
    share : int
        Thousandths of the credit that the debit is at least; it is at most the credit.
    pairs : int
        Releases in a window, at least.
    receivers : int
        Receivers, at most, to whom these go.
    payers : int
        Payers whose money each of them receives, at least.
    spent : int
        Thousandths of all debits of the window that these releases are at least, by value.
    """

    window: int
    soonest: int
    latest: int
    share: int
    pairs: int
    receivers: int
    payers: int
    spent: int


@njit(cache=True, nogil=True)
def matched(
    credits: tuple[NDArray[np.int64], NDArray[np.int64]],
    debits: tuple[NDArray[np.int64], NDArray[np.int64]],
    rule: EscrowRule,
) -> NDArray[np.int64]:
    """Which credit each debit of one account pays out: the earliest free one that fits.

    Parameters
    ----------
    credits, debits : (time int64[n], amount int64[n])
        In ledger order. An amount of zero fits nothing.
    rule : EscrowRule

    Returns
    -------
    int64[debits]
        Places of credits, -1 for none; nothing taken before. As every debit wants the earliest credit and every credit
        the earliest debit, it is the same to go through the credits. Cost: ``n log n``.
    """
    time, amount = credits
    moment, paid = debits
    partner = np.full(moment.size, -1, np.int64)
    size = 1
    while size < time.size:
        size *= 2
    order = np.argsort(amount, kind="mergesort")
    rank = np.empty(time.size, np.int64)
    rank[order] = np.arange(time.size)
    rising = amount[order]
    # A tree over the credits by amount; each node holds the earliest free credit below it.
    tree = np.full(2 * size, NONE, np.int64)
    next_ = 0
    oldest = 0
    for p in range(moment.size):
        while next_ < time.size and time[next_] <= moment[p] - rule.soonest:
            at = rank[next_] + size
            while at > 0:
                tree[at] = min(tree[at], next_)
                at //= 2
            next_ += 1
        while oldest < next_ and time[oldest] < moment[p] - rule.latest:
            _take(tree, rank[oldest] + size)
            oldest += 1
        if paid[p] <= 0:
            continue
        low = np.searchsorted(rising, paid[p])
        high = _covered(rising, low, paid[p], rule.share)
        found = _earliest(tree, low + size, high + size)
        if found < NONE:
            partner[p] = found
            _take(tree, rank[found] + size)
    return partner


@njit(cache=True, nogil=True)
def _take(tree: NDArray[np.int64], at: int) -> None:
    """Remove a leaf."""
    tree[at] = NONE
    at //= 2
    while at > 0:
        tree[at] = min(tree[2 * at], tree[2 * at + 1])
        at //= 2


@njit(cache=True, nogil=True)
def _earliest(tree: NDArray[np.int64], low: int, high: int) -> int:
    """The lowest of the leaves from `low` to before `high`."""
    found = NONE
    while low < high:
        if low % 2:
            found = min(found, tree[low])
            low += 1
        if high % 2:
            high -= 1
            found = min(found, tree[high])
        low //= 2
        high //= 2
    return found


@njit(cache=True, nogil=True)
def _covered(rising: NDArray[np.int64], low: int, paid: int, share: int) -> int:
    """The first place from `low` on of an amount of which `paid` is less than `share` thousandths."""
    high = rising.size
    while low < high:
        middle = (low + high) // 2
        c = rising[middle]
        if paid >= c // 1000 * share + (c % 1000 * share + 999) // 1000:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def numbered(code: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Each code as a number from 0, by value; and how many there are. Cost: a sort."""
    order = np.argsort(code, kind="mergesort")
    number = np.empty(code.size, np.int64)
    seen = 0
    for i in range(code.size):
        seen += i == 0 or code[order[i]] != code[order[i - 1]]
        number[order[i]] = seen - 1
    return number, seen


@njit(cache=True, nogil=True)
def best_receivers(
    releases: NDArray[np.int64], payers: NDArray[np.int64], first: NDArray[np.int64], rule: EscrowRule
) -> NDArray[np.int64]:
    """The receivers that count in a window.

    Parameters
    ----------
    releases, payers, first : int64[receivers]
        How many releases each got, of how many payers' money, and the place of the first.
    rule : EscrowRule

    Returns
    -------
    int64[k]
        The (at most ``rule.receivers``) receivers with most releases among those who got the money of at least
        ``rule.payers`` payers; of equals the one paid first. Cost: linear for each.
    """
    found = np.empty(rule.receivers, np.int64)
    number = 0
    while number < rule.receivers:
        best = -1
        for r in range(releases.size):
            if payers[r] < rule.payers:
                continue
            taken = False
            for k in range(number):
                taken = taken or found[k] == r
            if taken:
                continue
            if best < 0 or releases[r] > releases[best] or (releases[r] == releases[best] and first[r] < first[best]):
                best = r
        if best < 0:
            break
        found[number] = best
        number += 1
    return found[:number]


@njit(cache=True, nogil=True)
def _reaches(part: int, whole: int, share: int) -> bool:
    return part >= whole // 1000 * share + (whole % 1000 * share + 999) // 1000


@njit(cache=True, nogil=True)
def _strongest(
    credits: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]],
    debits: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]],
    start: int,
    rule: EscrowRule,
) -> tuple[int, int]:
    """Unit kernel: in one account's period from `start`, the strongest firing and the first; -1 where there is none."""
    moment, sums, receiver = debits
    partner = matched((credits[0], credits[1]), (moment, sums), rule)
    pairs = np.flatnonzero(partner >= 0)
    best, opening, most, worth = -1, -1, 0, np.int64(0)
    if pairs.size < rule.pairs:
        return best, opening
    to, receivers = numbered(receiver[pairs].astype(np.int64))
    both, couples = numbered(to * ACCOUNTS + credits[2][partner[pairs]])
    following = np.full(pairs.size, -1, np.int64)
    last = np.full(receivers, -1, np.int64)
    for i in range(pairs.size):
        if last[to[i]] >= 0:
            following[last[to[i]]] = i
        last[to[i]] = i
    releases = np.zeros(receivers, np.int64)
    payers = np.zeros(receivers, np.int64)
    values = np.zeros(receivers, np.int64)
    first = np.full(receivers, -1, np.int64)
    together = np.zeros(couples, np.int64)
    released, spent = np.int64(0), np.int64(0)
    oldest, opened, closed = 0, 0, 0
    for i in range(pairs.size):
        p = pairs[i]
        while moment[pairs[oldest]] <= moment[p] - rule.window:
            r = to[oldest]
            releases[r] -= 1
            values[r] -= sums[pairs[oldest]]
            released -= sums[pairs[oldest]]
            together[both[oldest]] -= 1
            payers[r] -= together[both[oldest]] == 0
            first[r] = following[oldest]
            oldest += 1
        while closed <= p:
            spent += sums[closed]
            closed += 1
        while moment[opened] <= moment[p] - rule.window:
            spent -= sums[opened]
            opened += 1
        r = to[i]
        if releases[r] == 0:
            first[r] = i
        releases[r] += 1
        values[r] += sums[p]
        released += sums[p]
        payers[r] += together[both[i]] == 0
        together[both[i]] += 1
        # What goes to all receivers bounds what goes to those that count: the search for these is the dear part.
        if moment[p] < start or i + 1 - oldest < rule.pairs or not _reaches(released, spent, rule.spent):
            continue
        chosen = best_receivers(releases, payers, first, rule)
        number = releases[chosen].sum()
        value = values[chosen].sum()
        if not (chosen == r).any() or number < rule.pairs or not _reaches(value, spent, rule.spent):
            continue
        if opening < 0:
            opening = p
        if number > most or (number == most and value > worth):
            best, most, worth = p, number, value
    return best, opening


@njit(cache=True, nogil=True, parallel=True)
def escrows(
    credits: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]],
    debits: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]],
    spells: NDArray[np.int64],
    rule: EscrowRule,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The strongest hold-and-release of every account and period.

    Matching begins anew for each period, with the debits of one window before it.

    Parameters
    ----------
    credits, debits : (indptr int64[accounts + 1], time int64[n], amount int64[n], peer int32[n])
        By account in ledger order.
    spells : int64[k, 3]
        Account, and the part of `debits` that is one period of it, the end excluded.
    rule : EscrowRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`, of the spells. A chunk of spells is one thread's alone.

    Returns
    -------
    int64[k, 2]
        Places in `debits` of each spell's strongest firing and of its first one, -1 where there is none. A release
        fires when its own receiver counts; the strongest has most releases, then most value, then is the earliest.
        Cost: ``n log n`` in an account's transfers of three windows, and for each release a look at the receivers of
        its window.
    """
    indptr, time, amount, payer = credits
    places, moment, sums, receiver = debits
    found = np.full((len(spells), 2), -1, np.int64)
    for chunk in prange(borders.size - 1):
        for k in range(borders[chunk], borders[chunk + 1]):
            a, begin, end = spells[k]
            if indptr[a + 1] - indptr[a] < rule.pairs or places[a + 1] - places[a] < rule.pairs:
                continue
            start = moment[begin] // rule.window * rule.window
            lead = places[a] + np.searchsorted(moment[places[a] : begin], start - rule.window, side="right")
            own = time[indptr[a] : indptr[a + 1]]
            low = indptr[a] + np.searchsorted(own, start - rule.window - rule.latest, side="right")
            high = indptr[a] + np.searchsorted(own, start + rule.window)
            if end - lead < rule.pairs or high - low < rule.pairs:
                continue
            best, opening = _strongest(
                (time[low:high], amount[low:high], payer[low:high]),
                (moment[lead:end], sums[lead:end], receiver[lead:end]),
                start,
                rule,
            )
            if best >= 0:
                found[k] = (lead + best, lead + opening)
    return found
