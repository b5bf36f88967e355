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
        while last < stop and payee[last] == here:
            last += 1
        received = _least_and_sum(edge[k:last], amount)
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
                        held[3, at] += _may_hold(received, (held[2, at], held[1, at]), gate)
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
def _may_hold(received: tuple[int, int], passed: tuple[int, int], gate: SplitGate) -> bool:
    """Whether some of the receipts can have been passed on by some of the payments: a sieve.

    Both are the smallest and the sum.
    """
    return bool(_reaches(passed[1], received[0], gate.low) and _at_most(passed[0], received[1], gate.high))


@njit(cache=True, nogil=True)
def _least_and_sum(edge: NDArray[np.int32], amount: NDArray[np.int64]) -> tuple[int, int]:
    """The smallest of the amounts at these ledger positions, and their sum."""
    least, total = np.int64(2**62), np.int64(0)
    for e in edge:
        least = min(least, amount[e])
        total += amount[e]
    return int(least), int(total)


@njit(cache=True, nogil=True)
def _room(made: NDArray[np.int64], used: int, more: int) -> NDArray[np.int64]:
    """`made` with room for `more` columns after the first `used`."""
    while used + more > made.shape[1]:
        made = np.concatenate((made, np.zeros_like(made)), axis=1)
    return made


@njit(cache=True, nogil=True)
def _gathers(
    debits: tuple[int, int],
    here: int,
    outgoing: Adjacency,
    slot: NDArray[np.int32],
    made: NDArray[np.int64],
    used: int,
) -> tuple[NDArray[np.int64], int]:
    """Add the debits of `here` at these positions to accounts with a `slot`."""
    made = _room(made, used, debits[1] - debits[0])
    for q in range(debits[0], debits[1]):
        if slot[outgoing.peer[q]] >= 0:
            made[0, used], made[1, used], made[2, used], made[3, used] = here, outgoing.edge[q], q, -1
            made[5, used] = slot[outgoing.peer[q]]
            used += 1
    return made, used


@njit(cache=True, nogil=True)
def _receipts(
    part: NDArray[np.int64],
    received: tuple[int, NDArray[np.int32]],
    outgoing: Adjacency,
    amount: NDArray[np.int64],
    gate: SplitGate,
) -> tuple[NDArray[np.int64], int]:
    """One intermediary's payments, sink by sink, with its receipts before those of each sink that may hold the range.

    `received` is the intermediary and its receipts. Returns the events, and how many there are.
    """
    here, edge = received
    order = np.argsort(part[5])
    made = np.zeros((6, part.shape[1] * (1 + edge.size)), np.int64)
    used = 0
    start = 0
    for k in range(1, order.size + 1):
        if k < order.size and part[5, order[k]] == part[5, order[start]]:
            continue
        own = part[:, order[start:k]]
        paid = amount[own[1]]
        if _may_hold(_least_and_sum(edge, amount), (paid.min(), paid.sum()), gate):
            for e in edge:
                first = _below(outgoing.edge, outgoing.indptr[here], outgoing.indptr[here + 1], e)
                made[0, used], made[1, used], made[2, used], made[3, used] = here, e, -1, first
                made[5, used] = own[5, 0]
                used += 1
            made[:, used : used + k - start] = own
            used += k - start
        start = k
    return made, used


