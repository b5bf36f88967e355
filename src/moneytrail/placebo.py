"""The placebo test: how often a match this strong appears when counterparties and times are shuffled within the day.

A shuffled copy of the ledger keeps each account's transfers in and out on each day, the hubs and everybody's old
acquaintances; which stranger paid which, and in which order within the day, is chance. The catalogue is searched again
on some copies, and each match in an alert is told beside what chance alone makes. See ``docs/placebo.md``.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

from moneytrail.catalogue import search
from moneytrail.graph import TransactionGraph
from moneytrail.matches import Matches
from moneytrail.shuffling import Shuffle
from moneytrail.typologies.ground import Ground
from moneytrail.wording import counted, percent, times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.catalogue import Searched

LITTLE_MOVED: Final = 0.25
"""Where a smaller share of the transfers changed their other side, the placebo can tell little. Design."""

MOST_COPIES: Final = 999
"""The most copies that may be asked for: with 999 the smallest chance that can be told is 1 in 1,000. Design."""

TELLING: Final = 19
"""Copies that are proposed where there were fewer: with 19 a chance of 1 in 20 can be told. Design."""

Reading = Literal["rarer", "common", "untested"]


@dataclass(frozen=True, slots=True)
class MatchPlacebo:
    """What the shuffled copies say of one match.

    Attributes
    ----------
    match_id, typology : str
    score : float
        What counts as this strong: that score or more, of the same typology.
    in_data : int
        Matches this strong in the data, this one included.
    in_copies : int
        Matches this strong in all copies together.
    copies_with : int
        Copies with at least one.
    chance : float
        ``(1 + copies_with) / (1 + copies)``, to six places: how likely one this strong stands anywhere in a shuffled
        bank, as far as so few copies can tell. Never 0.
    again : int
        Copies in which the very same transfers matched again.
    moved : float
        Share of its transfers whose other side changed, the mean over the copies, to three places.
    reading : {"rarer", "common", "untested"}
        ``untested``: `again` is at least half of the copies, or `moved` is below :data:`LITTLE_MOVED`, so that the
        shuffle left alone what the match rests on. ``common``: a copy holds on average at least half as many as the
        data. Else ``rarer``.
    said : str
        The same in plain words.
    """

    match_id: str
    typology: str
    score: float
    in_data: int
    in_copies: int
    copies_with: int
    chance: float
    again: int
    moved: float
    reading: Reading
    said: str


@dataclass(frozen=True, slots=True)
class AlertPlacebo:
    """What the shuffled copies say of an alert: as a whole, and of each of its matches.

    Attributes
    ----------
    copies : int
    risk : float
        What counts as this high: the alert's risk without what strangeness adds, which is not computed for copies.
    in_data, in_copies, copies_with : int
        Alerts of this risk or more, raised or not; as in :class:`MatchPlacebo`.
    chance : float
        As in :class:`MatchPlacebo`.
    moved : float
        Of the alert's transfers; as in :class:`MatchPlacebo`.
    reading : {"rarer", "common", "untested"}
        As in :class:`MatchPlacebo`, but for `again`.
    said : str
    matches : tuple of MatchPlacebo
        As the alert's matches.
    """

    copies: int
    risk: float
    in_data: int
    in_copies: int
    copies_with: int
    chance: float
    moved: float
    reading: Reading
    said: str
    matches: tuple[MatchPlacebo, ...]


@dataclass(frozen=True, eq=False)
class Placebo:
    """What was found in the copies beside what was found in the data.

    Attributes
    ----------
    copies : int
    data : dict of str to float64[k]
        By typology: the scores of its matches in the data, rising.
    found : dict of str to list of float64[k]
        The same in each copy.
    again : dict of str to dict of str to int
        By typology and match id: copies in which the match was found with the very same transfers; where in none, not
        there.
    risks : list of float64[k]
        The risks of all alerts, rising: in the data, then in each copy.
    moved : int64[n]
        In the order of the frame: in how many copies the transfer had another creditor.
    strangers : tuple of float
        Share of transfers between strangers: in the data, then in each copy. Apart, they say that the shuffle made
        strangers of acquaintances, as it does where the data are too short to know them.
    """

    copies: int
    data: Mapping[str, NDArray[np.float64]]
    found: Mapping[str, Sequence[NDArray[np.float64]]]
    again: Mapping[str, Mapping[str, int]]
    risks: Sequence[NDArray[np.float64]]
    moved: NDArray[np.int64]
    strangers: tuple[float, ...]

    def document(self) -> dict[str, Any]:
        """The figures of the test as a whole, for the run record."""
        typologies = {}
        for name, scores in self.data.items():
            mean = sum(found.size for found in self.found[name]) / self.copies
            back = sum(self.again[name].values())
            typologies[name] = {
                "in_data": int(scores.size),
                "in_copies": [int(found.size) for found in self.found[name]],
                "same_transfers_again": round(back / (self.copies * max(1, scores.size)), 3),
                "depends_on_who_paid_whom": bool(2 * mean < scores.size),
            }
        moved = self._moved(np.arange(self.moved.size))
        return {"copies": self.copies, "moved": moved, "strangers": list(self.strangers), "typologies": typologies}

    def of_match(self, match_id: str, typology: str, score: float, places: NDArray[np.int64]) -> MatchPlacebo:
        """What the copies say of one match, whose transfers stand at these places of the frame."""
        counts = _Counts.of(self.data[typology], self.found[typology], score)
        again, moved = self.again[typology].get(match_id, 0), self._moved(places)
        reading = counts.reading(moved, again)
        said = f"{counts.said(f'a match of {typology} this strong')} {counts.meant(reading, moved, again)}"
        return MatchPlacebo(match_id, typology, score, *counts.figures(), again, moved, reading, said)

    def of_alert(self, risk: float, places: NDArray[np.int64], matches: Iterable[MatchPlacebo]) -> AlertPlacebo:
        """What the copies say of an alert of this risk with these transfers and matches."""
        counts, moved = _Counts.of(self.risks[0], self.risks[1:], risk), self._moved(places)
        reading = counts.reading(moved)
        said = f"{counts.said('an alert of a risk this high')} {counts.meant(reading, moved)}"
        return AlertPlacebo(self.copies, risk, *counts.figures(), moved, reading, said, tuple(matches))

    def _moved(self, places: NDArray[np.int64]) -> float:
        return round(float(self.moved[places].sum()) / (self.copies * max(1, places.size)), 3)


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many as strong there are in the data, and in each copy."""

    in_data: int
    in_each: tuple[int, ...]

    @classmethod
    def of(cls, data: NDArray[np.float64], copies: Sequence[NDArray[np.float64]], strength: float) -> _Counts:
        return cls(_at_least(data, strength), tuple(_at_least(found, strength) for found in copies))

    @property
    def copies_with(self) -> int:
        return sum(number > 0 for number in self.in_each)

    def figures(self) -> tuple[int, int, int, float]:
        """`in_data`, `in_copies`, `copies_with` and `chance`, as in :class:`MatchPlacebo`."""
        chance = round((1 + self.copies_with) / (1 + len(self.in_each)), 6)
        return self.in_data, sum(self.in_each), self.copies_with, chance

    def reading(self, moved: float, again: int = 0) -> Reading:
        """What the counts mean: see :class:`MatchPlacebo`."""
        copies = len(self.in_each)
        if 2 * again >= copies or moved < LITTLE_MOVED:
            return "untested"
        return "common" if 2 * sum(self.in_each) >= self.in_data * copies else "rarer"

    def said(self, what: str) -> str:
        """How often `what` appeared, as a sentence."""
        copies, found, data = len(self.in_each), sum(self.in_each), f"against {self.in_data:,} in the data."
        opening = f"Shuffled {times(copies)} (counterparties and times within the day), {what}"
        if not found:
            return f"{opening} never appeared, {data}"
        if copies == 1:
            return f"{opening} appeared {times(found)}, {data}"
        rate = f"{found / copies:,.1f}" if found >= 0.1 * copies else "fewer than 0.1"
        return f"{opening} appeared {times(found)} in all: {rate} a copy, {data}"

    def meant(self, reading: Reading, moved: float, again: int = 0) -> str:
        """What that means, as a sentence."""
        copies = counted(len(self.in_each), "copy", "copies")
        if reading == "common":
            return "As strong a one does not depend on who paid whom."
        if reading == "rarer" and self.copies_with:
            return f"At least one stood in {self.copies_with:,} of {copies}."
        if reading == "rarer":
            more = f"; --placebo {TELLING} tells down to 1 in {TELLING + 1}" if len(self.in_each) < TELLING else ""
            return f"With {copies} no chance below 1 in {len(self.in_each) + 1:,} can be told{more}."
        if 2 * again >= len(self.in_each):
            return f"The placebo does not test this one: in {again:,} of {copies} the same transfers matched again."
        return f"The placebo can tell little here: {percent(moved)} of the transfers changed their other side."


