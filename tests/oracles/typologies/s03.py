"""S03 by its definition. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles import arrival_lift
from tests.oracles.book import DAY, PULLED, Book, Instance, Values, World, book, month, thousandths

SEASIDE = (
    "hotel", "cafe", "angling trips", "ferry operator",
    "marine club", "marina", "boat dealer", "boat charter", "sea rescue charity",
)  # fmt: skip


class Firing(NamedTuple):
    strength: tuple[int, int]
    place: int
    credits: list[int]
    gates: dict[str, float]


def instances(world: World, values: Values) -> list[Instance]:
    if not world.arrivals:
        return []
    seen = book(world.transfers, world.links)
    best: dict[tuple[int, int], tuple[Firing, int]] = {}
    for place, (_, account, time, _) in enumerate(seen.rows):
        fired = at(seen, world, values, place)
        if fired:
            period = account, time // (int(values["window_days"]) * DAY)
            strongest, first = best.get(period, (fired, place))
            best[period] = (fired if fired.strength > strongest.strength else strongest), first
    return [
        seen.instance(account, [*one.credits, one.place], first, one.gates)
        for (account, _), (one, first) in best.items()
    ]


def counts(seen: Book, values: Values, place: int, account: int) -> bool:
    _, creditor, _, amount = seen.rows[place]
    sized = values["seat_low"] <= amount <= values["seat_high"]
    return creditor == account and seen.relations[place].stranger and sized


def is_takings(seen: Book, place: int, account: int) -> bool:
    debtor, creditor, _, _ = seen.rows[place]
    channel = seen.transfers[place]["channel"]
    pushed = seen.relations[place].affiliated and channel not in PULLED
    return creditor == account and debtor != account and (channel == "card" or pushed)


def at(seen: Book, world: World, values: Values, place: int) -> Firing | None:
    account, length = seen.rows[place][1], int(values["window_days"])
    if account < 0 or not counts(seen, values, place, account):
        return None
    today, begun = seen.rows[place][2] // DAY, seen.rows[0][2] // DAY
    table = {day: people for day, people, _ in world.arrivals}
    wanted = range(today - length, today)
    if wanted[0] < begun or any(day not in table for day in range(today - length - 2, today)):
        return None
    within = [p for p, row in enumerate(seen.rows) if row[2] // DAY in wanted]
    credits = [p for p in within if counts(seen, values, p, account)]
    takings = len({seen.rows[p][2] // DAY for p in within if is_takings(seen, p, account)})
    seaside = str(world.links.get(seen.names[account], {}).get("occupation", "")).lower() in SEASIDE
    limit = values["seaside_days" if seaside else "takings_days"]
    if len(credits) < values["credits"] or takings > limit:
        return None
    origin = min(table)
    series = [table[day] for day in range(origin, today)]
    months = [month(day * DAY) for day in range(origin, today)]
    days = [seen.rows[p][2] // DAY - origin for p in credits]
    nearest = int(values["nearest"])
    shifts = range(nearest, min(int(values["farthest"]), len(series) - nearest) + 1)
    times = arrival_lift.lift(days, series, months, length, 0).times
    if times is None or times * 1000 < thousandths(values["lift"]) or len(shifts) < values["shifts"]:
        return None
    _, as_high, number = arrival_lift.by_chance(days, series, months, length, shifts)
    if (as_high + 1) * 1000 >= thousandths(values["chance"]) * (number + 1):
        return None
    gates = {
        "window_days": values["window_days"],
        "credits": len(credits),
        "lift": float(times),
        "chance": (as_high + 1) / (number + 1),
        "shifts": number,
        "takings_days": takings,
    }
    return Firing((int(times * 1000), len(credits)), place, credits, gates)
