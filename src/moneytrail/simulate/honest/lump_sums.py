"""Honest lump sums and payout runs: house sales, legacies, loans, claims, prizes, and events that are called off.

They stand for R-LOAN and R-REFUND of the suppressor table, and for what has no suppressor: many payees paid for the
first time on one day. What happens to one person once is planned to the last penny; a chapter books what is due in it.
All numbers are design.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR, OFFICE_WEEK, Ints, around, at
from moneytrail.simulate.honest.payments import crowd, due, of, planned, ranks, recurring, regulars, rounded, sums
from moneytrail.simulate.honest.people import People
from moneytrail.simulate.journal import DIRECT_DEBIT
from moneytrail.simulate.register import BUSINESS
from moneytrail.simulate.town import Activity, Bank, Chapter, Town, businesses
from moneytrail.simulate.words import OURS, TRADES, reference, references

Legs = tuple[Ints, Ints, Ints, Ints, Ints]
"""Transfers by time, debtor, creditor, pence and reference."""

COMPLETION_WEEK: Final = (0.5, 0.6, 0.7, 0.8, 2.2, 0.0, 0.0)


def lump_sums(bank: Bank, town: Town, people: People) -> list[Activity]:
    """Plan lump sums and payout runs."""
    customers = regulars(bank, people)
    solicitors = businesses(bank, bank.stream("solicitors"), bank.some(1 / 900, 4), "solicitor", ours=0.3)
    bank.note("solicitor", solicitors)
    return [
        house_sales(bank, town, customers, solicitors),
        legacies(bank, town, customers, solicitors),
        loans(bank, town, customers),
        claims(bank, town, customers),
        payout_runs(bank, town, customers),
        refund_runs(bank, town, customers),
    ]


def _legs(*legs: Legs) -> Activity:
    """Book each transfer in the chapter that holds its time."""
    time, debtor, creditor, pence, words = (np.concatenate(column) for column in zip(*legs, strict=True))
    return planned(time, debtor, creditor, pence, reference=words)


def _if_ours(bank: Bank, account: Ints, legs: Legs) -> Legs:
    """Keep the transfers whose `account` is at this bank: the others it never sees."""
    ours = bank.register.institution(account) == OURS
    time, debtor, creditor, pence, words = (column[ours] for column in legs)
    return time, debtor, creditor, pence, words


def _a_year(bank: Bank, people: int, share: float) -> int:
    """Return how many of `people` do what a `share` of them does in a year: at least one."""
    return max(1, round(people * share * bank.calendar.days / 365))


def house_sales(bank: Bank, town: Town, customers: Ints, solicitors: Ints) -> Activity:
    """Complete house sales (R-LOAN): the proceeds come from one solicitor and go to another the same day.

    A solicitor's account here has the buyer's money an hour before, and passes on what it is sent.
    """
    rng = bank.stream("house sales")
    size = min(_a_year(bank, customers.size, 0.0076), customers.size)
    seller = rng.choice(customers, size, replace=False)
    bank.note("R-LOAN", seller)
    price = rounded(100 * rng.lognormal(np.log(285_000), 0.35, size), 50_000)
    left = (price * rng.uniform(0.9, 0.998, size)).astype(np.int64)
    day = bank.calendar.working_day_after(bank.calendar.scattered(rng, size, COMPLETION_WEEK))
    time = at(day, rng.uniform(10, 13, size))
    later = time + rng.integers(20, 180, size) * HOUR // 60
    last = later + rng.integers(15, 90, size) * HOUR // 60
    buyers, sellers = of(rng, solicitors, (2, size))
    lender, vendor = of(rng, town.lenders, size), town.firms[seller % town.firms.size]
    words = references(rng, "house", size)
    return _legs(
        _if_ours(bank, buyers, (time - HOUR, lender, buyers, price + 120_000, words)),
        (time, buyers, seller, price, words),
        (later, seller, sellers, left, words),
        _if_ours(bank, sellers, (last, sellers, vendor, left - 90_000, words)),
    )


def legacies(bank: Bank, town: Town, customers: Ints, solicitors: Ints) -> Activity:
    """Share out a legacy (R-LOAN): one large credit from a probate solicitor, then relatives and tradesmen are paid."""
    rng = bank.stream("legacies")
    size = min(_a_year(bank, customers.size, 0.0043), customers.size)
    heir = rng.choice(customers, size, replace=False)
    bank.note("R-LOAN", heir)
    pence = 100 * rng.lognormal(np.log(24_000), 0.6, size).astype(np.int64)
    time = at(
        bank.calendar.working_day_after(rng.integers(0, max(bank.calendar.days - 6, 1), size)), np.full(size, 11.0)
    )
    solicitor = of(rng, solicitors, size)
    estate = of(rng, town.lenders, size)
    words = references(rng, "house", size)
    who, _ = ranks(rng.integers(3, 9, size))
    weight = rng.gamma(4.0, 1.0, who.size)
    spent = (pence * rng.uniform(0.2, 0.8, size) / sums(who, weight, size))[who] * weight
    payee = of(rng, town.strangers, who.size)
    later = time[who] + 2 * HOUR + rng.integers(0, 3 * DAY, who.size)
    return _legs(
        _if_ours(bank, solicitor, (time - DAY, estate, solicitor, pence * 104 // 100, words)),
        (time, solicitor, heir, pence, words),
        (later, heir[who], payee, rounded(spent, 5000), references(rng, "favour", who.size, 0.3)),
    )


def loans(bank: Bank, town: Town, customers: Ints) -> Activity:
    """Lend for cars, building works and other debts (R-LOAN); the money is spent in days and paid back every month."""
    rng = bank.stream("loans")
    size = _a_year(bank, customers.size, 0.05)
    borrower, lender, old = (of(rng, codes, size) for codes in (customers, town.lenders, town.lenders))
    bank.note("R-LOAN", borrower)
    lent = rounded(100 * rng.lognormal(np.log(6_500), 0.7, size).clip(1_000, 35_000), 50_000)
    day = rng.integers(0, bank.calendar.days, size)
    time = at(day, rng.uniform(8, 20, size))
    repaid = (lent * 1.1 / rng.integers(24, 61, size)).astype(np.int64)
    repayment_day = rng.integers(1, 29, size)
    purpose = rng.integers(0, 3, size)
    who, _ = ranks(np.array((1, 3, 1))[purpose])
    payee = np.select(
        [purpose[who] == 0, purpose[who] == 1],
        [bank.register.anyone(rng, who.size), of(rng, town.firms, who.size)],
        old[who],
    )
    spent = rounded(lent[who] * rng.uniform(0.8, 1.0, who.size) / np.array((1, 3, 1))[purpose[who]], 1000)
    later = time[who] + rng.integers(HOUR, 4 * DAY, who.size)
    spending = _legs(
        (time, lender, borrower, lent, np.full(size, reference("bill", "LOAN"))),
        (later, borrower[who], payee, spent, references(rng, "favour", who.size, 0.3)),
    )

    def book(chapter: Chapter) -> None:
        spending(chapter)
        who, turn = chapter.calendar.monthly(repayment_day)
        owing = turn > day[who] + 14
        who, turn = who[owing], chapter.calendar.working_day_after(turn[owing])
        more = {"channel": DIRECT_DEBIT, "reference": reference("bill", "LOAN")}
        chapter.journal.book(at(turn, np.full(turn.size, 2.5)), borrower[who], lender[who], repaid[who], **more)

    return book


def claims(bank: Bank, town: Town, customers: Ints) -> Activity:
    """Settle insurance claims (R-LOAN): a lump sum from an insurer, most of which a repairer or dealer soon has."""
    insurers = bank.register.strangers(bank.stream("claims"), 8, kind=BUSINESS, trade=TRADES.index("insurer"))

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("claims")
        who = of(rng, customers, rng.poisson(0.006 * customers.size * chapter.calendar.months))
        pence = (100 * rng.lognormal(np.log(950), 0.9, who.size).clip(60, 20_000)).astype(np.int64)
        time = at(chapter.calendar.scattered(rng, who.size, OFFICE_WEEK), around(rng, 12, 3, who.size))
        words = references(rng, "refund", who.size)
        chapter.journal.book(time, insurers[who % insurers.size], who, pence, reference=words)
        spends = rng.random(who.size) < 0.65
        who, later = who[spends], time[spends] + rng.integers(DAY, 10 * DAY, int(spends.sum()))
        spent = (pence[spends] * rng.uniform(0.6, 1.0, who.size)).astype(np.int64)
        payee = of(rng, town.firms, who.size)
        chapter.journal.book(later, who, payee, spent, reference=references(rng, "invoice", who.size, 0.2))

    return book


def payout_runs(bank: Bank, town: Town, customers: Ints) -> Activity:
    """Pay out claims and prizes: one large credit funds dozens of payees in a day, most of them for the first time."""
    rng = bank.stream("payout runs")
    size = bank.some(1 / 1500, 2)
    trades = np.array((TRADES.index("insurer"), TRADES.index("prize promoter")))[np.arange(size) % 2]
    payer = businesses(bank, rng, size, trades)
    bank.note("payout run", payer)
    backer = of(rng, town.firms, size)
    run, day = recurring(rng, bank.calendar, rng.integers(20, 45, size))
    day = bank.calendar.working_day_after(day)
    count = rng.integers(10, max(min(customers.size // 4, 60), 12), run.size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("payout runs")
        now = due(chapter.calendar, day)
        which, _ = ranks(count[now])
        amount = rounded(100 * rng.lognormal(np.log(170), 0.9, which.size).clip(10, 6000), 10)
        time = at(day[now], np.full(now.size, 9.0))
        total = sums(which, amount, now.size)
        chapter.journal.book(time, backer[run[now]], payer[run[now]], total.astype(np.int64))
        later = time[which] + 2 * HOUR + rng.integers(0, 5 * HOUR, which.size)
        payee = crowd(bank, rng, customers, which.size)
        words = references(rng, "refund", which.size, 0.1)
        chapter.journal.book(later, payer[run[now]][which], payee, amount, reference=words)

    return book


def refund_runs(bank: Bank, town: Town, customers: Ints) -> Activity:
    """Sell tickets at two prices, and give back to every buyer what was paid where the event is off (R-REFUND).

    Each organiser's first event is called off and every third after it; for the others the venue and artists are paid.
    """
    rng = bank.stream("refund runs")
    organiser = businesses(bank, rng, bank.some(1 / 2500, 2), "event organiser")
    bank.note("R-REFUND", organiser)
    run, day = recurring(rng, bank.calendar, rng.integers(25, 60, organiser.size))
    seller = organiser[run]
    count = rng.integers(15, max(min(customers.size // 4, 150), 16), run.size)
    price = 50 * rng.integers(30, 240, run.size)
    off = (rng.random(run.size) < 0.35) | np.append(True, run[1:] != run[:-1])
    paid_after = of(rng, town.firms, (run.size, 2))

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("refund runs")
        now = due(chapter.calendar, day)
        which = now[ranks(count[now])[0]]
        buyer = crowd(bank, rng, customers, which.size)
        amount = price[which] * np.where(rng.random(which.size) < 0.3, 8, 5) // 5
        time = at(day[which] + rng.integers(0, 10, which.size), around(rng, 18, 4, which.size))
        words = references(rng, "sale", which.size, 0.1)
        chapter.journal.book(time, buyer, seller[which], amount, reference=words)
        back = off[which]
        time = at(chapter.calendar.working_day_after(day[which[back]] + 12), rng.uniform(10, 15, int(back.sum())))
        more = {"reference": reference("refund", "REFUND")}
        chapter.journal.book(time, seller[which[back]], buyer[back], amount[back], **more)
        total = sums(which, amount, day.size)
        held = now[~off[now]]
        for position, share in ((0, 0.62), (1, 0.26)):
            time = at(day[held] + 12 + position, np.full(held.size, 14.0))
            words = references(rng, "invoice", held.size)
            pence = (total[held] * share).astype(np.int64)
            chapter.journal.book(time, seller[held], paid_after[held, position], pence, reference=words)

    return book
