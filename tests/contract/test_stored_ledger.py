"""The ledger of a run in every store: it comes back as it was scored, once, whole or not at all, and damage is told."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import random
import signal
import struct
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa

from moneytrail.errors import ConflictError, InputError, NotFoundError, StoreError
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.schema import ACCOUNT_SCHEMA, TRANSFER_SCHEMA, check_accounts, check_transfers
from moneytrail.simulate import simulate
from moneytrail.storage import JSON, AlertQuery, Ledger, Store, ledger_parts, tables
from moneytrail.storage import store as store_module
from moneytrail.storage.migrations import downgrade
from tests.alert_examples import AWKWARD, START, example_alerts, example_record

ROOT: Final = Path(__file__).parents[2]
RATES: Final = ExchangeRates.load()
LABELS: Final = [name for name in TRANSFER_SCHEMA if name.startswith("label_")]
ARRAYS: Final = ("order", "debtor", "creditor", "time", "amount", "own_amount", "currency", "channel", "links")


def record_of(run_id: str, rates: ExchangeRates = RATES) -> dict[str, JSON]:
    """A run record as far as a ledger needs it."""
    table: dict[str, JSON] = {code: str(rate) for code, rate in rates.rates.items()}
    said: dict[str, JSON] = {"reference": rates.reference, "source": rates.source, "as_of": rates.as_of, "rates": table}
    return example_record(run_id) | {"deciding": {"rates": said}}


@cache
def bank() -> Ledger:
    """A simulated bank, with the truth that must not be kept."""
    made = simulate(customers=60, days=40, seed=5)
    illicit = pl.Series("label_illicit", [place % 7 == 0 for place in range(made.transfers.height)])
    return Ledger(made.transfers.with_columns(illicit).select(*TRANSFER_SCHEMA), made.accounts)


def odd(rows: int = 60) -> Ledger:
    """Everything that may be absent absent somewhere, awkward text in every text, and both ends of each number."""
    rng = random.Random(rows)

    def texts() -> list[str | None]:
        return [rng.choice((None, "", *AWKWARD)) for _ in range(rows)]

    ends = [datetime.min.replace(tzinfo=UTC), START, START, datetime(2200, 1, 1, tzinfo=UTC)]
    credited = [None if place % 3 else 2**63 - 1 - place for place in range(rows)]
    transfers = {
        "transaction_id": [f"{AWKWARD[place % len(AWKWARD)]}{place}" for place in range(rows)],
        "row": [2**40 - place for place in range(rows)],
        "booked_at": [ends[place % 4] for place in range(rows)],
        "debtor_account": [None if place % 4 == 0 else AWKWARD[place % 5] for place in range(rows)],
        "creditor_account": [None if place % 4 == 1 else AWKWARD[place % 7] for place in range(rows)],
        "amount": [(0, 1, 2**53 + 1)[place % 3] for place in range(rows)],
        "currency": [("GBP", "EUR", "JPY")[place % 3] for place in range(rows)],
        "credited_amount": credited,
        "credited_currency": [None if amount is None else "USD" for amount in credited],
        "channel": [("wire", "cash", "unknown")[place % 3] for place in range(rows)],
        **{name: texts() for name in ("debtor_institution", "debtor_country", "reference", "location")},
        "label_illicit": [rng.choice((None, True, False)) for _ in range(rows)],
    }
    owned = [*AWKWARD[:4], "never in a transfer"]
    accounts = {
        "account": owned,
        "kind": ["personal", "unknown", "business", "unknown", "charity"],
        "party": [None, "p", "p", "", "q"],
        "opened": [None, date(1, 1, 1), date(9999, 12, 31), None, date(2020, 2, 29)],
        "currency": ["GBP", None, "EUR", None, None],
        "opening_balance": [-(2**63), None, 2**63 - 1, None, None],
        "registered_money_service": [None, True, False, None, None],
    }
    frame = pl.DataFrame(transfers, schema={name: TRANSFER_SCHEMA[name] for name in transfers}, strict=False)
    known = pl.DataFrame(accounts, schema={name: ACCOUNT_SCHEMA[name] for name in accounts}, strict=False)
    return Ledger(check_transfers(frame), check_accounts(known))


def graph_of(ledger: Ledger, rates: ExchangeRates = RATES) -> TransactionGraph:
    return TransactionGraph.from_frame(ledger.transfers, rates, ledger.accounts)


def assert_same_graph(found: TransactionGraph, wanted: TransactionGraph) -> None:
    for name in ARRAYS:
        here, there = getattr(found, name), getattr(wanted, name)
        assert here.dtype == there.dtype, name
        assert np.array_equal(here, there), name
    assert found.names.equals(wanted.names)
    assert found.register.equals(wanted.register)
    assert found.register.schema == wanted.register.schema
    assert found.frame.drop(LABELS).equals(wanted.frame.drop(LABELS))
    assert (found.known_from, found.reference_currency) == (wanted.known_from, wanted.reference_currency)


def count(store: Store, table: sa.Table) -> int:
    with store._database.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def tell_all(store: Store) -> object:
    """Everything that a half written save could change."""
    held = [count(store, table) for table in (tables.ledgers, tables.ledger_parts, tables.run_ledgers)]
    return held, store.audit(), store.runs(), store.alerts(AlertQuery())


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_parts, "PART_ROWS", 25)


# It comes back as it was scored.


@pytest.mark.parametrize("part_rows", [1_000, 1_000_000])
def test_the_graph_of_a_bank_is_the_one_that_was_scored(
    store: Store, part_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_parts, "PART_ROWS", part_rows)
    store.save_run(record_of("r"), [], ledger=bank())
    back = store.ledger("r")
    wanted = graph_of(bank())
    assert wanted.transfers > 3_000
    assert wanted.register["opening_balance"].null_count() < wanted.accounts
    assert_same_graph(TransactionGraph.from_frame(back.transfers, back.rates, back.accounts), wanted)
    assert count(store, tables.ledger_parts) == -(-wanted.transfers // part_rows) + 1


def test_rows_out_of_order_come_back_in_the_order_of_the_file(store: Store) -> None:
    shuffled = Ledger(bank().transfers.sample(fraction=1.0, shuffle=True, seed=1), bank().accounts)
    store.save_run(record_of("r"), [], ledger=shuffled)
    back = store.ledger("r")
    wanted = graph_of(shuffled)
    assert not (wanted.order[1:] > wanted.order[:-1]).all()
    assert_same_graph(TransactionGraph.from_frame(back.transfers, back.rates, back.accounts), wanted)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(("rows", "parts"), [(1, 1), (25, 1), (26, 2), (50, 2), (60, 3)])
def test_odd_data_come_back_exactly(store: Store, rows: int, parts: int) -> None:
    ledger = odd(rows)
    assert ledger.accounts is not None
    store.save_run(record_of("r"), [], ledger=ledger)
    back = store.ledger("r")
    assert back.accounts is not None
    assert back.transfers.drop(LABELS).equals(ledger.transfers.drop(LABELS))
    assert back.transfers.schema == ledger.transfers.schema == TRANSFER_SCHEMA
    assert back.accounts.equals(ledger.accounts)
    assert back.accounts.schema == ACCOUNT_SCHEMA
    assert count(store, tables.ledger_parts) == parts + 1


def test_no_account_table_is_not_an_empty_one(store: Store) -> None:
    transfers = odd().transfers
    for run_id, accounts in (("none", None), ("empty", pl.DataFrame(schema=ACCOUNT_SCHEMA))):
        store.save_run(record_of(run_id), [], ledger=Ledger(transfers, accounts))
        back = store.ledger(run_id).accounts
        assert (back is None) == (accounts is None)
        summary = store.ledger_summary(run_id)
        assert summary is not None
        assert summary.accounts == (None if accounts is None else 0)
        if back is not None:
            assert (back.height, back.schema) == (0, ACCOUNT_SCHEMA)
    assert count(store, tables.ledgers) == 2


def test_a_ledger_without_transfers(store: Store) -> None:
    store.save_run(record_of("r"), [], ledger=Ledger(pl.DataFrame(schema=TRANSFER_SCHEMA)))
    assert store.has_ledger("r")
    assert store.ledger("r").transfers.schema == TRANSFER_SCHEMA
    assert store.ledger("r").transfers.height == 0


def test_columns_that_are_absent_come_back_as_nulls(store: Store) -> None:
    whole = odd().transfers
    required = whole.select("transaction_id", "row", "booked_at", "debtor_account", "amount", "currency", "channel")
    paid = required.with_columns(debtor_account=pl.lit("a"))
    store.save_run(record_of("r"), [], ledger=Ledger(paid))
    assert store.ledger("r").transfers.equals(check_transfers(paid))


def test_the_ground_truth_is_not_kept(store: Store) -> None:
    assert bank().transfers["label_illicit"].any()
    store.save_run(record_of("r"), [], ledger=bank())
    back = store.ledger("r").transfers
    assert all(back[name].null_count() == back.height for name in LABELS)
    with store._database.reading() as connection:
        for content in connection.scalars(sa.select(tables.ledger_parts.c.content)):
            assert not set(LABELS) & set(pl.read_parquet(io.BytesIO(content)).columns)


def test_a_part_ends_at_its_bytes_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_parts, "PART_BYTES", 9_000)
    store.save_run(record_of("r"), [], ledger=odd(2_000))
    with store._database.reading() as connection:
        parts = connection.execute(sa.select(tables.ledger_parts).order_by(tables.ledger_parts.c.part)).mappings().all()
    transfers = [part for part in parts if part["kind"] == "transfers"]
    assert len(transfers) > 3
    assert max(len(part["content"]) for part in transfers) <= 9_000
    assert store.ledger("r").transfers.drop(LABELS).equals(odd(2_000).transfers.drop(LABELS))
    # A row cannot be halved.
    monkeypatch.setattr(ledger_parts, "PART_BYTES", 1)
    store.save_run(record_of("s"), [], ledger=odd(5))
    assert store.ledger("s").transfers.height == 5


def test_the_rates_are_those_of_the_run(store: Store) -> None:
    store.save_run(record_of("r"), [], ledger=odd())
    other = ExchangeRates.of("EUR", {"GBP": "1.1764705882352941176"}, "another", "2026-02-02")
    store.save_run(record_of("s", other), [], ledger=odd())
    assert store.ledger("r").rates == RATES
    assert store.ledger("s").rates == other
    assert store.ledger("s").rates.rates["GBP"] == Decimal("1.1764705882352941176")
    assert store.ledger("r").fingerprint == store.ledger("s").fingerprint


@pytest.mark.parametrize("deciding", [None, {}, {"rates": {}}, {"rates": {"reference": "XXX", "rates": {}}}])
def test_a_record_without_rates_is_told_as_such(store: Store, deciding: JSON) -> None:
    store.save_run(example_record("r") | {"deciding": deciding}, [], ledger=odd())
    with pytest.raises(StoreError, match="names no exchange rates"):
        store.ledger("r")


def test_the_summary_says_what_is_there(store: Store) -> None:
    before = datetime.now(UTC)
    store.save_run(record_of("r"), [], ledger=bank())
    summary = store.ledger_summary("r")
    assert summary is not None
    accounts = bank().accounts
    assert accounts is not None
    assert (summary.transfers, summary.accounts) == (bank().transfers.height, accounts.height)
    assert summary.fingerprint == ledger_parts.fingerprint_of(bank()) == store.ledger("r").fingerprint
    assert before <= summary.created_at <= datetime.now(UTC)
    with store._database.reading() as connection:
        contents = connection.scalars(sa.select(tables.ledger_parts.c.content)).all()
    assert summary.bytes == sum(len(content) for content in contents) > 0
    # Far less than the frame, which is what makes it bearable to keep.
    assert summary.bytes < bank().transfers.estimated_size() / 2


def test_a_ledger_that_was_not_kept_says_how_to_keep_it(store: Store) -> None:
    store.save_run(record_of("r"), [])
    assert not store.has_ledger("r")
    assert store.ledger_summary("r") is None
    with pytest.raises(NotFoundError, match=r"run 'r' was not kept.*score the same files again.*--keep-ledger"):
        store.ledger("r")
    for ask in (store.ledger, store.has_ledger, store.ledger_summary):
        with pytest.raises(NotFoundError, match="there is no run 'nothing'"):
            ask("nothing")


def test_more_words_and_columns_of_a_later_version(store: Store) -> None:
    """A part holds the words it was written with; the schema of whoever reads it may know more."""
    store.save_run(record_of("r"), [], ledger=odd())
    with store._database.writing() as connection:
        part = tables.ledger_parts.c
        of = part.kind == "transfers"
        content = connection.execute(sa.select(part.content).where(of)).scalar_one()
        fewer = pl.read_parquet(io.BytesIO(content)).with_columns(
            pl.col("channel").cast(pl.Enum(["unknown", "cash", "wire"])),
            pl.col("currency").cast(pl.Enum(["JPY", "GBP", "EUR"])),
        )
        file = io.BytesIO()
        fewer.drop("merchant_category").write_parquet(file)
        values = {"content": file.getvalue(), "sha256": hashlib.sha256(file.getvalue()).hexdigest()}
        connection.execute(sa.update(tables.ledger_parts).where(of).values(**values))
    back = store.ledger("r").transfers
    assert back.schema == TRANSFER_SCHEMA
    assert back.drop(LABELS).equals(odd().transfers.drop(LABELS))


# Its fingerprint.


def oracle(ledger: Ledger) -> str:
    """The fingerprint in plain Python, value by value."""
    text = b"moneytrail ledger 1"
    for kind, frame in (("transfers", ledger.transfers), ("accounts", ledger.accounts)):
        if frame is None:
            continue
        text += f"\n{kind} {frame.height}".encode()
        for name in TRANSFER_SCHEMA if kind == "transfers" else ACCOUNT_SCHEMA:
            values = frame[name].to_list() if name in frame.columns else []
            if name in LABELS or all(value is None for value in values):
                continue
            if isinstance(next(value for value in values if value is not None), str):
                texts = [None if value is None else value.encode() for value in values]
                shape = b"".join(struct.pack("<I", 2**32 - 1 if one is None else len(one)) for one in texts)
                body = b"".join(one or b"" for one in texts)
            else:
                shape = bytes(value is None for value in values)
                body = b"".join(struct.pack("<q", _number(value)) for value in values)
            text += f"\n{name} {hashlib.sha256(shape).hexdigest()} {hashlib.sha256(body).hexdigest()}".encode()
    return hashlib.sha256(text).hexdigest()


def _number(value: Any) -> int:
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    if isinstance(value, date):
        return (value - date(1970, 1, 1)).days
    return int(value or 0)


def test_the_fingerprint_is_that_of_plain_python() -> None:
    assert ledger_parts.fingerprint_of(odd()) == oracle(odd())
    assert ledger_parts.fingerprint_of(Ledger(odd().transfers)) == oracle(Ledger(odd().transfers))
    assert ledger_parts.fingerprint_of(bank()) == oracle(bank())


def test_the_fingerprint_does_not_depend_on_how_the_data_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ledger_parts.fingerprint_of(odd())
    transfers, accounts = odd().transfers, odd().accounts
    pieces = pl.concat([transfers[:7], transfers[7:8], transfers[8:]], rechunk=False)
    assert pieces.n_chunks() == 3
    without = transfers.drop("merchant_category", *LABELS)
    for same in (pieces, without, without.select(reversed(without.columns))):
        assert ledger_parts.fingerprint_of(Ledger(same, accounts)) == wanted
    monkeypatch.setattr(ledger_parts, "PART_ROWS", 9)
    assert ledger_parts.fingerprint_of(Ledger(pieces, accounts)) == wanted


def test_every_value_and_the_order_of_rows_move_the_fingerprint() -> None:
    transfers, accounts = odd().transfers.drop(LABELS), odd().accounts
    assert accounts is not None
    changed = [Ledger(frame, accounts) for frame in others(transfers)] + [
        Ledger(transfers, frame) for frame in others(accounts)
    ]
    prints = {ledger_parts.fingerprint_of(ledger) for ledger in (*changed, odd(), Ledger(transfers))}
    assert len(prints) == len(changed) + 2 > 20


def others(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """A frame with one value of each column changed, with its rows turned round, and without its last row."""
    made = [frame.reverse(), frame[:-1]]
    for name in frame.columns:
        values = frame[name]
        here = next((at for at in range(1, frame.height) if values[at] != values[0]), None)
        if here is not None:
            made.append(frame.with_columns(values.gather([here, *range(1, frame.height)])))
    return made


@pytest.mark.parametrize(
    ("one", "other"), [(["ab", "c"], ["a", "bc"]), (["", "a"], [None, "a"]), (["a", None], [None, "a"])]
)
def test_texts_do_not_run_together(one: list[str | None], other: list[str | None]) -> None:
    frame = odd(2).transfers
    prints = {
        ledger_parts.fingerprint_of(Ledger(frame.with_columns(pl.Series("reference", texts, dtype=pl.String))))
        for texts in (one, other)
    }
    assert len(prints) == 2


# Once, whole, or not at all.


def test_equal_data_are_stored_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save_run(record_of("r"), [], ledger=odd())
    monkeypatch.setattr(ledger_parts, "pack", lambda *_: pytest.fail("packed again"))
    first = store.ledger_summary("r")
    parts = count(store, tables.ledger_parts)
    again = Ledger(odd().transfers.drop(LABELS), odd().accounts)
    store.save_run(record_of("s"), [], ledger=again)
    assert store.ledger_summary("s") == first
    assert (count(store, tables.ledgers), count(store, tables.ledger_parts)) == (1, parts)
    assert store.ledger("s").transfers.equals(store.ledger("r").transfers)


def test_a_run_that_is_there_gets_its_ledger_and_keeps_its_decisions(store: Store) -> None:
    alerts = example_alerts(1, 3, run_id="r")
    store.save_run(record_of("r"), alerts)
    store.decide(alerts[0].alert_id, "escalated", by="me", reason="look")
    store.save_run(record_of("r"), alerts, by="Ann", ledger=odd())
    assert store.alert(alerts[0].alert_id).status == "escalated"
    assert store.ledger("r").transfers.height == odd().transfers.height
    newest = store.audit()[0]
    assert (newest.action, newest.subject, newest.done_by) == ("ledger_kept", "r", "Ann")
    assert newest.detail == {"fingerprint": store.ledger("r").fingerprint}
    before = tell_all(store)
    store.save_run(record_of("r"), alerts, ledger=odd())
    store.save_run(record_of("r"), alerts)
    assert tell_all(store) == before


def test_another_ledger_of_the_same_run_is_a_conflict_and_changes_nothing(store: Store) -> None:
    store.save_run(record_of("r"), [], ledger=odd())
    before = tell_all(store)
    with pytest.raises(ConflictError, match="run 'r' is in the store with another ledger"):
        store.save_run(record_of("r"), [], ledger=bank())
    assert tell_all(store) == before


def test_a_table_that_is_not_canonical_is_refused_and_nothing_is_saved(store: Store) -> None:
    frame = odd().transfers
    for wrong in (frame.drop("amount"), frame.cast({"row": pl.Float64}), frame.with_columns(name=pl.lit("Ann"))):
        with pytest.raises(InputError):
            store.save_run(record_of("r"), [], ledger=Ledger(wrong))
    with pytest.raises(InputError):
        store.save_run(record_of("r"), [], ledger=Ledger(frame, pl.DataFrame({"account": ["a"]})))
    assert store.runs() == []


@pytest.mark.usefixtures("small_parts")
def test_a_ledger_that_came_in_the_meantime_is_not_stored_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save_run(record_of("r"), [], ledger=odd())
    parts = count(store, tables.ledger_parts)
    monkeypatch.setattr(ledger_parts, "has_fingerprint", lambda *_: False)
    store.save_run(record_of("s"), [], ledger=odd())
    assert (count(store, tables.ledgers), count(store, tables.ledger_parts)) == (1, parts)
    assert store.has_ledger("s")


def test_a_run_that_came_in_the_meantime_without_its_ledger_gets_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_run(record_of("r"), [])
    holds, asked = store_module._holds_run, []

    def too_early(*arguments: Any) -> bool:
        asked.append(1)
        return len(asked) > 1 and holds(*arguments)

    monkeypatch.setattr(store_module, "_holds_run", too_early)
    store.save_run(record_of("r"), [], ledger=odd())
    assert store.has_ledger("r")
    assert [entry.action for entry in store.audit()] == ["ledger_kept", "run_saved"]


def _keep_much(address: str, writer: int) -> int:
    with Store.open(address) as store:
        for turn in range(3):
            store.save_run(record_of(f"w{writer}-{turn}"), [], ledger=odd(60 + turn))
            store.save_run(record_of(f"shared-{turn}"), [], ledger=odd(60 + turn))
    return writer


def test_four_processes_keep_equal_ledgers_at_once(store: Store, address: str) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert sorted(pool.map(_keep_much, [address] * 4, range(4))) == [0, 1, 2, 3]
    assert count(store, tables.ledgers) == 3
    assert count(store, tables.ledger_parts) == 6
    assert count(store, tables.run_ledgers) == 12 + 3
    for turn in range(3):
        for run_id in (f"shared-{turn}", *(f"w{writer}-{turn}" for writer in range(4))):
            assert store.ledger(run_id).transfers.height == 60 + turn


_SAVE_AND_STOP = """
import sys, time
import sqlalchemy as sa
from moneytrail.storage import Store, ledger_parts
from tests.alert_examples import example_alerts
from tests.contract.test_stored_ledger import odd, record_of

