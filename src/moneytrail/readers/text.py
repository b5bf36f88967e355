"""Delimited text, block by block: every record with its physical line, broken ones kept aside, in bounded memory.

The kernel finds the records; polars, which is fast but loses count of lines and can be led astray by a stray quote,
is then shown only what the kernel found to be well formed. In a block in which nothing is odd, which is nearly every
one, the fields are found in one sweep, and the plain columns are read straight from the bytes.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.errors import InputError
from moneytrail.kernels import records as kernel
from moneytrail.kernels.fields import cut_lines
from moneytrail.readers.files import ByteFile
from moneytrail.readers.plain import NO_PLAN, Plain, Plan, read_plain
from moneytrail.readers.reasons import REJECTED_SCHEMA, VALUE_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from moneytrail.readers.files import Kind
    from moneytrail.readers.mapping import FileForm

BLOCK_BYTES: Final = 16 << 20
"""Text read at a time."""
RECORD_LIMIT: Final = 64 << 10
"""Most bytes of a record."""
LINE_LIMIT: Final = 16 << 20
"""Most bytes of a physical line: a longer one is no row that went wrong but no table at all."""

_BOM: Final = codecs.BOM_UTF8
_STATUS_REASONS: Final = {
    kernel.WRONG_FIELD_COUNT: "wrong_field_count",
    kernel.TEXT_AFTER_QUOTE: "text_after_quote",
    kernel.UNCLOSED_QUOTE: "quote_not_closed",
    kernel.TOO_LONG: "row_too_long",
}
_NOT_TEXT: Final = 255
_LF: Final = 10
_CR: Final = 13
_HEADER_BYTES: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Rows as the file writes them.

    `frame` has the wanted columns, named by their positions, and ``row`` and ``line``; `broken` has the rejected rows
    of the same stretch, without ``file``; `rows_read` counts both. Columns in `plain` are typed, all others text.
    """

    frame: pl.DataFrame
    broken: pl.DataFrame
    rows_read: int
    plain: Plain | None = None


Job = Callable[[], RawBatch]
"""Makes one batch; may be called on any thread."""


