"""S09 by its definition. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.book import DAY, Book, Instance, Values, World, book, thousandths
from tests.oracles.pass_through import own_transfers
from tests.oracles.typologies.s08 import looked_at, measure

CORRIDORS = {
    "IQ", "IR", "SY", "TR", "BY", "MD", "BA", "IT", "HR", "RO", "BG", "SI", "DE", "FR", "PL", "VN", "HU", "BE", "AL",
    "LY", "AE", "CN",
}  # fmt: skip
"""Countries of a corridor, and those where goods are settled for."""


class Settled(NamedTuple):
    places: list[int]
    legs: list[int]
    large: int
    others: set[int]
    abroad: int
    paid: int
    net: int


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    since = found_before(seen, world)
    for account, places in registered(seen, world, values).items():
        since.setdefault(account, []).extend(places)
    length = int(values["window_days"] * DAY)
    found = []
    for node in sorted(since):
        firing: dict[int, list[Settled]] = {}
        for place in own_transfers(seen.rows, node):
            if is_node(seen, since, node, place, values):
                one = settled(seen, world, since, node, place, values)
                if place in one.legs and holds(one, values):
                    firing.setdefault(seen.rows[place][2] // length, []).append(one)
        for windows in firing.values():
            best = max(windows, key=lambda one: (one.paid, -one.places[-1]))
            gates = {
                "nodes": len(best.others) + 1,
                "legs": best.large,
                "tolerance": abs(best.paid - best.net) / best.net,
                "corridor_legs": best.abroad,
            }
            found.append(seen.instance(node, best.places, windows[0].places[-1], gates))
    return found if any(t.get("creditor_country") for t in seen.transfers) else []


def found_before(seen: Book, world: World) -> dict[int, list[int]]:
    """The places at which S08 was found, by account."""
    place = {t["transaction_id"]: i for i, t in enumerate(seen.transfers)}
    since: dict[int, list[int]] = {}
    for subject, fired, evidence in world.earlier.get("S08", []):
        if subject in seen.names and {fired, *evidence} <= place.keys():
            since.setdefault(seen.names.index(subject), []).append(place[fired])
    return since


def registered(seen: Book, world: World, values: Values) -> dict[int, list[int]]:
    """The places at which a registered money service was seen with payers and payees enough."""
    busy: dict[int, list[int]] = {}
    for account, name in enumerate(seen.names):
        if world.links.get(name, {}).get("registered_money_service"):
            for place in looked_at(seen, account):
                window = measure(seen, account, place, 90 * DAY)
                if len(window.payers) >= values["payers"] and len(window.payees) >= values["payees"]:
                    busy.setdefault(account, []).append(place)
    return busy


def is_node(seen: Book, since: dict[int, list[int]], account: int, place: int, values: Values) -> bool:
    end = seen.rows[place][2]
    return any(p <= place and seen.rows[p][2] > end - values["node_days"] * DAY for p in since.get(account, []))


def settled(
    seen: Book, world: World, since: dict[int, list[int]], node: int, place: int, values: Values
) -> Settled:  # fmt: skip
    end = seen.rows[place][2]
    places = [
        i
        for i in own_transfers(seen.rows, node)
        if i <= place and seen.rows[i][2] > end - int(values["window_days"] * DAY)
    ]
    party = {name: known.get("party") for name, known in world.links.items()}
    amount = {i: seen.rows[i][3] for i in places}
    other = {i: sum(seen.rows[i][:2]) - node for i in places}
    apart = {
        i: other[i] >= 0
        and (party.get(seen.names[other[i]]) is None or party.get(seen.names[other[i]]) != party.get(seen.names[node]))
        for i in places
    }
    partner = {i: apart[i] and is_node(seen, since, other[i], place, values) for i in places}
    came = sum(amount[i] for i in places if seen.rows[i][1] == node and not partner[i])
    large = {i: amount[i] > 0 and amount[i] * 1000 >= came * thousandths(values["leg_share"]) for i in places}
    country = {i: seen.transfers[i].get("creditor_country") for i in places}
    legs = [
        i
        for i in places
        if seen.rows[i][0] == node and (partner[i] or (large[i] and apart[i] and country[i] in CORRIDORS))
    ]
    left = sum(amount[i] for i in places if seen.rows[i][0] == node and i not in legs)
    return Settled(
        places,
        legs,
        sum(large[i] for i in legs),
        {other[i] for i in legs if partner[i]},
        sum(country[i] not in (None, "GB") for i in legs),
        sum(amount[i] for i in legs),
        came - left,
    )


def holds(one: Settled, values: Values) -> bool:
    return (
        one.large <= values["legs"]
        and bool(one.others)
        and one.abroad > 0
        and one.net > 0
        and abs(one.paid - one.net) * 1000 <= one.net * thousandths(values["tolerance"])
    )
