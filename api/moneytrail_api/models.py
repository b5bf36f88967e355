"""What the service answers and is sent, as it stands in the OpenAPI document."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from moneytrail.alerts import AlertStatus, SubjectRole
from moneytrail.placebo import Reading
from moneytrail.storage import LIMIT_MAX, TEXT_MAX, AlertQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moneytrail.alerts import Alert, AlertMatch, AlertSubject, EvidenceTransfer
    from moneytrail.placebo import AlertPlacebo
    from moneytrail.storage import AlertSummary, Decision, RunSummary

INT64_MAX = 2**63 - 1
LISTED_SUBJECTS = 25
"""Most subjects of an alert in a list."""


def _finite(number: object) -> object:
    return None if isinstance(number, float) and not math.isfinite(number) else number


def _written_out(instant: object) -> object:
    # Pydantic would take a number, bare or as text, for seconds since 1970.
    if isinstance(instant, str) and _RFC_3339.fullmatch(instant):
        return instant
    reason = "an instant is written as 2026-01-31T12:00:00Z, with its time zone"
    # In a query a raw plus means a blank.
    before, _, offset = instant.rpartition(" ") if isinstance(instant, str) else ("", "", "")
    if _RFC_3339.fullmatch(f"{before}+{offset}"):
        reason += "; a plus in a URL is written %2B"
    raise ValueError(reason)


_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]

Sort = Literal[
    "risk_score",
    "-risk_score",
    "value",
    "-value",
    "started_at",
    "-started_at",
    "detectable_at",
    "-detectable_at",
    "rank",
    "-rank",
]
Number = Annotated[float | None, BeforeValidator(_finite)]
"""A number, or null where it is not finite, which JSON cannot say."""

Text = Annotated[str, Field(min_length=1, max_length=400)]


class AlertFilters(BaseModel):
    """Filters of the list of alerts; all that are given must hold."""

    # A misspelt filter that is silently ignored would show alerts that were not asked for.
    model_config = ConfigDict(extra="forbid")

    typology: Annotated[Text | None, Field(description="Alerts with a match of this typology.", examples=["S01"])] = (
        None
    )
    min_score: Annotated[float | None, Field(ge=0, le=1, description="Least risk score, inclusive.")] = None
    max_score: Annotated[float | None, Field(ge=0, le=1, description="Greatest risk score, inclusive.")] = None
    min_value: Annotated[int | None, Field(ge=0, le=INT64_MAX, description="Least value, minor units, inclusive.")] = (
        None
    )
    max_value: Annotated[
        int | None, Field(ge=0, le=INT64_MAX, description="Greatest value, minor units, inclusive.")
    ] = None
    account: Annotated[
        Text | None,
        Field(description="Exactly this account is a subject, or on either side of an evidence transfer."),
    ] = None
    since: Annotated[
        Moment | None,
        Field(description="Alerts that ended at this instant or later.", examples=["2026-01-01T00:00:00Z"]),
    ] = None
    until: Annotated[
        Moment | None,
        Field(description="Alerts that began before this instant.", examples=["2026-02-01T00:00:00Z"]),
    ] = None
    status: Annotated[AlertStatus | None, Field(description="Alerts of this status.")] = None
    run_id: Annotated[Text | None, Field(description="Alerts of this run.")] = None
    sort: Annotated[Sort, Field(description="Order; a leading `-` means descending.")] = "-risk_score"
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description="Alerts on a page.")] = 50
    cursor: Annotated[
        str | None,
        Field(
            max_length=2000,
            description="`next_cursor` of the page before, which must have had the same filters and order.",
        ),
    ] = None

    def query(self) -> AlertQuery:
        """Return the store's own query."""
        return AlertQuery(**{name: getattr(self, name) for name in type(self).model_fields})


class EvidenceFilters(BaseModel):
    """Which evidence of an alert, and in which form."""

    model_config = ConfigDict(extra="forbid")

    match_id: Annotated[Text | None, Field(description="Only the evidence of this match.")] = None
    format: Annotated[
        Literal["json", "csv"] | None,
        Field(description="Default: what the `Accept` header asks for, else JSON."),
    ] = None


