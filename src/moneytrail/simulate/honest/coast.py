"""The coast: seaside trade that follows the weather, boats and those who keep them, hauliers, and people who cross.

Stands for R-NAUT and R-LOGI of the suppressor table, and for the honest trades that S03, S10, S11 and S12 look like.
All numbers are design. Shops are the town's own, so that the same merchants serve everybody.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, FLAT_WEEK, OFFICE_WEEK, Ints, around, at
from moneytrail.simulate.honest.payments import (
    DEBIT,
    Way,
    active,
    by_card,
    crowd,
    dated,
    mixed,
    of,
    ours,
    planned,
    rounded,
    shop,
    standing,
    together,
    upkeep,
    weights,
    wired,
)
from moneytrail.simulate.honest.people import People
from moneytrail.simulate.journal import CASH, DIRECT_DEBIT, NOBODY
from moneytrail.simulate.register import BUSINESS, CHARITY
from moneytrail.simulate.town import ONLINE, Activity, Bank, Chapter, Town, businesses, businesses_abroad, visit
from moneytrail.simulate.words import CATEGORIES, REGIONS, TRADES, merchant, reference, references

SHORE: Final = np.array(
    [REGIONS.index(name) for name in ("South East", "South East", "South West", "East of England", "Wales", "Scotland")]
)
CHANNEL: Final = REGIONS.index("South East")
"""The region of the Channel ports."""
BOATING: Final = (0.45, 0.55, 0.9, 1.2, 1.45, 1.55, 1.5, 1.3, 1.0, 0.75, 0.6, 0.5)
"""How much is bought for boats by month."""
DUES: Final = np.array(
    [reference("marine", word) for word in ("mooring", "berth", "slip fees", "harbour dues", "sailing subs")]
)
"""What people write beside what they pay a club or harbour every month."""
HOLIDAYS: Final = (0.4, 0.6, 0.7, 1.0, 1.1, 1.2, 1.8, 2.0, 1.1, 0.9, 0.5, 0.7)


def coast(bank: Bank, town: Town, people: People) -> list[Activity]:
    """Plan every population of the coast."""
    return [
        seaside(bank, town, people),
        marine_clubs(bank, town, people),
        marine_trade(bank, town, people),
        boat_owners(bank, town, people),
        sea_rescue(bank, town, people),
        hauliers(bank, town),
        stores(bank, town, people),
        travellers(bank, town, people),
    ]


_SEASIDE: Final[tuple[tuple[str, str, float, float], ...]] = (
    ("hotel", "7011", 520.0, 130.0),
    ("cafe", "5812", 330.0, 0.0),
    ("angling trips", "7999", 260.0, 240.0),
    ("ferry operator", "7999", 420.0, 95.0),
)
"""Trade, merchant category, a fair day's takings and a booking in pounds; no booking where that is 0."""


