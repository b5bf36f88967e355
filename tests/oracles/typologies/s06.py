"""S06 by its definition. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles.book import DAY, Book, Instance, Transfer, Values, World, book, thousandths

STAGING_REGIONS = ("South East",)
STAGING_COUNTRIES = ("FR", "BE", "NL", "DE")
HOME = "GB"


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    firing: dict[tuple[int, int], list[tuple[tuple[int, int], int]]] = {}
    for place, (_, account, time, _) in enumerate(seen.rows):
        if is_paid_in(seen, place) and gates(seen, world, place, values) is not None:
            fees = [i for i in paid_in(seen, place, values) if seen.relations[i].stranger]
            strength = len({seen.rows[i][0] for i in fees}), sum(seen.rows[i][3] for i in fees)
            period = time // int(values["window_days"] * DAY)
            firing.setdefault((account, period), []).append((strength, place))
    found = []
    for (account, _), windows in sorted(firing.items()):
        _, best = max(windows, key=lambda one: (one[0], -one[1]))
        held = gates(seen, world, best, values)
        assert held is not None
        proof = paid_in(seen, best, values) + at_the_border(seen, best, values)
        found.append(seen.instance(account, proof, windows[0][1], held))
    return found


def is_paid_in(seen: Book, place: int) -> bool:
    transfer = seen.transfers[place]
    notes = transfer["channel"] == "cash" and transfer["debtor_account"] is None
    return seen.relations[place].stranger or notes


def window(seen: Book, end: int, values: Values) -> list[int]:
    start = seen.rows[end][2] - values["window_days"] * DAY
    return [i for i in range(end + 1) if seen.rows[i][2] > start]


def paid_in(seen: Book, end: int, values: Values) -> list[int]:
    account = seen.rows[end][1]
    return [i for i in window(seen, end, values) if seen.rows[i][1] == account and is_paid_in(seen, i)]


def at_the_border(seen: Book, end: int, values: Values) -> list[int]:
    account = seen.rows[end][1]
    return [
        i
        for i in window(seen, end, values)
        if seen.rows[i][0] == account
        and seen.rows[i][1] != account
        and seen.transfers[i]["channel"] in ("card", "cash")
        and seen.transfers[i]["location"] in STAGING_REGIONS
    ]


def where(transfer: Transfer) -> str | None:
    """The place that money was paid in from, ``None`` where it is unknown or at the border."""
    if transfer["location"] is not None:
        return None if transfer["location"] in STAGING_REGIONS else f"region {transfer['location']}"
    country = transfer.get("debtor_country")
    return None if country in (None, HOME) else f"country {country}"


def gates(seen: Book, world: World, end: int, values: Values) -> dict[str, float] | None:
    """What the window that ends at `end` measures; ``None`` where one condition fails."""
    credits = paid_in(seen, end, values)
    fees = [i for i in credits if seen.relations[i].stranger]
    payers = len({seen.rows[i][0] for i in fees})
    new = sum(seen.relations[i].first for i in fees)
    places = len({where(seen.transfers[i]) for i in credits} - {None})
    visits = len(at_the_border(seen, end, values))
    held_there = world.links.get(seen.names[seen.rows[end][1]], {}).get("country") in STAGING_COUNTRIES
    holds = (
        payers >= values["payers"]
        and places >= values["places"]
        and new * 1000 >= payers * thousandths(values["first_share"])
        and (held_there or visits >= values["border_visits"])
    )
    if not holds:
        return None
    border = {} if held_there else {"border_visits": visits}
    return {"payers": payers, "places": places, "first_share": new / payers} | border
