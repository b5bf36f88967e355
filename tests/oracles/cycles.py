"""Cycles that a transfer closes, by trying every sequence of accounts. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tests.oracles.ordering import Row, joins_a_pair


def routes(links: set[tuple[int, int]], route: tuple[int, ...], end: int, longest: int) -> Iterator[tuple[int, ...]]:
    """Every sequence of at most `longest` distinct accounts that goes on from `route` to `end` along links."""
    if route[-1] == end:
        yield route
    elif len(route) < longest:
        for debtor, creditor in links:
            if debtor == route[-1] and creditor not in route:
                yield from routes(links, (*route, creditor), end, longest)


def follow_one_another(rows: list[Row], held: list[int], route: tuple[int, ...]) -> bool:
    """Whether the money can pass along the whole route, each transfer after the one before in ledger order."""
    steps = list(pairwise(route))
    for place in held:
        if steps and rows[place][:2] == steps[0]:
            steps.pop(0)
    return not steps


def cycles(rows: list[Row], place: int, window: int, longest: int, *, in_order: bool) -> list[int]:
    """The number of transfers, 2 or more, of each cycle that the transfer closes within the window.

    A cycle is a sequence of at most `longest` distinct accounts from its creditor back to its debtor.
    """
    if not joins_a_pair(rows[place]):
        return []
    debtor, creditor, time, _ = rows[place]
    held = [i for i in range(place) if rows[i][2] > time - window and joins_a_pair(rows[i])]
    links = {rows[i][:2] for i in held}
    found = routes(links, (creditor,), debtor, longest)
    return sorted(len(route) for route in found if not in_order or follow_one_another(rows, held, route))
