"""From a file's own columns to the canonical transfer frame: one batch in, transfers and rejected rows out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.errors import InputError
from moneytrail.readers import amounts as money
from moneytrail.readers.identity import SeenIds
from moneytrail.readers.mapping import YES_NO
from moneytrail.readers.plain import NO_PLAN, plan
from moneytrail.readers.reasons import REJECTED_SCHEMA, VALUE_LENGTH
from moneytrail.readers.times import instants
from moneytrail.schema import (
    CHANNEL,
    CHANNELS,
    CURRENCIES,
    CURRENCY,
    CURRENCY_EXPONENTS,
    TRANSFER_SCHEMA,
)

if TYPE_CHECKING:
    from collections import abc
    from pathlib import Path

    from moneytrail.readers.mapping import Mapping, Source
    from moneytrail.readers.text import RawBatch

Prepare = Callable[[pl.DataFrame], pl.DataFrame]
"""A layout's own touch on the text of its fields, before they are converted."""

AMOUNT_FAULTS: Final = {
    money.NOT_A_NUMBER: "amount_not_a_number",
    money.TOO_LARGE: "amount_too_large",
    money.TOO_MANY_DECIMALS: "amount_too_many_decimals",
}
_TEXTS: Final = tuple(
    name
    for name, dtype in TRANSFER_SCHEMA.items()
    if dtype == pl.String() and name not in ("transaction_id", "debtor_account", "creditor_account")
)
CURRENCY_CODES: Final = {code.casefold(): code for code in CURRENCIES}
_AMOUNTS: Final = ("amount", "credited_amount", "declared_turnover", "opening_balance")
_TIMES: Final = ("booked_at", "date", "opened")
_NEVER_FLOAT: Final = (*_AMOUNTS, *_TIMES, "time", "currency", "credited_currency")
_TRIMMED_LATER: Final = ("amount", "credited_amount", "currency", "credited_currency", "channel", "label_illicit")
_WHOLE: Final = re.compile(r"-?[0-9]+")
_EXPONENTS: Final = np.array([CURRENCY_EXPONENTS[code] for code in CURRENCIES], np.int64)


@dataclass(frozen=True, slots=True)
class Converted:
    """One batch, converted. `rejected` lacks ``file``; the totals are minor units by currency."""

    transfers: pl.DataFrame
    rejected: pl.DataFrame
    read: Counter[str]
    kept: Counter[str]
    turned_away: Counter[str]
    unmeasured: int
    rounded: int
    unmapped_channels: int


@dataclass(slots=True)
class Faults:
    """What is wrong with which rows, in the order of looking: a row shows the first."""

    rows: int
    found: list[tuple[str, str, np.ndarray]] = field(default_factory=list)

    def add(self, name: str, reason: str, mask: np.ndarray | pl.Series) -> None:
        """Note that `mask` bool[n] of the rows have `reason` in field `name`; an absent flag counts as wrong."""
        flags = mask.fill_null(True).to_numpy() if isinstance(mask, pl.Series) else mask
        if flags.any():
            self.found.append((name, reason, flags))

    def first(self) -> np.ndarray:
        """Return int64[n]: the 1-based number of each row's first fault, 0 where there is none."""
        number = np.zeros(self.rows, np.int64)
        for at in range(len(self.found), 0, -1):
            number[self.found[at - 1][2]] = at
        return number


