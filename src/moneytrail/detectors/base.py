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

    @property
    def supervised(self) -> bool:
        """Whether it learns from labels."""
        ...

    def fit(self, matrix: NDArray[np.floating[Any]], target: NDArray[np.bool_] | None = None, *, seed: int) -> Detector:
        """Learn from `matrix` and return a fitted detector; deterministic by `seed`, for any number of threads.

        Parameters
        ----------
        matrix : float32 or float64[rows, features]
            Finite; a detector may say that it takes NaN for a missing value.
        target : bool[rows], optional
            True for a row of the kind that is looked for. Wanted by a supervised detector, in which both kinds stand;
            any other ignores it.
        seed : int
        """
        ...

    def anomaly_score(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """How strange each row is, float64 in [0, 1], higher is worse.

        Of an unsupervised detector 0.99 means: stranger than 99 % of the transfers that it was fitted on. Of a
        supervised one it is the probability that the row is of the kind that is looked for.
        """
        ...

    def explain(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """What each feature did to each row's score, float64[rows, features]; above zero where it raised the score.

        Of an unsupervised detector: how far the score would fall if that feature alone had its typical value. Of a
        supervised one: what the feature adds to the log-odds.
        """
        ...


def check_matrix(
    matrix: NDArray[np.floating[Any]], features: tuple[str, ...], name: str, *, missing: bool = False
) -> None:
    """Refuse a matrix of another width, or one that is not finite; NaN is let through where values may be `missing`.

    Raises
    ------
    ParameterError
    """
    if matrix.ndim != 2 or matrix.shape[1] != len(features):
        raise ParameterError(f"detector {name} takes {len(features)} features, not a matrix of shape {matrix.shape}")
    if missing and np.isinf(matrix).any():
        raise ParameterError(f"detector {name}: the matrix holds infinite values, which are not finite; NaN is missing")
    if not missing and not np.isfinite(matrix).all():
        raise ParameterError(f"detector {name}: the matrix holds values that are not finite")


def check_target(target: NDArray[np.bool_] | None, rows: int, name: str) -> NDArray[np.bool_]:
    """Return the labels of a supervised detector.

    Raises
    ------
    ParameterError
        When there are none, when they are not one bool a row, and when they hold one class only.
    """
    if target is None:
        raise ParameterError(f"detector {name} learns from labels: fit(matrix, target, seed=…) wants a target")
    target = np.asarray(target)
    if target.dtype != np.bool_ or target.shape != (rows,):
        raise ParameterError(f"detector {name}: the target is {target.dtype}{list(target.shape)}, not bool[{rows}]")
    if target.all() or not target.any():
        only = "positive" if target.any() else "negative"
        raise ParameterError(f"detector {name}: the target holds {only} rows only, and both kinds are wanted")
    return target


def rank_among(scores: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of the training scores that lie below each score, in [0, 1], straight between the kept quantiles."""
    shares = np.linspace(0.0, 1.0, quantiles.size)
    # Runs of equal quantiles: the lowest share is taken, so that a common score is not called rare.
    distinct, first = np.unique(quantiles, return_index=True)
    return np.interp(scores, distinct, shares[first])
