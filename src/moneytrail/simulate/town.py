"""The town: who everybody deals with. Shops, employers, billers, banks' own counterparts, and people at other banks."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from moneytrail.simulate.calendar import Calendar, Ints
from moneytrail.simulate.journal import Journal
from moneytrail.simulate.register import BUSINESS, Register
from moneytrail.simulate.weather import Weather
from moneytrail.simulate.words import (
    CATEGORIES,
    COUNTRIES,
    FOREIGN_BANKS,
    OURS,
    REGION_SHARE,
    REGIONS,
    TRADES,
    UK_BANK_SHARE,
    UK_BANKS,
)

ONLINE = len(REGIONS)
MONTHLY, FOUR_WEEKLY, WEEKLY = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Bank:
    """What every population plans with: the days, the accounts, the weather, and its own stream of chance.

    A population plans once, over all days (who takes part, how much, which accounts it opens), and returns an
    :data:`Activity` that books one chapter. Accounts are opened while planning only: a chapter depends on the plans
    and on its own streams, so chapters can be made in any order and at the same time.
    """

    seed: int
    customers: int
    calendar: Calendar
    register: Register
    weather: Weather
    populations: dict[str, list[Ints]] = field(default_factory=dict)

    def note(self, population: str, accounts: npt.NDArray[np.signedinteger]) -> None:
        """Record while planning that `accounts` belong to a population, by its suppressor's code or a short name.

        The truth tells it, so that false alerts can be counted by look-alike. An account may be in several.
        """
        self.populations.setdefault(population, []).append(np.asarray(accounts, dtype=np.int64))

    def stream(self, *path: str) -> np.random.Generator:
        """Return the generator of one plan: it depends on the seed and `path`, and on nothing drawn before."""
        return _generator(self.seed, path)

    def some(self, share: float, least: int = 1) -> int:
        """Return how many of something there are at `share` of the customers, `least` or more."""
        return max(least, round(self.customers * share))


@dataclass(frozen=True, slots=True)
class Chapter:
    """A run of days to be written: its calendar, its journal, and the streams of chance that are this chapter's own."""

    seed: int
    calendar: Calendar
    journal: Journal

    def stream(self, *path: str) -> np.random.Generator:
        """Return the generator of one population in this chapter: it depends on the seed, `path` and the chapter."""
        return _generator(self.seed, (*path, f"day {self.calendar.first}"))


Activity = Callable[[Chapter], None]
"""Books what one population does in one chapter."""


def _generator(seed: int, path: tuple[str, ...]) -> np.random.Generator:
    key = tuple(zlib.crc32(part.encode()) for part in path)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=key)))


@dataclass(frozen=True, slots=True)
class Town:
    """Accounts to deal with, by code. `shops` are sorted by cell: category times 13 plus region, 12 for online."""

    shops: Ints
    cell_start: Ints
    cell_size: Ints
    employers: Ints
    cadence: Ints
    payday: Ints
    payroll_hour: Ints
    billers: Ints
    landlords: Ints
    agents: Ints
    lenders: Ints
    money_services: Ints
    exchanges: Ints
    acquirers: Ints
    processors: Ints
    universities: Ints
    firms: Ints
    strangers: Ints
    state: int
    tax: int


