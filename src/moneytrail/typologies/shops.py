"""Shops: the businesses of cash trades, what they take and pay, and how their peers stood in a month.

Used by L10. What is unusual for a shop is said against shops, and for its staff: wages stand for its size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from moneytrail.typologies.windows import chosen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.matches import Values
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Chosen

MADE_NORMAL: Final = 1.4826
"""The median distance from the median of a normal distribution, times this, is its standard deviation."""


class Month(NamedTuple):
    """What the shops had in one calendar month; a place each.

    Attributes
    ----------
    ratio : float64[shops]
        See :func:`ratio_of`.
    share : float64[shops]
        See :func:`share_of_cards`.
    dealt : bool[shops]
        Whether it banked cash at all.
    """

    ratio: NDArray[np.float64]
    share: NDArray[np.float64]
    dealt: NDArray[np.bool_]


class Standing(NamedTuple):
    """How a shop's peers stood in a month.

    Attributes
    ----------
    peers : int
        How many there are.
    middle, spread : float
        Lower median of their cash a pound of wages (natural logarithm), and its robust standard deviation.
    share : float
        Lower median share of takings that are no cash.
    """

    peers: int
    middle: float
    spread: float
    share: float


@dataclass(frozen=True, eq=False)
class Shops:
    """The businesses of cash trades, and what they took and paid.

    Attributes
    ----------
    ground : Ground
    values : mapping of str to int or float
        ``peers``, ``spread`` and ``least_wages`` of L10.
    account : int64[shops]
        Rising.
    trade : list of str
        The declared trade of each, in lower case.
    """

    ground: Ground
    values: Values
    account: NDArray[np.int64]
    trade: list[str]

    @classmethod
    def of(cls, ground: Ground, values: Values) -> Shops:
        """The shops of the ground."""
        account = np.flatnonzero(ground.trade("cash_business") & ground.kind("business"))
        named = ground.graph.register["occupation"].str.to_lowercase()
        return cls(ground, values, account, [named[number] for number in account.tolist()])

    def chosen(self, side: str, keep: NDArray[np.bool_]) -> Chosen:
        """What the shops were paid (``in``) or paid (``out``), of the transfers that `keep` (bool[n]) says."""
        wanted = np.zeros(self.ground.graph.accounts + 1, np.bool_)
        wanted[self.account] = True
        owner = self.ground.graph.creditor if side == "in" else self.ground.graph.debtor
        return chosen(self.ground.graph, side, keep & wanted[owner])

    @cached_property
    def cash(self) -> Chosen:
        """Cash paid in."""
        return self.chosen("in", self.ground.by_channel("cash"))

    @cached_property
    def others(self) -> Chosen:
        """Takings that did not come as cash: of another party, and no booking of the bank's own."""
        graph, ground = self.ground.graph, self.ground
        outside = ground.between_parties | (graph.debtor < 0)
        return self.chosen("in", outside & ~ground.by_channel("cash", "internal"))

    @cached_property
    def wages(self) -> Chosen:
        """Debits with a word for pay."""
        return self.chosen("out", self.ground.purpose("payroll"))

    def month(self, month: int) -> Month:
        """What each shop had in a calendar month."""
        if month not in self._months:
            cash, others, wages = (self._sum(one, month) for one in (self.cash, self.others, self.wages))
            least = int(self.values["least_wages"])
            pairs = zip(cash.tolist(), wages.tolist(), strict=True)
            ratio = np.array([ratio_of(taken, paid, least) for taken, paid in pairs], np.float64)
            share = np.array([share_of_cards(*pair) for pair in zip(cash.tolist(), others.tolist(), strict=True)])
            self._months[month] = Month(ratio, share, cash > 0)
        return self._months[month]

    @cached_property
    def _months(self) -> dict[int, Month]:
        return {}

    def _sum(self, paid: Chosen, month: int) -> NDArray[np.int64]:
        held = self.ground.graph.month[paid.ledger] == month
        before = np.concatenate([[0], np.cumsum(np.where(held, paid.amount, 0))])
        total: NDArray[np.int64] = before[paid.indptr[self.account + 1]] - before[paid.indptr[self.account]]
        return total

    def standing(self, place: int, month: int) -> Standing | None:
        """How the peers of the shop at `place` stood in a calendar month; ``None`` where they are too few.

        Peers are those of its trade, or, where these are too few, of all cash trades; without itself, and only those
        that banked cash in the month.
        """
        if (place, month) not in self._standings:
            self._standings[place, month] = self._stood(place, month)
        return self._standings[place, month]

    @cached_property
    def _standings(self) -> dict[tuple[int, int], Standing | None]:
        return {}

    def _stood(self, place: int, month: int) -> Standing | None:
        seen = self.month(month)
        others = seen.dealt.copy()
        others[place] = False
        alike = others & np.array([trade == self.trade[place] for trade in self.trade])
        kept = alike if alike.sum() >= self.values["peers"] else others
        if kept.sum() < self.values["peers"]:
            return None
        middle = lower_middle(seen.ratio[kept])
        spread = MADE_NORMAL * lower_middle(np.abs(seen.ratio[kept] - middle))
        return Standing(
            int(kept.sum()), middle, max(spread, float(self.values["spread"])), lower_middle(seen.share[kept])
        )


def ratio_of(cash: int, wages: int, least: int) -> float:
    """The natural logarithm of the cash a pound of wages; wages are taken to be at least `least`."""
    return log(max(cash, 1) / max(wages, least))


def share_of_cards(cash: int, others: int) -> float:
    """Which share of the takings did not come as cash; 0 of nothing."""
    return others / (cash + others) if others else 0.0


def lower_middle(numbers: NDArray[np.float64]) -> float:
    """The middle one, the lower of the two where their number is even."""
    return float(np.sort(numbers)[(numbers.size - 1) // 2])
