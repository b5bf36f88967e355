"""S11 by its definition. Imports nothing of ours."""

from __future__ import annotations

import re

from tests.oracles.book import DAY, Book, Instance, Values, World, book, thousandths

MAKERS = ("TR", "CN")
ON_THE_WAY = ("BG", "DE")
FIRMS = ("business", "charity", "institution")


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    imports = [i for i in range(len(seen.rows)) if is_import(world, seen, i)]
    best: dict[tuple[int, int], tuple[tuple[int, int], int, int]] = {}
    for place in imports:
        if not holds(world, seen, imports, place, values):
            continue
        company, _, now, _ = seen.rows[place]
        found = sums(world, seen, imports, place, values)
        strength = found["imports"], found["odd"]
        period = company, now // int(values["window_days"] * DAY)
        held = best.get(period)
        if held is None:
            best[period] = strength, place, place
        elif strength > held[0]:
            best[period] = strength, place, held[2]
    return [instance(world, seen, imports, (end, fired), values) for _, end, fired in best.values()]


def total(seen: Book, places: list[int]) -> int:
    return sum(seen.rows[place][3] for place in places)


def known(world: World, seen: Book, account: int, column: str) -> str | None:
    return world.links.get(seen.names[account], {}).get(column) if account >= 0 else None


def same_party(world: World, seen: Book, place: int) -> bool:
    debtor, creditor = (known(world, seen, account, "party") for account in seen.rows[place][:2])
    return debtor is not None and debtor == creditor


def is_import(world: World, seen: Book, place: int) -> bool:
    debtor, creditor = seen.rows[place][:2]
    transfer = seen.transfers[place]
    abroad = transfer.get("creditor_country") in MAKERS and transfer["channel"] != "internal"
    return abroad and debtor != creditor and known(world, seen, debtor, "kind") == "business"


def is_sale(world: World, seen: Book, place: int, company: int) -> bool:
    debtor, creditor = seen.rows[place][:2]
    booked = seen.transfers[place]["channel"] == "internal" or same_party(world, seen, place)
    return creditor == company and debtor != creditor and not booked


def is_store(world: World, seen: Book, place: int, company: int) -> bool:
    debtor, creditor = seen.rows[place][:2]
    transfer = seen.transfers[place]
    told = re.search(r"\b(?:storage|storage unit)\b", transfer.get("reference") or "", re.IGNORECASE)
    stored = bool(told) or transfer.get("merchant_category") == "4225" or transfer.get("creditor_country") in ON_THE_WAY
    return debtor == company and debtor != creditor and stored and not same_party(world, seen, place)


def kind_of(world: World, seen: Book, place: int, values: Values) -> str:
    transfer, payer = seen.transfers[place], seen.rows[place][0]
    kind = known(world, seen, payer, "kind")
    if transfer["channel"] == "card":
        return "takings"
    if transfer["channel"] == "cash" or kind == "personal":
        return "odd"
    if payer >= 0 and seen.relations[place].recent >= values["steady"]:
        return "takings"
    billed = re.search(r"\b(?:inv|invoice)\b", transfer.get("reference") or "", re.IGNORECASE)
    return "other" if payer < 0 or kind in FIRMS or billed else "odd"


def window_of(seen: Book, company: int, end: int, values: Values) -> list[int]:
    since = seen.rows[end][2] - int(values["window_days"] * DAY)
    return [i for i, row in enumerate(seen.rows[: end + 1]) if company in row[:2] and row[2] > since]


def sums(world: World, seen: Book, imports: list[int], end: int, values: Values) -> dict[str, int]:
    company = seen.rows[end][0]
    window = window_of(seen, company, end, values)
    sales = [i for i in window if is_sale(world, seen, i, company)]
    kinds = {i: kind_of(world, seen, i, values) for i in sales}
    return {
        "imports": total(seen, [i for i in window if i in imports and seen.rows[i][0] == company]),
        "sales": total(seen, sales),
        "odd": total(seen, [i for i in sales if kinds[i] == "odd"]),
        "takings": total(seen, [i for i in sales if kinds[i] == "takings"]),
        "stores": sum(is_store(world, seen, i, company) for i in window),
    }


def holds(world: World, seen: Book, imports: list[int], end: int, values: Values) -> bool:
    found = sums(world, seen, imports, end, values)
    usual = found["sales"] - found["takings"]
    return (
        found["imports"] >= values["imports"]
        and found["stores"] >= values["stores"]
        and found["sales"] > 0
        and found["odd"] * 1000 >= found["sales"] * thousandths(values["odd_share"])
        and usual * 1000 >= found["sales"] * (1000 - thousandths(values["takings_share"]))
    )


def instance(world: World, seen: Book, imports: list[int], ends: tuple[int, int], values: Values) -> Instance:
    end, fired = ends
    company = seen.rows[end][0]
    found = sums(world, seen, imports, end, values)
    proof = [
        i
        for i in window_of(seen, company, end, values)
        if (i in imports and seen.rows[i][0] == company)
        or is_sale(world, seen, i, company)
        or is_store(world, seen, i, company)
    ]
    gates: dict[str, float] = {
        "imports": found["imports"],
        "odd_share": found["odd"] / found["sales"],
        "takings_share": found["takings"] / found["sales"],
        "stores": found["stores"],
    }
    return seen.instance(company, proof, fired, gates)
