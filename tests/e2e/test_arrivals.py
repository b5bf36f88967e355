"""``moneytrail score --arrivals``: part of the data, told but never taken unasked, and found again when repeated."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.conftest import BankFiles
from tests.e2e.program import Ran, call, row, score, write_csv

TABLE = "day,arrivals,band\n2025-05-03,120,red\n2025-05-04,0,green\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    transfers = write_csv(tmp_path / "t.csv", [row(1), row(2)])
    arrivals = tmp_path / "daily.csv"
    arrivals.write_text(TABLE, "utf-8")
    return transfers, arrivals


def record_of(out: str) -> dict[str, object]:
    made: dict[str, object] = json.loads(Path(out, "run.json").read_text("utf-8"))
    return made


def repeated(*arguments: object) -> Ran:
    """Score again as the record of folder ``a`` says."""
    return call("score", *arguments, "--no-store", "--repeat", "a/run.json", "--json", "-q")


def test_the_table_is_part_of_what_the_run_is(files: tuple[Path, Path]) -> None:
    transfers, arrivals = files
    without = score(transfers, "--no-store", "--out", "a").json
    with_it = score(transfers, "--no-store", "--out", "b", "--arrivals", arrivals).json
    assert without["run_id"] != with_it["run_id"]
    source = record_of("b")["source"]
    assert isinstance(source, dict)
    assert [file["name"] for file in source["files"]] == ["t.csv", "daily.csv"]
    arrivals.write_text(TABLE.replace("120", "121"), "utf-8")
    assert score(transfers, "--no-store", "--arrivals", arrivals).json["run_id"] != with_it["run_id"]


def test_its_name_does_not_count(files: tuple[Path, Path]) -> None:
    transfers, arrivals = files
    one = score(transfers, "--no-store", "--arrivals", arrivals).json["run_id"]
    other = arrivals.rename("other.csv")
    assert score(transfers, "--no-store", "--arrivals", other).json["run_id"] == one


def test_a_run_is_repeated_with_its_table_and_not_without(files: tuple[Path, Path]) -> None:
    transfers, arrivals = files
    first = score(transfers, "--no-store", "--out", "a", "--arrivals", arrivals).json["run_id"]
    assert repeated(transfers, "--arrivals", arrivals).json["run_id"] == first
    assert "give it with --arrivals" in repeated(transfers).complaint
    arrivals.write_text(TABLE.replace("120", "121"), "utf-8")
    refused = repeated(transfers, "--arrivals", arrivals)
    assert "is not the table of arrivals that the run had" in refused.complaint


def test_a_run_without_a_table_is_not_repeated_with_one(files: tuple[Path, Path]) -> None:
    transfers, arrivals = files
    score(transfers, "--no-store", "--out", "a")
    assert "not repeated" in repeated(transfers, "--arrivals", arrivals).complaint


def test_a_table_beside_the_transfers_is_told_of_and_not_taken(bank: BankFiles, tmp_path: Path) -> None:
    beside = bank.parquet.parent / "arrivals.parquet"
    assert beside.is_file()
    path = write_csv(tmp_path / "t.csv", [row(1)])
    pl.read_parquet(beside).write_parquet(tmp_path / "arrivals.parquet")
    told = call("score", path, "--no-store", "--detectors", "none")
    assert f"--arrivals {tmp_path / 'arrivals.parquet'}" in told.err
    assert "--arrivals" not in call("score", path, "--no-store", "--detectors", "none", "-q").err
    named = call("score", path, "--no-store", "--detectors", "none", "--arrivals", tmp_path / "arrivals.parquet")
    assert "is not read" not in named.err
    assert named.status == 0


def test_a_wrong_table_is_one_clear_line(files: tuple[Path, Path], tmp_path: Path) -> None:
    transfers, arrivals = files
    arrivals.write_text(TABLE + "2025-05-06,1,red\n", "utf-8")
    refused = score(transfers, "--no-store", "--arrivals", arrivals)
    assert "line 4: the day is 2025-05-06, but 2025-05-05 is missing" in refused.complaint
    assert "no such file" in score(transfers, "--no-store", "--arrivals", "nowhere.csv").complaint
    assert "is a folder" in score(transfers, "--no-store", "--arrivals", tmp_path).complaint


def test_the_table_is_never_written_over(files: tuple[Path, Path]) -> None:
    transfers, arrivals = files
    refused = score(transfers, "--no-store", "--arrivals", arrivals, "--rejected", arrivals)
    assert "would replace a file that is read" in refused.complaint
    assert arrivals.read_text("utf-8") == TABLE