Risks = Callable[[TransactionGraph, Matches], "NDArray[np.float64]"]
"""The risks of the alerts that matches in a graph make, rising."""


def compare(
    ground: Ground,
    matches: Matches,
    risks: Risks,
    *,
    copies: int,
    seed: int,
    search_again: Callable[[Ground], Sequence[Searched]] = search,
    tell: Callable[[float], None] = lambda _done: None,
) -> Placebo:
    """Search shuffled copies of the ground's transfers.

    Parameters
    ----------
    ground : Ground
        Of the data; its tables and arrivals hold for the copies too.
    matches : Matches
        What was found in the data.
    risks : callable
        See :data:`Risks`.
    copies : int
        1 or more.
    seed : int
        0 or more; copy ``k`` is the same for any number of copies.
    search_again : callable
        :func:`moneytrail.catalogue.search` with what the data were searched with.
    tell : callable
        Called with the share of the copies that is done.

    Returns
    -------
    Placebo
        The same for any number of threads, and any order of the frame.
    """
    data = {str(name): part for (name,), part in matches.match.partition_by("typology", as_dict=True).items()}
    ids = {name: set(part["match_id"]) for name, part in data.items()}
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in data}
    again: dict[str, Counter[str]] = {name: Counter() for name in data}
    shuffle, moved = Shuffle.of(ground.graph), np.zeros(ground.graph.transfers, np.int64)
    strangers, all_risks = [_strangers(ground.graph)], [risks(ground.graph, matches)]
    for number in range(copies):
        copy, changed = shuffle.copy(_seed(seed, number))
        moved += changed
        strangers.append(_strangers(copy))
        searched = search_again(Ground(copy, ground.tables, ground.arrivals))
        for one in searched:
            if one.typology.id in data:
                found[one.typology.id].append(_rising(one.matches.match))
                again[one.typology.id].update(ids[one.typology.id] & set(one.matches.match["match_id"]))
        all_risks.append(risks(copy, Matches.together([one.matches for one in searched])))
        tell((number + 1) / copies)
    scores = {name: _rising(part) for name, part in data.items()}
    return Placebo(copies, scores, found, again, all_risks, moved, tuple(strangers))


