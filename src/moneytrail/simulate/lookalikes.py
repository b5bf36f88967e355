"""Honest people whose money moves like a gang's: savings circles, charities, trips, house sales, payout runs.

Loops run over groups, of which there are few; the transfers of a group are columns. Each is named after the look-alike
that it stands for in the suppressor table (R-ROSCA, R-CHAR, R-TRIP, R-LOAN, R-REFUND, R-PAY).
"""

from __future__ import annotations

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR, Ints, around, at
from moneytrail.simulate.journal import CASH, DIRECT_DEBIT, NOBODY
from moneytrail.simulate.living import active, outward, round_pounds
from moneytrail.simulate.people import People
from moneytrail.simulate.register import CHARITY
from moneytrail.simulate.town import Bank, Town, businesses
from moneytrail.simulate.words import REGION_SHARE, REGIONS, TRADES, references


def look_alike(bank: Bank, town: Town, people: People) -> None:
    """Book every look-alike population."""
    savings_circles(bank, town, people)
    charities(bank, town, people)
    club_trips(bank, town, people)
    house_sales(bank, town, people)
    payout_runs(bank, town, people)
    windfalls(bank, town, people)


def _members(rng: np.random.Generator, people: People, town: Town, size: int) -> Ints:
    """Draw `size` different accounts, about half of them customers; the first is always a customer."""
    here = min(max(size // 2, 1), people.size)
    ours = rng.choice(people.account[active(people) == 1.0], here, replace=False)
    return np.append(ours, rng.choice(town.strangers, size - here, replace=False))


def savings_circles(bank: Bank, town: Town, people: People) -> None:
    """Run savings circles (R-ROSCA): everyone pays the same sum each turn, and one member takes the pot."""
    rng = bank.stream("savings circles")
    for _ in range(bank.some(1 / 900)):
        members = _members(rng, people, town, int(rng.integers(8, 15)))
        share = int(rng.choice((50, 100, 100, 150, 200))) * 100
        turns = np.arange(int(rng.integers(0, 14)), bank.calendar.days - 2, int(rng.choice((14, 28, 30))))
        day, who = (grid.ravel() for grid in np.meshgrid(turns, np.arange(1, members.size), indexing="ij"))
        time = at(day, around(rng, 19, 2, day.size))
        words = references(rng, "circle", day.size, 0.4)
        bank.journal.book(time, members[who], members[0], np.full(day.size, share), reference=words)
        taker = members[np.arange(turns.size) % members.size]
        pot = np.full(turns.size, share * (members.size - 1))
        bank.journal.book(at(turns + 1, np.full(turns.size, 12.0)), members[0], taker, pot)


def charities(bank: Bank, town: Town, people: People) -> None:
    """Give to charities and places of worship (R-CHAR): monthly donors, an appeal's rush, cash plates, aid abroad."""
    rng = bank.stream("charities")
    size = bank.some(1 / 1200, 2)
    account = bank.register.open(
        size,
        kind=CHARITY,
        trade=np.where(np.arange(size) % 2 == 0, TRADES.index("charity"), TRADES.index("place of worship")),
        region=rng.choice(len(REGIONS), size, p=REGION_SHARE),
        opened=bank.register.first_day - 3000,
        buffer=400_000,
    )
    partners = bank.register.abroad(rng, 2 * size)
    for position in range(size):
        _donations(bank, rng, town, people, int(account[position]))
        _appeal(bank, rng, town, people, int(account[position]))
        day = np.arange(20, bank.calendar.days, 30)
        payee = partners[2 * position + rng.integers(0, 2, day.size)]
        sent = round_pounds(100 * rng.uniform(900, 2600, day.size), 1000)
        outward(
            bank,
            rng,
            (at(day, np.full(day.size, 11.0)), np.full(day.size, account[position]), payee, sent),
            "gift",
        )


def _donations(bank: Bank, rng: np.random.Generator, town: Town, people: People, charity: int) -> None:
    donors = _members(rng, people, town, max(12, min(people.size // 12, 140)))
    who, day = bank.calendar.monthly(rng.integers(1, 29, donors.size))
    gift = round_pounds(100 * rng.lognormal(np.log(11), 0.6, donors.size), 100)[who]
    words = references(rng, "gift", who.size)
    channel = np.where(rng.random(donors.size)[who] < 0.6, DIRECT_DEBIT, 0)
    time = at(bank.calendar.working_day_after(day), np.full(day.size, 4.0))
    bank.journal.book(time, donors[who], charity, gift, channel=channel, reference=words)
    plate = np.flatnonzero(bank.calendar.weekday(np.arange(bank.calendar.days)) == 0)
    taken = round_pounds(100 * rng.lognormal(np.log(190), 0.4, plate.size), 10)
    location = bank.register.column("region")[charity]
    bank.journal.book(
        at(plate, around(rng, 11, 1, plate.size)), NOBODY, charity, taken, channel=CASH, location=location
    )


def _appeal(bank: Bank, rng: np.random.Generator, town: Town, people: People, charity: int) -> None:
    givers = _members(rng, people, town, max(10, min(people.size // 15, 110)))
    day = int(rng.integers(0, max(bank.calendar.days - 12, 1))) + rng.exponential(3.0, givers.size).astype(np.int64)
    gift = round_pounds(100 * rng.lognormal(np.log(22), 1.0, givers.size).clip(3, 2000), 100)
    time = at(day, around(rng, 19, 3, givers.size))
    bank.journal.book(time, givers, charity, gift, reference=references(rng, "gift", givers.size, 0.2))


def club_trips(bank: Bank, town: Town, people: People) -> None:
    """Collect for a club's trip (R-TRIP): subs every month, then one or two larger shares; the airline is paid."""
    rng = bank.stream("club trips")
    for _ in range(bank.some(1 / 500)):
        members = _members(rng, people, town, int(rng.integers(14, 34)))
        who, day = bank.calendar.monthly(np.full(members.size - 1, int(rng.integers(1, 28))))
        subs = np.full(who.size, int(rng.integers(6, 22)) * 100)
        time = at(day, around(rng, 18, 3, day.size))
        bank.journal.book(time, members[1 + who], members[0], subs, reference=references(rng, "club", who.size, 0.2))
        share = int(rng.integers(7, 48)) * 1000
        start = int(rng.integers(bank.calendar.days // 3, max(bank.calendar.days - 10, bank.calendar.days // 3 + 1)))
        day = start + rng.exponential(3.0, members.size - 1).astype(np.int64).clip(0, 9)
        paid = np.full(day.size, share)
        words = references(rng, "club", day.size, 0.2)
        bank.journal.book(at(day, around(rng, 19, 3, day.size)), members[1:], members[0], paid, reference=words)
        when = at(np.array([start + 11, start + 12]), np.array([13.0, 15.0]))
        price = np.array([60, 35]) * share * day.size // 100
        bank.journal.book(when, members[0], rng.choice(town.firms, 2, replace=False), price)


def house_sales(bank: Bank, town: Town, people: People) -> None:
    """Complete house sales (R-LOAN): the proceeds arrive from one solicitor and leave for another the same day."""
    rng = bank.stream("house sales")
    size = max(1, round(people.size * bank.calendar.days / (400 * 120)))
    solicitors = businesses(bank, rng, max(3, size // 6), "solicitor", ours=0.3)
    seller = rng.choice(people.account, min(size, people.size), replace=False)
    size = seller.size
    price = round_pounds(100 * rng.lognormal(np.log(285_000), 0.35, size), 50_000)
    day = bank.calendar.working_day_after(bank.calendar.scattered(rng, size, (0.5, 0.6, 0.7, 0.8, 2.2, 0.0, 0.0)))
    time = at(day, rng.uniform(10, 13, size))
    solicitor = solicitors[rng.integers(0, solicitors.size, (2, size))]
    words = references(rng, "house", size)
    bank.journal.book(time, solicitor[0], seller, price, reference=words)
    left = (price * rng.uniform(0.9, 0.998, size)).astype(np.int64)
    later = time + rng.integers(20, 180, size) * HOUR // 60
    bank.journal.book(later, seller, solicitor[1], left, reference=words)


def payout_runs(bank: Bank, town: Town, people: People) -> None:
    """Pay out refunds, claims and prizes (R-REFUND): one large credit funds dozens of first-time payees in a day."""
    rng = bank.stream("payout runs")
    size = bank.some(1 / 1500, 2)
    trades = rng.choice((TRADES.index("insurer"), TRADES.index("prize promoter")), size)
    for payer in businesses(bank, rng, size, trades):
        runs = np.arange(int(rng.integers(2, 20)), bank.calendar.days - 2, int(rng.integers(20, 45)))
        for day in bank.calendar.working_day_after(runs):
            payees = _members(rng, people, town, int(rng.integers(10, max(min(people.size // 4, 60), 12))))
            amount = round_pounds(100 * rng.lognormal(np.log(170), 0.9, payees.size).clip(10, 6000), 10)
            funded = at(np.array([day]), np.array([9.0]))
            backer = town.firms[int(payer) % town.firms.size]
            bank.journal.book(funded, backer, payer, np.array([amount.sum()]))
            time = funded + 2 * HOUR + np.sort(rng.integers(0, 5 * HOUR, payees.size))
            bank.journal.book(time, payer, payees, amount, reference=references(rng, "refund", payees.size, 0.1))


def windfalls(bank: Bank, town: Town, people: People) -> None:
    """Share out a legacy or a lump sum: one large credit, then relatives and tradesmen are paid within days."""
    rng = bank.stream("windfalls")
    for heir in rng.choice(people.account, min(bank.some(1 / 700), people.size), replace=False):
        day = int(rng.integers(0, max(bank.calendar.days - 6, 1)))
        sum_in = int(rng.lognormal(np.log(24_000), 0.6)) * 100
        time = at(np.array([day]), np.array([11.0]))
        bank.journal.book(time, rng.choice(town.firms), heir, np.array([sum_in]), reference=references(rng, "house", 1))
        payees = rng.choice(town.strangers, int(rng.integers(3, 9)), replace=False)
        amount = round_pounds(sum_in * rng.uniform(0.2, 0.8) * rng.dirichlet(np.full(payees.size, 4.0)), 5000)
        later = time + 2 * HOUR + rng.integers(0, 3 * DAY, payees.size)
        bank.journal.book(later, heir, payees, amount, reference=references(rng, "favour", payees.size, 0.3))
