"""The few shapes that payments take, from which every honest population is made: who, when, how much, by what way.

Who: people drawn from a pool, a crowd met once, groups with members. When: by chance, on turns of one's own, on days of
a plan. By what way: standing payments, card purchases, wires, and what a business pays to keep going.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from moneytrail.simulate.calendar import DAY, FLAT_WEEK, HOUR, Calendar, Floats, Ints, around, at
from moneytrail.simulate.honest.people import People
from moneytrail.simulate.journal import CARD, DIRECT_DEBIT, TRANSFER, WIRE, Journal
from moneytrail.simulate.town import ONLINE, Activity, Bank, Chapter, Town, visit
from moneytrail.simulate.words import CATEGORIES, RATE, currency_of, reference, references

Numbers = npt.NDArray[np.number[Any]]


def together(*parts: Activity) -> Activity:
    """Return one activity that books `parts` in turn."""

    def book(chapter: Chapter) -> None:
        for part in parts:
            part(chapter)

    return book


def rounded(pence: Numbers, step: int = 500) -> Ints:
    """Round to whole multiples of `step` pence, one step or more."""
    whole: Ints = np.maximum(np.rint(pence / step), 1).astype(np.int64) * step
    return whole


def sums(position: Ints, values: Ints | Floats, size: int) -> Floats:
    """Add up `values` by `position`; there are `size` of them."""
    return np.bincount(position, values, minlength=size).astype(np.float64)


def ranks(count: Ints) -> tuple[Ints, Ints]:
    """Return (position, rank) of `count` things at each position: 2 and 3 give 0 0 1 1 1 and 0 1 0 1 2."""
    position = np.repeat(np.arange(count.size), count)
    return position, np.arange(position.size) - np.repeat(np.cumsum(count) - count, count)


# Who.


def active(people: People) -> Floats:
    """Return how much of a full everyday life each person leads on this account: 0 to 1."""
    return np.where(people.quiet, 0.0, np.where(people.sweepers, 0.1, 1.0))


def ours(people: People) -> Ints:
    """Return the accounts of customers who lead their whole life on them."""
    codes: Ints = people.account[active(people) == 1.0]
    return codes


def regulars(bank: Bank, people: People) -> Ints:
    """Return the accounts of :func:`ours` that stood before the first day."""
    codes = ours(people)
    return codes[bank.register.column("joined")[codes] < 0]


def of(rng: np.random.Generator, pool: Ints, size: int | tuple[int, ...]) -> Ints:
    """Draw from `pool`, with repeats."""
    drawn: Ints = pool[rng.integers(0, pool.size, size)]
    return drawn


def mixed(rng: np.random.Generator, town: Town, people: People, size: int, share: float) -> Ints:
    """Draw `size` people who stay: a share of them customers, the others at other banks."""
    return np.where(rng.random(size) < share, of(rng, ours(people), size), of(rng, town.strangers, size))


def crowd(bank: Bank, rng: np.random.Generator, pool: Ints, size: int, share: float = 0.5) -> Ints:
    """Draw `size` people who meet by chance in a chapter: a share of them from `pool`, the others met once."""
    return np.where(rng.random(size) < share, of(rng, pool, size), bank.register.anyone(rng, size))


@dataclass(frozen=True, slots=True)
class Groups:
    """Members of all groups, one group after the other: group `g` has `size[g]` of them from `first[g]` on."""

    account: Ints
    first: Ints
    size: Ints

    @property
    def group(self) -> Ints:
        """The group of every member."""
        return np.repeat(np.arange(self.size.size), self.size)

    @property
    def head(self) -> Ints:
        """The account of the first member of every group, who is always a customer."""
        return self.account[self.first]

    def members(self, chosen: Ints) -> tuple[Ints, Ints]:
        """Return (position in `chosen`, position in `account`) of every member of the `chosen` groups."""
        event, rank = ranks(self.size[chosen])
        return event, self.first[chosen][event] + rank


def gather(rng: np.random.Generator, town: Town, customers: Ints, size: Ints) -> Groups:
    """Put groups of `size` different members together: one half `customers`, the others at other banks."""
    size = np.minimum(size, customers.size)
    parts = []
    for members in size:
        here = max(members // 2, 1)
        parts.append(rng.choice(customers, here, replace=False))
        parts.append(rng.choice(town.strangers, members - here, replace=False))
    return Groups(np.concatenate(parts), np.cumsum(size) - size, size)


# When.


def often(rng: np.random.Generator, chapter: Chapter, monthly_rate: Floats) -> Ints:
    """Return positions, each repeated a Poisson number of times for its `monthly_rate` over the chapter."""
    return np.repeat(np.arange(monthly_rate.size), rng.poisson(monthly_rate * chapter.calendar.months))


def month_of(calendar: Calendar, day: Ints) -> Ints:
    """Return the month, 0 for January to 11, of each day."""
    months: Ints = (np.datetime64(calendar.start, "D") + day).astype("datetime64[M]").astype(np.int64) % 12
    return months


def weights(bank: Bank, week: tuple[float, ...] = FLAT_WEEK, year: tuple[float, ...] = (), fair: float = 0.0) -> Floats:
    """Return how much happens on each of all days: by weekday, month, and to the share `fair` by the weather.

    Week and year count for what they are relative to their own mean, so a common year has a mean of about 1.
    """
    day = np.arange(bank.calendar.days)
    weight = (np.asarray(week) / np.mean(week))[bank.calendar.weekday(day)]
    if year:
        weight = weight * (np.asarray(year) / np.mean(year))[month_of(bank.calendar, day)]
    drawn: Floats = weight * (1 - fair + fair * bank.weather.fair / 0.4)
    return drawn


def dated(rng: np.random.Generator, chapter: Chapter, rate: Numbers, weight: Floats) -> tuple[Ints, Ints]:
    """Return (position in `rate`, day) of events that come by chance, `rate` a month on days of weight 1."""
    calendar = chapter.calendar
    edges = np.cumsum(weight[calendar.first : calendar.last])
    who = np.repeat(np.arange(rate.size), rng.poisson(rate * (edges[-1] / 30.4)))
    day = np.searchsorted(edges, rng.random(who.size) * edges[-1], side="right")
    return who, calendar.first + np.minimum(day, edges.size - 1)


def recurring(rng: np.random.Generator, calendar: Calendar, gap: Ints) -> tuple[Ints, Ints]:
    """Return (position, day) of what everybody does every `gap` days, in all days of the calendar.

    The first time is early enough that a short calendar has it too.
    """
    first = (np.minimum(gap, max(calendar.days - 30, 1)) * rng.random(gap.size)).astype(np.int64)
    return instalments(first, -(-(calendar.days - first) // gap), gap)


def instalments(first: Ints, count: Ints, gap: Ints) -> tuple[Ints, Ints]:
    """Return (position in `first`, day) of `count` instalments each, `gap` days apart."""
    who, turn = ranks(count)
    return who, first[who] + turn * gap[who]


def by_gap(calendar: Calendar, gap: Ints, first: Ints) -> tuple[Ints, Ints]:
    """Return (position, day) of the chapter's turns of everybody, who each have their own `gap` of days."""
    who, day = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for days in np.unique(gap):
        positions = np.flatnonzero(gap == days)
        turns = calendar.every(int(days), first[positions])
        who.append(positions[turns[0]])
        day.append(turns[1])
    return np.concatenate(who), np.concatenate(day)


