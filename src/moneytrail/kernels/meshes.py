"""Meshes: a set of accounts pays most of another set. Bipartite layers, found from any transfer that completes one.

Takes adjacencies that hold transfers between two different accounts only.
Oracle: ``tests/oracles/meshes.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.ordering import Adjacency


class MeshRule(NamedTuple):
    """When a set pays another one.

    Attributes
    ----------
    window : int
        Microseconds. Transfers in ``(t - window, t]``; also the length of a period.
    senders, receivers : int
        At least so many.
    share : int
        Thousandths of all pairs of both sets that must be there.
    links : int
        Each member has at least so many of the pairs.
    busiest : int
        An account with more transfers on its side in the window stands in no set.
    """

    window: int
    senders: int
    receivers: int
    share: int
    links: int
    busiest: int


class _Room(NamedTuple):
    """What one thread works with: the number of each account in either set, -1 outside; comes and goes so."""

    sender: NDArray[np.int32]
    receiver: NDArray[np.int32]


@njit(cache=True, nogil=True)
def _window(account: int, newest: int, oldest: int, side: Adjacency) -> tuple[int, int]:
    """The account's positions up to the ledger position `newest` and later than the time `oldest`."""
    low = side.indptr[account]
    high = side.indptr[account + 1]
    while low < high:
        middle = (low + high) // 2
        if side.edge[middle] <= newest:
            low = middle + 1
        else:
            high = middle
    stop = low
    low = side.indptr[account]
    while low < high:
        middle = (low + high) // 2
        if side.time[middle] <= oldest:
            low = middle + 1
        else:
            high = middle
    return low, stop


