"""How long money stayed in an account, matched anew for each transfer. Imports nothing of ours."""

from __future__ import annotations

from fractions import Fraction

from tests.oracles.blocks import IN, OUT, looked_at
from tests.oracles.ordering import Row


def pieces(rows: list[Row], places: list[int], account: int) -> list[tuple[int, int]]:
    """Time stayed and value of everything that came in and left again, first in, first out, from nothing."""
    waiting: list[tuple[int, int]] = []
    made = []
    for place in places:
        debtor, _, time, amount = rows[place]
        if debtor != account:
            waiting.append((time, amount))
            continue
        while amount and waiting:
            arrived, value = waiting.pop(0)
            taken = min(value, amount)
            if taken:
                made.append((time - arrived, taken))
            amount -= taken
            if value > taken:
                waiting.insert(0, (arrived, value - taken))
    return made


def middle(made: list[tuple[int, int]]) -> int:
    """Shortest time such that at least half of the value stayed no longer; 0 of nothing."""
    total = sum(value for _, value in made)
    for time in sorted(time for time, _ in made):
        if 2 * sum(value for other, value in made if other <= time) >= total:
            return time
    return 0


def dwell(rows: list[Row], place: int, account: int, window: int, latest: int) -> list[Fraction]:
    """Share of the credited value that left again; share by which credits pass debits; seconds that money stayed."""
    held = sorted(
        i for way in (OUT, IN) for i in looked_at(rows, place, account, way, window) if rows[i][OUT] != rows[i][IN]
    )
    credited = sum(rows[i][3] for i in held if rows[i][IN] == account)
    debited = sum(rows[i][3] for i in held if rows[i][OUT] == account)
    passed = sum(value for _, value in pieces(rows, held, account))
    stayed = Fraction(middle(pieces(rows, held[-latest:], account)), 1_000_000)
    if not credited:
        return [Fraction(0), Fraction(0), stayed]
    return [Fraction(passed, credited), Fraction(max(credited - debited, 0), credited), stayed]
