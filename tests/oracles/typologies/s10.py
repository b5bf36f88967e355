"""S10 by its definition. Imports nothing of ours."""

from __future__ import annotations

import re

from tests.oracles.book import DAY, LINKING, Book, Instance, Transfer, Values, World, book
from tests.oracles.linked_groups import linked_groups

JACKETS = r"life jackets?|lifejackets?|buoyancy aids"
SHOPS = {"5551": "dealer", "4468": "chandler", "5941": "chandler"}
NAMED = (
    ("trailer", r"trailer|boat trailer|van", ("7512", "7513", "7519", "5511", "5521")),
    ("engine", r"outboard|outboard engine|engine", ()),
    ("boat", r"boat|boat and outboard|dinghy|inflatable|rib", ()),
    ("pump", r"pump|foot pump|electric pump|inflator", ()),
    ("cans", r"fuel cans|jerry cans?", ("5533",)),
    ("boards", r"plywood|pvc|pvc sheet|tarpaulin|duct tape", ("5200", "5211")),
)
MARINE_LIFE = (
    r"mooring|slip fees|berth|harbour dues|sailing subs|regatta|regatta entry|winter storage ashore|engine service"
    r"|delivery to the marina"
)
MARINE_TRADES = ("marine club", "marina", "boat dealer", "boat charter", "sea rescue charity")


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    group = groups(world, seen, int(values["group_accounts"]))
    bought = {
        place: kind
        for place, transfer in enumerate(seen.transfers)
        if leaves(seen, group, place) and (kind := part(transfer, values))
    }
    best: dict[tuple[int, int], tuple[tuple[int, int], int, int]] = {}
    for place in bought:
        owner = group[seen.rows[place][0]]
        gates = gates_at(world, seen, group, bought, place, values)
        if gates is None:
            continue
        period = owner, int(seen.rows[place][2] // (values["window_days"] * DAY))
        strength = (int(gates["parts"]), int(gates["value"]))
        held = best.get(period)
        fired = held[2] if held else place
        if held is None or strength > held[0]:
            best[period] = strength, place, fired
        else:
            best[period] = held[0], held[1], fired
    return [instance(world, seen, group, bought, (end, fired), values) for _, end, fired in best.values()]


def instance(
    world: World, seen: Book, group: list[int], bought: dict[int, str], ends: tuple[int, int], values: Values
) -> Instance:
    end, fired = ends
    window = window_of(seen, group, bought, end, values)
    gates = gates_at(world, seen, group, bought, end, values)
    assert gates is not None
    paid = [(sum(seen.rows[i][3] for i in window if seen.rows[i][0] == buyer), buyer) for buyer in buyers(seen, window)]
    most = max(total for total, _ in paid)
    subject = next(buyer for total, buyer in paid if total == most)
    return seen.instance(subject, window, fired, gates)


def buyers(seen: Book, window: list[int]) -> list[int]:
    """In the order of their first purchases."""
    return list(dict.fromkeys(seen.rows[place][0] for place in window))


def groups(world: World, seen: Book, most: int) -> list[int]:
    numbers: dict[tuple[str, object], int] = {}
    links = [
        tuple(
            numbers.setdefault((kind, own[kind]), len(numbers)) if (own := world.links.get(name, {})).get(kind) else -1
            for kind in LINKING
        )
        for name in seen.names
    ]
    return linked_groups(links, most)


def leaves(seen: Book, group: list[int], place: int) -> bool:
    debtor, creditor = seen.rows[place][:2]
    return debtor >= 0 and (creditor < 0 or group[debtor] != group[creditor])


def says(transfer: Transfer, words: str) -> bool:
    return bool(re.search(rf"\b(?:{words})\b", transfer.get("reference") or "", re.IGNORECASE))


def part(transfer: Transfer, values: Values) -> str:
    amount, shop = transfer["amount"], SHOPS.get(transfer.get("merchant_category") or "", "")
    if amount < values["least_price"] or transfer["channel"] in ("direct_debit", "internal"):
        return ""
    dear, ten = amount >= values["boat_price"], amount >= values["jackets_price"]
    if shop == "dealer":
        return "boat" if dear else "engine" if amount >= values["engine_price"] else ""
    if says(transfer, JACKETS):
        return "jackets" if ten else ""
    if shop == "chandler" or says(transfer, "chandlery"):
        return "engine" if dear else "jackets" if ten else "pump"
    for kind, words, categories in NAMED:
        if says(transfer, words) or transfer.get("merchant_category") in categories:
            return kind
    return ""


def window_of(seen: Book, group: list[int], bought: dict[int, str], end: int, values: Values) -> list[int]:
    owner, now = group[seen.rows[end][0]], seen.rows[end][2]
    since = now - int(values["window_days"] * DAY)
    return [i for i in bought if i <= end and group[seen.rows[i][0]] == owner and seen.rows[i][2] > since]


def gates_at(
    world: World, seen: Book, group: list[int], bought: dict[int, str], end: int, values: Values
) -> dict[str, float] | None:
    owner, now = group[seen.rows[end][0]], seen.rows[end][2]
    window = window_of(seen, group, bought, end, values)
    others = {bought[place] for place in window} - {"jackets"}
    jackets = any(bought[place] == "jackets" for place in window)
    dues = [
        i
        for i, transfer in enumerate(seen.transfers[: end + 1])
        if leaves(seen, group, i)
        and group[seen.rows[i][0]] == owner
        and says(transfer, MARINE_LIFE)
        and seen.rows[i][2] > now - int(values["marine_days"] * DAY)
    ]
    trades = [world.links.get(name, {}).get("occupation") for i, name in enumerate(seen.names) if group[i] == owner]
    gates: dict[str, float] = {
        "parts": len(others) + (jackets and len(others) >= 2),
        "value": sum(seen.rows[place][3] for place in window if bought[place] != "jackets"),
        "hulls": sum(bought[place] in ("boat", "engine") for place in window),
        "marine_life": len(dues),
    }
    enough = all(gates[name] >= values[name] for name in ("parts", "value", "hulls"))
    marine = any(trade in MARINE_TRADES for trade in trades)
    return gates if enough and gates["marine_life"] <= values["marine_life"] and not marine else None
