"""Ways to collect fees that a bank can see: S01 to S04, S06 and S16 of the typologies.

What they share, the refunds (S05) and the households that raise a sum (S18) are in ``collector``; debts that are worked
off (S14) in ``bondage``, brokers (S08) in ``brokering``. Naive attempts satisfy the published definition; careful ones
keep below it. Every number without a source is design.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR, Floats, Ints
from moneytrail.simulate.gangs.acts import COMMISSION, ESCROWED, GRACE, PREPAID, Fee, Opening
from moneytrail.simulate.gangs.bondage import Bondage
from moneytrail.simulate.gangs.brokering import open_broker
from moneytrail.simulate.gangs.collector import BAND, MOST_PART, Collector, Credit, Deal, is_fan_in, split
from moneytrail.simulate.gangs.crossings import crossings, party_fee, seat_price
from moneytrail.simulate.gangs.gang import PASSENGERS, Gang, Place
from moneytrail.simulate.gangs.habits import COAST, shop_of, till_price, word
from moneytrail.simulate.words import REGIONS, merchant

OTHER_CREWS: Final = 0.19
"""Fees a day that an account of S03 takes for crews beside the gang's own. Design."""


class FanIn(Collector):
    """S01: many people with no tie to the account pay seat fees into it; after three to five weeks comes the next."""

    pooled: ClassVar[float] = 0.5


