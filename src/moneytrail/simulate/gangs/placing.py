"""Placement: how notes from the cash box get into the bank: in sums below a line, through a funnel, through a shop.

Definitions and their thresholds: L01, S07 and L10 of the project's list of typologies. Who stands at the counter is not
in the data: payments in at two far places on one day show that there are two depositors. Sums, delays and counts are
design unless a source is named.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import Placement
from moneytrail.simulate.gangs.gang import CASH_BOX, Gang
from moneytrail.simulate.gangs.schemes import Scheme, here, home, later, less, on_day, total, word
from moneytrail.simulate.journal import CASH, NOBODY
from moneytrail.simulate.town import ONLINE
from moneytrail.simulate.words import REGION_SHARE, reference

LINES: Final = (100_000, 1_000_000)
"""Pence. 1,000 pounds is the least balance for an account freezing order (Proceeds of Crime Act 2002, s.303Z8); 10,000
the cash declaration at the border (unverified)."""

COUNTER: Final = (9.5, 17.2)
"""Hours at which branches and post offices take cash."""


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
    account = here(gang, "depositor", now, careful)
    scheme = Scheme(gang, "L01", account, careful)
    scheme.set_aside(now, CASH_BOX, amount)
    regions = _regions(gang, 1 if careful else int(rng.integers(2, 5)), away_from=-1)
    day = now // DAY
    for _ in range(6 if careful else 3):
        turns = 2 if careful else int(rng.integers(4, 9)) if line == LINES[0] else int(rng.integers(3, 6))
        for offset in np.sort(rng.integers(0, 5, turns)):
            region = int(rng.choice(regions))
            time = gang.hour(day + int(offset), *COUNTER)
            gang.at(max(time, now), partial(_deposit, scheme, line, region))
        gang.at(gang.hour(day + 5, 9, 21), partial(_empty, scheme, target))
        day += 6
    scheme.close((day + 1) * DAY, lambda: len(scheme.into(account)) >= 3)


def _deposit(scheme: Scheme, line: int, region: int, now: int) -> None:
    rng = scheme.gang.rng
    if scheme.careful:
        share = rng.uniform(0.25, 0.77) if rng.random() < 0.6 or line > LINES[0] else rng.uniform(1.02, 1.7)
    else:
        share = rng.uniform(0.855, 0.999)
    amount = min(round(line * share / 500) * 500, line - 500 if share < 1 else 2 * line)
    if amount <= scheme.left:
        scheme.deposit(now, scheme.account, amount, region)


def _empty(scheme: Scheme, target: int, now: int) -> None:
    """Send on nine tenths or more of what was paid in."""
    gang = scheme.gang
    scheme.pay(
        "pass_on", now, scheme.account, target, less(gang, gang.held(scheme.account), float(gang.rng.uniform(0, 0.08)))
    )


def _regions(gang: Gang, size: int, away_from: int) -> list[int]:
    share = REGION_SHARE.copy()
    if away_from >= 0:
        share[away_from] = 0
    chosen = gang.rng.choice(ONLINE, size, replace=False, p=share / share.sum())
    return [int(region) for region in chosen]


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
    account = here(gang, "depositor", now, careful)
    scheme = Scheme(gang, "S07", account, careful)
    scheme.set_aside(now, CASH_BOX, amount)
    living = home(gang, account)
    regions = [living] if careful else _regions(gang, int(rng.integers(2, 5)), living)
    times = 3 if careful else int(rng.integers(5, 11))
    day = now // DAY
    offsets = np.array([0, 8, 16]) if careful else np.sort(rng.integers(0, 9, times))
    if not careful:
        offsets[1] = offsets[0]  # on the first day two depositors, far from one another
    size = min(scheme.left // times, 170_000)
    for turn, offset in enumerate(offsets):
        part = round(size * rng.uniform(0.7, 1.15) / 1000) * 1000
        time = gang.hour(day + int(offset), *COUNTER)
        gang.at(max(time, now), partial(_feed, scheme, target, part, regions[turn % len(regions)], living))
    scheme.close((day + 14) * DAY, lambda: len(scheme.into(account)) >= 4 and _gone(scheme) >= 0.7)


def _feed(scheme: Scheme, target: int, amount: int, region: int, living: int, now: int) -> None:
    """Pay in, and plan how it leaves: a transfer, in one of four cases with 500 pounds from a machine at home before.

    A careful holder waits five to twelve days.
    """
    gang = scheme.gang
    got = scheme.deposit(now, scheme.account, amount, region)
    time = later(gang, now, 120, 280) if scheme.careful else later(gang, now, 3, 34)
    if gang.rng.random() < 0.25:
        gang.at(time, lambda then: _note(scheme.draw(then, scheme.account, got // 2, living)))
        time += int(gang.rng.uniform(0.05, 2) * HOUR)
    gang.at(time, partial(_send_on, scheme, target, got))


def _send_on(scheme: Scheme, target: int, got: int, now: int) -> None:
    gang = scheme.gang
    scheme.pay("pass_on", now, scheme.account, target, less(gang, got, float(gang.rng.uniform(0, 0.06))))


def _note(_: int) -> None:
    """Let a step end with nothing."""


def _gone(scheme: Scheme) -> float:
    return total(scheme.out_of(scheme.account)) / max(total(scheme.into(scheme.account)), 1)


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
    scheme = Scheme(gang, "L10", account, careful)
    scheme.set_aside(now, CASH_BOX, amount)
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
        gang.at(on_day(gang, now, week * 7 + 6), partial(_empty, scheme, target))
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
        gang.at(time, lambda now: _note(scheme.deposit(now, account, notes, place)))
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


PLACEMENT: Final[dict[str, Placement]] = {"L01": structure, "S07": funnel, "L10": front}