class Converter:
    """A mapping, bound to one file's header.

    Raises
    ------
    InputError
        Where the file lacks a column of the mapping, or a Parquet column has a type that cannot be meant.
    """

    def __init__(
        self,
        mapping: Mapping,
        path: Path,
        header: abc.Sequence[str],
        dtypes: abc.Sequence[pl.DataType] | None = None,
        prepare: Prepare | None = None,
        made_anew: abc.Sequence[str] = (),
    ) -> None:
        self._mapping = mapping
        self._prepare = prepare
        self._sources = bind(mapping.columns, path, header)
        self.columns = sorted({at for source in self._sources.values() for at in source})
        # A layout's own touch is on text.
        self.plan = plan(mapping, self._sources) if prepare is None and dtypes is None else NO_PLAN
        self.unused = tuple(name for at, name in enumerate(header) if at not in self.columns and name not in made_anew)
        self.zoned = dtypes is not None and has_time_zone(self._sources, dtypes)
        self.floating = dtypes is not None and has_float_amounts(self._sources, dtypes)
        if dtypes is not None:
            check_dtypes(path, self._sources, header, dtypes, whole=mapping.amount.unit == "minor")

    def convert(self, raw: RawBatch) -> Conversion:
        """Convert one batch, all but what needs the batches before it; may run on any thread."""
        fields = gather(raw.frame, self._sources, self._mapping, raw.plain.columns if raw.plain else ())
        if self._prepare is not None:
            fields = self._prepare(fields)
        faults = Faults(fields.height)
        note_fractions(raw.frame, self._sources, faults)
        return Conversion(fields, raw, (self._mapping, self._sources), faults)


