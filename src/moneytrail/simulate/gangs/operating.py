"""What crossings need: boats and engines (S10, S11), vans and beds (S12), helpers (S13) and travel (S15).

Each act of `OPERATION` prepares or settles a crossing. It is paid from accounts that the organiser funds, or from the
cash box by way of a branch, and does nothing where the gang cannot afford it. Shops, categories and words are those of
honest people who sail, trade, haul, travel and pay for odd jobs. Every number without a source is design.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import Operation
from moneytrail.simulate.gangs.gang import CASH_BOX, HAWALA, Attempt, Gang, Place
from moneytrail.simulate.gangs.habits import (
    COAST,
    MINUTE,
    POUND,
    affords,
    empty,
    fund,
    home,
    rests,
    rounded,
    shelf_price,
    shop_of,
    shopping_time,
    word,
)
from moneytrail.simulate.town import ONLINE
from moneytrail.simulate.words import merchant, reference

# S10: nautical procurement.


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a kit: price range in pounds, kinds of shop, words of a private sale, share of private sales."""

    name: str
    low: int
    high: int
    shops: tuple[str, ...]
    words: tuple[str, ...] = ()
    private: float = 0.0


KIT: Final = (
    Item(
        "boat", 1500, 3200, ("5551",), ("boat", "dinghy", "boat and outboard as viewed", "deposit on inflatable"), 0.7
    ),
    Item("engine", 900, 2300, ("5551", "4468"), ("outboard",), 0.6),
    Item("life jackets", 380, 1500, ("4468", "5941"), ("life jackets", "lifejackets x10"), 0.4),
    Item("pump", 35, 110, ("4468", "5941")),
    Item("fuel cans", 70, 190, ("5533",)),
    Item("boards and tape", 90, 280, ("5211", "5200")),
    Item("trailer or van", 160, 900, ("7513", "7512"), ("boat trailer",), 0.4),
)
"""What makes a crossing kit (National Crime Agency, Maritime industry alert, 2021, and its renewal), 20 to 50 life
jackets of 19 to 30 pounds with it: 60 came with one boat (BBC, 2024, second-hand). Prices are design, around 4,000
pounds from one supplier (National Crime Agency on the Savas case, 2026, second-hand)."""

SHOPPING_DAYS: Final = 24
"""A naive kit is together within so many days, of the 60 that the definition allows."""


@dataclass(slots=True)
class _Kit:
    """What an attempt at a kit has bought: kinds and pence."""

    kinds: set[str] = field(default_factory=set)
    spent: int = 0

    @property
    def complete(self) -> bool:
        return len(self.kinds) >= 4 and bool(self.kinds & {"boat", "engine"}) and self.spent >= 220_000


