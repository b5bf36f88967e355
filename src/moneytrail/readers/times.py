"""Times, from text or Parquet to microseconds UTC."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.schema import INSTANT

if TYPE_CHECKING:
    from moneytrail.readers.mapping import TimeForm

_STEPS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
_LARGEST_STEP: Final = 1_000_000
_DAY: Final = "%Y-%m-%d"
_HOUR: Final = "%H:%M:%S%.f"

ISO_FORMATS: Final = (
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.fZ",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
)
"""How the layouts write times that follow ISO 8601."""


def instants(fields: pl.DataFrame, form: TimeForm) -> tuple[pl.Series, str]:
    """Return the times as microseconds UTC, null where they cannot be read, and the name of the field.

    Without an offset of its own a time is local to `form.timezone`. Where clocks go back, the first of the two hours
    is meant; a time that they skip does not exist and cannot be read. A step is a whole number from 0 to 1,000,000.
    Fractions finer than a microsecond are cut.
    """
    if "step" in fields.columns:
        return _steps(fields["step"], form), "step"
    name = "booked_at" if "booked_at" in fields.columns else "date"
    source = fields[name]
    if "time" in fields.columns:
        return _two_columns(source, fields["time"], form), name
    if source.dtype.is_temporal():
        when = source.cast(pl.Datetime("us", getattr(source.dtype, "time_zone", None)))
        return _placed(when, form.timezone), name
    return parsed(source, form), name


def _two_columns(date: pl.Series, time: pl.Series, form: TimeForm) -> pl.Series:
    """Return the instants of a date and a time; one that is no text in Parquet does not need the formats."""
    parts = [pattern.rpartition(" ") for pattern in form.formats]
    days, hours = [day for day, _, _ in parts], [hour for _, _, hour in parts]
    if date.dtype.is_temporal():
        date, days = date.dt.to_string(_DAY), [_DAY] * len(parts)
    if time.dtype.is_temporal():
        time, hours = time.dt.to_string(_HOUR), [_HOUR] * len(parts)
    formats = dict.fromkeys(f"{day} {hour}" for day, hour in zip(days, hours, strict=True))
    texts = pl.DataFrame({"d": date, "t": time}).select(pl.concat_str("d", "t", separator=" ")).to_series()
    return parsed(texts.alias(date.name), replace(form, formats=tuple(formats)))


def parsed(texts: pl.Series, form: TimeForm) -> pl.Series:
    """Return the texts as instants by the first format that fits each."""
    made = pl.Series(texts.name, [None], dtype=INSTANT).new_from_index(0, texts.len())
    open_rows = np.arange(texts.len())
    for pattern in form.formats:
        whole = open_rows.size == texts.len()
        tried = _by_format(texts if whole else texts.gather(open_rows), pattern, form.timezone)
        made = tried if whole else made.scatter(open_rows, tried)
        open_rows = open_rows[tried.is_null().to_numpy()]
        if not open_rows.size:
            break
    return made.alias(texts.name)


def _by_format(texts: pl.Series, pattern: str, timezone: str) -> pl.Series:
    if "%z" in pattern or "%:z" in pattern:
        return texts.str.to_datetime(pattern, strict=False, time_unit="us", time_zone="UTC").cast(INSTANT)
    made = texts.str.to_datetime(pattern, strict=False, time_unit="us")
    return _placed(made, "UTC" if pattern.endswith("Z") else timezone)


def _placed(when: pl.Series, timezone: str) -> pl.Series:
    if getattr(when.dtype, "time_zone", None) is not None:
        return when.dt.convert_time_zone("UTC")
    if timezone == "UTC":
        return when.dt.replace_time_zone("UTC")
    local = when.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")


def _steps(steps: pl.Series, form: TimeForm) -> pl.Series:
    if form.step is None:
        raise ValueError("a step needs its unit")
    number = steps.cast(pl.Int64, strict=False)
    if number.null_count() > steps.null_count():
        # A table that once was all floats writes 12 as 12.0.
        number = number.fill_null(steps.str.replace(r"\.0+\s*$", "").cast(pl.Int64, strict=False))
    number = number.set(~number.is_between(0, _LARGEST_STEP).fill_null(False), None)
    frame = number.to_frame("n").select(pl.lit(form.epoch).cast(INSTANT) + pl.col("n") * pl.lit(_STEPS[form.step]))
    return frame.to_series().cast(INSTANT)
