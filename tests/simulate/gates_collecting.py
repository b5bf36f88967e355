"""The definitions of typologies.md 1.1 for collecting (S01 to S06, S14, S16, S18), in plain Python.

Imports nothing of ours. Times are seconds from the first midnight, amounts pence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean, median

from tests.simulate.gates import Move

DAY = 86_400
LOW, HIGH = 40_000, 600_000


@dataclass(frozen=True)
class Placed(Move):
    """A move with the region of its branch or shop."""

    place: int = -1


def fan_in_holds(moves: list[Move], payers: int = 8, total: int = 800_000) -> bool:
    """S01, and the first half of S06 with 6 payers and no least total."""
    return any(_fan_in_at(moves, move.time, payers, total) for move in moves if move.incoming)


def _fan_in_at(moves: list[Move], now: float, least: int, total: int) -> bool:
    start = now - 30 * DAY
    credits = [m for m in moves if m.incoming and m.peer and not m.related and start < m.time <= now]
    payers = {m.peer for m in credits}
    if len(payers) < least:
        return False
    before = {m.peer for m in moves if m.time <= start}
    seen = Counter(m.peer for m in moves if now - 180 * DAY < m.time <= now)
    return (
        sum(p not in before for p in payers) >= 0.7 * len(payers)
        and sum(seen[p] <= 3 for p in payers) >= 0.8 * len(payers)
        and (total == 0 or LOW <= median(m.amount for m in credits) <= HIGH)
        and sum(m.amount for m in credits) >= total
    )


def ladder_holds(payees: dict[str, list[Move]], linked: Iterable[set[str]]) -> bool:
    """S02: some payer paid a set of linked payees in two to six stages."""
    for group in linked:
        stages: dict[str, list[Move]] = defaultdict(list)
        for payee in group:
            for move in payees[payee]:
                if move.incoming and move.peer:
                    stages[move.peer].append(move)
        if any(_is_ladder(sorted(steps, key=lambda m: m.time)) for steps in stages.values()):
            return True
    return False


def _is_ladder(steps: list[Move]) -> bool:
    days = (steps[-1].time - steps[0].time) / DAY
    return 2 <= len(steps) <= 6 and 14 <= days <= 180 and 150_000 <= sum(m.amount for m in steps) <= 2_500_000


def burst_holds(moves: list[Move], arrivals: list[int], month: list[int]) -> bool:
    """S03, at every credit from day 180 on: lift 1.8 and fewer than 1 in 100 circular shifts as high."""
    days = [int(m.time // DAY) for m in moves if m.incoming and LOW <= m.amount <= HIGH]
    ends = sorted({max(day + 1, 180) for day in days} | {len(arrivals)})
    return any(_burst_at(days, arrivals, month, end) for end in ends if 180 <= end <= len(arrivals))


def _burst_at(days: list[int], arrivals: list[int], month: list[int], end: int) -> bool:
    count = Counter(day for day in days if end - 180 <= day < end)
    if count.total() < 20:
        return False
    size = len(arrivals)
    lift = _lift(count, arrivals, month, end)
    if lift < 1.8:
        return False
    shifts = range(5, min(350, size - 5) + 1)
    chance = [_lift(count, arrivals[-s:] + arrivals[:-s], month, end) for s in shifts]
    return lift >= 1.8 and sum(other >= lift for other in chance) < 0.01 * len(chance)


def _lift(count: Counter[int], arrivals: list[int], month: list[int], end: int) -> float:
    high: list[int] = []
    low: list[int] = []
    by_month: dict[int, list[int]] = defaultdict(list)
    for day in range(end - 180, end):
        by_month[month[day]].append(day)
    for days in by_month.values():
        days.sort(key=lambda day: sum(arrivals[max(day - 2, 0) : day + 1]))
        third = len(days) // 3
        low += days[:third]
        high += days[len(days) - third :]
    few = mean(count[day] for day in low)
    much = mean(count[day] for day in high)
    return much / few if few else float("inf") if much else 0.0


def escrow_holds(moves: list[Move]) -> bool:
    """S04: five credits, each matched by one later debit of 85 to 100 % to a member of a small set of receivers."""
    debits = [m for m in moves if not m.incoming and m.peer]
    paid = Counter(m.peer for m in debits)
    receivers = {peer for peer, _ in paid.most_common(5) if paid[peer] >= 2}
    free = [m for m in debits if m.peer in receivers]
    matched: list[float] = []
    for credit in [m for m in moves if m.incoming and m.peer and not m.related]:
        fit = [
            d
            for d in free
            if DAY <= d.time - credit.time <= 90 * DAY and 0.85 * credit.amount <= d.amount <= credit.amount
        ]
        if fit:
            free.remove(fit[0])
            matched.append(fit[0].time)
    return any(sum(now - 90 * DAY < time <= now for time in matched) >= 5 for now in matched)


def refunds_hold(moves: list[Move]) -> bool:
    """S05, its own part: three credits that went back to their payers within 180 days."""
    free = [m for m in moves if not m.incoming and m.peer]
    times: list[float] = []
    for credit in [m for m in moves if m.incoming and m.peer]:
        fit = [
            d
            for d in free
            if d.peer == credit.peer
            and DAY <= d.time - credit.time <= 60 * DAY
            and 0.9 * credit.amount <= d.amount <= credit.amount
        ]
        if fit:
            free.remove(fit[0])
            times.append(fit[0].time)
    return any(sum(now - 180 * DAY < time <= now for time in times) >= 3 for now in times)


def border_node_holds(moves: list[Placed], zone: int) -> bool:
    """S06: six new payers, credits from three regions, and card use in the staging zone, within 30 days."""
    for move in moves:
        window = [m for m in moves if move.time - 30 * DAY < m.time <= move.time]
        regions = {m.place for m in window if m.incoming and m.place >= 0}
        at_coast = any(m.channel == "card" and m.place == zone for m in moves)
        if len(regions) >= 3 and at_coast and _fan_in_at(list(moves), move.time, 6, 0):
            return True
    return False


def bondage_holds(moves: list[Move], lives: dict[str, list[Move]]) -> bool:
    """S14: five payers, three near-equal payments each, 15 % of income, begun 2 to 12 weeks after the first pay."""
    return any(_bound_at(moves, lives, move.time) >= 5 for move in moves if move.incoming)


def _bound_at(moves: list[Move], lives: dict[str, list[Move]], now: float) -> int:
    paid: dict[str, list[Move]] = defaultdict(list)
    for move in moves:
        if move.incoming and move.peer and now - 90 * DAY < move.time <= now:
            paid[move.peer].append(move)
    return sum(_is_bound(payer, parts, moves, lives) for payer, parts in paid.items())


def _is_bound(payer: str, parts: list[Move], moves: list[Move], lives: dict[str, list[Move]]) -> bool:
    middle = median(m.amount for m in parts)
    near = sum(abs(m.amount - middle) <= 0.1 * middle for m in parts)
    begun = min(m.time for m in moves if m.peer == payer)
    life = lives.get(payer, [])
    born = min((m.time for m in life), default=begun)
    first, last = parts[0].time - 7 * DAY, parts[-1].time
    income = sum(m.amount for m in life if m.incoming and first <= m.time <= last)
    share = sum(m.amount for m in parts) / income if income else 0.0
    return near >= 3 and 14 <= (begun - born) / DAY <= 84 and share >= 0.15


def vendor_holds(moves: list[Move], centres: set[str]) -> bool:
    """S16: S01 on an agency's account, four in ten fees at one price or a multiple, little to visa centres."""
    credits = [m.amount for m in moves if m.incoming]
    spent = sum(m.amount for m in moves if not m.incoming and m.peer in centres)
    equal = max((sum(_is_multiple(a, unit) for a in credits) for unit in credits), default=0)
    return fan_in_holds(moves) and equal >= 0.4 * len(credits) and spent < 0.2 * sum(credits)


def _is_multiple(amount: int, unit: int) -> bool:
    return any(abs(amount - times * unit) <= 0.05 * times * unit for times in range(1, 7))


def raised_holds(moves: list[Move], scoring: set[str]) -> bool:
    """S18: 2,000 pounds came in within 30 days, then one or two payments in the band to an account that scores."""
    paid = [m for m in moves if not m.incoming and m.peer in scoring and LOW <= m.amount <= HIGH]
    if not 1 <= len(paid) <= 2:
        return False
    first = paid[0].time
    return sum(m.amount for m in moves if m.incoming and first - 30 * DAY <= m.time < first) >= 200_000
