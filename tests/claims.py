"""Matches as plain data for the checker's tests, and changes of one thing in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from moneytrail.graph import TransactionGraph
from moneytrail.matches import Matches
from moneytrail.verify import RULES, Verdict, claim_of, verify

Plain = dict[str, Any]
"""A match as plain data, with its ``evidence`` and ``parameters``."""

SHOWN = (
    *("transaction_id", "row", "booked_at", "debtor_account", "creditor_account", "amount", "currency"),
    *("reference_amount", "channel", "location", "creditor_institution"),
)


def plain_matches(graph: TransactionGraph, matches: Matches, parameters: dict[str, Any]) -> list[Plain]:
    """Return what a folder would hold of each match."""
    amount = pl.Series("reference_amount", graph.amount)
    transfers = graph.frame[pl.Series(graph.order)].with_columns(amount).select(SHOWN)
    table = matches.evidence.join(transfers, on="transaction_id", how="left", maintain_order="left")
    proof = table.partition_by("match_id", as_dict=True, include_key=False, maintain_order=True)
    return [
        match | {"evidence": proof[(match["match_id"],)].to_dicts(), "parameters": parameters}
        for match in matches.match.to_dicts()
    ]


def judge(plain: Plain) -> Verdict:
    return verify(claim_of(plain, plain["evidence"], plain["parameters"]))


def refused(plain: Plain) -> set[str]:
    return {check.name for check in judge(plain).refusals}


Change = Callable[[Plain], None]


def swap_role(name: str, place: int = 0) -> Change:
    def change(plain: Plain) -> None:
        plain["evidence"][place]["role"] = name

    return change


def move(place: int, **by: float) -> Change:
    def change(plain: Plain) -> None:
        plain["evidence"][place]["booked_at"] += timedelta(**by)

    return change


def put(place: int, name: str, value: object) -> Change:
    def change(plain: Plain) -> None:
        assert plain["evidence"][place][name] != value
        plain["evidence"][place][name] = value

    return change


def drop(place: int) -> Change:
    def change(plain: Plain) -> None:
        del plain["evidence"][place]

    return change


def drop_counting(plain: Plain) -> None:
    counting = {role.name for role in RULES[plain["typology"]].roles if role.counts}
    rows = plain["evidence"]
    del rows[max(place for place, one in enumerate(rows) if one["role"] in counting)]


def double(place: int) -> Change:
    def change(plain: Plain) -> None:
        plain["evidence"].insert(place, dict(plain["evidence"][place]))

    return change


def exchange(one: int, other: int) -> Change:
    def change(plain: Plain) -> None:
        rows = plain["evidence"]
        rows[one], rows[other] = rows[other], rows[one]

    return change


def claim(name: str, value: object) -> Change:
    def change(plain: Plain) -> None:
        assert plain[name] != value
        plain[name] = value

    return change


def measure(name: str, **changes: object) -> Change:
    def change(plain: Plain) -> None:
        (one,) = (m for m in plain["measures"] if m["name"] == name)
        assert any(one[key] != value for key, value in changes.items())
        one.update(changes)

    return change


def without_measure(name: str) -> Change:
    def change(plain: Plain) -> None:
        plain["measures"] = [m for m in plain["measures"] if m["name"] != name]

    return change


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
