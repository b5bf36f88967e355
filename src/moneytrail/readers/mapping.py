"""What a file's columns mean: the mapping, as an object and as a TOML file.

The known layouts are mappings too, so there is one machinery. ``docs/reading.md`` explains every key to users.
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

from moneytrail.errors import InputError, MappingError
from moneytrail.schema import ACCOUNT_COLUMNS, ACCOUNT_KINDS, CHANNELS, CURRENCY_EXPONENTS, TRANSFER_COLUMNS

if TYPE_CHECKING:
    from collections import abc
    from pathlib import Path

Source = tuple[str | int, ...]
"""The columns that a field is made of, by name or by 0-based position; several are joined with ``/``."""

ENCODINGS: Final = (
    *("utf-8", "ascii", "iso-8859-1", "iso-8859-2", "iso-8859-15", "cp437", "cp850", "cp852"),
    *("windows-1250", "windows-1251", "windows-1252", "windows-1254"),
)
"""UTF-8 and the single-byte encodings that agree with ASCII: those can be turned into UTF-8 block by block."""

STATEMENT_FIELDS: Final = (
    "account",
    "counterparty",
    "account_institution",
    "counterparty_institution",
    "account_country",
    "counterparty_country",
    "direction",
)
FIELDS: Final = (
    *(column.name for column in TRANSFER_COLUMNS if column.name != "row"),
    "date",
    "time",
    "step",
    *STATEMENT_FIELDS,
)
ACCOUNT_FIELDS: Final = tuple(column.name for column in ACCOUNT_COLUMNS)

YES_NO: Final = MappingProxyType(
    {
        **dict.fromkeys(("true", "yes", "y", "t", "1"), "true"),
        **dict.fromkeys(("false", "no", "n", "f", "0"), "false"),
    }
)
"""How yes and no are written where a mapping has no words of its own for them."""


@dataclass(frozen=True, slots=True)
class FileForm:
    """How the text is written. `quote` empty: nothing is quoted. `trim`: blanks around text values are no data."""

    separator: str = ","
    quote: str = '"'
    header: bool = True
    encoding: str = "utf-8"
    trim: bool = True


@dataclass(frozen=True, slots=True)
class AmountForm:
    """How amounts are written. `currency` is that of every row without a currency of its own."""

    unit: Literal["major", "minor"] = "major"
    decimal: str = "."
    thousands: str = ""
    rounding: Literal["reject", "half_even"] = "reject"
    negative: Literal["reject", "swap"] = "reject"
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class TimeForm:
    """How times are written. The first format that fits counts; `step` counts such units from `epoch`."""

    formats: tuple[str, ...] = ()
    timezone: str = "UTC"
    step: Literal["hour", "day"] | None = None
    epoch: datetime = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StatementForm:
    """Whose money moves, seen from the own account: by direction words, or (`signed`) by the amount's sign."""

    account: str | None = None
    debit: tuple[str, ...] = ()
    credit: tuple[str, ...] = ()
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a file's columns mean.

    Attributes
    ----------
    name : str
        Shown as the layout of a reading.
    columns : mapping of field to Source
        Fields are the canonical transfer columns, ``date`` and ``time``, ``step``, and those of a statement.
    file, amount, time : FileForm, AmountForm, TimeForm
        How text, amounts and times are written.
    statement : StatementForm or None
        Present where a row is seen from an own account rather than as debtor and creditor.
    words : mapping of field to mapping of word to meaning
        For ``channel``, the currencies and ``label_illicit``. Case does not count; the word ``""`` is an empty field.
    absent : mapping of field to words
        Words that mean "nothing" in a field, such as ``-1``.
    unmapped_channel : str
        What a channel word without a meaning becomes: a channel, or ``reject``.
    accounts : mapping of account field to Source, or None
        The columns of an account file.
    account_words : mapping
        As `words`, for the account fields ``kind``, ``currency`` and ``registered_money_service``.
    """

    name: str
    columns: abc.Mapping[str, Source]
    file: FileForm = FileForm()
    amount: AmountForm = AmountForm()
    time: TimeForm = TimeForm()
    statement: StatementForm | None = None
    words: abc.Mapping[str, abc.Mapping[str, str]] = field(default_factory=dict)
    absent: abc.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unmapped_channel: str = "other"
    accounts: abc.Mapping[str, Source] | None = None
    account_words: abc.Mapping[str, abc.Mapping[str, str]] = field(default_factory=dict)


def load_mapping(path: Path) -> Mapping:
    """Read a mapping from a TOML file.

    Raises
    ------
    MappingError
        Naming the key, its value and what is allowed.
    InputError
        Where the file cannot be read.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot read the mapping: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: not a TOML file: {error}") from error
    try:
        return _mapping(table, path.stem)
    except MappingError as error:
        raise MappingError(f"{path}: {error}") from None


