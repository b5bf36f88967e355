"""When boats go and what a seat costs. Figures with a source name it; the rest is design."""

from __future__ import annotations

import numpy as np

from moneytrail.simulate.calendar import Bools
from moneytrail.simulate.town import Bank

RED_SHARE = (0.22, 0.24, 0.30, 0.42, 0.52, 0.58, 0.64, 0.66, 0.62, 0.50, 0.30, 0.22)
"""Share of red days by month, design: about 160 a year, between the 190 reported for the year to April 2025 and the
106 that follow from it (BBC, 2025, second-hand). Late summer is highest (Home Office, Small boat arrivals and the
impact of crossing conditions, 2025)."""

PERSISTENCE = 0.55
"""How much a day takes after the day before: red days come in runs. Design."""

STREET_MEDIAN, STREET_SIGMA = 1_700, 0.714
PACKAGE_MEDIAN, PACKAGE_SIGMA = 4_000, 0.493
STREET_SHARE = 0.7
SEAT_RANGE = (800, 4_500)
"""Seat prices in pounds: lognormal, street P5 500 and P95 5,500, package P95 9,000, mixed 70 to 30 (design, amid
reported prices from 500 to 6,000 pounds that contradict one another).
Cut to `SEAT_RANGE`, so that a collection is one of seat fees and not of premium trips."""


def red_days(bank: Bank) -> Bools:
    """Return which days are fit for small boats: a two-state chain whose long-run share follows the month."""
    rng = bank.stream("weather")
    first = np.datetime64(bank.calendar.start, "D")
    months = (first + np.arange(bank.calendar.days)).astype("datetime64[M]").astype(np.int64) % 12
    share = np.asarray(RED_SHARE)[months]
    chance = rng.random(bank.calendar.days)
    red = np.zeros(bank.calendar.days, dtype=np.bool_)
    for day in range(bank.calendar.days):
        before = float(red[day - 1]) if day else share[0]
        red[day] = chance[day] < PERSISTENCE * before + (1 - PERSISTENCE) * share[day]
    return red


def seat_price(rng: np.random.Generator) -> float:
    """Return one gang's seat price for one season's weeks, in pounds."""
    street = rng.random() < STREET_SHARE
    median, sigma = (STREET_MEDIAN, STREET_SIGMA) if street else (PACKAGE_MEDIAN, PACKAGE_SIGMA)
    return float(np.clip(median * np.exp(sigma * rng.standard_normal()), *SEAT_RANGE))


def fee(rng: np.random.Generator, price: float) -> int:
    """Return one payer's fee in pence, whole tens of pounds, for one adult or a family of up to four.

    A child pays half (press, 2018). Prices within a gang differ by about 6 %.
    """
    adults = 1 + int(rng.random() < 0.16)
    children = int(rng.choice((0, 1, 2), p=(0.84, 0.1, 0.06)))
    near = float(np.clip(rng.normal(1.0, 0.06), 0.86, 1.14))
    return round(price * near * (adults + children / 2) / 10) * 1000


def days_after_crossing(rng: np.random.Generator) -> float:
    """Return how long after the crossing a fee is paid: 60 % within a day, 30 % in 1 to 3 days, 10 % later (design)."""
    start, end = ((0.1, 1.0), (1.0, 3.0), (3.0, 6.0))[int(rng.choice(3, p=(0.6, 0.3, 0.1)))]
    return float(rng.uniform(start, end))
