"""The opinion of a trained model, as matches beside those of the typologies.

A model gives every transfer a probability. Those that are more likely illicit than not are gathered by account and
period into matches like any other: with a subject, with the transfers that they stand on, with what weighed most, and
scored by the probability itself. So they are grouped, ranked, compared with a placebo and shown as all others are. They
are marked as an opinion: what proves is the transfers, and nobody can check a model's answer from these alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from moneytrail.features import Feature, Pool, describe
from moneytrail.graph import DAY, TransactionGraph
from moneytrail.matches import GATE_POINTS, Values
from moneytrail.typologies.base import Found, Typology
from moneytrail.typologies.m01_model_opinion import HUB, TYPOLOGY
from moneytrail.typologies.measuring import fact, gate
from moneytrail.wording import between, counted, money, percent, score, sentence_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.combination import Combination
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

COLUMN: Final = "probability"
"""What the column of a model's answers is called among the scores of transfers."""

NAMED: Final = 3
"""The most columns that an explanation names, and the most of the transfer's own that it names among them."""

SAMPLE: Final = 4_096
"""Transfers, evenly spread over those with an opinion, whose middle value of a column is called usual. Design."""

RECENT_DAYS: Final = 14
"""An echo that fades by half in so many days or fewer is told as one of recent weeks, another as one of months."""


FIRST: Final = "first_log_odds"
"""Round one's answer among the columns of round two."""

ITSELF: Final = "the transfer itself"
"""What round one's answer is called for people: it sees a transfer's own columns alone."""


@dataclass(frozen=True, eq=False)
class Opinion:
    """A trained combination that a run may ask.

    Attributes
    ----------
    model : Combination
    name, version, sha256 : str
        What the run record names it by.
    """

    model: Combination
    name: str
    version: str
    sha256: str
    _asked: dict[int, _Asked] = field(default_factory=dict, repr=False)

    def document(self) -> dict[str, str]:
        """What a run record says of it."""
        return {"name": self.name, "version": self.version, "sha256": self.sha256}

    @property
    def called(self) -> str:
        """What alerts name it by: name, version and the first eight digits of its hash."""
        return f"{self.name}/{self.version} ({self.sha256[:8]})"

    def probabilities(self, graph: TransactionGraph, first_days: int) -> NDArray[np.float64]:
        """Of each transfer in ledger order, float64 in [0, 1]; asked once for the ledger asked about last.

        NaN, no opinion, where a transfer was booked less than `first_days` after the data begin: the model's windows
        are not full there.
        """
        silent = without_opinion(graph, first_days)
        if silent == graph.transfers:
            return np.full(silent, np.nan)
        given = self._of(graph).probability.copy()
        given[:silent] = np.nan
        return given

    def silence(self, graph: TransactionGraph, first_days: int) -> str:
        """Of which transfers it gives no opinion, in words; empty where it gives one of all."""
        silent = without_opinion(graph, first_days)
        if not silent:
            return ""
        days = counted(first_days, "day")
        return f"{self.name} gives no opinion in the first {days}: {silent:,} of {graph.transfers:,} transfers"

    def _of(self, graph: TransactionGraph) -> _Asked:
        known = self._asked.get(0)
        if known is None or known.graph is not graph:
            pool = Pool([graph], self.model.columns)
            known = self._asked[0] = _Asked(graph, pool, self.model.score(graph, pool=pool))
        return known

    @cached_property
    def typology(self) -> Typology:
        """The declaration that a search takes beside the catalogue's."""

        def find(ground: Ground, values: Values) -> Iterator[Found]:
            return self._find(ground.graph, values)

        def applicable(ground: Ground, values: Values) -> str:
            graph, days = ground.graph, int(values["first_days"])
            return self.silence(graph, days) if without_opinion(graph, days) == graph.transfers else ""

        return replace(TYPOLOGY, finder=find, applicable=applicable)

    def _find(self, graph: TransactionGraph, values: Values) -> Iterator[Found]:
        least, first_days = float(values["least_probability"]), int(values["first_days"])
        every = self.probabilities(graph, first_days)
        flagged = np.flatnonzero(every >= least)
        if not flagged.size:
            return
        gathered = list(_gathered(graph, flagged, every[flagged], int(values["window_days"]) * DAY))
        likeliest = [int(flagged[places[np.argmax(every[flagged[places]])]]) for _, places in gathered]
        weighed = self._weighed(graph, likeliest, without_opinion(graph, first_days))
        for (subject, places), what in zip(gathered, weighed, strict=True):
            ledger = flagged[places]
            given = every[ledger]
            best = int(np.argmax(given))
            yield Found(
                subject=subject,
                ledger=ledger,
                roles=_roles(graph, subject, ledger),
                detectable=int(ledger[0]),
                measures=(
                    gate("probability", "highest probability of a transfer", float(given[best]), "share", least,
                         points=float(given[best]) - GATE_POINTS),
                    fact("mean_probability", "mean probability of the transfers", float(given.mean()), "share"),
                    fact("transfers", "number of the transfers", ledger.size, "count"),
                    *what.facts,
                ),
                explanation=_explain(graph, subject, ledger, given, (self.called, what.said)),
            )  # fmt: skip

    def _weighed(self, graph: TransactionGraph, likeliest: Sequence[int], silent: int) -> Iterator[_Weighed]:
        """What weighed most in each of these transfers of the ledger, beside what is usual of those with an opinion."""
        spread = np.unique(np.linspace(silent, graph.transfers - 1, SAMPLE).astype(np.int64))
        places, at = np.unique(np.concatenate([spread, likeliest]), return_inverse=True)
        rows = self.model.rows(graph, places, pool=self._of(graph).pool)
        own = len(self.model.columns)
        usual = [_middle(column) for column in rows[at[: spread.size]].T]
        asked = rows[at[spread.size :]]
        second = self.model.explain_rows(asked)
        first = np.mean([one.explain(asked[:, :own]) for one in self.model.first], axis=0)
        columns, currency = self.model.second_columns, graph.reference_currency
        for row, added, of_own in zip(asked.tolist(), second, first, strict=True):
            best = _largest(added)
            # What is named by itself is not named again.
            itself = _largest(np.where(np.isin(np.arange(own), best), 0.0, of_own))
            said = {p: reading(columns[p], row[p], usual[p], currency) for p in {*best, *itself} if columns[p] != FIRST}
            yield _told(
                [(said.get(place, ITSELF), float(added[place])) for place in best], [said[place] for place in itself]
            )


