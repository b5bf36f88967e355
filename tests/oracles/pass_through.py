"""First in, first out, and the pass-throughs it shows: every window worked out anew. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.fans import at_least
from tests.oracles.ordering import Row

DAY = 86_400_000_000


class Gate(NamedTuple):
    """As the definition has it; shares in thousandths."""

    window: int
    credit: int
    quick: int
    slow: int
    quick_share: int
    slow_share: int
    retained_share: int
    days: int
    excess_share: int = 1000


class Passage(NamedTuple):
    """One window of one account, and what had happened in it by its end."""

    account: int
    window: list[int]
    quick: int
    slow: int
    counted: int
    came: int
    left: int
    days: int


def pieces(moves: list[tuple[int, int, bool]]) -> list[tuple[int, int, int]]:
    """Which credit paid which debit, and how much: (place of the credit, place of the debit, amount).

    `moves` are (time, amount, is a credit) in ledger order; money without a credit in the queue gives no piece.
    """
    queue: list[list[int]] = []
    made = []
    for place, (_, amount, is_credit) in enumerate(moves):
        if is_credit:
            queue.append([place, amount])
            continue
        while amount and queue:
            taken = min(amount, queue[0][1])
            if taken:
                made.append((queue[0][0], place, taken))
            amount -= taken
            queue[0][1] -= taken
            if not queue[0][1]:
                queue.pop(0)
    return made


def left_within(moves: list[tuple[int, int, bool]], reach: int) -> list[int]:
    """How much of each credit left at most `reach` after it came."""
    left = [0] * len(moves)
    for credit, debit, amount in pieces(moves):
        if moves[debit][0] - moves[credit][0] <= reach:
            left[credit] += amount
    return left


def own_transfers(rows: list[Row], account: int) -> list[int]:
    """Places of an account's transfers, those to itself left out."""
    return [
        i for i, (debtor, creditor, _, _) in enumerate(rows) if account in (debtor, creditor) and debtor != creditor
    ]


def measure(
    rows: list[Row], stranger: list[bool], account: int, scope: list[int], window: list[int], gate: Gate
) -> Passage:
    """Match first in, first out over `scope`; count what belongs to `window`, the later part of it."""
    moves = [(rows[i][2], rows[i][3], rows[i][1] == account) for i in scope]
    quick = dict(zip(scope, left_within(moves, gate.quick), strict=True))
    slow = dict(zip(scope, left_within(moves, gate.slow), strict=True))
    came = [i for i in window if rows[i][1] == account]
    counted = [i for i in came if rows[i][3] >= gate.credit and stranger[i]]
    passed_on = [
        i
        for i in counted
        if at_least(quick[i], rows[i][3], gate.quick_share) or at_least(slow[i], rows[i][3], gate.slow_share)
    ]
    return Passage(
        account=account,
        window=window,
        quick=sum(quick[i] for i in counted),
        slow=sum(slow[i] for i in counted),
        counted=sum(rows[i][3] for i in counted),
        came=sum(rows[i][3] for i in came),
        left=sum(rows[i][3] for i in window if rows[i][1] != account),
        days=len({rows[i][2] // DAY for i in passed_on}),
    )


def holds(seen: Passage, gate: Gate) -> bool:
    """Whether the gate holds; without a counted credit it never does."""
    return (
        seen.counted > 0
        and (at_least(seen.quick, seen.counted, gate.quick_share) or at_least(seen.slow, seen.counted, gate.slow_share))
        and (seen.came - seen.left) * 1000 <= seen.came * gate.retained_share
        and (seen.left - seen.came) * 1000 <= seen.came * gate.excess_share
        and seen.days >= gate.days
    )


def pass_throughs(rows: list[Row], stranger: list[bool], gate: Gate) -> list[tuple[Passage, int]]:
    """The strongest window of each account and period, with the place of the period's first firing."""
    firing: dict[tuple[int, int], list[Passage]] = {}
    for account in sorted({side for row in rows for side in row[:2] if side >= 0}):
        own = own_transfers(rows, account)
        for place in own:
            end = rows[place][2]
            if rows[place][1] == account and not (stranger[place] and rows[place][3] >= gate.credit):
                continue
            period = end // gate.window
            scope = [i for i in own if i <= place and rows[i][2] >= (period - 1) * gate.window]
            window = [i for i in own if i <= place and rows[i][2] > end - gate.window]
            seen = measure(rows, stranger, account, scope, window, gate)
            if holds(seen, gate):
                firing.setdefault((account, period), []).append(seen)
    found = []
    for _, windows in sorted(firing.items()):
        best = max(windows, key=lambda seen: (seen.slow, -seen.window[-1]))
        found.append((best, windows[0].window[-1]))
    return found
