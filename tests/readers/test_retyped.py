"""Files that went through pandas or polars: renamed columns, ids and labels as floats, typed times."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import pytest

from moneytrail.errors import InputError, UnknownLayoutError
from moneytrail.readers import Mapping, Reading, read, read_accounts
from moneytrail.readers.mapping import AmountForm, TimeForm
from tests.readers.samples import HEADERS, text_of

if TYPE_CHECKING:
    from pathlib import Path

FLOAT_NOTE: Final = "amounts are floating-point numbers in the file: rounded to the minor unit"
UTC_NOTE: Final = "times without an offset are taken as UTC"


def table(name: str) -> pl.DataFrame:
    """Return the layout's sample as text columns."""
    return pl.read_csv(io.StringIO(text_of(name)), infer_schema=False)


def written(frame: pl.DataFrame, folder: Path, kind: str = "parquet") -> Path:
    path = folder / f"made.{kind}"
    frame.write_parquet(path) if kind == "parquet" else frame.write_csv(path)
    return path


def csv_of(folder: Path, *lines: str) -> Path:
    path = folder / "made.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def why(reading: Reading) -> list[tuple[Any, ...]]:
    return reading.rejected.select("row", "field", "value", "reason").rows()


@pytest.mark.parametrize("layout", [None, "amlworld"])
@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("second", ["Account.1", "Account_duplicated_0"])
def test_a_renamed_second_column(second: str, kind: str, layout: str | None, tmp_path: Path) -> None:
    frame = table("amlworld").rename({"Account_duplicated_0": second})
    reading = read(written(frame, tmp_path, kind), layout=layout)
    assert reading.layout == "amlworld"
    assert reading.transfers["creditor_account"].to_list() == ["11/8000F5340", "4/B1", "4/B1"]
    assert not any(note.startswith("columns not read") for note in reading.assumptions)


def test_a_column_is_only_renamed_where_it_must_be(tmp_path: Path) -> None:
    path = csv_of(tmp_path, HEADERS["amlworld"] + ",Account.1", "2022/09/01 00:20,1,a,2,b,1,Euro,1,Euro,ACH,0,c")
    reading = read(path)
    assert reading.transfers["creditor_account"].to_list() == ["2/b"]
    assert "columns not read: Account.1" in reading.assumptions
    frame = table("amlworld").rename({"Account": "First", "Account_duplicated_0": "Account.1"})
    with pytest.raises(UnknownLayoutError, match="Account, Account#2"):
        read(written(frame, tmp_path))
    with pytest.raises(InputError, match="lacks the column 'Account'"):
        read(written(frame, tmp_path), layout="amlworld")


@pytest.mark.parametrize("word", ["1.0", "TRUE", "True", "true", "1", "1.00"])
def test_label_words(word: str, tmp_path: Path) -> None:
    path = csv_of(tmp_path, HEADERS["amlsim"], f"1,a,b,WIRE,1.5,2017-01-01T00:00:00Z,{word},-1.0")
    reading = read(path)
    if word == "1.00":
        assert why(reading) == [(0, "label_illicit", "1.00", "label_unknown")]
        return
    assert reading.transfers.select("label_illicit", "label_attempt").rows() == [(True, None)]


def test_a_label_word_of_the_mapping_holds_for_its_float_too(tmp_path: Path) -> None:
    mapping = Mapping(
        name="own",
        columns={"booked_at": (0,), "debtor_account": (1,), "amount": (2,), "label_illicit": (3,)},
        amount=AmountForm(currency="EUR"),
        time=TimeForm(formats=("%Y-%m-%d",)),
        words={"label_illicit": {"2": "true", "1": "false"}},
    )
    path = csv_of(tmp_path, "t,d,a,l", *(f"2024-01-01,x,1,{word}" for word in ("2.0", "1.0", "0.0", "3.0")))
    reading = read(path, mapping)
    assert reading.transfers["label_illicit"].to_list() == [True, False, False]
    assert why(reading) == [(3, "label_illicit", "3.0", "label_unknown")]


def test_steps_as_floats_in_text(tmp_path: Path) -> None:
    tail = "CASH,1.5,5,6,bank_a,bank_a,3,0.0,-1.0,4"
    path = csv_of(tmp_path, HEADERS["amlgentex"], *(f"{step},{tail}" for step in ("12.0", "3", "1.5", ".0", "x.0")))
    reading = read(path)
    assert reading.transfers["booked_at"].to_list() == [
        datetime(2020, 1, 13, tzinfo=UTC),
        datetime(2020, 1, 4, tzinfo=UTC),
    ]
    assert reading.transfers["label_attempt"].to_list() == [None, None]
    assert why(reading) == [(at, "step", text, "time_unreadable") for at, text in ((2, "1.5"), (3, ".0"), (4, "x.0"))]