class RunFilters(BaseModel):
    """How many runs."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description="How many of the newest.")] = 100


class Money(BaseModel):
    """An amount of money."""

    amount: Annotated[int, Field(description="Minor units: pence, cents, yen.", examples=[1250000])]
    currency: Annotated[str, Field(description="ISO 4217 code, or BTC.", examples=["GBP"])]


class Subject(BaseModel):
    """One account in an alert."""

    account: str
    role: Annotated[SubjectRole, Field(description="What the person is held to be; begins as `unknown`.")]
    part: Annotated[str, Field(description="What the account did, by its transfers.", examples=["collector"])]


class AlertItem(BaseModel):
    """An alert in a list."""

    alert_id: str
    run_id: Annotated[str, Field(description="The run that raised it; see `/v1/runs/{run_id}`.")]
    rank: Annotated[int, Field(description="Place among the alerts of its run; 1 is the first to look at.")]
    status: AlertStatus
    headline: Annotated[
        str,
        Field(
            description="What was seen, in one sentence.",
            examples=["Account 4411 took similar one-off fees from 12 people it has no tie to."],
        ),
    ]
    risk_score: Annotated[
        float,
        Field(
            description="By which alerts are ranked: each typology score by its weight, and a little strangeness.",
            examples=[0.87],
        ),
    ]
    typology_scores: Annotated[
        dict[str, float],
        Field(description="Best score of each typology.", examples=[{"S01": 0.8, "L03": 0.55}]),
    ]
    anomaly_scores: Annotated[
        dict[str, Number],
        Field(description="Mean score of each detector over the evidence.", examples=[{"iforest": 0.91}]),
    ]
    value: Annotated[Money, Field(description="What went through the alert, in the reference currency.")]
    started_at: Annotated[datetime, Field(description="First transfer of the alert, UTC.")]
    ended_at: Annotated[datetime, Field(description="Last transfer of the alert, UTC.")]
    detectable_at: Annotated[datetime, Field(description="First instant at which a gate held, UTC.")]
    subjects: Annotated[
        list[Subject],
        Field(description=f"The first {LISTED_SUBJECTS} at most; the subjects of the matches come first."),
    ]
    subject_count: Annotated[int, Field(ge=0, description="How many subjects the alert has in all.")]
    match_count: Annotated[int, Field(ge=0)]
    evidence_count: Annotated[int, Field(ge=0)]

    @classmethod
    def of(cls, alert: AlertSummary) -> AlertItem:
        """Describe `alert`."""
        return cls(
            **_shared(alert),
            subjects=_subjects(alert.subjects[:LISTED_SUBJECTS]),
            match_count=alert.match_count,
            evidence_count=alert.evidence_count,
        )


class AlertList(BaseModel):
    """One page of alerts."""

    items: list[AlertItem]
    next_cursor: Annotated[str | None, Field(description="For the next page; null on the last one.")]


class MeasureItem(BaseModel):
    """One measured value beside the threshold it is held to."""

    model_config = ConfigDict(from_attributes=True)

    name: Annotated[str, Field(examples=["payers"])]
    label: Annotated[str, Field(examples=["unaffiliated payers"])]
    value: Annotated[Number, Field(description="As measured; null where it is not a finite number.", examples=[12])]
    unit: Annotated[str, Field(examples=["count"])]
    threshold: Annotated[Number, Field(description="What it is compared with; null for a plain fact.", examples=[8])]
    sense: Annotated[str, Field(description="`>=`, `<=`, or empty for a plain fact.", examples=[">="])]
    kind: Annotated[str, Field(description="`gate`: all must hold; `booster`: adds points; `fact`.")]
    met: bool
    points: Annotated[float, Field(description="What it adds to the match's score.")]


class SuppressorItem(BaseModel):
    """One innocent explanation whose test held, and what it did to the score."""

    model_config = ConfigDict(from_attributes=True)

    code: Annotated[str, Field(examples=["R-LAND"])]
    name: Annotated[str, Field(examples=["rent of a landlord or a shared house"])]
    factor: Annotated[float, Field(ge=0, le=1, description="What the score was multiplied by; the smallest decides.")]
    said: Annotated[str, Field(description="The test with its figures.")]


class MatchItem(BaseModel):
    """One match inside an alert: its score, with the measured values against the thresholds."""

    match_id: str
    typology: Annotated[str, Field(examples=["S01"])]
    name: Annotated[str, Field(examples=["Seat-fee fan-in"])]
    subject: Annotated[str, Field(description="The account in the middle of the match.")]
    score: Annotated[float, Field(description="After the strongest innocent explanation that held.")]
    unsuppressed_score: Annotated[float, Field(description="What the gate and the measures give.")]
    value: Money
    started_at: datetime
    ended_at: datetime
    detectable_at: datetime
    measures: list[MeasureItem]
    suppressors: Annotated[list[SuppressorItem], Field(description="Innocent explanations whose test held.")]
    explanation: str
    innocent_explanations: Annotated[list[str], Field(description="What else could look like this.")]
    truncated: Annotated[bool, Field(description="The search stopped at its budget: there may be more.")]

    @classmethod
    def of(cls, match: AlertMatch, currency: str) -> MatchItem:
        """Describe `match`, whose value is in `currency`."""
        names = set(cls.model_fields) - {"value", "measures", "suppressors", "innocent_explanations"}
        return cls(
            **{name: getattr(match, name) for name in names},
            value=Money(amount=match.value, currency=currency),
            measures=[MeasureItem.model_validate(measure) for measure in match.measures],
            suppressors=[SuppressorItem.model_validate(one) for one in match.suppressors],
            innocent_explanations=list(match.innocent_explanations),
        )


class EvidenceItem(BaseModel):
    """One transfer that proves one match, with its part in it."""

    match_id: str
    role: Annotated[str, Field(description="What the transfer does in the match.", examples=["fee"])]
    transaction_id: str
    booked_at: Annotated[datetime, Field(description="UTC.")]
    debtor_account: Annotated[str | None, Field(description="Who paid; null for cash paid in.")]
    creditor_account: Annotated[str | None, Field(description="Who was paid; null for cash taken out.")]
    amount: Annotated[Money, Field(description="What the debtor paid.")]
    reference_amount: Annotated[Money, Field(description="The same in the alert's reference currency.")]
    channel: Annotated[str, Field(examples=["credit_transfer"])]
    reference: Annotated[str | None, Field(description="Reference text of the transfer.")]
    anomaly_score: Annotated[Number, Field(description="Mean of the detectors, 0 to 1; null if not scored.")]
    probability: Annotated[
        Number,
        Field(
            description="What the run's trained model puts it at, 0 to 1, at the base rate of the banks that it "
            "learned from; null without a model, and in the first days of the data, of which it gives no opinion.",
        ),
    ]

    @classmethod
    def of(cls, transfer: EvidenceTransfer, reference_currency: str) -> EvidenceItem:
        """Describe `transfer`."""
        names = set(cls.model_fields) - {"amount", "reference_amount"}
        return cls(
            **{name: getattr(transfer, name) for name in names},
            amount=Money(amount=transfer.amount, currency=transfer.currency),
            reference_amount=Money(amount=transfer.reference_amount, currency=reference_currency),
        )


class EvidenceList(BaseModel):
    """The evidence of an alert."""

    alert_id: str
    items: list[EvidenceItem]


PlaceboReading = Annotated[
    Reading,
    Field(
        description="`rarer` by chance than in the data; `common`: so strong a match does not depend on who paid whom; "
        "`untested`: the shuffle left alone what the match rests on."
    ),
]
Said = Annotated[str, Field(description="The same in plain words.")]


class MatchPlaceboItem(BaseModel):
    """How often a match as strong as one of the alert's stands in shuffled copies of the data."""

    model_config = ConfigDict(from_attributes=True)

    match_id: str
    typology: Annotated[str, Field(examples=["S01"])]
    score: Annotated[float, Field(description="As strong: a match of the typology with this score or more.")]
    in_data: Annotated[int, Field(ge=0, description="Matches as strong in the data, this one included.")]
    in_copies: Annotated[int, Field(ge=0, description="Matches as strong in all copies together.")]
    copies_with: Annotated[int, Field(ge=0, description="Copies with at least one.")]
    chance: Annotated[float, Field(ge=0, le=1, description="(1 + copies_with) / (1 + copies); never 0.")]
    again: Annotated[int, Field(ge=0, description="Copies in which the very same transfers matched again.")]
    moved: Annotated[float, Field(ge=0, le=1, description="Share of its transfers whose other side changed.")]
    reading: PlaceboReading
    said: Said


