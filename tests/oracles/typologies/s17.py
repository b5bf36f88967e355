"""S17 by its definition. Imports nothing of ours."""

from __future__ import annotations

from typing import Any

from tests.oracles.book import DAY, PULLED, Book, Instance, Values, World, book, thousandths

FAR = 180 * DAY


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    place = {t["transaction_id"]: p for p, t in enumerate(seen.transfers)}
    length = int(values["window_days"] * DAY)
    fired: dict[str, list[int]] = {}
    for subject, first, _ in [one for found in world.earlier.values() for one in found]:
        fired.setdefault(subject, []).append(place[first])
    found = []
    for subject, marks in fired.items():
        account = seen.names.index(subject)
        best: dict[int, tuple[Any, ...]] = {}
        opening: dict[int, int] = {}
        exits = [p for p in range(len(seen.rows)) if is_exit(seen, world, account, p, values)]
        for end in sorted({*exits, *marks}) if exits else []:
            now = seen.rows[end][2]

            def inside(p: int, now: int = now, end: int = end) -> bool:
                return p <= end and seen.rows[p][2] > now - length

            came = [p for p in credits_of(seen, account) if inside(p)]
            left = [p for p in exits if inside(p)]
            value, total = (sum(seen.rows[p][3] for p in part) for part in (came, left))
            here = {p for p in marks if inside(p)}
            if not here or not total or not value or total * 1000 < value * thousandths(values["exit_share"]):
                continue
            period = now // length
            opening.setdefault(period, end)
            if period not in best or total > best[period][0]:
                used = max(first_used(seen, p, values) for p in left) / DAY
                gates = {"exit_share": total / value, "scored": len(here), "first_used": used}
                best[period] = (total, came + left, gates)
        found += [seen.instance(account, best[p][1], opening[p], best[p][2]) for p in best]
    return found


def credits_of(seen: Book, account: int) -> list[int]:
    return [p for p, row in enumerate(seen.rows) if row[1] == account and seen.relations[p].stranger]


def is_exit(seen: Book, world: World, account: int, place: int, values: Values) -> bool:
    debtor, creditor, now, _ = seen.rows[place]
    if debtor != account or creditor == account or seen.transfers[place]["channel"] == "internal":
        return False
    soon = [
        p for p in credits_of(seen, account) if p <= place and now - seen.rows[p][2] <= values["exit_hours"] * DAY // 24
    ]
    pair = [p for p in range(place) if creditor >= 0 and seen.rows[p][:2] == (debtor, creditor)]
    old = [p for p in pair if now - FAR < seen.rows[p][2] <= now - values["new_days"] * DAY]
    return bool(soon) and not old and (named(seen, world, place) or used(seen, world, place, values))


def named(seen: Book, world: World, place: int) -> bool:
    words = (seen.transfers[place].get("reference") or "").lower().split()
    creditor = seen.transfers[place]["creditor_account"]
    trade = world.links.get(creditor, {}).get("occupation") == "crypto exchange"
    trade = trade or seen.transfers[place]["channel"] == "crypto"
    return trade or "bitcoin" in words or seen.transfers[place].get("merchant_category") == "6051"


def used(seen: Book, world: World, place: int, values: Values) -> bool:
    """Whether the payee has the payers and payees of a platform in the 180 days up to a push to it."""
    payee, now = seen.rows[place][1], seen.rows[place][2]
    if payee < 0 or seen.transfers[place]["channel"] in PULLED:
        return False
    if world.links.get(seen.names[payee], {}).get("kind") == "personal":
        return False
    near = [p for p in range(place + 1) if seen.rows[p][2] > now - FAR and min(seen.rows[p][:2]) >= 0]
    near = [p for p in near if seen.rows[p][0] != seen.rows[p][1] and seen.transfers[p]["channel"] != "internal"]
    payers = {seen.rows[p][0] for p in near if seen.rows[p][1] == payee and seen.transfers[p]["channel"] not in PULLED}
    payees = {seen.rows[p][1] for p in near if seen.rows[p][0] == payee}
    return len(payers) >= values["platform_payers"] and len(payees) >= values["platform_payees"]


def first_used(seen: Book, place: int, values: Values) -> int:
    debtor, creditor, now, _ = seen.rows[place]
    pair = [p for p in range(place) if creditor >= 0 and seen.rows[p][:2] == (debtor, creditor)]
    return max((now - seen.rows[p][2] for p in pair if now - seen.rows[p][2] < values["new_days"] * DAY), default=0)
