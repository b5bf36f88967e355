"""Choosing an account's transfers and looking at them through a sliding window: what most typologies are made of.

Three steps make a rule: choose transfers (:func:`chosen`), measure every window that ends at one of them
(:meth:`Chosen.within`), and keep the strongest window of each account and period that holds the gate
(:meth:`Windows.strongest`). Each step is whole arrays at a time; the loops are in ``kernels/windows.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.windows import beside, distinct, openings, strongest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.kernels.ordering import Adjacency


class Firing(NamedTuple):
    """The strongest window of one account and period.

    Attributes
    ----------
    account : int
    place : int
        Where it ends in the choice: the index into every array of the windows' measures.
    ledger : int32[k]
        Ledger positions of the chosen transfers in the window, rising.
    fired : int
        Ledger position at which the gate first held in this period.
    """

    account: int
    place: int
    ledger: NDArray[np.int32]
    fired: int


@dataclass(frozen=True, eq=False)
class Chosen:
    """Some transfers of every account, account by account in ledger order.

    Attributes
    ----------
    indptr : int64[accounts + 1]
        Where each account's transfers begin.
    ledger : int32[m]
        Ledger positions.
    peer : int32[m]
        The account at the other end, -1 where absent.
    time, amount : int64[m]
        Microseconds UTC; minor units of the reference currency.
    """

    indptr: NDArray[np.int64]
    ledger: NDArray[np.int32]
    peer: NDArray[np.int32]
    time: NDArray[np.int64]
    amount: NDArray[np.int64]

    @property
    def accounts(self) -> int:
        """How many lists there are."""
        return int(self.indptr.size - 1)

    @cached_property
    def account(self) -> NDArray[np.int32]:
        """The account of each transfer."""
        return np.repeat(np.arange(self.accounts, dtype=np.int32), np.diff(self.indptr))

    @cached_property
    def borders(self) -> NDArray[np.int64]:
        """How the lists are split among threads."""
        borders: NDArray[np.int64] = cost_chunks(self.indptr, CHUNKS)
        return borders

    def where(self, keep: NDArray[np.bool_]) -> Chosen:
        """Those of the choice for which `keep` (bool[m]) says so."""
        before = np.concatenate([[0], np.cumsum(keep)])
        indptr = before[self.indptr].astype(np.int64)
        return Chosen(indptr, self.ledger[keep], self.peer[keep], self.time[keep], self.amount[keep])

    def within(self, days: float) -> Windows:
        """The window of so many days that ends at each transfer: ``(t - days, t]``."""
        length = round(days * DAY)
        begin = openings(self.indptr, self.time, length, self.borders)
        return Windows(self, length, self, begin, np.arange(1, self.time.size + 1))

    def of(self, account: int) -> slice:
        """Where one account's transfers stand."""
        return slice(int(self.indptr[account]), int(self.indptr[account + 1]))


def chosen(graph: TransactionGraph, side: str, keep: NDArray[np.bool_]) -> Chosen:
    """The transfers of every account on one side that `keep` says, without those to oneself.

    Parameters
    ----------
    graph : TransactionGraph
    side : {"in", "out"}
        What the accounts were paid, or what they paid.
    keep : bool[n]
        In ledger order.
    """
    lists: Adjacency = {"in": graph.incoming, "out": graph.outgoing}[side]
    account = graph.creditor if side == "in" else graph.debtor
    taken = keep & (graph.debtor != graph.creditor) & (account >= 0)
    if 8 * np.count_nonzero(taken) < taken.size:
        # Few are chosen: sorting them by account is cheaper than going through every list.
        ledger = np.flatnonzero(taken).astype(np.int32)
        ledger = ledger[np.argsort(account[ledger], kind="stable")]
        indptr = np.searchsorted(account[ledger], np.arange(graph.accounts + 1)).astype(np.int64)
        other = graph.debtor if side == "in" else graph.creditor
        return Chosen(indptr, ledger, other[ledger], graph.time[ledger], graph.amount[ledger])
    return Chosen(lists.indptr, lists.edge, lists.peer, lists.time, lists.amount).where(taken[lists.edge])


@dataclass(frozen=True, eq=False)
class Windows:
    """For every transfer of a choice, the part of a choice that lies in the window that ends at it.

    Attributes
    ----------
    ends : Chosen
        At whose transfers the windows end.
    length : int
        Microseconds.
    held : Chosen
        What they look at: the same choice, or another one of the same accounts.
    begin, end : int64[m]
        Each window's part of `held`, the end excluded.
    """

    ends: Chosen
    length: int
    held: Chosen
    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    def beside(self, other: Chosen) -> Windows:
        """The same windows over another choice of the same accounts: up to the same transfer of the ledger."""
        own = (self.ends.indptr, self.ends.ledger, self.ends.time)
        begin, end = beside(own, (other.indptr, other.ledger, other.time), self.length, self.ends.borders)
        return Windows(self.ends, self.length, other, begin, end)

    @cached_property
    def count(self) -> NDArray[np.int64]:
        """Transfers in each window."""
        return self.end - self.begin

    @cached_property
    def value(self) -> NDArray[np.int64]:
        """Their sum, minor units."""
        return self.sum(self.held.amount)

    @cached_property
    def peers(self) -> NDArray[np.int32]:
        """Different accounts at the other end."""
        return self.different(self.held.peer)

    def sum(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Sum of `values` (one a transfer of `held`; whole numbers or truths) in each window."""
        before = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
        total: NDArray[np.int64] = before[self.end] - before[self.begin]
        return total

    def different(self, code: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
        """How many different codes (one a transfer of `held`; negative counts as nothing) each window holds."""
        codes = code.astype(np.int32, copy=False)
        most = int(codes.max(initial=-1)) + 1
        spans = (self.begin, self.end)
        made: NDArray[np.int32] = distinct(self.ends.indptr, spans, codes, most, self.ends.borders)
        return made

    def median_within(self, low: int, high: int) -> NDArray[np.bool_]:
        """Whether the lower median amount of each window lies in ``[low, high]``; ``False`` for an empty one."""
        middle = (self.count - 1) // 2
        below, above = self.sum(self.held.amount < low), self.sum(self.held.amount > high)
        return (self.count > 0) & (below <= middle) & (self.count - above > middle)

    def ledger(self, place: int) -> NDArray[np.int32]:
        """Ledger positions of what one window holds."""
        return self.held.ledger[self.begin[place] : self.end[place]]

    def strongest(
        self,
        fires: NDArray[np.bool_],
        first: NDArray[np.integer[Any]],
        second: NDArray[np.integer[Any]],
        period_days: float | None = None,
    ) -> Iterator[Firing]:
        """Of the windows that fire, the strongest of every account and period.

        Parameters
        ----------
        fires : bool[m]
        first, second : int[m]
            The larger is stronger: by `first`, then by `second`; of equals the earliest.
        period_days : float, optional
            Length of a period, counted from 1 January 1970 UTC; the window's own without it.
        """
        period = self.length if period_days is None else round(period_days * DAY)
        strength = (first.astype(np.int64, copy=False), second.astype(np.int64, copy=False))
        for account, best, opening in strongest(self.ends.indptr, self.ends.time, fires, strength, period).tolist():
            yield Firing(account, best, self.ledger(best), int(self.ends.ledger[opening]))
