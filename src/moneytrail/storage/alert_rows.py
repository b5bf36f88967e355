"""An alert as rows, and rows as an alert again: the exact round trip."""

from __future__ import annotations

import json
from dataclasses import asdict
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from moneytrail.alerts import Alert, AlertMatch, AlertSubject, EvidenceTransfer, Measure, Suppression
from moneytrail.errors import NotFoundError
from moneytrail.placebo import AlertPlacebo, MatchPlacebo
from moneytrail.storage import tables
from moneytrail.storage.database import insert_rows
from moneytrail.storage.records import AlertSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.engine import Connection, RowMapping

_ROWS_AT_ONCE = 20_000

_ALERT_FIELDS = (
    "alert_id",
    "run_id",
    "rank",
    "headline",
    "risk_score",
    "value",
    "reference_currency",
    "started_at",
    "ended_at",
    "detectable_at",
    "status",
)
_MATCH_FIELDS = (
    "match_id",
    "typology",
    "name",
    "subject",
    "score",
    "unsuppressed_score",
    "value",
    "started_at",
    "ended_at",
    "detectable_at",
    "explanation",
    "truncated",
)
_MEASURE_FIELDS = ("name", "label", "value", "unit", "threshold", "sense", "kind", "met", "points")
_SUPPRESSOR_FIELDS = ("code", "name", "factor", "said")
_SUBJECT_FIELDS = ("account", "role", "part")
_EVIDENCE_FIELDS = (
    "match_id",
    "role",
    "transaction_id",
    "booked_at",
    "debtor_account",
    "creditor_account",
    "amount",
    "currency",
    "reference_amount",
    "channel",
    "reference",
    "anomaly_score",
    "probability",
)


def insert_alerts(connection: Connection, alerts: Sequence[Alert]) -> None:
    """Insert `alerts` with all that they hold, some twenty thousand rows at a time."""
    insert_rows(connection, tables.alerts, _ALERT_COLUMNS, [_alert_row(alert) for alert in alerts])
    waiting: dict[sa.Table, list[tuple[Any, ...]]] = {table: [] for table in _DETAILS}
    for alert in alerts:
        for table, (names, rows_of) in _DETAILS.items():
            rows = waiting[table]
            rows.extend(rows_of(alert))
            if len(rows) >= _ROWS_AT_ONCE:
                insert_rows(connection, table, names, rows)
                rows.clear()
    for table, (names, _) in _DETAILS.items():
        insert_rows(connection, table, names, waiting[table])


def read_alert(connection: Connection, alert_id: str) -> Alert:
    """Return the alert as it was saved, with its status of now.

    Raises
    ------
    NotFoundError
        No such alert.
    """
    row = connection.execute(sa.select(tables.alerts).where(tables.alerts.c.alert_id == alert_id)).mappings().first()
    if row is None:
        raise NotFoundError(f"there is no alert {alert_id!r}")
    return Alert(
        **{name: row[name] for name in _ALERT_FIELDS},
        anomaly_scores=json.loads(row["anomaly_scores"]),
        typology_scores=read_typology_scores(connection, [alert_id]).get(alert_id, {}),
        subjects=read_subjects(connection, [alert_id]).get(alert_id, ()),
        matches=tuple(_match(match) for match in _rows_of(connection, tables.alert_matches, alert_id)),
        evidence=tuple(read_evidence(connection, alert_id)),
        placebo=_read_placebo(connection, alert_id),
    )


def check_match(connection: Connection, alert_id: str, match_id: str | None) -> None:
    """Raise NotFoundError unless there is such an alert, and such a match in it where `match_id` is given."""
    query = sa.select(tables.alerts.c.alert_id).where(tables.alerts.c.alert_id == alert_id)
    if connection.execute(query).first() is None:
        raise NotFoundError(f"there is no alert {alert_id!r}")
    if match_id is None:
        return
    table = tables.alert_matches.c
    query = sa.select(table.alert_id).where(table.alert_id == alert_id, table.match_id == match_id)
    if connection.execute(query).first() is None:
        raise NotFoundError(f"there is no match {match_id!r} in alert {alert_id!r}")


def read_evidence(connection: Connection, alert_id: str, match_id: str | None = None) -> list[EvidenceTransfer]:
    """Return an alert's evidence in the order in which it was saved; of one match, if `match_id` is given."""
    columns = [tables.evidence.c[name] for name in _EVIDENCE_FIELDS]
    query = sa.select(*columns).where(tables.evidence.c.alert_id == alert_id).order_by(tables.evidence.c.position)
    if match_id is not None:
        query = query.where(tables.evidence.c.match_id == match_id)
    return [EvidenceTransfer(*row) for row in connection.execute(query)]


def read_subjects(connection: Connection, alert_ids: Sequence[str]) -> dict[str, tuple[AlertSubject, ...]]:
    """Return the subjects of each alert, in the order in which they were saved."""
    table = tables.alert_subjects
    query = (
        sa.select(table.c.alert_id, *(table.c[name] for name in _SUBJECT_FIELDS))
        .where(table.c.alert_id.in_(alert_ids))
        .order_by(table.c.alert_id, table.c.position)
    )
    found: dict[str, list[AlertSubject]] = {}
    for alert_id, account, role, part in connection.execute(query):
        found.setdefault(alert_id, []).append(AlertSubject(account, role, part))
    return {alert_id: tuple(subjects) for alert_id, subjects in found.items()}


