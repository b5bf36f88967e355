"""Tree ensembles as nested tuples, followed from the root by hand.

A leaf is ``(value, cover)``, an inner node ``(feature, threshold, missing_left, left, right)``.
"""

from __future__ import annotations

import math
from typing import Any

Tree = Any


def is_leaf(tree: Tree) -> bool:
    return len(tree) == 2


def leaves(tree: Tree) -> list[tuple[float, float]]:
    """From left to right."""
    return [tree] if is_leaf(tree) else leaves(tree[3]) + leaves(tree[4])


def mean(tree: Tree) -> float:
    """Of the leaves below, weighted by their cover."""
    return sum(value * cover for value, cover in leaves(tree)) / sum(cover for _, cover in leaves(tree))


def next_node(tree: Tree, row: list[float]) -> Tree:
    feature, threshold, missing_left, left, right = tree
    if math.isnan(row[feature]):
        return left if missing_left else right
    return left if row[feature] <= threshold else right


def score(row: list[float], trees: list[Tree], base: float) -> float:
    total = base
    for tree in trees:
        while not is_leaf(tree):
            tree = next_node(tree, row)
        total += tree[0]
    return total


def contributions(row: list[float], trees: list[Tree]) -> list[float]:
    """What each feature added on the way from every root to its leaf."""
    added = [0.0] * len(row)
    for tree in trees:
        while not is_leaf(tree):
            taken = next_node(tree, row)
            added[tree[0]] += mean(taken) - mean(tree)
            tree = taken
    return added


def expected(trees: list[Tree], base: float) -> float:
    return base + sum(mean(tree) for tree in trees)
