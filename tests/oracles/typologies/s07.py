"""S07 by its definition. Imports nothing of ours."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from tests.oracles.book import DAY, Book, Instance, Values, World, book, thousandths

HOUR = DAY // 24


class Funnel(NamedTuple):
    deposits: list[int]
    outs: list[int]
    depositors: int
    regions: int
    value: int
    gone: int
    middle: int


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    found = []
    for account in range(len(seen.names)):
        periods: dict[int, list[tuple[int, Funnel]]] = {}
        for end in range(len(seen.rows)):
            funnel = funnel_at(seen, world, account, end, values)
            if funnel and holds(funnel, values):
                periods.setdefault(seen.rows[end][2] // int(values["window_days"] * DAY), []).append((end, funnel))
        for firings in periods.values():
            _, best = max(firings, key=lambda one: (one[1].value, len(one[1].deposits), -one[0]))
            found.append(seen.instance(account, best.deposits + best.outs, firings[0][0], gates(best)))
    return found


def gates(funnel: Funnel) -> dict[str, float]:
    return {
        "deposits": len(funnel.deposits),
        "depositors": funnel.depositors,
        "regions": funnel.regions,
        "value": funnel.value,
        "out_share": funnel.gone / funnel.value,
        "hold_hours": funnel.middle / HOUR,
    }


def holds(funnel: Funnel, values: Values) -> bool:
    return (
        len(funnel.deposits) >= values["deposits"]
        and funnel.depositors >= values["depositors"]
        and funnel.regions >= values["regions"]
        and funnel.value >= values["value"]
        and funnel.gone > 0
        and funnel.gone * 1000 >= thousandths(values["out_share"]) * funnel.value
        and funnel.middle <= values["hold_hours"] * HOUR
    )


def funnel_at(seen: Book, world: World, account: int, end: int, values: Values) -> Funnel | None:
    """What the window that ends at one transfer holds; nothing where that one is neither cash in nor a debit."""
    if not (is_cash_in(seen, account, end) or may_be_out(seen, world, account, end)):
        return None
    now = seen.rows[end][2]
    home = home_of(seen, account, end, now - values["home_days"] * DAY)
    window = [i for i in range(end + 1) if seen.rows[i][2] > now - values["window_days"] * DAY]
    deposits = [i for i in window if is_cash_in(seen, account, i) and place(seen, i) != home]
    if not deposits:
        return None
    regions = {place(seen, i) for i in deposits}
    outs = [
        i
        for i in window
        if i > deposits[0] and may_be_out(seen, world, account, i) and place(seen, i) not in regions
    ]  # fmt: skip
    pieces = first_in_first_out(seen, deposits, outs)
    on_a_day = Counter(day for day, _ in {(seen.rows[i][2] // DAY, place(seen, i)) for i in deposits})
    payers = {seen.rows[i][0] for i in deposits} - {-1}
    return Funnel(
        deposits,
        outs,
        depositors=max(len(payers), *on_a_day.values()),
        regions=len(regions),
        value=sum(seen.rows[i][3] for i in deposits),
        gone=len(pieces),
        middle=sorted(pieces)[(len(pieces) - 1) // 2] if pieces else 0,
    )


def first_in_first_out(seen: Book, deposits: list[int], outs: list[int]) -> list[int]:
    """How long each penny that left had been held."""
    waiting: list[int] = []
    held = []
    for i in sorted(deposits + outs):
        _, _, time, amount = seen.rows[i]
        if i in deposits:
            waiting += [time] * amount
            continue
        held += [time - came for came in waiting[:amount]]
        waiting = waiting[amount:]
    return held


def place(seen: Book, i: int) -> str | None:
    name: str | None = seen.transfers[i]["location"]
    return name


def is_cash_in(seen: Book, account: int, i: int) -> bool:
    debtor, creditor, _, _ = seen.rows[i]
    cash = seen.transfers[i]["channel"] == "cash" and place(seen, i) is not None
    return cash and creditor == account and debtor != account


def may_be_out(seen: Book, world: World, account: int, i: int) -> bool:
    debtor, creditor, _, _ = seen.rows[i]
    if debtor != account or creditor == account:
        return False
    if seen.transfers[i]["channel"] == "cash":
        return place(seen, i) is not None
    party = [world.links.get(seen.names[side], {}).get("party") if side >= 0 else None for side in (debtor, creditor)]
    own = party[0] is not None and party[0] == party[1]
    return seen.transfers[i]["channel"] in ("credit_transfer", "wire", "crypto") and not own


def home_of(seen: Book, account: int, end: int, since: float) -> str | None:
    """Where most of the account's card and cash debits lie; ``"?"``, which is no place, where there are none."""
    spent = Counter(
        place(seen, i)
        for i in range(end + 1)
        if seen.rows[i][0] == account != seen.rows[i][1]
        and seen.rows[i][2] > since
        and seen.transfers[i]["channel"] in ("cash", "card")
        and place(seen, i) is not None
    )
    return min(spent, key=lambda name: (-spent[name], name or "")) if spent else "?"
