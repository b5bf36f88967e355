"""What a search finds: matches with their evidence and measures, as two frames; and what a parameter of a search is.

Typologies, motifs and whoever reads their findings share these; the searches themselves are elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final, Literal

import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.schema import INSTANT

Value = int | float
Values = Mapping[str, Value]

GATE_POINTS: Final = 0.5
"""What a match scores for holding its gate and nothing more."""

MOST_POINTS: Final = 0.99
"""The most that a match scores: no pattern of transfers is certain."""


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
class Suppression:
    """One innocent explanation whose test held, and what it did to the score.

    Attributes
    ----------
    code, name : str
        ``R-LAND``, ``landlord or house-share rent``.
    factor : float
        What the score was multiplied by: the smallest of a match's factors alone decides.
    said : str
        The test with its figures, as an investigator reads it.
    """

    code: str
    name: str
    factor: float
    said: str


SUPPRESSION_TYPE: Final = pl.Struct(
    {"code": pl.String(), "name": pl.String(), "factor": pl.Float64(), "said": pl.String()}
)

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
    "unsuppressed_score": pl.Float64(),
    "value": pl.Int64(),
    "transfers": pl.Int64(),
    "started_at": INSTANT,
    "ended_at": INSTANT,
    "detectable_at": INSTANT,
    "truncated": pl.Boolean(),
    "explanation": pl.String(),
    "measures": pl.List(MEASURE_TYPE),
    "suppressors": pl.List(SUPPRESSION_TYPE),
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
    def none(cls) -> Matches:
        """No match."""
        return cls(pl.DataFrame(schema=MATCH_SCHEMA), pl.DataFrame(schema=EVIDENCE_SCHEMA))

    @classmethod
    def together(cls, parts: Iterable[Matches]) -> Matches:
        """All of `parts`, one after the other."""
        parts = list(parts) or [cls.none()]
        return cls(pl.concat([p.match for p in parts]), pl.concat([p.evidence for p in parts]))


def score_of(measures: Iterable[Measure]) -> float:
    """A match's score: :data:`GATE_POINTS` for its gate and the points of its measures, at most :data:`MOST_POINTS`."""
    return min(MOST_POINTS, round(GATE_POINTS + sum(measure.points for measure in measures), 6))


def match_id(typology: str, subject: str, key: str, ids: Iterable[str]) -> str:
    """A match's id: a hash of typology, subject, key and the ids of its evidence, the same in every run."""
    digest = hashlib.blake2b("\x1f".join([typology, subject, key, *sorted(ids)]).encode(), digest_size=8)
    return f"{typology}-{digest.hexdigest()}"
