"""S08 by its definition. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles import passing
from tests.oracles.book import DAY, Book, Instance, Values, World, book, thousandths
from tests.oracles.pass_through import own_transfers


class Window(NamedTuple):
    """One window of one account and what was measured of it."""

    places: list[int]
    payers: set[int]
    payees: set[int]
    came: int
    left: int
    clients: int
    hold: int | None


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    listed = any("registered_money_service" in known for known in world.links.values())
    found = []
    for account, name in enumerate(seen.names):
        if world.links.get(name, {}).get("registered_money_service"):
            continue
        firing: dict[int, list[Window]] = {}
        for place in looked_at(seen, account):
            window = measure(seen, account, place, int(values["window_days"] * DAY))
            if holds(window, values):
                firing.setdefault(seen.rows[place][2] // int(values["window_days"] * DAY), []).append(window)
        for windows in firing.values():
            best = max(windows, key=lambda one: (len(one.payers), one.clients, -one.places[-1]))
            gates = measured(best) | ({"registered": 0} if listed else {})
            found.append(seen.instance(account, best.places, windows[0].places[-1], gates))
    return found


def looked_at(seen: Book, account: int) -> list[int]:
    """The first debit of each day to an unaffiliated payee."""
    first: dict[int, int] = {}
    for place, row in enumerate(seen.rows):
        if row[0] == account and seen.relations[place].stranger:
            first.setdefault(row[2] // DAY, place)
    return sorted(first.values())


def measure(seen: Book, account: int, place: int, length: int) -> Window:
    end = seen.rows[place][2]
    places = [i for i in own_transfers(seen.rows, account) if i <= place and seen.rows[i][2] > end - length]
    into = [i for i in places if seen.rows[i][1] == account]
    out = [i for i in places if seen.rows[i][0] == account]
    strange = [i for i in into if seen.relations[i].stranger]
    return Window(
        places,
        {seen.rows[i][0] for i in strange},
        {seen.rows[i][1] for i in out if seen.relations[i].stranger},
        sum(seen.rows[i][3] for i in into),
        sum(seen.rows[i][3] for i in out),
        sum(seen.rows[i][3] for i in strange),
        passing.half_left_after([(seen.rows[i][2], seen.rows[i][3], seen.rows[i][1] == account) for i in places]),
    )


def holds(one: Window, values: Values) -> bool:
    return (
        len(one.payers) >= values["payers"]
        and len(one.payees) >= values["payees"]
        and one.came > 0
        and abs(one.came - one.left) * 1000 <= one.came * thousandths(values["balance_share"])
        and len(one.payers & one.payees) * 1000 <= len(one.payees) * thousandths(values["overlap_share"])
        and one.hold is not None
        and one.hold <= values["hold_days"] * DAY
    )


def measured(one: Window) -> dict[str, float]:
    assert one.hold is not None
    return {
        "payers": len(one.payers),
        "payees": len(one.payees),
        "balance_share": abs(one.came - one.left) / one.came,
        "hold_days": one.hold / DAY,
        "overlap_share": len(one.payers & one.payees) / len(one.payees),
    }
