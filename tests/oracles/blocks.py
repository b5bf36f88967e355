"""Blocks of rows and the windows looked at from them, worked out anew. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles.ordering import Row

OUT, IN = 0, 1


def side_of_block(
    owner: list[int], wanted: list[bool], first: int, last: int, accounts: int
) -> list[tuple[list[int], list[int], list[int]]]:
    """For each account: the ledger places that its part of the block holds, those before the part, those later.

    The part goes from the account's first wanted row of the block to its last; without one it is empty and stands
    where the account's rows of the block begin.
    """
    found = []
    for account in range(accounts):
        own = [place for place, a in enumerate(owner) if a == account]
        asked = [place for place in own if first <= place < last and (not wanted or wanted[place])]
        low = asked[0] if asked else first
        high = asked[-1] if asked else first - 1
        found.append(
            (
                [place for place in own if low <= place <= high],
                [place for place in own if place < low],
                [place for place in own if place >= last],
            )
        )
    return found


def looked_at(rows: list[Row], place: int, account: int, way: int, window: int) -> list[int]:
    """Ledger places of the account's transfers one way in ``(t - window, t]``, up to and with `place`."""
    end = rows[place][2]
    return [i for i in range(place + 1) if rows[i][way] == account and rows[i][2] > end - window]
