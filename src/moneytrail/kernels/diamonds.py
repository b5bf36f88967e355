"""Diamonds: one source, several intermediaries, one sink. Scatter-gather.

Takes adjacencies that hold transfers between two different accounts only.
Oracle: ``tests/oracles/diamonds.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency


NEVER = 2**62
"""Later than any ledger position."""


class DiamondRule(NamedTuple):
    """When money is scattered and gathered again.

    Attributes
    ----------
    window : int
        Microseconds. All transfers lie in ``(t - window, t]``; also the length of a period.
    intermediaries : int
        At least so many distinct ones, each of which was paid before it paid.
    budget : int
        How many transfers are looked at for each transfer of the source.
    """

    window: int
    intermediaries: int
    budget: int


@njit(cache=True, nogil=True)
def by_payee(outgoing: Adjacency, incoming: Adjacency) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Each account's debits sorted by payee, then ledger: payee and ledger position, at ``outgoing.indptr``. Linear."""
    accounts = outgoing.indptr.size - 1
    place = outgoing.indptr[:-1].copy()
    payee = np.empty(outgoing.edge.size, np.int32)
    edge = np.empty(outgoing.edge.size, np.int32)
    for account in range(accounts):
        for p in range(incoming.indptr[account], incoming.indptr[account + 1]):
            k = place[incoming.peer[p]]
            place[incoming.peer[p]] = k + 1
            payee[k] = account
            edge[k] = incoming.edge[p]
    return payee, edge


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
def _before(values: NDArray[np.int64], start: int, stop: int, bound: int) -> int:
    """The first place in the rising ``values[start:stop]`` that is not below `bound`, `stop` if none."""
    while start < stop:
        middle = (start + stop) // 2
        if values[middle] < bound:
            start = middle + 1
        else:
            stop = middle
    return start


@njit(cache=True, nogil=True)
def _periods(source: int, outgoing: Adjacency, rule: DiamondRule) -> NDArray[np.int64]:
    """The periods in which a diamond of `source` may close: each of its debits' and the next one, rising."""
    start, stop = outgoing.indptr[source], outgoing.indptr[source + 1]
    if stop - start < rule.intermediaries:
        return np.empty(0, np.int64)
    made = np.empty(2 * (stop - start), np.int64)
    count = 0
    for p in range(start, stop):
        now = outgoing.time[p] // rule.window
        for period in range(now, now + 2):
            if count == 0 or period > made[count - 1]:
                made[count] = period
                count += 1
    return made[:count]


