"""One contract for every store address; the addresses are in ``conftest.py``, ledgers in ``test_stored_ledger.py``."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from moneytrail.alerts import Alert
from moneytrail.errors import ConflictError, NotFoundError, ParameterError, StoreError
from moneytrail.storage import JSON, SCOPES, SORTS, AlertQuery, AlertSummary, Store
from moneytrail.storage.migrations import downgrade, known_versions, upgrade
from moneytrail.storage.tables import SCHEMA_VERSION, metadata
from tests.alert_examples import AWKWARD, START, example_alerts, example_record, extreme_alert

ROOT = Path(__file__).parents[2]


def walk(store: Store, query: AlertQuery, between: Callable[[], None] | None = None) -> list[AlertSummary]:
    found: list[AlertSummary] = []
    while True:
        page = store.alerts(query)
        assert len(page.items) <= query.limit
        found.extend(page.items)
        if page.next_cursor is None:
            return found
        if between is not None:
            between()
        query = replace(query, cursor=page.next_cursor)


# Runs and alerts come back as they went.


def test_an_alert_comes_back_exactly(store: Store) -> None:
    alerts = example_alerts(1, 40)
    store.save_run(example_record("run-1"), alerts)
    assert [store.alert(alert.alert_id) for alert in alerts] == alerts
    assert list(store.alert(alerts[0].alert_id).typology_scores) == list(alerts[0].typology_scores)


def test_the_ends_of_int64_and_of_the_calendar_come_back(store: Store) -> None:
    alert = extreme_alert("far")
    store.save_run(example_record("far"), [alert])
    assert store.alert(alert.alert_id) == alert
    assert [s.alert_id for s in store.alerts(AlertQuery(min_value=2**63 - 1)).items] == [alert.alert_id]
    for sort in SORTS:
        assert len(walk(store, AlertQuery(sort=sort, limit=1))) == 1


@pytest.mark.parametrize("far", [2**63, -(2**63) - 1])
def test_an_amount_beyond_int64_is_refused_and_nothing_is_saved(store: Store, far: int) -> None:
    with pytest.raises(StoreError):
        store.save_run(example_record("far"), [replace(extreme_alert("far"), value=far)])
    assert store.runs() == []


def test_times_come_back_aware_with_microseconds(store: Store) -> None:
    east = timezone(timedelta(hours=5, minutes=45))
    at = datetime(2026, 3, 1, 1, 2, 3, 456_789, tzinfo=east)
    alert = replace(example_alerts(1, 1)[0], started_at=at)
    store.save_run(example_record("run-1", created_at=at), [alert])
    back = store.alert(alert.alert_id).started_at
    assert back == at
    assert back.utcoffset() == timedelta(0)
    assert store.runs()[0].created_at == at


def test_half_of_a_surrogate_pair_comes_back(store: Store) -> None:
    alert = example_alerts(1, 1)[0]
    alert = replace(alert, headline="half \ud83d of it")
    store.save_run(example_record("run-1"), [alert])
    assert store.alert(alert.alert_id).headline == "half \ud83d of it"


def test_the_record_comes_back_as_it_was(store: Store) -> None:
    record: dict[str, JSON] = {
        "run_id": "r",
        "created_at": "2026-01-01T00:00:00+00:00",
        "x": [1, None, {"счёт": "\x00"}],
        "y": 0.1,
    }
    store.save_run(record, [])
    assert store.run("r") == record


def test_a_summary_tells_what_the_alert_tells(store: Store) -> None:
    alerts = {alert.alert_id: alert for alert in example_alerts(2, 20)}
    store.save_run(example_record("run-1"), list(alerts.values()))
    shared = {field.name for field in fields(AlertSummary)} & {field.name for field in fields(Alert)}
    assert len(shared) == 14
    for summary in store.alerts(AlertQuery(limit=100)).items:
        alert = alerts[summary.alert_id]
        assert {name: getattr(summary, name) for name in shared} == {name: getattr(alert, name) for name in shared}
        assert (summary.match_count, summary.evidence_count) == (len(alert.matches), len(alert.evidence))


def test_evidence_of_one_match(store: Store) -> None:
    alert = example_alerts(3, 1, evidence=30)[0]
    store.save_run(example_record("run-1"), [alert])
    assert tuple(store.evidence(alert.alert_id)) == alert.evidence
    for match in alert.matches:
        wanted = [transfer for transfer in alert.evidence if transfer.match_id == match.match_id]
        assert store.evidence(alert.alert_id, match.match_id) == wanted
    with pytest.raises(NotFoundError):
        store.evidence(alert.alert_id, "no such match")


def test_what_is_not_there_is_not_found(store: Store) -> None:
    for ask in (store.alert, store.evidence, store.decisions, store.run, store.revoke_key):
        with pytest.raises(NotFoundError, match="'nothing'"):
            ask("nothing")
    with pytest.raises(NotFoundError):
        store.decide("nothing", "open", by="me")


def test_runs_are_newest_first(store: Store) -> None:
    for number in (2, 1, 3):
        store.save_run(example_record(f"r{number}", START + timedelta(seconds=number)), [])
    assert [run.run_id for run in store.runs()] == ["r3", "r2", "r1"]
    assert [run.run_id for run in store.runs(limit=1)] == ["r3"]


# Saving: once, whole, or not at all.


def test_saving_again_changes_nothing_and_keeps_decisions(store: Store) -> None:
    alerts = example_alerts(1, 3)
    store.save_run(example_record("run-1"), alerts)
    store.decide(alerts[0].alert_id, "escalated", by="me", reason="look")
    before = (store.audit(), store.decisions(alerts[0].alert_id), store.alerts(AlertQuery()))
    store.save_run(example_record("run-1"), list(reversed(alerts)))
    assert (store.audit(), store.decisions(alerts[0].alert_id), store.alerts(AlertQuery())) == before
    assert store.alert(alerts[0].alert_id).status == "escalated"


def test_the_same_run_with_other_alerts_is_a_conflict(store: Store) -> None:
    alerts = example_alerts(1, 3)
    store.save_run(example_record("run-1"), alerts)
    for other in (alerts[:2], [], [*alerts, replace(alerts[0], alert_id="new")]):
        with pytest.raises(ConflictError, match="run-1"):
            store.save_run(example_record("run-1"), other)
    assert len(store.alerts(AlertQuery()).items) == 3


def test_an_alert_id_of_another_run_is_a_conflict_and_nothing_is_saved(store: Store) -> None:
    alerts = example_alerts(1, 3)
    store.save_run(example_record("run-1"), alerts)
    with pytest.raises(ConflictError):
        store.save_run(example_record("run-2"), [replace(alerts[2], run_id="run-2")])
    assert [run.run_id for run in store.runs()] == ["run-1"]


@pytest.mark.parametrize(
    "record",
    [
        {"created_at": "2026-01-01T00:00:00Z"},
        {"run_id": "", "created_at": "2026-01-01T00:00:00Z"},
        {"run_id": "r"},
        {"run_id": "r", "created_at": "yesterday"},
        {"run_id": "r", "created_at": "2026-01-01T00:00:00"},
    ],
)
def test_a_record_without_id_or_time_is_refused(store: Store, record: dict[str, str]) -> None:
    with pytest.raises(ParameterError):
        store.save_run(record, [])


def test_alerts_of_another_run_or_twice_are_refused(store: Store) -> None:
    alerts = example_alerts(1, 2)
    with pytest.raises(ParameterError, match="run-1"):
        store.save_run(example_record("run-2"), alerts)
    with pytest.raises(ParameterError, match="one id"):
        store.save_run(example_record("run-1"), [alerts[0], alerts[0]])


_SAVE_AND_STOP = """
import sys, time
import sqlalchemy as sa
from moneytrail.storage import Store, store as module
from tests.alert_examples import example_alerts, example_record

