"""Put the bank together: plan everything, write chapter by chapter, then the accounts and the truth; all or nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from importlib.metadata import version
from numbers import Integral, Real
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from moneytrail.errors import InputError, ParameterError
from moneytrail.simulate.books import Books, after_opening, in_turn
from moneytrail.simulate.calendar import CHAPTER, DAY, Calendar
from moneytrail.simulate.dirt import soil
from moneytrail.simulate.frames import WRITTEN_SCHEMA, TransferFrames, canonical
from moneytrail.simulate.gangs.crossings import Crossings, crossings
from moneytrail.simulate.gangs.economy import TYPOLOGIES, Business, Repertoires
from moneytrail.simulate.gangs.gang import Gang
from moneytrail.simulate.honest import everybody
from moneytrail.simulate.honest.people import People, settle
from moneytrail.simulate.journal import Columns, Journal, join, ordered, part
from moneytrail.simulate.register import PERSONAL, Register
from moneytrail.simulate.town import Activity, Bank, Chapter, Town, found
from moneytrail.simulate.truth import Seen, Truth, gang_columns, truth_tables
from moneytrail.simulate.weather import forecast
from moneytrail.simulate.words import OURS

Progress = Callable[[str, float], None]

TARGET_SHARE: Final = 0.0008
"""Illicit share of transfers that the gangs aim at, where their number is not given."""
TRANSFERS_A_DAY: Final = 1.5
"""Transfers per customer and day, measured; only used to choose the number of gangs."""
MOST_SHARE: Final = 0.00095
"""A further gang with which the share would pass this is not let in."""
MOST_TRIES: Final = 12
"""Gangs that may be turned away before no more are looked for."""
LEAST: Final = frozenset({"S01", "L03"})
"""What the one gang of a very small bank does."""
LENGTHS: Final = ((30_000, CHAPTER), (60_000, 14), (10**9, 7))
"""Days of a chapter for banks of up to so many customers: about a million rows, so that memory is used again."""
RECORD: Final = "simulation.json"
BLOCK: Final = 250_000
"""Rows of a frame, and of a row group in Parquet."""
TABLES: Final = (
    "transfers", "accounts", "arrivals", "truth/transfers", "truth/attempts", "truth/parties", "truth/gangs",
    "truth/ledger", "truth/boats", "truth/dirt", "truth/balances", "truth/populations",
)  # fmt: skip
"""A bank's files, each with the ending ``.parquet``."""
STARTS: Final = (date(1900, 1, 1), date(2200, 1, 1))
"""First and last day on which a bank may begin. Design: tools that count nanoseconds end in 2262."""

_BOUNDS: Final = (
    ("customers", 50, 5_000_000),
    ("days", 14, 10_000),
    ("seed", 0, 2**63 - 1),
    ("gangs", 0, 5_000),
)


@dataclass(frozen=True)
class Wish:
    """What is asked for: see :func:`simulate`."""

    customers: int = 3000
    days: int = 120
    seed: int = 7
    gangs: int | None = None
    start: date = date(2025, 4, 1)
    strength: float = 0.3
    typologies: tuple[str, ...] | None = None
    dirt: float = 1.0

    def __post_init__(self) -> None:
        for name, least, most in _BOUNDS:
            value = getattr(self, name)
            if name == "gangs" and value is None:
                continue
            if not _is_number(value, Integral) or not least <= value <= most:
                raise ParameterError(f"{name} is {value!r}; it must be a whole number from {least} to {most:,}")
            object.__setattr__(self, name, int(value))
        for name, most, meaning in (("strength", 1, "0 (naive) to 1 (careful)"), ("dirt", 20, "0 (clean) to 20")):
            value = getattr(self, name)
            if not _is_number(value, Real) or not 0 <= value <= most:
                raise ParameterError(f"{name} is {value!r}; it must be a number from {meaning}")
            object.__setattr__(self, name, float(value))
        if isinstance(self.start, datetime) or not isinstance(self.start, date):
            raise ParameterError(f"start is {self.start!r}; it must be a date")
        first, last = STARTS
        if not first <= self.start <= last:
            raise ParameterError(f"start is {self.start}; it must be from {first} to {last}")
        if self.typologies is not None:
            _check_typologies(self.typologies)