class PlaceboItem(BaseModel):
    """What shuffled copies of the data say of the alert as a whole, and of each of its matches."""

    copies: Annotated[int, Field(ge=1, description="How many copies were made.", examples=[5])]
    risk: Annotated[float, Field(description="As high: an alert of this risk or more; strangeness is not counted.")]
    in_data: Annotated[int, Field(ge=0, description="Alerts as high in the data, raised or not, this one included.")]
    in_copies: Annotated[int, Field(ge=0, description="Alerts as high in all copies together.")]
    copies_with: Annotated[int, Field(ge=0, description="Copies with at least one.")]
    chance: Annotated[float, Field(ge=0, le=1, description="(1 + copies_with) / (1 + copies); never 0.")]
    moved: Annotated[float, Field(ge=0, le=1, description="Share of its transfers whose other side changed.")]
    reading: PlaceboReading
    said: Said
    matches: Annotated[list[MatchPlaceboItem], Field(description="As the alert's matches.")]

    @classmethod
    def of(cls, placebo: AlertPlacebo) -> PlaceboItem:
        """Describe `placebo`."""
        names = set(cls.model_fields) - {"matches"}
        matches = [MatchPlaceboItem.model_validate(one) for one in placebo.matches]
        return cls(**{name: getattr(placebo, name) for name in names}, matches=matches)


