"""What is booked at exactly the same time, whatever its place in the ledger.

Used by the features. Oracle: ``tests/oracles/instant.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Block
    from moneytrail.kernels.history import Debuts
    from moneytrail.kernels.ordering import Adjacency

STATISTICS: Final = ("own", "other", "new")
"""Numbers of transfers of an account at an instant: on the side it has in the transfer, on the other, and of the first
those that are first dealings."""


@njit(cache=True, nogil=True, error_model="numpy")
def _seek(time: NDArray[np.int64], position: int, stop: int, moment: int) -> int:
    """First position from `position` to `stop` that is not before a moment, by steps that double.

    Near ones cost a look, and a run of equal times longer than a block is not walked through by each block.
    """
    if position >= stop or time[position] >= moment:
        return position
    step = 1
    while position + step < stop and time[position + step] < moment:
        position += step
        step *= 2
    low, high = position, min(position + step, stop)
    while high - low > 1:
        middle = (low + high) // 2
        if time[middle] < moment:
            low = middle
        else:
            high = middle
    return high


@njit(cache=True, nogil=True, error_model="numpy")
def _instants_of_list(
    places: tuple[int, int],
    lists: tuple[Adjacency, Debuts],
    rows: tuple[int, int, int],
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
) -> None:
    """Unit kernel: an account's rows of a block in one role, instant by instant.

    `places` are the account's list of that role and its other one; `rows` is the part of the first that lies in the
    block, and the block's first row.
    """
    both, firsts = lists
    own, other = places
    begin, end, first = rows
    edge, time, new = both.edge, both.time, firsts.time
    low, stop = both.indptr[own], both.indptr[own + 1]
    across, across_stop = both.indptr[other], both.indptr[other + 1]
    debut, debut_stop = firsts.indptr[own], firsts.indptr[own + 1]
    p = begin
    while p < end:
        moment = time[p]
        low = p if p > begin else _seek(time, low, p, moment)
        high = _seek(time, p, stop, moment + 1)
        across = _seek(time, across, across_stop, moment)
        across_high = _seek(time, across, across_stop, moment + 1)
        debut = _seek(new, debut, debut_stop, moment)
        debut_high = _seek(new, debut, debut_stop, moment + 1)
        numbers = (high - low, across_high - across, debut_high - debut)
        across, debut = across_high, debut_high
        while p < min(high, end):
            for i in range(targets.shape[0]):
                matrix[edge[p] - first, targets[i, 2]] = numbers[targets[i, 1]]
            p += 1


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def instant(
    both: Adjacency, firsts: Debuts, block: Block, targets: NDArray[np.int32], matrix: NDArray[np.float32]
) -> None:
    """Fill columns with what each account does at exactly the time of the transfer, before and after it in the ledger.

    - ``own``: the account's transfers on the side that it has in this transfer, this one included.
    - ``other``: its transfers on the other side; a transfer to oneself is one of both.
    - ``new``: of the first, those that are their pair's first dealing ever the same way.

    No order of the rows within an instant changes a number.

    Parameters
    ----------
    both : Adjacency
        Both sides: list ``a`` is what account ``a`` paid, list ``accounts + a`` what it was paid.
    firsts : Debuts
        Of the same lists.
    block : Block
    targets : int32[k, 3]
        What to compute: role of the account in the transfer (0 debtor, 1 creditor), place in :data:`STATISTICS`, column
        of `matrix`.
    matrix : float32[block.last - block.first, columns]
        Written at the rows of the block that have an account in the role; each by the one thread that owns the
        account. Cost: linear, and a search for an account's first row of the block.
    """
    accounts = block.out_begin.size
    border = both.indptr[accounts]
    for chunk in prange(block.borders.size - 1):
        paid, was_paid = targets[targets[:, 0] == 0], targets[targets[:, 0] == 1]
        lists = (both, firsts)
        for a in range(block.borders[chunk], block.borders[chunk + 1]):
            if paid.shape[0]:
                rows = (block.out_begin[a], block.out_end[a], block.first)
                _instants_of_list((a, accounts + a), lists, rows, paid, matrix)
            if was_paid.shape[0]:
                rows = (block.in_begin[a] + border, block.in_end[a] + border, block.first)
                _instants_of_list((accounts + a, a), lists, rows, was_paid, matrix)
