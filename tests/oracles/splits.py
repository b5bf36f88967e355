"""Scatter-gather with its sums: every opening and every payment to every sink. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row


class Gate(NamedTuple):
    """As the definition has it; shares in thousandths."""

    scatter: int
    onward: int
    intermediaries: int
    low: int
    high: int
    value: int
    ahead: int
    period: int


class Part(NamedTuple):
    """What one intermediary that holds the range received and passed on."""

    receipts: list[int]
    gathers: list[int]


class Split(NamedTuple):
    source: int
    sink: int
    parts: dict[int, Part]
    opening: int
    last: int
    fired: int


def splits(rows: list[Row], counted: list[bool], gate: Gate) -> list[Split]:
    """Source by source, sink by sink, period by period: the strongest, then the strongest of what is left."""
    accounts = sorted({side for row in rows for side in row[:2] if side >= 0})
    kept: list[Split] = []
    for source in accounts:
        for sink in accounts:
            if sink != source:
                kept += between(rows, counted, (source, sink), gate)
    return kept


def between(rows: list[Row], counted: list[bool], ends: tuple[int, int], gate: Gate) -> list[Split]:
    into = [i for i, row in enumerate(rows) if counted[i] and row[1] == ends[1] and row[0] not in ends]
    kept = []
    for period in sorted({rows[i][2] // gate.period for i in into}):
        used: set[int] = set()
        while True:
            firings = [
                found
                for last in into
                if rows[last][2] // gate.period == period and last not in used
                for opening in range(last)
                if (found := firing(rows, counted, ends, (opening, last), gate, used))
            ]
            if not firings:
                break
            best = max(firings, key=lambda one: strength(rows, one))
            kept.append(best._replace(fired=min(one.last for one in firings)))
            used |= {i for part in best.parts.values() for side in part for i in side}
    return kept


def strength(rows: list[Row], split: Split) -> tuple[int, int, int, int]:
    return len(split.parts), received(rows, split.parts), -split.last, split.opening


def received(rows: list[Row], parts: dict[int, Part]) -> int:
    return sum(rows[i][3] for part in parts.values() for i in part.receipts)


def firing(
    rows: list[Row], counted: list[bool], ends: tuple[int, int], moments: tuple[int, int], gate: Gate, used: set[int]
) -> Split | None:
    opening, last = moments
    opened = counted[opening] and rows[opening][0] == ends[0] and rows[opening][1] not in ends
    if not opened or opening in used:
        return None
    parts = {m: part_of(rows, counted, (*ends, m), moments, gate, used) for m in {row[1] for row in rows} - {*ends, -1}}
    holding = {m: part for m, part in parts.items() if holds(rows, part, gate)}
    if not any(last in part.gathers for part in holding.values()):
        return None
    enough = len(holding) >= gate.intermediaries and received(rows, holding) >= gate.value
    if not enough or rows[opening][1] not in holding:
        return None
    return Split(*ends, holding, opening, last, last)


def part_of(
    rows: list[Row],
    counted: list[bool],
    who: tuple[int, int, int],
    moments: tuple[int, int],
    gate: Gate,
    used: set[int],
) -> Part:
    source, sink, middle = who
    opening, last = moments
    receipts = [
        i
        for i in range(opening, last + 1)
        if counted[i]
        and rows[i][:2] == (source, middle)
        and rows[i][2] <= rows[opening][2] + gate.scatter
        and i not in used
    ]
    if not receipts:
        return Part([], [])
    debits = [i for i in range(receipts[0] + 1, len(rows)) if counted[i] and rows[i][0] == middle][: gate.ahead]
    gathers = [
        i
        for i in debits
        if rows[i][1] == sink and i <= last and rows[i][2] <= rows[receipts[0]][2] + gate.onward and i not in used
    ]
    return Part(receipts, gathers)


def holds(rows: list[Row], part: Part, gate: Gate) -> bool:
    came, left = (sum(rows[i][3] for i in side) for side in part)
    return bool(part.gathers) and came > 0 and gate.low * came <= left * 1000 <= gate.high * came