class Conversion:
    """The steps of one conversion, and what they leave behind."""

    def __init__(
        self,
        fields: pl.DataFrame,
        raw: RawBatch,
        meant: tuple[Mapping, abc.Mapping[str, abc.Sequence[int]]],
        faults: Faults,
    ) -> None:
        self._fields = fields
        self._raw = raw
        self._mapping, self._sources = meant
        self._faults = faults
        self._made: dict[str, pl.Series] = {"row": raw.frame["row"]}
        self._identify()
        self._date()
        debit = self._direction()
        currency = self._currency("currency")
        self._made["currency"] = currency
        paid = self._amounts("amount", currency)
        measured = (paid.fault == money.FINE) & currency.is_not_null().to_numpy()
        self._rounded = paid.rounded | self._credit(paid)
        self._sides(paid.value, debit)
        self._value, self._measured, self._unmapped = paid.value, measured, self._channel()
        self._label()
        for name in _TEXTS:
            if name in self._fields.columns:
                self._made.setdefault(name, self._fields[name])

    def finish(self, seen: SeenIds) -> Converted:
        """Refuse repeated ids and return the batch; `seen` carries the ids of the rows kept before it."""
        if "transaction_id" in self._fields.columns:
            repeated = seen.repeated(self._made["transaction_id"], self._faults.first() == 0)
            self._faults.add("transaction_id", "duplicate_transaction_id", repeated)
        return self._result()

    def _identify(self) -> None:
        if "transaction_id" not in self._fields.columns:
            self._made["transaction_id"] = self._raw.frame["row"].cast(pl.String)
            return
        ids = self._fields["transaction_id"]
        self._faults.add("transaction_id", "transaction_id_absent", ids.is_null())
        self._made["transaction_id"] = ids

    def _date(self) -> None:
        when, name = instants(self._fields, self._mapping.time)
        self._faults.add(name, "time_unreadable", when.is_null())
        self._made["booked_at"] = when

    def _direction(self) -> pl.Series | None:
        """Return whether the own account pays, by the direction words; nothing where there are none."""
        statement = self._mapping.statement
        if statement is None or statement.signed:
            return None
        words = dict.fromkeys(map(str.casefold, statement.credit), "false")
        words |= dict.fromkeys(map(str.casefold, statement.debit), "true")
        meant = translate(self._fields["direction"], words, pl.String())
        self._faults.add("direction", "direction_unknown", meant.is_null())
        return meant == "true"

    def _currency(self, name: str) -> pl.Series:
        fixed = self._mapping.amount.currency
        if name not in self._fields.columns:
            return pl.Series(name, [fixed], dtype=CURRENCY).new_from_index(0, self._fields.height)
        meant = translate(self._fields[name], CURRENCY_CODES | folded(self._mapping.words.get(name, {})), CURRENCY)
        if name == "currency":
            if fixed is not None:
                empty = self._fields[name].is_null()
                meant = meant.zip_with(~empty, pl.Series([fixed], dtype=CURRENCY).new_from_index(0, meant.len()))
            self._faults.add(name, "currency_unknown", meant.is_null())
        return meant.alias(name)

    def _amounts(self, name: str, currency: pl.Series) -> money.Amounts:
        form = self._mapping.amount
        exponents = np.zeros(currency.len(), np.int64)
        if form.unit == "major":
            exponents = exponents_of(currency)
        at = self._sources[name][0]
        if self._raw.plain is not None and self._raw.plain.decimals.get(at):
            exponents = exponents - self._raw.plain.decimals[at]
        made = money.minor_units(self._fields[name], exponents, form)
        expected = np.ones(currency.len(), np.bool_)
        if name == "credited_amount":
            expected = (self._fields[name].is_not_null() | self._fields["credited_currency"].is_not_null()).to_numpy()
        for fault, reason in AMOUNT_FAULTS.items():
            self._faults.add(name, reason, (made.fault == fault) & expected)
        statement = self._mapping.statement
        if form.negative == "reject" and not (statement and statement.signed):
            self._faults.add(name, "amount_negative", made.value < 0)
        return made

    def _credit(self, paid: money.Amounts) -> np.ndarray:
        """Make the credited side where it differs; return which of its amounts were rounded."""
        if "credited_amount" not in self._fields.columns:
            return np.zeros(paid.value.size, np.bool_)
        currency = self._currency("credited_currency")
        present = self._fields["credited_amount"].is_not_null() | self._fields["credited_currency"].is_not_null()
        self._faults.add("credited_currency", "currency_unknown", currency.is_null() & present)
        got = self._amounts("credited_amount", currency)
        other = (currency != self._made["currency"]).fill_null(True) | pl.Series(
            np.abs(got.value) != np.abs(paid.value)
        )
        differs = present & other
        self._made["credited_amount"] = pl.Series(np.abs(got.value)).set(~differs, None)
        self._made["credited_currency"] = currency.set(~differs, None)
        rounded: np.ndarray = got.rounded & present.to_numpy()
        return rounded

    def _sides(self, value: np.ndarray, debit: pl.Series | None) -> None:
        """Say who pays and who is paid; absent where the file says nothing."""
        statement, swap = self._mapping.statement, self._mapping.amount.negative == "swap"
        turned = pl.Series(value < 0) if swap else pl.Series([False]).new_from_index(0, value.size)
        first, second = ("account", "counterparty") if statement else ("debtor", "creditor")
        if statement is not None:
            pays = pl.Series(value < 0) if debit is None else debit.fill_null(False)
            turned = (pays == turned) if swap else ~pays
        for part in ("", "_institution", "_country"):
            suffix = part or ("" if statement else "_account")
            one, other = self._side(first + suffix), self._side(second + suffix)
            if turned.any():
                one, other = one.zip_with(~turned, other), other.zip_with(~turned, one)
            self._made["debtor" + (part or "_account")] = one
            self._made["creditor" + (part or "_account")] = other
        absent = self._made["debtor_account"].is_null() & self._made["creditor_account"].is_null()
        name = "account" if statement else "debtor_account"
        self._faults.add(name, "both_accounts_absent", absent)
        self._made["amount"] = pl.Series(np.abs(value))

    def _side(self, name: str) -> pl.Series:
        if name in self._fields.columns:
            return self._fields[name]
        fixed = self._mapping.statement.account if self._mapping.statement and name == "account" else None
        return pl.Series(name, [fixed], dtype=pl.String).new_from_index(0, self._fields.height)

    def _channel(self) -> int:
        """Make the channel; return how many rows have a word that the mapping does not name."""
        height, rule = self._fields.height, self._mapping.unmapped_channel
        if "channel" not in self._fields.columns:
            self._made["channel"] = pl.Series(["unknown"], dtype=CHANNEL).new_from_index(0, height)
            return 0
        words = {name: name for name in CHANNELS} | {"": "unknown"} | folded(self._mapping.words.get("channel", {}))
        meant = translate(self._fields["channel"], words, CHANNEL)
        strange = meant.is_null()
        if rule == "reject":
            self._faults.add("channel", "channel_unknown", strange)
            self._made["channel"] = meant
            return 0
        self._made["channel"] = meant.fill_null(pl.Series([rule], dtype=CHANNEL)[0])
        return int(strange.sum())

    def _label(self) -> None:
        if "label_illicit" not in self._fields.columns:
            return
        words = yes_no_words(self._mapping.words.get("label_illicit", {}))
        source = self._fields["label_illicit"]
        meant = translate(source, words, pl.String())
        self._faults.add("label_illicit", "label_unknown", meant.is_null() & source.is_not_null())
        self._made["label_illicit"] = (meant == "true").alias("label_illicit")

    def _result(self) -> Converted:
        number = self._faults.first()
        good, measured = number == 0, self._measured
        whole = canonical(self._made)
        money_frame = pl.DataFrame({"currency": self._made["currency"], "amount": self._made["amount"]})
        signed = self._mapping.statement is not None and self._mapping.statement.signed
        if self._mapping.amount.negative == "reject" and not signed:
            money_frame = money_frame.with_columns(amount=pl.Series(self._value))
        transfers = whole if good.all() else whole.filter(good)
        return Converted(
            transfers=transfers,
            rejected=pl.concat([self._raw.broken, self._rejected()]).sort("row"),
            read=sums(money_frame if measured.all() else money_frame.filter(measured)),
            kept=sums(transfers),
            turned_away=Counter() if good.all() else sums(money_frame.filter(~good & measured)),
            unmeasured=self._raw.broken.height + int((~good & ~measured).sum()),
            rounded=int((self._rounded & good).sum()),
            unmapped_channels=self._unmapped,
        )

    def _rejected(self) -> pl.DataFrame:
        if not self._faults.found:
            return self._raw.broken.clear()
        fields, plain = self._fields, self._raw.plain
        for name, _, wrong in self._faults.found:
            at = self._sources[name][0] if name in self._sources else -1
            if plain is not None and at in plain.columns:
                # A number is shown as the file writes it.
                where = np.flatnonzero(wrong)
                texts = pl.Series(name, [None], dtype=pl.String).new_from_index(0, fields.height)
                fields = fields.with_columns(texts.scatter(where, plain.texts(at, where)))
        return rejected_rows(self._faults, fields, self._raw.frame)


