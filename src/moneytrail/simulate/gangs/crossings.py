"""Boats and seats: when they go, how many are aboard, who arrives, and what a seat costs.

The series of arrivals is the whole country's, as the Home Office publishes it; the gangs of one simulated bank launch a
part of these boats. Figures with a source name it; the rest is design.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from moneytrail.simulate.calendar import Floats, Ints
from moneytrail.simulate.town import Bank
from moneytrail.simulate.words import human_sums

RED_BOATS: Final = 4.0
AMBER_BOATS: Final = 1.6
GREEN_BOATS: Final = 0.6
"""Boats that arrive on a day of each band, on average. About 3.9 a red day is the upper bound of 738 boats and 190 red
days in the year to April 2025 (BBC, 2025, second-hand). In fair weather 190 people arrived a day, else 60 (Sky News,
2025, second-hand). Design within these."""

BUSY: Final = 6.0
"""Shape of the gamma law between days of one band: busy and quiet ones. Design."""

ABOARD: Final = (51.0, 11.0)
"""Mean and standard deviation of people in a boat: 41 in 2022, 49 in 2023, 53 in 2024 (PA Media, 2024, second-hand)."""

ABOARD_RANGE: Final = (18, 112)
"""The fullest boat on record held 112 (Telegraph, 2024, second-hand)."""

STREET_MEDIAN, STREET_SIGMA = 1_700, 0.714
PACKAGE_MEDIAN, PACKAGE_SIGMA = 4_000, 0.493
STREET_SHARE: Final = 0.7
SEAT_RANGE: Final = (900, 9_000)
"""Seat prices in pounds: lognormal, street P5 500 and P95 5,500, package P95 9,000, mixed 70 to 30: design, amid
reported prices from 500 to 6,000 pounds that contradict one another. Cut to `SEAT_RANGE`: below, no kit is paid for."""

WEEKLY_SHOCK: Final = 0.10
"""Standard deviation of what one week does to all prices. Design."""

SEIZURE_RATE, SEIZURE_WEEKS = 1 / 52, 3
"""How often a week brings a seizure of boats and engines, and for how many weeks prices are 1.5 to 3 times as high
after it. Design, after a fourfold rise reported for 2023 to 2024 (Telegraph, 2024, second-hand)."""

CHILD_SHARE: Final = 0.5
"""A child pays half (Daily Mirror, 2018, second-hand)."""


@dataclass(frozen=True, slots=True)
class Crossings:
    """Boats and arrivals of all days, and the level of prices in every week (1.0 on average)."""

    boats: Ints
    arrivals: Ints
    level: Floats


def crossings(bank: Bank) -> Crossings:
    """Draw the country's boats, their people and the weeks' prices."""
    rng = bank.stream("crossings")
    weather = bank.weather
    mean = np.select([weather.red, weather.green], [RED_BOATS, GREEN_BOATS], AMBER_BOATS)
    # Calm days in a row: more boats wait. A gamma between the days makes busy and quiet days, as published.
    boats = rng.poisson(mean * rng.gamma(BUSY, 1 / BUSY, mean.size)).astype(np.int64)
    aboard = people_aboard(rng, int(boats.sum()))
    arrivals = np.bincount(np.repeat(np.arange(boats.size), boats), aboard, minlength=boats.size).astype(np.int64)
    return Crossings(boats, arrivals, _levels(rng, bank.calendar.days // 7 + 1))


def people_aboard(rng: np.random.Generator, size: int) -> Ints:
    """Return how many people `size` boats carry."""
    drawn: Ints = rng.normal(*ABOARD, size).clip(*ABOARD_RANGE).astype(np.int64)
    return drawn


def _levels(rng: np.random.Generator, weeks: int) -> Floats:
    level = np.exp(rng.normal(0, WEEKLY_SHOCK, weeks))
    for week in np.flatnonzero(rng.random(weeks) < SEIZURE_RATE):
        level[week : week + SEIZURE_WEEKS] = rng.uniform(1.5, 3.0)
    return level


def seat_price(rng: np.random.Generator) -> float:
    """Return one gang's seat price for one boat, in pounds, before the week's level."""
    street = rng.random() < STREET_SHARE
    median, sigma = (STREET_MEDIAN, STREET_SIGMA) if street else (PACKAGE_MEDIAN, PACKAGE_SIGMA)
    return float(median * np.exp(sigma * rng.standard_normal()))


def party_fee(rng: np.random.Generator, price: float, room: int) -> tuple[int, int]:
    """Return (heads, fee in pence) of one party of passengers that still fits into `room` seats.

    Most travel alone; some as couples or with children. Prices in a boat differ by about 6 %: design.
    """
    adults = min(1 + int(rng.random() < 0.14), room)
    children = min(int(rng.choice((0, 1, 2), p=(0.88, 0.08, 0.04))), room - adults)
    near = float(np.clip(rng.normal(1.0, 0.06), 0.86, 1.14))
    pence = int(price * near * (adults + children * CHILD_SHARE) * 100)
    return adults + children, int(human_sums(rng, np.array([pence]))[0])


def delay_after_arrival(rng: np.random.Generator) -> float:
    """Return the days from arrival to payment or release: 60 % within one, 30 % in 1 to 3, 10 % in 3 to 14.

    Nowhere quantified; a word on the telephone releases it the same day in reported cases (Reuters, 2021,
    second-hand). Design.
    """
    start, end = ((0.1, 1.0), (1.0, 3.0), (3.0, 14.0))[int(np.searchsorted((0.6, 0.9), rng.random()))]
    return float(rng.uniform(start, end))
