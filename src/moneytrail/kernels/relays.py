"""Relays: money that hops from account to account, each passing on nearly all of what it got. Layered chains.

Takes adjacencies that hold transfers between two different accounts only.
Oracle: ``tests/oracles/relays.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency

PARTS = 64


class RelayRule(NamedTuple):
    """When a debit passes on a credit.

    Attributes
    ----------
    hop : int
        Microseconds, inclusive: how long after the credit the debit may come.
    low, high : int
        Thousandths of the credit that the debit must be, both ends inclusive.
    kept : int
        Thousandths of the credits of those days that may still be there when the debit is made.
    ahead : int
        Only so many debits after the credit are looked at.
    fewest, most : int
        Transfers of a chain.
    budget : int
        Links that are looked at for each transfer that may end a chain.
    day : int
        Microseconds.
    """

    hop: int
    low: int
    high: int
    kept: int
    ahead: int
    fewest: int
    most: int
    budget: int
    day: int


class Side(NamedTuple):
    """Everything that accounts paid, or were paid, whatever the channel: for what they kept of a day's money.

    Attributes
    ----------
    indptr : int64[accounts + 1]
    edge : int32[m]
        Ledger positions, rising in each account.
    time : int64[m]
    before : int64[m + 1]
        Sum of all amounts before each position.
    """

    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    time: NDArray[np.int64]
    before: NDArray[np.int64]


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
def moved(account: int, since: int, until: int, side: Side) -> int:
    """The sum of what `account` moved on one side from the time `since` up to the ledger position `until`."""
    start = side.indptr[account]
    stop = _below(side.edge, start, side.indptr[account + 1], until + 1)
    low, high = start, stop
    while low < high:
        middle = (low + high) // 2
        if side.time[middle] < since:
            low = middle + 1
        else:
            high = middle
    return int(side.before[stop] - side.before[low])


@njit(cache=True, nogil=True)
def _is_kept(account: int, since: int, until: int, paid: Side, got: Side, share: int) -> bool:
    """Whether at most `share` thousandths of what came in since then have not left again."""
    came = moved(account, since, until, got)
    return bool(_reaches(moved(account, since, until, paid), came, 1000 - share))


@njit(cache=True, nogil=True)
def _links_of_account(
    account: int,
    sides: tuple[Adjacency, Adjacency, Side, Side],
    rule: RelayRule,
    counts: NDArray[np.int64],
    found: NDArray[np.int32],
) -> None:
    """Which debits pass on which credits. Counts into ``counts[debit + 1]``; with `found`, fills and moves `counts`."""
    outgoing, incoming, paid, got = sides
    stop = outgoing.indptr[account + 1]
    first = outgoing.indptr[account]
    for p in range(incoming.indptr[account], incoming.indptr[account + 1]):
        while first < stop and outgoing.edge[first] < incoming.edge[p]:
            first += 1
        for q in range(first, min(stop, first + rule.ahead)):
            if outgoing.time[q] > incoming.time[p] + rule.hop:
                break
            if outgoing.peer[q] == incoming.peer[p]:
                continue
            amount, before = outgoing.amount[q], incoming.amount[p]
            if not (_reaches(amount, before, rule.low) and _at_most(amount, before, rule.high)):
                continue
            since = incoming.time[p] // rule.day * rule.day
            if not _is_kept(account, since, outgoing.edge[q], paid, got, rule.kept):
                continue
            if found.size:
                found[counts[q]] = incoming.edge[p]
                counts[q] += 1
            else:
                counts[q + 1] += 1


@njit(cache=True, nogil=True, parallel=True)
def relay_links(
    outgoing: Adjacency,
    incoming: Adjacency,
    paid: Side,
    got: Side,
    rule: RelayRule,
    borders: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """For each debit the credits that it may pass on.

    A debit passes on a credit of its account when it is later in the ledger, at most ``hop`` later, among the next
    ``ahead`` debits, not back to the credit's debtor, its amount is the right share of the credit, and at most
    ``kept`` thousandths of all that the account was paid from the beginning of the credit's day (UTC) up to the debit
    are not covered by what it paid in that time.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Of transfers between two different accounts.
    paid, got : Side
        All that accounts paid, and all that they were paid.
    rule : RelayRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`; a chunk is one thread's alone.

    Returns
    -------
    (start int64[m + 1], credit int32[links])
        For each position of `outgoing` where its credits begin; their ledger positions, rising. Cost: at most
        ``ahead`` for each credit, twice.
    """
    chunks = borders.size - 1
    size = outgoing.edge.size
    start = np.zeros(size + 1, np.int64)
    nothing = np.empty(0, np.int32)
    for chunk in prange(chunks):
        for account in range(borders[chunk], borders[chunk + 1]):
            if incoming.indptr[account + 1] > incoming.indptr[account]:
                _links_of_account(account, (outgoing, incoming, paid, got), rule, start, nothing)
    for q in range(size):
        start[q + 1] += start[q]
    credit = np.empty(start[size], np.int32)
    place = start[:-1].copy()
    if credit.size:
        for chunk in prange(chunks):
            for account in range(borders[chunk], borders[chunk + 1]):
                if incoming.indptr[account + 1] > incoming.indptr[account]:
                    _links_of_account(account, (outgoing, incoming, paid, got), rule, place, credit)
    return start, credit


@njit(cache=True, nogil=True)
def _lengths(
    outgoing: Adjacency, place: NDArray[np.int32], links: tuple[NDArray[np.int64], NDArray[np.int32]], most: int
) -> NDArray[np.int8]:
    """For each transfer the most that a chain that ends with it can have, accounts met twice included."""
    start, credit = links
    length = np.zeros(place.size, np.int8)
    for e in range(place.size):
        q = place[e]
        if q < 0:
            continue
        longest = 0
        for k in range(start[q], start[q + 1]):
            longest = max(longest, length[credit[k]])
        length[e] = min(most, longest + 1)
    return length


@njit(cache=True, nogil=True)
def _longest(
    end: int,
    world: tuple[
        Adjacency,
        NDArray[np.int32],
        NDArray[np.int32],
        tuple[NDArray[np.int64], NDArray[np.int32]],
        NDArray[np.int8],
        RelayRule,
    ],
    stack: NDArray[np.int64],
    row: NDArray[np.int64],
) -> None:
    """Unit kernel: the longest chain that ends with a transfer, searched backwards, latest credits first.

    `row` becomes transfers, whether the budget was reached, ledger positions from the last transfer back.
    `stack` has a column a level: ledger position, next link to try.
    """
    outgoing, debtor, place, (start, credit), length, rule = world
    row[0] = 0
    row[1] = 0
    depth = 0
    stack[0, 0] = end
    stack[1, 0] = start[place[end] + 1] - 1
    steps = 0
    aim = length[end]
    while depth >= 0:
        if depth + 1 > row[0]:
            row[0] = depth + 1
            for k in range(depth + 1):
                row[2 + k] = stack[0, k]
        if row[0] == aim:
            return
        k = stack[1, depth]
        stack[1, depth] -= 1
        if depth + 1 >= rule.most or k < start[place[stack[0, depth]]]:
            depth -= 1
            continue
        steps += 1
        if steps > rule.budget:
            row[1] = 1
            return
        e = credit[k]
        if depth + 1 + length[e] <= row[0]:
            continue
        payer = debtor[e]
        seen = payer == outgoing.peer[place[end]]
        for level in range(depth + 1):
            seen = seen or debtor[stack[0, level]] == payer
        if not seen:
            depth += 1
            stack[0, depth] = e
            stack[1, depth] = start[place[e] + 1] - 1


@njit(cache=True, nogil=True, parallel=True)
def _search(
    ends: NDArray[np.int64],
    outgoing: Adjacency,
    ledger: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int8]],
    links: tuple[NDArray[np.int64], NDArray[np.int32]],
    rule: RelayRule,
) -> NDArray[np.int64]:
    debtor, place, length = ledger
    start, credit = links
    found = np.empty((ends.size, 2 + rule.most), np.int64)
    for chunk in prange(PARTS):
        stack = np.empty((2, rule.most), np.int64)
        for k in range(ends.size * chunk // PARTS, ends.size * (chunk + 1) // PARTS):
            _longest(ends[k], (outgoing, debtor, place, (start, credit), length, rule), stack, found[k])
    return found


@njit(cache=True, nogil=True)
def relays(
    outgoing: Adjacency,
    debtor: NDArray[np.int32],
    links: tuple[NDArray[np.int64], NDArray[np.int32]],
    rule: RelayRule,
) -> NDArray[np.int64]:
    """For each transfer that ends a chain of enough transfers the longest one, no account met twice.

    Of chains that are as long the one whose transfer before the last is the latest, then the one before that, and so
    on. A search that needs more than the budget keeps the longest so far.

    Parameters
    ----------
    outgoing : Adjacency
    debtor : int32[n]
        In ledger order.
    links : (int64[m + 1], int32[links])
        From :func:`relay_links`.
    rule : RelayRule

    Returns
    -------
    int64[found, 2 + rule.most]
        Transfers; whether the search stopped at its budget (1); ledger positions from the last transfer back. In
        ledger order of the last transfer. Cost: linear where accounts are not met twice.
    """
    place = np.full(debtor.size, -1, np.int32)
    for q in range(outgoing.edge.size):
        place[outgoing.edge[q]] = q
    length = _lengths(outgoing, place, links, rule.most)
    ends = np.flatnonzero(length >= rule.fewest)
    found = _search(ends, outgoing, (debtor, place, length), links, rule)
    kept: NDArray[np.int64] = found[found[:, 0] >= rule.fewest]
    return kept