class TextSource:
    """A delimited text file. `header` holds its column names, a repeated name as ``name#2``; positions if it has none.

    Raises
    ------
    InputError
        Where the header is no header: nothing in it, a quote that does not close, bytes that are no text.
    """

    def __init__(self, path: Path, kind: Kind, form: FileForm, block_bytes: int = BLOCK_BYTES) -> None:
        self.path = path
        self._form = form
        self._block_bytes = block_bytes
        self._file = ByteFile(path, kind)
        self._utf8 = codecs.lookup(form.encoding).name in ("utf-8", "ascii")
        self._tail = b""
        self._line = 1
        self._read_header()

    def batches(self, columns: Sequence[int], first_row: int) -> Iterator[RawBatch]:
        """Yield the rows in order, one batch a block; `columns` are positions in the header, ascending."""
        for job in self.jobs(columns, first_row):
            yield job()

    def jobs(self, columns: Sequence[int], first_row: int, wanted: Plan = NO_PLAN) -> Iterator[Job]:
        """Yield what makes the batches, in order: to find where they end is little of the work.

        Parameters
        ----------
        columns : sequence of int
            Positions in the header, ascending.
        first_row : int
        wanted : Plan
            Which columns to read from bytes where they are plain.
        """
        row, size, ended = first_row, self._block_bytes, False
        while not ended:
            chunk = self._chunk(size)
            ended = not chunk
            whole, rest = _whole_lines(self._tail, chunk)
            ends = self._cut(whole)
            if ends is not None:
                yield partial(self._clean_batch, whole, ends, (columns, wanted), (row, self._line))
                self._tail = rest
                ended = ended and not rest
                row, size = row + ends.shape[0], self._block_bytes
                self._line += ends.shape[0]
                continue
            block = self._tail + chunk if self._tail else chunk
            found = self._scan(block, len(self.header), final=ended)
            self._tail = block[found.consumed :]
            if found.start.size:
                yield partial(self._batch, block, found, columns, row)
            row += found.start.size
            self._line = found.next_line
            # A record that is longer than the block: read twice as much before looking again.
            size = self._block_bytes if found.consumed else size * 2
            if len(self._tail) > LINE_LIMIT:
                raise InputError(f"{self.path}: line {self._line:,} is longer than 16 MiB; this is no table of rows")

    @property
    def done(self) -> int:
        """Stored bytes read so far."""
        return self._file.done

    def fingerprint(self) -> tuple[int, str]:
        """Return the stored size and the SHA-256 of the bytes read."""
        return self._file.fingerprint()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _chunk(self, size: int) -> bytes:
        chunk = self._file.read(size)
        if self._utf8:
            return chunk
        # A byte that the encoding does not know becomes a surrogate, which is no UTF-8: the row is then rejected.
        return chunk.decode(self._form.encoding, "surrogateescape").encode("utf-8", "surrogatepass")

    def _cut(self, whole: bytes) -> np.ndarray | None:
        """Return the ends of the fields of whole lines; nothing where there is anything odd in them."""
        if not whole or len(self.header) < 2:
            return None
        quote = ord(self._form.quote) if self._form.quote else -1
        ends, high, clean = cut_lines(
            np.frombuffer(whole, np.uint8), ord(self._form.separator), quote, len(self.header), RECORD_LIMIT
        )
        return ends if clean and not (high and not _is_utf8(whole)) else None

    def _clean_batch(
        self, block: bytes, ends: np.ndarray, wanted: tuple[Sequence[int], Plan], start: tuple[int, int]
    ) -> RawBatch:
        columns, plan = wanted
        plain = read_plain(block, ends, plan)
        rows = ends.shape[0]
        # What is not plain is left to polars, which is shown the whole block: there is nothing in it to lead it astray.
        frame = self._parse(block, [at for at in columns if at not in plain.columns], rows)
        frame = frame.with_columns(
            *(series.alias(str(at)) for at, series in plain.columns.items()),
            *(
                pl.int_range(first, first + rows, dtype=pl.Int64, eager=True).alias(name)
                for name, first in zip(("row", "line"), start, strict=True)
            ),
        )
        return RawBatch(frame, nothing_broken(), rows, plain)

    def _scan(self, block: bytes, wanted: int, *, final: bool, most: int = -1) -> kernel.Records:
        quote = ord(self._form.quote) if self._form.quote else -1
        data = np.frombuffer(block, np.uint8)
        found = kernel.Records(
            *kernel.scan_records(data, ord(self._form.separator), quote, wanted, RECORD_LIMIT, final, most)
        )
        return found._replace(line=found.line + self._line, next_line=found.next_line + self._line)

    def _read_header(self) -> None:
        block, ended, size = b"", False, min(_HEADER_BYTES, self._block_bytes)
        while True:
            chunk = self._chunk(size)
            ended = not chunk
            block += chunk
            start = len(_BOM) if block.startswith(_BOM) else 0
            found = self._scan(block[start:], -1, final=ended, most=1)
            if found.start.size or ended or len(block) > LINE_LIMIT:
                break
            size *= 2
        block = block[start:]
        if not found.start.size:
            raise InputError(f"{self.path}: is empty")
        if found.status[0] != kernel.WELL_FORMED:
            raise InputError(f"{self.path}: line {found.line[0]} is no header: {_STATUS_REASONS[int(found.status[0])]}")
        try:
            names = [
                name.decode("utf-8")
                for name in split_fields(block[found.start[0] : found.end[0]], self._form.separator, self._form.quote)
            ]
        except UnicodeDecodeError as error:
            raise InputError(f"{self.path}: its header is not text in {self._form.encoding}") from error
        if self._form.header:
            self.header = distinct_names(names)
            self._tail, self._line = block[found.consumed :], found.next_line
        else:
            self.header = tuple(str(position) for position in range(len(names)))
            self._tail = block

    def _batch(self, block: bytes, found: kernel.Records, columns: Sequence[int], first_row: int) -> RawBatch:
        status = self._judge_text(block, found)
        good = status == kernel.WELL_FORMED
        rows = np.arange(first_row, first_row + status.size, dtype=np.int64)
        frame = self._parse(self._clean(block, found, good), columns, int(good.sum()))
        frame = frame.with_columns(row=pl.Series(rows[good]), line=pl.Series(found.line[good]))
        return RawBatch(frame, _broken(block, found, status, rows), status.size)

    def _judge_text(self, block: bytes, found: kernel.Records) -> np.ndarray:
        """Return the status of every record, with those that are no text marked."""
        status = found.status.copy()
        status[(status == 0) & ((found.traits & kernel.NUL_BYTE) > 0)] = _NOT_TEXT
        high = np.flatnonzero((status == 0) & ((found.traits & kernel.HIGH_BYTE) > 0))
        if high.size and not _is_utf8(block):
            bad = [at for at in high.tolist() if not _is_utf8(block[found.start[at] : found.end[at]])]
            status[bad] = _NOT_TEXT
        return status

    def _clean(self, block: bytes, found: kernel.Records, good: np.ndarray) -> bytes:
        """Return the good records, one after the other, with stray quotes written the way RFC 4180 has them."""
        start, end = found.start[good], found.end[good]
        stray = np.flatnonzero(found.traits[good] & kernel.STRAY_QUOTE)
        data = np.frombuffer(block, np.uint8)
        if not stray.size and _unbroken(data, start, end, found.consumed):
            return block[: found.consumed]
        if not stray.size:
            return bytes(kernel.join_spans(data, start, end))
        parts, done = [], 0
        for at in stray.tolist():
            parts.append(kernel.join_spans(data, start[done:at], end[done:at]).tobytes())
            parts.append(self._requote(block[start[at] : end[at]]))
            done = at + 1
        parts.append(kernel.join_spans(data, start[done:], end[done:]).tobytes())
        return b"".join(parts)

    def _requote(self, record: bytes) -> bytes:
        quote = self._form.quote.encode()
        fields = split_fields(record, self._form.separator, self._form.quote)
        quoted = [quote + value.replace(quote, quote * 2) + quote for value in fields]
        return self._form.separator.encode().join(quoted) + b"\n"

    def _parse(self, text: bytes, columns: Sequence[int], rows: int) -> pl.DataFrame:
        names = [str(position) for position in columns]
        if not rows or not names:
            return pl.DataFrame(schema=dict.fromkeys(names, pl.String()))
        # polars drops a byte order mark in front of its input; here it would be data.
        frame = pl.read_csv(
            _BOM + text if text.startswith(_BOM) else text,
            has_header=False,
            infer_schema=False,
            separator=self._form.separator,
            quote_char=self._form.quote or None,
            columns=list(columns),
        )
        if frame.height != rows:
            raise InputError(f"{self.path}: {rows:,} rows near line {self._line:,} were split into {frame.height:,}")
        return frame.rename(dict(zip(frame.columns, names, strict=True)))