class AlertDetail(AlertItem):
    """An alert, whole, with the record of the run that raised it."""

    subjects: Annotated[list[Subject], Field(description="All; the subjects of the matches come first.")]
    matches: list[MatchItem]
    evidence: list[EvidenceItem]
    placebo: Annotated[
        PlaceboItem | None,
        Field(description="How often as much stands in shuffled copies; null where the run made none."),
    ]
    run: Annotated[dict[str, JsonValue], Field(description="The run record: all that is needed to repeat the run.")]

    @classmethod
    def whole(cls, alert: Alert, run: dict[str, Any]) -> AlertDetail:
        """Describe `alert`."""
        currency = alert.reference_currency
        return cls(
            **_shared(alert),
            subjects=_subjects(alert.subjects),
            match_count=len(alert.matches),
            evidence_count=len(alert.evidence),
            matches=[MatchItem.of(match, currency) for match in alert.matches],
            evidence=[EvidenceItem.of(transfer, currency) for transfer in alert.evidence],
            placebo=PlaceboItem.of(alert.placebo) if alert.placebo else None,
            run=run,
        )


# Said in the document too, so that a client can know it before it asks.
_CLOSING_NEEDS_A_REASON: JsonDict = {
    "if": {"properties": {"status": {"pattern": "^closed"}}},
    "then": {"required": ["reason"], "properties": {"reason": {"pattern": "\\S"}}},
}


class NewDecision(BaseModel):
    """A decision to be made on an alert."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_CLOSING_NEEDS_A_REASON)

    status: Annotated[AlertStatus, Field(description="What the alert becomes.")]
    reason: Annotated[
        str,
        Field(
            max_length=TEXT_MAX,
            description="Why; needed for closing.",
            examples=["The payers are members of one football club."],
        ),
    ] = ""


class DecisionItem(BaseModel):
    """A decision as it was made. Decisions are never changed; a later one stands beside it."""

    decision_id: int
    alert_id: str
    decided_at: datetime
    decided_by: Annotated[
        str, Field(description="The name and the public id of the key.", examples=["triage (k3v9x0ab)"])
    ]
    status: AlertStatus
    reason: str

    @classmethod
    def of(cls, decision: Decision) -> DecisionItem:
        """Describe `decision`."""
        return cls(**{name: getattr(decision, name) for name in cls.model_fields})


class DecisionList(BaseModel):
    """The decisions on an alert, oldest first."""

    items: list[DecisionItem]


class TypologyItem(BaseModel):
    """One typology of the catalogue."""

    model_config = ConfigDict(extra="allow")

    id: Annotated[str, Field(examples=["S01"])]
    name: Annotated[str, Field(examples=["Seat-fee fan-in"])]
    stage: Annotated[str, Field(examples=["collection"])]
    summary: str
    horizon_days: Annotated[float, Field(description="The longest span that a match can cover, days.")]
    parameters: Annotated[list[JsonValue], Field(description="Each with its default, unit, range and reason.")]
    roles: Annotated[list[JsonValue], Field(description="What a transfer can do in a match.")]
    sources: Annotated[list[JsonValue], Field(description="Where the facts come from.")]
    innocent_explanations: list[JsonValue]
    suppressors: Annotated[list[str], Field(description="Codes of the tests for look-alikes made on its matches.")]


class TypologyList(BaseModel):
    """The catalogue."""

    items: list[TypologyItem]


class RunItem(BaseModel):
    """A run in a list."""

    run_id: str
    created_at: datetime
    alert_count: Annotated[int, Field(ge=0)]

    @classmethod
    def of(cls, run: RunSummary) -> RunItem:
        """Describe `run`."""
        return cls(run_id=run.run_id, created_at=run.created_at, alert_count=run.alert_count)


class RunList(BaseModel):
    """The newest runs, newest first."""

    items: list[RunItem]


class RunRecord(BaseModel):
    """The record of a run: what is needed to repeat it."""

    model_config = ConfigDict(extra="allow")

    run_id: str
    created_at: Annotated[str, Field(description="ISO 8601.")]


class Health(BaseModel):
    """The service answers."""

    status: Literal["ok"]


def _shared(alert: Alert | AlertSummary) -> dict[str, Any]:
    names = (
        "alert_id",
        "run_id",
        "rank",
        "status",
        "headline",
        "risk_score",
        "typology_scores",
        "anomaly_scores",
    )
    times = ("started_at", "ended_at", "detectable_at")
    return {
        **{name: getattr(alert, name) for name in (*names, *times)},
        "value": Money(amount=alert.value, currency=alert.reference_currency),
        "subject_count": len(alert.subjects),
    }


def _subjects(subjects: Sequence[AlertSubject]) -> list[Subject]:
    return [Subject(account=s.account, role=s.role, part=s.part) for s in subjects]
