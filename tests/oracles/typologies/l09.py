"""L09 by its definition. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles import meshes
from tests.oracles.book import DAY, Book, Instance, Values, World, book, thousandths
from tests.oracles.followed import followed


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    rule = meshes.Rule(
        window=int(values["window_days"] * DAY),
        senders=int(values["senders"]),
        receivers=int(values["receivers"]),
        share=thousandths(values["pair_share"]),
        links=int(values["links"]),
        busiest=int(values["busiest"]),
    )
    counted = [
        follow and row[3] >= values["value"] and relation.recent <= values["few_transfers"]
        for follow, row, relation in zip(followed(seen, world.links), seen.rows, seen.relations, strict=True)
    ]
    found = sorted(meshes.meshes(seen.rows, counted, rule), key=lambda mesh: (-len(mesh.pairs), mesh.place))
    kept: list[meshes.Mesh] = []
    for mesh in found:
        period = seen.rows[mesh.place][2] // rule.window
        same = [k for k, one in enumerate(kept) if seen.rows[one.place][2] // rule.window == period]
        stronger = [k for k in same if 2 * len(kept[k].pairs & mesh.pairs) >= len(mesh.pairs)]
        if stronger:
            kept[stronger[0]] = kept[stronger[0]]._replace(fired=min(kept[stronger[0]].fired, mesh.fired))
        else:
            kept.append(mesh)
    return [instance(seen, counted, mesh, rule, values) for mesh in kept]


def instance(seen: Book, counted: list[bool], mesh: meshes.Mesh, rule: meshes.Rule, values: Values) -> Instance:
    rows = seen.rows
    since = rows[mesh.place][2] - rule.window
    across = [i for i in range(mesh.place + 1) if counted[i] and rows[i][2] > since and rows[i][:2] in mesh.pairs]
    senders, receivers = ({pair[side] for pair in mesh.pairs} for side in (0, 1))
    links = [
        sum(pair[side] == account for pair in mesh.pairs)
        for side, of in ((0, senders), (1, receivers))
        for account in of
    ]
    gates: dict[str, float] = {
        "senders": len(senders),
        "receivers": len(receivers),
        "pair_share": len(mesh.pairs) / (len(senders) * len(receivers)),
        "links": min(links),
        "window_days": (rows[across[-1]][2] - rows[across[0]][2]) / DAY,
        "value": min(rows[i][3] for i in across),
        "few_transfers": max(seen.relations[i].recent for i in across),
    }
    proof = feed(seen, counted, mesh, across, rule, values) + across
    return seen.instance(rows[across[0]][0], proof, mesh.fired, gates)


def feed(
    seen: Book, counted: list[bool], mesh: meshes.Mesh, across: list[int], rule: meshes.Rule, values: Values
) -> list[int]:
    """What a third set had paid the senders in the window before; nothing where it is no layer."""
    rows = seen.rows
    senders = {pair[0] for pair in mesh.pairs}
    members = {account for pair in mesh.pairs for account in pair}
    since = rows[across[0]][2] - rule.window
    before = [
        i
        for i in range(across[0])
        if counted[i] and rows[i][2] > since and rows[i][1] in senders and rows[i][0] not in members
    ]
    pairs = {rows[i][:2] for i in before}
    layer = {payer for payer, _ in pairs if sum(one == payer for one, _ in pairs) >= rule.links}
    there = sum(payer in layer for payer, _ in pairs)
    before = [i for i in before if rows[i][0] in layer]
    came, left = (sum(rows[i][3] for i in side) for side in (before, across))
    holds = (
        len(layer) >= rule.senders
        and there * 1000 >= rule.share * len(layer) * len(senders)
        and left * 1000 >= came * thousandths(values["stack_share"])
    )
    return before if holds else []
