"""Definitions S08 and S09 of typologies.md, in plain Python over transfers. Imports nothing of ours.

Times are seconds, amounts pence; each ``*_holds`` asks whether some window satisfies every part of the definition.
"""

from __future__ import annotations

from tests.simulate.gates import DAY, Move, first_in_first_out, median_dwell


def value_transfer_holds(moves: list[Move]) -> bool:
    return any(_value_transfer_at(moves, m.time) for m in moves if not m.incoming)


def _value_transfer_at(moves: list[Move], now: float) -> bool:
    window = [m for m in moves if now - 90 * DAY < m.time <= now]
    payers = {m.peer for m in window if m.incoming and m.peer}
    payees = {m.peer for m in window if not m.incoming and m.peer}
    if len(payers) < 25 or len(payees) < 15 or len(payers & payees) > 0.2 * len(payees):
        return False
    taken = sum(m.amount for m in window if m.incoming)
    spent = sum(m.amount for m in window if not m.incoming)
    return abs(taken - spent) <= 0.1 * taken and median_dwell(first_in_first_out(window)) <= 5 * DAY


def settlement_holds(first: list[Move], second: list[Move], account: str) -> bool:
    """`account` is the second one's: legs are what the first pays to it or abroad."""
    if not (value_transfer_holds(first) and value_transfer_holds(second)):
        return False
    legs = [m for m in first if not m.incoming and (m.peer == account or m.country not in ("", "GB"))]
    return any(_settlement_at(first, legs, m.time) for m in legs)


def _settlement_at(moves: list[Move], legs: list[Move], now: float) -> bool:
    start = now - 30 * DAY
    paid = [m for m in legs if start < m.time <= now]
    clients = [m for m in moves if start < m.time <= now and m not in paid]
    net = sum(m.amount if m.incoming else -m.amount for m in clients)
    squared = abs(sum(m.amount for m in paid) - net) <= 0.15 * net
    return squared and 1 <= len(paid) <= 5 and any(m.country not in ("", "GB") for m in paid)
