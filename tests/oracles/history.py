"""What accounts and pairs did since the data begin, worked out anew for each transfer. Imports nothing of ours."""

from __future__ import annotations

from math import log1p
from typing import NamedTuple

from tests.oracles.ordering import Row, joins_a_pair

DAY = 86_400_000_000
LONGEST = 400.0


class Dealing(NamedTuple):
    earlier: int
    earlier_back: int
    since: float
    since_back: float
    at_once: int


def days_since(rows: list[Row], before: list[int], place: int) -> float:
    """Days from the latest of some places to this one, at most 400; as long as that without one."""
    return min(LONGEST, (rows[place][2] - rows[before[-1]][2]) / DAY) if before else LONGEST


def same_way(rows: list[Row], place: int) -> list[int]:
    """Places of all transfers of the pair the same way; none where it joins no pair."""
    return [i for i, other in enumerate(rows) if other[:2] == rows[place][:2]] if joins_a_pair(rows[place]) else []


def other_way(rows: list[Row], place: int) -> list[int]:
    """Places of all transfers of the pair the other way."""
    debtor, creditor = rows[place][:2]
    return [i for i, other in enumerate(rows) if other[:2] == (creditor, debtor)] if joins_a_pair(rows[place]) else []


def dealing(rows: list[Row], place: int) -> Dealing:
    ahead = [i for i in same_way(rows, place) if i < place]
    back = [i for i in other_way(rows, place) if i < place]
    return Dealing(
        len(ahead) if joins_a_pair(rows[place]) else -1,
        len(back),
        days_since(rows, ahead, place),
        days_since(rows, back, place),
        sum(rows[i][2] == rows[place][2] for i in same_way(rows, place)),
    )


def debuts(rows: list[Row], account: int, way: int) -> list[int]:
    """Places of the account's transfers one way to, or from, another account for the first time."""
    own = [i for i, row in enumerate(rows) if row[way] == account and joins_a_pair(row)]
    return [i for i in own if same_way(rows, i)[0] == i]


def history(rows: list[Row], place: int, account: int) -> list[float]:
    """Age; numbers of transfers out and in, of payees and payers; days since the last new payee and payer."""
    own = [[i for i in range(place + 1) if rows[i][way] == account] for way in range(2)]
    known = [[i for i in debuts(rows, account, way) if i <= place] for way in range(2)]
    age = (rows[place][2] - rows[min(own[0] + own[1])][2]) / DAY
    numbers = [log1p(len(places)) for places in (*own, *known)]
    return [age, *numbers, *(days_since(rows, [i for i in places if i < place], place) for places in known)]


def pair_history(rows: list[Row], place: int) -> list[float]:
    """Logarithms of the numbers, the same way and back; days since."""
    found = dealing(rows, place)
    return [log1p(max(found.earlier, 0)), log1p(found.earlier_back), found.since, found.since_back]
