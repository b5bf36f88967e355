"""Gather-scatter with its sums: every debit with every credit before it as the turn. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row


class Gate(NamedTuple):
    """As the definition has it; shares in thousandths."""

    gather: int
    scatter: int
    payers: int
    payees: int
    common: int
    low: int
    high: int
    value: int
    budget: int


class Turn(NamedTuple):
    account: int
    gathered: list[int]
    scattered: list[int]
    fired: int


def turns(rows: list[Row], counted: list[bool], gate: Gate) -> list[Turn]:
    """The strongest firing of each account and period."""
    kept = []
    accounts = {side for row in rows for side in row[:2] if side >= 0}
    for account in sorted(accounts):
        ins = [i for i, row in enumerate(rows) if counted[i] and row[1] == account]
        outs = [i for i, row in enumerate(rows) if counted[i] and row[0] == account]
        firings = [found for last in outs for turn in ins if (found := firing(rows, ins, outs, (turn, last), gate))]
        length = gate.gather + gate.scatter
        for period in sorted({rows[outs_[-1]][2] // length for _, outs_ in firings}):
            own = [one for one in firings if rows[one[1][-1]][2] // length == period]
            best = max(own, key=lambda one: strength(rows, *one))
            kept.append(Turn(account, *best, min(outs_[-1] for _, outs_ in own)))
    return kept


def strength(rows: list[Row], gathered: list[int], scattered: list[int]) -> tuple[int, int, int, int]:
    payers, payees = {rows[i][0] for i in gathered}, {rows[i][1] for i in scattered}
    return min(len(payers), len(payees)), len(payers | payees), -scattered[-1], gathered[-1]


def firing(
    rows: list[Row], ins: list[int], outs: list[int], ends: tuple[int, int], gate: Gate
) -> tuple[list[int], list[int]] | None:
    turn, last = ends
    if not turn < last or rows[last][2] > rows[turn][2] + gate.scatter:
        return None
    gathered = [i for i in ins if i <= turn and rows[i][2] > rows[turn][2] - gate.gather]
    scattered = [i for i in outs if turn < i <= last]
    payers, payees = {rows[i][0] for i in gathered}, {rows[i][1] for i in scattered}
    came, left = sum(rows[i][3] for i in gathered), sum(rows[i][3] for i in scattered)
    holds = (
        len(payers) >= gate.payers
        and len(payees) >= gate.payees
        and len(payers & payees) * 1000 <= gate.common * len(payers | payees)
        and came >= max(1, gate.value)
        and gate.low * came <= left * 1000 <= gate.high * came
        and len(scattered) <= gate.budget
    )
    return (gathered, scattered) if holds else None
