"""Chains of accounts that each pass on nearly all they got: every line there is. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row


class Rule(NamedTuple):
    """As the definition has it; shares in thousandths."""

    hop: int
    low: int
    high: int
    kept: int
    ahead: int
    fewest: int
    most: int
    day: int


def chains(rows: list[Row], counted: list[bool], rule: Rule) -> list[list[int]]:
    """For each transfer that ends a line of enough transfers the longest, of equals the latest, in order of the end."""
    found = []
    before = {
        i: [p for p in range(i) if counted[p] and passes_on(rows, counted, p, i, rule)]
        for i in range(len(rows))
        if counted[i]
    }
    for end in before:
        lines = backwards(rows, before, [end], rule.most)
        best = max(lines, key=lambda line: (len(line), line))
        if len(best) >= rule.fewest:
            found.append(best[::-1])
    return found


def backwards(rows: list[Row], before: dict[int, list[int]], line: list[int], most: int) -> list[list[int]]:
    """Every line that ends so, from its last transfer back."""
    met = {rows[line[0]][1], *(rows[i][0] for i in line)}
    made = [line]
    if len(line) < most:
        for p in before[line[-1]]:
            if rows[p][0] not in met:
                made += backwards(rows, before, [*line, p], most)
    return made


def passes_on(rows: list[Row], counted: list[bool], credit: int, debit: int, rule: Rule) -> bool:
    account = rows[credit][1]
    following = [i for i in range(credit + 1, len(rows)) if counted[i] and rows[i][0] == account][: rule.ahead]
    return (
        debit in following
        and rows[debit][1] != rows[credit][0]
        and rows[debit][2] <= rows[credit][2] + rule.hop
        and rule.low * rows[credit][3] <= rows[debit][3] * 1000 <= rule.high * rows[credit][3]
        and retained(rows, credit, debit, rule.day)[0] * 1000 <= rule.kept * retained(rows, credit, debit, rule.day)[1]
    )


def retained(rows: list[Row], credit: int, debit: int, day: int) -> tuple[int, int]:
    """What is left of what the account was paid from the beginning of the credit's day to the debit, and that sum."""
    account = rows[credit][1]
    since = rows[credit][2] // day * day
    moves = [row for row in rows[: debit + 1] if row[2] >= since and row[0] != row[1]]
    came = sum(row[3] for row in moves if row[1] == account)
    left = sum(row[3] for row in moves if row[0] == account)
    return max(0, came - left), came
