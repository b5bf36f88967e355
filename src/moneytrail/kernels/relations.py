"""What two accounts were to each other when a transfer was made: strangers, acquaintances, affiliated.

Oracle: ``tests/oracles/relations.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


class RelationRule(NamedTuple):
    """When two accounts count as affiliated.

    Attributes
    ----------
    lookback : int
        Microseconds. Only transfers in ``(t - lookback, t]`` are looked at.
    gap : int
        Microseconds. Regular dealings count once they are older than this: transfers in ``(t - lookback, t - gap]``.
    payments : int
        How many such transfers, in either direction and in at least two calendar months (UTC), make a tie.
    """

    lookback: int
    gap: int
    payments: int


class Relations(NamedTuple):
    """For every transfer, in ledger order, what its two accounts were to each other at that moment.

    Attributes
    ----------
    affiliated : bool[n]
        They share a party or a hashed attribute, or had regular dealings before. ``False`` for transfers to oneself
        and with one side absent, which join no pair.
    stranger : bool[n]
        Pushed from one account to another that is not affiliated. Never one that the payee pulled (direct debit), that
        went through a card scheme, that the bank booked itself, that stayed with one account or lacks a side.
    first : bool[n]
        No transfer between the two, either way, earlier in the lookback.
    recent : int32[n]
        Transfers the same way in the lookback, this one included.
    previous, following : int32[n]
        Ledger position of the nearest earlier and later *stranger's* transfer the same way, -1 where none.
    repeat_of, repeated_by : int32[n]
        The same among all transfers of the pair.
    """

    affiliated: NDArray[np.bool_]
    stranger: NDArray[np.bool_]
    first: NDArray[np.bool_]
    recent: NDArray[np.int32]
    previous: NDArray[np.int32]
    following: NDArray[np.int32]
    repeat_of: NDArray[np.int32]
    repeated_by: NDArray[np.int32]


@njit(cache=True, nogil=True)
def _linked(links: NDArray[np.int32], a: int, b: int) -> bool:
    for k in range(links.shape[1]):
        if links[a, k] >= 0 and links[a, k] == links[b, k]:
            return True
    return False


@njit(cache=True, nogil=True)
def _relate_pair(
    edges: NDArray[np.int32],
    debtor: NDArray[np.int32],
    moments: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.bool_]],
    rule: RelationRule,
    linked: bool,
    out: Relations,
) -> None:
    """Unit kernel: the transfers of one pair, in ledger order. Three pointers that only move on: linear."""
    time, month, pulled = moments
    oldest = 0
    settled = 0
    forward = 0
    last_forward = -1
    last_backward = -1
    latest_forward = -1
    latest_backward = -1
    first_debtor = debtor[edges[0]]
    for i in range(edges.size):
        e = edges[i]
        while time[edges[oldest]] <= time[e] - rule.lookback:
            if debtor[edges[oldest]] == first_debtor:
                forward -= 1
            oldest += 1
        while settled < i and time[edges[settled]] <= time[e] - rule.gap:
            settled += 1
        is_forward = debtor[e] == first_debtor
        if is_forward:
            forward += 1
        latest = latest_forward if is_forward else latest_backward
        out.repeat_of[e] = latest
        if latest >= 0:
            out.repeated_by[latest] = e
        if is_forward:
            latest_forward = e
        else:
            latest_backward = e
        out.first[e] = i == oldest
        out.recent[e] = forward if is_forward else i - oldest + 1 - forward
        regular = settled - oldest >= rule.payments and month[edges[oldest]] != month[edges[settled - 1]]
        out.affiliated[e] = linked or regular
        if linked or regular or pulled[e]:
            continue
        out.stranger[e] = True
        last = last_forward if is_forward else last_backward
        out.previous[e] = last
        if last >= 0:
            out.following[last] = e
        if is_forward:
            last_forward = e
        else:
            last_backward = e


@njit(cache=True, nogil=True, parallel=True)
def relate(
    groups: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]],
    sides: tuple[NDArray[np.int32], NDArray[np.int32]],
    moments: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.bool_]],
    links: NDArray[np.int32],
    rule: RelationRule,
) -> Relations:
    """Relations of every transfer. Each pair is one thread's alone; the result does not depend on the threads.

    Parameters
    ----------
    groups : (indptr int64[accounts + 1], edge int32[m], borders int64[chunks + 1])
        From :func:`ordering.pair_order` and :func:`ordering.cost_chunks`.
    sides : (debtor int32[n], creditor int32[n])
        In ledger order, -1 where absent.
    moments : (time int64[n], month int32[n], pulled bool[n])
        Microseconds UTC, the calendar month as a running number, and whether the debtor did not push the transfer.
    links : int32[accounts, k]
        Party and hashed attributes as numbers, -1 where unknown.
    rule : RelationRule

    Returns
    -------
    Relations
        Cost: linear in the transfers.
    """
    indptr, grouped, borders = groups
    debtor, creditor = sides
    n = debtor.size
    out = Relations(
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
        np.zeros(n, np.int32),
        np.full(n, -1, np.int32),
        np.full(n, -1, np.int32),
        np.full(n, -1, np.int32),
        np.full(n, -1, np.int32),
    )
    for chunk in prange(borders.size - 1):
        start = indptr[borders[chunk]]
        stop = indptr[borders[chunk + 1]]
        while start < stop:
            e = grouped[start]
            small, large = min(debtor[e], creditor[e]), max(debtor[e], creditor[e])
            end = start + 1
            while end < stop:
                f = grouped[end]
                if min(debtor[f], creditor[f]) != small or max(debtor[f], creditor[f]) != large:
                    break
                end += 1
            _relate_pair(grouped[start:end], debtor, moments, rule, _linked(links, small, large), out)
            start = end
    return out


@njit(cache=True, nogil=True)
def strike_out(
    previous: NDArray[np.int32], following: NDArray[np.int32], struck: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Take some strangers' transfers out of the chains of their pairs.

    Parameters
    ----------
    previous, following : int32[n]
        As in :class:`Relations`.
    struck : int64[k]
        Ledger positions of strangers' transfers.

    Returns
    -------
    (int32[n], int32[n])
        New chains that pass over the struck ones, whose own entries are -1. Linear.
    """
    before = previous.copy()
    after = following.copy()
    for e in struck:
        if before[e] >= 0:
            after[before[e]] = after[e]
        if after[e] >= 0:
            before[after[e]] = before[e]
        before[e] = -1
        after[e] = -1
    return before, after
