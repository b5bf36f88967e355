"""Honest trade: employers' dues, shops' suppliers, cash businesses, sole traders, sellers, landlords, remittances.

All numbers are design.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from moneytrail.simulate.calendar import CHAPTER, DAY, FLAT_WEEK, OFFICE_WEEK, Calendar, Floats, Ints, around, at
from moneytrail.simulate.honest.payments import (
    AS_ORDERED,
    DEBIT,
    Way,
    active,
    by_gap,
    of,
    often,
    outward,
    rounded,
    standing,
    sums,
    together,
)
from moneytrail.simulate.honest.people import EMPLOYED, SOLE_TRADER, People
from moneytrail.simulate.journal import CASH, DIRECT_DEBIT, NOBODY
from moneytrail.simulate.register import BUSINESS
from moneytrail.simulate.town import Activity, Bank, Chapter, Town, beside, businesses
from moneytrail.simulate.words import CASH_TRADES, CLIENT_MONEY, OURS, TRADES, reference, references

TAX: Final = reference("tax", "TAX AND NI")


def trade(bank: Bank, town: Town, people: People) -> list[Activity]:
    """Plan the trade of `people` and of the town's businesses."""
    return [
        sole_traders(bank, town, people),
        sellers(bank, town, people),
        landlords(bank, town, people),
        remittances(bank, town, people),
        payroll_dues(bank, town, people),
        cash_businesses(bank, town),
    ]


def sole_traders(bank: Bank, town: Town, people: People) -> Activity:
    """Pay builders and the like by the job (R-TRADER): half by old customers; materials and tax go out."""
    rng = bank.stream(people.key, "sole traders")
    traders = np.flatnonzero((people.work == SOLE_TRADER) & (active(people) == 1.0))
    job = 100 * rng.lognormal(np.log(210), 0.8, traders.size).clip(35, 2500)
    rate = (people.income[traders] * 2.0 / job).clip(2, 45)
    regulars = of(rng, town.strangers, (traders.size, 8))
    suppliers = of(rng, town.firms, (traders.size, 4))
    account = people.account[traders]
    bank.note("R-TRADER", account)
    tax = rounded(rate * job * 0.12, 100)
    tax_day = rng.integers(1, 29, traders.size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "sole traders")
        who = often(rng, chapter, rate)
        again = rng.random(who.size) < 0.5
        customer = np.where(again, regulars[who, rng.integers(0, 8, who.size)], bank.register.anyone(rng, who.size))
        amount = rounded(job[who] * rng.lognormal(0, 0.5, who.size), 500)
        time = at(chapter.calendar.scattered(rng, who.size, OFFICE_WEEK), around(rng, 15, 3.5, who.size))
        words = references(rng, "invoice", who.size, 0.2)
        chapter.journal.book(time, customer, account[who], amount, reference=words)
        supplied = rng.random(who.size) < 0.66
        who, later = who[supplied], time[supplied] + rng.integers(-5 * DAY, 6 * DAY, int(supplied.sum()))
        spent = (amount[supplied] * rng.uniform(0.5, 0.95, who.size)).astype(np.int64)
        supplier = suppliers[who, rng.integers(0, 4, who.size)]
        words = references(rng, "invoice", who.size)
        chapter.journal.book(later, account[who], supplier, spent, reference=words)
        who, day = chapter.calendar.monthly(tax_day)
        chapter.journal.book(at(day, np.full(day.size, 9.0)), account[who], town.tax, tax[who], reference=TAX)

    return book


def sellers(bank: Bank, town: Town, people: People) -> Activity:
    """Pay marketplace sellers (R-MKT): small sums through a processor, a few straight from buyers; postage goes out.

    They keep an account for it, and draw on it every month.
    """
    rng = bank.stream(people.key, "sellers")
    chosen = np.flatnonzero((rng.random(people.size) < 0.02) & (active(people) == 1.0))
    rate = 10 + rng.gamma(1.5, 8.0, chosen.size)
    own = people.account[chosen]
    account = beside(bank, own, buffer=20_000)
    bank.note("R-MKT", account)
    processor = of(rng, town.processors, chosen.size)
    carrier = town.firms[rng.integers(0, 5, chosen.size)]
    drawings = _drawings(rng, account, own, rate * 2_900 * 0.65)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "sellers")
        who = often(rng, chapter, rate)
        amount = (100 * rng.lognormal(np.log(19), 1.0, who.size).clip(2, 700)).astype(np.int64)
        payer = np.where(rng.random(who.size) < 0.12, bank.register.anyone(rng, who.size), processor[who])
        time = at(chapter.calendar.scattered(rng, who.size, FLAT_WEEK), around(rng, 14, 5, who.size))
        words = references(rng, "sale", who.size, 0.1)
        chapter.journal.book(time, payer, account[who], amount, reference=words)
        post = (amount * rng.uniform(0.08, 0.25, who.size)).astype(np.int64) + 150
        later = time + rng.integers(0, 2 * DAY, who.size)
        chapter.journal.book(later, account[who], carrier[who], post, reference=words)

    return together(book, drawings)


