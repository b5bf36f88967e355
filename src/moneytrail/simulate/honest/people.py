"""Who the customers are: work, income, home, household, and the accounts they hold.

Everything here is planned once, over all days. Every number is design unless a source is named.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moneytrail.simulate.calendar import Bools, Floats, Ints
from moneytrail.simulate.town import Bank, Town
from moneytrail.simulate.words import JOBS, REGION_SHARE, REGIONS, SELF_EMPLOYED, TRADES

EMPLOYED, RETIRED, STUDENT, SOLE_TRADER, NOT_WORKING = range(5)
OWNER, TENANT, AGENT_TENANT, MORTGAGED = range(4)

WORK_SHARE = (0.66, 0.15, 0.07, 0.06, 0.06)
MEDIAN_INCOME = np.array([2100.0, 1450.0, 900.0, 2300.0, 950.0])
INCOME_SIGMA = np.array([0.42, 0.35, 0.30, 0.50, 0.25])


@dataclass(frozen=True, slots=True)
class People:
    """Customers as columns. `income` is net pence a month; `partner` and `employer` are positions, -1 for none.

    `savings` is a second account here, `outside` one's own account at another bank; -1 where there is none.
    `quiet` people use the account for nothing; `sweepers` send most of their wages on to `outside` within minutes.
    """

    key: str
    account: Ints
    savings: Ints
    outside: Ints
    income: Floats
    region: Ints
    work: Ints
    employer: Ints
    housing: Ints
    partner: Ints
    quiet: Bools
    sweepers: Bools

    @property
    def size(self) -> int:
        """How many people."""
        return int(self.account.size)


def settle(bank: Bank, town: Town, size: int, key: str) -> People:
    """Open the accounts of `size` ordinary customers from the stream named `key`."""
    rng = bank.stream(key, "settle")
    work = rng.choice(5, size, p=WORK_SHARE)
    income = 100 * rng.lognormal(np.log(MEDIAN_INCOME[work]), INCOME_SIGMA[work]).clip(500, 15_000)
    partner = _partners(rng, size)
    region = rng.choice(len(REGIONS), size, p=REGION_SHARE)
    region = np.where(partner >= 0, region[np.minimum(partner, np.arange(size))], region)
    account = _open(bank, rng, work, income, region, partner)
    employer = (town.employers.size * rng.random(size) ** 1.7).astype(np.int64)
    quiet = rng.random(size) < 0.03
    bank.note("newcomer", account[bank.register.column("joined")[account] >= 0])
    bank.note("quiet account", account[quiet])
    return People(
        key=key,
        account=account,
        savings=_savings(bank, rng, account),
        outside=_outside(bank, rng, account),
        income=income,
        region=region,
        work=work,
        employer=np.where(work == EMPLOYED, employer, -1),
        housing=rng.choice(4, size, p=(0.34, 0.26, 0.10, 0.30)),
        partner=partner,
        quiet=quiet,
        sweepers=(rng.random(size) < 0.02) & (work == EMPLOYED),
    )


def _partners(rng: np.random.Generator, size: int) -> Ints:
    """Pair 44 % of the people with their neighbour in the list."""
    partner = np.full(size, -1, dtype=np.int64)
    first = np.arange(0, size - 1, 2)[rng.random(max(size // 2, 0)) < 0.44]
    partner[first], partner[first + 1] = first + 1, first
    return partner


def _open(bank: Bank, rng: np.random.Generator, work: Ints, income: Floats, region: Ints, partner: Ints) -> Ints:
    size = work.size
    occupation = np.select(
        [work == EMPLOYED, work == SOLE_TRADER, work == RETIRED, work == STUDENT],
        [
            rng.choice(JOBS, size),
            rng.choice(SELF_EMPLOYED, size),
            np.full(size, TRADES.index("retired")),
            np.full(size, TRADES.index("student")),
        ],
        TRADES.index("not working"),
    )
    age = np.where(
        rng.random(size) < 0.08, rng.integers(1, 90, size), 90 + rng.exponential(1900, size).astype(np.int64)
    )
    own = bank.register.size + np.arange(size)
    home = np.where(partner >= 0, bank.register.size + np.minimum(partner, np.arange(size)), own)
    newcomer = rng.random(size) < 0.04
    return bank.register.open(
        size,
        region=region,
        opened=bank.register.first_day - age,
        joined=np.where(newcomer, rng.integers(0, max(bank.calendar.days - 7, 1), size), -1),
        trade=occupation,
        turnover=np.round(income * 12 * rng.lognormal(0, 0.08, size) / 100_000) * 100_000,
        buffer=100 * rng.lognormal(5.2, 1.3, size).clip(0, 30_000),
        address=home,
        phone=np.where(rng.random(size) < 0.97, own, -1),
        email=np.where(rng.random(size) < 0.92, own, -1),
        device=np.where(rng.random(size) < 0.12, home, np.where(rng.random(size) < 0.85, own, -1)),
    )


def _savings(bank: Bank, rng: np.random.Generator, account: Ints) -> Ints:
    """Give four in ten of the people a second account under the same party, address, telephone and device."""
    has = rng.random(account.size) < 0.4
    holders = account[has]
    same = {name: bank.register.column(name)[holders] for name in _SHARED}
    codes = np.full(account.size, -1, dtype=np.int64)
    codes[has] = bank.register.open(holders.size, buffer=100 * rng.lognormal(7, 1.4, holders.size), **same)
    return codes


def _outside(bank: Bank, rng: np.random.Generator, account: Ints) -> Ints:
    return bank.register.strangers(rng, account.size, party=bank.register.column("party")[account])


_SHARED = ("region", "opened", "joined", "trade", "party", "address", "phone", "email", "device")
