"""How counts, shares, sums and ranges are written: each sentence must stay true for any value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moneytrail.wording import at_least, at_most, listed, money, part, percent, shares, span, sums, times

SHARES = st.floats(0, 1, allow_nan=False)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, "All of the payers"),
        (0.0, "None of the payers"),
        (0.93, "93 % of the payers"),
        (0.9999, "More than 99 % of the payers"),
        (0.0001, "Less than 1 % of the payers"),
    ],
)
def test_a_share_opens_a_sentence(share: float, said: str) -> None:
    assert part(share, "the payers") == said


@given(SHARES)
def test_only_all_is_all_and_only_nothing_is_nothing(share: float) -> None:
    assert (percent(share) == "100 %") == (share == 1)
    assert (percent(share) == "0 %") == (share == 0)


@given(SHARES)
def test_a_bound_is_never_rounded_past_the_share(share: float) -> None:
    low, high = (int(said.removesuffix(" %")) for said in (at_least(share), at_most(share)))
    assert low <= share * 100 + 1e-6
    assert high >= share * 100 - 1e-6
    assert high - low <= 1


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.95, 0.95, "95 %"), (0.88, 0.99, "88 % to 99 %"), (0.951, 0.952, "95 % to 96 %")]
)
def test_a_range_of_shares_is_rounded_outwards(low: float, high: float, said: str) -> None:
    assert shares(low, high) == said


@pytest.mark.parametrize(
    ("low", "high", "decimals", "said"),
    [
        (14, 14, 0, "14 days"),
        (1, 1, 0, "1 day"),
        (6.5, 15.52, 1, "6.5 to 15.5 days"),
        (1000, 2000, 0, "1,000 to 2,000 days"),
    ],
)
def test_a_range_has_one_end_where_both_are_the_same(low: float, high: float, decimals: int, said: str) -> None:
    assert span(low, high, "day", decimals) == said


@pytest.mark.parametrize(
    ("minor", "currency", "said"), [(-5, "GBP", "-£0.05"), (-12_345, "EUR", "-€123.45"), (-7, "JPY", "-JPY 7")]
)
def test_money_below_zero_keeps_its_digits(minor: int, currency: str, said: str) -> None:
    assert money(minor, currency) == said


def test_sums_of_one_size_are_named_once() -> None:
    assert sums(40_000, 60_000, "GBP") == "£400.00 to £600.00"
    assert sums(40_000, 40_000, "GBP") == "£400.00"


def test_how_often() -> None:
    assert [times(number) for number in (1, 2, 3, 1000)] == ["once", "twice", "3 times", "1,000 times"]


def test_words_in_a_row() -> None:
    assert listed([]) == "none"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b", "c"], 2) == "a, b and others"
    assert listed(["a", "b"], 2) == "a and b"