def _whole_lines(tail: bytes, chunk: bytes) -> tuple[bytes, bytes]:
    """Return the whole lines of `tail` and `chunk` together, copied once, and what follows them."""
    if not chunk:
        tail, chunk = b"", tail
    cut = chunk.rfind(b"\n") + 1
    return b"".join((tail, memoryview(chunk)[:cut])) if cut else b"", chunk[cut:]


def nothing_broken() -> pl.DataFrame:
    """Return an empty frame of rejected rows, without ``file``."""
    return pl.DataFrame(schema={name: dtype for name, dtype in REJECTED_SCHEMA.items() if name != "file"})


def _broken(block: bytes, found: kernel.Records, status: np.ndarray, rows: np.ndarray) -> pl.DataFrame:
    bad = np.flatnonzero(status != kernel.WELL_FORMED).tolist()
    spans = [(int(found.start[at]), int(found.end[at])) for at in bad]
    table = {
        "line": [int(found.line[at]) for at in bad],
        "row": [int(rows[at]) for at in bad],
        "field": [None] * len(bad),
        "value": [
            block[start : min(end, start + 4 * VALUE_LENGTH)].decode("utf-8", "replace")[:VALUE_LENGTH]
            for start, end in spans
        ],
        "reason": [_STATUS_REASONS.get(int(status[at]), "not_text") for at in bad],
    }
    return pl.DataFrame(table, schema={name: REJECTED_SCHEMA[name] for name in table})


def _unbroken(data: np.ndarray, start: np.ndarray, end: np.ndarray, consumed: int) -> bool:
    """Return whether the records stand one behind the other, with nothing but their line ends between them."""
    if not start.size or start[0] != 0:
        return False
    gap = np.append(start[1:], consumed) - end
    # A last line without a line end has no gap, and its record may end in the CR that was taken off.
    return bool(((gap == 1) & (data[np.minimum(end, data.size - 1)] == _LF)).all()) or bool(
        ((gap == 2) & (data[np.minimum(end, data.size - 1)] == _CR)).all()
    )


def split_fields(record: bytes, separator: str, quote: str) -> list[bytes]:
    """Return the fields of one well-formed record, unquoted."""
    fields, at, comma, mark = [], 0, separator.encode(), quote.encode()
    while True:
        if mark and record.startswith(mark, at):
            close = at + 1
            while not (record.startswith(mark, close) and not record.startswith(mark * 2, close)):
                close += 2 if record.startswith(mark * 2, close) else 1
            fields.append(record[at + 1 : close].replace(mark * 2, mark))
            at = close + 1
        else:
            stop = record.find(comma, at)
            stop = len(record) if stop < 0 else stop
            fields.append(record[at:stop])
            at = stop
        if at >= len(record):
            return fields
        at += 1


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names without blanks around them, the second of a name as ``name#2``, the third as ``name#3``."""
    seen: dict[str, int] = {}
    made = []
    for name in (name.strip() for name in names):
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(made)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
