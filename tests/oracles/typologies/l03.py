"""L03 by its definition. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles import pass_through
from tests.oracles.book import DAY, Instance, Values, World, book, thousandths


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    stranger = [relation.stranger for relation in seen.relations]
    gate = l03_gate(values)
    found = []
    for passage, fired in pass_through.pass_throughs(seen.rows, stranger, gate):
        account, window = passage.account, passage.window
        # Measured again from the window alone.
        alone = pass_through.measure(seen.rows, stranger, account, window, window, gate)
        quick, slow = alone.quick / alone.counted, alone.slow / alone.counted
        gates = {
            "days": alone.days,
            "passed": quick if quick >= values["quick_share"] else slow,
            "retained_share": max(0, alone.came - alone.left) / alone.came,
            "excess_share": max(0, alone.left - alone.came) / alone.came,
        }
        found.append(seen.instance(account, window, fired, gates))
    return found


def l03_gate(values: Values) -> pass_through.Gate:
    return pass_through.Gate(
        window=int(values["window_days"] * DAY),
        credit=int(values["credit"]),
        quick=int(values["quick_minutes"]) * 60_000_000,
        slow=int(values["slow_hours"]) * 3_600_000_000,
        quick_share=thousandths(values["quick_share"]),
        slow_share=thousandths(values["slow_share"]),
        retained_share=thousandths(values["retained_share"]),
        days=int(values["days"]),
        excess_share=thousandths(values["excess_share"]),
    )
