"""What an account and a pair of accounts did since the data begin: ages, numbers, and how long ago. Causal.

Used by the features. Oracle: ``tests/oracles/history.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Block
    from moneytrail.kernels.ordering import Adjacency

STATISTICS: Final = ("age", "out_ever", "in_ever", "payees_ever", "payers_ever", "since_new_payee", "since_new_payer")
"""Of an account: days, logarithms of one more than a number, days."""

PAIR_STATISTICS: Final = ("ever", "back_ever", "since", "since_back")
"""Of a pair: logarithms of one more than a number, days."""

LONGEST = 400.0
"""Days. What is longer ago, and what never was, counts as so long ago."""

DAY = 86_400_000_000
"""Microseconds in a day."""


class Dealings(NamedTuple):
    """For every transfer, in ledger order, what its two accounts did before, since the data begin.

    A transfer to oneself and one with a side absent join no pair.

    Attributes
    ----------
    earlier, earlier_back : int32[n]
        Transfers of the pair before this one, the same way and the other way. -1 and 0 where it joins no pair.
    since, since_back : float32[n]
        Days since the last of either; at most 400, and so long without one or without a pair.
    at_once : int32[n]
        Transfers of the pair the same way at the same time, wherever in the ledger, this one included. 0 without a
        pair.
    """

    earlier: NDArray[np.int32]
    earlier_back: NDArray[np.int32]
    since: NDArray[np.float32]
    since_back: NDArray[np.float32]
    at_once: NDArray[np.int32]


class Debuts(NamedTuple):
    """The transfers of each list that are the first of their pair the same way.

    Attributes
    ----------
    indptr : int64[lists + 1]
    edge : int32[m]
        Ledger positions, rising within a list.
    time : int64[m]
        Microseconds UTC.
    """

    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    time: NDArray[np.int64]


@njit(cache=True, nogil=True, error_model="numpy")
def _days(later: int, last: int) -> float:
    """Days from one moment to another; the longest where there was none, which the lowest number stands for."""
    if last == np.iinfo(np.int64).min:
        return LONGEST
    return min(LONGEST, (later - last) / DAY)


@njit(cache=True, nogil=True, error_model="numpy")
def _deal(edges: NDArray[np.int32], debtor: NDArray[np.int32], time: NDArray[np.int64], out: Dealings) -> None:
    """Unit kernel: the transfers of one pair, in ledger order. Linear."""
    never = np.iinfo(np.int64).min
    size = edges.size
    ahead, back = 0, 0
    last_ahead, last_back = never, never
    i = 0
    while i < size:
        moment = time[edges[i]]
        begin, ahead_begin, back_begin = i, ahead, back
        while i < size and time[edges[i]] == moment:
            e = edges[i]
            same_way = debtor[e] == debtor[edges[0]]
            out.earlier[e] = ahead if same_way else back
            out.earlier_back[e] = back if same_way else ahead
            out.since[e] = _days(moment, last_ahead if same_way else last_back)
            out.since_back[e] = _days(moment, last_back if same_way else last_ahead)
            if same_way:
                ahead += 1
                last_ahead = moment
            else:
                back += 1
                last_back = moment
            i += 1
        for k in range(begin, i):
            same_way = debtor[edges[k]] == debtor[edges[0]]
            out.at_once[edges[k]] = ahead - ahead_begin if same_way else back - back_begin


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def dealings(
    groups: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]],
    sides: tuple[NDArray[np.int32], NDArray[np.int32]],
    time: NDArray[np.int64],
) -> Dealings:
    """What the two accounts of every transfer did before. Each pair is one thread's alone.

    Parameters
    ----------
    groups : (indptr int64[accounts + 1], edge int32[m], borders int64[chunks + 1])
        From :func:`ordering.pair_order` and :func:`ordering.cost_chunks`.
    sides : (debtor int32[n], creditor int32[n])
        In ledger order, -1 where absent.
    time : int64[n]
        Microseconds UTC.

    Returns
    -------
    Dealings
        Cost: linear in the transfers.
    """
    indptr, grouped, borders = groups
    debtor, creditor = sides
    n = debtor.size
    out = Dealings(
        np.full(n, -1, np.int32),
        np.zeros(n, np.int32),
        np.full(n, LONGEST, np.float32),
        np.full(n, LONGEST, np.float32),
        np.zeros(n, np.int32),
    )
    for chunk in prange(borders.size - 1):
        start = indptr[borders[chunk]]
        stop = indptr[borders[chunk + 1]]
        while start < stop:
            e = grouped[start]
            d, c = debtor[e], creditor[e]
            end = start + 1
            while end < stop:
                a, b = debtor[grouped[end]], creditor[grouped[end]]
                if (a != d or b != c) and (a != c or b != d):
                    break
                end += 1
            _deal(grouped[start:end], debtor, time, out)
            start = end
    return out


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def debuts(side: Adjacency, earlier: NDArray[np.int32], borders: NDArray[np.int64]) -> Debuts:
    """The first transfers of each list's pairs.

    Parameters
    ----------
    side : Adjacency
        One side, or both.
    earlier : int32[n]
        Of :class:`Dealings`.
    borders : int64[chunks + 1]
        Lists in runs; the result does not depend on them.

    Returns
    -------
    Debuts
        Cost: linear.
    """
    lists = side.indptr.size - 1
    indptr = np.zeros(lists + 1, np.int64)
    first = np.empty(side.edge.size, np.bool_)
    for chunk in prange(borders.size - 1):
        for a in range(borders[chunk], borders[chunk + 1]):
            for p in range(side.indptr[a], side.indptr[a + 1]):
                first[p] = earlier[side.edge[p]] == 0
                indptr[a + 1] += first[p]
    for a in range(lists):
        indptr[a + 1] += indptr[a]
    edge = np.empty(indptr[lists], np.int32)
    time = np.empty(indptr[lists], np.int64)
    for chunk in prange(borders.size - 1):
        for a in range(borders[chunk], borders[chunk + 1]):
            k = indptr[a]
            for p in range(side.indptr[a], side.indptr[a + 1]):
                if first[p]:
                    edge[k] = side.edge[p]
                    time[k] = side.time[p]
                    k += 1
    return Debuts(indptr, edge, time)


@njit(cache=True, nogil=True, error_model="numpy")
def _up_to(edge: NDArray[np.int32], low: int, high: int, e: int) -> int:
    """First position of the rising part from `low` to `high` (exclusive) that is above `e`."""
    while low < high:
        middle = (low + high) // 2
        if edge[middle] <= e:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True, error_model="numpy")
def _log(logs: NDArray[np.float32], number: int) -> np.float32:
    """log(1 + number), looked up where the table holds it."""
    if number < logs.size:
        return logs[number]  # type: ignore[no-any-return]
    return np.float32(np.log1p(number))


@njit(cache=True, nogil=True, error_model="numpy")
def _after(edge: NDArray[np.int32], position: int, stop: int, e: int) -> int:
    """First position from here to `stop` that is above `e`, by walking on."""
    while position < stop and edge[position] <= e:
        position += 1
    return position


@njit(cache=True, nogil=True, error_model="numpy")
def _since_debut(
    edge: NDArray[np.int32], time: NDArray[np.int64], part: tuple[int, int], event: tuple[int, int]
) -> float:
    """Days from the last debut of a list's part to a transfer, of ledger place and time, which does not count."""
    start, last = part[0], part[1] - 1
    if last >= start and edge[last] == event[0]:
        last -= 1
    return min(LONGEST, (event[1] - time[last]) / DAY) if last >= start else LONGEST