@njit(cache=True, nogil=True)
def _events(
    source: int,
    sinks: NDArray[np.int64],
    outgoing: Adjacency,
    pairs: Pairs,
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    gate: SplitGate,
    slot: NDArray[np.int32],
) -> NDArray[np.int64]:
    """What lies between a source and its sinks: intermediary, ledger position, the debtor's place in its own list.

    The place is -1 for a payment by the source, and that of the first debit after it stands in the fourth row; the
    fifth is 0, the sixth the sink's place in `sinks`. Of intermediaries that paid the sink within reach of a receipt
    and may hold the range. In order of sink, then ledger. `slot` comes and goes full of -1.
    """
    payee, edge = pairs
    for at in range(sinks.size):
        slot[sinks[at]] = at
    made = np.zeros((6, 64), np.int64)
    used = 0
    k = outgoing.indptr[source]
    stop = outgoing.indptr[source + 1]
    while k < stop:
        here = payee[k]
        last = k
        part = np.zeros((6, 16), np.int64)
        size = 0
        done = outgoing.indptr[here]
        while last < stop and payee[last] == here:
            low, high = _reach(edge[last], here, outgoing, ledger[0], gate)
            part, size = _gathers((max(low, done), max(low, done, high)), here, outgoing, slot, part, size)
            done = max(done, high)
            last += 1
        if size:
            more, many = _receipts(part[:, :size], (here, edge[k:last]), outgoing, ledger[1], gate)
            made = _room(made, used, many)
            made[:, used : used + many] = more[:, :many]
            used += many
        k = last
    for sink in sinks:
        slot[sink] = -1
    ordered: NDArray[np.int64] = made[:, np.argsort(made[5, :used] * ledger[0].size + made[1, :used])]
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
    best: NDArray[np.int64],
) -> None:
    """Unit kernel: from one opening event on, who holds the range after each gather up to ledger position `until`.

    Events whose fifth row is not 0 are passed over. `live` has for each intermediary its first receipt (place among
    the events, -1), what it received, what it paid, whether it holds the range, and the opening that this is for.
    `best` has a firing of its last entry's period: how many, opening, last, received, first firing.
    """
    time, amount = ledger
    count = 0
    total = np.int64(0)
    for k in range(opening, events.shape[1]):
        e = events[1, k]
        if e > until or time[e] > time[events[1, opening]] + gate.scatter + gate.onward:
            break
        m = number[k]
        if live[4, m] != opening:
            live[:, m] = 0
            live[0, m] = -1
            live[4, m] = opening
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
        if events[2, k] >= 0 and live[3, m] and opened and count >= gate.intermediaries and total >= gate.value:
            _note(best, count, events[1, opening], e, total, time[e] // gate.period)


@njit(cache=True, nogil=True)
def _note(best: NDArray[np.int64], count: int, opening: int, e: int, value: int, period: int) -> None:
    """Keep a firing if it is of the right period and stronger."""
    if period != best[5]:
        return
    if best[0] == 0 or e < best[4]:
        best[4] = e
    better = count > best[0] or (count == best[0] and value > best[3])
    tie = count == best[0] and value == best[3]
    if better or (tie and (e < best[2] or (e == best[2] and opening > best[1]))):
        best[0], best[1], best[2], best[3] = count, opening, e, value


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
def _opens(
    opening: int,
    events: NDArray[np.int64],
    following: NDArray[np.int64],
    ledger: tuple[NDArray[np.int64], NDArray[np.int64]],
    gate: SplitGate,
) -> bool:
    """Whether the intermediary of an opening holds the range at any time: without it no split opens there."""
    time, amount = ledger
    got = np.int64(0)
    paid = np.int64(0)
    k = opening
    while k >= 0 and time[events[1, k]] <= time[events[1, opening]] + gate.scatter + gate.onward:
        if _counts(k, opening, opening, events, time, gate):
            if events[2, k] < 0:
                got += amount[events[1, k]]
            else:
                paid += amount[events[1, k]]
            if got > 0 and _reaches(paid, got, gate.low) and _at_most(paid, got, gate.high):
                return True
        k = following[k]
    return False


@njit(cache=True, nogil=True)
def _following(number: NDArray[np.int64], many: int) -> NDArray[np.int64]:
    """For each event the next one of the same intermediary, -1 where none."""
    following = np.full(number.size, -1, np.int64)
    last = np.full(many, -1, np.int64)
    for k in range(number.size):
        if last[number[k]] >= 0:
            following[last[number[k]]] = k
        last[number[k]] = k
    return following


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
    rooms: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> NDArray[np.int64]:
    """The strongest firing of one period: how many, opening, last, received, first firing, period; 0 for none."""
    best = np.zeros(6, np.int64)
    best[5] = now
    time = ledger[0]
    live, following = rooms
    live[4] = -1
    for opening in range(events.shape[1]):
        begin = time[events[1, opening]]
        near = (begin + gate.scatter + gate.onward) // gate.period >= now and begin // gate.period <= now
        if not near or events[2, opening] >= 0 or events[4, opening]:
            continue
        if _opens(opening, events, following, ledger, gate):
            _sweep(opening, events, number, ledger, gate, live, 2**62, best)
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
    live[4] = -1
    _sweep(at, events, number, ledger, gate, live, best[2], best.copy())
    shown = np.zeros(events.shape[1], np.bool_)
    for k in range(at, events.shape[1]):
        if events[1, k] > best[2]:
            break
        m = number[k]
        before = live[0, m] if live[0, m] < k else -1
        shown[k] = live[4, m] == at and live[3, m] and _counts(k, at, before, events, ledger[0], gate)
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
    live = np.zeros((5, many), np.int64)
    following = _following(number, many)
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
            best = _strongest(now, events, number, ledger, gate, (live, following))
            if best[0] == 0:
                break
            shown = np.flatnonzero(_shown(best, events, number, ledger, gate, live))
            found[rows, 0], found[rows, 1], found[rows, 7] = ends[0], ends[1], shown.size
            found[rows, 2:7] = best[:5]
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
    if sinks.size == 0:
        return made, proof
    events = _events(source, sinks, outgoing, pairs, ledger, gate, slot)
    borders = np.searchsorted(events[5], np.arange(sinks.size + 1))
    for at in range(sinks.size):
        own = events[:, borders[at] : borders[at + 1]].copy()
        found, part = _splits_between((source, sinks[at]), own, ledger, gate)
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
    the payment looked at. The gate holds when enough intermediaries, the one first paid and the payer looked at among
    them, have passed on a share of their receipts in the range, and these receipts reach the value. Of one period's
    firings, by the payment looked at, the one with most such intermediaries is kept, then with most received by them,
    then the earliest; then that with the latest opening. Its transfers are taken out, and the same is asked of the
    rest, until there is none.

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