class Ladder(Collector):
    """S02: each payer pays in three to six stages to two or three payees worked from one device.

    A guarantor releases stage by stage as the traveller moves on (International Organization for Migration, Migrant
    Smuggling Data and Research, 2016; Reuters, Shadow payment system on rise among European people smugglers, 2021,
    second-hand). Careful payees are ordinary people with nothing in common, each gets one stage of a
    payer, and what they pass on leaves as cash.
    """

    typology: ClassVar[str] = "S02"
    most_stages: ClassVar[int] = 6
    pooled: ClassVar[float] = 0.0

    def settle(self, day: int) -> list[int]:
        """Open two or three payees on one device, or find three ordinary people."""
        if self.careful:
            return super().settle(day)
        gang = self.gang
        self._stages = 0.8 + 0.4 * gang.rng.random(int(gang.rng.integers(3, 6)))
        first = gang.fresh(self.role, day)
        others = int(gang.rng.integers(1, 3))
        return [first, *(gang.fresh(self.role, day, device=first) for _ in range(others))]

    def stages(self, fee: Fee) -> list[int]:
        """Return the stages before the crossing: the route's prices are the same for all, the days are not."""
        if self.careful:
            return super().stages(fee)
        weight = self._stages * self.gang.rng.uniform(0.97, 1.03, self._stages.size)
        return [int(part) // 1000 * 1000 for part in (fee.amount * weight / weight.sum())[:-1]]

    def arrived(self, now: int, fee: Fee) -> None:
        """Plan the last stage: soon after the arrival, and two weeks or more after the first."""
        deal = self._deal(now, fee)
        time = self.gang.in_days(now, self.delay())
        if deal.parts and not self.careful:
            settled = self.gang.in_days(deal.parts[0].time, float(self.gang.rng.uniform(15.5, 24)))
            time = max(time, settled)
        self.plan(time, deal, fee.amount - deal.planned)

    def choose(self, now: int, payer: int, deal: Deal) -> int:
        """Return the payees in turn; a careful one never twice for one payer."""
        if now > self.until + 2 * GRACE * DAY:
            return -1
        if not self.careful:
            return self.accounts[(len(deal.parts) + deal.fee.payer) % len(self.accounts)]
        used = {part.account for part in deal.parts}
        free = [account for account in self.accounts if account not in used]
        return free[0] if free else -1

    def pass_on(self, now: int, account: int) -> None:
        """Send on to the organiser; a careful payee draws notes."""
        if not self.careful:
            super().pass_on(now, account)
        elif self.gang.rng.random() < 0.3:
            self.gang.draw_cash(self.attempt, now, account, min(self.gang.held(account) // 1000 * 1000, 50_000))

    def holds(self) -> bool:
        """Return whether some payer climbed the ladder: two to six payments over 14 to 180 days."""
        return any(_is_ladder([c for c in self.credits if c.payer == payer]) for payer in self.touches)


def _is_ladder(parts: list[Credit]) -> bool:
    total = sum(part.amount for part in parts)
    spread = parts[-1].time - parts[0].time
    return 2 <= len(parts) <= 6 and 14 * DAY <= spread <= 180 * DAY and 150_000 <= total <= 2_500_000


class ArrivalRelease(Collector):
    """S03: an account of long standing that is paid within a day or so of each crossing, over half a year.

    One gang's boats are too few to see a rhythm: the account serves passengers of other crews as well, most after the
    days on which most people arrive. What a mode asks for before goes from hand to hand. A careful collector has the
    fees paid 4 to 30 days after.
    """

    typology: ClassVar[str] = "S03"
    pooled: ClassVar[float] = 0.0
    few: ClassVar[int] = 1000

    def settle(self, day: int) -> list[int]:
        """Find an account that stands for a year or longer."""
        if self.careful:
            return [self.gang.account(self.role, day * DAY, careful=True)]
        gang, rng = self.gang, self.gang.rng
        until = min(self.until // DAY, gang.bank.calendar.days)
        weight = crossings(gang.bank).arrivals[day:until] ** 1.5 + 1e-9
        for one in rng.choice(weight.size, round(OTHER_CREWS * weight.size), p=weight / weight.sum()).tolist():
            gang.at(gang.in_days((day + one) * DAY, self.delay()), self._other_crew)
        opened = gang.bank.register.first_day - int(rng.integers(200, 1500))
        return [gang.fresh(self.role, day, opened=opened, joined=-1)]

    def agree(self, now: int, fee: Fee) -> None:
        """Take in notes what is due before."""
        deal = self._deal(now, fee)
        early = sum(amount for _, amount in self.before(now, fee))
        deal.planned += early
        self.by_hand(now, fee, early)

    def delay(self) -> float:
        """Return the days from an arrival to the payment: mostly within one."""
        rng = self.gang.rng
        if self.careful:
            return float(rng.uniform(4, 30))
        return float(rng.uniform(0.1, 1.1) if rng.random() < 0.85 else rng.uniform(1.1, 2.4))

    def _other_crew(self, now: int) -> None:
        rng = self.gang.rng
        amount = party_fee(rng, seat_price(rng), 2)[1]
        deal = self._deal(now, Fee(self.gang.outsider("payer"), min(amount, MOST_PART), ESCROWED, now))
        self._pay_in(deal, deal.fee.amount, False, now)

    def holds(self) -> bool:
        """Return whether 20 credits of some half year follow the country's arrivals."""
        days = [c.time // DAY for c in self.credits if BAND[0] <= c.amount <= BAND[1]]
        calendar = self.gang.bank.calendar
        if len(days) < 20 or calendar.days < 180:
            return False
        count = np.bincount(days, minlength=calendar.days)
        arrivals = crossings(self.gang.bank).arrivals
        first = np.datetime64(calendar.start, "D")
        month = (first + np.arange(calendar.days)).astype("datetime64[M]").astype(np.int64)
        ends = {180, calendar.days, *(min(max(day + 1, 180), calendar.days) for day in days[19::4])}
        return any(_follows(count, arrivals, month, end) for end in sorted(ends))


def _follows(count: Ints, arrivals: Ints, month: Ints, end: int) -> bool:
    """Return whether credits of the 180 days before `end` are 1.9 times as many after arrivals, beyond chance."""
    window = slice(end - 180, end)
    if count[window].sum() < 20:
        return False
    shifts = np.linspace(5, min(350, arrivals.size - 5), 200).astype(np.int64)
    days = (np.arange(arrivals.size) - np.append(0, shifts)[:, None]) % arrivals.size
    lift, *chance = _lifts(count[window], arrivals[days], month[window], window).tolist()
    return bool(lift >= 1.9 and sum(other >= lift for other in chance) < 0.008 * len(chance))


def _lifts(count: Ints, arrivals: Ints, month: Ints, window: slice) -> Floats:
    """Return credits a day on days of many recent arrivals over those of few, by thirds of each calendar month.

    For each row of `arrivals` (the series as it was, and shifted in a ring).
    """
    padded = np.pad(arrivals, ((0, 0), (2, 0)))
    recent = (padded[:, 2:] + padded[:, 1:-1] + padded[:, :-2])[:, window]
    few, many, low, high = np.zeros((4, len(recent)))
    for one in np.unique(month):
        days = np.flatnonzero(month == one)
        order = count[days][np.argsort(recent[:, days], axis=1, kind="stable")]
        third = days.size // 3
        few, low = few + order[:, :third].sum(axis=1), low + third
        many, high = many + order[:, days.size - third :].sum(axis=1), high + third
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (many / high) / (few / low)
    found: Floats = np.where(few > 0, ratio, np.where(many > 0, 99.0, 0.0))
    return found


class Escrow(Collector):
    """S04: one account holds each payer's sum until the arrival, then pays it to one of a few, less 3 to 10 %.

    A third party holds and releases and keeps a commission (Koser, Why Migrant Smuggling Pays, 2008, second-hand; the
    commission is unverified, design). A careful holder pays out in lumps that match no sum paid in.
    """

    typology: ClassVar[str] = "S04"
    role: ClassVar[str] = "holder"

    def __init__(self, gang: Gang, now: int, until: int) -> None:
        super().__init__(gang, now, until)
        self._cut = float(gang.rng.uniform(*COMMISSION))
        self._receivers: list[int] = []
        self._released: list[tuple[int, int]] = []

    def settle(self, day: int) -> list[int]:
        """Open the account and name those who are paid from it."""
        gang = self.gang
        accounts = super().settle(day)
        self._receivers = [gang.organiser]
        if not self.careful:
            self._receivers += [gang.fresh("collector", day)] if gang.rng.random() < 0.5 else []
            self._receivers += [gang.outsider("broker")]
        return accounts

    def place(self, account: int) -> Place:
        """Return the place where fees are that the account holds for their payers."""
        return f"escrow@{account}"

    def before(self, now: int, fee: Fee) -> list[tuple[int, int]]:
        """Return one payment of the whole fee, whatever the mode; what is above 10,000 pounds in two."""
        parts = split(self.gang.rng, fee.amount, 2) if fee.amount > 1_000_000 else [fee.amount]
        return [(self.gang.in_days(now, float(self.gang.rng.uniform(0, 3))), part) for part in parts]

    def arrived(self, now: int, fee: Fee) -> None:
        """Release what is held for the fee."""
        deal = self._deal(now, fee)
        if not deal.planned:
            self.agree(now, fee)
        last = max((part.time for part in deal.parts), default=now)
        self.gang.at(self.gang.in_days(max(now, last + DAY), self.delay()), partial(self._release, deal))

    def failed(self, now: int, fee: Fee) -> None:
        """Give the sums back; those prepaid the account keeps."""
        super().failed(now, fee)
        for part in self._deal(now, fee).parts if fee.mode == PREPAID else ():
            self.keep(part, now)

    def holds(self) -> bool:
        """Return whether six releases, to receivers who are paid again, fell within 88 days."""
        paid = [payee for _, payee in self._released]
        times = [time for time, payee in self._released if paid.count(payee) >= 2]
        return any(sum(now - 88 * DAY < time <= now for time in times) >= 6 for now in times)

    def keep(self, part: Credit, now: int) -> None:
        """Let a sum become the account's own."""
        self.gang.move("earned", now, self.place(part.account), part.account, part.amount)

    def _refund(self, part: Credit, amount: int, now: int) -> None:
        super()._refund(part, amount, now)
        self.gang.move("earned", now, self.place(part.account), part.account, part.amount - amount)

    def _release(self, deal: Deal, now: int) -> None:
        gang, rng = self.gang, self.gang.rng
        if deal.fee.paid < deal.planned:
            gang.at(now + 2 * DAY, partial(self._release, deal))
            return
        for part in deal.parts:
            if self.careful:
                self.keep(part, now)
                continue
            place = self.place(part.account)
            payee = self._receivers[int(len(self._receivers) * rng.random() ** 1.5)]
            share = 1 - self._cut * rng.uniform(0.93, 1.07)
            paid = gang.pay(
                self.attempt, "release", now, part.account, payee, int(part.amount * share) // 100 * 100, source=place
            )
            gang.move("cut", now, place, part.account, part.amount - paid)
            if paid and DAY <= now - part.time <= 90 * DAY:
                self._released.append((now, payee))


class BorderNode(Collector):
    """S06: people of several regions pay one who lives at the coast of Kent and has no tie to them, some at branches.

    Many originators, different places, one beneficiary near the border (Financial Crimes Enforcement Network,
    FIN-2023-Alert001, 2023, second-hand).
    """

    typology: ClassVar[str] = "S06"
    pooled: ClassVar[float] = 0.5
    few: ClassVar[int] = 3

    def settle(self, day: int) -> list[int]:
        """Open an account at the coast, used there in shops every few days."""
        if self.careful:
            return super().settle(day)
        gang = self.gang
        days = gang.rng.integers(day, max(self.until // DAY, day + 10), int(gang.rng.integers(9, 16)))
        for one in days.tolist():
            gang.at(gang.moment(one), self._shop)
        self._homes = gang.rng.permutation([region for region in range(len(REGIONS)) if region != COAST])
        return [gang.fresh(self.role, day, region=COAST)]

    def enter(self, now: int, payer: int, account: int, amount: int, deal: Deal) -> Credit:
        """Book a transfer, or when branches are open, often notes paid in near the payer's home."""
        day, hour = now // DAY, now % DAY / HOUR
        sunday = (day + self.gang.bank.calendar.start.weekday()) % 7 == 6
        notes = sum(c.payer < 0 for c in self.credits)
        if self.careful or sunday or not 9.5 <= hour <= 17 or self.gang.rng.random() < (0.25 if notes < 4 else 0.6):
            return super().enter(now, payer, account, amount, deal)
        region = int(self._homes[notes % 5])
        paid = self.gang.bank_cash(self.attempt, now, account, amount // 500 * 500, region, source=PASSENGERS)
        return Credit(now, -1, account, paid)

    def holds(self) -> bool:
        """Return whether six payers and notes from three regions came within 30 days."""
        credits = [c for c in self.credits if c.account == self.accounts[0]]
        notes = [c.time for c in credits if c.payer < 0]
        crowded = any(sum(now - 25 * DAY < time <= now for time in notes) >= 3 for now in notes)
        return crowded and is_fan_in(credits, self.touches, 6, 0)

    def _shop(self, now: int) -> None:
        if not self.begun:
            return
        gang = self.gang
        code = str(gang.rng.choice(("5411", "5812", "5814", "5541")))
        shop, price = gang.known(shop_of(gang, code, COAST), "unwitting"), till_price(gang, code)
        account = self.accounts[0]
        gang.buy(self.attempt, "living", now, account, shop, price, merchant(code), COAST, target="spent:living")


class Vendor(Collector):
    """S16: an agency takes near-equal fees for papers from passengers and others; nothing goes to an embassy.

    Work visas of one country, some forged papers (BBC, Smuggler selling fast-track Channel crossing speaks to BBC
    undercover reporter, 2024, second-hand). Its unit price, 450 to 1,800 pounds, is design. What passengers owe beyond
    the papers is paid in notes. A careful agency has few clients, each pays another sum, and a third of it goes on.
    """

    typology: ClassVar[str] = "S16"
    role: ClassVar[str] = "vendor"

    def __init__(self, gang: Gang, now: int, until: int) -> None:
        super().__init__(gang, now, until)
        self._price = int(gang.rng.integers(9, 37)) * 5_000
        self._centre = -1

    def settle(self, day: int) -> list[int]:
        """Open the agency and let its own clients come, most in the first five weeks."""
        gang, rng = self.gang, self.gang.rng
        centre = int(rng.choice(gang.town.firms))
        self._centre = gang.known(centre, "unwitting") if self.careful else -1
        life = max(self.until // DAY - day, 10)
        clients = rng.integers(day, day + life, 4) if self.careful else day + rng.integers(0, min(life, 36), 15)
        for one in clients.tolist():
            gang.at(gang.hour(one, 9, 19), self._client)
        return [gang.business(self.role, day, "visa agent")]

    def agree(self, now: int, fee: Fee) -> None:
        """Plan the price of one paper each; the rest is not for the bank to see."""
        deal = self._deal(now, fee)
        papers = min(max(round(fee.amount / self._price * 0.5), 1), 4)
        self.plan(self.gang.in_days(now, float(self.gang.rng.uniform(0, 3))), deal, self._sum(papers))
        if fee.mode == PREPAID:
            self.by_hand(now, fee, fee.amount - deal.planned)

    def arrived(self, now: int, fee: Fee) -> None:
        """Take the rest in notes."""
        time = self.gang.in_days(now, self.delay())
        self.gang.at(time, lambda then: self.by_hand(then, fee, fee.amount - fee.paid))

    def failed(self, now: int, fee: Fee) -> None:
        """Keep the price of the papers: they were made."""

    def enter(self, now: int, payer: int, account: int, amount: int, deal: Deal) -> Credit:
        """Book a fee as agencies' clients word it; a careful agency pays a third of it to a visa centre."""
        gang = self.gang
        words = word(gang, "visa")
        paid = gang.pay(self.attempt, "fee", now, payer, account, amount, words=words)
        if self.careful:
            later = gang.in_days(now, float(gang.rng.uniform(1, 6)))
            gang.at(later, partial(self._disburse, account, int(paid * gang.rng.uniform(0.28, 0.4))))
        return Credit(now, payer, account, paid)

    def holds(self) -> bool:
        """Return whether eight clients paid within 30 days, four in ten of them about one price or a multiple."""
        unit = [
            c for c in self.credits if 0.96 <= c.amount / (max(round(c.amount / self._price), 1) * self._price) <= 1.04
        ]
        return len(unit) >= 0.5 * len(self.credits) and super().holds()

    def _sum(self, papers: int) -> int:
        rng = self.gang.rng
        near = rng.uniform(0.5, 1.6) if self.careful else rng.choice((1.0, rng.uniform(0.97, 1.03)))
        return int(self._price * papers * near) // 500 * 500

    def _client(self, now: int) -> None:
        amount = self._sum(1 + int(self.gang.rng.random() < 0.12))
        fee = Fee(self.gang.outsider("payer"), amount, PREPAID, now)
        deal = self._deal(now, fee)
        account = self.choose(now, fee.payer, deal)
        if account >= 0:
            self.received(self.enter(now, fee.payer, account, amount, deal))

    def _disburse(self, account: int, amount: int, now: int) -> None:
        words = word(self.gang, "visa")
        self.gang.pay(self.attempt, "disbursement", now, account, self._centre, amount, words=words)


COLLECTIONS: Final[dict[str, Opening]] = {
    "S01": FanIn,
    "S02": Ladder,
    "S03": ArrivalRelease,
    "S04": Escrow,
    "S06": BorderNode,
    "S08": open_broker,
    "S14": Bondage,
    "S16": Vendor,
}
"""Ways to collect, by typology. S05 (refunds) and S18 (a sum raised at home) come with S01 and S04, S09 with S08."""