def seaside(bank: Bank, town: Town, people: People) -> Activity:
    """Take more on fair days (not S03): card takings through an acquirer the next day, some notes, and bookings."""
    rng = bank.stream("seaside")
    size = bank.some(1 / 500, 4)
    which = np.arange(size) % len(_SEASIDE)
    trades = np.array([TRADES.index(name) for name, *_ in _SEASIDE])[which]
    region = of(rng, SHORE, size)
    firm = businesses(bank, rng, size, trades, region=region)
    bank.note("seaside trade", firm)
    category = np.array([merchant(code) for _, code, *_ in _SEASIDE])[which]
    takings, booking = np.array([one[2:] for one in _SEASIDE])[which].T
    level = 100 * takings * rng.lognormal(0, 0.45, size)
    price = 100 * booking * rng.lognormal(0, 0.3, size)
    acquirer = of(rng, town.acquirers, size)
    drawn = 0.15 + 1.7 * bank.weather.fair
    weight, pool = weights(bank, (0.8, 0.8, 0.85, 0.9, 1.1, 1.35, 1.2), fair=0.9), ours(people)
    rate, visits = np.where(price > 0, rng.uniform(4, 22, size), 0.0), rng.uniform(4, 16, size)

    def book(chapter: Chapter) -> None:
        rng, calendar = chapter.stream("seaside"), chapter.calendar
        who, day = calendar.every(1, np.zeros(size, dtype=np.int64))
        taken = level[who] * drawn[day] * rng.lognormal(0, 0.3, who.size)
        settled = at(day + 1, np.full(day.size, 4.5))
        chapter.journal.book(settled, acquirer[who], firm[who], taken.astype(np.int64))
        notes = rng.random(who.size) < 0.2
        banked = rounded(taken[notes] * 0.5, 500)
        till = at(day[notes], around(rng, 17, 1, banked.size))
        site = region[who[notes]]
        chapter.journal.book(till, NOBODY, firm[who[notes]], banked, channel=CASH, location=site)
        who, day = dated(rng, chapter, visits, weight)
        pence = (100 * rng.lognormal(np.log(19), 0.6, who.size)).astype(np.int64)
        time = at(day, around(rng, 14, 2.5, who.size))
        by_card(chapter.journal, time, of(rng, pool, who.size), firm[who], pence, category[who], region[who])
        who, day = dated(rng, chapter, rate, weight)
        pence = rounded(price[who] * rng.integers(1, 5, who.size), 500)
        time = at(day + rng.integers(0, 3, who.size), around(rng, 17, 3, who.size))
        words = references(rng, "travel", who.size, 0.2)
        chapter.journal.book(time, crowd(bank, rng, pool, who.size, 0.15), firm[who], pence, reference=words)

    return together(book, upkeep(bank, town, "seaside", firm, level * 9))


