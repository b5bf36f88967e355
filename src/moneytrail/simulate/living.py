"""Everyday life: wages, benefits, homes, bills, shopping, cash, friends, savings. All that fills a personal account.

Each function books one population for all `people` at once, from its own stream of chance.
"""

from __future__ import annotations

import numpy as np

from moneytrail.simulate.calendar import (
    EVENING_WEEK,
    FLAT_WEEK,
    OFFICE_WEEK,
    SHOPPING_WEEK,
    Bools,
    Floats,
    Ints,
    around,
    at,
)
from moneytrail.simulate.journal import CARD, CASH, DIRECT_DEBIT, NOBODY, WIRE
from moneytrail.simulate.people import (
    AGENT_TENANT,
    EMPLOYED,
    MORTGAGED,
    NOT_WORKING,
    OWNER,
    RETIRED,
    SOLE_TRADER,
    STUDENT,
    TENANT,
    People,
)
from moneytrail.simulate.town import FOUR_WEEKLY, MONTHLY, ONLINE, WEEKLY, Bank, Town, visit
from moneytrail.simulate.words import CATEGORIES, RATE, free_text, human_sums, reference, references

MEAN_BASKET = sum(c.share * c.median * np.exp(c.sigma**2 / 2) for c in CATEGORIES) / sum(c.share for c in CATEGORIES)


def live(bank: Bank, town: Town, people: People, friends: Ints) -> None:
    """Book the everyday life of `people`; `friends` are the accounts that they share bills and favours with."""
    wages(bank, town, people)
    benefits(bank, town, people)
    study(bank, town, people)
    housing(bank, town, people)
    bills(bank, town, people)
    shopping(bank, town, people)
    cash(bank, people)
    private(bank, people, friends)
    larger_sums(bank, people, friends)
    once_only(bank, people)
    family(bank, people, friends)
    saving(bank, town, people)
    abroad(bank, people)


def often(rng: np.random.Generator, bank: Bank, monthly_rate: Floats) -> Ints:
    """Return positions, each repeated a Poisson number of times for its `monthly_rate` over the calendar."""
    return np.repeat(np.arange(monthly_rate.size), rng.poisson(monthly_rate * bank.calendar.months))


def round_pounds(pence: Floats, step: int = 500) -> Ints:
    """Round to whole multiples of `step` pence, one step or more."""
    return np.maximum(np.round(pence / step), 1).astype(np.int64) * step


def active(people: People) -> Floats:
    """Return how much of a full everyday life each person leads on this account: 0 to 1."""
    return np.where(people.quiet, 0.0, np.where(people.sweepers, 0.1, 1.0))


