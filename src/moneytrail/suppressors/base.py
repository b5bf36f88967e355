"""What a suppressor is: an innocent explanation with a test, which lowers a score and never removes evidence.

A suppressor file declares one :class:`Suppressor` on top and gives it a judge, which looks at one :class:`Case` (a
match and the accounts in it) and says with figures why the innocent explanation holds, or nothing. It sees only what
was known when the match completed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.errors import ParameterError
from moneytrail.graph import DAY
from moneytrail.matches import Parameter, Suppression, Value, Values
from moneytrail.schema import CHANNELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.typologies.base import Found, Typology
    from moneytrail.typologies.ground import Ground

LOOKBACK_DAYS: Final = 365
"""How far back from the end of a match an account is looked at (design: a year shows every season)."""


WHY: Final = "as in our look-alike library; no source gives a number"


@dataclass(frozen=True, eq=False)
class View:
    """One account's transfers in the year up to a match's last transfer, as its bank sees them.

    Attributes
    ----------
    ground : Ground
    account : int
    until : int
        Ledger position of the last transfer that may be looked at.
    """

    ground: Ground
    account: int
    until: int

    @property
    def graph(self) -> TransactionGraph:
        """The graph looked at."""
        return self.ground.graph

    @cached_property
    def ledger(self) -> NDArray[np.int64]:
        """Ledger positions, rising; without transfers to oneself."""
        graph = self.graph
        earliest = graph.time[self.until] - LOOKBACK_DAYS * DAY
        parts = []
        for side in (graph.outgoing, graph.incoming):
            start, stop = side.indptr[self.account], side.indptr[self.account + 1]
            last = start + int(np.searchsorted(side.edge[start:stop], self.until, side="right"))
            first = start + int(np.searchsorted(side.time[start:last], earliest, side="right"))
            parts.append(side.edge[first:last][side.peer[first:last] != self.account])
        return np.sort(np.concatenate(parts)).astype(np.int64)

    @cached_property
    def credit(self) -> NDArray[np.bool_]:
        """bool[k]: whether each is money in."""
        credit: NDArray[np.bool_] = self.graph.creditor[self.ledger] == self.account
        return credit

    @cached_property
    def peer(self) -> NDArray[np.int32]:
        """int32[k]: the account at the other end, -1 where absent."""
        return np.where(self.credit, self.graph.debtor[self.ledger], self.graph.creditor[self.ledger])

    @cached_property
    def amount(self) -> NDArray[np.int64]:
        """int64[k]: minor units of the reference currency."""
        return self.graph.amount[self.ledger]

    @cached_property
    def time(self) -> NDArray[np.int64]:
        """int64[k]: microseconds UTC."""
        return self.graph.time[self.ledger]

    @cached_property
    def day(self) -> NDArray[np.int64]:
        """int64[k]: days since 1970, UTC."""
        return self.time // DAY

    @cached_property
    def month(self) -> NDArray[np.int32]:
        """int32[k]: calendar months as running numbers."""
        return self.graph.month[self.ledger]

    def says(self, *purposes: str) -> NDArray[np.bool_]:
        """bool[k]: whether the reference or merchant category is of one of these purposes."""
        made = np.zeros(self.ledger.size, np.bool_)
        for purpose in purposes:
            made |= self.ground.purpose(purpose)[self.ledger]
        return made

    def by(self, *channels: str) -> NDArray[np.bool_]:
        """bool[k]: whether the money moved by one of these channels."""
        wanted = np.array([name in channels for name in CHANNELS])
        made: NDArray[np.bool_] = wanted[self.graph.channel[self.ledger]]
        return made

    def is_trade(self, *trades: str) -> bool:
        """Whether the declared occupation is of one of these classes."""
        return bool(self.ground.trade(*trades)[self.account])

    def is_kind(self, *kinds: str) -> bool:
        """Whether the account is of one of these kinds."""
        return bool(self.ground.kind(*kinds)[self.account])

    def total(self, which: NDArray[np.bool_]) -> int:
        """Sum of these amounts, minor units."""
        return int(self.amount[which].sum())

    def months_paid(self, which: NDArray[np.bool_]) -> dict[int, int]:
        """For each account at the other end of the transfers chosen, in how many calendar months it stands there."""
        chosen = which & (self.peer >= 0)
        pairs = np.unique(np.stack([self.peer[chosen], self.month[chosen]]), axis=1)
        peers, months = np.unique(pairs[0], return_counts=True)
        return dict(zip(peers.tolist(), months.tolist(), strict=True))

    @property
    def known_months(self) -> int:
        """How many calendar months the data reach back, the last one counted though it is not over; at most 12."""
        first = int(np.datetime64(self.graph.known_from, "us").astype("datetime64[M]").astype(np.int64))
        return min(12, int(self.graph.month[self.until]) - first + 1)

    def by_peer(self, which: NDArray[np.bool_]) -> dict[int, NDArray[np.int64]]:
        """For each account at the other end its places among the transfers chosen, rising; absent sides left out."""
        places = np.flatnonzero(which & (self.peer >= 0))
        order = places[np.argsort(self.peer[places], kind="stable")]
        peers, starts = np.unique(self.peer[order], return_index=True)
        return dict(zip(peers.tolist(), np.split(order, starts[1:]), strict=True)) if peers.size else {}


@dataclass(frozen=True, eq=False)
class Case:
    """One match that is judged.

    Attributes
    ----------
    ground : Ground
    typology : Typology
    found : Found
    """

    ground: Ground
    typology: Typology
    found: Found

    @cached_property
    def subject(self) -> View:
        """The match's subject."""
        return self.view(self.found.subject)

    def view(self, account: int) -> View:
        """Any account, up to the match's last transfer."""
        return View(self.ground, account, int(self.found.ledger[-1]))

    @cached_property
    def payees(self) -> NDArray[np.int32]:
        """Accounts that the subject pays in the evidence, rising."""
        return self._of(self.ground.graph.debtor, self.ground.graph.creditor)

    @cached_property
    def payers(self) -> NDArray[np.int32]:
        """Accounts that pay the subject in the evidence, rising."""
        return self._of(self.ground.graph.creditor, self.ground.graph.debtor)

    def _of(self, own: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.int32]:
        ledger = self.found.ledger[own[self.found.ledger] == self.found.subject]
        return np.unique(other[ledger][other[ledger] >= 0])

    @cached_property
    def others(self) -> NDArray[np.int32]:
        """The other accounts in the evidence, rising."""
        graph, ledger = self.ground.graph, self.found.ledger
        both = np.concatenate([graph.debtor[ledger], graph.creditor[ledger]])
        return np.unique(both[(both >= 0) & (both != self.found.subject)])