@njit(cache=True, nogil=True)
def _kept(found: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows in which something was found or a search stopped."""
    kept: NDArray[np.int64] = found[(found[:, 1] > 0) | (found[:, 2] > 0)]
    return kept


@njit(cache=True, nogil=True)
def _intermediaries(source: int, outgoing: Adjacency) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Whom `source` paid, those who pay least often first, of equals the first paid; and its debits grouped so.

    Returns where each one's debits begin in the third array (one more at the end), its payments in the same order,
    and the positions in `outgoing`.
    """
    start, stop = outgoing.indptr[source], outgoing.indptr[source + 1]
    peers = outgoing.peer[start:stop]
    grouped = np.argsort(peers.astype(np.int64) * (stop - start) + np.arange(stop - start))
    begins = np.empty(stop - start + 1, np.int64)
    count = 0
    for k in range(stop - start):
        if k == 0 or peers[grouped[k]] != peers[grouped[k - 1]]:
            begins[count] = k
            count += 1
    begins[count] = stop - start
    degree = np.empty(count, np.int64)
    rank = np.empty(count, np.int64)
    for m in range(count):
        peer = peers[grouped[begins[m]]]
        degree[m] = outgoing.indptr[peer + 1] - outgoing.indptr[peer]
        rank[m] = degree[m] * (stop - start) + grouped[begins[m]]
    ordered = np.argsort(rank)
    bounds = np.zeros(count + 1, np.int64)
    place = np.empty(stop - start, np.int64)
    k = 0
    for m in range(count):
        for j in range(begins[ordered[m]], begins[ordered[m] + 1]):
            place[k] = start + grouped[j]
            k += 1
        bounds[m + 1] = k
    return bounds, degree[ordered], place


@njit(cache=True, nogil=True)
def _room(events: NDArray[np.int64], used: int, more: int) -> NDArray[np.int64]:
    """`events` with room for `more` columns after the first `used`."""
    if used + more <= events.shape[1]:
        return events
    larger = np.empty((4, 2 * (used + more)), np.int64)
    larger[:, :used] = events[:, :used]
    return larger


@njit(cache=True, nogil=True)
def _run(payments: NDArray[np.int64], k: int, outgoing: Adjacency, rule: DiamondRule) -> tuple[int, int]:
    """The intermediary's debits that go with the `k`-th payment to it: after it, before the next one, in the window."""
    here = outgoing.peer[payments[k]]
    stop = outgoing.indptr[here + 1]
    low = _below(outgoing.edge, outgoing.indptr[here], stop, outgoing.edge[payments[k]])
    high = _before(outgoing.time, low, stop, outgoing.time[payments[k]] + rule.window)
    if k + 1 < payments.size:
        high = min(high, _below(outgoing.edge, low, stop, outgoing.edge[payments[k + 1]]))
    return low, high


@njit(cache=True, nogil=True)
def _meet(
    payments: NDArray[np.int64],
    number: int,
    outgoing: Adjacency,
    rule: DiamondRule,
    met: tuple[NDArray[np.int32], NDArray[np.int32]],
    budget: int,
) -> int:
    """Count one intermediary at every account that it paid soon after it was paid; what that cost.

    `met` holds for each account how many intermediaries paid it, and the last one that did (counted from 1). A cost
    above `budget` means that nothing was counted.
    """
    times, last = met
    cost = 0
    for k in range(payments.size):
        low, high = _run(payments, k, outgoing, rule)
        cost += 1 + high - low
    if cost > budget:
        return cost
    for k in range(payments.size):
        low, high = _run(payments, k, outgoing, rule)
        for q in range(low, high):
            sink = outgoing.peer[q]
            if last[sink] != number + 1:
                last[sink] = number + 1
                times[sink] += 1
    return cost


@njit(cache=True, nogil=True)
def _list(
    world: tuple[Adjacency, tuple[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int64], DiamondRule],
    payments: NDArray[np.int64],
    number: int,
    met: NDArray[np.int32],
    fewest: int,
    known: tuple[NDArray[np.int64], int],
) -> tuple[NDArray[np.int64], int]:
    """One intermediary's payments to accounts met by at least `fewest`, as events.

    An event is sink, ledger position, time of the last payment to the intermediary before, and its number.
    """
    outgoing, _, _, rule = world
    events, used = known
    for k in range(payments.size):
        low, high = _run(payments, k, outgoing, rule)
        for q in range(low, high):
            if met[outgoing.peer[q]] >= fewest:
                events = _room(events, used, 1)
                events[0, used] = outgoing.peer[q]
                events[1, used] = outgoing.edge[q]
                events[2, used] = outgoing.time[payments[k]]
                events[3, used] = number
                used += 1
    return events, used


@njit(cache=True, nogil=True)
def _forget(
    place: NDArray[np.int64],
    bounds: NDArray[np.int64],
    listed: int,
    outgoing: Adjacency,
    rule: DiamondRule,
    met: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> None:
    """Empty `met` again, of what the first `listed` intermediaries wrote into it."""
    for m in range(listed):
        payments = place[bounds[m] : bounds[m + 1]]
        for k in range(payments.size):
            low, high = _run(payments, k, outgoing, rule)
            for q in range(low, high):
                met[0][outgoing.peer[q]] = 0
                met[1][outgoing.peer[q]] = 0


@njit(cache=True, nogil=True)
def _probe(
    world: tuple[Adjacency, tuple[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int64], DiamondRule],
    sink: int,
    payments: NDArray[np.int64],
    number: int,
    known: tuple[NDArray[np.int64], int],
) -> tuple[NDArray[np.int64], int]:
    """The same events for one intermediary and one sink, by looking the pair up."""
    outgoing, (payee, edge), time, rule = world
    events, used = known
    here = outgoing.peer[payments[0]]
    stop = outgoing.indptr[here + 1]
    for k in range(_below(payee, outgoing.indptr[here], stop, sink), stop):
        if payee[k] != sink:
            break
        last = 0
        after = payments.size
        while last < after:
            middle = (last + after) // 2
            if outgoing.edge[payments[middle]] < edge[k]:
                last = middle + 1
            else:
                after = middle
        if last and time[edge[k]] < outgoing.time[payments[last - 1]] + rule.window:
            events = _room(events, used, 1)
            events[0, used] = sink
            events[1, used] = edge[k]
            events[2, used] = outgoing.time[payments[last - 1]]
            events[3, used] = number
            used += 1
    return events, used


@njit(cache=True, nogil=True)
def _sweep(
    events: NDArray[np.int64],
    time: NDArray[np.int64],
    rule: DiamondRule,
    periods: NDArray[np.int64],
    live: NDArray[np.int64],
    found: NDArray[np.int64],
) -> None:
    """Unit kernel: one sink's events in ledger order; at each one, how many intermediaries lie in the window.

    `live` holds the time of the scatter by which each intermediary counts, or ``-1`` beside it; it comes and goes
    empty. Rows of `found` are those of `periods`. Linear after a sort.
    """
    size = events.shape[1]
    by_scatter = np.argsort(events[2])
    gone = 0
    count = 0
    for k in range(size):
        m = events[3, k]
        t = time[events[1, k]]
        while gone < size and events[2, by_scatter[gone]] <= t - rule.window:
            old = events[3, by_scatter[gone]]
            if live[0, old] and live[1, old] == events[2, by_scatter[gone]]:
                live[0, old] = 0
                count -= 1
            gone += 1
        count += live[0, m] == 0
        live[0, m] = 1
        live[1, m] = events[2, k]
        if count < rule.intermediaries:
            continue
        row = _before(periods, 0, periods.size, t // rule.window)
        if count > found[row, 1] or (count == found[row, 1] and events[1, k] < found[row, 4]):
            found[row, 1] = count
            found[row, 3] = events[0, k]
            found[row, 4] = events[1, k]
    for k in range(size):
        live[0, events[3, k]] = 0


@njit(cache=True, nogil=True)
def _diamonds_of_source(
    source: int,
    world: tuple[Adjacency, tuple[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int64], DiamondRule],
    met: tuple[NDArray[np.int32], NDArray[np.int32]],
    found: NDArray[np.int64],
) -> None:
    """All sinks of one source: first counted, then, where enough intermediaries met one, its transfers listed.

    Intermediaries come quietest first. One whose payments would pass the budget is not counted, nor are those after
    it: they are looked up for sinks that lack at most one, and `found` is marked.
    """
    outgoing, _, time, rule = world
    bounds, degree, place = _intermediaries(source, outgoing)
    number = degree.size
    if number < rule.intermediaries:
        return
    budget = rule.budget * place.size
    listed = 0
    while listed < number:
        cost = _meet(place[bounds[listed] : bounds[listed + 1]], listed, outgoing, rule, met, budget)
        budget -= cost
        if budget < 0:
            break
        listed += 1
    met[0][source] = 0
    fewest = rule.intermediaries if listed == number else max(1, rule.intermediaries - 1)
    events = np.empty((4, 64), np.int64)
    used = 0
    for m in range(listed):
        payments = place[bounds[m] : bounds[m + 1]]
        events, used = _list(world, payments, m, met[0], fewest, (events, used))
    _forget(place, bounds, listed, outgoing, rule, met)
    if listed < number:
        sinks = np.unique(events[0, :used])
        # Looking up has the same budget again.
        most = rule.budget * place.size // max(1, sinks.size)
        for m in range(listed, min(number, listed + most)):
            payments = place[bounds[m] : bounds[m + 1]]
            for sink in sinks:
                events, used = _probe(world, sink, payments, m, (events, used))
    periods = _periods(source, outgoing, rule)
    for row in range(periods.size):
        found[row, 0] = source
        found[row, 2] = int(listed < number)
    order = np.argsort(events[0, :used] * time.size + events[1, :used])
    events = events[:, order]
    live = np.zeros((2, number), np.int64)
    first = 0
    for k in range(1, used + 1):
        if k == used or events[0, k] != events[0, first]:
            if k - first >= rule.intermediaries:
                _sweep(events[:, first:k], time, rule, periods, live, found)
            first = k


@njit(cache=True, nogil=True, parallel=True)
def scatter_gathers(
    outgoing: Adjacency,
    pairs: tuple[NDArray[np.int32], NDArray[np.int32]],
    time: NDArray[np.int64],
    rule: DiamondRule,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The strongest scatter-gather of every source and period.

    An intermediary counts at a gather when, in the window that ends there, it was paid by the source and later in
    the ledger paid the sink. Of the hits that close in one period the one with most intermediaries is kept, then
    the one whose closing gather is first.

    Parameters
    ----------
    outgoing : Adjacency
        Of transfers between two different accounts.
    pairs : (payee int32[m], edge int32[m])
        From :func:`by_payee`.
    time : int64[n]
        In ledger order.
    rule : DiamondRule
        Its budget, times the transfers of the source, is what may be looked at for that source; intermediaries who
        pay most often are left to the last and then only looked up.
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`; a chunk is one thread's alone.

    Returns
    -------
    int64[found, 5]
        Source, intermediaries, whether the source's search stopped at its budget (1), sink, ledger position of the
        closing gather. Intermediaries are 0 where the search stopped and nothing was found. In order of source and
        period. Cost: what the intermediaries paid within the window; 8 bytes for each account and thread.
    """
    chunks = borders.size - 1
    counts = np.zeros(chunks + 1, np.int64)
    for chunk in prange(chunks):
        total = 0
        for source in range(borders[chunk], borders[chunk + 1]):
            total += _periods(source, outgoing, rule).size
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.zeros((counts[chunks], 5), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk]
        met = (np.zeros(outgoing.indptr.size - 1, np.int32), np.zeros(outgoing.indptr.size - 1, np.int32))
        for source in range(borders[chunk], borders[chunk + 1]):
            rows = _periods(source, outgoing, rule).size
            if rows:
                world = (outgoing, pairs, time, rule)
                _diamonds_of_source(source, world, met, found[row : row + rows])
                row += rows
    kept: NDArray[np.int64] = _kept(found)
    return kept


@njit(cache=True, nogil=True)
def diamond_evidence(
    outgoing: Adjacency,
    incoming: Adjacency,
    time: NDArray[np.int64],
    rule: DiamondRule,
    found: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
    """The transfers of each scatter-gather with their sides.

    Of each intermediary that counts: all payments to it in the window before its last gather, and all its payments
    to the sink, up to the closing one, after its first scatter. Of each account that does not count because in that
    window all its payments to the sink came before all the source's to it: all of both.

    Parameters
    ----------
    outgoing, incoming : Adjacency
    time : int64[n]
    rule : DiamondRule
    found : int64[rows, 5]
        From :func:`scatter_gathers`, each with a sink.

    Returns
    -------
    start : int64[rows + 1]
        Where each row's transfers begin in the two others.
    ledger : int64[m]
        Ledger positions, rising in each row.
    side : int8[m]
        0 for a scatter, 1 for a gather; 2 and 3 for those of the accounts that paid first. Cost: a sort of both
        windows.
    """
    rows = found.shape[0]
    bounds = np.empty((rows, 4), np.int64)
    most = 0
    for row in range(rows):
        source, sink, closing = found[row, 0], found[row, 3], found[row, 4]
        oldest = time[closing] - rule.window + 1
        for side, account, at in ((outgoing, source, 0), (incoming, sink, 2)):
            stop = _below(side.edge, side.indptr[account], side.indptr[account + 1], closing + 1)
            bounds[row, at] = _before(side.time, side.indptr[account], stop, oldest)
            bounds[row, at + 1] = stop
        most += bounds[row, 1] - bounds[row, 0] + bounds[row, 3] - bounds[row, 2]
    start = np.zeros(rows + 1, np.int64)
    ledger = np.empty(most, np.int64)
    role = np.empty(most, np.int8)
    k = 0
    for row in range(rows):
        o, o_end, i, i_end = bounds[row, 0], bounds[row, 1], bounds[row, 2], bounds[row, 3]
        first = _marks(outgoing.peer[o:o_end], outgoing.edge[o:o_end], incoming.peer[i:i_end], True)
        last = _marks(incoming.peer[i:i_end], incoming.edge[i:i_end], outgoing.peer[o:o_end], False)
        scattered = _marks(outgoing.peer[o:o_end], outgoing.edge[o:o_end], outgoing.peer[o:o_end], True)
        gathered = _marks(incoming.peer[i:i_end], incoming.edge[i:i_end], incoming.peer[i:i_end], False)
        o_start, i_start = o, i
        while o < o_end or i < i_end:
            if i == i_end or (o < o_end and outgoing.edge[o] < incoming.edge[i]):
                ahead = 0 <= last[o - o_start] < scattered[o - o_start]
                if ahead or outgoing.edge[o] < last[o - o_start]:
                    ledger[k] = outgoing.edge[o]
                    role[k] = 2 if ahead else 0
                    k += 1
                o += 1
            else:
                ahead = gathered[i - i_start] < first[i - i_start] < NEVER
                if ahead or incoming.edge[i] > first[i - i_start]:
                    ledger[k] = incoming.edge[i]
                    role[k] = 3 if ahead else 1
                    k += 1
                i += 1
        start[row + 1] = k
    return start, ledger[:k].copy(), role[:k].copy()


@njit(cache=True, nogil=True)
def _marks(
    peer: NDArray[np.int32], edge: NDArray[np.int32], wanted: NDArray[np.int32], first: bool
) -> NDArray[np.int64]:
    """For each of `wanted` the first or last of the rising `edge` with that `peer`; where none, what never counts."""
    order = np.argsort(peer.astype(np.int64) * max(1, peer.size) + np.arange(peer.size))
    marks = np.full(wanted.size, NEVER if first else -1, np.int64)
    for k in range(wanted.size):
        low = 0
        high = peer.size
        bound = wanted[k] if first else wanted[k] + 1
        while low < high:
            middle = (low + high) // 2
            if peer[order[middle]] < bound:
                low = middle + 1
            else:
                high = middle
        at = low if first else low - 1
        if 0 <= at < peer.size and peer[order[at]] == wanted[k]:
            marks[k] = edge[order[at]]
    return marks