def found(bank: Bank) -> Town:
    """Open the accounts of the town; about a third of the businesses bank here."""
    rng = bank.stream("town")
    shops, start, size = _shops(bank, rng)
    employers = businesses(bank, rng, bank.some(1 / 35, 4), "employer", ours=0.4)
    heads = employers.size
    services = bank.register.open(
        max(2, bank.some(1 / 2500)),
        kind=BUSINESS,
        trade=TRADES.index("money transfer"),
        money_service=1,
        region=rng.choice(len(REGIONS), max(2, bank.some(1 / 2500)), p=REGION_SHARE),
        opened=bank.register.first_day - 1500,
        buffer=500_000,
    )
    return Town(
        shops=shops,
        cell_start=start,
        cell_size=size,
        employers=employers,
        cadence=rng.choice(3, heads, p=(0.72, 0.11, 0.17)),
        payday=rng.choice((15, 20, 25, 26, 27, 28, 31), heads, p=(0.06, 0.06, 0.22, 0.1, 0.12, 0.26, 0.18)),
        payroll_hour=rng.integers(0, 7, heads),
        billers=bank.register.strangers(rng, 40, kind=BUSINESS),
        landlords=bank.register.strangers(rng, bank.some(0.12)),
        agents=businesses(bank, rng, bank.some(1 / 400, 3), "letting agent", ours=0.4),
        lenders=bank.register.strangers(rng, 6, kind=BUSINESS),
        money_services=services,
        exchanges=bank.register.strangers(rng, 5, kind=BUSINESS),
        acquirers=bank.register.strangers(rng, 3, kind=BUSINESS),
        processors=bank.register.strangers(rng, 3, kind=BUSINESS),
        universities=bank.register.strangers(rng, 12, kind=BUSINESS),
        firms=bank.register.strangers(rng, bank.some(0.1, 30), kind=BUSINESS),
        strangers=bank.register.strangers(rng, bank.some(2.0)),
        state=int(bank.register.strangers(rng, 1, kind=BUSINESS)[0]),
        tax=int(bank.register.strangers(rng, 1, kind=BUSINESS)[0]),
    )


def businesses(
    bank: Bank,
    rng: np.random.Generator,
    size: int,
    trade: str | npt.ArrayLike,
    ours: float = 1.0,
    **more: npt.ArrayLike,
) -> Ints:
    """Open `size` business accounts of one trade (or of given trade codes); a share `ours` of them at this bank.

    `more` are other columns of the register, instead of what is drawn here.
    """
    own = bank.register.size + np.arange(size)
    here = rng.random(size) < ours
    columns: dict[str, npt.ArrayLike] = {
        "kind": BUSINESS,
        "trade": TRADES.index(trade) if isinstance(trade, str) else trade,
        "institution": np.where(here, OURS, rng.choice(UK_BANKS, size, p=UK_BANK_SHARE)),
        "region": rng.choice(len(REGIONS), size, p=REGION_SHARE),
        "opened": bank.register.first_day - rng.exponential(2200, size).astype(np.int64) - 20,
        "buffer": rng.lognormal(13.5, 0.8, size),
        **dict.fromkeys(("address", "phone", "email"), own),
    }
    return bank.register.open(size, **{**columns, **more})


def businesses_abroad(bank: Bank, rng: np.random.Generator, countries: tuple[str, ...], size: int) -> Ints:
    """Open `size` business accounts at banks of the given countries."""
    codes = np.array([COUNTRIES.index(country) for country in countries])
    banks = FOREIGN_BANKS[rng.integers(0, FOREIGN_BANKS.size, size)]
    return bank.register.open(size, kind=BUSINESS, institution=banks, country=codes[rng.integers(0, codes.size, size)])


_SAME_OWNER = ("region", "opened", "joined", "trade", "party", "address", "phone", "email", "device")


def beside(bank: Bank, account: Ints, **columns: npt.ArrayLike) -> Ints:
    """Open one more account for the owner of each of `account`: same party, address, telephone, e-mail and device."""
    same = {name: bank.register.column(name)[account] for name in _SAME_OWNER}
    return bank.register.open(account.size, **{**same, **columns})


def _shops(bank: Bank, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    share = np.array([[c.share * (1 - c.online), c.share * c.online] for c in CATEGORIES])
    expected = bank.some(0.15) * np.hstack([share[:, :1] * REGION_SHARE, share[:, 1:]])
    size = np.maximum(rng.poisson(expected), 1).ravel()
    codes = businesses(bank, rng, int(size.sum()), "shop", ours=0.3)
    return codes, np.cumsum(size) - size, size


def visit(town: Town, rng: np.random.Generator, category: Ints, place: Ints) -> Ints:
    """Return a shop for each visit; in every cell the first shops are far busier than the last."""
    cell = category * (ONLINE + 1) + place
    rank = (town.cell_size[cell] * rng.random(cell.size) ** 2.2).astype(np.int64)
    shop: Ints = town.shops[town.cell_start[cell] + rank]
    return shop
