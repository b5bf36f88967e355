"""What crossings need besides boats: vans and beds (S12), helpers (S13), travel (S15); and the registry of all that.

Each act of `OPERATION` prepares or settles crossings. It is paid from accounts that the organiser funds, or from the
cash box by way of a branch, and does nothing where the gang cannot afford it. Shops, categories and words are those of
honest people who haul, travel and pay for odd jobs. Every number without a source is design.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import Operation
from moneytrail.simulate.gangs.errands import (
    COAST,
    MINUTE,
    POUND,
    affords,
    empty,
    fund,
    judge,
    later,
    person_abroad,
    rests,
    rounded,
    shelf_price,
    shop_of,
    shopping_time,
)
from moneytrail.simulate.gangs.gang import Attempt, Gang
from moneytrail.simulate.gangs.procuring import procure, supply
from moneytrail.simulate.town import ONLINE
from moneytrail.simulate.words import merchant, references

# S12: coastal logistics.


SPELLS: Final = (2, 4)
"""A convoy works before two or three spells of red days."""
CONVOY_DAYS: Final = 28

_Stop = tuple[str, str, float, float, float]
TRIP: Final[dict[str, _Stop]] = {
    "hire": ("7512", "7513", 95, 320, 0.5),
    "storage": ("4225", "4225", 60, 150, 0.4),
    "fuel": ("5541", "5542", 36, 92, 0.0),
    "lodging": ("7011", "7033", 55, 190, 1.0),
    "sim": ("4814", "4814", 10, 25, 0.4),
    "toll": ("4784", "4784", 3, 8, 0.3),
}
"""Two kinds of shop, a price range in pounds, and the share that is paid online or abroad.

