"""Attacks on the simulator: wrong arguments, places that cannot be written to, full disks, damaged banks."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from moneytrail.errors import InputError, ParameterError
from moneytrail.schema import check_accounts, check_transfers
from moneytrail.simulate import SimulatedBank, Wish, holdings, made_before, simulate, simulate_to
from moneytrail.simulate import bank as making
from moneytrail.simulate.books import _stands
from moneytrail.simulate.describe import describe
from moneytrail.simulate.plots import draw

SMALL = Wish(60, 20, 1)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attacked") / "bank"
    simulate_to(folder, SMALL)
    return folder


@pytest.mark.parametrize(
    "wrong",
    [
        {"customers": True},
        {"customers": 60.0},
        {"customers": None},
        {"days": "20"},
        {"days": float("nan")},
        {"gangs": 1.5},
        {"seed": 2**63},
        {"strength": float("nan")},
        {"strength": True},
        {"strength": "0.3"},
        {"dirt": float("inf")},
        {"dirt": None},
        {"start": "2025-04-01"},
        {"start": datetime(2025, 4, 1, 12)},  # noqa: DTZ001 -- no time belongs there at all
        {"start": date.min},
        {"start": date.max},
        {"typologies": ()},
        {"typologies": "S01"},
        {"typologies": ["S01"]},
        {"typologies": ("S01", "S01")},
        {"typologies": (None,)},
    ],
    ids=str,
)
def test_a_wrong_wish_is_one_clear_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="typolog" if "typologies" in wrong else f"^{next(iter(wrong))} is "):
        Wish(**wrong)


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, "2"])
def test_wrong_threads_leave_nothing(threads: Any, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="threads is"):
        simulate_to(tmp_path / "deep" / "bank", SMALL, threads=threads)
    assert list(tmp_path.iterdir()) == []


def test_equal_numbers_are_equal_wishes() -> None:
    wish = Wish(np.int64(60), np.int32(20), np.uint8(1), strength=0, dirt=1)  # type: ignore[arg-type]
    assert wish == Wish(60, 20, 1, strength=0.0, dirt=1.0)
    assert type(wish.customers) is int
    assert type(wish.strength) is float


def test_a_small_bank_keeps_to_the_typologies_asked_for() -> None:
    made = simulate(60, 20, 1, typologies=("L01",))
    assert set(made.truth_attempts["typology"]) <= {"L01"}
    assert made.truth_gangs.height == 1


def replay(bank: SimulatedBank) -> dict[str, tuple[int, int, int]]:
    """Return opening, credits and debits of every account, from the written tables alone."""
    twice = set(bank.truth["dirt"].filter(pl.col("kind") == "duplicate")["transaction_id"])
    books = {account: [opening, 0, 0] for account, opening in bank.accounts[["account", "opening_balance"]].iter_rows()}
    columns = ("transaction_id", "debtor_account", "creditor_account", "amount", "credited_amount")
    for code, debtor, creditor, amount, credited in bank.transfers.select(columns).iter_rows():
        if code in twice:
            continue
        if creditor in books:
            books[creditor][1] += amount if credited is None else credited
        if debtor in books:
            books[debtor][2] += amount
    return {account: (opening, came, went) for account, (opening, came, went) in books.items()}


def test_a_dirty_bank_that_starts_on_a_leap_day_holds_together() -> None:
    made = simulate(300, 60, 2, gangs=3, start=date(2024, 2, 29), dirt=5.0, strength=0.5)
    check_transfers(made.transfers)
    check_accounts(made.accounts)
    assert made.transfers["booked_at"].is_sorted()
    assert made.transfers["transaction_id"].is_sorted()
    assert made.accounts["account"].n_unique() == made.accounts.height
    assert made.accounts["account"].str.contains(r"^[1-9]\d{7}$").all()
    assert made.accounts["party"].str.contains(r"^P[1-9]\d{7}$").all()
    books = replay(made)
    for account, opening, came, went, closing in made.truth["balances"].iter_rows():
        assert books[account] == (opening, came, went)
        assert closing == opening + came - went
    assert (holdings(made.truth["ledger"]).group_by("gang").agg(pl.col("amount").sum())["amount"] == 0).all()


def test_accounts_open_the_same_without_the_compiler() -> None:
    # Plain Python adds int32 and int otherwise than compiled code does: a day in microseconds does not fit.
    time = np.array([0, 86_400_000_000, 3 * 86_400_000_000])
    codes = np.array([0, 1, 0], dtype=np.int32)
    joined = np.array([1, -1], dtype=np.int32)
    kept = [np.empty(3, dtype=np.bool_) for _ in range(2)]
    for stands, keep in zip((_stands, _stands.py_func), kept, strict=True):
        stands(time, codes, np.array([-1, -1, 1], dtype=np.int32), joined, 86_400_000_000, keep)
    assert kept[0].tolist() == kept[1].tolist() == [False, True, True]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name, target in (("link", "there"), ("dangling", "nowhere")):
        simulate_to(tmp_path / name, SMALL)
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / target / "transfers.parquet").is_file()
    simulate_to(tmp_path / "link", SMALL, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "link", "nowhere", "there"]


@pytest.mark.parametrize("place", [".", "..", "/"])
def test_the_current_folder_and_mount_points_are_refused(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "outer" / "inner")
    with pytest.raises(ParameterError, match="mount point or holds the current folder"):
        simulate_to(Path(place), SMALL, overwrite=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["outer", "inner"]


def test_what_another_process_wrote_meanwhile_stands(tmp_path: Path) -> None:
    place = tmp_path / "bank"

    def intrude(stage: str, _share: float) -> None:
        if stage == "transfers" and not place.exists():
            place.mkdir()
            (place / "theirs").touch()

    with pytest.raises(ParameterError, match="not an empty folder"):
        simulate_to(place, SMALL, progress=intrude)
    assert [path.name for path in tmp_path.rglob("*")] == ["bank", "theirs"]


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(stage: str, share: float) -> None:
        if stage == "transfers" and share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_to(tmp_path / "bank", Wish(60, 80, 1), threads=2, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [7, 14])
def test_short_chapters_of_large_banks_are_in_order_too(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "LENGTHS", ((10**9, length),))
    made = simulate(150, 100, 3, gangs=2, dirt=5.0)
    assert made.transfers["booked_at"].is_sorted()
    books = replay(made)
    assert all(books[row[0]] == row[1:4] for row in made.truth["balances"].iter_rows())


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes, as on a full disk; Python ignores the signal that comes with it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("file", ["transfers", "accounts"])
def test_a_full_disk_is_the_systems_error_and_leaves_the_old_bank(
    file: str, tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(written, tmp_path / "bank")
    before = contents(tmp_path)
    if file == "accounts":
        monkeypatch.setattr(making, "_write_transfers", lambda *_: None)
    with largest_file(10_000), pytest.raises(OSError, match="File too large") as caught:
        simulate_to(tmp_path / "bank", SMALL, overwrite=True)
    assert Path(str(caught.value.filename)).name == f"{file}.parquet"
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _text(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "simulation.json").write_text(text, "utf-8")


def _without(name: str) -> Callable[[Path], object]:
    def drop(folder: Path) -> None:
        record = (folder / "simulation.json").read_text("utf-8")
        lines = [line for line in record.splitlines() if f'"{name}"' not in line]
        (folder / "simulation.json").write_text("\n".join(lines).replace(",\n}", "\n}"), "utf-8")

    return drop


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda folder: (folder / "simulation.json").unlink(), "no simulation.json"),
        (lambda folder: (folder / "simulation.json").write_bytes(b"\xff"), "simulation.json is damaged"),
        (_text(""), "simulation.json is damaged"),
        (_text("null"), "simulation.json is damaged"),
        (_text("[]"), "simulation.json is damaged"),
        (_text("{}"), "simulation.json is damaged"),
        (_without("gangs_asked"), "simulation.json is damaged"),
        (_without("illicit"), "simulation.json is damaged"),
        (lambda folder: (folder / "transfers.parquet").unlink(), "transfers.parquet is missing or damaged"),
        (lambda folder: (folder / "truth/boats.parquet").write_bytes(b"PAR1"), "truth/boats.parquet is missing"),
        (shutil.rmtree, "no simulation.json"),
    ],
)
def test_a_damaged_bank_is_no_bank(damage: Callable[[Path], object], word: str, written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path / "bank")
    assert made_before(tmp_path / "bank", SMALL) is not None
    damage(tmp_path / "bank")
    assert made_before(tmp_path / "bank", SMALL) is None
    with pytest.raises(InputError, match=word):
        describe(tmp_path / "bank")
    with pytest.raises(InputError, match=word):
        draw(tmp_path / "bank", tmp_path / "plots")
    assert not (tmp_path / "plots").exists()


def test_the_list_of_files_is_whole(written: Path) -> None:
    found = {str(path.relative_to(written).with_suffix("")) for path in written.rglob("*.parquet")}
    assert found == set(making.TABLES)


def test_the_page_knows_money_that_is_handled_for_clients(tmp_path: Path) -> None:
    simulate_to(tmp_path / "bank", Wish(400, 90, 4, 3, typologies=("S04", "S08", "S09", "S13", "L13")))
    told = describe(tmp_path / "bank")
    assert told.gangs["handled"] != 0
    assert told.balanced
    assert "the rest to the penny" in told.text().replace("\n  ", " ")
