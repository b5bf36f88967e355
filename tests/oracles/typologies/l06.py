"""L06 by its definition. Imports nothing of ours."""

from __future__ import annotations

from math import ceil

from tests.oracles import splits
from tests.oracles.book import DAY, Instance, Values, World, book, thousandths
from tests.oracles.followed import followed

HOUR = DAY // 24


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    gate = splits.Gate(
        scatter=int(values["scatter_hours"] * HOUR),
        onward=int(values["onward_hours"] * HOUR),
        intermediaries=int(values["intermediaries"]),
        low=thousandths(values["share_low"]),
        high=thousandths(values["share_high"]),
        value=int(values["value"]),
        ahead=int(values["next_debits"]),
        period=ceil((values["scatter_hours"] + values["onward_hours"]) / 24) * DAY,
    )
    rows = seen.rows
    found = []
    for split in splits.splits(rows, followed(seen, world.links), gate):
        parts = list(split.parts.values())
        shares = [sum(rows[i][3] for i in p.gathers) / sum(rows[i][3] for i in p.receipts) for p in parts]
        receipts = sorted(i for part in parts for i in part.receipts)
        gates: dict[str, float] = {
            "intermediaries": len(parts),
            "share_low": min(shares),
            "share_high": max(shares),
            "value": splits.received(rows, split.parts),
            "scatter_hours": (rows[receipts[-1]][2] - rows[receipts[0]][2]) / HOUR,
            "onward_hours": max(rows[p.gathers[-1]][2] - rows[p.receipts[0]][2] for p in parts) / HOUR,
        }
        proof = [i for part in parts for side in part for i in side]
        found.append(seen.instance(split.source, proof, split.fired, gates))
    return found
