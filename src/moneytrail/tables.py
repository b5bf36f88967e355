"""What words, codes and places mean: purposes, trades, regions, corridors and the lines that structuring hugs.

These differ from country to country and from bank to bank, so they are configuration: ``tables.toml`` ships with the
package, and a file of one's own replaces it entry by entry. Nothing here names a person, a nationality or a bank.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from moneytrail.errors import ParameterError
from moneytrail.schema import CHANNELS, CURRENCY_EXPONENTS

SECTIONS: Final = ("home", "purposes", "trades", "regions", "staging", "corridors", "settlement", "lines")
COUNTRY: Final = re.compile(r"[A-Z]{2}")
CATEGORY: Final = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class Purpose:
    """How a purpose shows in a transfer.

    Attributes
    ----------
    words : tuple of str
        Whole words of the reference, without regard to case; one that ends in ``*`` matches every word beginning so.
    categories : tuple of str
        ISO 18245 merchant category codes.
    """

    words: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """A regular expression for its words; empty where it has none."""
        each = [re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in self.words]
        return rf"(?i)\b(?:{'|'.join(each)})\b" if each else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that structuring hugs.

    Amounts are compared with it in its own currency, without conversion, and only where it applies: by `channels`, and
    from the day `since` on (``None``: for all the time that data are likely to cover).
    """

    currency: str
    amount: int
    channels: tuple[str, ...]
    what: str
    source: str
    since: date | None = None


@dataclass(frozen=True, eq=False)
class Tables:
    """The meanings in use.

    Attributes
    ----------
    home : str
        ISO 3166 code of the country whose bank this is.
    purposes : mapping of str to Purpose
    trades : mapping of str to frozenset of str
        Classes of declared occupations, in lower case.
    regions : mapping of str to str
        The region of each location that is not a region itself.
    staging : mapping of str to frozenset of str
        Where crossings are prepared: ``regions`` of the home country, ``countries``, and those at the ``coast``.
    corridors : mapping of str to tuple of str
        Countries of each journey.
    settlement : mapping of str to tuple of str
        Countries by their part in trade.
    lines : tuple of Line
    document : mapping
        All of it as plain data, for the run record: :meth:`of` makes the same tables of it.
    """

    home: str
    purposes: Mapping[str, Purpose]
    trades: Mapping[str, frozenset[str]]
    regions: Mapping[str, str]
    staging: Mapping[str, frozenset[str]]
    corridors: Mapping[str, tuple[str, ...]]
    settlement: Mapping[str, tuple[str, ...]]
    lines: tuple[Line, ...]
    document: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path | None = None) -> Tables:
        """The shipped tables, with the entries of `path` in place of theirs.

        Raises
        ------
        ParameterError
            Naming the file, the entry, its value and what is allowed.
        """
        document = _parse((files("moneytrail") / "tables.toml").read_text("utf-8"), "the shipped tables")
        if path is not None:
            try:
                own = _parse(path.read_text("utf-8"), str(path))
            except OSError as error:
                raise ParameterError(f"cannot read {path}: {error.strerror}") from error
            except UnicodeDecodeError as error:
                raise ParameterError(f"{path} is not UTF-8: {error}") from error
            document = _merged(document, own, str(path))
        return cls.of(document, str(path) if path else "the shipped tables")

    @classmethod
    def of(cls, document: Mapping[str, Any], where: str) -> Tables:
        """Tables from plain values, each checked.

        Raises
        ------
        ParameterError
            Naming the entry that is wrong.
        """
        check = _Check(where)
        return cls(
            home=check.country("home", document["home"]),
            purposes={name: check.purpose(name, entry) for name, entry in document["purposes"].items()},
            trades={
                name: frozenset(word.lower() for word in check.texts(f"trades.{name}", entry))
                for name, entry in document["trades"].items()
            },
            regions={place: check.text(f"regions.{place}", name) for place, name in document["regions"].items()},
            staging={
                "regions": frozenset(check.texts("staging.regions", document["staging"]["regions"])),
                "countries": frozenset(check.countries("staging.countries", document["staging"]["countries"])),
                "coast": frozenset(check.countries("staging.coast", document["staging"]["coast"])),
            },
            corridors={name: check.countries(f"corridors.{name}", e) for name, e in document["corridors"].items()},
            settlement={name: check.countries(f"settlement.{name}", e) for name, e in document["settlement"].items()},
            lines=tuple(check.line(place, entry) for place, entry in enumerate(document["lines"], 1)),
            document=json.loads(json.dumps(document, default=date.isoformat)),
        )

    @property
    def corridor_countries(self) -> frozenset[str]:
        """Every country of every corridor."""
        return frozenset(country for countries in self.corridors.values() for country in countries)


