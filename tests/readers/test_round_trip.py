"""Any canonical transfers, written as CSV or Parquet and read again, are the same."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from moneytrail.readers import read
from moneytrail.schema import CHANNELS, CURRENCIES, TRANSFER_SCHEMA, check_transfers
from tests.readers.samples import read_in_blocks

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
AMOUNT = st.integers(0, 2**63 - 1)
SIDES = st.one_of(st.tuples(TEXT, TEXT), st.tuples(TEXT, st.none()), st.tuples(st.none(), TEXT))
CREDIT = st.one_of(st.just((None, None)), st.tuples(AMOUNT, st.sampled_from(CURRENCIES)))
OPTIONAL = (
    "debtor_institution",
    "creditor_institution",
    "debtor_country",
    "creditor_country",
    "reference",
    "merchant_category",
    "location",
    "label_typology",
    "label_attempt",
)


@st.composite
def transfers(draw: st.DrawFn) -> pl.DataFrame:
    ids = draw(st.lists(TEXT, max_size=8, unique=True))
    rows: list[dict[str, Any]] = []
    for at, transaction_id in enumerate(ids):
        debtor, creditor = draw(SIDES)
        amount, currency = draw(AMOUNT), draw(st.sampled_from(CURRENCIES))
        credited_amount, credited_currency = draw(CREDIT)
        if (credited_amount, credited_currency) == (amount, currency):
            credited_amount = credited_currency = None
        row: dict[str, Any] = {
            "transaction_id": transaction_id,
            "row": at,
            "booked_at": draw(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
            "debtor_account": debtor,
            "creditor_account": creditor,
            "amount": amount,
            "currency": currency,
            "credited_amount": credited_amount,
            "credited_currency": credited_currency,
            "channel": draw(st.sampled_from(CHANNELS)),
            "label_illicit": draw(st.sampled_from([None, True, False])),
        }
        rows.append(row | {name: draw(st.none() | TEXT) for name in OPTIONAL})
    return check_transfers(pl.DataFrame(rows, schema=dict(TRANSFER_SCHEMA)))


@given(transfers(), st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_csv_round_trip(frame: pl.DataFrame, block_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transfers.csv"
        # Quoting everything is one way to write a CSV; the other is polars' own choice.
        frame.write_csv(path, quote_style="always" if block_bytes % 2 else "necessary")
        reading = read_in_blocks([path], None, block_bytes, 1)
        assert reading.reasons == {}
        assert_frame_equal(reading.transfers, frame)


@given(transfers())
@settings(max_examples=30, deadline=None)
def test_parquet_round_trip(frame: pl.DataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transfers.parquet"
        frame.write_parquet(path)
        reading = read(path)
        assert reading.reasons == {}
        assert_frame_equal(reading.transfers, frame)
