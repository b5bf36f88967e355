"""The business of a gang: boats filled and lost, fees agreed and released, kit and crews paid, profit taken.

Much of it never touches the bank: most fees lie with brokers abroad in cash and are released by a telephone call
(National Crime Agency, East London money launderer, January 2024; Reuters, 2021, second-hand). The ledger knows it
all; the bank sees what passes through its accounts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import COMMISSION, DEPOSIT, ESCROWED, LEGS, PREPAID, Collection, Fee
from moneytrail.simulate.gangs.collecting import COLLECTIONS
from moneytrail.simulate.gangs.crossings import Crossings, delay_after_arrival, party_fee, people_aboard, seat_price
from moneytrail.simulate.gangs.gang import CASH_BOX, ESCROW, HAWALA, PASSENGERS, Gang, Place
from moneytrail.simulate.gangs.integrating import EXIT
from moneytrail.simulate.gangs.operating import OPERATION
from moneytrail.simulate.gangs.placing import PLACEMENT

MODES: Final = (ESCROWED, LEGS, DEPOSIT, PREPAID)
MODE_SHARE: Final = (0.55, 0.80, 0.95)
"""Edges of the mix of modes: 55 % escrow, 25 % by legs, 15 % deposit and balance, 5 % prepaid. Design; no source gives
shares."""

FREE_SHARE: Final = 0.07
"""Parties that pay nothing or work it off: helpers, pilots (5 to 10 %; Global Initiative, 2025, second-hand)."""

SEEN_SHARE: Final = 0.32
"""Parties for whom somebody in Britain pays, so that a bank may see it. Design: the most go through brokers abroad."""

BY_HAND: Final = 0.3
"""Share of those that pay notes by hand: cash is still preferred (Europol, European Migrant Smuggling Centre, 2024,
second-hand). Design."""

OURS_SHARE: Final = 0.22
"""Share of payers who are customers of this bank, as of everybody. Design."""

SUCCESS: Final = 0.55
"""Chance of a boat to arrive: about one half (BBC, 2024; Eurojust, 2022; both second-hand)."""

BOATS_A_YEAR: Final = 14
"""Launches of one gang in a year, on average. Design: one network sent 12 (Global Initiative, 2024, second-hand)."""

KIT: Final = (4_000, 8_500, 13_000)
"""Least, likeliest and most paid for boat, engine and the rest, in pounds: about 4,000 from one supplier (National
Crime Agency, Savas case, 2026, second-hand), about 10,000 euros delivered (Global Initiative, 2024, second-hand),
15,000 euros near Calais (BBC, 2024, second-hand)."""

SPELL: Final = 12
"""Days within which a gang sends the boats of one spell; up to eight left in one night (Europol, 2024, second-hand).
Design."""

STAY: Final = 25
"""Days for which a gang keeps to one way of collecting before it thinks again. Design."""

RETRY: Final = 0.6
"""Share of parties that wait for the next boat after a failure; the others want their money back. Design."""

PASSED_ON: Final = (0.12, 0.30)
"""Share of a boat's fees that goes to recruiters, guides and other helpers off the bank's books. Design; an older study
of longer trips found a half (Koser, Why Migrant Smuggling Pays, International Migration 46(2), 2008, second-hand)."""

LIFE: Final = {"S01": (21, 35), "S02": (90, 150), "S03": (200, 300), "S04": (90, 150), "S06": (21, 30),
               "S08": (100, 200), "S14": (120, 200), "S16": (45, 90)}  # fmt: skip
"""Days that a way to collect lives before the gang changes accounts. Design."""

FITS: Final = {"S02": (LEGS,), "S03": (ESCROWED,), "S04": (ESCROWED,), "S16": (DEPOSIT, PREPAID)}
"""Modes that a way to collect is for; the others take all."""

WEEK: Final = 7 * DAY


@dataclass(slots=True)
class Party:
    """People who travel together: how many, what they owe, how, and through which collection, if a bank sees it."""

    heads: int
    fee: Fee
    collection: Collection | None = None
    hand: bool = False
    tries: int = 0


@dataclass(slots=True)
class Business:
    """One gang's business over all days."""

    gang: Gang
    crossings: Crossings
    waiting: list[Party] = field(default_factory=list)
    open: dict[str, tuple[int, Collection]] = field(default_factory=dict)
    ways: dict[str, tuple[int, str]] = field(default_factory=dict)
    owed: list[tuple[str, Place, int]] = field(default_factory=list)

    def plan(self) -> None:
        """Put all boats and weekly reviews on the agenda; :meth:`Gang.run` then lives them."""
        gang, days = self.gang, self.gang.bank.calendar.days
        launches = self._launches(days)
        for number, day in enumerate(launches):
            leaves = gang.hour(day, 0.5, 5.5)
            last = number == len(launches) - 1
            lead = int(gang.rng.integers(9, 16))
            gang.at(gang.hour(day - lead, 9, 20), partial(self._recruit, leaves=leaves, last=last))
        for day in range(5, days, 7):
            gang.at(gang.hour(day, 10, 18), self._review)

    def _launches(self, days: int) -> list[int]:
        """Choose days on which the country's boats went, more of them where more went; not in the first two weeks.

        Boats go in spells: a gang with passengers waiting sends one to four within :data:`SPELL` days.
        """
        rng = self.gang.rng
        wanted = max(1, int(rng.poisson(BOATS_A_YEAR * days / 365)))
        weight = self.crossings.boats.astype(np.float64)
        weight[: min(16, days // 2)] = 0
        weight[max(days - 3, days // 2 + 1) :] = 0
        if not weight.any():
            weight[days // 2] = 1
        chosen: set[int] = set()
        wanted = min(wanted, int((weight > 0).sum()))
        while len(chosen) < wanted:
            first = int(rng.choice(days, p=weight / weight.sum()))
            spell = [day for day in range(first, min(first + SPELL, days)) if weight[day] > 0]
            boats = min(int(rng.integers(1, 5)), wanted - len(chosen), len(spell))
            chosen.update(int(day) for day in rng.choice(spell, boats, replace=False))
        return sorted(chosen)

    def _recruit(self, now: int, leaves: int, last: bool) -> None:
        """Fill a boat: those who wait first, then new parties, who agree on their fees."""
        gang = self.gang
        seats = int(people_aboard(gang.rng, 1)[0])
        price = seat_price(gang.rng) * float(self.crossings.level[leaves // WEEK])
        aboard: list[Party] = []
        while self.waiting and self.waiting[0].heads <= seats:
            party = self.waiting.pop(0)
            party.fee.crossing = leaves
            aboard.append(party)
            seats -= party.heads
        while seats > 0:
            party = self._party(now, leaves, price, seats)
            aboard.append(party)
            seats -= party.heads
        for typology, act in OPERATION.items():
            if typology in gang.repertoire:
                act(gang, now, leaves)
        gang.at(leaves, lambda then: self._launch(then, aboard, last))

    def _party(self, now: int, leaves: int, price: float, room: int) -> Party:
        rng, gang = self.gang.rng, self.gang
        heads, amount = party_fee(rng, price, room)
        mode = MODES[int(np.searchsorted(MODE_SHARE, rng.random()))]
        free, seen, hand = rng.random(3) < (FREE_SHARE, SEEN_SHARE, BY_HAND)
        indebted = bool(free) and "S14" in gang.repertoire and rng.random() < 0.6
        if free and not indebted:
            return Party(heads, Fee(-1, 0, mode, leaves))
        if indebted or (seen and not hand):
            collection = self._collection("S14" if indebted else self._way(mode, now), now)
            if collection:
                fee = Fee(-1 if indebted else self._payer(), amount, mode, leaves)
                gang.at(gang.in_days(now, float(rng.uniform(0.05, 6))), partial(collection.agree, fee=fee))
                return Party(heads, fee, collection)
        party = Party(heads, Fee(-1, amount, mode, leaves), hand=bool(seen))
        self._pay_before(now, party)
        return party

    def _payer(self) -> int:
        gang = self.gang
        return gang.ordinary("payer") if gang.rng.random() < OURS_SHARE else gang.outsider("payer")

    def _way(self, mode: str, now: int) -> str:
        """Return the way by which fees of one mode are collected now: the same for some weeks."""
        until, way = self.ways.get(mode, (-1, ""))
        if now > until:
            ways = [w for w in COLLECTIONS if w != "S14" and w in self.gang.repertoire and mode in FITS.get(w, MODES)]
            way = str(self.gang.rng.choice(ways)) if ways else ""
            self.ways[mode] = (now + STAY * DAY, way)
        return way

    def _collection(self, typology: str, now: int) -> Collection | None:
        if typology not in COLLECTIONS:
            return None
        until, collection = self.open.get(typology, (-1, None))
        if collection is None or until < now + 5 * DAY:
            until = now + int(self.gang.rng.integers(*LIFE[typology])) * DAY
            collection = COLLECTIONS[typology](self.gang, now, until)
            self.open[typology] = (until, collection)
        return collection

    def _pay_before(self, now: int, party: Party) -> None:
        """Pay what no bank sees before the crossing: to a broker abroad, or notes by hand in Britain."""
        rng, fee = self.gang.rng, party.fee
        if party.hand and fee.mode == ESCROWED:
            return  # the family keep the notes until the call comes
        share = {LEGS: rng.uniform(0.4, 0.8), DEPOSIT: rng.uniform(0.2, 0.4)}.get(fee.mode, 1.0)
        fee.paid = int(fee.amount * share) // 1000 * 1000
        held = HAWALA if fee.mode == PREPAID else ESCROW
        self._hand_over(now + int(rng.uniform(0.1, 4) * DAY), CASH_BOX if party.hand else held, fee.paid)

    def _hand_over(self, time: int, place: Place, amount: int) -> None:
        self.gang.at(time, lambda now: self.gang.move("fee", now, PASSENGERS, place, amount))

    def _launch(self, now: int, aboard: list[Party], last: bool) -> None:
        gang = self.gang
        arrived = bool(gang.rng.random() < SUCCESS)
        heads = sum(party.heads for party in aboard)
        due = sum(party.fee.amount for party in aboard)
        gang.truth.boats.append((gang.name, now, heads, len(aboard), int(arrived), due if arrived else 0))
        self._costs(due)
        for party in aboard:
            party.tries += 1
            if arrived:
                self._arrive(now, party)
            elif not last and (party.fee.mode == PREPAID or (party.tries < 3 and gang.rng.random() < RETRY)):
                self.waiting.append(party)
            else:
                self._fail(gang.in_days(now, float(gang.rng.uniform(1, 12))), party)
        if last:
            left, self.waiting = self.waiting, []
            for party in left:
                self._fail(gang.in_days(now, float(gang.rng.uniform(2, 20))), party)

    def _arrive(self, now: int, party: Party) -> None:
        gang, fee = self.gang, party.fee
        if party.collection:
            gang.at(now + 6 * HOUR, partial(party.collection.arrived, fee=fee))
            return
        held = 0 if party.hand or fee.mode == PREPAID else fee.paid
        later = now + int(delay_after_arrival(gang.rng) * DAY)
        self._hand_over(later, CASH_BOX if party.hand else HAWALA, fee.amount - fee.paid)
        gang.at(later, lambda then: self._release(then, held))

    def _release(self, now: int, amount: int) -> None:
        """Release a fee from escrow: the broker keeps a commission, the rest is the gang's."""
        gang = self.gang
        cut = int(amount * gang.rng.uniform(*COMMISSION))
        gang.move("release", now, ESCROW, HAWALA, amount - cut)
        gang.move("commission", now, ESCROW, "cost:broker", cut)

    def _fail(self, now: int, party: Party) -> None:
        fee = party.fee
        if party.collection:
            self.gang.at(now, partial(party.collection.failed, fee=fee))
        elif fee.mode != PREPAID:
            place = CASH_BOX if party.hand else ESCROW
            self.gang.at(now, lambda then: self.gang.move("refund", then, place, PASSENGERS, fee.paid))

    def _costs(self, due: int) -> None:
        """Note what a launch costs; it is paid from what is there at the next reviews."""
        rng = self.gang.rng
        if not {"S10", "S11"} & self.gang.repertoire or rng.random() < 0.4:
            self.owed.append(("kit", "cost:kit", int(rng.triangular(*KIT)) * 100))
        self.owed.append(("helpers", "cost:helpers", int(due * rng.uniform(*PASSED_ON))))
        self.owed.append(("crew", "cost:crew", int(rng.uniform(800, 3_500)) * 100))

    def _review(self, now: int) -> None:
        """Once a week: pay what is owed, bring cash into the bank, launder what is on the account, take profit."""
        gang, rng = self.gang, self.gang.rng
        self._settle(now)
        cash = gang.held(CASH_BOX)
        if cash > 250_000:
            self._place(now, cash)
        balance = gang.held(gang.organiser)
        if balance > 500_000 and rng.random() < 0.75:
            ways = [way for way in EXIT if way in gang.repertoire]
            if ways and rng.random() < 0.85:
                EXIT[str(rng.choice(ways))](gang, now, gang.organiser, int(balance * rng.uniform(0.45, 0.9)))
            else:
                broker = gang.outsider("broker", abroad=bool(rng.random() < 0.4))
                share = int(balance * rng.uniform(0.2, 0.5)) // 10_000 * 10_000
                gang.pay(None, "broker_share", now, gang.organiser, broker, share)
        spare = gang.held(HAWALA)
        if spare > 4_000_000 and rng.random() < 0.4:
            end = str(rng.choice(("spent:assets", "spent:family", "spent:living")))
            gang.move("spending", now, HAWALA, end, int(spare * rng.uniform(0.3, 0.6)))

    def _place(self, now: int, cash: int) -> None:
        gang, rng = self.gang, self.gang.rng
        ways = [way for way in PLACEMENT if way in gang.repertoire]
        if ways and rng.random() < 0.85:
            PLACEMENT[str(rng.choice(ways))](gang, now, gang.organiser, int(cash * rng.uniform(0.6, 1.0)))
        else:
            gang.move("courier", now, CASH_BOX, HAWALA, int(cash * rng.uniform(0.5, 0.9)))

    def _settle(self, now: int) -> None:
        left: list[tuple[str, Place, int]] = []
        for kind, place, amount in self.owed:
            paid = self.gang.move(kind, now, HAWALA, place, amount)
            paid += self.gang.move(kind, now, CASH_BOX, place, amount - paid)
            if paid < amount:
                left.append((kind, place, amount - paid))
        self.owed = left


DECKS: Final = (
    (("S01", "S01", "S02", "S03", "S04", "S06", "S08", "S16"), 2),
    (("L03", "L03", "L05", "L06", "L07", "L09", "L14", "S17"), 2),
    (("L01", "L01", "S07", "L10", "L02", "L16"), 1),
    (("L04", "L04", "L08", "L11", "L12", "L13", "L15"), 2),
    (("S10", "S11", "S12", "S13", "S15"), 1),
    (("S05", "S18", "S14"), 1),
)
"""Typologies of one kind and how many of them a gang uses; what stands twice is dealt twice as often. Design."""


TEXTBOOK: Final = frozenset({"S01", "S05", "L01", "L03", "L04", "S13"})
"""What the first gang of every bank does: the best known, so that the smallest bank shows them. Design."""


class Repertoires:
    """Deals typologies to gangs from shuffled decks, so that no kind is left out by chance."""

    def __init__(self, rng: np.random.Generator, wanted: frozenset[str] | None = None) -> None:
        self._rng = rng
        self._wanted = wanted
        self._left: list[list[str]] = [[] for _ in DECKS]
        self._first = True

    def deal(self) -> frozenset[str]:
        """Return one gang's repertoire."""
        hand: set[str] = set()
        for number, (deck, count) in enumerate(DECKS):
            for _ in range(count):
                if not self._left[number]:
                    self._left[number] = [str(card) for card in self._rng.permutation(deck)]
                hand.add(self._left[number].pop())
        if self._wanted is not None:
            hand = set(self._wanted)
        elif self._first:
            hand, self._first = set(TEXTBOOK), False
        elif "S08" in hand:
            hand.add("S09")
        # Only brokers settle with one another.
        return frozenset(hand | {"S08"} if "S09" in hand else hand)


TYPOLOGIES: Final = frozenset(card for deck, _ in DECKS for card in deck) | {"S09"}
"""What gangs can be told to use."""
