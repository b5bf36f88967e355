"""Read an account file into the canonical account frame. Names are never read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.errors import MappingError, UnknownLayoutError
from moneytrail.readers import amounts as money
from moneytrail.readers.convert import (
    AMOUNT_FAULTS,
    CURRENCY_CODES,
    Faults,
    bind,
    check_dtypes,
    exponents_of,
    float_note,
    folded,
    gather,
    has_float_amounts,
    note_fractions,
    rejected_rows,
    translate,
    yes_no_words,
)
from moneytrail.readers.files import kind_of
from moneytrail.readers.layouts import ACCOUNT_MAPPINGS
from moneytrail.readers.mapping import FileForm, Mapping, TimeForm
from moneytrail.readers.parquet import ParquetSource
from moneytrail.readers.reasons import REJECTED_SCHEMA, no_rejects
from moneytrail.readers.text import TextSource
from moneytrail.readers.times import parsed
from moneytrail.schema import ACCOUNT_KIND, ACCOUNT_KINDS, ACCOUNT_SCHEMA, CURRENCY, check_accounts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from moneytrail.readers.text import RawBatch

_TEXTS: Final = tuple(name for name, dtype in ACCOUNT_SCHEMA.items() if dtype == pl.String() and name != "account")
_AMOUNTS: Final = ("declared_turnover", "opening_balance")


@dataclass(frozen=True, slots=True)
class AccountReading:
    """What was read: canonical `accounts`, `rejected` rows as in ``Reading``, and counts that add up."""

    accounts: pl.DataFrame
    rejected: pl.DataFrame
    rows_read: int
    rows_kept: int
    rows_rejected: int
    reasons: dict[str, int]
    layout: str
    assumptions: tuple[str, ...]
    files: tuple[tuple[str, int, str], ...]


def read_accounts(source: Path, mapping: Mapping | None = None) -> AccountReading:
    """Read one account file: CSV, gzipped CSV or Parquet.

    Without a mapping with an ``[accounts]`` table the file has moneytrail's own column names, or is AMLSim's. Of
    AMLSim, names, addresses and birthdays are never read. The first row of an account is kept, later ones rejected.

    Raises
    ------
    InputError
        Where the file is not what it says.
    UnknownLayoutError
        Where no known account file has this header.
    MappingError
        Where the mapping has no ``[accounts]`` table.
    """
    if mapping is not None and not mapping.accounts:
        raise MappingError("accounts is absent: the mapping says nothing about accounts")
    kind = kind_of(source)
    form = mapping.file if mapping else FileForm()
    opened = ParquetSource(source) if kind == "parquet" else TextSource(source, kind, form)
    try:
        bound = _bound(source, opened.header, mapping)
        columns = bind(bound.accounts or {}, source, opened.header)
        if isinstance(opened, ParquetSource):
            check_dtypes(source, columns, opened.header, opened.dtypes, whole=bound.amount.unit == "minor")
        positions = sorted({at for part in columns.values() for at in part})
        accounts, rejected = pl.DataFrame(schema=dict(ACCOUNT_SCHEMA)), no_rejects()
        rows = 0
        for raw in opened.batches(positions, 0):
            faults = Faults(raw.frame.height)
            note_fractions(raw.frame, columns, faults)
            made, wrong = _convert(raw, gather(raw.frame, columns, bound), bound, accounts["account"], faults)
            accounts, rejected = accounts.vstack(made), rejected.vstack(_named(wrong, source))
            rows += raw.rows_read
        size, digest = opened.fingerprint()
    finally:
        opened.close()
    assert accounts.height + rejected.height == rows, "a row was lost"
    counted = rejected.group_by("reason").len().sort("len", "reason", descending=[True, False])
    notes = []
    if isinstance(opened, ParquetSource) and has_float_amounts(columns, opened.dtypes):
        notes.append(float_note(bound))
    unused = [name for at, name in enumerate(opened.header) if at not in positions]
    return AccountReading(
        accounts=accounts,
        rejected=rejected,
        rows_read=rows,
        rows_kept=accounts.height,
        rows_rejected=rejected.height,
        reasons=dict(zip(counted["reason"].to_list(), counted["len"].to_list(), strict=True)),
        layout=bound.name,
        assumptions=(*notes, "columns not read: " + ", ".join(unused)) if unused else tuple(notes),
        files=((str(source), size, digest),),
    )


def _named(rejected: pl.DataFrame, path: Path) -> pl.DataFrame:
    return rejected.with_columns(file=pl.lit(str(path))).select(list(REJECTED_SCHEMA))


def _bound(path: Path, header: Sequence[str], mapping: Mapping | None) -> Mapping:
    """Return the mapping; of a known account file, without the optional columns that the header lacks."""
    if mapping is not None:
        return mapping
    for known in ACCOUNT_MAPPINGS:
        accounts = known.accounts or {}
        if accounts["account"][0] in header:
            return replace(known, accounts={name: source for name, source in accounts.items() if source[0] in header})
    firsts = " or ".join(str((known.accounts or {})["account"][0]) for known in ACCOUNT_MAPPINGS)
    raise UnknownLayoutError(f"{path}: no known account file: it has no column {firsts}; it has {', '.join(header)}")


def _convert(
    raw: RawBatch, fields: pl.DataFrame, mapping: Mapping, before: pl.Series, faults: Faults
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the canonical accounts of one batch, and its rejected rows."""
    made: dict[str, pl.Series] = {"account": fields["account"]}
    faults.add("account", "account_absent", fields["account"].is_null())
    _kind(fields, mapping, made, faults)
    _opened(fields, mapping, made, faults)
    _money(fields, mapping, made, faults)
    _flag(fields, mapping, made, faults)
    made |= {name: fields[name] for name in _TEXTS if name in fields.columns}
    good = faults.first() == 0
    doubled = pl.Series(good) & (fields["account"].is_in(before.implode()))
    kept_so_far = fields["account"].set(~pl.Series(good), None)
    doubled = doubled | (pl.Series(good) & ~kept_so_far.is_first_distinct())
    faults.add("account", "duplicate_account", doubled)
    number = faults.first()
    frame = pl.DataFrame([series.alias(name) for name, series in made.items()]).filter(number == 0)
    rejected = pl.concat([raw.broken, rejected_rows(faults, fields, raw.frame)]).sort("row")
    return check_accounts(frame), rejected


