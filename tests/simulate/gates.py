"""The four definitions of typologies.md 1.1 and 1.2, in plain Python over one account's transfers.

Imports nothing of ours. Each `*_holds` asks whether any window satisfies the gate. Times are seconds, amounts pence.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

DAY = 86_400


@dataclass(frozen=True)
class Move:
    """One transfer seen from the account: `peer` is ``None`` for cash, `related` whether the two are affiliated."""

    time: float
    peer: str | None
    amount: int
    incoming: bool
    channel: str
    related: bool = False


def first_time(move: Move, moves: list[Move], window_start: float) -> bool:
    return not any(m.peer == move.peer and m.time < window_start for m in moves)


def seat_fees_hold(moves: list[Move]) -> bool:
    return any(_seat_fees_at(moves, m.time) for m in moves if m.incoming)


def _seat_fees_at(moves: list[Move], now: float) -> bool:
    start = now - 30 * DAY
    credits = [m for m in moves if m.incoming and m.peer and not m.related and start < m.time <= now]
    payers = {m.peer for m in credits}
    if len(payers) < 8:
        return False
    old = {m.peer for m in moves if m.time <= start}
    often = {p for p in payers if sum(m.peer == p and now - 180 * DAY < m.time <= now for m in moves) > 3}
    return (
        len(payers - old) >= 0.7 * len(payers)
        and len(payers - often) >= 0.8 * len(payers)
        and 40_000 <= median(m.amount for m in credits) <= 600_000
        and sum(m.amount for m in credits) >= 800_000
    )


def structuring_holds(moves: list[Move], lines: tuple[int, ...] = (100_000, 1_000_000)) -> bool:
    credits = [m for m in moves if m.incoming and m.channel in ("cash", "wire")]
    for line in lines:
        below = [m for m in credits if 0.8 * line <= m.amount < line]
        above = [m for m in credits if line <= m.amount < 1.2 * line]
        crowded = any(sum(now.time - 5 * DAY < m.time <= now.time for m in below) >= 3 for now in below)
        if crowded and len(below) >= 3 * len(above):
            return True
    return False


def pass_through_holds(moves: list[Move]) -> bool:
    return any(_pass_through_from(moves, m.time) for m in moves if m.incoming)


def _pass_through_from(moves: list[Move], start: float) -> bool:
    window = [m for m in moves if start <= m.time < start + 7 * DAY]
    credits = [m for m in window if m.incoming]
    days = {int(m.time // DAY) for m in credits if m.amount >= 50_000 and m.peer and not m.related}
    taken = sum(m.amount for m in credits)
    spent = sum(m.amount for m in window if not m.incoming)
    if len(days) < 2 or (taken - spent) > 0.1 * taken:
        return False
    pieces = _first_in_first_out(window)
    quick = sum(amount for dwell, amount in pieces if dwell <= 3600)
    daily = sum(amount for dwell, amount in pieces if dwell <= DAY)
    return quick >= 0.5 * taken or daily >= 0.9 * taken


def _first_in_first_out(moves: list[Move]) -> list[tuple[float, int]]:
    """Match debits to the oldest credits: (dwell in seconds, amount) of each piece that left."""
    queue: list[list[float]] = []
    pieces: list[tuple[float, int]] = []
    for move in moves:
        if move.incoming:
            queue.append([move.time, move.amount])
            continue
        left = move.amount
        while left and queue:
            part = int(min(left, queue[0][1]))
            pieces.append((move.time - queue[0][0], part))
            queue[0][1] -= part
            left -= part
            if not queue[0][1]:
                queue.pop(0)
    return pieces


def fan_out_holds(moves: list[Move]) -> bool:
    return any(_fan_out_from(moves, m) for m in moves if not m.incoming)


def _fan_out_from(moves: list[Move], first: Move) -> bool:
    end = first.time + 3 * DAY
    debits = [m for m in moves if not m.incoming and m.peer and not m.related and first.time <= m.time < end]
    payees = {m.peer for m in debits}
    old = {m.peer for m in moves if m.time < first.time}
    funding = [m for m in moves if m.incoming and first.time - 2 * DAY <= m.time < first.time]
    return (
        len(payees) >= 5
        and len(payees - old) >= 0.8 * len(payees)
        and sum(m.amount for m in debits) >= 300_000
        and 1 <= len(funding) <= 2
    )


GATES = {
    "S01": seat_fees_hold,
    "L01": structuring_holds,
    "L03": pass_through_holds,
    "L04": fan_out_holds,
}
