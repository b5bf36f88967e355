"""From a model's log-odds to a probability by two numbers, and the log loss that trees are counted by.

Platt, "Probabilistic Outputs for Support Vector Machines", 1999; the steps are those of Lin, Lin and Weng, "A Note on
Platt's Probabilistic Outputs for Support Vector Machines", Machine Learning 2007.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from moneytrail.detectors.trees import probability

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_SLOPE: Final = 0.01
"""A model that ranks held-out rows the wrong way round is flattened, never turned over."""

_STEPS: Final = 100
_RIDGE: Final = 1e-12


class Calibration(NamedTuple):
    """``probability(slope * raw + intercept)``."""

    slope: float
    intercept: float


def log_loss(raw: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    """Mean of ``log(1 + exp(raw)) - target * raw``; `target` is 0, 1 or between."""
    return float(np.mean(np.logaddexp(0.0, raw) - target * raw))


def platt(raw: NDArray[np.float64], target: NDArray[np.bool_]) -> Calibration:
    """Slope and intercept of the least log loss, the slope at least :data:`LEAST_SLOPE`.

    Parameters
    ----------
    raw : float64[rows]
        Log-odds, finite.
    target : bool[rows]
        Both kinds. Smoothed as Platt did, so that no probability becomes 0 or 1: a positive counts as
        ``(positives + 1) / (positives + 2)``, another as ``1 / (others + 2)``.
    """
    positives, others = np.count_nonzero(target), np.count_nonzero(~target)
    smooth = np.where(target, (positives + 1.0) / (positives + 2.0), 1.0 / (others + 2.0))
    odds = float(np.log((positives + 1.0) / (others + 1.0)))
    found = _descend(raw, smooth, np.array([0.0, odds]), np.array([True, True]))
    if found[0] < LEAST_SLOPE:
        found = _descend(raw, smooth, np.array([LEAST_SLOPE, odds]), np.array([False, True]))
    return Calibration(float(found[0]), float(found[1]))


def _descend(
    raw: NDArray[np.float64], target: NDArray[np.float64], at: NDArray[np.float64], free: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Newton's method with halved steps over those of slope and intercept that are free; the loss is convex."""
    design = np.stack([raw, np.ones_like(raw)], axis=1)[:, free]
    loss = log_loss(at[0] * raw + at[1], target)
    for _ in range(_STEPS):
        shares = probability(at[0] * raw + at[1])
        slope = design.T @ (shares - target) / raw.size
        curve = (design * (shares * (1.0 - shares))[:, None]).T @ design / raw.size + _RIDGE * np.eye(free.sum())
        step = np.zeros(2)
        step[free] = np.linalg.solve(curve, slope)
        size = 1.0
        while size > 1e-10 and log_loss((at - size * step)[0] * raw + (at - size * step)[1], target) > loss:
            size /= 2
        at, before = at - size * step, loss
        loss = log_loss(at[0] * raw + at[1], target)
        if before - loss < 1e-14:
            break
    return at
