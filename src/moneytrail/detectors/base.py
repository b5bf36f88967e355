"""One interface for every detector: fit, anomaly_score, explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import numpy as np

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILES: Final = 2_001
"""Points of the training scores' distribution that a detector keeps."""


@runtime_checkable
class Detector(Protocol):
    """What a detector does. Rows are scored one by one: alone, in a batch or shuffled, a row scores the same."""

    @property
    def name(self) -> str:
        """The detector's name; its score's column is ``anomaly_NAME``."""
        ...

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it is fitted on, in order; another width is refused."""
        ...

    def fit(self, matrix: NDArray[np.floating[Any]], *, seed: int) -> Detector:
        """Learn from `matrix` (rows x features, finite) and return a fitted detector; deterministic by `seed`."""
        ...

    def anomaly_score(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """How strange each row is, float64 in [0, 1], higher is worse.

        0.99 means: stranger than 99 % of the transfers that the detector was fitted on.
        """
        ...

    def explain(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """For each row and feature, how far the score would fall if that feature had its typical value.

        Returns float64[rows, features]; below zero where the typical value would raise the score.
        """
        ...


def check_matrix(matrix: NDArray[np.floating[Any]], features: tuple[str, ...], name: str) -> None:
    """Refuse a matrix of another width, or one that is not finite.

    Raises
    ------
    ParameterError
    """
    if matrix.ndim != 2 or matrix.shape[1] != len(features):
        raise ParameterError(f"detector {name} takes {len(features)} features, not a matrix of shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ParameterError(f"detector {name}: the matrix holds values that are not finite")


def rank_among(scores: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of the training scores that lie below each score, in [0, 1], straight between the kept quantiles."""
    shares = np.linspace(0.0, 1.0, quantiles.size)
    # Runs of equal quantiles: the lowest share is taken, so that a common score is not called rare.
    distinct, first = np.unique(quantiles, return_index=True)
    return np.interp(scores, distinct, shares[first])