def landlords(bank: Bank, town: Town, people: People) -> Activity:
    """Pay rent to customers who let rooms and houses (R-LAND): 1 to 8 tenants each month, the costs of a house out.

    Who has two tenants or more keeps an account for it, and draws on it every month.
    """
    rng = bank.stream(people.key, "landlords")
    owners = people.account[np.flatnonzero((rng.random(people.size) < 0.02) & (active(people) == 1.0))]
    tenants = rng.geometric(0.4, owners.size).clip(1, 8)
    account, apart = owners.copy(), tenants >= 2
    account[apart] = beside(bank, owners[apart], buffer=20_000)
    bank.note("R-LAND", account[apart])
    landlord = np.repeat(np.arange(owners.size), tenants)
    tenant = of(rng, town.strangers, landlord.size)
    rent = rounded(100 * rng.lognormal(np.log(640), 0.3, landlord.size), 500)
    rent_day = np.array((1, 1, 1, 5, 15, 28))[rng.integers(0, 6, landlord.size)]
    words = references(rng, "rent", landlord.size, 0.15)
    income = sums(landlord, rent, owners.size)
    house_costs = _house_costs(bank, rng, town, people.key, account, income)
    drawings = _drawings(rng, account, owners, income * 0.3)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "landlords")
        who, day = chapter.calendar.monthly(rent_day)
        day = chapter.calendar.working_day_after(day) + (rng.random(day.size) < 0.08) * rng.integers(1, 5, day.size)
        time = at(day, 5.0 + (tenant[who] % 90) / 60)
        chapter.journal.book(time, tenant[who], account[landlord[who]], rent[who], reference=words[who])

    return together(book, house_costs, drawings)


def _house_costs(bank: Bank, rng: np.random.Generator, town: Town, key: str, account: Ints, income: Floats) -> Activity:
    """Collect mortgage, insurance and council tax of let houses by direct debit, and pay for repairs by invoice."""
    size = account.size
    costs = (
        ("MORTGAGE", of(rng, town.lenders, size), income * rng.uniform(0.25, 0.45, size)),
        ("INSURANCE", of(rng, town.billers, size), rng.uniform(1_500, 6_000, size)),
        ("COUNCIL TAX", of(rng, town.billers[:4], size), rng.uniform(9_000, 19_000, size)),
    )
    debits = [
        standing(
            word, account, payee, rounded(pence, 100) + 41, rng.integers(2, 12, size), DEBIT, reference("bill", word)
        )
        for word, payee, pence in costs
    ]
    builder = of(rng, town.firms, (size, 3))

    def repairs(chapter: Chapter) -> None:
        rng = chapter.stream(key, "house costs")
        who = often(rng, chapter, np.full(size, 0.6))
        amount = (100 * rng.lognormal(np.log(95), 0.7, who.size)).astype(np.int64)
        time = at(chapter.calendar.scattered(rng, who.size, OFFICE_WEEK), around(rng, 15, 3, who.size))
        payee = builder[who, rng.integers(0, 3, who.size)]
        words = references(rng, "invoice", who.size)
        chapter.journal.book(time, account[who], payee, amount, reference=words)

    return together(*debits, repairs)


def _drawings(rng: np.random.Generator, account: Ints, own: Ints, pence: Floats) -> Activity:
    """Move `pence` every month from a trade's account to the owner's, where the two differ."""
    apart = np.flatnonzero(account != own)
    due, words = rng.integers(1, 29, apart.size), references(rng, "own", apart.size, 0.3)
    return standing("drawings", account[apart], own[apart], rounded(pence[apart], 1000), due, Way(hour=6.5), words)


