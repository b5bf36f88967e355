"""The rhythm of an account's window, worked out anew for each transfer. Imports nothing of ours."""

from __future__ import annotations

from fractions import Fraction

from tests.oracles.blocks import IN, OUT, looked_at
from tests.oracles.ordering import Row
from tests.oracles.relations import Relation

LONGEST = 180 * 86_400_000_000


def pause(rows: list[Row], before: list[int], place: int) -> int:
    """Microseconds from the last of the places before to this one, at most 180 days; as long as that without one."""
    return min(LONGEST, rows[place][2] - rows[before[-1]][2]) if before else LONGEST


def shares(rows: list[Row], relations: list[Relation], held: list[int], way: int) -> list[Fraction]:
    """Shares of the distinct counterparties that are new by their oldest transfer, and one-shot by their latest."""
    by_peer: dict[int, list[int]] = {}
    for i in held:
        peer = rows[i][1 - way]
        if peer >= 0 and peer != rows[i][way]:
            by_peer.setdefault(peer, []).append(i)
    firsts = sum(relations[places[0]].first for places in by_peer.values())
    one_shots = sum(relations[places[-1]].recent <= 3 for places in by_peer.values())
    peers = max(len(by_peer), 1)
    return [Fraction(firsts, peers), Fraction(one_shots, peers)]


def rhythm(
    rows: list[Row], relations: list[Relation], place: int, account: int, way: int, window: int
) -> list[Fraction]:
    """Seconds since the transfer before, that way and either way; longest pauses; burst; two shares."""
    ways = [[i for i in range(place + 1) if rows[i][side] == account] for side in (OUT, IN)]
    either = sorted({*ways[OUT], *ways[IN]})
    values = []
    for kind in ("since", "dormancy"):
        for own in (ways[way], either):
            if kind == "since":
                values.append(Fraction(pause(rows, [i for i in own if i < place], place), 1_000_000))
            else:
                ended = [pause(rows, own[:k], i) for k, i in enumerate(own) if rows[i][2] > rows[place][2] - window]
                values.append(Fraction(max(ended, default=0), 1_000_000))
    held = looked_at(rows, place, account, way, window)
    late = looked_at(rows, place, account, way, window // 30)
    values.append(len(late) / (1 + Fraction(len(held), 30)))
    return values + shares(rows, relations, held, way)
