"""S05 by its definition. Imports nothing of ours."""

from __future__ import annotations

import re

from tests.oracles import escrow, ladders
from tests.oracles.book import DAY, PULLED, Book, Instance, Transfer, Values, World, book, numbered, thousandths
from tests.oracles.escrow import Gate

GOODS = re.compile(r"\b(goods|inv|invoice|order|item)\b", re.IGNORECASE)
"""The words that the worlds of the tests use."""

Pair = tuple[int, int]
"""A refund: the debit, and the credit that it gives back."""


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    place = {t["transaction_id"]: i for i, t in enumerate(seen.transfers)}
    marks: dict[int, list[int]] = {}
    for name in ("S01", "S04"):
        for subject, fired, evidence in world.earlier.get(name, []):
            if subject in seen.names and {fired, *evidence} <= place.keys():
                marks.setdefault(seen.names.index(subject), []).append(place[fired])
    homes = ladders.groups(numbered(seen.names, world.links), int(values["linked"]))
    found = []
    for account, own in sorted(marks.items()):
        window = int(values["window_days"] * DAY)
        for period in sorted({row[2] // window for row in seen.rows}):
            pairs = given_back(seen, account, period, homes, values)
            firing = [one for one in moments(seen, pairs, sorted(set(own)), period, window) if holds(seen, one, values)]
            if firing:
                best = max(firing, key=lambda one: (len(one[1]), sum(seen.rows[d][3] for d, _ in one[1]), -one[0]))
                found.append(stated(seen, account, best, firing[0][0]))
    return found


def given_back(seen: Book, account: int, period: int, homes: list[int], values: Values) -> list[Pair]:
    gate = Gate(
        int(values["window_days"] * DAY), int(values["soonest_days"] * DAY), int(values["latest_days"] * DAY),
        thousandths(values["refund_share"]), 1, 1, 1, 0,
    )  # fmt: skip
    start, end = period * gate.window, (period + 1) * gate.window
    pairs = []
    for home in set(homes):
        paid = [
            i
            for i, (payer, payee, time, _) in enumerate(seen.rows)
            if payee == account and seen.relations[i].stranger and homes[payer] == home
            and start - gate.window - gate.latest < time < end
        ]  # fmt: skip
        back = [
            i
            for i, (payer, payee, time, _) in enumerate(seen.rows)
            if payer == account and payee not in (-1, account) and homes[payee] == home
            and start - gate.window < time < end and seen.transfers[i]["channel"] not in PULLED
        ]  # fmt: skip
        partner = escrow.matched([seen.rows[i][2:] for i in paid], [seen.rows[i][2:] for i in back], gate)
        pairs += [(debit, paid[match]) for match, debit in zip(partner, back, strict=True) if match >= 0]
    return sorted(pairs)


def moments(
    seen: Book, pairs: list[Pair], marks: list[int], period: int, window: int
) -> list[tuple[int, list[Pair], int]]:
    """Every refund and every mark of the period, with the refunds and the number of marks in its window."""
    found = []
    for event in sorted({debit for debit, _ in pairs} | set(marks)):
        now = seen.rows[event][2]
        if now // window == period:
            inside = [(d, c) for d, c in pairs if d <= event and seen.rows[d][2] > now - window]
            marked = sum(mark <= event and seen.rows[mark][2] > now - window for mark in marks)
            debits = [debit for debit, _ in inside]
            if debits and (event == debits[-1] or is_news(seen, debits[-1], marks, event, window)):
                found.append((event, inside, marked))
    return found


def is_news(seen: Book, last: int, marks: list[int], event: int, window: int) -> bool:
    """Whether no other mark lies between this one and one window before the last refund."""
    since = seen.rows[last][2] - window
    return len([mark for mark in marks if mark <= event and seen.rows[mark][2] > since]) == 1


def holds(seen: Book, moment: tuple[int, list[Pair], int], values: Values) -> bool:
    _, pairs, marked = moment
    named = sum(is_goods(seen.transfers[debit]) for debit, _ in pairs)
    few = named * 1000 <= len(pairs) * thousandths(values["goods_share"])
    return len(pairs) >= values["pairs"] and marked > 0 and few


def is_goods(transfer: Transfer) -> bool:
    return GOODS.search(transfer.get("reference") or "") is not None


def stated(seen: Book, account: int, moment: tuple[int, list[Pair], int], first: int) -> Instance:
    _, pairs, marked = moment
    days = [(seen.rows[debit][2] - seen.rows[credit][2]) / DAY for debit, credit in pairs]
    gates: dict[str, float] = {
        "pairs": len(pairs),
        "findings": marked,
        "soonest_days": min(days),
        "latest_days": max(days),
        "refund_share": min(seen.rows[debit][3] / seen.rows[credit][3] for debit, credit in pairs),
        "goods_share": sum(is_goods(seen.transfers[debit]) for debit, _ in pairs) / len(pairs),
    }
    return seen.instance(account, [place for pair in pairs for place in pair], first, gates)
