"""Which transfers of a list are of a kind and size it did not have before. Imports nothing of ours."""

from __future__ import annotations

Item = tuple[int, int, int]
"""Time, amount, kind."""


def new_in_kind(items: list[Item], longest: int, gap: int, least: int) -> list[bool]:
    found = []
    for place, (time, amount, kind) in enumerate(items):
        before = [one for one in items[:place] if time - longest < one[0] <= time - gap]
        found.append(
            len(before) >= least
            and bool(before)
            and all(one[2] != kind for one in before)
            and all(one[1] < amount for one in before)
        )
    return found
