"""Splits: one account pays several, each of which passes about the same on to one other. Scatter-gather with its sums.

Takes adjacencies that hold transfers between two different accounts only.
Oracle: ``tests/oracles/splits.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]


class SplitGate(NamedTuple):
    """When a sum is split and gathered again.

    Attributes
    ----------
    scatter : int
        Microseconds, inclusive: how long after the opening scatter the others may come.
    onward : int
        Microseconds, inclusive: how long after an intermediary's first receipt its payments to the sink may come.
    intermediaries : int
        At least so many that hold the range.
    low, high : int
        Thousandths of its receipts that an intermediary must have paid to the sink, both ends inclusive; low above 0.
    value : int
        Least sum that those intermediaries received, minor units.
    ahead : int
        Only so many debits of an intermediary after its first receipt are looked at, to whomever they go.
    period : int
        Microseconds.
    """

    scatter: int
    onward: int
    intermediaries: int
    low: int
    high: int
    value: int
    ahead: int
    period: int


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
def _reach(receipt: int, here: int, outgoing: Adjacency, time: NDArray[np.int64], gate: SplitGate) -> tuple[int, int]:
    """Positions of the debits of `here` that may pass on the receipt at this ledger position."""
    first = _below(outgoing.edge, outgoing.indptr[here], outgoing.indptr[here + 1], receipt)
    stop = min(first + gate.ahead, outgoing.indptr[here + 1])
    last = first
    while last < stop and outgoing.time[last] <= time[receipt] + gate.onward:
        last += 1
    return first, last


@njit(cache=True, nogil=True)
def _met(
    source: int,
    outgoing: Adjacency,
    pairs: Pairs,
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    gate: SplitGate,
    slot: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Which accounts enough of those whom `source` paid may have passed enough on to: a sieve, too wide.

    `slot` (int32[accounts]) comes and goes full of -1.
    """
    payee, edge = pairs
    time, amount = ledger
    start, stop = outgoing.indptr[source], outgoing.indptr[source + 1]
    sinks = np.empty(64, np.int64)
    held = np.zeros((4, 64), np.int64)  # last intermediary; its sum; its smallest; how many passed enough on
    known = 0
    k = start
    number = 0
    while k < stop:
        here = payee[k]
        number += 1
        last = k
        smallest = amount[edge[k]]
        total = np.int64(0)
        while last < stop and payee[last] == here:
            smallest = min(smallest, amount[edge[last]])
            total += amount[edge[last]]
            last += 1
        for round_ in range(2):
            done = outgoing.indptr[here]
            for r in range(k, last):
                low, high = _reach(edge[r], here, outgoing, time, gate)
                for q in range(max(low, done), high):
                    z = outgoing.peer[q]
                    if z == source:
                        continue
                    if slot[z] < 0:
                        if known == sinks.size:
                            sinks = np.concatenate((sinks, np.empty(known, np.int64)))
                            held = np.concatenate((held, np.zeros((4, known), np.int64)), axis=1)
                        sinks[known] = z
                        slot[z] = known
                        known += 1
                    at = slot[z]
                    if round_ == 0:
                        if held[0, at] != number:
                            held[0, at] = number
                            held[1, at] = 0
                            held[2, at] = outgoing.amount[q]
                        held[1, at] += outgoing.amount[q]
                        held[2, at] = min(held[2, at], outgoing.amount[q])
                    elif held[0, at] == number:
                        passes = _reaches(held[1, at], smallest, gate.low) and _at_most(held[2, at], total, gate.high)
                        held[3, at] += passes
                        held[0, at] = 0
                done = max(done, high)
        k = last
    kept = np.empty(known, np.int64)
    count = 0
    for at in range(known):
        slot[sinks[at]] = -1
        if held[3, at] >= gate.intermediaries:
            kept[count] = sinks[at]
            count += 1
    return np.sort(kept[:count])


@njit(cache=True, nogil=True)
def _events(
    source: int, sink: int, outgoing: Adjacency, pairs: Pairs, time: NDArray[np.int64], gate: SplitGate
) -> NDArray[np.int64]:
    """What lies between a source and a sink: intermediary, ledger position, and the debtor's place in its own list.

    The place is -1 for a payment by the source, and that of the first debit after it stands in the fourth row; the
    fifth is 0. Of intermediaries that paid the sink within reach of a receipt. In ledger order.
    """
    payee, edge = pairs
    start, stop = outgoing.indptr[source], outgoing.indptr[source + 1]
    made = np.zeros((5, 64), np.int64)
    used = 0
    k = start
    while k < stop:
        here = payee[k]
        last = k
        while last < stop and payee[last] == here:
            last += 1
        before = used
        done = outgoing.indptr[here]
        for r in range(k, last):
            low, high = _reach(edge[r], here, outgoing, time, gate)
            for q in range(max(low, done), high):
                if outgoing.peer[q] == sink and here != sink:
                    if used + last - k + 1 >= made.shape[1]:
                        made = np.concatenate((made, np.zeros_like(made)), axis=1)
                    made[0, used], made[1, used], made[2, used], made[3, used] = here, outgoing.edge[q], q, -1
                    used += 1
            done = max(done, high)
        if used > before:
            while used + last - k >= made.shape[1]:
                made = np.concatenate((made, np.zeros_like(made)), axis=1)
            for r in range(k, last):
                first = _below(outgoing.edge, outgoing.indptr[here], outgoing.indptr[here + 1], edge[r])
                made[0, used], made[1, used], made[2, used], made[3, used] = here, edge[r], -1, first
                used += 1
        k = last
    ordered: NDArray[np.int64] = made[:, np.argsort(made[1, :used])]
    return ordered


