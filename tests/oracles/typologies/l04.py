"""L04 by its definition. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles import fans
from tests.oracles.book import DAY, Instance, Values, World, book, thousandths
from tests.oracles.ordering import Row


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    gate = fans.Gate(
        window=int(values["window_days"] * DAY),
        peers=int(values["payees"]),
        first_share=thousandths(values["first_share"]),
        one_shot_share=0,
        one_shot=0,
        value=int(values["value"]),
        median_low=0,
        median_high=2**62,
        backing_share=thousandths(values["funding_share"]),
    )
    reach = int(values["funding_hours"] * DAY // 24)
    backed_by = fans.backing(seen.rows, reach)
    found = []
    for fan, fired in fans.fans(seen.rows, seen.relations, backed_by, gate, incoming=False):
        funding = largest_credits(seen.rows, fan.account, fan.counted[0], reach)
        gates = {
            "payees": fan.peers,
            "value": fan.value,
            "first_share": fan.firsts / fan.peers,
            "funding_share": backed_by[fan.counted[0]] / fan.value,
        }
        found.append(seen.instance(fan.account, fan.counted + funding, fired, gates))
    return found


def largest_credits(rows: list[Row], account: int, opening: int, reach: int) -> list[int]:
    """The two largest credits of the hours up to the first debit; of equal ones the later; none of nothing."""
    came = [
        place
        for place in range(opening)
        if rows[place][1] == account and rows[place][0] != account and rows[place][2] > rows[opening][2] - reach
    ]
    largest = sorted(came, key=lambda place: (rows[place][3], place))[-2:]
    return [place for place in largest if rows[place][3] > 0]