def link_and_stop(*_):
    print("half way", flush=True)
    time.sleep(600)
ledger_parts.PART_ROWS = 25
ledger_parts.link_run = link_and_stop
Store.open(sys.argv[1]).save_run(record_of("run-2"), example_alerts(2, 20, run_id="run-2"), ledger=odd())
"""


def test_a_kill_half_way_leaves_the_store_as_it_was(store: Store, address: str) -> None:
    store.save_run(record_of("run-1"), example_alerts(1, 3), ledger=odd(50))
    before = tell_all(store)
    command = [sys.executable, "-c", _SAVE_AND_STOP, address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as saving:
        assert saving.stdout is not None
        assert saving.stdout.readline() == "half way\n"
        assert tell_all(store) == before
        saving.send_signal(signal.SIGKILL)
    assert tell_all(store) == before
    store.save_run(record_of("run-2"), example_alerts(2, 20, run_id="run-2"), ledger=odd())
    assert store.ledger("run-2").transfers.height == 60


@pytest.mark.usefixtures("small_parts")
def test_a_fault_at_any_part_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tell_all(store)
    packed = ledger_parts.pack(odd(), "x")
    twice = replace(packed, parts=(*packed.parts, packed.parts[0]))
    monkeypatch.setattr(ledger_parts, "pack", lambda *_: twice)
    with pytest.raises(ConflictError):
        store.save_run(record_of("r"), example_alerts(1, 3, run_id="r"), ledger=odd())
    assert tell_all(store) == before


# Damage is told, by its place.


def change(store: Store, part: tuple[str, int], **values: object) -> None:
    kind, number = part
    where = (tables.ledger_parts.c.kind == kind, tables.ledger_parts.c.part == number)
    with store._database.writing() as connection:
        assert connection.execute(sa.update(tables.ledger_parts).where(*where).values(**values)).rowcount == 1


def content_of(store: Store, part: tuple[str, int]) -> bytes:
    kind, number = part
    where = (tables.ledger_parts.c.kind == kind, tables.ledger_parts.c.part == number)
    with store._database.reading() as connection:
        return bytes(connection.execute(sa.select(tables.ledger_parts.c.content).where(*where)).scalar_one())


def complaint(store: Store) -> str:
    with pytest.raises(StoreError) as told:
        store.ledger("r")
    assert not isinstance(told.value, NotFoundError)
    assert "\n" not in str(told.value)
    fingerprint = ledger_parts.fingerprint_of(odd())
    start = f"the ledger {fingerprint[:16]} in the store is damaged: "
    assert str(told.value).startswith(start)
    return str(told.value).removeprefix(start)


PARTS: Final = [("transfers", 0), ("transfers", 1), ("transfers", 2), ("accounts", 0)]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("part", PARTS)
def test_a_flipped_bit_is_told(store: Store, part: tuple[str, int]) -> None:
    store.save_run(record_of("r"), [], ledger=odd())
    content = bytearray(content_of(store, part))
    content[len(content) // 3] ^= 1
    change(store, part, content=bytes(content))
    assert complaint(store) == f"part {part[1]} of its {part[0]} does not give its SHA-256"


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_is_told(store: Store, part: tuple[str, int]) -> None:
    store.save_run(record_of("r"), [], ledger=odd())
    where = (tables.ledger_parts.c.kind == part[0], tables.ledger_parts.c.part == part[1])
    with store._database.writing() as connection:
        connection.execute(sa.delete(tables.ledger_parts).where(*where))
    assert complaint(store) == f"part {part[1]} of its {part[0]} is missing"


@pytest.mark.usefixtures("small_parts")
def test_what_lies_beyond_a_missing_part_is_not_passed_over(store: Store) -> None:
    store.save_run(record_of("r"), [], ledger=odd())
    where = (tables.ledger_parts.c.kind == "transfers", tables.ledger_parts.c.part == 1)
    with store._database.writing() as connection:
        connection.execute(sa.delete(tables.ledger_parts).where(*where))
        connection.execute(sa.update(tables.ledgers).values(transfers=25))
    assert complaint(store) == "part 1 of its transfers is missing"


@pytest.mark.usefixtures("small_parts")
def test_a_part_in_the_place_of_another_is_told(store: Store) -> None:
    store.save_run(record_of("r"), [], ledger=odd())
    change(store, PARTS[1], content=content_of(store, PARTS[0]))
    assert complaint(store) == "part 1 of its transfers does not give its SHA-256"


@pytest.mark.usefixtures("small_parts")
def test_numbers_of_rows_that_do_not_fit_are_told(store: Store) -> None:
    store.save_run(record_of("r"), [], ledger=odd())
    change(store, PARTS[2], rows=11)
    assert complaint(store) == "part 2 of its transfers has 10 rows, not 11"
    change(store, PARTS[2], rows=10)
    with store._database.writing() as connection:
        connection.execute(sa.update(tables.ledgers).values(transfers=59))
    assert complaint(store) == "its transfers have 60 rows, not 59"
    with store._database.writing() as connection:
        connection.execute(sa.update(tables.ledgers).values(transfers=61))
    assert complaint(store) == "part 3 of its transfers is missing"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no Parquet at all"])
def test_what_is_no_parquet_is_told_even_with_the_right_hash(store: Store, content: bytes) -> None:
    store.save_run(record_of("r"), [], ledger=odd())
    change(store, PARTS[0], content=content, sha256=hashlib.sha256(content).hexdigest())
    assert complaint(store).startswith("part 0 of its transfers cannot be read: ")


# Older stores.


def test_a_store_of_the_version_before_keeps_what_it_holds(store: Store, address: str) -> None:
    alerts = example_alerts(1, 3, run_id="r")
    store.save_run(record_of("r"), alerts)
    store.decide(alerts[0].alert_id, "in_review", by="me")
    before = (store.audit(), store.runs(), store.run("r"), store.alerts(AlertQuery()))
    with store._database.writing() as connection:
        downgrade(connection, "0004")
        assert not {"ledgers", "ledger_parts", "run_ledgers"} & set(sa.inspect(connection).get_table_names())
    with Store.open(address) as opened:
        opened.check()
        assert (opened.audit(), opened.runs(), opened.run("r"), opened.alerts(AlertQuery())) == before
        assert not opened.has_ledger("r")
        opened.save_run(record_of("r"), alerts, ledger=odd())
        assert opened.ledger("r").transfers.height == 60
        assert opened.alert(alerts[0].alert_id).status == "in_review"


def test_a_run_id_may_be_any_text(store: Store) -> None:
    for run_id in AWKWARD:
        store.save_run(record_of(run_id), [], ledger=odd(5))
    assert [store.ledger(run_id).transfers.height for run_id in AWKWARD] == [5] * len(AWKWARD)
    assert count(store, tables.ledgers) == 1