def _rising(match: pl.DataFrame) -> NDArray[np.float64]:
    return np.sort(match["score"].to_numpy())


def seed_of(deciding: Mapping[str, Any]) -> int:
    """The seed of a run's copies: a hash of what decides it but the number of copies, so that more copies go on."""
    rest = {name: value for name, value in deciding.items() if name != "placebo"}
    return int(hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:15], 16)


def proving(graph: TransactionGraph, matches: Matches) -> NDArray[np.int64]:
    """The places in the frame, rising, of all transfers that prove a match."""
    ids = matches.evidence["transaction_id"].unique()
    return np.flatnonzero(graph.frame["transaction_id"].is_in(ids.implode()).to_numpy())


def rows_of(graph: TransactionGraph, matches: Matches, match_ids: Iterable[str]) -> dict[str, NDArray[np.int64]]:
    """By match: the places in the frame of the transfers that prove it, each once."""
    proof = matches.evidence.filter(pl.col("match_id").is_in(list(match_ids))).unique(["match_id", "transaction_id"])
    places = graph.frame.select("transaction_id").with_row_index("place")
    # Looking up the few that prove something is much cheaper than joining every transfer.
    found = places.filter(pl.col("transaction_id").is_in(proof["transaction_id"].unique().implode()))
    grouped = proof.join(found, on="transaction_id").sort("match_id", "place").partition_by("match_id", as_dict=True)
    return {str(name): rows["place"].cast(pl.Int64).to_numpy() for (name,), rows in grouped.items()}


def _strangers(graph: TransactionGraph) -> float:
    return round(float(graph.relations.stranger.mean()), 3) if graph.transfers else 0.0


def _seed(seed: int, number: int) -> int:
    return int(hashlib.sha256(f"{seed}\x1f{number}".encode()).hexdigest()[:15], 16)


def _at_least(scores: NDArray[np.float64], score: float) -> int:
    """How many of these rising scores are at least so high."""
    return int(scores.size - np.searchsorted(scores, score, side="left"))
