"""Windows over lists of transfers, each looked at anew. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple


class Item(NamedTuple):
    """One transfer of a list: its ledger position, time, code (negative: none), whether it fires, and how strongly."""

    ledger: int
    time: int
    code: int
    fires: bool
    first: int
    second: int


Lists = list[list[Item]]
"""By account, each in ledger order."""


def openings(lists: Lists, window: int) -> list[int]:
    """For each item, list by list, the position of the first one of its list in ``(t - window, t]``."""
    found, start = [], 0
    for own in lists:
        for item in own:
            first = min(i for i, other in enumerate(own) if other.time > item.time - window)
            found.append(start + first)
        start += len(own)
    return found


def beside(lists: Lists, others: Lists, window: int) -> list[list[int]]:
    """For each item the positions of the other choice's in its window and not after it in the ledger."""
    found, start = [], 0
    for own, other in zip(lists, others, strict=True):
        for item in own:
            inside = [
                start + i for i, one in enumerate(other) if one.ledger <= item.ledger and one.time > item.time - window
            ]
            found.append(inside)
        start += len(other)
    return found


def different(codes: list[int]) -> int:
    return len({code for code in codes if code >= 0})


def strongest(lists: Lists, period: int) -> list[tuple[int, int, int]]:
    """List, position of the strongest firing and of the first one, of every list and period in which one fires."""
    found, start = [], 0
    for account, own in enumerate(lists):
        firing: dict[int, list[int]] = {}
        for i, item in enumerate(own):
            if item.fires:
                firing.setdefault(item.time // period, []).append(i)
        for _, places in sorted(firing.items()):
            best = max(places, key=lambda i: (own[i].first, own[i].second, -i))
            found.append((account, start + best, start + places[0]))
        start += len(own)
    return found


def dwell(moves: list[tuple[int, int, bool]]) -> list[tuple[int, int]]:
    """How long each piece was held and how much it was; a move is (time, amount, credit), the oldest leaves first."""
    waiting: list[list[int]] = []
    pieces = []
    for time, amount, credit in moves:
        if credit:
            waiting.append([time, amount])
            continue
        left = amount
        while left and waiting:
            came, rest = waiting[0]
            taken = min(left, rest)
            if taken:
                pieces.append((time - came, taken))
            left -= taken
            waiting[0][1] -= taken
            if not waiting[0][1]:
                waiting.pop(0)
    return pieces
