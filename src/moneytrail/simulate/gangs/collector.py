"""How fees move through accounts that collect them: when they are paid, given back, raised at home, and passed on.

:class:`Collector` turns the four modes of payment into transfers, with refunds (S05) and households that raise the sum
(S18); ``collecting``, ``bondage`` and ``brokering`` hold the typologies made of it.
Nothing is booked but at the moment that the gang's agenda calls for, and nothing is paid that is not there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import ClassVar, Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import DEPOSIT, GRACE, LEGS, PREPAID, Fee
from moneytrail.simulate.gangs.crossings import delay_after_arrival
from moneytrail.simulate.gangs.gang import CASH_BOX, PASSENGERS, Attempt, Gang, Place
from moneytrail.simulate.gangs.habits import parts, rounded
from moneytrail.simulate.gangs.layering import LAYERING

BAND: Final = (40_000, 600_000)
"""Seat-fee band in pence (typologies.md 1.0)."""

PARTS: Final = (0.66, 0.91)
"""Edges of how many parts a sum is paid in: one, two or three. Design."""

LEAST_PART: Final = 45_000
MOST_PART: Final = 600_000
"""Least and most of one part in pence; more is paid in several days. Design, as banks cap what an app may send."""

SWEEP_FROM: Final = 130_000
"""A collector passes its balance on when it is 1,300 pounds or more. Design."""

RAISED_SHARE: Final = 0.5
RAISED_LEAST: Final = 200_000
"""Share of large payers of ours whose household first raises the sum, and the least that counts (S18). Design; families
sell land, borrow or use savings (Koser, Why Migrant Smuggling Pays, International Migration 46(2), 2008,
second-hand)."""


@dataclass(frozen=True, slots=True)
class Credit:
    """One payment that a collector received, in cash (`payer` -1) or from an account."""

    time: int
    payer: int
    account: int
    amount: int


@dataclass(slots=True)
class Deal:
    """A fee taken on: what was paid of it, what is on the agenda, from when the payer has the money, if it is off."""

    fee: Fee
    parts: list[Credit] = field(default_factory=list)
    planned: int = 0
    ready: int = 0
    second: int = -1
    off: bool = False


@dataclass(slots=True)
class Raising:
    """A household that raises a sum (S18): for what, when it began, what came in; the attempt begins with the first."""

    deal: Deal
    start: int
    careful: bool
    raised: int = 0
    attempt: Attempt | None = None


@dataclass(slots=True)
class Refunds:
    """What one account gives back (S05): the attempt begins with the first transfer for it."""

    attempt: Attempt | None = None
    pairs: int = 0


def split(rng: np.random.Generator, total: int, most: int = 3) -> list[int]:
    """Split a sum into one to three parts, all but the first in whole tens of pounds."""
    wanted = 1 + int(np.searchsorted(PARTS, rng.random()))
    count = min(max(wanted, -(-total // MOST_PART)), most, max(total // LEAST_PART, 1))
    even = total // count // 1000 * 1000
    return [total - even * (count - 1)] + [even] * (count - 1)


def onward(gang: Gang, now: int, source: int, attempt: Attempt) -> None:
    """Pass on what a collector holds: on two days in three with 1,300 pounds or more, 90 to 98 % of it.

    It goes to the organiser, straight or by a detour of the gang's repertoire. Careful collectors pass on 55 to 80 %,
    on one such day in three. Design.
    """
    rng, balance = gang.rng, gang.held(source)
    if balance < SWEEP_FROM or rng.random() > (0.33 if attempt.careful else 0.65):
        return
    share = rng.uniform(0.55, 0.8) if attempt.careful else rng.uniform(0.9, 0.98)
    amount = rounded(gang, balance * share)
    ways = [way for way in LAYERING if way in gang.repertoire]
    if ways and rng.random() < 0.7:
        LAYERING[str(rng.choice(ways))](gang, now, source, gang.organiser, amount)
    else:
        gang.pay(attempt, "pass_on", now, source, gang.organiser, amount)


def is_fan_in(credits: Sequence[Credit], touches: Counter[int], least: int, total: int) -> bool:
    """Return whether in some 30 days `least` new and rare payers paid `total` pence in the band, or 0 any sums."""
    paid = [c for c in credits if c.payer >= 0]
    return any(_fan_in_at(paid, touches, now.time, least, total) for now in paid)


def _fan_in_at(paid: list[Credit], touches: Counter[int], now: int, least: int, total: int) -> bool:
    start = now - 30 * DAY
    window = [c for c in paid if start < c.time <= now]
    payers = {c.payer for c in window}
    new = payers - {c.payer for c in paid if c.time <= start}
    rare = sum(touches[payer] <= 3 for payer in payers)
    return (
        len(payers) >= least
        and len(new) >= 0.7 * len(payers)
        and rare >= 0.8 * len(payers)
        and (not total or BAND[0] <= median(c.amount for c in window) <= BAND[1])
        and sum(c.amount for c in window) >= total
    )


class Collector:
    """One way to collect fees: an account or a few that live for some weeks, and pay on what they collect.

    Escrow lies with a third party, so it reaches the account after the arrival: 60 % within a day, 30 % in one to
    three, 10 % in three to fourteen. By legs, some stages are paid before and the last at the arrival; of a deposit 20
    to 40 % before; a prepaid fee wholly before, and nothing of it comes back.

    Accounts are opened when the first fee comes, and the attempt begins with it.
    """

    typology: ClassVar[str] = "S01"
    role: ClassVar[str] = "collector"
    most_stages: ClassVar[int] = 3
    pooled: ClassVar[float] = 0.35
    """Share of fees that two people pay together. Design."""
    escrows: ClassVar[bool] = False
    """Whether a fee in escrow is paid to this one, before the crossing."""
    few: ClassVar[int] = 4
    """Payers in 30 days that one account of a careful collector takes; the rest pay notes by hand. Design."""

    def __init__(self, gang: Gang, now: int, until: int) -> None:
        self.gang = gang
        self.until = until
        self.careful = False
        self.accounts: list[int] = []
        self.credits: list[Credit] = []
        self.touches: Counter[int] = Counter()
        self._attempt: Attempt | None = None
        self._deals: dict[int, Deal] = {}
        self._refunds: dict[int, Refunds] = {}
        self._raised: list[Raising] = []
        self._sweeping: set[int] = set()
        self._owing: Counter[int] = Counter()
        gang.at(gang.end - 1, self._judge)

    # What the business calls.

    def agree(self, now: int, fee: Fee) -> None:
        """Plan what the mode asks for before the crossing."""
        if id(fee) in self._deals:
            return
        deal = self._deal(now, fee)
        self._raise(now, deal)
        for time, amount in self.before(now, fee):
            self.plan(time, deal, amount)

    def arrived(self, now: int, fee: Fee) -> None:
        """Plan the rest: by one or two people, in one to three parts."""
        deal = self._deal(now, fee)
        rest = fee.amount - deal.planned
        if rest <= 0:
            return
        time = self.gang.in_days(now, self.delay())
        sums = split(self.gang.rng, rest)
        together = rest >= 2 * LEAST_PART and self.gang.rng.random() < self.pooled
        if together and len(sums) == 1:
            first = int(rest * self.gang.rng.uniform(0.4, 0.6)) // 1000 * 1000
            sums = [first, rest - first]
        for number, part in enumerate(sums):
            self.plan(time, deal, part, second=together and number > 0)
            time = self.gang.in_days(time, float(self.gang.rng.uniform(0.1, 4)))

    def failed(self, now: int, fee: Fee) -> None:
        """Give back what was paid and not used: of legs the last one only, of a prepaid fee nothing.

        What is still on the agenda is not paid any more.
        """
        deal = self._deal(now, fee)
        deal.off = True
        back = [] if fee.mode == PREPAID else deal.parts[-1:] if fee.mode == LEGS else deal.parts
        for part in back:
            self.gang.at(self.gang.in_days(now, float(self.gang.rng.uniform(0.2, 6))), partial(self._give_back, part))

    # What typologies change.

    def settle(self, day: int) -> list[int]:
        """Open the accounts: one of the gang's own, or for a careful collector three of ordinary people."""
        return [self.gang.account(self.role, day * DAY, self.careful) for _ in range(3 if self.careful else 1)]

    def before(self, now: int, fee: Fee) -> list[tuple[int, int]]:
        """Return the times and amounts that are paid before the crossing."""
        rng = self.gang.rng
        if fee.mode == LEGS:
            amounts = self.stages(fee)
        elif fee.mode == DEPOSIT:
            amounts = [max(int(fee.amount * rng.uniform(0.2, 0.4)) // 1000 * 1000, LEAST_PART)]
        elif fee.mode == PREPAID or self.escrows:
            amounts = split(rng, fee.amount)
        else:
            return []
        lead = max((fee.crossing - now) / DAY - 0.5, 0.5)
        days = np.sort(rng.uniform(0, lead if len(amounts) > 1 else 2, len(amounts)))
        return [(self.gang.in_days(now, day), part) for day, part in zip(days.tolist(), amounts, strict=True)]

    def stages(self, fee: Fee) -> list[int]:
        """Return the sums of all legs but the last."""
        count = min(int(self.gang.rng.integers(2, self.most_stages + 1)), fee.amount // LEAST_PART)
        return parts(self.gang, fee.amount, max(count, 2), 0.4)[:-1]

    def delay(self) -> float:
        """Return the days from an arrival to the payment."""
        return delay_after_arrival(self.gang.rng)

    def choose(self, now: int, payer: int, deal: Deal) -> int:
        """Return the account that a payment goes to, or -1 when notes change hands instead."""
        if now > self.until + GRACE * DAY:
            return -1
        if not self.careful:
            return self.accounts[0]
        for account in self.accounts:
            known = {c.payer for c in self.credits if c.account == account and c.time > now - 31 * DAY}
            if payer in known or len(known) < self.few:
                return account
        return -1

    def place(self, account: int) -> Place:
        """Return where money paid into `account` is kept."""
        return account

    def enter(self, now: int, payer: int, account: int, amount: int, deal: Deal) -> Credit:
        """Book one payment in."""
        place = self.place(account)
        paid = self.gang.pay(self.attempt, "fee", now, payer, account, amount, target=place)
        return Credit(now, payer, account, paid)

    def keep(self, part: Credit, now: int) -> None:
        """Let what is held for a payer become the gang's, where it is kept apart until then."""

    def pass_on(self, now: int, account: int) -> None:
        """Send on what `account` holds, or not today."""
        onward(self.gang, now, account, self.attempt)

    def holds(self) -> bool:
        """Return whether what came in satisfies the definition."""
        credits = [c for c in self.credits if c.account == self.accounts[0]]
        return is_fan_in(credits, self.touches, 8, 800_000)

    # The machinery.

    @property
    def attempt(self) -> Attempt:
        """The attempt; asking for it begins it."""
        if self._attempt is None:
            self._attempt = self.gang.attempt(self.typology, self.accounts[0], self.careful)
        return self._attempt

    @property
    def begun(self) -> bool:
        """Whether anything was booked yet."""
        return self._attempt is not None

    def ready(self, now: int) -> None:
        """Open the accounts, the first time that they are needed."""
        if not self.accounts:
            self.careful = self.gang.next_is_careful()
            self.accounts = self.settle(now // DAY)

    def plan(self, time: int, deal: Deal, amount: int, *, second: bool = False) -> None:
        """Put a payment on the agenda, after the payer has the money."""
        amount = min(amount, deal.fee.amount - deal.planned)
        if amount > 0:
            deal.planned += amount
            due = time if time > deal.ready else self.gang.in_days(deal.ready, 0.1)
            self.gang.at(due, partial(self._pay_in, deal, amount, second))

    def by_hand(self, now: int, fee: Fee, amount: int) -> None:
        """Take notes, which no bank sees."""
        fee.paid += self.gang.move("fee", now, PASSENGERS, CASH_BOX, amount)

    def received(self, credit: Credit) -> None:
        """Note a credit, and that the account is to pass on."""
        self.credits.append(credit)
        self.touches[credit.payer] += 1
        if credit.account not in self._sweeping:
            self._sweeping.add(credit.account)
            same_day = credit.time // DAY * DAY + int(self.gang.rng.uniform(18, 22) * HOUR)
            later = self.gang.hour(credit.time // DAY + 1, 10, 20)
            self.gang.at(same_day if same_day > credit.time else later, partial(self._sweep, credit.account))

    def _deal(self, now: int, fee: Fee) -> Deal:
        self.ready(now)
        return self._deals.setdefault(id(fee), Deal(fee))

    def _pay_in(self, deal: Deal, amount: int, second: bool, now: int) -> None:
        if deal.off:
            return
        if second and deal.second < 0:
            deal.second = self.gang.outsider("payer")
        payer = deal.second if second else deal.fee.payer
        account = self.choose(now, payer, deal)
        if account < 0:
            self.by_hand(now, deal.fee, amount)
            return
        credit = self.enter(now, payer, account, amount, deal)
        deal.fee.paid += credit.amount
        deal.parts.append(credit)
        self.received(credit)

    def _sweep(self, account: int, now: int) -> None:
        """Look once a day whether to pass on, as long as the account lives or holds enough."""
        if not self._owing[account]:
            self.pass_on(now, account)
        held = self.gang.held(account) >= SWEEP_FROM
        if held or now < self.until + GRACE * DAY:
            self.gang.at(self.gang.hour(now // DAY + 1, 10, 21), partial(self._sweep, account))
        else:
            self._sweeping.discard(account)

    # S05: money back after no crossing.

    def _give_back(self, part: Credit, now: int) -> None:
        """Refund one credit by transfer, with the organiser's money where the account has too little; else in notes."""
        gang, place = self.gang, self.place(part.account)
        amount = int(part.amount * (gang.rng.uniform(0.5, 0.85) if self.careful else 1.0)) // 100 * 100
        short = amount - gang.held(place)
        later = now + int(gang.rng.uniform(0.1, 5) * HOUR)
        if "S05" not in gang.repertoire or part.payer < 0 or short > gang.held(gang.organiser) or later >= gang.end:
            gang.move("refund", now, CASH_BOX, PASSENGERS, part.amount)
            self.keep(part, now)
            return
        if short > 0:
            attempt = self._refund_attempt(part.account)
            gang.pay(attempt, "top_up", now, gang.organiser, part.account, short, target=place)
        self._owing[part.account] += 1
        gang.at(later, partial(self._refund, part, amount))

    def _refund(self, part: Credit, amount: int, now: int) -> None:
        self._owing[part.account] -= 1
        place = self.place(part.account)
        if self.gang.held(place) < amount:
            self.gang.move("refund", now, CASH_BOX, PASSENGERS, amount)
            return
        attempt = self._refund_attempt(part.account)
        self.gang.pay(attempt, "refund", now, part.account, part.payer, amount, source=place)
        self.touches[part.payer] += 1
        self._refunds_of(part.account).pairs += DAY <= now - part.time <= 60 * DAY

    def _refunds_of(self, account: int) -> Refunds:
        return self._refunds.setdefault(account, Refunds())

    def _refund_attempt(self, account: int) -> Attempt:
        """Return the account's attempt of S05, which stands beside S01 and S04 alone; else the collector's own."""
        if self.typology not in ("S01", "S04"):
            return self.attempt
        refunds = self._refunds_of(account)
        if refunds.attempt is None:
            refunds.attempt = self.gang.attempt("S05", account, self.careful)
        return refunds.attempt

    # S18: a household raises the sum.

    def _raise(self, now: int, deal: Deal) -> None:
        """Let half the large payers who bank here raise the sum first: a loan, something sold, or relatives' parts."""
        gang, fee = self.gang, deal.fee
        wanted = "S18" in gang.repertoire and self.typology in ("S01", "S04") and not self.careful
        if not wanted or fee.amount < 1.15 * RAISED_LEAST or not gang.is_ours(fee.payer):
            return
        if gang.rng.random() > RAISED_SHARE:
            return
        careful = gang.next_is_careful()
        raising = Raising(deal, now, careful)
        least = RAISED_LEAST * 1.12 / fee.amount
        share = gang.rng.uniform(0.2, 0.4) if careful else max(gang.rng.uniform(0.8, 1.1), least)
        total = min(int(fee.amount * share), 170_000) if careful else int(fee.amount * share)
        givers = self._givers(careful)
        for giver, amount in zip(givers, parts(gang, total, len(givers), 0.4), strict=True):
            time = gang.in_days(now, float(gang.rng.uniform(0, 4)))
            deal.ready = max(deal.ready, time)
            gang.at(time, partial(self._bring, raising, giver, amount))
        self._raised.append(raising)

    def _givers(self, careful: bool) -> list[int]:
        gang = self.gang
        way = gang.rng.random()
        if way < 0.3 and not careful:
            return [gang.known(int(gang.rng.choice(gang.town.lenders)), "unwitting")]
        if way < 0.5 and not careful:
            return [gang.outsider("unwitting")]
        count = int(gang.rng.integers(2, 4) if careful else gang.rng.integers(4, 9))
        return [gang.outsider("payer") for _ in range(count)]

    def _bring(self, raising: Raising, giver: int, amount: int, now: int) -> None:
        payer = raising.deal.fee.payer
        if raising.attempt is None:
            raising.attempt = self.gang.attempt("S18", payer, raising.careful)
        raising.raised += self.gang.pay(
            raising.attempt, "raised", now, giver, payer, amount, source=PASSENGERS, target=PASSENGERS
        )

    # The end.

    def _judge(self, now: int) -> None:
        """Give up the attempts that stayed below their definitions."""
        if not self.accounts:
            return
        stands = self.begun and self.holds()
        if self.begun and not stands:
            self.gang.give_up(self.attempt)
        for refunds in self._refunds.values():
            if refunds.attempt and not (stands and refunds.pairs >= 3):
                self.gang.give_up(refunds.attempt)
        for raising in self._raised:
            if raising.attempt and not (stands and _raised_enough(raising)):
                self.gang.give_up(raising.attempt)


def _raised_enough(raising: Raising) -> bool:
    """Return whether 2,000 pounds came in within 30 days before one or two payments in the band."""
    paid = [part for part in raising.deal.parts if part.payer == raising.deal.fee.payer]
    return (
        raising.raised >= RAISED_LEAST
        and 1 <= len(paid) <= 2
        and all(BAND[0] <= part.amount <= BAND[1] for part in paid)
        and paid[0].time - raising.start <= 30 * DAY
    )