@pytest.mark.parametrize("dtype", [pl.Float64, pl.Float32])
def test_amlgentex_all_floats(dtype: type[pl.DataType], tmp_path: Path) -> None:
    numbers = ("step", "amount", "nameOrig", "nameDest", "isSAR", "patternID", "modelType")
    frame = table("amlgentex").with_columns(pl.col(numbers).cast(pl.Float64).cast(dtype))
    reading, expected = read(written(frame, tmp_path)), read(csv_of(tmp_path, text_of("amlgentex").strip()))
    same = [name for name in reading.transfers.columns if name != "amount"]
    assert reading.transfers.select(same).equals(expected.transfers.select(same))
    assert reading.reasons == expected.reasons
    assert FLOAT_NOTE in reading.assumptions
    assert FLOAT_NOTE not in expected.assumptions


def test_a_number_that_is_not_whole_costs_its_row(tmp_path: Path) -> None:
    ids = [4254.0, 1.5, 2.0**53, float("nan"), float("inf"), None]
    frame = pl.DataFrame(
        {
            "tran_id": [1, 2, 3, 4, 5, 6],
            "orig_acct": ids,
            "bene_acct": ["b"] * 6,
            "tx_type": ["WIRE"] * 6,
            "base_amt": ["1.5"] * 6,
            "tran_timestamp": ["2017-01-01T00:00:00Z"] * 6,
            "is_sar": [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            "alert_id": [7.0, -1.0, -1.0, -1.0, -1.0, None],
        }
    )
    reading = read(written(frame, tmp_path))
    assert reading.transfers.select("transaction_id", "debtor_account", "label_illicit", "label_attempt").rows() == [
        ("1", "4254", True, "7"),
        ("4", None, False, None),
        ("6", None, False, None),
    ]
    assert [(row, field, reason) for row, field, _, reason in why(reading)] == [
        (at, "debtor_account", "number_not_whole") for at in (1, 2, 4)
    ]
    assert FLOAT_NOTE not in reading.assumptions


def test_accounts_with_floats(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "account": [7.0, 8.5],
            "currency": ["GBP", "GBP"],
            "registered_money_service": [1.0, 0.0],
        }
    )
    reading = read_accounts(written(frame, tmp_path))
    assert reading.accounts.select("account", "registered_money_service").rows() == [("7", True)]
    assert reading.reasons == {"number_not_whole": 1}
    amlsim = pl.DataFrame({"acct_id": [1], "acct_rptng_crncy": ["USD"], "initial_deposit": [10.005]})
    assert FLOAT_NOTE in read_accounts(written(amlsim, tmp_path)).assumptions


@pytest.mark.parametrize("typed", [("Date",), ("Time",), ("Date", "Time")])
def test_saml_d_with_typed_times(typed: tuple[str, ...], tmp_path: Path) -> None:
    frame = table("saml-d").head(3)
    casts = {"Date": pl.col("Date").str.to_date(), "Time": pl.col("Time").str.to_time()}
    reading = read(written(frame.with_columns([casts[name] for name in typed]), tmp_path))
    assert reading.rows_kept == 3
    assert reading.transfers["booked_at"].dt.time().to_list() == [time(10, 35, 19 + at) for at in range(3)]
    assert reading.transfers["booked_at"].dt.date().to_list() == [date(2022, 10, 7)] * 3


def test_moneytrail_rows_are_not_called_unread(tmp_path: Path) -> None:
    assert read(csv_of(tmp_path, text_of("moneytrail").strip())).assumptions == (UTC_NOTE,)
    path = csv_of(tmp_path, HEADERS["moneytrail"] + ",more", "t1,0,2024-03-01T10:00:00Z,A,B,1,GBP,card,,x")
    assert read(path).assumptions == (UTC_NOTE, "columns not read: more")


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/London"])
def test_times_with_a_zone_are_not_assumed(zone: str | None, tmp_path: Path) -> None:
    when = pl.Series([datetime(2024, 7, 1, 12, tzinfo=UTC)]).dt.replace_time_zone(zone)
    frame = table("moneytrail").head(1).with_columns(when.alias("booked_at"), pl.col("amount").cast(pl.Int64))
    reading = read(written(frame, tmp_path))
    assert (UTC_NOTE in reading.assumptions) == (zone is None)
    assert reading.transfers["booked_at"][0].hour == (11 if zone == "Europe/London" else 12)


def test_float_amounts_of_a_mapping_that_rejects(tmp_path: Path) -> None:
    mapping = Mapping(
        name="own",
        columns={"booked_at": ("t",), "debtor_account": ("d",), "amount": ("a",)},
        amount=AmountForm(currency="EUR"),
        time=TimeForm(formats=("%Y-%m-%d",)),
    )
    frame = pl.DataFrame({"t": ["2024-01-01"] * 2, "d": ["x"] * 2, "a": [0.1 + 0.2, 1.25]})
    reading = read(written(frame, tmp_path), mapping)
    assert reading.transfers["amount"].to_list() == [125]
    note = "amounts are floating-point numbers in the file: those with more decimals than the currency are rejected"
    assert note in reading.assumptions
