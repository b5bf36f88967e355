"""The store: runs, their ledgers, alerts with their evidence, decisions, API keys and the audit, behind one class."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast

import sqlalchemy as sa

from moneytrail.errors import ConflictError, NotFoundError, ParameterError, StoreError
from moneytrail.rates import ExchangeRates
from moneytrail.storage import alert_rows, journal, keys, ledger_parts, paging
from moneytrail.storage.database import Database
from moneytrail.storage.ledger_parts import StoredLedger
from moneytrail.storage.records import JSON, RunSummary
from moneytrail.storage.tables import alert_matches as matches_table
from moneytrail.storage.tables import alerts as alerts_table
from moneytrail.storage.tables import runs as runs_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy.engine import Connection

    from moneytrail.alerts import Alert, AlertStatus, EvidenceTransfer
    from moneytrail.storage.ledger_parts import Ledger, PackedLedger
    from moneytrail.storage.paging import AlertQuery
    from moneytrail.storage.records import (
        AlertPage,
        AuditAction,
        AuditEntry,
        Decision,
        KeyRecord,
        LedgerSummary,
        NewKey,
    )


class Store:
    """Runs, ledgers, alerts, evidence, decisions, keys and audit in SQLite or PostgreSQL.

    Every method is one transaction: it happens whole or not at all, and other processes may use the same
    store at the same time. A store may be shared by threads, but not carried across a fork.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Store.open(f"{folder}/store.db") as store:
    ...     store.save_run({"run_id": "r1", "created_at": "2026-01-01T00:00:00Z"}, [])
    ...     [run.run_id for run in store.runs()]
    ['r1']
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url_or_path: str | Path, *, create: bool = True) -> Store:
        """Open a store, and bring it to the newest version.

        Parameters
        ----------
        url_or_path : str or Path
            ``postgresql://user@host/database``, ``sqlite:///file``, or a plain path: a SQLite file.
        create : bool
            Whether a SQLite file that does not exist is made. A PostgreSQL database must exist in any case.

        Raises
        ------
        StoreError
            In one line: not there, not writable, not a database, of something else, or of a newer version.
        """
        return cls(Database.open(url_or_path, create=create))

    def close(self) -> None:
        """Close every connection; a closed store opens them again when it is used."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def check(self) -> None:
        """Raise StoreError unless the database answers and is of the newest version."""
        self._database.check()

    def save_run(
        self, record: Mapping[str, JSON], alerts: Sequence[Alert], *, by: str = "cli", ledger: Ledger | None = None
    ) -> None:
        """Save a run with its alerts and, if given, its ledger: all or nothing, and only once.

        Saving a run that is there already, with the same alert ids, changes nothing and keeps every decision; a
        ledger that it lacked is added. Equal ledgers are stored once, however many runs scored them.

        Parameters
        ----------
        record : mapping
            ``run_id`` (text), ``created_at`` (ISO 8601 with an offset), and whatever else JSON can hold.
        alerts : sequence of Alert
            Each with the run's id.
        by : str
            Who saved it, for the audit.
        ledger : Ledger, optional
            What the run scored. It is packed before the transaction begins, so that nobody waits for that.

        Raises
        ------
        ParameterError
            The record lacks its id or its time, or an alert is of another run or there twice.
        InputError
            A table of the ledger is not canonical.
        ConflictError
            The run is there with other alerts or another ledger, or an alert id is there in another run.
        """
        run_id, created_at = _checked_record(record)
        alert_ids = _checked_alert_ids(run_id, alerts)
        values = {"run_id": run_id, "created_at": created_at, "alert_count": len(alerts), "record": json.dumps(record)}
        kept = self._packed(ledger) if ledger else None

        def save() -> None:
            with self._database.writing() as connection:
                if not _holds_run(connection, run_id, alert_ids):
                    connection.execute(sa.insert(runs_table).values(values))
                    alert_rows.insert_alerts(connection, alerts)
                    journal.note(connection, "run_saved", run_id, by=by, at=_now(), detail={"alerts": len(alerts)})
                if kept:
                    _keep_ledger(connection, run_id, *kept, by=by)

        try:
            save()
        except ConflictError:
            # Another process may have saved the same run in the meantime, which is no conflict.
            with self._database.reading() as connection:
                if not _holds_run(connection, run_id, alert_ids):
                    raise
            save()

    def _packed(self, ledger: Ledger) -> tuple[str, PackedLedger | None]:
        """The ledger's fingerprint, and what is to be inserted, ``None`` where the store holds it already."""
        ledger_parts.check_ledger(ledger)
        fingerprint = ledger_parts.fingerprint_of(ledger)
        with self._database.reading() as connection:
            there = ledger_parts.has_fingerprint(connection, fingerprint)
        return fingerprint, None if there else ledger_parts.pack(ledger, fingerprint)

    def run(self, run_id: str) -> dict[str, JSON]:
        """Return the record of a run as it was saved.

        Raises
        ------
        NotFoundError
            No such run.
        """
        with self._database.reading() as connection:
            return cast("dict[str, JSON]", json.loads(_record_text(connection, run_id)))

    def ledger_summary(self, run_id: str) -> LedgerSummary | None:
        """Return what is known of the ledger that a run scored, ``None`` if it was not kept.

        Raises
        ------
        NotFoundError
            No such run.
        """
        with self._database.reading() as connection:
            _record_text(connection, run_id)
            return ledger_parts.summary_of(connection, run_id)

    def has_ledger(self, run_id: str) -> bool:
        """Whether the ledger that a run scored was kept; NotFoundError if there is no such run."""
        return self.ledger_summary(run_id) is not None

    def ledger(self, run_id: str) -> StoredLedger:
        """Return the transfers and accounts that a run scored, and the exchange rates that it used.

        Every part is held against its SHA-256 and its number of rows.

        Raises
        ------
        NotFoundError
            No such run, or its ledger was not kept.
        StoreError
            A part is missing or is not what was written, or the run's record names no exchange rates.
        """
        with self._database.reading() as connection:
            record = json.loads(_record_text(connection, run_id))
            summary = ledger_parts.summary_of(connection, run_id)
            if summary is None:
                raise NotFoundError(
                    f"the ledger of run {run_id!r} was not kept in the store; to keep it, score the same files again "
                    "in the same way with --keep-ledger"
                )
            rates = _rates_of(record)
            transfers, accounts = ledger_parts.read_tables(connection, summary)
        return StoredLedger(summary.fingerprint, transfers, accounts, rates)

    def runs(self, limit: int = 100) -> list[RunSummary]:
        """Return the newest runs, newest first, equal times by run id; at most `limit`, which is 1 to 500."""
        _check_limit(limit)
        table = runs_table.c
        query = (
            sa.select(table.run_id, table.created_at, table.alert_count)
            .order_by(table.created_at.desc(), table.run_id.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [RunSummary(*row) for row in connection.execute(query)]

    def alerts(self, query: AlertQuery) -> AlertPage:
        """Return one page of alerts; see :class:`AlertQuery` for filters, order and cursor.

        Raises
        ------
        ParameterError
            The cursor is not one of this query's.
        """
        with self._database.reading() as connection:
            return paging.read_page(connection, query)

    def alert(self, alert_id: str) -> Alert:
        """Return an alert as it was saved, with its status of now; NotFoundError if there is none."""
        with self._database.reading() as connection:
            return alert_rows.read_alert(connection, alert_id)

    def alert_of(self, match_id: str) -> str:
        """Return the id of the alert that holds a match, of the newest run that has one; NotFoundError if none does."""
        matches, alerts, runs = matches_table.c, alerts_table.c, runs_table.c
        query = (
            sa.select(alerts.alert_id)
            .join_from(matches_table, alerts_table, matches.alert_id == alerts.alert_id)
            .join(runs_table, runs.run_id == alerts.run_id)
            .where(matches.match_id == match_id)
            .order_by(runs.created_at.desc(), alerts.alert_id)
            .limit(1)
        )
        with self._database.reading() as connection:
            found = connection.execute(query).scalar()
        if found is None:
            raise NotFoundError(
                f"no alert in the store holds a match {match_id!r}; if it raised none, give its run's folder (--from)"
            )
        return str(found)

    def evidence(self, alert_id: str, match_id: str | None = None) -> list[EvidenceTransfer]:
        """Return the evidence of an alert, or of one match of it, in the order in which it was saved.

        Raises
        ------
        NotFoundError
            No such alert, or no such match in it.
        """
        with self._database.reading() as connection:
            alert_rows.check_match(connection, alert_id, match_id)
            return alert_rows.read_evidence(connection, alert_id, match_id)

    def decide(self, alert_id: str, status: AlertStatus, *, by: str, reason: str = "") -> Decision:
        """Append a decision on an alert and make it the alert's status. Closing needs a reason.

        Raises
        ------
        ParameterError
            An unknown status, nobody who decided, a closing without a reason, a text above 4,000 characters.
        NotFoundError
            No such alert.
        """
        journal.check_decision(status, by, reason)
        at = _now()
        with self._database.writing() as connection:
            decision = journal.append_decision(connection, alert_id, status, by=by, reason=reason, at=at)
            journal.note(connection, "alert_decided", alert_id, by=by, at=at, detail={"status": status})
        return decision

    def decisions(self, alert_id: str) -> list[Decision]:
        """Return the decisions on an alert, oldest first; NotFoundError if there is no such alert."""
        with self._database.reading() as connection:
            return journal.read_decisions(connection, alert_id)

    def create_key(
        self, name: str, scopes: Iterable[str], by: str = "cli", expires_at: datetime | None = None
    ) -> NewKey:
        """Make an API key. Its secret is in the answer and nowhere else: the store keeps a digest.

        Parameters
        ----------
        name : str
            Whose key it is.
        scopes : iterable of str
            One or more of :data:`SCOPES`.
        by : str
            Who made it, for the audit.
        expires_at : datetime, optional
            Aware, in the future; from this instant on the key is not found. Default: it never expires.

        Raises
        ------
        ParameterError
            An empty name, no scope or an unknown one, an expiry in the past.
        """
        at = _now()
        key = keys.make_key(name, scopes, created_at=at, created_by=by, expires_at=expires_at)
        detail: dict[str, JSON] = {"name": name, "scopes": list(key.record.scopes)}
        with self._database.writing() as connection:
            keys.insert_key(connection, key)
            journal.note(connection, "key_created", key.record.key_id, by=by, at=at, detail=detail)
        return key

    def find_key(self, presented: str) -> KeyRecord | None:
        """Return the key that was presented, or ``None`` if it is unknown, altered, revoked or expired."""
        with self._database.reading() as connection:
            return keys.find_key(connection, presented, at=_now())

    def revoke_key(self, key_id: str, by: str = "cli") -> None:
        """Revoke a key by its public id; again does nothing. NotFoundError if there is none."""
        at = _now()
        with self._database.writing() as connection:
            if keys.revoke_key(connection, key_id, at=at):
                journal.note(connection, "key_revoked", key_id, by=by, at=at, detail={})

    def keys(self) -> list[KeyRecord]:
        """Return every key, revoked ones too, oldest first."""
        with self._database.reading() as connection:
            return keys.list_keys(connection)

    def note_export(self, alert_id: str, *, by: str, form: str, rows: int) -> None:
        """Write into the audit that `rows` evidence transfers of an alert left the store as `form`."""
        detail: dict[str, JSON] = {"form": form, "rows": rows}
        with self._database.writing() as connection:
            journal.note(connection, "evidence_exported", alert_id, by=by, at=_now(), detail=detail)

    def note_money(
        self, action: Literal["money_traced", "freeze_planned"], run_id: str, *, by: str, detail: dict[str, JSON]
    ) -> None:
        """Write into the audit that somebody followed money through a run's ledger, and from where."""
        with self._database.writing() as connection:
            journal.note(connection, action, run_id, by=by, at=_now(), detail=detail)

    def audit(
        self, limit: int = 100, *, before: int | None = None, action: AuditAction | None = None
    ) -> list[AuditEntry]:
        """Return what was done, newest first.

        Parameters
        ----------
        limit : int
            1 to 500.
        before : int, optional
            Only entries with an `entry_id` below this one: hand in the last one of the page before.
        action : str, optional
            Only this action.
        """
        _check_limit(limit)
        with self._database.reading() as connection:
            return journal.read_audit(connection, limit, before, action)


def _now() -> datetime:
    return datetime.now(UTC)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= paging.LIMIT_MAX:
        raise ParameterError(f"limit is {limit}; allowed is 1 to {paging.LIMIT_MAX}")


def _checked_record(record: Mapping[str, JSON]) -> tuple[str, datetime]:
    run_id, created_at = record.get("run_id"), record.get("created_at")
    if not isinstance(run_id, str) or not run_id:
        raise ParameterError("a run record needs a run_id")
    try:
        instant = datetime.fromisoformat(created_at if isinstance(created_at, str) else "")
    except ValueError as error:
        raise ParameterError(f"created_at of the run record is {created_at!r}, not an ISO 8601 time") from error
    if instant.utcoffset() is None:
        raise ParameterError(f"created_at of the run record is {created_at!r}, without a time zone")
    return run_id, instant


def _checked_alert_ids(run_id: str, alerts: Sequence[Alert]) -> set[str]:
    for alert in alerts:
        if alert.run_id != run_id:
            raise ParameterError(f"alert {alert.alert_id!r} is of run {alert.run_id!r}, not of {run_id!r}")
    alert_ids = {alert.alert_id for alert in alerts}
    if len(alert_ids) != len(alerts):
        raise ParameterError(f"run {run_id!r} has two alerts with one id")
    return alert_ids


def _holds_run(connection: Connection, run_id: str, alert_ids: set[str]) -> bool:
    """Whether the run is there with exactly these alerts; ConflictError if it is there with others."""
    if connection.execute(sa.select(runs_table.c.run_id).where(runs_table.c.run_id == run_id)).first() is None:
        return False
    held = set(connection.scalars(sa.select(alerts_table.c.alert_id).where(alerts_table.c.run_id == run_id)))
    if held != alert_ids:
        raise ConflictError(f"run {run_id!r} is in the store with other alerts")
    return True


def _record_text(connection: Connection, run_id: str) -> str:
    """The record of a run as JSON; NotFoundError if there is no such run."""
    record = connection.execute(sa.select(runs_table.c.record).where(runs_table.c.run_id == run_id)).scalar()
    if record is None:
        raise NotFoundError(f"there is no run {run_id!r}")
    return str(record)


def _keep_ledger(
    connection: Connection, run_id: str, fingerprint: str, packed: PackedLedger | None, *, by: str
) -> None:
    """Insert the ledger if it is packed, and name it as the run's; ConflictError if the run has another one."""
    at = _now()
    if packed:
        ledger_parts.insert_ledger(connection, packed, at=at)
    if ledger_parts.link_run(connection, run_id, fingerprint):
        journal.note(connection, "ledger_kept", run_id, by=by, at=at, detail={"fingerprint": fingerprint})
        return
    held = ledger_parts.summary_of(connection, run_id)
    if held is None or held.fingerprint != fingerprint:
        raise ConflictError(f"run {run_id!r} is in the store with another ledger")


def _rates_of(record: Mapping[str, Any]) -> ExchangeRates:
    """The exchange rates that a run used, of its record."""
    try:
        rates = record["deciding"]["rates"]
        return ExchangeRates.of(rates["reference"], rates["rates"], str(rates["source"]), str(rates["as_of"]))
    except (KeyError, TypeError, AttributeError, ParameterError) as error:
        raise StoreError(f"the record of run {record.get('run_id')!r} names no exchange rates: {error}") from error
