"""Histogram scores value by value, searching the bins from the left."""

from __future__ import annotations

import math


def level(x: float, edges: list[float], density: list[float], alpha: float, tol: float) -> float:
    """The logarithm of the density of the bin (left, right] that a value falls into."""
    levels = [math.log2(one + alpha) for one in density]
    if x <= edges[0]:
        return levels[0] if edges[0] - x <= (edges[1] - edges[0]) * tol else min(levels)
    if x > edges[-1]:
        return levels[-1] if x - edges[-1] <= (edges[-1] - edges[-2]) * tol else min(levels)
    return next(found for found, right in zip(levels, edges[1:], strict=True) if x <= right)


def rarity(row: list[float], histograms: list[tuple[list[float], list[float]]], alpha: float, tol: float) -> float:
    return -sum(level(x, edges, density, alpha, tol) for x, (edges, density) in zip(row, histograms, strict=True))
