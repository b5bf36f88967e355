"""Amounts, from text to minor units, exactly: no number passes through a float.

Nearly every amount is short and plain: those are done in one sweep over arrays of int64. The few others (an exponent,
a plus sign, twenty digits) are done one by one with whole numbers of any size, by the same rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from moneytrail.readers.mapping import AmountForm

FINE: Final = 0
NOT_A_NUMBER: Final = 1
TOO_LARGE: Final = 2
TOO_MANY_DECIMALS: Final = 3

_LARGEST: Final = 2**63 - 1
_LONGEST_TEXT: Final = 400
_PLAIN: Final = r"^-?[0-9]+(?:\.[0-9]*)?$"
_ANY: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_POWERS: Final = 10 ** np.arange(19, dtype=np.int64)
_ROOM: Final = _LARGEST // _POWERS


@dataclass(frozen=True, slots=True)
class Amounts:
    """`value` int64[n] in minor units, 0 where `fault` uint8[n] is not ``FINE``; `rounded` bool[n]."""

    value: np.ndarray
    fault: np.ndarray
    rounded: np.ndarray


def minor_units(amounts: pl.Series, exponents: np.ndarray, form: AmountForm) -> Amounts:
    """Return the amounts in minor units.

    Parameters
    ----------
    amounts : Series of String, or of an integer dtype that fits int64
    exponents : int64[n]
        Decimal places of each row's minor unit; 0 where the text is in minor units already. Less the decimal places
        that are hidden in an integer.
    form : AmountForm
        Decimal mark, thousands separator, and what to do with more decimals than the currency has: refuse, or round
        half to even in decimal, as the text stands. Zeros behind the last place are no decimals.

    Notes
    -----
    Accepted: an optional sign, digits, an optional decimal mark, an optional exponent of ten. Blanks around it are
    not counted. The value is within -(2**63 - 1) and 2**63 - 1.
    """
    if amounts.dtype.is_integer():
        return _ruled(_whole_numbers(amounts, exponents), form)
    texts = _normal(amounts, form)
    mantissa, decimals, simple = _plain_parts(texts)
    value, rounded, fits = _scaled(mantissa, exponents - decimals)
    fault = np.zeros(len(texts), np.uint8)
    slow = np.flatnonzero(~(simple & fits))
    if slow.size:
        others = texts.gather(slow).to_list()
        for at, text, exponent in zip(slow.tolist(), others, exponents[slow].tolist(), strict=True):
            value[at], fault[at], rounded[at] = _exact(text, exponent)
    return _ruled(Amounts(value, fault, rounded), form)


def _normal(amounts: pl.Series, form: AmountForm) -> pl.Series:
    texts = amounts.str.strip_chars()
    if form.thousands:
        texts = texts.str.replace_all(form.thousands, "", literal=True)
    if form.decimal != ".":
        # A point is no decimal mark here: make such a text fail, do not let it pass for one.
        texts = texts.str.replace_all(".", "?", literal=True).str.replace_all(form.decimal, ".", literal=True)
    return texts


def _plain_parts(texts: pl.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the digits as int64[n], the number of decimals int64[n], and whether both hold, bool[n]."""
    frame = texts.to_frame("t").select(
        mantissa=pl.col("t").str.replace(".", "", literal=True).cast(pl.Int64, strict=False),
        decimals=pl.col("t").str.len_bytes().cast(pl.Int64)
        - pl.col("t").str.find(".", literal=True).cast(pl.Int64)
        - 1,
        plain=pl.col("t").str.contains(_PLAIN),
    )
    simple = (frame["plain"] & frame["mantissa"].is_not_null() & (frame["mantissa"] > -_LARGEST - 1)).fill_null(False)
    mantissa = frame["mantissa"].fill_null(0).to_numpy()
    return (
        np.where(simple.to_numpy(), mantissa, 0),
        frame["decimals"].fill_null(0).to_numpy(),
        simple.to_numpy(),
    )


def _scaled(mantissa: np.ndarray, shift: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mantissa * 10**shift rounded half to even, whether it was rounded, and whether int64 sufficed."""
    if not shift.any():
        return mantissa, np.zeros(mantissa.size, np.bool_), np.ones(mantissa.size, np.bool_)
    size = np.abs(mantissa)
    if (shift < 0).any():
        down = _POWERS[np.clip(-shift, 0, 18)]
        quotient, rest = np.divmod(size, down)
        quotient += (2 * rest > down) | ((2 * rest == down) & (quotient % 2 == 1))
    else:
        quotient, rest = size, np.zeros_like(size)
    at = np.clip(shift, 0, 18)
    fits = (np.abs(shift) <= 18) & (quotient <= _ROOM[at])
    value = np.where(fits, quotient * np.sign(mantissa), 0) * _POWERS[at]
    return value, rest != 0, fits


def _exact(text: str | None, exponent: int) -> tuple[int, int, bool]:
    """Return (value, fault, rounded) of one text, by whole numbers of any size."""
    if text is None or len(text) > _LONGEST_TEXT or _ANY.fullmatch(text) is None:
        return 0, NOT_A_NUMBER, False
    sign, digits, power = Decimal(text).as_tuple()
    shift = int(power) + exponent
    mantissa = int("".join(map(str, digits)))
    if mantissa == 0:
        return 0, FINE, False
    if shift + len(digits) > 2 * 19 + _LONGEST_TEXT:
        return 0, TOO_LARGE, False
    if shift >= 0:
        size, rounded = mantissa * 10**shift, False
    else:
        size, rounded = _half_even(mantissa, 10 ** min(-shift, len(digits) + 1))
    if size > _LARGEST:
        return 0, TOO_LARGE, False
    return -size if sign else size, FINE, rounded


def _half_even(dividend: int, divisor: int) -> tuple[int, bool]:
    quotient, rest = divmod(dividend, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and quotient % 2):
        quotient += 1
    return quotient, rest != 0


def _whole_numbers(amounts: pl.Series, exponents: np.ndarray) -> Amounts:
    absent = amounts.is_null().to_numpy()
    mantissa = amounts.cast(pl.Int64).fill_null(0).to_numpy()
    lowest = mantissa == -_LARGEST - 1
    value, rounded, fits = _scaled(np.where(lowest, 0, mantissa), exponents)
    fault = np.where(absent, NOT_A_NUMBER, np.where(lowest | ~fits, TOO_LARGE, FINE)).astype(np.uint8)
    return Amounts(value, fault, rounded)


def _ruled(amounts: Amounts, form: AmountForm) -> Amounts:
    """Refuse what was rounded, unless the form allows it."""
    rounded = amounts.rounded & (amounts.fault == FINE)
    if form.rounding == "half_even":
        return Amounts(amounts.value, amounts.fault, rounded)
    fault = np.where(rounded, TOO_MANY_DECIMALS, amounts.fault).astype(np.uint8)
    return Amounts(np.where(rounded, 0, amounts.value), fault, np.zeros(rounded.size, np.bool_))
