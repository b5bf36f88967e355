"""Orders and adjacencies, as slowly as they like. Imports nothing of ours."""

from __future__ import annotations

Row = tuple[int, int, int, int]
"""debtor, creditor (-1 where absent), time, amount; a list of them is in ledger order"""


def time_order(times: list[int]) -> list[int]:
    """Positions by time; equal times keep their order."""
    return sorted(range(len(times)), key=lambda place: (times[place], place))


def adjacency(rows: list[Row], accounts: int, *, incoming: bool) -> list[list[tuple[int, int, int, int]]]:
    """For each account its transfers on one side: place in the ledger, the other end, time, amount."""
    lists = []
    for account in range(accounts):
        own = []
        for place, (debtor, creditor, time, amount) in enumerate(rows):
            owner, peer = (creditor, debtor) if incoming else (debtor, creditor)
            if owner == account:
                own.append((place, peer, time, amount))
        lists.append(own)
    return lists


def joins_a_pair(row: Row) -> bool:
    """Whether a transfer has both sides, and they are two accounts."""
    return row[0] >= 0 and row[1] >= 0 and row[0] != row[1]


def pairs(rows: list[Row]) -> dict[tuple[int, int], list[int]]:
    """Ledger places of every pair's transfers, whichever way; pairs by smaller, then larger account."""
    found: dict[tuple[int, int], list[int]] = {}
    for place, row in enumerate(rows):
        if joins_a_pair(row):
            found.setdefault((min(row[:2]), max(row[:2])), []).append(place)
    return dict(sorted(found.items()))
