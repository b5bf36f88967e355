"""Days and times of day: when wages, bills, shopping and evenings fall. Days are 0-based offsets, times microseconds.

All clocks are UTC, and bank holidays are working days: neither changes what a window of days or minutes sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Calendar:
    """The simulated days: `days` of them from `start`, both ends inside."""

    start: date
    days: int

    @property
    def epoch(self) -> int:
        """Microseconds from 1970-01-01 to the first midnight."""
        return (self.start - date(1970, 1, 1)).days * DAY

    @property
    def months(self) -> float:
        """Length in months of 30.4 days."""
        return self.days / 30.4

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
        """Return (position in `day_of_month`, day) of every month's turn; 31 means the last day of the month."""
        firsts, lengths = self._month_table()
        day = firsts[:, None] + np.minimum(day_of_month[None, :], lengths[:, None]) - 1
        who = np.broadcast_to(np.arange(day_of_month.size), day.shape)
        inside = (day >= 0) & (day < self.days)
        return who[inside], day[inside]

    def every(self, gap: int, first: Ints) -> tuple[Ints, Ints]:
        """Return (position in `first`, day) of a turn every `gap` days from day ``first % gap``."""
        turns = np.arange(0, self.days + gap, gap)
        day = (first % gap)[None, :] + turns[:, None]
        who = np.broadcast_to(np.arange(first.size), day.shape)
        inside = day < self.days
        return who[inside], day[inside]

    def scattered(self, rng: np.random.Generator, size: int, week: tuple[float, ...]) -> Ints:
        """Return `size` days drawn with the seven weekday weights `week`, a little more often after pay days."""
        every_day = np.arange(self.days)
        month_day = np.array([(self.start + timedelta(days=int(d))).day for d in every_day])
        weight = np.asarray(week)[self.weekday(every_day)] * np.where((month_day >= 28) | (month_day <= 4), 1.15, 1.0)
        edges = np.cumsum(weight)
        day = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
        last: Ints = np.minimum(day, self.days - 1)
        return last

    def _month_table(self) -> tuple[Ints, Ints]:
        first = self.start.replace(day=1)
        firsts, lengths = [], []
        while (first - self.start).days < self.days:
            following = (first + timedelta(days=32)).replace(day=1)
            firsts.append((first - self.start).days)
            lengths.append((following - first).days)
            first = following
        return np.array(firsts), np.array(lengths)


FLAT_WEEK: Final = (1.0,) * 7
OFFICE_WEEK: Final = (1.0, 1.0, 1.0, 1.0, 1.1, 0.15, 0.05)
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