def remittances(bank: Bank, town: Town, people: People) -> Activity:
    """Send money home from the wages every 16 to 35 days (R-REM), most of it through a registered service (R-REGMSB).

    The service settles abroad every day what came in. A quarter wire it themselves, always to the same relative.
    """
    rng = bank.stream(people.key, "remittances")
    senders = np.flatnonzero((rng.random(people.size) < 0.07) & (people.work == EMPLOYED) & (active(people) == 1.0))
    income = people.income[senders]
    usual = income * rng.uniform(0.05, 0.22, senders.size)
    gap = np.array((16, 21, 28, 35))[rng.integers(0, 4, senders.size)]
    first = rng.integers(0, 1000, senders.size)
    direct = rng.random(senders.size) < 0.25
    relative = np.full(senders.size, NOBODY)
    relative[direct] = bank.register.abroad(rng, int(direct.sum()))
    service = rng.integers(0, town.money_services.size, senders.size)
    account = people.account[senders]
    bank.note("R-REM", account)
    bank.note("R-REGMSB", town.money_services)
    partners = bank.register.abroad(rng, 4 * town.money_services.size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "remittances")
        who, day = by_gap(chapter.calendar, gap, first)
        sent = np.minimum(usual[who] * rng.lognormal(0, 0.15, who.size), 0.29 * income[who])
        amount = rounded(sent, 1000)
        day += rng.integers(0, 3, who.size)
        time = at(day, around(rng, 17, 3, who.size))
        wired = direct[who]
        booked = (time[wired], account[who[wired]], relative[who[wired]], amount[wired])
        outward(bank, chapter.journal, rng, booked, "remit")
        time, day, who, amount = time[~wired], day[~wired], who[~wired], amount[~wired]
        words = references(rng, "remit", who.size, 0.3)
        chapter.journal.book(time, account[who], town.money_services[service[who]], amount, reference=words)
        settled = _by_day(chapter.calendar, service[who], day, amount)
        payee = partners[settled[0] * 4 + rng.integers(0, 4, settled[0].size)]
        time = at(settled[1] + 1, np.full(payee.size, 9.5))
        booked = (time, town.money_services[settled[0]], payee, (settled[2] * 0.97).astype(np.int64))
        outward(bank, chapter.journal, rng, booked, "remit")

    return book


def _by_day(calendar: Calendar, who: Ints, day: Ints, amount: Ints) -> tuple[Ints, Ints, Floats]:
    """Add up `amount`: return (who, day, sum) of every `who` and `day` with a sum, in that order."""
    days = calendar.last - calendar.first + CHAPTER
    cells, where = np.unique(who * days + day - calendar.first, return_inverse=True)
    return cells // days, calendar.first + cells % days, sums(where, amount, cells.size)


def payroll_dues(bank: Bank, town: Town, people: People) -> Activity:
    """Pay tax and pensions every month for the staff of the employers that bank here (R-PAY)."""
    rng = bank.stream(people.key, "payroll dues")
    staff = np.flatnonzero((people.work == EMPLOYED) & ~people.quiet)
    payroll = sums(people.employer[staff], people.income[staff], town.employers.size)
    here = np.flatnonzero((bank.register.column("institution")[town.employers] == OURS) & (payroll > 0))
    account = town.employers[here]
    bank.note("R-PAY", account)
    fund = of(rng, town.firms, here.size)
    pension = (payroll[here] * rng.uniform(0.06, 0.12, here.size)).astype(np.int64)
    tax = (payroll[here] * rng.uniform(0.26, 0.34, here.size)).astype(np.int64)
    words = references(rng, "pension", here.size)
    due, way = np.full(here.size, 19), Way(hour=11.0, sd=2.0, noise=0.02)
    return together(
        standing("payroll pensions", account, fund, pension, due, way, words),
        standing("payroll tax", account, town.tax, tax, due, way, TAX),
    )