Check = Callable[[str, Any], Any]


def _wrong(key: str, value: object, allowed: str) -> MappingError:
    return MappingError(f"{key} = {value!r} is not allowed: {allowed}")


def _one_of(*allowed: str) -> Check:
    def check(key: str, value: Any) -> str:
        if value not in allowed:
            raise _wrong(key, value, "one of " + ", ".join(repr(word) for word in allowed))
        return str(value)

    return check


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(key, value, "true or false")
    return value


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(key, value, "a text that is not empty")
    return value


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise _wrong(key, value, "a list of texts")
    return tuple(value)


def _character(empty: bool) -> Check:
    def check(key: str, value: Any) -> str:
        if empty and value == "":
            return ""
        if not isinstance(value, str) or len(value) != 1 or not value.isascii() or value in "\r\n\0":
            raise _wrong(key, value, "one ASCII character" + (", or nothing" if empty else ""))
        return value

    return check


def _encoding(key: str, value: Any) -> str:
    try:
        name = codecs.lookup(value).name
    except (LookupError, TypeError):
        name = ""
    if name not in {codecs.lookup(known).name for known in ENCODINGS}:
        raise _wrong(key, value, "one of " + ", ".join(ENCODINGS))
    return str(value)


def _currency(key: str, value: Any) -> str:
    if value not in CURRENCY_EXPONENTS:
        raise _wrong(key, value, "an ISO 4217 code in capitals, or BTC")
    return str(value)


def _timezone(key: str, value: Any) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError, TypeError, AttributeError):
        raise _wrong(key, value, "a zone of the IANA time zone database, such as 'Europe/London'") from None
    return str(value)


def _formats(key: str, value: Any) -> tuple[str, ...]:
    formats = (value,) if isinstance(value, str) else _texts(key, value)
    for pattern in formats:
        if "%" not in pattern:
            raise _wrong(key, pattern, "a time format such as '%Y-%m-%d %H:%M:%S'")
    return formats


