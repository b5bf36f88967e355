"""Echo: how much suspicion the other transfers of a transfer's two accounts carry, fading with time.

A gang's transfers touch each other; an honest surprise stands alone. Oracle: ``tests/oracles/echo.py``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

WIDTH = 8
"""Columns of one half-life: for the debtor and then the creditor, out and then in, the sum and then the most."""


@njit(cache=True, nogil=True)
def _fade(sums: NDArray[np.float64], most: NDArray[np.float64], account: int, share: float) -> None:
    for way in range(2):
        sums[account, way] *= share
        most[account, way] *= share


@njit(cache=True, nogil=True)
def _fade_instant(
    sides: tuple[NDArray[np.int32], NDArray[np.int32]],
    time: NDArray[np.int64],
    instant: tuple[int, int],
    half_life: int,
    state: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]],
) -> None:
    """Bring both accounts of an instant's transfers up to now."""
    sums, most, latest = state
    for row in range(instant[0], instant[1]):
        for side in range(2):
            account = sides[side][row]
            if account >= 0 and latest[account] != time[row]:
                _fade(sums, most, account, 2.0 ** (-(time[row] - latest[account]) / half_life))
                latest[account] = time[row]


@njit(cache=True, nogil=True)
def _write(
    sides: tuple[NDArray[np.int32], NDArray[np.int32]],
    row: int,
    own: float,
    state: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]],
    out: NDArray[np.float32],
) -> None:
    """Unit kernel: one transfer's columns; what it has itself added is taken off again."""
    sums, most, _ = state
    for side in range(2):
        account = sides[side][row]
        if account < 0:
            continue
        for way in range(2):
            mine = way == side or sides[0][row] == sides[1][row]
            place = 4 * side + 2 * way
            # Rounding may leave a hair below nothing.
            out[row, place] = max(0.0, sums[account, way] - (own if mine else 0.0))
            out[row, place + 1] = most[account, way]


@njit(cache=True, nogil=True)
def echo(
    sides: tuple[NDArray[np.int32], NDArray[np.int32]],
    time: NDArray[np.int64],
    score: NDArray[np.float64],
    accounts: int,
    half_life: int,
    out: NDArray[np.float32],
) -> None:
    """Fill the columns of one half-life.

    A score counts in full at its instant and half of it after each half-life. For each of a transfer's two accounts,
    among its transfers out and among those in:

    - the sum of the faded scores of all *other* transfers up to and including this instant, whatever their place in
      the ledger;
    - the largest faded score of those at *earlier* instants.

    0 where there was none, and where the side is absent. A transfer to oneself counts both ways, and
    neither way for itself.

    Parameters
    ----------
    sides : (debtor int32[n], creditor int32[n])
        -1 where absent.
    time : int64[n]
        Microseconds, not falling.
    score : float64[n]
        In [0, 1].
    accounts : int
        Accounts are below it.
    half_life : int
        Microseconds, 1 or more.
    out : float32[n, 8]
        Filled; see :data:`WIDTH`. Of one thread: each transfer needs the one before. Linear.
    """
    sums = np.zeros((accounts, 2))
    most = np.zeros((accounts, 2))
    latest = np.full(accounts, time[0] if time.size else 0, np.int64)
    state = (sums, most, latest)
    first = 0
    while first < time.size:
        last = first + 1
        while last < time.size and time[last] == time[first]:
            last += 1
        _fade_instant(sides, time, (first, last), half_life, state)
        for row in range(first, last):
            for side in range(2):
                if sides[side][row] >= 0:
                    sums[sides[side][row], side] += score[row]
        for row in range(first, last):
            _write(sides, row, score[row], state, out)
        for row in range(first, last):
            for side in range(2):
                account = sides[side][row]
                if account >= 0:
                    most[account, side] = max(most[account, side], score[row])
        first = last