def due(calendar: Calendar, day: Ints) -> Ints:
    """Return the positions of the days that fall into the chapter."""
    return np.flatnonzero((day >= calendar.first) & (day < calendar.last))


def soon_after(rng: np.random.Generator, time: Ints, hours: float) -> Ints:
    """Return times up to `hours` later."""
    later: Ints = time + (rng.random(time.size) * hours * HOUR).astype(np.int64) + 60_000_000
    return later


# By what way.


class Way(NamedTuple):
    """How a standing payment is made: every month, or every `gap` days; at `hour`, the same for all or spread by `sd`.

    `noise` changes the sum from turn to turn, a share `late` pays one to four days late, and `months` (0 to 11), where
    given, are the only ones to pay in.
    """

    gap: int = 0
    hour: float = 5.5
    sd: float = 0.0
    noise: float = 0.0
    late: float = 0.0
    months: tuple[int, ...] = ()
    channel: int = TRANSFER


AS_ORDERED: Final = Way()
DEBIT: Final = Way(hour=3.0, channel=DIRECT_DEBIT)


def standing(
    name: str,
    payer: Ints,
    payee: npt.ArrayLike,
    pence: npt.ArrayLike,
    due: Ints,
    way: Way = AS_ORDERED,
    words: npt.ArrayLike = -1,
) -> Activity:
    """Pay on the day of month `due`, or every few days counted from `due`, on a weekday: see :class:`Way`.

    `payee`, `pence` and `words` are one for all or one for each of `payer`.
    """
    to, sums, said = (np.broadcast_to(np.asarray(one, dtype=np.int64), payer.shape) for one in (payee, pence, words))

    def book(chapter: Chapter) -> None:
        rng, calendar = chapter.stream("standing", name), chapter.calendar
        who, day = calendar.every(way.gap, due) if way.gap else calendar.monthly(due)
        if way.months:
            kept = np.isin(month_of(calendar, day), way.months)
            who, day = who[kept], day[kept]
        day = calendar.working_day_after(day)
        if way.late:
            day = day + (rng.random(day.size) < way.late) * rng.integers(1, 5, day.size)
        when = at(day, around(rng, way.hour, way.sd, day.size) if way.sd else np.full(day.size, way.hour))
        amount = (sums[who] * rng.lognormal(0, way.noise, who.size)).astype(np.int64) if way.noise else sums[who]
        chapter.journal.book(when, payer[who], to[who], amount, channel=way.channel, reference=said[who])

    return book


