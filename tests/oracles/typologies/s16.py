"""S16 by its definition. Imports nothing of ours."""

from __future__ import annotations

import re

from tests.oracles.book import DAY, Book, Instance, Transfer, Values, World, book, thousandths

AGENCIES = ("travel agent", "visa agent", "recruitment agent", "education agent", "ticket agent")
SAYS = re.compile(
    r"\b(visa|visa fee|application|embassy|passport|documents|tuition|course|flight|tickets)\b", re.IGNORECASE
)
CODES = ("9399", "8211", "8220", "8241", "8244", "8249", "8299", "4111", "4112", "4411", "4511", "4722", "7011", "7033")


def is_provider(transfer: Transfer) -> bool:
    said = SAYS.search(str(transfer.get("reference") or ""))
    return bool(said) or transfer.get("merchant_category") in CODES


def at_one_price(amounts: list[int], tolerance: int) -> int:
    """How many amounts lie near one of two of themselves, or two to six times it; `tolerance` in thousandths."""
    rest, taken = [amount for amount in amounts if amount > 0], 0
    for _ in range(2):
        near = {unit: [a for a in rest if is_near(a, unit, tolerance)] for unit in sorted(set(rest))}
        if not near:
            break
        best = max(near.values(), key=len)
        taken += len(best)
        rest = [amount for amount in rest if amount not in best]
    return taken


def is_near(amount: int, unit: int, tolerance: int) -> bool:
    return any(abs(amount - times * unit) * 1000 <= tolerance * times * unit for times in range(1, 7))


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    known = any(own.get("occupation") is not None for name, own in world.links.items() if name in seen.names)
    if not known or all(t.get("reference") is None for t in seen.transfers):
        return []
    found = []
    for account, name in enumerate(seen.names):
        if str(world.links.get(name, {}).get("occupation", "")).lower() in AGENCIES:
            found += of_agency(seen, account, values)
    return found


def of_agency(seen: Book, account: int, values: Values) -> list[Instance]:
    credits = [p for p, row in enumerate(seen.rows) if row[1] == account and seen.relations[p].stranger]
    length = int(values["window_days"]) * DAY
    best: dict[int, tuple[tuple[int, int], list[int], int, dict[str, float]]] = {}
    for now in credits:
        time = seen.rows[now][2]
        held = [p for p in credits if p <= now and seen.rows[p][2] > time - length]
        gates = measured(seen, account, held, values)
        if not holds(gates, values):
            continue
        strength = int(gates["payers"]), int(gates["value"])
        kept = best.get(time // length)
        if kept is None or strength > kept[0]:
            best[time // length] = strength, held, kept[2] if kept else now, gates
    return [seen.instance(account, held, first, gates) for _, held, first, gates in best.values()]


def measured(seen: Book, account: int, held: list[int], values: Values) -> dict[str, float]:
    now, time = held[-1], seen.rows[held[-1]][2]
    payers = {seen.rows[p][0] for p in held}
    last = {payer: max(p for p in held if seen.rows[p][0] == payer) for payer in payers}
    amounts = sorted(seen.rows[p][3] for p in held)
    value = sum(amounts)
    provided = sum(
        row[3]
        for p, row in enumerate(seen.rows)
        if row[0] == account != row[1] and p <= now and row[2] > time - values["window_days"] * DAY
        and is_provider(seen.transfers[p])
    )  # fmt: skip
    middle = amounts[(len(amounts) - 1) // 2]
    few = sum(seen.relations[p].recent <= values["one_shot_transfers"] for p in last.values())
    return {
        "payers": len(payers),
        "value": value,
        "first_share": sum(seen.relations[p].first for p in held) / len(payers),
        "one_shot_share": few / len(payers),
        "fee_low": middle,
        "fee_high": middle,
        "uniform_share": at_one_price(amounts, thousandths(values["uniform_tolerance"])) / len(amounts),
        "provided_share": provided / value if value else 1.0,
    }


def holds(gates: dict[str, float], values: Values) -> bool:
    shares = ("first_share", "one_shot_share", "uniform_share")
    return (
        all(gates[name] >= values[name] for name in ("payers", "value", "fee_low", *shares))
        and gates["fee_high"] <= values["fee_high"]
        and gates["provided_share"] < values["provided_share"]
    )
