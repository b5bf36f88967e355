"""The definitions of typologies.md 1.1 for collecting (S02 to S06, S14, S16, S18), in plain Python.

Imports nothing of ours. Times are seconds from the first midnight, amounts pence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from statistics import mean, median

from tests.simulate.gates import DAY, HIGH, LOW, Move, is_multiple, seat_fees_at, seat_fees_hold


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
    paid = Counter(m.peer for m in moves if not m.incoming and m.peer)
    receivers = {peer for peer, _ in paid.most_common(5) if paid[peer] >= 2}
    matched = _matched(
        moves, lambda c, d: d.peer in receivers and d.time <= c.time + 90 * DAY and d.amount >= 0.85 * c.amount
    )
    return any(sum(now - 90 * DAY < time <= now for time in matched) >= 5 for now in matched)


def refunds_hold(moves: list[Move]) -> bool:
    """S05, its own part: three credits that went back to their payers within 180 days."""
    matched = _matched(
        moves, lambda c, d: d.peer == c.peer and d.time <= c.time + 60 * DAY and d.amount >= 0.9 * c.amount
    )
    return any(sum(now - 180 * DAY < time <= now for time in matched) >= 3 for now in matched)


def _matched(moves: list[Move], fits: Callable[[Move, Move], bool]) -> list[float]:
    """Give each credit the first free debit of a day or more later that is no larger and fits; return their times."""
    free = [m for m in moves if not m.incoming and m.peer]
    times: list[float] = []
    for credit in [m for m in moves if m.incoming and m.peer and not m.related]:
        later = (d for d in free if d.time - credit.time >= DAY and d.amount <= credit.amount)
        back = next((d for d in later if fits(credit, d)), None)
        if back:
            free.remove(back)
            times.append(back.time)
    return times


def border_node_holds(moves: list[Move], zone: int) -> bool:
    """S06: six new payers, credits from three regions, and card use in the staging zone, within 30 days."""
    for move in moves:
        window = [m for m in moves if move.time - 30 * DAY < m.time <= move.time]
        regions = {m.place for m in window if m.incoming and m.place >= 0}
        at_coast = any(m.channel == "card" and m.place == zone for m in moves)
        if len(regions) >= 3 and at_coast and seat_fees_at(moves, move.time, 6, 0):
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
    equal = max((sum(is_multiple(a, unit, 0.05) for a in credits) for unit in credits), default=0)
    return seat_fees_hold(moves) and equal >= 0.4 * len(credits) and spent < 0.2 * sum(credits)


def raised_holds(moves: list[Move], scoring: set[str]) -> bool:
    """S18: 2,000 pounds came in within 30 days, then one or two payments in the band to an account that scores."""
    paid = [m for m in moves if not m.incoming and m.peer in scoring and LOW <= m.amount <= HIGH]
    if not 1 <= len(paid) <= 2:
        return False
    first = paid[0].time
    return sum(m.amount for m in moves if m.incoming and first - 30 * DAY <= m.time < first) >= 200_000
