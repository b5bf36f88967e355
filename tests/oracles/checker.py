"""Proves a match again from its evidence and the history it needs: an independent checker. Imports nothing of ours.

It searches for nothing. It takes what an alert shows, reads each condition of the gate off those transfers, and looks
back only where the definition does: at earlier dealings, and at the account's other transfers in the same window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.oracles.book import DAY, PULLED, Links, Transfer, Values, month
from tests.oracles.typologies.l01 import LINES

Evidence = list[tuple[Transfer, str]]
History = list[Transfer]
"""Every transfer up to the end of the match, in ledger order."""


def faults(
    typology: str, subject: str, evidence: Evidence, history: History, links: Links, values: Values
) -> list[str]:
    """What the evidence fails to prove; empty for a sound match."""
    return CHECKS[typology](subject, evidence, history, links, values)


def broken(conditions: dict[str, bool]) -> list[str]:
    return [name for name, holds in conditions.items() if not holds]


def position(transfer: Transfer) -> tuple[int, int]:
    return transfer["time"], transfer["row"]


def dealings(transfer: Transfer, history: History) -> History:
    """Earlier transfers between the same two accounts, either way, in the 180 days before."""
    two = {transfer["debtor_account"], transfer["creditor_account"]}
    return [
        t
        for t in history
        if {t["debtor_account"], t["creditor_account"]} == two
        and position(t) < position(transfer)
        and t["time"] > transfer["time"] - 180 * DAY
    ]


def is_strangers(transfer: Transfer, history: History, links: Links) -> bool:
    debtor, creditor = transfer["debtor_account"], transfer["creditor_account"]
    if None in (debtor, creditor) or debtor == creditor or transfer["channel"] in PULLED:
        return False
    mine, theirs = links.get(debtor, {}), links.get(creditor, {})
    if any(mine[kind] == theirs.get(kind) for kind in mine):
        return False
    settled = [t for t in dealings(transfer, history) if t["time"] <= transfer["time"] - 30 * DAY]
    return len(settled) < 3 or len({month(t["time"]) for t in settled}) < 2


def by_peer(transfers: list[Transfer], side: str) -> dict[Any, list[Transfer]]:
    grouped: dict[Any, list[Transfer]] = {}
    for transfer in transfers:
        grouped.setdefault(transfer[side], []).append(transfer)
    return grouped


def spans_less_than(transfers: list[Transfer], length: float) -> bool:
    return bool(transfers[-1]["time"] - transfers[0]["time"] < length)


def at_least(part: int, whole: int, share: float) -> bool:
    return part * 1000 >= whole * round(share * 1000)


def check_s01(subject: str, evidence: Evidence, history: History, links: Links, values: Values) -> list[str]:
    fees = [t for t, _ in evidence]
    payers = by_peer(fees, "debtor_account")
    new = [own for own in payers.values() if not dealings(own[0], history)]
    rare = []
    for own in payers.values():
        paid = [t for t in dealings(own[-1], history) if t["creditor_account"] == subject]
        rare += [own] if len(paid) + 1 <= values["one_shot_transfers"] else []
    middle = sorted(t["amount"] for t in fees)[(len(fees) - 1) // 2]
    return broken(
        {
            "roles": {role for _, role in evidence} == {"credit"},
            "all paid to the subject": all(t["creditor_account"] == subject for t in fees),
            "all from strangers": all(is_strangers(t, history, links) for t in fees),
            "in one window": spans_less_than(fees, values["window_days"] * DAY),
            "payers": len(payers) >= values["payers"],
            "first share": at_least(len(new), len(payers), values["first_share"]),
            "one-shot share": at_least(len(rare), len(payers), values["one_shot_share"]),
            "median": values["seat_low"] <= middle <= values["seat_high"],
            "value": sum(t["amount"] for t in fees) >= values["value"],
        }
    )


def check_l04(subject: str, evidence: Evidence, history: History, links: Links, values: Values) -> list[str]:
    scatter = [t for t, role in evidence if role == "scatter"]
    funding = [t for t, role in evidence if role == "funding"]
    payees = by_peer(scatter, "creditor_account")
    new = [own for own in payees.values() if not dealings(own[0], history)]
    value = sum(t["amount"] for t in scatter)
    earliest = scatter[0]["time"] - values["funding_hours"] * DAY // 24
    return broken(
        {
            "roles": {role for _, role in evidence} <= {"scatter", "funding"},
            "at most two credits": len(funding) <= 2,
            "funded by others": all(
                t["creditor_account"] == subject and t["debtor_account"] != subject for t in funding
            ),
            "funded before": all(position(t) < position(scatter[0]) and t["time"] > earliest for t in funding),
            "all paid by the subject": all(t["debtor_account"] == subject for t in scatter),
            "all to strangers": all(is_strangers(t, history, links) for t in scatter),
            "in one window": spans_less_than(scatter, values["window_days"] * DAY),
            "payees": len(payees) >= values["payees"],
            "first share": at_least(len(new), len(payees), values["first_share"]),
            "value": value >= values["value"],
            "funding": at_least(sum(t["amount"] for t in funding), value, values["funding_share"]),
        }
    )


def check_l03(subject: str, evidence: Evidence, history: History, links: Links, values: Values) -> list[str]:
    came = [t for t, role in evidence if role == "in"]
    left = [t for t, role in evidence if role == "out"]
    other = [t for t, role in evidence if role == "other in"]
    start, end = position(evidence[0][0]), position(evidence[-1][0])
    window = [
        t
        for t in history
        if subject in (t["debtor_account"], t["creditor_account"])
        and t["debtor_account"] != t["creditor_account"]
        and start <= position(t) <= end
    ]
    all_in = sum(t["amount"] for t in window if t["creditor_account"] == subject)
    all_out = sum(t["amount"] for t in window if t["debtor_account"] == subject)
    value = sum(t["amount"] for t in came)
    quick = paid_out(window, subject, int(values["quick_minutes"] * 60_000_000))
    slow = paid_out(window, subject, int(values["slow_hours"] * DAY // 24))
    marks = ((quick, values["quick_share"]), (slow, values["slow_share"]))
    ids = {t["transaction_id"]: t for t in came}
    days = {
        t["time"] // DAY for i, t in ids.items() if any(at_least(gone[i], t["amount"], share) for gone, share in marks)
    }
    return broken(
        {
            "roles": len(came) + len(left) + len(other) == len(evidence),
            "whole window": len(window) == len(evidence),
            "other credits": all(t["creditor_account"] == subject for t in other),
            "counted credits": all(
                t["creditor_account"] == subject and t["amount"] >= values["credit"] and is_strangers(t, history, links)
                for t in came
            ),
            "debits": all(t["debtor_account"] == subject for t in left),
            "in one window": spans_less_than(window, values["window_days"] * DAY),
            "passed on": any(at_least(sum(gone[i] for i in ids), value, share) for gone, share in marks),
            "excess": (all_out - all_in) * 1000 <= all_in * round(values["excess_share"] * 1000),
            "retained": (all_in - all_out) * 1000 <= all_in * round(values["retained_share"] * 1000),
            "days": len(days) >= values["days"],
        }
    )


def paid_out(window: list[Transfer], subject: str, reach: int) -> dict[str, int]:
    """By credit, how much of it had left within `reach`; the oldest money leaves first."""
    gone = {t["transaction_id"]: 0 for t in window if t["creditor_account"] == subject}
    rest = {t["transaction_id"]: t["amount"] for t in window if t["creditor_account"] == subject}
    for place, debit in enumerate(window):
        need = debit["amount"] if debit["debtor_account"] == subject else 0
        for credit in window[:place]:
            own = credit["transaction_id"]
            taken = min(need, rest.get(own, 0))
            if taken:
                need -= taken
                rest[own] -= taken
                gone[own] += taken if debit["time"] - credit["time"] <= reach else 0
    return gone


def check_l01(subject: str, evidence: Evidence, history: History, links: Links, values: Values) -> list[str]:
    """Sound when the evidence proves the gate for one of its currency's lines."""
    currency = evidence[0][0]["currency"]
    by_line = [faults_of_line(line, subject, evidence, history, values) for line in LINES[currency]]
    return min(by_line, key=len)


