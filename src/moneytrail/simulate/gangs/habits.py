"""How people do ordinary things, and gangs with them: round a sum, word a payment, find a shop, bring money together.

Numbers are design.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR, SECOND
from moneytrail.simulate.gangs.gang import CASH_BOX, Attempt, Gang
from moneytrail.simulate.register import PERSONAL
from moneytrail.simulate.town import ONLINE, visit
from moneytrail.simulate.words import CATEGORIES, REGION_SHARE, REGIONS, TRADES, human_sums, merchant, references

MINUTE: Final = 60 * SECOND
POUND: Final = 100
COAST: Final = REGIONS.index("South East")
"""The British side of the Strait; on the other side a card is seen without a place, as online."""

# Sums.


def rounded(gang: Gang, pence: float, least: int = 0) -> int:
    """Round as people do where that leaves `least` or more, else to ten pounds or not at all."""
    exact = int(pence)
    for sum_ in (int(human_sums(gang.rng, np.array([exact]))[0]), exact // 1000 * 1000):
        if sum_ >= least:
            return sum_
    return exact


def less(gang: Gang, pence: int, cut: float) -> int:
    """Return `pence` less about the share `cut`, rounded, never more than two hundredths below that."""
    return rounded(gang, pence * (1 - cut), int(pence * (1 - cut - 0.02)))


def parts(gang: Gang, pence: int, count: int, uneven: float = 0.3) -> list[int]:
    """Split `pence` into `count` sums that differ by up to a share `uneven` from one another's middle."""
    weight = gang.rng.uniform(1 - uneven, 1 + uneven, count)
    return [rounded(gang, part, int(0.96 * part)) for part in pence * weight / weight.sum()]


# Words.


def word(gang: Gang, *groups: str, absent: float = 0.0) -> int:
    """Return one word of one of the groups, or none with the chance `absent`."""
    group = groups[int(gang.rng.integers(0, len(groups)))] if len(groups) > 1 else groups[0]
    return int(references(gang.rng, group, 1, absent)[0])


# Places and shops.


def home(gang: Gang, account: int) -> int:
    """Return the home region of an account here, or any region for one that has none."""
    known = account < gang.bank.register.size
    region = int(gang.bank.register.column("region")[account]) if known else -1
    return region if region >= 0 else regions(gang, 1)[0]


def regions(gang: Gang, count: int, away_from: int = -1) -> list[int]:
    """Choose some regions, the populous more often, and not `away_from`."""
    share = REGION_SHARE.copy()
    if away_from >= 0:
        share[away_from] = 0
    return [int(one) for one in gang.rng.choice(len(REGIONS), count, replace=False, p=share / share.sum())]


def firm(gang: Gang, trade: str, role: str) -> int:
    """Return a business of one trade that honest people deal with too, or some firm of the town, with its role."""
    register = gang.bank.register
    codes = np.flatnonzero((register.column("trade") == TRADES.index(trade)) & (register.column("kind") != PERSONAL))
    known = [int(code) for code in codes if (gang.name, int(code)) not in gang.truth.parties]
    return gang.known(int(gang.rng.choice(known or gang.town.firms.tolist())), role)


def shop_of(gang: Gang, code: str, place: int = ONLINE) -> int:
    """Return a shop of one category in a region, or online, as honest customers find it."""
    return int(visit(gang.town, gang.rng, np.array([merchant(code)]), np.array([place]))[0])


def shelf_price(gang: Gang, low: float, high: float) -> int:
    """Return a price in pence between two sums of pounds; four in ten end in .00, .50 or .99, as shops' do."""
    pence = int(gang.rng.uniform(low, high) * POUND)
    if gang.rng.random() < 0.4:
        pence = pence // POUND * POUND + int(gang.rng.choice((0, 50, 99)))
    return pence


def till_price(gang: Gang, code: str) -> int:
    """Return what one visit to a shop of a category costs honest people, in pence."""
    kind = CATEGORIES[merchant(code)]
    return int(POUND * kind.median * gang.rng.lognormal(0, kind.sigma))


def shopping_time(gang: Gang, now: int, day: int, code: str) -> int:
    """Return a time on `day` when people go to shops of a category, after `now`."""
    kind = CATEGORIES[merchant(code)]
    hour = float(np.clip(gang.rng.normal(kind.hour, kind.hour_sd), 6.0, 23.5))
    return max(day * DAY + int(hour * HOUR), now + int(gang.rng.uniform(2, 30)) * MINUTE)


# What a purchase is paid from.


def rests(gang: Gang, typology: str, days: int, now: int) -> bool:
    """Return whether the gang has begun as many attempts of a typology as one in `days` days allows."""
    return gang.begun[typology] > now // (days * DAY)


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
    time = gang.at_counter(now, now // DAY)
    deposit = partial(gang.bank_cash, attempt, account=attempt.account, amount=missing)
    gang.at(time, partial(deposit, region=home(gang, attempt.account)))
    return time


def empty(gang: Gang, attempt: Attempt, now: int) -> None:
    """Draw what funding left over, in tens and at most 300 pounds."""
    left = min(gang.held(attempt.account) // 1000 * 1000, 30_000)
    if left >= 2000:
        gang.draw_cash(attempt, now, attempt.account, left)
