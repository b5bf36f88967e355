"""Alerts: what an investigator reads. The data of one alert; how matches become alerts follows below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from moneytrail.typologies.base import Measure

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "ALERT_STATUSES",
    "Alert",
    "AlertMatch",
    "AlertStatus",
    "AlertSubject",
    "EvidenceTransfer",
    "Measure",
    "SubjectRole",
]

SubjectRole = Literal["suspect", "victim", "unknown"]
AlertStatus = Literal["open", "in_review", "escalated", "closed_useful", "closed_false_positive"]

ALERT_STATUSES: tuple[AlertStatus, ...] = (
    "open",
    "in_review",
    "escalated",
    "closed_useful",
    "closed_false_positive",
)


@dataclass(frozen=True, slots=True)
class AlertMatch:
    """One match inside an alert: which typology, how strongly, on which numbers."""

    match_id: str
    typology: str
    name: str
    subject: str
    score: float
    value: int
    started_at: datetime
    ended_at: datetime
    detectable_at: datetime
    measures: tuple[Measure, ...]
    explanation: str
    innocent_explanations: tuple[str, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class AlertSubject:
    """One account in an alert. `role` is what the person is held to be and begins as ``unknown``;
    `part` is what the account did (``collector``, ``mule``, …), which is a fact of the transfers."""

    account: str
    role: SubjectRole
    part: str


@dataclass(frozen=True, slots=True)
class EvidenceTransfer:
    """One transfer that proves one match, with its part in it."""

    match_id: str
    role: str
    transaction_id: str
    booked_at: datetime
    debtor_account: str | None
    creditor_account: str | None
    amount: int
    currency: str
    reference_amount: int
    channel: str
    reference: str | None
    anomaly_score: float | None


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, whole.

    `value` and every ``reference_amount`` are minor units of `reference_currency`. `typology_scores` holds the best
    score of each typology, `anomaly_scores` the mean of each detector over the evidence: both stand beside the
    combined `risk_score` and are never folded away. `detectable_at` is the first moment at which the gate held.
    """

    alert_id: str
    run_id: str
    rank: int
    headline: str
    risk_score: float
    typology_scores: dict[str, float]
    anomaly_scores: dict[str, float]
    value: int
    reference_currency: str
    started_at: datetime
    ended_at: datetime
    detectable_at: datetime
    subjects: tuple[AlertSubject, ...]
    matches: tuple[AlertMatch, ...]
    evidence: tuple[EvidenceTransfer, ...]
    status: AlertStatus = "open"
