"""What two accounts were to each other, worked out anew for each transfer. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row, joins_a_pair


class Relation(NamedTuple):
    affiliated: bool
    stranger: bool
    first: bool
    recent: int
    previous: int
    following: int
    repeat_of: int
    repeated_by: int


class Dealings(NamedTuple):
    """When dealings make a tie: `payments` transfers in ``(t - lookback, t - gap]``, in two calendar months."""

    lookback: int
    gap: int
    payments: int


NOTHING = Relation(
    affiliated=False, stranger=False, first=False, recent=0, previous=-1, following=-1, repeat_of=-1, repeated_by=-1
)


def relations(
    rows: list[Row], months: list[int], pulled: list[bool], links: list[tuple[int, ...]], rule: Dealings
) -> list[Relation]:
    """One relation a transfer; `links` holds each account's attributes as numbers, -1 where unknown."""
    tied = [affiliated(rows, months, links, rule, place) for place in range(len(rows))]
    strange = [joins_a_pair(row) and not tied[i] and not pulled[i] for i, row in enumerate(rows)]
    found = []
    for place, row in enumerate(rows):
        if not joins_a_pair(row):
            found.append(NOTHING)
            continue
        same_way = [i for i, other in enumerate(rows) if other[:2] == row[:2]]
        strangers = [i for i in same_way if strange[i]] if strange[place] else []
        recent = [i for i in same_way if i <= place and rows[i][2] > row[2] - rule.lookback]
        found.append(
            Relation(
                affiliated=tied[place],
                stranger=strange[place],
                first=not earlier_dealings(rows, place, rule.lookback),
                recent=len(recent),
                previous=max((i for i in strangers if i < place), default=-1),
                following=min((i for i in strangers if i > place), default=-1),
                repeat_of=max((i for i in same_way if i < place), default=-1),
                repeated_by=min((i for i in same_way if i > place), default=-1),
            )
        )
    return found


def earlier_dealings(rows: list[Row], place: int, lookback: int) -> list[int]:
    """Places of earlier transfers between the two accounts, either way, in the lookback."""
    debtor, creditor, time, _ = rows[place]
    return [i for i in range(place) if {debtor, creditor} == set(rows[i][:2]) and rows[i][2] > time - lookback]


def affiliated(rows: list[Row], months: list[int], links: list[tuple[int, ...]], rule: Dealings, place: int) -> bool:
    """Whether the two share an attribute, or had regular dealings before."""
    if not joins_a_pair(rows[place]):
        return False
    debtor, creditor, time, _ = rows[place]
    if any(a == b and a >= 0 for a, b in zip(links[debtor], links[creditor], strict=True)):
        return True
    settled = [i for i in earlier_dealings(rows, place, rule.lookback) if rows[i][2] <= time - rule.gap]
    return len(settled) >= rule.payments and len({months[i] for i in settled}) >= 2
