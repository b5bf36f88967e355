"""The database behind a store: which dialect, how a transaction begins, how errors are told.

Only this file knows SQLite from PostgreSQL (the column types in :mod:`moneytrail.storage.tables` apart).
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from moneytrail.errors import ConflictError, StoreError
from moneytrail.storage.tables import SCHEMA_VERSION, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.engine import URL, Connection, Engine

BUSY_SECONDS: Final = 30
"""How long a writer waits for another one before it gives up."""

_WRITING: Final = "moneytrail_writing"
_READING_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
}
_VERSION: Final = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""As Alembic makes it."""
_MIGRATION_LOCK: Final = 7_205_759_403


class Database:
    """Connections to one database at the newest schema version."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**_READING_OPTIONS.get(engine.dialect.name, {}))
        self._writing = engine.execution_options(**{_WRITING: True})
        self.name = engine.url.render_as_string(hide_password=True)

    @classmethod
    def open(cls, url_or_path: str | Path, *, create: bool) -> Database:
        """Connect, and bring the schema to the newest version.

        Raises
        ------
        StoreError
            One line: what cannot be opened, and why.
        """
        url = parse_url(url_or_path)
        if url.get_backend_name() == "sqlite":
            _check_file(url, create=create)
        try:
            engine = sa.create_engine(url, **_engine_options(url))
        except (ArgumentError, ImportError, TypeError) as error:
            raise StoreError(f"cannot open the store {_shown(url)}: {error}") from error
        _set_up(engine)
        database = cls(engine)
        try:
            database._prepare()
        except BaseException:
            engine.dispose()
            raise
        return database

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the whole database, for reading only."""
        with self._telling_errors(), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing; on SQLite the lock is taken at the start, so that no writer fails half way."""
        with self._telling_errors(), self._writing.begin() as connection:
            yield connection

    def check(self) -> None:
        """Raise StoreError unless the database answers and is at the newest version."""
        with self.reading() as connection:
            version = _version(connection)
        if version != SCHEMA_VERSION:
            raise StoreError(f"the store {self.name} is of version {version}, not {SCHEMA_VERSION}")

    def _prepare(self) -> None:
        if self._engine.dialect.name == "sqlite":
            self._use_write_ahead_log()
        with self.reading() as connection:
            if _version(connection) == SCHEMA_VERSION:
                return
        with self.writing() as connection:
            self._migrate(connection)

    def _migrate(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        version = _version(connection)
        if version == SCHEMA_VERSION:
            return
        if version is None and sa.inspect(connection).get_table_names():
            raise StoreError(f"{self.name} is a database of something else: it has tables, but no store version")
        if version is None and connection.dialect.name == "sqlite":
            # The model makes the very tables that the migrations make, without waiting for Alembic to be imported.
            metadata.create_all(connection)
            _VERSION.create(connection)
            connection.execute(_VERSION.insert().values(version_num=SCHEMA_VERSION))
            return
        # Alembic is imported here because opening a store at the newest version should not wait for it.
        from moneytrail.storage.migrations import known_versions, upgrade

        if version is not None and version not in known_versions():
            raise StoreError(
                f"the store {self.name} is of version {version}; this moneytrail knows versions up to"
                f" {SCHEMA_VERSION}: use a newer moneytrail"
            )
        upgrade(connection)

    def _use_write_ahead_log(self) -> None:
        # SQLite does not wait for its busy timeout when two processes switch the journal at once.
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                with self._telling_errors():
                    raw = self._engine.raw_connection()
                    try:
                        raw.cursor().execute("PRAGMA journal_mode = WAL")
                    finally:
                        raw.close()
            except StoreError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    @contextmanager
    def _telling_errors(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            # Raw connections, which COPY and the journal mode need, raise the driver's own errors.
            driver = self._engine.dialect.loaded_dbapi
            cause = error.orig if isinstance(error, DBAPIError) else error
            if isinstance(cause, driver.IntegrityError):
                raise ConflictError(f"the store {self.name} refused a row: {_reason(error)}") from error
            if isinstance(error, SQLAlchemyError | OverflowError | driver.Error):
                raise StoreError(f"the store {self.name} failed: {_reason(error)}") from error
            raise


def insert_rows(connection: Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert `rows`, each with the values of the columns `names`, the quickest way that the dialect has.

    SQLAlchemy's own bulk insert spends most of its time on one dictionary a row: half a million rows of
    evidence took 7 s with it on SQLite and 15 s on PostgreSQL.
    """
    if not rows:
        return
    dialect = connection.dialect
    processors = [table.c[name].type.bind_processor(dialect) for name in names]
    stored = zip(
        *(
            column if process is None else map(process, column)
            for process, column in zip(processors, zip(*rows, strict=True), strict=True)
        ),
        strict=True,
    )
    quote = dialect.identifier_preparer.quote
    into = f"{quote(table.name)} ({', '.join(quote(name) for name in names)})"
    if dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()
        with cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in stored:
                copy.write_row(row)
    else:
        marks = ", ".join("?" * len(names))
        # The names come from the table's definition, never from data.
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", list(stored))  # noqa: S608


def insert_unless_there(connection: Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert one row unless there is one of its primary key; whether it was inserted.

    Where another transaction is inserting the same one, this waits for its end.
    """
    # Of the dialects only the one in use is loaded: the other takes as long to import as a small query.
    insert: Any = import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert
    query = insert(table).values(values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(query).first() is not None


def parse_url(url_or_path: str | Path) -> URL:
    """Return the database URL; a plain path means a SQLite file, ``postgresql://`` means psycopg 3.

    Raises
    ------
    StoreError
        Not a URL, or neither SQLite nor PostgreSQL.
    """
    text = str(url_or_path)
    if "://" not in text:
        return sa.URL.create("sqlite", database=text)
    try:
        url = sa.make_url(text)
        backend = url.get_backend_name()
        if url.drivername in ("postgresql", "postgres"):
            url, backend = url.set(drivername="postgresql+psycopg"), "postgresql"
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StoreError("the store's address is not a database URL") from error
    if backend not in ("sqlite", "postgresql"):
        raise StoreError(f"a store is SQLite or PostgreSQL, not {backend}")
    return url


def _check_file(url: URL, *, create: bool) -> None:
    if url.database in (None, "", ":memory:"):
        raise StoreError("a store needs a file: give a path, not a database in memory")
    path = Path(str(url.database))
    if path.is_dir():
        raise StoreError(f"cannot open the store {path}: it is a folder")
    if not path.exists() and not create:
        raise StoreError(f"there is no store at {path}")
    if not path.parent.is_dir():
        raise StoreError(f"cannot open the store {path}: the folder {path.parent} does not exist")


def _engine_options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS}}
    return {"pool_pre_ping": True, "isolation_level": "READ COMMITTED"}


def _set_up(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        # Left to itself the driver begins a transaction late and commits before DDL; ours begin where we say.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _version(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(
        sa.select(sa.column("version_num", sa.String)).select_from(sa.table("alembic_version"))
    ).scalar()


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def without_password(address: str) -> str:
    """A store's address as it may be shown: a path as it is, a URL with its password hidden."""
    return _shown(sa.make_url(address)) if "://" in address else address


def _reason(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__