def canonical(made: abc.Mapping[str, pl.Series]) -> pl.DataFrame:
    """Return the transfer columns in order, nulls where nothing was made; the steps before keep the other rules."""
    # A literal null takes no room, however many the rows.
    return pl.DataFrame([column.alias(name) for name, column in made.items()]).select(
        pl.col(name) if name in made else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in TRANSFER_SCHEMA.items()
    )


def rejected_rows(faults: Faults, fields: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that have a fault, with their first one, without ``file``; `placed` has ``line`` and ``row``."""
    number = faults.first()
    parts = []
    for at, (name, reason, _) in enumerate(faults.found, 1):
        where = np.flatnonzero(number == at)
        value = pl.Series([None], dtype=pl.String).new_from_index(0, where.size)
        if name in fields.columns:
            value = fields[name].gather(where).cast(pl.String).str.head(VALUE_LENGTH)
        frame = placed.select("line", "row")[where]
        parts.append(frame.with_columns(field=pl.lit(name), value=value, reason=pl.lit(reason)))
    empty = pl.DataFrame(schema={name: dtype for name, dtype in REJECTED_SCHEMA.items() if name != "file"})
    return pl.concat([empty, *parts])


def exponents_of(currency: pl.Series) -> np.ndarray:
    """Return int64[n]: each currency's decimal places. Where it is absent any will do: such a row is refused."""
    return np.take(_EXPONENTS, currency.to_physical().cast(pl.Int64).fill_null(0).to_numpy())


def sums(frame: pl.DataFrame) -> Counter[str]:
    """Return the exact sum of ``amount`` by ``currency``."""
    grouped = frame.group_by("currency").agg(pl.col("amount").cast(pl.Int128).sum())
    return Counter(dict(zip(grouped["currency"].cast(pl.String).to_list(), grouped["amount"].to_list(), strict=True)))


def folded(words: abc.Mapping[str, str]) -> dict[str, str]:
    """Return the words without regard to case."""
    return {word.strip().casefold(): meaning for word, meaning in words.items()}


def yes_no_words(words: abc.Mapping[str, str]) -> dict[str, str]:
    """Return the words for yes and no; one that is a whole number is also known as a float writes it."""
    known = dict(YES_NO) | folded(words)
    return {f"{word}.0": meaning for word, meaning in known.items() if _WHOLE.fullmatch(word)} | known


def translate(texts: pl.Series, words: abc.Mapping[str, str], dtype: pl.DataType) -> pl.Series:
    """Return the meaning of every word, null where it has none. An absent text is the word ``""``."""
    if isinstance(texts.dtype, pl.Enum):
        known = [*texts.dtype.categories.to_list(), ""]
        meant = pl.Series(texts.name, [words.get(word.strip().casefold()) for word in known], dtype=pl.String)
        return meant.cast(dtype).gather(texts.to_physical().cast(pl.UInt32).fill_null(len(known) - 1))
    distinct = texts.unique()
    meanings = [words.get((word or "").strip().casefold()) for word in distinct.to_list()]
    return texts.replace_strict(distinct, pl.Series(meanings, dtype=pl.String), return_dtype=pl.String).cast(dtype)


def bind(columns: abc.Mapping[str, Source], path: Path, header: abc.Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the positions of every field's columns.

    Raises
    ------
    InputError
        Naming the column that the file lacks.
    """
    return {name: tuple(_position(part, path, header) for part in source) for name, source in columns.items()}


def _position(part: str | int, path: Path, header: abc.Sequence[str]) -> int:
    if isinstance(part, int):
        if part >= len(header):
            raise InputError(f"{path}: has {len(header)} columns, no column at position {part} (from 0)")
        return part
    if part not in header:
        raise InputError(f"{path}: lacks the column {part!r}; it has {', '.join(header)}")
    return header.index(part)


def check_dtypes(
    path: Path,
    sources: abc.Mapping[str, abc.Sequence[int]],
    header: abc.Sequence[str],
    dtypes: abc.Sequence[pl.DataType],
    *,
    whole: bool,
) -> None:
    """Refuse a Parquet column whose type cannot be meant.

    Text, whole numbers, categories and yes/no do for any field; decimals only for an amount in major units, floats
    for that and for ids, steps, labels and words; dates and times only for the field that is one.
    """
    for name, source in sources.items():
        amount = name in _AMOUNTS
        for at in source:
            dtype = dtypes[at]
            fits = dtype.is_integer() or dtype.base_type() in (
                pl.String,
                pl.Categorical,
                pl.Enum,
                pl.Boolean,
                pl.Null,
            )
            fits = fits or (amount and not whole and (dtype.is_float() or dtype.is_decimal()))
            fits = fits or (name not in _NEVER_FLOAT and dtype.is_float())
            fits = fits or (name in _TIMES and dtype.base_type() in (pl.Datetime, pl.Date))
            fits = fits or (name == "time" and dtype == pl.Time())
            if not fits:
                raise InputError(f"{path}: the column {header[at]!r} is {dtype}, which is no {name}")


def has_time_zone(sources: abc.Mapping[str, abc.Sequence[int]], dtypes: abc.Sequence[pl.DataType]) -> bool:
    """Return whether the times of a Parquet file carry a time zone; a date with its time beside it has none."""
    at = sources.get("booked_at", () if "time" in sources else sources.get("date", ()))
    return bool(at) and getattr(dtypes[at[0]], "time_zone", None) is not None


def has_float_amounts(sources: abc.Mapping[str, abc.Sequence[int]], dtypes: abc.Sequence[pl.DataType]) -> bool:
    """Return whether an amount of a Parquet file is a floating-point column."""
    return any(dtypes[at].is_float() for name in _AMOUNTS for at in sources.get(name, ()))


def float_note(mapping: Mapping) -> str:
    """Return the sentence on amounts that are floats."""
    if mapping.amount.rounding == "half_even":
        return "amounts are floating-point numbers in the file: rounded to the minor unit"
    return "amounts are floating-point numbers in the file: those with more decimals than the currency are rejected"


def note_fractions(frame: pl.DataFrame, sources: abc.Mapping[str, abc.Sequence[int]], faults: Faults) -> None:
    """Note the rows where a floating-point id, step or label is no whole number that the float holds exactly."""
    for name, source in sources.items():
        for at in source:
            numbers = frame[str(at)]
            if name not in _NEVER_FLOAT and numbers.dtype.is_float():
                faults.add(name, "number_not_whole", ~_exactly_whole(numbers) & numbers.is_not_nan().fill_null(False))


def _exactly_whole(numbers: pl.Series) -> pl.Series:
    """Return whether each float is whole and below the size from which whole numbers share one float."""
    limit = 2**24 if numbers.dtype == pl.Float32() else 2**53
    return ((numbers.abs() < limit) & (numbers.floor() == numbers)).fill_null(False)


def _as_text(column: pl.Series, name: str) -> pl.Series:
    """Return the column as text; a float that is no amount without ``.0``, and absent where it is not a number."""
    if not column.dtype.is_float() or name in _NEVER_FLOAT:
        return column.cast(pl.String)
    whole = _exactly_whole(column)
    texts = column.set(~whole, None).cast(pl.Int64).cast(pl.String)
    return texts.zip_with(whole, column.fill_nan(None).cast(pl.String))


def gather(
    frame: pl.DataFrame,
    sources: abc.Mapping[str, abc.Sequence[int]],
    mapping: Mapping,
    plain: abc.Container[int] = (),
) -> pl.DataFrame:
    """Return the fields by their names: joined, trimmed, and absent where the file has nothing.

    Those at the positions `plain` are taken as they are.
    """
    made = []
    for name, source in sources.items():
        first = frame[str(source[0])]
        if source[0] in plain:
            made.append(first.alias(name))
            continue
        # Times of Parquet are times already, and whole amounts whole numbers.
        whole = name in ("amount", "credited_amount") and first.dtype in (pl.Int64, pl.Int32, pl.Int16)
        if len(source) == 1 and (first.dtype.is_temporal() or whole):
            made.append(first.alias(name))
            continue
        # Numbers and words are trimmed where they are read.
        trim = mapping.file.trim and name not in _TRIMMED_LATER
        parts = [_present(_as_text(frame[str(at)], name), trim) for at in source]
        made.append(_joined(parts, mapping.absent.get(name, ())).alias(name))
    return pl.DataFrame(made)


def _present(text: pl.Series, trim: bool) -> pl.Series:
    text = text.str.strip_chars() if trim else text
    empty = text == ""
    return text.set(empty, None) if empty.any() else text


def _joined(parts: list[pl.Series], nothing: abc.Sequence[str]) -> pl.Series:
    """Return the parts with a slash between them; absent where the last one is, or where it means nothing."""
    last = parts[-1]
    absent = last.is_null() | last.is_in(list(nothing)) if nothing else last.is_null()
    if len(parts) == 1:
        return last.set(absent, None) if nothing else last
    columns = [part.alias(str(at)) for at, part in enumerate(parts)]
    whole = pl.DataFrame(columns).select(pl.concat_str(pl.all(), separator="/", ignore_nulls=True)).to_series()
    absent = absent | whole.is_in(list(nothing)) if nothing else absent
    return whole.set(absent, None) if absent.any() else whole
