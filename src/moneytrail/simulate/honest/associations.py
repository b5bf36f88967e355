"""Honest groups whose money moves like a gang's: savings circles, charities, appeals on the internet, clubs' trips.

Each is named after the look-alike that it stands for in the suppressor table (R-ROSCA, R-CHAR, R-CRWD, R-TRIP); lump
sums and payout runs are in :mod:`moneytrail.simulate.honest.lump_sums`. All numbers are design.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from moneytrail.simulate.calendar import Bools, Floats, Ints, around, at
from moneytrail.simulate.honest.payments import (
    Groups,
    by_gap,
    crowd,
    due,
    gather,
    of,
    outward,
    ranks,
    recurring,
    regulars,
    rounded,
    sums,
)
from moneytrail.simulate.honest.people import People
from moneytrail.simulate.journal import CARD, CASH, DIRECT_DEBIT, NOBODY
from moneytrail.simulate.register import CHARITY
from moneytrail.simulate.town import Activity, Bank, Chapter, Town, beside, visit
from moneytrail.simulate.words import (
    CATEGORIES,
    COUNTRIES,
    OURS,
    REGION_SHARE,
    REGIONS,
    TRADES,
    merchant,
    references,
)

COAST: Final = REGIONS.index("South East")
RELIEF: Final = np.array([merchant(code) for code in ("5411", "5941", "4814", "7513", "5542", "7033", "5912")])
"""What an aid group buys on the coast: food, sleeping bags, telephone credit, van hire, fuel, camp sites, medicine."""
PARTY: Final = 2.0
"""An aid group's basket, in baskets of one household."""


def associations(bank: Bank, town: Town, people: People) -> list[Activity]:
    """Plan savings circles, charities, appeals and clubs."""
    customers = regulars(bank, people)
    return [
        savings_circles(bank, town, customers),
        *charities(bank, town, customers),
        crowdfunding(bank, customers),
        club_trips(bank, town, customers),
    ]


def savings_circles(bank: Bank, town: Town, customers: Ints) -> Activity:
    """Run savings circles (R-ROSCA): 5 to 25 people pay the same sum each turn, and every one has the pot once a cycle.

    In half of them a treasurer collects; in the others all pay straight to the member whose turn it is. Large circles
    meet every week, small ones every four weeks, so that a cycle takes 5 to 8 months at most.
    """
    rng = bank.stream("savings circles")
    size = bank.some(1 / 900)
    kind = rng.integers(0, 3, size)
    gap = np.array((7, 14, 28))[kind]
    circles = gather(rng, town, customers, rng.integers(np.array((8, 6, 5))[kind], np.array((26, 13, 9))[kind]))
    share = 100 * np.array((20, 50, 50, 100, 100, 150, 200, 300, 500))[rng.integers(0, 9, size)]
    first = rng.integers(0, 28, size)
    treasurer = rng.random(size) < 0.5
    ours = bank.register.institution(circles.account) == OURS
    collects = ~treasurer[circles.group] | (np.arange(circles.account.size) == circles.first[circles.group])
    bank.note("R-ROSCA", circles.account[collects])

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("savings circles")
        circle, day = by_gap(chapter.calendar, gap, first)
        taker = circles.first[circle] + day // gap[circle] % circles.size[circle]
        payee = np.where(treasurer[circle], circles.first[circle], taker)
        turn, payer = circles.members(circle)
        seen = ours[payer] | ours[payee[turn]]
        turn, payer = turn[seen], payer[seen]
        time = at(day[turn] - (rng.random(turn.size) < 0.3), around(rng, 19, 2, turn.size))
        words = references(rng, "circle", turn.size, 0.4)
        paid = share[circle[turn]]
        chapter.journal.book(time, circles.account[payer], circles.account[payee[turn]], paid, reference=words)
        held = np.flatnonzero(treasurer[circle])
        pot = (share * circles.size)[circle[held]]
        time = at(day[held] + 1, np.full(held.size, 12.0))
        chapter.journal.book(time, circles.account[payee[held]], circles.account[taker[held]], pot)

    return book


