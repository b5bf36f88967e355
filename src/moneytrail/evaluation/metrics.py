"""How well scores order and weigh transfers whose labels are known.

Scores are compared with labels as :class:`Ranked` rows: sorted once, best first, with equal scores as one step. So no
figure depends on the order of rows with equal scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl
    from numpy.typing import NDArray

DRAWS: Final = 200
"""Bootstrap draws. Design: the ends of a 95 % interval are then the fifth lowest and highest."""
INTERVAL: Final = (0.025, 0.975)
EDGES: Final = (0.0, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Borders of the reliability bins: narrow where probabilities of rare events lie. Left ends belong to the bin above."""
CURVE_POINTS: Final = 200


class Threshold(NamedTuple):
    """What rows at or above a score are worth: precision, recall and F1, each 0 where it has nothing to divide by."""

    score: float
    precision: float
    recall: float
    f1: float


class AtBudget(NamedTuple):
    """What the best `budget` rows are worth; of equal scores at the end each row counts its share."""

    budget: int
    precision: float
    recall: float


@dataclass(frozen=True, eq=False)
class Ranked:
    """Rows from the highest score to the lowest.

    Attributes
    ----------
    order : int64[n]
        Places of the rows.
    scores : float64[n]
        In that order, falling.
    truth : bool[n]
        In that order.
    ends : int64[steps]
        Last place of each run of equal scores.
    """

    order: NDArray[np.int64]
    scores: NDArray[np.float64]
    truth: NDArray[np.bool_]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> Ranked:
        """Sort rows.

        Raises
        ------
        ParameterError
            For no rows at all, and where a score is not a finite number.
        """
        if truth.shape != scores.shape or not truth.size:
            raise ParameterError(f"wanted is one score a row: {truth.shape} labels, {scores.shape} scores")
        if not np.isfinite(scores).all():
            raise ParameterError(f"{int((~np.isfinite(scores)).sum()):,} rows have no score that is a number")
        order = np.argsort(-scores, kind="stable")
        falling = scores[order]
        ends = np.append(np.flatnonzero(falling[1:] != falling[:-1]), falling.size - 1)
        return cls(order, falling, truth[order], ends)

    @property
    def positives(self) -> int:
        """Rows whose label is true."""
        return int(self.truth.sum())

    def counts(self, weight: NDArray[np.float64] | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Positives and rows at or above each step, float64[steps] each; `weight` is float64[n] from the best on."""
        if weight is None:
            return np.cumsum(self.truth)[self.ends].astype(np.float64), (self.ends + 1).astype(np.float64)
        return np.cumsum(weight * self.truth)[self.ends], np.cumsum(weight)[self.ends]


def average_precision(ranked: Ranked, weight: NDArray[np.float64] | None = None) -> float:
    """Area under the precision-recall steps as scikit-learn defines it: each step's precision times its gain in recall.

    Not a number where no row is positive.
    """
    hits, rows = ranked.counts(weight)
    if not hits[-1]:
        return float("nan")
    gains = np.diff(hits, prepend=0.0)
    seen = rows > 0
    return float((gains[seen] * hits[seen] / rows[seen]).sum() / hits[-1])


def best_threshold(ranked: Ranked) -> Threshold:
    """The score at which F1 is best; the higher of two that are equally good."""
    hits, rows = ranked.counts()
    f1 = 2 * hits / (rows + ranked.positives)
    return at_threshold(ranked, float(ranked.scores[ranked.ends[int(np.argmax(f1))]]))


def at_threshold(ranked: Ranked, score: float, weight: NDArray[np.float64] | None = None) -> Threshold:
    """What the rows at or above `score` are worth."""
    hits, rows = ranked.counts(weight)
    steps = int(np.searchsorted(-ranked.scores[ranked.ends], -score, side="right"))
    hit, taken = (float(hits[steps - 1]), float(rows[steps - 1])) if steps else (0.0, 0.0)
    whole = float(hits[-1])
    return Threshold(
        score,
        hit / taken if taken else 0.0,
        hit / whole if whole else 0.0,
        2 * hit / (taken + whole) if taken + whole else 0.0,
    )


def at_budget(ranked: Ranked, budget: int) -> AtBudget:
    """What the best `budget` rows are worth, all rows where there are fewer.

    Raises
    ------
    ParameterError
        When the budget is below 1.
    """
    if budget < 1:
        raise ParameterError(f"budget = {budget}: allowed is 1 or more")
    taken = min(budget, ranked.truth.size)
    hits, rows = ranked.counts()
    # Within a run of equal scores hits come evenly.
    hit = float(np.interp(taken, np.append(0.0, rows), np.append(0.0, hits)))
    return AtBudget(budget, hit / taken, hit / ranked.positives if ranked.positives else 0.0)


def curve(ranked: Ranked, points: int = CURVE_POINTS) -> dict[str, list[float]]:
    """Precision and recall by rows taken, at most `points` of them, evenly spread over the logarithm of the rows."""
    hits, rows = ranked.counts()
    wanted = np.unique(np.searchsorted(rows, np.geomspace(1, rows[-1], points)).clip(0, rows.size - 1))
    precision, recall = hits / rows, hits / max(1.0, hits[-1])
    return {
        "rows": rows[wanted].tolist(),
        "precision": np.round(precision[wanted], 6).tolist(),
        "recall": np.round(recall[wanted], 6).tolist(),
    }


def calibration(truth: NDArray[np.bool_], probability: NDArray[np.float64]) -> dict[str, Any]:
    """Whether probabilities say how often it is true.

    Returns
    -------
    dict
        ``brier``: mean squared difference from the label. ``expected_calibration_error``: mean absolute difference of
        mean probability and share of positives over the bins, weighted by their rows. ``bins``: those with rows, each
        ``from, to, rows, mean, observed``.

    Raises
    ------
    ParameterError
        When a probability lies outside [0, 1].
    """
    if probability.size and not (probability.min() >= 0 and probability.max() <= 1):
        raise ParameterError("a probability lies outside [0, 1]")
    place = np.clip(np.searchsorted(EDGES, probability, side="right") - 1, 0, len(EDGES) - 2)
    number = len(EDGES) - 1
    rows = np.bincount(place, minlength=number)
    said = np.bincount(place, weights=probability, minlength=number)
    seen = np.bincount(place, weights=truth.astype(np.float64), minlength=number)
    bins = [
        {"from": EDGES[i], "to": EDGES[i + 1], "rows": int(rows[i]), "mean": said[i] / rows[i],
         "observed": seen[i] / rows[i]}
        for i in range(number)
        if rows[i]
    ]  # fmt: skip
    return {
        "brier": float(np.mean((probability - truth) ** 2)),
        "expected_calibration_error": float(np.abs(said - seen).sum() / max(1, truth.size)),
        "bins": bins,
    }


def clusters(attempt: pl.Series, time: NDArray[np.int64], truth: NDArray[np.bool_]) -> NDArray[np.int64]:
    """What is drawn together: the transfers of an attempt, and of the others those of one day (UTC).

    Returns
    -------
    int64[n]
        From 0. Rows of no attempt have their day's number, rows of one its own; where no attempt is known at all,
        every row has a number of its own.
    """
    if attempt.null_count() == attempt.len():
        return np.arange(time.size)
    day = np.unique(time // 86_400_000_000, return_inverse=True)[1]
    own = attempt.rank("dense").cast(int).fill_null(0).to_numpy()
    return np.where(truth & (own > 0), int(day.max(initial=-1)) + own, day)


def interval(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """Where 95 % of the values lie; ``None`` when there are none."""
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    low, high = np.quantile(known, INTERVAL)
    return float(low), float(high)


def bootstrap(
    ranked: Ranked,
    cluster: NDArray[np.int64],
    measures: dict[str, Callable[[Ranked, NDArray[np.float64]], float]],
    *,
    seed: int,
    draws: int = DRAWS,
) -> dict[str, NDArray[np.float64]]:
    """Each measure in `draws` bootstrap draws; rows are sorted once and only their weights change.

    Clusters with a positive and those without are drawn apart, so that no draw is without positives.

    Parameters
    ----------
    ranked : Ranked
    cluster : int64[n]
        In the rows' own order; see :func:`clusters`.
    measures : mapping
        Called with the rows and float64[n] weights, from the best row on.
    seed : int
    draws : int
    """
    own = cluster[ranked.order]
    number = int(own.max(initial=-1)) + 1
    marked = np.bincount(own[ranked.truth], minlength=number) > 0
    present = np.bincount(own, minlength=number) > 0
    parts = [part for part in (np.flatnonzero(marked), np.flatnonzero(present & ~marked)) if part.size]
    rng = np.random.default_rng(seed)
    found = {name: np.empty(draws) for name in measures}
    for draw in range(draws):
        times = np.zeros(number)
        for part in parts:
            times += np.bincount(part[rng.integers(0, part.size, part.size)], minlength=number)
        weight = times[own]
        for name, measure in measures.items():
            found[name][draw] = measure(ranked, weight)
    return found
