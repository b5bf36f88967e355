"""What a freeze would intercept: money passed along in shares, each penny caught once, where it first meets a freeze.

A *pool* is the tainted money in an account. A move takes a share of its debtor's pool to its creditor, so that every
penny of a pool is as likely to go; money that comes from outside the network is fresh. From a given move on frozen
accounts pay nothing, and what lies in them or reaches them is caught. Every penny thus has a random path, and what is
caught is the expected money whose path meets a frozen account: it grows with the set of accounts, by less and less
(it is submodular). Oracle: ``tests/oracles/freezing.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Moves(NamedTuple):
    """Tainted money in motion, in time order.

    Attributes
    ----------
    debtor : int32[m]
        -1 where the money is fresh.
    creditor : int32[m]
        -1 where it leaves the network.
    share : float64[m]
        Share of the debtor's pool that moves, 0 to 1; of fresh money 0.
    fresh : float64[m]
        Minor units that come from outside; 0 where there is a debtor.
    pool : float64[accounts]
        Minor units in each account before the first move.
    """

    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    share: NDArray[np.float64]
    fresh: NDArray[np.float64]
    pool: NDArray[np.float64]


@njit(cache=True, nogil=True)
def run(
    moves: Moves, frozen: NDArray[np.bool_], since: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Move the money while `frozen` accounts (bool[accounts]) hold what they have from move `since` on.

    Returns
    -------
    caught : float64[accounts]
        Minor units in frozen accounts, by account.
    left : float64[accounts]
        Minor units in the others.
    moved : float64[m]
        Minor units that each move took: those to -1 left the network.
    """
    size = moves.debtor.size
    left = moves.pool.copy()
    caught = np.zeros(left.size, np.float64)
    moved = np.zeros(size, np.float64)
    for i in range(size + 1):
        if i == min(since, size):
            for account in range(left.size):
                if frozen[account]:
                    caught[account] = left[account]
                    left[account] = 0.0
        if i == size:
            break
        debtor, creditor = moves.debtor[i], moves.creditor[i]
        if debtor >= 0:
            amount = left[debtor] * moves.share[i]
            left[debtor] -= amount
        else:
            amount = moves.fresh[i]
        moved[i] = amount
        if creditor >= 0:
            if i >= since and frozen[creditor]:
                caught[creditor] += amount
            else:
                left[creditor] += amount
    return caught, left, moved


@njit(cache=True, nogil=True)
def intercepted(moves: Moves, frozen: NDArray[np.bool_], since: int, left: NDArray[np.float64]) -> float:
    """Minor units caught in all; as :func:`run`, without the rest. `left` (float64[accounts]) is overwritten."""
    size = moves.debtor.size
    left[:] = moves.pool
    total = 0.0
    for i in range(min(since, size)):
        debtor, creditor = moves.debtor[i], moves.creditor[i]
        amount = moves.fresh[i]
        if debtor >= 0:
            amount = left[debtor] * moves.share[i]
            left[debtor] -= amount
        if creditor >= 0:
            left[creditor] += amount
    for account in range(left.size):
        if frozen[account]:
            total += left[account]
            left[account] = 0.0
    for i in range(min(since, size), size):
        debtor, creditor = moves.debtor[i], moves.creditor[i]
        amount = moves.fresh[i]
        if debtor >= 0:
            amount = left[debtor] * moves.share[i]
            left[debtor] -= amount
        if creditor >= 0:
            if frozen[creditor]:
                total += amount
            else:
                left[creditor] += amount
    return total


@njit(cache=True, nogil=True)
def advance(moves: Moves, since: int) -> NDArray[np.float64]:
    """Pools just before move `since`, float64[accounts]."""
    left = moves.pool.copy()
    for i in range(min(since, moves.debtor.size)):
        amount = moves.fresh[i]
        if moves.debtor[i] >= 0:
            amount = left[moves.debtor[i]] * moves.share[i]
            left[moves.debtor[i]] -= amount
        if moves.creditor[i] >= 0:
            left[moves.creditor[i]] += amount
    return left


@njit(cache=True, nogil=True)
def gains(moves: Moves, frozen: NDArray[np.bool_], since: int, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each candidate (int64[c]) would add to what is caught, float64[c], minor units. O(c times m)."""
    found = np.zeros(candidates.size, np.float64)
    now, left = frozen.copy(), np.empty(moves.pool.size, np.float64)
    base = intercepted(moves, now, since, left)
    for k in range(candidates.size):
        if not frozen[candidates[k]]:
            now[candidates[k]] = True
            found[k] = intercepted(moves, now, since, left) - base
            now[candidates[k]] = False
    return found


@njit(cache=True, nogil=True)
def through(moves: Moves, since: int) -> NDArray[np.float64]:
    """What lies in each account at move `since` and reaches it after, float64[accounts]: the most it could catch."""
    left = moves.pool.copy()
    found = np.zeros(left.size, np.float64)
    for i in range(moves.debtor.size):
        if i == since:
            found += left
        amount = moves.fresh[i]
        if moves.debtor[i] >= 0:
            amount = left[moves.debtor[i]] * moves.share[i]
            left[moves.debtor[i]] -= amount
        if moves.creditor[i] >= 0:
            left[moves.creditor[i]] += amount
            if i >= since:
                found[moves.creditor[i]] += amount
    if since >= moves.debtor.size:
        found += left
    return found


@njit(cache=True, nogil=True)
def shares_of(
    debtor: NDArray[np.int32], creditor: NDArray[np.int32], carried: NDArray[np.int64], kept: NDArray[np.int64],
    pool: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """What share of its debtor's pool each transfer took, going back from the end.

    Parameters
    ----------
    debtor, creditor : int32[m]
        -1 where that side is no account whose money is followed.
    carried : int64[m]
        Tainted money that left the debtor.
    kept : int64[m]
        Tainted money that stayed with the creditor.
    pool : float64[accounts]
        Tainted money in each account after the last transfer; overwritten with that before the first.

    Returns
    -------
    float64[m]
        0 to 1.
    """
    share = np.zeros(debtor.size, np.float64)
    for i in range(debtor.size - 1, -1, -1):
        if creditor[i] >= 0:
            pool[creditor[i]] = max(0.0, pool[creditor[i]] - kept[i])
        if debtor[i] >= 0 and carried[i] > 0:
            pool[debtor[i]] += carried[i]
            share[i] = carried[i] / pool[debtor[i]]
    return share
