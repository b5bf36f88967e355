"""What acts share that pay, bank and shop as private people do: times, sums, shops, funding, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR, SECOND
from moneytrail.simulate.gangs.gang import CASH_BOX, Attempt, Gang
from moneytrail.simulate.town import ONLINE, visit
from moneytrail.simulate.words import CATEGORIES, COUNTRIES, REGION_SHARE, REGIONS, human_sums, merchant

MINUTE: Final = 60 * SECOND
POUND: Final = 100
COAST: Final = REGIONS.index("South East")
"""The British side of the Strait; on the other side a card is seen without a place, as online."""


def judge(gang: Gang, time: int, attempt: Attempt, holds: Callable[[], bool]) -> None:
    """Look at `time`, or at the end of the days, whether a naive attempt came about; if not, give it up."""
    gang.at(min(time, gang.end - 1000), lambda _: None if holds() else gang.give_up(attempt))


def schedule(gang: Gang, time: int, act: Callable[[int], object]) -> None:
    """Call ``act(time)`` at `time` and forget what it returns."""

    def call(now: int) -> None:
        act(now)

    gang.at(time, call)


def later(gang: Gang, now: int, day: int) -> int:
    """Return a time on `day` as private people pay, some minutes after `now` at the earliest."""
    return max(gang.moment(day), now + int(gang.rng.uniform(2, 40)) * MINUTE)


def branch_hour(gang: Gang, now: int, day: int) -> int:
    """Return a time when a branch is open, on the first working day from `day` on and after `now`."""
    calendar = gang.bank.calendar
    open_day = int(calendar.working_day_after(np.array([max(day, now // DAY)]))[0])
    time = gang.hour(open_day, 9.3, 16.6)
    return time if time > now else gang.hour(int(calendar.working_day_after(np.array([open_day + 1]))[0]), 9.3, 16.6)


def rounded(gang: Gang, pence: float) -> int:
    """Round a sum as people do."""
    return int(human_sums(gang.rng, np.array([int(pence)]))[0])


def region_of(gang: Gang, account: int) -> int:
    """Return the home region of an account here, or any region for one that has none."""
    known = account < gang.bank.register.size
    region = int(gang.bank.register.column("region")[account]) if known else -1
    return region if region >= 0 else int(gang.rng.choice(len(REGIONS), p=REGION_SHARE))


def person_abroad(gang: Gang, role: str, *countries: str) -> int:
    """Open an account abroad, in one of `countries`."""
    country = COUNTRIES.index(str(gang.rng.choice(countries)))
    return gang.known(int(gang.bank.register.abroad(gang.rng, 1, country=country)[0]), role)


def shop_of(gang: Gang, code: str, place: int = ONLINE) -> int:
    """Return a shop of one category in a region, or online, as honest customers find it."""
    return int(visit(gang.town, gang.rng, np.array([merchant(code)]), np.array([place]))[0])


def shelf_price(gang: Gang, low: float, high: float) -> int:
    """Return a price in pence between two sums of pounds; four in ten end in .00, .50 or .99, as shops' do."""
    pence = int(gang.rng.uniform(low, high) * POUND)
    if gang.rng.random() < 0.4:
        pence = pence // POUND * POUND + int(gang.rng.choice((0, 50, 99)))
    return pence


def shopping_time(gang: Gang, now: int, day: int, code: str) -> int:
    """Return a time on `day` when people go to shops of a category, after `now`."""
    kind = CATEGORIES[merchant(code)]
    hour = float(np.clip(gang.rng.normal(kind.hour, kind.hour_sd), 6.0, 23.5))
    return max(day * DAY + int(hour * HOUR), now + int(gang.rng.uniform(2, 30)) * MINUTE)


def rests(gang: Gang, typology: str, days: int, now: int) -> bool:
    """Return whether the gang has begun as many attempts of a typology as one in `days` days allows."""
    begun = gang.begun[typology]
    return begun > now // (days * DAY)


def affords(gang: Gang, pence: int) -> bool:
    """Return whether organiser and cash box together hold a sum."""
    return gang.held(gang.organiser) + gang.held(CASH_BOX) >= pence


def fund(gang: Gang, attempt: Attempt, now: int, pence: int) -> int:
    """Fund the attempt's account: by the organiser now, the rest in cash at a branch; return when it is there."""
    wanted = -(-pence // 2000) * 2000
    paid = gang.pay(attempt, "funding", now, gang.organiser, attempt.account, wanted)
    missing = min(wanted - paid, gang.held(CASH_BOX)) // 1000 * 1000
    if missing <= 0:
        return now
    time = branch_hour(gang, now, now // DAY)
    region = region_of(gang, attempt.account)
    schedule(gang, time, lambda at: gang.bank_cash(attempt, at, attempt.account, missing, region))
    return time


def empty(gang: Gang, attempt: Attempt, now: int) -> None:
    """Draw what funding left over, in tens and at most 300 pounds."""
    left = min(gang.held(attempt.account) // 1000 * 1000, 30_000)
    if left >= 2000:
        gang.draw_cash(attempt, now, attempt.account, left)
