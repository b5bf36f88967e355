"""Blocks of rows: which part of every account's lists lies in a run of consecutive transfers.

Features are computed block by block, so that memory never holds the whole matrix. Oracle: ``tests/oracles/blocks.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


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


@njit(cache=True, nogil=True, error_model="numpy")
def advance(
    owner: NDArray[np.int32], wanted: NDArray[np.bool_], first: int, last: int, begin: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """One side of a block.

    Parameters
    ----------
    owner : int32[n]
        The account on this side of every transfer, -1 where absent; in ledger order.
    wanted : bool[n] or bool[0]
        Rows that somebody asks for; of the others only those between two wanted ones of an account are kept.
        Empty: every row is wanted.
    first, last : int
        Rows of the block.
    begin : int64[accounts]
        Where each account's rows of this block begin in its list.

    Returns
    -------
    low, high : int64[accounts]
        The part of each account's list from its first wanted row of the block to its last (exclusive); equal where
        there is none.
    after : int64[accounts]
        Where the next block begins.
    """
    after = begin.copy()
    low = begin.copy()
    high = begin.copy()
    everything = wanted.size == 0
    for e in range(first, last):
        a = owner[e]
        if a < 0:
            continue
        if everything or wanted[e]:
            if high[a] == low[a]:
                low[a] = after[a]
            high[a] = after[a] + 1
        after[a] += 1
    return low, high, after


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
