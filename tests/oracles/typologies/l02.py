"""L02 by its definition. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles.book import DAY, Book, Instance, Values, World, book, thousandths
from tests.oracles.typologies.l01 import LINES

CASH_LINES = [
    (currency, line, since)
    for currency, lines in LINES.items()
    for line, channels, since in lines
    if "cash" in channels
]  # fmt: skip


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    found = []
    for account in range(len(seen.names)):
        periods: dict[int, list[tuple[tuple[int, int, int], list[int], dict[str, float]]]] = {}
        for end in range(len(seen.rows)):
            if not is_cash(seen, account, end):
                continue
            now = seen.rows[end][2]
            since = now - values["window_days"] * DAY
            cash = [i for i in range(end + 1) if is_cash(seen, account, i) and seen.rows[i][2] > since]
            fits = measured(seen, account, (cash, end), values)
            if fits is not None:
                strength = (sum(seen.rows[i][3] for i in cash), len(cash), -end)
                periods.setdefault(now // int(values["window_days"] * DAY), []).append((strength, *fits))
        for firings in periods.values():
            _, proof, gates = max(firings, key=lambda one: one[0])
            found.append(seen.instance(account, proof, -firings[0][0][2], gates))
    return found


def measured(
    seen: Book, account: int, window: tuple[list[int], int], values: Values
) -> tuple[list[int], dict[str, float]] | None:
    """The evidence and the gates where all of them hold."""
    cash, end = window
    line = line_of(seen, cash)
    wires = expected_from(seen, account, window, values)
    if len(cash) < values["credits"] or line is None or wires is None:
        return None
    total, median = sum(seen.rows[i][3] for i in cash), middle(seen, wires)
    sender = seen.rows[wires[0]][0]
    since = seen.rows[end][2] - values["window_days"] * DAY
    came = [
        i for i in range(end + 1) if is_wire(seen, account, i) and seen.rows[i][0] == sender and seen.rows[i][2] > since
    ]
    if came or not median or abs(total - median) * 1000 > thousandths(values["tolerance"]) * median:
        return None
    own = [seen.transfers[i]["amount"] for i in cash]
    gates = {
        "credits": len(cash),
        "below": max(own),
        "sum": sum(own),
        "apart": abs(total - median) / median,
        "history": len(wires),
        "arrived": 0,
    }
    return sorted(cash + wires), gates


def line_of(seen: Book, cash: list[int]) -> int | None:
    for currency, line, since in CASH_LINES:
        moved = [seen.transfers[i] for i in cash]
        below = all(t["currency"] == currency and t["amount"] < line and t["time"] >= since for t in moved)
        if below and sum(t["amount"] for t in moved) >= line:
            return line
    return None


def expected_from(seen: Book, account: int, window: tuple[list[int], int], values: Values) -> list[int] | None:
    """The earlier wires of the sender whose median is nearest to the cash."""
    cash, end = window
    total = sum(seen.rows[i][3] for i in cash)
    last = seen.rows[end][2] - values["window_days"] * DAY
    since = last - values["lookback_days"] * DAY
    by_sender: dict[int, list[int]] = {}
    for i in range(end + 1):
        if is_wire(seen, account, i) and since < seen.rows[i][2] <= last:
            by_sender.setdefault(seen.rows[i][0], []).append(i)
    known = [wires for wires in by_sender.values() if len(wires) >= values["history"]]
    return min(
        known,
        key=lambda wires: (abs(middle(seen, wires) - total), middle(seen, wires), wires[0]),
        default=None,
    )


def received(seen: Book, i: int) -> int:
    transfer = seen.transfers[i]
    if transfer.get("credited_currency") == "GBP":
        return int(transfer["credited_amount"])
    return seen.rows[i][3]


def middle(seen: Book, wires: list[int]) -> int:
    return sorted(received(seen, i) for i in wires)[(len(wires) - 1) // 2]


def is_cash(seen: Book, account: int, i: int) -> bool:
    debtor, creditor, _, _ = seen.rows[i]
    paid_in = creditor == account and debtor != account and seen.transfers[i]["channel"] == "cash"
    return paid_in and not seen.relations[i].affiliated


def is_wire(seen: Book, account: int, i: int) -> bool:
    debtor, creditor, _, _ = seen.rows[i]
    abroad = seen.transfers[i].get("debtor_country") not in (None, "GB")
    return abroad and creditor == account != debtor and seen.transfers[i]["channel"] not in ("cash", "internal")
