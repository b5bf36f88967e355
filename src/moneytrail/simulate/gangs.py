"""Gangs: who belongs to one, which accounts they use, and the record of all that they do.

How a gang acts is in :mod:`moneytrail.simulate.campaigns`. Here is only what every act needs: members, money, truth.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from moneytrail.simulate.calendar import DAY
from moneytrail.simulate.journal import CASH, NOBODY, WIRE
from moneytrail.simulate.people import People, settle
from moneytrail.simulate.town import Bank, Town
from moneytrail.simulate.truth import Truth
from moneytrail.simulate.words import E_MONEY, JOBS, RATE, REGION_SHARE, REGIONS, free_text

POOL = 14
"""Ordinary customers about each campaign: some payers, crew, and those careful members who mix with honest money."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one typology: `careful` ones stay below the gates, naive ones satisfy them."""

    code: str
    typology: str
    account: int
    careful: bool


class Gang:
    """One gang: its stream of chance, its pool of ordinary people, its balances, its record.

    Accounts opened with :meth:`fresh` hold little but the gang's money; those from :meth:`ordinary` lead a full life.
    """

    def __init__(self, bank: Bank, town: Town, truth: Truth, index: int, campaigns: int) -> None:
        self.bank, self.town, self.truth = bank, town, truth
        self.name = f"G{index + 1:03d}"
        self.rng = bank.stream("gang", str(index))
        self.pool: People = settle(bank, town, POOL * campaigns, f"gang {index}")
        self.balance: dict[int, int] = defaultdict(int)
        # Newcomers have no account yet on some days, quiet people no life to mix with.
        stood = bank.register.column("joined")[self.pool.account] < 0
        self._free = list(self.pool.account[stood & ~self.pool.quiet & ~self.pool.sweepers])
        self._phase = int(self.rng.integers(5))
        self._tries = 0
        self._rows: list[tuple[int, int, int, int, int, int, int]] = []

    def next_is_careful(self) -> bool:
        """Return whether the next attempt is a careful one: every fifth, counted from a chance start."""
        self._tries += 1
        return (self._tries + self._phase) % 5 == 0

    def attempt(self, typology: str, account: int, careful: bool) -> Attempt:
        """Record the start of an attempt on `account`."""
        code = f"{self.name}-{self._tries:03d}"
        self.truth.attempts.append((code, self.name, typology, account, "careful" if careful else "naive"))
        return Attempt(code, typology, account, careful)

    def fresh(self, role: str, before: int, device: int = -1) -> int:
        """Open an account for the gang some days before day `before`; one in three is an old, dormant one."""
        rng = self.rng
        joined = before - int(rng.integers(3, 40))
        dormant = rng.random() < 0.33
        own = self.bank.register.size
        account = self.bank.register.open(
            1,
            region=rng.choice(len(REGIONS), p=REGION_SHARE),
            opened=self.bank.register.first_day + (-int(rng.integers(300, 2000)) if dormant else joined),
            joined=-1 if dormant or joined < 0 else joined,
            trade=rng.choice(JOBS),
            turnover=int(rng.integers(6, 26)) * 100_000,
            buffer=int(rng.integers(500, 6000)),
            address=own,
            phone=own,
            email=own,
            device=own if device < 0 else device,
        )
        self.truth.member(self.name, int(account[0]), role)
        return int(account[0])

    def ordinary(self, role: str, leave: int = 0) -> int:
        """Take a customer with a full everyday life, or somebody at another bank when only `leave` are left."""
        if len(self._free) <= leave:
            return self.outsider(role)
        account = int(self._free.pop())
        self.truth.member(self.name, account, role)
        return account

    def outsider(self, role: str, abroad: bool = False, new_bank: bool = False) -> int:
        """Open an account at another bank: British, abroad, or one of the newer e-money firms."""
        register, rng = self.bank.register, self.rng
        if new_bank:
            account = register.strangers(rng, 1, institution=rng.choice(E_MONEY))
        else:
            account = register.abroad(rng, 1) if abroad else register.strangers(rng, 1)
        self.truth.member(self.name, int(account[0]), role)
        return int(account[0])

    def pay(self, attempt: Attempt | None, role: str, time: int, debtor: int, creditor: int, amount: int) -> None:
        """Move `amount` pence between two accounts; a payee abroad is paid by wire in its own currency."""
        self._enter(attempt, role, (time, debtor, creditor, amount, self._abroad(creditor), -1))

    def bank_cash(self, attempt: Attempt, time: int, account: int, amount: int, region: int) -> None:
        """Pay cash into `account` in a branch in `region`."""
        self._enter(attempt, "deposit", (time, NOBODY, account, amount, CASH, region))

    def draw_cash(self, attempt: Attempt, time: int, account: int, amount: int) -> None:
        """Take cash out of `account` in its holder's region."""
        region = self.rng.choice(len(REGIONS), p=REGION_SHARE)
        self._enter(attempt, "cash_out", (time, account, NOBODY, amount, CASH, int(region)))

    def close(self) -> None:
        """Book all that the gang did."""
        if not self._rows:
            return
        time, debtor, creditor, amount, channel, location, truth = np.array(self._rows, dtype=np.int64).T
        country = self.bank.register.column("country")[creditor]
        currency = np.where(channel == WIRE, np.where(country <= 6, 1, 2), -1)
        words = free_text(self.rng, time.size)
        self.bank.journal.book(
            time,
            debtor,
            creditor,
            amount,
            channel=channel,
            location=location,
            reference=np.where(channel == CASH, -1, words),
            credited=np.where(currency > 0, np.round(amount * RATE[currency]).astype(np.int64), -1),
            credited_currency=currency,
            truth=truth,
        )

    def _abroad(self, creditor: int) -> int:
        return WIRE if self.bank.register.column("country")[creditor] > 0 else 0

    def _enter(self, attempt: Attempt | None, role: str, row: tuple[int, int, int, int, int, int]) -> None:
        typology, code = (attempt.typology, attempt.code) if attempt else (None, None)
        time, debtor, creditor, amount, channel, location = row
        # Times to the millisecond, like everybody's.
        time = int(time) // 1000 * 1000
        seen = 0 <= time < self.bank.calendar.days * DAY
        if not seen or amount <= 0:
            return
        position = self.truth.act(self.name, typology, code, role)
        self._rows.append((time, debtor, creditor, amount, channel, location, position))
        self.balance[debtor] -= amount
        self.balance[creditor] += amount
