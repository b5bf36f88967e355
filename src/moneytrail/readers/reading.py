"""Read files of one layout, whole or as a stream of batches: transfers, rejected rows, counts and sums."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import polars as pl

from moneytrail.errors import InputError, MappingError, MoneytrailError
from moneytrail.readers.convert import Converter, float_note
from moneytrail.readers.files import kind_of
from moneytrail.readers.identity import SeenIds
from moneytrail.readers.layouts import (
    OFFSETS_ASSUMED,
    UTC_ASSUMED,
    Layout,
    check_header,
    named_layout,
    recognise,
)
from moneytrail.readers.mapping import FileForm, Mapping
from moneytrail.readers.parquet import SLICE_ROWS, ParquetSource
from moneytrail.readers.reasons import REJECTED_SCHEMA, no_rejects
from moneytrail.readers.text import BLOCK_BYTES, TextSource
from moneytrail.schema import CURRENCY_EXPONENTS, TRANSFER_SCHEMA

if TYPE_CHECKING:
    from moneytrail.readers.convert import Conversion, Converted
    from moneytrail.readers.text import Job, RawBatch

Task = TypeVar("Task")
Result = TypeVar("Result")

WORKERS: Final = min(4, os.cpu_count() or 1)
"""Blocks that are converted at once: each is held in memory."""

Progress = Callable[[int, int], None]
"""Called with the bytes read so far and the bytes in all."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One stretch of rows: canonical `transfers`, and the `rejected` rows (see :class:`Reading`)."""

    transfers: pl.DataFrame
    rejected: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read.

    Attributes
    ----------
    transfers : DataFrame
        Canonical (see :mod:`moneytrail.schema`), in the order of the input.
    rejected : DataFrame
        ``file``, ``line`` (1-based physical line, absent for Parquet), ``row`` (0-based over all files), ``field``
        (absent where the whole row is broken), ``value`` (at most 200 characters), ``reason`` (a key of ``REASONS``).
    rows_read, rows_kept, rows_rejected : int
        Kept and rejected make up read.
    reasons : dict
        Rejected rows by reason.
    totals : dict
        By currency, minor units: ``read``, ``kept`` and ``rejected``, each summed on its own. Rows whose amount or
        currency cannot be read are in none of them.
    rows_unmeasured : int
        Those rows.
    rows_rounded : int
        Kept rows with an amount that was rounded to its currency's minor unit.
    layout : str
        Name of the layout or mapping.
    assumptions : tuple of str
        What the files do not say and was taken for granted, in sentences.
    files : tuple of (str, int, str)
        Name, size in bytes and SHA-256 of every file.
    """

    transfers: pl.DataFrame
    rejected: pl.DataFrame
    rows_read: int
    rows_kept: int
    rows_rejected: int
    reasons: dict[str, int]
    totals: dict[str, dict[str, int]]
    rows_unmeasured: int
    rows_rounded: int
    layout: str
    assumptions: tuple[str, ...]
    files: tuple[tuple[str, int, str], ...]


def read(
    sources: Path | Sequence[Path],
    mapping: Mapping | None = None,
    *,
    layout: str | None = None,
    currency: str | None = None,
    progress: Progress | None = None,
) -> Reading:
    """Read CSV, gzipped CSV or Parquet files of one layout into the canonical transfer frame.

    Parameters
    ----------
    sources : Path or sequence of Path
        Row numbers run on over the files.
    mapping : Mapping, optional
        What the columns mean; see :func:`load_mapping`. Default: the layout is recognised by the header.
    layout : str, optional
        Name of a known layout, instead of recognising it.
    currency : str, optional
        Currency of rows that state none; replaces the one that the layout assumes.
    progress : function, optional
        Called with the bytes read so far and in all.

    Raises
    ------
    InputError
        Where a file is not what it says: one line that names the file. Wrong rows are no errors.
    UnknownLayoutError
        Where no layout fits the header and no mapping was given.
    MappingError
        Where mapping, layout and currency do not fit together.
    """
    run = _Run(sources, mapping, layout, currency, progress)
    return run.reading(list(run.batches()))


def stream(
    sources: Path | Sequence[Path],
    mapping: Mapping | None = None,
    *,
    layout: str | None = None,
    currency: str | None = None,
    progress: Progress | None = None,
) -> Iterator[Batch]:
    """Read like :func:`read`, batch by batch, in memory that does not grow with the files.

    Only the ids of the transfers kept are remembered, at 16 bytes each, where the layout has ids.
    A file that turns out to be cut off raises after the batches before the cut.
    """
    return _Run(sources, mapping, layout, currency, progress).batches()


@dataclass(slots=True)
class _Tally:
    """Counts and sums over all batches."""

    rows_read: int = 0
    read: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    turned_away: Counter[str] = field(default_factory=Counter)
    unmeasured: int = 0
    rounded: int = 0
    unmapped_channels: int = 0

    def add(self, converted: Converted) -> None:
        self.read.update(converted.read)
        self.kept.update(converted.kept)
        self.turned_away.update(converted.turned_away)
        self.unmeasured += converted.unmeasured
        self.rounded += converted.rounded
        self.unmapped_channels += converted.unmapped_channels

    def totals(self) -> dict[str, dict[str, int]]:
        return {
            code: {"read": self.read[code], "kept": self.kept[code], "rejected": self.turned_away[code]}
            for code in sorted(self.read.keys() | self.kept.keys() | self.turned_away.keys())
        }


class _Run:
    """One reading of one or more files."""

    def __init__(
        self,
        sources: Path | Sequence[Path],
        mapping: Mapping | None,
        layout: str | None,
        currency: str | None,
        progress: Progress | None,
        *,
        block_bytes: int = BLOCK_BYTES,
        slice_rows: int = SLICE_ROWS,
    ) -> None:
        self._paths = [sources] if isinstance(sources, Path) else list(sources)
        if not self._paths:
            raise InputError("no file to read")
        if mapping is not None and layout is not None:
            raise MappingError("give a mapping or a layout, not both")
        if mapping is not None and not mapping.columns:
            raise MappingError("columns is empty: the mapping says nothing about transfers")
        if currency is not None and currency not in CURRENCY_EXPONENTS:
            raise InputError(f"the currency {currency!r} is not known; give an ISO 4217 code in capitals, or BTC")
        self._mapping = mapping
        self._layout: Layout | None = named_layout(layout) if layout is not None else None
        self._currency = currency
        self._progress = progress
        self._block_bytes, self._slice_rows = block_bytes, slice_rows
        self._kinds = [kind_of(path) for path in self._paths]
        self._seen = SeenIds()
        self._tally = _Tally()
        self._notes: list[str] = []
        self._name = ""
        self._files: list[tuple[str, int, str]] = []

    def batches(self) -> Iterator[Batch]:
        """Yield the batches of all files, in order."""
        total = sum(path.stat().st_size for path in self._paths)
        before = 0
        for at, path in enumerate(self._paths):
            source = self._open(at)
            try:
                for batch in self._file_batches(source):
                    self._report(before + source.done, total)
                    yield batch
                size, digest = source.fingerprint()
            finally:
                source.close()
            before += size
            self._files.append((str(path), size, digest))
            self._report(before, total)

    def reading(self, batches: Sequence[Batch]) -> Reading:
        """Return the whole, once all batches are made."""
        transfers = pl.concat([batch.transfers for batch in batches] or [pl.DataFrame(schema=dict(TRANSFER_SCHEMA))])
        rejected = pl.concat([no_rejects(), *(batch.rejected for batch in batches)])
        counted = rejected.group_by("reason").len().sort("len", "reason", descending=[True, False])
        made = Reading(
            transfers=transfers,
            rejected=rejected,
            rows_read=self._tally.rows_read,
            rows_kept=transfers.height,
            rows_rejected=rejected.height,
            reasons=dict(zip(counted["reason"].to_list(), counted["len"].to_list(), strict=True)),
            totals=self._tally.totals(),
            rows_unmeasured=self._tally.unmeasured,
            rows_rounded=self._tally.rounded,
            layout=self._name,
            assumptions=self._assumptions(),
            files=tuple(self._files),
        )
        assert made.rows_kept + made.rows_rejected == made.rows_read, "a row was lost"
        assert all(sums["kept"] + sums["rejected"] == sums["read"] for sums in made.totals.values()), "money was lost"
        return made

    def _assumptions(self) -> tuple[str, ...]:
        notes = list(dict.fromkeys(self._notes))
        if self._tally.unmapped_channels:
            rule = self._mapping.unmapped_channel if self._mapping else "other"
            count = self._tally.unmapped_channels
            notes.append(f"a channel word has no meaning in {count:,} rows: `{rule}` assumed")
        return tuple(notes)

    def _open(self, at: int) -> TextSource | ParquetSource:
        path, kind = self._paths[at], self._kinds[at]
        if kind == "parquet":
            return ParquetSource(path, self._slice_rows)
        form = self._mapping.file if self._mapping else FileForm()
        return TextSource(path, kind, form, self._block_bytes)

    def _file_batches(self, source: TextSource | ParquetSource) -> Iterator[Batch]:
        converter = self._converter(source)

        def convert(job: Job) -> tuple[RawBatch, Conversion]:
            raw = job()
            return raw, converter.convert(raw)

        jobs = source.jobs(converter.columns, self._tally.rows_read, converter.plan)
        for raw, conversion in _in_order(convert, jobs):
            converted = conversion.finish(self._seen)
            self._tally.rows_read += raw.rows_read
            self._tally.add(converted)
            rejected = converted.rejected.with_columns(file=pl.lit(str(source.path))).select(list(REJECTED_SCHEMA))
            yield Batch(converted.transfers, rejected)

    def _converter(self, source: TextSource | ParquetSource) -> Converter:
        dtypes = source.dtypes if isinstance(source, ParquetSource) else None
        header, prepare = source.header, None
        made_anew: tuple[str, ...] = ()
        if self._mapping is not None:
            mapping, notes = self._mapping, _mapping_notes(self._mapping)
        else:
            layout = self._settled(source)
            header, prepare, made_anew = layout.spelled(source.header), layout.prepare, layout.made_anew
            mapping, notes = layout.bound(header), list(layout.assumptions)
        if self._currency is not None:
            notes = [note for note in notes if not note.startswith("the file states no currency")]
            notes.append(f"rows that state no currency: {self._currency} was given")
            mapping = replace(mapping, amount=replace(mapping.amount, currency=self._currency))
        self._name = mapping.name
        converter = Converter(mapping, source.path, header, dtypes, prepare, made_anew)
        if converter.zoned:
            notes = [note for note in notes if note not in (UTC_ASSUMED, OFFSETS_ASSUMED)]
        if converter.floating:
            notes.append(float_note(mapping))
        if converter.unused:
            notes.append("columns not read: " + ", ".join(converter.unused))
        self._notes += notes
        return converter

    def _settled(self, source: TextSource | ParquetSource) -> Layout:
        """Return the layout: the one asked for, that of the first file, or the one that fits the header."""
        if self._layout is None:
            self._layout = recognise(source.path, source.header)
        check_header(self._layout, source.path, source.header)
        return self._layout

    def _report(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total)


def _in_order(work: Callable[[Task], Result], tasks: Iterator[Task]) -> Iterator[Result]:
    """Yield what `work` makes of every task, in their order, a few at a time.

    An error in making a task comes after the results of the tasks before it, as it would without threads.
    """
    coming: deque[Future[Result]] = deque()
    failure: MoneytrailError | None = None
    with ThreadPoolExecutor(WORKERS) as workers:
        try:
            for task in tasks:
                coming.append(workers.submit(work, task))
                if len(coming) > WORKERS:
                    yield coming.popleft().result()
        except MoneytrailError as error:
            failure = error
        while coming:
            yield coming.popleft().result()
    if failure is not None:
        raise failure


def _mapping_notes(mapping: Mapping) -> list[str]:
    notes = []
    if mapping.time.step is not None:
        notes.append(f"steps are counted from {mapping.time.epoch:%Y-%m-%d %H:%M} UTC")
    elif mapping.time.timezone == "UTC":
        notes.append(OFFSETS_ASSUMED)
    if mapping.amount.currency is not None and "currency" not in mapping.columns:
        notes.append(f"the file states no currency: {mapping.amount.currency} assumed")
    return notes
