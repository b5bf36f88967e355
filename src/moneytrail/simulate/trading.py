"""Honest trade: employers' income, shops' suppliers, cash businesses, sole traders, sellers, landlords, remittances."""

from __future__ import annotations

import numpy as np

from moneytrail.simulate.calendar import DAY, FLAT_WEEK, OFFICE_WEEK, Bools, Floats, Ints, around, at
from moneytrail.simulate.journal import CASH, DIRECT_DEBIT, NOBODY
from moneytrail.simulate.living import active, often, outward, round_pounds
from moneytrail.simulate.people import EMPLOYED, SOLE_TRADER, People
from moneytrail.simulate.register import BUSINESS
from moneytrail.simulate.town import Bank, Town, businesses
from moneytrail.simulate.words import CASH_TRADES, OURS, TRADES, reference, references


def trade(bank: Bank, town: Town, people: People) -> None:
    """Book all honest trade of `people` and of the town's businesses."""
    sole_traders(bank, town, people)
    sellers(bank, town, people)
    landlords(bank, town, people)
    remittances(bank, town, people)
    cash_businesses(bank, town)
    settle_up(bank, town)


def sole_traders(bank: Bank, town: Town, people: People) -> None:
    """Pay builders and the like by the job: many new customers, some old ones; materials and tax go out."""
    rng = bank.stream(people.key, "sole traders")
    traders = np.flatnonzero((people.work == SOLE_TRADER) & (active(people) == 1.0))
    if not traders.size:
        return
    job = 100 * rng.lognormal(np.log(210), 0.8, traders.size).clip(35, 2500)
    who = often(rng, bank, (people.income[traders] * 1.7 / job).clip(2, 45))
    regulars = town.strangers[rng.integers(0, town.strangers.size, (traders.size, 8))]
    fresh = bank.register.strangers(rng, who.size)
    again = rng.random(who.size) < 0.45
    customer = np.where(again, regulars[who, rng.integers(0, 8, who.size)], fresh)
    account = people.account[traders]
    amount = round_pounds(job[who] * rng.lognormal(0, 0.5, who.size), 500)
    time = at(bank.calendar.scattered(rng, who.size, OFFICE_WEEK), around(rng, 15, 3.5, who.size))
    bank.journal.book(time, customer, account[who], amount, reference=references(rng, "invoice", who.size, 0.2))
    supplied = rng.random(who.size) < 0.45
    later = time[supplied] + rng.integers(-5 * DAY, 6 * DAY, int(supplied.sum()))
    spent = (amount[supplied] * rng.uniform(0.35, 0.95, later.size)).astype(np.int64)
    supplier = town.firms[(account[who[supplied]] * 7 + rng.integers(0, 4, later.size)) % town.firms.size]
    words = references(rng, "invoice", later.size)
    bank.journal.book(later, account[who[supplied]], supplier, spent, reference=words)


def sellers(bank: Bank, town: Town, people: People) -> None:
    """Pay marketplace sellers: small sums through a processor, a few straight from buyers; postage goes out."""
    rng = bank.stream(people.key, "sellers")
    keen = (rng.random(people.size) < 0.02) * rng.gamma(2.0, 9.0, people.size)
    who = often(rng, bank, keen * active(people))
    amount = (100 * rng.lognormal(np.log(19), 0.9, who.size).clip(2, 700)).astype(np.int64)
    direct = rng.random(who.size) < 0.12
    payer = np.where(
        direct, bank.register.strangers(rng, who.size), town.processors[people.account[who] % town.processors.size]
    )
    time = at(bank.calendar.scattered(rng, who.size, FLAT_WEEK), around(rng, 14, 5, who.size))
    words = references(rng, "sale", who.size, 0.1)
    bank.journal.book(time, payer, people.account[who], amount, reference=words)
    post = (amount * rng.uniform(0.08, 0.25, who.size)).astype(np.int64) + 150
    carrier = town.firms[people.account[who] % 5]
    bank.journal.book(time + rng.integers(0, 2 * DAY, who.size), people.account[who], carrier, post, reference=words)


