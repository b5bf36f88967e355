"""Gather-scatter and pass-through: every turn and every window worked out anew. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row, joins_a_pair


class Turn(NamedTuple):
    """As the definition has it."""

    gather: int
    scatter: int
    payers: int
    payees: int


def turn_at(rows: list[Row], place: int, rule: Turn) -> tuple[list[int], list[int]]:
    """The credits and debits that count when the credit at `place` is the turn."""
    hub, time = rows[place][1], rows[place][2]
    credits = [
        i for i in range(place + 1) if joins_a_pair(rows[i]) and rows[i][1] == hub and rows[i][2] > time - rule.gather
    ]
    debits = [
        i
        for i in range(place + 1, len(rows))
        if joins_a_pair(rows[i]) and rows[i][0] == hub and rows[i][2] < time + rule.scatter
    ]
    payees = {rows[i][1] for i in debits}
    payers = list(dict.fromkeys(rows[i][0] for i in credits))
    both = [a for a in payers if a in payees]
    needed = max(0, rule.payers - (len(payers) - len(both)))
    as_payers = {a for a in payers if a not in both} | set(both[:needed])
    return [i for i in credits if rows[i][0] in as_payers], [i for i in debits if rows[i][1] not in as_payers]


def gather_scatters(rows: list[Row], rule: Turn) -> list[tuple[int, list[int], list[int]]]:
    """Account, credits and debits of the strongest turn of each account and period."""
    best: dict[tuple[int, int], tuple[tuple[int, int], list[int], list[int]]] = {}
    for place, row in enumerate(rows):
        if not joins_a_pair(row):
            continue
        credits, debits = turn_at(rows, place, rule)
        payers, payees = len({rows[i][0] for i in credits}), len({rows[i][1] for i in debits})
        if payers >= rule.payers and payees >= rule.payees:
            key = (row[1], row[2] // (rule.gather + rule.scatter))
            strength = (min(payers, payees), payers + payees)
            if key not in best or strength > best[key][0]:
                best[key] = (strength, credits, debits)
    return [(account, credits, debits) for (account, _), (_, credits, debits) in sorted(best.items())]


def passes(rows: list[Row], dwell: int, share: int) -> list[tuple[int, list[int]]]:
    """Account and transfers of the strongest pass-through of each account and period; share in thousandths."""
    best: dict[tuple[int, int], tuple[int, list[int]]] = {}
    for place, row in enumerate(rows):
        if not joins_a_pair(row):
            continue
        own = [
            i
            for i in range(place + 1)
            if joins_a_pair(rows[i]) and row[0] in rows[i][:2] and rows[i][2] > row[2] - dwell
        ]
        credits = [i for i in own if rows[i][1] == row[0]]
        debits = [i for i in own if rows[i][0] == row[0] and i > min(credits, default=place)]
        came, left = sum(rows[i][3] for i in credits), sum(rows[i][3] for i in debits)
        if min(came, left) > 0 and left * 1000 >= came * share:
            key = (row[0], row[2] // dwell)
            if key not in best or min(came, left) > best[key][0]:
                best[key] = (min(came, left), sorted(credits + debits))
    return [(account, proof) for (account, _), (_, proof) in sorted(best.items())]
