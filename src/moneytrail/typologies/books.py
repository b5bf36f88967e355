"""What accounts dealt with others, all of it in one list, looked at once a day over a sliding window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.passing import left_soon, on_both_sides
from moneytrail.typologies.windows import chosen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Chosen, Windows


@dataclass(frozen=True, eq=False)
class Books:
    """What some accounts dealt, day by day.

    Attributes
    ----------
    ground : Ground
    accounts : bool[accounts]
    seen : Windows
        Ends once a day, at the first debit to an unaffiliated payee.
    into, out : Windows
        What unaffiliated payers paid in, and unaffiliated payees were paid.
    """

    ground: Ground
    accounts: NDArray[np.bool_]
    seen: Windows
    into: Windows
    out: Windows

    @classmethod
    def of(cls, ground: Ground, accounts: NDArray[np.bool_], days: float) -> Books:
        """The books of `accounts`, over windows of so many days."""
        graph, strange, known = ground.graph, ground.stranger, np.append(accounts, False)
        paid = chosen(graph, "out", strange & known[graph.debtor])
        seen = paid.where(first_of_day(paid)).within(days)
        into = chosen(graph, "in", strange & known[graph.creditor])
        return cls(ground, accounts, seen, seen.beside(into), seen.beside(paid))

    @cached_property
    def came(self) -> Windows:
        """All money in."""
        graph = self.ground.graph
        return self.seen.beside(chosen(graph, "in", np.append(self.accounts, False)[graph.creditor]))

    @cached_property
    def left(self) -> Windows:
        """All money out."""
        graph = self.ground.graph
        return self.seen.beside(chosen(graph, "out", np.append(self.accounts, False)[graph.debtor]))

    def crowded(self, payers: float, payees: float) -> NDArray[np.bool_]:
        """Which windows have so many unaffiliated payers and payees."""
        held: NDArray[np.bool_] = (self.into.peers >= payers) & (self.out.peers >= payees)
        return held

    def balanced(self, share: int) -> NDArray[np.bool_]:
        """In which windows money in and money out differ by at most `share` thousandths of the money in."""
        came = self.came.value
        held: NDArray[np.bool_] = (came > 0) & (np.abs(came - self.left.value) <= at_most(came, share))
        return held

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """All money in and out in one list, sorted by account and ledger."""
        account = np.concatenate([self.came.held.account, self.left.held.account])
        ledger = np.concatenate([self.came.held.ledger, self.left.held.ledger])
        return np.lexsort((ledger, account))

    def _both(self, name: str) -> NDArray[np.int64]:
        joined = np.concatenate([getattr(self.came.held, name), getattr(self.left.held, name)])
        made: NDArray[np.int64] = joined[self.order]
        return made

    @cached_property
    def ledger(self) -> NDArray[np.int64]:
        """Ledger positions of that list."""
        return self._both("ledger")

    @cached_property
    def credit(self) -> NDArray[np.bool_]:
        """Whether each is money in."""
        made: NDArray[np.bool_] = self.order < self.came.held.ledger.size
        return made

    def spans(self, places: NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the windows at `places` begin and end in that list: what precedes on either side precedes here."""
        return self.came.begin[places] + self.left.begin[places], self.came.end[places] + self.left.end[places]

    def soon(self, places: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
        """How much of the money in left within `reach`, in each of the windows at `places`."""
        spans = self.spans(places)
        moves = self._both("time"), self._both("amount"), self.credit
        made: NDArray[np.int64] = left_soon(spans, moves, reach, _runs(spans))
        return made

    def overlap(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many unaffiliated accounts both paid and were paid, in each of the windows at `places`."""
        spans = self.spans(places)
        # Nobody is first among the names, and becomes -1.
        peers = np.append(np.where(self.ground.stranger[self.ledger], self._both("peer"), -1), -1)
        names, codes = np.unique(peers, return_inverse=True)
        codes = (codes[:-1] - 1).astype(np.int32)
        made: NDArray[np.int64] = on_both_sides(spans, (codes, self.credit), names.size, _runs(spans))
        return made


def _runs(spans: tuple[NDArray[np.int64], NDArray[np.int64]]) -> NDArray[np.int64]:
    """The windows in runs of about equal cost."""
    runs: NDArray[np.int64] = cost_chunks(np.concatenate([[0], np.cumsum(spans[1] - spans[0])]), CHUNKS)
    return runs


def first_of_day(lists: Chosen) -> NDArray[np.bool_]:
    """Which transfers are the first of their account's list on their day (UTC)."""
    day, account = lists.time // DAY, lists.account
    first = np.ones(day.size, np.bool_)
    first[1:] = (day[1:] != day[:-1]) | (account[1:] != account[:-1])
    return first


def at_most(whole: NDArray[np.int64], share: int) -> NDArray[np.int64]:
    """The largest amount that is at most `share` thousandths of `whole`, without overflow."""
    return (whole // 1000) * share + (whole % 1000) * share // 1000
