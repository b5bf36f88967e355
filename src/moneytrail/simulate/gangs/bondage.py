"""A collector who has debts worked off after the arrival: S14 of the typologies. Numbers are design."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import PREPAID, Fee
from moneytrail.simulate.gangs.collector import Collector
from moneytrail.simulate.gangs.gang import Gang
from moneytrail.simulate.gangs.habits import home, shop_of, till_price, word
from moneytrail.simulate.journal import CARD, CASH, NOBODY
from moneytrail.simulate.town import FOUR_WEEKLY, MONTHLY, WEEKLY
from moneytrail.simulate.words import merchant


class Bondage(Collector):
    """S14: people who arrived in debt work it off: wages come in, a fifth or more of them goes to one collector.

    Debts are worked off after the arrival (National Crime Agency, NSA: Organised Immigration Crime, 2022). Five to
    seven earlier debtors are there from the start, beside those whom the gang brings; all work for one employer of the
    town, who knows nothing. Wages and daily life are not illicit and no part of the ledger. A careful collector takes a
    tenth or less, in other sums each time, from few.
    """

    typology: ClassVar[str] = "S14"
    most: ClassVar[int] = 7
    """Payments that one debtor makes through the bank; the rest is worked off. Design."""

    def __init__(self, gang: Gang, now: int, until: int) -> None:
        super().__init__(gang, now, until)
        self._debtors: dict[int, int] = {}
        self._house = -1

    def settle(self, day: int) -> list[int]:
        """Choose the employer, open the collector's account, and bring the earlier debtors."""
        gang, rng, town = self.gang, self.gang.rng, self.gang.town
        often = np.flatnonzero(town.cadence == WEEKLY)
        often = often if often.size else np.flatnonzero(town.cadence == FOUR_WEEKLY)
        self._firm = int(rng.choice(often)) if often.size else 0
        self._employer = int(town.employers[self._firm])
        self._words = word(gang, "pay")
        for _ in range(2 if self.careful else int(rng.integers(5, 8))):
            gang.at(gang.hour(day + int(rng.integers(0, 10))), partial(self._bind, None))
        return super().settle(day)[:1]

    def agree(self, now: int, fee: Fee) -> None:
        """Nothing is paid before: the fee becomes a debt."""
        self.ready(now)

    def arrived(self, now: int, fee: Fee) -> None:
        """Let the debt begin."""
        self.ready(now)
        if len(self._debtors) < (3 if self.careful else 10):
            self.gang.at(now, partial(self._bind, fee))

    def failed(self, now: int, fee: Fee) -> None:
        """No debt without an arrival."""

    def holds(self) -> bool:
        """Return whether five debtors paid three times within 90 days."""
        return any(self._crowd(now.time) >= 5 for now in self.credits)

    def _crowd(self, now: int) -> int:
        recent = [c.payer for c in self.credits if now - 88 * DAY < c.time <= now]
        return sum(recent.count(payer) >= 3 for payer in self._debtors)

    def _bind(self, fee: Fee | None, now: int) -> None:
        """Open a newcomer's account, and plan the wages and what is paid from each."""
        gang, rng = self.gang, self.gang.rng
        joined = now // DAY + int(rng.integers(4, 15))
        if joined >= gang.bank.calendar.days:
            return
        wage = int(rng.integers(300, 421)) * 100
        shared = {"address": self._house} if self._house >= 0 and rng.random() < 0.4 else {}
        opened = gang.bank.register.first_day + joined
        newcomer = gang.fresh("payer", joined, opened=opened, joined=joined, turnover=wage * 52, buffer=0, **shared)
        self._house = newcomer if self._house < 0 else self._house
        self._debtors[newcomer] = wage
        turns, weeks = self._paydays(joined + 4)
        debt = Fee(newcomer, fee.amount if fee else int(rng.integers(15, 40)) * 10_000, PREPAID, now)
        share = rng.uniform(0.05, 0.11) if self.careful else rng.uniform(0.2, 0.36)
        part = max(int(wage * weeks * share) // 500 * 500, 2_000)
        begins = joined + int(rng.integers(28, 50))
        late = [turn for turn in turns if turn >= begins][: min(self.most, debt.amount // part + 1)]
        for turn in [turn for turn in turns if not late or turn <= late[-1]]:
            time = turn * DAY + int((float(gang.town.payroll_hour[self._firm]) + 0.25) * HOUR)
            gang.at(time, partial(self._earn, newcomer, int(wage * weeks * rng.normal(1, 0.03))))
            if turn in late:
                gang.at(gang.in_days(time, float(rng.uniform(0, 1.5))), partial(self._repay, debt, part))

    def _paydays(self, first: int) -> tuple[list[int], float]:
        """Return the employer's pay days from `first` on, and how many weeks each pays."""
        calendar, town = self.gang.bank.calendar, self.gang.town
        payday, cadence = int(town.payday[self._firm]), int(town.cadence[self._firm])
        if cadence == MONTHLY:
            _, days = calendar.monthly(np.array([payday]))
            return [day for day in calendar.working_day_before(days).tolist() if day >= first], 52 / 12
        gap = 7 if cadence == WEEKLY else 28
        friday = (4 - calendar.start.weekday()) % 7 + 7 * (payday % (gap // 7))
        return [day for day in range(friday, calendar.days, gap) if day >= first], gap / 7

    def _earn(self, newcomer: int, wage: int, now: int) -> None:
        """Pay a wage, and let up to half of it go on food, fares and notes: nothing of that is illicit."""
        gang, rng = self.gang, self.gang.rng
        gang.innocent(now, self._employer, newcomer, wage, words=self._words)
        left = int(wage * rng.uniform(0.25, 0.55))
        notes, place = min(left // 2 // 1000 * 1000, 30_000), home(gang, newcomer)
        time = gang.in_days(now, float(rng.uniform(0, 3)))
        gang.innocent(time, newcomer, NOBODY, notes, channel=CASH, location=place)
        left -= notes
        while left > 1_000:
            code = str(rng.choice(("5411", "5411", "5411", "5814", "4111", "5999")))
            paid, shop = min(till_price(gang, code), left), shop_of(gang, code, place)
            time = gang.in_days(now, float(rng.uniform(0, 6)))
            gang.innocent(time, newcomer, shop, paid, channel=CARD, category=merchant(code), location=place)
            left -= paid

    def _repay(self, debt: Fee, part: int, now: int) -> None:
        near = self.gang.rng.uniform(0.4, 1.6) if self.careful else self.gang.rng.choice((1.0, 1.0, 1.0, 1.05))
        deal = self._deal(now, debt)
        amount = min(int(part * near) // 100 * 100, debt.amount - debt.paid)
        if amount > 0 and now <= self.until + 60 * DAY:
            credit = self.enter(now, debt.payer, self.accounts[0], amount, deal)
            debt.paid += credit.amount
            self.received(credit)