def marine_clubs(bank: Bank, town: Town, people: People) -> Activity:
    """Run sailing clubs and marinas (R-NAUT): subs, berths, and boats, engines and life jackets for the club."""
    rng = bank.stream("marine clubs")
    size = bank.some(1 / 1500, 2)
    trades = np.where(np.arange(size) % 2 == 0, TRADES.index("marine club"), TRADES.index("marina"))
    region = of(rng, SHORE, size)
    club = businesses(bank, rng, size, trades, region=region)
    bank.note("R-NAUT", club)
    of_club = np.repeat(np.arange(size), rng.integers(20, 60, size))
    member = mixed(rng, town, people, of_club.size, 0.35)
    subs = rounded(100 * rng.uniform(12, 45, size), 100)[of_club]
    berth = rounded(100 * rng.lognormal(np.log(240), 0.4, of_club.size).clip(80, 900), 500)
    moored = np.flatnonzero(rng.random(of_club.size) < 0.45)
    due = of(rng, np.array((1, 1, 5, 15)), size)[of_club]
    words = of(rng, DUES, of_club.size)
    dealer = of(rng, town.firms, (size, 3))
    season, gear = weights(bank, OFFICE_WEEK, BOATING), np.array([merchant("4468"), merchant("5551"), merchant("5941")])
    rate = rng.uniform(1.0, 3.5, size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("marine clubs")
        who, day = dated(rng, chapter, rate, season)
        category = of(rng, gear, who.size)
        place = np.where(rng.random(who.size) < 0.4, ONLINE, region[who])
        shop(chapter, rng, town, club[who], day, category, place, 2.5)
        who, day = dated(rng, chapter, rate * 0.25, season)
        pence = rounded(100 * rng.lognormal(np.log(1500), 0.7, who.size).clip(150, 14_000), 500)
        payee, words = dealer[who, rng.integers(0, 3, who.size)], references(rng, "marine", who.size, 0.1)
        chapter.journal.book(at(day, around(rng, 11, 2, who.size)), club[who], payee, pence, reference=words)

    berths = Way(hour=6.0, sd=0.4, late=0.1)
    return together(
        book,
        standing("subs", member, club[of_club], subs, due, DEBIT, words),
        standing("berths", member[moored], club[of_club[moored]], berth[moored], due[moored], berths, words[moored]),
        upkeep(bank, town, "marine clubs", club, np.full(size, 260_000.0)),
    )


def marine_trade(bank: Bank, town: Town, people: People) -> Activity:
    """Sell boats, engines and gear (R-NAUT): by card all year and most in summer, boats by deposit and balance.

    Dealers buy stock abroad by the pallet, and pay import VAT on it; charter firms take bookings.
    """
    rng = bank.stream("marine trade")
    size = bank.some(1 / 1500, 2)
    trades = np.where(np.arange(size) % 3 < 2, TRADES.index("boat dealer"), TRADES.index("boat charter"))
    region = of(rng, SHORE, size)
    dealer = businesses(bank, rng, size, trades, region=region)
    bank.note("R-NAUT", dealer)
    sells = trades == TRADES.index("boat dealer")
    season, pool = weights(bank, (0.8, 0.7, 0.8, 0.9, 1.2, 1.6, 1.0), BOATING, fair=0.3), ours(people)
    acquirer = of(rng, town.acquirers, size)
    level = 100 * rng.lognormal(np.log(420), 0.4, size)
    bookings = rng.uniform(2, 7, size)
    usual = np.where(sells, 2600.0, 420.0)
    code = np.full(size, merchant("5551"))

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("marine trade")
        who, day = chapter.calendar.every(1, np.zeros(size, dtype=np.int64))
        taken = (level[who] * season[day] * rng.lognormal(0, 0.5, who.size)).astype(np.int64)
        chapter.journal.book(at(day + 1, np.full(day.size, 4.5)), acquirer[who], dealer[who], taken)
        who, day = dated(rng, chapter, bookings, season)
        pence = rounded(100 * usual[who] * rng.lognormal(0, 0.7, who.size), 2500)
        buyer = crowd(bank, rng, pool, who.size, 0.12)
        time, first = at(day, around(rng, 14, 3, who.size)), rounded(pence * 0.15, 2500)
        words = references(rng, "marine", who.size, 0.15)
        chapter.journal.book(time, buyer, dealer[who], first, reference=words)
        later = time + rng.integers(2 * DAY, 16 * DAY, who.size)
        chapter.journal.book(later, buyer, dealer[who], pence - first, reference=words)
        who, day = dated(rng, chapter, bookings * 0.8, season)
        pence = (100 * rng.lognormal(np.log(95), 0.9, who.size)).astype(np.int64)
        time = at(day, around(rng, 13, 2.5, who.size))
        by_card(chapter.journal, time, of(rng, pool, who.size), dealer[who], pence, code[who], region[who])

    return together(
        book,
        _stock(bank, rng, town, dealer[sells]),
        upkeep(bank, town, "marine trade", dealer, np.full(size, 330_000.0)),
    )


def _stock(bank: Bank, rng: np.random.Generator, town: Town, dealer: Ints) -> Activity:
    """Buy boats and engines of one or two makers abroad, more in spring; import VAT within a fortnight."""
    maker = businesses_abroad(bank, rng, ("TR", "CN", "DE", "PL", "IT", "NL"), 2 * dealer.size).reshape(-1, 2)
    lots = np.repeat(np.arange(dealer.size), max(2, bank.calendar.days // 24))
    day = rng.integers(0, bank.calendar.days, lots.size)
    day = bank.calendar.working_day_after(day)
    pence = rounded(100 * rng.lognormal(np.log(5200), 0.5, lots.size), 1000)
    time = at(day, around(rng, 11, 2, lots.size))
    due = (pence * 0.225).astype(np.int64)
    words = references(rng, "customs", lots.size)
    return together(
        wired(bank, "boats", time, dealer[lots], maker[lots, rng.integers(0, 2, lots.size)], pence, "stock"),
        planned(time + 9 * DAY, dealer[lots], town.tax, due, channel=DIRECT_DEBIT, reference=words),
    )


def boat_owners(bank: Bank, town: Town, people: People) -> Activity:
    """Let people keep boats (R-NAUT): a mooring by the month, gear by card in season; a few fit out all at once."""
    rng = bank.stream("boat owners")
    size = bank.some(1 / 120, 3)
    able = np.flatnonzero(active(people) == 1.0)
    owner = rng.choice(able, min(size, able.size), replace=False)
    account, home = people.account[owner], people.region[owner]
    bank.note("R-NAUT", account)
    season = weights(bank, (0.7, 0.7, 0.8, 0.9, 1.2, 1.7, 1.2), BOATING, fair=0.4)
    rate, gear = (
        rng.uniform(0.3, 2.2, owner.size),
        np.array([merchant(code) for code in ("4468", "4468", "5551", "5542")]),
    )
    new = np.flatnonzero(rng.random(owner.size) < 0.12 * bank.calendar.days / 365 + 1 / owner.size)
    buys = np.repeat(new, 4)
    price = (100 * np.array((2400.0, 1300.0, 260.0, 700.0)) * rng.lognormal(0, 0.35, (new.size, 4))).ravel()
    start = rng.integers(0, bank.calendar.days, new.size)
    day = np.repeat(start, 4) + rng.integers(0, 40, buys.size)
    seller = np.where(rng.random(buys.size) < 0.5, of(rng, town.firms, buys.size), of(rng, town.strangers, buys.size))
    words = references(rng, "marine", buys.size, 0.25)
    time = at(day, around(rng, 14, 3, buys.size))
    funds = np.bincount(np.repeat(np.arange(new.size), 4), price, minlength=new.size).astype(np.int64)
    saved = np.where(people.savings[owner[new]] >= 0, people.savings[owner[new]], people.outside[owner[new]])
    harbour, due = of(rng, town.firms, owner.size), rng.integers(1, 29, owner.size)
    mooring = rounded(100 * rng.lognormal(np.log(110), 0.5, owner.size).clip(35, 600), 500)
    words_due = of(rng, DUES, owner.size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("boat owners")
        who, day = dated(rng, chapter, rate, season)
        place = np.where(rng.random(who.size) < 0.3, ONLINE, home[who])
        place = np.where(rng.random(who.size) < 0.3, of(rng, SHORE, who.size), place)
        shop(chapter, rng, town, account[who], day, of(rng, gear, who.size), place, 0.9)

    return together(
        book,
        standing("moorings", account, harbour, mooring, due, DEBIT, words_due),
        planned(at(start, around(rng, 9, 1, new.size)), saved, account[new], funds),
        planned(time, account[buys], seller, rounded(price, 500), reference=words),
    )


def sea_rescue(bank: Bank, town: Town, people: People) -> Activity:
    """Give to rescue charities (R-NAUT, R-CHAR): monthly donors; boats, life jackets, fuel and crew's meals go out."""
    rng = bank.stream("sea rescue")
    size = bank.some(1 / 6000)
    charity = bank.register.open(
        size,
        kind=CHARITY,
        trade=TRADES.index("sea rescue charity"),
        region=of(rng, SHORE, size),
        opened=bank.register.first_day - 4000,
        buffer=300_000,
        address=bank.register.size + np.arange(size),
    )
    bank.note("R-NAUT", charity)
    bank.note("R-CHAR", charity)
    given_to = np.repeat(np.arange(size), 120)
    donor = mixed(rng, town, people, given_to.size, 0.5)
    gift = rounded(100 * rng.lognormal(np.log(14), 0.6, donor.size), 100)
    codes = np.array([merchant(code) for code in ("4468", "5542", "5551", "5411", "5941", "7011")])
    season, by_weather, pool = weights(bank, FLAT_WEEK, BOATING), weights(bank, fair=0.8), ours(people)
    maker = of(rng, town.firms, (size, 2))

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("sea rescue")
        who, day = dated(rng, chapter, np.full(size, 7.0), season)
        shop(chapter, rng, town, charity[who], day, of(rng, codes, who.size), np.full(who.size, CHANNEL), 1.2)
        who, day = dated(rng, chapter, np.full(size, 0.5), season)
        pence = rounded(100 * rng.lognormal(np.log(900), 0.8, who.size), 500)
        words = references(rng, "marine", who.size)
        payee = maker[who, rng.integers(0, 2, who.size)]
        chapter.journal.book(at(day, around(rng, 11, 2, who.size)), charity[who], payee, pence, reference=words)
        who, day = dated(rng, chapter, np.full(size, 20.0), by_weather)
        pence = rounded(100 * rng.lognormal(np.log(25), 0.9, who.size), 500)
        words = references(rng, "gift", who.size, 0.2)
        time = at(day, around(rng, 18, 3, who.size))
        chapter.journal.book(time, crowd(bank, rng, pool, who.size, 0.4), charity[who], pence, reference=words)

    words = references(rng, "gift", donor.size)
    due = rng.integers(1, 29, donor.size)
    return together(
        book,
        standing("rescue donors", donor, charity[given_to], gift, due, DEBIT, words),
        standing("rescue crews", charity, of(rng, town.firms, size), 95_000, np.full(size, 12), Way(noise=0.1)),
    )


_ROAD: Final = (
    ("5542", 9.0, 1.9), ("4784", 5.0, 4.0), ("4411", 2.2, 1.5), ("7011", 1.8, 0.7), ("5812", 5.0, 0.5),
    ("7513", 0.25, 1.2), ("4814", 0.5, 1.0), ("5533", 0.6, 2.5), ("4225", 0.15, 1.4),
)  # fmt: skip
"""Merchant category, purchases by a lorry in a month, and their price as a multiple of a private person's."""


def hauliers(bank: Bank, town: Town) -> Activity:
    """Drive for hire (R-LOGI): fuel, tolls, ferries, lodging and storage by card on the same roads every week.

    Half of the firms cross the Channel and buy most in the region of its ports; others keep to two regions.
    """
    rng = bank.stream("hauliers")
    size = bank.some(1 / 700, 2)
    trades = np.where(rng.random(size) < 0.55, TRADES.index("haulier"), TRADES.index("courier"))
    firm = businesses(bank, rng, size, trades)
    bank.note("R-LOGI", firm)
    lorries = rng.integers(1, 6, size)
    route = np.stack([bank.register.column("region")[firm].astype(np.int64), rng.integers(0, len(REGIONS), size)])
    route[1] = np.where(np.arange(size) % 2 == 0, CHANNEL, route[1])
    codes, rates, scales = (np.array(column) for column in zip(*_ROAD, strict=True))
    bought = np.repeat(np.arange(size), len(_ROAD))
    item = np.tile(np.arange(len(_ROAD)), size)
    category = np.array([merchant(code) for code in codes])
    typical = np.array([CATEGORIES[position].median for position in category])
    rate = rates[item] * lorries[bought]
    week = weights(bank, (1.1, 1.2, 1.2, 1.2, 1.1, 0.5, 0.3))
    card = bank.register.strangers(rng, 2, kind=BUSINESS, trade=TRADES.index("fuel card issuer"))
    fleet = rounded(100 * 310 * lorries * rng.lognormal(0, 0.15, size), 1)
    words = references(rng, "freight", size)
    client = of(rng, town.firms, (size, 5))

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("hauliers")
        row, day = dated(rng, chapter, rate, week)
        who, what = bought[row], item[row]
        place = np.where(rng.random(row.size) < 0.55, route[1, who], route[0, who])
        place = np.where(np.isin(what, (2, 6)), ONLINE, place)
        median = 100 * typical[what] * scales[what]
        pence = (median * rng.lognormal(0, 0.3, row.size)).astype(np.int64)
        time, payee = at(day, around(rng, 11, 4.5, row.size)), visit(town, rng, category[what], place)
        by_card(chapter.journal, time, firm[who], payee, pence, category[what], place)
        who, day = dated(rng, chapter, lorries * 3.0, week)
        pence = rounded(100 * rng.lognormal(np.log(720), 0.5, who.size), 100)
        payer, said = client[who, rng.integers(0, 5, who.size)], references(rng, "freight", who.size, 0.2)
        chapter.journal.book(at(day, around(rng, 11, 2, who.size)), payer, firm[who], pence, reference=said)

    fuel = Way(gap=7, hour=2.5, noise=0.12, channel=DIRECT_DEBIT)
    return together(
        book,
        standing("fuel cards", firm, of(rng, card, size), fleet, rng.integers(0, 5, size), fuel, words),
        upkeep(bank, town, "hauliers", firm, 215_000.0 * lorries),
    )


def stores(bank: Bank, town: Town, people: People) -> Activity:
    """Let lock-ups by the month and vans by the day (R-LOGI): to movers, traders and people between homes."""
    rng = bank.stream("stores")
    size = bank.some(1 / 3000, 2)
    trades = np.where(np.arange(size) % 2 == 0, TRADES.index("storage firm"), TRADES.index("vehicle hire"))
    firm = businesses(bank, rng, size, trades)
    region = bank.register.column("region")[firm].astype(np.int64)
    bank.note("storage and vans", firm)
    units = np.repeat(np.flatnonzero(np.arange(size) % 2 == 0), 35)
    tenant = mixed(rng, town, people, units.size, 0.4)
    pence = rounded(100 * rng.lognormal(np.log(85), 0.45, units.size), 100)
    code, week, pool = np.full(size, merchant("7513")), weights(bank, year=HOLIDAYS), ours(people)
    acquirer = of(rng, town.acquirers, size)
    level = 100 * rng.lognormal(np.log(260), 0.4, size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("stores")
        who, day = dated(rng, chapter, np.full(size, 9.0), week)
        paid = (100 * rng.lognormal(np.log(98), 0.4, who.size)).astype(np.int64)
        time = at(day, around(rng, 9.5, 2, who.size))
        by_card(chapter.journal, time, of(rng, pool, who.size), firm[who], paid, code[who], region[who])
        who, day = chapter.calendar.every(1, np.zeros(size, dtype=np.int64))
        taken = (level[who] * week[day] * rng.lognormal(0, 0.4, who.size)).astype(np.int64)
        chapter.journal.book(at(day + 1, np.full(day.size, 4.5)), acquirer[who], firm[who], taken)

    due, words = rng.integers(1, 29, units.size), references(rng, "freight", units.size, 0.2)
    return together(
        book,
        standing("lock-ups", tenant, firm[units], pence, due, DEBIT, words),
        upkeep(bank, town, "stores", firm, np.full(size, 240_000.0)),
    )


_TRIP: Final = ("4411", "5542", "5542", "7011", "7011", "5812", "4784", "5542", "4814", "7512", "7513", "4225")


def travellers(bank: Bank, town: Town, people: People) -> Activity:
    """Cross the Channel or stay in Kent for some days (not S12): ferry, fuel, rooms, now and then a hired van or SIMs.

    Two linked cards on one journey are common: partners pay in turn.
    """
    rng = bank.stream("travellers")
    often_there = rng.random(people.size) < 0.02
    rate = np.where(often_there, 0.5, 0.012) * (~people.quiet)
    bank.note("tourist", people.account[often_there & ~people.quiet])
    partner = np.where(people.partner >= 0, people.account[people.partner], people.account)
    codes = np.array([merchant(code) for code in _TRIP])
    season = weights(bank, (0.9, 0.8, 0.8, 1.0, 1.3, 1.4, 0.8), HOLIDAYS, fair=0.3)
    online = np.isin(codes, (merchant("4411"), merchant("4814")))

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("travellers")
        who, day = dated(rng, chapter, rate, season)
        bought = rng.integers(3, 9, who.size)
        trip = np.repeat(np.arange(who.size), bought)
        what = (codes.size * rng.random(trip.size) ** 1.2).astype(np.int64)
        payer = np.where(rng.random(trip.size) < 0.25, partner[who[trip]], people.account[who[trip]])
        place = np.where(online[what] | (rng.random(trip.size) < 0.2), ONLINE, CHANNEL)
        when = day[trip] + rng.integers(0, 5, trip.size)
        shop(chapter, rng, town, payer, when, codes[what], place)

    return book