def _kind(fields: pl.DataFrame, mapping: Mapping, made: dict[str, pl.Series], faults: Faults) -> None:
    if "kind" not in fields.columns:
        made["kind"] = pl.Series(["unknown"], dtype=ACCOUNT_KIND).new_from_index(0, fields.height)
        return
    words = {name: name for name in ACCOUNT_KINDS} | {"": "unknown"} | folded(mapping.account_words.get("kind", {}))
    made["kind"] = translate(fields["kind"], words, ACCOUNT_KIND)
    faults.add("kind", "kind_unknown", made["kind"].is_null())


def _opened(fields: pl.DataFrame, mapping: Mapping, made: dict[str, pl.Series], faults: Faults) -> None:
    if "opened" not in fields.columns:
        return
    source = fields["opened"]
    if source.dtype.is_temporal():
        made["opened"] = source.cast(pl.Date)
        return
    formats = (*mapping.time.formats, "%Y-%m-%d")
    made["opened"] = parsed(source, TimeForm(formats=formats)).cast(pl.Date)
    faults.add("opened", "date_unreadable", made["opened"].is_null() & source.is_not_null())


def _money(fields: pl.DataFrame, mapping: Mapping, made: dict[str, pl.Series], faults: Faults) -> None:
    present = [name for name in _AMOUNTS if name in fields.columns]
    fixed = mapping.amount.currency
    if "currency" in fields.columns:
        words = CURRENCY_CODES | folded(mapping.account_words.get("currency", {}))
        currency = translate(fields["currency"], words, CURRENCY)
        faults.add("currency", "currency_unknown", currency.is_null() & fields["currency"].is_not_null())
    else:
        currency = pl.Series([fixed], dtype=CURRENCY).new_from_index(0, fields.height)
    made["currency"] = currency
    for name in present:
        given = fields[name].is_not_null()
        faults.add("currency", "currency_unknown", given & currency.is_null())
        whole = mapping.amount.unit == "minor"
        exponents = np.zeros(fields.height, np.int64) if whole else exponents_of(currency)
        amounts = money.minor_units(fields[name], exponents, mapping.amount)
        for fault, reason in AMOUNT_FAULTS.items():
            faults.add(name, reason, (amounts.fault == fault) & given.to_numpy())
        if name == "declared_turnover":
            faults.add(name, "amount_negative", (amounts.value < 0) & given.to_numpy())
        made[name] = pl.Series(name, amounts.value).set(~given, None)


def _flag(fields: pl.DataFrame, mapping: Mapping, made: dict[str, pl.Series], faults: Faults) -> None:
    name = "registered_money_service"
    if name not in fields.columns:
        return
    meant = translate(fields[name], yes_no_words(mapping.account_words.get(name, {})), pl.String())
    faults.add(name, "flag_unknown", meant.is_null() & fields[name].is_not_null())
    made[name] = meant == "true"