Drivers carried up to eight boats with a car ahead, and stayed in Belgian holiday lets (Europol, OTF Wave, 2024, press).
"""


class Convoy:
    """S12: two linked drivers hire, store, fuel, sleep and buy telephone cards in the three days before red days.

    A careful driver is an ordinary person, whose card pays for two of these things and cash for the others.
    """

    def __init__(self, gang: Gang, now: int, crossing: int) -> None:
        rng = gang.rng
        self._gang, self._careful = gang, gang.next_is_careful()
        driver = gang.ordinary("buyer") if self._careful else gang.fresh("buyer", now // DAY)
        self._attempt = gang.attempt("S12", driver, self._careful)
        self._second = driver
        if not self._careful:
            shared = {"device": driver} if rng.random() < 0.6 else {"address": driver}
            self._second = gang.fresh("buyer", now // DAY, **shared)
        self._bursts: dict[int, dict[str, int]] = {}
        spells = red_spells(gang, now // DAY + 1, crossing // DAY)[: int(rng.integers(*SPELLS))]
        for spell in spells:
            gang.at(max(now, (spell - 3) * DAY + int(rng.uniform(7, 10) * HOUR)), self._leave_for(spell))
        judge(gang, ((spells or [now // DAY])[-1] + 2) * DAY, self._attempt, self._holds)

    def _holds(self) -> bool:
        return sum(_kinds(burst) >= 3 for burst in self._bursts.values()) >= 2

    def _leave_for(self, spell: int) -> Callable[[int], None]:
        return lambda now: self._leave(now, spell)

    def _leave(self, now: int, spell: int) -> None:
        """Fund the driver and plan the stops of one trip up to the first red day."""
        gang, rng = self._gang, self._gang.rng
        kinds = ["hire", "fuel", "fuel", "fuel", "lodging", "sim", "sim", "sim", "sim", "storage"]
        if self._careful:
            kinds = [str(one) for one in rng.choice(("hire", "lodging", "storage"), 1)] + ["fuel"] * 2
        else:
            left_out = rng.choice(("lodging", "sim", "storage", "none"))
            kinds = [kind for kind in kinds if kind != left_out] + ["fuel"] * int(rng.integers(0, 2))
        stops = [(kind, shelf_price(gang, *TRIP[kind][2:4])) for kind in kinds]
        gang.pay(self._attempt, "funding", now, gang.organiser, self._attempt.account, self._budget(stops))
        self._bursts[spell] = {}
        for kind, pence in stops:
            day = int(rng.integers(now // DAY, spell + 1))
            code = TRIP[kind][int(rng.integers(0, 2))]
            gang.at(shopping_time(gang, now, day, str(code)), self._stop(spell, kind, str(code), pence))

    def _budget(self, stops: list[tuple[str, int]]) -> int:
        return (sum(pence for _, pence in stops) * 13 // 10 + 20_000) // 2000 * 2000

    def _stop(self, spell: int, kind: str, code: str, pence: int) -> Callable[[int], None]:
        gang, rng, attempt = self._gang, self._gang.rng, self._attempt
        away = rng.random() < TRIP[kind][4]

        def act(now: int) -> None:
            if gang.held(attempt.account) < pence:
                return
            shop, where = shop_of(gang, code, ONLINE if away else COAST), -1 if away else COAST
            gang.buy(attempt, kind, now, attempt.account, shop, pence, merchant(code), where, target="cost:travel")
            self._bursts[spell][kind] = self._bursts[spell].get(kind, 0) + 1
            if kind == "fuel" and self._second != attempt.account and rng.random() < 0.6:
                self._follow(now, pence)

        return act

    def _follow(self, now: int, pence: int) -> None:
        """The second card fuels or pays a toll within the hour."""
        gang, attempt = self._gang, self._attempt
        kind = "fuel" if gang.rng.random() < 0.7 else "toll"
        code = TRIP[kind][0]
        price = shelf_price(gang, *TRIP[kind][2:4])

        def act(at: int) -> None:
            shop = shop_of(gang, code, COAST)
            gang.buy(attempt, kind, at, self._second, shop, price, merchant(code), COAST, target="cost:travel")

        if gang.held(self._second) < price:
            gang.pay(attempt, "funding", now, attempt.account, self._second, 8000 if pence % 2 else 10_000)
        gang.at(now + int(gang.rng.uniform(6, 50)) * MINUTE, act)


def _kinds(burst: dict[str, int]) -> int:
    """Count the kinds of a trip that the definition names: fuel from three fills on, telephone cards from four."""
    least = {"fuel": 3, "sim": 4, "toll": 1_000}
    return sum(times >= least.get(kind, 1) for kind, times in burst.items())


def red_spells(gang: Gang, day: int, crossing: int) -> list[int]:
    """Return red days to be ready for: the planned crossing, then first days of later spells, a week and more apart."""
    red = gang.bank.weather.red
    found: list[int] = [crossing] if day <= crossing < red.size and red[crossing] else []
    for one in range(max(day, 1), red.size):
        if red[one] and not red[one - 1] and one >= (found[-1] + 8 if found else day + 1):
            found.append(one)
    return found


def convoy(gang: Gang, now: int, crossing: int, boats: int) -> None:
    """S12: send a convoy to the coast before the next two or three spells of red days, once in four weeks."""
    del boats
    if gang.held(gang.organiser) >= 250_000 and not rests(gang, "S12", CONVOY_DAYS, now):
        Convoy(gang, now, crossing)


# S13: crew and recruiters.


HEAD_PAY: Final = (100, 120, 150, 180, 200, 250, 300, 350)
"""Pounds a helper gets for each passenger or turn. Design: helpers are mostly paid in kind, by a free passage
(Global Initiative, How to make and lose a fortune smuggling migrants on the French coast, 2025)."""


def pay_crew(gang: Gang, now: int, crossing: int, boats: int) -> None:
    """S13: in the two days after a crossing begin to pay helpers, by the organiser's account or a paymaster's."""
    day = max(crossing // DAY + int(gang.rng.integers(0, 3)), now // DAY)
    gang.at(later(gang, now, day), lambda at: _pay_crew(gang, at, boats))


def _pay_crew(gang: Gang, now: int, boats: int) -> None:
    """Pay each helper one to three times one unit, within three days.

    Careful payers are ordinary people who pay three or four helpers, unlike sums, over two weeks.
    """
    rng = gang.rng
    careful = gang.next_is_careful()
    heads = int(rng.integers(3, 5)) if careful else min(int(rng.integers(6, 11)) + boats, 14)
    unit = int(rng.choice(HEAD_PAY))
    sums = [_helper_pay(gang, unit, careful) for _ in range(heads)]
    if not affords(gang, sum(sums) * 11 // 10):
        return
    paymaster = gang.organiser
    if careful:
        paymaster = gang.ordinary("paymaster")
    elif rng.random() < 0.6 or gang.held(paymaster) < sum(sums):
        paymaster = gang.fresh("paymaster", now // DAY)
    attempt = gang.attempt("S13", paymaster, careful)
    ready = now if paymaster == gang.organiser else fund(gang, attempt, now, sum(sums) * 21 // 20)
    paid: list[int] = []
    for pence in sums:
        day = ready // DAY + int(rng.integers(0, 15 if careful else 3))
        gang.at(later(gang, ready, day), partial(_pay_helper, gang, attempt, paid, pence))
    judge(gang, ready + 5 * DAY, attempt, lambda: len(paid) >= 6)


def _helper_pay(gang: Gang, unit: int, careful: bool) -> int:
    if careful:
        return rounded(gang, gang.rng.uniform(60, 900) * POUND)
    return min(unit * int(gang.rng.choice((1, 2, 3), p=(0.6, 0.27, 0.13))), 1000) * POUND


def _pay_helper(gang: Gang, attempt: Attempt, paid: list[int], pence: int, now: int) -> None:
    if gang.held(attempt.account) < pence:
        return
    words = int(references(gang.rng, "gig", 1)[0]) if gang.rng.random() < 0.1 else None
    paid.append(gang.pay(attempt, "wage", now, attempt.account, gang.outsider("crew"), pence, words=words))


# S15: travel for many.


CORRIDOR: Final = ("TR", "RO", "BG", "HU", "IT", "DE", "FR", "BE", "IQ")
"""Where agents and carriers are paid who stand abroad: routes of published cases (National Crime Agency on the car wash
case, 2024; BBC, 2024, second-hand). A place on a journey, never a mark of a person."""


class Traveller:
    """S15: one payer buys one-way tickets and rooms for many who have no tie to it, in three weeks.

    Agents and carriers are paid by transfer with a traveller's initials or the booking's words, airlines and hotels by
    card. Careful payers are ordinary people who buy two or three tickets in six weeks.
    """

    def __init__(self, gang: Gang, now: int) -> None:
        rng = gang.rng
        careful = gang.next_is_careful()
        payer = gang.ordinary("buyer") if careful else gang.fresh("buyer", now // DAY)
        self._gang, self._attempt = gang, gang.attempt("S15", payer, careful)
        self._agents = [gang.outsider("carrier"), person_abroad(gang, "carrier", *CORRIDOR)]
        self._named: set[int] = set()
        self._bought = 0
        named = 2 if careful else int(rng.integers(5, 9))
        plain = 1 if careful else int(rng.integers(3, 7))
        prices = [shelf_price(gang, 55, 240) for _ in range(named + plain)]
        ready = fund(gang, self._attempt, now, sum(prices) * 21 // 20)
        for position, pence in enumerate(prices):
            day = ready // DAY + int(rng.integers(0, 42 if careful else 20))
            act = self._ticket if position < named else self._card
            gang.at(later(gang, ready, day), partial(act, pence))
        gang.at(ready + 22 * DAY, lambda at: empty(gang, self._attempt, at))
        judge(gang, ready + 22 * DAY, self._attempt, lambda: len(self._named) >= 4 and self._bought >= 7)

    def _ticket(self, pence: int, now: int) -> None:
        gang, rng = self._gang, self._gang.rng
        agent = self._agents[int(rng.random() < 0.5)]
        words = int(references(rng, "initials", 1)[0])
        if gang.held(self._attempt.account) < pence:
            return
        if gang.pay(self._attempt, "ticket", now, self._attempt.account, agent, rounded(gang, pence), words=words):
            self._named.add(words)
            self._bought += 1

    def _card(self, pence: int, now: int) -> None:
        gang = self._gang
        code = str(gang.rng.choice(("4511", "4722", "7011", "4411")))
        account, shop = self._attempt.account, shop_of(gang, code)
        if gang.held(account) >= pence:
            gang.buy(self._attempt, "ticket", now, account, shop, pence, merchant(code), target="cost:travel")
            self._bought += 1


def send_travellers(gang: Gang, now: int, crossing: int, boats: int) -> None:
    """S15: buy tickets and rooms for those who are to come."""
    del crossing, boats
    if affords(gang, 260_000):
        Traveller(gang, now)


OPERATION: Final[dict[str, Operation]] = {
    "S10": procure,
    "S11": supply,
    "S12": convoy,
    "S13": pay_crew,
    "S15": send_travellers,
}