Judge = Callable[[Case, Values], str]
"""Says with figures why the innocent explanation holds: ``62 % of its payers paid three times or more``; else empty."""


@dataclass(frozen=True, slots=True)
class Suppressor:
    """One row of the look-alike library.

    Attributes
    ----------
    code, name : str
        ``R-LAND``, ``rent of a landlord or a shared house``: with its article, since it stands in sentences.
    test : str
        The test exactly: all of it must hold.
    on : tuple of str
        Ids of the typologies whose matches it is tested on; empty for one that chooses what is looked at instead.
    factor : Parameter
        What a score is multiplied by, from 0 to 1.
    judge : callable
        ``judge(case, values)``: why it holds, or an empty text.
    parameters : tuple of Parameter
        The test's other numbers.
    needs : tuple of str
        As of a typology: without these the test cannot be made, and the run record says so.
    """

    code: str
    name: str
    test: str
    on: tuple[str, ...]
    factor: Parameter = field(default_factory=lambda: factor(1.0))
    judge: Judge = lambda _case, _values: ""
    parameters: tuple[Parameter, ...] = ()
    needs: tuple[str, ...] = ()

    def values(self, overrides: Mapping[str, object] | None = None) -> dict[str, Value]:
        """Parameter values: the defaults with `overrides`, each checked.

        Raises
        ------
        ParameterError
            Naming the suppressor, the parameter, the value and what is allowed.
        """
        overrides = dict(overrides or {})
        values: dict[str, Value] = {}
        for parameter in (self.factor, *self.parameters):
            try:
                values[parameter.name] = parameter.check(overrides.pop(parameter.name, parameter.default))
            except ParameterError as error:
                raise ParameterError(f"{self.code}: {error}") from error
        if overrides:
            known = ", ".join(p.name for p in (self.factor, *self.parameters))
            raise ParameterError(f"{self.code} has no parameter {next(iter(overrides))!r}; it has {known}")
        return values

    def suppression(self, case: Case, values: Values) -> Suppression | None:
        """What it does to this match; ``None`` where its test does not hold."""
        said = self.judge(case, values)
        return Suppression(self.code, self.name, float(values["factor"]), said) if said else None

    def lacks(self, ground: Ground) -> tuple[str, ...]:
        """What it needs and the data have nothing of."""
        return tuple(need for need in self.needs if not ground.has(need))

    def describe(self) -> dict[str, Any]:
        """The declaration as plain data."""
        return {
            "code": self.code,
            "name": self.name,
            "test": self.test,
            "on": list(self.on),
            "factor": asdict(self.factor),
            "parameters": [asdict(parameter) for parameter in self.parameters],
            "needs": list(self.needs),
        }


def factor(default: float) -> Parameter:
    """The factor of a suppressor."""
    return share("factor", default, "what a score is multiplied by")


def share(name: str, default: float, meaning: str) -> Parameter:
    """A share of a test."""
    return Parameter(name, default, "share", 0.0, 1.0, meaning, WHY, "design")


def count(name: str, default: int, meaning: str, high: int = 10_000) -> Parameter:
    """A number of a test."""
    return Parameter(name, default, "count", 1, high, meaning, WHY, "design")


def amount(name: str, default: int, meaning: str) -> Parameter:
    """A sum of a test."""
    return Parameter(name, default, "minor units", 0, 10**12, meaning, WHY, "design")


def spread(amounts: NDArray[np.int64]) -> float:
    """Coefficient of variation: standard deviation over mean; 0 for nothing."""
    mean = float(amounts.mean()) if amounts.size else 0.0
    return float(amounts.std()) / mean if mean else 0.0


def told(conditions: Iterable[tuple[bool, str]]) -> str:
    """The figures of a test, joined; empty unless every condition holds. Conditions after a failed one are not made."""
    said = []
    for holds, text in conditions:
        if not holds:
            return ""
        said.append(text)
    return "; ".join(text for text in said if text)
