"""Medians over an account's window, worked out anew for each transfer. Imports nothing of ours."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from tests.oracles.blocks import looked_at
from tests.oracles.ordering import Row


def median(values: list[int]) -> Fraction:
    """The middle value, or the mean of the two in the middle; 0 of nothing."""
    if not values:
        return Fraction(0)
    ordered = sorted(values)
    return Fraction(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2], 2)


def medians(rows: list[Row], place: int, account: int, way: int, window: int) -> list[Fraction]:
    """Median amount; median seconds from one transfer to the next, both within the window."""
    held = looked_at(rows, place, account, way, window)
    gaps = [rows[later][2] - rows[earlier][2] for earlier, later in pairwise(held)]
    return [median([rows[i][3] for i in held]), median(gaps) / 1_000_000]
