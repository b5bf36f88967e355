"""Rings in any order: every ring of every transfer tried. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row, joins_a_pair


class Rule(NamedTuple):
    """As the definition has it."""

    window: int
    fewest: int
    most: int


def paths(rows: list[Row], held: list[int], path: list[int], end: int, most: int) -> list[list[int]]:
    """Every way to go on from the path to an account in at most so many transfers, no account met twice."""
    met = {rows[i][0] for i in path} | {rows[path[-1]][1]}
    found = []
    for i in held:
        if rows[i][0] == rows[path[-1]][1] and len(path) < most:
            if rows[i][1] == end:
                found.append([*path, i])
            elif rows[i][1] not in met:
                found += paths(rows, held, [*path, i], end, most)
    return found


def rings_of(rows: list[Row], place: int, rule: Rule) -> list[list[int]]:
    """Every ring of which the transfer at `place` is the last in the ledger, its transfers in ledger order."""
    if not joins_a_pair(rows[place]):
        return []
    held = [i for i in range(place) if joins_a_pair(rows[i]) and rows[i][2] > rows[place][2] - rule.window]
    rings = paths(rows, held, [place], rows[place][0], rule.most)
    return [sorted(ring) for ring in rings if len(ring) >= rule.fewest]


def evenness(rows: list[Row], ring: list[int]) -> int:
    amounts = [rows[i][3] for i in ring]
    return min(amounts) * 1000 // max(amounts) if max(amounts) else 0


def unordered_rings(rows: list[Row], rule: Rule) -> list[tuple[int, int, list[int]]]:
    """Account, evenness and transfers of the strongest ring of each account and period."""
    best: dict[tuple[int, int], tuple[tuple[int, int, int, list[int]], list[int]]] = {}
    for place, (debtor, _, time, _) in enumerate(rows):
        for ring in rings_of(rows, place, rule):
            strength = (evenness(rows, ring), len(ring), -place, ring[::-1])
            key = (debtor, time // rule.window)
            if key not in best or strength > best[key][0]:
                best[key] = (strength, ring)
    return [(account, strength[0], ring) for (account, _), (strength, ring) in sorted(best.items())]
