"""Measurements of many instances at once: each function takes the evidence of all rows and gives a value a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from moneytrail.motifs.base import HOUR, Instances, Scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


def gate(
    name: str, label: str, value: NDArray[Any], threshold: float, *, unit: str = "count", reach: float = 3.0,
    points: float = 0.0,
) -> Scale:  # fmt: skip
    """A size that must be reached: `points` in full at `reach` times the threshold, none at it, straight between."""
    value = value.astype(np.float64)
    part = (
        np.clip((value / threshold - 1.0) / (reach - 1.0), 0.0, 1.0)
        if threshold > 0 and reach > 1
        else np.zeros(value.size)
    )
    return Scale(
        name, label, unit, value, float(threshold), ">=", "gate", value >= threshold, np.round(points * part, 6)
    )


def limit(name: str, label: str, value: NDArray[Any], threshold: float, unit: str) -> Scale:
    """A size that must not be passed."""
    value = value.astype(np.float64)
    return Scale(name, label, unit, value, float(threshold), "<=", "gate", value <= threshold, np.zeros(value.size))


def booster(
    name: str, label: str, value: NDArray[Any], threshold: float, *, points: float, unit: str = "share",
    upper: bool = False,
) -> Scale:  # fmt: skip
    """`points` where the threshold is met, none elsewhere; it never decides whether there is a match."""
    value = value.astype(np.float64)
    met = value <= threshold if upper else value >= threshold
    return Scale(
        name, label, unit, value, float(threshold), "<=" if upper else ">=", "booster", met, np.where(met, points, 0.0)
    )


def fact(name: str, label: str, value: NDArray[Any], unit: str) -> Scale:
    """A measured value that nothing is held against."""
    value = value.astype(np.float64)
    return Scale(name, label, unit, value, None, "", "fact", np.ones(value.size, np.bool_), np.zeros(value.size))


def span(graph: TransactionGraph, found: Instances, window: int) -> Scale:
    """Hours from the first to the last transfer; always less than the window."""
    hours = (graph.time[found.ledger[found.start[1:] - 1]] - graph.time[found.ledger[found.start[:-1]]]) / HOUR
    return limit("span", "hours from the first to the last transfer", hours, window / HOUR, "hours")


def pace(scale: Scale, points: float) -> Scale:
    """A booster for a match that takes at most half of the time that it is given."""
    half = float(scale.threshold or 0.0) / 2
    return booster(
        "pace", "hours it took, of half the window", scale.value, half, points=points, unit="hours", upper=True
    )


def total(values: NDArray[np.int64], found: Instances, wanted: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """The sum of each row's `values`, of the `wanted` ones only where given."""
    kept = values if wanted is None else np.where(wanted, values, 0)
    sums: NDArray[np.int64] = np.add.reduceat(kept, found.start[:-1]) if found.subject.size else np.zeros(0, np.int64)
    return sums


def firsts(found: Instances, account: NDArray[np.integer[Any]], wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each transfer is the row's first `wanted` one with its `account`."""
    marks = np.zeros(account.size, np.bool_)
    places = np.flatnonzero(wanted)
    if places.size:
        key = found.row[places] * (int(account.max()) + 1) + account[places]
        _, first = np.unique(key, return_index=True)
        marks[places[first]] = True
    return marks


def distinct(found: Instances, account: NDArray[np.integer[Any]], wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many different accounts each row's `wanted` transfers have."""
    return total(firsts(found, account, wanted).astype(np.int64), found)


def nth(found: Instances, marks: NDArray[np.bool_], number: int) -> NDArray[np.int64]:
    """Ledger position at which each row's marked transfers reach `number`; its last transfer where they do not."""
    running = np.cumsum(marks)
    before = np.concatenate([[0], running])[found.start[:-1]]
    place = np.searchsorted(running, before + number)
    ledger: NDArray[np.int64] = found.ledger[np.minimum(place, found.start[1:] - 1)]
    return ledger


def alike(amount: NDArray[np.int64], found: Instances, tolerance: float) -> NDArray[np.float64]:
    """The share of each row's amounts that lie within `tolerance` of their lower median, both ends inclusive."""
    row = found.row
    order = np.lexsort((amount, row))
    sizes = np.diff(found.start)
    middle = amount[order[found.start[:-1] + (sizes - 1) // 2]][row]
    # Whole thousandths and Python-exact bounds are not needed: this only raises a score.
    near = np.abs(amount - middle) <= middle * tolerance
    return total(near.astype(np.int64), found) / np.maximum(sizes, 1)


def in_range(value: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """1 where ``low <= value <= high``, 0 elsewhere."""
    return ((value >= low) & (value <= high)).astype(np.float64)


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """`part` by `whole`, 0 where there is no whole."""
    return np.where(whole > 0, part / np.maximum(whole, 1), 0.0)