@njit(cache=True, nogil=True)
def _sweep(
    opening: int,
    events: NDArray[np.int64],
    number: NDArray[np.int64],
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    gate: SplitGate,
    live: NDArray[np.int64],
    until: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Unit kernel: from one opening event on, who holds the range after each gather, and what those received.

    Events whose fifth row is not 0 are passed over. `live` has for each intermediary its first receipt (place among
    the events, -1), what it received, what it paid, whether it holds the range. Returns for each event up to ledger
    position `until` how many hold it (0 but at a gather that counted) and the sum of their receipts.
    """
    time, amount = ledger
    live[0, :] = -1
    live[1:, :] = 0
    many = np.zeros(events.shape[1], np.int64)
    value = np.zeros(events.shape[1], np.int64)
    count = 0
    total = np.int64(0)
    for k in range(opening, events.shape[1]):
        e = events[1, k]
        if e > until or time[e] > time[events[1, opening]] + gate.scatter + gate.onward:
            break
        m = number[k]
        if not _counts(k, opening, live[0, m], events, time, gate):
            continue
        if live[3, m]:
            count -= 1
            total -= live[1, m]
        if events[2, k] < 0:
            live[0, m] = k if live[0, m] < 0 else live[0, m]
            live[1, m] += amount[e]
        else:
            live[2, m] += amount[e]
        paid, got = live[2, m], live[1, m]
        live[3, m] = int(got > 0 and _reaches(paid, got, gate.low) and _at_most(paid, got, gate.high))
        if live[3, m]:
            count += 1
            total += got
        opened = live[3, number[opening]] > 0
        if events[2, k] >= 0 and opened and count >= gate.intermediaries and total >= gate.value:
            many[k] = count
            value[k] = total
    return many, value


@njit(cache=True, nogil=True)
def _counts(
    k: int, opening: int, first: int, events: NDArray[np.int64], time: NDArray[np.int64], gate: SplitGate
) -> bool:
    """Whether an event counts for its intermediary, whose first receipt is event `first` (-1: none so far)."""
    e = events[1, k]
    if events[4, k]:
        return False
    if events[2, k] < 0:
        return bool(time[e] <= time[events[1, opening]] + gate.scatter)
    if first < 0:
        return False
    return bool(time[e] <= time[events[1, first]] + gate.onward and events[2, k] < events[3, first] + gate.ahead)


@njit(cache=True, nogil=True)
def _numbered(accounts: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Small numbers for accounts, and how many there are."""
    known = np.unique(accounts)
    return np.searchsorted(known, accounts), known.size


@njit(cache=True, nogil=True)
def _strongest(
    now: int,
    events: NDArray[np.int64],
    number: NDArray[np.int64],
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    gate: SplitGate,
    live: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The strongest firing of one period: how many, opening, last, received, first firing; how many are 0 for none."""
    best = np.zeros(5, np.int64)
    time = ledger[0]
    for opening in range(events.shape[1]):
        begin = time[events[1, opening]]
        near = (begin + gate.scatter + gate.onward) // gate.period >= now and begin // gate.period <= now
        if events[2, opening] >= 0 or events[4, opening] or not near:
            continue
        counts, values = _sweep(opening, events, number, ledger, gate, live, 2**62)
        for k in range(opening, events.shape[1]):
            e = events[1, k]
            if counts[k] == 0 or time[e] // gate.period != now:
                continue
            if best[0] == 0 or e < best[4]:
                best[4] = e
            better = counts[k] > best[0] or (counts[k] == best[0] and values[k] > best[3])
            tie = counts[k] == best[0] and values[k] == best[3]
            if better or (tie and (e < best[2] or (e == best[2] and events[1, opening] > best[1]))):
                best[0], best[1], best[2], best[3] = counts[k], events[1, opening], e, values[k]
    return best


@njit(cache=True, nogil=True)
def _shown(
    best: NDArray[np.int64],
    events: NDArray[np.int64],
    number: NDArray[np.int64],
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    gate: SplitGate,
    live: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which events are the evidence of a firing."""
    at = np.searchsorted(events[1], best[1])
    _sweep(at, events, number, ledger, gate, live, best[2])
    shown = np.zeros(events.shape[1], np.bool_)
    for k in range(at, events.shape[1]):
        m = number[k]
        before = live[0, m] if live[0, m] < k else -1
        shown[k] = events[1, k] <= best[2] and live[3, m] and _counts(k, at, before, events, ledger[0], gate)
    return shown


@njit(cache=True, nogil=True)
def _splits_between(
    ends: tuple[int, int],
    events: NDArray[np.int64],
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    gate: SplitGate,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Period by period the strongest firing, then the strongest among the transfers that are left, and so on.

    Returns a row each, and for each the evidence: row, ledger position, intermediary, whether it is a gather.
    """
    size = events.shape[1]
    number, many = _numbered(events[0])
    live = np.empty((4, many), np.int64)
    found = np.empty((size, 8), np.int64)
    proof = np.empty((4, 0), np.int64)
    rows = 0
    before = np.int64(-(2**62))
    for k in range(size):
        now = ledger[0][events[1, k]] // gate.period
        if now == before or events[2, k] < 0:
            continue
        before = now
        events[4] = 0
        while True:
            best = _strongest(now, events, number, ledger, gate, live)
            if best[0] == 0:
                break
            shown = np.flatnonzero(_shown(best, events, number, ledger, gate, live))
            found[rows, 0], found[rows, 1], found[rows, 7] = ends[0], ends[1], shown.size
            found[rows, 2:7] = best
            part = np.empty((4, shown.size), np.int64)
            for j in range(shown.size):
                part[0, j] = rows
                part[1, j] = events[1, shown[j]]
                part[2, j] = events[0, shown[j]]
                part[3, j] = events[2, shown[j]] >= 0
                events[4, shown[j]] = 1
            proof = np.concatenate((proof, part), axis=1)
            rows += 1
    return found[:rows], proof


@njit(cache=True, nogil=True)
def _splits_of_source(
    source: int,
    outgoing: Adjacency,
    pairs: Pairs,
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    gate: SplitGate,
    slot: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    sinks = _met(source, outgoing, pairs, ledger, gate, slot)
    made = np.empty((0, 8), np.int64)
    proof = np.empty((4, 0), np.int64)
    for sink in sinks:
        events = _events(source, sink, outgoing, pairs, ledger[0], gate)
        found, part = _splits_between((source, sink), events, ledger, gate)
        part[0] += made.shape[0]
        made = np.concatenate((made, found))
        proof = np.concatenate((proof, part), axis=1)
    return made, proof


@njit(cache=True, nogil=True, parallel=True)
def _how_many(
    outgoing: Adjacency,
    pairs: Pairs,
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    gate: SplitGate,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """How many splits each source has."""
    accounts = outgoing.indptr.size - 1
    counts = np.zeros(accounts, np.int64)
    for chunk in prange(borders.size - 1):
        slot = np.full(accounts, -1, np.int32)
        for source in range(borders[chunk], borders[chunk + 1]):
            if outgoing.indptr[source + 1] - outgoing.indptr[source] >= gate.intermediaries:
                counts[source] = _splits_of_source(source, outgoing, pairs, ledger, gate, slot)[0].shape[0]
    return counts


@njit(cache=True, nogil=True)
def splits(
    outgoing: Adjacency,
    pairs: Pairs,
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    gate: SplitGate,
    borders: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The splits of every source, sink and period that share no transfer, the strongest first.

    At a payment to the sink, with each payment of the source before as the opening: of every intermediary the
    source's payments from the opening on and up to ``scatter`` after it are its receipts; its payments to the sink
    after the first of these, up to ``onward`` after it and among its next ``ahead`` debits are passed on; all up to
    the payment looked at. The gate holds when enough intermediaries, the one first paid among them, have passed on a
    share of their receipts in the range, and these receipts reach the value. Of one period's firings, by the payment
    looked at, the one with most such intermediaries is kept, then with most received by them, then the earliest; then
    that with the latest opening. Its transfers are taken out, and the same is asked of the rest, until there is none.

    Parameters
    ----------
    outgoing : Adjacency
        Of transfers between two different accounts.
    pairs : (payee int32[m], edge int32[m])
        From :func:`diamonds.by_payee`.
    ledger : (time int64[n], amount int64[n])
        In ledger order.
    gate : SplitGate
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`; a chunk is one thread's alone.

    Returns
    -------
    found : int64[rows, 8]
        Source, sink, intermediaries that hold the range, ledger positions of the opening and of the payment looked
        at, what those intermediaries received, ledger position of the first firing, transfers of the evidence. In
        order of source, sink, period and strength.
    proof : int64[4, m]
        The evidence, row by row in ledger order: row, ledger position, intermediary, whether it is a payment to the
        sink. Cost: at most ``ahead`` for each transfer; then, for each split, the square of what lies between a
        source and a sink that enough may have passed on to.
    """
    counts = _how_many(outgoing, pairs, ledger, gate, borders)
    found = np.empty((counts.sum(), 8), np.int64)
    proof = np.empty((4, 0), np.int64)
    slot = np.full(counts.size, -1, np.int32)
    row = 0
    for source in np.flatnonzero(counts):
        made, part = _splits_of_source(source, outgoing, pairs, ledger, gate, slot)
        part[0] += row
        found[row : row + counts[source]] = made
        proof = np.concatenate((proof, part), axis=1)
        row += counts[source]
    return found, proof
