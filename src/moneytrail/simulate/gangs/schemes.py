"""One attempt at laundering as it unfolds: its purse, its payments, its people, and the verdict at its end.

What the acts of ``placing``, ``laundering`` and ``integrating`` share. A step is called when its time has come; it pays
from what is there and asks for the next step, with ``gang.at(time, partial(step, ...))``. Numbers are design.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR, SECOND
from moneytrail.simulate.gangs.gang import Attempt, Gang, Place
from moneytrail.simulate.journal import TRANSFER, WIRE
from moneytrail.simulate.register import PERSONAL
from moneytrail.simulate.town import ONLINE
from moneytrail.simulate.words import OURS, TRADES, human_sums, references

MINUTE: Final = 60 * SECOND
CUT: Final = (0.025, 0.07)
"""What a mule keeps of each credit: 2 to 10 % with the rounding. 8 % in an older item (Havocscope, second-hand)."""

Step = Callable[[int], None]
Then = Callable[[int, int, int], None]
"""``then(payee, amount, now)``: what follows a payment."""


class Paid(NamedTuple):
    """One payment of an attempt; -1 stands for cash."""

    time: int
    debtor: int
    creditor: int
    amount: int


class Scheme:
    """One attempt: what it pays is noted, and :meth:`close` decides whether it was done in full.

    Money that the attempt is to use is set aside at its start, in a place of its own (``aside@`` and the attempt), so
    that the gang does not use it twice. It is still on its account, or in the cash box; what is left goes back.
    """

    def __init__(self, gang: Gang, typology: str, account: int, careful: bool) -> None:
        self.gang, self.account, self.careful = gang, account, careful
        self.attempt: Attempt = gang.attempt(typology, account, careful)
        self.paid: list[Paid] = []
        self.left = 0
        self._source: Place = account

    def set_aside(self, now: int, source: Place, amount: int) -> None:
        """Keep `amount` of what `source` holds for this attempt."""
        self._source = source
        self.left += self.gang.move("set_aside", now, source, self.purse, amount)

    @property
    def purse(self) -> str:
        """The place where the money of this attempt waits."""
        return f"aside@{self.attempt.code}"

    def spend(self, role: str, now: int, debtor: int, creditor: int, amount: int, **more: int) -> int:
        """Pay from what was set aside on `debtor`, and return the pence that moved."""
        moved = self._note(
            now, debtor, creditor,
            self.gang.pay(self.attempt, role, now, debtor, creditor, min(amount, self.left), source=self.purse, **more),
        )  # fmt: skip
        self.left -= moved
        return moved

    def pay(
        self, role: str, now: int, debtor: int, creditor: int, amount: int, target: Place | None = None, **more: int
    ) -> int:
        """Pay from what the gang holds on `debtor`, and return the pence that moved."""
        moved = self.gang.pay(self.attempt, role, now, debtor, creditor, amount, target=target, **more)
        return self._note(now, debtor, creditor, moved)

    def deposit(self, now: int, account: int, amount: int, region: int) -> int:
        """Pay cash that was set aside into `account`, and return the pence that moved."""
        moved = self.gang.bank_cash(self.attempt, now, account, min(amount, self.left), region, source=self.purse)
        self.left -= moved
        return self._note(now, -1, account, moved)

    def draw(self, now: int, account: int, amount: int, region: int) -> int:
        """Take notes from a machine, at most 500 pounds, and return the pence that moved."""
        notes = min(amount // 1000 * 1000, 50_000)
        return self._note(now, account, -1, self.gang.draw_cash(self.attempt, now, account, notes, region))

    def pass_on(self, role: str, cut: float, payee: int, payer: int, received: int, now: int) -> None:
        """Let `payer` send on what it `received` but for its `cut`."""
        moved = self.pay(role, now, payer, payee, less(self.gang, received, cut))
        if moved:
            self.gang.move("cut", now, payer, "cost:mule", received - moved)

    def fan(
        self, role: str, payer: int, payees: Sequence[int], total: int, hours: float, now: int, *,
        uneven: float = 0.3, then: Then | None = None,
    ) -> int:  # fmt: skip
        """Split `total` among `payees`: the first is paid now, the others within so many hours; return the last time.

        Comes from the purse while something is left in it that `payer` owns, else from `payer`'s own place.
        """
        last = now
        for turn, (payee, part) in enumerate(zip(payees, parts(self.gang, total, len(payees), uneven), strict=True)):
            time = later(self.gang, now, 0.05, hours) if turn else now
            self._at(time, now, partial(self._one, role, payer, payee, part, then))
            last = max(last, time)
        return last

    def _one(self, role: str, payer: int, payee: int, amount: int, then: Then | None, now: int) -> None:
        ours = self.left > 0 and payer == self._source
        moved = (self.spend if ours else self.pay)(role, now, payer, payee, amount)
        if moved and then:
            then(payee, moved, now)

    def _at(self, time: int, now: int, step: Step) -> None:
        if time <= now:
            step(now)
        else:
            self.gang.at(time, step)

    def _note(self, now: int, debtor: int, creditor: int, moved: int) -> int:
        if moved:
            self.paid.append(Paid(now, debtor, creditor, moved))
        return moved

    def close(self, time: int, complete: Callable[[], bool]) -> None:
        """At `time`, or with the end of the days, give back what is left, and give up if not `complete`."""

        def judge(now: int) -> None:
            self.gang.move("set_aside", now, self.purse, self._source, self.left)
            self.left = 0
            if not complete():
                self.gang.give_up(self.attempt)

        self.gang.at(min(time, self.gang.end - SECOND), judge)

    def into(self, *accounts: int) -> list[Paid]:
        """Return the payments into any of `accounts`."""
        return [paid for paid in self.paid if paid.creditor in accounts]

    def out_of(self, *accounts: int) -> list[Paid]:
        """Return the payments out of any of `accounts`."""
        return [paid for paid in self.paid if paid.debtor in accounts]


def total(paid: Sequence[Paid]) -> int:
    """Return the sum of some payments."""
    return sum(one.amount for one in paid)


# Sums.


def rounded(gang: Gang, pence: int, least: int) -> int:
    """Round as people do where that leaves `least` or more, else to ten pounds or not at all."""
    for sum_ in (int(human_sums(gang.rng, np.array([pence]))[0]), pence // 1000 * 1000):
        if sum_ >= least:
            return sum_
    return pence


def less(gang: Gang, pence: int, cut: float) -> int:
    """Return `pence` less about the share `cut`, rounded, never more than two hundredths below that."""
    return rounded(gang, int(pence * (1 - cut)), int(pence * (1 - cut - 0.02)))


def parts(gang: Gang, pence: int, count: int, uneven: float = 0.3) -> list[int]:
    """Split `pence` into `count` sums that differ by up to a share `uneven` from one another's middle."""
    weight = gang.rng.uniform(1 - uneven, 1 + uneven, count)
    return [rounded(gang, int(part), int(0.96 * part)) for part in pence * weight / weight.sum()]


