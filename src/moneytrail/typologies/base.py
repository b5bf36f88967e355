"""What a typology is: a declaration on top, one ``find`` at the bottom.

A typology file declares one :class:`Typology` and gives it a finder, which turns the ground (the transfers and what is
known of the accounts) and parameter values into :class:`Found` instances. Numbering matches and building the frames is
here; what several finders measure alike is in ``measuring`` and ``windows``. Typology files do not know each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.graph import DAY, TransactionGraph
from moneytrail.matches import (
    EVIDENCE_SCHEMA,
    MATCH_SCHEMA,
    MEASURE_FIELDS,
    Matches,
    Measure,
    Parameter,
    Role,
    Suppression,
    Value,
    Values,
    match_id,
    score_of,
)
from moneytrail.schema import INSTANT
from moneytrail.typologies.ground import Ground
from moneytrail.typologies.measuring import converted

if TYPE_CHECKING:
    from numpy.typing import NDArray

Stage = Literal[
    "source of funds", "collection", "placement", "layering", "integration", "operational spend",
    "distribution of proceeds", "any",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from. `year` is ``None`` where the document gives none."""

    publisher: str
    title: str
    year: int | None
    second_hand: bool = False

    def __str__(self) -> str:
        note = " (read in a second-hand copy)" if self.second_hand else ""
        return f"{self.publisher}, {self.title}, {self.year or 'undated'}{note}"


@dataclass(frozen=True, slots=True)
class Found:
    """One instance, as a finder returns it; accounts and transfers still as integers of the graph.

    Attributes
    ----------
    subject : int
        The account that the match is about.
    ledger : int array
        Ledger positions of the evidence, rising.
    roles : sequence of str
        One for each transfer of `ledger`.
    detectable : int
        Ledger position of the transfer at which the gate first held in this period.
    measures : tuple of Measure
    explanation : str
        What an investigator reads.
    truncated : bool
        Whether a search stopped at its budget.
    key : str
        What tells this instance from another with the same evidence (the line of structuring); goes into the id.
    suppressions : tuple of Suppression
        Innocent explanations whose test held; a finder leaves it empty.
    """

    subject: int
    ledger: NDArray[np.integer[Any]]
    roles: list[str]
    detectable: int
    measures: tuple[Measure, ...]
    explanation: str
    truncated: bool = False
    key: str = ""
    suppressions: tuple[Suppression, ...] = ()

    @property
    def unsuppressed_score(self) -> float:
        """The score that its gate and measures give."""
        return score_of(self.measures)

    @property
    def score(self) -> float:
        """The score after the strongest suppressor: the others ask after the same innocence, and do not add to it."""
        strongest = min((s.factor for s in self.suppressions), default=1.0)
        return round(self.unsuppressed_score * strongest, 6)


