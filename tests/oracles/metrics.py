"""Plain answers to what :mod:`moneytrail.evaluation.metrics` computes; lists in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

Row = tuple[float, bool, float]
"""Score, truth, weight."""


def precision_recall(rows: Sequence[Row], line: float) -> tuple[float, float, float]:
    """Precision, recall and F1 of the rows at or above a score."""
    taken = [row for row in rows if row[0] >= line]
    hit = sum(weight for _, truth, weight in taken if truth)
    every = sum(weight for _, truth, weight in rows if truth)
    size = sum(weight for *_, weight in taken)
    precision = hit / size if size else 0.0
    recall = hit / every if every else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def average_precision(rows: Sequence[Row]) -> float:
    """Sum over the distinct scores, from the highest, of precision times the gain in recall."""
    total = last = 0.0
    for line in sorted({score for score, *_ in rows}, reverse=True):
        precision, recall, _ = precision_recall(rows, line)
        total += precision * (recall - last)
        last = recall
    return total


def best_line(rows: Sequence[Row]) -> float:
    """The score of the best F1, the highest of those equally good."""
    found = [(precision_recall(rows, line)[2], line) for line in {score for score, *_ in rows}]
    most = max(quality for quality, _ in found)
    return max(line for quality, line in found if quality > most - 1e-12)


def hits_at(rows: Sequence[Row], budget: int) -> float:
    """Positives among the best `budget` rows, averaged over every order of rows with equal scores."""
    counts = []
    for order in permutations(rows):
        first = sorted(order, key=lambda row: -row[0])[:budget]
        counts.append(sum(truth for _, truth, _ in first))
    return sum(counts) / len(counts)


def reliability(rows: Sequence[tuple[float, bool]], edges: Sequence[float]) -> tuple[float, float, list[int]]:
    """Brier score, expected calibration error and rows of each bin."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in edges[1:]]
    for said, truth in rows:
        place = max(number for number in range(len(bins)) if edges[number] <= said)
        bins[place].append((said, truth))
    brier = sum((said - truth) ** 2 for said, truth in rows) / len(rows)
    error = 0.0
    for held in bins:
        if held:
            mean = sum(said for said, _ in held) / len(held)
            seen = sum(truth for _, truth in held) / len(held)
            error += abs(mean - seen) * len(held) / len(rows)
    return brier, error, [len(held) for held in bins]


def before(events: Sequence[int], queries: Sequence[int]) -> list[tuple[int, int]]:
    """Of each query: how many events of its key stand at earlier places, and the last of these places or -1."""
    found = []
    for place, key in enumerate(queries):
        earlier = [other for other in range(place) if key >= 0 and events[other] == key]
        found.append((len(earlier), earlier[-1] if earlier else -1))
    return found