def _check_typologies(typologies: object) -> None:
    if not isinstance(typologies, tuple) or not typologies:
        raise ParameterError(f"typologies is {typologies!r}; it must be one or more, as ('S01', 'L03')")
    unknown = [str(name) for name in typologies if name not in TYPOLOGIES]
    if unknown:
        known = ", ".join(sorted(TYPOLOGIES))
        raise ParameterError(f"typology {', '.join(unknown)} cannot be planted; known: {known}")
    if len(set(typologies)) < len(typologies):
        raise ParameterError(f"typologies {', '.join(typologies)}: one is named twice")


def _is_number(value: object, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


@dataclass(frozen=True)
class SimulatedBank:
    """A synthetic bank and the truth about it, in memory.

    Attributes
    ----------
    transfers, accounts : polars.DataFrame
        The canonical tables of :mod:`moneytrail.schema`; transfers by `booked_at`, then `row`; label columns empty.
        Only the bank's own accounts have a row in `accounts`.
    arrivals : polars.DataFrame
        ``day, boats, arrivals, band``: what anybody may read: the country's small boats of each day, and the day's
        assessment (red, amber, green).
    truth : dict of str to polars.DataFrame
        The tables of ground truth, by name: see ``docs/simulator.md``.
    wish : Wish
        The arguments.
    """

    transfers: pl.DataFrame
    accounts: pl.DataFrame
    arrivals: pl.DataFrame
    truth: dict[str, pl.DataFrame]
    wish: Wish

    @property
    def truth_transfers(self) -> pl.DataFrame:
        """``transaction_id, gang, typology, attempt, role``: one row an illicit transfer."""
        return self.truth["transfers"]

    @property
    def truth_attempts(self) -> pl.DataFrame:
        """``attempt, gang, typology, account, strength``: the account an attempt is made on."""
        return self.truth["attempts"]

    @property
    def truth_parties(self) -> pl.DataFrame:
        """``party, account, gang, role, held_to_be``."""
        return self.truth["parties"]

    @property
    def truth_gangs(self) -> pl.DataFrame:
        """Each gang's books in pence: takings - refunds + handled = costs + spent + held."""
        return self.truth["gangs"]

    def counts(self) -> dict[str, object]:
        """Return the size of everything: transfers, illicit, accounts, gangs, attempts by strength."""
        return _counts(self.transfers.height, self.accounts.height, self.truth)

    def write(self, directory: Path, *, overwrite: bool = False) -> dict[str, object]:
        """Write the bank to a folder as :func:`simulate_to` does, byte for byte, and return the counts."""
        blocks = (
            block.select(pl.col(name).cast(dtype) for name, dtype in WRITTEN_SCHEMA.items())
            for block in self.transfers.iter_slices(BLOCK)
        )
        tables = {"accounts": self.accounts, "arrivals": self.arrivals, **_under_truth(self.truth)}
        with _new_folder(directory, overwrite) as folder:
            _write_transfers(folder, blocks)
            _write_rest(folder, tables, self.wish, self.counts())
        return self.counts()


class _Making:
    """One bank in the making: everything planned; chapters are made when their transfers are asked for."""

    def __init__(self, wish: Wish, tell: Progress, threads: int) -> None:
        self.wish, self._tell, self._threads = wish, tell, threads
        tell("people", 0.0)
        calendar = Calendar(wish.start, wish.days)
        self.bank = Bank(wish.seed, wish.customers, calendar, Register(wish.start), forecast(wish.seed, calendar))
        town = found(self.bank)
        people = settle(self.bank, town, wish.customers, "customers")
        self._activities = self._plan(town, people)
        tell("people", 1.0)
        tell("gangs", 0.0)
        self.crossings = crossings(self.bank)
        self.made = Truth()
        self._release_gangs(town, people)
        self._theirs = gang_columns(self.made, self.bank.register)
        self.seen = Seen()
        self.books = Books(self.bank.register)

    def _plan(self, town: Town, people: People) -> list[Activity]:
        bank = self.bank
        here = np.flatnonzero(~people.quiet)
        friends = np.concatenate([people.account[here], bank.stream("friends").choice(town.strangers, here.size)])
        return everybody(bank, town, people, friends)

    def _release_gangs(self, town: Town, people: People) -> None:
        """Let gangs live their lives until as many have as were asked for, or the target share is reached."""
        wish = self.wish
        wanted = frozenset(wish.typologies) if wish.typologies is not None else None
        deal = Repertoires(self.bank.stream("repertoires"), wanted).deal
        expected = wish.customers * wish.days * TRANSFERS_A_DAY
        number = tries = 0
        while number < wish.gangs if wish.gangs is not None else tries < MOST_TRIES or not number:
            mark, opened = self.made.mark(), self.bank.register.size
            # A bank too small for any repertoire sees one gang that does the least.
            gang = self._gang(town, people, (number, tries), deal() if tries < MOST_TRIES or wanted else LEAST)
            share = len(self.made.acts) / expected
            unseen = len(self.made.acts) == mark[0] and number > 0
            if wish.gangs is None and tries < MOST_TRIES and (share > MOST_SHARE or unseen):
                # With this one the bank would be worse than the world is; the next may be smaller.
                self.made.forget(mark, gang.name)
                self.bank.register.forget(opened)
                tries += 1
                continue
            number += 1
            self._tell("gangs", min(number / wish.gangs if wish.gangs else share / TARGET_SHARE, 0.99))
            if wish.gangs is None and share >= TARGET_SHARE:
                break
        self._tell("gangs", 1.0)

    def _gang(self, town: Town, people: People, which: tuple[int, int], repertoire: frozenset[str]) -> Gang:
        """Let one gang live its life: `which` is its number, and how many were turned away before."""
        number, tries = which
        gang = Gang(self.bank, town, people, self.made, number, self.wish.strength, tries)
        gang.repertoire = repertoire
        Business(gang, self.crossings).plan()
        gang.run()
        return gang

    def transfers(self) -> Iterator[pl.DataFrame]:
        """Yield all transfers in order, in frames of no more than :data:`BLOCK` rows."""
        bank, wish = self.bank, self.wish
        length = next(days for most, days in LENGTHS if wish.customers <= most)
        chapters = bank.calendar.chapters(length)
        work = [partial(self._chapter, calendar) for calendar in chapters]
        rest = _Blocks()
        frames = TransferFrames(bank.register, wish.seed, bank.calendar.epoch)
        for calendar, columns in zip(chapters, in_turn(work, self._threads), strict=True):
            first = self.books.rows
            pieces = self.books.take(calendar, columns)
            for piece in pieces:
                self.seen.note(first, piece)
                first += piece["time"].size
            for number, block in rest.add(pieces, last=calendar.last == wish.days):
                yield frames.written(block, number)
            self._tell("transfers", calendar.last / wish.days)

    def _chapter(self, calendar: Calendar) -> Columns:
        chapter = Chapter(self.wish.seed, calendar, Journal(calendar))
        for activity in self._activities:
            activity(chapter)
        theirs = (self._theirs["time"] >= calendar.first * DAY) & (self._theirs["time"] < calendar.last * DAY)
        chapter.journal.add({name: values[theirs] for name, values in self._theirs.items()})
        booked = after_opening(chapter.journal.columns(), self.bank.register)
        return ordered(soil(booked, self.wish.seed, self.wish.dirt))

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return every other table, once all transfers are out."""
        bank, wish = self.bank, self.wish
        register, books = bank.register, self.books
        ours = register.column("institution") == OURS
        opening = np.where(ours, register.column("buffer") - books.low, 0)
        declared = np.round(books.credits * 365 / wish.days / 100_000).astype(np.int64) * 100_000
        business = ours & (register.column("kind") != PERSONAL)
        turnover = np.where(business, declared, register.column("turnover"))
        codes = np.flatnonzero(ours)
        balances = pl.DataFrame(
            {
                "account": register.names(wish.seed, codes),
                "opening": opening[codes],
                "credits": books.credits[codes],
                "debits": books.debits[codes],
                "closing": (opening + books.credits - books.debits)[codes],
            }
        )
        truth = truth_tables(self.made, self.seen, register, wish.seed, bank.calendar.epoch)
        return {
            "accounts": register.frame(wish.seed, opening, turnover),
            "arrivals": _arrivals(bank, self.crossings),
            **_under_truth({**truth, "balances": balances, "populations": _populations(bank)}),
        }


class _Blocks:
    """Cuts columns into blocks of :data:`BLOCK` rows, so that frames do not depend on the chapters' length."""

    def __init__(self) -> None:
        self._parts: list[Columns] = []
        self._size = 0
        self._given = 0

    def add(self, pieces: list[Columns], *, last: bool) -> Iterator[tuple[int, Columns]]:
        """Add pieces in order; yield (number of its first row, block), a shorter one only when it is the `last`."""
        for piece in pieces:
            start, rows = 0, piece["time"].size
            while start < rows:
                stop = min(rows, start + BLOCK - self._size)
                self._parts.append(part(piece, start, stop))
                self._size += stop - start
                start = stop
                if self._size == BLOCK:
                    yield self._give()
        if last and self._size:
            yield self._give()
        # Views would keep the whole chapter in memory.
        self._parts = [join(self._parts)] if self._parts else []

    def _give(self) -> tuple[int, Columns]:
        first, block = self._given, join(self._parts) if len(self._parts) > 1 else self._parts[0]
        self._given += self._size
        self._parts, self._size = [], 0
        return first, block


def simulate(
    customers: int = 3000,
    days: int = 120,
    seed: int = 7,
    *,
    gangs: int | None = None,
    start: date = date(2025, 4, 1),
    strength: float = 0.3,
    typologies: tuple[str, ...] | None = None,
    dirt: float = 1.0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> SimulatedBank:
    """Make a synthetic British retail bank with people-smuggling gangs in it, and the truth about them, in memory.

    Equal arguments give equal bytes, whatever the threads. Honest transfers do not depend on the gangs: they are the
    same with none and with many, apart from `transaction_id` and `row`, which number all transfers in order.

    Parameters
    ----------
    customers : int
        Personal customers, 50 or more; businesses and charities come on top.
    days : int
        Days of transfers, 14 or more.
    seed : int
        0 or more.
    gangs : int or None
        How many, 0 or more. ``None``: as many as make about 0.08 % of the transfers illicit, at least one.
    start : date
        The first day, in 1900 to 2200.
    strength : float
        Share of attempts that are careful, 0 (naive gangs) to 1 (careful ones).
    typologies : tuple of str or None
        The typologies that every gang uses, each once. ``None``: each gang is dealt a repertoire of its own. What moves
        money on (most of L, S05, S12, S17 and S18) plants nothing without one that brings it in, as S01.
    dirt : float
        How dirty the data are: 0 clean, 1 usual, 20 at most.
    threads : int or None
        Chapters made at a time. ``None``: one a processor, four at most.
    progress : callable or None
        Called with the name of each stage and the share done, 0 to 1.

    Returns
    -------
    SimulatedBank

    Raises
    ------
    ParameterError
        An argument is out of its range.

    Examples
    --------
    >>> bank = simulate(60, 20, seed=1)
    >>> bank.truth_gangs.height
    1
    """
    wish = Wish(customers, days, seed, gangs, start, strength, typologies, dirt)
    tell = progress or _silent
    making = _Making(wish, tell, _threads(threads))
    transfers = canonical(pl.concat(list(making.transfers()), rechunk=True))
    tables = making.tables()
    tell("accounts and truth", 1.0)
    return SimulatedBank(transfers, tables["accounts"], tables["arrivals"], _truth(tables), wish)


def simulate_to(
    directory: Path,
    wish: Wish | None = None,
    *,
    threads: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> dict[str, object]:
    """Make a bank as :func:`simulate` does and stream it to a folder; transfers are never held all at once.

    ``transfers.parquet``, ``accounts.parquet`` and ``arrivals.parquet`` are what a bank has or can read; ``truth/``
    holds the truth; ``simulation.json`` the arguments and counts. Everything is written beside `directory` and then
    moved there in one step.

    Parameters
    ----------
    directory : Path
        A new or empty folder, or one to be replaced with `overwrite`. A link is followed.
    wish : Wish or None
        The arguments of :func:`simulate`; ``None`` takes all defaults.
    threads, progress
        As in :func:`simulate`.
    overwrite : bool
        Replace what is there.

    Returns
    -------
    dict
        The counts, as :meth:`SimulatedBank.counts`.

    Raises
    ------
    ParameterError
        `directory` is a file, a mount point, the current folder or one that holds it, or a folder that is not empty
        and `overwrite` is ``False``; also when another process fills it meanwhile.
    OSError
        The disk is full, or the folder is not to be written to. What stood there stands as before.
    """
    wish = wish or Wish()
    tell = progress or _silent
    threads = _threads(threads)
    with _new_folder(directory, overwrite) as folder:
        making = _Making(wish, tell, threads)
        _write_transfers(folder, making.transfers())
        tables = making.tables()
        counts = _counts(making.books.rows, tables["accounts"].height, _truth(tables))
        _write_rest(folder, tables, wish, counts)
    tell("accounts and truth", 1.0)
    return counts


def made_before(directory: Path, wish: Wish) -> dict[str, object] | None:
    """Return the counts of a bank that stands in `directory` and was made from an equal wish by this version.

    ``None`` where there is none.
    """
    try:
        record = record_of(directory)
    except InputError:
        return None
    asked = json.loads(json.dumps(_record(wish)))
    if any(record.pop(name) != value for name, value in asked.items()):
        return None
    return record


def record_of(directory: Path) -> dict[str, Any]:
    """Return what ``simulation.json`` says of the bank in a folder: the arguments and the counts.

    Raises
    ------
    InputError
        The folder is no simulated bank, or one of its files is missing or damaged.
    """
    folder = Path(directory)
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except OSError:
        raise InputError(f"{folder} is not a simulated bank: it has no simulation.json") from None
    except ValueError:
        record = None
    names = {*_record(Wish()), *_COUNTED}
    if not isinstance(record, dict) or not names <= set(record):
        raise InputError(f"{folder} is not a simulated bank: its simulation.json is damaged")
    for name in TABLES:
        try:
            pl.read_parquet_schema(folder / f"{name}.parquet")
        except (OSError, pl.exceptions.PolarsError):
            raise InputError(f"{folder} is not a whole bank: {name}.parquet is missing or damaged") from None
    return record


def _silent(_stage: str, _share: float) -> None:
    pass


def _threads(threads: int | None) -> int:
    if threads is not None and (not _is_number(threads, Integral) or threads < 1):
        raise ParameterError(f"threads is {threads!r}; it must be a whole number, 1 or more")
    return threads or min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 4)


@contextmanager
def _new_folder(directory: Path, overwrite: bool) -> Iterator[Path]:
    """Give a folder to fill, that takes the place of `directory` in one step when nothing went wrong."""
    place = Path(os.path.realpath(directory))
    _check_place(place, overwrite)
    place.parent.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        (made / "new" / "truth").mkdir(parents=True)
        yield made / "new"
        # Meanwhile another process may have filled it.
        _check_place(place, overwrite)
        if place.exists():
            place.rename(made / "old")
        (made / "new").rename(place)
    finally:
        if (made / "old").exists() and not place.exists():
            (made / "old").rename(place)
        shutil.rmtree(made)


def _check_place(place: Path, overwrite: bool) -> None:
    if not place.exists():
        return
    if not (place.is_dir() and (overwrite or not any(place.iterdir()))):
        raise ParameterError(f"{place} is not an empty folder; pass overwrite=True to replace a folder")
    if place.is_mount() or Path.cwd().is_relative_to(place):
        raise ParameterError(f"{place} is a mount point or holds the current folder: name a new folder in it")
    if any(place.iterdir()) and not (place / RECORD).is_file():
        raise ParameterError(f"{place} holds something else than a simulated bank and is not replaced: name another")


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Raise what the system said of the disk as it said it: polars calls it a computation that went wrong."""
    try:
        yield
    except pl.exceptions.ComputeError as error:
        found = re.search(r"\(os error (\d+)\)", str(error))
        if found is None:
            raise
        raise OSError(int(found[1]), os.strerror(int(found[1])), str(path)) from error


def _write_transfers(folder: Path, blocks: Iterator[pl.DataFrame]) -> None:
    failures: list[BaseException] = []

    def give(_columns: object, _predicate: object, _rows: object, _size: object) -> Iterator[pl.DataFrame]:
        try:
            yield from blocks
        except BaseException as failure:
            failures.append(failure)
            raise

    path = folder / "transfers.parquet"
    try:
        with _disk_errors(path):
            register_io_source(give, schema=WRITTEN_SCHEMA).sink_parquet(
                path,
                compression="lz4",
                statistics=False,
                row_group_size=BLOCK,
                maintain_order=True,
                engine="streaming",
            )
    except pl.exceptions.ComputeError:
        if failures:
            raise failures[0] from None
        raise


def _write_rest(folder: Path, tables: dict[str, pl.DataFrame], wish: Wish, counts: dict[str, object]) -> None:
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        with _disk_errors(path):
            table.write_parquet(path)
    record = {**_record(wish), **counts}
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _record(wish: Wish) -> dict[str, object]:
    """Return what decides a bank's bytes: the arguments and the version of the code."""
    return {
        "moneytrail": version("moneytrail"),
        "customers": wish.customers,
        "days": wish.days,
        "seed": wish.seed,
        "gangs_asked": wish.gangs,
        "start": wish.start.isoformat(),
        "strength": wish.strength,
        "typologies": wish.typologies,
        "dirt": wish.dirt,
    }


def _under_truth(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {f"truth/{name}": table for name, table in tables.items()}


def _truth(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {name.removeprefix("truth/"): table for name, table in tables.items() if name.startswith("truth/")}


STRENGTHS: Final = ("naive", "careful", "incomplete")
_COUNTED: Final = (
    "transfers", "illicit", "accounts", "gangs", "attempts", *(f"{name}_attempts" for name in STRENGTHS),
)  # fmt: skip


def _counts(transfers: int, accounts: int, truth: dict[str, pl.DataFrame]) -> dict[str, object]:
    strength = truth["attempts"]["strength"]
    sizes = (transfers, truth["transfers"].height, accounts, truth["gangs"].height, strength.len())
    return dict(zip(_COUNTED, (*sizes, *(int((strength == name).sum()) for name in STRENGTHS)), strict=True))


def _populations(bank: Bank) -> pl.DataFrame:
    """Return ``account, population`` of the bank's own accounts, one row each that was noted."""
    ours = bank.register.column("institution") == OURS
    tables = []
    for name, noted in sorted(bank.populations.items()):
        codes = np.unique(np.concatenate(noted))
        codes = codes[ours[codes]]
        tables.append(
            pl.DataFrame({"account": bank.register.names(bank.seed, codes)}).with_columns(population=pl.lit(name))
        )
    return pl.concat(tables) if tables else pl.DataFrame(schema={"account": pl.String(), "population": pl.String()})


def _arrivals(bank: Bank, made: Crossings) -> pl.DataFrame:
    weather = bank.weather
    band = np.select([weather.red, weather.green], [0, 2], 1)
    day = np.arange(bank.calendar.days) + bank.register.first_day
    return pl.DataFrame(
        {
            "day": pl.Series(day.astype(np.int32)).cast(pl.Date),
            "boats": made.boats,
            "arrivals": made.arrivals,
            "band": pl.Series(["red", "amber", "green"]).gather(band),
        }
    )
