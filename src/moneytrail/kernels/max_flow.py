"""The most money that can get from where it is to the exits, in time order, whatever the rule of tracing.

A maximum flow in int64 through the ledger unrolled in time. An account becomes a chain of nodes, and money goes from
one to the next by being kept. A node is a run of transfers that paid the account and the run of transfers that it paid
then: what came by the ones can leave by the others. So every edge leads forward in time. Where the balance is known, no
more is kept than that. The flow is found by push and relabel (Goldberg and Tarjan, A new approach to the maximum-flow
problem, 1988), in sweeps forward and backward in time; a minimum cut proves it. Oracle: ``tests/oracles/max_flow.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

ENDLESS = 2**62 - 1
"""More than can flow; two of it still fit."""

NOWHERE = -1

IMPATIENCE = 3
"""Distances are measured anew after as many looks at edges as one edge in three has: 1 to 4 are all right."""

MANY = 128
"""After so many rounds they become longer."""

# Columns of Work.edge.
FLOW, ROOM = 0, 1

# Columns of Cut.kept.
DEBTOR, CREDITOR = 0, 1


class Moves(NamedTuple):
    """Transfers in ledger order, and the money at stake.

    Attributes
    ----------
    debtor, creditor : int32[n]
        -1 where that side is absent; such a creditor is an exit.
    amount : int64[n]
        Minor units, 0 to ``2**61``.
    fresh : int64[n]
        How much of the amount is money at stake that the transfer brings from outside, 0 to the amount: what the debtor
        has at stake goes into the rest of the amount only.
    held : int64[accounts]
        Money at stake in each account before the first transfer, zero or more.
    exit : bool[accounts]
        What is there is gone, and what such an account pays carries nothing.

    Notes
    -----
    ``held.sum() + fresh.sum()`` may be ``2**61`` at most. Callers see to all of these bounds: here nothing is checked.
    """

    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    amount: NDArray[np.int64]
    fresh: NDArray[np.int64]
    held: NDArray[np.int64]
    exit: NDArray[np.bool_]


class Edges(NamedTuple):
    """Transfers by node, then in ledger order.

    Attributes
    ----------
    indptr : int64[nodes + 2]
    place : int32[m]
        Ledger places.
    peer : int32[m]
        The node at the other end.
    """

    indptr: NDArray[np.int64]
    place: NDArray[np.int32]
    peer: NDArray[np.int32]


class Network(NamedTuple):
    """A ledger unrolled in time. Every edge leads to a node of a higher number; the exit has the highest, ``nodes``.

    Attributes
    ----------
    leaves, arrives : int32[n]
        The node that a transfer takes from, and the one that it brings to; :data:`NOWHERE` where it carries nothing:
        the side is absent, an exit pays, the creditor pays nothing later, an account pays itself, the amount is zero.
    start : int32[accounts]
        The first node of each account, :data:`NOWHERE` if it pays nothing.
    next : int32[nodes]
        The same account's next node, or :data:`NOWHERE`.
    keep : int64[nodes]
        How much can be kept until then: the balance just after `place`, :data:`ENDLESS` where it is not known.
    place : int32[nodes]
        The first transfer that the node pays. Where a balance is known, a node pays one transfer, or none: then it is a
        transfer that the account was paid while overdrawn, or by itself.
    outgoing, incoming : Edges
    """

    leaves: NDArray[np.int32]
    arrives: NDArray[np.int32]
    start: NDArray[np.int32]
    next: NDArray[np.int32]
    keep: NDArray[np.int64]
    place: NDArray[np.int32]
    outgoing: Edges
    incoming: Edges


class Cut(NamedTuple):
    """What would have to be stopped for nothing to get out. It is worth what gets out: so no more can.

    Attributes
    ----------
    transfer : bool[n]
        These transfers, for all of their amounts that is not fresh.
    fresh : bool[n]
        What these bring from outside.
    held : bool[accounts]
        What these accounts hold at first.
    kept : bool[n, 2]
        What is kept just after these transfers by the debtor, and by the creditor: all that the balance allows.
    worth : int
        The sum of these, minor units.
    """

    transfer: NDArray[np.bool_]
    fresh: NDArray[np.bool_]
    held: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    worth: int


class Escape(NamedTuple):
    """The most that can get out, and one way in which it can.

    Attributes
    ----------
    total : int
    carried : int64[n]
        What of each transfer gets out in the end.
    brought : int64[n]
        How much of that is fresh in this transfer.
    remaining : int64[accounts]
        What does not get out, counted where it was at first: in the account that held it, or that a transfer brought it
        to; with a debtor whose transfer is frozen. ``total + remaining.sum() == held.sum() + fresh.sum()``.
    cut : Cut
        Of all minimum cuts the one nearest to the exits.
    """

    total: int
    carried: NDArray[np.int64]
    brought: NDArray[np.int64]
    remaining: NDArray[np.int64]
    cut: Cut


class Work(NamedTuple):
    """What changes while a flow is sought.

    Attributes
    ----------
    edge : int64[n, 2]
        What a transfer carries, and how much more it can.
    kept : int64[nodes, 2]
        The same of what is kept until the next node.
    excess : int64[nodes + 1]
        What came to a node and has not left it.
    label : int32[nodes + 1]
        At most as many edges as it is to the exit; more than `nodes` where no way leads there.
    arc : int64[nodes]
        Which edge of a node is tried next.
    queue : int32[nodes + 1]
    before : int32[nodes]
        The same account's node before, or :data:`NOWHERE`.
    """

    edge: NDArray[np.int64]
    kept: NDArray[np.int64]
    excess: NDArray[np.int64]
    label: NDArray[np.int32]
    arc: NDArray[np.int64]
    queue: NDArray[np.int32]
    before: NDArray[np.int32]


# The network


@njit(cache=True, nogil=True)
def _closing(moves: Moves, known: NDArray[np.bool_], opening: NDArray[np.int64]) -> NDArray[np.int64]:
    """Balances after the last transfer, where they are known."""
    balance = opening.copy()
    for p in range(moves.amount.size):
        debtor, creditor = moves.debtor[p], moves.creditor[p]
        if debtor != creditor and debtor >= 0 and known[debtor]:
            balance[debtor] -= moves.amount[p]
        if debtor != creditor and creditor >= 0 and known[creditor]:
            balance[creditor] += moves.amount[p]
    return balance


@njit(cache=True, nogil=True)
def _chained(moves: Moves, known: NDArray[np.bool_], opening: NDArray[np.int64]) -> Network:
    """The network without its edges by node, its nodes numbered as they are met backward through the ledger.

    The exit's number is one that no node can have: as many as there could be.
    """
    n = moves.amount.size
    gone = 2 * n if known.any() else n
    leaves, arrives = np.full(n, NOWHERE, np.int32), np.full(n, NOWHERE, np.int32)
    later, keep, place = np.empty(gone, np.int32), np.empty(gone, np.int64), np.empty(gone, np.int32)
    current, paid = np.full(known.size, NOWHERE, np.int32), np.zeros(known.size, np.bool_)
    balance = _closing(moves, known, opening)
    nodes = 0
    for p in range(n - 1, -1, -1):
        debtor, creditor, amount = moves.debtor[p], moves.creditor[p], moves.amount[p]
        own = debtor == creditor
        if amount == 0:
            continue
        if creditor < 0 or moves.exit[creditor]:
            arrives[p] = gone
        else:
            after = balance[creditor]
            if known[creditor] and not own:
                balance[creditor] -= amount
            # Otherwise what was kept before, and what the transfer brings, can be kept without a bound of its own.
            if known[creditor] and (own or balance[creditor] < 0) and current[creditor] >= 0:
                later[nodes], keep[nodes], place[nodes] = current[creditor], max(after, 0), p
                current[creditor] = nodes
                nodes += 1
            arrives[p] = current[creditor]
            paid[creditor] = True
        if debtor < 0 or own or moves.exit[debtor]:
            continue
        if current[debtor] < 0 or paid[debtor] or known[debtor]:
            later[nodes], keep[nodes] = current[debtor], max(balance[debtor], 0) if known[debtor] else ENDLESS
            current[debtor] = nodes
            paid[debtor] = False
            nodes += 1
        leaves[p] = current[debtor]
        place[leaves[p]] = p
        if known[debtor]:
            balance[debtor] += amount
    none = Edges(np.empty(0, np.int64), later[:0], later[:0])
    return Network(leaves, arrives, current, later[:nodes], keep[:nodes], place[:nodes], none, none)


@njit(cache=True, nogil=True)
def _by_node(node: NDArray[np.int32], peer: NDArray[np.int32], nodes: int) -> Edges:
    """The transfers that have a node at both ends."""
    indptr = np.zeros(nodes + 2, np.int64)
    for p in range(node.size):
        if node[p] >= 0 and peer[p] >= 0:
            indptr[node[p] + 1] += 1
    for u in range(nodes + 1):
        indptr[u + 1] += indptr[u]
    edges = Edges(indptr, np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.int32))
    used = indptr[:-1].copy()
    for p in range(node.size):
        if node[p] >= 0 and peer[p] >= 0:
            e = used[node[p]]
            edges.place[e], edges.peer[e] = p, peer[p]
            used[node[p]] += 1
    return edges


@njit(cache=True, nogil=True)
def unroll(moves: Moves, known: NDArray[np.bool_], opening: NDArray[np.int64]) -> Network:
    """Unroll a ledger in time.

    Parameters
    ----------
    moves : Moves
        Neither `fresh` nor `held` matters here: they may differ in :func:`max_flow`.
    known : bool[accounts]
        Money at stake that such an account keeps is never more than its balance is, just after any transfer (the lowest
        intermediate balance); what it holds at first is the caller's to bound.
    opening : int64[accounts]
        Balances before the first transfer, minor units; they matter where known. Balances stay within ``2**61``
        either way: the caller sees to it.

    Returns
    -------
    Network
        At most one node a transfer, two where balances are known.

    Notes
    -----
    Linear in transfers and accounts. 24 bytes a transfer stay, and 32 a node; while it runs, as many again.
    """
    chained = _chained(moves, known, opening)
    leaves, arrives, start = chained.leaves, chained.arrives, chained.start
    nodes, gone = chained.next.size, 2 * moves.amount.size if known.any() else moves.amount.size
    # By the first transfer that each pays: what leads there was paid before.
    number, order = np.empty(gone + 1, np.int32), np.empty(nodes, np.int32)
    number[gone] = nodes
    done = 0
    for p in range(leaves.size):
        for u in (leaves[p], arrives[p]):
            if u >= 0 and u != gone and chained.place[u] == p:
                order[done], number[u] = u, done
                done += 1
    for p in range(leaves.size):
        if leaves[p] >= 0:
            leaves[p] = number[leaves[p]]
        if arrives[p] >= 0:
            arrives[p] = number[arrives[p]]
    for a in range(start.size):
        if moves.exit[a]:
            start[a] = nodes
        elif start[a] >= 0:
            start[a] = number[start[a]]
    following = chained.next[order]
    for u in range(nodes):
        if following[u] >= 0:
            following[u] = number[following[u]]
    outgoing, incoming = _by_node(leaves, arrives, nodes), _by_node(arrives, leaves, nodes)
    return Network(leaves, arrives, start, following, chained.keep[order], chained.place[order], outgoing, incoming)


# The flow


@njit(cache=True, nogil=True)
def _prepared(moves: Moves, network: Network, stopped: NDArray[np.bool_]) -> tuple[Work, NDArray[np.int64]]:
    """All edges empty, and all money at stake where it is at first, ``int64[nodes + 2]``: the last is nowhere."""
    n, nodes = moves.amount.size, network.next.size
    supply = np.zeros(nodes + 2, np.int64)
    edge, kept = np.zeros((n, 2), np.int64), np.zeros((nodes, 2), np.int64)
    for p in range(n):
        if not stopped[p]:
            supply[network.arrives[p]] += moves.fresh[p]
            edge[p, ROOM] = moves.amount[p] - moves.fresh[p]
    for a in range(moves.held.size):
        supply[network.start[a]] += moves.held[a]
    before = np.full(nodes, NOWHERE, np.int32)
    for u in range(nodes):
        if network.next[u] >= 0:
            before[network.next[u]] = u
            kept[u, ROOM] = network.keep[u]
    label, queue = np.empty(nodes + 1, np.int32), np.empty(nodes + 1, np.int32)
    return Work(edge, kept, supply[:-1].copy(), label, np.empty(nodes, np.int64), queue, before), supply


@njit(cache=True, nogil=True)
def _narrow(network: Network, work: Work) -> int:
    """Take from the room of edges what no flow can need: what cannot go on from there, then what cannot come there.

    Returns how many edges still have room.
    """
    nodes = network.next.size
    indptr, place, peer = network.outgoing
    most = np.zeros(nodes + 1, np.int64)
    most[nodes] = ENDLESS
    for u in range(nodes - 1, -1, -1):
        for e in range(indptr[u], indptr[u + 1]):
            room = min(work.edge[place[e], ROOM], most[peer[e]])
            work.edge[place[e], ROOM] = room
            most[u] = min(most[u] + room, ENDLESS)
        if network.next[u] >= 0:
            work.kept[u, ROOM] = min(work.kept[u, ROOM], most[network.next[u]])
            most[u] = min(most[u] + work.kept[u, ROOM], ENDLESS)
    most[:] = work.excess
    usable = 0
    for u in range(nodes):
        for e in range(indptr[u], indptr[u + 1]):
            room = min(work.edge[place[e], ROOM], most[u])
            work.edge[place[e], ROOM] = room
            most[peer[e]] = min(most[peer[e]] + room, ENDLESS)
            usable += room > 0
        if network.next[u] >= 0:
            room = min(work.kept[u, ROOM], most[u])
            work.kept[u, ROOM] = room
            most[network.next[u]] = min(most[network.next[u]] + room, ENDLESS)
            usable += room > 0
    return usable


@njit(cache=True, nogil=True)
def _reach(work: Work, u: int, far: int, size: int) -> int:
    """Label a node, and those from which money need only be kept to be there; returns how many are in the queue."""
    while True:
        work.label[u], work.queue[size] = far, u
        size += 1
        u = work.before[u]
        if u < 0 or work.label[u] <= far or work.kept[u, ROOM] == 0:
            return size


@njit(cache=True, nogil=True)
def _measure(network: Network, work: Work) -> int:
    """Label every node with its distance to the exit. Returns how many have a way there.

    To be kept counts as no distance, so that a long history is not a long way; to be taken back counts.
    """
    nodes = network.next.size
    incoming, outgoing = network.incoming, network.outgoing
    label, queue = work.label, work.queue
    label[:] = nodes + 1
    label[nodes], queue[0] = 0, nodes
    done, size = 0, 1
    while done < size:
        v = queue[done]
        far = label[v] + 1
        done += 1
        for e in range(incoming.indptr[v], incoming.indptr[v + 1]):
            u = incoming.peer[e]
            if label[u] > far and work.edge[incoming.place[e], ROOM] > 0:
                size = _reach(work, u, far, size)
        if v == nodes:
            continue
        for e in range(outgoing.indptr[v], outgoing.indptr[v + 1]):
            u = outgoing.peer[e]
            if label[u] > far and work.edge[outgoing.place[e], FLOW] > 0:
                size = _reach(work, u, far, size)
        u = network.next[v]
        if u >= 0 and label[u] > far and work.kept[v, FLOW] > 0:
            size = _reach(work, u, far, size)
    return size


@njit(cache=True, nogil=True)
def _discharge(network: Network, work: Work, u: int) -> int:
    """Push on what a node has too much of, to nodes one step nearer to the exit, and label it anew where none is left.

    Its edges, in the order in which they are tried: transfers that it pays, what it keeps, transfers that paid it, what
    it was kept from; the last two are taken back. Returns how many were looked at.
    """
    begin, until = network.outgoing.indptr[u], network.incoming.indptr[u]
    keeps = network.outgoing.indptr[u + 1] - begin
    was_kept = keeps + 1 + network.incoming.indptr[u + 1] - until
    until -= keeps + 1
    far = network.next.size + 1
    excess, here, arc = work.excess[u], work.label[u], work.arc[u]
    looked, nearest, all_seen = 0, far, arc == 0
    while True:
        if arc > was_kept:
            if all_seen:
                here = nearest
                if here >= far:
                    break
            nearest, all_seen, arc = far, True, 0
        looked += 1
        if arc < keeps:
            v = network.outgoing.peer[begin + arc]
            lane, column = work.edge[network.outgoing.place[begin + arc]], FLOW
        elif arc == keeps:
            v, lane, column = network.next[u], work.kept[u], FLOW
        elif arc < was_kept:
            v = network.incoming.peer[until + arc]
            lane, column = work.edge[network.incoming.place[until + arc]], ROOM
        else:
            v, column = work.before[u], ROOM
            lane = work.kept[v]
        if v >= 0 and lane[1 - column] > 0:
            if work.label[v] == here - 1:
                pushed = min(lane[1 - column], excess)
                lane[column] += pushed
                lane[1 - column] -= pushed
                work.excess[v] += pushed
                excess -= pushed
                if excess == 0:
                    break
            if lane[1 - column] > 0:
                nearest = min(nearest, work.label[v] + 1)
        arc += 1
    work.excess[u], work.label[u], work.arc[u] = excess, here, arc
    return looked


@njit(cache=True, nogil=True)
def _push(network: Network, work: Work, usable: int) -> None:
    """Bring as much to the exit as gets there; what does not is left wherever it was stopped."""
    nodes = network.next.size
    pushing, rounds = True, 0
    while pushing:
        # More and more, so that in the end one round is long enough: that labels only rise proves it only within one.
        rounds += 1
        patience = (_measure(network, work) + usable) // IMPATIENCE * (1 + rounds // MANY)
        work.arc[:] = 0
        pushing, moved = False, True
        while moved and patience >= 0:
            moved = False
            for step in range(2 * nodes):
                u = step if step < nodes else 2 * nodes - 1 - step
                if work.excess[u] > 0 and work.label[u] <= nodes:
                    patience -= _discharge(network, work, u)
                    pushing = moved = True
            patience -= nodes // 8


@njit(cache=True, nogil=True)
def _give_back(network: Network, work: Work, supply: NDArray[np.int64]) -> None:
    """Take back what does not get out, from the last node to the first; it goes off the supplies that it came from."""
    for u in range(network.next.size - 1, -1, -1):
        excess = work.excess[u]
        back = min(excess, supply[u])
        supply[u] -= back
        excess -= back
        v = work.before[u]
        if v >= 0:
            back = min(excess, work.kept[v, FLOW])
            work.kept[v, FLOW] -= back
            work.excess[v] += back
            excess -= back
        e = network.incoming.indptr[u]
        while excess > 0:
            p = network.incoming.place[e]
            back = min(excess, work.edge[p, FLOW])
            work.edge[p, FLOW] -= back
            work.excess[network.incoming.peer[e]] += back
            excess -= back
            e += 1


@njit(cache=True, nogil=True)
def _cut(moves: Moves, network: Network, work: Work, stopped: NDArray[np.bool_]) -> Cut:
    """The edges from nodes without a way to the exit to nodes with one."""
    n, nodes = moves.amount.size, network.next.size
    # Room was narrowed: now it is what truly is left.
    for p in range(n):
        work.edge[p, ROOM] = 0 if stopped[p] else moves.amount[p] - moves.fresh[p] - work.edge[p, FLOW]
    work.kept[:, ROOM] = network.keep - work.kept[:, FLOW]
    _measure(network, work)
    transfer, fresh, worth = np.zeros(n, np.bool_), np.zeros(n, np.bool_), 0
    held, kept = np.zeros(moves.held.size, np.bool_), np.zeros((n, 2), np.bool_)
    for p in range(n):
        u, v = network.leaves[p], network.arrives[p]
        if stopped[p] or v < 0 or work.label[v] > nodes:
            continue
        fresh[p] = moves.fresh[p] > 0
        worth += moves.fresh[p]
        if u >= 0 and work.label[u] > nodes:
            transfer[p] = moves.amount[p] > moves.fresh[p]
            worth += moves.amount[p] - moves.fresh[p]
    for a in range(held.size):
        u = network.start[a]
        if u >= 0 and work.label[u] <= nodes:
            held[a] = moves.held[a] > 0
            worth += moves.held[a]
    for u in range(nodes):
        v = network.next[u]
        if v >= 0 and work.label[u] > nodes and work.label[v] <= nodes:
            kept[network.place[u], DEBTOR if network.leaves[network.place[u]] == u else CREDITOR] = network.keep[u] > 0
            worth += network.keep[u]
    return Cut(transfer, fresh, held, kept, worth)


@njit(cache=True, nogil=True)
def max_flow(moves: Moves, network: Network, frozen: NDArray[np.bool_], since: int) -> Escape:
    """The most money that can get out, if accounts are frozen.

    Parameters
    ----------
    moves : Moves
    network : Network
        Of these transfers: one serves for any `held`, `fresh` and freeze.
    frozen : bool[accounts]
        Such an account pays nothing from the ledger place `since` on; what arrives stays. What such a transfer would
        have brought from outside does not come. To freeze an exit stops what it pays, not what it is paid.
    since : int

    Returns
    -------
    Escape
        Balances that bound what is kept are those of the ledger as it was, without the freeze.

    Notes
    -----
    A few to some dozens of passes over the network as a rule, a hundred and more where all accounts pay each other all
    the time; the only bound that is proved is nodes squared times edges, and for a single round. 17 bytes a transfer
    and 60 a node, and the result. The same bits in every run.
    """
    n = moves.amount.size
    stopped = np.zeros(n, np.bool_)
    for p in range(max(since, 0), n):
        stopped[p] = moves.debtor[p] >= 0 and frozen[moves.debtor[p]]
    work, supply = _prepared(moves, network, stopped)
    _push(network, work, _narrow(network, work))
    _give_back(network, work, supply)
    total, remaining, brought = 0, moves.held.copy(), np.zeros(n, np.int64)
    for a in range(remaining.size):
        if network.start[a] >= 0:
            used = min(supply[network.start[a]], moves.held[a])
            supply[network.start[a]] -= used
            remaining[a] -= used
            total += used
    for p in range(n):
        if stopped[p]:
            remaining[moves.debtor[p]] += moves.fresh[p]
            continue
        if network.arrives[p] >= 0:
            brought[p] = min(supply[network.arrives[p]], moves.fresh[p])
            supply[network.arrives[p]] -= brought[p]
            total += brought[p]
        if moves.fresh[p] > brought[p]:
            remaining[moves.creditor[p]] += moves.fresh[p] - brought[p]
    carried = work.edge[:, FLOW] + brought
    return Escape(total, carried, brought, remaining, _cut(moves, network, work, stopped))
