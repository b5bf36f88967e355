"""What people did: decisions on alerts, and the audit of all that changed the store. Both only grow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from moneytrail.alerts import ALERT_STATUSES
from moneytrail.errors import NotFoundError, ParameterError
from moneytrail.storage.records import JSON, AuditAction, AuditEntry, Decision
from moneytrail.storage.tables import alerts, audit, decisions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from moneytrail.alerts import AlertStatus

TEXT_MAX = 4_000
"""Longest reason and longest name of who decided, in characters."""


def check_decision(status: str, by: str, reason: str) -> None:
    """Raise ParameterError unless a decision may be made of these."""
    if status not in ALERT_STATUSES:
        raise ParameterError(f"status is {status!r}; allowed are {', '.join(ALERT_STATUSES)}")
    if not by.strip():
        raise ParameterError("a decision needs somebody who made it")
    if status.startswith("closed") and not reason.strip():
        raise ParameterError("closing an alert needs a reason")
    for name, text in (("by", by), ("reason", reason)):
        if len(text) > TEXT_MAX:
            raise ParameterError(f"{name} is {len(text):,} characters long; allowed are {TEXT_MAX:,}")


def append_decision(
    connection: Connection, alert_id: str, status: AlertStatus, *, by: str, reason: str, at: datetime
) -> Decision:
    """Append a decision and make it the alert's status.

    Raises
    ------
    NotFoundError
        No such alert.
    """
    # The update comes first: it locks the alert, so that the last decision and the status agree.
    updated = connection.execute(sa.update(alerts).where(alerts.c.alert_id == alert_id).values(status=status))
    if not updated.rowcount:
        raise NotFoundError(f"there is no alert {alert_id!r}")
    made = connection.execute(
        sa.insert(decisions)
        .values(alert_id=alert_id, decided_at=at, decided_by=by, status=status, reason=reason)
        .returning(decisions.c.decision_id)
    ).scalar_one()
    return Decision(made, alert_id, at, by, status, reason)


def read_decisions(connection: Connection, alert_id: str) -> list[Decision]:
    """Return the decisions on an alert, oldest first.

    Raises
    ------
    NotFoundError
        No such alert.
    """
    if connection.execute(sa.select(alerts.c.alert_id).where(alerts.c.alert_id == alert_id)).first() is None:
        raise NotFoundError(f"there is no alert {alert_id!r}")
    query = sa.select(decisions).where(decisions.c.alert_id == alert_id).order_by(decisions.c.decision_id)
    return [Decision(**row) for row in connection.execute(query).mappings()]


def note(
    connection: Connection,
    action: AuditAction,
    subject: str,
    *,
    by: str,
    at: datetime,
    detail: Mapping[str, JSON],
) -> None:
    """Append an audit entry; `detail` must hold no secret."""
    connection.execute(
        sa.insert(audit).values(done_at=at, done_by=by, action=action, subject=subject, detail=json.dumps(detail))
    )


def read_audit(connection: Connection, limit: int, before: int | None, action: AuditAction | None) -> list[AuditEntry]:
    """Return at most `limit` entries, newest first, of those made before the entry `before`."""
    query = sa.select(audit).order_by(audit.c.entry_id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.entry_id < before)
    if action is not None:
        query = query.where(audit.c.action == action)
    return [AuditEntry(**{**row, "detail": json.loads(row["detail"])}) for row in connection.execute(query).mappings()]
