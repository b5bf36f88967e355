"""L11 by its definition. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.book import DAY, PULLED, Book, Instance, Transfer, Values, World, book, thousandths
from tests.oracles.pass_through import own_transfers

DUES = ("salary", "wages", "vat", "rent", "mortgage", "insurance", "energy", "council tax", "import vat")
"""Words used in the tests' worlds."""
SUPPLIES = ("invoice", "stock", "freight", "fuel", "storage", "van hire")


class Window(NamedTuple):
    places: list[int]
    months: list[int]
    upkeep: int
    persons: int
    out: int


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    kinds = [world.links.get(name, {}).get("kind", "unknown") for name in seen.names]
    if set(kinds) <= {"unknown"} or not any(t.get("reference") for t in seen.transfers):
        return []
    length = int(values["months"]) * int(values["month_days"]) * DAY
    found = []
    for account, kind in enumerate(kinds):
        if kind != "business" or world.links[seen.names[account]].get("registered_money_service"):
            continue
        firing: dict[int, list[Window]] = {}
        days = set()
        for place in own_transfers(seen.rows, account):
            debtor, _, time, _ = seen.rows[place]
            if debtor == account and time // DAY not in days:
                days.add(time // DAY)
                window = measure(seen, kinds, account, place, values)
                if holds(window, values):
                    firing.setdefault(time // length, []).append(window)
        for windows in firing.values():
            best = max(windows, key=lambda one: (one.persons, sum(one.months), -one.places[-1]))
            gates = {
                "turnover": min(best.months),
                "upkeep_share": best.upkeep / sum(best.months),
                "person_share": best.persons / best.out,
            }
            found.append(seen.instance(account, best.places, windows[0].places[-1], gates))
    return found


def measure(seen: Book, kinds: list[str], account: int, place: int, values: Values) -> Window:
    end, count, month = seen.rows[place][2], int(values["months"]), int(values["month_days"]) * DAY
    places = [i for i in own_transfers(seen.rows, account) if i <= place and seen.rows[i][2] > end - count * month]
    months = [0] * count
    upkeep = persons = out = 0
    for i in places:
        _, creditor, time, amount = seen.rows[i]
        if creditor == account:
            months[(end - time) // month] += amount
            continue
        out += amount
        person = is_person(seen, kinds, i, int(values["firm_payers"]))
        if is_upkeep(seen.transfers[i], creditor, kinds, person):
            upkeep += amount
        elif is_gone(seen.transfers[i], creditor, person):
            persons += amount
    return Window(places, months, upkeep, persons, out)


def is_person(seen: Book, kinds: list[str], place: int, firm_payers: int) -> bool:
    """Whether the payee is a person, by the account table or by how few pay it."""
    _, creditor, time, _ = seen.rows[place]
    if creditor < 0 or kinds[creditor] != "unknown":
        return creditor >= 0 and kinds[creditor] == "personal"
    near = [row for row in seen.rows[: place + 1] if row[1] == creditor and row[2] > time - 180 * DAY]
    return len({row[0] for row in near if row[0] not in (-1, creditor)}) < firm_payers


def is_upkeep(transfer: Transfer, creditor: int, kinds: list[str], person: bool) -> bool:
    words = transfer.get("reference") or ""
    firm = transfer["channel"] == "card" or (creditor >= 0 and not person and kinds[creditor] != "charity")
    return transfer["channel"] == "direct_debit" or words in DUES or (words in SUPPLIES and firm)


def is_gone(transfer: Transfer, creditor: int, person: bool) -> bool:
    cash = transfer["channel"] == "cash" and creditor < 0
    abroad = transfer.get("creditor_country") not in (None, "GB")
    return cash or abroad or (person and transfer["channel"] not in PULLED)


def holds(one: Window, values: Values) -> bool:
    return (
        min(one.months) >= values["turnover"]
        and one.out > 0
        and one.upkeep * 1000 <= sum(one.months) * thousandths(values["upkeep_share"])
        and one.persons * 1000 >= one.out * thousandths(values["person_share"])
    )
