"""Amounts in the reference currency: exact, rounded half up once, and refused rather than wrong."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal, localcontext
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moneytrail.errors import MissingRateError, ParameterError
from moneytrail.rates import ExchangeRates
from moneytrail.schema import CURRENCY, CURRENCY_EXPONENTS

CODES = ("GBP", "USD", "EUR", "JPY", "KWD", "BTC")
LARGEST = 2**63 - 1
# Six decimals, so that a minor unit's rate is a whole number of million-millionths for every pair of exponents.
RATES = st.integers(1, 10**15).map(lambda millionths: Decimal(millionths) / 10**6)


def frame(*rows: tuple[int, str]) -> pl.DataFrame:
    amounts, codes = [row[0] for row in rows], [row[1] for row in rows]
    return pl.DataFrame({"amount": amounts, "currency": codes}, schema={"amount": pl.Int64, "currency": CURRENCY})


def half_up(amount: int, rate: Decimal, code: str, reference: str) -> int:
    """Plain decimal arithmetic with room for every digit."""
    with localcontext() as context:
        context.prec = 100
        exact = amount * rate * Decimal(10) ** (CURRENCY_EXPONENTS[reference] - CURRENCY_EXPONENTS[code])
        return int((exact + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


@given(st.integers(0, LARGEST), RATES, st.sampled_from(CODES[1:]))
@example(1, Decimal("0.5"), "USD")
@example(50_000_000, Decimal("0.01"), "BTC")
@example(2**53 + 1, Decimal(1), "USD")
@example(LARGEST, Decimal(1), "USD")
@example(LARGEST, Decimal(10**9), "JPY")
@example(340_282_366_920_938_464, Decimal(10**9), "JPY")
def test_conversion_is_exact_and_rounds_half_up(amount: int, rate: Decimal, code: str) -> None:
    rates = ExchangeRates.of("GBP", {code: str(rate)}, "test", "today")
    expected = half_up(amount, rate, code, "GBP")
    if expected > LARGEST:
        with pytest.raises(ParameterError, match="too large to convert to GBP"):
            rates.to_reference(frame((amount, code)))
    else:
        assert rates.to_reference(frame((amount, code))).to_list() == [expected]


def test_rows_keep_their_order_and_the_reference_its_amounts() -> None:
    rates = ExchangeRates.of("GBP", {"USD": "0.8", "JPY": "0.005"}, "test", "today")
    made = rates.to_reference(frame((100, "USD"), (7, "GBP"), (1, "JPY"), (3, "USD"), (2**53 + 1, "GBP")))
    # 1 yen is half a penny, and rounds up; 2.4 pence round down.
    assert made.to_list() == [80, 7, 1, 2, 2**53 + 1]
    assert made.dtype == pl.Int64


def test_only_reference_amounts_need_no_rate() -> None:
    assert ExchangeRates.of("JPY", {}, "test", "today").to_reference(frame((5, "JPY"))).to_list() == [5]
    assert ExchangeRates.of("JPY", {}, "test", "today").to_reference(frame()).to_list() == []


def test_a_missing_rate_is_named_with_its_transfers() -> None:
    rates = ExchangeRates.of("GBP", {"USD": "0.8"}, "test", "today")
    with pytest.raises(MissingRateError, match=r"from EUR to GBP \(2 transfers need it\)"):
        rates.to_reference(frame((1, "USD"), (1, "EUR"), (1, "JPY"), (1, "EUR")))


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "x", "", None, True, "1000000001", [1]])
def test_a_rate_that_is_none_is_refused(rate: object) -> None:
    with pytest.raises(ParameterError, match="the rate of USD"):
        ExchangeRates.of("GBP", {"USD": rate}, "test", "today")


@pytest.mark.parametrize("code", ["XXX", "usd", ""])
def test_an_unknown_currency_is_refused(code: str) -> None:
    with pytest.raises(ParameterError, match="not a known currency code"):
        ExchangeRates.of("GBP", {code: "1"}, "test", "today")
    with pytest.raises(ParameterError, match="not a known currency code"):
        ExchangeRates.of(code, {}, "test", "today")


def test_the_reference_is_one() -> None:
    assert ExchangeRates.of("GBP", {"GBP": "1.0"}, "test", "today").rates["GBP"] == 1
    with pytest.raises(ParameterError, match="must be 1"):
        ExchangeRates.of("GBP", {"GBP": "2"}, "test", "today")


def test_a_rate_too_fine_to_hold_is_refused_or_kept_but_never_worth_nothing() -> None:
    """Less than a million-millionth of a minor unit would be a factor of 0, and a fortune would count for nothing."""
    amount, rate = 10**18, Decimal("0.0000001")
    try:
        made = ExchangeRates.of("GBP", {"BTC": str(rate)}, "test", "today").to_reference(frame((amount, "BTC")))
    except ParameterError:
        return
    assert made.to_list() == [half_up(amount, rate, "BTC", "GBP")]


def test_the_shipped_rates_load_and_are_marked() -> None:
    rates = ExchangeRates.load()
    assert rates.reference == "GBP"
    assert rates.source == "unverified"
    assert {"GBP", "USD", "EUR"} <= set(rates.rates)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("reference = ", "is not TOML"),
        ('reference = "GBP"', r"has no \[rates\] table"),
        ('[rates]\nUSD = "0.8"', "reference = None"),
        ('reference = "GBP"\n[rates]\nUSD = "x"', "the rate of USD"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(ParameterError, match=reason) as caught:
        ExchangeRates.load(path)
    assert "mine.toml" in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot read"):
        ExchangeRates.load(tmp_path / "none.toml")
