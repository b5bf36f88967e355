"""The weather in the Dover Strait, day by day: whether small boats can go, and whether people go to the seaside.

One series for the whole country: honest seaside trade and the gangs look out of the same window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from moneytrail.simulate.calendar import Bools, Calendar, Floats, Ints

RED_SHARE: Final = (0.16, 0.16, 0.20, 0.26, 0.28, 0.38, 0.82, 0.92, 0.90, 0.76, 0.56, 0.30)
"""Share of red days by month, design: about 170 a year, between the 190 reported for the year to April 2025 and the
106 that follow from it, and about 23 from January to April, as in 2022 to 2024 (BBC and press, 2025, second-hand).
Two thirds of arrivals fall in the later half of the year, most in late summer (Home Office, Small boat arrivals and the
impact of crossing conditions, 2025)."""

PERSISTENCE: Final = 0.3
"""How much a day takes after the day before: red days come in runs. Design."""

WARMTH: Final = (0.10, 0.12, 0.22, 0.42, 0.62, 0.82, 1.0, 1.0, 0.72, 0.42, 0.20, 0.12)
"""How warm a month is, from 0 to 1, for trade at the seaside. Design."""


@dataclass(frozen=True, slots=True)
class Weather:
    """Every day of the calendar: `likely` is the assessed probability of crossings; red over 55 %, green under 35 %.

    The bands are those of Met Office assessments (Home Office, Small boat arrivals and the impact of crossing
    conditions, 2025). `fair` (0 to 1) is how much the day draws people to the coast.
    """

    likely: Floats
    fair: Floats

    @property
    def red(self) -> Bools:
        """Days assessed as more than 55 % likely for crossings."""
        found: Bools = self.likely > 0.55
        return found

    @property
    def green(self) -> Bools:
        """Days assessed as less than 35 % likely."""
        found: Bools = self.likely < 0.35
        return found


def forecast(seed: int, calendar: Calendar) -> Weather:
    """Draw the weather of all days: a two-state chain whose long-run share of red days follows the month."""
    rng = np.random.default_rng([seed, 4_101_987])
    share, warmth = (np.asarray(table)[_months(calendar)] for table in (RED_SHARE, WARMTH))
    chance, blur, sun = rng.random((3, calendar.days))
    calm = np.zeros(calendar.days, dtype=np.bool_)
    for day in range(calendar.days):
        before = float(calm[day - 1]) if day else share[0]
        calm[day] = chance[day] < PERSISTENCE * before + (1 - PERSISTENCE) * share[day]
    likely = np.where(calm, 0.56 + 0.4 * blur, 0.54 * blur**0.8)
    fair = (warmth * (0.35 + 0.45 * calm + 0.4 * sun)).clip(0, 1)
    return Weather(likely, fair)


def _months(calendar: Calendar) -> Ints:
    first = np.datetime64(calendar.start, "D")
    months: Ints = (first + np.arange(calendar.days)).astype("datetime64[M]").astype(np.int64) % 12
    return months