def landlords(bank: Bank, town: Town, people: People) -> None:
    """Pay rent to customers who let rooms and houses: 1 to 8 tenants each month, mortgage and repairs out."""
    rng = bank.stream(people.key, "landlords")
    owners = np.flatnonzero((rng.random(people.size) < 0.02) & (active(people) == 1.0))
    tenancies = np.repeat(owners, 1 + rng.geometric(0.45, owners.size).clip(0, 7))
    tenant = town.strangers[rng.integers(0, town.strangers.size, tenancies.size)]
    rent = round_pounds(100 * rng.lognormal(np.log(640), 0.3, tenancies.size), 500)
    who, day = bank.calendar.monthly(rng.choice((1, 1, 1, 5, 15, 28), tenancies.size))
    day = bank.calendar.working_day_after(day) + (rng.random(day.size) < 0.08) * rng.integers(1, 5, day.size)
    words = references(rng, "rent", tenancies.size, 0.15)[who]
    account = people.account[tenancies]
    bank.journal.book(at(day, 5.0 + (tenant[who] % 90) / 60), tenant[who], account[who], rent[who], reference=words)
    who, day = bank.calendar.monthly(np.full(owners.size, 8))
    paid = round_pounds(100 * rng.uniform(260, 900, owners.size), 100)[who] + 41
    lender = town.lenders[owners[who] % town.lenders.size]
    more = {"channel": DIRECT_DEBIT, "reference": reference("bill", "MORTGAGE")}
    bank.journal.book(at(day, np.full(day.size, 2.0)), people.account[owners[who]], lender, paid, **more)