@njit(cache=True, nogil=True, error_model="numpy")
def _before(edge: NDArray[np.int32], position: int, start: int, e: int) -> int:
    """First position from `start` to here that is above `e`, by walking back."""
    while position > start and edge[position - 1] > e:
        position -= 1
    return position


@njit(cache=True, nogil=True, error_model="numpy")
def _born(account: int, both: Adjacency) -> int:
    """When an account that has transfers had its first."""
    born = np.iinfo(np.int64).max
    for place in (account, account + both.indptr.size // 2):
        if both.indptr[place] < both.indptr[place + 1]:
            born = min(born, both.time[both.indptr[place]])
    return born


@njit(cache=True, nogil=True, error_model="numpy")
def _history_of_role(
    account: int,
    lists: tuple[Adjacency, Debuts],
    rows: tuple[int, int, int, int],
    logs: NDArray[np.float32],
    ask: tuple[int, NDArray[np.int32], NDArray[np.float32]],
    matrix: NDArray[np.float32],
) -> None:
    """Unit kernel: the account's transfers of the block in one role, in ledger order.

    `rows` are the part of its list of that role that is asked for, a position of the other list near the block, and the
    block's first row; `ask` are the role, its targets and room for values.
    """
    both, firsts = lists
    begin, end, across, first = rows
    role, targets, found = ask
    # Out of their tuples once: numba counts the references of an array that leaves one inside a loop.
    edge, time, new, new_time = both.edge, both.time, firsts.edge, firsts.time
    accounts = both.indptr.size // 2
    own, other = account + role * accounts, account + (1 - role) * accounts
    start, across_start, across_stop = both.indptr[own], both.indptr[other], both.indptr[other + 1]
    u_start, u_stop, v_start, v_stop = (
        firsts.indptr[own],
        firsts.indptr[own + 1],
        firsts.indptr[other],
        firsts.indptr[other + 1],
    )
    born = _born(account, both)
    across = _before(edge, across, across_start, edge[begin])
    u, v = _up_to(new, u_start, u_stop, edge[begin]), _up_to(new, v_start, v_stop, edge[begin])
    for p in range(begin, end):
        e, t = edge[p], time[p]
        across = _after(edge, across, across_stop, e)
        u, v = _after(new, u, u_stop, e), _after(new, v, v_stop, e)
        found[0] = (t - born) / DAY
        found[1 + role], found[2 - role] = _log(logs, p + 1 - start), _log(logs, across - across_start)
        found[3 + role], found[4 - role] = _log(logs, u - u_start), _log(logs, v - v_start)
        found[5 + role] = _since_debut(new, new_time, (u_start, u), (e, t))
        found[6 - role] = _since_debut(new, new_time, (v_start, v), (e, t))
        for i in range(targets.shape[0]):
            matrix[e - first, targets[i, 2]] = found[targets[i, 1]]


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def history(
    both: Adjacency,
    firsts: Debuts,
    logs: NDArray[np.float32],
    block: Block,
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
) -> None:
    """Fill columns with what each account did since the data begin.

    All is up to and with the transfer, in ledger order:

    - ``age``: days, with fractions, since the account's first transfer either way; 0 for its first.
    - ``out_ever``, ``in_ever``: log(1 + number of its transfers that way).
    - ``payees_ever``, ``payers_ever``: log(1 + number of distinct accounts it paid, or was paid by). Cash and oneself
      are none.
    - ``since_new_payee``, ``since_new_payer``: days since it last paid, or was paid by, another account for the first
      time; this transfer not counted. At most 400, and so long without one.

    Parameters
    ----------
    both : Adjacency
        Both sides: list ``a`` is what account ``a`` paid, list ``accounts + a`` what it was paid.
    firsts : Debuts
        Of the same lists.
    logs : float32[k]
        ``log(1 + x)`` of the whole numbers from 0; larger ones are worked out. A logarithm costs more than the rest.
    block : Block
    targets : int32[k, 3]
        What to compute: role of the account in the transfer (0 debtor, 1 creditor), place in :data:`STATISTICS`, column
        of `matrix`.
    matrix : float32[block.last - block.first, columns]
        Written at the rows of the block that have an account in the role; each by the one thread that owns the
        account. Cost: linear, and a search for an account's first row of the block.
    """
    border = both.indptr[block.out_begin.size]
    for chunk in prange(block.borders.size - 1):
        debtors, creditors = targets[targets[:, 0] == 0], targets[targets[:, 0] == 1]
        lists, found = (both, firsts), np.empty(7, np.float32)
        for a in range(block.borders[chunk], block.borders[chunk + 1]):
            d, c = block.out_begin[a], block.in_begin[a] + border
            d_end, c_end = block.out_end[a], block.in_end[a] + border
            if debtors.shape[0] and d < d_end:
                rows = (d, d_end, c, block.first)
                _history_of_role(a, lists, rows, logs, (0, debtors, found), matrix)
            if creditors.shape[0] and c < c_end:
                rows = (c, c_end, d, block.first)
                _history_of_role(a, lists, rows, logs, (1, creditors, found), matrix)


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def pair_history(
    past: Dealings,
    logs: NDArray[np.float32],
    rows: tuple[int, int],
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
) -> None:
    """Fill columns with what the two accounts of each transfer did before, since the data begin.

    - ``ever``, ``back_ever``: log(1 + number of the pair's transfers before this one), the same way and the other way.
    - ``since``, ``since_back``: days since the last of either, at most 400, and so long without one.

    Parameters
    ----------
    past : Dealings
    logs : float32[k]
        As in :func:`history`.
    rows : (int, int)
        First ledger row, and one more than the last.
    targets : int32[k, 2]
        Place in :data:`PAIR_STATISTICS`, column of `matrix`.
    matrix : float32[rows, columns]
        Written at every row. Cost: linear.
    """
    first, last = rows
    for e in prange(first, last):
        for i in range(targets.shape[0]):
            statistic = targets[i, 0]
            if statistic == 0:
                value = _log(logs, max(past.earlier[e], 0))
            elif statistic == 1:
                value = _log(logs, past.earlier_back[e])
            else:
                value = past.since[e] if statistic == 2 else past.since_back[e]
            matrix[e - first, targets[i, 1]] = value
