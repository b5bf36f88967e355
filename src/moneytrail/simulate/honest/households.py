"""Households whose honest money moves like a gang's: savers who buy large things, shared houses, relatives, families.

Named after the typology that each must not be taken for (L02, L14, L15, L16, S01, S14). All numbers are design.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, OFFICE_WEEK, SHOPPING_WEEK, Ints, around, at
from moneytrail.simulate.honest.payments import (
    Way,
    active,
    crowd,
    dated,
    inward,
    mixed,
    of,
    ours,
    planned,
    rounded,
    shop,
    soon_after,
    standing,
    together,
    upkeep,
    weights,
)
from moneytrail.simulate.honest.people import NOT_WORKING, RETIRED, STUDENT, People
from moneytrail.simulate.journal import CASH, NOBODY
from moneytrail.simulate.town import Activity, Bank, Chapter, Town, businesses
from moneytrail.simulate.words import JOBS, REGION_SHARE, REGIONS, merchant, reference, references


def households(bank: Bank, town: Town, people: People) -> list[Activity]:
    """Plan every population of households."""
    return [
        large_purchases(bank, town, people),
        jewellers(bank, town, people),
        shared_houses(bank, town, people),
        cash_from_relatives(bank, town, people),
        sums_from_abroad(bank, people),
        families(bank, town),
    ]


_ASSETS: Final = (
    (1 / 70, 6500.0, 0.5, "deposit"), (1 / 250, 26_000.0, 0.5, "house"), (1 / 160, 3200.0, 0.6, "loan"),
    (1 / 200, 9000.0, 0.5, "deposit"),
)  # fmt: skip
"""Buyers a year for each customer, median pounds, sigma and words: cars, deposits on property, loans paid off early,
new kitchens and the like."""


def large_purchases(bank: Bank, town: Town, people: People) -> Activity:
    """Buy cars, put deposits on property, pay loans off early (not L15): out of savings, after years of them.

    One in five has a gift from a relative the week before, and one in eight pays some saved notes in.
    """
    rng = bank.stream("large purchases")
    each = [bank.some(share * bank.calendar.days / 365) for share, *_ in _ASSETS]
    kind = np.repeat(np.arange(len(_ASSETS)), each)
    who = rng.integers(0, people.size, kind.size)
    _, median, sigma, _ = (np.array(column) for column in zip(*_ASSETS, strict=True))
    price = rounded(100 * rng.lognormal(np.log(median[kind].astype(np.float64)), sigma[kind].astype(np.float64)), 5000)
    payees = np.where(kind == 2, of(rng, town.lenders, kind.size), of(rng, town.firms, kind.size))
    day = bank.calendar.working_day_after(rng.integers(0, bank.calendar.days, kind.size))
    time, account = at(day, around(rng, 13, 2.5, kind.size)), people.account[who]
    saved = np.where(people.savings[who] >= 0, people.savings[who], people.outside[who])
    bank.note("asset purchase", account)
    gift = np.where(rng.random(kind.size) < 0.2, price * 3 // 10 // 5000 * 5000, 0)
    notes = np.where(rng.random(kind.size) < 0.12, price // 8 // 1000 * 1000, 0)
    words = np.select([kind == code for code in range(4)], [references(rng, asset[3], kind.size) for asset in _ASSETS])
    first = np.where(kind == 1, 50_000, price // 10 // 5000 * 5000)
    own, kin = references(rng, "own", kind.size, 0.3), references(rng, "favour", kind.size, 0.3)
    before = time - rng.integers(0, 6 * DAY, kind.size)
    at_branch = at(before // DAY, around(rng, 12.5, 1.5, kind.size))
    return together(
        planned(before, saved, account, price - gift - notes, reference=own),
        planned(before, of(rng, town.strangers, kind.size), account, gift, reference=kin),
        planned(at_branch, NOBODY, account, notes, channel=CASH, location=people.region[who]),
        planned(time, account, payees, first, reference=words),
        planned(soon_after(rng, time, 90), account, payees, price - first, reference=words),
    )


def jewellers(bank: Bank, town: Town, people: People) -> Activity:
    """Sell gold, coins and rings (not L15): people who stay strangers pay by transfer, some in notes."""
    rng = bank.stream("jewellers")
    size = bank.some(1 / 3000)
    jeweller = businesses(bank, rng, size, "jeweller")
    bank.note("jeweller", jeweller)
    region = bank.register.column("region")[jeweller].astype(np.int64)
    rate, week, pool = rng.uniform(9, 24, size), weights(bank, SHOPPING_WEEK), ours(people)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("jewellers")
        who, day = dated(rng, chapter, rate, week)
        pence = rounded(100 * rng.lognormal(np.log(780), 0.9, who.size).clip(60, 12_000), 500)
        time = at(day, around(rng, 14, 2, who.size))
        notes = rng.random(who.size) < 0.25
        payer = np.where(notes, NOBODY, crowd(bank, rng, pool, who.size, 0.12))
        channel, location = np.where(notes, CASH, 0), np.where(notes, region[who], -1)
        words = np.where(notes, -1, references(rng, "deposit", who.size, 0.2))
        chapter.journal.book(time, payer, jeweller[who], pence, channel=channel, location=location, reference=words)

    return together(book, upkeep(bank, town, "jewellers", jeweller, np.full(size, 280_000.0)))


def shared_houses(bank: Bank, town: Town, people: People) -> Activity:
    """Let one tenant collect the rent of three to seven others and pay the landlord (not S01, S14).

    Housemates pay by the month, the fortnight or the week; where there are some, half of them are new customers, whose
    first payment follows on their account's opening.
    """
    rng = bank.stream("shared houses")
    size = bank.some(1 / 300, 2)
    head = of(rng, ours(people), size)
    bank.note("shared house", head)
    house = np.repeat(np.arange(size), rng.integers(3, 8, size))
    joined = bank.register.column("joined")[people.account]
    new = people.account[(joined >= 0) & (joined < bank.calendar.days - 30) & (active(people) == 1.0)]
    mate = mixed(rng, town, people, house.size, 0.4)
    mate = np.where(rng.random(house.size) < 0.3, of(rng, new, house.size), mate) if new.size else mate
    gap = of(rng, np.array((0, 0, 7, 14)), size)
    month = rounded(100 * rng.lognormal(np.log(470), 0.2, size), 1000)
    share = np.where(gap == 0, month, rounded(month * gap / 30.4, 500))
    heads = np.bincount(house, minlength=size) + 1
    due = rng.integers(1, 6, size)
    landlord, biller = of(rng, town.landlords, size), of(rng, town.billers, size)
    words = references(rng, "rent", house.size, 0.2)
    parts: list[Activity] = []
    for turn in (0, 7, 14):
        of_mate, of_head = gap[house] == turn, np.flatnonzero(gap == turn)
        chosen = house[of_mate]
        rent = Way(gap=turn, hour=18.0, sd=3.0, late=0.25)
        parts += [
            standing(f"mates {turn}", mate[of_mate], head[chosen], share[chosen], due[chosen], rent, words[of_mate]),
            standing(
                f"house {turn}",
                head[of_head],
                landlord[of_head],
                (share * heads)[of_head] * 92 // 100,
                due[of_head] + 3,
                Way(gap=turn, hour=8.0),
                reference("rent", "RENT"),
            ),
        ]
    bills = (month * heads * 7 // 100).astype(np.int64)
    parts.append(standing("house bills", head, biller, bills, due + 9, Way(noise=0.1), reference("bill", "ENERGY")))
    return together(*parts)


def cash_from_relatives(bank: Bank, town: Town, people: People) -> Activity:
    """Pay notes in for students (not L16): relatives do it at a counter near them, more in the months of terms."""
    rng = bank.stream("cash from relatives")
    students = np.flatnonzero((people.work == STUDENT) & (active(people) == 1.0))
    size = min(bank.some(1 / 400, 2), students.size)
    student = rng.choice(students, size, replace=False)
    account = people.account[student]
    bank.note("notes from relatives", account)
    near = of(rng, np.arange(len(REGIONS)), size)
    usual = 100 * rng.lognormal(np.log(420), 0.5, size).clip(80, 1900)
    rate = rng.uniform(0.6, 2.4, size)
    terms = weights(bank, OFFICE_WEEK, (1.6, 1.0, 0.7, 1.2, 1.0, 0.4, 0.3, 0.7, 2.2, 1.6, 0.8, 0.5))
    college = of(rng, town.universities, size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("cash from relatives")
        who, day = dated(rng, chapter, rate, terms)
        pence = rounded(usual[who] * rng.lognormal(0, 0.3, who.size), 1000)
        time = at(day, around(rng, 12.7, 1.8, who.size))
        chapter.journal.book(time, NOBODY, account[who], pence, channel=CASH, location=near[who])
        paid = (pence * rng.uniform(0.4, 0.8, who.size)).astype(np.int64)
        words = references(rng, "study", who.size, 0.1)
        chapter.journal.book(soon_after(rng, time, 140), account[who], college[who], paid, reference=words)

    return book


def sums_from_abroad(bank: Bank, people: People) -> Activity:
    """Send a regular sum from relatives abroad (not L02): to students, pensioners and those out of work."""
    rng = bank.stream("sums from abroad")
    kept = np.isin(people.work, (RETIRED, NOT_WORKING, STUDENT)) & (active(people) == 1.0)
    receivers = np.flatnonzero(kept)
    size = min(bank.some(1 / 120, 2), receivers.size)
    account = people.account[rng.choice(receivers, size, replace=False)]
    bank.note("people paid from abroad", account)
    sender = bank.register.abroad(rng, size)
    usual = rounded(100 * rng.lognormal(np.log(340), 0.5, size).clip(60, 2500), 1000)
    due = rng.integers(1, 29, size)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("sums from abroad")
        who, day = chapter.calendar.monthly(due)
        day = chapter.calendar.working_day_after(day) + rng.integers(0, 3, who.size)
        pence = (usual[who] * rng.lognormal(0, 0.012, who.size)).astype(np.int64)
        time = at(day, around(rng, 12, 3, who.size))
        inward(bank, chapter.journal, rng, (time, sender[who], account[who], pence), "remit")

    return book


def families(bank: Bank, town: Town) -> Activity:
    """Open accounts for families (not L14): one address and one device, half of them joining within two days.

    Each member has a wage or a benefit, shops, sends something to the head of the family, and pays the same school or
    landlord as the others.
    """
    rng = bank.stream("families")
    size = bank.some(1 / 500)
    family = np.repeat(np.arange(size), rng.integers(3, 6, size))
    place = rng.choice(len(REGIONS), size, p=REGION_SHARE)[family]
    shared = bank.register.size + np.searchsorted(family, np.arange(size))[family]
    fresh = rng.random(size) < 0.5
    arrival = np.where(fresh, rng.integers(0, max(bank.calendar.days * 3 // 4, 1), size), -2)[family]
    arrival = np.where(arrival >= 0, arrival + rng.integers(0, 3, family.size), -1)
    member = bank.register.open(
        family.size,
        trade=rng.choice(JOBS, family.size),
        region=place,
        opened=bank.register.first_day - rng.integers(200, 3000, size)[family],
        joined=arrival,
        buffer=100 * rng.lognormal(4.6, 0.8, family.size),
        address=shared,
        device=shared,
        phone=np.where(rng.random(family.size) < 0.4, shared, bank.register.size + np.arange(family.size)),
    )
    bank.note("family with one device", member)
    return together(_earn(bank, rng, town, member), _live(bank, rng, town, member, place, family))


def _earn(bank: Bank, rng: np.random.Generator, town: Town, member: Ints) -> Activity:
    payer = np.where(rng.random(member.size) < 0.6, of(rng, town.firms, member.size), town.state)
    income = (100 * rng.lognormal(np.log(1150), 0.35, member.size)).astype(np.int64)
    words = np.where(payer == town.state, reference("state", "BENEFIT"), reference("pay", "SALARY"))
    return standing("family wages", payer, member, income, rng.integers(22, 29, member.size), Way(hour=0.5), words)


def _live(bank: Bank, rng: np.random.Generator, town: Town, member: Ints, place: Ints, family: Ints) -> Activity:
    codes = np.array([merchant(code) for code in ("5411", "5411", "5411", "5814", "4111", "5912", "5651", "5541")])
    week, rate = weights(bank, SHOPPING_WEEK), rng.uniform(14, 32, member.size)
    head = member[np.searchsorted(family, family)]
    payee = np.where(family % 2 == 0, of(rng, town.landlords, member.size), of(rng, town.firms, member.size))
    payee = payee[np.searchsorted(family, family)]
    board = rounded(100 * rng.uniform(90, 320, member.size), 1000)
    dues = np.where(member == head, np.bincount(family, board)[family] * 9 // 10, board // 2).astype(np.int64)
    words = references(rng, "favour", member.size, 0.4)

    def book(chapter: Chapter) -> None:
        rng = chapter.stream("families")
        who, day = dated(rng, chapter, rate, week)
        shop(chapter, rng, town, member[who], day, of(rng, codes, who.size), place[who])

    first, evening = np.full(member.size, 2), Way(hour=19.0, sd=2.0, late=0.3)
    return together(
        book,
        standing("family board", member, head, board, first - 1, evening, words),
        standing("family dues", member, payee, dues, first, evening, words),
    )
