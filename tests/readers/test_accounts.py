"""Account files: canonical names, AMLSim's, and a mapping."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from moneytrail.errors import MappingError
from moneytrail.readers import load_mapping, read_accounts
from moneytrail.schema import ACCOUNT_SCHEMA, check_accounts

if TYPE_CHECKING:
    from pathlib import Path

AMLSIM = (
    "acct_id,dsply_nm,type,acct_rptng_crncy,open_dt,initial_deposit,bank_id,first_name,country\n"
    "0,C_0,I,USD,0,93982.73,bank_a,Stephanie,US\n1,C_1,O,USD,0,1,bank_a,Brian,US\n1,C_1,O,USD,0,1,bank_a,Brian,US\n"
    "2,C_2,Z,USD,0,1,bank_a,Ann,US\n,C_2,I,USD,0,1,bank_a,Ann,US\n"
)


def test_amlsim_without_names(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text(AMLSIM, encoding="utf-8")
    reading = read_accounts(path)
    kept = reading.accounts.select("account", "kind", "currency", "opening_balance", "country").rows()
    assert kept == [("0", "personal", "USD", 9398273, "US"), ("1", "business", "USD", 100, "US")]
    assert reading.rejected.select("line", "field", "value", "reason").rows() == [
        (4, "account", "1", "duplicate_account"),
        (5, "kind", "Z", "kind_unknown"),
        (6, "account", None, "account_absent"),
    ]
    assert reading.rows_kept + reading.rows_rejected == reading.rows_read == 5
    assert not any("Stephanie" in str(value) for row in reading.accounts.rows() for value in row)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_canonical_round_trip(kind: str, tmp_path: Path) -> None:
    frame = check_accounts(
        pl.DataFrame(
            {
                "account": ["a", "b"],
                "party": ["p", None],
                "kind": ["business", "unknown"],
                "opened": [date(2020, 2, 29), None],
                "currency": ["JPY", None],
                "declared_turnover": [2**53 + 1, None],
                "opening_balance": [-5, None],
                "registered_money_service": [True, None],
                "device_hash": [None, "d"],
            },
            schema_overrides={name: ACCOUNT_SCHEMA[name] for name in ("kind", "currency")},
        )
    )
    path = tmp_path / "accounts"
    if kind == "csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)
    reading = read_accounts(path)
    assert reading.reasons == {}
    assert_frame_equal(reading.accounts, frame)


def test_mapping(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        '[accounts]\naccount = ["bank", "number"]\nkind = "what"\nopened = "since"\nopening_balance = "had"\n'
        'registered_money_service = "msb"\n[account_words.kind]\nfirm = "business"\n[time]\nformats = "%d.%m.%Y"\n'
        '[amount]\ncurrency = "EUR"\n',
        encoding="utf-8",
    )
    path = tmp_path / "accounts.csv"
    path.write_text(
        "bank,number,what,since,had,msb\nB,1,Firm,31.12.2020,-1.50,yes\nB,2,,x,,\nB,3,,,x,\nB,4,,,,maybe\n", "utf-8"
    )
    reading = read_accounts(path, load_mapping(tmp_path / "map.toml"))
    columns = ("account", "kind", "opened", "opening_balance", "registered_money_service")
    assert reading.accounts.select(columns).rows() == [("B/1", "business", date(2020, 12, 31), -150, True)]
    assert reading.rejected["reason"].to_list() == ["date_unreadable", "amount_not_a_number", "flag_unknown"]


def test_a_mapping_without_accounts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        '[columns]\nbooked_at="a"\namount="b"\ndebtor_account="c"\n[time]\nformats="%Y"\n[amount]\ncurrency="EUR"\n'
    )
    with pytest.raises(MappingError, match="says nothing about accounts"):
        read_accounts(tmp_path / "map.toml", load_mapping(tmp_path / "map.toml"))