@njit(cache=True, nogil=True)
def _add(
    accounts: NDArray[np.int64],
    number: int,
    of: NDArray[np.int64],
    many: int,
    scope: tuple[int, int, int],
    sides: tuple[Adjacency, Adjacency],
    marks: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> tuple[NDArray[np.int64], int]:
    """Add to `accounts` all at the other end of the first `many` of `of`, unless too busy or in the other set."""
    near, far = sides
    own, other = marks
    for k in range(many):
        low, stop = _window(of[k], scope[0], scope[1], near)
        for p in range(low, stop):
            x = near.peer[p]
            if own[x] >= 0 or other[x] >= 0:
                continue
            first, last = _window(x, scope[0], scope[1], far)
            if last - first > scope[2]:
                continue
            if number == accounts.size:
                accounts = np.concatenate((accounts, np.empty(number, np.int64)))
            accounts[number] = x
            own[x] = number
            number += 1
    return accounts, number


@njit(cache=True, nogil=True)
def _pairs(
    senders: NDArray[np.int64], scope: tuple[int, int, int], outgoing: Adjacency, room: _Room, receivers: int
) -> NDArray[np.int64]:
    """The pairs of both sets that are there: sender, receiver, ledger position of the first transfer."""
    most = 0
    for a in senders:
        low, stop = _window(a, scope[0], scope[1], outgoing)
        most += stop - low
    made = np.empty((3, most), np.int64)
    seen = np.full(receivers, -1, np.int64)
    used = 0
    for k in range(senders.size):
        low, stop = _window(senders[k], scope[0], scope[1], outgoing)
        for p in range(low, stop):
            b = room.receiver[outgoing.peer[p]]
            if b >= 0 and seen[b] != k:
                seen[b] = k
                made[0, used], made[1, used], made[2, used] = k, b, outgoing.edge[p]
                used += 1
    return made[:, :used]


@njit(cache=True, nogil=True)
def _core(pairs: NDArray[np.int64], degree: NDArray[np.int64], senders: int, links: int) -> int:
    """Take out all pairs of members with too few, until there are none such; how many pairs are left."""
    while True:
        left = 0
        gone = False
        for k in range(pairs.shape[1]):
            if pairs[0, k] < 0:
                continue
            a, b = pairs[0, k], senders + pairs[1, k]
            if degree[a] < links or degree[b] < links:
                pairs[0, k] = -1
                degree[a] -= 1
                degree[b] -= 1
                gone = True
            else:
                left += 1
        if not gone:
            return left


@njit(cache=True, nogil=True)
def _sparsest(degree: NDArray[np.int64], opening: NDArray[np.int64], senders: int, sizes: tuple[int, int]) -> int:
    """The member with the smallest share of the other set; of equals the one with the latest first transfer.

    Of these the receiver. Senders come first in `degree`; who has left has 0. `sizes` are those of what is left.
    """
    worst = -1
    for k in range(degree.size):
        if degree[k] == 0:
            continue
        if worst < 0:
            worst = k
            continue
        mine = degree[k] * sizes[1 if worst < senders else 0]
        theirs = degree[worst] * sizes[1 if k < senders else 0]
        later = opening[k] > opening[worst] or (opening[k] == opening[worst] and k > worst)
        if mine < theirs or (mine == theirs and later):
            worst = k
    return worst


@njit(cache=True, nogil=True)
def _peel(pairs: NDArray[np.int64], sizes: tuple[int, int], ends: tuple[int, int], rule: MeshRule) -> int:
    """Unit kernel: take members out one by one until the rest are dense. How many pairs are left; 0 where too few.

    A pair that has left has -1 in its first row. `ends` are the sender and the receiver that must stay.
    """
    senders = sizes[0]
    degree = np.zeros(sizes[0] + sizes[1], np.int64)
    opening = np.full(degree.size, 2**62, np.int64)
    for k in range(pairs.shape[1]):
        for x in (pairs[0, k], senders + pairs[1, k]):
            degree[x] += 1
            opening[x] = min(opening[x], pairs[2, k])
    while True:
        left = _core(pairs, degree, senders, rule.links)
        if not degree[ends[0]] or not degree[senders + ends[1]]:
            return 0
        many = np.count_nonzero(degree[:senders])
        few = np.count_nonzero(degree[senders:])
        if many < rule.senders or few < rule.receivers:
            return 0
        if left * 1000 >= rule.share * many * few:
            return int(left)
        worst = _sparsest(degree, opening, senders, (many, few))
        for k in range(pairs.shape[1]):
            if pairs[0, k] >= 0 and (pairs[0, k] == worst or senders + pairs[1, k] == worst):
                degree[pairs[0, k]] -= 1
                degree[senders + pairs[1, k]] -= 1
                pairs[0, k] = -1


@njit(cache=True, nogil=True)
def _mesh_at(
    p: int,
    account: int,
    outgoing: Adjacency,
    incoming: Adjacency,
    rule: MeshRule,
    room: _Room,
) -> tuple[int, NDArray[np.int64]]:
    """The mesh that the debit at position `p` completes: its pairs, and both accounts of each; 0 for none."""
    e, t = outgoing.edge[p], outgoing.time[p]
    scope = (e, t - rule.window, rule.busiest)
    none = np.empty((2, 0), np.int64)
    low, stop = _window(account, e, scope[1], outgoing)
    y = outgoing.peer[p]
    first, last = _window(y, e, scope[1], incoming)
    if stop - low < rule.links or last - first < rule.links or max(stop - low, last - first) > rule.busiest:
        return 0, none
    senders = np.empty(16, np.int64)
    receivers = np.empty(16, np.int64)
    own = np.empty(1, np.int64)
    own[0] = account
    room.sender[account] = 0
    receivers, few = _add(receivers, 0, own, 1, scope, (outgoing, incoming), (room.receiver, room.sender))
    room.sender[account] = -1
    senders, many = _add(senders, 0, receivers, few, scope, (incoming, outgoing), (room.sender, room.receiver))
    receivers, few = _add(receivers, few, senders, many, scope, (outgoing, incoming), (room.receiver, room.sender))
    found = 0
    proof = none
    if many >= rule.senders and few >= rule.receivers and room.sender[account] >= 0 and room.receiver[y] >= 0:
        pairs = _pairs(senders[:many], scope, outgoing, room, few)
        found = _peel(pairs, (many, few), (room.sender[account], room.receiver[y]), rule)
        if found:
            proof = np.empty((2, found), np.int64)
            k = 0
            for j in range(pairs.shape[1]):
                if pairs[0, j] >= 0:
                    proof[0, k] = senders[pairs[0, j]]
                    proof[1, k] = receivers[pairs[1, j]]
                    k += 1
    for k in range(many):
        room.sender[senders[k]] = -1
    for k in range(few):
        room.receiver[receivers[k]] = -1
    return found, proof


@njit(cache=True, nogil=True)
def _periods(account: int, outgoing: Adjacency, window: int) -> int:
    """How many periods of one window length the debits of `account` touch."""
    start = outgoing.indptr[account]
    count = 0
    for p in range(start, outgoing.indptr[account + 1]):
        count += p == start or outgoing.time[p] // window != outgoing.time[p - 1] // window
    return count


@njit(cache=True, nogil=True, parallel=True)
def meshes(outgoing: Adjacency, incoming: Adjacency, rule: MeshRule, borders: NDArray[np.int64]) -> NDArray[np.int64]:
    """The largest mesh of every account and period that one of its debits completes.

    At a debit from x to y, over the window that ends there: receivers are all whom x paid; senders are all who paid
    one of these and are none of them; receivers are also all whom a sender paid and who are no senders. Whoever has
    more transfers on its side in the window than the busiest allowed is left out. Of these sets members leave one by
    one: first those with too few links, then, while too few of all pairs are there, the one with the smallest share of
    the other set (of equals the one whose first transfer is the latest, of these the receiver). What is left is a mesh
    if both sets are large enough and x and y are among them. Of one period's meshes the one with most pairs is kept,
    then the earliest.

    Parameters
    ----------
    outgoing, incoming : Adjacency
        Of transfers between two different accounts.
    rule : MeshRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks` on `outgoing`; a chunk is one thread's alone.

    Returns
    -------
    int64[found, 4]
        Account, pairs, position in `outgoing` of the completing debit, ledger position of the period's first one that
        completed any. In order of account and period. Cost: for each debit the transfers within three steps in the
        window, of accounts that are not too busy; the square of a set's members for each that leaves.
    """
    chunks = borders.size - 1
    counts = np.zeros(chunks + 1, np.int64)
    for chunk in prange(chunks):
        total = 0
        for account in range(borders[chunk], borders[chunk + 1]):
            total += _periods(account, outgoing, rule.window)
        counts[chunk + 1] = total
    for chunk in range(chunks):
        counts[chunk + 1] += counts[chunk]
    found = np.zeros((counts[chunks], 4), np.int64)
    for chunk in prange(chunks):
        row = counts[chunk] - 1
        accounts = outgoing.indptr.size - 1
        room = _Room(np.full(accounts, -1, np.int32), np.full(accounts, -1, np.int32))
        for account in range(borders[chunk], borders[chunk + 1]):
            start = outgoing.indptr[account]
            for p in range(start, outgoing.indptr[account + 1]):
                if p == start or outgoing.time[p] // rule.window != outgoing.time[p - 1] // rule.window:
                    row += 1
                many, _ = _mesh_at(p, account, outgoing, incoming, rule, room)
                if many and found[row, 1] == 0:
                    found[row, 3] = outgoing.edge[p]
                if many > found[row, 1]:
                    found[row, 0] = account
                    found[row, 1] = many
                    found[row, 2] = p
    kept: NDArray[np.int64] = found[found[:, 1] > 0]
    return kept


@njit(cache=True, nogil=True)
def mesh_pairs(found: NDArray[np.int64], outgoing: Adjacency, incoming: Adjacency, rule: MeshRule) -> NDArray[np.int64]:
    """The pairs of meshes, one after the other: int64[2, pairs], who paid whom. `found` is from :func:`meshes`."""
    accounts = outgoing.indptr.size - 1
    room = _Room(np.full(accounts, -1, np.int32), np.full(accounts, -1, np.int32))
    proof = np.empty((2, found[:, 1].sum()), np.int64)
    used = 0
    for row in range(found.shape[0]):
        many, pairs = _mesh_at(found[row, 2], found[row, 0], outgoing, incoming, rule, room)
        proof[:, used : used + many] = pairs
        used += many
    return proof
