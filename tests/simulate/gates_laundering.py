"""The definitions of L02, L05 to L16, S07 and S17 in plain Python; L01, L03 and L04 are in ``gates``.

What one account's own transfers decide is asked of its moves; what lies between accounts, of `Edge`s. Times are
seconds, amounts pence. The test knows which accounts belong to an attempt; a gate does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log
from statistics import median

from tests.simulate.gates import DAY, Move, first_in_first_out, median_dwell, pass_through_holds

HOUR = 3600


@dataclass(frozen=True)
class Edge:
    """One transfer between two accounts."""

    time: float
    payer: int
    payee: int
    amount: int


@dataclass(frozen=True)
class Holder:
    """What the bank knows of an account."""

    opened: float
    device: int
    address: int
    email: int
    phone: int


def funnelled(moves: Sequence[Move], home: int) -> bool:
    """S07. Two depositors are known by two regions on one day."""
    paid_in = [m for m in moves if m.incoming and m.channel == "cash" and m.place != home]
    for last in paid_in:
        cash = [m for m in paid_in if last.time - 14 * DAY < m.time <= last.time]
        places = {m.place for m in cash}
        days: dict[int, set[int]] = defaultdict(set)
        for one in cash:
            days[int(one.time // DAY)].add(one.place)
        if len(cash) < 4 or len(places) < 2 or max(len(found) for found in days.values()) < 2:
            continue
        outs = [m for m in moves if not m.incoming and (m.peer or m.place not in places)]
        dwell = first_in_first_out(sorted([*cash, *outs], key=lambda m: m.time))
        if sum(amount for _, amount in dwell) >= 0.6 * sum(m.amount for m in cash) and median_dwell(dwell) <= 3 * DAY:
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


def crypto_exit_holds(moves: list[Move], platforms: set[str]) -> bool:
    if not pass_through_holds(moves):
        return False
    out = [m for m in moves if not m.incoming and (m.peer in platforms or m.category == "6051")]
    if not out:
        return False
    taken = [m for m in moves if m.incoming and m.time < out[0].time + 30 * DAY]
    quick = sum(o.amount for o in out if any(0 <= o.time - c.time <= DAY for c in taken))
    return quick >= 0.5 * sum(c.amount for c in taken)


def cuckoo_holds(moves: list[Move]) -> bool:
    wires = [m for m in moves if m.incoming and m.country not in ("", "GB")]
    cash = [m for m in moves if m.incoming and m.channel == "cash"]
    return any(_cuckoo_at(wires, cash, m.time, line) for m in cash for line in (100_000, 1_000_000))


def _cuckoo_at(wires: list[Move], cash: list[Move], now: float, line: int) -> bool:
    paid = [m for m in cash if now - 10 * DAY < m.time <= now and m.amount < line]
    known = [m for m in wires if m.time < now - 10 * DAY]
    if len(paid) < 3 or len(known) < 2:
        return False
    expected = median(m.amount for m in known)
    came = any(abs(m.time - now) <= 10 * DAY for m in wires)
    return not came and abs(sum(m.amount for m in paid) - expected) <= 0.02 * expected


def mirror_holds(moves: list[Move]) -> bool:
    return any(_mirror_at(moves, m.time) for m in moves if m.incoming)


def _mirror_at(moves: list[Move], now: float) -> bool:
    taken = [m for m in moves if m.incoming and not m.related and now - 30 * DAY < m.time <= now]
    total = sum(m.amount for m in taken)
    out = sum(m.amount for m in moves if not m.incoming and now < m.time <= now + 5 * DAY)
    return len(taken) >= 3 and total >= 500_000 and out >= 0.6 * total
