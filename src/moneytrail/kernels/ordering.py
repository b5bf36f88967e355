"""Putting transfers in order: by time, and by account. Counting and radix sorts, all stable.

Oracle: ``tests/oracles/ordering.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

RADIX_BITS = 11
RADIX = 1 << RADIX_BITS


class Adjacency(NamedTuple):
    """The transfers on one side of every account: who paid whom, when, how much.

    Account ``a`` owns positions ``indptr[a]`` (inclusive) to ``indptr[a + 1]`` (exclusive), sorted by time and then
    row. All arrays are read-only.

    Attributes
    ----------
    indptr : int64[accounts + 1]
    edge : int32[n]
        The transfer's place in ledger order.
    peer : int32[n]
        The account at the other end, -1 where there is none (cash).
    time : int64[n]
        Microseconds UTC.
    amount : int64[n]
        Minor units of the reference currency.
    """

    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    peer: NDArray[np.int32]
    time: NDArray[np.int64]
    amount: NDArray[np.int64]


@njit(cache=True, nogil=True)
def is_sorted(values: NDArray[np.int64]) -> bool:
    """Whether `values` (int64[n]) never falls. One pass, stops at the first fall."""
    for i in range(1, values.size):
        if values[i] < values[i - 1]:
            return False
    return True


@njit(cache=True, nogil=True)
def time_order(time: NDArray[np.int64]) -> NDArray[np.int32]:
    """Positions of `time` (int64[n]) in ascending order; equal times keep their order. Returns int32[n].

    A radix sort of 11 bits a pass over the distance from the smallest time, in whole seconds where all times are
    whole seconds apart: three passes for a year of them. Keys travel with their positions, so each pass reads in order.
    """
    n = time.size
    order = np.arange(n).astype(np.int32)
    if n < 2:
        return order
    lowest = time.min()
    unit = np.uint64(1_000_000)
    for i in range(n):
        if np.uint64(time[i] - lowest) % unit != np.uint64(0):
            unit = np.uint64(1)
            break
    span = np.uint64(time.max() - lowest) // unit
    key = np.empty(n, np.uint64)
    for i in range(n):
        key[i] = np.uint64(time[i] - lowest) // unit
    other_key = np.empty(n, np.uint64)
    other = np.empty(n, np.int32)
    place = np.empty(RADIX, np.int64)
    mask = np.uint64(RADIX - 1)
    for shift in range(0, 64, RADIX_BITS):
        bits = np.uint64(shift)
        if span >> bits == np.uint64(0):
            break
        place[:] = 0
        for i in range(n):
            place[np.int64((key[i] >> bits) & mask)] += 1
        before = 0
        for digit in range(RADIX):
            here = int(place[digit])
            place[digit] = before
            before += here
        for i in range(n):
            digit = np.int64((key[i] >> bits) & mask)
            p = place[digit]
            place[digit] = p + 1
            other[p] = order[i]
            other_key[p] = key[i]
        order, other = other, order
        key, other_key = other_key, key
    return order


@njit(cache=True, nogil=True)
def adjacency(
    owner: NDArray[np.int32],
    peer: NDArray[np.int32],
    time: NDArray[np.int64],
    amount: NDArray[np.int64],
    accounts: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """One side of every account by a counting sort: two passes over the transfers, one scatter.

    Parameters
    ----------
    owner, peer : int32[n]
        The account on this side and the one at the other end, -1 where absent. In ledger order.
    time, amount : int64[n]
    accounts : int

    Returns
    -------
    The five arrays of :class:`Adjacency`. Transfers whose `owner` is -1 are left out.
    """
    indptr = np.zeros(accounts + 1, np.int64)
    for i in range(owner.size):
        if owner[i] >= 0:
            indptr[owner[i] + 1] += 1
    for a in range(accounts):
        indptr[a + 1] += indptr[a]
    size = indptr[accounts]
    place = indptr[:-1].copy()
    edge_out = np.empty(size, np.int32)
    peer_out = np.empty(size, np.int32)
    time_out = np.empty(size, np.int64)
    amount_out = np.empty(size, np.int64)
    for i in range(owner.size):
        a = owner[i]
        if a >= 0:
            p = place[a]
            place[a] = p + 1
            edge_out[p] = i
            peer_out[p] = peer[i]
            time_out[p] = time[i]
            amount_out[p] = amount[i]
    return indptr, edge_out, peer_out, time_out, amount_out


@njit(cache=True, nogil=True)
def pair_order(
    debtor: NDArray[np.int32], creditor: NDArray[np.int32], accounts: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Transfers grouped by the pair of accounts they join, whichever way the money went, in ledger order inside.

    Two stable counting sorts: by the larger account, then by the smaller. Left out: transfers with one side absent,
    and transfers to oneself.

    Returns
    -------
    indptr : int64[accounts + 1]
        Group of the pair's smaller account.
    edge : int32[m]
        Ledger positions, sorted by smaller account, larger account, ledger order.
    """
    n = debtor.size
    large = np.zeros(accounts + 1, np.int64)
    small = np.zeros(accounts + 1, np.int64)
    for i in range(n):
        d, c = debtor[i], creditor[i]
        if d >= 0 and c >= 0 and d != c:
            large[max(d, c) + 1] += 1
            small[min(d, c) + 1] += 1
    for a in range(accounts):
        large[a + 1] += large[a]
        small[a + 1] += small[a]
    size = large[accounts]
    by_large = np.empty(size, np.int32)
    for i in range(n):
        d, c = debtor[i], creditor[i]
        if d >= 0 and c >= 0 and d != c:
            a = max(d, c)
            by_large[large[a]] = i
            large[a] += 1
    place = small[:-1].copy()
    edge = np.empty(size, np.int32)
    for k in range(size):
        i = by_large[k]
        a = min(debtor[i], creditor[i])
        edge[place[a]] = i
        place[a] += 1
    return small, edge


@njit(cache=True, nogil=True)
def cost_chunks(indptr: NDArray[np.int64], chunks: int) -> NDArray[np.int64]:
    """Borders that split accounts into `chunks` runs of about equal cost, an account costing its transfers plus one.

    Parameters
    ----------
    indptr : int64[accounts + 1]
    chunks : int
        1 or more.

    Returns
    -------
    int64[chunks + 1]
        Rising from 0 to the number of accounts; a chunk may be empty.
    """
    accounts = indptr.size - 1
    total = indptr[accounts] + accounts
    borders = np.zeros(chunks + 1, np.int64)
    a = 0
    for k in range(1, chunks):
        aim = total * k // chunks
        while a < accounts and indptr[a] + a < aim:
            a += 1
        borders[k] = a
    borders[chunks] = accounts
    return borders
