"""``moneytrail features``: a Parquet file, a row a transfer in ledger order, the same as the matrix in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from moneytrail import feature_table, features
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.readers import read
from tests.e2e.conftest import BankFiles
from tests.e2e.program import call, contents, row, run, write_csv

NAMES = ("amount", "creditor_in_fan_1d", "debtor_since_in", "creditor_out_degree_7d")


@pytest.fixture
def transfers(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "t.csv", [row(at, debtor=f"a{at % 7}", creditor=f"b{at % 5}") for at in range(50)])


def test_the_file_holds_the_matrix_in_ledger_order(bank: BankFiles) -> None:
    said = call("features", bank.parquet, "--columns", ",".join(NAMES), "--out", "f.parquet", "--json", "-q").json
    frame = pl.read_parquet("f.parquet")
    assert (said["rows"], said["columns"], said["bytes"]) == (bank.rows, 5, Path("f.parquet").stat().st_size)
    assert said["names"] == list(NAMES)
    assert frame.columns == ["transaction_id", *NAMES]
    assert set(frame.dtypes[1:]) == {pl.Float32}
    graph = TransactionGraph.from_frame(read(bank.parquet).transfers, ExchangeRates.load())
    assert frame["transaction_id"].to_list() == graph.transaction_ids(np.arange(graph.transfers)).to_list()
    assert np.array_equal(frame.select(NAMES).to_numpy(), features.compute(graph, NAMES))


def test_blocks_do_not_change_the_file(bank: BankFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("features", bank.parquet, "--columns", ",".join(NAMES), "-q", "--out")
    assert call(*arguments, "whole.parquet").status == 0
    monkeypatch.setattr(feature_table, "LEAST_ROWS", 1)
    monkeypatch.setattr(feature_table, "CELLS", 4 * 5_000)
    assert call(*arguments, "blocks.parquet").status == 0
    assert pl.read_parquet("whole.parquet").equals(pl.read_parquet("blocks.parquet"))


def test_windows_give_every_column_over_them(transfers: Path) -> None:
    assert call("features", transfers, "--windows", "6h", "--out", "f.parquet", "-q").status == 0
    assert pl.read_parquet("f.parquet").columns[1:] == list(features.names_for(["6h"]))


def test_the_columns_are_listed_without_a_file() -> None:
    listed = call("features", "--list", "--json").json
    assert [entry["name"] for entry in listed] == [f.name for f in (*features.FEATURES, *features.UNWINDOWED)]
    assert all(entry["meaning"] and entry["unit"] for entry in listed)
    ran = call("features", "--list", "--columns", "creditor_in_fan_90min")
    assert "creditor_in_fan_90min" in ran.out


def test_no_transfers_give_an_empty_table(tmp_path: Path) -> None:
    empty = write_csv(tmp_path / "empty.csv", [])
    ran = call("features", empty, "--columns", "amount", "--out", "f.parquet", "-q")
    assert ran.status == 2 or pl.read_parquet("f.parquet").columns == ["transaction_id", "amount"]


def test_a_file_is_replaced_only_when_it_is_parquet(transfers: Path, tmp_path: Path) -> None:
    arguments = ("features", transfers, "--columns", "amount", "-q", "--out")
    assert call(*arguments, "f.parquet").status == 0
    assert call(*arguments, "f.parquet").status == 0
    letter = tmp_path / "letter.txt"
    letter.write_text("mine", "utf-8")
    before = contents(tmp_path)
    for place in ("letter.txt", transfers.name, ".", "none/f.parquet"):
        assert call(*arguments, place).complaint
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--columns", "nothing"), "no feature 'nothing'"),
        (("--columns", "amount,amount"), "'amount' twice"),
        (("--columns", ""), "no feature ''"),
        (("--windows", "1x"), "1x"),
        (("--windows", "0d"), "0d"),
        (("--windows", "1d,1d"), "'1d' twice"),
        (("--windows", "1d", "--columns", "amount"), "twice"),
        ((), "--out"),
    ],
)
def test_what_cannot_be_written_is_refused(arguments: tuple[str, ...], said: str, transfers: Path) -> None:
    out = ("--out", "f.parquet") if arguments else ()
    assert said in call("features", transfers, *arguments, *out, "-q").complaint
    assert not Path("f.parquet").exists()
    assert "--out" in call("features", "--out", "f.parquet").complaint


def test_the_program_runs(transfers: Path, tmp_path: Path) -> None:
    ran = run("features", transfers, "--columns", "amount,hour", "--out", "f.parquet", cwd=tmp_path)
    assert ran.out == f"50 transfers, 2 features, {(tmp_path / 'f.parquet').stat().st_size:,} bytes: f.parquet\n"
    assert "features … done" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.parquet", "t.csv"]
