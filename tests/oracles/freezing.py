"""What a freeze catches, penny by penny: every path that a share of a pool can take, in fractions. Imports nothing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import NamedTuple

Account = int
Move = tuple[Account | None, Account | None, Fraction, Fraction]
"""Debtor (``None``: fresh money), creditor (``None``: out of the network), share of the debtor's pool, fresh money."""


class Fate(NamedTuple):
    """Where money ends, as expected amounts."""

    caught: dict[Account, Fraction]
    left: dict[Account, Fraction]
    taken: dict[int, Fraction]
    """By move."""


def fate(moves: Sequence[Move], pool: Sequence[Fraction], frozen: frozenset[Account], since: int) -> Fate:
    """Where all money ends when accounts are frozen just before move `since`, or after the last one if there are fewer.

    A penny is followed alone: in its debtor's pool at a move it goes with the move with the probability of the share.
    A freeze looks at a penny twice: where it lies when the freeze begins, and where it arrives later.
    """
    begins = min(since, len(moves))

    @cache
    def path(account: Account, at: int) -> dict[tuple[str, int], Fraction]:
        """The probability of each end, and of being taken by each move, for a penny in `account` just before `at`."""
        if at >= begins and account in frozen:
            return {("caught", account): Fraction(1)}
        if at == len(moves):
            return {("left", account): Fraction(1)}
        debtor, creditor, share, _ = moves[at]
        if debtor != account:
            return path(account, at + 1)
        ends = {end: (1 - share) * chance for end, chance in path(account, at + 1).items()}
        for end, chance in arrival(creditor, at).items():
            ends[end] = ends.get(end, Fraction(0)) + share * chance
        return ends

    @cache
    def arrival(creditor: Account | None, at: int) -> dict[tuple[str, int], Fraction]:
        """The same for a penny that a move takes."""
        ends = {} if creditor is None else dict(path(creditor, at + 1))
        ends["taken", at] = ends.get(("taken", at), Fraction(0)) + 1
        return ends

    sums: dict[tuple[str, int], Fraction] = {}
    starts = [(amount, path(account, 0)) for account, amount in enumerate(pool)]
    starts += [
        (fresh, arrival(creditor, at)) for at, (debtor, creditor, _, fresh) in enumerate(moves) if debtor is None
    ]
    for amount, ends in starts:
        for end, chance in ends.items():
            sums[end] = sums.get(end, Fraction(0)) + amount * chance
    parts = {name: {at: amount for (kind, at), amount in sums.items() if kind == name} for name in Fate._fields}
    return Fate(**parts)
