"""The arrival lift by its definition, with fractions. Imports nothing of ours."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple


class Lift(NamedTuple):
    """Credits on high days and these days, credits on low days and these days, as lists of days and numbers."""

    many: int
    high: list[int]
    few: int
    low: list[int]

    @property
    def times(self) -> Fraction | None:
        """Credits a high day over credits a low day; no credit on low days counts as one; ``None`` without days."""
        if not self.high:
            return None
        return Fraction(self.many, len(self.high)) / Fraction(max(self.few, 1), len(self.low))


def turned(series: list[int], shift: int) -> list[int]:
    """The series as a ring, each value `shift` days later."""
    return [series[(day - shift) % len(series)] for day in range(len(series))]


def lift(credits: list[int], series: list[int], months: list[int], days: int, shift: int) -> Lift:
    """The lift of the last `days` days of the series; `credits` has the day of each credit, all of them within."""
    ring = turned(series, shift)
    sums = {day: ring[day] + ring[day - 1] + ring[day - 2] for day in range(len(ring) - days, len(ring))}
    high: list[int] = []
    low: list[int] = []
    for month in sorted({months[day] for day in sums}):
        own = sorted((total, day) for day, total in sums.items() if months[day] == month)
        third = len(own) // 3
        if not third or own[third - 1][0] >= own[-third][0]:
            continue
        high += [day for total, day in own if total >= own[-third][0]]
        low += [day for total, day in own if total <= own[third - 1][0]]
    return Lift(sum(day in high for day in credits), high, sum(day in low for day in credits), low)


def by_chance(
    credits: list[int], series: list[int], months: list[int], days: int, shifts: range
) -> tuple[Lift, int, int]:
    """The lift as it is, how many shifts give one as large, and how many shifts there are."""
    own = lift(credits, series, months, days, 0)
    assert own.times is not None
    others = [lift(credits, series, months, days, shift).times for shift in shifts]
    return own, sum(other is not None and other >= own.times for other in others), len(others)
