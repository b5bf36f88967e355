"""Firms whose honest money moves like a gang's: importers, exporters, dealers, groups of firms, markets, platforms.

Each population is named after the look-alike that it stands for in the suppressor table (R-TRADE) or after the
typology that it must not be taken for (L06 to L09, L12, S13, S15). All numbers are design. Firms earn
what they need, and spend what they have left, where every business of the bank is settled up.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, OFFICE_WEEK, SHOPPING_WEEK, around, at
from moneytrail.simulate.honest.payments import (
    Way,
    crowd,
    dated,
    instalments,
    inward,
    mixed,
    of,
    ours,
    outward,
    planned,
    rounded,
    shop,
    soon_after,
    standing,
    together,
    upkeep,
    weights,
)
from moneytrail.simulate.honest.people import People
from moneytrail.simulate.journal import CASH, DIRECT_DEBIT, NOBODY
from moneytrail.simulate.register import BUSINESS
from moneytrail.simulate.town import ONLINE, Activity, Bank, Chapter, Town, businesses, businesses_abroad
from moneytrail.simulate.words import (
    OURS,
    TRADES,
    merchant,
    reference,
    references,
)

VAT: Final = 0.2
DUTY: Final = 0.03


def firms(bank: Bank, town: Town, people: People) -> list[Activity]:
    """Plan importers and exporters, dealers, groups of firms, markets, platforms and travel for staff."""
    return [
        importers(bank, town),
        exporters(bank, town),
        car_dealers(bank, town, people),
        owner_groups(bank),
        franchises(bank, town),
        treasuries(bank, town),
        markets(bank, town),
        platforms(bank, town, people),
        staff_travel(bank, town),
    ]


_ABROAD: Final = ("TR", "CN", "DE", "PL", "IN", "VN", "BE", "NL", "IT", "AE", "HU", "BG", "RO", "PK", "AL", "IQ")
_IMPORTS: Final = ("importer", "wholesaler", "phone shop", "rug shop", "boat dealer")


def importers(bank: Bank, town: Town) -> Activity:
    """Buy goods abroad (R-TRADE) from two to five suppliers who stay; VAT and duty follow each consignment.

    One payment in twenty goes to a third party that the supplier names.
    """
    rng = bank.stream("importers")
    size = bank.some(1 / 500, 5)
    trades = np.array([TRADES.index(name) for name in _IMPORTS])[np.arange(size) % len(_IMPORTS)]
    importer = businesses(bank, rng, size, trades)
    bank.note("R-TRADE", importer)
    ties = np.repeat(np.arange(size), rng.integers(2, 6, size))
    supplier = businesses_abroad(bank, rng, _ABROAD, ties.size)
    other = businesses_abroad(bank, rng, _ABROAD, ties.size)
    usual = 100 * rng.lognormal(np.log(2600), 0.7, ties.size).clip(500, 30_000)
    rate = rng.uniform(0.7, 2.2, ties.size)
    office = weights(bank, OFFICE_WEEK)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("importers")
        tie, day = dated(rng, chapter, rate, office)
        pence = rounded(usual[tie] * rng.lognormal(0, 0.3, tie.size), 100)
        time, debtor = at(day, around(rng, 11, 2.5, tie.size)), importer[ties[tie]]
        payee = np.where(rng.random(tie.size) < 0.05, other[tie], supplier[tie])
        outward(bank, chapter.journal, rng, (time, debtor, payee, pence), "stock")
        due = (pence * (VAT + DUTY * 1.2) * rng.uniform(0.94, 1.06, tie.size)).astype(np.int64)
        words = references(rng, "customs", tie.size)
        later = at(day + rng.integers(3, 15, tie.size), np.full(tie.size, 3.0))
        chapter.journal.book(later, debtor, town.tax, due, channel=DIRECT_DEBIT, reference=words)
        carried = (pence * rng.uniform(0.03, 0.09, tie.size)).astype(np.int64)
        words = references(rng, "freight", tie.size, 0.1)
        carrier = town.firms[(debtor * 3 + rng.integers(0, 2, tie.size)) % town.firms.size]
        chapter.journal.book(later + 5 * DAY // 2, debtor, carrier, carried, reference=words)

    return together(book, upkeep(bank, town, "importers", importer, np.full(size, 380_000.0)))


def exporters(bank: Bank, town: Town) -> Activity:
    """Sell goods abroad (R-TRADE) to buyers who stay; a factor or a third party pays now and then; freight goes out."""
    rng = bank.stream("exporters")
    size = bank.some(1 / 900, 2)
    exporter = businesses(bank, rng, size, "exporter")
    bank.note("R-TRADE", exporter)
    ties = np.repeat(np.arange(size), rng.integers(3, 8, size))
    buyer = businesses_abroad(bank, rng, _ABROAD, ties.size)
    factor = bank.register.strangers(rng, 3, kind=BUSINESS)
    usual = 100 * rng.lognormal(np.log(3200), 0.7, ties.size).clip(500, 30_000)
    rate = rng.uniform(0.6, 1.8, ties.size)
    office = weights(bank, OFFICE_WEEK)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("exporters")
        tie, day = dated(rng, chapter, rate, office)
        pence = rounded(usual[tie] * rng.lognormal(0, 0.3, tie.size), 100)
        drawn = rng.random(tie.size)
        payer = np.where(drawn < 0.08, of(rng, factor, tie.size), buyer[tie])
        payer = np.where(drawn > 0.96, of(rng, buyer, tie.size), payer)
        time, seller = at(day, around(rng, 11, 2.5, tie.size)), exporter[ties[tie]]
        inward(bank, chapter.journal, rng, (time, payer, seller, pence), "invoice")
        cost = (pence * rng.uniform(0.05, 0.12, tie.size)).astype(np.int64)
        carrier = town.firms[(seller * 3 + rng.integers(0, 2, tie.size)) % town.firms.size]
        words = references(rng, "freight", tie.size, 0.1)
        chapter.journal.book(soon_after(rng, time, 200), seller, carrier, cost, reference=words)

    return together(book, upkeep(bank, town, "exporters", exporter, np.full(size, 420_000.0)))


def car_dealers(bank: Bank, town: Town, people: People) -> Activity:
    """Buy used cars at auctions and from people, sell them to people and abroad (R-TRADE; not L12, L15)."""
    rng = bank.stream("car dealers")
    size = bank.some(1 / 1200, 2)
    dealer = businesses(bank, rng, size, "car dealer")
    bank.note("car dealer", dealer)
    region = bank.register.column("region")[dealer]
    auction = bank.register.strangers(rng, 4, kind=BUSINESS)
    abroad = businesses_abroad(bank, rng, _ABROAD, 3 * size)
    rate = rng.uniform(5, 13, size)
    week, pool = weights(bank, SHOPPING_WEEK), ours(people)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("car dealers")
        who, day = dated(rng, chapter, rate, week)
        price = rounded(100 * rng.lognormal(np.log(4300), 0.55, who.size).clip(700, 26_000), 5000)
        time, account = at(day, around(rng, 13, 2.5, who.size)), dealer[who]
        words = references(rng, "stock", who.size, 0.2)
        cost = rounded(price * rng.uniform(0.74, 0.92, who.size), 2500)
        seller = np.where(rng.random(who.size) < 0.7, of(rng, auction, who.size), bank.register.anyone(rng, who.size))
        chapter.journal.book(time - rng.integers(0, 6 * DAY, who.size), account, seller, cost, reference=words)
        way = rng.random(who.size)
        far, notes, home = way < 0.08, (way >= 0.08) & (way < 0.16), way >= 0.16
        buyer = abroad[who[far] * 3 + rng.integers(0, 3, int(far.sum()))]
        inward(bank, chapter.journal, rng, (time[far], buyer, account[far], price[far]), "stock")
        site = region[who[notes]]
        chapter.journal.book(time[notes], NOBODY, account[notes], price[notes], channel=CASH, location=site)
        buyer = crowd(bank, rng, pool, int(home.sum()), 0.06)
        chapter.journal.book(time[home], buyer, account[home], price[home], reference=words[home])

    return together(book, upkeep(bank, town, "car dealers", dealer, np.full(size, 300_000.0)))


def owner_groups(bank: Bank) -> Activity:
    """Lend between three firms of one owner (not L08): a round sum goes round in weeks, or comes back in parts."""
    rng = bank.stream("owner groups")
    size = bank.some(1 / 1500, 2)
    home = np.repeat(bank.register.size + 3 * np.arange(size), 3)
    trades = np.where(np.arange(3 * size) % 3 == 0, TRADES.index("holding company"), TRADES.index("retailer"))
    firm = businesses(bank, rng, 3 * size, trades, address=home, phone=home).reshape(-1, 3)
    bank.note("loans within a group", firm.ravel())
    who, start = instalments(
        rng.integers(-40, 60, size), np.full(size, bank.calendar.days // 60 + 2), np.full(size, 60)
    )
    start = start + rng.integers(0, 25, who.size)
    lent = rounded(100 * rng.lognormal(np.log(9000), 0.5, who.size), 100_000)
    legs = np.array(((0, 1), (1, 2), (2, 0)))[None] + np.zeros((who.size, 1, 1), dtype=np.int64)
    delay = np.cumsum(rng.integers(1, 9, (who.size, 3)), axis=1)
    pence = (lent[:, None] * np.cumprod(rng.uniform(0.88, 1.0, (who.size, 3)), axis=1)).astype(np.int64)
    time = at((start[:, None] + delay).ravel(), around(rng, 12, 2, 3 * who.size))
    debtor, creditor = (firm[who[:, None], legs[:, :, side]].ravel() for side in (0, 1))
    return planned(time, debtor, creditor, pence.ravel(), reference=references(rng, "loan", time.size, 0.2))


def franchises(bank: Bank, town: Town) -> Activity:
    """Settle franchisees' online sales each week (not L06): within days they buy of one wholesaler, and pay fees."""
    rng = bank.stream("franchises")
    size = bank.some(1 / 3000)
    head, depot = businesses(bank, rng, size, "franchisor"), businesses(bank, rng, size, "wholesaler")
    of_head = np.repeat(np.arange(size), rng.integers(4, 9, size))
    outlet = businesses(bank, rng, of_head.size, "franchisee")
    bank.note("franchise", np.concatenate([head, depot, outlet]))
    level = 100 * rng.lognormal(np.log(1300), 0.4, outlet.size)
    payday = rng.integers(0, 7, size)[of_head]

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("franchises")
        who, day = chapter.calendar.every(7, payday)
        sold = (level[who] * rng.lognormal(0, 0.25, who.size)).astype(np.int64)
        time = at(day, 6.0 + of_head[who] / 600)
        chapter.journal.book(time, head[of_head[who]], outlet[who], sold, reference=reference("gig", "weekly earnings"))
        spent = (sold * rng.uniform(0.72, 1.0, who.size)).astype(np.int64)
        words = references(rng, "stock", who.size, 0.1)
        chapter.journal.book(soon_after(rng, time, 70), outlet[who], depot[of_head[who]], spent, reference=words)

    fee = (level * 4.3 * 0.07).astype(np.int64)
    words = reference("fees", "franchise fee")
    due, way = np.full(outlet.size, 3), Way(hour=3.0, noise=0.05, channel=DIRECT_DEBIT)
    return together(
        book,
        standing("franchise fees", outlet, head[of_head], fee, due, way, words),
        upkeep(bank, town, "franchises", outlet, np.full(outlet.size, 160_000.0)),
    )


