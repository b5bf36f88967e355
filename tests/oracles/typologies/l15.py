"""L15 by its definition. Imports nothing of ours."""

from __future__ import annotations

from typing import Any

from tests.oracles.book import DAY, Book, Instance, Values, World, book, thousandths

WORDS = {"gold", "completion"}
TRADES = {"car dealer", "lender"}


class Marked:
    """When each account was found before."""

    def __init__(self, seen: Book, world: World, reach: int) -> None:
        place = {t["transaction_id"]: p for p, t in enumerate(seen.transfers)}
        self.seen, self.reach = seen, reach
        self.fired: dict[str, list[int]] = {}
        for subject, first, _ in [one for found in world.earlier.values() for one in found]:
            self.fired.setdefault(subject, []).append(place[first])

    def by(self, account: int, place: int) -> bool:
        """Whether an account had been found by then; at most `reach` ago."""
        before = [p for p in self.fired.get(self.seen.names[account], []) if p <= place] if account >= 0 else []
        return bool(before) and self.seen.rows[max(before)][2] > self.seen.rows[place][2] - self.reach


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    reach = int(values["window_days"] * DAY)
    marked = Marked(seen, world, reach)
    best: dict[tuple[int, int], tuple[Any, ...]] = {}
    opening: dict[tuple[int, int], int] = {}
    for end, (buyer, _, now, price) in enumerate(seen.rows):
        if not is_purchase(seen, world, end, values):
            continue
        came = credits_of(seen, world, buyer, end, reach)
        traced = [p for p in came if is_traced(seen, world, marked, p, values) or is_own(seen, marked, p, end)]
        value, total = (sum(seen.rows[p][3] for p in part) for part in (traced, came))
        if not value or value * 1000 < total * thousandths(values["traced_share"]):
            continue
        key = buyer, now // reach
        opening.setdefault(key, end)
        rank = (price, value, -end)
        if key not in best or rank > best[key][0]:
            best[key] = (rank, [*traced, end], {"price": price, "traced_share": value / total})
    return [seen.instance(key[0], best[key][1], opening[key], best[key][2]) for key in best]


def is_purchase(seen: Book, world: World, place: int, values: Values) -> bool:
    debtor, creditor, _, amount = seen.rows[place]
    if debtor < 0 or debtor == creditor or amount < values["price"] or one_party(seen, world, place):
        return False
    words = set((seen.transfers[place].get("reference") or "").lower().split())
    trade = world.links.get(seen.names[creditor], {}).get("occupation") if creditor >= 0 else None
    return bool(words & WORDS) or trade in TRADES


def one_party(seen: Book, world: World, place: int) -> bool:
    debtor, creditor = seen.rows[place][:2]
    if min(debtor, creditor) < 0:
        return False
    one, other = (world.links.get(seen.names[a], {}).get("party") for a in (debtor, creditor))
    return one is not None and one == other


def credits_of(seen: Book, world: World, account: int, end: int, reach: int) -> list[int]:
    return [
        p
        for p in range(end + 1)
        if seen.rows[p][1] == account
        and seen.rows[p][0] != account
        and seen.rows[p][2] > seen.rows[end][2] - reach
        and seen.transfers[p]["channel"] != "internal"
        and not one_party(seen, world, p)
    ]


def is_traced(seen: Book, world: World, marked: Marked, place: int, values: Values) -> bool:
    payer = seen.rows[place][0]
    if payer < 0:
        return False
    if marked.by(payer, place):
        return True
    before = credits_of(seen, world, payer, place, int(values["hop_days"] * DAY))
    part = sum(seen.rows[p][3] for p in before if marked.by(seen.rows[p][0], p))
    return part > 0 and part * 1000 >= sum(seen.rows[p][3] for p in before) * thousandths(values["hop_share"])


def is_own(seen: Book, marked: Marked, place: int, end: int) -> bool:
    """Whether a stranger paid a buyer that had itself been found by the time of the purchase."""
    return marked.by(seen.rows[end][0], end) and seen.relations[place].stranger
