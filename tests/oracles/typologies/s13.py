"""S13 by its definition. Imports nothing of ours."""

from __future__ import annotations

import math
import re

from tests.oracles.book import DAY, PULLED, Book, Instance, Values, World, book, thousandths
from tests.oracles.carrying import carried

FIRMS = ("business", "charity", "institution")
DUES = (
    r"salary|wages|payroll|net pay|tax and ni|vat|hmrc|paye|corporation tax|self assessment"
    r"|pension contributions|staff pension scheme"
)


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    steps = after_bursts(world, seen, values)
    payouts = [i for i in range(len(seen.rows)) if steps[i][0] >= 0 and is_payout(world, seen, i, values)]
    best: dict[tuple[int, int], tuple[tuple[int, int], int, int]] = {}
    for place in payouts:
        payer, _, now, _ = seen.rows[place]
        window = window_of(seen, payouts, place, values)
        if not holds(seen, window, place, values):
            continue
        strength = len({seen.rows[i][1] for i in window}), sum(seen.rows[i][3] for i in window)
        period = payer, now // int(values["window_days"] * DAY)
        held = best.get(period)
        if held is None:
            best[period] = strength, place, place
        elif strength > held[0]:
            best[period] = strength, place, held[2]
    return [instance(seen, payouts, steps, (end, fired), values) for _, end, fired in best.values()]


def after_bursts(world: World, seen: Book, values: Values) -> list[tuple[int, int]]:
    place = {t["transaction_id"]: i for i, t in enumerate(seen.transfers)}
    reach = int(values["burst_days"] * DAY)
    marks = [
        (place[fired], seen.names.index(subject), max(seen.rows[place[i]][2] for i in proof) + reach)
        for found in world.earlier.values()
        for subject, fired, proof in found
        if subject in seen.names
    ]
    passes = [
        min(debtor, creditor) >= 0
        and debtor != creditor
        and seen.transfers[i]["channel"] not in PULLED
        and amount >= values["funding"]
        and not is_firm(world, seen, creditor)
        for i, (debtor, creditor, _, amount) in enumerate(seen.rows)
    ]
    return carried(seen.rows, passes, marks, reach, int(values["steps"]))


def is_firm(world: World, seen: Book, account: int) -> bool:
    return world.links.get(seen.names[account], {}).get("kind") in FIRMS


def is_payout(world: World, seen: Book, place: int, values: Values) -> bool:
    amount = seen.rows[place][3]
    fits = values["pay_low"] <= amount <= values["pay_high"]
    return fits and seen.relations[place].stranger and not is_firm(world, seen, seen.rows[place][1])


def window_of(seen: Book, payouts: list[int], end: int, values: Values) -> list[int]:
    payer, _, now, _ = seen.rows[end]
    since = now - int(values["window_days"] * DAY)
    return [i for i in payouts if i <= end and seen.rows[i][0] == payer and seen.rows[i][2] > since]


def holds(seen: Book, window: list[int], end: int, values: Values) -> bool:
    amounts = [seen.rows[i][3] for i in window]
    alike = at_two_units(amounts, values["uniform_tolerance"])
    return (
        len({seen.rows[i][1] for i in window}) >= values["payees"]
        and alike * 1000 >= len(amounts) * thousandths(values["uniform_share"])
        and dues(seen, end, values) <= values["dues"]
    )


def dues(seen: Book, end: int, values: Values) -> int:
    payer, _, now, _ = seen.rows[end]
    since = now - int(values["dues_days"] * DAY)
    return sum(
        row[0] == payer and row[1] != payer and row[2] > since and tells_of_dues(seen.transfers[i])
        for i, row in enumerate(seen.rows[: end + 1])
    )


def tells_of_dues(transfer: dict[str, object]) -> bool:
    words = re.search(rf"\b(?:{DUES})\b", str(transfer.get("reference") or ""), re.IGNORECASE)
    return bool(words) or transfer.get("merchant_category") == "9311"


def at_two_units(amounts: list[int], tolerance: float) -> int:
    """How many amounts are near one to six times the best unit, and of the rest near the best unit of the rest."""
    left = [amount for amount in amounts if amount > 0]
    taken = 0
    for _ in range(2):
        groups = [(-len(near), unit, near) for unit in set(left) if (near := near_to(left, unit, tolerance))]
        if groups:
            best = min(groups)[2]
            taken += len(best)
            left = [amount for amount in left if amount not in best]
    return taken


def near_to(amounts: list[int], unit: int, tolerance: float) -> list[int]:
    spans = [
        (math.ceil(times * unit * (1 - tolerance)), math.floor(times * unit * (1 + tolerance))) for times in range(1, 7)
    ]
    return [amount for amount in amounts if any(low <= amount <= high for low, high in spans)]


def instance(
    seen: Book, payouts: list[int], steps: list[tuple[int, int]], ends: tuple[int, int], values: Values
) -> Instance:
    end, fired = ends
    window = window_of(seen, payouts, end, values)
    amounts = [seen.rows[i][3] for i in window]
    funding = set()
    for place in window:
        source = steps[place][1]
        while source >= 0:
            funding.add(source)
            source = steps[source][1]
    gates: dict[str, float] = {
        "payees": len({seen.rows[i][1] for i in window}),
        "pay_low": min(amounts),
        "pay_high": max(amounts),
        "uniform_share": at_two_units(amounts, values["uniform_tolerance"]) / len(amounts),
        "dues": dues(seen, end, values),
        "steps": max(steps[i][0] for i in window),
    }
    return seen.instance(seen.rows[end][0], sorted({*window, *funding}), fired, gates)
