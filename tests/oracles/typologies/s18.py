"""S18 by its definition. Imports nothing of ours."""

from __future__ import annotations

import re

from tests.oracles.book import DAY, PULLED, Book, Instance, Links, Values, World, book, thousandths

SOLD = re.compile(r"\b(loan|house sale|client account|used car|gold|jewellery|house deposit)\b", re.IGNORECASE)
CODES = ("6010", "6011", "6012", "5511", "5521", "5571", "5094", "5944", "6513")
TRADES = ("lender", "car dealer", "jeweller", "estate agent", "solicitor")
PAY = re.compile(r"\b(salary|wages|payroll|net pay)\b", re.IGNORECASE)


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    place = {t["transaction_id"]: p for p, t in enumerate(seen.transfers)}
    scored = {
        (subject, place[fired])
        for typology in ("S01", "S04", "S08")
        for subject, fired, evidence in world.earlier.get(typology, [])
        if subject in seen.names and {fired, *evidence} <= place.keys()
    }
    found = []
    for payer in range(len(seen.names)):
        if is_household(seen, world.links, payer):
            found += of_payer(seen, world.links, (payer, scored), values)
    return found


def is_household(seen: Book, links: Links, payer: int) -> bool:
    kinds = {name: links.get(name, {}).get("kind", "unknown") for name in seen.names}
    return kinds[seen.names[payer]] == "personal" or set(kinds.values()) == {"unknown"}


def is_raised(seen: Book, links: Links, payer: int, place: int) -> bool:
    giver, taker, _, _ = seen.rows[place]
    transfer, words = seen.transfers[place], str(seen.transfers[place].get("reference") or "")
    if taker != payer or giver in (-1, payer) or transfer["channel"] in PULLED or PAY.search(words):
        return False
    party = links.get(seen.names[payer], {}).get("party")
    if party is not None and links.get(seen.names[giver], {}).get("party") == party:
        return False
    sold = bool(SOLD.search(words)) or transfer.get("merchant_category") in CODES
    trade = str(links.get(seen.names[giver], {}).get("occupation", "")).lower()
    return seen.relations[place].first or sold or trade in TRADES


def of_payer(seen: Book, links: Links, who: tuple[int, set[tuple[str, int]]], values: Values) -> list[Instance]:
    payer, scored = who
    length = int(values["window_days"]) * DAY
    best: dict[int, tuple[tuple[int, int], list[int], int, dict[str, float]]] = {}
    told = [(known_at(seen, p, scored, values), p) for p, row in enumerate(seen.rows) if row[0] == payer]
    for known, place in sorted((k, p) for k, p in told if k is not None):
        fees = same_way(seen, place)
        _, _, time, amount = seen.rows[place]
        took = [p for p in range(place) if is_raised(seen, links, payer, p)]
        raised = [p for p in took if seen.rows[p][2] > time - length]
        total = sum(seen.rows[p][3] for p in raised)
        whole = sum(seen.rows[p][3] for p in took if seen.rows[p][2] > time - 180 * DAY)
        if (
            not seen.relations[place].stranger
            or not values["seat_low"] <= amount <= values["seat_high"]
            or len(fees) > values["payments"]
            or not seen.relations[fees[0]].first
            or total < values["raised"]
            or total * 1000 < whole * thousandths(values["sudden_share"])
        ):
            continue
        gates = {
            "raised": total,
            "sudden_share": total / whole,
            "payments": len(fees),
            "seat_low": amount,
            "seat_high": amount,
            "dealings": 0,
        }
        period = seen.rows[known][2] // length
        kept = best.get(period)
        if kept is None or (total, amount) > kept[0]:
            best[period] = (total, amount), [*fees, *raised], kept[2] if kept else known, gates
    return [seen.instance(payer, proof, first, gates) for _, proof, first, gates in best.values()]


def same_way(seen: Book, place: int) -> list[int]:
    """The payer's transfers to the same account in the 180 days up to this one."""
    both, time = seen.rows[place][:2], seen.rows[place][2]
    return [p for p in range(place + 1) if seen.rows[p][:2] == both and seen.rows[p][2] > time - 180 * DAY]


def known_at(seen: Book, place: int, scored: set[tuple[str, int]], values: Values) -> int | None:
    """The transfer with which the payment is known to go to an account that scores; ``None`` where it does not."""
    _, payee, time, _ = seen.rows[place]
    if payee < 0:
        return None
    near = [
        max(fired, place)
        for account, fired in scored
        if account == seen.names[payee]
        and seen.rows[fired][2] - values["before_days"] * DAY < time
        and time <= seen.rows[fired][2] + values["after_days"] * DAY
    ]
    return min(near, default=None)
