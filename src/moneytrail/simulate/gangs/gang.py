"""A gang as an agent: its people, its accounts, its agenda, and a ledger of every penny, seen by the bank or not.

What a gang does is elsewhere: :mod:`~moneytrail.simulate.gangs.economy` fills boats and pays for them, ``collecting``,
``brokering``, ``operating``, ``placing``, ``layering`` and ``integrating`` hold the acts. Here is what every act needs.

Everything happens in order of time. An act asks :meth:`Gang.at` for a moment and is called then, so that what it finds
in a place is what is there: no account of a gang falls below zero, and nothing is paid on before it came in.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR, SECOND, around
from moneytrail.simulate.honest.people import People
from moneytrail.simulate.journal import CARD, CASH, NOBODY, TRANSFER, WIRE
from moneytrail.simulate.register import BUSINESS
from moneytrail.simulate.town import Bank, Town
from moneytrail.simulate.truth import PLACE_OF_ROLE, Entry, Truth
from moneytrail.simulate.words import COUNTRIES, JOBS, OURS, REGION_SHARE, REGIONS, TRADES, free_text

PASSENGERS = "passengers"
CLIENTS = "clients"
ESCROW = "escrow"
CASH_BOX = "cash"
HAWALA = "hawala"
CRYPTO = "crypto"
ELSEWHERE = "elsewhere"

Place = int | str
"""Where money is: an account by its code, or a place off the bank's books by its name.

``passengers`` and ``clients`` (of a value-transfer business, who have nothing to do with boats) are outside the gang;
``escrow`` is held for passengers and not yet earned; names that begin with ``cost:`` or ``spent:`` are ends."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one typology: `careful` ones stay below the gates, naive ones are to satisfy them."""

    code: str
    typology: str
    account: int
    careful: bool


