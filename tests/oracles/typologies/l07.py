"""L07 by its definition. Imports nothing of ours."""

from __future__ import annotations

from itertools import pairwise

from tests.oracles import relays
from tests.oracles.book import DAY, Book, Instance, Values, World, book, thousandths
from tests.oracles.followed import followed

HOUR = DAY // 24


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    rule = relays.Rule(
        hop=int(values["hop_hours"] * HOUR),
        low=thousandths(values["share_low"]),
        high=thousandths(values["share_high"]),
        kept=thousandths(values["retained_share"]),
        ahead=int(values["next_debits"]),
        fewest=int(values["hops"]),
        most=int(max(values["hops"], values["most_hops"])),
        day=DAY,
    )
    large = [row[3] >= values["value"] for row in seen.rows]
    counted = [one and two for one, two in zip(followed(seen, world.links), large, strict=True)]
    lines: dict[tuple[int, ...], list[list[int]]] = {}
    for chain in relays.chains(seen.rows, counted, rule):
        stem = [seen.rows[chain[0]][0], *(seen.rows[i][1] for i in chain[: rule.fewest])]
        period = int(seen.rows[chain[-1]][2] // (values["window_days"] * DAY))
        lines.setdefault((period, *stem), []).append(chain)
    return [instance(seen, chains) for chains in lines.values()]


def instance(seen: Book, chains: list[list[int]]) -> Instance:
    rows = seen.rows
    links = {link for chain in chains for link in pairwise(chain)}
    kept = [relays.retained(rows, *link, DAY) for link in links]
    gates: dict[str, float] = {
        "hops": max(len(chain) for chain in chains),
        "hop_hours": max(rows[b][2] - rows[a][2] for a, b in links) / HOUR,
        "share_low": min(rows[b][3] / rows[a][3] for a, b in links),
        "share_high": max(rows[b][3] / rows[a][3] for a, b in links),
        "retained_share": max(rest / came for rest, came in kept),
        "value": min(rows[i][3] for chain in chains for i in chain),
    }
    proof = sorted({i for chain in chains for i in chain})
    return seen.instance(rows[chains[0][0]][0], proof, min(chain[-1] for chain in chains), gates)
