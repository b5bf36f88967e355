"""The most money that can get out, in a network with a node for every account at every moment. Imports nothing of ours.

Shortest augmenting paths (Edmonds and Karp) in plain integers. Every edge has the name of what it stands for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Transfer = tuple[int | None, int | None, int, int]
"""Debtor, creditor, amount, and what of it is fresh."""

Node = tuple[object, ...]
Name = tuple[str, int] | tuple[str, int, int]
Edge = tuple[Node, Node, int | None]
"""From where to where, and how much: any amount if that is absent."""

SOURCE: Node = ("source",)
EXIT: Node = ("exit",)


@dataclass(frozen=True)
class Stake:
    """`openings` are the balances that are known."""

    held: Mapping[int, int]
    exits: frozenset[int] = frozenset()
    frozen: frozenset[int] = frozenset()
    since: int = 0
    openings: Mapping[int, int] = field(default_factory=dict)


def balances(transfers: Sequence[Transfer], openings: Mapping[int, int]) -> list[dict[int, int]]:
    """Known balances just after each transfer."""
    now, found = dict(openings), []
    for debtor, creditor, amount, _ in transfers:
        if debtor in now:
            now[debtor] -= amount
        if creditor in now:
            now[creditor] += amount
        found.append(dict(now))
    return found


def edges(transfers: Sequence[Transfer], stake: Stake) -> dict[Name, Edge]:
    """Money in an account at moment `i` has seen `i` transfers; it came before it is `kept`."""
    accounts = {*stake.held, *(side for row in transfers for side in row[:2] if side is not None)}
    after = balances(transfers, stake.openings)

    def came(account: int | None, moment: int) -> Node:
        return EXIT if account is None or account in stake.exits else ("came", account, moment)

    made: dict[Name, Edge] = {}
    for account in accounts - stake.exits:
        for moment in range(len(transfers) + 1):
            made["kept", account, moment] = ("came", account, moment), ("kept", account, moment), None
            made["waits", account, moment] = ("kept", account, moment), ("came", account, moment + 1), None
    for account, amount in stake.held.items():
        made["held", account] = SOURCE, came(account, 0), amount
    for place, (debtor, creditor, amount, fresh) in enumerate(transfers):
        for side in {debtor, creditor} - stake.exits:
            if side is not None and side in stake.openings:
                before, then, _ = made["kept", side, place + 1]
                made["kept", side, place + 1] = before, then, max(after[place][side], 0)
        if debtor in stake.frozen and place >= stake.since:
            continue
        made["fresh", place] = SOURCE, came(creditor, place + 1), fresh
        if debtor is not None and debtor not in stake.exits and debtor != creditor:
            made["transfer", place] = ("kept", debtor, place), came(creditor, place + 1), amount - fresh
    return made


def most(network: Iterable[Edge]) -> int:
    room: dict[Node, dict[Node, int]] = {}
    endless = 1 + sum(capacity for _, _, capacity in network if capacity is not None)
    for tail, head, capacity in network:
        there = room.setdefault(tail, {})
        there[head] = there.get(head, 0) + (endless if capacity is None else capacity)
        room.setdefault(head, {}).setdefault(tail, 0)
    total = 0
    while True:
        came_from = way(room)
        if EXIT not in came_from:
            return total
        path, node = [], EXIT
        while node != SOURCE:
            path.append((came_from[node], node))
            node = came_from[node]
        amount = min(room[tail][head] for tail, head in path)
        for tail, head in path:
            room[tail][head] -= amount
            room[head][tail] += amount
        total += amount


def way(room: Mapping[Node, Mapping[Node, int]]) -> dict[Node, Node]:
    """From where each node was reached, over edges with room."""
    came_from, waiting = {SOURCE: SOURCE}, deque([SOURCE])
    while waiting and EXIT not in came_from:
        tail = waiting.popleft()
        for head, left in room.get(tail, {}).items():
            if left and head not in came_from:
                came_from[head] = tail
                waiting.append(head)
    return came_from


def worth(network: Mapping[Name, Edge], closed: Iterable[Name]) -> int:
    return sum(capacity for name in closed if (capacity := network[name][2]) is not None)
