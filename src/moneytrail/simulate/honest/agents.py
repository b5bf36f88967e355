"""Schools, and agents who take fees for somebody else: R-TUITION and R-AGENT of the suppressor table.

All numbers are design.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from moneytrail.simulate.calendar import DAY, OFFICE_WEEK, Ints, around, at
from moneytrail.simulate.honest.payments import (
    Numbers,
    Way,
    crowd,
    dated,
    instalments,
    mixed,
    of,
    ours,
    planned,
    rounded,
    standing,
    together,
    upkeep,
    weights,
)
from moneytrail.simulate.honest.people import People
from moneytrail.simulate.journal import DIRECT_DEBIT
from moneytrail.simulate.register import BUSINESS
from moneytrail.simulate.town import Activity, Bank, Chapter, Town, businesses
from moneytrail.simulate.words import (
    CLIENT_MONEY,
    OURS,
    TRADES,
    reference,
    references,
)


def agency(bank: Bank, town: Town, people: People) -> list[Activity]:
    """Plan schools, course providers and agents of all kinds; :func:`disbursements` comes after everybody else."""
    return [schools(bank, town, people), courses(bank, town, people), agents(bank, town, people)]


def schools(bank: Bank, town: Town, people: People) -> Activity:
    """Collect school fees in published stages (R-TUITION): three terms or ten months, two or three prices a school."""
    rng = bank.stream("schools")
    size = bank.some(1 / 2500, 2)
    school = businesses(bank, rng, size, "education provider")
    bank.note("R-TUITION", school)
    pupils = np.repeat(np.arange(size), rng.integers(18, 50, size))
    termly = (np.arange(size) % 2 == 0)[pupils]
    fee = rounded(100 * rng.lognormal(np.log(380), 0.35, (size, 3)).clip(150, 1400), 500)
    pence = fee[pupils, rng.integers(0, 3, pupils.size)]
    family = mixed(rng, town, people, pupils.size, 0.3)
    due = of(rng, np.array((1, 5, 10)), size)[pupils]
    words = references(rng, "course", pupils.size, 0.15)
    parts = [upkeep(bank, town, "schools", school, np.bincount(pupils, pence, minlength=size) * 0.55)]
    for name, part, months, times in (
        ("terms", termly, (0, 4, 8), 3),
        ("months", ~termly, (8, 9, 10, 11, 0, 1, 2, 3, 4, 5), 1),
    ):
        way = Way(hour=17.0, sd=3.0, late=0.35, months=months)
        payee, fees = school[pupils[part]], pence[part] * times
        parts.append(standing(f"school {name}", family[part], payee, fees, due[part], way, words[part]))
    return together(*parts)


def courses(bank: Bank, town: Town, people: People) -> Activity:
    """Sell courses paid in three to five equal stages, four or six weeks apart, to people who were never met before."""
    rng = bank.stream("courses")
    size = bank.some(1 / 2500)
    provider = businesses(bank, rng, size, "education provider")
    bank.note("R-TUITION", provider)
    learners = np.repeat(np.arange(size), rng.poisson(0.25 * bank.calendar.days, size))
    price = rounded(100 * rng.lognormal(np.log(420), 0.4, (size, 2)).clip(120, 1500), 500)
    stages, gap = rng.integers(3, 6, size), of(rng, np.array((28, 42)), size)
    first = rng.integers(-60, bank.calendar.days, learners.size)
    who, day = instalments(first, stages[learners], gap[learners])
    learner = crowd(bank, rng, ours(people), learners.size, 0.15)
    pence = price[learners, rng.integers(0, 2, learners.size)]
    time = at(day + (rng.random(who.size) < 0.3) * rng.integers(1, 6, who.size), around(rng, 18, 3, who.size))
    words = references(rng, "course", who.size, 0.2)
    return together(
        planned(time, learner[who], provider[learners[who]], pence[who], reference=words),
        upkeep(bank, town, "courses", provider, np.full(size, 450_000.0)),
    )


class _Kind(NamedTuple):
    """A kind of agent: its share of the customers, clients a month, price in pounds, most seats at once, words."""

    trade: str
    share: float
    clients: float
    price: float
    seats: int
    words: str
    provider: str
    kept: tuple[float, float]
    days: int


AGENTS: Final = (
    _Kind("ticket agent", 1 / 1200, 26, 420.0, 5, "travel", "airline", (0.05, 0.10), 9),
    _Kind("freight agent", 1 / 2000, 22, 230.0, 1, "freight", "carrier", (0.12, 0.22), 12),
    _Kind("visa agent", 1 / 2500, 14, 640.0, 4, "visa", "visa centre", (0.14, 0.26), 12),
    _Kind("education agent", 1 / 3000, 9, 1250.0, 1, "course", "university", (0.08, 0.18), 12),
    _Kind("recruitment agent", 1 / 3000, 9, 780.0, 1, "visa", "visa centre", (0.16, 0.28), 12),
)


def agents(bank: Bank, town: Town, people: People) -> Activity:
    """Sell tickets, freight, visas and places at college (R-AGENT): near-equal fees from people who are strangers.

    What is for the airline, carrier, visa centre or university goes there with the :func:`disbursements`.
    """
    rng = bank.stream("agents")
    sizes = [bank.some(kind.share, 2) for kind in AGENTS]
    which = np.repeat(np.arange(len(AGENTS)), sizes)
    agent = businesses(bank, rng, which.size, np.array([TRADES.index(kind.trade) for kind in AGENTS])[which])
    clients, price, seats = np.array([(kind.clients, kind.price, kind.seats) for kind in AGENTS])[which].T
    rate = clients * rng.lognormal(0, 0.35, which.size)
    prices = rounded(100 * price[:, None] * rng.lognormal(0, 0.25, (which.size, 3)), 500)
    season = weights(bank, OFFICE_WEEK, (1.0, 0.9, 1.0, 1.1, 1.2, 1.3, 1.3, 1.2, 1.1, 0.9, 0.8, 0.9))
    pool = ours(people)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("agents")
        who, day = dated(rng, chapter, rate, season)
        several = 1 + (rng.random(who.size) ** 2.5 * seats[who]).astype(np.int64)
        pence = prices[who, (3 * rng.random(who.size) ** 2).astype(np.int64)] * several
        time = at(day, around(rng, 14, 3, who.size))
        payer = crowd(bank, rng, pool, who.size, 0.2)
        for position, kind in enumerate(AGENTS):
            part = which[who] == position
            words = references(rng, kind.words, int(part.sum()), 0.25)
            chapter.journal.book(time[part], payer[part], agent[who[part]], pence[part], reference=words)

    return book


_LETTING: Final = _Kind("letting agent", 0, 0, 0.0, 0, "rent", "landlord", (0.08, 0.14), 6)


def disbursements(bank: Bank, town: Town) -> Activity:
    """Let every agent of ours pay on, within 14 days, what it was paid, less its commission, to the named provider.

    Reads what is booked in the chapter. Of the commission four fifths go on wages and rent, and a tenth on tax. The
    same client's money always goes to the same provider: a tenant has one landlord.
    """
    rng = bank.stream("disbursements")
    kinds = (*AGENTS, _LETTING)
    pools = {name: bank.register.strangers(rng, 5, kind=BUSINESS) for name in ("airline", "carrier", "visa centre")}
    pools |= {"university": town.universities, "landlord": town.landlords}
    providers = np.concatenate([pools[kind.provider] for kind in kinds])
    count = np.array([pools[kind.provider].size for kind in kinds])
    start = np.cumsum(count) - count
    trade = bank.register.column("trade")
    agent = np.flatnonzero((bank.register.column("institution") == OURS) & np.isin(trade, CLIENT_MONEY))
    which = np.argmax(trade[agent][:, None] == np.array([TRADES.index(kind.trade) for kind in kinds]), axis=1)
    bank.note("R-AGENT", agent)
    kept = rng.uniform(*np.array([kind.kept for kind in kinds])[which].T)
    days = np.array([kind.days for kind in kinds])[which]
    staff = of(rng, town.strangers, (3, agent.size))
    position = np.full(bank.register.size + 1, -1, dtype=np.int32)
    position[agent] = np.arange(agent.size)
    known = position >= 0
    opened = (bank.register.column("joined").astype(np.int64) + 1) * DAY

    def book(chapter: Chapter) -> None:
        rng, journal = chapter.stream("disbursements"), chapter.journal
        creditor = journal.column("creditor")
        # As unsigned numbers, nobody and people of other banks lie beyond the end, which is no agent.
        row = np.flatnonzero(known.take(creditor.view(np.uint32), mode="clip"))
        client, time = (journal.column(field)[row].astype(np.int64) for field in ("debtor", "time"))
        # What a client would have paid before the account was opened is left out of the books.
        real = time >= np.where(client < opened.size, opened.take(client, mode="clip"), 0)
        row, client, time = row[real], client[real], time[real]
        who, pence = position[creditor[row]], journal.column("amount")[row]
        kind = which[who]
        named = (client.astype(np.int64) * 7919 + who * 31) % 10_007 % count[kind]
        day = time // DAY + 1 + (rng.random(row.size) * days[who]).astype(np.int64)
        day = chapter.calendar.working_day_after(day)
        onward = (pence * (1 - kept[who])).astype(np.int64)
        when = at(day, around(rng, 11, 2, row.size))
        payee = providers[start[kind] + named]
        for code, one in enumerate(kinds):
            part = kind == code
            words = references(rng, one.words, int(part.sum()), 0.1)
            journal.book(when[part], agent[who[part]], payee[part], onward[part], reference=words)
        earned = np.bincount(who, pence - onward, minlength=agent.size)
        _share_commission(chapter, rng, town, agent, staff, earned)

    return book


def _share_commission(
    chapter: Chapter, rng: np.random.Generator, town: Town, agent: Ints, staff: Ints, earned: Numbers
) -> None:
    """Pay wages, rent and tax out of the chapter's commission, on its last Friday."""
    day = chapter.calendar.working_day_before(np.full(agent.size, chapter.calendar.last - 1))
    for payee, share, word in zip(staff, (0.3, 0.28, 0.2), ("NET PAY", "WAGES", ""), strict=True):
        pence = (earned * share).astype(np.int64)
        code = reference("pay", word) if word else reference("rent", "RENT")
        chapter.journal.book(at(day, np.full(day.size, 17.0)), agent, payee, pence, reference=code)
    due = (earned * 0.1).astype(np.int64)
    time = at(day, np.full(day.size, 3.0))
    chapter.journal.book(time, agent, town.tax, due, channel=DIRECT_DEBIT, reference=reference("tax", "VAT"))
