"""Stories in a few lines, and what the catalogue says of them: each match with the innocent explanations that held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from moneytrail.catalogue import Parameters, search
from moneytrail.graph import TransactionGraph
from moneytrail.matches import Matches
from moneytrail.rates import ExchangeRates
from moneytrail.testing import register, story
from moneytrail.typologies import by_id
from moneytrail.typologies.base import frames_of
from moneytrail.typologies.ground import Ground

RATES = ExchangeRates.load()

Known = dict[str, dict[str, Any]]
"""What the account table says, by account."""

Days = str | Iterable[str]


@dataclass(frozen=True, eq=False)
class Scene:
    """A story, what is known of its accounts, and the typology that looks at it.

    Attributes
    ----------
    typology : str
    text : str
        As :func:`moneytrail.testing.story` reads it.
    known : mapping
        Empty for a bank without an account table.
    arrivals : polars DataFrame or None
    """

    typology: str
    text: str
    known: Known = field(default_factory=dict)
    arrivals: pl.DataFrame | None = None

    @cached_property
    def answer(self) -> Answer:
        """What is found with the defaults; searched for once."""
        return self.asks()

    def asks(self, parameters: Parameters | None = None) -> Answer:
        """Search for the typology, and for what it builds on."""
        accounts = register([{"account": name, **facts} for name, facts in self.known.items()]) if self.known else None
        transfers = story(self.text)
        ground = Ground(TransactionGraph.from_frame(transfers, RATES, accounts), arrivals=self.arrivals)
        (searched,) = search(ground, parameters, only=[self.typology])
        raw = frames_of(ground.graph, by_id(self.typology), ground.earlier[self.typology])
        return Answer(transfers, searched.not_applicable, searched.matches, raw)


@dataclass(frozen=True, eq=False)
class Answer:
    """What was found in a scene.

    Attributes
    ----------
    transfers : polars DataFrame
    not_applicable : str
        Why the data could not show the typology at all: a scene of which this is said proves nothing.
    matches : Matches
        After the innocent explanations were tested.
    raw : Matches
        As the finder gave them.
    """

    transfers: pl.DataFrame
    not_applicable: str
    matches: Matches
    raw: Matches

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The matches in order of their ends, the last one last."""
        return self.matches.match.sort("ended_at", maintain_order=True).to_dicts()


def codes(row: dict[str, Any]) -> list[str]:
    """The codes of the innocent explanations that held for a match."""
    return [one["code"] for one in row["suppressors"]]


# Lines of a story


def paid(days: Days, debtor: str, creditor: str, amount: float, **more: str) -> str:
    """Say that one account paid another so much, on a day or on each of several; ``"2025-05-03"`` is nine o'clock."""
    extra = "".join(f" {name}={value}" for name, value in more.items())
    moments = [days] if isinstance(days, str) else days
    return "".join(
        f"{moment if ' ' in moment else moment + ' 09:00'} {debtor} -> {creditor} {amount:.2f}{extra}\n"
        for moment in moments
    )


def months(first: str, number: int, day: int = 1, clock: str = "09:00") -> list[str]:
    """Return one day in each of so many months: ``months("2025-01", 3, 28)``."""
    year, month = map(int, first.split("-"))
    places = [year * 12 + month - 1 + later for later in range(number)]
    return [f"{place // 12}-{place % 12 + 1:02d}-{day:02d} {clock}" for place in places]


def days(first: str, number: int, every: int = 1, clock: str = "09:00") -> list[str]:
    """Return so many days, each `every` days after the one before."""
    start = date.fromisoformat(first)
    return [f"{start + timedelta(days=every * place)} {clock}" for place in range(number)]


def card(moments: Days, debtor: str, shop: str, amount: float, category: str, **more: str) -> str:
    """Say that a card was used in a shop of this category."""
    return paid(moments, debtor, shop, amount, channel="card", merchant_category=category, **more)
