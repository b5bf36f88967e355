"""Which levers of the law an account's figures appear to come within reach of, and which of them is fast enough.

What a lever asks for differs from country to country, so it is configuration: ``levers.toml`` ships with the package
and holds those of the United Kingdom; a file of one's own takes its place. The engine compares numbers. Whether a legal
test holds is for the officer, the bank's nominated officer and the court: nothing here says that one does.
"""

from __future__ import annotations

import json
import operator
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from importlib.resources import files
from math import floor, isfinite
from pathlib import Path
from typing import Any, Final

from moneytrail.errors import ParameterError
from moneytrail.schema import ACCOUNT_KINDS, CURRENCY_EXPONENTS
from moneytrail.wording import money

Value = int | float | str

READINGS: Final = ("low", "recommended", "high")
"""The three figures of how much is tainted: the least over the tracing rules, the recommended rule's, the most."""

MINOR: Final = "minor units"
HOURS: Final = "hours"
YES_NO: Final = "yes or no"
WORD: Final = "word"

HOLDERS: Final = ("suspect", "victim", "unknown")
"""What the account's holder may be held to be."""

KINDS: Final = ("money", "information")
MARKS: Final = ("sourced", "unverified", "design")
COUNTRY: Final = re.compile(r"[A-Z]{2}")
ID: Final = re.compile(r"[a-z][a-z0-9_]*")
MOST_MONEY: Final = 10**15
MOST_HOURS: Final = 10 * 366 * 24

HITS_A_VICTIM: Final = "The holder is held to be a victim: freezing or taking this money hits a victim."