def cash_businesses(bank: Bank, town: Town) -> Activity:
    """Bank the takings of barbers, takeaways and the like (R-CASHBIZ): by day or every few days, each at its own level.

    Levels are lognormal, so that some businesses pay in about 1,000 pounds a day, on both sides of the line. Card sales
    come a day later from an acquirer; wages, rent and tax go out, and :func:`settle_up` pays for stock and VAT.
    """
    rng = bank.stream("cash businesses")
    size = bank.some(1 / 90, 4)
    account = businesses(bank, rng, size, rng.choice(CASH_TRADES, size))
    bank.note("R-CASHBIZ", account)
    level = 100 * rng.lognormal(np.log(360), 0.75, size).clip(80, 4000)
    frequency = np.where(rng.random(size) < 0.55, 0.97, 0.4)
    level *= np.where(frequency < 0.5, 2.4, 1.0)  # who goes to the bank less often brings more
    step = np.where(rng.random(size) < 0.5, 500, 10)  # half bank notes only, half coins too
    card_level = level * rng.lognormal(0.1, 0.2, size)
    region = bank.register.column("region")[account]
    acquirer = town.acquirers[account % town.acquirers.size]

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("cash businesses")
        calendar = chapter.calendar
        busy = np.array((0.85, 0.85, 0.9, 1.0, 1.35, 1.5, 0.3))[
            calendar.weekday(np.arange(calendar.first, calendar.last))
        ]
        who, day = np.nonzero((rng.random((size, busy.size)) < frequency[:, None]) & (busy > 0))
        taken = busy[day] * rng.lognormal(0, 0.33, who.size)
        amount = np.round(level[who] * taken / step[who]).astype(np.int64) * step[who]
        time = at(calendar.first + day, around(rng, 16.2, 1.6, who.size))
        chapter.journal.book(time, NOBODY, account[who], amount, channel=CASH, location=region[who])
        cards = (card_level[who] * busy[day] * rng.lognormal(0, 0.35, who.size)).astype(np.int64)
        time = at(calendar.first + day + 1, np.full(day.size, 4.5))
        chapter.journal.book(time, acquirer[who], account[who], cards)

    return together(book, _running_costs(bank, rng, town, account, (level, frequency)))


def _running_costs(
    bank: Bank, rng: np.random.Generator, town: Town, account: Ints, trading: tuple[Floats, Floats]
) -> Activity:
    """Pay one to three workers every week, and rent and tax every month."""
    level, frequency = trading
    job = np.repeat(np.arange(account.size), rng.integers(1, 4, account.size))
    worker = bank.register.strangers(rng, job.size)
    wage = (level * frequency * 1.3).clip(5_000, 48_000)[job]
    payday = rng.integers(0, 7, account.size)[job]
    words = references(rng, "pay", account.size)[job]
    lessor = of(rng, town.landlords, account.size)
    rent = rounded(level * frequency * rng.uniform(2.5, 5.0, account.size), 500)
    tax = sums(job, wage * 0.8, account.size).astype(np.int64)
    first, weekly = rng.integers(1, 6, account.size), Way(gap=7, hour=17.5, noise=0.08)
    return together(
        standing("cash businesses' wages", account[job], worker, wage, payday, weekly, words),
        standing("cash businesses' rent", account, lessor, rent, first, AS_ORDERED, reference("rent", "RENT")),
        standing("cash businesses' tax", account, town.tax, tax, np.full(account.size, 22), DEBIT, TAX),
    )


PASSED_THROUGH: Final = [
    *(TRADES.index(name) for name in ("money transfer", "insurer", "prize promoter", "solicitor", "event organiser")),
    *CLIENT_MONEY,
]
"""Trades that pay out other people's money, as it comes in: their books are kept where they are booked."""
LATER: Final = 4
"""So many weeks after a chapter does it still settle what was booked for them."""


