"""How money, times and counts are written in explanations: the same everywhere, in plain British English."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING, Final

from moneytrail.schema import CURRENCY_EXPONENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNS: Final = {"GBP": "£", "EUR": "€", "USD": "US$"}


def money(minor: float, currency: str) -> str:
    """Minor units as an investigator writes them: ``£23,400.00``, ``JPY 5,000``, ``-£0.05``."""
    exponent = CURRENCY_EXPONENTS[currency]
    sign = SIGNS.get(currency, f"{currency} ")
    whole, rest = divmod(abs(round(minor)), 10**exponent)
    below = "-" if round(minor) < 0 else ""
    return f"{below}{sign}{whole:,}" + (f".{rest:0{exponent}d}" if exponent else "")


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


def part(share: float, whole: str) -> str:
    """How much of something, to open a sentence: ``All of it``, ``None of the payers``, ``More than 99 % of it``."""
    if share >= 1 or share <= 0:
        return f"{'All' if share > 0 else 'None'} of {whole}"
    said = percent(share)
    return f"{said[0].upper()}{said[1:]} of {whole}"


def at_least(share: float) -> str:
    """A share cut to a whole percentage, so that "or more" stays true: 0.899 as ``89 %``."""
    return f"{floor(share * 100 + 1e-9)} %"


def at_most(share: float) -> str:
    """A share rounded up to a whole percentage, so that "or less" stays true: 0.071 as ``8 %``."""
    return f"{ceil(share * 100 - 1e-9)} %"


def shares(low: float, high: float) -> str:
    """A range of shares, rounded outwards: ``88 % to 99 %``, ``95 %``."""
    first, last = at_least(low), at_most(high)
    return first if first == last else f"{first} to {last}"


def sums(low: float, high: float, currency: str) -> str:
    """A range of sums in minor units: ``£400.00 to £600.00``, ``£400.00``."""
    first, last = money(low, currency), money(high, currency)
    return first if first == last else f"{first} to {last}"


def span(low: float, high: float, unit: str, decimals: int = 0) -> str:
    """A range with its unit: ``6.5 to 15.5 days``, ``14 days``, ``1 day``."""
    first, last = f"{low:,.{decimals}f}", f"{high:,.{decimals}f}"
    units = unit if last == "1" else f"{unit}s"
    return f"{last} {units}" if first == last else f"{first} to {last} {units}"


def times(number: float) -> str:
    """How often: ``once``, ``twice``, ``3 times``."""
    return {1: "once", 2: "twice"}.get(int(number), f"{number:,.0f} times")


def listed(words: Sequence[str], most: int | None = None) -> str:
    """Words in a row: ``a, b and c``, ``none``; with `most`, no more of them are named: ``a, b and others``."""
    shown = list(words) if most is None or len(words) <= most else [*words[:most], "others"]
    if len(shown) <= 1:
        return shown[0] if shown else "none"
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def score(value: float) -> str:
    """A score with two decimals, cut and not rounded: 0.998 is not written as certain."""
    return f"{int(value * 100 + 1e-9) / 100:.2f}"


def plain_id(account: str) -> str:
    """An account in a sentence."""
    return f"account {account}"


def sentence_id(account: str) -> str:
    """An account at the beginning of a sentence; its own letters stay as they are."""
    return f"Account {account}"
