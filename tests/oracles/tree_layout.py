"""What is known of a nested tree beforehand: its leaves from the left, and for each the ways that lead there.

A leaf is ``(value, cover)``, an inner node ``(feature, threshold, missing_left, left, right)``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

Tree = Any


def mean(tree: Tree) -> float:
    """Of the leaves below, weighted by their cover."""
    found = [way[-1] for way in ways(tree)]
    return float(sum(value * cover for value, cover in found) / sum(cover for _, cover in found))


def ways(tree: Tree) -> list[list[Tree]]:
    """The nodes from the root to each leaf, for the leaves from left to right."""
    if len(tree) == 2:
        return [[tree]]
    return [[tree, *way] for child in tree[3:] for way in ways(child)]


def changes(way: list[Tree]) -> dict[int, float]:
    """What each feature on the way changes the mean by."""
    added: dict[int, float] = {}
    for above, below in pairwise(way):
        added[above[0]] = added.get(above[0], 0.0) + mean(below) - mean(above)
    return added


def digits(number: int) -> list[int]:
    """The places of a number's binary digits that are 1."""
    return [place for place in range(number.bit_length()) if number >> place & 1]
