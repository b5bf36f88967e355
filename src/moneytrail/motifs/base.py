"""What a motif is: a declaration on top, one ``find`` at the bottom; and how its instances become matches.

A motif is a shape and nothing more: who paid whom, in which order, within which time. It asks neither who is a
stranger to whom nor how amounts compare; amounts only raise the score. It finds into the same frames as a typology
(:class:`moneytrail.typologies.base.Matches`), but whole columns at a time: motifs are found by the hundred thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.graph import DAY
from moneytrail.matches import (
    EVIDENCE_SCHEMA,
    GATE_POINTS,
    MATCH_SCHEMA,
    MEASURE_TYPE,
    MOST_POINTS,
    Matches,
    Parameter,
    Role,
    Value,
    Values,
    match_id,
)
from moneytrail.schema import INSTANT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph

HOUR: Final = DAY // 24


class Instances(NamedTuple):
    """What a search found, still as integers of the graph: rows, and their evidence one after the other.

    Attributes
    ----------
    subject : int64[rows]
        The account that each instance is about.
    start : int64[rows + 1]
        Where each row's evidence begins in `ledger` and `role`.
    ledger : int64[m]
        Ledger positions, rising in each row.
    role : int8[m]
        Places in the motif's roles.
    truncated : bool[rows]
        Whether a search for this subject and period stopped at its budget.
    stopped : int64[any]
        Accounts whose search stopped at its budget, whether or not something was found.
    """

    subject: NDArray[np.int64]
    start: NDArray[np.int64]
    ledger: NDArray[np.int64]
    role: NDArray[np.int8]
    truncated: NDArray[np.bool_]
    stopped: NDArray[np.int64]

    @property
    def row(self) -> NDArray[np.int64]:
        """The row of each transfer of the evidence."""
        return np.repeat(np.arange(self.subject.size), np.diff(self.start))


@dataclass(frozen=True, eq=False, slots=True)
class Scale:
    """One measured value of every instance, beside its threshold; a column of ``Measure`` objects.

    Attributes
    ----------
    name, label, unit : str
    value : float64[rows]
    threshold : float or None
    sense : {">=", "<=", ""}
    kind : {"gate", "booster", "fact"}
    met : bool[rows]
    points : float64[rows]
    """

    name: str
    label: str
    unit: str
    value: NDArray[np.float64]
    threshold: float | None
    sense: Literal[">=", "<=", ""]
    kind: Literal["gate", "booster", "fact"]
    met: NDArray[np.bool_]
    points: NDArray[np.float64]


class Findings(NamedTuple):
    """A search's instances with what was measured of them and what is said about each.

    Attributes
    ----------
    instances : Instances
    detectable : int64[rows]
        Ledger position of the transfer of the evidence at which the instance's own gate first holds.
    scales : tuple of Scale
    sentences : iterator of str
        One explanation a row.
    """

    instances: Instances
    detectable: NDArray[np.int64]
    scales: tuple[Scale, ...]
    sentences: Iterator[str]


Finder = Callable[["TransactionGraph", Values], Findings]


@dataclass(frozen=True, eq=False)
class Sought(Matches):
    """Matches, and whose search was cut short.

    Attributes
    ----------
    match, evidence : polars DataFrame
        As in ``Matches``.
    stopped : tuple of str
        Accounts, sorted, whose search stopped at its budget: what was found of them may not be all or the strongest.
        Their matches say ``truncated``; but a search that found nothing can only be seen here.
    """

    stopped: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Motif:
    """One shape.

    Attributes
    ----------
    name : str
        Stands in the matches as their typology.
    summary : str
        One sentence for a list.
    definition : str
        The rule exactly, with what is inclusive, how ties fall and what is not covered.
    parameters : tuple of Parameter
    roles : tuple of Role
    subject_part : str
        What the subject is to the motif.
    finder : callable
        ``finder(graph, values)`` gives the findings.
    span_days : callable
        ``span_days(values)``: how far apart two transfers can be on which one match depends, in days.
    """

    name: str
    summary: str
    definition: str
    parameters: tuple[Parameter, ...]
    roles: tuple[Role, ...]
    subject_part: str
    finder: Finder
    span_days: Callable[[Values], int]

    def values(self, overrides: Mapping[str, object] | None = None) -> dict[str, Value]:
        """Parameter values: the defaults with `overrides`, each checked.

        Raises
        ------
        ParameterError
            Naming the motif, the parameter, the value and what is allowed.
        """
        overrides = dict(overrides or {})
        values: dict[str, Value] = {}
        for parameter in self.parameters:
            try:
                values[parameter.name] = parameter.check(overrides.pop(parameter.name, parameter.default))
            except ParameterError as error:
                raise ParameterError(f"{self.name}: {error}") from error
        if overrides:
            known = ", ".join(p.name for p in self.parameters)
            raise ParameterError(f"{self.name} has no parameter {next(iter(overrides))!r}; it has {known}")
        for low, high in (("share_low", "share_high"), ("hops", "most_hops")):
            if low in values and values[low] > values.get(high, values[low]):
                raise ParameterError(f"{self.name}: {low} = {values[low]} is above {high} = {values[high]}")
        return values

    def find(self, graph: TransactionGraph, overrides: Mapping[str, object] | None = None) -> Sought:
        """Every match in `graph`, with its evidence; the same for any number of threads.

        Raises
        ------
        ParameterError
            When an override is unknown or out of range.
        """
        return assemble(graph, self, self.finder(graph, self.values(overrides)))

    def describe(self) -> dict[str, Any]:
        """The declaration as plain data, for documentation and the service."""
        return {
            "name": self.name,
            "summary": self.summary,
            "definition": self.definition,
            "subject": self.subject_part,
            "horizon_days": self.span_days(self.values()),
            "parameters": [asdict(parameter) for parameter in self.parameters],
            "roles": [asdict(role) for role in self.roles],
        }


def assemble(graph: TransactionGraph, motif: Motif, findings: Findings) -> Sought:
    """Build the frames: a match a row, in order of start and id, and its evidence in ledger order.

    A match's id is made as a typology's is: from the motif's name, the subject and the ids of the evidence.
    """
    found = findings.instances
    stopped = tuple(sorted(graph.names.gather(pl.Series(np.unique(found.stopped))).to_list()))
    if not found.subject.size:
        nothing = Matches.none()
        return Sought(nothing.match, nothing.evidence, stopped)
    subjects = graph.names.gather(pl.Series(found.subject))
    ids = graph.transaction_ids(found.ledger)
    match_ids = _match_ids(motif.name, subjects.to_list(), ids.to_list(), found.start)
    match = pl.DataFrame(
        {
            "match_id": match_ids,
            "typology": pl.repeat(motif.name, found.subject.size, eager=True),
            "subject": subjects,
            "score": (scores := _scores(findings.scales)),
            "unsuppressed_score": scores,
            "value": _values(graph, motif, found),
            "transfers": np.diff(found.start),
            "started_at": graph.time[found.ledger[found.start[:-1]]],
            "ended_at": graph.time[found.ledger[found.start[1:] - 1]],
            "detectable_at": graph.time[findings.detectable],
            "truncated": found.truncated,
            "explanation": list(findings.sentences),
            "measures": _measures(findings.scales),
            "suppressors": pl.Series([[]] * found.subject.size, dtype=MATCH_SCHEMA["suppressors"]),
        },
    ).with_columns(pl.col("started_at", "ended_at", "detectable_at").cast(INSTANT))
    names = pl.Series([role.name for role in motif.roles], dtype=pl.String())
    place = pl.Series("row", found.row)
    evidence = pl.DataFrame({"transaction_id": ids, "role": names.gather(pl.Series(found.role.astype(np.int64)))})
    order = match.with_row_index("row").sort("started_at", "match_id")["row"].cast(pl.Int64)
    rank = pl.Series(np.argsort(order.to_numpy())).gather(place)
    sorted_evidence = (
        evidence.with_columns(pl.Series("match_id", match_ids).gather(place), rank.alias("rank"))
        .sort("rank", maintain_order=True)
        .select(*EVIDENCE_SCHEMA)
    )
    return Sought(
        match[order].select(pl.col(name).cast(dtype) for name, dtype in MATCH_SCHEMA.items()), sorted_evidence, stopped
    )


def _match_ids(name: str, subjects: list[str], ids: list[str], start: NDArray[np.int64]) -> list[str]:
    bounds = start.tolist()
    return [match_id(name, subject, "", ids[bounds[row] : bounds[row + 1]]) for row, subject in enumerate(subjects)]


def _scores(scales: tuple[Scale, ...]) -> NDArray[np.float64]:
    points = np.sum([scale.points for scale in scales], axis=0)
    scores: NDArray[np.float64] = np.minimum(MOST_POINTS, np.round(GATE_POINTS + points, 6))
    return scores


def _values(graph: TransactionGraph, motif: Motif, found: Instances) -> NDArray[np.int64]:
    counts = np.array([role.counts for role in motif.roles])[found.role]
    sums: NDArray[np.int64] = np.add.reduceat(np.where(counts, graph.amount[found.ledger], 0), found.start[:-1])
    return sums


def _measures(scales: tuple[Scale, ...]) -> pl.Series:
    """The measures of every row as one column, built from whole columns."""
    columns: dict[str, pl.Series] = {}
    for place, scale in enumerate(scales):
        columns[f"{place} value"] = pl.Series(scale.value)
        columns[f"{place} met"] = pl.Series(scale.met)
        columns[f"{place} points"] = pl.Series(scale.points)
    each = [
        pl.struct(
            pl.lit(scale.name).alias("name"),
            pl.lit(scale.label).alias("label"),
            pl.col(f"{place} value").alias("value"),
            pl.lit(scale.unit).alias("unit"),
            pl.lit(scale.threshold, dtype=pl.Float64()).alias("threshold"),
            pl.lit(scale.sense).alias("sense"),
            pl.lit(scale.kind).alias("kind"),
            pl.col(f"{place} met").alias("met"),
            pl.col(f"{place} points").alias("points"),
        ).cast(MEASURE_TYPE)
        for place, scale in enumerate(scales)
    ]
    return pl.DataFrame(columns).select(pl.concat_list(each).alias("measures"))["measures"]
