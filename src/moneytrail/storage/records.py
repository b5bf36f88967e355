"""What the store hands out beside whole alerts: summaries, pages, decisions, keys and audit entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from moneytrail.alerts import AlertStatus, AlertSubject

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

Scope = Literal["alerts:read", "alerts:decide", "runs:read", "money:read"]
SCOPES: Final[tuple[Scope, ...]] = ("alerts:read", "alerts:decide", "runs:read", "money:read")
"""What a key may be allowed: read alerts and evidence, decide on alerts, read run records, follow money through the
whole ledger of a run."""

AuditAction = Literal[
    "run_saved",
    "ledger_kept",
    "alert_decided",
    "evidence_exported",
    "money_traced",
    "freeze_planned",
    "key_created",
    "key_revoked",
]


@dataclass(frozen=True, slots=True)
class AlertSummary:
    """An alert without its matches and its evidence; fields as in :class:`moneytrail.alerts.Alert`.

    `match_count` and `evidence_count` say how many of each the whole alert has.
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
    match_count: int
    evidence_count: int
    status: AlertStatus


@dataclass(frozen=True, slots=True)
class AlertPage:
    """One page of alerts; `next_cursor` is ``None`` on the last one."""

    items: tuple[AlertSummary, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run without its record."""

    run_id: str
    created_at: datetime
    alert_count: int


@dataclass(frozen=True, slots=True)
class LedgerSummary:
    """A kept ledger without its transfers.

    Attributes
    ----------
    fingerprint : str
        See :func:`moneytrail.storage.ledger_parts.fingerprint_of`. Equal data have one ledger, which many runs share.
    created_at : datetime
        When it was first kept.
    transfers : int
    accounts : int or None
        Rows of the account table; ``None`` where none was given.
    bytes : int
        What it takes up in the store.
    """

    fingerprint: str
    created_at: datetime
    transfers: int
    accounts: int | None
    bytes: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided on an alert. Appended, never changed; the last one is the alert's status."""

    decision_id: int
    alert_id: str
    decided_at: datetime
    decided_by: str
    status: AlertStatus
    reason: str


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An API key as the store knows it. The secret is not here: the store holds only its SHA-256."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `secret` is the whole key to be presented, and is shown this once."""

    record: KeyRecord
    secret: str

    def __repr__(self) -> str:
        # A secret that is never printed cannot end in a log.
        return f"NewKey(record={self.record!r}, secret='…')"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done: by whom, to what, when. `subject` is a run, alert or key id."""

    entry_id: int
    done_at: datetime
    done_by: str
    action: AuditAction
    subject: str
    detail: dict[str, JSON]
