"""L05 by its definition. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles import turns
from tests.oracles.book import DAY, Instance, Values, World, book, thousandths


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    gate = turns.Gate(
        gather=int(values["gather_days"] * DAY),
        scatter=int(values["scatter_days"] * DAY),
        payers=int(values["payers"]),
        payees=int(values["payees"]),
        common=thousandths(values["common_share"]),
        low=thousandths(values["share_low"]),
        high=thousandths(values["share_high"]),
        value=int(values["value"]),
        budget=int(values["budget"]),
    )
    found = []
    for turn in turns.turns(seen.rows, [relation.stranger for relation in seen.relations], gate):
        payers, payees = {seen.rows[i][0] for i in turn.gathered}, {seen.rows[i][1] for i in turn.scattered}
        came, left = (sum(seen.rows[i][3] for i in side) for side in (turn.gathered, turn.scattered))
        gates: dict[str, float] = {
            "payers": len(payers),
            "payees": len(payees),
            "common_share": len(payers & payees) / len(payers | payees),
            "share_low": left / came,
            "share_high": left / came,
            "value": came,
        }
        found.append(seen.instance(turn.account, turn.gathered + turn.scattered, turn.fired, gates))
    return found
