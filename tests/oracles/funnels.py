"""Funnels over the events of one account, each window worked out anew. Imports nothing of ours."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

DEPOSIT, OUT, SPENT = 1, 2, 4
DAY = 86_400_000_000

Event = tuple[int, int, int, int, int]
"""time, amount, kind, region, depositor"""


class Gate(NamedTuple):
    window: int
    lookback: int
    deposits: int
    depositors: int
    regions: int
    value: int
    out_share: int
    hold: int


def funnelled(events: list[Event], gate: Gate) -> list[tuple[bool, int, int, int]]:
    """For each event whether the gate holds, the deposits' sum and number, and the home region."""
    return [looked_at(events[: end + 1], gate) for end in range(len(events))]


def looked_at(events: list[Event], gate: Gate) -> tuple[bool, int, int, int]:
    now, _, kind, _, _ = events[-1]
    if not kind & (DEPOSIT | OUT):
        return False, 0, 0, -1
    spent = Counter(e[3] for e in events if e[2] & SPENT and e[0] > now - gate.lookback)
    home = min(spent, key=lambda region: (-spent[region], region)) if spent else -1
    window = [e for e in events if e[0] > now - gate.window]
    away = [e for e in window if e[2] & DEPOSIT and e[3] != home]
    regions = {e[3] for e in away}
    on_a_day = Counter(day for day, _ in {(e[0] // DAY, e[3]) for e in away})
    depositors = max([len({e[4] for e in away} - {-1}), *on_a_day.values()])
    held = gone(window, home, regions)
    total, quick = sum(e[1] for e in away), sum(time <= gate.hold for time in held)
    fires = (
        len(away) >= gate.deposits
        and depositors >= gate.depositors
        and len(regions) >= gate.regions
        and total >= gate.value
        and 0 < len(held) * 1000 >= gate.out_share * total
        and 2 * quick >= len(held)
    )
    return fires, total, len(away), home


def gone(window: list[Event], home: int, regions: set[int]) -> list[int]:
    """How long each unit that left had been held, first in, first out."""
    waiting: list[int] = []
    held = []
    for time, amount, kind, region, _ in window:
        if kind & DEPOSIT and region != home:
            waiting += [time] * amount
        elif kind & OUT and region not in regions:
            held += [time - came for came in waiting[:amount]]
            waiting = waiting[amount:]
    return held