def charities(bank: Bank, town: Town, customers: Ints) -> list[Activity]:
    """Give to charities, places of worship and aid groups on the coast (R-CHAR), all of them registered.

    Monthly donors, an appeal's rush every few months, cash plates; partners abroad, bills, and relief on the coast.
    """
    rng = bank.stream("charities")
    inland = bank.some(1 / 1200, 2)
    size = inland + bank.some(1 / 6000)
    coast = np.arange(size) >= inland
    worship = (np.arange(size) % 2 == 1) & ~coast
    region = np.where(coast, COAST, rng.choice(len(REGIONS), size, p=REGION_SHARE))
    account = bank.register.open(
        size,
        kind=CHARITY,
        trade=np.where(worship, TRADES.index("place of worship"), TRADES.index("charity")),
        region=region,
        opened=bank.register.first_day - 3000,
        buffer=400_000,
    )
    bank.note("R-CHAR", account)
    donors = gather(rng, town, customers, _congregations(rng, customers.size, coast))
    gift = rounded(100 * rng.lognormal(np.log(11), 0.6, donors.account.size), 100)
    budget = sums(donors.group, gift, size) + np.where(worship, 82_000, 0)
    abroad = rng.integers(1, len(COUNTRIES), (size, 2))
    abroad[coast] = COUNTRIES.index("FR")
    partners = bank.register.abroad(rng, 2 * size, country=abroad.ravel()).reshape(size, 2)
    return [
        _donations(rng, account, donors, gift),
        _plates(account[worship], region[worship]),
        _appeals(bank, rng, customers, (account, donors, partners)),
        _programmes(bank, rng, town, (account[~coast], partners[~coast], budget[~coast])),
        _relief(bank, town, account[coast], budget[coast]),
    ]


