"""Sets of accounts that pay most of another set, around each transfer. Imports nothing of ours."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from tests.oracles.ordering import Row

Pair = tuple[int, int]


class Rule(NamedTuple):
    """As the definition has it; the share in thousandths."""

    window: int
    senders: int
    receivers: int
    share: int
    links: int
    busiest: int


def mesh_at(rows: list[Row], counted: list[bool], place: int, rule: Rule) -> set[Pair]:
    """The pairs of the mesh that a transfer completes; none where it completes none."""
    x, y, time, _ = rows[place]
    window = [i for i in range(place + 1) if counted[i] and rows[i][2] > time - rule.window]
    paid = {account: [rows[i][1] for i in window if rows[i][0] == account] for account in {rows[i][0] for i in window}}
    got = {account: [rows[i][0] for i in window if rows[i][1] == account] for account in {rows[i][1] for i in window}}
    quiet_payees = {b for b, payers in got.items() if len(payers) <= rule.busiest}
    quiet_payers = {a for a, payees in paid.items() if len(payees) <= rule.busiest}
    receivers = set(paid[x]) & quiet_payees
    senders = {a for b in receivers for a in got[b]} & quiet_payers - receivers
    receivers |= {b for a in senders for b in paid[a]} & quiet_payees - senders
    if x not in senders or y not in receivers:
        return set()
    opening: dict[Pair, int] = {}
    for i in window:
        if rows[i][0] in senders and rows[i][1] in receivers:
            opening.setdefault((rows[i][0], rows[i][1]), i)
    return peeled(opening, (x, y), rule)


def peeled(opening: dict[Pair, int], ends: Pair, rule: Rule) -> set[Pair]:
    """Take members out one by one until the rest are dense."""
    first = {
        (side, account): min(i for pair, i in opening.items() if pair[side] == account)
        for side in (0, 1)
        for account in {pair[side] for pair in opening}
    }
    pairs = set(opening)
    while True:
        members = [{pair[side] for pair in pairs} for side in (0, 1)]
        enough = len(members[0]) >= rule.senders and len(members[1]) >= rule.receivers
        if not enough or ends[0] not in members[0] or ends[1] not in members[1]:
            return set()
        degree = {key: sum(pair[key[0]] == key[1] for pair in pairs) for key in first if key[1] in members[key[0]]}
        poor = [key for key in degree if degree[key] < rule.links]
        if not poor and len(pairs) * 1000 >= rule.share * len(members[0]) * len(members[1]):
            return pairs
        if poor:
            leaving = max(poor, key=lambda key: (first[key], key[0]))
        else:
            least = min(Fraction(many, len(members[1 - key[0]])) for key, many in degree.items())
            equal = [key for key, many in degree.items() if Fraction(many, len(members[1 - key[0]])) == least]
            leaving = max(equal, key=lambda key: (first[key], key[0]))
        pairs = {pair for pair in pairs if pair[leaving[0]] != leaving[1]}


class Mesh(NamedTuple):
    account: int
    pairs: set[Pair]
    place: int
    fired: int


def meshes(rows: list[Row], counted: list[bool], rule: Rule) -> list[Mesh]:
    """The largest mesh of each account and period."""
    made = [(i, mesh_at(rows, counted, i, rule)) for i in range(len(rows)) if counted[i]]
    firings = [(i, pairs) for i, pairs in made if pairs]
    kept = []
    for account, period in sorted({(rows[i][0], rows[i][2] // rule.window) for i, _ in firings}):
        own = [(i, pairs) for i, pairs in firings if (rows[i][0], rows[i][2] // rule.window) == (account, period)]
        place, pairs = max(own, key=lambda one: (len(one[1]), -one[0]))
        kept.append(Mesh(account, pairs, place, own[0][0]))
    return kept
