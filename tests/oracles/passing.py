"""How soon money left, and who stands on both sides: every window worked out anew. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles.pass_through import pieces

Move = tuple[int, int, bool]
"""Time, amount, whether it is money in; in ledger order."""


def dwells(moves: list[Move]) -> list[tuple[int, int]]:
    """How long each piece of money was held, and its value, shortest first."""
    made = [(moves[debit][0] - moves[credit][0], value) for credit, debit, value in pieces(moves)]
    return sorted(made)


def left_soon(moves: list[Move], reach: int) -> int:
    """The value that left at most `reach` after it came."""
    return sum(value for held, value in dwells(moves) if held <= reach)


def half_left_after(moves: list[Move]) -> int | None:
    """The time within which half of all money in had left; ``None`` where it had not."""
    whole = sum(amount for _, amount, credit in moves if credit)
    so_far = 0
    for held, value in dwells(moves):
        so_far += value
        if 2 * so_far >= whole:
            return held
    return None


def on_both_sides(peers: list[tuple[int, bool]]) -> int:
    """How many others both paid (``True``) and were paid; below zero is nobody."""
    paid = {peer for peer, credit in peers if credit and peer >= 0}
    return len(paid & {peer for peer, credit in peers if not credit})
