"""How money, times and counts are written in explanations: the same everywhere, in plain British English."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from moneytrail.schema import CURRENCY_EXPONENTS

SIGNS: Final = {"GBP": "£", "EUR": "€", "USD": "US$"}


def money(minor: float, currency: str) -> str:
    """Minor units as an investigator writes them: ``£23,400.00``, ``JPY 5,000``."""
    exponent = CURRENCY_EXPONENTS[currency]
    sign = SIGNS.get(currency, f"{currency} ")
    whole, rest = divmod(round(minor), 10**exponent)
    return f"{sign}{whole:,}" + (f".{rest:0{exponent}d}" if exponent else "")


def day(microseconds: int) -> str:
    """A time as its day in UTC: ``3 May 2025``."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return f"{moment.day} {moment:%B %Y}"


def month(number: int) -> str:
    """A calendar month, as a running number from January 1970: ``May 2025``."""
    return f"{datetime(1970 + number // 12, number % 12 + 1, 1, tzinfo=UTC):%B %Y}"


def between(start: int, end: int) -> str:
    """Two times as ``between 3 May 2025 and 28 May 2025``, or ``on 3 May 2025``."""
    first, last = day(start), day(end)
    return f"on {first}" if first == last else f"between {first} and {last}"


def counted(number: float, one: str, many: str | None = None) -> str:
    """``1 payer``, ``14 payers``."""
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """A share as a whole percentage: ``93 %``. Nothing that is not all is called 100 %, nothing that is there 0 %."""
    whole = f"{share * 100:.0f}"
    if share < 1 and whole == "100":
        return "more than 99 %"
    if share > 0 and whole == "0":
        return "less than 1 %"
    return f"{whole} %"


def score(value: float) -> str:
    """A score with two decimals, cut and not rounded: 0.998 is not written as certain."""
    return f"{int(value * 100 + 1e-9) / 100:.2f}"


def plain_id(account: str) -> str:
    """An account in a sentence."""
    return f"account {account}"


def sentence_id(account: str) -> str:
    """An account at the beginning of a sentence; its own letters stay as they are."""
    return f"Account {account}"