def _congregations(rng: np.random.Generator, customers: int, coast: Bools) -> Ints:
    """Draw how many give every month: more to aid groups."""
    size = rng.lognormal(np.log(90), 0.5, coast.size).clip(24, 400) * np.where(coast, 1.5, 1.0)
    return np.minimum(size.astype(np.int64), max(customers // 6, 12))


def _donations(rng: np.random.Generator, account: Ints, donors: Groups, gift: Ints) -> Activity:
    size = donors.account.size
    day_of_month = rng.integers(1, 29, size)
    channel = np.where(rng.random(size) < 0.6, DIRECT_DEBIT, 0)
    words = references(rng, "gift", size)
    charity = account[donors.group]

    def book(chapter: Chapter) -> None:
        who, day = chapter.calendar.monthly(day_of_month)
        time = at(chapter.calendar.working_day_after(day), np.full(day.size, 4.0))
        more = {"channel": channel[who], "reference": words[who]}
        chapter.journal.book(time, donors.account[who], charity[who], gift[who], **more)

    return book


def _plates(account: Ints, region: Ints) -> Activity:
    """Pay in on Mondays what was collected in notes and coins."""

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("plates")
        monday = (-chapter.calendar.start.weekday()) % 7
        who, day = chapter.calendar.every(7, np.full(account.size, monday))
        taken = rounded(100 * rng.lognormal(np.log(190), 0.4, who.size), 10)
        time = at(day, around(rng, 11, 1, day.size))
        chapter.journal.book(time, NOBODY, account[who], taken, channel=CASH, location=region[who])

    return book


def _appeals(bank: Bank, rng: np.random.Generator, customers: Ints, charity: tuple[Ints, Groups, Ints]) -> Activity:
    """Rush to an appeal for two weeks, half of it regular donors; then the partner has nine tenths of it."""
    account, donors, partners = charity
    asking, day = recurring(rng, bank.calendar, rng.integers(90, 240, account.size))
    count = (donors.size[asking] * rng.uniform(0.3, 0.8, asking.size)).astype(np.int64) + 5

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("appeals")
        now = due(chapter.calendar, day)
        which, _ = ranks(count[now])
        group = asking[now][which]
        donor = donors.account[donors.first[group] + rng.integers(0, donors.size[group])]
        giver = np.where(rng.random(which.size) < 0.5, donor, crowd(bank, rng, customers, which.size))
        gift = rounded(100 * rng.lognormal(np.log(22), 1.0, which.size).clip(3, 2000), 100)
        given = day[now][which] + rng.exponential(3.0, which.size).clip(0, 13).astype(np.int64)
        words = references(rng, "gift", which.size, 0.2)
        chapter.journal.book(at(given, around(rng, 19, 3, which.size)), giver, account[group], gift, reference=words)
        sent = (sums(which, gift, now.size) * 0.9).astype(np.int64)
        time = at(day[now] + 15, np.full(now.size, 11.5))
        partner = partners[asking[now], 0]
        outward(bank, chapter.journal, rng, (time, account[asking[now]], partner, sent), "gift")

    return book


def _programmes(bank: Bank, rng: np.random.Generator, town: Town, charity: tuple[Ints, Ints, Floats]) -> Activity:
    """Send a good two fifths of the monthly gifts to one of two partners abroad, and pay bills at home."""
    account, partners, budget = charity
    supplier = of(rng, town.firms, (account.size, 2))

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("programmes")
        who, day = chapter.calendar.monthly(np.full(account.size, 20))
        sent = rounded(budget[who] * rng.uniform(0.35, 0.55, who.size), 1000)
        payee = partners[who, rng.integers(0, 2, who.size)]
        outward(bank, chapter.journal, rng, (at(day, np.full(day.size, 11.0)), account[who], payee, sent), "gift")
        for position, day_of_month in enumerate((4, 24)):
            who, day = chapter.calendar.monthly(np.full(account.size, day_of_month))
            paid = (budget[who] * rng.uniform(0.15, 0.25, who.size)).astype(np.int64)
            time = at(chapter.calendar.working_day_after(day), around(rng, 14, 2, day.size))
            words = references(rng, "invoice", who.size)
            chapter.journal.book(time, account[who], supplier[who, position], paid, reference=words)

    return book


def _relief(bank: Bank, town: Town, account: Ints, budget: Floats) -> Activity:
    """Buy food, bedding, fuel and van hire by card on the coast, most on days when boats can go."""
    table = np.array([(CATEGORIES[kind].median, CATEGORIES[kind].sigma) for kind in RELIEF])
    mean = 100 * PARTY * float(np.mean(table[:, 0] * np.exp(table[:, 1] ** 2 / 2)))
    share = np.cumsum(bank.weather.likely + 0.2)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("relief")
        calendar = chapter.calendar
        who = np.repeat(np.arange(account.size), rng.poisson(budget * 0.75 / mean * calendar.months))
        kind = rng.integers(0, RELIEF.size, who.size)
        price = 100 * PARTY * table[kind, 0] * np.exp(table[kind, 1] * rng.standard_normal(who.size))
        before = share[calendar.first - 1] if calendar.first else 0.0
        drawn = before + rng.random(who.size) * (share[calendar.last - 1] - before)
        time = at(np.searchsorted(share, drawn).clip(0, calendar.last - 1), around(rng, 13, 3.5, who.size))
        shop = visit(town, rng, RELIEF[kind], np.full(who.size, COAST))
        pence = price.astype(np.int64)
        chapter.journal.book(time, account[who], shop, pence, channel=CARD, category=RELIEF[kind], location=COAST)

    return book


def crowdfunding(bank: Bank, customers: Ints) -> Activity:
    """Collect for an appeal on the internet (R-CRWD), on an account kept for it, and pay all of it out once.

    Gifts follow a Pareto law with exponent 1.2, drawn evenly along it: the middle one is 5 to 20 pounds, the largest
    tenth carries more than two fifths. The payee is a registered charity. Half of the accounts are opened three days
    before.
    """
    rng = bank.stream("crowdfunding")
    days = bank.calendar.days
    size = max(1, round(customers.size * days / (900 * 120)))
    organiser = of(rng, customers, size)
    day = rng.integers(min(4, days - 1), max(days - 35, 5), size)
    account = beside(
        bank,
        organiser,
        joined=np.where((rng.random(size) < 0.5) & (day > 3), day - 3, -1),
        opened=bank.register.first_day - rng.integers(30, 900, size),
    )
    bank.note("R-CRWD", account)
    count = rng.lognormal(np.log(70), 0.6, size).clip(40, 500).astype(np.int64)
    least = 100 * rng.uniform(3, 11, size)
    until = day + 22 + rng.integers(0, 9, size)
    payee = bank.register.strangers(rng, size, kind=CHARITY)
    words = references(rng, "campaign", size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("crowdfunding")
        now = due(chapter.calendar, day)
        which, rank = ranks(count[now])
        appeal = now[which]
        pence = least[appeal] * (1 - (rank + rng.random(rank.size)) / count[appeal]) ** (-1 / 1.2)
        gift = rounded(pence.clip(0, 250_000), 100)
        gift = np.where(gift > 2_500, (gift + 250) // 500 * 500, gift)
        given = day[appeal] + rng.exponential(5.0, rank.size).clip(0, 20).astype(np.int64)
        giver = crowd(bank, rng, customers, rank.size, 0.3)
        named = np.where(rng.random(rank.size) < 0.7, words[appeal], references(rng, "campaign", rank.size, 0.3))
        chapter.journal.book(at(given, around(rng, 20, 3, rank.size)), giver, account[appeal], gift, reference=named)
        total = sums(which, gift, now.size).astype(np.int64)
        time = at(until[now], np.full(now.size, 14.0))
        chapter.journal.book(time, account[now], payee[now], total, reference=words[now])

    return book


def club_trips(bank: Bank, town: Town, customers: Ints) -> Activity:
    """Collect a club's subs every month and shares of a trip now and then (R-TRIP); hall, airline and hotel are paid.

    Who drops out has the share back. Half of the treasurers keep an account for it, the others use their own.
    """
    rng = bank.stream("club trips")
    size = bank.some(1 / 500)
    clubs = gather(rng, town, customers, rng.integers(14, 34, size))
    account = clubs.head.copy()
    apart = rng.random(size) < 0.5
    account[apart] = beside(bank, account[apart], buffer=10_000)
    bank.note("R-TRIP", account)
    subs = 100 * rng.integers(6, 22, size)
    day_of_month = rng.integers(1, 28, size)[clubs.group]
    hall, airline, hotel = of(rng, town.firms, (3, size))
    club, start = recurring(rng, bank.calendar, rng.integers(100, 250, size))
    share = 1000 * rng.integers(7, 38, club.size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("club trips")
        who, day = chapter.calendar.monthly(day_of_month)
        group = clubs.group[who]
        time = at(day, around(rng, 18, 3, day.size))
        words = references(rng, "club", who.size, 0.2)
        chapter.journal.book(time, clubs.account[who], account[group], subs[group], reference=words)
        who, day = chapter.calendar.monthly(np.full(size, 28))
        rent = (subs * clubs.size)[who] * 8 // 10
        chapter.journal.book(at(day, np.full(day.size, 9.5)), account[who], hall[who], rent)
        trips(chapter, rng)

    def trips(chapter: Chapter, rng: np.random.Generator) -> None:
        now = due(chapter.calendar, start)
        which, who = clubs.members(club[now])
        treasurer, price = account[club[now]][which], share[now][which]
        day = start[now][which] + rng.exponential(3.0, who.size).clip(0, 9).astype(np.int64)
        words = references(rng, "club", who.size, 0.2)
        time = at(day, around(rng, 19, 3, who.size))
        chapter.journal.book(time, clubs.account[who], treasurer, price, reference=words)
        out = rng.random(who.size) < 0.07
        time = at(start[now][which[out]] + rng.integers(10, 15, int(out.sum())), around(rng, 19, 2, int(out.sum())))
        chapter.journal.book(time, treasurer[out], clubs.account[who[out]], price[out], reference=words[out])
        total = sums(which, np.where(out, 0, price), now.size)
        for payee, part, later in ((airline, 0.6, 11), (hotel, 0.35, 12)):
            time = at(start[now] + later, np.full(now.size, 13.0))
            pence = (total * part).astype(np.int64)
            chapter.journal.book(time, account[club[now]], payee[club[now]], pence)

    return book