def without_opinion(graph: TransactionGraph, first_days: int) -> int:
    """How many transfers, the first of the ledger, were booked less than `first_days` after the data begin."""
    return int(np.searchsorted(graph.time, graph.known_from + first_days * DAY))


@dataclass(frozen=True, eq=False)
class _Asked:
    """What a model said of one ledger."""

    graph: TransactionGraph
    pool: Pool
    probability: NDArray[np.float64]


class _Weighed(NamedTuple):
    """What weighed most in a transfer: in words, and as measures."""

    said: list[str]
    facts: list[Measure]


class _Side(NamedTuple):
    """One side of the flagged transfers: account, what its transfers of the period weigh, whether it is a hub."""

    account: NDArray[np.int64]
    weight: NDArray[np.float64]
    hub: NDArray[np.bool_]


def _gathered(
    graph: TransactionGraph, flagged: NDArray[np.int64], given: NDArray[np.float64], length: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Accounts with places among the flagged transfers, by period and account."""
    period = graph.time[flagged] // length
    counted_ = _counterparties(graph, flagged, period, length)
    sums: dict[tuple[int, int], float] = {}
    for account in (graph.debtor, graph.creditor):
        for key, weight in zip(zip(account[flagged].tolist(), period.tolist(), strict=True), given, strict=True):
            sums[key] = sums.get(key, 0.0) + float(weight)
    debtor, creditor = (_side(account[flagged], period, sums, counted_) for account in (graph.debtor, graph.creditor))
    # An absent side is no subject; a hub only where there is nobody else.
    rank = [(side.account >= 0).astype(np.int64) * 2 - ((side.account >= 0) & side.hub) for side in (debtor, creditor)]
    payer = (rank[0] > rank[1]) | ((rank[0] == rank[1]) & (debtor.weight > creditor.weight))
    subject = np.where(payer, debtor.account, creditor.account)
    order = np.lexsort((np.arange(flagged.size), subject, period))
    starts = np.flatnonzero(np.diff(period[order], prepend=-1) | np.diff(subject[order], prepend=-2))
    for begin, end in zip(starts, np.append(starts[1:], order.size), strict=True):
        yield int(subject[order[begin]]), order[begin:end]


def _side(
    account: NDArray[np.int32],
    period: NDArray[np.int64],
    sums: dict[tuple[int, int], float],
    counted_: dict[tuple[int, int], int],
) -> _Side:
    keys = list(zip(account.tolist(), period.tolist(), strict=True))
    weight = np.array([sums[key] for key in keys])
    return _Side(account.astype(np.int64), weight, np.array([counted_.get(key, 0) > HUB for key in keys]))


def _counterparties(
    graph: TransactionGraph, flagged: NDArray[np.int64], period: NDArray[np.int64], length: int
) -> dict[tuple[int, int], int]:
    """Distinct counterparties, in each period, of the accounts of its flagged transfers."""
    found: dict[tuple[int, int], int] = {}
    for number in np.unique(period).tolist():
        low, high = np.searchsorted(graph.time, (number * length, (number + 1) * length))
        own = flagged[period == number]
        asked = np.zeros(graph.accounts + 1, np.bool_)
        asked[graph.debtor[own]] = asked[graph.creditor[own]] = True
        asked[-1] = False
        pairs = []
        for one, other in ((graph.debtor, graph.creditor), (graph.creditor, graph.debtor)):
            dealt = asked[one[low:high]] & (one[low:high] >= 0) & (other[low:high] >= 0)
            pairs.append(np.column_stack([one[low:high][dealt], other[low:high][dealt]]))
        both = np.unique(np.concatenate(pairs), axis=0)
        accounts, counts = np.unique(both[both[:, 0] != both[:, 1], 0], return_counts=True)
        found |= {(a, number): n for a, n in zip(accounts.tolist(), counts.tolist(), strict=True)}
    return found


def _roles(graph: TransactionGraph, subject: int, ledger: NDArray[np.int64]) -> list[str]:
    """``flow`` in the direction in which more money moved, of equals to the account; ``counterflow`` the other way."""
    inward, amount = graph.creditor[ledger] == subject, graph.amount[ledger]
    flow = inward == (amount[inward].sum() >= amount[~inward].sum())
    return ["flow" if one else "counterflow" for one in flow.tolist()]


def _largest(added: NDArray[np.float64]) -> list[int]:
    """Places of the columns that raise the log-odds most, at most :data:`NAMED`."""
    return [int(place) for place in np.argsort(-added, kind="stable")[:NAMED] if added[place] > 0]


def _middle(column: NDArray[np.float32]) -> float:
    known = column[~np.isnan(column)]
    # The lower of two: of yes and no there is no middle.
    return float(np.quantile(known, 0.5, method="lower")) if known.size else float("nan")


def _told(best: Sequence[tuple[str, float]], itself: Sequence[str]) -> _Weighed:
    """Of what weighed most and what it added to the log-odds; `itself` says what round one held of the transfer."""
    facts = [
        fact(f"weighed_{place}", f"added to the log-odds: {what}", round(added, 3), "log-odds")
        for place, (what, added) in enumerate(best, 1)
    ]
    said = [f"{what} ({'; '.join(itself)})" if what == ITSELF and itself else what for what, _ in best]
    return _Weighed(said, facts)


def reading(column: str, value: float, usual: float, currency: str) -> str:
    """A column of round two but :data:`FIRST`, with its value and what is usual, for people.

    Parameters
    ----------
    column : str
    value, usual : float
        In the column's own unit; NaN where there is none.
    currency : str
        The reference currency.

    Raises
    ------
    ParameterError
        When there is no such column.
    """
    if re.fullmatch(r"echo_(debtor|creditor)_(out|in)_(sum|most)_[0-9]+d", column):
        return _echo_words(column, value > usual)
    (feature,) = describe([column])
    figure, middle = _figure(feature, value, currency), _figure(feature, usual, currency)
    return f"{_meaning(feature)}: {figure}, {f'usually {middle}' if figure != middle else 'as usual'}"


def _echo_words(column: str, more: bool) -> str:
    """What the echo tells: whether other transfers of one side were suspected, `more` than is usual."""
    _, role, way, what, days = column.split("_")
    side = f"{'out of' if way == 'out' else 'into'} the {role}'s account"
    when = f"in recent {'weeks' if int(days.removesuffix('d')) <= RECENT_DAYS else 'months'}"
    if not more:
        return f"hardly another transfer {side} {when} was suspected"
    if what == "sum":
        return f"other transfers {side} {when} were themselves suspected"
    return f"one other transfer {side} {when} was itself much suspected"


def _meaning(feature: Feature) -> str:
    """What a column is, with its window; its logarithm is undone by :func:`_figure`."""
    said = feature.meaning.replace("log(1 + seconds) since", "time since").replace("log of the", "number of the")
    said = re.sub(r"log\(1 \+ (\w+)\)", r"\1", said)
    return f"{said} ({counted(feature.window_days, 'day')})" if feature.window_days else said


def _figure(feature: Feature, value: float, currency: str) -> str:
    """A value in the unit in which a person reads it; ``unknown`` where there is none."""
    unit = feature.unit
    if np.isnan(value) or (unit == "share or -1" and value < 0):
        return "unknown"
    if unit.startswith("log "):
        unit = unit.removeprefix("log ")
        value = float(np.expm1(value)) if "log(1 + " in feature.meaning else float(np.exp(value))
    if unit == "minor units":
        # More digits than these the column does not hold.
        return money(float(f"{value:.5g}"), currency)
    if unit == "seconds":
        return _duration(value)
    if unit == "0 or 1":
        return "yes" if value else "no"
    if unit.startswith("share"):
        return percent(value)
    return f"{value:,.0f}" if unit == "count" else f"{value:,.1f}" + (f" {unit}" if unit in ("days", "hours") else "")


def _duration(seconds: float) -> str:
    for length, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            return counted(round(seconds / length), unit)
    return counted(round(seconds), "second")


def _explain(
    graph: TransactionGraph,
    subject: int,
    ledger: NDArray[np.int64],
    given: NDArray[np.float64],
    told: tuple[str, list[str]],
) -> str:
    called, what = told
    low, high = score(float(given.min())), score(float(given.max()))
    total = money(int(graph.amount[ledger].sum()), graph.reference_currency)
    said = (
        f"{sentence_id(graph.names[subject])} has {counted(ledger.size, 'transfer')} of {total} in all, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}. The model {called} puts "
        f"{'it' if ledger.size == 1 else 'them'} at {low if low == high else f'{low} to {high}'} (at the base rate of "
        "the banks it learned from). That is the opinion of a model and proves nothing."
    )
    where = "it" if ledger.size == 1 else "the likeliest of them"
    return said + (f" What weighed most in {where}: {'; '.join(what)}." if what else "")