def treasuries(bank: Bank, town: Town) -> Activity:
    """Pool a group's cash (not L07): takings of four branches go up through two accounts and out in one afternoon.

    Half of the groups are one firm with many accounts; in the others each account is a firm of its own.
    """
    rng = bank.stream("treasuries")
    size = bank.some(1 / 3000)
    own = bank.register.size + np.arange(6 * size)
    party = np.where(np.arange(6 * size) // 6 % 2 == 0, bank.register.size + np.arange(6 * size) // 6 * 6, own)
    account = businesses(bank, rng, 6 * size, "holding company", party=party).reshape(size, 6)
    bank.note("cash pooling", account.ravel())
    outside = bank.register.strangers(rng, size, kind=BUSINESS, party=account[:, 0])
    level = 100 * rng.lognormal(np.log(800), 0.4, (size, 4))
    sweep_day = rng.integers(0, 7, size)
    acquirer = of(rng, town.acquirers, size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("treasuries")
        who, day = chapter.calendar.every(7, sweep_day)
        taken = (level[who][:, :, None] * rng.lognormal(0, 0.25, (who.size, 4, 6))).astype(np.int64)
        days = (day[:, None, None] - np.arange(6)) + np.zeros((1, 4, 1), dtype=np.int64)
        branch = np.broadcast_to(account[who][:, :4, None], taken.shape)
        payer = np.broadcast_to(acquirer[who][:, None, None], taken.shape)
        time = at(days.ravel(), np.full(days.size, 4.5))
        chapter.journal.book(time, payer.ravel(), branch.ravel(), taken.ravel())
        up = (taken.sum(axis=2) * rng.uniform(0.93, 1.0, (who.size, 4))).astype(np.int64)
        words = reference("loan", "group treasury sweep")
        first = at(np.repeat(day, 4), 16.0 + rng.random(4 * day.size))
        chapter.journal.book(first, branch[:, :, 0].ravel(), np.repeat(account[who, 4], 4), up.ravel(), reference=words)
        total = up.sum(axis=1)
        for hour, share, debtor, creditor in (
            (17.5, 0.97, account[who, 4], account[who, 5]),
            (18.5, 0.93, account[who, 5], outside[who]),
        ):
            pence = (total * share).astype(np.int64)
            chapter.journal.book(at(day, hour + 0.4 * rng.random(day.size)), debtor, creditor, pence, reference=words)

    return book


def markets(bank: Bank, town: Town) -> Activity:
    """Trade within a market (not L09): most retailers pay most wholesalers each week, these pay importers a week on."""
    rng = bank.stream("markets")
    size = bank.some(1 / 3000)
    wholesalers = businesses(bank, rng, 4 * size, "wholesaler").reshape(size, 4)
    retailers = businesses(bank, rng, 7 * size, "retailer").reshape(size, 7)
    bank.note("wholesale market", np.append(wholesalers, retailers))
    sources = of(rng, town.firms, (size, 3))
    down = np.stack([np.repeat(retailers, 4, axis=1), np.tile(wholesalers, 7)]).reshape(2, -1)
    up = np.stack([np.repeat(wholesalers, 3, axis=1), np.tile(sources, 4)]).reshape(2, -1)
    level = 100 * rng.lognormal(np.log(420), 0.4, down.shape[1])
    weekday = rng.integers(0, 7, size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("markets")
        for pairs, part, delay in ((down, 28, 0), (up, 12, 6)):
            edge, day = chapter.calendar.every(7, np.repeat(weekday, part))
            there = rng.random(edge.size) < 0.72
            edge, day = edge[there], day[there] + delay + rng.integers(0, 3, int(there.sum()))
            mean = level[edge] if part == 28 else level[edge // 12 * 28] * 1.9
            pence = (mean * rng.lognormal(0, 0.35, edge.size)).astype(np.int64)
            words = references(rng, "invoice", edge.size, 0.1)
            time = at(day, around(rng, 8.5, 1.8, edge.size))
            chapter.journal.book(time, pairs[0, edge], pairs[1, edge], pence, reference=words)

    return book


def platforms(bank: Bank, town: Town, people: People) -> Activity:
    """Pay riders and drivers each week (not S13), and share tips: a manager sends equal parts to a few colleagues."""
    rng = bank.stream("platforms")
    size = bank.some(1 / 3000, 2)
    trades = np.where(np.arange(size) % 2 == 0, TRADES.index("gig platform"), TRADES.index("taxi operator"))
    platform = businesses(bank, rng, size, trades)
    bank.note("gig platform", platform)
    riders = np.repeat(np.arange(size), rng.integers(25, 70, size))
    rider = mixed(rng, town, people, riders.size, 0.4)
    pence = (100 * rng.lognormal(np.log(130), 0.6, riders.size).clip(15, 900)).astype(np.int64)
    week, words = np.full(riders.size, 1), references(rng, "gig", riders.size, 0.1)
    earned = Way(gap=7, hour=9.0, noise=0.3)
    hired = np.flatnonzero((riders % 2 == 1) & (rng.random(riders.size) < 0.6))
    pools = bank.some(1 / 1000)
    head = of(rng, ours(people), pools)
    bank.note("shared tips", head)
    shared = np.repeat(np.arange(pools), rng.integers(5, 10, pools))
    colleague = mixed(rng, town, people, shared.size, 0.4)
    tips = rounded(100 * rng.uniform(30, 120, pools), 500)[shared]
    told = references(rng, "gig", pools, 0.3)[shared]
    pot = np.bincount(shared, tips, minlength=pools)
    turn = rng.integers(0, 14, pools)
    customer = of(rng, town.firms, pools)
    return together(
        standing("riders", platform[riders], rider, pence, week, earned, words),
        standing("car rent", rider[hired], platform[riders[hired]], 9500, week[hired], Way(gap=7, hour=20.0, sd=2.0)),
        standing("tips in", customer, head, pot, turn, Way(gap=14, hour=9.0, noise=0.05)),
        standing("tips out", head[shared], colleague, tips, turn[shared], Way(gap=14, hour=18.0, sd=1.5), told),
        upkeep(bank, town, "platforms", platform, np.full(size, 500_000.0)),
    )


def staff_travel(bank: Bank, town: Town) -> Activity:
    """Buy flights, rooms and vans for staff and teams (not S15): several at once, by employers and sports clubs."""
    rng = bank.stream("staff travel")
    clubs = businesses(bank, rng, bank.some(1 / 2000), "sports club")
    employers = town.employers[bank.register.institution(town.employers) == OURS]
    buyer = np.append(of(rng, employers, bank.some(1 / 600, 2)) if employers.size else clubs[:0], clubs)
    rate = rng.uniform(0.8, 2.5, buyer.size)
    bank.note("staff travel", buyer)
    codes = np.array([merchant(code) for code in ("4511", "7011", "4722", "7011", "7512", "4411")])
    week = weights(bank, OFFICE_WEEK)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("staff travel")
        trip, day = dated(rng, chapter, rate, week)
        seats = rng.integers(3, 13, trip.size)
        buying, day = np.repeat(buyer[trip], seats), np.repeat(day, seats)
        category = np.repeat(of(rng, codes, trip.size), seats)
        shop(chapter, rng, town, buying, day, category, np.full(day.size, ONLINE), 0.9)

    return together(book, upkeep(bank, town, "clubs", clubs, np.full(clubs.size, 150_000.0)))
