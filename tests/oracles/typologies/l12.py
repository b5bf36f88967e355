"""L12 by its definition. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles import newcomers
from tests.oracles.book import DAY, PULLED, Book, Instance, Values, World, book, thousandths

GOODS = ("stock", "invoice")
"""Words used in the tests' worlds."""


class Window(NamedTuple):
    places: list[int]
    third_value: int
    third_parties: int
    whole: int
    exports: int


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    known = {name: attributes.get("kind", "unknown") for name, attributes in world.links.items()}
    said = [any(t.get(column) for t in seen.transfers) for column in ("reference", "debtor_country")]
    if set(known.values()) <= {"unknown"} or not all(said):
        return []
    length = int(values["window_days"] * DAY)
    found = []
    for account, name in enumerate(seen.names):
        if known.get(name) != "business":
            continue
        receipts = [i for i in range(len(seen.rows)) if is_receipt(seen, world, i, account)]
        firing: dict[int, list[Window]] = {}
        for place in range(len(receipts)):
            window = measure(seen, receipts, place, values)
            if holds(window, values):
                firing.setdefault(seen.rows[receipts[place]][2] // length, []).append(window)
        for windows in firing.values():
            best = max(windows, key=lambda one: (one.third_value, one.whole, -one.places[-1]))
            gates = {
                "third_share": best.third_value / best.whole,
                "third_parties": best.third_parties,
                "receipts": len(best.places),
                "export_receipts": best.exports,
            }
            found.append(seen.instance(account, best.places, windows[0].places[-1], gates))
    return found


def is_receipt(seen: Book, world: World, place: int, account: int) -> bool:
    debtor, creditor, _, _ = seen.rows[place]
    if creditor != account or debtor in (-1, account) or seen.transfers[place]["channel"] in PULLED:
        return False
    mine, theirs = (world.links.get(seen.names[one], {}).get("party") for one in (creditor, debtor))
    return mine is None or mine != theirs


def is_goods(seen: Book, place: int) -> bool:
    return seen.transfers[place].get("reference") in GOODS


def is_abroad(seen: Book, place: int) -> bool:
    return seen.transfers[place].get("debtor_country") not in (None, "GB")


def measure(seen: Book, receipts: list[int], place: int, values: Values) -> Window:
    end, length = seen.rows[receipts[place]][2], int(values["window_days"] * DAY)
    places = [i for i in receipts[: place + 1] if seen.rows[i][2] > end - length]
    third = {i: is_goods(seen, i) and seen.relations[i].stranger and not is_abroad(seen, i) for i in receipts}
    moves = [(seen.rows[i][2], seen.rows[i][0], seen.rows[i][3] if third[i] else -1) for i in receipts]
    value, payers = newcomers.newcomers(
        moves, place, (length, int(values["regular_days"] * DAY)), int(values["regular"])
    )
    exports = sum(is_goods(seen, i) and is_abroad(seen, i) for i in places)
    return Window(places, value, payers, sum(seen.rows[i][3] for i in places), exports)


def holds(one: Window, values: Values) -> bool:
    return (
        len(one.places) >= values["receipts"]
        and one.third_parties >= values["third_parties"]
        and one.third_value > 0
        and one.third_value * 1000 >= one.whole * thousandths(values["third_share"])
        and one.exports >= values["export_receipts"]
    )
