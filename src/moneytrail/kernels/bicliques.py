"""Bicliques: a set of accounts that pay (nearly) all of another set, in one or two layers. Bipartite and stack.

Takes adjacencies that hold transfers between two different accounts only.
Oracle: ``tests/oracles/bicliques.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency


class LayerRule(NamedTuple):
    """When sets of accounts make layers.

    Attributes
    ----------
    window : int
        Microseconds, even. Stretches of this length begin every half of it, counted from 1970-01-01 UTC: what is
        shorter than half of it lies whole in one of them. Two stretches make a period.
    senders, receivers : int
        At least so many accounts in the first and in the second set.
    share : int
        Thousandths. A sender pays at least this share of the receivers.
    last : int
        At least so many accounts in the third set, each paid by at least `share` of the second; 0: no third set.
    budget : int
        How many transfers are looked at for each transfer of the sender that a search starts from.
    """

    window: int
    senders: int
    receivers: int
    share: int
    last: int
    budget: int


@njit(cache=True, nogil=True)
def _kept(found: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows in which something was found or a search stopped."""
    kept: NDArray[np.int64] = found[(found[:, 1] > 0) | (found[:, 2] > 0)]
    return kept


@njit(cache=True, nogil=True)
def _needed(whole: int, share: int) -> int:
    """The least number that is at least `share` thousandths of `whole`, and at least 1."""
    return max(1, (whole * share + 999) // 1000)


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
def _holds(values: NDArray[np.int64], wanted: int) -> bool:
    """Whether the rising `values` hold `wanted`."""
    at = _before(values, 0, values.size, wanted)
    return bool(at < values.size and values[at] == wanted)


@njit(cache=True, nogil=True)
def _first_payment(
    payer: int,
    payee: int,
    since: int,
    indptr: NDArray[np.int64],
    pairs: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> int:
    """Ledger position of the first payment from one to the other that is not before `since`; -1 where none."""
    payees, edge = pairs
    stop = indptr[payer + 1]
    low = _below(payees, indptr[payer], stop, payee)
    high = _below(payees, low, stop, payee + 1)
    at = _below(edge, low, high, since)
    return edge[at] if at < high else -1


@njit(cache=True, nogil=True)
def _common(
    members: NDArray[np.int64],
    ranges: NDArray[np.int64],
    side: Adjacency,
    needed: int,
    budget: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], int, int]:
    """Who may be at the other end of at least `needed` of `members`, by the quietest of these.

    ``ranges[:, k]`` are the positions in `side` at which the transfers of ``members[k]`` are looked at. Whoever meets
    `needed` of them meets one that is not among the busiest ``needed - 1``. Returns those accounts, rising; the
    members from the quietest on; how many of these were listed; what it cost. A cost above `budget` means that the
    rest were not listed.
    """
    size = members.size
    rank = np.empty(size, np.int64)
    for k in range(size):
        rank[k] = (ranges[1, k] - ranges[0, k]) * size + k
    order = np.argsort(rank)
    cost = 0
    listed = 0
    wanted = 0
    while listed <= size - needed:
        k = order[listed]
        cost += ranges[1, k] - ranges[0, k]
        if cost > budget:
            break
        wanted = cost
        listed += 1
    met = np.empty(wanted, np.int64)
    used = 0
    for j in range(listed):
        k = order[j]
        for p in range(ranges[0, k], ranges[1, k]):
            met[used] = side.peer[p]
            used += 1
    return np.unique(met), order, listed, cost


@njit(cache=True, nogil=True)
def _payers(
    sender: int,
    receivers: NDArray[np.int64],
    scope: tuple[int, int],
    world: tuple[Adjacency, Adjacency, tuple[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int64]],
    rule: LayerRule,
    budget: int,
) -> tuple[NDArray[np.int64], int, int]:
    """Who pays enough of `receivers` between the ledger positions of `scope`, `sender` among them; pairs; cost."""
    outgoing, incoming, pairs, _ = world
    needed = _needed(receivers.size, rule.share)
    ranges = np.empty((2, receivers.size), np.int64)
    for k in range(receivers.size):
        b = receivers[k]
        ranges[0, k] = _below(incoming.edge, incoming.indptr[b], incoming.indptr[b + 1], scope[0])
        ranges[1, k] = _below(incoming.edge, ranges[0, k], incoming.indptr[b + 1], scope[1])
    candidates, _, _, cost = _common(receivers, ranges, incoming, needed, budget)
    kept = np.empty(candidates.size + 1, np.int64)
    count = 0
    together = 0
    for x in candidates:
        low = _below(outgoing.edge, outgoing.indptr[x], outgoing.indptr[x + 1], scope[0])
        # Most candidates pay too seldom to be worth looking up.
        if low + needed > outgoing.indptr[x + 1] or outgoing.edge[low + needed - 1] >= scope[1] or _holds(receivers, x):
            continue
        cost += receivers.size
        if cost > budget:
            break
        paid = 0
        for b in receivers:
            e = _first_payment(x, b, scope[0], outgoing.indptr, pairs)
            paid += 0 <= e < scope[1]
        if paid >= needed:
            kept[count] = x
            count += 1
            together += paid
    if not _holds(kept[:count], sender):
        # The budget was reached before the search came to the sender.
        kept[count] = sender
        count += 1
        together += receivers.size
    return np.sort(kept[:count]), together, cost


@njit(cache=True, nogil=True)
def _receipts(
    senders: NDArray[np.int64],
    receivers: NDArray[np.int64],
    scope: tuple[int, int],
    world: tuple[Adjacency, Adjacency, tuple[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int64]],
) -> NDArray[np.int64]:
    """Ledger position of the first payment from any of `senders` to each of `receivers`."""
    outgoing, _, pairs, _ = world
    first = np.full(receivers.size, scope[1], np.int64)
    for a in senders:
        for k in range(receivers.size):
            e = _first_payment(a, receivers[k], scope[0], outgoing.indptr, pairs)
            if e >= 0:
                first[k] = min(first[k], e)
    return first


@njit(cache=True, nogil=True)
def _payees(
    layers: tuple[NDArray[np.int64], NDArray[np.int64]],
    scope: tuple[int, int],
    world: tuple[Adjacency, Adjacency, tuple[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int64]],
    rule: LayerRule,
    budget: int,
) -> tuple[NDArray[np.int64], int, int]:
    """Whom enough of the second layer pay, each after its first receipt from the first layer; pairs; cost."""
    outgoing, incoming, pairs, _ = world
    senders, middle = layers
    needed = _needed(middle.size, rule.share)
    receipts = _receipts(senders, middle, scope, world)
    ranges = np.empty((2, middle.size), np.int64)
    for k in range(middle.size):
        b = middle[k]
        ranges[0, k] = _below(outgoing.edge, outgoing.indptr[b], outgoing.indptr[b + 1], receipts[k])
        ranges[1, k] = _below(outgoing.edge, ranges[0, k], outgoing.indptr[b + 1], scope[1])
    candidates, _, _, cost = _common(middle, ranges, outgoing, needed, budget)
    kept = np.empty(candidates.size, np.int64)
    count = 0
    together = 0
    for c in candidates:
        low = _below(incoming.edge, incoming.indptr[c], incoming.indptr[c + 1], scope[0])
        if low + needed > incoming.indptr[c + 1] or incoming.edge[low + needed - 1] >= scope[1]:
            continue
        if _holds(senders, c) or _holds(middle, c):
            continue
        cost += middle.size
        if cost > budget:
            break
        paid = 0
        for k in range(middle.size):
            e = _first_payment(middle[k], c, receipts[k], outgoing.indptr, pairs)
            paid += 0 <= e < scope[1]
        if paid >= needed:
            kept[count] = c
            count += 1
            together += paid
    return kept[:count], together, cost


@njit(cache=True, nogil=True)
def _layers_of_stretch(
    sender: int,
    stretch: int,
    own: tuple[int, int],
    world: tuple[Adjacency, Adjacency, tuple[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int64]],
    rule: LayerRule,
    row: NDArray[np.int64],
) -> None:
    """Unit kernel: whom `sender` paid in one stretch (positions `own`), who paid most of them too, whom those paid."""
    outgoing, _, _, time = world
    half = rule.window // 2
    receivers = np.unique(outgoing.peer[own[0] : own[1]].astype(np.int64))
    if receivers.size < rule.receivers:
        return
    budget = rule.budget * (own[1] - own[0])
    scope = (_before(time, 0, time.size, stretch * half), _before(time, 0, time.size, stretch * half + rule.window))
    senders, together, cost = _payers(sender, receivers, scope, world, rule, budget)
    stopped = cost > budget
    last = 0
    if senders.size >= rule.senders and rule.last > 0:
        third, more, cost = _payees((senders, receivers), scope, world, rule, budget)
        last = third.size
        together += more
        stopped = stopped or cost > budget
    if stopped:
        row[2] = 1
    if senders.size < rule.senders or last < rule.last:
        return
    if together > row[1]:
        row[1] = together
        row[3] = stretch


@njit(cache=True, nogil=True)
def _layers_of_sender(
    sender: int,
    world: tuple[Adjacency, Adjacency, tuple[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int64]],
    rule: LayerRule,
    found: NDArray[np.int64],
) -> int:
    """One row of `found` for each period with enough debits; how many there are. With `found` empty only counts."""
    outgoing = world[0]
    half = rule.window // 2
    start, stop = outgoing.indptr[sender], outgoing.indptr[sender + 1]
    rows = 0
    period = np.int64(-(2**62))
    done = np.int64(-(2**62))
    for p in range(start, stop):
        # Two stretches hold each moment; one that held the debit before is done.
        last = outgoing.time[p] // half
        for stretch in range(max(done + 1, last - 1), last + 1):
            low = _before(outgoing.time, start, stop, stretch * half)
            high = _before(outgoing.time, low, stop, stretch * half + rule.window)
            if high - low < rule.receivers:
                continue
            now = np.int64(stretch // 2)
            rows += now != period
            period = now
            if found.shape[0]:
                found[rows - 1, 0] = sender
                _layers_of_stretch(sender, stretch, (low, high), world, rule, found[rows - 1])
        done = last
    return rows


@njit(cache=True, nogil=True, parallel=True)
def layers(
    outgoing: Adjacency,
    incoming: Adjacency,
    pairs: tuple[NDArray[np.int32], NDArray[np.int32]],
    time: NDArray[np.int64],
    rule: LayerRule,
    borders: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The strongest layers of every account and period that begin with whom the account paid.

    In each stretch the second set is all whom the account paid; the first set is the account and all others, not in
    the second, who paid at least the share of it; the third set, where it is asked for, all outside of both whom
    at least the share of the second paid after their first receipt from the first. Of the hits in the two stretches
    of one period the one with most pairs of accounts is kept, then the earlier.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Of transfers between two different accounts.
    pairs : (payee int32[m], edge int32[m])
        From :func:`diamonds.by_payee`.
    time : int64[n]
        In ledger order.
    rule : LayerRule
        Its budget, times the account's transfers of the stretch, is what may be looked at for them; whoever deals
        most is left to the last.
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`; a chunk is one thread's alone.

    Returns
    -------
    int64[found, 4]
        Account, pairs, whether a search of this account and period stopped at its budget (1), stretch. Pairs are 0
        where a search stopped and nothing was found. In order of account and period. Cost: what the quieter payees
        were paid in the stretch.
    """
    chunks = borders.size - 1
    counts = np.zeros(chunks + 1, np.int64)
    for chunk in prange(chunks):
        nothing = np.empty((0, 4), np.int64)
        total = 0
        for sender in range(borders[chunk], borders[chunk + 1]):
            if outgoing.indptr[sender + 1] - outgoing.indptr[sender] >= rule.receivers:
                total += _layers_of_sender(sender, (outgoing, incoming, pairs, time), rule, nothing)
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.zeros((counts[chunks], 4), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk]
        for sender in range(borders[chunk], borders[chunk + 1]):
            if outgoing.indptr[sender + 1] - outgoing.indptr[sender] >= rule.receivers and row < counts[chunk + 1]:
                world = (outgoing, incoming, pairs, time)
                row += _layers_of_sender(sender, world, rule, found[row : counts[chunk + 1]])
    kept: NDArray[np.int64] = _kept(found)
    return kept


@njit(cache=True, nogil=True)
def layer_evidence(
    outgoing: Adjacency,
    incoming: Adjacency,
    pairs: tuple[NDArray[np.int32], NDArray[np.int32]],
    time: NDArray[np.int64],
    rule: LayerRule,
    hit: tuple[int, int],
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """The transfers of one hit (account and stretch): ledger positions, rising, and each one's layer, 0 or 1.

    All transfers from the first to the second set in the stretch; all from the second to the third in it after the
    debtor's first receipt. Cost: a look-up for each pair.
    """
    world = (outgoing, incoming, pairs, time)
    sender, stretch = hit
    half = rule.window // 2
    start, stop = outgoing.indptr[sender], outgoing.indptr[sender + 1]
    low = _before(outgoing.time, start, stop, stretch * half)
    high = _before(outgoing.time, low, stop, stretch * half + rule.window)
    receivers = np.unique(outgoing.peer[low:high].astype(np.int64))
    scope = (_before(time, 0, time.size, stretch * half), _before(time, 0, time.size, stretch * half + rule.window))
    budget = rule.budget * (high - low)
    senders, _, _ = _payers(sender, receivers, scope, world, rule, budget)
    one = _between(senders, receivers, np.full(senders.size, scope[0], np.int64), scope[1], world)
    two = np.empty(0, np.int64)
    if rule.last > 0:
        third, _, _ = _payees((senders, receivers), scope, world, rule, budget)
        two = _between(receivers, third, _receipts(senders, receivers, scope, world), scope[1], world)
    both = np.concatenate((one, two))
    order = np.argsort(both)
    layer = np.zeros(both.size, np.int8)
    layer[one.size :] = 1
    return both[order], layer[order]


@njit(cache=True, nogil=True)
def _between(
    payers: NDArray[np.int64],
    payees: NDArray[np.int64],
    since: NDArray[np.int64],
    until: int,
    world: tuple[Adjacency, Adjacency, tuple[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int64]],
) -> NDArray[np.int64]:
    """Ledger positions of all transfers from `payers`, each from its own `since` on, to `payees`, before `until`."""
    outgoing = world[0]
    most = 0
    for a in payers:
        most += outgoing.indptr[a + 1] - outgoing.indptr[a]
    made = np.empty(most, np.int64)
    used = 0
    for k in range(payers.size):
        stop = outgoing.indptr[payers[k] + 1]
        for p in range(_below(outgoing.edge, outgoing.indptr[payers[k]], stop, since[k]), stop):
            if outgoing.edge[p] >= until:
                break
            if _holds(payees, outgoing.peer[p]):
                made[used] = outgoing.edge[p]
                used += 1
    return made[:used]
