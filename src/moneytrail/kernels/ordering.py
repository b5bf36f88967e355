"""Putting transfers in order: by time, and by account. Counting and radix sorts, all stable.

Oracle: ``tests/oracles/ordering.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

RADIX_BITS = 11
RADIX = 1 << RADIX_BITS
BUCKETS = 4096
FEW = 48


class Adjacency(NamedTuple):
    """The transfers on one side of every account: who paid whom, when, how much.

    Account ``a`` owns positions ``indptr[a]`` (inclusive) to ``indptr[a + 1]`` (exclusive), sorted by time and then
    row. All arrays are read-only.

    Attributes
    ----------
    indptr : int64[lists + 1]
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
def _sort_bucket(
    key: NDArray[np.int64], order: NDArray[np.int32], other_key: NDArray[np.int64], other: NDArray[np.int32], bits: int
) -> None:
    """Unit kernel: sort one bucket by the lowest `bits` of its keys, stable, in place; `other…` is its spare room."""
    n = key.size
    if n <= FEW:
        for i in range(1, n):
            k, o = key[i], order[i]
            j = i - 1
            while j >= 0 and key[j] > k:
                key[j + 1], order[j + 1] = key[j], order[j]
                j -= 1
            key[j + 1], order[j + 1] = k, o
        return
    differing = np.int64(0)
    for i in range(1, n):
        differing |= key[i] ^ key[0]
    place = np.empty(RADIX, np.int64)
    for shift in range(0, bits, RADIX_BITS):
        if (differing >> shift) & (RADIX - 1) == 0:
            continue
        place[:] = 0
        for i in range(n):
            place[(key[i] >> shift) & (RADIX - 1)] += 1
        before = np.int64(0)
        for digit in range(RADIX):
            here = place[digit]
            place[digit] = before
            before += here
        for i in range(n):
            digit = (key[i] >> shift) & (RADIX - 1)
            p = place[digit]
            place[digit] = p + 1
            other[p] = order[i]
            other_key[p] = key[i]
        for i in range(n):
            order[i] = other[i]
            key[i] = other_key[i]


@njit(cache=True, nogil=True, parallel=True)
def time_order(time: NDArray[np.int64]) -> NDArray[np.int32]:
    """Positions of `time` (int64[n]) in ascending order; equal times keep their order. Returns int32[n].

    Times are dealt into up to 4,096 buckets of equal width, then each bucket is sorted by itself in the cache, by
    insertion where it is small and by radix elsewhere. The deal goes part by part of the input, in order, and each
    bucket is one thread's alone, so the result does not depend on the threads. Times must span less than 2^63
    microseconds. Cost: linear.
    """
    n = time.size
    order = np.empty(n, np.int32)
    if n == 0:
        return order
    lowest = time.min()
    span = time.max() - lowest
    bits = 0
    while (span >> bits) >= BUCKETS:
        bits += 1
    buckets = (span >> bits) + 1
    parts = 16
    counts = np.zeros((parts + 1, buckets), np.int64)
    for part in prange(parts):
        for i in range(n * part // parts, n * (part + 1) // parts):
            counts[part + 1, (time[i] - lowest) >> bits] += 1
    start = np.zeros(buckets + 1, np.int64)
    for bucket in range(buckets):
        before = start[bucket]
        for part in range(1, parts + 1):
            here = counts[part, bucket]
            counts[part, bucket] = before
            before += here
        start[bucket + 1] = before
    key = np.empty(n, np.int64)
    for part in prange(parts):
        for i in range(n * part // parts, n * (part + 1) // parts):
            bucket = (time[i] - lowest) >> bits
            p = counts[part + 1, bucket]
            counts[part + 1, bucket] = p + 1
            key[p] = time[i] - lowest
            order[p] = i
    if bits:
        other_key = np.empty(n, np.int64)
        other = np.empty(n, np.int32)
        for bucket in prange(buckets):
            a, b = start[bucket], start[bucket + 1]
            if b - a > 1:
                _sort_bucket(key[a:b], order[a:b], other_key[a:b], other[a:b], bits)
    return order


@njit(cache=True, nogil=True, parallel=True)
def _both_sides(
    debtor: NDArray[np.int32],
    creditor: NDArray[np.int32],
    time: NDArray[np.int64],
    amount: NDArray[np.int64],
    accounts: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Both sides of every account by a counting sort each: a count, one scatter, three gathers."""
    indptr = np.zeros(2 * accounts + 1, np.int64)
    for way in prange(2):
        owner, first = (debtor, 1) if way == 0 else (creditor, accounts + 1)
        for i in range(owner.size):
            if owner[i] >= 0:
                indptr[owner[i] + first] += 1
    for a in range(2 * accounts):
        indptr[a + 1] += indptr[a]
    size = indptr[2 * accounts]
    edge = np.empty(size, np.int32)
    peer = np.empty(size, np.int32)
    time_out = np.empty(size, np.int64)
    amount_out = np.empty(size, np.int64)
    for way in prange(2):
        owner, other, first = (debtor, creditor, 0) if way == 0 else (creditor, debtor, accounts)
        place = indptr[first : first + accounts].astype(np.uint32)
        for i in range(owner.size):
            a = owner[i]
            if a >= 0:
                p = place[a]
                place[a] = p + 1
                edge[p] = i
        # Scattering one column and gathering the rest is twice as fast as scattering all four: reads can overlap.
        start, stop = indptr[first], indptr[first + accounts]
        for p in range(start, stop):
            peer[p] = other[edge[p]]
        for p in range(start, stop):
            time_out[p] = time[edge[p]]
        for p in range(start, stop):
            amount_out[p] = amount[edge[p]]
    return indptr, edge, peer, time_out, amount_out


def both_sides(
    debtor: NDArray[np.int32],
    creditor: NDArray[np.int32],
    time: NDArray[np.int64],
    amount: NDArray[np.int64],
    accounts: int,
) -> tuple[Adjacency, Adjacency, Adjacency]:
    """Every account's outgoing and incoming transfers, sorted by counting.

    Parameters
    ----------
    debtor, creditor : int32[n]
        -1 where absent. In ledger order.
    time, amount : int64[n]
    accounts : int

    Returns
    -------
    both : Adjacency
        List ``a`` holds what account ``a`` paid, list ``accounts + a`` what it was paid.
    outgoing, incoming : Adjacency
        Either half alone, a view of the same memory but for the second's `indptr`. Transfers whose owner is -1 are
        left out.
    """
    both = Adjacency(*_both_sides(debtor, creditor, time, amount, accounts))
    for array in both:
        array.flags.writeable = False
    border = int(both.indptr[accounts])
    starts = both.indptr[accounts:] - border
    starts.flags.writeable = False
    _, edge, peer, when, money = both
    outgoing = Adjacency(both.indptr[: accounts + 1], edge[:border], peer[:border], when[:border], money[:border])
    incoming = Adjacency(starts, edge[border:], peer[border:], when[border:], money[border:])
    return both, outgoing, incoming


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