_PRICE: Final = np.array([(c.median, c.sigma, c.hour, c.hour_sd) for c in CATEGORIES])


def by_card(
    journal: Journal, time: Ints, payer: npt.ArrayLike, payee: npt.ArrayLike, pence: Ints, category: Ints, place: Ints
) -> None:
    """Book card purchases in a region, or online where `place` is ``ONLINE``."""
    location = np.where(place == ONLINE, -1, place)
    journal.book(time, payer, payee, pence, channel=CARD, category=category, location=location)


def shop(
    chapter: Chapter,
    rng: np.random.Generator,
    town: Town,
    payer: Ints,
    day: Ints,
    category: Ints,
    place: Ints,
    scale: float = 1.0,
) -> None:
    """Buy by card in the town's shops of `category`: its price times `scale`, at the hour people go there."""
    median, sigma, hour, sd = _PRICE[category].T
    pence = (100 * scale * median * np.exp(sigma * rng.standard_normal(day.size))).astype(np.int64) + 50
    time = at(day, around(rng, hour, sd, day.size))
    by_card(chapter.journal, time, payer, visit(town, rng, category, place), pence, category, place)


def _within(chapter: Chapter, time: Ints) -> slice:
    """Return which of the ordered times fall in the chapter."""
    low, high = np.searchsorted(time, (chapter.calendar.first * DAY, chapter.calendar.last * DAY))
    return slice(int(low), int(high))


def planned(time: Ints, debtor: npt.ArrayLike, creditor: npt.ArrayLike, pence: Ints, **more: npt.ArrayLike) -> Activity:
    """Book what the plan holds in full, each event in the chapter of its day. For what is rare."""
    order = np.argsort(time, kind="stable")
    given = {"debtor": debtor, "creditor": creditor, "amount": pence, **more}
    columns = {name: np.broadcast_to(np.asarray(values), time.shape)[order] for name, values in given.items()}
    ordered = time[order]

    def book(chapter: Chapter) -> None:
        part = _within(chapter, ordered)
        chapter.journal.book(ordered[part], **{name: values[part] for name, values in columns.items()})

    return book


