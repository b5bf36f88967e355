"""A mark carried on with money, asked anew of every transfer. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles.ordering import Row

Mark = tuple[int, int, int]
"""From which place, which account, until when."""


def carried(rows: list[Row], passes: list[bool], marks: list[Mark], reach: int, most: int) -> list[tuple[int, int]]:
    """For each transfer the fewest steps of its debtor from a mark, and what brought it; (-1, -1) where none."""
    found: list[tuple[int, int]] = []
    for place, (debtor, _, now, _) in enumerate(rows):
        ways = [
            (found[i][0] + 1, -i)
            for i in range(place)
            if passes[i] and rows[i][1] == debtor and 0 <= found[i][0] < most and now <= rows[i][2] + reach
        ]
        itself = any(start <= place and account == debtor and now <= until for start, account, until in marks)
        if debtor < 0 or not (itself or ways):
            found.append((-1, -1))
        elif itself:
            found.append((0, -1))
        else:
            step, latest = min(ways)
            found.append((step, -latest))
    return found
