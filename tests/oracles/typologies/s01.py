"""S01 by its definition. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles import fans
from tests.oracles.book import DAY, Instance, Values, World, book, thousandths


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    gate = fans.Gate(
        window=int(values["window_days"] * DAY),
        peers=int(values["payers"]),
        first_share=thousandths(values["first_share"]),
        one_shot_share=thousandths(values["one_shot_share"]),
        one_shot=int(values["one_shot_transfers"]),
        value=int(values["value"]),
        median_low=int(values["seat_low"]),
        median_high=int(values["seat_high"]),
        backing_share=0,
    )
    found = []
    for fan, fired in fans.fans(seen.rows, seen.relations, [], gate, incoming=True):
        gates = {
            "payers": fan.peers,
            "value": fan.value,
            "first_share": fan.firsts / fan.peers,
            "one_shot_share": fan.one_shots / fan.peers,
            "seat_low": fan.median,
            "seat_high": fan.median,
        }
        found.append(seen.instance(fan.account, fan.counted, fired, gates))
    return found
