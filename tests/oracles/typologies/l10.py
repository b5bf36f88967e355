"""L10 by its definition. Imports nothing of ours."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from math import log
from typing import NamedTuple

from tests.oracles.book import DAY, Book, Instance, Values, World, book, month, thousandths

TRADES = (
    "barber", "takeaway", "car wash", "nail bar", "convenience store", "market stall", "public house", "vape shop",
    "sweet shop",
)  # fmt: skip
PAY = re.compile(r"(?i)\b(salary|wages|payroll|net pay)\b")


class Till(NamedTuple):
    """What one shop took and paid in some span: places of its transfers."""

    cash: list[int]
    others: list[int]
    wages: list[int]


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    shops = {
        number: str(world.links[name]["occupation"]).lower()
        for number, name in enumerate(seen.names)
        if world.links.get(name, {}).get("kind") == "business"
        and str(world.links[name].get("occupation")).lower() in TRADES
    }
    found = []
    for shop in shops:
        periods: dict[int, list[tuple[tuple[int, int, int], list[int], dict[str, float]]]] = {}
        for end in till(seen, world, shop, range(len(seen.rows))).cash:
            now = seen.rows[end][2]
            span = [i for i in range(end + 1) if seen.rows[i][2] > now - values["window_days"] * DAY]
            own = till(seen, world, shop, span)
            gates = judged(seen, world, (shop, shops, end), own, values)
            if gates:
                strength = (total(seen, own.cash), len(own.cash), -end)
                proof = sorted(own.cash + own.others + own.wages)
                periods.setdefault(now // int(values["window_days"] * DAY), []).append((strength, proof, gates))
        for firings in periods.values():
            _, proof, gates = max(firings, key=lambda one: one[0])
            found.append(seen.instance(shop, proof, -firings[0][0][2], gates))
    return found


def judged(
    seen: Book, world: World, who: tuple[int, dict[int, str], int], own: Till, values: Values
) -> dict[str, float]:
    """The gate's values; none where it does not hold."""
    cash = total(seen, own.cash)
    days = {seen.rows[i][2] // DAY for i in own.cash}
    workers = len({seen.rows[i][1] for i in own.wages} - {-1})
    open_days = max(days) - min(days) + 1
    capacity = max(workers, 1) * open_days * values["daily_hours"] * values["hourly_takings"]
    peers = compared_with(seen, world, who, values)
    if cash < values["value"] or len(days) < values["days"] or cash < capacity or not peers:
        return {}
    ratios = [ratio(seen, till_, values) for till_ in peers]
    middle = lower(ratios)
    spread = max(1.4826 * lower([abs(one - middle) for one in ratios]), values["spread"])
    z = round((ratio(seen, own, values) - middle) / spread, 6)
    share = card_share(seen, own)
    most = thousandths(values["card_share"]) / 1000 * lower([card_share(seen, till_) for till_ in peers])
    if z < values["z_peer"] or share > most:
        return {}
    return {"value": cash, "days": len(days), "capacity": cash, "z_peer": z, "card_share": share}


def compared_with(seen: Book, world: World, who: tuple[int, dict[int, str], int], values: Values) -> list[Till]:
    """The tills of the peers in the last whole month; none where there are too few."""
    shop, shops, end = who
    last = month(seen.rows[end][2]) - 1
    first = datetime(last // 12 - (last % 12 == 0), (last - 1) % 12 + 1, 1)  # noqa: DTZ001 - UTC throughout
    if (first - datetime(1970, 1, 1)) // timedelta(microseconds=1) < seen.rows[0][2] // DAY * DAY:  # noqa: DTZ001
        return []
    span = [i for i in range(len(seen.rows)) if month(seen.rows[i][2]) == last]
    tills = {other: till(seen, world, other, span) for other in shops if other != shop}
    dealt = {other: one for other, one in tills.items() if total(seen, one.cash)}
    alike = [one for other, one in dealt.items() if shops[other] == shops[shop]]
    kept = alike if len(alike) >= values["peers"] else list(dealt.values())
    return kept if len(kept) >= values["peers"] else []


def till(seen: Book, world: World, shop: int, span: range | list[int]) -> Till:
    cash, others, wages = [], [], []
    for i in span:
        debtor, creditor, _, _ = seen.rows[i]
        channel = seen.transfers[i]["channel"]
        if debtor == creditor:
            continue
        if creditor == shop and channel == "cash":
            cash.append(i)
        elif creditor == shop and channel != "internal" and not one_party(seen, world, debtor, creditor):
            others.append(i)
        elif debtor == shop and PAY.search(seen.transfers[i].get("reference") or ""):
            wages.append(i)
    return Till(cash, others, wages)


def one_party(seen: Book, world: World, debtor: int, creditor: int) -> bool:
    if debtor < 0:
        return False
    party = [world.links.get(seen.names[side], {}).get("party") for side in (debtor, creditor)]
    return party[0] is not None and party[0] == party[1]


def total(seen: Book, places: list[int]) -> int:
    return sum(seen.rows[i][3] for i in places)


def ratio(seen: Book, own: Till, values: Values) -> float:
    return log(max(total(seen, own.cash), 1) / max(total(seen, own.wages), int(values["least_wages"])))


def card_share(seen: Book, own: Till) -> float:
    others = total(seen, own.others)
    return others / (total(seen, own.cash) + others) if others else 0.0


def lower(numbers: list[float]) -> float:
    return sorted(numbers)[(len(numbers) - 1) // 2]
