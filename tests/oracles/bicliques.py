"""Bipartite and stack: every account and stretch worked out anew. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row, joins_a_pair


class Rule(NamedTuple):
    """As the definition has it; the share in thousandths."""

    window: int
    senders: int
    receivers: int
    share: int
    last: int


def enough(part: int, whole: int, thousandths: int) -> bool:
    return part >= 1 and part * 1000 >= whole * thousandths


def hit(rows: list[Row], account: int, stretch: int, rule: Rule) -> tuple[int, list[int], list[int]] | None:
    """Pairs and transfers of both layers, where the sets that begin with whom `account` paid are large enough."""
    start = stretch * (rule.window // 2)
    inside = [i for i in range(len(rows)) if joins_a_pair(rows[i]) and start <= rows[i][2] < start + rule.window]
    paid = {rows[i][:2]: i for i in reversed(inside)}
    second = {b for a, b in paid if a == account}
    first = {
        a for a in range(6) if a not in second and enough(sum((a, b) in paid for b in second), len(second), rule.share)
    }
    if len(second) < rule.receivers or len(first) < rule.senders:
        return None
    one = [i for i in inside if rows[i][0] in first and rows[i][1] in second]
    receipt = {b: min(i for i in one if rows[i][1] == b) for b in second}
    after = [i for i in inside if rows[i][0] in second and i > receipt[rows[i][0]]]
    by_payee = {c: {rows[i][0] for i in after if rows[i][1] == c} for c in range(6)}
    third = {
        c
        for c in range(6)
        if rule.last and c not in first | second and enough(len(by_payee[c]), len(second), rule.share)
    }
    if len(third) < rule.last:
        return None
    two = [i for i in after if rows[i][1] in third]
    pairs = {rows[i][:2] for i in one + two}
    return len(pairs), one, two


def layers(rows: list[Row], rule: Rule) -> list[tuple[int, list[int], list[int]]]:
    """Account and transfers of both layers of the strongest hit of each account and period."""
    best: dict[tuple[int, int], tuple[int, list[int], list[int]]] = {}
    times = [row[2] // (rule.window // 2) for row in rows]
    for account in range(6):
        for stretch in range(min(times, default=0) - 1, max(times, default=-1) + 1):
            made = hit(rows, account, stretch, rule)
            key = (account, stretch // 2)
            if made and (key not in best or made[0] > best[key][0]):
                best[key] = made
    return [(account, one, two) for (account, _), (_, one, two) in sorted(best.items())]
