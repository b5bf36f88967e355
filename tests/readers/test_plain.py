"""Reading from bytes is a shortcut: it must come to what the reading of text comes to, whatever the file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from moneytrail.readers.mapping import AmountForm, Mapping, TimeForm
from moneytrail.readers.text import TextSource
from tests.readers.samples import read_in_blocks

if TYPE_CHECKING:
    from pathlib import Path

    from moneytrail.readers import Reading

HEADER = "transaction_id,booked_at,debtor_account,creditor_account,amount,currency,channel,reference"
COLUMNS: dict[str, tuple[str, ...]] = {name: (name,) for name in HEADER.split(",")}
MINOR = AmountForm(unit="minor")
MAPPINGS = {
    "layout": None,
    "major": Mapping("major", COLUMNS, time=TimeForm(formats=("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%.fZ"))),
    "rounded": Mapping(
        "rounded",
        COLUMNS,
        amount=AmountForm(rounding="half_even", negative="swap", currency="GBP"),
        time=TimeForm(formats=("%Y-%m-%dT%H:%M:%S%.fZ",)),
        words={"channel": {"nonsense": "wire", "": "cash"}},
        absent={"currency": ("USD",)},
    ),
    "local": Mapping(
        "local", COLUMNS, amount=MINOR, time=TimeForm(formats=("%Y-%m-%d %H:%M:%S",), timezone="Europe/London")
    ),
    "days": Mapping("days", COLUMNS, amount=MINOR, time=TimeForm(formats=("%d/%m/%Y", "%Y-%m-%dT%H:%M:%S%.fZ"))),
}

GOOD = {
    "transaction_id": ("1", "2", "3", "40", "x"),
    "booked_at": ("2025-04-01T00:02:20.315601Z", "2024-02-29T23:59:59Z", "2025-12-31T12:00:00.123456789Z"),
    "debtor_account": ("A", "B1", "", "ä-ö"),
    "creditor_account": ("B", "LONGER-ACCOUNT-NAME-123"),
    "amount": ("1", "100", "12.30", "0.005", "007", "999999999999999999", "5."),
    "currency": ("GBP", "JPY", "gbp", "BTC", "USD"),
    "channel": ("card", "cash", "Wire", ""),
    "reference": ("", "rent", " x ", "ab\rc", "\u00a0y"),
}
BAD = {
    "transaction_id": ("", " 7"),
    "booked_at": ("yesterday", "2025-02-30T00:00:00Z", "2025-04-01 10:00:00", "1950-01-01T00:00:00Z", "01/04/2025"),
    "debtor_account": (" A ", '"q"', 'a"b'),
    "creditor_account": ("",),
    "amount": ("-5", "-0", "1e3", "abc", "", " 4", "12.345", "9223372036854775808", ".5"),
    "currency": ("XXX", "", " GBP"),
    "channel": ("nonsense", " cash"),
    "reference": ('"a,b"', '"two\nlines"', 'st"ray'),
}


def field(name: str, dirty: bool) -> st.SearchStrategy[str]:
    return st.sampled_from(GOOD[name] + BAD[name] * dirty)


def tables(dirty: bool) -> st.SearchStrategy[str]:
    row = st.tuples(*(field(name, dirty) for name in COLUMNS)).map(",".join)
    return st.builds(
        lambda rows, end, last: end.join([HEADER, *rows]) + end * last,
        st.lists(row, max_size=8),
        st.sampled_from(["\n", "\r\n"]),
        st.booleans(),
    )


def same(one: Reading, other: Reading) -> None:
    assert_frame_equal(one.transfers, other.transfers)
    assert_frame_equal(one.rejected, other.rejected)
    assert replace(one, transfers=other.transfers, rejected=other.rejected) == other


@pytest.mark.parametrize("mapping", MAPPINGS)
@given(text=st.one_of(tables(False), tables(True)), block=st.sampled_from([64, 300, 1 << 20]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_the_shortcut_changes_nothing(mapping: str, text: str, block: int, tmp_path: Path) -> None:
    path = tmp_path / "transfers.csv"
    path.write_bytes(text.encode())
    quick = read_in_blocks([path], MAPPINGS[mapping], block, 1)
    with patch.object(TextSource, "_cut", lambda _self, _block: None):
        slow = read_in_blocks([path], MAPPINGS[mapping], block, 1)
    same(quick, slow)