def _epoch(key: str, value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise _wrong(key, value, "a date or a time without quotes, such as 2024-01-01")


_FILE: Final[dict[str, Check]] = {
    "separator": _character(empty=False),
    "quote": _character(empty=True),
    "header": _flag,
    "encoding": _encoding,
    "trim": _flag,
}
_AMOUNT: Final[dict[str, Check]] = {
    "unit": _one_of("major", "minor"),
    "decimal": _one_of(".", ","),
    "thousands": _one_of("", ",", ".", " ", "'", "\u00a0", "\u202f"),
    "rounding": _one_of("reject", "half_even"),
    "negative": _one_of("reject", "swap"),
    "currency": _currency,
}
_TIME: Final[dict[str, Check]] = {
    "formats": _formats,
    "timezone": _timezone,
    "step": _one_of("hour", "day"),
    "epoch": _epoch,
}
_STATEMENT: Final[dict[str, Check]] = {"account": _text, "debit": _texts, "credit": _texts, "signed": _flag}
_MEANINGS: Final[dict[str, tuple[str, ...]]] = {
    "channel": CHANNELS,
    "currency": tuple(CURRENCY_EXPONENTS),
    "credited_currency": tuple(CURRENCY_EXPONENTS),
    "label_illicit": ("true", "false"),
}
_ACCOUNT_MEANINGS: Final[dict[str, tuple[str, ...]]] = {
    "kind": ACCOUNT_KINDS,
    "currency": tuple(CURRENCY_EXPONENTS),
    "registered_money_service": ("true", "false"),
}
_SECTIONS: Final = (
    "name",
    "file",
    "columns",
    "amount",
    "time",
    "statement",
    "words",
    "absent",
    "unmapped_channel",
    "accounts",
    "account_words",
)


def _mapping(table: dict[str, Any], name: str) -> Mapping:
    _known_keys("", table, _SECTIONS)
    made = Mapping(
        name=_text("name", table.get("name", name)),
        columns=_columns("columns", table.get("columns", {}), FIELDS),
        file=FileForm(**_section("file", table, _FILE)),
        amount=AmountForm(**_section("amount", table, _AMOUNT)),
        time=TimeForm(**_section("time", table, _TIME)),
        statement=StatementForm(**_section("statement", table, _STATEMENT)) if "statement" in table else None,
        words=_words("words", table.get("words", {}), _MEANINGS),
        absent={
            key: _texts(f"absent.{key}", value)
            for key, value in _table("absent", table.get("absent", {}), FIELDS).items()
        },
        unmapped_channel=_one_of(*CHANNELS, "reject")("unmapped_channel", table.get("unmapped_channel", "other")),
        accounts=_columns("accounts", table["accounts"], ACCOUNT_FIELDS) if "accounts" in table else None,
        account_words=_words("account_words", table.get("account_words", {}), _ACCOUNT_MEANINGS),
    )
    _consistent(made)
    return made


def _known_keys(section: str, table: abc.Mapping[str, Any], allowed: abc.Collection[str]) -> None:
    for key, value in table.items():
        if key not in allowed:
            where = f"{section}.{key}" if section else key
            raise _wrong(where, value, "the keys are " + ", ".join(allowed))


def _table(key: str, value: Any, allowed: abc.Collection[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(key, value, "a table")
    _known_keys(key, value, allowed)
    return value


def _section(key: str, table: dict[str, Any], checks: dict[str, Check]) -> dict[str, Any]:
    section = _table(key, table.get(key, {}), checks)
    return {name: checks[name](f"{key}.{name}", value) for name, value in section.items()}


def _columns(key: str, value: Any, allowed: abc.Collection[str]) -> dict[str, Source]:
    return {name: _source(f"{key}.{name}", made) for name, made in _table(key, value, allowed).items()}


def _source(key: str, value: Any) -> Source:
    parts = value if isinstance(value, list) else [value]
    fits = [(isinstance(part, str) and part != "") or (type(part) is int and part >= 0) for part in parts]
    if not parts or not all(fits):
        raise _wrong(key, value, "a column name, a position from 0, or a list of them")
    return tuple(parts)


def _words(key: str, value: Any, meanings: dict[str, tuple[str, ...]]) -> dict[str, dict[str, str]]:
    made: dict[str, dict[str, str]] = {}
    for name, words in _table(key, value, meanings).items():
        if not isinstance(words, dict):
            raise _wrong(f"{key}.{name}", words, "a table of word = meaning")
        made[name] = {
            word: _meaning(f"{key}.{name}.{word}", meaning, meanings[name]) for word, meaning in words.items()
        }
    return made


def _meaning(key: str, value: Any, allowed: tuple[str, ...]) -> str:
    word = str(value).lower() if isinstance(value, bool) else value
    if word not in allowed:
        many = len(allowed) > len(CHANNELS)
        raise _wrong(key, value, "an ISO 4217 code, or BTC" if many else "one of " + ", ".join(allowed))
    return str(word)


def _consistent(mapping: Mapping) -> None:
    """Refuse a mapping whose parts do not fit together."""
    if not mapping.columns and mapping.accounts:
        return
    columns = mapping.columns
    _need("columns.amount", "amount" in columns, "name the column of the amount")
    times = [name for name in ("booked_at", "date", "step") if name in columns]
    _need(
        "columns.booked_at",
        len(times) == 1,
        "name exactly one of booked_at, date (with or without time), step",
    )
    _need("columns.time", "time" not in columns or "date" in columns, "time needs date beside it")
    if times == ["step"]:
        _need("time.step", mapping.time.step is not None, "say hour or day")
    else:
        _need("time.formats", bool(mapping.time.formats), "give at least one format")
    amount = mapping.amount
    _need("amount.thousands", amount.thousands != amount.decimal, "it cannot be the decimal mark too")
    _need("file.quote", mapping.file.quote != mapping.file.separator, "it cannot be the separator too")
    has_currency = "currency" in columns or mapping.amount.currency is not None
    _need("amount.currency", has_currency, "give it here, or name columns.currency")
    _need(
        "columns.credited_amount",
        ("credited_amount" in columns) == ("credited_currency" in columns),
        "name credited_amount and credited_currency together",
    )
    _consistent_sides(mapping)
    if mapping.accounts is not None:
        _need("accounts.account", "account" in mapping.accounts, "name the column of the account")


def _consistent_sides(mapping: Mapping) -> None:
    columns, statement = mapping.columns, mapping.statement
    sides = {"debtor_account", "creditor_account"} & set(columns)
    if statement is None:
        _need("columns.debtor_account", bool(sides), "name debtor_account, creditor_account, or a [statement]")
        strays = [name for name in STATEMENT_FIELDS if name in columns]
        _need(f"columns.{strays[0]}" if strays else "", not strays, "it needs a [statement] table")
        return
    _need("columns.debtor_account", not sides, "a statement has account and counterparty instead")
    own = ("account" in columns) != (statement.account is not None)
    _need("columns.account", own, "name the own account's column, or give statement.account, not both")
    words = bool(statement.debit and statement.credit and "direction" in columns)
    _need(
        "statement.signed",
        words != statement.signed,
        "either signed = true, or debit and credit words with columns.direction",
    )
    _need(
        "amount.negative",
        not statement.signed or mapping.amount.negative == "reject",
        "leave it out: the sign is the direction here",
    )


def _need(key: str, holds: bool, advice: str) -> None:
    if not holds:
        raise MappingError(f"{key} does not fit the rest of the mapping: {advice}")
