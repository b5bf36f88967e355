"""Parquet, a slice of rows at a time, as the same raw batches that text gives."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Final

import polars as pl

from moneytrail.errors import InputError
from moneytrail.readers.plain import NO_PLAN
from moneytrail.readers.text import RawBatch, nothing_broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from moneytrail.readers.plain import Plan
    from moneytrail.readers.text import Job

SLICE_ROWS: Final = 500_000
"""Rows read at a time."""

_HASHED_AT_A_TIME: Final = 4 << 20


class ParquetSource:
    """A Parquet file; `header` holds its column names, `dtypes` their types.

    Raises
    ------
    InputError
        Where the file is cut off or damaged.
    """

    def __init__(self, path: Path, slice_rows: int = SLICE_ROWS) -> None:
        self.path = path
        self._slice_rows = slice_rows
        self._scan = pl.scan_parquet(path, glob=False)
        self._rows = self._guarded(self._scan.select(pl.len())).item()
        schema = self._scan.collect_schema()
        self.header = tuple(schema.names())
        self.dtypes = tuple(schema.dtypes())
        self._size = path.stat().st_size
        self._share = 0.0

    def batches(self, columns: Sequence[int], first_row: int) -> Iterator[RawBatch]:
        """Yield the rows in order, a slice at a time; `columns` are positions in the header."""
        for job in self.jobs(columns, first_row):
            yield job()

    def jobs(self, columns: Sequence[int], first_row: int, _wanted: Plan = NO_PLAN) -> Iterator[Job]:
        """Yield what makes the batches, in order, as :meth:`moneytrail.readers.text.TextSource.jobs`."""
        for offset in range(0, self._rows, self._slice_rows):
            self._share = min(1.0, (offset + self._slice_rows) / self._rows)
            yield partial(self._batch, columns, first_row, offset)
        self._share = 1.0

    def _batch(self, columns: Sequence[int], first_row: int, offset: int) -> RawBatch:
        wanted = [pl.col(self.header[at]).alias(str(at)) for at in columns]
        frame = self._guarded(self._scan.slice(offset, self._slice_rows).select(wanted))
        rows = pl.int_range(first_row + offset, first_row + offset + frame.height, dtype=pl.Int64, eager=True)
        frame = frame.with_columns(rows.alias("row"), pl.lit(None, dtype=pl.Int64).alias("line"))
        return RawBatch(frame, nothing_broken(), frame.height)

    @property
    def done(self) -> int:
        """Stored bytes read so far, by the share of rows."""
        return int(self._size * self._share)

    def fingerprint(self) -> tuple[int, str]:
        """Return the stored size and the SHA-256 of the file."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while part := file.read(_HASHED_AT_A_TIME):
                digest.update(part)
        return self._size, digest.hexdigest()

    def close(self) -> None:
        """Nothing is held open."""

    def _guarded(self, frame: pl.LazyFrame) -> pl.DataFrame:
        try:
            return frame.collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            reason = str(error).strip().split("\n", 1)[0]
            raise InputError(f"{self.path}: the Parquet file is cut off or damaged: {reason}") from error
