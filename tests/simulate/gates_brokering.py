"""Definitions S08, S09, S17, L02 and L16 of typologies.md, in plain Python over transfers. Imports nothing of ours.

Times are seconds, amounts pence; each ``*_holds`` asks whether some window satisfies every part of the definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from tests.simulate.gates import DAY, Move, pass_through_holds

LINES = (100_000, 1_000_000)


@dataclass(frozen=True)
class Seen(Move):
    """A transfer with what else the bank sees of it: the peer's country, words, kind of shop, place (-1: online)."""

    country: str = ""
    words: str = ""
    category: str = ""
    place: int = -1


def value_transfer_holds(moves: list[Seen]) -> bool:
    return any(_value_transfer_at(moves, m.time) for m in moves if not m.incoming)


def _value_transfer_at(moves: list[Seen], now: float) -> bool:
    window = [m for m in moves if now - 90 * DAY < m.time <= now]
    payers = {m.peer for m in window if m.incoming and m.peer}
    payees = {m.peer for m in window if not m.incoming and m.peer}
    if len(payers) < 25 or len(payees) < 15 or len(payers & payees) > 0.2 * len(payees):
        return False
    taken = sum(m.amount for m in window if m.incoming)
    spent = sum(m.amount for m in window if not m.incoming)
    return abs(taken - spent) <= 0.1 * taken and median(dwells(window)) <= 5 * DAY


def dwells(moves: list[Seen]) -> list[float]:
    """How long each credit that left at all stayed, first in first out: the time to its last pence."""
    queue: list[list[float]] = []
    stayed = []
    for move in moves:
        if move.incoming:
            queue.append([move.time, move.amount])
            continue
        left = float(move.amount)
        while left > 0 and queue:
            part = min(left, queue[0][1])
            queue[0][1] -= part
            left -= part
            if not queue[0][1]:
                stayed.append(move.time - queue.pop(0)[0])
    return stayed or [float("inf")]


def settlement_holds(first: list[Seen], second: list[Seen], account: str) -> bool:
    """`account` is the second one's: legs are what the first pays to it or abroad."""
    if not (value_transfer_holds(first) and value_transfer_holds(second)):
        return False
    legs = [m for m in first if not m.incoming and (m.peer == account or m.country not in ("", "GB"))]
    return any(_settlement_at(first, legs, m.time) for m in legs)


def _settlement_at(moves: list[Seen], legs: list[Seen], now: float) -> bool:
    start = now - 30 * DAY
    paid = [m for m in legs if start < m.time <= now]
    clients = [m for m in moves if start < m.time <= now and m not in paid]
    net = sum(m.amount if m.incoming else -m.amount for m in clients)
    squared = abs(sum(m.amount for m in paid) - net) <= 0.15 * net
    return squared and 1 <= len(paid) <= 5 and any(m.country not in ("", "GB") for m in paid)


def crypto_exit_holds(moves: list[Seen], platforms: set[str]) -> bool:
    if not pass_through_holds(list(moves)):
        return False
    out = [m for m in moves if not m.incoming and (m.peer in platforms or m.category == "6051")]
    if not out:
        return False
    taken = [m for m in moves if m.incoming and m.time < out[0].time + 30 * DAY]
    quick = sum(o.amount for o in out if any(0 <= o.time - c.time <= DAY for c in taken))
    return quick >= 0.5 * sum(c.amount for c in taken)


def cuckoo_holds(moves: list[Seen]) -> bool:
    wires = [m for m in moves if m.incoming and m.country not in ("", "GB")]
    cash = [m for m in moves if m.incoming and m.channel == "cash"]
    return any(_cuckoo_at(wires, cash, m.time, line) for m in cash for line in LINES)


def _cuckoo_at(wires: list[Seen], cash: list[Seen], now: float, line: int) -> bool:
    paid = [m for m in cash if now - 10 * DAY < m.time <= now and m.amount < line]
    known = [m for m in wires if m.time < now - 10 * DAY]
    if len(paid) < 3 or len(known) < 2:
        return False
    expected = median(m.amount for m in known)
    came = any(abs(m.time - now) <= 10 * DAY for m in wires)
    return not came and abs(sum(m.amount for m in paid) - expected) <= 0.02 * expected


def mirror_holds(moves: list[Seen]) -> bool:
    return any(_mirror_at(moves, m.time) for m in moves if m.incoming)


def _mirror_at(moves: list[Seen], now: float) -> bool:
    taken = [m for m in moves if m.incoming and not m.related and now - 30 * DAY < m.time <= now]
    total = sum(m.amount for m in taken)
    out = sum(m.amount for m in moves if not m.incoming and now < m.time <= now + 5 * DAY)
    return len(taken) >= 3 and total >= 500_000 and out >= 0.6 * total