COMPARISONS: Final[Mapping[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "at_least": (operator.ge, "at least "),
    "above": (operator.gt, "more than "),
    "at_most": (operator.le, "at most "),
    "below": (operator.lt, "less than "),
    "is": (operator.eq, ""),
}
"""How a figure is held against a condition's value, and how that is said. ``is`` is for words and yes or no."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure that a condition may ask for.

    Attributes
    ----------
    name : str
        As in the file.
    unit : str
        ``minor units``, ``hours``, ``yes or no`` or ``word``.
    meaning : str
        As in a sentence.
    words : tuple of str
        The words it may be; for a word only.
    """

    name: str
    unit: str
    meaning: str
    words: tuple[str, ...] = ()


QUANTITIES: Final[Mapping[str, Quantity]] = {
    quantity.name: quantity
    for quantity in (
        Quantity("balance", MINOR, "balance of the account"),
        Quantity("tainted", MINOR, "tainted money in the account"),
        Quantity("clean", MINOR, "balance beyond the tainted money"),
        Quantity("tainted_seen", MINOR, "tainted money in the account or gone from it"),
        Quantity("proposed_payment", MINOR, "proposed payment"),
        Quantity("tainted_out_cash", MINOR, "tainted money taken out as cash"),
        Quantity("tainted_out_other_banks", MINOR, "tainted money paid to other banks"),
        Quantity("tainted_out_crypto", MINOR, "tainted money paid for cryptoassets"),
        Quantity("tainted_out_same_bank", MINOR, "tainted money paid to accounts of the same bank"),
        Quantity("exit_eta", HOURS, "usual stay of tainted money"),
        Quantity("last_tainted_credit_age", HOURS, "time since tainted money last came in"),
        Quantity("recurring", YES_NO, "tainted money comes in spells"),
        Quantity("frozen", YES_NO, "the account is frozen"),
        Quantity("outside", YES_NO, "the account is at another bank"),
        Quantity("held_to_be", WORD, "what the holder is held to be", HOLDERS[:2]),
        Quantity("kind", WORD, "kind of account", ACCOUNT_KINDS[:-1]),
    )
}
"""All that a condition may ask for. ``tainted``, ``clean`` and ``tainted_seen`` have three readings
(:data:`READINGS`): ``clean`` is the balance less ``tainted``, ``tainted_seen`` is ``tainted`` and all that went out."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a lever asks of the figures.

    Attributes
    ----------
    quantity : Quantity
    comparison : str
        One of :data:`COMPARISONS`: ``at_least`` and ``at_most`` include their bound, ``above`` and ``below`` do not.
    value : int, float, bool or str
        In the quantity's unit.
    says : str
        What the bound is, for the reader; empty for a lever's `fits`.
    verified : str
        One of :data:`MARKS`.
    """

    quantity: Quantity
    comparison: str
    value: Value
    says: str = ""
    verified: str = "design"

    def holds(self, value: Value | None) -> bool:
        """Whether a figure is within the bound; never where it is not known."""
        return value is not None and COMPARISONS[self.comparison][0](value, self.value)

    def gap(self, value: Value | None) -> int | float | None:
        """By how much a figure misses the bound, in the quantity's unit; ``None`` for words and for what is not known.

        At an exclusive bound itself it is one minor unit, or no hours at all.
        """
        if value is None or isinstance(value, str) or isinstance(self.value, str) or self.comparison == "is":
            return None
        beyond = self.value - value if self.comparison in ("at_least", "above") else value - self.value
        step = 1 if self.quantity.unit == MINOR and self.comparison in ("above", "below") else 0
        return max(0, beyond + step)

    def wording(self, currency: str) -> str:
        """What is asked for: ``at least £1,000.00``."""
        said = COMPARISONS[self.comparison][1]
        if self.comparison == "above" and self.value == 0:
            return "more than nothing"
        return said + written(self.value, self.quantity, currency)


@dataclass(frozen=True, slots=True)
class Lever:
    """Something that can be done about an account.

    Attributes
    ----------
    id, name, law, does, clock : str
        ``clock`` says how long it lasts and by when somebody must act.
    kind : str
        ``money`` or ``information``.
    stops : bool
        Whether it keeps this account's money from leaving.
    who : tuple of str
        Who acts, in their order; ``bank`` is the bank that holds the account or asks.
    tests : tuple of Condition
        All must hold.
    fits : tuple of Condition
        When :func:`best` may name it; always a matter of design. Empty: never.
    acts_within_hours : float
        How long until it bites.
    acts_says, acts_verified : str
        Why so long, and the mark of that.
    not_tested, sources : tuple of str
        What numbers cannot show; publisher, title and year.
    caution : str
        What to watch when the tests appear to hold; may be empty.
    checked : date
        When the entry was last read against its sources.
    verified : str
        The mark of law and clock.
    """

    id: str
    name: str
    kind: str
    stops: bool
    law: str
    does: str
    who: tuple[str, ...]
    tests: tuple[Condition, ...]
    fits: tuple[Condition, ...]
    clock: str
    acts_within_hours: float
    acts_says: str
    acts_verified: str
    not_tested: tuple[str, ...]
    caution: str
    sources: tuple[str, ...]
    checked: date
    verified: str


@dataclass(frozen=True, eq=False)
class Levers:
    """The levers of one country.

    Attributes
    ----------
    country : str
        ISO 3166 code.
    currency : str
        Of all sums in the conditions.
    levers : tuple of Lever
        In the file's order, which :func:`best` follows.
    document : mapping
        All of it as plain data, for the run record: :meth:`of` makes the same levers of it.
    """

    country: str
    currency: str
    levers: tuple[Lever, ...]
    document: Mapping[str, Any]

    @classmethod
    def of(cls, document: Mapping[str, Any], where: str) -> Levers:
        """Levers from plain values, each checked.

        Raises
        ------
        ParameterError
            Naming the entry and the field that is wrong.
        """
        check = _Check(where)
        check.keys("the file", document, {"country", "currency", "lever"})
        country, currency, entries = document["country"], document["currency"], document["lever"]
        if not isinstance(country, str) or not COUNTRY.fullmatch(country):
            raise check.wrong("country", country, "a country code of two capital letters")
        if not isinstance(currency, str) or currency not in CURRENCY_EXPONENTS:
            raise check.wrong("currency", currency, "a known currency code")
        if not isinstance(entries, list) or not entries:
            raise check.wrong("lever", entries, "at least one [[lever]]")
        levers = tuple(check.lever(place, entry) for place, entry in enumerate(entries, 1))
        ids = [lever.id for lever in levers]
        for one in ids:
            if ids.count(one) > 1:
                raise check.wrong("lever, id", one, "an id that no other lever has")
        return cls(country, currency, levers, json.loads(json.dumps(document, default=date.isoformat)))


def load_levers(path: Path | None = None) -> Levers:
    """The levers of `path`; without one, those of the United Kingdom that ship with the package.

    A file takes the place of all that is shipped: the levers of two countries do not mix.

    Raises
    ------
    ParameterError
        Naming the file, the entry, the field, its value and what is allowed.
    """
    where = str(path) if path else "the shipped levers"
    try:
        text = path.read_text("utf-8") if path else (files("moneytrail.disruption") / "levers.toml").read_text("utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise ParameterError(f"cannot read {where}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ParameterError(f"{where} is not UTF-8: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"{where} is not TOML: {error}") from error
    return Levers.of(document, where)


@cache
def shipped() -> Levers:
    """The levers that come with the package; read once."""
    return load_levers()


def is_number(value: object) -> bool:
    """Whether a value is a finite number, and not a yes or no."""
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and isfinite(value))


def upper(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[0].upper() + text[1:]


def in_hours(value: float) -> str:
    """A time, cut to hundredths: 23.999 hours are not written as 24."""
    cut = floor(value * 100 + 1e-9) / 100
    return f"{f'{cut:,.2f}'.rstrip('0').rstrip('.')} {'hour' if cut == 1 else 'hours'}"


def written(value: Value, quantity: Quantity, currency: str) -> str:
    """A figure as a reader sees it."""
    if isinstance(value, str):
        return value
    if quantity.unit == YES_NO:
        return "yes" if value else "no"
    return in_hours(value) if quantity.unit == HOURS else money(value, currency)


class _Check:
    """Checks values one by one and names the entry that is wrong."""

    def __init__(self, where: str) -> None:
        self._where = where

    def wrong(self, entry: str, value: object, wanted: str) -> ParameterError:
        return ParameterError(f"{self._where}: {entry} = {value!r}: {wanted} is wanted")

    def keys(self, entry: str, value: object, needed: set[str], may: frozenset[str] = frozenset()) -> None:
        if not isinstance(value, Mapping):
            raise self.wrong(entry, value, "a table")
        for key in value:
            if key not in needed | may:
                raise ParameterError(
                    f"{self._where}: {entry} has an unknown field {key!r}; it may have "
                    f"{', '.join(sorted(needed | may))}"
                )
        for key in sorted(needed):
            if key not in value:
                raise ParameterError(f"{self._where}: {entry} lacks the field {key!r}")

    def text(self, entry: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(entry, value, "a text")
        return value

    def texts(self, entry: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise self.wrong(entry, value, "a list of texts")
        return tuple(self.text(entry, one) for one in value)

    def one_of(self, entry: str, value: object, words: Sequence[str]) -> str:
        if not isinstance(value, str) or value not in words:
            raise self.wrong(entry, value, f"one of {', '.join(words)}")
        return value

    def yes_no(self, entry: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(entry, value, "true or false")
        return value

    def hours(self, entry: str, value: Any) -> float:
        if not is_number(value) or not 0 <= value <= MOST_HOURS:
            raise self.wrong(entry, value, f"a number of hours from 0 to {MOST_HOURS:,}")
        return float(value)

    def day(self, entry: str, value: object) -> date:
        if isinstance(value, str):  # from a run record
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        if type(value) is not date:
            raise self.wrong(entry, value, "a day such as 2026-11-23")
        return value

    def condition(self, entry: str, value: Any, fits: bool) -> Condition:
        told = set() if fits else {"says", "verified"}
        self.keys(entry, value, {"quantity"} | told, frozenset({"unit", *COMPARISONS}))
        quantity = QUANTITIES[self.one_of(f"{entry}, quantity", value["quantity"], tuple(QUANTITIES))]
        numeric = quantity.unit in (MINOR, HOURS)
        allowed = [name for name in COMPARISONS if (name == "is") != numeric]
        given = [name for name in COMPARISONS if name in value]
        if len(given) != 1 or given[0] not in allowed:
            raise self.wrong(f"{entry}, comparison", ", ".join(given), f"exactly one of {', '.join(allowed)}")
        if value.get("unit") != (quantity.unit if numeric else None):
            raise self.wrong(f"{entry}, unit", value.get("unit"), f"{quantity.unit!r}" if numeric else "no unit")
        bound = self._bound(f"{entry}, {given[0]}", value[given[0]], quantity)
        if fits:
            return Condition(quantity, given[0], bound)
        says = self.text(f"{entry}, says", value["says"])
        return Condition(quantity, given[0], bound, says, self.one_of(f"{entry}, verified", value["verified"], MARKS))

    def _bound(self, entry: str, value: Any, quantity: Quantity) -> Value:
        if quantity.unit == YES_NO:
            return self.yes_no(entry, value)
        if quantity.unit == WORD:
            return self.one_of(entry, value, quantity.words)
        if quantity.unit == HOURS:
            return self.hours(entry, value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_MONEY:
            raise self.wrong(entry, value, f"a whole number of minor units from 0 to {MOST_MONEY:,}")
        return value

    def conditions(self, entry: str, value: object, fits: bool) -> tuple[Condition, ...]:
        if not isinstance(value, list) or not value:
            raise self.wrong(entry, value, "a list of at least one condition")
        return tuple(self.condition(f"{entry}, number {i}", one, fits) for i, one in enumerate(value, 1))

    def lever(self, place: int, value: Any) -> Lever:
        entry = f"lever, number {place}"
        optional = frozenset({"fits", "caution"})
        self.keys(entry, value, {field.name for field in fields(Lever)} - optional, optional)
        if not isinstance(value["id"], str) or not ID.fullmatch(value["id"]):
            raise self.wrong(f"{entry}, id", value["id"], "small letters, digits and _, from a letter on,")
        at = f"lever {value['id']}"
        name, law, does, clock, acts_says = (
            self.text(f"{at}, {key}", value[key]) for key in ("name", "law", "does", "clock", "acts_says")
        )
        return Lever(
            id=value["id"],
            name=name,
            kind=self.one_of(f"{at}, kind", value["kind"], KINDS),
            stops=self.yes_no(f"{at}, stops", value["stops"]),
            law=law,
            does=does,
            who=self.texts(f"{at}, who", value["who"]),
            tests=self.conditions(f"{at}, tests", value["tests"], fits=False),
            fits=self.conditions(f"{at}, fits", value["fits"], fits=True) if "fits" in value else (),
            clock=clock,
            acts_within_hours=self.hours(f"{at}, acts_within_hours", value["acts_within_hours"]),
            acts_says=acts_says,
            acts_verified=self.one_of(f"{at}, acts_verified", value["acts_verified"], MARKS),
            not_tested=self.texts(f"{at}, not_tested", value["not_tested"]),
            caution=self.text(f"{at}, caution", value["caution"]) if "caution" in value else "",
            sources=self.texts(f"{at}, sources", value["sources"]),
            checked=self.day(f"{at}, checked", value["checked"]),
            verified=self.one_of(f"{at}, verified", value["verified"], MARKS),
        )
