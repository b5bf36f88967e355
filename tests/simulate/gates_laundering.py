"""The definitions of L01, L03 to L15 and S07 in plain Python. Imports nothing of ours but the `Move` of other gates.

What one account's own transfers decide is asked of its moves; what lies between accounts, of `Edge`s. Times are
seconds, amounts pence. The test knows which accounts belong to an attempt; a gate does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log

from tests.simulate.gates import Move

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class Edge:
    """One transfer between two accounts."""

    time: float
    payer: int
    payee: int
    amount: int


@dataclass(frozen=True)
class Notes:
    """One payment of cash, in or out, with the region of the branch or the machine."""

    time: float
    amount: int
    region: int


@dataclass(frozen=True)
class Holder:
    """What the bank knows of an account."""

    opened: float
    device: int
    address: int
    email: int
    phone: int


def spent(moves: Sequence[Move], start: float, end: float) -> list[Move]:
    return [m for m in moves if not m.incoming and start <= m.time < end]


def structured(moves: Sequence[Move]) -> bool:
    cash = [m for m in moves if m.incoming and m.channel == "cash"]
    return any(_below(cash, line) for line in (100_000, 1_000_000))


def _below(cash: Sequence[Move], line: int) -> bool:
    under = sum(0.8 * line <= m.amount < line for m in cash)
    over = sum(line <= m.amount < 1.2 * line for m in cash)
    if under < 3 * max(over, 1):
        return False
    for last in cash:
        window = [m.amount for m in cash if last.time - 5 * DAY < m.time <= last.time]
        near = sum(0.8 * line <= amount < line for amount in window)
        if near >= 3 or (sum(window) >= 1.2 * line and max(window) < line):
            return True
    return False


def funnelled(paid_in: Sequence[Notes], drawn: Sequence[Notes], sent: Sequence[Move], home: int) -> bool:
    """S07. Two depositors are known by two regions on one day."""
    for last in paid_in:
        start = last.time - 14 * DAY
        cash = [n for n in paid_in if start < n.time <= last.time and n.region != home]
        places = {n.region for n in cash}
        days: dict[int, set[int]] = defaultdict(set)
        for note in cash:
            days[int(note.time // DAY)].add(note.region)
        if len(cash) < 4 or len(places) < 2 or max(len(found) for found in days.values()) < 2:
            continue
        outs = [(n.time, n.amount) for n in drawn if n.region not in places] + [(m.time, m.amount) for m in sent]
        dwell = _dwell([(n.time, n.amount) for n in cash], sorted(outs))
        value, gone = sum(n.amount for n in cash), sum(amount for _, amount in dwell)
        if gone >= 0.6 * value and _weighted_median(dwell) <= 3 * DAY:
            return True
    return False


def _dwell(ins: Sequence[tuple[float, int]], outs: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """Match what leaves to the oldest of what came in before it: (seconds held, amount)."""
    queue = [[time, amount] for time, amount in sorted(ins)]
    pieces: list[tuple[float, int]] = []
    for time, amount in outs:
        left = amount
        while left and queue and queue[0][0] <= time:
            part = int(min(left, queue[0][1]))
            pieces.append((time - queue[0][0], part))
            queue[0][1] -= part
            left -= part
            if not queue[0][1]:
                queue.pop(0)
    return pieces


def _weighted_median(pieces: Sequence[tuple[float, int]]) -> float:
    half, so_far = sum(amount for _, amount in pieces) / 2, 0
    for held, amount in sorted(pieces):
        so_far += amount
        if so_far >= half:
            return held
    return float("inf")


def passed_through(moves: Sequence[Move]) -> bool:
    return any(_passed_from(moves, m.time) for m in moves if m.incoming)


def _passed_from(moves: Sequence[Move], start: float) -> bool:
    ins = [m for m in moves if m.incoming and start <= m.time < start + 7 * DAY]
    outs = spent(moves, start, start + 7 * DAY)
    days = {int(m.time // DAY) for m in ins if m.amount >= 50_000 and m.peer and not m.related}
    taken, gone = sum(m.amount for m in ins), sum(m.amount for m in outs)
    if len(days) < 2 or taken - gone > 0.1 * taken:
        return False
    dwell = _dwell([(m.time, m.amount) for m in ins], [(m.time, m.amount) for m in outs])
    return any(sum(a for held, a in dwell if held <= within) >= share * taken for within, share in _QUICK)


_QUICK = ((HOUR, 0.5), (DAY, 0.9))


def fanned_out(moves: Sequence[Move]) -> bool:
    for first in (m for m in moves if not m.incoming):
        outs = [m for m in spent(moves, first.time, first.time + 3 * DAY) if m.peer and not m.related]
        payees = {m.peer for m in outs}
        old = {m.peer for m in moves if m.time < first.time}
        funds = [m for m in moves if m.incoming and first.time - 2 * DAY <= m.time < first.time]
        if (
            len(payees) >= 5
            and len(payees - old) >= 0.8 * len(payees)
            and sum(m.amount for m in outs) >= 300_000
            and 1 <= len(funds) <= 2
        ):
            return True
    return False


def gathered_and_scattered(moves: Sequence[Move]) -> bool:
    for last in (m for m in moves if m.incoming):
        ins = [m for m in moves if m.incoming and m.peer and last.time - 7 * DAY < m.time <= last.time]
        outs = [m for m in moves if not m.incoming and m.peer and last.time < m.time <= last.time + 5 * DAY]
        payers, payees = {m.peer for m in ins}, {m.peer for m in outs}
        if min(len(payers), len(payees)) < 4 or len(payers & payees) > 0.1 * len(payers | payees):
            continue
        if 0.8 <= sum(m.amount for m in outs) / sum(m.amount for m in ins) <= 1.02:
            return True
    return False


def scattered_and_gathered(edges: Sequence[Edge], source: int, sink: int) -> bool:
    first = {e.time for e in edges if e.payer == source}
    return any(len(_between(edges, source, sink, start)) >= 3 for start in first)


def _between(edges: Sequence[Edge], source: int, sink: int, start: float) -> list[int]:
    found = []
    for middle in {e.payee for e in edges if e.payer == source} - {sink}:
        ins = [e for e in edges if (e.payer, e.payee) == (source, middle) and start <= e.time <= start + 48 * HOUR]
        if not ins:
            continue
        begin = min(e.time for e in ins)
        outs = [e for e in edges if (e.payer, e.payee) == (middle, sink) and begin < e.time <= begin + 72 * HOUR]
        if 0.8 <= sum(e.amount for e in outs) / sum(e.amount for e in ins) <= 1.02:
            found.append(middle)
    return found


def chained(edges: Sequence[Edge]) -> bool:
    """L07: three hops in a line, each within a day, each passing on 85 to 100 %."""
    ends = [(edge, 1) for edge in edges]
    for _ in range(2):
        ends = [
            (after, length + 1)
            for before, length in ends
            for after in edges
            if after.payer == before.payee
            and after.payee != before.payer
            and 0 < after.time - before.time <= DAY
            and 0.85 <= after.amount / before.amount <= 1.0
        ]
    return bool(ends)


def round_tripped(edges: Sequence[Edge]) -> bool:
    return any(_returns(edges, [e]) for e in edges)


def _returns(edges: Sequence[Edge], path: list[Edge]) -> bool:
    if len(path) >= 3 and path[-1].payee == path[0].payer:
        amounts = [e.amount for e in path]
        return min(amounts) >= 0.7 * max(amounts)
    if len(path) == 8 or path[-1].payee == path[0].payer:
        return False
    seen = {e.payer for e in path[1:]}
    return any(
        _returns(edges, [*path, e])
        for e in edges
        if e.payer == path[-1].payee
        and path[-1].time < e.time <= path[0].time + 30 * DAY
        and e.payee not in seen
        and min(e.amount, path[0].amount) >= 0.7 * max(e.amount, path[0].amount)
    )


def crossed(edges: Sequence[Edge]) -> bool:
    """L09: six of the nine edges between three payers and three payees within a week; larger sets contain such."""
    for first in edges:
        week = {(e.payer, e.payee) for e in edges if first.time <= e.time < first.time + 7 * DAY}
        payees: dict[int, set[int]] = defaultdict(set)
        for payer, payee in week:
            payees[payer].add(payee)
        for trio in combinations(sorted(payees), 3):
            shared = [
                sum(one in payees[p] for p in trio) for one in set().union(*(payees[p] for p in trio)) - set(trio)
            ]
            if len(shared) >= 3 and sum(sorted(shared)[-3:]) >= 6:
                return True
    return False


def front_like(
    moves: Sequence[Move], workers: Collection[str], acquirer: str, peers: tuple[float, float], share: float
) -> bool:
    """L10 in a month: notes per pound of wages against peers (mean and sd of the logarithm), card share, capacity.

    `share` is the peers' median share of cards. Capacity: 45 pounds per worker and hour, eight hours a day (design).
    """
    return any(_front_month(moves, workers, acquirer, peers, share, m.time) for m in moves[::5])


def _front_month(
    moves: Sequence[Move], workers: Collection[str], acquirer: str, peers: tuple[float, float],
    share: float, start: float,
) -> bool:  # fmt: skip
    window = [m for m in moves if start <= m.time < start + 30 * DAY]
    if not window or moves[-1].time < start + 29 * DAY:
        return False
    cash = sum(m.amount for m in window if m.incoming and m.channel == "cash")
    cards = sum(m.amount for m in window if m.incoming and m.peer == acquirer)
    wages = sum(m.amount for m in window if not m.incoming and m.peer in workers)
    staff = {m.peer for m in window if m.peer in workers}
    days = {int(m.time // DAY) for m in window if m.channel == "cash"}
    if not cash or not wages:
        return bool(cash)
    unusual = (log(cash / wages) - peers[0]) / peers[1] >= 3
    return unusual and cards / (cards + cash) <= 0.5 * share and cash > 4_500 * 8 * len(days) * len(staff)


def wageless(moves: Sequence[Move], persons: Collection[str], running: Collection[str]) -> bool:
    """L11: `persons` are people and accounts abroad, `running` those whom a firm with work pays."""
    if not moves:
        return False
    start = moves[0].time
    months = [[m for m in moves if start + n * 30 * DAY <= m.time < start + (n + 1) * 30 * DAY] for n in range(6)]
    turnover = [sum(m.amount for m in month if m.incoming) for month in months]
    taken = sum(turnover)
    if min(turnover) < 500_000:
        return False
    outs = [m for m in moves if not m.incoming]
    gone = sum(m.amount for m in outs)
    upkeep = sum(m.amount for m in outs if m.peer in running)
    to_persons = sum(m.amount for m in outs if m.peer in persons)
    return moves[-1].time - start >= 180 * DAY and upkeep <= 0.1 * taken and to_persons >= 0.6 * gone


def third_parties_paid(moves: Sequence[Move], abroad: Collection[str]) -> bool:
    """L12: those named are buyers abroad and payers that come three times; judged where 90 days hold six receipts."""
    receipts = [m for m in moves if m.incoming and m.peer]
    times: dict[str | None, int] = defaultdict(int)
    for m in receipts:
        times[m.peer] += 1
    named = {peer for peer, count in times.items() if peer in abroad or count >= 3}
    for last in receipts:
        window = [m for m in receipts if last.time - 90 * DAY < m.time <= last.time]
        strange = sum(m.amount for m in window if m.peer not in named)
        if len(window) >= 6 and strange >= 0.3 * sum(m.amount for m in window):
            return True
    return False


def woken_up(moves: Sequence[Move], opened: float) -> bool:
    for first in (m for m in moves if m.incoming):
        before = max([opened, *(m.time for m in moves if m.time < first.time)])
        taken = sum(m.amount for m in moves if m.incoming and first.time <= m.time < first.time + 7 * DAY)
        if first.time - before >= 180 * DAY and taken >= 300_000:
            return True
    return False


def one_hand(holders: dict[int, Holder], edges: Sequence[Edge]) -> bool:
    """L14: three accounts with two of device, address, e-mail, SIM, opening within 48 hours, first payee in common."""
    first: dict[int, int] = {}
    for edge in edges:
        first.setdefault(edge.payer, edge.payee)
    return any(_common(trio, holders, first) >= 2 for trio in combinations(sorted(holders), 3))


def _common(trio: tuple[int, ...], holders: dict[int, Holder], first: dict[int, int]) -> int:
    one = [holders[account] for account in trio]
    opened = [h.opened for h in one]
    same = [
        len(set(values)) == 1 for values in zip(*((h.device, h.address, h.email, h.phone) for h in one), strict=True)
    ]
    device_or_batch = same[0] or max(opened) - min(opened) <= 2 * DAY
    payees = {first.get(account, -1) for account in trio}
    shared = sum(same) + (max(opened) - min(opened) <= 2 * DAY) + (len(payees) == 1 and -1 not in payees)
    return shared if device_or_batch else 0


def asset_bought(moves: Sequence[Move], sellers: Collection[str], scored: Collection[str], start_share: float) -> bool:
    """L15: 5,000 pounds or more to a seller, when 30 % or more of what came in before was from scored accounts.

    `start_share` is the share where nothing came in before: the account's own money is a scored cluster's, or not.
    """
    for buy in (m for m in moves if not m.incoming and m.peer in sellers and m.amount >= 500_000):
        ins = [m for m in moves if m.incoming and m.time < buy.time]
        value = sum(m.amount for m in ins)
        tainted = sum(m.amount for m in ins if m.peer in scored) / value if value else start_share
        if tainted >= 0.3:
            return True
    return False
