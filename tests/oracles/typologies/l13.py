"""L13 by its definition. Imports nothing of ours. Salaries are left to scenes: no case has one."""

from __future__ import annotations

from datetime import date
from math import isqrt
from typing import Any

from tests.oracles.book import DAY, Book, Instance, Values, World, book, thousandths


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    found = []
    for account in range(len(seen.names)):
        best: dict[int, tuple[Any, ...]] = {}
        opening: dict[int, int] = {}
        for end in counted(seen, world, account):
            gates = gates_at(seen, world, account, end, values)
            if not gates:
                continue
            window = held(seen, world, account, end, values)
            period = seen.rows[end][2] // int(3 * values["window_days"] * DAY)
            opening.setdefault(period, end)
            rank = (gates["value"], len(window), -end)
            if period not in best or rank > best[period][0]:
                best[period] = (rank, window, gates)
        found += [seen.instance(account, best[p][1], opening[p], best[p][2]) for p in best]
    return found


def counted(seen: Book, world: World, account: int) -> list[int]:
    own = world.links.get(seen.names[account], {}).get("party")
    places = []
    for place, (debtor, creditor, _, _) in enumerate(seen.rows):
        if creditor != account or debtor == account or seen.transfers[place]["channel"] == "internal":
            continue
        other = world.links.get(seen.names[debtor], {}).get("party") if debtor >= 0 else None
        if own is None or own != other:
            places.append(place)
    return places


def held(seen: Book, world: World, account: int, end: int, values: Values) -> list[int]:
    start = seen.rows[end][2] - values["window_days"] * DAY
    return [p for p in counted(seen, world, account) if p <= end and seen.rows[p][2] > start]


def gates_at(seen: Book, world: World, account: int, end: int, values: Values) -> dict[str, float]:
    value = sum(seen.rows[p][3] for p in held(seen, world, account, end, values))
    gates = {
        **woken(seen, world, account, end, value, values),
        **jumped(seen, world, account, end, value, values),
        **turned(seen, world, account, end, values),
    }
    return gates | {"value": value} if gates else {}


def opened(seen: Book, world: World, account: int) -> int | None:
    day = world.links.get(seen.names[account], {}).get("opened")
    return None if day is None else (day - date(1970, 1, 1)).days * DAY


def woken(seen: Book, world: World, account: int, end: int, value: int, values: Values) -> dict[str, float]:
    begun, quiet, now = opened(seen, world, account), int(values["quiet_days"] * DAY), seen.rows[end][2]
    own = [
        p
        for p in range(end + 1)
        if account in seen.rows[p][:2]
        and seen.rows[p][0] != seen.rows[p][1]
        and seen.transfers[p]["channel"] != "internal"
    ]
    woke = min(seen.rows[p][2] for p in own if seen.rows[p][2] > now - values["window_days"] * DAY)
    silent = min(quiet, woke - seen.rows[0][2])
    noisy = any(woke - quiet < seen.rows[p][2] < woke for p in own)
    if begun is None or begun > woke - quiet or noisy or value < values["wake_value"]:
        return {}
    return {} if silent < values["seen_days"] * DAY else {
        "opened_days": (woke - begun) / DAY, "seen_days": silent / DAY
    }  # fmt: skip


def jumped(seen: Book, world: World, account: int, end: int, value: int, values: Values) -> dict[str, float]:
    n, length, now = int(values["baseline_windows"]), int(values["window_days"] * DAY), seen.rows[end][2]
    begun = opened(seen, world, account)
    longest = (n + 1) * length
    if now - seen.rows[0][2] < longest or (begun is not None and begun > now - longest):
        return {}
    sums = [
        sum(
            seen.rows[p][3]
            for p in counted(seen, world, account)
            if now - (k + 2) * length < seen.rows[p][2] <= now - (k + 1) * length
        )
        for k in range(n)
    ]
    if max(sums) == 0 or value < values["jump_times"] * max(sums) or value < values["jump_value"]:
        return {}
    # (value - mean) / deviation, with the mean and the deviation as whole numbers over n.
    deviation = max(n * sum(s * s for s in sums) - sum(sums) ** 2, (n * int(values["least_spread"])) ** 2)
    over = max(n * value - sum(sums), 0)
    height = isqrt((1000 * over) ** 2 // deviation)
    return {"jump": height / 1000, "largest": max(sums)} if height >= thousandths(values["jump"]) else {}


def turned(seen: Book, world: World, account: int, end: int, values: Values) -> dict[str, float]:
    fresh = [p for p in held(seen, world, account, end, values) if is_fresh(seen, world, account, p, values)]
    value = sum(seen.rows[p][3] for p in fresh)
    enough = len(fresh) >= values["regime_credits"] and value >= values["jump_value"]
    return {"fresh": len(fresh), "fresh_value": value} if enough else {}


def is_fresh(seen: Book, world: World, account: int, place: int, values: Values) -> bool:
    length, now = int(values["window_days"] * DAY), seen.rows[place][2]
    longest = (int(values["baseline_windows"]) + 1) * length
    before = [p for p in counted(seen, world, account) if p < place and now - longest < seen.rows[p][2] <= now - length]
    kinds = [(seen.transfers[p]["channel"], seen.transfers[p].get("debtor_country")) for p in before]
    own = seen.transfers[place]["channel"], seen.transfers[place].get("debtor_country")
    return (
        len(before) >= values["known_credits"]
        and own not in kinds
        and all(seen.rows[p][3] < seen.rows[place][3] for p in before)
        and now - seen.rows[0][2] >= longest
    )