def read_typology_scores(connection: Connection, alert_ids: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the typology scores of each alert, in the order in which they were saved."""
    table = tables.alert_typologies
    query = (
        sa.select(table.c.alert_id, table.c.typology, table.c.score)
        .where(table.c.alert_id.in_(alert_ids))
        .order_by(table.c.alert_id, table.c.position)
    )
    found: dict[str, dict[str, float]] = {}
    for alert_id, typology, score in connection.execute(query):
        found.setdefault(alert_id, {})[typology] = score
    return found


def summaries(connection: Connection, rows: Sequence[RowMapping]) -> tuple[AlertSummary, ...]:
    """Return the summaries of `rows` of the alerts table, in their order, with two further queries in all."""
    alert_ids = [row["alert_id"] for row in rows]
    subjects = read_subjects(connection, alert_ids)
    scores = read_typology_scores(connection, alert_ids)
    return tuple(
        AlertSummary(
            **{name: row[name] for name in _ALERT_FIELDS},
            typology_scores=scores.get(row["alert_id"], {}),
            anomaly_scores=json.loads(row["anomaly_scores"]),
            subjects=subjects.get(row["alert_id"], ()),
            match_count=row["match_count"],
            evidence_count=row["evidence_count"],
        )
        for row in rows
    )


def _alert_row(alert: Alert) -> tuple[Any, ...]:
    return (
        *(getattr(alert, name) for name in _ALERT_FIELDS),
        json.dumps(alert.anomaly_scores),
        len(alert.matches),
        len(alert.evidence),
    )


def _typology_rows(alert: Alert) -> Iterator[tuple[Any, ...]]:
    for position, (typology, score) in enumerate(alert.typology_scores.items()):
        yield alert.alert_id, position, typology, score


def _account_rows(alert: Alert) -> Iterator[tuple[Any, ...]]:
    accounts = {subject.account for subject in alert.subjects}
    for transfer in alert.evidence:
        accounts.update(side for side in (transfer.debtor_account, transfer.creditor_account) if side is not None)
    for account in sorted(accounts):
        yield alert.alert_id, account


def _match_rows(alert: Alert) -> Iterator[tuple[Any, ...]]:
    for position, match in enumerate(alert.matches):
        measures = [[getattr(measure, name) for name in _MEASURE_FIELDS] for measure in match.measures]
        yield (
            alert.alert_id,
            position,
            *(getattr(match, name) for name in _MATCH_FIELDS),
            json.dumps(measures),
            json.dumps([[getattr(one, name) for name in _SUPPRESSOR_FIELDS] for one in match.suppressors]),
            json.dumps(match.innocent_explanations),
        )


def _placebo_rows(alert: Alert) -> Iterator[tuple[Any, ...]]:
    if alert.placebo:
        yield alert.alert_id, json.dumps(asdict(alert.placebo))


def _subject_rows(alert: Alert) -> Iterator[tuple[Any, ...]]:
    fields = attrgetter(*_SUBJECT_FIELDS)
    for position, subject in enumerate(alert.subjects):
        yield alert.alert_id, position, *fields(subject)


def _evidence_rows(alert: Alert) -> Iterator[tuple[Any, ...]]:
    fields = attrgetter(*_EVIDENCE_FIELDS)
    for position, transfer in enumerate(alert.evidence):
        yield alert.alert_id, position, *fields(transfer)


_ALERT_COLUMNS = (*_ALERT_FIELDS, "anomaly_scores", "match_count", "evidence_count")
_MATCH_COLUMNS = ("alert_id", "position", *_MATCH_FIELDS, "measures", "suppressors", "innocent_explanations")
_DETAILS: dict[sa.Table, tuple[tuple[str, ...], Callable[[Alert], Iterator[tuple[Any, ...]]]]] = {
    tables.alert_typologies: (("alert_id", "position", "typology", "score"), _typology_rows),
    tables.alert_subjects: (("alert_id", "position", *_SUBJECT_FIELDS), _subject_rows),
    tables.alert_accounts: (("alert_id", "account"), _account_rows),
    tables.alert_matches: (_MATCH_COLUMNS, _match_rows),
    tables.alert_placebos: (("alert_id", "placebo"), _placebo_rows),
    tables.evidence: (("alert_id", "position", *_EVIDENCE_FIELDS), _evidence_rows),
}


def _match(row: RowMapping) -> AlertMatch:
    return AlertMatch(
        **{name: row[name] for name in _MATCH_FIELDS},
        measures=tuple(Measure(*fields) for fields in json.loads(row["measures"])),
        suppressors=tuple(Suppression(*fields) for fields in json.loads(row["suppressors"])),
        innocent_explanations=tuple(json.loads(row["innocent_explanations"])),
    )


def _read_placebo(connection: Connection, alert_id: str) -> AlertPlacebo | None:
    table = tables.alert_placebos.c
    text = connection.execute(sa.select(table.placebo).where(table.alert_id == alert_id)).scalar()
    if text is None:
        return None
    fields = json.loads(text)
    return AlertPlacebo(**fields | {"matches": tuple(MatchPlacebo(**one) for one in fields["matches"])})


def _rows_of(connection: Connection, table: sa.Table, alert_id: str) -> Sequence[RowMapping]:
    query = sa.select(table).where(table.c.alert_id == alert_id).order_by(table.c.position)
    return connection.execute(query).mappings().all()
