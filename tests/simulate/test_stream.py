"""Streaming: the same bytes for any threads, blocks and way of writing; chapters that lose and double nothing."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from moneytrail.errors import ParameterError
from moneytrail.simulate import SimulatedBank, Wish, made_before, simulate, simulate_to
from moneytrail.simulate import bank as making
from moneytrail.simulate.books import Books
from moneytrail.simulate.calendar import DAY, Calendar
from moneytrail.simulate.journal import FIELDS, Columns, Journal, join, order_by_time, ordered
from moneytrail.simulate.register import Register

WISH = Wish(customers=150, days=100, seed=4, gangs=1)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streamed") / "bank"
    simulate_to(folder, WISH, threads=1)
    return folder


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_do_not_change_a_byte(streamed: Path, tmp_path: Path, threads: int) -> None:
    simulate_to(tmp_path / "bank", WISH, threads=threads)
    assert digests(tmp_path / "bank") == digests(streamed)


def test_blocks_do_not_change_a_row(streamed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "BLOCK", 777)
    simulate_to(tmp_path / "bank", WISH)
    for name in ("transfers", "accounts", "truth/ledger", "truth/balances", "truth/dirt"):
        one, other = (pl.read_parquet(folder / f"{name}.parquet") for folder in (tmp_path / "bank", streamed))
        assert one.equals(other), name


def test_in_memory_and_streamed_are_one_bank(streamed: Path, tmp_path: Path) -> None:
    made = simulate(WISH.customers, WISH.days, WISH.seed, gangs=WISH.gangs)
    made.write(tmp_path / "bank")
    assert digests(tmp_path / "bank") == digests(streamed)


def test_written_transfers_have_no_labels(streamed: Path) -> None:
    names = pl.read_parquet_schema(streamed / "transfers.parquet")
    assert not [name for name in names if name.startswith("label_")]


def test_an_equal_bank_is_known_again(streamed: Path) -> None:
    told = made_before(streamed, WISH)
    assert told is not None
    assert told["transfers"] == pl.scan_parquet(streamed / "transfers.parquet").select(pl.len()).collect().item()
    assert made_before(streamed, Wish(customers=151, days=100, seed=4, gangs=1)) is None
    assert made_before(streamed / "none", WISH) is None


def test_monthly_turns_are_neither_lost_nor_doubled_at_a_chapter() -> None:
    calendar = Calendar(date(2025, 1, 17), 400)
    days = np.array([1, 15, 28, 30, 31])
    for turns in ("monthly", "every"):
        whole = _turns(calendar, turns, days)
        for length in (7, 14, 28):
            parts = [turn for chapter in calendar.chapters(length) for turn in _turns(chapter, turns, days)]
            assert sorted(parts) == sorted(whole), (turns, length)


def _turns(calendar: Calendar, turns: str, days: np.ndarray) -> list[tuple[int, int]]:
    who, day = calendar.monthly(days) if turns == "monthly" else calendar.every(28, days)
    return list(zip(who.tolist(), day.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_order_by_time_is_a_stable_sort(seed: int) -> None:
    time = np.random.default_rng(seed).integers(0, 50, 2000) * 1000 + 7 * DAY
    assert (order_by_time(time) == np.argsort(time, kind="stable")).all()
    assert order_by_time(np.zeros(0, dtype=np.int64)).size == 0


def rows(rng: np.random.Generator, size: int, first: int, last: int, accounts: int) -> Columns:
    """Random transfers that may fall a week early and some days late."""
    made = {name: np.full(size, default, dtype=dtype) for name, (dtype, default) in FIELDS.items()}
    made["time"] = rng.integers(max(first - 7, 0) * 1440, (last + 5) * 1440, size) * 60_000_000
    made["debtor"] = rng.integers(-1, accounts + 3, size).astype(np.int32)
    made["creditor"] = rng.integers(-1, accounts + 3, size).astype(np.int32)
    made["amount"] = rng.integers(1, 10_000, size)
    made["credited"] = np.where(rng.random(size) < 0.1, rng.integers(1, 10_000, size), -1)
    made["dirt"] = np.where(rng.random(size) < 0.05, 4, 0).astype(np.int16)
    made["truth"] = np.arange(size, dtype=np.int32)
    return made


@pytest.mark.parametrize("seed", range(8))
def test_books_against_a_plain_replay(seed: int) -> None:
    rng = np.random.default_rng([20, seed])
    calendar = Calendar(date(2025, 4, 1), int(rng.integers(30, 90)))
    register = Register(calendar.start)
    register.open(12)
    register.open(4, institution=3)
    chapters = calendar.chapters(14)
    made = [rows(rng, 300, chapter.first, chapter.last, 16) for chapter in chapters]
    everything = join(made)
    books = Books(register)
    pieces = [p for c, m in zip(chapters, made, strict=True) for p in books.take(c, ordered(m))]
    out = join(pieces)

    inside = everything["time"] < calendar.days * DAY
    expected = np.sort(everything["time"][inside])
    assert (out["time"] == expected).all()
    assert books.rows == expected.size
    balance, low, came, went = ([0] * 16 for _ in range(4))
    for time, payer, payee, amount, credited, dirt in zip(
        *(out[name].tolist() for name in ("time", "debtor", "creditor", "amount", "credited", "dirt")), strict=True
    ):
        assert time >= 0
        if dirt & 4:
            continue
        if 0 <= payer < 12:
            balance[payer] -= amount
            went[payer] += amount
            low[payer] = min(low[payer], balance[payer])
        if 0 <= payee < 12:
            gained = amount if credited < 0 else credited
            balance[payee] += gained
            came[payee] += gained
    assert books.low.tolist() == low
    assert books.credits.tolist() == came
    assert books.debits.tolist() == went


def test_the_journal_drops_what_cannot_be() -> None:
    calendar = Calendar(date(2025, 4, 1), 10)
    journal = Journal(calendar)
    time = np.array([-1, 5, 6, 7, 10 * DAY, 1_234_567])
    journal.book(time, np.array([1, 1, 2, 1, 1, 1]), 2, np.array([5, 0, 5, 5, 5, 5]))
    kept = journal.columns()
    assert kept["time"].tolist() == [0, 1_234_000]


def test_an_impossible_wish_is_refused(tmp_path: Path) -> None:
    for wrong, word in (
        ({"strength": 1.5}, "strength is 1.5"),
        ({"dirt": -1.0}, "dirt is -1"),
        ({"typologies": ("S01", "Z9")}, "typology Z9"),
        ({"customers": 10**8}, "customers is 100000000"),
        ({"seed": 2**64}, "seed is"),
    ):
        with pytest.raises(ParameterError, match=word):
            simulate_to(tmp_path / "bank", Wish(**wrong))
    with pytest.raises(ParameterError, match="threads is 0"):
        simulate_to(tmp_path / "bank", WISH, threads=0)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_inside_the_stream_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(making, "soil", fail)
    with pytest.raises(OSError, match="no space left"):
        simulate_to(tmp_path / "bank", WISH)
    assert list(tmp_path.iterdir()) == []


def test_other_strengths_and_typologies(bank: SimulatedBank) -> None:
    naive = simulate(200, 120, seed=2, gangs=2, strength=0.0, typologies=("S01", "L03", "L01"))
    careful = simulate(200, 120, seed=2, gangs=2, strength=1.0, typologies=("S01", "L03", "L01"))
    assert set(naive.truth_attempts["typology"]) <= {"S01", "L03", "L01"}
    assert set(naive.truth_attempts["strength"]) <= {"naive", "incomplete"}
    assert set(careful.truth_attempts["strength"]) == {"careful"}
    share = (bank.truth_attempts["strength"] == "careful").mean()
    assert isinstance(share, float)
    assert 0.2 < share < 0.42