insert = module.alert_rows.insert_rows
def insert_and_stop(connection, table, names, rows):
    insert(connection, table, names, rows)
    if table.name == "evidence":
        print("half way", flush=True)
        time.sleep(600)
module.alert_rows.insert_rows = insert_and_stop
Store.open(sys.argv[1]).save_run(example_record("run-2"), example_alerts(2, 20, run_id="run-2", evidence=2000))
"""


def test_a_kill_half_way_leaves_the_store_as_it_was(store: Store, address: str) -> None:
    store.save_run(example_record("run-1"), example_alerts(1, 3))
    before = (store.audit(), store.runs(), store.alerts(AlertQuery()))
    command = [sys.executable, "-c", _SAVE_AND_STOP, address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as saving:
        assert saving.stdout is not None
        assert saving.stdout.readline() == "half way\n"
        assert (store.audit(), store.runs(), store.alerts(AlertQuery())) == before
        saving.send_signal(signal.SIGKILL)
    assert (store.audit(), store.runs(), store.alerts(AlertQuery())) == before
    store.save_run(example_record("run-2"), example_alerts(2, 20, run_id="run-2", evidence=20))
    assert len(store.runs()) == 2


def _write_much(address: str, writer: int) -> int:
    with Store.open(address) as store:
        for turn in range(10):
            run_id = f"w{writer}-{turn}"
            store.save_run(example_record(run_id), example_alerts(writer, 2, run_id=run_id))
            store.save_run(example_record(f"shared-{turn}"), [])
            store.decide(f"{run_id}-alert-0000", "in_review", by=f"writer {writer}", reason=str(turn))
            store.decide("shared-alert", "in_review", by=f"writer {writer}", reason=str(turn))
    return writer


def test_four_processes_write_at_once(store: Store, address: str) -> None:
    shared = replace(example_alerts(1, 1, run_id="shared")[0], alert_id="shared-alert")
    store.save_run(example_record("shared"), [shared])
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(4, mp_context=spawn) as pool:
        assert sorted(pool.map(_write_much, [address] * 4, range(4))) == [0, 1, 2, 3]
    assert len(store.runs()) == 1 + 40 + 10
    assert len(store.decisions("shared-alert")) == 40
    assert len(walk(store, AlertQuery(limit=30))) == 81


def _open(address: str) -> str:
    with Store.open(address) as store:
        store.check()
    return address


def test_four_processes_make_one_store_at_once(address: str) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(_open, [address] * 4)) == [address] * 4


def test_a_hundred_large_alerts_are_saved_quickly(store: Store) -> None:
    alerts = example_alerts(1, 100, evidence=5000)
    begun = time.perf_counter()
    store.save_run(example_record("run-1"), alerts)
    # A few seconds on an idle machine; the bound is for one that is not.
    assert time.perf_counter() - begun < 60
    assert sum(summary.evidence_count for summary in store.alerts(AlertQuery(limit=100)).items) == 500_000


# Queries.


def _touches(alert: Alert, account: str) -> bool:
    sides = {t.debtor_account for t in alert.evidence} | {t.creditor_account for t in alert.evidence}
    return account in sides | {subject.account for subject in alert.subjects}


FILTERS: dict[str, tuple[AlertQuery, Callable[[Alert], bool]]] = {
    "typology": (AlertQuery(typology="S01"), lambda a: "S01" in a.typology_scores),
    "min_score": (AlertQuery(min_score=0.5), lambda a: a.risk_score >= 0.5),
    "max_score": (AlertQuery(max_score=1 / 3), lambda a: a.risk_score <= 1 / 3),
    "min_value": (AlertQuery(min_value=800_000), lambda a: a.value >= 800_000),
    "max_value": (AlertQuery(max_value=2**53), lambda a: a.value <= 2**53),
    "status": (AlertQuery(status="open"), lambda a: a.status == "open"),
    "run_id": (AlertQuery(run_id="run-2"), lambda a: a.run_id == "run-2"),
    "since": (
        AlertQuery(since=START + timedelta(days=3, microseconds=1)),
        lambda a: a.ended_at >= START + timedelta(days=3, microseconds=1),
    ),
    "until": (
        AlertQuery(until=START + timedelta(days=2, microseconds=1)),
        lambda a: a.started_at < START + timedelta(days=2, microseconds=1),
    ),
    "several": (
        AlertQuery(typology="L03", min_value=1, max_score=0.5, account=AWKWARD[3]),
        lambda a: "L03" in a.typology_scores and a.value >= 1 and a.risk_score <= 0.5 and _touches(a, AWKWARD[3]),
    ),
    "nothing": (AlertQuery(min_score=0.6, max_score=0.5), lambda _: False),
}


@pytest.fixture
def many(store: Store) -> list[Alert]:
    alerts = [
        *example_alerts(7, 45, evidence=2),
        *example_alerts(8, 15, run_id="run-2", evidence=2),
    ]
    store.save_run(example_record("run-1"), alerts[:45])
    store.save_run(example_record("run-2"), alerts[45:])
    for alert in alerts[::7]:
        store.decide(alert.alert_id, "closed_useful", by="me", reason="reported")
    return [replace(alert, status="closed_useful") if number % 7 == 0 else alert for number, alert in enumerate(alerts)]


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_keeps_what_it_says(store: Store, many: list[Alert], name: str) -> None:
    query, keeps = FILTERS[name]
    wanted = {alert.alert_id for alert in many if keeps(alert)}
    assert (wanted == set()) == (name == "nothing")
    assert len(wanted) < len(many)
    assert {summary.alert_id for summary in walk(store, replace(query, limit=10))} == wanted


@pytest.mark.parametrize("account", [*AWKWARD, "' OR 1=1 --", "%", "GB29NWBK6016133192681", ""])
def test_an_account_is_matched_exactly(store: Store, many: list[Alert], account: str) -> None:
    wanted = {alert.alert_id for alert in many if _touches(alert, account)}
    assert {summary.alert_id for summary in walk(store, AlertQuery(account=account))} == wanted


@pytest.mark.parametrize("sort", SORTS)
def test_pages_hold_every_alert_once_in_order(store: Store, many: list[Alert], sort: str) -> None:
    name = sort.removeprefix("-")
    wanted = sorted(many, key=lambda a: (getattr(a, name), a.alert_id), reverse=sort.startswith("-"))
    for limit in (1, 7, 60, 500):
        found = walk(store, AlertQuery(sort=sort, limit=limit))
        assert [summary.alert_id for summary in found] == [alert.alert_id for alert in wanted]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_stay_put_while_alerts_are_saved(store: Store, many: list[Alert], sort: str) -> None:
    rng = random.Random(sort)

    def save_more() -> None:
        run_id = f"late-{rng.random()}"
        store.save_run(example_record(run_id), example_alerts(rng.randrange(99), 2, run_id=run_id, evidence=1))

    found = [summary.alert_id for summary in walk(store, AlertQuery(sort=sort, limit=9), save_more)]
    assert len(found) == len(set(found))
    old = {alert.alert_id for alert in many}
    assert {alert_id for alert_id in found if alert_id in old} == old


def test_a_tampered_cursor_is_refused(store: Store, many: list[Alert]) -> None:
    cursor = store.alerts(AlertQuery(limit=5)).next_cursor
    assert cursor is not None
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    rng = random.Random(1)
    tampered = [
        cursor[:place] + rng.choice(letters.replace(cursor[place], "")) + cursor[place + 1 :]
        for place in range(len(cursor))
    ]
    forged = base64.urlsafe_b64encode(b"12345678" + json.dumps(["x", 0.5, "a"]).encode()).decode()
    for wrong in (*tampered, cursor[:-1], cursor + "A", "", "=", "é", "\x00", "a" * 5000, forged):
        with pytest.raises(ParameterError, match="cursor"):
            store.alerts(AlertQuery(limit=5, cursor=wrong))


@pytest.mark.parametrize(
    "other",
    [{"sort": "risk_score"}, {"sort": "value"}, {"status": "open"}, {"account": "x"}, {"since": START}],
)
def test_a_cursor_of_another_query_is_refused(store: Store, many: list[Alert], other: dict[str, str]) -> None:
    cursor = store.alerts(AlertQuery(limit=5)).next_cursor
    with pytest.raises(ParameterError, match="other filters"):
        store.alerts(replace(AlertQuery(limit=5, cursor=cursor), **other))  # type: ignore[arg-type]


def test_a_cursor_outlives_another_limit_and_another_offset(store: Store, many: list[Alert]) -> None:
    since = START + timedelta(days=1)
    cursor = store.alerts(AlertQuery(limit=5, since=since)).next_cursor
    elsewhere = since.astimezone(timezone(timedelta(hours=-7)))
    rest = walk(store, AlertQuery(limit=50, since=elsewhere, cursor=cursor))
    assert len(rest) == len(walk(store, AlertQuery(since=since))) - 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"sort": "headline"},
        {"sort": "--value"},
        {"limit": 0},
        {"limit": 501},
        {"status": "done"},
        {"min_score": float("nan")},
        {"max_score": float("inf")},
        {"min_value": 2**63},
        {"since": datetime(2026, 1, 1)},  # noqa: DTZ001 - without a time zone on purpose
    ],
)
def test_a_wrong_query_is_refused_where_it_is_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        AlertQuery(**wrong)  # type: ignore[arg-type]


# Decisions, keys, audit.


def test_decisions_are_appended_and_the_last_is_the_status(store: Store) -> None:
    alert = example_alerts(1, 1)[0]
    store.save_run(example_record("run-1"), [alert])
    store.decide(alert.alert_id, "in_review", by="Ann")
    made = store.decide(alert.alert_id, "closed_false_positive", by="Bob", reason=AWKWARD[1])
    first, last = store.decisions(alert.alert_id)
    assert last == made
    assert (first.status, first.decided_by, first.reason) == ("in_review", "Ann", "")
    assert (last.status, last.decided_by, last.reason) == ("closed_false_positive", "Bob", AWKWARD[1])
    assert first.decided_at <= last.decided_at <= datetime.now(UTC)
    assert store.alert(alert.alert_id).status == "closed_false_positive"
    assert store.alert(alert.alert_id) == replace(alert, status="closed_false_positive")


@pytest.mark.parametrize(
    ("status", "by", "reason"),
    [
        ("closed_useful", "me", " "),
        ("closed_false_positive", "me", ""),
        ("done", "me", "because"),
        ("open", " ", "because"),
        ("open", "me", "x" * 4001),
    ],
)
def test_a_decision_that_lacks_something_is_refused(store: Store, status: str, by: str, reason: str) -> None:
    alert = example_alerts(1, 1)[0]
    store.save_run(example_record("run-1"), [alert])
    with pytest.raises(ParameterError):
        store.decide(alert.alert_id, status, by=by, reason=reason)  # type: ignore[arg-type]
    assert store.decisions(alert.alert_id) == []


def test_a_key_is_found_by_its_secret_alone(store: Store) -> None:
    key = store.create_key("triage", ["runs:read", "alerts:read"], by="Ann")
    other = store.create_key("other", SCOPES)
    assert len(key.secret) == 3 + 8 + 1 + 43
    assert key.secret.startswith(f"mt_{key.record.key_id}_")
    assert key.record.scopes == ("alerts:read", "runs:read")
    assert store.find_key(key.secret) == key.record
    assert store.keys() == [key.record, other.record]
    mixed = key.secret[:12] + other.secret[12:]
    for wrong in ("", key.secret[:-1], key.secret + "x", key.secret.upper(), mixed, f" {key.secret}", "mt_\x00"):
        assert store.find_key(wrong) is None


def test_a_revoked_or_expired_key_is_not_found(store: Store) -> None:
    brief = store.create_key("brief", ["runs:read"], expires_at=datetime.now(UTC) + timedelta(seconds=0.2))
    key = store.create_key("triage", ["runs:read"])
    store.revoke_key(key.record.key_id)
    store.revoke_key(key.record.key_id)
    assert store.find_key(key.secret) is None
    assert store.keys()[1].revoked_at is not None
    assert [entry.action for entry in store.audit()].count("key_revoked") == 1
    time.sleep(0.3)
    assert store.find_key(brief.secret) is None


@pytest.mark.parametrize(
    ("name", "scopes", "expires_at"),
    [
        ("", ["runs:read"], None),
        ("k", [], None),
        ("k", ["runs:write"], None),
        ("k", ["runs:read"], START - timedelta(days=9999)),
        ("k", ["runs:read"], datetime(2999, 1, 1)),  # noqa: DTZ001 - without a time zone on purpose
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    store: Store, name: str, scopes: list[str], expires_at: datetime | None
) -> None:
    with pytest.raises(ParameterError):
        store.create_key(name, scopes, expires_at=expires_at)
    assert store.keys() == []


def test_no_secret_is_stored_or_printed(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store.open(path) as store:
        key = store.create_key("triage", SCOPES)
    assert key.secret not in repr(key)
    secret = key.secret[12:].encode()
    assert not any(secret in file.read_bytes() for file in tmp_path.iterdir())


def test_the_audit_tells_what_was_done_by_whom(store: Store) -> None:
    alert = example_alerts(1, 1)[0]
    store.save_run(example_record("run-1"), [alert], by="Ann")
    store.decide(alert.alert_id, "escalated", by="Bob", reason="x")
    key = store.create_key("k", ["runs:read"], by="Cyd")
    store.note_export(alert.alert_id, by="Dan", form="csv", rows=4)
    store.revoke_key(key.record.key_id, by="Eve")
    entries = store.audit()
    assert [(e.action, e.done_by, e.subject) for e in reversed(entries)] == [
        ("run_saved", "Ann", "run-1"),
        ("alert_decided", "Bob", alert.alert_id),
        ("key_created", "Cyd", key.record.key_id),
        ("evidence_exported", "Dan", alert.alert_id),
        ("key_revoked", "Eve", key.record.key_id),
    ]
    assert store.audit(2) + store.audit(9, before=entries[1].entry_id) == entries
    assert [e.done_by for e in store.audit(action="evidence_exported")] == ["Dan"]


@pytest.mark.parametrize("limit", [0, 501])
def test_a_limit_out_of_range_is_refused(store: Store, limit: int) -> None:
    for ask in (store.audit, store.runs):
        with pytest.raises(ParameterError, match="limit"):
            ask(limit)


# Opening, versions, and what is no store.


def test_a_store_keeps_what_it_holds(address: str) -> None:
    alerts = example_alerts(1, 2)
    with Store.open(address) as store:
        store.save_run(example_record("run-1"), alerts)
    with Store.open(address, create=False) as store:
        store.check()
        assert store.alert(alerts[1].alert_id) == alerts[1]


def _engine(address: str) -> sa.Engine:
    if address.startswith("postgresql://"):
        return sa.create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    return sa.create_engine(f"sqlite:///{address}")


def test_the_migrations_make_the_tables_of_the_model_and_take_them_away(store: Store, address: str) -> None:
    assert known_versions()[0] == SCHEMA_VERSION
    engine = _engine(address)
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        downgrade(connection, "base")
        assert set(sa.inspect(connection).get_table_names()) == {"alembic_version"}
        upgrade(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_new_file_has_the_tables_that_the_migrations_make(tmp_path: Path) -> None:
    Store.open(tmp_path / "made.db").close()
    migrated = sa.create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with migrated.begin() as connection:
        upgrade(connection)
    tables = []
    for engine in (migrated, sa.create_engine(f"sqlite:///{tmp_path / 'made.db'}")):
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master ORDER BY name").all()
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        tables.append(([(name, " ".join((sql or "").replace('"', "").split())) for name, sql in rows], version))
        engine.dispose()
    assert tables[0] == tables[1]


def test_a_store_of_a_newer_version_is_refused(address: str) -> None:
    Store.open(address).close()
    engine = _engine(address)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"9999.*newer moneytrail") as refused:
        Store.open(address)
    assert "\n" not in str(refused.value)


def test_a_store_that_changes_under_way_is_not_ready(store: Store, address: str) -> None:
    store.check()
    engine = _engine(address)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="9999"):
        store.check()


def test_a_database_of_something_else_is_refused_and_left_alone(address: str) -> None:
    engine = _engine(address)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE recipes (id INTEGER)"))
    with pytest.raises(StoreError, match="something else"):
        Store.open(address)
    assert sa.inspect(engine).get_table_names() == ["recipes"]
    engine.dispose()


@pytest.mark.parametrize("create", [True, False])
def test_what_is_no_store_is_refused_in_one_line(tmp_path: Path, create: bool) -> None:
    (tmp_path / "text.db").write_text("this is a letter to my aunt\n" * 100)
    for wrong in (
        tmp_path / "text.db",
        tmp_path,
        tmp_path / "missing" / "store.db",
        tmp_path / "text.db" / "store.db",
        ":memory:",
        "sqlite://",
        "mysql://user@127.0.0.1/x",
        "nonsense://",
        "://",
        "postgresql://user:secret@127.0.0.1:1/none",
    ):
        with pytest.raises(StoreError) as refused:
            Store.open(wrong, create=create)
        assert "\n" not in str(refused.value)
        assert "secret" not in str(refused.value)


def test_a_store_that_is_not_there_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store"):
        Store.open(tmp_path / "store.db", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match=r"store\.db"):
        Store.open(tmp_path / "store.db")


def test_a_path_may_hold_a_percent_sign_and_a_blank(tmp_path: Path) -> None:
    folder = tmp_path / "100% of it?#"
    folder.mkdir()
    with Store.open(folder / "a store.db") as store:
        store.check()
    assert (folder / "a store.db").exists()


def test_sqlite_writes_ahead_and_keeps_foreign_keys(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store.open(path) as store:
        store.save_run(example_record("run-1"), [])
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.close()
        with pytest.raises(ConflictError), store._database.writing() as writing:
            writing.execute(sa.text("INSERT INTO decisions VALUES (1, 'no such alert', 0, 'me', 'open', '')"))
