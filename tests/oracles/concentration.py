"""Modal concentration of an account's window, worked out anew for each transfer. Imports nothing of ours."""

from __future__ import annotations

from fractions import Fraction

from tests.oracles.blocks import looked_at
from tests.oracles.ordering import Row


def is_near(amount: int, mode: int) -> bool:
    """Whether the amount lies within 5 per cent of one to six times the mode."""
    return any(abs(amount - k * mode) * 20 <= k * mode for k in range(1, 7))


def concentration(rows: list[Row], place: int, account: int, way: int, window: int, latest: int) -> Fraction:
    """Largest share of the window's latest transfers whose amounts are near one of their own."""
    amounts = [min(rows[i][3], 2**59) for i in looked_at(rows, place, account, way, window)[-latest:]]
    best = max((sum(is_near(amount, mode) for amount in amounts) for mode in amounts), default=0)
    return Fraction(best, max(len(amounts), 1))
