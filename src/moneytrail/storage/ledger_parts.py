"""The ledger of a run as Parquet parts in the store, and parts as the ledger again: the exact round trip.

Rows stay in the order in which they were read, since accounts are numbered by first appearance: a graph built from what
comes back is the graph that was scored, number for number.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl
import sqlalchemy as sa

from moneytrail.errors import StoreError
from moneytrail.schema import ACCOUNT_SCHEMA, TRANSFER_SCHEMA, check_accounts, check_transfers
from moneytrail.storage import tables
from moneytrail.storage.database import insert_unless_there
from moneytrail.storage.records import LedgerSummary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from moneytrail.rates import ExchangeRates

PART_ROWS: Final = 1_000_000
"""Most rows of a part: as much as is held twice while it is packed."""

PART_BYTES: Final = 128 * 2**20
"""Most bytes of a part of more than one row. SQLite and PostgreSQL both end at 1 GB, PostgreSQL after doubling them."""

_TRANSFERS: Final = "transfers"
_ACCOUNTS: Final = "accounts"
_KEPT: Final[Mapping[str, Mapping[str, pl.DataType]]] = {
    _TRANSFERS: {name: dtype for name, dtype in TRANSFER_SCHEMA.items() if not name.startswith("label_")},
    _ACCOUNTS: ACCOUNT_SCHEMA,
}
"""What is kept of each table: everything but the ground truth."""


@dataclass(frozen=True, eq=False)
class Ledger:
    """What a run scored, to be kept.

    Attributes
    ----------
    transfers : polars DataFrame
        Canonical, in the order in which they were read; ``label_`` columns are not kept.
    accounts : polars DataFrame or None
        Canonical; ``None`` where no account table was given.
    """

    transfers: pl.DataFrame
    accounts: pl.DataFrame | None = None

    def tables(self) -> Iterator[tuple[str, pl.DataFrame, list[str]]]:
        """Each table there is: its kind, the frame as it is, and the columns of it that are kept."""
        for kind, frame in ((_TRANSFERS, self.transfers), (_ACCOUNTS, self.accounts)):
            if frame is not None:
                yield kind, frame, [name for name in _KEPT[kind] if name in frame.columns]


@dataclass(frozen=True, eq=False)
class StoredLedger:
    """A ledger as the store gives it back. ``TransactionGraph.from_frame(transfers, rates, accounts)`` is its graph.

    Attributes
    ----------
    fingerprint : str
        See :func:`fingerprint_of`.
    transfers : polars DataFrame
        Canonical, in the order in which they were read; the ``label_`` columns are null.
    accounts : polars DataFrame or None
        Canonical; ``None`` where the run had no account table.
    rates : ExchangeRates
        Those that the run used.
    """

    fingerprint: str
    transfers: pl.DataFrame
    accounts: pl.DataFrame | None
    rates: ExchangeRates


@dataclass(frozen=True, slots=True)
class LedgerPart:
    """Some rows of one table as Parquet; `sha256` is that of `content`."""

    kind: str
    part: int
    rows: int
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PackedLedger:
    """A ledger ready to be inserted: about a tenth of what its frames take up in memory."""

    fingerprint: str
    transfers: int
    accounts: int | None
    parts: tuple[LedgerPart, ...]

    @property
    def bytes(self) -> int:
        """Of all parts together."""
        return sum(len(part.content) for part in self.parts)


def check_ledger(ledger: Ledger) -> None:
    """Raise InputError where a table has columns or dtypes that are not canonical. Rows are not looked at."""
    check_transfers(ledger.transfers.clear())
    if ledger.accounts is not None:
        check_accounts(ledger.accounts.clear())


def fingerprint_of(ledger: Ledger) -> str:
    """SHA-256 over what is kept of a ledger: names, rows in their order, and every value.

    It does not depend on the file the data came from, on how frames are parted in memory, or on the version of any
    library. A column without a value counts as absent. An account table without rows is not the same as none.
    """
    whole = hashlib.sha256(b"moneytrail ledger 1")
    for kind, frame, columns in ledger.tables():
        whole.update(f"\n{kind} {frame.height}".encode())
        for name in columns:
            if frame[name].null_count() < frame.height:
                whole.update(f"\n{name} {_digest(frame[name])}".encode())
    return whole.hexdigest()


def pack(ledger: Ledger, fingerprint: str) -> PackedLedger:
    """Write the tables as zstd Parquet, part by part.

    Parameters
    ----------
    ledger : Ledger
    fingerprint : str
        Its own, see :func:`fingerprint_of`.
    """
    parts = []
    for kind, frame, columns in ledger.tables():
        for part, (rows, content) in enumerate(_contents(frame, columns)):
            parts.append(LedgerPart(kind, part, rows, hashlib.sha256(content).hexdigest(), content))
    accounts = None if ledger.accounts is None else ledger.accounts.height
    return PackedLedger(fingerprint, ledger.transfers.height, accounts, tuple(parts))


def insert_ledger(connection: Connection, packed: PackedLedger, *, at: datetime) -> None:
    """Insert a ledger; one that is there already is left as it is."""
    values = {
        "fingerprint": packed.fingerprint,
        "created_at": at,
        "transfers": packed.transfers,
        "accounts": packed.accounts,
        "bytes": packed.bytes,
    }
    if not insert_unless_there(connection, tables.ledgers, values):
        return
    for part in packed.parts:
        connection.execute(
            sa.insert(tables.ledger_parts).values(
                fingerprint=packed.fingerprint,
                kind=part.kind,
                part=part.part,
                rows=part.rows,
                sha256=part.sha256,
                content=part.content,
            )
        )


def link_run(connection: Connection, run_id: str, fingerprint: str) -> bool:
    """Say that a run scored this ledger; ``False`` if the store says so already, or names another one."""
    return insert_unless_there(connection, tables.run_ledgers, {"run_id": run_id, "fingerprint": fingerprint})


def has_fingerprint(connection: Connection, fingerprint: str) -> bool:
    """Whether there is such a ledger."""
    table = tables.ledgers.c.fingerprint
    return connection.execute(sa.select(table).where(table == fingerprint)).first() is not None


def summary_of(connection: Connection, run_id: str) -> LedgerSummary | None:
    """What is known of a run's ledger; ``None`` where it was not kept."""
    query = (
        sa.select(tables.ledgers)
        .join(tables.run_ledgers, tables.run_ledgers.c.fingerprint == tables.ledgers.c.fingerprint)
        .where(tables.run_ledgers.c.run_id == run_id)
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else LedgerSummary(**row)


def read_tables(connection: Connection, summary: LedgerSummary) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Return the canonical transfers and accounts of a ledger, read and checked part by part.

    Raises
    ------
    StoreError
        Naming the first part that is missing or is not what was written.
    """
    transfers = _read_table(connection, summary.fingerprint, _TRANSFERS, summary.transfers, TRANSFER_SCHEMA)
    if summary.accounts is None:
        return transfers, None
    return transfers, _read_table(connection, summary.fingerprint, _ACCOUNTS, summary.accounts, ACCOUNT_SCHEMA)


def _contents(frame: pl.DataFrame, columns: list[str]) -> Iterator[tuple[int, bytes]]:
    """The rows of a frame in their order as Parquet files within both bounds, each with its number of rows."""
    for first in range(0, frame.height, PART_ROWS):
        # The slice first: to pick columns can copy them.
        yield from _within_bytes(frame.slice(first, PART_ROWS).select(columns))


def _within_bytes(frame: pl.DataFrame) -> Iterator[tuple[int, bytes]]:
    file = io.BytesIO()
    frame.write_parquet(file, compression="zstd", statistics=False)
    if file.tell() <= PART_BYTES or frame.height == 1:
        yield frame.height, file.getvalue()
        return
    file.close()
    half = frame.height // 2
    yield from _within_bytes(frame[:half])
    yield from _within_bytes(frame[half:])


def _digest(column: pl.Series) -> str:
    """SHA-256 over a column's values; texts by their lengths and their letters, so that no two columns run together."""
    shape, values = hashlib.sha256(), hashlib.sha256()
    numbers = column.dtype.is_numeric() or column.dtype.is_temporal() or column.dtype == pl.Boolean
    for first in range(0, len(column), PART_ROWS):
        part = column.slice(first, PART_ROWS)
        if numbers:
            shape.update(part.is_null().cast(pl.UInt8).to_numpy().tobytes())
            values.update(part.cast(pl.Int64).fill_null(0).to_numpy().tobytes())
        else:
            # An enumeration by its words: what number a word has may change with the version.
            part = part.cast(pl.String)
            shape.update(part.str.len_bytes().fill_null(2**32 - 1).cast(pl.UInt32).to_numpy().tobytes())
            values.update(part.str.join("").cast(pl.Binary).item())
    return f"{shape.hexdigest()} {values.hexdigest()}"


def _read_table(
    connection: Connection, fingerprint: str, kind: str, rows: int, schema: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    table = tables.ledger_parts.c
    query = sa.select(table.part, table.rows, table.sha256).order_by(table.part)
    listed = connection.execute(query.where(table.fingerprint == fingerprint, table.kind == kind)).all()
    parts: list[pl.DataFrame] = []
    for place, (part, height, sha256) in enumerate(listed):
        if part != place:
            break
        only = (table.fingerprint == fingerprint, table.kind == kind, table.part == part)
        content: bytes = connection.execute(sa.select(table.content).where(*only)).scalar_one()
        parts.append(_read_part(content, (height, sha256), schema, f"part {part} of its {kind}", fingerprint))
    found = sum(part.height for part in parts)
    if len(parts) < len(listed) or found < rows:
        raise _damaged(fingerprint, f"part {len(parts)} of its {kind} is missing")
    if found > rows:
        raise _damaged(fingerprint, f"its {kind} have {found:,} rows, not {rows:,}")
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _read_part(
    content: bytes, wanted: tuple[int, str], schema: Mapping[str, pl.DataType], name: str, fingerprint: str
) -> pl.DataFrame:
    rows, sha256 = wanted
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _damaged(fingerprint, f"{name} does not give its SHA-256")
    try:
        frame = pl.read_parquet(io.BytesIO(content))
        # A later version may know more columns, and more words of an enumeration.
        frame = frame.select(_canonical(frame, column, dtype) for column, dtype in schema.items())
    except pl.exceptions.PolarsError as error:
        raise _damaged(fingerprint, f"{name} cannot be read: {str(error).splitlines()[0]}") from error
    if frame.height != rows:
        raise _damaged(fingerprint, f"{name} has {frame.height:,} rows, not {rows:,}")
    return frame


def _canonical(frame: pl.DataFrame, column: str, dtype: pl.DataType) -> pl.Expr:
    made = pl.col(column) if column in frame.columns else pl.lit(None)
    return made.cast(dtype).alias(column)


def _damaged(fingerprint: str, what: str) -> StoreError:
    return StoreError(f"the ledger {fingerprint[:16]} in the store is damaged: {what}")
