"""Blocks of rows: which part of every account's lists lies in a run of consecutive transfers.

Features are computed block by block, so that memory never holds the whole matrix. Oracle: ``tests/oracles/blocks.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from moneytrail.prefetch import prefetch

SOON = 24
"""So many transfers ahead the memory of an account is asked for."""


class Ledger(NamedTuple):
    """Who paid whom, when, in ledger order.

    Attributes
    ----------
    debtor, creditor : int32[n]
        -1 where that side is absent.
    time : int64[n]
        Microseconds UTC.
    """

    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    time: NDArray[np.int64]


class Block(NamedTuple):
    """Transfers ``first`` (inclusive) to ``last`` (exclusive) of the ledger, as seen from every account.

    Account ``a`` has its outgoing transfers of this block at positions ``out_begin[a]`` to ``out_end[a]`` (exclusive)
    of the outgoing adjacency, its incoming ones at ``in_begin[a]`` to ``in_end[a]`` of the incoming one. Row ``e`` of
    the ledger is row ``e - first`` of the block's matrix.

    Attributes
    ----------
    first, last : int
    out_begin, out_end, in_begin, in_end : int64[accounts]
    borders : int64[chunks + 1]
        Accounts in runs of about equal cost, one run a thread's at a time.
    """

    first: int
    last: int
    out_begin: NDArray[np.int64]
    out_end: NDArray[np.int64]
    in_begin: NDArray[np.int64]
    in_end: NDArray[np.int64]
    borders: NDArray[np.int64]


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def advance(
    debtor: NDArray[np.int32],
    creditor: NDArray[np.int32],
    wanted: NDArray[np.bool_],
    rows: tuple[int, int],
    begins: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The part of every account's lists that lies in a block.

    Parameters
    ----------
    debtor, creditor : int32[n]
        -1 where absent; in ledger order.
    wanted : bool[n] or bool[0]
        Rows that somebody asks for; of the others only those between two wanted ones of an account are kept.
        Empty: every row is wanted.
    rows : (int, int)
        First row of the block, and one more than its last.
    begins : int64[2, accounts]
        Where each account's rows of this block begin in its outgoing and in its incoming list.

    Returns
    -------
    low, high : int64[2, accounts]
        The part of each list from its first wanted row of the block to its last (exclusive); equal where there is none.
    after : int64[2, accounts]
        Where the next block begins.
    """
    after = begins.copy()
    low = begins.copy()
    everything = wanted.size == 0
    if everything:
        for way in prange(2):
            owner = debtor if way == 0 else creditor
            for e in range(rows[0], rows[1]):
                if e + SOON < rows[1]:
                    prefetch(after, way * after.shape[1] + max(owner[e + SOON], 0))
                if owner[e] >= 0:
                    after[way, owner[e]] += 1
        return low, after.copy(), after
    high = begins.copy()
    for way in prange(2):
        owner = debtor if way == 0 else creditor
        for e in range(rows[0], rows[1]):
            a = owner[e]
            if a < 0:
                continue
            if wanted[e]:
                if high[way, a] == low[way, a]:
                    low[way, a] = after[way, a]
                high[way, a] = after[way, a] + 1
            after[way, a] += 1
    return low, high, after


@njit(cache=True, nogil=True, error_model="numpy")
def room(rows: int, columns: int) -> NDArray[np.float32]:
    """Memory for a block, as it comes: float32[rows, columns].

    numpy would ask the system for large pages, which in a virtual machine can take longer to get than to fill.
    """
    return np.empty((rows, columns), np.float32)


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def clear(matrix: NDArray[np.float32]) -> None:
    """Set every value to 0: float32[rows, columns]."""
    parts = 64
    rows = matrix.shape[0]
    for part in prange(parts):
        matrix[rows * part // parts : rows * (part + 1) // parts] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def share_out(block_cost: NDArray[np.int64], chunks: int) -> NDArray[np.int64]:
    """Borders that split accounts into `chunks` runs of about equal cost.

    Parameters
    ----------
    block_cost : int64[accounts]
        What each account costs, 0 or more.
    chunks : int

    Returns
    -------
    int64[chunks + 1]
    """
    accounts = block_cost.size
    total = np.int64(0)
    for a in range(accounts):
        total += block_cost[a]
    borders = np.zeros(chunks + 1, np.int64)
    done = np.int64(0)
    a = 0
    for k in range(1, chunks):
        while a < accounts and done * chunks < total * k:
            done += block_cost[a]
            a += 1
        borders[k] = a
    borders[chunks] = accounts
    return borders
