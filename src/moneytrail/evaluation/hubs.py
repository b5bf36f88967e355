"""Accounts that half the bank deals with: what two transfers have in common by them says nothing."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

DAY: Final = 86_400_000_000
"""Microseconds."""


class Booked(NamedTuple):
    """Transfers in ledger order, as arrays.

    Attributes
    ----------
    debtor, creditor : int32[n]
        -1 where that side is absent.
    time : int64[n]
        Microseconds UTC, ascending.
    """

    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    time: NDArray[np.int64]


class Hubs:
    """Which accounts of some transfers have too many counterparties to link anything, at the end of each week.

    Parameters
    ----------
    booked : Booked
        All transfers.
    rows : int64[m]
        Whose accounts are asked about.
    ends : int64[weeks]
        Ends of the weeks, ascending; transfers booked before an end count.
    most : int
        Counterparties up to which an account is no hub. Itself and cash are none.
    span : int
        Microseconds: dealings of so long before an end count.

    Notes
    -----
    One stable sort of the dealings of the accounts asked about. The oracle is ``tests/oracles/raising.py``.
    """

    def __init__(self, booked: Booked, rows: NDArray[np.int64], ends: NDArray[np.int64], most: int, span: int) -> None:
        both = np.concatenate([booked.debtor[rows], booked.creditor[rows]])
        self._accounts = np.unique(both[both >= 0])
        shape = self._accounts.size, ends.size + 1
        degree = np.zeros(shape, dtype=np.int64)
        if self._accounts.size and ends.size:
            account, *weeks = _seen(booked, self._accounts, ends, most, span)
            # A pair counts from its first week's end to its last: one up, one down, and the sum along the weeks.
            up, down = (np.bincount(account * shape[1] + week, minlength=degree.size) for week in weeks)
            degree = (up - down).reshape(shape).cumsum(axis=1)
        self._is_hub = degree > most

    def at(self, week: int) -> set[int]:
        """The hubs at the end of `week`."""
        return set(self._accounts[self._is_hub[:, week]].tolist())


def _seen(
    booked: Booked, accounts: NDArray[np.int32], ends: NDArray[np.int64], most: int, span: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Each dealing of `accounts`: the account's place, the first week at whose end it is its pair's latest, the end.

    A pair has dealt in the span that ends at E when its latest dealing before E is at E - span or later. Accounts with
    too few dealings to be hubs are left out.
    """
    size = int(max(booked.debtor.max(), booked.creditor.max())) + 1
    place = np.full(size + 1, -1, dtype=np.int64)
    place[accounts] = np.arange(accounts.size)
    rows = slice(*np.searchsorted(booked.time, (ends[0] - span, ends[-1])).tolist())
    sides = np.column_stack([booked.debtor[rows], booked.creditor[rows]])
    dealt = (sides >= 0).all(axis=1) & (sides[:, 0] != sides[:, 1])
    account = np.where(dealt[:, None], place[sides], -1).ravel()
    busy = np.bincount(account + 1, minlength=accounts.size + 1) > most
    busy[0] = False
    kept = np.flatnonzero(busy[account + 1])
    account, other = account[kept], sides[:, ::-1].ravel()[kept]
    pair = account * size + other
    order = np.argsort(pair, kind="stable")
    pair, time = pair[order], booked.time[rows][kept[order] // 2]
    until = time + span
    again = pair[1:] == pair[:-1]
    until[:-1][again] = np.minimum(until[:-1][again], time[1:][again])
    return account[order], np.searchsorted(ends, time, "right"), np.searchsorted(ends, until, "right")
