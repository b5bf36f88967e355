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

from moneytrail.features import Pool, describe
from moneytrail.graph import DAY, TransactionGraph
from moneytrail.matches import GATE_POINTS, Values
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.m01_model_opinion import HUB, TYPOLOGY
from moneytrail.typologies.measuring import fact, gate
from moneytrail.wording import between, counted, listed, money, score, sentence_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.combination import Combination
    from moneytrail.typologies.ground import Ground

COLUMN: Final = "probability"
"""What the column of a model's answers is called among the scores of transfers."""

NAMED: Final = 3
"""The most columns that an explanation names."""


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

    def probabilities(self, graph: TransactionGraph) -> NDArray[np.float64]:
        """Of each transfer in ledger order, float64 in [0, 1]; asked once for the ledger asked about last."""
        return self._of(graph).probability

    def _of(self, graph: TransactionGraph) -> _Asked:
        known = self._asked.get(0)
        if known is None or known.graph is not graph:
            pool = Pool([graph], self.model.columns)
            known = self._asked[0] = _Asked(graph, pool, self.model.score(graph, pool=pool))
        return known

    @cached_property
    def typology(self) -> Typology:
        """The declaration that a search takes beside the catalogue's."""
        called = f"{self.name}/{self.version}"
        source = Source("moneytrail", f"models/{called}/CARD.md", None)

        def find(ground: Ground, values: Values) -> Iterator[Found]:
            return self._find(ground.graph, values, called)

        return replace(TYPOLOGY, sources=(source,), finder=find)

    def _find(self, graph: TransactionGraph, values: Values, called: str) -> Iterator[Found]:
        known, least = self._of(graph), float(values["least_probability"])
        flagged = np.flatnonzero(known.probability >= least)
        if not flagged.size:
            return
        weighed = self.model.explain(graph, flagged, pool=known.pool)
        gathered = _gathered(graph, flagged, known.probability[flagged], int(values["window_days"]) * DAY)
        for subject, places in gathered:
            ledger = flagged[places]
            given = known.probability[ledger]
            best = int(np.argmax(given))
            what = _most(self.model.second_columns, weighed[places[best]])
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
                    *(fact(f"weighed_{place + 1}", f"added to the log-odds by {said}", added, "log-odds")
                      for place, (said, added) in enumerate(what)),
                ),
                explanation=_explain(graph, subject, ledger, given, (called, [said for said, _ in what])),
            )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Asked:
    """What a model said of one ledger."""

    graph: TransactionGraph
    pool: Pool
    probability: NDArray[np.float64]


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


def _most(columns: Sequence[str], weighed: NDArray[np.float64]) -> list[tuple[str, float]]:
    """The columns that raise the log-odds most, in words, and by how much."""
    best = np.argsort(-weighed, kind="stable")[:NAMED]
    return [(words(columns[place]), round(float(weighed[place]), 3)) for place in best if weighed[place] > 0]


def words(column: str) -> str:
    """What a column of round two is, for people.

    Raises
    ------
    ParameterError
        When there is no such column.
    """
    if column == "first_log_odds":
        return "the transfer's own columns taken together"
    if re.fullmatch(r"echo_(debtor|creditor)_(out|in)_(sum|most)_[0-9]+d", column):
        _, role, way, what, days = column.split("_")
        how = "in all" if what == "sum" else "at most"
        return f"suspicion of the {role}'s other transfers {way}, {how}, halved every {days.removesuffix('d')} days"
    return describe([column])[0].meaning


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
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}, to which the model {called} gives a "
        f"probability of {low if low == high else f'{low} to {high}'} of being illicit. That is the opinion of a model "
        "and proves nothing."
    )
    return said + (f" What weighed most in the likeliest of them: {listed(what)}." if what else "")