def procure(gang: Gang, now: int, crossing: int) -> None:
    """S10: buy the kit of a boat, naively by one buyer, or two on one device, within three weeks.

    Careful ones share it out among ordinary people, two kinds of cheap things each, over twice the time, and pay for
    boat and engine in cash, which the bank does not see.
    """
    if not affords(gang, 450_000):
        return
    if gang.next_is_careful():
        _procure_apart(gang, now, crossing)
        return
    day = now // DAY
    buyer = gang.fresh("buyer", day)
    mate = gang.fresh("buyer", day, device=buyer, address=buyer) if gang.rng.random() < 0.6 else buyer
    attempt = gang.attempt("S10", buyer, careful=False)
    kit = _Kit()
    wanted = _shopping_list(gang)
    ready = fund(gang, attempt, now, sum(pence for _, pence in wanted) * 21 // 20) + HOUR
    share = sum(pence for _, pence in wanted[2::3])
    if mate != buyer:
        pay = partial(gang.pay, attempt, "funding", debtor=buyer, creditor=mate, amount=-(-share // 1000) * 1000)
        gang.at(ready, pay)
    for position, (item, pence) in enumerate(wanted):
        time = gang.in_days(ready, _days_before(gang, ready, crossing, SHOPPING_DAYS))
        gang.at(time, partial(_purchase, gang, attempt, mate if position % 3 == 2 else buyer, item, pence, kit))
    end = max(crossing, ready + (SHOPPING_DAYS + 1) * DAY)
    gang.at(end, lambda at: empty(gang, attempt, at))
    gang.judge(end, attempt, lambda: kit.complete)


def _days_before(gang: Gang, ready: int, crossing: int, most: int) -> int:
    """Return on which day to buy after the money is there: until the crossing, or in three to `most` days."""
    return int(gang.rng.integers(0, min(max((crossing - ready) // DAY - 1, 3), most) + 1))


def _shopping_list(gang: Gang) -> list[tuple[Item, int]]:
    """Draw five to seven kinds, boat and engine among them."""
    rng = gang.rng
    others = [KIT[int(place)] for place in rng.permutation(np.arange(2, len(KIT)))[: int(rng.integers(3, 6))]]
    return [(item, shelf_price(gang, item.low, item.high)) for item in (*KIT[:2], *others)]


def _purchase(gang: Gang, attempt: Attempt, account: int, item: Item, pence: int, kit: _Kit, now: int) -> None:
    """Buy one item, if the account can pay for it."""
    if gang.held(account) >= pence:
        kit.kinds.add(item.name)
        kit.spent += _buy_item(gang, attempt, now, account, item, pence)


def _buy_item(gang: Gang, attempt: Attempt, now: int, account: int, item: Item, pence: int) -> int:
    rng = gang.rng
    if rng.random() < item.private:
        words = reference("marine", str(rng.choice(item.words)))
        return gang.pay(attempt, "kit", now, account, gang.outsider("supplier"), rounded(gang, pence), words=words)
    code = str(rng.choice(item.shops))
    place = home(gang, account) if rng.random() < 0.6 else ONLINE
    where = -1 if place == ONLINE else place
    return gang.buy(attempt, "kit", now, account, shop_of(gang, code, place), pence, merchant(code), where)


def _procure_apart(gang: Gang, now: int, crossing: int) -> None:
    """Buy the small things by ordinary people who have nothing in common; boat and engine are paid for in cash."""
    rng = gang.rng
    gang.move("kit", now, CASH_BOX, "cost:kit", shelf_price(gang, 2400, 4500))
    parts = [KIT[int(place)] for place in rng.permutation(np.arange(2, len(KIT)))]
    for mine in (parts[:2], parts[2:4]):
        attempt = gang.attempt("S10", gang.account("buyer", now, careful=True), careful=True)
        prices = [shelf_price(gang, item.low / 2, item.high / 2) for item in mine]
        ready = fund(gang, attempt, now, sum(prices) * 11 // 10)
        for item, pence in zip(mine, prices, strict=True):
            time = gang.in_days(ready, _days_before(gang, ready, crossing, 50))
            gang.at(time, partial(_purchase, gang, attempt, attempt.account, item, pence, _Kit()))


# S11: an equipment supplier behind a company.


FRONT_TRADES: Final = ("importer", "wholesaler", "retailer", "boat dealer")
UNIT: Final = (3600, 4500)
"""A kit's price in pounds: about 4,000 (National Crime Agency on the Savas case, 2026, second-hand)."""
QUARTER: Final = 84
QUARTERLY: Final = 100
"""A front trades for `QUARTER` days, and the gang starts one in `QUARTERLY` days at most."""


@dataclass(slots=True)
class _Trade:
    """A front's business so far, in pence."""

    sales: int = 0
    odd_sales: int = 0
    imports: int = 0
    storage: int = 0


class Front:
    """S11: a company that imports boats and engines from Türkiye or China and sells kits to persons and for cash.

    The goods went by Bulgaria and Germany (National Crime Agency on the Savas case, 2026, second-hand), so storage is
    paid there. Careful fronts import less than the definition asks in a quarter, and have honest trade besides: card
    takings by way of an acquirer, and firms among the customers. That trade is innocent, and not the gang's.
    """

    def __init__(self, gang: Gang, now: int) -> None:
        rng = gang.rng
        self._gang, self._careful, self._done = gang, gang.next_is_careful(), _Trade()
        account = gang.business("front", now // DAY, str(rng.choice(FRONT_TRADES)))
        self._attempt = gang.attempt("S11", account, self._careful)
        self._supplier = gang.outsider("supplier", "TR", "CN")
        self._depot = gang.outsider("carrier", "DE", "BG")
        self._friends = [gang.outsider("buyer") for _ in range(int(rng.integers(3, 6)))]
        self._limit = int(rng.uniform(11_000, 17_000) if self._careful else rng.uniform(27_000, 40_000)) * POUND
        day = now // DAY
        for sold in rng.integers(1, QUARTER - 14, 5 if self._careful else 13):
            gang.at(gang.in_days(now, int(sold)), self._sell)
        for paid in range(8, QUARTER, 9):
            gang.at(gang.at_counter(now, day + paid), self._import)
        for paid in (int(rng.integers(4, 20)) + 28 * month for month in range(3)):
            gang.at(gang.at_counter(now, day + paid), self._store)
        if self._careful:
            self._trade_honestly(day)
        gang.judge(now + QUARTER * DAY, self._attempt, self._holds)

    def _holds(self) -> bool:
        done = self._done
        return done.imports >= 2_050_000 and done.odd_sales >= 0.6 * done.sales and done.storage > 0

    def _sell(self, now: int) -> None:
        """Sell one kit: for cash, to a person at another bank, or to a third party whom a broker had pay."""
        gang, done = self._gang, self._done
        if done.odd_sales >= self._limit * 5 // 4:
            return
        price = min(rounded(gang, gang.rng.uniform(*UNIT) * POUND), 500_000)
        for source in (str(one) for one in gang.rng.permutation((CASH_BOX, HAWALA))):
            if gang.held(source) >= price:
                self._receive(now, price, source)
                return
        if gang.held(gang.organiser) >= price:
            self._booked(gang.pay(self._attempt, "sale", now, gang.organiser, self._attempt.account, price))

    def _receive(self, now: int, price: int, source: Place) -> None:
        gang, account = self._gang, self._attempt.account
        if source == CASH_BOX and gang.rng.random() < 0.5:
            region = home(gang, account)
            gang.at(
                gang.at_counter(now, now // DAY),
                lambda at: self._booked(gang.bank_cash(self._attempt, at, account, price // 1000 * 1000, region)),
            )
            return
        buyer = self._friends[int(gang.rng.integers(0, len(self._friends)))]
        words = word(gang, "marine", "stock", "favour")
        self._booked(gang.pay(self._attempt, "sale", now, buyer, account, price, source=source, words=words))

    def _booked(self, paid: int) -> None:
        self._done.sales += paid
        self._done.odd_sales += paid

    def _import(self, now: int) -> None:
        """Pay the supplier abroad most of what is there; send what is over the quarter's limit to the organiser."""
        gang, done, account = self._gang, self._done, self._attempt.account
        there = gang.held(account) - 60_000
        goods = min(int(there * gang.rng.uniform(0.82, 0.96)) // 1000 * 1000, self._limit - done.imports)
        if goods >= 150_000:
            words = word(gang, "stock", "invoice")
            done.imports += gang.pay(self._attempt, "import", now, account, self._supplier, goods, words=words)
        elif done.imports >= self._limit and there >= 100_000:
            words = word(gang, "loan")
            gang.pay(self._attempt, "profit", now, account, gang.organiser, there // 1000 * 1000, words=words)

    def _store(self, now: int) -> None:
        """Pay a depot abroad, and a storage firm here by card."""
        gang, account = self._gang, self._attempt.account
        words = word(gang, "freight")
        rent = shelf_price(gang, 180, 420)
        self._done.storage += gang.pay(
            self._attempt, "storage", now, account, self._depot, rent, words=words, target="cost:rent"
        )
        shop = shop_of(gang, "4225")
        price = shelf_price(gang, 60, 150)
        self._done.storage += gang.buy(
            self._attempt, "storage", now, account, shop, price, merchant("4225"), target="cost:rent"
        )

    def _trade_honestly(self, day: int) -> None:
        gang, rng, account = self._gang, self._gang.rng, self._attempt.account
        acquirer = int(rng.choice(gang.town.acquirers))
        level = rng.uniform(700, 1300)
        for week in range(QUARTER // 7):
            taken = int(level * rng.uniform(0.7, 1.3) * POUND)
            gang.innocent((day + week * 7) * DAY + 4 * HOUR, acquirer, account, taken)
            customer, supplier = (int(one) for one in rng.choice(gang.town.firms, 2, replace=False))
            bill = int(rng.lognormal(7.6, 0.4)) * POUND
            paid, spent = (gang.hour(day + week * 7 + after, 9, 17) for after in (1, 3))
            gang.innocent(paid, customer, account, bill, words=word(gang, "invoice"))
            cost = int((taken + bill) * rng.uniform(0.9, 0.99))
            gang.innocent(spent, account, supplier, cost, words=word(gang, "invoice"))
            self._done.sales += taken + bill


def supply(gang: Gang, now: int, crossing: int) -> None:
    """S11: start a front, once in `QUARTERLY` days and when it can afford some kits."""
    del crossing
    if affords(gang, 1_000_000 - gang.held(HAWALA)) and not rests(gang, "S11", QUARTERLY, now):
        Front(gang, now)


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

Drivers carried up to eight boats with a car ahead, and stayed in Belgian holiday lets (Europol, OTF Wave, 2024,
second-hand).
"""


class Convoy:
    """S12: two linked drivers hire, store, fuel, sleep and buy telephone cards in the three days before red days.

    A careful driver is an ordinary person, whose card pays for two of these things and cash for the others.
    """

    def __init__(self, gang: Gang, now: int, spells: list[int]) -> None:
        self._gang, self._careful = gang, gang.next_is_careful()
        driver = gang.account("buyer", now, self._careful)
        self._attempt = gang.attempt("S12", driver, self._careful)
        self._second = driver
        if not self._careful:
            shared = "device" if gang.rng.random() < 0.6 else "address"
            self._second = gang.fresh("buyer", now // DAY, **{shared: driver})
        self._bursts: dict[int, dict[str, int]] = {}
        for spell in spells:
            start = (spell - 3) * DAY + int(gang.rng.uniform(7, 10) * HOUR)
            gang.at(max(now, start), partial(self._leave, spell))
        gang.judge((spells[-1] + 2) * DAY, self._attempt, self._holds)

    def _holds(self) -> bool:
        return sum(_kinds(burst) >= 3 for burst in self._bursts.values()) >= 2

    def _leave(self, spell: int, now: int) -> None:
        """Fund the driver and plan the stops of one trip up to the first red day."""
        gang, rng = self._gang, self._gang.rng
        kinds = ["hire", "fuel", "fuel", "fuel", "lodging", "sim", "sim", "sim", "sim", "storage"]
        if self._careful:
            kinds = [str(one) for one in rng.choice(("hire", "lodging", "storage"), 1)] + ["fuel"] * 2
        else:
            left_out = rng.choice(("lodging", "sim", "storage", "none"))
            kinds = [kind for kind in kinds if kind != left_out] + ["fuel"] * int(rng.integers(0, 2))
        stops = [(kind, shelf_price(gang, *TRIP[kind][2:4])) for kind in kinds]
        budget = (sum(pence for _, pence in stops) * 13 // 10 + 20_000) // 2000 * 2000
        gang.pay(self._attempt, "funding", now, gang.organiser, self._attempt.account, budget)
        self._bursts[spell] = {}
        for kind, pence in stops:
            day = int(rng.integers(now // DAY, spell + 1))
            code = str(TRIP[kind][int(rng.integers(0, 2))])
            gang.at(shopping_time(gang, now, day, code), partial(self._stop, spell, kind, code, pence))

    def _stop(self, spell: int, kind: str, code: str, pence: int, now: int) -> None:
        gang, account = self._gang, self._attempt.account
        if gang.held(account) < pence:
            return
        away = gang.rng.random() < TRIP[kind][4]
        self._buy(account, kind, code, pence, away, now)
        self._bursts[spell][kind] = self._bursts[spell].get(kind, 0) + 1
        if kind == "fuel" and self._second != account and gang.rng.random() < 0.6:
            self._follow(now)

    def _follow(self, now: int) -> None:
        """Let the second card fuel or pay a toll within the hour."""
        gang = self._gang
        kind = "fuel" if gang.rng.random() < 0.7 else "toll"
        price = shelf_price(gang, *TRIP[kind][2:4])
        if gang.held(self._second) < price:
            gang.pay(self._attempt, "funding", now, self._attempt.account, self._second, 10_000)
        time = now + int(gang.rng.uniform(6, 50)) * MINUTE
        gang.at(time, partial(self._buy, self._second, kind, TRIP[kind][0], price, False))

    def _buy(self, account: int, kind: str, code: str, pence: int, away: bool, now: int) -> None:
        gang = self._gang
        shop, place = shop_of(gang, code, ONLINE if away else COAST), -1 if away else COAST
        gang.buy(self._attempt, kind, now, account, shop, pence, merchant(code), place, target="cost:travel")


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


def convoy(gang: Gang, now: int, crossing: int) -> None:
    """S12: send a convoy to the coast before the next two or three spells of red days, once in four weeks."""
    if gang.held(gang.organiser) < 250_000 or rests(gang, "S12", CONVOY_DAYS, now):
        return
    spells = red_spells(gang, now // DAY + 1, crossing // DAY)[: int(gang.rng.integers(*SPELLS))]
    if spells:
        Convoy(gang, now, spells)


# S13: crew and recruiters.


HEAD_PAY: Final = (100, 120, 150, 180, 200, 250, 300, 350)
"""Pounds a helper gets for each passenger or turn. Design: helpers are mostly paid in kind, by a free passage
(Global Initiative, How to make and lose a fortune smuggling migrants on the French coast, 2025, second-hand)."""


def pay_crew(gang: Gang, now: int, crossing: int) -> None:
    """S13: in the two days after a crossing begin to pay helpers, by the organiser's account or a paymaster's."""
    day = crossing // DAY - now // DAY + int(gang.rng.integers(0, 3))
    gang.at(gang.in_days(now, day), partial(_pay_crew, gang))


def _pay_crew(gang: Gang, now: int) -> None:
    """Pay each helper one to three times one unit, within three days.

    Careful payers are ordinary people who pay three or four helpers, unlike sums, over two weeks.
    """
    rng = gang.rng
    careful = gang.next_is_careful()
    heads = int(rng.integers(3, 5)) if careful else int(rng.integers(7, 12))
    unit = int(rng.choice(HEAD_PAY))
    sums = [_helper_pay(gang, unit, careful) for _ in range(heads)]
    if not affords(gang, sum(sums) * 11 // 10):
        return
    paymaster = gang.organiser
    if careful or rng.random() < 0.6 or gang.held(paymaster) < sum(sums):
        paymaster = gang.account("paymaster", now, careful)
    attempt = gang.attempt("S13", paymaster, careful)
    ready = now if paymaster == gang.organiser else fund(gang, attempt, now, sum(sums) * 21 // 20)
    paid: list[int] = []
    for pence in sums:
        day = int(rng.integers(0, 15 if careful else 3))
        gang.at(gang.in_days(ready, day), partial(_pay_helper, gang, attempt, paid, pence))
    gang.judge(ready + 5 * DAY, attempt, lambda: len(paid) >= 6)


def _helper_pay(gang: Gang, unit: int, careful: bool) -> int:
    if careful:
        return rounded(gang, gang.rng.uniform(60, 900) * POUND)
    return min(unit * int(gang.rng.choice((1, 2, 3), p=(0.6, 0.27, 0.13))), 1000) * POUND


def _pay_helper(gang: Gang, attempt: Attempt, paid: list[int], pence: int, now: int) -> None:
    if gang.held(attempt.account) < pence:
        return
    words = word(gang, "gig") if gang.rng.random() < 0.1 else None
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
        payer = gang.account("buyer", now, careful)
        self._gang, self._attempt = gang, gang.attempt("S15", payer, careful)
        self._agents = [gang.outsider("carrier"), gang.outsider("carrier", *CORRIDOR)]
        self._named: set[int] = set()
        self._bought = 0
        named = 2 if careful else int(rng.integers(5, 9))
        plain = 1 if careful else int(rng.integers(3, 7))
        prices = [shelf_price(gang, 55, 240) for _ in range(named + plain)]
        ready = fund(gang, self._attempt, now, sum(prices) * 21 // 20)
        for position, pence in enumerate(prices):
            day = int(rng.integers(0, 42 if careful else 20))
            act = self._ticket if position < named else self._card
            gang.at(gang.in_days(ready, day), partial(act, pence))
        gang.at(ready + 22 * DAY, lambda at: empty(gang, self._attempt, at))
        gang.judge(ready + 22 * DAY, self._attempt, lambda: len(self._named) >= 4 and self._bought >= 7)

    def _ticket(self, pence: int, now: int) -> None:
        gang, rng = self._gang, self._gang.rng
        agent = self._agents[int(rng.random() < 0.5)]
        words = word(gang, "initials")
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


def send_travellers(gang: Gang, now: int, crossing: int) -> None:
    """S15: buy tickets and rooms for those who are to come."""
    del crossing
    if affords(gang, 260_000):
        Traveller(gang, now)


OPERATION: Final[dict[str, Operation]] = {
    "S10": procure,
    "S11": supply,
    "S12": convoy,
    "S13": pay_crew,
    "S15": send_travellers,
}
