"""Amounts against the decimal module, and at the edges of 64 bits."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moneytrail.readers.amounts import FINE, NOT_A_NUMBER, TOO_LARGE, TOO_MANY_DECIMALS, minor_units
from moneytrail.readers.mapping import AmountForm

ROUND = AmountForm(rounding="half_even")
NUMBERS = st.from_regex(r"\A-?[0-9]{1,22}(\.[0-9]{0,22})?(e-?[0-9]{1,2})?\Z", alphabet="0123456789.-e")


def made(text: str | None, exponent: int, form: AmountForm = ROUND) -> tuple[int, int, bool]:
    amounts = minor_units(pl.Series([text], dtype=pl.String), np.array([exponent], np.int64), form)
    return int(amounts.value[0]), int(amounts.fault[0]), bool(amounts.rounded[0])


def slow(text: str, exponent: int) -> tuple[int, int, bool]:
    with localcontext() as context:
        context.prec = 200
        exact = Decimal(text).scaleb(exponent)
        whole = exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        if abs(whole) >= 2**63:
            return 0, TOO_LARGE, False
        return int(whole), FINE, whole != exact


@given(NUMBERS, st.sampled_from([0, 2, 3, 8]))
@example("0.125", 2)
@example("0.135", 2)
@example("-0.125", 2)
@example("92233720368547758.07", 2)
@example("92233720368547758.08", 2)
@example("9223372036854775807.5", 0)
@example("-9223372036854775808", 0)
@example("0.0000000000000000000000000000000000000000000001", 2)
@example("0e99", 2)
@settings(max_examples=200, deadline=None)
def test_equals_the_decimal_module(text: str, exponent: int) -> None:
    assert made(text, exponent) == slow(text, exponent)


@given(st.text(alphabet="0123456789.,+-eE_ x٣", max_size=8))
@settings(max_examples=120, deadline=None)
def test_what_is_no_number_is_refused(text: str) -> None:
    bare = text.strip()
    try:
        number = Decimal(bare)
    except InvalidOperation:
        number = None
    allowed = number is not None and bare.isascii() and "_" not in bare
    assert (made(text, 2)[1] == NOT_A_NUMBER) == (not allowed)


@pytest.mark.parametrize("text", [None, "", " ", ".", "-", "1.2.3", "1,000", "0x10", "inf", "1e", "--1"])
def test_no_number(text: str | None) -> None:
    assert made(text, 2) == (0, NOT_A_NUMBER, False)


def test_more_decimals_than_the_currency_has_are_refused_unless_they_are_zeros() -> None:
    strict = AmountForm()
    assert made("1.005", 2, strict) == (0, TOO_MANY_DECIMALS, False)
    assert made("1.5e-9", 2, strict) == (0, TOO_MANY_DECIMALS, False)
    assert made("1.500", 2, strict) == (150, FINE, False)
    assert made("12.00", 0, strict) == (12, FINE, False)


def test_decimal_comma_and_thousands() -> None:
    german = AmountForm(decimal=",", thousands=".")
    assert made("1.234.567,89", 2, german) == (123456789, FINE, False)
    assert made("1234,5", 2, german) == (123450, FINE, False)
    comma = AmountForm(decimal=",")
    assert made("1.50", 2, comma)[1] == NOT_A_NUMBER
    french = AmountForm(decimal=",", thousands="\u202f")
    assert made("1\u202f234,50", 2, french) == (123450, FINE, False)


def test_whole_numbers_of_parquet() -> None:
    series = pl.Series([5, None, 2**63 - 1, -(2**63)], dtype=pl.Int64)
    amounts = minor_units(series, np.array([0, 0, 0, 0], np.int64), ROUND)
    assert amounts.value.tolist() == [5, 0, 2**63 - 1, 0]
    assert amounts.fault.tolist() == [FINE, NOT_A_NUMBER, FINE, TOO_LARGE]
    major = minor_units(series, np.array([2, 2, 2, 2], np.int64), ROUND)
    assert major.value.tolist() == [500, 0, 0, 0]
    assert major.fault.tolist() == [FINE, NOT_A_NUMBER, TOO_LARGE, TOO_LARGE]
