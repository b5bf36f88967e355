"""Walks: every sequence of linked transfers tried. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row, joins_a_pair


class Rule(NamedTuple):
    """As the definition has it."""

    window: int
    hop: int
    fewest: int
    most: int


def walks_from(rows: list[Row], path: list[int], rule: Rule) -> list[list[int]]:
    """The walk itself and every one that goes on from it."""
    found = [path]
    last = rows[path[-1]]
    for i in range(path[-1] + 1, len(rows)):
        linked = joins_a_pair(rows[i]) and rows[i][0] == last[1] and rows[i][2] - last[2] <= rule.hop
        if linked and rows[i][2] - rows[path[0]][2] < rule.window and len(path) < rule.most:
            found += walks_from(rows, [*path, i], rule)
    return found


def walks(rows: list[Row], rule: Rule) -> list[tuple[int, list[int]]]:
    """Account and transfers of the longest walk of each account and period."""
    best: dict[tuple[int, int], list[int]] = {}
    for i in range(len(rows)):
        for walk in walks_from(rows, [i], rule) if joins_a_pair(rows[i]) else []:
            key = (rows[i][0], rows[i][2] // rule.window)
            strength = (-len(walk), walk[0], walk[-1], walk)
            if len(walk) >= rule.fewest and (
                key not in best or strength < (-len(best[key]), best[key][0], best[key][-1], best[key])
            ):
                best[key] = walk
    return [(account, walk) for (account, _), walk in sorted(best.items())]
