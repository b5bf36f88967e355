"""What an account had been doing up to a transfer, worked out anew for each. Imports nothing of ours."""

from __future__ import annotations

from fractions import Fraction
from math import log1p

from tests.oracles.ordering import Row
from tests.oracles.relations import Relation

DAY = 86_400_000_000
LONGEST_PAUSE = 180 * DAY


def pause(microseconds: int | None) -> float:
    """log(1 + seconds), at most 180 days; as long as that where nothing came before."""
    longest = LONGEST_PAUSE if microseconds is None else min(microseconds, LONGEST_PAUSE)
    return log1p(longest / 1e6)


def activity(rows: list[Row], relations: list[Relation], place: int, *, incoming: bool) -> list[float] | None:
    """Eleven values of the account on one side of a transfer; ``None`` where that side is absent.

    Counts in 1, 7 and 30 days; log sum in 7 days; distinct others in 7 and 30 days; share of first dealings in
    30 days; amount over the mean of 30 days; the two pauses; the balance of flows in one day.
    """
    own, other = (1, 0) if incoming else (0, 1)
    account, time, amount = rows[place][own], rows[place][2], rows[place][3]
    if account < 0:
        return None
    mine = [i for i in range(place + 1) if rows[i][own] == account]
    theirs = [i for i in range(place) if rows[i][other] == account]

    def within(places: list[int], days: int) -> list[int]:
        return [i for i in places if rows[i][2] > time - days * DAY]

    def others(days: int) -> int:
        return len({rows[i][other] for i in within(mine, days)} - {-1, account})

    month = within(mine, 30)
    total = sum(rows[i][3] for i in month)
    this_way = sum(rows[i][3] for i in within(mine, 1))
    that_way = sum(rows[i][3] for i in within(theirs, 1))
    return [
        len(within(mine, 1)),
        len(within(mine, 7)),
        len(month),
        log1p(sum(rows[i][3] for i in within(mine, 7))),
        others(7),
        others(30),
        sum(relations[i].first for i in month) / len(month),
        float(Fraction(amount * len(month), total)) if total else 1.0,
        pause(time - rows[mine[-2]][2] if len(mine) > 1 else None),
        pause(time - rows[theirs[-1]][2] if theirs else None),
        min(this_way, that_way) / max(this_way, that_way) if this_way and that_way else 0.0,
    ]