def faults_of_line(
    law: tuple[int, tuple[str, ...], int], subject: str, evidence: Evidence, history: History, values: Values
) -> list[str]:
    line, channels, since = law
    proof = [t for t, _ in evidence]
    near = round(values["near_share"] * 1000)
    counted = [
        t
        for t in history
        if t["creditor_account"] == subject
        and t["debtor_account"] != subject
        and t["channel"] in channels
        and t["time"] >= since
        and t["currency"] == proof[0]["currency"]
    ]
    window = [t for t in counted if position(proof[0]) <= position(t) <= position(proof[-1])]
    recent = [t["amount"] for t in counted if t["time"] > proof[-1]["time"] - values["lookback_days"] * DAY]
    under = [t for t in proof if near * line <= t["amount"] * 1000]
    under_long = [a for a in recent if near * line <= a * 1000 < 1000 * line]
    over_long = [a for a in recent if 1000 * line <= a * 1000 < (2000 - near) * line]
    by_count = len(under) >= values["credits"]
    total = sum(t["amount"] for t in proof)
    by_sum = len(window) == len(proof) and total * 1000 >= line * round(values["sum_share"] * 1000)
    roles = ["just under" if t in under else "below" for t in proof]
    return broken(
        {
            "roles": [role for _, role in evidence] == roles,
            "counted credits": all(t in counted for t in proof),
            "below the line": all(t["amount"] < line for t in proof),
            "in one window": spans_less_than(proof, values["window_days"] * DAY),
            "count or sum": by_count or by_sum,
            "enough in the lookback": len(under_long) >= values["credits"],
            "excess": len(under_long) >= values["excess"] * len(over_long),
        }
    )


CHECKS: dict[str, Callable[[str, Evidence, History, Links, Values], list[str]]] = {
    "S01": check_s01,
    "L01": check_l01,
    "L03": check_l03,
    "L04": check_l04,
}
