"""What each layout makes of its sample rows, value by value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from moneytrail.readers import Reading, read
from tests.readers.samples import mapping_of, text_of

if TYPE_CHECKING:
    from pathlib import Path


def reading_of(name: str, tmp_path: Path, **options: Any) -> Reading:
    path = tmp_path / "transfers.csv"
    path.write_text(text_of(name), encoding="utf-8")
    return read(path, mapping_of(name), **options)


def rows(reading: Reading, *names: str) -> list[tuple[Any, ...]]:
    return reading.transfers.select(names).rows()


def reasons(reading: Reading) -> list[tuple[Any, ...]]:
    return reading.rejected.select("line", "row", "field", "value", "reason").rows()


SIDES = ("transaction_id", "debtor_account", "creditor_account", "amount", "currency", "channel")


def test_moneytrail(tmp_path: Path) -> None:
    reading = reading_of("moneytrail", tmp_path)
    assert rows(reading, *SIDES) == [
        ("t1", "A", "B", 1250, "GBP", "credit_transfer"),
        ("t2", None, "B", 2**53 + 1, "GBP", "cash"),
        ("t3", "A", "A", 0, "JPY", "internal"),
    ]
    assert reading.transfers["reference"].to_list() == ["rent", 'two\nlines, "quoted"', None]
    assert reading.transfers["booked_at"][1] == datetime(2024, 3, 1, 10, 0, 0, 1, tzinfo=UTC)
    assert reasons(reading) == [(6, 3, "booked_at", "yesterday", "time_unreadable")]


def test_amlworld(tmp_path: Path) -> None:
    reading = reading_of("amlworld", tmp_path)
    assert rows(reading, *SIDES) == [
        ("0", "10/8000EBD30", "11/8000F5340", 369734, "USD", "internal"),
        ("1", "3/A1", "4/B1", 15000, "JPY", "credit_transfer"),
        ("2", "3/A1", "4/B1", 12345, "BTC", "crypto"),
    ]
    credited = rows(reading, "credited_amount", "credited_currency")
    assert credited == [(None, None), (10000, "EUR"), (None, None)]
    assert rows(reading, "debtor_institution", "creditor_institution", "label_illicit")[1] == ("3", "4", True)
    assert reading.transfers["booked_at"][0] == datetime(2022, 9, 1, 0, 20, tzinfo=UTC)
    assert reading.rows_rounded == 1
    assert reasons(reading) == [(5, 3, "currency", "Florin", "currency_unknown")]


def test_amlsim(tmp_path: Path) -> None:
    reading = reading_of("amlsim", tmp_path)
    assert rows(reading, *SIDES) == [
        ("1", "4254", "28", 46708, "USD", "credit_transfer"),
        ("2", "2532", "316", 83450, "USD", "credit_transfer"),
    ]
    assert rows(reading, "label_illicit", "label_attempt") == [(False, None), (True, "7")]
    assert reasons(reading) == [
        (4, 2, "transaction_id", "2", "duplicate_transaction_id"),
        (5, 3, "amount", "-1.00", "amount_negative"),
    ]
    assert reading.totals == {"USD": {"read": 213508, "kept": 130158, "rejected": 83350}}


def test_amlgentex(tmp_path: Path) -> None:
    reading = reading_of("amlgentex", tmp_path)
    assert rows(reading, *SIDES) == [
        ("0", None, "5", 4064962, "USD", "internal"),
        ("1", "5", "6", 44100, "USD", "credit_transfer"),
        ("2", "5", None, 0, "USD", "cash"),
    ]
    institutions = rows(reading, "debtor_institution", "creditor_institution")
    assert institutions == [(None, "bank_a"), ("bank_a", "bank_a"), ("bank_a", None)]
    assert rows(reading, "label_illicit", "label_attempt", "label_typology")[1] == (True, "12", "4")
    assert rows(reading, "label_attempt", "label_typology")[0] == (None, None)
    assert reading.transfers["booked_at"][2] == datetime(2020, 1, 3, tzinfo=UTC)
    assert reading.rows_rounded == 2
    assert reading.reasons == {"both_accounts_absent": 1}


def test_saml_d(tmp_path: Path) -> None:
    reading = reading_of("saml-d", tmp_path)
    assert rows(reading, *SIDES) == [
        ("0", "8724731955", "2769355426", 145915, "GBP", "cash"),
        ("1", "1491989064", "8401255335", 601964, "GBP", "wire"),
        ("2", "1", "2", 10050, "ALL", "credit_transfer"),
    ]
    assert rows(reading, "debtor_country", "creditor_country", "label_typology")[1] == ("UK", "UAE", "Normal_Fan_Out")
    assert reading.transfers["booked_at"][0] == datetime(2022, 10, 7, 10, 35, 19, tzinfo=UTC)
    assert reading.transfers["credited_amount"].null_count() == 3
    assert reasons(reading) == [(5, 3, "date", "2022-10-07", "time_unreadable")]


def test_paysim(tmp_path: Path) -> None:
    reading = reading_of("paysim", tmp_path)
    assert rows(reading, *SIDES, "location") == [
        ("0", "C1", "M1", 983964, "USD", "other", None),
        ("1", None, "C2", 18100, "USD", "cash", "C9"),
        ("2", "C2", None, 18100, "USD", "cash", "C9"),
    ]
    assert reading.transfers["booked_at"][1] == datetime(2020, 1, 1, 2, tzinfo=UTC)
    assert reasons(reading) == [(5, 3, "amount", "much", "amount_not_a_number")]
    assert reading.rows_unmeasured == 1


def test_statement(tmp_path: Path) -> None:
    reading = reading_of("statement", tmp_path)
    assert rows(reading, *SIDES) == [
        ("1", "own-1", "DE1/77", 123450, "EUR", "credit_transfer"),
        ("2", None, "own-1", 1200, "EUR", "cash"),
    ]
    assert rows(reading, "debtor_institution", "creditor_institution") == [(None, "DE1"), (None, None)]
    # The last Sunday of March 2024 begins in winter time; the day after is summer time.
    assert reading.transfers["booked_at"].to_list() == [
        datetime(2024, 3, 30, 23, tzinfo=UTC),
        datetime(2024, 3, 31, 22, tzinfo=UTC),
    ]
    assert reasons(reading) == [
        (4, 2, "direction", "SIDEWAYS", "direction_unknown"),
        (5, 3, "amount", "12,005", "amount_too_many_decimals"),
    ]


def test_columns_may_come_in_any_order_and_more_of_them(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text(
        "extra,base_amt,tran_timestamp,bene_acct,orig_acct,tran_id,tx_type\nx,1.5,2017-01-01T00:00:00Z,b,a,1,HUH\n",
        encoding="utf-8",
    )
    reading = read(path)
    assert rows(reading, *SIDES) == [("1", "a", "b", 150, "USD", "other")]
    assert reading.transfers["label_illicit"].to_list() == [None]
    assert "columns not read: extra" in reading.assumptions
    assert "a channel word has no meaning in 1 rows: `other` assumed" in reading.assumptions


def test_a_currency_given_replaces_the_one_assumed(tmp_path: Path) -> None:
    reading = reading_of("amlsim", tmp_path, currency="JPY")
    assert rows(reading, "amount", "currency") == [(467, "JPY"), (834, "JPY")]
    assert reading.rows_rounded == 2
    assert not any("USD" in note for note in reading.assumptions)


def test_layout_by_name(tmp_path: Path) -> None:
    assert reading_of("amlsim", tmp_path, layout="amlsim").layout == "amlsim"


@pytest.mark.parametrize("at", [2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1])
def test_large_amounts_survive(tmp_path: Path, at: int) -> None:
    path = tmp_path / "large.csv"
    header = text_of("moneytrail", [])
    path.write_text(header + f"t1,0,2024-03-01T10:00:00Z,A,B,{at},GBP,card,\n", encoding="utf-8")
    assert read(path).transfers["amount"].to_list() == [at]