def wired(bank: Bank, name: str, time: Ints, debtor: Ints, creditor: Ints, pence: Ints, words: str) -> Activity:
    """Book planned wires, inward where the debtor is abroad, else outward."""
    order = np.argsort(time, kind="stable")
    time, debtor, creditor, pence = (values[order] for values in (time, debtor, creditor, pence))
    foreign = bank.register.country(debtor) > 0

    def book(chapter: Chapter) -> None:
        rng, part = chapter.stream("wired", name), _within(chapter, time)
        for wire, chosen in ((inward, foreign[part]), (outward, ~foreign[part])):
            booked = (time[part][chosen], debtor[part][chosen], creditor[part][chosen], pence[part][chosen])
            wire(bank, chapter.journal, rng, booked, words)

    return book


def upkeep(bank: Bank, town: Town, name: str, account: Ints, wages: Numbers) -> Activity:
    """Pay what keeps a business going: monthly `wages` (pence) to one to four people, tax, pension, rent, insurance."""
    rng = bank.stream("upkeep", name)
    heads = rng.integers(1, 5, account.size)
    job = np.repeat(np.arange(account.size), heads)
    pay = rounded(wages[job] / heads[job] * rng.lognormal(0, 0.12, job.size), 100)
    worker = of(rng, town.strangers, job.size)
    payday = of(rng, np.array((25, 26, 28, 31)), account.size)
    landlord = of(rng, town.landlords, account.size)
    pension, insurer = of(rng, town.billers, (2, account.size))
    total = np.bincount(job, pay, minlength=account.size)
    rent = rounded(total * 0.22, 1000)
    insurance = (total * 0.03).astype(np.int64)
    first, duty = np.full(account.size, 1), np.full(account.size, 22)
    word = references(rng, "pay", account.size)[job]
    return together(
        standing(f"{name} pay", account[job], worker, pay, payday[job], Way(hour=0.25), word),
        standing(f"{name} tax", account, town.tax, total * 0.21, duty, DEBIT, _TAX),
        standing(f"{name} pension", account, pension, total * 0.06, duty, DEBIT),
        standing(f"{name} rent", account, landlord, rent, first, AS_ORDERED, _RENT),
        standing(f"{name} insurance", account, insurer, insurance, payday, DEBIT, _INSURANCE),
    )


_TAX: Final = reference("tax", "TAX AND NI")
_RENT: Final = reference("rent", "RENT")
_INSURANCE: Final = reference("bill", "INSURANCE")


def outward(
    bank: Bank,
    journal: Journal,
    rng: np.random.Generator,
    booked: tuple[Ints, Ints, Ints, Ints],
    words: str,
) -> None:
    """Book wires abroad of (time, debtor, creditor, pence): paid in pounds, credited in the currency paid there."""
    time, debtor, creditor, pence = booked
    currency = currency_of(np.maximum(bank.register.country(creditor), 0))
    journal.book(
        time,
        debtor,
        creditor,
        pence,
        channel=WIRE,
        credited=np.rint(pence * RATE[currency]).astype(np.int64),
        credited_currency=currency,
        reference=references(rng, words, time.size, 0.4),
    )


def inward(
    bank: Bank,
    journal: Journal,
    rng: np.random.Generator,
    booked: tuple[Ints, Ints, Ints, Ints],
    words: str,
) -> None:
    """Book credits of (time, debtor, creditor, pence); what comes from abroad is a wire in the currency paid there."""
    time, debtor, creditor, pence = booked
    country = np.maximum(bank.register.country(debtor), 0)
    foreign = country > 0
    currency = np.where(foreign, currency_of(country), 0)
    journal.book(
        time,
        debtor,
        creditor,
        np.rint(pence * RATE[currency]).astype(np.int64),
        channel=np.where(foreign, WIRE, TRANSFER),
        currency=currency,
        credited=np.where(foreign, pence, -1),
        credited_currency=np.where(foreign, 0, -1),
        reference=references(rng, words, time.size, 0.5),
    )
