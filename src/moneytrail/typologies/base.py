"""What a typology is: a declaration on top, one ``find`` at the bottom; and what it finds: matches with evidence.

A typology file declares one :class:`Typology` and gives it a finder, which turns a graph and parameter values into
:class:`Found` instances. Everything that all typologies share is here: checking parameters, numbering matches,
building the frames. Typology files do not know each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.graph import DAY
from moneytrail.schema import INSTANT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph

Value = int | float
Values = Mapping[str, Value]
Stage = Literal["collection", "placement", "layering", "integration", "operational spend"]

GATE_POINTS: Final = 0.5
"""What a match scores for holding its gate and nothing more."""

MOST_POINTS: Final = 0.99
"""The most that a match scores: no pattern of transfers is certain."""


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
class Parameter:
    """One number of a typology that a user may set.

    Attributes
    ----------
    name : str
    default : int or float
        A float is a share with at most three decimals.
    unit : str
        ``minor units`` means of the reference currency.
    low, high : int or float
        Allowed range, both ends inclusive.
    meaning, reason : str
        What it is, and why the default is what it is.
    basis : {"sourced", "design"}
        Whether a source gives the default or we chose it.
    """

    name: str
    default: Value
    unit: str
    low: Value
    high: Value
    meaning: str
    reason: str
    basis: Literal["sourced", "design"]

    def check(self, value: object) -> Value:
        """Return `value` if it is allowed; otherwise raise ParameterError with the allowed range."""
        wanted = int if isinstance(self.default, int) else float
        allowed = f"allowed is {self.low} to {self.high} {self.unit}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ParameterError(f"{self.name} = {value!r}: a number is wanted; {allowed}")
        if not self.low <= value <= self.high:
            raise ParameterError(f"{self.name} = {value!r}: {allowed}")
        if wanted is int and value != int(value):
            raise ParameterError(f"{self.name} = {value!r}: a whole number is wanted; {allowed}")
        if wanted is float and abs(value * 1000 - round(value * 1000)) > 1e-9:
            raise ParameterError(f"{self.name} = {value!r}: at most three decimals are wanted; {allowed}")
        return wanted(value)


@dataclass(frozen=True, slots=True)
class Role:
    """What a transfer does in a match, and what that makes of the account at the other end.

    Attributes
    ----------
    name : str
        Stands in the evidence.
    meaning : str
    part : str
        What the account at the other end is called in an alert (``payer``); empty: it is not named as a subject.
    counts : bool
        Whether its amounts are part of the match's value; money in and the same money out must not both be.
    """

    name: str
    meaning: str
    part: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured value of a match beside the threshold it is held to.

    Attributes
    ----------
    name, label : str
        The parameter-like name (``payers``) and the words an investigator reads (``unaffiliated payers``).
    value : float
        As measured in the match's window.
    unit : str
        ``count``, ``share``, ``minor units``, ``hours`` …
    threshold : float or None
        What it is compared with; ``None`` for a plain fact.
    sense : str
        ``>=``, ``<=`` or empty for a plain fact.
    kind : str
        ``gate`` (all must hold), ``booster`` (adds points) or ``fact``.
    met : bool
        Whether ``value sense threshold`` holds; ``True`` for a fact.
    points : float
        What it adds to the match's score.
    """

    name: str
    label: str
    value: float
    unit: str
    threshold: float | None
    sense: Literal[">=", "<=", ""]
    kind: Literal["gate", "booster", "fact"]
    met: bool
    points: float


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
    """

    subject: int
    ledger: NDArray[np.integer[Any]]
    roles: list[str]
    detectable: int
    measures: tuple[Measure, ...]
    explanation: str
    truncated: bool = False
    key: str = ""


MEASURE_TYPE: Final = pl.Struct(
    {
        "name": pl.String(),
        "label": pl.String(),
        "value": pl.Float64(),
        "unit": pl.String(),
        "threshold": pl.Float64(),
        "sense": pl.String(),
        "kind": pl.String(),
        "met": pl.Boolean(),
        "points": pl.Float64(),
    }
)

MEASURE_FIELDS: Final = tuple(field.name for field in fields(Measure))

MATCH_SCHEMA: Final[dict[str, pl.DataType]] = {
    "match_id": pl.String(),
    "typology": pl.String(),
    "subject": pl.String(),
    "score": pl.Float64(),
    "value": pl.Int64(),
    "transfers": pl.Int64(),
    "started_at": INSTANT,
    "ended_at": INSTANT,
    "detectable_at": INSTANT,
    "truncated": pl.Boolean(),
    "explanation": pl.String(),
    "measures": pl.List(MEASURE_TYPE),
}

EVIDENCE_SCHEMA: Final[dict[str, pl.DataType]] = {
    "match_id": pl.String(),
    "transaction_id": pl.String(),
    "role": pl.String(),
}


@dataclass(frozen=True, eq=False)
class Matches:
    """What was found: data, nothing hidden.

    Attributes
    ----------
    match : polars DataFrame
        One row a match, as ``MATCH_SCHEMA``, in order of typology, start and id.
    evidence : polars DataFrame
        One row a transfer of a match, as ``EVIDENCE_SCHEMA``; in order of match, then ledger.
    """

    match: pl.DataFrame
    evidence: pl.DataFrame

    @classmethod
    def from_found(cls, graph: TransactionGraph, typology: Typology, found: Iterable[Found]) -> Matches:
        """Name the matches and build the frames.

        A match's id is a hash of typology, subject, key and the ids of the evidence, so that the same finding
        has the same id in every run. Its value is the sum of the evidence whose role counts.
        """
        instances = list(found)
        if not instances:
            return cls.none()
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
                    "match_id": _match_id(typology.id, subject, one.key, own),
                    "typology": typology.id,
                    "subject": subject,
                    "score": score_of(one.measures),
                    "value": int(graph.amount[one.ledger[[role in counting for role in one.roles]]].sum()),
                    "transfers": len(own),
                    # Times travel as integers: an aware datetime a row would cost more than the search.
                    "started_at": int(graph.time[one.ledger[0]]),
                    "ended_at": int(graph.time[one.ledger[-1]]),
                    "detectable_at": int(graph.time[one.detectable]),
                    "truncated": one.truncated,
                    "explanation": one.explanation,
                    "measures": [dict(zip(MEASURE_FIELDS, values(measure), strict=True)) for measure in one.measures],
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
        return cls(table.select(*MATCH_SCHEMA), evidence)

    @classmethod
    def none(cls) -> Matches:
        """No match."""
        return cls(pl.DataFrame(schema=MATCH_SCHEMA), pl.DataFrame(schema=EVIDENCE_SCHEMA))

    @classmethod
    def together(cls, parts: Iterable[Matches]) -> Matches:
        """All of `parts`, one after the other."""
        parts = list(parts) or [cls.none()]
        return cls(pl.concat([p.match for p in parts]), pl.concat([p.evidence for p in parts]))


Finder = Callable[["TransactionGraph", Values], Iterable[Found]]


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
        ``finder(graph, values)`` gives the instances.
    span_days : callable
        ``span_days(values)``: how far back a match can depend on transfers, in days.
    applicable : callable
        ``applicable(graph, values)``: empty, or why the data cannot show this typology.
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
    applicable: Callable[[TransactionGraph, Values], str] = lambda _graph, _values: ""

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

    def find(self, graph: TransactionGraph, overrides: Mapping[str, object] | None = None) -> Matches:
        """Every match in `graph`, with its evidence.

        Parameters
        ----------
        graph : TransactionGraph
        overrides : mapping, optional
            Parameter values that differ from the defaults.

        Returns
        -------
        Matches
            Deterministic: the same for any number of threads.

        Raises
        ------
        ParameterError
            When an override is unknown or out of range.
        """
        values = self.values(overrides)
        return Matches.from_found(graph, self, self.finder(graph, values))

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
        }


def score_of(measures: Iterable[Measure]) -> float:
    """A match's score: :data:`GATE_POINTS` for its gate and the points of its measures, at most :data:`MOST_POINTS`."""
    return min(MOST_POINTS, round(GATE_POINTS + sum(measure.points for measure in measures), 6))


def thousandths(share: Value) -> int:
    """A share as whole thousandths, in which kernels compare it exactly."""
    return round(share * 1000)


def _match_id(typology: str, subject: str, key: str, ids: list[str]) -> str:
    digest = hashlib.blake2b("\x1f".join([typology, subject, key, *sorted(ids)]).encode(), digest_size=8)
    return f"{typology}-{digest.hexdigest()}"
