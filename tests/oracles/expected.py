"""What an account was used to be paid, by looking at every payer. Imports nothing of ours."""

from __future__ import annotations

Credit = tuple[int, int]
"""payer, amount"""


def usual(credits_: list[Credit], total: int, least: int) -> tuple[int, int, int] | None:
    """First place, number and lower median of the payer whose median is nearest to `total`; the smaller, the first."""
    found = []
    for payer in {payer for payer, _ in credits_}:
        places = [place for place, (who, _) in enumerate(credits_) if who == payer]
        if len(places) >= least:
            median = sorted(credits_[place][1] for place in places)[(len(places) - 1) // 2]
            found.append((abs(median - total), median, places[0], len(places)))
    if not found:
        return None
    _, median, first, count = min(found)
    return first, count, median
