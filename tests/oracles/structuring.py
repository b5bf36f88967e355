"""Amounts just under a line: every window worked out anew. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple


class Gate(NamedTuple):
    """As the definition has it; shares in thousandths of the line."""

    window: int
    lookback: int
    credits: int
    near_share: int
    sum_share: int
    excess: int


class Hugging(NamedTuple):
    """One window of one account's credits, by their places in the list, and what was measured."""

    account: int
    window: list[int]
    near: int
    total: int
    reaching: int
    under: int
    over: int


def just_under(amount: int, line: int, near_share: int) -> bool:
    """In ``[near_share x line, line)``."""
    return amount * 1000 >= line * near_share and amount < line


def just_above(amount: int, line: int, near_share: int) -> bool:
    """In ``[line, (2 - near_share) x line)``."""
    return amount >= line and amount * 1000 < line * (2000 - near_share)


def measure(credits_: list[tuple[int, int, int]], place: int, line: int, gate: Gate) -> Hugging:
    """The window and the lookback that end at the credit at `place`; credits are (account, time, amount)."""
    account, end, _ = credits_[place]
    own = [i for i in range(place + 1) if credits_[i][0] == account]
    window = [i for i in own if credits_[i][1] > end - gate.window]
    amounts = [credits_[i][2] for i in window]
    long = [credits_[i][2] for i in own if credits_[i][1] > end - gate.lookback]
    return Hugging(
        account=account,
        window=window,
        near=sum(just_under(amount, line, gate.near_share) for amount in amounts),
        total=sum(amounts),
        reaching=sum(amount >= line for amount in amounts),
        under=sum(just_under(amount, line, gate.near_share) for amount in long),
        over=sum(just_above(amount, line, gate.near_share) for amount in long),
    )


def holds(seen: Hugging, line: int, gate: Gate) -> bool:
    """Whether the gate holds, in either of its two ways."""
    by_count = seen.near >= gate.credits
    by_sum = seen.reaching == 0 and seen.total * 1000 >= line * gate.sum_share
    return (by_count or by_sum) and seen.under >= gate.credits and seen.under >= gate.excess * seen.over


def structured(credits_: list[tuple[int, int, int]], line: int, gate: Gate) -> list[tuple[Hugging, int]]:
    """The strongest window of each account and period, with the place of the period's first firing."""
    firing: dict[tuple[int, int], list[Hugging]] = {}
    for place, (account, time, amount) in enumerate(credits_):
        if amount >= line:
            continue
        seen = measure(credits_, place, line, gate)
        if holds(seen, line, gate):
            firing.setdefault((account, time // gate.window), []).append(seen)
    found = []
    for _, windows in sorted(firing.items()):
        best = max(windows, key=lambda seen: (seen.near, seen.total, -seen.window[-1]))
        found.append((best, windows[0].window[-1]))
    return found
