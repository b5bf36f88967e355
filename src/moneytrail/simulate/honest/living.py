"""Everyday life: wages, benefits, homes, bills, shopping, cash, friends, savings. All that fills a personal account.

Each function plans one population for all `people` at once and returns what books one chapter of it. What a person
keeps (rates, rents, prices, pay, shops' region, circle of friends) is drawn in the plan and holds for all chapters.
Every number is design unless a source is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from moneytrail.simulate.calendar import (
    COUNTER_WEEK,
    DAY,
    EVENING_WEEK,
    FLAT_WEEK,
    HOUR,
    OFFICE_WEEK,
    SECOND,
    SHOPPING_WEEK,
    Bools,
    Calendar,
    Floats,
    Ints,
    around,
    at,
)
from moneytrail.simulate.honest.payments import active, inward, month_of, of, often, outward, rounded
from moneytrail.simulate.honest.people import (
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
from moneytrail.simulate.journal import CARD, CASH, DIRECT_DEBIT, NOBODY, TRANSFER, Journal
from moneytrail.simulate.town import FOUR_WEEKLY, MONTHLY, ONLINE, WEEKLY, Activity, Bank, Chapter, Town, visit
from moneytrail.simulate.words import CATEGORIES, free_text, human_sums, reference, references

Codes = npt.NDArray[np.int32]

MEAN_BASKET = sum(c.share * c.median * np.exp(c.sigma**2 / 2) for c in CATEGORIES) / sum(c.share for c in CATEGORIES)


def live(bank: Bank, town: Town, people: People, friends: Ints) -> list[Activity]:
    """Plan the everyday life of `people`; `friends` are the accounts that they share bills and favours with."""
    return [
        wages(bank, town, people),
        benefits(bank, town, people),
        study(bank, town, people),
        housing(bank, town, people),
        bills(bank, town, people),
        shopping(bank, town, people),
        cash(bank, people),
        private(bank, people, friends),
        splitting(bank, town, people),
        larger_sums(bank, people, friends),
        once_only(bank, people),
        family(bank, people, friends),
        saving(bank, people),
        elsewhere(bank, town, people),
        abroad(bank, people),
    ]


def _when(
    rng: np.random.Generator, calendar: Calendar, size: int, week: tuple[float, ...], hours: tuple[float, float]
) -> Ints:
    """Return `size` times: days by the weights of `week`, hours about a mean with a spread."""
    return at(calendar.scattered(rng, size, week), around(rng, *hours, size))


def _pence(rng: np.random.Generator, size: int, median: float, sigma: float, limits: tuple[float, float]) -> Floats:
    """Return lognormal sums in pence, cut to `limits`; median and limits are pounds."""
    return 100 * rng.lognormal(np.log(median), sigma, size).clip(*limits)


@dataclass(frozen=True, slots=True)
class _Orders:
    """Standing orders and direct debits: who pays whom how much, on which day of the month and at which second."""

    day: npt.NDArray[np.int8]
    second: Codes
    debtor: Codes
    creditor: Codes
    amount: Codes
    reference: Codes
    channel: npt.NDArray[np.int8]

    def turns(self, calendar: Calendar) -> tuple[Ints, Ints]:
        """Return the position and the time of every turn of the chapter."""
        who, day = calendar.monthly(self.day.astype(np.int64))
        return who, calendar.working_day_after(day) * DAY + self.second[who].astype(np.int64) * SECOND

    def book(self, journal: Journal, who: Ints, time: Ints, amount: Codes) -> None:
        """Book the turns."""
        parties, words = (self.debtor[who], self.creditor[who]), self.reference[who]
        journal.book(time, *parties, amount, channel=self.channel[who], reference=words)


def _orders(
    day: Ints,
    hour: Floats,
    parties: tuple[Ints, Ints],
    amount: Ints,
    reference: npt.ArrayLike,
    channel: npt.ArrayLike = TRANSFER,
) -> _Orders:
    return _Orders(
        day.astype(np.int8),
        np.rint(hour * 3600).astype(np.int32),
        parties[0].astype(np.int32),
        parties[1].astype(np.int32),
        amount.astype(np.int32),
        np.broadcast_to(np.asarray(reference, dtype=np.int32), day.shape),
        np.broadcast_to(np.asarray(channel, dtype=np.int8), day.shape),
    )


def wages(bank: Bank, town: Town, people: People) -> Activity:
    """Pay wages: one payroll run an employer, to the second, monthly, four-weekly or weekly; sweepers send them on."""
    rng = bank.stream(people.key, "wages")
    staff = np.flatnonzero((people.work == EMPLOYED) & ~people.quiet)
    cadence = town.cadence[people.employer[staff]]
    groups = [(kind, staff[cadence == kind]) for kind in (MONTHLY, FOUR_WEEKLY, WEEKLY)]
    steady = rng.random(people.size) < 0.75
    words = references(rng, "pay", town.employers.size)
    bank.note("R-SAL", people.account[staff])
    bank.note("R-OWN", people.account[staff[people.sweepers[staff]]])

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "wages")
        for kind, workers in groups:
            who, day = _paydays(chapter.calendar, kind, town.payday[people.employer[workers]])
            who, boss = workers[who], people.employer[workers[who]]
            part = (1.0, 28 / 30.4, 7 / 30.4)[kind]
            extra = rng.normal(0, 0.06, who.size)
            still = steady[who] & (kind != WEEKLY)
            pay = people.income[who] * part * np.exp(np.where(still, 0.0, extra))
            time = at(chapter.calendar.working_day_before(day), town.payroll_hour[boss] + 0.25)
            parties = town.employers[boss], people.account[who]
            chapter.journal.book(time, *parties, np.rint(pay).astype(np.int64), reference=words[boss])
            on = np.flatnonzero(people.sweepers[who])
            _sweep(chapter.journal, rng, people, (who[on], time[on], pay[on]))

    return book


def _paydays(calendar: Calendar, kind: int, payday: Ints) -> tuple[Ints, Ints]:
    if kind == MONTHLY:
        return calendar.monthly(payday)
    # Four-weekly and weekly runs fall on Fridays: day 4 of the week, shifted to the calendar's first Friday.
    gap = 7 if kind == WEEKLY else 28
    return calendar.every(gap, (4 - calendar.start.weekday()) % 7 + 7 * (payday % (gap // 7)))


def _sweep(journal: Journal, rng: np.random.Generator, people: People, paid: tuple[Ints, Ints, Floats]) -> None:
    """Send most of the wages of (who, time, pence) on to one's own account elsewhere within five hours."""
    who, time, pence = paid
    moved = rounded(pence * rng.uniform(0.8, 0.97, who.size), 1000)
    later = time + rng.integers(2, 300, who.size) * (HOUR // 60)
    words = references(rng, "own", who.size, 0.4)
    journal.book(later, people.account[who], people.outside[who], moved, reference=words)


def benefits(bank: Bank, town: Town, people: People) -> Activity:
    """Pay pensions and benefits every four weeks, on a weekday, from the state; some pensions from a firm."""
    rng = bank.stream(people.key, "benefits")
    holders = np.flatnonzero(np.isin(people.work, (RETIRED, NOT_WORKING)) & ~people.quiet)
    turn = rng.integers(0, 28, holders.size)
    account = people.account[holders]
    amount = (people.income[holders] * 28 / 30.4).astype(np.int64)
    retired = people.work[holders] == RETIRED
    pensioner = rng.random(holders.size) < 0.6
    pension = np.where(pensioner, (amount * 0.45).astype(np.int64), 0)
    words = np.where(retired, reference("state", "STATE PENSION"), reference("state", "BENEFIT"))

    def book(chapter: Chapter) -> None:
        who, day = chapter.calendar.every(28, turn)
        midnight = chapter.calendar.working_day_before(day) * DAY
        paid = (amount - pension)[who]
        chapter.journal.book(midnight + 3 * HOUR // 2, town.state, account[who], paid, reference=words[who])
        who, midnight = who[pensioner[who]], midnight[pensioner[who]]
        payer = town.firms[account[who] % 17]
        chapter.journal.book(midnight + 3 * HOUR, payer, account[who], pension[who])

    return book


TERMS: Final = (8, 0, 3)
"""Months in which a term begins, 0 for January: September, January, April."""


def study(bank: Bank, town: Town, people: People) -> Activity:
    """Support students (R-STUD): one to three sponsors, a third of them abroad, and fees for the university.

    The first sponsor pays a large sum each term, out of which the fees go in a few days; for half of the students also
    something every month, as the other sponsors do.
    """
    rng = bank.stream(people.key, "study")
    students = np.flatnonzero((people.work == STUDENT) & ~people.quiet)
    many = 1 + np.searchsorted((0.6, 0.9), rng.random(students.size))
    child = np.repeat(np.arange(students.size), many)
    first = np.append(True, child[1:] != child[:-1])[: child.size]
    weight = np.where(first, 1.0, rng.uniform(0.15, 0.7, child.size))
    share = weight / np.bincount(child, weight, minlength=students.size)[child]
    far, termly = (rng.random((2, students.size)) < ((0.35,), (0.45,)))[:, child]
    sponsor = np.empty(child.size, dtype=np.int64)
    sponsor[far] = bank.register.abroad(rng, int(far.sum()))
    sponsor[~far] = bank.register.strangers(rng, int((~far).sum()))
    bank.note("R-STUD", people.account[students])
    account, whole = people.account[students][child], people.income[students][child]
    monthly = share * np.where(termly, np.where(first, 0.0, 1.0), 0.5)
    each_term = np.where(first, np.where(termly, 3.0 * share, 1.5), 0.0)
    turn = rng.integers(1, 29, child.size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "study")
        who, day = chapter.calendar.monthly(turn)
        term = np.isin(month_of(chapter.calendar, day), TERMS)
        part = monthly[who] + np.where(term, each_term[who], 0.0)
        due = part > 0
        who, day, term, part = who[due], day[due], term[due], part[due]
        amount = rounded(whole[who] * part * rng.lognormal(0.1, 0.1, who.size))
        time = at(day, around(rng, 13, 3, day.size))
        inward(bank, chapter.journal, rng, (time, sponsor[who], account[who], amount), "remit")
        main = first[who] & term
        who, time = who[main], time[main] // DAY
        paid = rounded(3.0 * whole[who] * rng.uniform(0.25, 0.45, who.size), 100)
        later = at(time + rng.integers(0, 4, who.size), around(rng, 17, 3, who.size))
        parties = account[who], town.universities[account[who] % 12]
        chapter.journal.book(later, *parties, paid, reference=references(rng, "study", who.size))

    return book


def housing(bank: Bank, town: Town, people: People) -> Activity:
    """Pay rent by standing order to a landlord or letting agent, and mortgages by direct debit."""
    rng = bank.stream(people.key, "housing")
    landlord = town.landlords[(town.landlords.size * rng.random(people.size) ** 1.6).astype(np.int64)]
    agent = of(rng, town.agents, people.size)
    lender = of(rng, town.lenders, people.size)
    payee = np.select([people.housing == TENANT, people.housing == AGENT_TENANT], [landlord, agent], lender)
    share = rng.uniform(0.24, 0.36, people.size) * np.where(people.partner >= 0, 0.7, 1.0)
    debit = people.housing == MORTGAGED
    price = rounded(people.income * share, 500) + np.where(debit, 317, 0)
    words = np.where(debit, reference("bill", "MORTGAGE"), references(rng, "rent", people.size, 0.2))
    wanted = (people.housing != OWNER) & (people.work != STUDENT) & (active(people) == 1.0)
    payers = np.flatnonzero(wanted)
    hour = np.where(debit, 2.0, 5.0 + (people.account % 120) / 60)[payers]
    day = np.array((1, 1, 1, 2, 3, 5, 28, 28))[rng.integers(0, 8, payers.size)]
    parties = people.account[payers], payee[payers]
    channel = np.where(debit, DIRECT_DEBIT, TRANSFER)[payers]
    orders = _orders(day, hour, parties, price[payers], words[payers], channel)

    def book(chapter: Chapter) -> None:
        who, time = orders.turns(chapter.calendar)
        orders.book(chapter.journal, who, time, orders.amount[who])

    return book


BILLS = (
    ("COUNCIL TAX", 0.75, 135.0, 0.25), ("ENERGY", 0.85, 105.0, 0.35), ("WATER", 0.7, 38.0, 0.25),
    ("BROADBAND", 0.75, 31.0, 0.2), ("MOBILE", 0.85, 17.0, 0.4), ("INSURANCE", 0.6, 34.0, 0.5),
    ("TV LICENCE", 0.5, 14.12, 0.0), ("GYM", 0.2, 27.0, 0.3), ("LOAN", 0.18, 140.0, 0.5),
)  # fmt: skip
_METERED: Final = reference("bill", "ENERGY")


def bills(bank: Bank, town: Town, people: People) -> Activity:
    """Collect monthly direct debits in night batches: the same sum each time, energy a little different."""
    rng = bank.stream(people.key, "bills")
    kinds = [_bill(rng, town, people, kind) for kind in range(len(BILLS))]
    kind, payer, biller, price = (np.concatenate(column) for column in zip(*kinds, strict=True))
    words = np.array([reference("bill", word) for word, *_ in BILLS])[kind]
    day = rng.integers(1, 29, kind.size)
    orders = _orders(day, 1.0 + kind * 0.5, (people.account[payer], biller), price, words, DIRECT_DEBIT)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "bills")
        who, time = orders.turns(chapter.calendar)
        amount = orders.amount[who]
        metered = np.flatnonzero(orders.reference[who] == _METERED)
        amount[metered] = (amount[metered] * rng.lognormal(0, 0.06, metered.size)).astype(np.int32)
        orders.book(chapter.journal, who, time, amount)

    return book


def _bill(rng: np.random.Generator, town: Town, people: People, kind: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the kind, payers (positions), billers and prices of one kind of bill."""
    _, share, median, sigma = BILLS[kind]
    payer = np.flatnonzero((rng.random(people.size) < share) & (active(people) == 1.0))
    scale = (people.income[payer] / 200_000).clip(0.5, 1.6) * np.where(people.partner[payer] >= 0, 0.75, 1.0)
    price = 100 * median * rng.lognormal(0, sigma, payer.size) * (scale if sigma else 1.0)
    biller = town.billers[kind * 4 + rng.integers(0, 4, payer.size)]
    return np.full(payer.size, kind), payer, biller, price.astype(np.int64)


# Shopping is nine in twelve of all that people book: it has a kernel, which turns two words of chance into one visit.
_FINE: Final = 14
_NORMALS: Final = 1 << _FINE
_RANKS: Final = 1 << 10
AWAY: Final = round(0.06 * (1 << 12))
"""So many of 4,096 visits are to a shop in any region."""


@dataclass(frozen=True, slots=True)
class _Shops:
    """What the kernel looks up. `kinds` and `normals` are drawn from by position; `shape` is a row a category."""

    kinds: npt.NDArray[np.uint8]
    online: Codes
    shape: Floats
    cell_start: Codes
    cell_size: Codes
    codes: Codes
    normals: npt.NDArray[np.float32]
    ranks: Floats


def _shops(town: Town) -> _Shops:
    edges = np.cumsum([c.share for c in CATEGORIES])
    ends = np.rint(edges / edges[-1] * (1 << 16)).astype(np.int64)
    return _Shops(
        kinds=np.repeat(np.arange(edges.size, dtype=np.uint8), np.diff(ends, prepend=0)),
        online=np.array([round(c.online * (1 << 16)) for c in CATEGORIES], dtype=np.int32),
        shape=np.array([(100 * c.median, c.sigma, c.hour, c.hour_sd) for c in CATEGORIES]),
        cell_start=town.cell_start.astype(np.int32),
        cell_size=town.cell_size.astype(np.int32),
        codes=town.shops.astype(np.int32),
        normals=_normals(),
        ranks=(np.arange(_RANKS + 1) / _RANKS) ** 2.2,
    )


@lru_cache(maxsize=1)
def _normals() -> npt.NDArray[np.float32]:
    """Return the middles of equal parts of the standard normal distribution, in order."""
    law = NormalDist()
    half = np.array([law.inv_cdf((i + 0.5) / _NORMALS) for i in range(_NORMALS // 2)], dtype=np.float32)
    return np.concatenate([half, -half[::-1]])


def shopping(bank: Bank, town: Town, people: People) -> Activity:
    """Spend by card: what is left of the income decides the basket, the category the price, the hour and the place."""
    rng = bank.stream(people.key, "shopping")
    rate = rng.lognormal(np.log(28), 0.45, people.size).clip(2, 90)
    level = (people.income * _spare(people) / (rate * MEAN_BASKET * 100)).clip(0.35, 3.5)
    rate *= active(people)
    shops = _shops(town)
    shoppers = people.account.astype(np.int32), people.region.astype(np.int8), level

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "shopping")
        visits = rng.poisson(rate * chapter.calendar.months)
        size = int(visits.sum())
        # Two words a visit, all 64 bits of them: drawing every trait apart would take four times as long.
        chance = rng.integers(-(2**63), 2**63 - 1, (size, 2), endpoint=True)
        time, amount = np.empty((2, size), dtype=np.int64)
        debtor, creditor = np.empty((2, size), dtype=np.int32)
        category, location = np.empty((2, size), dtype=np.int8)
        _visit(
            *(visits, *shoppers, chance, chapter.calendar.slots(SHOPPING_WEEK)),
            *(shops.kinds, shops.online, shops.shape, shops.normals, shops.ranks),
            *(shops.cell_start.ravel(), shops.cell_size.ravel(), shops.codes),
            *(time, debtor, creditor, amount, category, location),
        )
        chapter.journal.book(time, debtor, creditor, amount, channel=CARD, category=category, location=location)

    return book


@njit(cache=True, nogil=True)
def _visit(
    visits: Ints,
    account: Codes,
    region: npt.NDArray[np.int8],
    level: Floats,
    chance: Ints,
    days: Codes,
    kinds: npt.NDArray[np.uint8],
    online: Codes,
    shape: Floats,
    normals: npt.NDArray[np.float32],
    ranks: Floats,
    cell_start: Codes,
    cell_size: Codes,
    shops: Codes,
    time: Ints,
    debtor: Codes,
    creditor: Codes,
    amount: Ints,
    category: npt.NDArray[np.int8],
    location: npt.NDArray[np.int8],
) -> None:
    """Fill the six columns at the end: person i shops ``visits[i]`` times; row j is made of ``chance[j]`` alone.

    The first word holds 16 bits for the day, 14 for the price, 14 for the hour, 12 for the seconds between two hours
    of the table, 8 for the price's ending; the second 16 for the category, 16 for online or not, 12 for a visit away
    from home, 20 for the shop. Four prices in ten end in .00, .50 or .99. In every cell of the town the first shops
    are far busier than the last.
    """
    j = 0
    for i in range(visits.size):
        for _ in range(visits[i]):
            one, two = chance[j, 0], chance[j, 1]
            kind = int(kinds[two & 0xFFFF])
            median, sigma, hour, spread = shape[kind]

            hour += spread * normals[(one >> 30) & 0x3FFF]
            hour = 10.0 - hour if hour < 5.0 else hour
            hour = 47.99 - hour if hour >= 24.0 else hour
            milliseconds = int(hour * 3_600_000.0) + ((one >> 44) & 0xFFF)
            milliseconds = min(max(milliseconds, 5 * 3_600_000), 86_399_999)
            time[j] = int(days[one & 0xFFFF]) * 86_400_000_000 + milliseconds * 1000

            pence = max(int(median * level[i] * np.exp(sigma * normals[(one >> 16) & 0x3FFF])), 80)
            ending = (one >> 56) & 0xFF
            if ending < 102:
                pence = pence // 100 * 100 + (0, 50, 99, 99)[ending & 3]
            amount[j] = max(pence, 50)

            place = int(region[i])
            far = (two >> 32) & 0xFFF
            if (two >> 16) & 0xFFFF < online[kind]:
                place = ONLINE
            elif far < AWAY:
                place = far % ONLINE
            cell = kind * (ONLINE + 1) + place
            drawn = (two >> 44) & 0xFFFFF
            low, rest = drawn >> 10, (drawn & 0x3FF) / 1024.0
            rank = ranks[low] + (ranks[low + 1] - ranks[low]) * rest
            debtor[j] = account[i]
            creditor[j] = shops[cell_start[cell] + int(cell_size[cell] * rank)]
            category[j] = kind
            location[j] = -1 if place == ONLINE else place
            j += 1


def _spare(people: People) -> Floats:
    """Return the share of income that goes on cards: less for those who pay rent."""
    share = np.select([people.housing == OWNER, people.work == STUDENT], [0.56, 0.46], 0.36)
    return np.where(people.work == SOLE_TRADER, 0.30, share)


_NOTES: Final = 1000 * np.array((1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10, 12, 15, 18, 20, 25, 30, 40, 50, 50))


def cash(bank: Bank, people: People) -> Activity:
    """Take notes from machines, and now and then pay some in: gifts, sold goods, savings from home."""
    rng = bank.stream(people.key, "cash")
    taken = rng.gamma(1.4, 0.9, people.size) * active(people)
    brought = 0.2 * rng.gamma(0.5, 2.0, people.size) * active(people)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "cash")
        who = often(rng, chapter, taken)
        amount = _NOTES[(_NOTES.size * rng.random(who.size) ** 1.3).astype(np.int64)]
        # One in fifty goes to the counter, for a builder, a holiday, a car.
        counter = rng.random(who.size) < 0.02
        amount = np.where(counter, rounded(_pence(rng, who.size, 700, 0.7, (100, 5000)), 1000), amount)
        time = _when(rng, chapter.calendar, who.size, SHOPPING_WEEK, (14.5, 4))
        account, region = people.account[who], people.region[who]
        chapter.journal.book(time, account, NOBODY, amount, channel=CASH, location=region)
        who = often(rng, chapter, brought)
        amount = rounded(_pence(rng, who.size, 260, 1.1, (10, 9000)), 500)
        time = _when(rng, chapter.calendar, who.size, COUNTER_WEEK, (12.7, 2))
        account, region = people.account[who], people.region[who]
        chapter.journal.book(time, NOBODY, account, amount, channel=CASH, location=region)

    return book


MONTHS_ALIKE = 1.5
"""Shape of the gamma law between one person's months. Design, after a real bank's (Berka, PKDD 1999), where payments
a month vary by a half."""


def private(bank: Bank, people: People, friends: Ints) -> Activity:
    """Settle small things with a few friends, both ways; each person has a circle of six, some dearer than others."""
    rng = bank.stream(people.key, "private")
    circle = _known(rng, friends, np.repeat(people.account, 6)).reshape(people.size, 6).astype(np.int32)
    rate = rng.gamma(1.3, 1.7, people.size) * active(people)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "private")
        # Nobody's months are alike: one is spent among friends, the next at home.
        who = often(rng, chapter, rate * rng.gamma(MONTHS_ALIKE, 1 / MONTHS_ALIKE, rate.size))
        friend = circle[who, (6 * rng.random(who.size) ** 1.8).astype(np.int64)]
        time = _when(rng, chapter.calendar, who.size, EVENING_WEEK, (18.5, 3.6))
        _either_way(chapter.journal, rng, (time, people.account[who], friend, _small(rng, who.size, 400)))

    return book


def _known(rng: np.random.Generator, friends: Ints, own: Ints) -> Ints:
    """Return one of `friends` for each account of `own`, not itself."""
    place = rng.integers(0, friends.size, own.size)
    return np.where(friends[place] == own, friends[place - 1], friends[place])


def _small(rng: np.random.Generator, size: int, most: float) -> Ints:
    """Return what friends send one another, in pence, `most` pounds at most: six in ten are whole pounds."""
    pence = _pence(rng, size, 17, 0.8, (1, most))
    return np.where(rng.random(size) < 0.6, rounded(pence, 100), pence.astype(np.int64))


def _either_way(journal: Journal, rng: np.random.Generator, booked: tuple[Ints, Ints | Codes, Codes, Ints]) -> None:
    time, one, other, pence = booked
    out: Bools = rng.random(one.size) < 0.5
    words = references(rng, "friends", one.size, 0.25)
    journal.book(time, np.where(out, one, other), np.where(out, other, one), pence, reference=words)


_OUTINGS: Final = np.array(
    [[c.code for c in CATEGORIES].index(code) for code in ("5812", "5812", "5812", "5813", "5813", "5411", "5999")]
)
_GROUP_SIZE: Final = (0.18, 0.46, 0.68, 0.84, 0.93)
"""Cumulative shares of groups of 3, 4, 5, 6, 7; the rest are 8."""


@dataclass(frozen=True, slots=True)
class _Groups:
    """Groups of friends: a row of `member` each, accounts of ours first; `ours` of `size` are customers."""

    member: Codes
    region: npt.NDArray[np.int8]
    size: Ints
    ours: Ints
    outings: Floats
    favours: Floats


def _groups(rng: np.random.Generator, town: Town, people: People) -> _Groups:
    """Draw one group for every twenty people; a quarter of the places beyond the second are held by outsiders."""
    takers = rng.permutation(np.flatnonzero(active(people) == 1.0))
    many = round(takers.size / 20) if takers.size >= 8 else 0
    size = 3 + np.searchsorted(_GROUP_SIZE, rng.random(many))
    ours = size - rng.binomial(size - 2, 0.25)
    seat = np.arange(8)
    place = (np.cumsum(ours) - ours)[:, None] + seat
    person = takers[place % max(takers.size, 1)] if many else np.zeros((0, 8), dtype=np.int64)
    outsider = of(rng, town.strangers, (many, 8))
    return _Groups(
        np.where(seat < ours[:, None], people.account[person], outsider).astype(np.int32),
        people.region[person[:, 0]].astype(np.int8),
        size,
        ours,
        rng.gamma(4.0, 0.55, many),
        rng.gamma(2.0, 0.9, many),
    )


def splitting(bank: Bank, town: Town, people: People) -> Activity:
    """Split bills in fixed groups of friends: one pays by card, the others send their shares (R-SPLIT).

    Each share is below 150 pounds and comes within two days, most within hours. The members also pay one another at
    other times.
    """
    groups = _groups(bank.stream(people.key, "splitting"), town, people)
    bank.note("R-SPLIT", groups.member[np.arange(8) < groups.ours[:, None]])

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "splitting")
        _outings(rng, chapter, town, groups)
        which = often(rng, chapter, groups.favours)
        one = (groups.ours[which] * rng.random(which.size)).astype(np.int64)
        step = 1 + ((groups.size[which] - 1) * rng.random(which.size)).astype(np.int64)
        other = groups.member[which, (one + step) % groups.size[which]]
        time = _when(rng, chapter.calendar, which.size, EVENING_WEEK, (18.5, 3.6))
        _either_way(chapter.journal, rng, (time, groups.member[which, one], other, _small(rng, which.size, 149)))

    return book


def _outings(rng: np.random.Generator, chapter: Chapter, town: Town, groups: _Groups) -> None:
    """Book evenings out: the card first, then the shares of those who came, equal for six evenings in ten."""
    which = often(rng, chapter, groups.outings)
    host = (groups.ours[which] * rng.random(which.size)).astype(np.int64)
    night = np.repeat(np.arange(which.size), groups.size[which] - 1)
    turn = np.arange(night.size) - np.searchsorted(night, night) + 1
    came = (rng.random(night.size) < 0.9) | (turn == 1)
    night, turn = night[came], turn[came]
    head = _pence(rng, which.size, 21, 0.5, (5, 110)).astype(np.int64)
    even = rng.random(which.size) < 0.6
    own = (head[night] * rng.uniform(0.7, 1.3, night.size)).astype(np.int64)
    share = np.where(even[night], head[night], own)
    bill = head + np.bincount(night, share, minlength=which.size).astype(np.int64)
    time = _when(rng, chapter.calendar, which.size, EVENING_WEEK, (19.5, 2.2))
    payer = groups.member[which, host]
    kind, region = of(rng, _OUTINGS, which.size), groups.region[which]
    shop = visit(town, rng, kind, region.astype(np.int64))
    chapter.journal.book(time, payer, shop, bill, channel=CARD, category=kind, location=region)
    friend = groups.member[which[night], (host[night] + turn) % groups.size[which[night]]]
    words = references(rng, "friends", night.size, 0.15)
    chapter.journal.book(_later(rng, time[night]), friend, payer[night], share, reference=words)


def _later(rng: np.random.Generator, time: Ints) -> Ints:
    """Return times minutes to two days after `time`, most within hours; those who would pay at night wait for day."""
    delay = rng.lognormal(np.log(5), 1.1, time.size).clip(0.1, 41) * HOUR
    after = time + delay.astype(np.int64)
    asleep = (after % DAY >= HOUR) & (after % DAY < 7 * HOUR)
    return np.where(asleep, after + 7 * HOUR, after)


def larger_sums(bank: Bank, people: People, friends: Ints) -> Activity:
    """Move larger private sums: cars, gifts, loans and their return, deposits, shares of a holiday; half come in.

    The other side is somebody known, somebody met once, or one's own account at another bank.
    """
    seldom = np.where(np.isin(people.work, (STUDENT, SOLE_TRADER)), 0.35, 1.0)  # less to spare, or an account of trade
    rate = bank.stream(people.key, "larger sums").gamma(1.2, 0.62, people.size) * active(people) * seldom

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "larger sums")
        who = often(rng, chapter, rate)
        kind = rng.random(who.size)
        other = np.where(kind < 0.4, _known(rng, friends, people.account[who]), bank.register.anyone(rng, who.size))
        other = np.where(kind > 0.88, people.outside[who], other)
        pence = _pence(rng, who.size, 900, 1.0, (50, 25_000)).astype(np.int64)
        out: Bools = rng.random(who.size) < 0.5
        chapter.journal.book(
            _when(rng, chapter.calendar, who.size, FLAT_WEEK, (16, 4)),
            np.where(out, people.account[who], other),
            np.where(out, other, people.account[who]),
            human_sums(rng, pence),
            reference=free_text(rng, who.size),
        )

    return book


def once_only(bank: Bank, people: People) -> Activity:
    """Pay people met once: a plumber, a private lesson, a deposit on a hall, something from a small advertisement."""
    rate = bank.stream(people.key, "once only").gamma(1.2, 0.22, people.size) * active(people)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "once only")
        who = often(rng, chapter, rate)
        amount = rounded(_pence(rng, who.size, 130, 1.1, (10, 9000)), 500)
        time = _when(rng, chapter.calendar, who.size, FLAT_WEEK, (16, 3.8))
        invoice, favour = references(rng, "invoice", who.size), references(rng, "favour", who.size, 0.4)
        words = np.where(rng.random(who.size) < 0.4, invoice, favour)
        payee = bank.register.anyone(rng, who.size)
        chapter.journal.book(time, people.account[who], payee, amount, reference=words)

    return book


def family(bank: Bank, people: People, friends: Ints) -> Activity:
    """Keep standing orders: partners share the household's costs, others help a relative every month."""
    rng = bank.stream(people.key, "family")
    paired = (people.partner > np.arange(people.size)) & (rng.random(people.size) < 0.6)
    helping = (people.partner < 0) & (rng.random(people.size) < 0.1)
    givers = np.flatnonzero((paired | helping) & (active(people) == 1.0))
    relative = _known(rng, friends, people.account[givers])
    taker = np.where(people.partner[givers] >= 0, people.account[people.partner[givers]], relative)
    amount = rounded(people.income[givers] * rng.uniform(0.04, 0.16, givers.size), 1000)
    account, day = people.account[givers], rng.integers(1, 29, givers.size)
    orders = _orders(day, 5 + account % 60 / 60, (account, taker), amount, references(rng, "favour", givers.size, 0.3))

    def book(chapter: Chapter) -> None:
        who, time = orders.turns(chapter.calendar)
        orders.book(chapter.journal, who, time, orders.amount[who])

    return book


def saving(bank: Bank, people: People) -> Activity:
    """Put money aside every month in one's own second account; three times in ten half of it comes back.

    Now and then a larger sum is moved, either way: a bonus put away, a holiday or a car to be paid.
    """
    rng = bank.stream(people.key, "saving")
    savers = np.flatnonzero((people.savings >= 0) & (active(people) == 1.0))
    put = rounded(people.income[savers] * rng.uniform(0.03, 0.14, savers.size), 1000)
    parties, day = (people.account[savers], people.savings[savers]), rng.integers(1, 29, savers.size)
    bank.note("R-OWN", np.concatenate(parties))
    orders = _orders(day, np.full(savers.size, 6.0), parties, put, references(rng, "own", savers.size, 0.3))
    rate = rng.gamma(1.2, 0.85, savers.size) * np.where(np.isin(people.work[savers], (STUDENT, SOLE_TRADER)), 0.3, 1.0)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "saving")
        some = savers[often(rng, chapter, rate)]
        sums = human_sums(rng, _pence(rng, some.size, 800, 1.0, (30, 30_000)).astype(np.int64))
        away = rng.random(some.size) < 0.55
        here, there = people.account[some], people.savings[some]
        moment = _when(rng, chapter.calendar, some.size, FLAT_WEEK, (16, 4))
        debtor, creditor = np.where(away, here, there), np.where(away, there, here)
        chapter.journal.book(moment, debtor, creditor, sums, reference=free_text(rng, some.size))
        who, time = orders.turns(chapter.calendar)
        orders.book(chapter.journal, who, time, orders.amount[who])
        back = rng.random(who.size) < 0.3
        who, later = who[back], time[back] + rng.integers(1, 20, int(back.sum())) * DAY + 10 * HOUR
        chapter.journal.book(later, orders.creditor[who], orders.debtor[who], orders.amount[who] // 2)

    return book


def elsewhere(bank: Bank, town: Town, people: People) -> Activity:
    """Top up one's own account at another bank, and buy crypto from an exchange, always the same one."""
    rng = bank.stream(people.key, "elsewhere")
    topping = (rng.random(people.size) < 0.10) * rng.uniform(0.5, 2.5, people.size) * active(people)
    buying = (rng.random(people.size) < 0.05) * rng.gamma(1.0, 1.4, people.size) * active(people)
    exchange = of(rng, town.exchanges, people.size)
    bank.note("crypto buyer", people.account[buying > 0])

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "elsewhere")
        who = often(rng, chapter, topping)
        amount = rounded(people.income[who] * rng.uniform(0.02, 0.12, who.size), 1000)
        time = _when(rng, chapter.calendar, who.size, FLAT_WEEK, (16, 4))
        words = references(rng, "own", who.size, 0.4)
        chapter.journal.book(time, people.account[who], people.outside[who], amount, reference=words)
        who = often(rng, chapter, buying)
        amount = rounded(_pence(rng, who.size, 110, 1.1, (10, 5000)), 500)
        time = _when(rng, chapter.calendar, who.size, FLAT_WEEK, (19, 4))
        words = references(rng, "favour", who.size, 0.7)
        out = rng.random(who.size) < 0.85
        one, other = people.account[who], exchange[who]
        parties = np.where(out, one, other), np.where(out, other, one)
        chapter.journal.book(time, *parties, amount, reference=words)

    return book


def abroad(bank: Bank, people: People) -> Activity:
    """Wire a holiday let or a purchase abroad, and be paid from abroad, in the currency paid there."""
    rng = bank.stream(people.key, "abroad")
    others = bank.register.abroad(rng, max(people.size // 8, 4))
    share = active(people)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream(people.key, "abroad")
        who = often(rng, chapter, 0.025 * share)
        amount = rounded(_pence(rng, who.size, 450, 0.8, (50, 9000)), 500)
        time = _when(rng, chapter.calendar, who.size, OFFICE_WEEK, (14, 3))
        payee = of(rng, others, who.size)
        outward(bank, chapter.journal, rng, (time, people.account[who], payee, amount), "favour")
        who = often(rng, chapter, 0.02 * share)
        amount = rounded(_pence(rng, who.size, 400, 0.8, (30, 9000)), 100)
        time = _when(rng, chapter.calendar, who.size, OFFICE_WEEK, (12, 3))
        payer = of(rng, others, who.size)
        inward(bank, chapter.journal, rng, (time, payer, people.account[who], amount), "remit")

    return book
