"""What an account's transfers in a window add up to, worked out anew for each. Imports nothing of ours."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import sqrt

from tests.oracles.blocks import looked_at
from tests.oracles.ordering import Row

SECOND = 1_000_000


def moments(values: list[Fraction]) -> list[Fraction | float]:
    """Mean, variance, skewness and kurtosis of the population; no shape where the values do not differ."""
    if not values:
        return [0, 0, 0, 0]
    mean = sum(values, Fraction(0)) / len(values)
    second, third, fourth = (sum((value - mean) ** power for value in values) / len(values) for power in (2, 3, 4))
    if not second:
        return [mean, 0, 0, 0]
    skewness = sqrt(third**2 / second**3)
    return [mean, second, skewness if third > 0 else -skewness, fourth / second**2]


def ends(values: list[Fraction]) -> list[Fraction]:
    """The least and the greatest; 0 of nothing."""
    return [min(values), max(values)] if values else [Fraction(0), Fraction(0)]


def statistics(rows: list[Row], place: int, account: int, way: int, window: int) -> list[Fraction | float]:
    """Transfers; distinct others; the one over the other (0 without others).

    Then of amounts: sum, mean, variance, skewness, kurtosis, least, greatest; of ages, that is seconds up to this
    transfer: sum, mean, variance, skewness, kurtosis; of seconds between one transfer and the next, both within the
    window: mean, variance, skewness, kurtosis, least, greatest.
    """
    held = looked_at(rows, place, account, way, window)
    others = {rows[i][1 - way] for i in held} - {-1, account}
    amounts = [Fraction(rows[i][3]) for i in held]
    ages = [Fraction(rows[place][2] - rows[i][2], SECOND) for i in held]
    gaps = [Fraction(rows[later][2] - rows[earlier][2], SECOND) for earlier, later in pairwise(held)]
    return [
        len(held),
        len(others),
        Fraction(len(held), len(others)) if others else 0,
        sum(amounts, Fraction(0)),
        *moments(amounts),
        *ends(amounts),
        sum(ages, Fraction(0)),
        *moments(ages),
        *moments(gaps),
        *ends(gaps),
    ]
