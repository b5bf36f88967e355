"""One attempt at laundering as it unfolds: its purse, its payments, and the verdict at its end.

What the acts of ``placing``, ``layering`` and ``integrating`` share. A step is called when its time has come; it pays
from what is there and asks for the next step, with ``gang.at(time, partial(step, ...))``. Numbers are design.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from moneytrail.simulate.calendar import SECOND
from moneytrail.simulate.gangs.acts import Layering
from moneytrail.simulate.gangs.gang import Attempt, Gang, Place
from moneytrail.simulate.gangs.habits import less, parts
from moneytrail.simulate.words import merchant

CUT: Final = (0.025, 0.07)
"""What a mule keeps of each credit: 2 to 10 % in the definition, with the rounding. Design."""

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

    Money that the attempt is to use, `amount` of what `source` holds, is set aside at its start, in a place of its own
    (``aside@`` and the attempt), so that the gang does not use it twice. It is still on its account, or in the cash
    box; what is left goes back.
    """

    def __init__(
        self, gang: Gang, typology: str, account: int, careful: bool, now: int, source: Place, amount: int
    ) -> None:
        self.gang, self.account, self.careful = gang, account, careful
        self.attempt: Attempt = gang.attempt(typology, account, careful)
        self.purse = f"aside@{self.attempt.code}"
        self.paid: list[Paid] = []
        self._source = source
        self.left = gang.move("set_aside", now, source, self.purse, amount)

    def spend(self, role: str, now: int, debtor: int, creditor: int, amount: int, **more: int) -> int:
        """Pay from what was set aside on `debtor`, and return the pence that moved."""
        moved = self.gang.pay(
            self.attempt, role, now, debtor, creditor, min(amount, self.left), source=self.purse, **more
        )
        self.left -= moved
        return self._note(now, debtor, creditor, moved)

    def pay(
        self, role: str, now: int, debtor: int, creditor: int, amount: int, target: Place | None = None, **more: int
    ) -> int:
        """Pay from what the gang holds on `debtor`, and return the pence that moved."""
        moved = self.gang.pay(self.attempt, role, now, debtor, creditor, amount, target=target, **more)
        return self._note(now, debtor, creditor, moved)

    def buy(self, role: str, now: int, shop: int, amount: int, code: str, target: Place) -> int:
        """Pay a shop of one category by card, and return the pence that moved."""
        moved = self.gang.buy(self.attempt, role, now, self.account, shop, amount, merchant(code), target=target)
        return self._note(now, self.account, shop, moved)

    def deposit(self, now: int, amount: int, region: int) -> int:
        """Pay in cash that was set aside, and return the pence that moved."""
        moved = self.gang.bank_cash(
            self.attempt, now, self.account, min(amount, self.left), region, source=self.purse
        )  # fmt: skip
        self.left -= moved
        return self._note(now, -1, self.account, moved)

    def draw(self, now: int, amount: int, region: int) -> int:
        """Take notes from a machine, at most 500 pounds, and return the pence that moved."""
        notes = min(amount // 1000 * 1000, 50_000)
        return self._note(now, self.account, -1, self.gang.draw_cash(self.attempt, now, self.account, notes, region))

    def pass_on(self, role: str, cut: float, payee: int, payer: int, received: int, now: int, **more: int) -> int:
        """Let `payer` send on what it `received` but for its `cut`, and return the pence that moved."""
        moved = self.pay(role, now, payer, payee, less(self.gang, received, cut), **more)
        if moved:
            self.gang.move("cut", now, payer, "cost:mule", received - moved)
        return moved

    def fan(
        self, role: str, payer: int, payees: Sequence[int], total: int, hours: float, now: int, *,
        uneven: float = 0.3, then: Then | None = None,
    ) -> int:  # fmt: skip
        """Split `total` among `payees`: the first is paid now, the others within so many hours; return the last time.

        Comes from the purse while something is left in it that `payer` owns, else from `payer`'s own place.
        """
        last = now
        for turn, (payee, part) in enumerate(zip(payees, parts(self.gang, total, len(payees), uneven), strict=True)):
            time = self.gang.in_hours(now, 0.05, hours) if turn else now
            self.step(time, now, partial(self._one, role, payer, payee, part, then))
            last = max(last, time)
        return last

    def step(self, time: int, now: int, act: Callable[[int], object]) -> None:
        """Call ``act(time)`` at `time`, or at once when that is `now`."""
        if time <= now:
            act(now)
        else:
            self.gang.at(time, act)

    def close(self, time: int, complete: Callable[[], bool]) -> None:
        """At `time`, or with the end of the days, give back what is left, and give up if not `complete`."""
        self.gang.at(min(time, self.gang.end - SECOND), self._give_back)
        self.gang.judge(time, self.attempt, complete)

    def into(self, *accounts: int) -> list[Paid]:
        """Return the payments into any of `accounts`."""
        return [paid for paid in self.paid if paid.creditor in accounts]

    def out_of(self, *accounts: int) -> list[Paid]:
        """Return the payments out of any of `accounts`."""
        return [paid for paid in self.paid if paid.debtor in accounts]

    def _one(self, role: str, payer: int, payee: int, amount: int, then: Then | None, now: int) -> None:
        ours = self.left > 0 and payer == self._source
        moved = (self.spend if ours else self.pay)(role, now, payer, payee, amount)
        if moved and then:
            then(payee, moved, now)

    def _note(self, now: int, debtor: int, creditor: int, moved: int) -> int:
        if moved:
            self.paid.append(Paid(now, debtor, creditor, moved))
        return moved

    def _give_back(self, now: int) -> None:
        self.left -= self.gang.move("set_aside", now, self.purse, self._source, self.left)


def total(paid: Sequence[Paid]) -> int:
    """Return the sum of some payments."""
    return sum(one.amount for one in paid)


def link(gang: Gang, now: int, careful: bool, elsewhere: float, device: int = -1) -> int:
    """Return a mule for one attempt: here, or with the chance `elsewhere` at another British bank."""
    if gang.rng.random() < elsewhere:
        return gang.outsider("mule")
    return gang.account("mule", now, careful, device=device)


def detour(least: int) -> Callable[[Layering], Layering]:
    """Let an act have what `source` holds of a sum; what is less than `least` pence goes straight to `target`."""

    def decorate(act: Layering) -> Layering:
        def go(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
            amount = min(amount, gang.held(source))
            if amount >= least:
                act(gang, now, source, target, amount)
            else:
                gang.pay(None, "pass_on", now, source, target, amount)

        go.__doc__ = act.__doc__
        return go

    return decorate
