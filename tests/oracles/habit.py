"""How well a transfer fits an account's calendar, worked out anew for each transfer. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from tests.oracles.blocks import looked_at
from tests.oracles.ordering import Row

DAY = 86_400_000_000


def share(fits: Sequence[bool]) -> Fraction:
    """Share of those that fit, -1 of none."""
    return Fraction(sum(fits), len(fits)) if fits else Fraction(-1)


def habit(rows: list[Row], place: int, account: int, way: int, window: int) -> list[Fraction]:
    """Shares of weekday, weekday in days, fortnight; number a week or two before; shares of gaps and of days."""
    today = rows[place][2] // DAY
    held = [rows[i][2] // DAY for i in looked_at(rows, place, account, way, window) if i != place]
    ago = [today - day for day in held if day < today]
    days_ago = sorted(set(ago))
    gaps = [later - day for day, later in pairwise(held)]
    return [
        share([days % 7 == 0 for days in ago]),
        share([days % 7 == 0 for days in days_ago]),
        share([days % 14 == 0 for days in ago]),
        Fraction(sum(days in (7, 14) for days in ago)),
        share([gap == today - held[-1] for gap in gaps]),
        Fraction(len(days_ago), -(-window // DAY)),
    ]
