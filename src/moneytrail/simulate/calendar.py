"""Days and times of day: when wages, bills, shopping and evenings fall. Days are 0-based offsets, times microseconds.

All clocks are UTC, and bank holidays are working days: neither changes what a window of days or minutes sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR


CHAPTER: Final = 28
"""Days of a chapter: four weeks, so that weeks and four-weekly wages begin with it."""
EARLY: Final = 7
"""So many days before its first one a chapter may still book: wages move to Friday, clients pay ahead."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The simulated days: `days` of them from `start`, both ends inside, and of these the chapter that is written now.

    The days are simulated chapter by chapter, so that memory does not grow with them. Turns are given for the chapter
    alone: from `first` (inclusive) to `last` (exclusive). A calendar is one chapter of all days until it is cut.
    """

    start: date
    days: int
    first: int = 0
    until: int = -1

    @property
    def last(self) -> int:
        """One more than the chapter's last day."""
        return self.days if self.until < 0 else self.until

    def chapters(self, length: int = CHAPTER) -> list[Calendar]:
        """Cut all days into chapters of `length` days; the last one may be shorter."""
        return [
            Calendar(self.start, self.days, first, min(first + length, self.days))
            for first in range(0, self.days, length)
        ]

    @property
    def epoch(self) -> int:
        """Microseconds from 1970-01-01 to the first midnight."""
        return (self.start - date(1970, 1, 1)).days * DAY

    @property
    def months(self) -> float:
        """Length of the chapter in months of 30.4 days."""
        return (self.last - self.first) / 30.4

    def weekday(self, day: Ints) -> Ints:
        """Return 0 for Monday to 6 for Sunday."""
        return (day + self.start.weekday()) % 7

    def working_day_after(self, day: Ints) -> Ints:
        """Move Saturdays and Sundays to Monday, as direct debits do."""
        weekday = self.weekday(day)
        return day + np.where(weekday >= 5, 7 - weekday, 0)

    def working_day_before(self, day: Ints) -> Ints:
        """Move Saturdays and Sundays to Friday, as wages do."""
        weekday = self.weekday(day)
        return day - np.where(weekday >= 5, weekday - 4, 0)

    def monthly(self, day_of_month: Ints) -> tuple[Ints, Ints]:
        """Return (position in `day_of_month`, day) of the chapter's monthly turns; 31 is the last day of a month."""
        firsts, lengths = self._month_table()
        day = firsts[:, None] + np.minimum(day_of_month[None, :], lengths[:, None]) - 1
        return self._inside(day)

    def every(self, gap: int, first: Ints) -> tuple[Ints, Ints]:
        """Return (position in `first`, day) of turns every `gap` days, counted from day ``first % gap`` of all days."""
        turns = np.arange(self.first // gap * gap, self.last + gap, gap)
        return self._inside((first % gap)[None, :] + turns[:, None])

    def _inside(self, day: Ints) -> tuple[Ints, Ints]:
        who = np.broadcast_to(np.arange(day.shape[1]), day.shape)
        inside = (day >= self.first) & (day < self.last)
        return who[inside], day[inside]

    def scattered(self, rng: np.random.Generator, size: int, week: tuple[float, ...]) -> Ints:
        """Return `size` days of the chapter, by the weekday weights `week`, a little more often after pay days."""
        return self.slots(week)[rng.integers(0, SLOTS, size, dtype=np.uint16)].astype(np.int64)

    def slots(self, week: tuple[float, ...]) -> npt.NDArray[np.int32]:
        """Return :data:`SLOTS` days in order, each as often as :meth:`scattered` finds it; not to be written to."""
        return _slots(self.start, self.first, self.last, week)

    def _month_table(self) -> tuple[Ints, Ints]:
        """First day and length of every month that the chapter meets."""
        begin = self.start + timedelta(days=self.first)
        first = begin.replace(day=1)
        firsts, lengths = [], []
        while (first - self.start).days < self.last:
            following = (first + timedelta(days=32)).replace(day=1)
            firsts.append((first - self.start).days)
            lengths.append((following - first).days)
            first = following
        return np.array(firsts), np.array(lengths)


SLOTS: Final = 1 << 16
"""Length of :meth:`Calendar.slots`: one draw of 16 bits finds a day, without a search."""


@lru_cache(maxsize=64)
def _slots(start: date, first: int, last: int, week: tuple[float, ...]) -> npt.NDArray[np.int32]:
    every_day = np.arange(first, last, dtype=np.int32)
    month_day = np.array([(start + timedelta(days=int(d))).day for d in every_day])
    weight = np.asarray(week)[(every_day + start.weekday()) % 7]
    edges = np.cumsum(weight * np.where((month_day >= 28) | (month_day <= 4), 1.15, 1.0))
    ends = np.rint(edges / edges[-1] * SLOTS).astype(np.int64)
    found = np.repeat(every_day, np.diff(ends, prepend=0))
    found.setflags(write=False)
    return found


FLAT_WEEK: Final = (1.0,) * 7
OFFICE_WEEK: Final = (1.0, 1.0, 1.0, 1.0, 1.1, 0.15, 0.05)
COUNTER_WEEK: Final = (1.0, 1.0, 1.0, 1.0, 1.1, 0.7, 0.35)
"""Cash is taken at branches, at post offices and by machines; some are open on Sundays."""
SHOPPING_WEEK: Final = (0.9, 0.9, 0.95, 1.0, 1.2, 1.35, 1.0)
EVENING_WEEK: Final = (0.8, 0.8, 0.85, 1.0, 1.4, 1.5, 1.2)


def at(day: Ints, hour: Floats) -> Ints:
    """Return the time of `hour` (0 to 24) on `day`, to the millisecond."""
    milliseconds: Ints = np.minimum((hour * 3_600_000).astype(np.int64), 86_399_999)
    return day * DAY + milliseconds * 1000


def around(rng: np.random.Generator, hour: Floats | float, sd: Floats | float, size: int) -> Floats:
    """Return hours spread about `hour`; what falls outside 5:00 to 24:00 is folded back in."""
    drawn = rng.normal(hour, sd, size)
    drawn = np.where(drawn < 5.0, 10.0 - drawn, drawn)
    return np.where(drawn >= 24.0, 47.99 - drawn, drawn).clip(5.0, 23.999)