def settle_up(bank: Bank, town: Town) -> Activity:
    """Fund every business of ours that pays wages and let those that take money pay suppliers and VAT.

    Reads what the chapter's journal holds, so it must be booked last; accounts opened after it was planned are left
    alone. Clients pay a little more than a week's outgoings, takings of a week leave in the next: a business is thus
    neither a bottomless source nor a sink. Who only passes money on within the chapter is left with its difference.
    """
    column = bank.register.column
    ours = (column("institution") == OURS) & (column("kind") == BUSINESS) & ~np.isin(column("trade"), PASSED_THROUGH)
    firms = np.flatnonzero(ours)
    place = np.full(bank.register.size, NOBODY, dtype=np.int32)
    place[firms] = np.arange(firms.size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("settle up")
        weeks = -(-(chapter.calendar.last - chapter.calendar.first) // 7) + LATER
        out, into = np.zeros((2, firms.size, weeks), dtype=np.int64)
        booked = (chapter.journal.column(field) for field in ("time", "debtor", "creditor", "amount", "credited"))
        _weekly(*booked, place, column("joined"), DAY, chapter.calendar.first, out, into)
        needed, surplus = _netted(np.maximum(out * 1.06 - into, 0), np.maximum(into - out, 0))
        _clients_pay(chapter, rng, town, firms, needed)
        _pay_suppliers(chapter, rng, town, firms, surplus)

    return book


@njit(cache=True, nogil=True)
def _weekly(
    time: Ints,
    debtor: npt.NDArray[np.int32],
    creditor: npt.NDArray[np.int32],
    amount: Ints,
    credited: Ints,
    place: npt.NDArray[np.int32],
    joined: npt.NDArray[np.int32],
    day: int,
    first: int,
    out: Ints,
    into: Ints,
) -> None:
    """Add up in `out` and `into` what each firm (row) paid and was paid in each week (column) from day `first` on.

    What falls outside the weeks counts in the first or the last; what an account pays or is paid before the day after
    it `joined` will be dropped and does not count. `place` is the row of each code, -1 for no firm.
    """
    for i in range(time.size):
        payer, payee = debtor[i], creditor[i]
        paying = 0 <= payer < place.size and place[payer] >= 0
        paid = 0 <= payee < place.size and place[payee] >= 0
        if not (paying or paid):
            continue
        opened = np.int64(0)
        for code in (payer, payee):
            if 0 <= code < joined.size and joined[code] >= 0:
                opened = max(opened, (np.int64(joined[code]) + 1) * day)
        if time[i] < opened:
            continue
        week = min(max((time[i] - first * day) // (7 * day), 0), out.shape[1] - 1)
        if paying:
            out[place[payer], week] += amount[i]
        if paid:
            into[place[payee], week] += credited[i] if credited[i] >= 0 else amount[i]


def _netted(needed: Floats, surplus: Floats) -> tuple[Floats, Floats]:
    """Scale what is needed and what is left over in single weeks so that each firm has only one of them in the sum."""
    lack, excess = needed.sum(axis=1), surplus.sum(axis=1)
    net = excess - lack
    return (
        needed * (np.maximum(-net, 0) / np.maximum(lack, 1))[:, None],
        surplus * (np.maximum(net, 0) / np.maximum(excess, 1))[:, None],
    )


def _clients_pay(chapter: Chapter, rng: np.random.Generator, town: Town, firms: Ints, needed: Floats) -> None:
    row, week = np.nonzero(needed > 1000)
    parts = rng.integers(1, 5, row.size)
    share = np.repeat(needed[row, week] / parts, parts)
    who, week = firms[np.repeat(row, parts)], np.repeat(week, parts)
    client = town.firms[(who * 13 + rng.integers(0, 9, who.size)) % town.firms.size]
    amount = (share * rng.lognormal(0, 0.2, who.size)).astype(np.int64)
    day = chapter.calendar.first + week * 7 + rng.integers(-3, 5, who.size)
    words = references(rng, "invoice", who.size, 0.05)
    chapter.journal.book(at(day, around(rng, 11, 3, who.size)), client, who, amount, reference=words)


def _pay_suppliers(chapter: Chapter, rng: np.random.Generator, town: Town, firms: Ints, surplus: Floats) -> None:
    """Pay two suppliers in the week after, small firms once a chapter; VAT goes once a chapter."""
    total = surplus.sum(axis=1)
    small = total < 80_000
    surplus[small] = 0
    surplus[small, -1 - LATER] = total[small]
    row, week = np.nonzero(surplus > 2_000)
    who, value = firms[row], surplus[row, week]
    for share, offset in ((0.5, 0), (0.26, 3)):
        supplier = town.firms[(who * 5 + offset + rng.integers(0, 2, who.size)) % town.firms.size]
        paid = (value * share * rng.lognormal(0, 0.12, who.size)).astype(np.int64)
        time = at(chapter.calendar.first + week * 7 + 7 + rng.integers(0, 5, who.size), around(rng, 11, 2, who.size))
        words = references(rng, "invoice", who.size, 0.05)
        chapter.journal.book(time, who, supplier, paid, reference=words)
    if chapter.calendar.first % CHAPTER:
        return  # VAT goes once in four weeks, however short the chapters are
    payer = np.flatnonzero(total > 20_000)
    due = (total[payer] * 0.15 * CHAPTER / (chapter.calendar.last - chapter.calendar.first)).astype(np.int64)
    time = at(np.full(payer.size, chapter.calendar.last + 1), np.full(payer.size, 3.0))
    more = {"channel": DIRECT_DEBIT, "reference": reference("tax", "VAT")}
    chapter.journal.book(time, firms[payer], town.tax, due, **more)
