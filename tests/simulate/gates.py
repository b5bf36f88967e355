"""The four definitions of typologies.md 1.1 and 1.2, in plain Python over one account's transfers.

Imports nothing of ours. Each `*_holds` asks whether any window satisfies the gate. Times are seconds, amounts pence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

DAY = 86_400
LOW, HIGH = 40_000, 600_000


@dataclass(frozen=True)
class Move:
    """One transfer seen from the account: `peer` is ``None`` for cash, `related` whether the two are affiliated.

    Some gates ask for more that the bank sees: the peer's country, words, kind of shop, region (-1: online or unknown).
    """

    time: float
    peer: str | None
    amount: int
    incoming: bool
    channel: str
    related: bool = False
    country: str = ""
    words: str = ""
    category: str = ""
    place: int = -1


def seat_fees_hold(moves: list[Move], payers: int = 8, total: int = 800_000) -> bool:
    """S01, and the first half of S06 with 6 payers and no least total."""
    return any(seat_fees_at(moves, m.time, payers, total) for m in moves if m.incoming)


def seat_fees_at(moves: list[Move], now: float, least: int, total: int) -> bool:
    start = now - 30 * DAY
    credits = [m for m in moves if m.incoming and m.peer and not m.related and start < m.time <= now]
    payers = {m.peer for m in credits}
    if len(payers) < least:
        return False
    old = {m.peer for m in moves if m.time <= start}
    seen = Counter(m.peer for m in moves if now - 180 * DAY < m.time <= now)
    return (
        len(payers - old) >= 0.7 * len(payers)
        and sum(seen[payer] <= 3 for payer in payers) >= 0.8 * len(payers)
        and (not total or LOW <= median(m.amount for m in credits) <= HIGH)
        and sum(m.amount for m in credits) >= total
    )


def structuring_holds(moves: list[Move], lines: tuple[int, ...] = (100_000, 1_000_000)) -> bool:
    credits = [m for m in moves if m.incoming and m.channel in ("cash", "wire")]
    return any(_structuring_below(credits, line) for line in lines)


def _structuring_below(credits: list[Move], line: int) -> bool:
    below = sum(0.8 * line <= m.amount < line for m in credits)
    above = sum(line <= m.amount < 1.2 * line for m in credits)
    for last in credits if below >= 3 * max(above, 1) else ():
        window = [m.amount for m in credits if last.time - 5 * DAY < m.time <= last.time]
        near = sum(0.8 * line <= amount < line for amount in window)
        if near >= 3 or (sum(window) >= 1.2 * line and max(window) < line):
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
    pieces = first_in_first_out(window)
    quick = sum(amount for dwell, amount in pieces if dwell <= 3600)
    daily = sum(amount for dwell, amount in pieces if dwell <= DAY)
    return quick >= 0.5 * taken or daily >= 0.9 * taken


def first_in_first_out(moves: list[Move]) -> list[tuple[float, int]]:
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


def median_dwell(pieces: list[tuple[float, int]]) -> float:
    """Return how long the middle pound was held."""
    half, so_far = sum(amount for _, amount in pieces) / 2, 0
    for held, amount in sorted(pieces):
        so_far += amount
        if so_far >= half:
            return held
    return float("inf")


def is_multiple(amount: int, unit: int, delta: float) -> bool:
    """Whether an amount lies within `delta` of one to six times a unit."""
    return any(abs(amount - times * unit) <= delta * times * unit for times in range(1, 7))


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


GATES: dict[str, Callable[[list[Move]], bool]] = {
    "S01": seat_fees_hold,
    "L01": structuring_holds,
    "L03": pass_through_holds,
    "L04": fan_out_holds,
}