def wages(bank: Bank, town: Town, people: People) -> None:
    """Pay wages: one payroll run an employer, to the second, monthly, four-weekly or weekly; sweepers send them on."""
    rng = bank.stream(people.key, "wages")
    staff = np.flatnonzero((people.work == EMPLOYED) & ~people.quiet)
    cadence = town.cadence[people.employer[staff]]
    for kind, part in ((MONTHLY, 1.0), (FOUR_WEEKLY, 28 / 30.4), (WEEKLY, 7 / 30.4)):
        workers = staff[cadence == kind]
        payday = town.payday[people.employer[workers]]
        gap = 7 if kind == WEEKLY else 28
        # Four-weekly and weekly runs fall on Fridays: day 4 of the week, shifted to the calendar's first Friday.
        friday = (4 - bank.calendar.start.weekday()) % 7 + 7 * (payday % (gap // 7))
        who, day = bank.calendar.monthly(payday) if kind == MONTHLY else bank.calendar.every(gap, friday)
        who, day = workers[who], bank.calendar.working_day_before(day)
        steady = np.where(rng.random(who.size) < 0.75, 1.0, rng.lognormal(0, 0.07, who.size))
        amount = np.round(
            people.income[who] * part * np.where(kind == WEEKLY, rng.lognormal(0, 0.06, who.size), steady)
        )
        boss = people.employer[who]
        time = at(day, town.payroll_hour[boss] + 0.25)
        word = references(rng, "pay", town.employers.size)[boss]
        bank.journal.book(time, town.employers[boss], people.account[who], amount.astype(np.int64), reference=word)
        _sweep(bank, rng, people, who, time, amount)


def _sweep(bank: Bank, rng: np.random.Generator, people: People, who: Ints, time: Ints, amount: Floats) -> None:
    on = people.sweepers[who]
    who, time = who[on], time[on] + rng.integers(2, 300, int(on.sum())) * 60_000_000
    moved = round_pounds(amount[on] * rng.uniform(0.8, 0.97, who.size), 1000)
    words = references(rng, "own", who.size, 0.4)
    bank.journal.book(time, people.account[who], people.outside[who], moved, reference=words)


def benefits(bank: Bank, town: Town, people: People) -> None:
    """Pay pensions and benefits every four weeks, on a weekday, from the state; some pensions from a firm."""
    rng = bank.stream(people.key, "benefits")
    eligible = np.isin(people.work, (RETIRED, NOT_WORKING)) & ~people.quiet
    holders = np.flatnonzero(eligible)
    who, day = bank.calendar.every(28, rng.integers(0, 28, holders.size))
    who, day = holders[who], bank.calendar.working_day_before(day)
    amount = (people.income[who] * 28 / 30.4).astype(np.int64)
    second = rng.random(people.size)[who] < 0.6
    pension = np.where(second, (amount * 0.45).astype(np.int64), 0)
    words = np.where(people.work[who] == RETIRED, reference("state", "STATE PENSION"), reference("state", "BENEFIT"))
    bank.journal.book(
        at(day, np.full(day.size, 1.5)), town.state, people.account[who], amount - pension, reference=words
    )
    payer = town.firms[people.account[who] % 17]
    bank.journal.book(at(day, np.full(day.size, 3.0)), payer, people.account[who], pension)


def study(bank: Bank, town: Town, people: People) -> None:
    """Support students: a sponsor pays monthly, or a large sum a term, a third of them from abroad; fees go out."""
    rng = bank.stream(people.key, "study")
    students = np.flatnonzero((people.work == STUDENT) & ~people.quiet)
    foreign = rng.random(students.size) < 0.35
    sponsors = np.where(
        foreign,
        bank.register.abroad(rng, students.size),
        bank.register.strangers(rng, students.size),
    )
    termly = rng.random(students.size) < 0.45
    who, day = bank.calendar.monthly(rng.integers(1, 29, students.size))
    turn = np.where(termly[who], (day // 30 + who) % 3 == 0, True)
    who, day = who[turn], day[turn]
    amount = round_pounds(
        people.income[students[who]] * np.where(termly[who], 3.0, 1.0) * rng.lognormal(0.1, 0.1, who.size)
    )
    _inward(bank, rng, at(day, around(rng, 13, 3, day.size)), sponsors[who], people.account[students[who]], amount)
    _study_fees(bank, rng, town, people.account[students], amount, who, day)


def _study_fees(
    bank: Bank, rng: np.random.Generator, town: Town, account: Ints, received: Ints, who: Ints, day: Ints
) -> None:
    paid = round_pounds(received * rng.uniform(0.35, 0.55, who.size), 100)
    later = at(day + rng.integers(0, 4, day.size), around(rng, 17, 3, day.size))
    words = references(rng, "study", who.size)
    bank.journal.book(later, account[who], town.universities[account[who] % 12], paid, reference=words)


def _inward(bank: Bank, rng: np.random.Generator, time: Ints, debtor: Ints, creditor: Ints, pence: Ints) -> None:
    """Book credits of `pence`; from a foreign account they come as a wire in its currency."""
    country = bank.register.column("country")[debtor]
    foreign = country > 0
    currency = np.where(foreign, np.where(country <= 6, 1, 2), 0)
    sent = np.where(foreign, np.round(pence * RATE[currency]).astype(np.int64), pence)
    bank.journal.book(
        time,
        debtor,
        creditor,
        sent,
        channel=np.where(foreign, WIRE, 0),
        currency=currency,
        credited=np.where(foreign, pence, -1),
        credited_currency=np.where(foreign, 0, -1),
        reference=references(rng, "remit", time.size, 0.5),
    )


def housing(bank: Bank, town: Town, people: People) -> None:
    """Pay rent by standing order to a landlord or letting agent, and mortgages by direct debit."""
    rng = bank.stream(people.key, "housing")
    landlord = town.landlords[(town.landlords.size * rng.random(people.size) ** 1.6).astype(np.int64)]
    agent = town.agents[rng.integers(0, town.agents.size, people.size)]
    lender = town.lenders[rng.integers(0, town.lenders.size, people.size)]
    payee = np.select([people.housing == TENANT, people.housing == AGENT_TENANT], [landlord, agent], lender)
    share = rng.uniform(0.24, 0.36, people.size) * np.where(people.partner >= 0, 0.7, 1.0)
    price = round_pounds(people.income * share, 500) + np.where(people.housing == MORTGAGED, 317, 0)
    wanted = (people.housing != OWNER) & (people.work != STUDENT) & (active(people) == 1.0)
    payers = np.flatnonzero(wanted)
    who, day = bank.calendar.monthly(rng.choice((1, 1, 1, 2, 3, 5, 28, 28), payers.size))
    who, day = payers[who], bank.calendar.working_day_after(day)
    debit = people.housing[who] == MORTGAGED
    hour = np.where(debit, 2.0, 5.0 + (people.account[who] % 120) / 60)
    words = np.where(debit, reference("bill", "MORTGAGE"), references(rng, "rent", people.size, 0.2)[who])
    channel = np.where(debit, DIRECT_DEBIT, 0)
    bank.journal.book(at(day, hour), people.account[who], payee[who], price[who], channel=channel, reference=words)


BILLS = (
    ("COUNCIL TAX", 0.75, 135.0, 0.25), ("ENERGY", 0.85, 105.0, 0.35), ("WATER", 0.7, 38.0, 0.25),
    ("BROADBAND", 0.75, 31.0, 0.2), ("MOBILE", 0.85, 17.0, 0.4), ("INSURANCE", 0.6, 34.0, 0.5),
    ("TV LICENCE", 0.5, 14.12, 0.0), ("GYM", 0.2, 27.0, 0.3), ("LOAN", 0.18, 140.0, 0.5),
)  # fmt: skip


def bills(bank: Bank, town: Town, people: People) -> None:
    """Collect monthly direct debits in night batches: the same sum each time, energy a little different."""
    rng = bank.stream(people.key, "bills")
    scale = (people.income / 200_000).clip(0.5, 1.6) * np.where(people.partner >= 0, 0.75, 1.0)
    for kind, (word, share, median, sigma) in enumerate(BILLS):
        payers = np.flatnonzero((rng.random(people.size) < share) & (active(people) == 1.0))
        price = 100 * median * rng.lognormal(0, sigma, payers.size) * np.where(sigma > 0, scale[payers], 1.0)
        biller = town.billers[kind * 4 + rng.integers(0, 4, payers.size)]
        who, day = bank.calendar.monthly(rng.integers(1, 29, payers.size))
        moved = rng.lognormal(0, 0.06, who.size) if word == "ENERGY" else np.ones(who.size)
        time = at(bank.calendar.working_day_after(day), np.full(day.size, 1.0 + kind * 0.5))
        amount = (price[who] * moved).astype(np.int64)
        code = reference("bill", word)
        account = people.account[payers[who]]
        bank.journal.book(time, account, biller[who], amount, channel=DIRECT_DEBIT, reference=code)


def shopping(bank: Bank, town: Town, people: People) -> None:
    """Spend by card: what is left of the income decides the basket, the category the price, the hour and the place."""
    rng = bank.stream(people.key, "shopping")
    rate = rng.lognormal(np.log(28), 0.45, people.size).clip(2, 90)
    basket = people.income * _spare(people) / (rate * MEAN_BASKET * 100)
    who = often(rng, bank, rate * active(people))
    share = np.array([c.share for c in CATEGORIES])
    category = np.searchsorted(np.cumsum(share / share.sum()), rng.random(who.size)).clip(0, len(CATEGORIES) - 1)
    table = np.array([(c.median, c.sigma, c.hour, c.hour_sd, c.online) for c in CATEGORIES])[category]
    online = rng.random(who.size) < table[:, 4]
    away = np.where(rng.random(who.size) < 0.06, rng.integers(0, ONLINE, who.size), people.region[who])
    pounds = table[:, 0] * np.exp(table[:, 1] * rng.standard_normal(who.size)) * basket.clip(0.35, 3.5)[who]
    day = bank.calendar.scattered(rng, who.size, SHOPPING_WEEK)
    bank.journal.book(
        at(day, around(rng, table[:, 2], table[:, 3], who.size)),
        people.account[who],
        visit(town, rng, category, np.where(online, ONLINE, away)),
        _price(rng, pounds),
        channel=CARD,
        category=category,
        location=np.where(online, -1, away),
    )


def _spare(people: People) -> Floats:
    """Return the share of income that goes on cards: less for those who pay rent."""
    share = np.select([people.housing == OWNER, people.work == STUDENT], [0.56, 0.46], 0.36)
    return np.where(people.work == SOLE_TRADER, 0.30, share)


def _price(rng: np.random.Generator, pounds: Floats) -> Ints:
    """Turn pounds into prices: four in ten end in .00, .50 or .99."""
    pence = np.maximum(pounds * 100, 80).astype(np.int64)
    ending = np.array((0, 50, 99, 99))[rng.integers(0, 4, pounds.size)]
    return np.where(rng.random(pounds.size) < 0.4, pence // 100 * 100 + np.maximum(ending, 0), pence).clip(50)


def cash(bank: Bank, people: People) -> None:
    """Take notes from machines, and now and then pay some in: gifts, sold goods, savings from home."""
    rng = bank.stream(people.key, "cash")
    who = often(rng, bank, rng.gamma(1.4, 0.9, people.size) * active(people))
    notes = np.array((1000, 2000, 2000, 3000, 4000, 5000, 6000, 8000, 10_000, 10_000, 20_000, 30_000, 50_000))
    amount = notes[(notes.size * rng.random(who.size) ** 1.3).astype(np.int64)]
    time = at(bank.calendar.scattered(rng, who.size, SHOPPING_WEEK), around(rng, 14.5, 4, who.size))
    bank.journal.book(time, people.account[who], NOBODY, amount, channel=CASH, location=people.region[who])
    who = often(rng, bank, 0.12 * rng.gamma(0.5, 2.0, people.size) * active(people))
    amount = round_pounds(100 * rng.lognormal(np.log(160), 1.0, who.size).clip(10, 9000), 500)
    time = at(bank.calendar.scattered(rng, who.size, OFFICE_WEEK), around(rng, 12.7, 2, who.size))
    bank.journal.book(time, NOBODY, people.account[who], amount, channel=CASH, location=people.region[who])


def private(bank: Bank, people: People, friends: Ints) -> None:
    """Split bills with a few friends, both ways."""
    rng = bank.stream(people.key, "private")
    circle = friends[rng.integers(0, friends.size, (people.size, 6))]
    who = often(rng, bank, rng.gamma(1.3, 1.7, people.size) * active(people))
    friend = circle[who, (6 * rng.random(who.size) ** 1.8).astype(np.int64)]
    pence = 100 * rng.lognormal(np.log(17), 0.8, who.size).clip(1, 400)
    amount = np.where(rng.random(who.size) < 0.6, round_pounds(pence, 100), pence.astype(np.int64))
    time = at(bank.calendar.scattered(rng, who.size, EVENING_WEEK), around(rng, 18.5, 3.6, who.size))
    _either_way(bank, rng, people.account[who], friend, (time, amount), "friends")


def larger_sums(bank: Bank, people: People, friends: Ints) -> None:
    """Move larger private sums: cars, gifts, loans and their return, deposits, shares of a holiday; half come in.

    The other side is somebody known, somebody met once, or one's own account at another bank.
    """
    rng = bank.stream(people.key, "larger sums")
    who = often(rng, bank, rng.gamma(1.2, 0.28, people.size) * active(people))
    kind = rng.random(who.size)
    known = friends[rng.integers(0, friends.size, who.size)]
    other = np.where(kind < 0.4, known, bank.register.strangers(rng, who.size))
    other = np.where(kind > 0.88, people.outside[who], other)
    pence = (100 * rng.lognormal(np.log(800), 1.0, who.size).clip(50, 25_000)).astype(np.int64)
    out: Bools = rng.random(who.size) < 0.5
    bank.journal.book(
        at(bank.calendar.scattered(rng, who.size, FLAT_WEEK), around(rng, 16, 4, who.size)),
        np.where(out, people.account[who], other),
        np.where(out, other, people.account[who]),
        human_sums(rng, pence),
        reference=free_text(rng, who.size),
    )


def once_only(bank: Bank, people: People) -> None:
    """Pay people met once: a plumber, a private lesson, a deposit on a hall, something from a small advertisement."""
    rng = bank.stream(people.key, "once only")
    who = often(rng, bank, rng.gamma(1.2, 0.22, people.size) * active(people))
    amount = round_pounds(100 * rng.lognormal(np.log(130), 1.1, who.size).clip(10, 9000), 500)
    time = at(bank.calendar.scattered(rng, who.size, FLAT_WEEK), around(rng, 16, 3.8, who.size))
    payee = bank.register.strangers(rng, who.size)
    words = np.where(
        rng.random(who.size) < 0.4, references(rng, "invoice", who.size), references(rng, "favour", who.size, 0.4)
    )
    bank.journal.book(time, people.account[who], payee, amount, reference=words)


def _either_way(
    bank: Bank, rng: np.random.Generator, one: Ints, other: Ints, booked: tuple[Ints, Ints], words: str
) -> None:
    out: Bools = rng.random(one.size) < 0.5
    debtor, creditor = np.where(out, one, other), np.where(out, other, one)
    bank.journal.book(booked[0], debtor, creditor, booked[1], reference=references(rng, words, one.size, 0.25))


def family(bank: Bank, people: People, friends: Ints) -> None:
    """Keep standing orders: partners share the household's costs, others help a relative every month."""
    rng = bank.stream(people.key, "family")
    paired = (people.partner > np.arange(people.size)) & (rng.random(people.size) < 0.6)
    helping = (people.partner < 0) & (rng.random(people.size) < 0.1)
    givers = np.flatnonzero((paired | helping) & (active(people) == 1.0))
    relative = friends[rng.integers(0, friends.size, givers.size)]
    taker = np.where(people.partner[givers] >= 0, people.account[people.partner[givers]], relative)
    amount = round_pounds(people.income[givers] * rng.uniform(0.04, 0.16, givers.size), 1000)
    who, day = bank.calendar.monthly(rng.integers(1, 29, givers.size))
    hour = 5.0 + (people.account[givers[who]] % 60) / 60
    words = references(rng, "favour", givers.size, 0.3)[who]
    bank.journal.book(at(day, hour), people.account[givers[who]], taker[who], amount[who], reference=words)


def saving(bank: Bank, town: Town, people: People) -> None:
    """Move money between one's own accounts, top up accounts elsewhere, and buy crypto from an exchange."""
    rng = bank.stream(people.key, "saving")
    savers = np.flatnonzero((people.savings >= 0) & (active(people) == 1.0))
    who, day = bank.calendar.monthly(rng.integers(1, 29, savers.size))
    put = round_pounds(people.income[savers] * rng.uniform(0.03, 0.14, savers.size), 1000)[who]
    who = savers[who]
    words = references(rng, "own", who.size, 0.3)
    time = at(day, np.full(day.size, 6.0))
    bank.journal.book(time, people.account[who], people.savings[who], put, reference=words)
    back = rng.random(who.size) < 0.3
    later = time[back] + rng.integers(1, 20, int(back.sum())) * 86_400_000_000 + 36_000_000_000
    bank.journal.book(later, people.savings[who[back]], people.account[who[back]], put[back] // 2)
    _elsewhere(bank, rng, town, people)


def _elsewhere(bank: Bank, rng: np.random.Generator, town: Town, people: People) -> None:
    keen = (rng.random(people.size) < 0.10) * rng.uniform(0.5, 2.5, people.size)
    who = often(rng, bank, keen * active(people))
    amount = round_pounds(people.income[who] * rng.uniform(0.02, 0.12, who.size), 1000)
    time = at(bank.calendar.scattered(rng, who.size, FLAT_WEEK), around(rng, 16, 4, who.size))
    words = references(rng, "own", who.size, 0.4)
    bank.journal.book(time, people.account[who], people.outside[who], amount, reference=words)
    keen = (rng.random(people.size) < 0.05) * rng.gamma(1.0, 1.4, people.size)
    who = often(rng, bank, keen * active(people))
    amount = round_pounds(100 * rng.lognormal(np.log(110), 1.1, who.size).clip(10, 5000), 500)
    time = at(bank.calendar.scattered(rng, who.size, FLAT_WEEK), around(rng, 19, 4, who.size))
    venue = town.exchanges[rng.integers(0, town.exchanges.size, who.size)]
    words = references(rng, "favour", who.size, 0.7)
    out = rng.random(who.size) < 0.85
    debtor, creditor = np.where(out, people.account[who], venue), np.where(out, venue, people.account[who])
    bank.journal.book(time, debtor, creditor, amount, reference=words)


def abroad(bank: Bank, people: People) -> None:
    """Wire a holiday let or a purchase abroad, and be paid from abroad, in euros or dollars."""
    rng = bank.stream(people.key, "abroad")
    others = bank.register.abroad(rng, max(people.size // 8, 4))
    who = often(rng, bank, np.full(people.size, 0.025) * active(people))
    amount = round_pounds(100 * rng.lognormal(np.log(450), 0.8, who.size).clip(50, 9000), 500)
    time = at(bank.calendar.scattered(rng, who.size, OFFICE_WEEK), around(rng, 14, 3, who.size))
    outward(
        bank,
        rng,
        (time, people.account[who], others[rng.integers(0, others.size, who.size)], amount),
        "favour",
    )
    who = often(rng, bank, np.full(people.size, 0.02) * active(people))
    amount = round_pounds(100 * rng.lognormal(np.log(400), 0.8, who.size).clip(30, 9000), 100)
    time = at(bank.calendar.scattered(rng, who.size, OFFICE_WEEK), around(rng, 12, 3, who.size))
    _inward(bank, rng, time, others[rng.integers(0, others.size, who.size)], people.account[who], amount)


def outward(
    bank: Bank,
    rng: np.random.Generator,
    booked: tuple[Ints, Ints, Ints, Ints],
    words: str,
    truth: Ints | int = -1,
) -> None:
    """Book wires abroad of (time, debtor, creditor, pence): paid in pounds, credited in euros or dollars."""
    time, debtor, creditor, pence = booked
    currency = np.where(bank.register.column("country")[creditor] <= 6, 1, 2)
    bank.journal.book(
        time,
        debtor,
        creditor,
        pence,
        channel=WIRE,
        credited=np.round(pence * RATE[currency]).astype(np.int64),
        credited_currency=currency,
        reference=references(rng, words, time.size, 0.4),
        truth=truth,
    )
