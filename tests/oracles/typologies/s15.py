"""S15 by its definition. Imports nothing of ours."""

from __future__ import annotations

import re

from tests.oracles.book import DAY, Book, Instance, Values, World, book, thousandths

CORRIDORS = set("IQ IR SY TR BY MD BA IT HR RO BG SI DE FR PL VN HU BE AL LY".split())
WORDS = r"flights?|hotel|hostel|booking|ferry|train tickets|tickets?|room|travel"
SHOPS = ("4111", "4112", "4411", "4511", "4722", "7011", "7033")
TRADES = ("ticket agent", "travel agent", "airline", "ferry operator", "hotel")


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    tickets = [i for i in range(len(seen.rows)) if is_ticket(world, seen, i, values)]
    best: dict[tuple[int, int], tuple[tuple[int, int], int, int]] = {}
    for place in tickets:
        gates = gates_at(world, seen, tickets, place, values)
        if not holds(gates, values):
            continue
        payer, _, now, _ = seen.rows[place]
        strength = int(gates["travellers"]), int(gates["tickets"])
        period = payer, now // int(values["window_days"] * DAY)
        held = best.get(period)
        if held is None:
            best[period] = strength, place, place
        elif strength > held[0]:
            best[period] = strength, place, held[2]
    return [
        seen.instance(
            seen.rows[end][0],
            window_of(seen, tickets, end, values),
            fired,
            gates_at(world, seen, tickets, end, values),
        )
        for _, end, fired in best.values()
    ]


def holds(gates: dict[str, float], values: Values) -> bool:
    enough = all(gates[name] >= values[name] for name in ("tickets", "travellers", "said", "route"))
    one_way = round(gates["one_way_share"] * gates["tickets"])
    return enough and one_way * 1000 >= gates["tickets"] * thousandths(values["one_way_share"])


def window_of(seen: Book, tickets: list[int], end: int, values: Values) -> list[int]:
    payer, _, now, _ = seen.rows[end]
    since = now - int(values["window_days"] * DAY)
    return [i for i in tickets if i <= end and seen.rows[i][0] == payer and seen.rows[i][2] > since]


def gates_at(world: World, seen: Book, tickets: list[int], end: int, values: Values) -> dict[str, float]:
    window = window_of(seen, tickets, end, values)
    words = [seen.transfers[i].get("reference") for i in window]
    back = sum(bool(re.search(r"\breturn\b", text or "", re.IGNORECASE)) for text in words)
    return {
        "tickets": len(window),
        "travellers": len(set(words) - {None}),
        "said": sum(says_travel(world, seen, i) for i in window),
        "route": sum(is_on_route(seen, i) for i in window),
        "one_way_share": (len(window) - back) / len(window),
    }


def says_travel(world: World, seen: Book, place: int) -> bool:
    transfer, payee = seen.transfers[place], seen.rows[place][1]
    told = re.search(rf"\b(?:{WORDS})\b", transfer.get("reference") or "", re.IGNORECASE)
    trade = world.links.get(seen.names[payee], {}).get("occupation") if payee >= 0 else None
    return bool(told) or transfer.get("merchant_category") in SHOPS or trade in TRADES


def is_on_route(seen: Book, place: int) -> bool:
    return seen.transfers[place].get("creditor_country") in CORRIDORS


def is_ticket(world: World, seen: Book, place: int, values: Values) -> bool:
    payer, payee, now, amount = seen.rows[place]
    if payer < 0 or payer == payee or not values["ticket_low"] <= amount <= values["ticket_high"]:
        return False
    if says_travel(world, seen, place):
        return seen.transfers[place]["channel"] not in ("direct_debit", "internal")
    reference = seen.transfers[place].get("reference")
    if reference is None or not seen.relations[place].stranger:
        return False
    if is_on_route(seen, place):
        return True
    same = [i for i in range(place) if seen.rows[i][:2] == (payer, payee)]
    if not same or seen.rows[same[-1]][2] <= now - int(values["window_days"] * DAY):
        return False
    return seen.transfers[same[-1]].get("reference") not in (None, reference)
