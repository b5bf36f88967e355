"""The end-point rule as the equations that define it, solved exactly with fractions. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

Transfer = tuple[int | None, int | None, int]


def funds(transfers: Sequence[Transfer], struck: set[int], rest: Mapping[int, int]) -> dict[int, int]:
    """Each account's fund: what it paid, and what `rest` says is left or repaid an overdraft."""
    whole = dict(rest)
    for place, (debtor, creditor, amount) in enumerate(transfers):
        if debtor is not None and debtor in whole and place not in struck and debtor != creditor:
            whole[debtor] += amount
    return whole


def tainted(
    transfers: Sequence[Transfer], marks: tuple[set[int], set[int]], whole: Mapping[int, int]
) -> dict[int, Fraction]:
    """How much tainted money came into each fund: seeds, and of every other debit its debtor's ratio.

    `marks` are the seeds, and what is struck out.
    """
    seeds, struck = marks
    # An account that no seed reaches has none; leaving it out keeps the equations solvable.
    reached = {creditor for place, (_, creditor, _) in enumerate(transfers) if place in seeds - struck}
    for _ in whole:
        for place, (debtor, creditor, amount) in enumerate(transfers):
            if debtor in reached and debtor in whole and amount and place not in struck | seeds:
                reached.add(creditor)
    accounts = sorted(account for account in whole if account in reached)
    number = {account: i for i, account in enumerate(accounts)}
    rows = [[Fraction(int(i == j)) for j in range(len(accounts))] for i in range(len(accounts))]
    known = [Fraction(0)] * len(accounts)
    for place, (debtor, creditor, amount) in enumerate(transfers):
        if creditor not in number or place in struck or debtor == creditor:
            continue
        if place in seeds:
            known[number[creditor]] += amount
        elif debtor in number and whole[debtor]:
            rows[number[creditor]][number[debtor]] -= Fraction(amount, whole[debtor])
    return dict(zip(accounts, solved(rows, known), strict=True))


def solved(rows: list[list[Fraction]], known: list[Fraction]) -> list[Fraction]:
    """Gaussian elimination."""
    size = len(known)
    for i in range(size):
        pivot = next(r for r in range(i, size) if rows[r][i])
        rows[i], rows[pivot], known[i], known[pivot] = rows[pivot], rows[i], known[pivot], known[i]
        for r in range(size):
            if r != i and rows[r][i]:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
                known[r] -= factor * known[i]
    return [known[i] / rows[i][i] for i in range(size)]