class Gang:
    """One gang.

    Attributes
    ----------
    name : str
    rng : numpy.random.Generator
        All chance of this gang; drawn in order of time.
    strength : float
        0 (every attempt naive) to 1 (every attempt careful).
    organiser : int
        The account that proceeds go to in the end, as long as they are in the bank.
    first, end : int
        The gang's first microsecond and the end of the calendar.
    repertoire : frozenset of str
        The typologies that this gang uses.
    begun : Counter of str
        Attempts begun so far, by typology.
    """

    def __init__(
        self, bank: Bank, town: Town, people: People, truth: Truth, index: int, strength: float, again: int = 0
    ) -> None:
        self.bank, self.town, self.truth = bank, town, truth
        self.name = f"G{index + 1:03d}"
        self.strength = strength
        # A gang that comes in place of one that was turned away is another gang.
        self.rng = bank.stream("gang", str(index), *([str(again)] if again else []))
        self.first, self.end = 0, bank.calendar.days * DAY
        self.repertoire: frozenset[str] = frozenset()
        self._people = people
        self._held: dict[Place, int] = defaultdict(int)
        self._agenda: list[tuple[int, int, Callable[[int], object]]] = []
        self._turn = 0
        self._tries = 0
        self.begun: Counter[str] = Counter()
        self._first_row = len(truth.rows)
        self._phase = float(self.rng.random())
        self._ends: dict[int, Place] = {}
        self.organiser = self.fresh("organiser", 0)

    # The agenda.

    def at(self, time: int, act: Callable[[int], object]) -> None:
        """Call ``act(time)`` at `time` (microseconds); what lies behind the last day is never called."""
        if time < self.end:
            self._turn += 1
            heapq.heappush(self._agenda, (max(int(time), 0) // 1000 * 1000, self._turn, act))

    def run(self) -> None:
        """Do everything on the agenda in order of time."""
        while self._agenda:
            time, _, act = heapq.heappop(self._agenda)
            act(time)

    def hour(self, day: int, low: float = 9.0, high: float = 21.0) -> int:
        """Return a time on `day` between two hours."""
        return int(day) * DAY + int(self.rng.uniform(low, high) * HOUR)

    def moment(self, day: int) -> int:
        """Return a time on `day` as private people pay: about half past four in the afternoon, give or take four."""
        hour = float(around(self.rng, 16.5, 4.0, 1)[0])
        return int(day) * DAY + int(hour * HOUR)

    def awake(self, time: int) -> int:
        """Return `time`, or when that is at night, a time on the morning after."""
        day, hour = time // DAY, time % DAY / HOUR
        return time if 7.0 <= hour <= 23.4 else self.hour(day + (hour > 12), 7.0, 11.5)

    def in_hours(self, now: int, low: float, high: float) -> int:
        """Return a time `low` to `high` hours after `now`; what falls in the night waits for the morning."""
        return self.awake(now + int(self.rng.uniform(low, high) * HOUR))

    def in_days(self, now: int, days: float) -> int:
        """Return a time that private people pay at, on the day `days` after `now`, or later to be after `now`."""
        time = self.moment((now + int(days * DAY)) // DAY)
        return time if time > now else self.moment(now // DAY + 1)

    def at_counter(self, now: int, day: int) -> int:
        """Return a time when cash is taken, from `day` on and after `now`; like everybody seldom on a Sunday."""
        open_day = max(day, now // DAY)
        sunday = int(self.bank.calendar.weekday(np.array([open_day]))[0]) == 6
        open_day += int(sunday and self.rng.random() < 0.65)
        time = int(open_day) * DAY + int(np.clip(self.rng.normal(12.9, 2.2), 9.1, 17.9) * HOUR)
        return time if time > now else self.at_counter(now, open_day + 1)

    # Attempts.

    def next_is_careful(self) -> bool:
        """Return whether the next attempt is a careful one; over many, their share is :attr:`strength`."""
        self._tries += 1
        before, now = (np.floor((self._tries - step) * self.strength + self._phase) for step in (1, 0))
        return bool(now > before) or self.strength >= 1

    def attempt(self, typology: str, account: int, careful: bool) -> Attempt:
        """Record the start of an attempt on `account`."""
        code = f"{self.name}-{len(self.truth.attempts) + 1:05d}"
        self.truth.attempts[code] = (self.name, typology, account, "careful" if careful else "naive")
        self.begun[typology] += 1
        return Attempt(code, typology, account, careful)

    def give_up(self, attempt: Attempt) -> None:
        """Mark a naive attempt as ``incomplete``: weather or the end of the days kept it below its definition."""
        gang, typology, account, strength = self.truth.attempts[attempt.code]
        if strength == "naive":
            self.truth.attempts[attempt.code] = (gang, typology, account, "incomplete")

    def judge(self, time: int, attempt: Attempt, holds: Callable[[], bool]) -> None:
        """Look at `time`, or at the end of the days, whether an attempt came about; if not, give it up."""
        self.at(min(time, self.end - SECOND), lambda _: None if holds() else self.give_up(attempt))

    def rows(self) -> list[tuple[int, ...]]:
        """Return the rows that this gang booked so far: time, debtor, creditor, amount and the rest."""
        return self.truth.rows[self._first_row :]

    # People and accounts.

    def fresh(self, role: str, before: int, device: int = -1, **columns: int) -> int:
        """Open an account here for the gang some days before day `before`; one in three is an old, dormant one.

        `device` shares another account's device; `columns` are of :class:`Register` (address, phone, kind, trade…).
        """
        rng = self.rng
        joined = before - int(rng.integers(3, 40))
        dormant = bool(rng.random() < 0.33)
        own = self.bank.register.size
        given = {
            "region": int(rng.choice(len(REGIONS), p=REGION_SHARE)),
            "opened": self.bank.register.first_day + (-int(rng.integers(300, 2000)) if dormant else joined),
            "joined": -1 if dormant or joined < 0 else joined,
            "trade": int(rng.choice(JOBS)),
            "turnover": int(rng.integers(6, 26)) * 100_000,
            "buffer": int(rng.integers(500, 6000)),
            "address": own,
            "phone": own,
            "email": own,
            "device": own if device < 0 else device,
            **columns,
        }
        account = int(self.bank.register.open(1, **given)[0])
        return self._join(account, role)

    def business(self, role: str, before: int, trade: str, **columns: int) -> int:
        """Open a business account here that has stood for some months or years before day `before`."""
        age = int(self.rng.integers(120, 1500))
        return self.fresh(
            role,
            before,
            **{
                "kind": BUSINESS,
                "trade": TRADES.index(trade),
                "opened": self.bank.register.first_day - age,
                "joined": -1,
                "turnover": -1,
                "buffer": int(self.rng.lognormal(12.2, 0.8)),
                **columns,
            },
        )

    def ordinary(self, role: str) -> int:
        """Take a customer of the bank with a full everyday life, one whom no gang has taken yet."""
        people, taken = self._people, self.truth.taken
        joined = self.bank.register.column("joined")
        for _ in range(200):
            one = int(self.rng.integers(0, people.size))
            account = int(people.account[one])
            busy = people.quiet[one] or people.sweepers[one] or joined[account] >= 0
            if not busy and account not in taken:
                taken.add(account)
                return self._join(account, role)
        return self.outsider(role)

    def account(self, role: str, now: int, careful: bool, **columns: int) -> int:
        """Take an account of this bank to act with: an ordinary customer's when `careful`, else a fresh one."""
        ordinary = self.ordinary(role) if careful else -1
        return ordinary if self.is_ours(ordinary) else self.fresh(role, now // DAY, **columns)

    def is_ours(self, account: int) -> bool:
        """Return whether an account is at this bank."""
        return account >= 0 and int(self.bank.register.institution(np.array([account]))[0]) == OURS

    def outsider(self, role: str, *countries: str, abroad: bool = False) -> int:
        """Take somebody at another bank: British, anywhere `abroad`, or in one of some countries."""
        register, rng = self.bank.register, self.rng
        if countries:
            account = int(register.abroad(rng, 1, country=COUNTRIES.index(str(rng.choice(countries))))[0])
        else:
            account = int((register.abroad if abroad else register.anyone)(rng, 1)[0])
        return self._join(account, role)

    def known(self, account: int, role: str) -> int:
        """Give an account that exists (an exchange, a shop) its role in this gang, and return it."""
        return self._join(int(account), role)

    def _join(self, account: int, role: str) -> int:
        self.truth.member(self.name, account, role)
        place = PLACE_OF_ROLE[self.truth.parties[self.name, account][0]]
        self._ends[account] = account if place == "account" else place
        return account

    # Money.

    def held(self, place: Place) -> int:
        """Return the gang's pence in a place: an account's code, or a name."""
        return self._held[place]

    def pay(
        self,
        attempt: Attempt | None,
        role: str,
        time: int,
        debtor: int,
        creditor: int,
        amount: int,
        *,
        source: Place | None = None,
        target: Place | None = None,
        words: int | None = None,
        channel: int = TRANSFER,
        category: int = -1,
        location: int = -1,
    ) -> int:
        """Pay between two accounts, seen by the bank, and return the pence that moved.

        From a place of the gang never more than it holds. `source` and `target` name the places, where they are not
        the accounts' own: by default an account of the gang is its own place, and everybody else is where their role
        puts them (:data:`~moneytrail.simulate.truth.PLACE_OF_ROLE`). A payee abroad is paid by wire in its own
        currency. `words` is a code of the reference list; by default people's free text.
        """
        left = self._ends[debtor] if source is None else source
        reached = self._ends[creditor] if target is None else target
        amount = self._available(left, int(amount))
        abroad = self._is_abroad(debtor) or self._is_abroad(creditor)
        code = int(free_text(self.rng, 1)[0]) if words is None else words
        row = (time, debtor, creditor, amount, WIRE if abroad else channel, code, category, location)
        return self._enter(attempt, role, row, left, reached)

    def buy(
        self, attempt: Attempt | None, role: str, time: int, account: int, shop: int, amount: int, category: int,
        location: int = -1, target: Place = "cost:kit",
    ) -> int:  # fmt: skip
        """Pay a shop by card from an account of the gang; `location` -1 is online. Return the pence that moved."""
        left = self._ends[account]
        amount = self._available(left, int(amount))
        row = (time, account, shop, amount, CARD, -1, category, location)
        return self._enter(attempt, role, row, left, target)

    def bank_cash(
        self, attempt: Attempt, time: int, account: int, amount: int, region: int, source: Place = CASH_BOX
    ) -> int:
        """Pay cash into `account` at a branch in `region`, and return the pence that moved."""
        amount = self._available(source, int(amount))
        row = (time, NOBODY, account, amount, CASH, -1, -1, region)
        return self._enter(attempt, "deposit", row, source, self._ends[account])

    def draw_cash(
        self, attempt: Attempt | None, time: int, account: int, amount: int, region: int | None = None,
        target: Place = CASH_BOX,
    ) -> int:  # fmt: skip
        """Take cash out of `account`, and return the pence that moved."""
        amount = self._available(self._ends[account], int(amount))
        place = int(self.rng.choice(len(REGIONS), p=REGION_SHARE)) if region is None else region
        row = (time, account, NOBODY, amount, CASH, -1, -1, place)
        return self._enter(attempt, "cash_out", row, self._ends[account], target)

    def innocent(
        self, time: int, debtor: int, creditor: int, amount: int, *,
        words: int = -1, channel: int = TRANSFER, category: int = -1, location: int = -1,
    ) -> None:  # fmt: skip
        """Book a transfer that is not illicit: an unwitting person's wage, a front's honest sale. No proceeds move."""
        if amount > 0 and 0 <= time < self.end:
            abroad = self._is_abroad(debtor) or self._is_abroad(creditor)
            row = (time, debtor, creditor, int(amount), WIRE if abroad else channel, words, category, location)
            self.truth.innocent(row)

    def move(self, kind: str, time: int, source: Place, target: Place, amount: int) -> int:
        """Move money that no bank sees, from a place of the gang never more than it holds; return what moved."""
        amount = self._available(source, int(amount))
        if amount > 0:
            self._book(time, source, target, amount, kind, -1)
        return amount

    def _is_abroad(self, account: int) -> bool:
        register = self.bank.register
        return 0 <= account < register.size and int(register.column("country")[account]) > 0

    def _available(self, place: Place, amount: int) -> int:
        return amount if place in {PASSENGERS, CLIENTS} else min(amount, self._held[place])

    def _enter(self, attempt: Attempt | None, role: str, row: tuple[int, ...], source: Place, target: Place) -> int:
        amount = row[3]
        if amount <= 0 or not 0 <= row[0] < self.end:
            return 0
        typology, code = (attempt.typology, attempt.code) if attempt else (None, None)
        for account in row[1:3]:
            if account >= 0 and row[4] != CARD:
                self.truth.member(self.name, account, "unwitting")
        act = self.truth.act(self.name, typology, code, role, row)
        self._book(row[0], source, target, amount, role, act)
        return amount

    def _book(self, time: int, source: Place, target: Place, amount: int, kind: str, act: int) -> None:
        self._held[source] -= amount
        self._held[target] += amount
        self.truth.ledger.append(Entry(self.name, time, source, target, amount, kind, act))
