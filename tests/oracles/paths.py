"""Cycles and chains: every path tried. Imports nothing of ours."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from tests.oracles.ordering import Row, joins_a_pair


class Rule(NamedTuple):
    """As the definition has it; shares in thousandths."""

    window: int
    hop: int
    fewest: int
    most: int
    share_low: int
    share_high: int


def continuations(rows: list[Row], path: list[int], rule: Rule) -> list[int]:
    """Which transfers may come next."""
    last = path[-1]
    return [
        i
        for i in range(last + 1, len(rows))
        if joins_a_pair(rows[i])
        and rows[i][0] == rows[last][1]
        and rows[i][2] - rows[last][2] <= rule.hop
        and rows[i][2] - rows[path[0]][2] < rule.window
    ]


def cycles_from(rows: list[Row], path: list[int], rule: Rule) -> list[list[int]]:
    """Every cycle that goes on from this path."""
    start = rows[path[0]][0]
    met = {start} | {rows[i][1] for i in path}
    found = []
    for i in continuations(rows, path, rule):
        if rows[i][1] == start and rule.fewest <= len(path) + 1 <= rule.most:
            found.append([*path, i])
        if rows[i][1] not in met and len(path) + 1 < rule.most:
            found += cycles_from(rows, [*path, i], rule)
    return found


def evenness(rows: list[Row], path: list[int]) -> int:
    amounts = [rows[i][3] for i in path]
    return min(amounts) * 1000 // max(amounts) if max(amounts) else 0


def cycles(rows: list[Row], rule: Rule) -> list[tuple[int, int, list[int]]]:
    """Account, evenness and transfers of the strongest cycle of each account and period."""
    every = [cycle for i in range(len(rows)) if joins_a_pair(rows[i]) for cycle in cycles_from(rows, [i], rule)]
    best: dict[tuple[int, int], list[int]] = {}

    def strength(cycle: list[int]) -> tuple[int, int, int, list[int]]:
        return (evenness(rows, cycle), len(cycle), -cycle[-1], cycle[-2::-1])

    for cycle in every:
        key = (rows[cycle[0]][0], rows[cycle[-1]][2] // rule.window)
        if key not in best or strength(cycle) > strength(best[key]):
            best[key] = cycle
    return [(account, evenness(rows, cycle), cycle) for (account, _), cycle in sorted(best.items())]


def ways_on(rows: list[Row], path: list[int], rule: Rule) -> list[int]:
    """Which transfers may come next in a chain, the nearest in amount first."""
    met = {rows[path[0]][0]} | {rows[i][1] for i in path}
    amount = rows[path[-1]][3]
    fresh = [i for i in continuations(rows, path, rule) if rows[i][1] not in met]
    return sorted(fresh, key=lambda i: (abs(rows[i][3] - amount), i))


def first_of(rows: list[Row], path: list[int], rule: Rule) -> list[int]:
    """The first path of the fewest transfers that goes on from this one, nearest amounts first; empty where none."""
    if len(path) == rule.fewest:
        return path
    longer = (first_of(rows, [*path, i], rule) for i in ways_on(rows, path, rule))
    return next((path for path in longer if path), [])


def follow(rows: list[Row], opening: int, rule: Rule) -> list[int]:
    """The chain that one transfer opens."""
    path = first_of(rows, [opening], rule)
    while path and len(path) < rule.most and ways_on(rows, path, rule):
        path = [*path, ways_on(rows, path, rule)[0]]
    return path


def passing(rows: list[Row], path: list[int], rule: Rule) -> int:
    """On how many hops the share of the amount before is passed on."""
    return sum(
        rule.share_low * rows[a][3] <= 1000 * rows[b][3] <= rule.share_high * rows[a][3] for a, b in pairwise(path)
    )


def chains(rows: list[Row], rule: Rule) -> list[tuple[int, int, list[int]]]:
    """Account, passing hops and transfers of the strongest chain of each account and period."""
    best: dict[tuple[int, int], list[int]] = {}
    for i in range(len(rows)):
        if joins_a_pair(rows[i]):
            path = follow(rows, i, rule)
            key = (rows[i][0], rows[i][2] // rule.window)
            strength = (passing(rows, path, rule), len(path))
            if len(path) >= rule.fewest and (
                key not in best or strength > (passing(rows, best[key], rule), len(best[key]))
            ):
                best[key] = path
    return [(account, passing(rows, path, rule), path) for (account, _), path in sorted(best.items())]
