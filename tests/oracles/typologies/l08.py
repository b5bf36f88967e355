"""L08 by its definition. Imports nothing of ours."""

from __future__ import annotations

import re

from tests.oracles import rings
from tests.oracles.book import DAY, LINKING, Book, Instance, Values, World, book, thousandths
from tests.oracles.followed import followed

GOODS = re.compile(
    r"\b(stock|goods|wholesale|phones|spares|textiles|used car|vehicle purchase|rugs|purchase order|proforma|pro forma"
    r"|machinery|invoice|inv|order|item|auction item|postage|freight|pallets|shipping|container|haulage|groupage|cargo"
    r"|clearance|import vat|customs duty|deferment account|duty and vat)\b",
    re.IGNORECASE,
)


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    rule = rings.Rule(
        window=int(values["window_days"] * DAY),
        fewest=int(values["hops"]),
        most=int(max(values["hops"], values["most_hops"])),
        even=thousandths(values["even_share"]),
        ahead=int(values["next_debits"]),
    )
    counted = [
        follow and row[3] >= values["value"] and not for_goods(seen, i, world)
        for i, (follow, row) in enumerate(zip(followed(seen, world.links), seen.rows, strict=True))
    ]
    groups: dict[tuple[int, tuple[int, ...]], list[list[int]]] = {}
    for ring in rings.rings(seen.rows, counted, rule):
        accounts = [seen.rows[i][0] for i in ring]
        turned = min(tuple(accounts[k:] + accounts[:k]) for k in range(len(accounts)))
        groups.setdefault((seen.rows[ring[-1]][2] // rule.window, turned), []).append(ring)
    return [instance(seen, group) for group in groups.values()]


def for_goods(seen: Book, place: int, world: World) -> bool:
    transfer = seen.transfers[place]
    one, two = (world.links.get(transfer[side] or "", {}) for side in ("debtor_account", "creditor_account"))
    linked = any(kind in one and one[kind] == two.get(kind) for kind in LINKING)
    return bool(seen.relations[place].affiliated and not linked and GOODS.search(transfer.get("reference") or ""))


def instance(seen: Book, group: list[list[int]]) -> Instance:
    rows = seen.rows
    proof = sorted({i for ring in group for i in ring})
    first = min(group)
    gates: dict[str, float] = {
        "hops": len(first),
        "window_days": max(rows[ring[-1]][2] - rows[ring[0]][2] for ring in group) / DAY,
        "even_share": min(min(rows[i][3] for i in ring) / max(rows[i][3] for i in ring) for ring in group),
        "value": min(rows[i][3] for i in proof),
        "goods": 0,
    }
    return seen.instance(rows[first[0]][0], proof, min(ring[-1] for ring in group), gates)
