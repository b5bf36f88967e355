"""The public data sets, whole, where they lie beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from moneytrail.readers import load_mapping, read, read_accounts
from moneytrail.schema import check_transfers
from tests.readers.samples import SHARED

BERKA = Path(__file__).resolve().parents[2] / "examples" / "mappings" / "berka.toml"


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"shared/data/{name} is not beside the project")
    return path


@pytest.mark.parametrize(
    ("name", "layout", "rows"),
    [
        ("amlworld/HI-Small_partial.csv", "amlworld", 51_528),
        ("amlsim/transactions.csv.gz", "amlsim", 317_815),
        ("amlgentex/tx_log.parquet", "amlgentex", 679_322),
    ],
)
def test_nothing_is_lost(name: str, layout: str, rows: int) -> None:
    reading = read(shared(name))
    assert (reading.layout, reading.rows_read, reading.rows_kept) == (layout, rows, rows)
    check_transfers(reading.transfers)


def test_labels_of_amlworld() -> None:
    assert read(shared("amlworld/HI-Small_partial.csv")).transfers["label_illicit"].sum() == 5_177


def test_amlgentex_account_to_account() -> None:
    transfers = read(shared("amlgentex/tx_log.parquet")).transfers
    both = transfers["debtor_account"].is_not_null() & transfers["creditor_account"].is_not_null()
    assert both.sum() == 111_377
    assert transfers["label_illicit"].sum() == 884


def test_the_cut_last_row_of_berka() -> None:
    path = shared("berka/trans_first3MiB.asc")
    reading = read(path, load_mapping(BERKA))
    assert (reading.rows_read, reading.rows_kept) == (49_103, 49_102)
    assert reading.rejected.drop("file").rows() == [
        (49_104, 49_102, None, '3526882;11021;940331;"PRIJE', "quote_not_closed")
    ]
    assert reading.transfers["channel"].value_counts().height == 4


def test_accounts_of_amlsim() -> None:
    reading = read_accounts(shared("amlsim/accounts.csv"))
    assert (reading.rows_read, reading.rows_kept) == (12_043, 12_043)
