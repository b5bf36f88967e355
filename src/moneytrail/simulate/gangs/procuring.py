"""How a gang comes by boats and engines: bought in parts (S10), or from a company that imports them (S11).

Shops, categories and words are those of honest people who sail and trade. Every number without a source is design.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.errands import (
    POUND,
    affords,
    branch_hour,
    empty,
    fund,
    judge,
    later,
    person_abroad,
    region_of,
    rests,
    rounded,
    schedule,
    shelf_price,
    shop_of,
)
from moneytrail.simulate.gangs.gang import CASH_BOX, HAWALA, Attempt, Gang, Place
from moneytrail.simulate.town import ONLINE
from moneytrail.simulate.words import merchant, reference, references

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
pounds from one supplier (National Crime Agency on the Savas case, 2026, press)."""

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


def procure(gang: Gang, now: int, crossing: int, boats: int) -> None:
    """S10: buy the kit of one or two boats, naively by one buyer, or two on one device, within three weeks.

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
    wanted = _shopping_list(gang, boats)
    ready = fund(gang, attempt, now, sum(pence for _, pence in wanted) * 21 // 20) + HOUR
    share = sum(pence for _, pence in wanted[2::3])
    if mate != buyer:
        schedule(gang, ready, lambda at: gang.pay(attempt, "funding", at, buyer, mate, -(-share // 1000) * 1000))
    for position, (item, pence) in enumerate(wanted):
        time = later(gang, ready, _day_before(gang, ready, crossing, SHOPPING_DAYS))
        gang.at(time, _purchase(gang, attempt, mate if position % 3 == 2 else buyer, (item, pence), kit))
    end = max(crossing, ready + (SHOPPING_DAYS + 1) * DAY)
    gang.at(end, lambda at: empty(gang, attempt, at))
    judge(gang, end, attempt, lambda: kit.complete)


def _day_before(gang: Gang, ready: int, crossing: int, most: int) -> int:
    """Return a day from when the money is there until the crossing, three days off at least and `most` at most."""
    last = min(max(crossing // DAY - 1, ready // DAY + 3), ready // DAY + most)
    return int(gang.rng.integers(ready // DAY, last + 1))


def _shopping_list(gang: Gang, boats: int) -> list[tuple[Item, int]]:
    """Draw five to seven kinds, boat and engine among them; a second boat and engine for two boats or more."""
    rng = gang.rng
    others = [KIT[int(place)] for place in rng.permutation(np.arange(2, len(KIT)))[: int(rng.integers(3, 6))]]
    items = [*KIT[:2], *others, *(KIT[:2] if boats > 1 and affords(gang, 1_200_000) else ())]
    return [(item, shelf_price(gang, item.low, item.high)) for item in items]


def _purchase(
    gang: Gang, attempt: Attempt, account: int, wanted: tuple[Item, int], kit: _Kit
) -> Callable[[int], None]:  # fmt: skip
    """Return the act of buying one item, if the account can pay for it then."""
    item, pence = wanted

    def act(now: int) -> None:
        if gang.held(account) >= pence:
            kit.kinds.add(item.name)
            kit.spent += _buy_item(gang, attempt, now, account, item, pence)

    return act


def _buy_item(gang: Gang, attempt: Attempt, now: int, account: int, item: Item, pence: int) -> int:
    rng = gang.rng
    if rng.random() < item.private:
        seller = gang.outsider("supplier")
        words = reference("marine", str(rng.choice(item.words)))
        return gang.pay(attempt, "kit", now, account, seller, rounded(gang, pence), words=words)
    code = str(rng.choice(item.shops))
    place = region_of(gang, account) if rng.random() < 0.6 else ONLINE
    where = -1 if place == ONLINE else place
    return gang.buy(attempt, "kit", now, account, shop_of(gang, code, place), pence, merchant(code), where)


def _procure_apart(gang: Gang, now: int, crossing: int) -> None:
    """Buy the small things by ordinary people who have nothing in common; boat and engine are paid for in cash."""
    rng = gang.rng
    gang.move("kit", now, CASH_BOX, "cost:kit", shelf_price(gang, 2400, 4500))
    parts = [KIT[int(place)] for place in rng.permutation(np.arange(2, len(KIT)))]
    for mine in (parts[:2], parts[2:4]):
        attempt = gang.attempt("S10", gang.ordinary("buyer"), careful=True)
        prices = [shelf_price(gang, item.low / 2, item.high / 2) for item in mine]
        ready = fund(gang, attempt, now, sum(prices) * 11 // 10)
        for item, pence in zip(mine, prices, strict=True):
            day = _day_before(gang, ready, crossing, 50)
            gang.at(later(gang, ready, day), _purchase(gang, attempt, attempt.account, (item, pence), _Kit()))


# S11: an equipment supplier behind a company.


FRONT_TRADES: Final = ("importer", "wholesaler", "retailer", "boat dealer")
UNIT: Final = (3600, 4500)
"""A kit's price in pounds: about 4,000 (National Crime Agency on the Savas case, 2026, press)."""
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

    The goods went by Bulgaria and Germany (National Crime Agency on the Savas case, 2026, press), so storage is paid
    there. Careful fronts import less than the definition asks in a quarter, and have honest trade besides: card takings
    by way of an acquirer, and firms among the customers. That trade is booked as innocent; it is not the gang's money.
    """

    def __init__(self, gang: Gang, now: int) -> None:
        rng = gang.rng
        self._gang, self._careful, self._done = gang, gang.next_is_careful(), _Trade()
        account = gang.business("front", now // DAY, str(rng.choice(FRONT_TRADES)))
        self._attempt = gang.attempt("S11", account, self._careful)
        self._supplier = person_abroad(gang, "supplier", "TR", "CN")
        self._depot = person_abroad(gang, "carrier", "DE", "BG")
        self._friends = [gang.outsider("buyer") for _ in range(int(rng.integers(3, 6)))]
        self._limit = int(rng.uniform(11_000, 17_000) if self._careful else rng.uniform(27_000, 40_000)) * POUND
        day = now // DAY
        for sold in rng.integers(1, QUARTER - 14, 5 if self._careful else 13):
            gang.at(later(gang, now, day + int(sold)), self._sell)
        for paid in range(8, QUARTER, 9):
            gang.at(branch_hour(gang, now, day + paid), self._import)
        for paid in (int(rng.integers(4, 20)) + 28 * month for month in range(3)):
            gang.at(branch_hour(gang, now, day + paid), self._store)
        if self._careful:
            self._trade_honestly(day)
        judge(gang, now + QUARTER * DAY, self._attempt, self._holds)

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
            region = region_of(gang, account)
            gang.at(
                branch_hour(gang, now, now // DAY),
                lambda at: self._booked(gang.bank_cash(self._attempt, at, account, price // 1000 * 1000, region)),
            )
            return
        buyer = self._friends[int(gang.rng.integers(0, len(self._friends)))]
        words = int(references(gang.rng, str(gang.rng.choice(("marine", "stock", "favour"))), 1)[0])
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
            words = int(references(gang.rng, str(gang.rng.choice(("stock", "invoice"))), 1)[0])
            done.imports += gang.pay(self._attempt, "import", now, account, self._supplier, goods, words=words)
        elif done.imports >= self._limit and there >= 100_000:
            words = int(references(gang.rng, "loan", 1)[0])
            gang.pay(self._attempt, "profit", now, account, gang.organiser, there // 1000 * 1000, words=words)

    def _store(self, now: int) -> None:
        """Pay a depot abroad, and a storage firm here by card."""
        gang, account = self._gang, self._attempt.account
        words = int(references(gang.rng, "freight", 1)[0])
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
            words = references(rng, "invoice", 2)
            gang.innocent(gang.hour(day + week * 7 + 1, 9, 17), customer, account, bill, words=int(words[0]))
            cost = int((taken + bill) * rng.uniform(0.9, 0.99))
            gang.innocent(gang.hour(day + week * 7 + 3, 9, 17), account, supplier, cost, words=int(words[1]))
            self._done.sales += taken + bill


def supply(gang: Gang, now: int, crossing: int, boats: int) -> None:
    """S11: start a front, once in `QUARTERLY` days and when it can afford some kits."""
    del crossing, boats
    gang_can = gang.held(gang.organiser) + gang.held(CASH_BOX) + gang.held(HAWALA) >= 1_000_000
    if gang_can and not rests(gang, "S11", QUARTERLY, now):
        Front(gang, now)