def remittances(bank: Bank, town: Town, people: People) -> None:
    """Send money home through a registered money service, every two to six weeks; the service settles daily abroad."""
    rng = bank.stream(people.key, "remittances")
    senders = np.flatnonzero((rng.random(people.size) < 0.07) & (people.work == EMPLOYED) & (active(people) == 1.0))
    usual = people.income[senders] * rng.uniform(0.05, 0.22, senders.size)
    who = often(rng, bank, rng.uniform(0.7, 1.8, senders.size))
    amount = round_pounds(usual[who] * rng.lognormal(0, 0.15, who.size), 1000)
    service = town.money_services[senders[who] % town.money_services.size]
    time = at(bank.calendar.scattered(rng, who.size, OFFICE_WEEK), around(rng, 17, 3, who.size))
    words = references(rng, "remit", who.size, 0.3)
    bank.journal.book(time, people.account[senders[who]], service, amount, reference=words)
    partners = bank.register.abroad(rng, 4 * town.money_services.size)
    for position, code in enumerate(town.money_services):
        taken = np.bincount(time[service == code] // DAY, amount[service == code], minlength=bank.calendar.days)
        day = np.flatnonzero(taken)
        payee = partners[position * 4 + rng.integers(0, 4, day.size)]
        debtor = np.full(day.size, code)
        outward(
            bank,
            rng,
            (at(day + 1, np.full(day.size, 9.5)), debtor, payee, (taken[day] * 0.97).astype(np.int64)),
            "remit",
        )


def cash_businesses(bank: Bank, town: Town) -> None:
    """Bank the takings of barbers, takeaways and the like: by day or every few days, each with its own level.

    Levels are lognormal, so that some businesses pay in about 1,000 pounds a day, on both sides of the line.
    """
    rng = bank.stream("cash businesses")
    size = bank.some(1 / 90, 4)
    account = businesses(bank, rng, size, rng.choice(CASH_TRADES, size))
    level = 100 * rng.lognormal(np.log(360), 0.75, size).clip(80, 4000)
    region = bank.register.column("region")[account]
    open_days = rng.random((size, bank.calendar.days)) < np.where(rng.random(size) < 0.7, 0.97, 0.4)[:, None]
    who, day = np.nonzero(open_days)
    weekday = bank.calendar.weekday(day)
    busy = np.array((0.85, 0.85, 0.9, 1.0, 1.35, 1.5, 0.0))[weekday]
    amount = level[who] * busy * rng.lognormal(0, 0.33, who.size)
    step = np.where(rng.random(size) < 0.5, 500, 10)[who]  # half bank notes only, half coins too
    amount = np.round(amount / step).astype(np.int64) * step
    time = at(day, around(rng, 16.2, 1.6, who.size))
    bank.journal.book(time, NOBODY, account[who], amount, channel=CASH, location=region[who])
    cards = (level[who] * busy * rng.lognormal(0.1, 0.4, who.size)).astype(np.int64)
    acquirer = town.acquirers[account[who] % town.acquirers.size]
    bank.journal.book(at(day + 1, np.full(day.size, 4.5)), acquirer, account[who], cards)
    _staff(bank, rng, account, level)


def _staff(bank: Bank, rng: np.random.Generator, account: Ints, level: Floats) -> None:
    jobs = np.repeat(np.arange(account.size), rng.integers(1, 4, account.size))
    worker = bank.register.strangers(rng, jobs.size)
    who, day = bank.calendar.every(7, rng.integers(0, 7, account.size)[jobs])
    wage = round_pounds((level[jobs] * 1.3).clip(12_000, 48_000)[who] * rng.lognormal(0, 0.08, who.size), 100)
    words = references(rng, "pay", account.size)[jobs[who]]
    time = at(bank.calendar.working_day_before(day), np.full(day.size, 17.5))
    bank.journal.book(time, account[jobs[who]], worker[who], wage, reference=words)


PASSED_THROUGH = [TRADES.index(name) for name in ("money transfer", "insurer", "prize promoter", "solicitor")]
"""Trades that pay out other people's money, as it comes in: their books are kept where they are booked."""


def settle_up(bank: Bank, town: Town) -> None:
    """Fund every business of ours that pays wages and let those that take money pay suppliers, rent and tax.

    Reads what the journal holds: clients pay employers a little more than the week's outgoings, and takings of the
    past week leave on Monday. A business is thus neither a bottomless source nor a sink.
    """
    rng = bank.stream("settle up")
    ours = np.append(bank.register.column("institution") == OURS, False)
    kind = np.append(bank.register.column("kind"), NOBODY)
    trade_code = np.append(bank.register.column("trade"), NOBODY)
    firm = ours & (kind == BUSINESS) & ~np.isin(trade_code, PASSED_THROUGH)
    weeks = bank.calendar.days // 7 + 1
    out, into = (_weekly(bank, side, firm, weeks) for side in ("debtor", "creditor"))
    need = np.maximum(out * 1.25 - into, 0)
    who, week = np.nonzero(need > 1000)
    parts = rng.integers(1, 5, who.size)
    share = np.repeat(need[who, week] / parts, parts)
    who, week = np.repeat(who, parts), np.repeat(week, parts)
    client = town.firms[(who * 13 + rng.integers(0, 9, who.size)) % town.firms.size]
    amount = (share * rng.lognormal(0, 0.2, who.size)).astype(np.int64)
    time = at(week * 7 + rng.integers(-3, 5, who.size), around(rng, 11, 3, who.size))
    bank.journal.book(time, client, who, amount, reference=references(rng, "invoice", who.size, 0.05))
    _pay_suppliers(bank, rng, town, np.maximum(into - out, 0))


def _weekly(bank: Bank, side: str, firm: Bools, weeks: int) -> Floats:
    codes, time = bank.journal.column(side), bank.journal.column("time")
    mine = firm[codes]
    cell = codes[mine].astype(np.int64) * weeks + time[mine] // (7 * DAY)
    size = bank.register.size * weeks
    sums: Floats = np.bincount(cell, bank.journal.column("amount")[mine], minlength=size).astype(np.float64)
    return sums.reshape(-1, weeks)


def _pay_suppliers(bank: Bank, rng: np.random.Generator, town: Town, surplus: Floats) -> None:
    who, week = np.nonzero(surplus > 20_000)
    value = surplus[who, week]
    for share, offset in ((0.46, 0), (0.22, 3)):
        supplier = town.firms[(who * 5 + offset + rng.integers(0, 2, who.size)) % town.firms.size]
        paid = (value * share * rng.lognormal(0, 0.12, who.size)).astype(np.int64)
        time = at(week * 7 + 7 + rng.integers(0, 5, who.size), around(rng, 11, 2, who.size))
        words = references(rng, "invoice", who.size, 0.05)
        bank.journal.book(time, who, supplier, paid, reference=words)
    due = (value * 0.15).astype(np.int64)
    code = reference("tax", "VAT")
    bank.journal.book(
        at(week * 7 + 8, np.full(who.size, 3.0)), who, town.tax, due, channel=DIRECT_DEBIT, reference=code
    )