# Times.


def waking(gang: Gang, time: int) -> int:
    """Move a time of night to the morning after: up to 13 hours later, most less."""
    day, hour = time // DAY, time % DAY / HOUR
    if 7.0 <= hour <= 23.4:
        return time
    return gang.hour(day + (hour > 12), 7.0, 11.5)


def later(gang: Gang, now: int, low: float, high: float) -> int:
    """Return a waking time `low` to `high` hours after `now`."""
    return waking(gang, now + int(gang.rng.uniform(low, high) * HOUR))


def on_day(gang: Gang, now: int, days: int) -> int:
    """Return a time that private people pay at, `days` days after the day of `now`."""
    return gang.moment(now // DAY + days)


# People.


def here(gang: Gang, role: str, now: int, careful: bool, device: int = -1, **columns: int) -> int:
    """Return an account of this bank: a careful gang takes an ordinary customer's, a naive one opens its own."""
    if careful:
        account = gang.ordinary(role)
        if is_ours(gang, account):
            return account
    return gang.fresh(role, now // DAY, device, **columns)


def link(gang: Gang, now: int, careful: bool, elsewhere: float, device: int = -1) -> int:
    """Return a mule for one attempt: here, or with the chance `elsewhere` at another British bank."""
    if gang.rng.random() < elsewhere:
        return gang.outsider("mule")
    return here(gang, "mule", now, careful, device)


def is_ours(gang: Gang, account: int) -> bool:
    """Return whether an account is at this bank."""
    return int(gang.bank.register.institution(np.array([account]))[0]) == OURS


def home(gang: Gang, account: int) -> int:
    """Return the region of an account of this bank; any region where none is known."""
    region = int(gang.bank.register.column("region")[account])
    return region if region >= 0 else int(gang.rng.integers(0, ONLINE))


def firm(gang: Gang, trade: str, role: str) -> int:
    """Return a business of one trade that honest people deal with too, or some firm of the town, with its role."""
    register = gang.bank.register
    codes = np.flatnonzero((register.column("trade") == TRADES.index(trade)) & (register.column("kind") != PERSONAL))
    known = [int(code) for code in codes if (gang.name, int(code)) not in gang.truth.parties]
    return gang.known(int(gang.rng.choice(known or gang.town.firms.tolist())), role)


def channel_from(gang: Gang, account: int) -> int:
    """Return how money comes from an account: by wire from abroad, else by transfer."""
    abroad = int(gang.bank.register.country(np.array([account]))[0]) > 0
    return WIRE if abroad else TRANSFER


def word(gang: Gang, group: str) -> int:
    """Return one word of a group."""
    return int(references(gang.rng, group, 1)[0])


def straight(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """Pay without a detour: the sum is too small for one."""
    gang.pay(None, "pass_on", now, source, target, amount)