@cache
def shipped() -> Tables:
    """The tables that come with the package; read once."""
    return Tables.load()


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"{where} is not TOML: {error}") from error
    for name in document:
        if name not in SECTIONS:
            raise ParameterError(f"{where}: there is no table {name!r}; there are {', '.join(SECTIONS)}")
    return document


def _merged(shipped: dict[str, Any], own: dict[str, Any], where: str) -> dict[str, Any]:
    merged = dict(shipped)
    for name, value in own.items():
        if isinstance(shipped[name], dict):
            if not isinstance(value, dict):
                raise ParameterError(f"{where}: {name} = {value!r} must be a table")
            if name in ("purposes", "trades", "staging", "settlement"):
                unknown = [entry for entry in value if entry not in shipped[name]]
                if unknown:
                    known = ", ".join(shipped[name])
                    raise ParameterError(f"{where}: {name} has no entry {unknown[0]!r}; it has {known}")
            merged[name] = {**shipped[name], **value}
        else:
            merged[name] = value
    return merged


def _day(value: object) -> object:
    """A day that a run record holds as text; whatever else as it is."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


class _Check:
    """Checks values one by one and names the entry that is wrong."""

    def __init__(self, where: str) -> None:
        self._where = where

    def _wrong(self, entry: str, value: object, wanted: str) -> ParameterError:
        return ParameterError(f"{self._where}: {entry} = {value!r}: {wanted} is wanted")

    def text(self, entry: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(entry, value, "a text")
        return value

    def _each(self, entry: str, value: object, one: Callable[[str, object], str]) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self._wrong(entry, value, "a list of texts")
        return tuple(one(entry, item) for item in value)

    def texts(self, entry: str, value: object) -> tuple[str, ...]:
        return self._each(entry, value, self.text)

    def country(self, entry: str, value: object) -> str:
        if not isinstance(value, str) or not COUNTRY.fullmatch(value):
            raise self._wrong(entry, value, "a country code of two capital letters")
        return value

    def countries(self, entry: str, value: object) -> tuple[str, ...]:
        return self._each(entry, value, self.country)

    def _category(self, entry: str, value: object) -> str:
        if not isinstance(value, str) or not CATEGORY.fullmatch(value):
            raise self._wrong(entry, value, "a merchant category code of four digits")
        return value

    def purpose(self, name: str, value: object) -> Purpose:
        entry = f"purposes.{name}"
        if not isinstance(value, dict) or not value.keys() <= {"words", "categories"}:
            raise self._wrong(entry, value, "a table of words and categories")
        return Purpose(
            self.texts(f"{entry}.words", value.get("words", [])),
            self._each(f"{entry}.categories", value.get("categories", []), self._category),
        )

    def line(self, place: int, value: object) -> Line:
        entry = f"lines, number {place}"
        if not isinstance(value, dict):
            raise self._wrong(entry, value, "a table")
        keys = {"currency", "amount", "channels", "what", "source", "since"}
        odd = [key for key in value if key not in keys] or [k for k in sorted(keys - {"since"}) if k not in value]
        if odd:
            raise self._wrong(f"{entry}, {odd[0]}", value.get(odd[0]), f"one each of {', '.join(sorted(keys))}")
        if value["currency"] not in CURRENCY_EXPONENTS:
            raise self._wrong(f"{entry}, currency", value["currency"], "a known currency code")
        amount = value["amount"]
        if isinstance(amount, bool) or not isinstance(amount, int) or not 1 <= amount <= 10**12:
            raise self._wrong(f"{entry}, amount", amount, "a whole number of minor units from 1 to 1,000,000,000,000")
        channels = self.texts(f"{entry}, channels", value["channels"])
        unknown = [channel for channel in channels if channel not in CHANNELS]
        if unknown or not channels:
            raise self._wrong(f"{entry}, channels", value["channels"], f"some of {', '.join(CHANNELS)}")
        since = _day(value.get("since"))
        if since is not None and type(since) is not date:
            raise self._wrong(f"{entry}, since", since, "a day such as 2027-07-10")
        what, source = (self.text(f"{entry}, {key}", value[key]) for key in ("what", "source"))
        return Line(value["currency"], amount, channels, what, source, since)
