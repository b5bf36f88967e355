"""Placement: how notes from the cash box get into the bank: below a line, by a funnel, a shop, or in another's name.

Definitions and their thresholds: L01, L02, L10, L16 and S07 of the project's list of typologies. Who stands at the
counter is not in the data: payments in at two far places on one day show that there are two depositors. Sums, delays
and counts are design unless a source is named.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import Placement
from moneytrail.simulate.gangs.gang import CASH_BOX, ELSEWHERE, HAWALA, Gang
from moneytrail.simulate.gangs.habits import POUND, home, less, parts, regions, word
from moneytrail.simulate.gangs.scheme import Scheme, total
from moneytrail.simulate.journal import CASH, NOBODY
from moneytrail.simulate.words import TRADES, reference

LINES: Final = (100_000, 1_000_000)
"""Pence. 1,000 pounds is the least balance for an account freezing order (Proceeds of Crime Act 2002, s.303Z8); 10,000
the cash declaration at the border (unverified)."""


# L01


def structure(gang: Gang, now: int, target: int, amount: int) -> None:
    """L01: pay cash in just below a line, four to eight times within five days, at several branches.

    A careful depositor keeps clear of the line on both sides, twice a week, in one region.
    """
    amount = min(amount, gang.held(CASH_BOX))
    if amount < 330_000:
        return
    rng, careful = gang.rng, gang.next_is_careful()
    line = LINES[1] if amount >= 4_000_000 and rng.random() < 0.35 else LINES[0]
    account = gang.account("depositor", now, careful)
    scheme = Scheme(gang, "L01", account, careful, now, CASH_BOX, amount)
    places = regions(gang, 1 if careful else int(rng.integers(2, 5)))
    day = now // DAY + 1
    for _ in range(6 if careful else 3):
        turns = 2 if careful else int(rng.integers(4, 9)) if line == LINES[0] else int(rng.integers(3, 6))
        for offset in np.sort(rng.integers(0, 5, turns)):
            deposit = partial(_deposit, scheme, line, int(rng.choice(places)))
            gang.at(gang.at_counter(now, day + int(offset)), deposit)
        gang.at(gang.hour(day + 5, 9, 21), partial(_empty, scheme, target))
        day += 6
    scheme.close((day + 1) * DAY, lambda: len(scheme.into(account)) >= 3)


def _deposit(scheme: Scheme, line: int, region: int, now: int) -> None:
    rng = scheme.gang.rng
    if scheme.careful:
        share = rng.uniform(0.2, 0.77) if rng.random() < 0.85 or line > LINES[0] else rng.uniform(1.02, 1.7)
    else:
        share = rng.uniform(0.855, 0.999)
    amount = min(round(line * share / 500) * 500, line - 500 if share < 1 else 2 * line)
    if amount <= scheme.left:
        scheme.deposit(now, amount, region)


def _empty(scheme: Scheme, target: int, now: int) -> None:
    """Send on nine tenths or more of what was paid in."""
    gang, account = scheme.gang, scheme.account
    scheme.pay("pass_on", now, account, target, less(gang, gang.held(account), float(gang.rng.uniform(0, 0.08))))


# S07


def funnel(gang: Gang, now: int, target: int, amount: int) -> None:
    """S07: cash is paid in at places far from the holder's home, and is gone within two days somewhere else.

    Five to ten payments in within nine days, in two to four regions, each below 2,000 pounds (a provider's cap for a
    day; Vixio, 2023, second-hand). Careful: three a month at home, a week apart.
    """
    amount = min(amount, gang.held(CASH_BOX))
    if amount < 160_000:
        return
    rng, careful = gang.rng, gang.next_is_careful()
    account = gang.account("depositor", now, careful)
    scheme = Scheme(gang, "S07", account, careful, now, CASH_BOX, amount)
    living = home(gang, account)
    places = [living] if careful else regions(gang, int(rng.integers(2, 5)), living)
    times = 3 if careful else int(rng.integers(5, 11))
    day = now // DAY + 1
    offsets = np.array([0, 8, 16]) if careful else np.sort(rng.integers(0, 9, times))
    if not careful:
        offsets[1] = offsets[0]  # on the first day two depositors, far from one another
    size = min(scheme.left // times, 170_000)
    for turn, offset in enumerate(offsets):
        part = round(size * rng.uniform(0.7, 1.15) / 1000) * 1000
        feed = partial(_feed, scheme, target, part, places[turn % len(places)], living)
        gang.at(gang.at_counter(now, day + int(offset)), feed)

    def complete() -> bool:
        paid = scheme.into(account)
        return len(paid) >= 4 and total(scheme.out_of(account)) >= 0.7 * total(paid)

    scheme.close((day + 14) * DAY, complete)


def _feed(scheme: Scheme, target: int, amount: int, region: int, living: int, now: int) -> None:
    """Pay in, and plan how it leaves: a transfer, in one of four cases with 500 pounds from a machine at home before.

    A careful holder waits five to twelve days.
    """
    gang = scheme.gang
    got = scheme.deposit(now, amount, region)
    time = gang.in_hours(now, 120, 280) if scheme.careful else gang.in_hours(now, 3, 34)
    if gang.rng.random() < 0.25:
        gang.at(time, partial(scheme.draw, amount=got // 2, region=living))
        time += int(gang.rng.uniform(0.05, 2) * HOUR)
    onward = less(gang, got, float(gang.rng.uniform(0, 0.06)))
    gang.at(time, partial(scheme.pay, "pass_on", debtor=scheme.account, creditor=target, amount=onward))


# L10

FRONTS: Final = ("barber", "car wash", "nail bar", "takeaway", "convenience store")
"""Cash trades that honest people have too; barbers were raided in hundreds (National Crime Agency, Operation
Machinize, 2025)."""

OPEN_DAYS: Final = (0.85, 0.85, 0.9, 1.0, 1.35, 1.5, 0.0)
"""How busy each weekday is, from Monday, as with honest cash businesses. Design."""


def front(gang: Gang, now: int, target: int, amount: int) -> None:
    """L10: a shop with little trade of its own banks a gang's cash as takings; wages are low, rent and stock missing.

    The shop's honest part (card sales, a day's takings in five, a part-time wage) is booked as ``innocent``: it is not
    illicit, and not the gang's money. The takings of the other days are the gang's notes. Careful: a shop with
    honest trade, two workers, rent and stock, and one day in four of the gang's.
    """
    amount = min(amount, gang.held(CASH_BOX))
    if amount < 1_300_000:
        return
    rng, careful = gang.rng, gang.next_is_careful()
    account = gang.business("front", now // DAY, FRONTS[int(rng.integers(0, len(FRONTS)))])
    scheme = Scheme(gang, "L10", account, careful, now, CASH_BOX, amount)
    weeks = int(np.clip(amount // (90_000 if careful else 450_000), 5, 12))
    level = 100 * int(rng.integers(240, 420) if careful else rng.integers(60, 110))
    dirty = max(min(amount // (weeks * 5), 140_000), 20_000)
    first = now // DAY + 1
    for day in range(first, first + weeks * 7):
        busy = OPEN_DAYS[(day + gang.bank.calendar.start.weekday()) % 7]
        if busy and rng.random() < 0.96:
            own = day % 4 != 0 if careful else day % 5 == 0
            _trading_day(scheme, day, level * busy, level * busy * 1.3 if careful else dirty * busy, own)
    for week in range(weeks):
        gang.at(gang.in_days(now, week * 7 + 6), partial(_empty, scheme, target))
    _running_costs(gang, account, first, weeks, level, careful)
    done = now + (weeks * 7 + 2) * DAY
    scheme.close(done, lambda: total(scheme.into(account)) >= 205_000 * weeks and now + 30 * DAY < gang.end)


def _trading_day(scheme: Scheme, day: int, honest: float, dirty: float, own: bool) -> None:
    """Bank one day's notes, honest or not, and the card sales of the day before dawn."""
    gang, account = scheme.gang, scheme.account
    rng, place = gang.rng, home(gang, account)
    time = day * DAY + int(np.clip(rng.normal(16.4, 1.7), 9.0, 22.5) * HOUR)
    notes = round((honest if own else dirty) * rng.lognormal(0, 0.3) / 500) * 500
    if own:
        gang.innocent(time, NOBODY, account, notes, channel=CASH, location=place)
    else:
        gang.at(time, partial(scheme.deposit, amount=notes, region=place))
    acquirer = int(gang.town.acquirers[account % gang.town.acquirers.size])
    gang.innocent((day + 1) * DAY + 9 * HOUR // 2, acquirer, account, int(honest * rng.lognormal(0.05, 0.4)))


def _running_costs(gang: Gang, account: int, first: int, weeks: int, level: int, careful: bool) -> None:
    """Pay what a shop pays: one part-time wage, or two wages, rent, tax and stock."""
    rng, town = gang.rng, gang.town
    workers = [gang.outsider("unwitting") for _ in range(2 if careful else 1)]
    wage = min(int(level * 1.3), 48_000) if careful else int(rng.integers(60, 90)) * 100
    kind = word(gang, "pay")
    landlord, supplier = (int(rng.choice(others)) for others in (town.landlords, town.firms))
    for week in range(weeks):
        friday = first + week * 7 + (4 - gang.bank.calendar.start.weekday() - first) % 7
        time = friday * DAY + 35 * HOUR // 2
        for worker in workers:
            gang.innocent(time, account, worker, round(wage * rng.lognormal(0, 0.06) / 100) * 100, words=kind)
        if careful:
            stock = int(level * 6 * 0.35 * rng.lognormal(0, 0.15))
            gang.innocent(time - 3 * DAY, account, supplier, stock, words=word(gang, "invoice"))
        if careful and week % 4 == 1:
            gang.innocent(time - DAY, account, landlord, level * 4 // 500 * 500, words=reference("rent", "RENT"))
            gang.innocent(time, account, town.tax, int(level * 2.4), words=reference("tax", "VAT"))


# L02

EXPECTED: Final = (2_300, 6_800)
"""Pounds that an innocent customer expects from abroad."""

HISTORY: Final = 40
"""Day from which a history of two wires fits; cash that comes earlier waits."""


def cuckoo(gang: Gang, now: int, target: int, amount: int) -> None:
    """L02: pay cash into the account of somebody who expects money from abroad, which then does not come.

    What was to be wired stays abroad and becomes the gang's (Austrac, cuckoo smurfing guide, 2021, summary seen): in
    the ledger it goes from ``elsewhere`` to ``hawala``. The wires of the months before and after are innocent.
    """
    del target
    wanted = min(int(gang.rng.uniform(*EXPECTED)) * POUND, int(amount * 0.97))
    gang.at(max(now, HISTORY * DAY + HOUR * 10), partial(_take_the_place_of_a_wire, gang, wanted))


def _take_the_place_of_a_wire(gang: Gang, wanted: int, now: int) -> None:
    wanted = min(wanted, int(gang.held(CASH_BOX) * 0.97))
    holder = gang.ordinary("unwitting") if wanted >= 220_000 else -1
    if not gang.is_ours(holder):
        return
    rng, careful = gang.rng, gang.next_is_careful()
    scheme = Scheme(gang, "L02", holder, careful, now, CASH_BOX, int(wanted * 1.02))
    start = now // DAY + 1
    _expect(gang, holder, wanted, start + 4)
    notes = _sublines(gang, int(wanted * (rng.uniform(0.84, 0.94) if careful else rng.uniform(0.988, 1.012))))
    places = regions(gang, 1 if careful else int(rng.integers(2, 4)))
    days = start + np.sort(rng.integers(0, 26 if careful else 7, len(notes)))
    for day, part in zip(days.tolist(), notes, strict=True):
        gang.at(gang.at_counter(now, day), partial(scheme.deposit, amount=part, region=int(rng.choice(places))))
    end = (int(days[-1]) + 4) * DAY
    gang.at(end, lambda at: gang.move("swap", at, ELSEWHERE, HAWALA, int(total(scheme.paid) * 0.97)))
    scheme.close(end, lambda: total(scheme.paid) == sum(notes))


def _sublines(gang: Gang, total: int) -> list[int]:
    """Cut a sum into notes below the line, no two alike, the last one to the five pounds."""
    size = -(-total // int(LINES[0] * gang.rng.uniform(0.82, 0.93)))
    weight = gang.rng.uniform(0.92, 1.06, max(size, 3))
    parts = (total * weight / weight.sum()).astype(np.int64) // 500 * 500
    return [int(part) for part in np.minimum(parts, LINES[0] - 500)]


def _expect(gang: Gang, holder: int, amount: int, day: int) -> None:
    """Book the wires that came in the months before, one for each, and those that come after the one that does not."""
    rng, register = gang.rng, gang.bank.register
    relative = int(register.abroad(rng, 1)[0])
    gap = 30 if day > 70 else 18
    turns = [turn for turn in range(-5, 4) if turn and (turn < 0 or rng.random() < 0.7)]
    for turn in turns:
        moved = day + turn * gap + int(rng.integers(-2, 3))
        if moved >= 0:
            sent = int(amount * (1 + rng.normal(0, 0.004)))
            words = word(gang, "remit", absent=0.5)
            gang.innocent(gang.hour(moved, 9, 15), relative, holder, sent, words=words)


# L16

MIRRORED: Final = (560_000, 1_100_000)
"""Pence that one account takes; the definition asks for 5,000 pounds in 30 days."""


def mirror(gang: Gang, now: int, target: int, amount: int) -> None:
    """L16: pay cash into a student's or a low earner's account, who pays tuition with it, or passes it on.

    The holder, or somebody abroad behind the holder, paid for it abroad (National Crime Agency, Chinese underground
    banking and daigou, October 2019): what buys tuition becomes the gang's in the place ``hawala``. Careful ones use
    ordinary people's accounts, for less, and over more time.
    """
    rng, careful = gang.rng, gang.next_is_careful()
    wanted = int(min(rng.uniform(*MIRRORED) * (0.4 if careful else 1.0), amount))
    if wanted < (150_000 if careful else 540_000):
        return
    trade = TRADES.index("student" if rng.random() < 0.6 else "cleaner")
    account = gang.account("mule", now, careful, trade=trade, turnover=int(rng.integers(6, 14)) * 100_000)
    scheme = Scheme(gang, "L16", account, careful, now, CASH_BOX, wanted)
    sums = parts(gang, scheme.left, 2 if careful else int(rng.integers(4, 8)), 0.4)
    days = np.sort(rng.integers(0, 20 if careful else 14, len(sums))).tolist()
    for day, part in zip(days, sums, strict=True):
        if rng.random() < 0.65:
            deposit = partial(scheme.deposit, amount=max(part // 2000 * 2000, 2000), region=home(gang, account))
            gang.at(gang.at_counter(now, now // DAY + day), deposit)
        else:
            credit = partial(scheme.spend, "credit", debtor=gang.outsider("depositor"), creditor=account, amount=part)
            gang.at(gang.in_days(now, day), credit)
    out = (now // DAY + days[-1] + 3) * DAY
    gang.at(out, partial(_mirror_out, scheme, target))
    scheme.close(out + 3 * DAY, lambda: _mirrored(scheme))


def _mirrored(scheme: Scheme) -> bool:
    paid, spent = (total(some(scheme.account)) for some in (scheme.into, scheme.out_of))
    return paid >= 515_000 and spent >= 0.75 * paid


def _mirror_out(scheme: Scheme, target: int, now: int) -> None:
    """Spend or pass on nine tenths, in one to three payments; careful ones half of it, over two weeks."""
    gang, rng, careful = scheme.gang, scheme.gang.rng, scheme.careful
    share = rng.uniform(0.45, 0.6) if careful else rng.uniform(0.88, 0.97)
    sum_ = int(gang.held(scheme.account) * share)
    pay = partial(scheme.pay, "pass_on", debtor=scheme.account, creditor=target)
    count = int(rng.integers(1, 4))
    if rng.random() < 0.5:
        school, words, count = int(rng.choice(gang.town.universities)), word(gang, "study"), 1
        pay = partial(scheme.pay, "tuition", debtor=scheme.account, creditor=school, target=HAWALA, words=words)
    for part in parts(gang, sum_, count):
        gang.at(gang.in_days(now, int(rng.integers(0, 14 if careful else 2))), partial(pay, amount=part))


PLACEMENT: Final[dict[str, Placement]] = {"L01": structure, "L02": cuckoo, "L10": front, "L16": mirror, "S07": funnel}
