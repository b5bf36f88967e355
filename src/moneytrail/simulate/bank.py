"""Put the bank together: honest people first, then gangs, then balances and frames; and write it to a folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.simulate.calendar import Calendar, Ints, at
from moneytrail.simulate.campaigns import AFTER, campaign
from moneytrail.simulate.crossings import red_days
from moneytrail.simulate.gangs import Gang
from moneytrail.simulate.journal import Columns, Journal, by_time, lowest_balances, transfer_frame
from moneytrail.simulate.living import live
from moneytrail.simulate.lookalikes import look_alike
from moneytrail.simulate.people import settle
from moneytrail.simulate.register import PERSONAL, Register
from moneytrail.simulate.town import Bank, Town, found
from moneytrail.simulate.trading import trade
from moneytrail.simulate.truth import Truth, truth_frames
from moneytrail.simulate.words import OURS, references

Progress = Callable[[str, float], None]

TARGET_SHARE = 0.0025
"""Illicit share of transfers that the number of gangs aims at, where it is not given."""
TRANSFERS_A_DAY = 1.6
"""Transfers per customer and day, measured; only used to choose the number of gangs."""
ACTS_A_CAMPAIGN = 125
"""Illicit transfers of one campaign, measured; only used to choose the number of gangs."""


@dataclass(frozen=True)
class SimulatedBank:
    """A synthetic bank and the truth about it.

    Attributes
    ----------
    transfers, accounts : polars.DataFrame
        The canonical tables of :mod:`moneytrail.schema`; transfers by `booked_at`, then `row`; label columns empty.
        Only the bank's own accounts have a row in `accounts`.
    truth_transfers : polars.DataFrame
        ``transaction_id, gang, typology, attempt, role``: one row an illicit transfer. `typology` and `attempt` are
        empty for costs (kit, broker's share), which belong to no attempt.
    truth_attempts : polars.DataFrame
        ``attempt, gang, typology, account, strength``: the account that the attempt is made on; ``naive`` attempts
        satisfy their typology's definition, ``careful`` ones were made not to.
    truth_parties : polars.DataFrame
        ``party, account, gang, role, held_to_be``, the last one of ``suspect, victim, unknown``.
    truth_gangs : polars.DataFrame
        ``gang, takings, costs, retained, left_bank, held`` in pence, as far as the bank sees the money.
        ``takings = costs + retained`` and ``retained = left_bank + held``.
    customers, days, seed, start
        As given.
    """

    transfers: pl.DataFrame
    accounts: pl.DataFrame
    truth_transfers: pl.DataFrame
    truth_attempts: pl.DataFrame
    truth_parties: pl.DataFrame
    truth_gangs: pl.DataFrame
    customers: int
    days: int
    seed: int
    start: date

    def counts(self) -> dict[str, object]:
        """Return the size of everything: transfers, illicit, accounts, gangs, attempts by strength."""
        strength = self.truth_attempts["strength"]
        return {
            "transfers": self.transfers.height,
            "illicit": self.truth_transfers.height,
            "accounts": self.accounts.height,
            "gangs": self.truth_gangs.height,
            "attempts": self.truth_attempts.height,
            "naive_attempts": int((strength == "naive").sum()),
            "careful_attempts": int((strength == "careful").sum()),
        }

    def write(self, directory: Path, *, overwrite: bool = False) -> dict[str, object]:
        """Write the bank as Parquet files and ``simulation.json``, all or nothing, and return the counts.

        ``transfers.parquet`` and ``accounts.parquet`` are what a bank has; ``truth/`` holds transfers, attempts,
        parties and gangs. Everything is written beside `directory` and then moved there in one step.

        Raises
        ------
        ParameterError
            `directory` is a file, or a folder that is not empty, and `overwrite` is ``False``.
        """
        directory = Path(directory)
        if directory.exists() and not (directory.is_dir() and (overwrite or not any(directory.iterdir()))):
            raise ParameterError(f"{directory} is not an empty folder; pass overwrite=True to replace a folder")
        directory.parent.mkdir(parents=True, exist_ok=True)
        made = Path(mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
        try:
            self._fill(made / "new")
            if directory.exists():
                directory.rename(made / "old")
            (made / "new").rename(directory)
        finally:
            if (made / "old").exists() and not directory.exists():
                (made / "old").rename(directory)
            shutil.rmtree(made)
        return self.counts()

    def _fill(self, folder: Path) -> None:
        (folder / "truth").mkdir(parents=True)
        frames = {
            "transfers": self.transfers,
            "accounts": self.accounts,
            "truth/transfers": self.truth_transfers,
            "truth/attempts": self.truth_attempts,
            "truth/parties": self.truth_parties,
            "truth/gangs": self.truth_gangs,
        }
        for name, frame in frames.items():
            frame.write_parquet(folder / f"{name}.parquet")
        record = {
            "customers": self.customers,
            "days": self.days,
            "seed": self.seed,
            "start": self.start.isoformat(),
            **self.counts(),
        }
        (folder / "simulation.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def simulate(
    customers: int = 3000,
    days: int = 120,
    seed: int = 7,
    *,
    gangs: int | None = None,
    start: date = date(2025, 4, 1),
    progress: Progress | None = None,
) -> SimulatedBank:
    """Make a synthetic British retail bank with people-smuggling gangs in it, and the truth about them.

    Equal arguments give equal bytes. Honest transfers do not depend on `gangs`: they are the same with none and with
    many, apart from `transaction_id` and `row`, which number all transfers in order.

    Parameters
    ----------
    customers : int
        Personal customers, 50 or more; businesses, charities and the people about the gangs come on top.
    days : int
        Days of transfers, 14 or more.
    seed : int
        0 or more.
    gangs : int or None
        How many, 0 or more. ``None``: as many as make about 0.25 % of the transfers illicit, at least two.
    start : date
        The first day.
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
    2
    """
    _check(customers, days, seed, gangs)
    tell = progress or (lambda _stage, _share: None)
    calendar = Calendar(start, days)
    bank = Bank(seed, customers, calendar, Register(start), Journal(calendar))
    tell("honest people", 0.0)
    town = _honest(bank)
    tell("gangs", 0.45)
    truth = Truth()
    _illicit(bank, town, truth, gangs)
    tell("balances", 0.5)
    columns, opening, turnover = _balance(bank, town)
    tell("tables", 0.75)
    transfers = transfer_frame(columns, bank.register, seed, calendar.epoch)
    accounts = bank.register.frame(seed, opening, turnover)
    told = truth_frames(truth, columns, transfers["transaction_id"], bank.register, seed)
    tell("done", 1.0)
    tables = (transfers, accounts, told.transfers, told.attempts, told.parties, told.gangs)
    return SimulatedBank(*tables, customers, days, seed, start)


def _check(customers: int, days: int, seed: int, gangs: int | None) -> None:
    for name, value, least in (
        ("customers", customers, 50),
        ("days", days, 14),
        ("seed", seed, 0),
        ("gangs", gangs, 0),
    ):
        if value is not None and value < least:
            raise ParameterError(f"{name} is {value}; it must be {least} or more")


def _honest(bank: Bank) -> Town:
    town = found(bank)
    people = settle(bank, town, bank.customers, "customers")
    here = np.flatnonzero(~people.quiet)
    strangers = bank.stream("friends").choice(town.strangers, here.size)
    live(bank, town, people, np.concatenate([people.account[here], strangers]))
    look_alike(bank, town, people)
    trade(bank, town, people)
    return town


def _illicit(bank: Bank, town: Town, truth: Truth, gangs: int | None) -> None:
    days = bank.calendar.days
    campaigns = max(1, days // 60)
    if gangs is None:
        expected = bank.customers * days * TRANSFERS_A_DAY
        gangs = max(2, round(TARGET_SHARE * expected / (ACTS_A_CAMPAIGN * campaigns)))
    red = red_days(bank)
    slot = days // campaigns
    for index in range(gangs):
        gang = Gang(bank, town, truth, index, campaigns)
        organiser = gang.fresh("organiser", 0)
        for turn in range(campaigns):
            length = min(int(gang.rng.integers(20, 26)), slot - AFTER)
            first = turn * slot + int(gang.rng.integers(0, slot - AFTER - length + 1))
            campaign(gang, organiser, first, length, red)
        gang.close()
        live(bank, town, gang.pool, town.strangers)


def _balance(bank: Bank, town: Town) -> tuple[Columns, Ints, Ints]:
    """Order the journal and find opening balances that keep every account at or above its buffer.

    An account opened during the simulation starts at zero and is funded from elsewhere on its first day.
    """
    register = bank.register
    ours = register.column("institution") == OURS
    columns = bank.journal.ordered(register)
    low, credits = lowest_balances(columns, register.size, ours)
    joined = register.column("joined")
    opening = np.where(ours, register.column("buffer") - low, 0)
    columns = _fund(bank, town, columns, np.where(joined >= 0, opening, 0))
    turnover = register.column("turnover")
    declared = np.round(credits * 365 / bank.calendar.days / 100_000).astype(np.int64) * 100_000
    business = ours & (register.column("kind") != PERSONAL)
    return columns, np.where(joined >= 0, 0, opening), np.where(business, declared, turnover)


def _fund(bank: Bank, town: Town, columns: Columns, needed: Ints) -> Columns:
    # One stream a column, drawn in order of code: the gangs' accounts, which come last, do not move the others.
    hour, payer, word = (bank.stream("first funding", name) for name in ("hour", "payer", "word"))
    codes = np.flatnonzero(needed > 0)
    journal = Journal(bank.calendar)
    time = at(bank.register.column("joined")[codes], 8 + 12 * hour.random(codes.size))
    funder = town.strangers[(town.strangers.size * payer.random(codes.size)).astype(np.int64)]
    whole = (needed[codes] + 99) // 100 * 100
    journal.book(time, funder, codes, whole, reference=references(word, "own", codes.size))
    return by_time({name: np.concatenate([values, journal.column(name)]) for name, values in columns.items()})
