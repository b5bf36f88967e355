"""Read the daily table of small-boat arrivals: one row a day, whole, or one clear error.

Unlike transfers, of which wrong rows are kept aside, a table with a gap says something false of every day after it.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from moneytrail.errors import InputError
from moneytrail.readers.files import ByteFile, kind_of
from moneytrail.readers.parquet import ParquetSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from moneytrail.readers.files import Kind

SCHEMA: Final = {"day": pl.Date(), "arrivals": pl.Int64(), "red": pl.Boolean()}
"""What comes out: a row a day without gaps, rising; ``red`` is null where nothing is said."""

DAY_NAMES: Final = ("day", "date")
BANDS: Final = {"red": True, "amber": False, "green": False}
FLAGS: Final = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}

MOST: Final = 1_000_000
"""More people than arrive on a day, in any year: a larger number is another column's."""

LARGEST: Final = 64 << 20
"""Bytes: a table of two thousand years is smaller."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class _Row(NamedTuple):
    """One row as it is written: `place` names it (``line 3``), values are texts, or what Parquet holds."""

    place: str
    values: dict[str, Any]


def read_arrivals(path: Path) -> pl.DataFrame:
    """Read a table of arrivals: CSV (UTF-8), gzipped CSV or Parquet, with its column names in the first line.

    Columns are ``day`` (or ``date``; as 2025-05-03), ``arrivals`` (people, a whole number), and, where the days were
    assessed, ``band`` (red, amber or green) or ``red`` (true or false), either of which may be empty. Others, such as
    ``boats``, are not read. Rows may stand in any order; every day from the first to the last must have one.

    Returns
    -------
    polars DataFrame
        As :data:`SCHEMA`.

    Raises
    ------
    InputError
        Naming the file, the line (of Parquet the row) and the value that is wrong.
    """
    kind = kind_of(path)
    header, rows = _parquet(path) if kind == "parquet" else _text(path, kind)
    day, assessed = _columns(path, header)
    made = []
    for row in rows:
        try:
            made.append((_day(row.values[day]), row.place, _number(row.values["arrivals"]), _red(row.values, assessed)))
        except ValueError as error:
            raise InputError(f"{path}, {row.place}: {error}") from None
    if not made:
        raise InputError(f"{path}: has no rows; a table of arrivals has one a day")
    made.sort(key=lambda one: one[0])
    _check_days(path, [(one, place) for one, place, _, _ in made])
    columns = ([one[0] for one in made], [one[2] for one in made], [one[3] for one in made])
    return pl.DataFrame(dict(zip(SCHEMA, columns, strict=True)), schema=SCHEMA)


def _text(path: Path, kind: Kind) -> tuple[list[str], Iterator[_Row]]:
    file = ByteFile(path, kind)
    try:
        raw = file.read(LARGEST + 1)
    finally:
        file.close()
    if len(raw) > LARGEST:
        raise InputError(f"{path}: is larger than any table of arrivals; is it the right file?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text: {error.reason} at byte {error.start}") from None
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(lines, [])]
        cells = [(lines.line_num, row) for row in lines if row]
    except csv.Error as error:
        raise InputError(f"{path}, line {lines.line_num}: {error}") from None
    return header, _told(path, header, cells)


def _told(path: Path, header: list[str], cells: list[tuple[int, list[str]]]) -> Iterator[_Row]:
    for line, row in cells:
        if len(row) != len(header):
            raise InputError(f"{path}, line {line}: has {len(row)} fields, the first line has {len(header)}")
        yield _Row(f"line {line}", {name: cell.strip() for name, cell in zip(header, row, strict=True)})


def _parquet(path: Path) -> tuple[list[str], Iterator[_Row]]:
    source = ParquetSource(path)
    header = [name.strip().lower() for name in source.header]
    known = [at for at, name in enumerate(header) if name in (*DAY_NAMES, "arrivals", "band", "red")]
    frames = [batch.frame for batch in source.batches(known, 0)]
    cells = (row for frame in frames for row in frame.select(str(at) for at in known).iter_rows())
    names = [header[at] for at in known]
    return header, (_Row(f"row {at}", dict(zip(names, row, strict=True))) for at, row in enumerate(cells, 1))


def _columns(path: Path, header: list[str]) -> tuple[str, str]:
    """The name of the column of days, and of the one that says how days were assessed; empty where there is none."""
    has = f"; it has {', '.join(header) or 'none'}"
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice:
        raise InputError(f"{path}: the column {twice!r} stands there twice")
    days, assessed = ([name for name in names if name in header] for names in (DAY_NAMES, ("band", "red")))
    if not days:
        raise InputError(f"{path}: no table of arrivals: it has no column 'day' or 'date'{has}")
    if "arrivals" not in header:
        raise InputError(f"{path}: no table of arrivals: it has no column 'arrivals'{has}")
    for both in (days, assessed):
        if len(both) > 1:
            raise InputError(f"{path}: the columns {both[0]!r} and {both[1]!r} say the same thing twice; keep one")
    return days[0], assessed[0] if assessed else ""


def _day(value: object) -> date:
    if isinstance(value, datetime):
        if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
            return value.date()
    elif isinstance(value, date):
        return value
    elif isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f"the day is {_shown(value)}; wanted is a day as 2025-05-03")


def _number(value: object) -> int:
    whole = None
    if isinstance(value, str):
        whole = int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else None
    elif isinstance(value, int) and not isinstance(value, bool):
        whole = value
    if whole is None or not 0 <= whole <= MOST:
        raise ValueError(f"arrivals is {_shown(value)}; wanted is a whole number from 0 to {MOST:,}")
    return whole


def _red(values: dict[str, Any], column: str) -> bool | None:
    value = values[column] if column else None
    if value is None or value == "" or isinstance(value, bool):
        if column == "band" and isinstance(value, bool):
            raise ValueError(f"band is {_shown(value)}; wanted is red, amber or green, or nothing")
        return None if value == "" else value
    allowed = BANDS if column == "band" else FLAGS
    if str(value).lower() not in allowed:
        wanted = "red, amber or green" if column == "band" else "true or false"
        raise ValueError(f"{column} is {_shown(value)}; wanted is {wanted}, or nothing")
    return allowed[str(value).lower()]


def _check_days(path: Path, days: list[tuple[date, str]]) -> None:
    """Refuse repeats and gaps; `days` rise."""
    one = timedelta(days=1)
    for (before, where), (day, place) in pairwise(days):
        if day == before:
            raise InputError(f"{path}, {place}: the day {day} stands at {where} already")
        if day > before + one:
            missing = f"{before + one} is" if day == before + 2 * one else f"{before + one} to {day - one} are"
            raise InputError(f"{path}, {place}: the day is {day}, but {missing} missing; a table has every day")


def _shown(value: object) -> str:
    """A value as it is quoted in an error; long ones are cut."""
    text = "absent" if value is None or value == "" else repr(value if isinstance(value, str) else str(value))
    return text if len(text) <= 60 else f"{text[:60]}…"
