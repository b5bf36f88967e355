"""S14 by its definition. Imports nothing of ours. Salaries are left to scenes: no case has one."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from tests.oracles.book import DAY, LINKING, PULLED, Book, Instance, Values, World, book, thousandths


class Run(NamedTuple):
    payer: int
    payments: list[int]
    activity: int
    income: list[int]
    share: float
    start: float


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    length = int(values["window_days"] * DAY)
    found = []
    for account in range(len(seen.names)):
        runs = [run for e in range(len(seen.rows)) if (run := run_at(seen, world, account, e, values))]
        best: dict[int, tuple[Any, ...]] = {}
        opening: dict[int, int] = {}
        for end in [run.payments[-1] for run in runs]:
            now = seen.rows[end][2]
            own = [r for r in runs if r.payments[-1] <= end and seen.rows[r.payments[0]][2] > now - length]
            latest = {r.payer: r for r in own}
            if len(latest) < values["payers"]:
                continue
            completing = [r for r in runs if r.payments[-1] <= end and seen.rows[r.payments[-1]][2] > now - length]
            period = now // length
            opening.setdefault(period, end)
            rank = (len(latest), sum(seen.rows[r.payments[-1]][3] for r in completing), -end)
            if period not in best or rank > best[period][0]:
                best[period] = (rank, list(latest.values()))
        for period, (_, kept) in best.items():
            proof = sorted({p for r in kept for p in (*r.payments, r.activity, *r.income)})
            gates = {
                "payers": len(kept),
                "income_share": min(r.share for r in kept),
                "start_low": min(r.start for r in kept),
                "start_high": max(r.start for r in kept),
            }
            found.append(seen.instance(account, proof, opening[period], gates))
    return found


def is_payment(seen: Book, place: int) -> bool:
    return seen.transfers[place]["channel"] not in PULLED and seen.rows[place][3] > 0


def run_at(seen: Book, world: World, collector: int, end: int, values: Values) -> Run | None:
    """The run that a payment completes."""
    payer = seen.rows[end][0]
    if seen.rows[end][1] != collector or payer in (-1, collector) or tied(seen, world, payer, collector):
        return None
    pair = [p for p in range(end + 1) if seen.rows[p][:2] == (payer, collector)]
    run = pair[-int(values["payments"]) :]
    times, amounts = [seen.rows[p][2] for p in run], sorted(seen.rows[p][3] for p in run)
    pauses = [b - a for a, b in pairwise(times)]
    even = all(values["pause_low"] * DAY <= pause <= values["pause_high"] * DAY for pause in pauses)
    middle = amounts[(len(amounts) - 1) // 2]
    near = all(abs(a - middle) * 1000 <= middle * thousandths(values["near_share"]) for a in amounts)
    if len(run) < values["payments"] or not all(is_payment(seen, p) for p in run) or not even or not near:
        return None
    debut = max(p for i, p in enumerate(pair) if i == 0 or seen.rows[pair[i - 1]][2] <= seen.rows[p][2] - 180 * DAY)
    if seen.rows[debut][2] <= seen.rows[end][2] - 180 * DAY:
        return None
    return newcomers(seen, world, run, debut, values)


def newcomers(seen: Book, world: World, run: list[int], debut: int, values: Values) -> Run | None:
    payer, collector, began, _ = seen.rows[debut]
    activity = min(
        p
        for p, row in enumerate(seen.rows)
        if payer in row[:2] and row[0] != row[1] and began - 180 * DAY < row[2] and p <= debut
    )
    start = began - seen.rows[activity][2]
    if not values["start_low"] * DAY <= start <= values["start_high"] * DAY:
        return None
    day = world.links.get(seen.names[payer], {}).get("opened")
    born = seen.rows[0][2] if day is None else (day - date(1970, 1, 1)).days * DAY
    age = seen.rows[activity][2] - born
    if (age < values["new_days"] * DAY) if day is None else (age > values["new_days"] * DAY):
        return None
    income = [
        p
        for p in range(run[0] + 1, run[-1] + 1)
        if seen.rows[p][1] == payer and seen.rows[p][0] not in (payer, collector) and not one_party(seen, world, p)
    ]
    came, paid = sum(seen.rows[p][3] for p in income), sum(seen.rows[p][3] for p in run[1:])
    if not came or paid * 1000 < came * thousandths(values["income_share"]):
        return None
    return Run(payer, run, activity, income, paid / came, start / DAY)


def one_party(seen: Book, world: World, place: int) -> bool:
    debtor, creditor = seen.rows[place][:2]
    if debtor < 0:
        return False
    one, other = (world.links.get(seen.names[a], {}).get("party") for a in (debtor, creditor))
    return one is not None and one == other


def tied(seen: Book, world: World, one: int, other: int) -> bool:
    mine, theirs = (world.links.get(seen.names[a], {}) for a in (one, other))
    return any(kind != "device_hash" and kind in mine and mine[kind] == theirs.get(kind) for kind in LINKING)