Finder = Callable[[Ground, Values], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Typology:
    """One entry of the catalogue.

    Attributes
    ----------
    id, name : str
    stage : str
    summary : str
        One sentence for a list.
    definition : str
        The rule exactly, with what is inclusive, how ties fall and what is not covered.
    parameters : tuple of Parameter
    roles : tuple of Role
        The first one is that of the transfers that the subject is known by.
    subject_part : str
        What the subject is called in an alert (``collector``).
    sources : tuple of Source
    innocent_explanations : tuple of str
        Look-alikes that an investigator should rule out.
    finder : callable
        ``finder(ground, values)`` gives the instances.
    span_days : callable
        ``span_days(values)``: how far back a match can depend on transfers, in days; what it `builds_on` not counted.
    applicable : callable
        ``applicable(ground, values)``: empty, or why the data cannot show this typology, beyond what it `needs`.
    period_days : callable
        ``period_days(values)``: the length of the periods of which the strongest match is kept; matches of one subject
        that lie no further apart stand in one alert.
    needs : tuple of str
        Columns without which it cannot be seen: ``transfers.location``, ``accounts.occupation``; or ``arrivals``.
        Where one is absent or empty throughout, the typology is not applicable, and the run record says so.
    builds_on : tuple of str
        Ids of the typologies whose findings it reads (:meth:`Ground.earlier`).
    alerts_alone : bool
        Whether a match of it alone may raise an alert. One that may not is shown in the alerts that it is linked to,
        and adds nothing to their risk.
    compared_by : {"credits", "debits"}
        By which side of its account's transfers the subject is compared with its peer group.
    amltrix : tuple of str
        Technique ids of the AMLTRIX framework that fit, where one does.
    """

    id: str
    name: str
    stage: Stage
    summary: str
    definition: str
    parameters: tuple[Parameter, ...]
    roles: tuple[Role, ...]
    subject_part: str
    sources: tuple[Source, ...]
    innocent_explanations: tuple[str, ...]
    finder: Finder
    span_days: Callable[[Values], int]
    applicable: Callable[[Ground, Values], str] = lambda _ground, _values: ""
    period_days: Callable[[Values], int] = lambda values: int(values["window_days"])
    needs: tuple[str, ...] = ()
    builds_on: tuple[str, ...] = ()
    alerts_alone: bool = True
    compared_by: Literal["credits", "debits"] = "credits"
    amltrix: tuple[str, ...] = ()

    def values(self, overrides: Mapping[str, object] | None = None) -> dict[str, Value]:
        """Parameter values: the defaults with `overrides`, each checked.

        Raises
        ------
        ParameterError
            Naming the typology, the parameter, the value and what is allowed.
        """
        overrides = dict(overrides or {})
        values: dict[str, Value] = {}
        for parameter in self.parameters:
            try:
                values[parameter.name] = parameter.check(overrides.pop(parameter.name, parameter.default))
            except ParameterError as error:
                raise ParameterError(f"{self.id}: {error}") from error
        if overrides:
            known = ", ".join(p.name for p in self.parameters)
            raise ParameterError(f"{self.id} has no parameter {next(iter(overrides))!r}; it has {known}")
        return values

    def search(self, ground: Ground, overrides: Mapping[str, object] | None = None) -> list[Found]:
        """Every instance, as its finder gives it; none where :meth:`not_applicable` says why.

        Raises
        ------
        ParameterError
            When an override is unknown or out of range, or the findings of a typology it builds on are not there.
        """
        values = self.values(overrides)
        missing = [other for other in self.builds_on if other not in ground.earlier]
        if missing:
            raise ParameterError(f"{self.id} builds on {missing[0]}: search for both with moneytrail.catalogue.search")
        if self.not_applicable(ground, values):
            return []
        return [
            replace(one, explanation=one.explanation + converted(ground.graph, one.ledger))
            for one in self.finder(ground, values)
        ]

    def find(self, ground: Ground | TransactionGraph, overrides: Mapping[str, object] | None = None) -> Matches:
        """Every match, with its evidence, before any innocent explanation is tested.

        Parameters
        ----------
        ground : Ground or TransactionGraph
            A graph alone stands for the ground of its transfers and accounts, with the shipped tables.
        overrides : mapping, optional
            Parameter values that differ from the defaults.

        Returns
        -------
        Matches
            Deterministic: the same for any number of threads.

        Raises
        ------
        ParameterError
            As :meth:`search`.
        """
        ground = Ground(ground) if isinstance(ground, TransactionGraph) else ground
        return frames_of(ground.graph, self, self.search(ground, overrides))

    def not_applicable(self, ground: Ground, values: Values) -> str:
        """Why the data cannot show this typology: ``needs transfers.location: …``; empty where they can."""
        lacking = [need for need in self.needs if not ground.has(need)]
        if lacking:
            return f"needs {', '.join(lacking)}, of which the data have nothing"
        return self.applicable(ground, values)

    def horizon(self, overrides: Mapping[str, object] | None = None) -> int:
        """The longest span, in microseconds, that a match can depend on, up to the end of the period it lies in."""
        return self.span_days(self.values(overrides)) * DAY

    def describe(self) -> dict[str, Any]:
        """The declaration as plain data, for documentation and the service."""
        return {
            "id": self.id,
            "name": self.name,
            "stage": self.stage,
            "summary": self.summary,
            "definition": self.definition,
            "horizon_days": self.span_days(self.values()),
            "subject": self.subject_part,
            "parameters": [asdict(parameter) for parameter in self.parameters],
            "roles": [asdict(role) for role in self.roles],
            "sources": [{**asdict(source), "citation": str(source)} for source in self.sources],
            "innocent_explanations": list(self.innocent_explanations),
            "needs": list(self.needs),
            "builds_on": list(self.builds_on),
            "alerts_alone": self.alerts_alone,
            "amltrix": list(self.amltrix),
        }


def frames_of(graph: TransactionGraph, typology: Typology, found: Iterable[Found]) -> Matches:
    """Name the matches and build the frames.

    A match's id is a hash of typology, subject, key and the ids of the evidence, so that the same finding
    has the same id in every run. Its value is the sum of the evidence whose role counts.
    """
    instances = list(found)
    if not instances:
        return Matches.none()
    # One gather for all the ids: a gather for each match costs more than finding it.
    ids = graph.transaction_ids(np.concatenate([one.ledger for one in instances])).to_list()
    rows: list[dict[str, Any]] = []
    counting = {role.name for role in typology.roles if role.counts}
    values = attrgetter(*MEASURE_FIELDS)
    place = 0
    for one in instances:
        own = ids[place : place + len(one.ledger)]
        place += len(one.ledger)
        subject = graph.names[one.subject]
        rows.append(
            {
                "match_id": match_id(typology.id, subject, one.key, own),
                "typology": typology.id,
                "subject": subject,
                "score": one.score,
                "unsuppressed_score": one.unsuppressed_score,
                "value": int(graph.amount[one.ledger[[role in counting for role in one.roles]]].sum()),
                "transfers": len(own),
                # Times travel as integers: an aware datetime a row would cost more than the search.
                "started_at": int(graph.time[one.ledger[0]]),
                "ended_at": int(graph.time[one.ledger[-1]]),
                "detectable_at": int(graph.time[one.detectable]),
                "truncated": one.truncated,
                "explanation": one.explanation,
                "measures": [dict(zip(MEASURE_FIELDS, values(measure), strict=True)) for measure in one.measures],
                "suppressors": [asdict(suppression) for suppression in one.suppressions],
                "transaction_id": own,
                "role": one.roles,
            }
        )
    times = ("started_at", "ended_at", "detectable_at")
    proof = {"transaction_id": pl.List(pl.String()), "role": pl.List(pl.String())}
    raw = {name: pl.Int64() if name in times else dtype for name, dtype in MATCH_SCHEMA.items()} | proof
    table = pl.DataFrame(rows, schema=raw).with_columns(pl.col(times).cast(INSTANT))
    table = table.sort("typology", "started_at", "match_id")
    evidence = table.select(*EVIDENCE_SCHEMA).explode("transaction_id", "role")
    return Matches(table.select(*MATCH_SCHEMA), evidence)
