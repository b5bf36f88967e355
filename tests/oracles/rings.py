"""Round trips: every ring that a transfer closes. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row


class Rule(NamedTuple):
    """As the definition has it; the share in thousandths."""

    window: int
    fewest: int
    most: int
    even: int
    ahead: int


def rings(rows: list[Row], counted: list[bool], rule: Rule) -> list[list[int]]:
    """For each closing transfer the shortest ring, of equals the latest; in ledger order of the closing one."""
    found = []
    for closing in range(len(rows)):
        if counted[closing]:
            closed = [one for one in backwards(rows, counted, [closing], rule) if holds(rows, one, rule)]
            if closed:
                best = min(closed, key=lambda one: (len(one), [-i for i in one]))
                found.append(best[::-1])
    return found


def holds(rows: list[Row], ring: list[int], rule: Rule) -> bool:
    """`ring` is from the closing transfer back."""
    amounts = [rows[i][3] for i in ring]
    return (
        rule.fewest <= len(ring) <= rule.most
        and rows[ring[-1]][0] == rows[ring[0]][1]
        and min(amounts) * 1000 >= rule.even * max(amounts)
    )


def backwards(rows: list[Row], counted: list[bool], path: list[int], rule: Rule) -> list[list[int]]:
    """Every path that ends with the closing transfer, its beginning last; accounts differ but for the two ends."""
    made = [path]
    start, end = rows[path[-1]][0], rows[path[0]][1]
    if len(path) == rule.most or start == end:
        return made
    met = {rows[i][0] for i in path}
    for i in range(path[-1]):
        late = rows[i][2] > rows[path[0]][2] - rule.window
        if (
            counted[i]
            and rows[i][1] == start
            and late
            and rows[i][0] not in met
            and path[-1] in after(rows, counted, i, rule)
        ):
            made += backwards(rows, counted, [*path, i], rule)
    return made


def after(rows: list[Row], counted: list[bool], credit: int, rule: Rule) -> list[int]:
    """The creditor's next debits."""
    return [i for i in range(credit + 1, len(rows)) if counted[i] and rows[i][0] == rows[credit][1]][: rule.ahead]
