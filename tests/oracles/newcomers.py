"""What newcomers brought, every window worked out anew. Imports nothing of ours."""

from __future__ import annotations

Move = tuple[int, int, int]
"""Time, who, and what it brings; below zero it brings nothing."""


def newcomers(moves: list[Move], place: int, spans: tuple[int, int], regular: int) -> tuple[int, int]:
    """The value and the number of newcomers in the window that ends at `place`; `moves` are one list's in order."""
    end, (window, lookback) = moves[place][0], spans
    known = [who for time, who, _ in moves[: place + 1] if time > end - lookback]
    near = [m for m in moves[: place + 1] if m[0] > end - window and m[2] >= 0 and known.count(m[1]) < regular]
    return sum(brings for _, _, brings in near), len({who for _, who, _ in near})
